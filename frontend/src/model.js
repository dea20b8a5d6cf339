/** Builds the SurveyJS model the way all our forms want it. */

import { Model, SvgRegistry, surveyLocalization } from "survey-core";
import "survey-core/i18n/simplified-chinese";
import { prepare, surveyLocale } from "./definition.js";

// SurveyJS's own Chinese is partly made by machine; these are the texts that our forms can show.
Object.assign(surveyLocalization.locales["zh-cn"], {
  loadingData: "正在加载…",
  ok: "确定",
  tagboxDoneButtonCaption: "确定",
  completeText: "提交",
  pagePrevText: "上一页",
  pageNextText: "下一页",
  otherItemText: "其他(请说明)",
  requiredError: "请回答此题。",
  requiredInAllRowsError: "请回答每一行的问题。",
  requiredErrorInPanel: "请至少回答一题。",
  numericError: "请输入数字。",
  numericMin: "数值不能小于 {1}。",
  numericMax: "数值不能大于 {1}。",
  numericMinMax: "数值应在 {1} 到 {2} 之间。",
  minSelectError: "请至少选择 {0} 项。",
  maxSelectError: "最多选择 {0} 项。",
  invalidEmail: "请输入有效的电子邮箱地址。",
  otherRequiredError: "请填写“其他”的内容。",
  optionsCaption: "请选择",
  clearCaption: "清除",
  booleanCheckedLabel: "是",
  booleanUncheckedLabel: "否",
  emptyRowsText: "暂无内容",
  filterStringPlaceholder: "输入以查找",
  emptyMessage: "没有可显示的内容",
  noEntriesReadonlyText: "暂无内容",
});
Object.assign(surveyLocalization.locales.en, {
  completeText: "Submit",
  pageNextText: "Next",
  otherItemText: "Other (please specify)",
  requiredError: "Please answer this question.",
  requiredInAllRowsError: "Please answer every row.",
});

const TITLE_TAGS = { survey: "h1", page: "h2", panel: "h3", question: "h3" };

/** Make a model: rating as buttons at any width, validation at the end of a page, answers of hidden questions cleared. */
export function buildModel(definition, locale, kind) {
  const model = new Model({ ...prepare(definition), ...OPTIONS });
  model.locale = surveyLocale(locale);
  model.checkErrorsMode = kind === "exam" ? "onComplete" : "onNextPage";
  model.getAllQuestions().forEach(settleQuestion);
  dropStyledIcons();
  model.onQuestionAdded.add((_, { question }) => settleQuestion(question));
  model.onGetTitleTagName.add((_, options) => {
    options.tagName = titleTag(model, options.element);
  });
  return model;
}

const OPTIONS = {
  showTitle: false,
  widthMode: "static",
  width: "100%",
  clearInvisibleValues: "onHiddenContainer",
  textUpdateMode: "onTyping",
  autoFocusFirstQuestion: false,
  autoFocusFirstError: true,
  showCompletePage: false,
  questionDescriptionLocation: "underTitle",
  showProgressBar: false,
  maxOthersLength: 1000,
  requiredMark: "*",
};

// The Content-Security-Policy forbids style attributes in markup; the one icon that has some is never shown here.
function dropStyledIcons() {
  const { icons } = SvgRegistry;
  for (const name of Object.keys(icons)) if (icons[name].includes("style=")) delete icons[name];
}

function settleQuestion(question) {
  if (question.getType() === "rating") Object.assign(question, { displayMode: "buttons", rateDescriptionLocation: "bottom" });
  if (question.getType() === "comment") question.autoGrow = true;
  if (question.getType() === "boolean") Object.assign(question, { renderAs: "radio", swapOrder: true });
}

function titleTag(model, item) {
  if (item.isQuestion) return model.currentPage?.title ? TITLE_TAGS.question : "h2";
  return TITLE_TAGS[item.getType?.()] ?? TITLE_TAGS.panel;
}

/** Split SurveyJS's name of a changed value into the question and whether it is its comment ("other"). */
export function splitName(model, name) {
  const suffix = "-Comment";
  const base = name.endsWith(suffix) ? name.slice(0, -suffix.length) : null;
  return base && model.getQuestionByName(base) ? { name: base, kind: "comment" } : { name, kind: "answer" };
}
