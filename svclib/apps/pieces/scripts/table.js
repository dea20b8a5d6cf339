// Sorts, searches, pages and selects in the page; only a selection is told to the kernel.

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

const fill = (text, fields) => text.replace(/{(\w+)}/g, (place, name) => fields[name] ?? place);
const SHORT = 20; // as long as a moment: such a cell is not broken into lines
const classOf = (kind, text) => [kind === "number" && "number", ["", "–"].includes(text) && "app-none"].filter(Boolean).join(" ") || null;
const textOf = (row, column) => row.cells[column]?.text ?? "";

function render({ model, el }) {
  const say = (name, fields = {}) => fill(model.get("labels")[name] ?? "", fields);
  const order = new Intl.Collator(model.get("language"), { numeric: true });
  const group = `app-table-${Math.random().toString(36).slice(2)}`;
  const state = { query: "", column: null, down: false, page: 0 };
  const search = node("input", { type: "search", class: "input", "aria-label": say("search"), placeholder: say("search"), autocomplete: "off" });
  const sorter = node("select", { class: "input", "aria-label": say("sort") });
  const sortField = node("div", { class: "app-table-sort" }, sorter);
  const tools = node("div", { class: "app-table-tools" }, search, sortField);
  const head = node("thead");
  const body = node("tbody");
  const table = node("table", { class: "table table-cards" }, node("caption"), head, body);
  const scroll = node("div", { class: "table-scroll", tabindex: "0", role: "region" }, table);
  const status = node("span", { class: "app-table-status", role: "status" });
  const back = node("button", { type: "button", class: "button button-small" }, say("previous"));
  const on = node("button", { type: "button", class: "button button-small" }, say("next"));
  const foot = node("div", { class: "app-table-foot" }, status, node("div", { class: "actions" }, back, on));
  const blank = node("div", { class: "empty" });
  el.replaceChildren(tools, scroll, foot, blank);

  const many = () => model.get("select") === "many";
  const one = () => model.get("select") === "one";
  const selected = () => new Set(model.get("selected"));
  const compare = (a, b) => {
    const [x, y] = [a, b].map((row) => row.cells[state.column]?.order ?? textOf(row, state.column));
    if (typeof x === "number" && typeof y === "number") return x - y;
    if (typeof x !== typeof y) return typeof x === "number" ? -1 : 1;
    return order.compare(x, y);
  };
  const found = () => {
    const words = state.query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const rows = model.get("rows").filter((row) => {
      const text = Object.values(row.cells).map((value) => value.text).join("\n").toLocaleLowerCase();
      return words.every((word) => text.includes(word));
    });
    if (state.column) rows.sort((a, b) => (state.down ? -1 : 1) * compare(a, b));
    return rows;
  };
  const choose = (ids) => {
    model.set("selected", ids);
    model.send({ selected: ids });
    draw();
  };
  // On a phone what was chosen is drawn below the table: go there, again while it grows, until the reader moves.
  const showDetail = () => {
    const detail = el.closest(".app-beside")?.lastElementChild;
    if (innerWidth >= 900 || !detail) return;
    const timers = [400, 1000, 2000].map((pause) => setTimeout(() => detail.scrollIntoView({ block: "start" }), pause));
    const stop = () => timers.forEach(clearTimeout);
    for (const kind of ["pointerdown", "wheel", "keydown"]) addEventListener(kind, stop, { once: true, passive: true });
  };
  const toggle = (id) => {
    const held = selected();
    if (one()) {
      choose([id]);
      showDetail();
      return;
    }
    if (held.has(id)) held.delete(id);
    else held.add(id);
    choose([...held]);
  };

  const sortBy = (name, down) => {
    Object.assign(state, { column: name || null, down, page: 0 });
    draw();
  };
  const heading = ({ name, label, kind, sort }) => {
    const mine = state.column === name;
    const cell = node("th", { scope: "col", class: kind === "number" ? "number" : null, "aria-sort": mine ? (state.down ? "descending" : "ascending") : null });
    if (!sort) return cell.append(label), cell;
    const button = node("button", { type: "button", class: "app-sort", "data-key": `sort-${name}` }, label, node("span", { "aria-hidden": "true" }, mine ? (state.down ? " ↓" : " ↑") : " ↕"));
    button.addEventListener("click", () => sortBy(name, mine && !state.down));
    cell.append(button);
    return cell;
  };
  const drawHead = (rows) => {
    const cells = model.get("columns").map(heading);
    if (many()) {
      const held = selected();
      const box = node("input", { type: "checkbox", "aria-label": say("all"), "data-key": "all" });
      box.checked = rows.length > 0 && rows.every((row) => held.has(row.id));
      box.indeterminate = !box.checked && rows.some((row) => held.has(row.id));
      box.addEventListener("change", () => choose(box.checked ? rows.map((row) => row.id) : []));
      cells.unshift(node("th", { scope: "col", class: "app-pick" }, box));
    } else if (one()) cells.unshift(node("td", { class: "app-pick" }));
    head.replaceChildren(node("tr", {}, ...cells));
  };
  const content = (cell) => {
    if (!cell) return "";
    if ("tone" in cell) return node("span", { class: cell.tone ? `badge badge-${cell.tone}` : "badge" }, cell.text);
    if (cell.href) return node("a", { href: cell.href }, cell.text);
    return cell.text;
  };
  const drawRow = (row, held) => {
    const columns = model.get("columns");
    const cells = columns.map(({ name, label, kind }, at) =>
      node(at === 0 ? "th" : "td", { scope: at === 0 ? "row" : null, class: classOf(kind, textOf(row, name)), "data-label": label }, node("span", { class: textOf(row, name).length <= SHORT ? "app-short" : null }, content(row.cells[name]))),
    );
    const line = node("tr", { class: held.has(row.id) ? "app-selected" : null }, ...cells);
    if (!many() && !one()) return line;
    const name = textOf(row, columns[0].name);
    const box = node("input", { type: many() ? "checkbox" : "radio", name: group, "aria-label": say("choose", { name }), "data-key": row.id });
    box.checked = held.has(row.id);
    box.addEventListener("change", () => toggle(row.id));
    line.prepend(node("td", { class: "app-pick" }, box));
    line.classList.add("app-selectable");
    line.addEventListener("click", (event) => {
      if (!event.target.closest("a, input, button") && !String(getSelection())) box.click();
    });
    return line;
  };
  const drawFoot = (count, first, last) => {
    const size = model.get("page_size");
    const chosen = many() && model.get("selected").length ? ` · ${say("chosen", { count: model.get("selected").length })}` : "";
    const text = (count ? say("range", { first: first + 1, last, count }) : say("none")) + chosen;
    if (status.textContent !== text) status.textContent = text;
    back.disabled = state.page === 0;
    on.disabled = last >= count;
    back.hidden = on.hidden = count <= size;
  };
  const drawSorter = () => {
    const options = model.get("columns").filter((column) => column.sort).map(({ name, label }) => node("option", { value: name }, `${say("sort")}: ${label}`));
    sorter.replaceChildren(node("option", { value: "" }, say("sort")), ...options);
    sorter.value = state.column ?? "";
  };
  const draw = () => {
    const key = el.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const rows = found();
    const size = model.get("page_size");
    state.page = Math.max(0, Math.min(state.page, Math.ceil(rows.length / size) - 1));
    const first = state.page * size;
    const shown = rows.slice(first, first + size);
    const held = selected();
    const has = model.get("rows").length > 0;
    tools.hidden = model.get("rows").length <= 5;
    scroll.hidden = foot.hidden = !has;
    blank.hidden = has || !model.get("empty");
    blank.textContent = model.get("empty");
    scroll.setAttribute("aria-label", model.get("caption") || say("search"));
    table.caption.textContent = model.get("caption");
    table.caption.hidden = !model.get("caption");
    drawHead(rows);
    drawSorter();
    body.replaceChildren(...shown.map((row) => drawRow(row, held)));
    drawFoot(rows.length, first, first + shown.length);
    // A board that refreshes must not take the keyboard away.
    if (key) [...el.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key)?.focus({ preventScroll: true });
  };

  let timer = null;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      Object.assign(state, { query: search.value, page: 0 });
      draw();
    }, 150);
  });
  sorter.addEventListener("change", () => sortBy(sorter.value, false));
  back.addEventListener("click", () => { state.page -= 1; draw(); });
  on.addEventListener("click", () => { state.page += 1; draw(); });
  const watched = "change:rows change:columns change:selected change:empty change:caption";
  model.on(watched, draw);
  draw();
  return () => model.off(watched, draw);
}

export default { render };
