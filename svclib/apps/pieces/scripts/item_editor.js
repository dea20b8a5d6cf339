// Draws the sections of an item. Rows are drawn again only when others come; an input that is being typed in is left alone.

const shapeOf = (sections) =>
  JSON.stringify(sections.map(({ name, rows, add }) => [name, Boolean(add), rows.map(({ inputs, acts }) => [inputs.map(({ name, kind, option, options }) => [name, kind, option, options]), acts.map(({ act, off }) => [act, off])])]));

function render({ model, el }) {
  const root = node("div", { class: "item-editor" });
  el.replaceChildren(root);
  const group = `item-editor-${++fieldNumber}`;
  let shape = "";
  let drawn = new Map();
  let places = new Map();

  const told = (spec, value) => model.send({ input: spec.name, value });
  const valueOf = (spec, input) => {
    if (spec.kind === "check") return input.checked;
    if (spec.kind === "number") return input.value === "" || Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber;
    return spec.kind === "radio" ? spec.option : input.value;
  };
  const listen = (spec, input) => {
    let timer = null;
    const send = () => {
      clearTimeout(timer);
      timer = null;
      told(spec, valueOf(spec, input));
    };
    if (["text", "textarea", "number"].includes(spec.kind)) {
      input.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(send, 350);
      });
      input.addEventListener("blur", () => timer && send());
    } else input.addEventListener("change", send);
  };
  const makeInput = (spec, id) => {
    const common = { id, class: "input", "aria-describedby": `${id}-error`, "aria-label": spec.spoken ?? null, lang: spec.lang ?? null };
    if (spec.kind === "textarea") return node("textarea", { ...common, rows: spec.lines, maxlength: 10000 });
    if (spec.kind === "select") return node("select", common, ...spec.options.map(({ value, text }) => node("option", { value }, text)));
    if (spec.kind === "check") return node("input", { ...common, class: null, type: "checkbox" });
    if (spec.kind === "radio") return node("input", { ...common, class: null, type: "radio", name: `${group}-${spec.name}` });
    return node("input", { ...common, type: spec.kind, step: spec.kind === "number" ? "any" : null, maxlength: 10000, autocomplete: "off" });
  };
  const write = (spec, input) => {
    if (spec.kind === "check" || spec.kind === "radio") input.checked = Boolean(spec.value);
    else if (input !== document.activeElement || spec.kind === "select") {
      const text = spec.value === null || spec.value === undefined ? "" : String(spec.value);
      if (input.value !== text) input.value = text;
    }
  };
  const drawInput = (spec) => {
    const id = `app-field-${++fieldNumber}`;
    const input = makeInput(spec, id);
    const error = node("span", { class: "field-error", id: `${id}-error`, hidden: true });
    listen(spec, input);
    const key = spec.kind === "radio" ? `${spec.name}:${spec.option}` : spec.name;
    input.dataset.key = key;
    drawn.set(key, { input, error });
    if (spec.kind !== "radio") places.set(spec.name, { input, error });
    const words = node("span", { class: "field-label" }, spec.label);
    const hint = spec.hint ? node("span", { class: "field-hint" }, spec.hint) : null;
    if (spec.kind === "check" || spec.kind === "radio") return node("div", { class: "field item-mark" }, node("label", { class: "check", for: id }, input, node("span", {}, spec.label)), error);
    return node("div", { class: `field item-${spec.lang ? "text" : spec.kind}` }, node("label", { for: id }, words), input, hint, error);
  };
  const drawAct = ({ act, icon, label, off }) => {
    const button = node("button", { type: "button", class: "button button-small item-act", "aria-label": label, title: label }, icon);
    button.disabled = off || model.get("locked");
    button.dataset.key = act;
    button.addEventListener("click", () => model.send({ act }));
    return button;
  };
  const drawRow = (row) => {
    const error = node("p", { class: "field-error item-row-error", hidden: true });
    if (!places.has(row.name)) places.set(row.name, { error });
    const texts = row.inputs.filter(({ lang }) => lang);
    const pair = texts.length === 2;
    const marks = pair ? row.inputs.filter(({ lang }) => !lang) : [];
    const letter = row.label ? node("span", { class: "item-letter" }, row.label) : null;
    const acts = row.acts.length ? node("div", { class: "item-acts" }, ...row.acts.map(drawAct)) : null;
    const bar = letter || acts ? node("div", { class: "item-bar" }, letter, ...marks.map(drawInput), acts) : null;
    const inputs = node("div", { class: `item-inputs${pair ? " item-pair" : ""}` }, ...(pair ? texts : row.inputs).map(drawInput));
    return node("div", { class: `item-row${acts ? " item-option" : ""}` }, bar, inputs, error);
  };
  const drawSection = (section) => {
    const error = node("p", { class: "field-error", hidden: true });
    const rows = section.rows.map(drawRow);
    if (!places.has(section.name)) places.set(section.name, { error });
    const add = section.add ? node("button", { type: "button", class: "button button-small" }, `+ ${section.add.label}`) : null;
    if (add) {
      add.dataset.key = section.add.act;
      add.disabled = model.get("locked");
      add.addEventListener("click", () => model.send({ act: section.add.act }));
    }
    return node("fieldset", { class: "item-section" }, node("legend", {}, section.title), error, ...rows, add ? node("div", { class: "actions" }, add) : null);
  };
  const fill = () => {
    for (const { rows } of model.get("sections"))
      for (const { inputs } of rows)
        for (const spec of inputs) {
          const key = spec.kind === "radio" ? `${spec.name}:${spec.option}` : spec.name;
          const held = drawn.get(key);
          if (held) write(spec, held.input);
        }
  };
  const blame = () => {
    const errors = model.get("errors");
    for (const [name, { input, error }] of places) {
      error.textContent = errors[name] ?? "";
      error.hidden = !errors[name];
      if (input) errors[name] ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
    }
  };
  const lock = () => {
    for (const { input } of drawn.values()) input.disabled = model.get("locked");
  };
  const draw = () => {
    const sections = model.get("sections");
    const now = shapeOf(sections) + model.get("locked");
    if (now !== shape) {
      const key = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      [shape, drawn, places] = [now, new Map(), new Map()];
      root.replaceChildren(...sections.map(drawSection));
      lock();
      if (key) [...root.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && !one.disabled)?.focus();
    }
    fill();
    blame();
  };
  model.on("change:sections change:locked", draw);
  model.on("change:errors", blame);
  draw();
  return () => {
    model.off("change:sections change:locked", draw);
    model.off("change:errors", blame);
  };
}

export default { render };
