/** The frame of a form on the screen: title, status line, banners, the place of the form; no logic. */

import { button, element } from "./dom.js";
import { Banners, StatusLine } from "./status.js";

export class Shell {
  constructor(host) {
    this.host = host;
    this.status = new StatusLine();
    this.banners = new Banners();
    this.title = element("h1", { class: "svc-title" });
    this.description = element("p", { class: "svc-description" });
    this.bar = element("div", { class: "svc-bar" }, this.status.node);
    this.aside = element("div", { class: "svc-aside" });
    this.body = element("div", { class: "svc-body" });
    this.main = element("div", { class: "svc-columns" }, this.aside, this.body);
    this.root = element("div", { class: "svc-form" },
      element("div", { class: "svc-head" }, this.title, this.description),
      this.bar, this.status.live, this.banners.node, this.main);
    host.replaceChildren(this.root);
  }

  loading(text) {
    this.bar.hidden = true;
    this.body.replaceChildren(element("p", { class: "svc-loading" }, text));
  }

  failed(text, label, retry) {
    this.body.replaceChildren(element("div", { class: "svc-banner svc-banner-danger", role: "alert" },
      element("p", {}, text), button(label, retry)));
  }

  heading(title, description) {
    this.title.textContent = title;
    this.title.hidden = !title;
    this.description.textContent = description;
    this.description.hidden = !description;
  }

  /** Replace the form by what comes after it. */
  end(node) {
    this.bar.hidden = true;
    this.aside.replaceChildren();
    this.banners.clear();
    this.body.replaceChildren(node);
    this.root.dataset.ended = "";
    node.focus?.();
  }
}

/** Load the form's style sheet once, from beside this script, where the page has not linked it. */
export function ensureStyles() {
  const url = new URL("form.css", import.meta.url);
  const linked = [...document.querySelectorAll("link[rel=stylesheet]")].some(({ href }) => href && new URL(href).pathname === url.pathname);
  if (!linked) document.head.append(element("link", { rel: "stylesheet", href: url.href }));
}
