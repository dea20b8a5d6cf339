/**
 * The reader's choice of light or dark, kept in this browser. A classic script for the head of every page: it sets
 * `data-theme` before anything is drawn, then answers buttons `[data-set-theme="light|dark|auto"]`.
 */

const KEY = "svc-theme";

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function apply(theme) {
  const root = document.documentElement;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const node of document.querySelectorAll("[data-set-theme]")) {
    node.setAttribute("aria-pressed", String(node.dataset.setTheme === (theme ?? "auto")));
  }
}

function choose(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice holds for this page.
  }
  apply(theme);
}

apply(stored());
document.addEventListener("DOMContentLoaded", () => apply(stored()));
document.addEventListener("click", (event) => {
  const chosen = event.target.closest?.("[data-set-theme]");
  if (chosen) choose(chosen.dataset.setTheme);
});
