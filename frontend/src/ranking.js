/** Buttons that move an option of a ranking up or down: nobody has to drag (WCAG 2.2, 2.5.7). */

import { element } from "./dom.js";

export class RankingMoves {
  constructor(model, say, announce) {
    Object.assign(this, { model, say, announce, shown: new Map() });
    model.onAfterRenderQuestion.add((_, { question, htmlElement }) => {
      if (question.getType() !== "ranking") return;
      this.shown.set(question, htmlElement);
      this.#dress(question);
    });
    model.onValueChanged.add((_, { question }) => {
      if (this.shown.has(question)) requestAnimationFrame(() => this.#dress(question));
    });
  }

  refresh() {
    for (const question of this.shown.keys()) this.#dress(question);
  }

  #dress(question) {
    const items = [...this.shown.get(question).querySelectorAll(".sv-ranking-item")];
    items.forEach((item, index) => this.#dressItem(question, item, index, items.length));
  }

  #dressItem(question, item, index, count) {
    const content = item.querySelector(".sv-ranking-item__content");
    content.querySelector(".svc-moves")?.remove();
    const label = content.querySelector(".sv-ranking-item__text").textContent;
    item.setAttribute("role", "group");
    item.setAttribute("aria-label", this.say("moved", { item: label, place: index + 1, count }));
    if (question.isReadOnly) return;
    const move = (key, arrow, step) => this.#button(question, { key, arrow, index, to: index + step, label, count });
    content.append(element("span", { class: "svc-moves" }, move("move_up", "↑", -1), move("move_down", "↓", 1)));
  }

  #button(question, { key, arrow, index, to, label, count }) {
    const stay = (event) => event.stopPropagation();
    return element("button", {
      type: "button",
      "data-move": key,
      "aria-label": this.say(key, { item: label }),
      disabled: to < 0 || to >= count,
      onpointerdown: stay,
      onkeydown: stay,
      onclick: () => this.#move(question, { key, index, to, label, count }),
    }, arrow);
  }

  #move(question, { key, index, to, label, count }) {
    const values = question.rankingChoices.map(({ value }) => value);
    values.splice(to, 0, ...values.splice(index, 1));
    question.value = values;
    this.announce(this.say("moved", { item: label, place: to + 1, count }));
    requestAnimationFrame(() => requestAnimationFrame(() => this.#keepFocus(question, to, key)));
  }

  #keepFocus(question, index, key) {
    const item = this.shown.get(question).querySelectorAll(".sv-ranking-item")[index];
    const wanted = item?.querySelector(`[data-move="${key}"]:not(:disabled)`) ?? item?.querySelector("[data-move]:not(:disabled)");
    wanted?.focus();
  }
}
