/** One open form of the server's: opens it, holds its lease, saves its events, submits it. Knows nothing of the screen. */

import { AnswerQueue, Tab } from "./queue.js";
import { Saver } from "./saver.js";

const OPEN_STATUSES = new Set(["created", "open"]);
const MAX_RESYNCS = 3;

/** Whether a sheet of this status still takes answers. */
export function isOpen({ status }) {
  return OPEN_STATUSES.has(status ?? "open");
}

export class Sheet {
  #resyncs = 0;

  /**
   * `listener` has `status(state)`, `reply(reply)`, `refused(event, error)`, `halted(kind, error)` (kind: `read_only`,
   * `signed_out`, `closed`, `offline`, `trouble`) and `resynced(reply)` (the server lost count: compare the answers).
   */
  constructor({ transport, storage, source, locale, layout, context }, listener) {
    Object.assign(this, { transport, storage, source, locale, layout, context, listener });
    this.tab = new Tab(storage, source);
    this.saver = null;
  }

  get queue() {
    return this.saver?.queue;
  }

  get ticket() {
    return { session: this.tab.session, client: this.tab.client, lease: this.lease };
  }

  /** Open the sheet or open it again, which takes the lease; gives the reply with the waiting answers laid over. */
  async open() {
    const reply = await this.#openOnce();
    let queue = this.#queueOf(reply);
    if (!queue.disagrees(reply.saved_seq ?? 0)) return this.#bind(reply, queue);
    this.tab.renew();
    const again = await this.#openOnce();
    queue = this.#queueOf(again);
    return this.#bind(again, queue);
  }

  add(event) {
    this.saver.add(event);
  }

  /** Save what waits, then submit; gives the reply or raises the `SheetError` that stands in the way. */
  async submit() {
    await this.saver.flush();
    const reply = await this.transport("submit", { ...this.ticket, seq: this.queue.last });
    this.end();
    return reply;
  }

  /** Nothing more will be sent. The session stays known, so that a reload shows the ending again. */
  end() {
    this.saver?.stop("submitted");
    this.queue?.forget();
  }

  /** Begin a further response in the same tab. */
  forget() {
    this.tab.forget();
  }

  leave() {
    this.saver?.flushOnLeave();
    this.tab.write(false);
  }

  dispose() {
    this.saver?.dispose();
    this.tab.write(false);
  }

  async #openOnce() {
    const { tab, locale, layout, context } = this;
    // Which attempt of an exam is open, the server knows; a survey's response only its session tells.
    const session = tab.kind === "survey" && tab.session ? { session: tab.session } : {};
    const body = { client: tab.client, ...session, locale, layout, ...(context ? { context } : {}) };
    try {
      return await this.transport("open", body);
    } catch (error) {
      if (error.status !== 404 || !tab.session) throw error;
      tab.join({ session: null, kind: null });
      return this.#openOnce();
    }
  }

  #queueOf({ session, kind }) {
    this.tab.join({ session, kind });
    return new AnswerQueue(this.storage, this.source, session, this.tab.client);
  }

  #bind(reply, queue) {
    this.lease = reply.lease;
    queue.acknowledge(reply.saved_seq ?? 0);
    const merged = { ...reply, answers: queue.over(reply.answers ?? {}) };
    if (!this.saver) this.saver = new Saver(this.transport, queue, this.ticket, this.#saverListener());
    if (isOpen(reply) && !reply.read_only) this.saver.resume(this.ticket, queue);
    return merged;
  }

  #saverListener() {
    const { listener } = this;
    return {
      status: (state) => listener.status(state),
      refused: (event, error) => listener.refused(event, error),
      reply: (reply) => listener.reply(reply),
      failed: (error) => this.#failed(error),
    };
  }

  #failed(error) {
    if (error.passing) this.listener.halted(error.status === 0 ? "offline" : "trouble", error);
    else if (error.status === 401) this.listener.halted("signed_out", error);
    else if (error.code === "read_only") this.#halt("read_only", error);
    else if (["gap", "replay_conflict"].includes(error.code) && this.#resyncs < MAX_RESYNCS) this.#resync();
    else this.#halt("closed", error);
  }

  #halt(kind, error) {
    this.saver.stop(kind);
    this.listener.halted(kind, error);
  }

  /** The server's count and ours differ: go on under a new client id and let the screen compare the answers. */
  async #resync() {
    this.#resyncs += 1;
    this.tab.renew();
    try {
      this.listener.resynced(await this.open());
    } catch (error) {
      this.#halt("closed", error);
    }
  }
}
