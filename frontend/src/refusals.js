/** Answers that the server refused: kept marked at their question until they are changed. */

export class Refusals {
  constructor(model, say) {
    Object.assign(this, { model, say, held: new Map() });
    model.onValidateQuestion.add((_, options) => this.#judge(options));
  }

  add({ name, value }, error) {
    const question = this.model.getQuestionByName(name ?? error.fields.name);
    if (!question) return;
    this.held.set(question.name, { value: JSON.stringify(value), reason: error.message });
    question.validate(true);
  }

  #judge(options) {
    const refusal = this.held.get(options.name);
    if (!refusal) return;
    const present = [options.value, this.model.getComment(options.name)].map((value) => JSON.stringify(value ?? null));
    if (present.includes(refusal.value)) options.error = this.say("refused", { reason: refusal.reason });
    else this.held.delete(options.name);
  }
}
