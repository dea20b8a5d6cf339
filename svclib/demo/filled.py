"""Story 5: at one branch, staff fill in sheets of the QR code themselves on the last days of each month.

They copy a handful of good sheets with a change or two, write nothing, and are quick about it.
"""

from __future__ import annotations

import calendar
import random
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from svclib.demo.clock import Clock
from svclib.demo.stories import FILLED_BRANCH, FILLED_FROM, FILLED_SHARE
from svclib.forms import Survey
from svclib.forms.questions import Rating
from svclib.forms.simulation import simulate_one

MODELS, LAST_DAYS, HURRY = 3, 3, 0.4


def filled_in(
    survey: Survey, branch: str, channel: str, month: int, first: date, usual: float
) -> Iterator[tuple[dict[str, Any], Any, random.Random]]:
    """Give the sheets that staff fill in: answers, moment, and the generator to go on with; none elsewhere.

    Parameters
    ----------
    usual : float
        Honest answers of the branch and month, on average.
    """
    if branch != FILLED_BRANCH or channel != "qr" or month < FILLED_FROM:
        return
    generator = random.Random(f"filled/{survey.survey}/{month}")
    last = calendar.monthrange(first.year, first.month)[1]
    for _sheet in range(int(FILLED_SHARE * usual + generator.random())):
        day = first.replace(day=last - generator.randrange(LAST_DAYS))
        moment = Clock.moment(day, time(17, generator.randrange(30)))
        yield _copied(survey, generator), moment, generator


def _copied(survey: Survey, generator: random.Random) -> dict[str, Any]:
    """A model sheet without its free texts, one rating changed."""
    model = random.Random(f"model/{survey.survey}/{generator.randrange(MODELS)}")
    sheet = simulate_one(survey, model, 1.0, lambda _question: 1.3, lambda _question, _generator: "", omit=0.0)
    ratings = {name: question for name, question in survey.questions.items() if isinstance(question, Rating)}
    given = {name: value for name, value in sheet.items() if name in survey.questions}
    given = {name: value for name, value in given.items() if not survey.questions[name].free_text}
    name = generator.choice([name for name in given if name in ratings])
    return {**given, name: ratings[name].rate_max - generator.randrange(2)}


def hurried(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the same events, seen for less than half as long."""
    return [
        {**event, "visible_ms": int(HURRY * event["visible_ms"])} if "visible_ms" in event else event
        for event in events
    ]
