"""The lint of surveys: scales, choices, measures; conditions are in `conditions`."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from svclib.forms import questions as q
from svclib.forms.base import Path
from svclib.forms.lint.conditions import check_conditions
from svclib.forms.lint.notes import Notes
from svclib.forms.lint.texts import distinct
from svclib.forms.survey import Survey
from svclib.i18n import _

_NEGATIVE = re.compile(
    r"不满|不同意|不好|不太|不清晰|不便|不可能|差|反对|困难|难|慢"
    r"|\b(dis\w+|un\w+|poor|bad|difficult|hard|slow|not|terrible|never)\b",
    re.IGNORECASE,
)
_POSITIVE = re.compile(
    r"满意|同意|好|优|清晰|方便|可能|支持|容易|快"
    r"|\b(satisfied|agree|good|excellent|easy|likely|fast|clear|great|always)\b",
    re.IGNORECASE,
)
_MIDDLE = re.compile(r"一般|中立|普通|说不清|不确定|neither|neutral|average|undecided|\bok\b|fair", re.IGNORECASE)


def check_survey(survey: Survey, notes: Notes) -> None:
    """Lint a survey."""
    check_conditions(survey, notes)
    for placed in survey.placed:
        if isinstance(placed.element, q.Question):
            _choices(placed.element, placed.path, notes)
            _scale(placed.element, placed.path, notes)
            _measure(placed.element, placed.path, notes)
            _requirement(placed.element, placed.path, notes)
    _servqual(survey, notes)


def _choices(question: Any, path: Path, notes: Notes) -> None:
    for key in ("choices", "rows", "columns"):
        entries = getattr(question, key, None)
        if not isinstance(entries, tuple):
            continue
        numbers = {str(entry.value): number for number, entry in enumerate(entries)}
        for value, earlier in distinct({str(entry.value): entry.text for entry in entries}):
            text = _("“{value}” has the same text as “{earlier}”: change one.")
            notes.error("duplicate_choice", (*path, key, numbers[value], "text"), text, value=value, earlier=earlier)


def _scale(question: Any, path: Path, notes: Notes) -> None:
    if isinstance(question, q.Rating):
        ends = (question.min_rate_description, question.max_rate_description)
        if (ends[0] is None) != (ends[1] is None):
            notes.warning("unbalanced_scale", path, _("Only one end of the scale is described: describe both or none."))
    elif isinstance(question, q.Matrix) and question.scale != "nominal":
        _balance([column.text for column in question.columns], (*path, "columns"), notes)
    elif question.scale == "ordinal" and hasattr(question, "choices"):
        _balance([choice.text for choice in question.choices], (*path, "choices"), notes)


def _balance(labels: list[dict[Any, str]], path: Path, notes: Notes) -> None:
    """Warn where all labels are understood and the good ones are not as many as the bad ones."""
    for language in ("en", "zh-CN"):
        signs = [sign_of(label.get(language, "")) for label in labels]
        if None not in signs and sum(sign for sign in signs if sign) != 0:
            good, bad = signs.count(1), signs.count(-1)
            text = _("The scale is unbalanced: {good} favourable and {bad} unfavourable answers; even them out.")
            notes.warning("unbalanced_scale", path, text, good=good, bad=bad)
            return


def sign_of(label: str) -> int | None:
    """Tell whether an answer is favourable (1), unfavourable (-1), in the middle (0) or unknown (None)."""
    if _MIDDLE.search(label):
        return 0
    if _NEGATIVE.search(label):
        return -1
    return 1 if _POSITIVE.search(label) else None


def _measure(question: Any, path: Path, notes: Notes) -> None:
    if question.measure is None:
        return
    here = (*path, "measure")
    if question.measure == "nps" and not (
        isinstance(question, q.Rating) and (question.rate_min, question.rate_max) == (0, 10)
    ):
        notes.error("measure", here, _("NPS is asked on a rating from 0 to 10: set rateMin 0 and rateMax 10."))
    elif not isinstance(question, q.Rating | q.Matrix) and question.scale != "ordinal":
        notes.error("measure", here, _("A measure needs a rating, a matrix or choices with scale: ordinal."))


def _requirement(question: Any, path: Path, notes: Notes) -> None:
    if question.is_required and question.required_if:
        notes.error(
            "requirement", (*path, "requiredIf"), _("isRequired and requiredIf contradict each other: keep one.")
        )
    if isinstance(question, q.Checkbox) and question.min_selected_choices and not question.is_required:
        text = _("minSelectedChoices makes the question required: set isRequired: true, or remove it.")
        notes.warning("requirement", (*path, "minSelectedChoices"), text)


def _servqual(survey: Survey, notes: Notes) -> None:
    """SERVQUAL compares expectation with perception: each needs its partner in the same construct."""
    counts: dict[str, Counter[str | None]] = {"servqual-e": Counter(), "servqual-p": Counter()}
    for placed in survey.placed:
        measure = getattr(placed.element, "measure", None)
        if measure in counts:
            question: Any = placed.element
            counts[measure][question.construct] += len(question.rows) if isinstance(question, q.Matrix) else 1
            if question.construct is None:
                notes.error(
                    "servqual",
                    (*placed.path, "measure"),
                    _("A SERVQUAL question needs its construct (the dimension): add it."),
                )
    if not counts["servqual-e"]:
        return
    for construct in sorted(str(key) for key in counts["servqual-e"].keys() | counts["servqual-p"].keys()):
        wanted, seen = counts["servqual-e"][construct], counts["servqual-p"][construct]
        if wanted != seen:
            text = _("“{construct}” has {expected} expectations and {perceived} perceptions: make pairs.")
            notes.error("servqual", ("pages",), text, construct=construct, expected=wanted, perceived=seen)
