/**
 * The events that the server has not acknowledged yet, kept in sessionStorage so that a reload loses none.
 *
 * `(session, client, seq)` is the server's idempotent key: an event keeps its number however often it is sent.
 */

const PREFIX = "svc-form";

/** Make a random id of 128 bits (crypto.randomUUID is missing on plain HTTP). */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The tab's memory of one sheet: client id, session, and whether a living page holds it. */
export class Tab {
  constructor(storage, source) {
    this.storage = storage;
    this.key = `${PREFIX}:${source}`;
    const kept = read(storage, this.key);
    // Still marked alive: the tab was duplicated with its storage (or the browser died); two tabs must not share a client id.
    this.client = kept && !kept.alive ? kept.client : randomId();
    this.session = kept?.session ?? null;
    this.kind = kept?.kind ?? null;
    this.write(true);
  }

  write(alive) {
    const { client, session, kind } = this;
    return write(this.storage, this.key, { client, session, kind, alive });
  }

  renew() {
    this.client = randomId();
    this.write(true);
  }

  join({ session, kind }) {
    Object.assign(this, { session, kind });
    this.write(true);
  }

  forget() {
    this.storage.removeItem(this.key);
  }
}

/** The numbered events waiting for one session. */
export class AnswerQueue {
  constructor(storage, source, session, client) {
    Object.assign(this, { storage, client, key: `${PREFIX}:${source}:${session}` });
    const kept = read(storage, this.key) ?? { client, next: 1, events: [] };
    Object.assign(this, { next: kept.next, events: kept.events, kept: true });
    if (kept.client !== client) this.restart();
  }

  get size() {
    return this.events.length;
  }

  /** How many waiting events are answers of the person, not process data. */
  get answers() {
    return this.events.filter(({ kind }) => kind === "answer" || kind === "comment").length;
  }

  /** The number of the last event ever given. */
  get last() {
    return this.next - 1;
  }

  add(event) {
    this.events.push({ seq: this.next, ...event });
    this.next += 1;
    this.keep();
  }

  batch(limit) {
    return this.events.slice(0, limit);
  }

  /** Forget what the server has committed. */
  acknowledge(savedSeq) {
    this.events = this.events.filter(({ seq }) => seq > savedSeq);
    this.next = Math.max(this.next, savedSeq + 1);
    this.keep();
  }

  /** Take out one refused event; those behind it move up, for the server refuses gaps. */
  drop(seq) {
    this.events = this.events
      .filter((event) => event.seq !== seq)
      .map((event) => (event.seq > seq ? { ...event, seq: event.seq - 1 } : event));
    this.next -= 1;
    this.keep();
  }

  /** Lay the waiting events over the answers that the server has. */
  over(answers) {
    const merged = { ...answers };
    for (const { kind, name, value } of this.events) {
      if (kind === "answer") merged[name] = value;
      if (kind === "comment") merged[`${name}-Comment`] = value;
    }
    return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null && value !== undefined));
  }

  /** Number the waiting events from 1, for a new client id. */
  restart() {
    this.events = this.events.map((event, index) => ({ ...event, seq: index + 1 }));
    this.next = this.events.length + 1;
    this.keep();
  }

  /** Whether the server's count cannot belong to this queue (another tab counted on, or the server lost events). */
  disagrees(savedSeq) {
    const first = this.size ? this.events[0].seq : this.next;
    return savedSeq > this.last ? this.size > 0 : savedSeq < first - 1;
  }

  keep() {
    const { client, next, events } = this;
    this.kept = write(this.storage, this.key, { client, next, events });
  }

  forget() {
    this.storage.removeItem(this.key);
  }
}

function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** The browser's sessionStorage, or one in memory where the browser forbids it. */
export function openStorage() {
  try {
    sessionStorage.setItem(`${PREFIX}:probe`, "1");
    sessionStorage.removeItem(`${PREFIX}:probe`);
    return sessionStorage;
  } catch {
    return memoryStorage();
  }
}

export function memoryStorage() {
  const held = new Map();
  return {
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
  };
}
