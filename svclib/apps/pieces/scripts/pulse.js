// Beats while the page is in view; nothing is sent from a tab in the background.

function render({ model }) {
  const beat = () => {
    if (model.get("running") && document.visibilityState === "visible") model.send({ beat: true });
  };
  const timer = setInterval(beat, model.get("seconds") * 1000);
  document.addEventListener("visibilitychange", beat);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", beat);
  };
}

export default { render };
