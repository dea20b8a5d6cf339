/** Buttons of ours under a question: take a ranking's order as it stands, mark an exam's item for review. */

import { button, element } from "./dom.js";
import { RankingMoves } from "./ranking.js";

export class QuestionTools {
  /** `flags` is null outside exams, else has `has(name)` and `toggle(name)`; `announce` reads a sentence out. */
  constructor(model, say, flags, announce) {
    Object.assign(this, { model, say, flags, places: new Map() });
    this.moves = new RankingMoves(model, say, announce);
    model.onAfterRenderQuestion.add((_, { question, htmlElement }) => this.#place(question, htmlElement));
    model.onValueChanged.add((_, { question }) => question && this.#draw(question));
  }

  /** Draw all again, after a change of language or of a mark. */
  refresh() {
    this.moves.refresh();
    for (const name of this.places.keys()) this.#draw(this.model.getQuestionByName(name));
  }

  #place(question, host) {
    const tools = this.#toolsOf(question);
    if (!tools.length) return;
    const place = element("div", { class: "svc-question-tools" });
    host.append(place);
    this.places.set(question.name, place);
    this.#draw(question);
  }

  #draw(question) {
    const place = this.places.get(question?.name);
    if (place) place.replaceChildren(...this.#toolsOf(question));
  }

  #toolsOf(question) {
    const tools = [];
    if (question.getType() === "ranking" && question.isEmpty() && !question.isReadOnly) tools.push(this.#orderButton(question));
    if (this.flags && question.hasInput) tools.push(this.#flagButton(question));
    return tools;
  }

  #orderButton(question) {
    return button(this.say("keep_order"), () => {
      question.value = question.rankingChoices.map(({ value }) => value);
    }, "quiet");
  }

  #flagButton({ name }) {
    const marked = this.flags.has(name);
    const flag = button(this.say(marked ? "unflag" : "flag"), () => {
      this.flags.toggle(name);
      this.places.get(name)?.querySelector(".svc-flag")?.focus();
    }, "quiet");
    flag.classList.add("svc-flag");
    flag.setAttribute("aria-pressed", String(marked));
    return flag;
  }
}
