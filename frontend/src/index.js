/**
 * `mount(element, {source, save, locale, mode, context, again, heading})` shows a form in an element and gives its handle.
 *
 * - `source`: a sheet's URL (`/exam/ID`, `/s/TOKEN`); with `mode: "preview"` a URL that gives `{definition}`, or that object.
 * - `save`: an async function `(call, body, options) → reply` in place of HTTP.
 * - `locale`: `zh-CN` or `en`; `mode`: `live`, `preview` or `display` (read only).
 * - `heading`: show the form's title as `h1` (left out: only where the page has none).
 * - `context`: sent when the sheet is opened; `again`: offer a further response after the end.
 *
 * The element gets `svc-status` events, detail `{state, unsaved}`. The default export is the anywidget of the same form.
 */

import { Form } from "./form.js";
import { ensureStyles } from "./shell.js";

export function mount(element, options) {
  ensureStyles();
  const form = new Form(element, options);
  form.start();
  return {
    setLocale: (locale) => form.setLocale(locale),
    setTheme: (theme) => form.setTheme(theme),
    dispose: () => form.dispose(),
  };
}

/** Show the form of an anywidget: only `source`, `locale`, `mode` and `status` cross the websocket. */
function render({ model, el }) {
  const place = document.createElement("div");
  el.append(place);
  place.addEventListener("svc-status", ({ detail }) => {
    if (model.get("status") === detail.state) return;
    model.set("status", detail.state);
    model.save_changes();
  });
  const show = () => mount(place, { source: model.get("source"), locale: model.get("locale"), mode: model.get("mode") });
  let handle = show();
  const relocate = () => handle.setLocale(model.get("locale"));
  const remount = () => {
    handle.dispose();
    handle = show();
  };
  model.on("change:locale", relocate);
  model.on("change:source change:mode", remount);
  return () => {
    model.off("change:locale", relocate);
    model.off("change:source change:mode", remount);
    handle.dispose();
  };
}

export default { render };
