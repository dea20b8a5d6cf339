"""Reading the seconds that candidates spent on items."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import matrix
from svclib.stats.marks import _
from svclib.stats.security.answers import check_candidates, earned


def read_times(times: pd.DataFrame) -> tuple[list[str], Floats]:
    """Read candidates × items of seconds, missing where the item was not met.

    Raises
    ------
    InvalidInput
        If a candidate or an item is there twice, a time is negative or no number, or there is no time at all.
    """
    frame = check_candidates(times)
    names, seconds = matrix(frame)
    below = np.argwhere(seconds < 0)
    if len(below):
        row, column = below[0]
        raise InvalidInput(
            _('The item "{item}" has a negative time for the candidate "{candidate}"; mend it or make it missing.'),
            item=names[column],
            candidate=frame.index[row],
        )
    if np.isnan(seconds).all():
        raise InvalidInput(_("There is no time at all: every cell is missing."))
    return names, seconds


def scores_like(scores: pd.DataFrame | None, times: pd.DataFrame) -> Floats | None:
    """Read scores (shares of the maximum) in the rows and items of `times`."""
    if scores is None:
        return None
    check_candidates(scores)
    lost = [str(name) for name in times.columns if name not in scores.columns]
    if lost or not times.index.isin(scores.index).all():
        raise InvalidInput(
            _("The two tables do not fit: {what} is missing in one; give both for the same candidates and items."),
            what=lost[0] if lost else "a candidate",
        )
    return earned(scores, times)


def chance_of(options: Any, names: list[str]) -> Floats:
    """Chance of guessing each item: 1 / options; NaN where unknown."""
    if options is None:
        return np.full(len(names), np.nan)
    if isinstance(options, (int, float, np.integer)):
        given = np.full(len(names), float(options))
    else:
        held = {str(name): float(value) for name, value in dict(options).items()}
        given = np.array([held.get(name, np.nan) for name in names])
    if (given < 1).any():
        raise InvalidInput(_("An item has at least one option; mend options."))
    return np.asarray(1 / given)


def nullable(values: Bools, known: Bools, like: pd.DataFrame) -> pd.DataFrame:
    """Give booleans in the shape of `like`, missing where not known."""
    out = pd.DataFrame(values, index=like.index, columns=like.columns).astype("boolean")
    return out.mask(~known)
