/**
 * The real survey-core without a browser: what it shows, demands and keeps. Tests hold Python's validator against it.
 * Runs in a bare V8 (mini-racer); nothing of this file is served to anybody.
 */
import "./oracle-globals.js";
import { ConditionRunner, Serializer, SurveyModel } from "survey-core";

/** Give the survey, filled in as a person would: in order, only what is shown. */
function filled(form, sheets) {
  const survey = new SurveyModel(form);
  for (const sheet of sheets) {
    for (const question of survey.getAllQuestions()) fill(survey, question, sheet);
  }
  return survey;
}

function fill(survey, question, sheet) {
  if (question.getType() === "html" || !isShown(question)) return;
  const { name } = question;
  if (name in sheet) question.value = sheet[name];
  if (`${name}-Comment` in sheet) survey.setComment(name, sheet[`${name}-Comment`]);
}

function isShown(element) {
  for (let part = element; part; part = part.parent) if (!part.isVisible) return false;
  return true;
}

/** Give visible questions, questions with errors, data after completion, and titles as shown. */
globalThis.checkSheets = (text) =>
  JSON.stringify(
    JSON.parse(text).map(({ form, sheets, locale }) => {
      const survey = filled(form, sheets);
      if (locale) survey.locale = locale;
      const questions = survey.getAllQuestions().filter((question) => question.getType() !== "html");
      const visible = questions.filter(isShown);
      survey.validate(true, false);
      const wrong = visible.filter((question) => question.errors.length > 0).map(({ name }) => name);
      const titles = Object.fromEntries(visible.map((question) => [question.name, question.locTitle.renderedHtml]));
      survey.doComplete();
      return { visible: visible.map(({ name }) => name), wrong, data: survey.data, titles };
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

globalThis.knownTypes = () => JSON.stringify(Serializer.getChildrenClasses("question", true).map(({ name }) => name));
