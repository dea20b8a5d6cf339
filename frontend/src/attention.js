/**
 * Process data: how long each page and question was visible, how often it came into view, how often it changed.
 *
 * Times run only while the document is visible. `take()` gives what has come together since the last call (differences, so
 * that a reload or a second device needs no memory: the sum over the events is the total).
 */

const VISIBLE = 0.5;

class Stay {
  constructor() {
    Object.assign(this, { since: null, ms: 0, visits: 0, changes: 0 });
  }

  run(now) {
    this.since ??= now;
  }

  pause(now) {
    if (this.since !== null) this.ms += now - this.since;
    this.since = null;
  }

  take(now) {
    const running = this.since !== null;
    this.pause(now);
    const taken = { visible_ms: Math.round(this.ms), visits: this.visits, changes: this.changes };
    Object.assign(this, { ms: 0, visits: 0, changes: 0, since: running ? now : null });
    return taken;
  }
}

export class Attention {
  constructor(ticks = () => performance.now()) {
    this.ticks = ticks;
    this.stays = new Map();
    this.shown = new Set();
    this.page = null;
    this.awake = true;
  }

  #stay(name) {
    if (!this.stays.has(name)) this.stays.set(name, new Stay());
    return this.stays.get(name);
  }

  /** A question came into view or left it. */
  show(name, visible) {
    if (visible === this.shown.has(name)) return;
    const stay = this.#stay(name);
    if (visible) {
      this.shown.add(name);
      stay.visits += 1;
      if (this.awake) stay.run(this.ticks());
    } else {
      this.shown.delete(name);
      stay.pause(this.ticks());
    }
  }

  change(name) {
    this.#stay(name).changes += 1;
  }

  /** Another page is shown: nothing of the last one is in view any more. */
  turn(page) {
    for (const name of [...this.shown]) this.show(name, false);
    this.page = page;
    this.show(`page:${page}`, true);
  }

  /** The document was hidden or shown again. */
  wake(awake) {
    this.awake = awake;
    for (const name of this.shown) awake ? this.#stay(name).run(this.ticks()) : this.#stay(name).pause(this.ticks());
  }

  /** Give the events for what has come together: `page` for pages, `visit` for questions. */
  take() {
    const now = this.ticks();
    return [...this.stays].flatMap(([name, stay]) => eventOf(name, stay.take(now)));
  }
}

function eventOf(name, data) {
  if (!data.visible_ms && !data.visits && !data.changes) return [];
  const { changes, ...seen } = data;
  if (name.startsWith("page:")) return [{ kind: "page", page: Number(name.slice(5)), ...seen }];
  return [{ kind: "visit", name, ...data }];
}

/** Watch the questions' elements: in view is half of it, or as much of it as fills half of the window. */
export function watchQuestions(attention) {
  const names = new WeakMap();
  const judge = ({ target, isIntersecting, intersectionRatio, intersectionRect, rootBounds }) => {
    const fills = rootBounds && intersectionRect.height >= VISIBLE * rootBounds.height;
    attention.show(names.get(target), isIntersecting && (intersectionRatio >= VISIBLE || Boolean(fills)));
  };
  const observer = new IntersectionObserver((entries) => entries.forEach(judge), { threshold: [0, 0.25, VISIBLE, 0.75, 1] });
  return {
    add(name, target) {
      names.set(target, name);
      observer.observe(target);
    },
    dispose: () => observer.disconnect(),
  };
}
