// A form with its button, or (without one) a bar of filters that speaks at each change.

function render({ model, el }) {
  const isBar = model.get("bar");
  const form = node("form", { class: isBar ? "filter-bar" : "app-form", novalidate: true, "aria-label": model.get("label") || null });
  const host = node("div", { class: "app-form-fields" });
  const button = node("button", { type: "submit", class: "button button-primary" });
  const foot = node("div", { class: "actions" }, button);
  form.append(isBar ? host : host, ...(isBar ? [] : [foot]));
  el.replaceChildren(form);
  let fields;

  const changed = () => {
    const values = fields.read();
    if (isBar) model.send({ event: "change", values });
    else {
      model.set("values", { ...model.get("values"), ...values });
      model.save_changes();
    }
  };
  const draw = () => {
    fields = drawFields(host, model.get("specs"), changed);
    fields.write(model.get("values"));
    fields.blame(model.get("errors"));
  };
  const label = () => {
    button.textContent = model.get("submit");
    button.disabled = model.get("busy");
  };
  const write = () => fields.write(model.get("values"));
  const blame = () => fields.blame(model.get("errors"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isBar && !button.disabled) model.send({ event: "submit", values: fields.read() });
  });
  model.on("change:specs", draw);
  model.on("change:values", write);
  model.on("change:errors", blame);
  model.on("change:submit change:busy", label);
  draw();
  label();
  return () => {
    model.off("change:specs", draw);
    model.off("change:values", write);
    model.off("change:errors", blame);
    model.off("change:submit change:busy", label);
  };
}

export default { render };
