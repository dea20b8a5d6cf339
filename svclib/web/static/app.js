// Runs before Voila's bundle: shows how far the cells are, shows the outputs, and says when the kernel is gone.
(() => {
  "use strict";
  let shown = false;

  window.svcProgress = (number, count) => {
    const bar = document.getElementById("loading_bar");
    const text = document.getElementById("loading_text");
    if (!bar || !text) return;
    bar.value = number / count;
    text.textContent = text.dataset.running.replace("{number}", number).replace("{count}", count);
  };

  const show = () => {
    if (shown) return;
    shown = true;
    document.getElementById("loading")?.remove();
    const cells = document.getElementById("rendered_cells");
    if (cells) cells.hidden = false;
    const content = document.getElementById("content");
    const home = () => {
      const shell = document.querySelector("body > #main");
      if (shell && content) content.append(shell);
      return Boolean(shell);
    };
    // Voila's shell hangs itself onto the body; the page's landmark is where it belongs.
    if (!home()) new MutationObserver((_changes, observer) => home() && observer.disconnect()).observe(document.body, { childList: true });
  };
  window.svcCellsDone = () => { window.cellLoaded = true; };
  // Voila's bundle calls this when the widgets are in place.
  window.display_cells = show;
  window.voila_heartbeat = () => {};
  window.voila_process = window.svcProgress;
  window.voila_finish = show;
  window.update_loading_text = () => {};
  // Should the bundle never finish, what was drawn is better than a bar that does not move.
  window.addEventListener("load", () => setTimeout(show, 15000));

  const lost = () => {
    const box = document.getElementById("lost");
    if (box) box.hidden = false;
  };
  document.addEventListener("click", (event) => {
    if (event.target.id === "reload") location.reload();
  });

  // The socket to the kernel tells when the page is cut off: without it clicks would vanish silently.
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("close", () => setTimeout(check, 1500));
    }
  };
  const check = async () => {
    const held = document.getElementById("jupyter-config-data");
    if (!held) return;
    const kernel = JSON.parse(held.textContent).kernelId;
    try {
      const answer = await fetch(`/api/kernels/${kernel}`, { headers: { Accept: "application/json" } });
      if (answer.status === 404 || answer.status === 401) lost();
    } catch {
      setTimeout(check, 5000);
    }
  };
})();
