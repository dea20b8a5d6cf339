/**
 * The real survey-core without a browser: what it shows, demands and keeps. Tests hold Python's validator against it.
 * Runs in a bare V8 (mini-racer); nothing of this file is served to anybody.
 */
import "./oracle-globals.js";
import { ConditionRunner, SurveyModel } from "survey-core";

/** Fill a sheet in as a person would: in order, only what is shown. */
function fill(survey, sheet) {
  for (const question of survey.getAllQuestions()) {
    const { name } = question;
    if (question.getType() === "html" || !isShown(question)) continue;
    if (name in sheet) question.value = sheet[name];
    if (`${name}-Comment` in sheet) survey.setComment(name, sheet[`${name}-Comment`]);
  }
}

function isShown(element) {
  for (let part = element; part; part = part.parent) if (!part.isVisible) return false;
  return true;
}

/** Give visible questions, questions with errors, and the data kept. */
function state(survey) {
  const visible = survey.getAllQuestions().filter((question) => question.getType() !== "html" && isShown(question));
  survey.validate(true, false);
  const wrong = visible.filter((question) => question.errors.length > 0).map(({ name }) => name);
  return { visible: visible.map(({ name }) => name), wrong, data: { ...survey.data } };
}

/** Give the state after each sheet, filled in over the one before; the data of the last as completed. */
globalThis.checkSheets = (text) =>
  JSON.stringify(
    JSON.parse(text).map(({ form, sheets }) => {
      const survey = new SurveyModel(form);
      const states = sheets.map((sheet) => {
        fill(survey, sheet);
        return state(survey);
      });
      survey.doComplete();
      states.at(-1).data = survey.data;
      return states;
    }),
  );

/** Give the truth of each `{expression, values}`. */
globalThis.runConditions = (text) =>
  JSON.stringify(
    JSON.parse(text).map(({ expression, values }) => Boolean(new ConditionRunner(expression).runValues(values))),
  );

/** Give the rendered texts of a form's html elements, choices and titles, to see that nothing is inserted. */
globalThis.renderedTexts = (text) => {
  const { form, values, locale } = JSON.parse(text);
  const survey = new SurveyModel(form);
  survey.locale = locale;
  survey.data = values;
  const texts = [];
  for (const question of survey.getAllQuestions()) {
    texts.push(question.getType() === "html" ? question.processedHtml : question.locTitle.renderedHtml);
    for (const choice of question.visibleChoices ?? question.columns ?? []) texts.push(choice.locText.renderedHtml);
  }
  return JSON.stringify(texts);
};

/** Give the properties of a form that survey-core does not know. */
globalThis.unknownProperties = (text) =>
  JSON.stringify((new SurveyModel(JSON.parse(text)).jsonErrors ?? []).map(({ message }) => message));
