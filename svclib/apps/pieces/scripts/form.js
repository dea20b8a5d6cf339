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

async function render(context) {
  loaded ??= import(`${location.origin}/static/forms/form.js`).catch(() => handed(context.model));
  return (await loaded).default.render(context);
}

export default { render };
