/** The server's clock, read from its replies and carried on by the browser's monotonic one; the countdown on it. */

/** Read a time of the protocol: ISO 8601 text, or milliseconds since 1970. */
export function instant(value) {
  if (value === null || value === undefined) return null;
  const time = typeof value === "number" ? value : Date.parse(value);
  return Number.isNaN(time) ? null : time;
}

export class ServerClock {
  constructor(ticks = () => performance.now(), wall = () => Date.now()) {
    this.ticks = ticks;
    this.wall = wall;
    this.time = null;
    this.deadline = null;
  }

  sync({ server_time: time, deadline }) {
    const now = instant(time);
    if (now !== null) Object.assign(this, { time: now, tick: this.ticks(), seen: this.wall() });
    if (deadline !== undefined) this.deadline = instant(deadline);
  }

  now() {
    return this.time === null ? null : this.time + this.ticks() - this.tick;
  }

  /** Whether the browser's two clocks have parted (sleep, or somebody set the clock): ask the server again. */
  get doubtful() {
    return this.time !== null && Math.abs(this.wall() - this.seen - (this.ticks() - this.tick)) > 5000;
  }

  /** Milliseconds until the deadline, not below 0; null without a deadline. */
  get left() {
    return this.deadline === null || this.time === null ? null : Math.max(0, this.deadline - this.now());
  }
}

/** Write milliseconds as `1:05:09` or `5:09`, rounded up so that 0:00 means that the time is over. */
export function clockText(milliseconds) {
  const total = Math.ceil(milliseconds / 1000);
  const pad = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const seconds = pad(total % 60);
  return hours ? `${hours}:${pad(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}
