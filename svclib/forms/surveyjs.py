"""SurveyJS JSON for the browser, built from an allow-list of fields: what is not named here never leaves the server."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from svclib.forms import bank as items
from svclib.forms import questions as q
from svclib.forms.base import DONT_KNOW, Text, bilingual
from svclib.forms.drawing import shuffled
from svclib.forms.exam import ExamForm, FormItem
from svclib.forms.expressions import parse, references, write
from svclib.forms.inert import escaped, inert
from svclib.forms.survey import Page, Survey
from svclib.i18n import Language, _

Json = dict[str, Any]
_LOCALES: dict[Language, str] = {"zh-CN": "zh-cn", "en": "default"}
DONT_KNOW_TEXT = _("Don't know")
# A candidate must know which rule holds before choosing; it says nothing of the key.
SCORED_AS: dict[str, Text] = {
    "strict": {
        "zh-CN": "多选题：须选出全部正确选项，多选、少选、错选均不得分。",
        "en": "Choose all that apply. Points are given only for all right choices and no wrong one.",
    },
    "partial": {
        "zh-CN": "多选题：少选得部分分，错选不得分。",
        "en": "Choose all that apply. Some right and none wrong earns part of the points; a wrong choice earns none.",
    },
}
_SETTINGS: Json = {
    "showQuestionNumbers": False,
    "showCompletedPage": False,
    # Also what a hidden page or panel holds: its answers must not decide later conditions.
    "clearInvisibleValues": "onHiddenContainer",
    "storeOthersAsComment": True,
    "textUpdateMode": "onBlur",
    "checkErrorsMode": "onNextPage",
    "questionErrorLocation": "bottom",
    "autoFocusFirstQuestion": False,
    "focusOnFirstError": True,
    "maxOthersLength": 1000,
    "validateVisitedEmptyFields": False,
}


def localised(text: Text, make: Callable[[str], str] = str) -> Json:
    """Give a text in SurveyJS's locales; a missing translation shows the other language."""
    first = next(iter(text.values()))
    both = {"default": text.get("en", first), "zh-cn": text.get("zh-CN", first)}
    return {locale: make(part) for locale, part in both.items()}


def survey_form(survey: Survey, order_seed: int | str | None = None) -> Json:
    """Make the SurveyJS JSON of a survey.

    Parameters
    ----------
    survey : Survey
    order_seed : int or str, optional
        Seeds the order of choices where `choicesOrder` is random; without it they stay in definition order. The
        server decides the order, so that it is known afterwards.

    Returns
    -------
    dict
        SurveyJS JSON; texts in the locales ``default`` (English) and ``zh-cn``.
    """
    shuffle = _Shuffle(order_seed)
    form = {"title": localised(survey.title, inert), **_SETTINGS}
    form["pages"] = [_page(page, shuffle) for page in survey.pages]
    return form


class _Shuffle:
    def __init__(self, seed: int | str | None) -> None:
        self.seed = seed

    def __call__(self, name: str, values: list[Any]) -> list[Any]:
        if self.seed is None:
            return values
        return shuffled(values, f"{self.seed}/{name}")


def _page(page: Page, shuffle: _Shuffle) -> Json:
    form: Json = {"name": page.name, **_texts(page, title=str), **_conditions(page)}
    form["elements"] = [_element(element, shuffle) for element in page.elements]
    return form


def _element(element: Any, shuffle: _Shuffle) -> Json:
    if isinstance(element, q.Html):
        return {"type": "html", "name": element.name, "html": localised(element.html, escaped), **_conditions(element)}
    if isinstance(element, q.Panel):
        inner = [_element(part, shuffle) for part in element.elements]
        return {
            "type": "panel",
            "name": element.name,
            **_texts(element, title=str),
            **_conditions(element),
            "elements": inner,
        }
    form = {
        "type": element.type,
        "name": element.name,
        **_texts(element, title=str, description=inert),
        **_conditions(element),
    }
    return {**form, **_OWN[type(element)](element, shuffle)}


def _conditions(element: Any) -> Json:
    # The mark keeps survey-core from reading words as numbers or truth values, which Python does not do either.
    conditions = {"visibleIf": element.visible_if, "requiredIf": getattr(element, "required_if", None)}
    form: Json = {key: _condition(condition) for key, condition in conditions.items() if condition}
    return form | ({"isRequired": True} if getattr(element, "is_required", False) else {})


def _condition(condition: str) -> str:
    # survey-core does not look again at a cell when the whole matrix is cleared; naming the matrix makes it look.
    node = parse(condition)
    matrices = sorted({reference.name for reference in references(condition) if reference.row})
    written = write(node, "#")
    if not matrices:
        return written
    return " and ".join([f"({written})", *(f"({{#{name}}} empty or {{#{name}}} notempty)" for name in matrices)])


def _texts(element: Any, **keys: Callable[[str], str]) -> Json:
    return {key: localised(text, make) for key, make in keys.items() if (text := getattr(element, key, None))}


def _choices(entries: Any) -> list[Json]:
    return [{"value": entry.value, "text": localised(entry.text, inert)} for entry in entries]


def _choosing(question: Any, shuffle: _Shuffle) -> Json:
    choices = _choices(question.choices)
    if question.choices_order == "random":
        choices = shuffle(question.name, choices)
    if question.dont_know:
        alone = {"isExclusive": True} if isinstance(question, q.Checkbox) else {}
        choices.append({"value": DONT_KNOW, "text": localised(bilingual(DONT_KNOW_TEXT)), **alone})
    form: Json = {"choices": choices}
    if question.show_other_item:
        form |= {"showOtherItem": True}
        form |= {"otherText": localised(question.other_text, inert)} if question.other_text else {}
    return form


def _checkbox(question: q.Checkbox, shuffle: _Shuffle) -> Json:
    form = _choosing(question, shuffle)
    bounds = {"minSelectedChoices": question.min_selected_choices, "maxSelectedChoices": question.max_selected_choices}
    return form | {key: bound for key, bound in bounds.items() if bound}


def _rating(question: q.Rating, _shuffle: _Shuffle) -> Json:
    form: Json = {"rateMin": question.rate_min, "rateMax": question.rate_max, "rateType": question.rate_type}
    form["displayMode"] = "buttons"
    ends = {"minRateDescription": question.min_rate_description, "maxRateDescription": question.max_rate_description}
    return form | {key: localised(text, inert) for key, text in ends.items() if text}


def _boolean(question: q.Boolean, _shuffle: _Shuffle) -> Json:
    labels = {"labelTrue": question.label_true, "labelFalse": question.label_false}
    return {key: localised(text, inert) for key, text in labels.items() if text}


def _text(question: q.TextInput, _shuffle: _Shuffle) -> Json:
    form: Json = {"inputType": question.input_type}
    bounds = {"min": question.min, "max": question.max, "maxLength": question.max_length}
    form |= {key: bound for key, bound in bounds.items() if bound is not None}
    return form | ({"placeholder": localised(question.placeholder, inert)} if question.placeholder else {})


def _comment(question: q.Comment, _shuffle: _Shuffle) -> Json:
    form: Json = {"rows": question.rows} | ({"maxLength": question.max_length} if question.max_length else {})
    return form | ({"placeholder": localised(question.placeholder, inert)} if question.placeholder else {})


def _matrix(question: q.Matrix, _shuffle: _Shuffle) -> Json:
    columns = _choices(question.columns)
    if question.dont_know:
        columns.append({"value": DONT_KNOW, "text": localised(bilingual(DONT_KNOW_TEXT))})
    form: Json = {"rows": _choices(question.rows), "columns": columns}
    return form | ({"isAllRowRequired": True} if question.is_all_row_required else {})


def _ranking(question: q.Ranking, _shuffle: _Shuffle) -> Json:
    return {"choices": _choices(question.choices)}


_OWN: dict[type, Callable[[Any, _Shuffle], Json]] = {
    q.Radiogroup: _choosing,
    q.Dropdown: _choosing,
    q.Checkbox: _checkbox,
    q.Rating: _rating,
    q.Boolean: _boolean,
    q.TextInput: _text,
    q.Comment: _comment,
    q.Matrix: _matrix,
    q.Ranking: _ranking,
}


def exam_form(form: ExamForm, bank: items.Bank) -> Json:
    """Make the SurveyJS JSON of a drawn exam form: an item a page, the items of one stimulus together.

    Nothing of key, rationale, scoring, accepted spellings, tolerance, source or status is in it. The options' values
    are the bank's ids; their order is that of `form`.
    """
    pages: list[Json] = []
    for stimulus, places in groupby(_chunks(form, bank), key=lambda pair: pair[0]):
        pages.append(_exam_page(len(pages) + 1, stimulus, [place for _key, place in places], bank))
    return {"title": localised(form.title, inert), **_SETTINGS, "pages": pages}


def _chunks(form: ExamForm, bank: items.Bank) -> list[tuple[str, FormItem]]:
    # Items without a stimulus are a page of their own: their key is their id, which no stimulus can equal.
    return [
        (f"={bank.by_id[place.id].stimulus}" if bank.by_id[place.id].stimulus else place.id, place)
        for place in form.items
    ]


def _exam_page(number: int, key: str, places: list[FormItem], bank: items.Bank) -> Json:
    elements: list[Json] = []
    if key.startswith("="):
        stimulus = bank.stimuli[key[1:]]
        elements.append(_stimulus(number, stimulus))
    elements += [_item(bank.by_id[place.id], place) for place in places]
    return {"name": f"page{number}", "elements": elements}


def _stimulus(number: int, stimulus: items.Stimulus) -> Json:
    body = localised(stimulus.text, escaped)
    if stimulus.title:
        heads = localised(stimulus.title, escaped)
        body = {locale: f"<h4>{heads[locale]}</h4><p>{text}</p>" for locale, text in body.items()}
    return {"type": "html", "name": f"stimulus{number}", "html": body}


def _item(item: Any, place: FormItem) -> Json:
    form: Json = {"name": item.id, "title": localised(item.stem, inert)}
    if isinstance(item, items.Matching):
        rows = [{"value": key, "text": localised(text, inert)} for key, text in item.left.items()]
        return {"type": "matrix", **form, "rows": rows, "columns": _options(item, place)}
    if isinstance(item, items.Numeric):
        unit = {"description": localised(item.unit, inert)} if item.unit else {}
        return {"type": "text", "inputType": "number", "step": "any", **form, **unit}
    if isinstance(item, items.ShortText):
        return {"type": "text", "inputType": "text", "maxLength": 1000, **form}
    if isinstance(item, items.Multiple):
        hint = localised(SCORED_AS[item.scoring])
        return {"type": "checkbox", **form, "description": hint, "choices": _options(item, place)}
    return {"type": "ranking" if item.type == "ordering" else "radiogroup", **form, "choices": _options(item, place)}


def _options(item: items.Item, place: FormItem) -> list[Json]:
    return [{"value": key, "text": localised(item.options[key], inert)} for key in place.options]
