/** Writes an answer in words: the texts of the chosen options instead of their ids. */

import { localText } from "./messages.js";

function wordOf(entries, value, locale) {
  const found = entries?.find((entry) => String(entry.value ?? entry) === String(value));
  return found?.text ? localText(found.text, locale) : String(value);
}

/** Give the text of `value` as an answer (or a key) of a SurveyJS question; an empty string for none. */
export function answerText(question, value, locale) {
  if (value === null || value === undefined || value === "") return "";
  if (Array.isArray(value)) return value.map((one) => answerText(question, one, locale)).join(locale === "en" ? ", " : "、");
  if (typeof value !== "object") return wordOf(question?.choices, value, locale);
  const pairs = Object.entries(value).map(([row, column]) => `${wordOf(question?.rows, row, locale)} – ${wordOf(question?.columns, column, locale)}`);
  return pairs.join(locale === "en" ? "; " : ";");
}
