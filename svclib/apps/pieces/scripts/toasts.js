// Notices in a live region; good news leaves by itself, a fault stays until it is closed.

const STAYS = 6000;

function render({ model, el }) {
  const place = document.createElement("div");
  place.className = "toasts";
  place.setAttribute("role", "status");
  place.setAttribute("aria-live", "polite");
  el.replaceChildren(place);
  const shown = new Map();

  const close = (id) => {
    shown.get(id)?.remove();
    shown.delete(id);
    model.send({ closed: id });
  };
  const show = ({ id, text, tone }) => {
    const toast = document.createElement("div");
    toast.className = `toast toast-${tone}`;
    const words = document.createElement("span");
    words.textContent = text;
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button button-quiet button-small", textContent: model.get("close_label") });
    button.addEventListener("click", () => close(id));
    toast.append(words, button);
    shown.set(id, toast);
    place.append(toast);
    if (tone !== "danger") setTimeout(() => shown.has(id) && close(id), STAYS);
  };
  const draw = () => {
    const notices = model.get("notices");
    for (const [id, toast] of shown) {
      if (notices.some((notice) => notice.id === id)) continue;
      toast.remove();
      shown.delete(id);
    }
    notices.filter((notice) => !shown.has(notice.id)).forEach(show);
  };
  model.on("change:notices", draw);
  draw();
  return () => model.off("change:notices", draw);
}

export default { render };
