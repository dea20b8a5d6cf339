// A bar with its words; what is over before half a second is not shown at all.

function render({ model, el }) {
  const text = document.createElement("p");
  text.id = `app-progress-${Math.random().toString(36).slice(2)}`;
  const bar = document.createElement("progress");
  bar.setAttribute("aria-labelledby", text.id);
  const box = document.createElement("div");
  box.className = "app-progress";
  box.setAttribute("role", "status");
  box.hidden = true;
  box.append(text, bar);
  el.replaceChildren(box);
  let timer = null;

  const draw = () => {
    clearTimeout(timer);
    const words = model.get("text");
    if (!words) {
      box.hidden = true;
      return;
    }
    text.textContent = words;
    const share = model.get("share");
    if (share < 0) bar.removeAttribute("value");
    else bar.value = share;
    timer = setTimeout(() => (box.hidden = false), 400);
  };
  model.on("change:text change:share", draw);
  draw();
  return () => {
    clearTimeout(timer);
    model.off("change:text change:share", draw);
  };
}

export default { render };
