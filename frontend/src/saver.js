/**
 * Sends the queue: one batch in flight, in order, again and again until the server has acknowledged it.
 *
 * States: `saved`, `saving`, `unsaved` (waiting to try again), `offline`; and, stopped: `read_only`, `closed`, `error`.
 */

import { SheetError } from "./transport.js";

const BATCH = 50;
const KEEPALIVE_BYTES = 60_000;
// What is wrong with the event itself; sending it again would not help.
const REFUSALS = new Set([400, 413, 422]);
const WAITS = [1, 2, 4, 8, 15, 30];

export class Saver {
  #running = null;
  #timer = null;
  #failures = 0;
  #oneByOne = false;
  #stopped = false;

  /** `listener` has `status(state)`, `reply(reply)`, `refused(event, error)`, `failed(error)`. */
  constructor(transport, queue, ticket, listener) {
    this.transport = transport;
    this.queue = queue;
    this.ticket = ticket;
    this.listener = listener;
    this.state = "saved";
    this.onOnline = () => this.retry();
    window.addEventListener("online", this.onOnline);
  }

  add(event) {
    this.queue.add(event);
    if (this.#timer === null) this.#pump();
    else this.#tell(this.state);
  }

  /** Try now instead of when the waiting time is over. */
  retry() {
    clearTimeout(this.#timer);
    this.#timer = null;
    return this.#pump();
  }

  /** Send everything; raises the `SheetError` that stands in the way. */
  async flush() {
    await this.#running;
    const error = await this.retry();
    if (error) throw error;
  }

  /** Hand the rest to the browser while the page goes away; the numbers make a second arrival harmless. */
  flushOnLeave() {
    const events = fitting(this.queue.batch(BATCH));
    if (this.#stopped || !events.length) return;
    this.transport("answers", { ...this.ticket, events }, { keepalive: true }).catch(() => {});
  }

  stop(state) {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#tell(state);
  }

  resume(ticket, queue = this.queue) {
    Object.assign(this, { ticket, queue });
    this.#stopped = false;
    this.#failures = 0;
    return this.retry();
  }

  dispose() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.onOnline);
  }

  #pump() {
    this.#running ??= this.#drain().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Send until nothing waits; gives the error that stopped it, if any. */
  async #drain() {
    try {
      while (this.queue.size && !this.#stopped) await this.#send();
      if (!this.#stopped) this.#tell("saved");
      return null;
    } catch (error) {
      this.#fail(error);
      return error;
    }
  }

  async #send() {
    this.#tell("saving");
    const events = this.queue.batch(this.#oneByOne ? 1 : BATCH);
    try {
      const reply = await this.transport("answers", { ...this.ticket, events });
      this.queue.acknowledge(reply.saved_seq);
      this.#failures = 0;
      this.#oneByOne = false;
      this.listener.reply(reply);
    } catch (error) {
      if (!REFUSALS.has(error.status)) throw error;
      this.#refuse(events, error);
    }
  }

  /** A batch is refused as a whole: find the event by sending one at a time, take it out, go on with the rest. */
  #refuse(events, error) {
    if (events.length > 1) {
      this.#oneByOne = true;
      return;
    }
    this.queue.drop(events[0].seq);
    this.#oneByOne = false;
    this.listener.refused(events[0], error);
  }

  #fail(error) {
    if (!(error instanceof SheetError)) throw error;
    if (error.passing || error.status === 401) this.#wait(error);
    this.listener.failed(error);
  }

  #wait(error) {
    const seconds = error.fields.seconds ?? WAITS[Math.min(this.#failures, WAITS.length - 1)];
    this.#failures += 1;
    // Spread the return of many browsers after an outage.
    const spread = seconds * (0.8 + 0.4 * Math.random());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.retry(), spread * 1000);
    this.#tell(error.status === 0 ? "offline" : "unsaved");
  }

  #tell(state) {
    this.state = state;
    this.listener.status(state);
  }
}

/** As many of the first events as the browser takes in a keepalive request. */
function fitting(events) {
  let bytes = 0;
  return events.filter((event) => {
    bytes += 3 * JSON.stringify(event).length;
    return bytes < KEEPALIVE_BYTES;
  });
}
