/** Joins what an exam has beside its questions to a form: countdown in the bar, navigator at the side, marks, warnings. */

import { Countdown, Flags, Navigator, reviewDialog } from "./exam.js";

const HEARTBEAT = 60_000;

export class ExamSide {
  /** `over()` is called when the time is over; `ask()` fetches the server's time and deadline again. */
  constructor({ model, clock, storage, session, shell, say }, { over, ask, flagged }) {
    Object.assign(this, { model, clock, shell, say, over, ask });
    this.flags = new Flags(storage, `svc-form:flags:${session}`, () => {
      this.navigator.draw();
      flagged();
    });
  }

  /** Put countdown and navigator on the screen. */
  show() {
    const { model, clock, shell, say } = this;
    shell.root.dataset.kind = "exam";
    this.countdown = new Countdown(clock, say, { warn: (minutes) => this.#warn(minutes), over: () => this.#timeOver(), doubt: this.ask });
    this.navigator = new Navigator(model, this.flags, say);
    shell.bar.prepend(this.countdown.node);
    shell.aside.replaceChildren(this.navigator.node);
    this.heartbeat = setInterval(this.ask, HEARTBEAT);
  }

  /** Draw again after an answer, another page, another language. */
  draw() {
    this.navigator.draw();
    this.countdown.tick();
  }

  /** The server spoke: more time may have been given. */
  heard() {
    this.countdown.revive();
    if (this.clock.left > 10 * 60_000) this.shell.banners.hide("time");
  }

  /** Ask whether to submit. */
  review() {
    return reviewDialog(this.shell.root, this.model, this.flags, this.say);
  }

  dispose() {
    clearInterval(this.heartbeat);
    this.countdown.dispose();
    this.countdown.node.remove();
  }

  #warn(minutes) {
    const text = this.say(minutes === 1 ? "time_warning_one" : "time_warning", { minutes });
    this.shell.banners.show("time", text, "warning");
  }

  #timeOver() {
    this.shell.banners.show("time", this.say("time_over"), "warning");
    this.over();
  }
}
