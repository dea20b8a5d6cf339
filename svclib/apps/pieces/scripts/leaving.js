// The browser's own question, in the browser's own words.

function render({ model }) {
  const ask = (event) => {
    if (model.get("unsaved")) event.preventDefault();
  };
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}

export default { render };
