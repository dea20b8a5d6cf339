// One file, read in the page and sent as base64; larger ones are refused here already.

const base64 = (file) =>
  new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result).split(",", 2)[1] ?? "");
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });

function render({ model, el }) {
  const id = `app-upload-${Math.random().toString(36).slice(2)}`;
  const make = (name, attributes, ...children) => {
    const made = document.createElement(name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  };
  const input = make("input", { type: "file", id, class: "input", accept: model.get("accept"), "aria-describedby": `${id}-hint ${id}-error` });
  const label = make("label", { for: id }, model.get("label"));
  const hint = make("span", { class: "field-hint", id: `${id}-hint` }, model.get("hint"));
  const error = make("span", { class: "field-error", id: `${id}-error`, role: "alert" });
  el.replaceChildren(make("div", { class: "field" }, label, input, hint, error));
  input.addEventListener("change", async () => {
    const [file] = input.files;
    error.textContent = "";
    if (!file) return;
    if (file.size > model.get("largest")) {
      error.textContent = model.get("too_large");
      input.value = "";
      return;
    }
    model.send({ name: file.name, content: await base64(file) });
  });
  const cleared = () => {
    if (!model.get("file_name")) input.value = "";
  };
  model.on("change:file_name", cleared);
  return () => model.off("change:file_name", cleared);
}

export default { render };
