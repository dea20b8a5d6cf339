/** Makes a definition ready for SurveyJS: its locale codes, and `html` elements with plain markup only. */

const SURVEYJS_LOCALES = { "zh-CN": "zh-cn", en: "en" };
const TEXT_KEYS = new Set(["zh-CN", "zh-cn", "en", "default"]);
const HEADING = /^H[1-6]$/;
const PLAIN_TAGS = new Set(["P", "BR", "STRONG", "EM", "UL", "OL", "LI", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD"]);

/** Map a language tag of ours to SurveyJS's locale code. */
export function surveyLocale(locale) {
  return SURVEYJS_LOCALES[locale] ?? "en";
}

function isText(value) {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => TEXT_KEYS.has(key)) && keys.every((key) => typeof value[key] === "string");
}

function localized(text) {
  const { "zh-CN": ours, "zh-cn": theirs, en, default: fallback } = text;
  const chinese = ours ?? theirs;
  return { default: en ?? fallback ?? chinese, ...(chinese === undefined ? {} : { "zh-cn": chinese }) };
}

/** A heading within a text is a strong line: the page's headings are its questions. */
function heading(text) {
  const line = document.createElement("p");
  line.append(document.createElement("strong"));
  line.firstChild.textContent = text;
  return line;
}

/** Keep paragraphs, lists, tables and emphasis without any attribute; everything else becomes its text. */
export function plainMarkup(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const clean = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.cloneNode();
    if (HEADING.test(node.nodeName)) return heading(node.textContent);
    if (!PLAIN_TAGS.has(node.nodeName)) return document.createTextNode(node.textContent ?? "");
    const kept = document.createElement(node.nodeName);
    kept.append(...[...node.childNodes].map(clean));
    return kept;
  };
  const box = document.createElement("div");
  box.append(...[...parsed.body.childNodes].map(clean));
  return box.innerHTML;
}

function prepareHtml(html) {
  if (typeof html === "string") return plainMarkup(html);
  return Object.fromEntries(Object.entries(html).map(([locale, text]) => [locale, plainMarkup(text)]));
}

/** Give a copy of a definition for SurveyJS. */
export function prepare(definition) {
  const walk = (value) => {
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== "object") return value;
    if (isText(value)) return localized(value);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)]));
  };
  const htmlToo = (value) => {
    if (Array.isArray(value)) return value.map(htmlToo);
    if (value === null || typeof value !== "object") return value;
    const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, htmlToo(inner)]));
    return copy.type === "html" && copy.html ? { ...copy, html: prepareHtml(copy.html) } : copy;
  };
  return htmlToo(walk(definition));
}
