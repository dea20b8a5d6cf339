"""Whether a sheet of answers can be taken: the authority for every page, file and notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from svclib.forms.bank import Bank
from svclib.forms.base import OTHER, shortened
from svclib.forms.elements import Question
from svclib.forms.evaluation import evaluate, is_empty
from svclib.forms.exam import ExamForm
from svclib.forms.expressions import parse
from svclib.forms.questions import Matrix
from svclib.forms.survey import Survey
from svclib.forms.values import Problem, validate_comment, validate_value
from svclib.i18n import _

COMMENT = "-Comment"
MAX_ANSWERS = 2000


@dataclass(frozen=True)
class Validation:
    """What became of a sheet of answers.

    Attributes
    ----------
    answers : dict
        The answers that count: of shown questions, not empty, in definition order. With ``complete=False`` those of
        hidden questions are kept, for they may be shown again.
    problems : tuple of Problem
    visible : tuple of str
        The questions shown, in order.
    not_shown : tuple of str
        Names of answers that were dropped because their question is not shown.
    """

    answers: dict[str, Any]
    problems: tuple[Problem, ...] = ()
    visible: tuple[str, ...] = ()
    not_shown: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems


@dataclass
class _Sheet:
    given: dict[str, Any]
    complete: bool
    answers: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    visible: list[str] = field(default_factory=list)
    not_shown: list[str] = field(default_factory=list)

    def result(self) -> Validation:
        return Validation(self.answers, tuple(self.problems), tuple(self.visible), tuple(self.not_shown))


def validate(
    definition: Survey | ExamForm, answers: dict[str, Any], complete: bool, bank: Bank | None = None
) -> Validation:
    """Check the answers to a survey or to an exam's form.

    Parameters
    ----------
    definition : Survey or ExamForm
    answers : dict
        Name → value; the words beside "other" under ``NAME-Comment``.
    complete : bool
        Whether the sheet is handed in: then required questions must be answered and hidden ones are dropped.
    bank : Bank
        The bank of an `ExamForm`.

    Returns
    -------
    Validation
    """
    if not isinstance(answers, dict) or len(answers) > MAX_ANSWERS:
        return Validation({}, (Problem("", "type", _("Answers must be a mapping of names to values.")),))
    sheet = _Sheet(answers, complete)
    if isinstance(definition, Survey):
        _survey(definition, sheet)
    else:
        _exam(definition, bank, sheet)
    return sheet.result()


def _survey(survey: Survey, sheet: _Sheet) -> None:
    _unknown(sheet, survey.answer_names)
    shown: dict[str, Any] = {}
    for placed in survey.placed:
        question = placed.element
        if not isinstance(question, Question):
            continue
        if all(evaluate(parse(condition), shown) for condition in placed.conditions):
            sheet.visible.append(question.name)
            _shown(question, sheet, shown)
        else:
            _hidden(question, sheet)


def _shown(question: Question, sheet: _Sheet, shown: dict[str, Any]) -> None:
    name = question.name
    value = sheet.given.get(name)
    if sheet.complete and _blank(question, value) and _required(question, shown):
        sheet.problems.append(Problem(name, "required", _("Please answer this question.")))
    if is_empty(value):
        return
    problem = validate_value(question, value) or _rows(question, value, sheet.complete)
    if problem:
        sheet.problems.append(problem)
    shown[name] = sheet.answers[name] = value
    _comment(question, value, sheet)


def _blank(question: Question, value: Any) -> bool:
    return is_empty(value) or (question.free_text and isinstance(value, str) and not value.strip())


def _required(question: Question, shown: dict[str, Any]) -> bool:
    return question.always_required or bool(question.required_if and evaluate(parse(question.required_if), shown))


def _rows(question: Question, value: Any, complete: bool) -> Problem | None:
    if not (complete and isinstance(question, Matrix) and question.is_all_row_required):
        return None
    missing = [row for row in question.row_values if is_empty(value.get(row))]
    return Problem(question.name, "required_rows", _("Please answer in every row.")) if missing else None


def _comment(question: Question, value: Any, sheet: _Sheet) -> None:
    name = question.name + COMMENT
    words = sheet.given.get(name)
    if not _other_chosen(value):
        if not is_empty(words):
            sheet.not_shown.append(name)
        return
    if is_empty(words) or (isinstance(words, str) and not words.strip()):
        if sheet.complete:
            sheet.problems.append(Problem(name, "required_other", _("Please say what “other” is.")))
        return
    problem = validate_comment(question.name, words)
    if problem:
        sheet.problems.append(problem)
    sheet.answers[name] = words


def _other_chosen(value: Any) -> bool:
    return value == OTHER or (isinstance(value, list) and OTHER in value)


def _hidden(question: Question, sheet: _Sheet) -> None:
    for name in (question.name, question.name + COMMENT):
        value = sheet.given.get(name)
        if is_empty(value):
            continue
        sheet.not_shown.append(name)
        if not sheet.complete:
            problem = (
                validate_value(question, value) if name == question.name else validate_comment(question.name, value)
            )
            sheet.problems += [problem] if problem else []
            sheet.answers[name] = value


def _exam(form: ExamForm, bank: Bank | None, sheet: _Sheet) -> None:
    if bank is None:
        raise TypeError("validate(form, answers, complete, bank) needs the bank of the form")
    _unknown(sheet, frozenset(form.by_id))
    sheet.visible += form.by_id
    for name in form.by_id:
        value = sheet.given.get(name)
        if is_empty(value):
            continue
        problem = validate_value(bank.by_id[name], value)
        sheet.problems += [problem] if problem else []
        sheet.answers[name] = value


def _unknown(sheet: _Sheet, known: frozenset[str]) -> None:
    for name in sheet.given:
        if name not in known:
            text = _("There is no question “{name}” here.")
            sheet.problems.append(Problem(shortened(name), "unknown", text, {"name": shortened(name)}))
