import assert from "node:assert/strict";
import test from "node:test";
import { AnswerQueue, memoryStorage } from "../src/queue.js";
import { SheetError } from "../src/transport.js";

globalThis.window = new EventTarget();
const { Saver } = await import("../src/saver.js");

/** A saver over a scripted transport: each entry is an error to raise, or null for a commit. */
function saverWith(script, count = 1) {
  const queue = new AnswerQueue(memoryStorage(), "/s/t", "s1", "c1");
  for (let value = 1; value <= count; value += 1) queue.add({ kind: "answer", name: `q${value}`, value });
  const sent = [];
  const seen = { states: [], refused: [], failed: [], sent };
  const transport = async (_call, body) => {
    sent.push(body.events.map(({ seq }) => seq));
    const answer = script.length ? script.shift() : null;
    const error = typeof answer === "function" ? answer(body.events) : answer;
    if (error) throw error;
    return { saved_seq: body.events.at(-1).seq };
  };
  const listener = {
    status: (state) => seen.states.push(state),
    reply: () => {},
    refused: (event) => seen.refused.push(event.name),
    failed: (error) => seen.failed.push(error.code),
  };
  return { saver: new Saver(transport, queue, {}, listener), queue, seen };
}

const invalid = (name) => (events) => (events.some((event) => event.name === name) ? new SheetError(422, "invalid_answer") : null);

test("everything waiting goes in one batch", async () => {
  const { saver, queue, seen } = saverWith([], 3);
  await saver.flush();
  assert.deepEqual(seen.sent, [[1, 2, 3]]);
  assert.equal(queue.size, 0);
  assert.equal(seen.states.at(-1), "saved");
});

test("flush raises what stands in the way and keeps the events", async () => {
  const { saver, queue, seen } = saverWith([new SheetError(0, "offline")]);
  await assert.rejects(saver.flush(), { code: "offline" });
  saver.dispose();
  assert.equal(queue.size, 1);
  assert.equal(seen.states.at(-1), "offline");
});

test("after a failure the same numbers are sent again", async () => {
  const { saver, seen } = saverWith([new SheetError(503, "unavailable")], 2);
  await assert.rejects(saver.flush());
  await saver.flush();
  assert.deepEqual(seen.sent, [[1, 2], [1, 2]]);
});

test("the one refused event is found, told and taken out; the rest is saved without a gap", async () => {
  const bad = invalid("q2");
  const { saver, queue, seen } = saverWith([bad, bad, bad, bad], 3);
  await saver.flush();
  assert.deepEqual(seen.refused, ["q2"]);
  assert.equal(queue.size, 0);
  assert.deepEqual(seen.sent, [[1, 2, 3], [1], [2, 3], [2], [2]]);
});

test("a lost lease stops until the sheet is opened again", async () => {
  const { saver, seen } = saverWith([new SheetError(409, "read_only")]);
  await assert.rejects(saver.flush(), { code: "read_only" });
  saver.stop("read_only");
  assert.deepEqual(seen.failed, ["read_only"]);
  await saver.resume({ lease: 2 });
  assert.equal(seen.states.at(-1), "saved");
});
