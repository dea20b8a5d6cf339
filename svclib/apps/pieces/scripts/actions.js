// A row of buttons; each tells its name.

function render({ model, el }) {
  const row = document.createElement("div");
  row.className = "actions";
  el.replaceChildren(row);
  const make = ({ name, label, kind, disabled, hint, href }) => {
    const button = document.createElement(href ? "a" : "button");
    button.className = kind ? `button button-${kind}` : "button";
    button.textContent = label;
    button.dataset.name = name;
    if (hint) button.title = hint;
    if (href) Object.assign(button, { href, target: "_blank", rel: "noopener" });
    else {
      button.type = "button";
      button.disabled = disabled;
      button.addEventListener("click", () => model.send({ action: name }));
    }
    return button;
  };
  const draw = () => {
    const held = row.contains(document.activeElement) ? document.activeElement.dataset.name : null;
    row.replaceChildren(...model.get("actions").map(make));
    if (model.get("label")) {
      row.setAttribute("role", "group");
      row.setAttribute("aria-label", model.get("label"));
    }
    if (held) [...row.children].find((one) => one.dataset.name === held)?.focus();
  };
  model.on("change:actions", draw);
  draw();
  return () => model.off("change:actions", draw);
}

export default { render };
