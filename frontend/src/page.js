/**
 * The entry of pages without a kernel: mounts the form in `<… id="form" data-source data-locale data-mode>`.
 *
 * The query of the address goes along as the context (branch, counter, ticket). `data-again` offers a further response.
 * Elements `[data-set-locale]` and `[data-set-theme]` (light, dark, auto) switch in place; `data-locale-cookie` and
 * `data-theme-cookie` name the cookies that remember it. Without a script the same elements may be links or submit buttons.
 */

import { mount } from "./form.js";

function remember(name, value) {
  if (name) document.cookie = `${name}=${value}; path=/; max-age=31536000; SameSite=Lax`;
}

function mark(attribute, chosen) {
  for (const node of document.querySelectorAll(`[${attribute}]`)) {
    if (node.getAttribute(attribute) === chosen) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  }
}

function showLocale(locale) {
  document.documentElement.lang = locale;
  mark("data-set-locale", locale);
}

function showTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  mark("data-set-theme", theme);
}

function chooseLocale(host, handle, locale) {
  handle.setLocale(locale);
  showLocale(locale);
  remember(host.dataset.localeCookie, locale);
}

function chooseTheme(host, theme) {
  showTheme(theme);
  remember(host.dataset.themeCookie, theme);
}

function start(host) {
  const { source, locale, mode } = host.dataset;
  const context = Object.fromEntries(new URLSearchParams(location.search));
  const handle = mount(host, { source, locale, mode, context, again: "again" in host.dataset });
  showLocale(locale);
  mark("data-set-theme", document.documentElement.dataset.theme ?? "auto");
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest?.("[data-set-locale], [data-set-theme]");
    if (!chosen) return;
    event.preventDefault();
    if (chosen.dataset.setLocale) chooseLocale(host, handle, chosen.dataset.setLocale);
    else chooseTheme(host, chosen.dataset.setTheme);
  });
}

/** With `data-begin` (a text) and `data-begin-label` the form is opened, and the clock of an exam started, by a button. */
function offerStart(host) {
  const card = document.createElement("div");
  const text = document.createElement("p");
  const button = document.createElement("button");
  card.className = "card svc-begin";
  text.textContent = host.dataset.begin;
  button.type = "button";
  button.className = "button button-primary";
  button.textContent = host.dataset.beginLabel;
  button.addEventListener("click", () => start(host));
  card.append(text, button);
  host.replaceChildren(card);
}

const host = document.getElementById("form");
if (host?.dataset.source) host.dataset.begin ? offerStart(host) : start(host);
