"""A dry run: plausible survey answers that obey branching, requirements and ranges. Standard library only."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Any

from svclib.forms import questions as q
from svclib.forms.base import DONT_KNOW, OTHER
from svclib.forms.elements import Question
from svclib.forms.evaluation import evaluate
from svclib.forms.expressions import parse
from svclib.forms.survey import Survey
from svclib.forms.validation import COMMENT

Tendency = Callable[[Question], float | Mapping[Any, float]]
Words = Callable[[Question, random.Random], str]

_NORMAL = NormalDist()
_FIRST_DAY, _LAST_DAY = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
_PHRASES = (
    "服务态度很好", "等候时间有点长", "柜员讲解清楚", "手续可以再简化一些", "手机银行操作方便", "没有其他意见",
    "The staff were helpful", "The queue was long", "Please simplify the form", "Nothing to add",
)  # fmt: skip


def usual_tendency(question: Question) -> float:
    """Give the tendency of satisfied customers: half a standard deviation above the middle of every scale."""
    return 0.5


def usual_words(question: Question, generator: random.Random) -> str:
    """Give a phrase of a few words."""
    return generator.choice(_PHRASES)


def simulate(
    survey: Survey,
    n: int,
    seed: int | str = 0,
    latent: Sequence[float] | None = None,
    *,
    tendency: Tendency = usual_tendency,
    words: Words = usual_words,
    omit: float = 0.08,
) -> list[dict[str, Any]]:
    """Make `n` plausible answer sheets; every one validates as complete.

    Parameters
    ----------
    survey : Survey
    n : int
    seed : int or str
        The same seed gives the same sheets.
    latent : sequence of float, optional
        Each respondent's general satisfaction in standard deviations; drawn from the normal distribution by default.
    tendency : callable
        Question → where its answers lie, in standard deviations above the scale's middle (a ``float``), or, for
        choices without an order, value → weight (a mapping). Use `question.construct`, `.measure`, `.step` to decide.
    words : callable
        Question and generator → free text.
    omit : float
        Share of optional questions left out.

    Returns
    -------
    list of dict
        As `validate` takes them.

    Examples
    --------
    >>> load_survey("surveys/branch_visit.yaml").simulate(2, seed=1)  # doctest: +SKIP
    """
    generator = random.Random(f"{seed}/{survey.survey}")
    people = latent if latent is not None else [generator.gauss(0, 1) for _ in range(n)]
    return [simulate_one(survey, generator, people[number], tendency, words, omit) for number in range(n)]


def simulate_one(
    survey: Survey,
    generator: random.Random,
    person: float = 0.0,
    tendency: Tendency = usual_tendency,
    words: Words = usual_words,
    omit: float = 0.08,
) -> dict[str, Any]:
    """Make one respondent's sheet; `person` is the general satisfaction in standard deviations."""
    respondent = _Respondent(generator, person, tendency, words, omit)
    for placed in survey.placed:
        question = placed.element
        if isinstance(question, Question) and all(
            evaluate(parse(condition), respondent.answers) for condition in placed.conditions
        ):
            respondent.meet(question)
    return respondent.answers


class _Respondent:
    """One person filling in one sheet, question by question."""

    def __init__(self, generator: random.Random, person: float, tendency: Tendency, words: Words, omit: float) -> None:
        self.generator, self.person, self.tendency, self.words, self.omit = generator, person, tendency, words, omit
        self.answers: dict[str, Any] = {}

    def meet(self, question: Question) -> None:
        """Answer a question, or leave it out if one may."""
        required = question.always_required
        if question.required_if:
            required = required or evaluate(parse(question.required_if), self.answers)
        patience = max(self.omit, 0.6 if self.omit and question.free_text else 0.0)
        if not required and self.generator.random() < patience:
            return
        value = _ANSWERS[type(question)](self, question)
        self.answers[question.name] = value
        if value == OTHER or (isinstance(value, list) and OTHER in value):
            self.answers[question.name + COMMENT] = self.words(question, self.generator) or "…"

    def position(self, question: Question, steps: int) -> int:
        """Give a step of an ordered scale, from 0; uniform over people when the tendency is 0."""
        lean = self.tendency(question)
        shift = float(lean) if isinstance(lean, int | float) else 0.0
        place = _NORMAL.cdf(shift + 0.7 * self.person + 0.7 * self.generator.gauss(0, 1))
        return min(steps - 1, int(place * steps))

    def pick(self, question: Question, values: Sequence[Any]) -> Any:
        """Choose one value without order: by the tendency's weights, or the earlier the likelier."""
        lean = self.tendency(question)
        if isinstance(lean, Mapping):
            weights = [max(0.0, float(lean.get(value, 0.0))) for value in values]
        else:
            weights = [0.0 if value == DONT_KNOW else 1 / (2 + number) for number, value in enumerate(values)]
        return self.generator.choices(values, weights if any(weights) else None)[0]

    def does_not_know(self, question: Any) -> bool:
        """Whether this person takes the "don't know" that is offered."""
        return question.dont_know and self.generator.random() < 0.04


def _choice(respondent: _Respondent, question: Any) -> Any:
    if respondent.does_not_know(question):
        return DONT_KNOW
    if question.scale == "ordinal":
        return question.choices[respondent.position(question, len(question.choices))].value
    return respondent.pick(question, [value for value in question.values if value != DONT_KNOW])


def _checkbox(respondent: _Respondent, question: q.Checkbox) -> list[str]:
    if respondent.does_not_know(question):
        return [DONT_KNOW]
    left = [value for value in question.values if value != DONT_KNOW]
    low = max(1, question.min_selected_choices)
    high = max(low, min(question.max_selected_choices or len(left), len(left), low + 2))
    chosen: list[str] = []
    for _ in range(respondent.generator.randint(low, high)):
        chosen.append(respondent.pick(question, left))
        left.remove(chosen[-1])
    return [value for value in question.values if value in chosen]


def _rating(respondent: _Respondent, question: q.Rating) -> int:
    return question.rate_min + respondent.position(question, len(question.values))


def _boolean(respondent: _Respondent, question: q.Boolean) -> bool:
    return respondent.position(question, 2) == 1


def _matrix(respondent: _Respondent, question: q.Matrix) -> dict[str, Any]:
    columns = [column.value for column in question.columns]
    return {row: _cell(respondent, question, columns) for row in question.row_values}


def _cell(respondent: _Respondent, question: q.Matrix, columns: list[Any]) -> Any:
    if respondent.does_not_know(question):
        return DONT_KNOW
    return columns[respondent.position(question, len(columns))]


def _ranking(respondent: _Respondent, question: q.Ranking) -> list[str]:
    left, order = list(question.values), []
    while left:
        order.append(respondent.pick(question, left))
        left.remove(order[-1])
    return order


def _text(respondent: _Respondent, question: q.TextInput) -> Any:
    generator = respondent.generator
    if question.input_type == "number":
        return _number(generator, question)
    if question.input_type == "date":
        first = dt.date.fromisoformat(str(question.min)) if question.min else None
        last = dt.date.fromisoformat(str(question.max)) if question.max else None
        first = first or min(_FIRST_DAY, last or _FIRST_DAY)
        last = last or max(_LAST_DAY, first)
        return (first + dt.timedelta(days=generator.randint(0, (last - first).days))).isoformat()
    if question.input_type == "email":
        return f"c{generator.randint(1, 99_999)}@example.com"[-(question.max_length or 100) :]
    return respondent.words(question, generator)[: question.max_length] or "…"


def _number(generator: random.Random, question: q.TextInput) -> int | float:
    low = float(question.min) if question.min is not None else min(0.0, float(question.max or 0))
    high = float(question.max) if question.max is not None else max(low + 100, 100.0)
    first, last = math.ceil(low), math.floor(high)
    return generator.randint(first, last) if first <= last else (low + high) / 2


def _comment(respondent: _Respondent, question: q.Comment) -> str:
    return respondent.words(question, respondent.generator)[: question.max_length] or "…"


_ANSWERS: dict[type, Callable[[_Respondent, Any], Any]] = {
    q.Radiogroup: _choice,
    q.Dropdown: _choice,
    q.Checkbox: _checkbox,
    q.Rating: _rating,
    q.Boolean: _boolean,
    q.TextInput: _text,
    q.Comment: _comment,
    q.Matrix: _matrix,
    q.Ranking: _ranking,
}
