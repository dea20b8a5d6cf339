/** The frame of a form on the screen: title, status line, banners, the place of the form; no logic. */

import { button, element } from "./dom.js";
import { Banners, StatusLine } from "./status.js";

export class Shell {
  constructor(host, withHeading) {
    Object.assign(this, { host, withHeading });
    this.status = new StatusLine();
    this.banners = new Banners();
    this.title = element("h1", { class: "svc-title" });
    this.description = element("p", { class: "svc-description" });
    this.head = element("div", { class: "svc-head" }, this.title, this.description);
    this.steps = element("span", { class: "svc-progress" });
    this.bar = element("div", { class: "svc-bar" }, this.steps, this.status.node);
    this.aside = element("div", { class: "svc-aside" });
    this.body = element("div", { class: "svc-body", tabindex: "-1" });
    this.main = element("div", { class: "svc-columns" }, this.aside, this.body);
    this.root = element("div", { class: "svc-form" },
      this.head, this.bar, this.status.live, this.banners.node, this.main);
    host.replaceChildren(this.root);
    this.measure();
  }

  /** Keep the bar below a header of the page that stays at the top. */
  measure() {
    const header = [...document.querySelectorAll("header")].find((node) => getComputedStyle(node).position === "sticky");
    this.root.style.setProperty("--svc-top", `${header?.offsetHeight ?? 0}px`);
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
    this.head.hidden = !this.withHeading;
    this.title.textContent = title;
    this.description.textContent = description;
    this.description.hidden = !description;
  }

  /** Show how far one has come: a text, and a share from 0 to 1. */
  progress(text, share) {
    this.steps.textContent = text;
    this.steps.hidden = !share;
    this.steps.style.setProperty("--svc-progress", String(share));
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
