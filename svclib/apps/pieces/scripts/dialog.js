// The browser's own modal dialog: it holds the keyboard, Escape cancels, focus returns to where it was.

function render({ model, el }) {
  const number = ++fieldNumber;
  const title = node("h2", { id: `app-dialog-${number}` });
  const text = node("p", { class: "app-dialog-text" });
  const host = node("div", { class: "app-form-fields" });
  const problem = node("div", { role: "alert" });
  const cancel = node("button", { type: "button", class: "button" });
  const confirm = node("button", { type: "submit" });
  const form = node("form", { novalidate: true }, title, text, problem, host, node("div", { class: "actions actions-end" }, cancel, confirm));
  const dialog = node("dialog", { class: "dialog", "aria-labelledby": title.id }, form);
  el.replaceChildren(dialog);
  let fields = drawFields(host, [], () => {});

  const close = () => {
    model.send({ event: "cancel" });
    dialog.close();
  };
  const draw = () => {
    title.textContent = model.get("title");
    text.textContent = model.get("text");
    text.hidden = !model.get("text");
    cancel.textContent = model.get("cancel");
    confirm.textContent = model.get("confirm");
    confirm.className = model.get("danger") ? "button button-danger" : "button button-primary";
    confirm.disabled = false;
    fields = drawFields(host, model.get("specs"), () => {});
    fields.write(model.get("values"));
    if (model.get("is_open") && !dialog.open) dialog.showModal();
    if (!model.get("is_open") && dialog.open) dialog.close();
    if (dialog.open && model.get("specs").length) fields.focus();
  };
  const blame = () => {
    confirm.disabled = false;
    fields.blame(model.get("errors"));
    problem.className = model.get("problem") ? "banner banner-danger" : "";
    problem.textContent = model.get("problem");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (confirm.disabled) return;
    confirm.disabled = true;
    setTimeout(() => (confirm.disabled = false), 3000);
    model.send({ event: "confirm", values: fields.read() });
  });
  cancel.addEventListener("click", close);
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  model.on("change:is_open change:specs", draw);
  model.on("change:errors change:problem", blame);
  draw();
  blame();
  return () => {
    dialog.close();
    model.off("change:is_open change:specs", draw);
    model.off("change:errors change:problem", blame);
  };
}

export default { render };
