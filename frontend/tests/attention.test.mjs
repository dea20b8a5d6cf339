import assert from "node:assert/strict";
import test from "node:test";
import { answerText } from "../src/answers.js";
import { Attention } from "../src/attention.js";
import { layoutOf } from "../src/dom.js";

const started = () => {
  const time = { now: 0 };
  const attention = new Attention(() => time.now);
  attention.turn(0);
  return [time, attention];
};
const of = (events, name) => events.find((event) => event.name === name);

test("time runs while a question is in view and the document is visible", () => {
  const [time, attention] = started();
  attention.show("q", true);
  time.now = 1000;
  attention.wake(false);
  time.now = 5000;
  attention.wake(true);
  time.now = 5500;
  assert.deepEqual(of(attention.take(), "q"), { kind: "visit", name: "q", visible_ms: 1500, visits: 1, changes: 0 });
});

test("what was taken is not told again", () => {
  const [time, attention] = started();
  attention.show("q", true);
  attention.change("q");
  time.now = 100;
  attention.take();
  time.now = 250;
  assert.deepEqual(of(attention.take(), "q"), { kind: "visit", name: "q", visible_ms: 150, visits: 0, changes: 0 });
});

test("turning the page ends the visit of its questions", () => {
  const [time, attention] = started();
  attention.show("q", true);
  time.now = 100;
  attention.turn(1);
  time.now = 900;
  const events = attention.take();
  assert.equal(of(events, "q").visible_ms, 100);
  assert.deepEqual(events.filter(({ kind }) => kind === "page"), [
    { kind: "page", page: 0, visible_ms: 100, visits: 1 },
    { kind: "page", page: 1, visible_ms: 800, visits: 1 },
  ]);
});

test("coming back is another visit", () => {
  const [, attention] = started();
  for (const visible of [true, true, false, true]) attention.show("q", visible);
  assert.equal(of(attention.take(), "q").visits, 2);
});

test("layouts are told by width", () => {
  assert.deepEqual([390, 599, 600, 1023, 1024].map(layoutOf), ["phone", "phone", "tablet", "tablet", "desktop"]);
});

test("answers are written in the words of their options", () => {
  const question = {
    choices: [{ value: "a", text: { "zh-cn": "甲", default: "A" } }, { value: "b", text: "B" }],
    rows: [{ value: "r", text: "Row" }],
    columns: [{ value: 1, text: "One" }],
  };
  assert.equal(answerText(question, ["a", "b"], "zh-CN"), "甲、B");
  assert.equal(answerText(question, { r: 1 }, "en"), "Row – One");
  assert.equal(answerText(undefined, 12.5, "en"), "12.5");
  assert.equal(answerText(question, null, "en"), "");
});
