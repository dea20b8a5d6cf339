// The shim of the form bundle: it is imported from the server that the page came from, once for all forms.

let loaded = null;

/** JupyterLab is another server: there the kernel hands the bundle over. */
async function handed(model) {
  const [script, style] = await new Promise((done) => {
    const take = (message, buffers) => {
      if (!message.bundle) return;
      model.off("msg:custom", take);
      done(buffers.map((buffer) => new TextDecoder().decode(buffer)));
    };
    model.on("msg:custom", take);
    model.send({ need: "bundle" });
  });
  const sheet = document.createElement("style");
  sheet.textContent = style;
  document.head.append(sheet);
  const text = script.replaceAll("import.meta.url", JSON.stringify(location.href));
  return import(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}

/** What `source` names: a definition to preview, or a sheet whose query goes along as its context. */
function sourceOf(text, mode) {
  if (mode === "preview" && text.startsWith("{")) return { source: JSON.parse(text) };
  const [source, query = ""] = text.split("?");
  return { source, context: Object.fromEntries(new URLSearchParams(query)) };
}

async function render({ model, el }) {
  loaded ??= import(`${location.origin}/static/forms/form.js`).catch(() => handed(model));
  const { mount } = await loaded;
  const place = document.createElement("div");
  el.replaceChildren(place);
  place.addEventListener("svc-status", ({ detail }) => {
    if (model.get("status") === detail.state) return;
    model.set("status", detail.state);
    model.save_changes();
  });
  let handle = null;
  const show = () => {
    handle?.dispose();
    const [locale, mode] = [model.get("locale"), model.get("mode")];
    handle = model.get("source") ? mount(place, { ...sourceOf(model.get("source"), mode), locale, mode }) : null;
  };
  const relocate = () => handle?.setLocale(model.get("locale"));
  model.on("change:locale", relocate);
  model.on("change:source change:mode", show);
  show();
  return () => {
    model.off("change:locale", relocate);
    model.off("change:source change:mode", show);
    handle?.dispose();
  };
}

export default { render };
