/**
 * The entry of pages without a kernel: mounts the form in `<main id="form" data-source data-locale data-mode>`.
 *
 * The query of the address goes along as the context (branch, counter, ticket). `data-again` offers a further response.
 * Elements `[data-set-locale]` switch the language in place; `data-locale-cookie` names the cookie that remembers it.
 */

import { mount } from "./form.js";

function remember(host, locale) {
  const name = host.dataset.localeCookie;
  if (name) document.cookie = `${name}=${locale}; path=/; max-age=31536000; SameSite=Lax`;
}

function show(locale) {
  document.documentElement.lang = locale;
  for (const node of document.querySelectorAll("[data-set-locale]")) {
    if (node.dataset.setLocale === locale) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  }
}

function start(host) {
  const { source, locale, mode } = host.dataset;
  const context = Object.fromEntries(new URLSearchParams(location.search));
  const handle = mount(host, { source, locale, mode, context, again: "again" in host.dataset });
  show(locale);
  document.addEventListener("click", (event) => {
    const chosen = event.target.closest?.("[data-set-locale]");
    if (!chosen) return;
    event.preventDefault();
    handle.setLocale(chosen.dataset.setLocale);
    show(chosen.dataset.setLocale);
    remember(host, chosen.dataset.setLocale);
  });
}

const host = document.getElementById("form");
if (host?.dataset.source) start(host);
