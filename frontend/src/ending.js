/** What is shown instead of the form when nothing more can be answered: thanks, result, feedback, or why it is closed. */

import { button, element } from "./dom.js";
import { answerText } from "./answers.js";
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

function resultPart(result, kind, say) {
  if (!result || result.percent === undefined || result.percent === null) {
    return kind === "exam" ? element("p", { class: "svc-muted svc-result" }, say("result_later")) : null;
  }
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

function feedbackItem(item, index, questions, locale, say) {
  const kind = outcome(item);
  const note = (label, text) => (text ? element("p", {}, element("strong", {}, `${say(label)}: `), text) : null);
  const shown = (value) => answerText(questions.get(item.name), value, locale);
  return element("li", { class: `svc-feedback-item svc-feedback-${kind}` },
    element("p", { class: "svc-feedback-stem" }, `${index + 1}. `, localText(item.title ?? item.name, locale)),
    element("p", { class: "svc-feedback-points" }, `${say(`feedback_${kind}`)} · `,
      item.counted === false ? say("not_counted") : say("feedback_points", { points: number(item.points), maximum: number(item.maximum) })),
    "answer" in item ? note("your_answer", shown(item.answer) || say("no_answer")) : null,
    "key" in item ? note("right_answer", shown(item.key)) : null,
    note("feedback_rationale", localText(item.rationale, locale)), note("feedback_source", localText(item.source, locale)));
}

function feedbackPart({ result, feedback, definition }, locale, say) {
  const items = (result ?? feedback)?.items;
  if (!items?.length) return null;
  const questions = new Map((definition?.pages ?? []).flatMap(({ elements }) => elements).map((one) => [one.name, one]));
  return element("section", { class: "svc-feedback" },
    element("h2", {}, say("feedback_title")),
    element("ol", {}, ...items.map((item, index) => feedbackItem(item, index, questions, locale, say))));
}

/** Make the ending of a sheet from the server's reply; `again` starts a further response or attempt. */
export function ending(reply, locale, say, again = null) {
  const result = reply.result ?? reply.feedback;
  const tone = ["submitted", "scored"].includes(reply.status) ? "done" : "closed";
  return element("section", { class: `svc-ending svc-ending-${tone}`, tabindex: "-1" },
    element("p", { class: "svc-ending-text" }, headline(reply, locale, say)),
    reply.status === "void" ? null : resultPart(result, reply.kind, say),
    feedbackPart(reply, locale, say),
    again ? element("div", { class: "svc-actions" }, button(say(reply.kind === "exam" ? "new_attempt" : "new_response"), again, "primary")) : null,
    reply.kind === "exam" ? element("div", { class: "svc-actions" }, element("a", { class: "svc-button", href: "/" }, say("to_start_page"))) : null);
}
