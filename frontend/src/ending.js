/** What is shown instead of the form when nothing more can be answered: thanks, result, feedback, or why it is closed. */

import { button, element } from "./dom.js";
import { localText } from "./messages.js";

const STATUS_TEXTS = {
  submitted: "exam_received",
  scored: "exam_received",
  expired: "exam_expired",
  void: "sheet_void",
};

function headline({ kind, status, thank_you: thanks }, locale, say) {
  if (kind !== "exam" && status === "submitted") return localText(thanks, locale) || say("thank_you");
  return say(STATUS_TEXTS[status] ?? "sheet_closed");
}

function number(value) {
  return Number.isFinite(Number(value)) ? String(Math.round(Number(value) * 100) / 100) : String(value);
}

function resultPart(result, say) {
  if (!result || result.percent === undefined || result.percent === null) return null;
  const verdict = result.passed === undefined || result.passed === null ? null
    : element("p", { class: `svc-verdict svc-verdict-${result.passed ? "passed" : "failed"}` }, say(result.passed ? "result_passed" : "result_failed"));
  return element("section", { class: "svc-result" },
    element("h2", {}, say("result_title")), verdict,
    element("p", { class: "svc-score" }, say("result_score", { percent: number(result.percent) })),
    result.pass_mark === undefined ? null : element("p", { class: "svc-muted" }, say("result_pass_mark", { mark: number(result.pass_mark) })));
}

function outcome({ points, maximum }) {
  if (points >= maximum) return "right";
  return points > 0 ? "partial" : "wrong";
}

function feedbackItem(item, index, locale, say) {
  const kind = outcome(item);
  const note = (label, text) => (text ? element("p", {}, element("strong", {}, `${say(label)}: `), localText(text, locale)) : null);
  return element("li", { class: `svc-feedback-item svc-feedback-${kind}` },
    element("p", { class: "svc-feedback-stem" }, `${index + 1}. `, localText(item.title ?? item.stem ?? item.name, locale)),
    element("p", { class: "svc-feedback-points" }, `${say(`feedback_${kind}`)} · `,
      say("feedback_points", { points: number(item.points), maximum: number(item.maximum) })),
    note("feedback_rationale", item.rationale), note("feedback_source", item.source));
}

function feedbackPart(items, locale, say) {
  if (!items?.length) return null;
  return element("section", { class: "svc-feedback" },
    element("h2", {}, say("feedback_title")),
    element("ol", {}, ...items.map((item, index) => feedbackItem(item, index, locale, say))));
}

/** Make the ending of a sheet from the server's reply; `again` adds the button for a further response. */
export function ending(reply, locale, say, again = null) {
  const result = reply.result ?? reply.feedback;
  const tone = ["submitted", "scored"].includes(reply.status) ? "done" : "closed";
  return element("section", { class: `svc-ending svc-ending-${tone}`, tabindex: "-1" },
    element("p", { class: "svc-ending-text" }, headline(reply, locale, say)),
    resultPart(result, say),
    feedbackPart(result?.items, locale, say),
    again ? element("div", { class: "svc-actions" }, button(say("new_response"), again, "primary")) : null);
}
