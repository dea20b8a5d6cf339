/** Turns what happens in a model into events of the protocol: answers, comments, pages, process data, language. */

import { Attention, watchQuestions } from "./attention.js";
import { layoutOf } from "./dom.js";
import { splitName } from "./model.js";

const TYPING_PAUSE = 400;
const TYPED = new Set(["text", "comment"]);

export class Recorder {
  /** `send(event)` takes each event; `language()` gives the language shown. */
  constructor(model, send, language) {
    Object.assign(this, { model, send, language, drafts: new Map(), muted: false });
    this.attention = new Attention();
    this.watch = watchQuestions(this.attention);
    model.onValueChanged.add((_, { name, question }) => this.#changed(name, question));
    model.onCurrentPageChanged.add(() => this.turn());
    model.onAfterRenderQuestion.add((_, { question, htmlElement }) => {
      if (question.hasInput) this.watch.add(question.name, htmlElement);
    });
    this.onVisibility = () => this.#visibility();
    document.addEventListener("visibilitychange", this.onVisibility);
  }

  /** How many typed answers wait for a pause in the typing. */
  get waiting() {
    return this.drafts.size;
  }

  /** Change the model without recording it. */
  silently(change) {
    this.muted = true;
    try {
      change();
    } finally {
      this.muted = false;
    }
  }

  /** Record the present page as shown. */
  turn() {
    const { currentPage } = this.model;
    if (!currentPage) return;
    this.process();
    this.attention.turn(this.model.pages.indexOf(currentPage));
    this.process();
  }

  /** Record process data that has come together, and typed text that still waits. */
  process() {
    this.settle();
    this.attention.take().forEach((event) => this.#emit(event));
  }

  /** Record the typed answers now. */
  settle() {
    for (const name of [...this.drafts.keys()]) this.#record(name);
  }

  /** Record that another language is shown from now on. */
  languageChanged() {
    this.#emit({ kind: "language" });
  }

  dispose() {
    this.drafts.forEach((timer) => clearTimeout(timer));
    this.watch.dispose();
    document.removeEventListener("visibilitychange", this.onVisibility);
  }

  #changed(name, question) {
    if (this.muted) return;
    this.attention.change(splitName(this.model, name).name);
    clearTimeout(this.drafts.get(name));
    const typed = splitName(this.model, name).kind === "comment" || TYPED.has(question?.getType());
    if (!typed) return void this.#record(name);
    this.drafts.set(name, setTimeout(() => this.#record(name), TYPING_PAUSE));
    this.onDraft?.();
  }

  #record(changed) {
    clearTimeout(this.drafts.get(changed));
    this.drafts.delete(changed);
    const { name, kind } = splitName(this.model, changed);
    const value = kind === "comment" ? this.model.getComment(name) || null : this.model.getValue(name) ?? null;
    this.#emit({ kind, name, value: structuredCopy(value), page: this.model.pages.indexOf(this.model.currentPage) });
  }

  #emit(event) {
    this.send({ ...event, language: this.language(), layout: layoutOf(window.innerWidth) });
  }

  #visibility() {
    const visible = document.visibilityState === "visible";
    this.attention.wake(visible);
    if (!visible) this.process();
  }
}

function structuredCopy(value) {
  return value === null ? null : JSON.parse(JSON.stringify(value));
}
