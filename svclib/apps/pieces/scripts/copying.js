// The clipboard needs https or this machine; elsewhere the old way through the selection still works.

let copyNumber = 0;

function render({ model, el }) {
  const id = `app-copy-${++copyNumber}`;
  const label = document.createElement("label");
  Object.assign(label, { htmlFor: id, className: "field-label", textContent: model.get("label") });
  const input = document.createElement("input");
  Object.assign(input, { id, className: "input", readOnly: true });
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button", textContent: model.get("words").copy });
  const status = document.createElement("span");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  const row = document.createElement("div");
  Object.assign(row.style, { display: "flex", gap: "0.5rem" });
  Object.assign(input.style, { flex: "1", minWidth: "0" });
  row.append(input, button);
  const box = document.createElement("div");
  box.className = "field";
  box.append(label, row, status);
  el.replaceChildren(box);

  let timer = null;
  const copy = async () => {
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
    } catch {
      document.execCommand("copy");
    }
    button.textContent = status.textContent = model.get("words").copied;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = model.get("words").copy;
      status.textContent = "";
    }, 2500);
  };
  const draw = () => {
    input.value = model.get("text");
    box.hidden = !model.get("text");
  };
  button.addEventListener("click", copy);
  input.addEventListener("focus", () => input.select());
  model.on("change:text", draw);
  draw();
  return () => {
    clearTimeout(timer);
    model.off("change:text", draw);
  };
}

export default { render };
