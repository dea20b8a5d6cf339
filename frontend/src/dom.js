/** Small helpers to make elements; text always goes in as text, never as markup. */

/** Make an element: `on…` properties are listeners, other properties are attributes (`false`, `null` leave them out). */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(node, name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function setProperty(node, name, value) {
  if (value === false || value === null || value === undefined) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else node.setAttribute(name, value === true ? "" : value);
}

/** Make a button in one of the looks `primary`, `secondary`, `quiet`. */
export function button(label, onclick, look = "secondary") {
  return element("button", { type: "button", class: `svc-button svc-button-${look}`, onclick }, label);
}

/** Name the layout that the window has: phone, tablet or desktop. */
export function layoutOf(width) {
  if (width < 600) return "phone";
  return width < 1024 ? "tablet" : "desktop";
}
