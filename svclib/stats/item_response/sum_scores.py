"""Abilities from sum scores alone: the recursion of Lord and Wingersky, one table a set of items."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Bools, Floats
from svclib.stats.estimate import check_level
from svclib.stats.intervals import normal_quantile
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.sheets import Sheet, read_sheet, sheet_of
from svclib.stats.item_response.sums import combine
from svclib.stats.marks import _

MOST_FORMS = 500
"""Sets of items for which a table each is worked out."""


class SumNote(StrEnum):
    """What the counts of a table of sums leave out."""

    NONE = ""
    OTHERS = _("counts only those who were given every item; the others have sums of fewer items")
    NOBODY = _("nobody was given every item: the table is what the items promise, without counts")


def sum_scores(fit: Any, *, level: float = 0.95) -> pd.DataFrame:
    """Give the table of sum scores of a fit: the ability that belongs to each sum; see `sum_table`."""
    return sheet_table(sheet_of(fit), level=level)


def sum_table(
    responses: pd.DataFrame,
    items: Any,
    *,
    states: pd.DataFrame | None = None,
    mean: float = 0.0,
    sd: float = 1.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Give the mean ability that belongs to each sum score over all items (Thissen & Orlando 2001).

    Parameters
    ----------
    responses, items, states, mean, sd
        As in `svclib.stats.abilities`.
    level : float

    Returns
    -------
    DataFrame
        One row a group and sum: ``group, sum, estimate, std_error, low, high, observed, expected`` (candidates with
        every item; expected by the model), ``note``.

    Examples
    --------
    >>> known = pd.DataFrame({"item": ["q1", "q2"], "a": [1.0, 1.0], "b": [0.0, 0.0]})
    >>> sum_table(pd.DataFrame({"q1": [1, 0], "q2": [0, 0]}), known)["observed"].tolist()
    [1, 1, 0]
    """
    return sheet_table(read_sheet(responses, items, states=states, mean=mean, sd=sd), level=level)


def sheet_table(sheet: Sheet, *, level: float = 0.95) -> pd.DataFrame:
    """Give the table of sum scores of a sheet; see `sum_table`."""
    reach = normal_quantile(check_level(level))
    theta = sheet.nodes()
    given = combine(probabilities(sheet.items, theta), sheet.items.highest)
    prior = sheet.prior(theta)
    whole = sheet.complete
    note = SumNote.NONE if whole.all() else SumNote.OTHERS if whole.any() else SumNote.NOBODY
    frames = []
    for place, label in enumerate(sheet.labels):
        estimate, error, share = _moments(given, prior[place], theta)
        here = whole & (sheet.group == place)
        observed = np.bincount(sheet.totals[here], minlength=len(estimate))
        columns = {"group": label, "sum": np.arange(len(estimate)), "estimate": estimate, "std_error": error}
        columns |= {"low": estimate - reach * error, "high": estimate + reach * error, "observed": observed}
        frames.append(pd.DataFrame(columns | {"expected": share * here.sum(), "note": str(note)}))
    return pd.concat(frames, ignore_index=True)


def _moments(given: Floats, prior: Floats, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and standard deviation of ability for each sum, and the share of candidates with it."""
    joint = given * prior
    share = joint.sum(axis=1)
    weights = joint / np.maximum(share, 1e-300)[:, None]
    mean = weights @ theta
    return mean, np.sqrt(np.maximum(weights @ theta**2 - mean**2, 0)), share


def sum_moments(sheet: Sheet) -> tuple[Floats, Floats, Bools]:
    """Mean and standard deviation of ability given each candidate's sum over their own items, and who has none.

    Candidates with the same items share a table; with more than `MOST_FORMS` sets the rarest get none.
    """
    theta = sheet.nodes()
    chances, prior = probabilities(sheet.items, theta), sheet.prior(theta)
    forms, form = _forms(sheet)
    mean, sd = np.full(len(sheet.codes), np.nan), np.full(len(sheet.codes), np.nan)
    commonest = np.argsort(-np.bincount(form, minlength=len(forms)), kind="stable")[:MOST_FORMS]
    for place in commonest:
        used, rows = forms[place], np.flatnonzero(form == place)
        given = combine(chances[used], sheet.items.highest[used])
        for group in np.unique(sheet.group[rows]):
            mine = rows[sheet.group[rows] == group]
            estimate, error, _share = _moments(given, prior[group], theta)
            mean[mine], sd[mine] = estimate[sheet.totals[mine]], error[sheet.totals[mine]]
    return mean, sd, np.isnan(mean)


def _forms(sheet: Sheet) -> tuple[Bools, Any]:
    """Different sets of items (rows of marks), and the set of each candidate."""
    there = sheet.codes >= 0
    if there.all():
        return np.ones((1, there.shape[1]), dtype=bool), np.zeros(len(there), dtype=int)
    packed = np.ascontiguousarray(np.packbits(there, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    _kinds, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return there[first], place.reshape(-1)
