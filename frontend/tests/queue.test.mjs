import assert from "node:assert/strict";
import test from "node:test";
import { AnswerQueue, Tab, memoryStorage } from "../src/queue.js";

const SOURCE = "/s/token";
const filled = (storage = memoryStorage(), client = "c1") => {
  const queue = new AnswerQueue(storage, SOURCE, "s1", client);
  for (const value of [1, 2, 3]) queue.add({ kind: "answer", name: "q", value });
  return queue;
};
const numbers = (queue) => queue.events.map(({ seq }) => seq);

test("events are numbered from 1 and keep their numbers in storage", () => {
  const storage = memoryStorage();
  filled(storage);
  assert.deepEqual(numbers(new AnswerQueue(storage, SOURCE, "s1", "c1")), [1, 2, 3]);
});

test("what is acknowledged is forgotten and numbering goes on", () => {
  const queue = filled();
  queue.acknowledge(2);
  queue.add({ kind: "answer", name: "q", value: 4 });
  assert.deepEqual(numbers(queue), [3, 4]);
});

test("a queue that lost its storage goes on after the server's number", () => {
  const queue = new AnswerQueue(memoryStorage(), SOURCE, "s1", "c1");
  queue.acknowledge(7);
  queue.add({ kind: "answer", name: "q", value: 1 });
  assert.deepEqual(numbers(queue), [8]);
});

test("a refused event is taken out without a gap", () => {
  const queue = filled();
  queue.acknowledge(1);
  queue.drop(2);
  queue.add({ kind: "answer", name: "q", value: 9 });
  assert.deepEqual(queue.events.map(({ seq, value }) => [seq, value]), [[2, 3], [3, 9]]);
});

test("another client numbers the waiting events from 1", () => {
  const storage = memoryStorage();
  filled(storage).acknowledge(1);
  assert.deepEqual(numbers(new AnswerQueue(storage, SOURCE, "s1", "c2")), [1, 2]);
});

test("the server's count disagrees when it is ahead of us or lost events", () => {
  const queue = filled();
  assert.equal(queue.disagrees(0), false);
  assert.equal(queue.disagrees(3), false);
  assert.equal(queue.disagrees(4), true);
  queue.acknowledge(3);
  assert.equal(queue.disagrees(3), false);
  assert.equal(queue.disagrees(1), true);
});

test("waiting answers lie over the server's, cleared ones leave", () => {
  const queue = new AnswerQueue(memoryStorage(), SOURCE, "s1", "c1");
  queue.add({ kind: "answer", name: "a", value: null });
  queue.add({ kind: "comment", name: "b", value: "x" });
  queue.add({ kind: "page", page: 2 });
  assert.deepEqual(queue.over({ a: 1, c: 2 }), { "b-Comment": "x", c: 2 });
});

test("only answers and comments count as unsaved", () => {
  const queue = filled();
  queue.add({ kind: "visit", name: "q", visible_ms: 10 });
  assert.equal(queue.answers, 3);
});

test("full storage is noticed and nothing is thrown", () => {
  const storage = { ...memoryStorage(), setItem: () => { throw new Error("full"); } };
  const queue = new AnswerQueue(storage, SOURCE, "s1", "c1");
  queue.add({ kind: "answer", name: "q", value: 1 });
  assert.equal(queue.kept, false);
  assert.equal(queue.size, 1);
});

test("a reloaded tab keeps its client id, a duplicated one gets another", () => {
  const storage = memoryStorage();
  const first = new Tab(storage, SOURCE);
  const copy = new Tab(storage, SOURCE);
  assert.notEqual(copy.client, first.client);
  copy.write(false);
  assert.equal(new Tab(storage, SOURCE).client, copy.client);
});
