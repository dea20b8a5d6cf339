"""The one shape of an estimate: a frame with the `by` columns, then the columns of `COLUMNS`.

==============  ==============================================================================
column          holds
==============  ==============================================================================
``term``        what is estimated: a column, a value of it, a dimension
``estimate``    the number; missing only when `note` says why
``std_error``   its standard error
``low, high``   its interval at `level`
``n``           answers behind it (never weighted)
``level``       confidence level, e.g. 0.95
``df``          degrees of freedom; infinite for intervals of the normal family
``method``      how the interval was made
``note``        why something is missing or should not be published; a text of `Note` or empty
==============  ==============================================================================
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _

COLUMNS = ("term", "estimate", "std_error", "low", "high", "n", "level", "df", "method", "note")

MIN_MEAN = 5
"""A mean or a single share of fewer answers should not be published."""
MIN_DISTRIBUTION = 8
"""A distribution over several values of fewer answers should not be published."""


class Note(StrEnum):
    """Why a row is empty, has no interval, or should stay in the house."""

    NONE = ""
    NO_ANSWERS = _("no answers")
    ONE_ANSWER = _("one answer: no interval can be told")
    ALL_EQUAL = _("all answers are equal: no spread to judge by")
    TOO_FEW = _("too few answers to publish")
    SUPPRESSED = _("hidden: too few answers")
    COMPLEMENTARY = _("hidden: otherwise a small group could be worked out")
    NO_PREVIOUS = _("nothing to compare with")
    TWO_NEEDED = _("needs at least two items and two respondents who answered them")
    NOT_TOGETHER = _("some items were never given to the same respondents")
    NO_VARIANCE = _("no variance: everybody answered alike")
    REVERSED = _("some items run against the others: reverse them or check the key")
    ROWS_LEFT_OUT = _("more than a tenth of the respondents left out: they did not answer every item")


def estimates(keys: pd.DataFrame, *, term: Any, n: Any, level: float, method: str, **columns: Any) -> pd.DataFrame:
    """Put the columns of `COLUMNS` behind the group keys, in order; scalars are repeated.

    Raises
    ------
    InvalidInput
        If a key is named like one of the estimate's columns.
    """
    clash = [name for name in keys.columns if name in COLUMNS]
    if clash:
        raise InvalidInput(
            _('The column "{column}" cannot be grouped by: the result has a column of that name; rename it.'),
            column=clash[0],
        )
    given = {"term": term, "n": n, "level": level, "method": method, "df": np.inf, "note": "", **columns}
    frame = keys.reset_index(drop=True)
    for name in COLUMNS:
        frame[name] = given[name]
    frame["n"] = frame["n"].astype("int64")
    frame["note"] = [str(note) for note in frame["note"]]
    return frame


def cell_notes(n: Floats, min_n: int, *, interval: bool = False) -> list[str]:
    """Say of each cell what its number of answers forbids; `interval` also reports the single answer."""
    notes: list[str] = []
    for count in n:
        if count == 0:
            notes.append(Note.NO_ANSWERS)
        elif count == 1 and interval:
            notes.append(Note.ONE_ANSWER)
        else:
            notes.append(Note.TOO_FEW if count < min_n else Note.NONE)
    return notes


def check_level(level: float) -> float:
    """Return `level` if it can be a confidence level."""
    if not 0 < level < 1:
        raise InvalidInput(_("level is {level}; give a number between 0 and 1, such as 0.95."), level=level)
    return level
