// Draws input fields from their specs. Shared by forms, filter bars and dialogs.

function node(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") made.className = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

let fieldNumber = 0;

const TYPES = { text: "text", search: "search", number: "number", moment: "datetime-local", date: "date" };

function drawInput(spec, id, described) {
  const common = { id, name: spec.name, class: "input", required: spec.required, "aria-describedby": described };
  if (spec.kind === "textarea") return node("textarea", { ...common, rows: 3, maxlength: spec.longest });
  if (spec.kind === "select") {
    return node("select", common, ...spec.options.map(({ value, text }) => node("option", { value }, text)));
  }
  const limits = spec.kind === "number" ? { min: spec.minimum, max: spec.maximum, step: spec.step ?? "any" } : { maxlength: spec.longest };
  return node("input", { ...common, ...limits, type: TYPES[spec.kind], autocomplete: "off" });
}

function single(spec, id, described, changed) {
  const input = drawInput(spec, id, described);
  const live = spec.kind === "search";
  let timer = null;
  input.addEventListener(live ? "input" : "change", () => {
    clearTimeout(timer);
    timer = setTimeout(changed, live ? 250 : 0);
  });
  return {
    parts: [input],
    read: () => (spec.kind === "number" ? (input.value === "" || Number.isNaN(input.valueAsNumber) ? null : input.valueAsNumber) : input.value),
    write: (value) => {
      const text = value === null || value === undefined ? "" : String(value);
      if (input.value !== text) input.value = text;
    },
    mark: (wrong) => (wrong ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid")),
    focus: () => input.focus(),
  };
}

function several(spec, id, described, changed) {
  const boxes = spec.options.map(({ value }) => node("input", { type: "checkbox", value, name: spec.name, "aria-describedby": described }));
  const lines = spec.options.map(({ text }, at) => node("label", { class: "check" }, boxes[at], node("span", {}, text)));
  const list = node("div", { class: "app-checks", id }, ...lines);
  list.addEventListener("change", changed);
  return {
    parts: [list],
    read: () => boxes.filter((box) => box.checked).map((box) => box.value),
    write: (values) => boxes.forEach((box) => (box.checked = (values ?? []).map(String).includes(box.value))),
    mark: (wrong) => list.classList.toggle("app-wrong", wrong),
    focus: () => boxes[0]?.focus(),
  };
}

function yesNo(spec, id, described, changed) {
  const box = node("input", { type: "checkbox", id, name: spec.name, "aria-describedby": described });
  box.addEventListener("change", changed);
  return {
    parts: [node("label", { class: "check", for: id }, box, node("span", {}, spec.label))],
    read: () => box.checked,
    write: (value) => (box.checked = Boolean(value)),
    mark: (wrong) => (wrong ? box.setAttribute("aria-invalid", "true") : box.removeAttribute("aria-invalid")),
    focus: () => box.focus(),
  };
}

function drawField(spec, changed) {
  const id = `app-field-${++fieldNumber}`;
  const hint = spec.hint ? node("span", { class: "field-hint", id: `${id}-hint` }, spec.hint) : null;
  const error = node("span", { class: "field-error", id: `${id}-error`, hidden: true });
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(" ");
  const draw = { checks: several, check: yesNo }[spec.kind] ?? single;
  const control = draw(spec, id, described, changed);
  const star = spec.required ? node("span", { class: "app-required", "aria-hidden": "true" }, " *") : null;
  let root;
  if (spec.kind === "checks") root = node("fieldset", { class: "field app-group" }, node("legend", { class: "field-label" }, spec.label, star), ...control.parts);
  else if (spec.kind === "check") root = node("div", { class: "field" }, ...control.parts);
  else root = node("div", { class: `field field-${spec.kind}` }, node("label", { for: id }, spec.label, star), ...control.parts);
  root.append(...[hint, error].filter(Boolean));
  const blame = (text) => {
    error.textContent = text ?? "";
    error.hidden = !text;
    control.mark(Boolean(text));
  };
  return { ...control, root, name: spec.name, blame };
}

/** Draw fields into `host`; gives `{read, write, blame, focus}`. */
function drawFields(host, specs, changed) {
  const drawn = specs.map((spec) => drawField(spec, changed));
  host.replaceChildren(...drawn.map((field) => field.root));
  return {
    read: () => Object.fromEntries(drawn.map((field) => [field.name, field.read()])),
    write: (values) => drawn.forEach((field) => field.name in values && field.write(values[field.name])),
    blame: (errors) => {
      drawn.forEach((field) => field.blame(errors[field.name]));
      drawn.find((field) => errors[field.name])?.focus();
    },
    focus: () => drawn[0]?.focus(),
  };
}
