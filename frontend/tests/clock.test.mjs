import assert from "node:assert/strict";
import test from "node:test";
import { ServerClock, clockText, instant } from "../src/clock.js";

const at = (ticks, wall) => {
  const time = { ticks, wall };
  return [time, new ServerClock(() => time.ticks, () => time.wall)];
};

test("times are read as ISO text or milliseconds", () => {
  assert.equal(instant("2025-03-03T01:00:00+00:00"), Date.UTC(2025, 2, 3, 1));
  assert.equal(instant(5), 5);
  assert.equal(instant(null), null);
  assert.equal(instant("soon"), null);
});

test("what is left runs by the monotonic clock from the server's time", () => {
  const [time, clock] = at(100, 0);
  clock.sync({ server_time: 1_000_000, deadline: 1_060_000 });
  time.ticks += 20_000;
  time.wall = 9e12;
  assert.equal(clock.left, 40_000);
});

test("a later reply moves the deadline", () => {
  const [, clock] = at(0, 0);
  clock.sync({ server_time: 0, deadline: 1000 });
  clock.sync({ server_time: 0, deadline: 5000 });
  assert.equal(clock.left, 5000);
});

test("without a deadline nothing is left to count", () => {
  const [, clock] = at(0, 0);
  clock.sync({ server_time: 0, deadline: null });
  assert.equal(clock.left, null);
});

test("clocks that part by more than five seconds are doubtful", () => {
  const [time, clock] = at(0, 0);
  clock.sync({ server_time: 0 });
  time.wall = 4000;
  assert.equal(clock.doubtful, false);
  time.wall = 60_000;
  assert.equal(clock.doubtful, true);
});

test("the countdown is written in hours, minutes and seconds, rounded up", () => {
  assert.deepEqual([0, 1, 59_000, 60_001, 7_200_000].map(clockText), ["0:00", "0:01", "0:59", "1:01", "2:00:00"]);
});
