// Tabs as a navigation of buttons: one is current. The panel below is drawn by the kernel.

function render({ model, el }) {
  const nav = document.createElement("nav");
  nav.className = "app-tab-bar";
  if (model.get("label")) nav.setAttribute("aria-label", model.get("label"));
  el.replaceChildren(nav);
  const make = ({ name, label, count }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "app-tab";
    button.dataset.name = name;
    button.textContent = label;
    if (name === model.get("current")) button.setAttribute("aria-current", "true");
    if (count) {
      const number = document.createElement("span");
      number.className = "badge badge-info";
      number.textContent = count;
      button.append(" ", number);
    }
    button.addEventListener("click", () => model.send({ tab: name }));
    return button;
  };
  const draw = () => {
    const held = nav.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    nav.replaceChildren(...model.get("tabs").map(make));
    if (held) [...nav.children].find((one) => one.dataset.name === held)?.focus();
  };
  model.on("change:tabs change:current", draw);
  draw();
  return () => model.off("change:tabs change:current", draw);
}

export default { render };
