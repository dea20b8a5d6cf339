/** The line that says whether the answers are saved, and the banners above the form. */

import { button, element } from "./dom.js";

/** The visible status: one quiet word; only what a person must know is read out. */
export class StatusLine {
  constructor() {
    this.text = element("span", { class: "svc-status-text" });
    this.node = element("span", { class: "svc-status", "data-state": "saved" }, element("span", { class: "svc-status-dot" }), this.text);
    this.live = element("div", { class: "svc-hidden", role: "status", "aria-live": "polite" });
  }

  show(state, text) {
    this.node.dataset.state = state;
    this.text.textContent = text;
  }

  /** Read a sentence out once. */
  announce(text) {
    if (this.live.textContent !== text) this.live.textContent = text;
  }
}

/** The place for banners; one of each kind at a time. */
export class Banners {
  constructor() {
    this.node = element("div", { class: "svc-banners" });
    this.shown = new Map();
  }

  /** Show or replace the banner `kind`; `actions` are `[label, function]` or `[label, href]`. */
  show(kind, text, tone = "info", actions = []) {
    const held = this.shown.get(kind);
    const banner = element("div", { class: `svc-banner svc-banner-${tone}`, "data-kind": kind, role: tone === "danger" ? "alert" : "status" },
      element("p", {}, text), ...actions.map(([label, act]) => actionOf(label, act)));
    if (held) held.replaceWith(banner);
    else this.node.append(banner);
    this.shown.set(kind, banner);
  }

  hide(kind) {
    this.shown.get(kind)?.remove();
    this.shown.delete(kind);
  }

  clear() {
    for (const kind of [...this.shown.keys()]) this.hide(kind);
  }
}

function actionOf(label, act) {
  if (typeof act === "function") return button(label, act);
  return element("a", { class: "svc-button svc-button-secondary", href: act }, label);
}
