/** What an exam has beside its questions: countdown, item navigator, marks for review, the summary before submitting. */

import { clockText } from "./clock.js";
import { button, element } from "./dom.js";

const MINUTE = 60_000;
const WARNINGS = [10, 1];

/** The countdown on the server's clock; calls `warn(minutes)` at 10 and 1 minutes and `over()` once at zero. */
export class Countdown {
  constructor(clock, say, { warn, over, doubt }) {
    Object.assign(this, { clock, say, warn, over, doubt, warned: new Set(), ended: false });
    this.label = element("span", { class: "svc-countdown-label" });
    this.time = element("span", { class: "svc-countdown-time", role: "timer" });
    this.node = element("span", { class: "svc-countdown" }, this.label, this.time);
    this.timer = setInterval(() => this.tick(), 500);
    this.tick();
  }

  tick() {
    const { left } = this.clock;
    this.node.hidden = left === null;
    if (left === null || this.ended) return;
    this.label.textContent = this.say("time_left");
    this.time.textContent = clockText(left);
    this.node.dataset.urgency = left <= MINUTE ? "high" : left <= 10 * MINUTE ? "medium" : "none";
    if (this.clock.doubtful) this.doubt();
    this.#warnOnce(left);
    if (left === 0) this.#end();
  }

  #warnOnce(left) {
    const due = WARNINGS.filter((minutes) => left <= minutes * MINUTE && !this.warned.has(minutes));
    if (!due.length) return;
    due.forEach((minutes) => this.warned.add(minutes));
    if (left > 0) this.warn(Math.min(...due));
  }

  #end() {
    this.ended = true;
    this.over();
  }

  /** More time was given: run on. */
  revive() {
    const { left } = this.clock;
    if (left > 0) this.ended = false;
    for (const minutes of WARNINGS) if (left > minutes * MINUTE) this.warned.delete(minutes);
  }

  dispose() {
    clearInterval(this.timer);
  }
}

/** The marks for review; they belong to this browser tab and are kept over a reload. */
export class Flags {
  constructor(storage, key, changed) {
    Object.assign(this, { storage, key, changed });
    this.names = new Set(JSON.parse(storage.getItem(key) ?? "[]"));
  }

  has(name) {
    return this.names.has(name);
  }

  toggle(name) {
    if (!this.names.delete(name)) this.names.add(name);
    this.storage.setItem(this.key, JSON.stringify([...this.names]));
    this.changed();
  }
}

/** List the questions that take an answer, in their order. */
export function itemsOf(model) {
  return model.getAllQuestions(true).filter((question) => question.hasInput);
}

/** Count answered, unanswered and flagged items. */
export function tally(model, flags) {
  const items = itemsOf(model).map((question, index) => ({ question, number: index + 1 }));
  return {
    total: items.length,
    missing: items.filter(({ question }) => question.isEmpty()),
    flagged: items.filter(({ question }) => flags.has(question.name)),
    items,
  };
}

/** Go to a question and put the keyboard there. */
export function goTo(model, question) {
  model.currentPage = question.page;
  question.focus();
}

/** The list of items by number, each with its state. */
export class Navigator {
  constructor(model, flags, say) {
    Object.assign(this, { model, flags, say });
    this.count = element("span", { class: "svc-navigator-count" });
    this.title = element("span", {});
    this.list = element("ol", { class: "svc-navigator-list" });
    this.node = element("details", { class: "svc-navigator", open: window.innerWidth >= 1024 },
      element("summary", {}, this.title, this.count), this.list);
    this.draw();
  }

  draw() {
    const { items, total, missing } = tally(this.model, this.flags);
    this.title.textContent = this.say("questions");
    this.count.textContent = this.say("answered_count", { answered: total - missing.length, total });
    if (this.list.childElementCount !== total) this.list.replaceChildren(...items.map((item) => this.#entry(item)));
    items.forEach((item, index) => this.#mark(this.list.children[index].firstChild, item));
  }

  #entry({ question, number }) {
    return element("li", {}, element("button", { type: "button", onclick: () => goTo(this.model, question) }, String(number)));
  }

  #mark(node, { question, number }) {
    const states = [question.isEmpty() ? "state_unanswered" : "state_answered"];
    if (this.flags.has(question.name)) states.push("state_flagged");
    node.className = states.map((state) => state.replace("state_", "svc-item-")).join(" ");
    node.setAttribute("aria-label", [this.say("question_number", { number }), ...states.map((state) => this.say(state))].join(", "));
    if (question.page === this.model.currentPage) node.setAttribute("aria-current", "step");
    else node.removeAttribute("aria-current");
  }
}

/** Show what is unanswered or marked and ask; resolves to true for "submit now". */
export function reviewDialog(host, model, flags, say) {
  const { total, missing, flagged } = tally(model, flags);
  return new Promise((resolve) => {
    const close = (answer) => () => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const leap = (item) => () => {
      close(false)();
      goTo(model, item.question);
    };
    const dialog = element("dialog", { class: "svc-dialog", "aria-labelledby": "svc-review-title", oncancel: close(false) },
      element("h2", { id: "svc-review-title" }, say("review_title")),
      ...listOf(missing.length ? say("review_missing", { missing: missing.length, total }) : say("review_all", { total }), missing, leap, say),
      ...(flagged.length ? listOf(say("review_flagged"), flagged, leap, say) : []),
      element("p", { class: "svc-muted" }, say("review_final")),
      element("div", { class: "svc-actions" },
        button(say("back_to_questions"), close(false)), button(say("submit_now"), close(true), "primary")));
    host.append(dialog);
    dialog.showModal();
  });
}

function listOf(title, items, leap, say) {
  const links = items.map((item) => {
    const link = button(String(item.number), leap(item), "quiet");
    link.setAttribute("aria-label", say("question_number", { number: item.number }));
    return element("li", {}, link);
  });
  return [element("p", {}, title), links.length ? element("ul", { class: "svc-review-list" }, ...links) : null];
}
