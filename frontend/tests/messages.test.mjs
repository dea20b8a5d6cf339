import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { MESSAGES, fill, localText, localeOf, translator } from "../src/messages.js";

const places = (text) => (text.match(/\{\w+\}/g) ?? []).sort();
const SOURCES = new URL("../src/", import.meta.url);

test("both languages have the same keys", () => {
  assert.deepEqual(Object.keys(MESSAGES.en).sort(), Object.keys(MESSAGES["zh-CN"]).sort());
});

test("both languages fill the same places", () => {
  for (const [key, text] of Object.entries(MESSAGES.en)) assert.deepEqual(places(MESSAGES["zh-CN"][key]), places(text), key);
});

test("every text that is asked for exists, and every text is asked for", () => {
  const code = readdirSync(SOURCES).filter((name) => name.endsWith(".js") && name !== "messages.js")
    .map((name) => readFileSync(new URL(name, SOURCES), "utf8")).join("\n");
  const asked = [...code.matchAll(/\bsay\("(\w+)"/g)].map(([, key]) => key);
  for (const key of asked) assert.ok(key in MESSAGES.en, key);
  for (const key of Object.keys(MESSAGES.en)) assert.ok(code.includes(`"${key}"`) || key.startsWith("feedback_") || code.includes(key), key);
});

test("any tag is one of our languages", () => {
  assert.deepEqual(["en-GB", "zh_Hans", undefined, "fr"].map(localeOf), ["en", "zh-CN", "zh-CN", "zh-CN"]);
});

test("places are filled, unknown ones stay visible", () => {
  assert.equal(fill("{count} of {total}", { count: 2 }), "2 of {total}");
  assert.equal(translator("en")("unsaved", { count: 3 }), "3 not saved yet");
});

test("texts of definitions are read in both spellings of the languages", () => {
  assert.equal(localText({ "zh-CN": "甲", en: "A" }, "en"), "A");
  assert.equal(localText({ "zh-cn": "甲", default: "A" }, "zh-CN"), "甲");
  assert.equal(localText({ en: "A" }, "zh-CN"), "A");
  assert.equal(localText("plain", "en"), "plain");
  assert.equal(localText(null, "en"), "");
});
