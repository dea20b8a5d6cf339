"""Answers given too quickly to rest on reading the item, and what is left of a score without them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.intervals import wilson
from svclib.stats.item_response.parameters import items_of
from svclib.stats.marks import _
from svclib.stats.security.option_curves import posterior
from svclib.stats.security.thresholds import METHODS, by_method
from svclib.stats.security.times import chance_of, nullable, read_times, scores_like

LOW_EFFORT = _(
    "many answers were given too quickly to rest on reading; the score says little of what the candidate knows"
)
NO_TIME = _("no times")


@dataclass(frozen=True, eq=False)
class RapidGuessing:
    """Quick answers by item, by candidate and by cell.

    Attributes
    ----------
    items : DataFrame
        ``item, threshold`` (seconds), ``n, rapid, share, accuracy_rapid, accuracy_solution, chance, note``.
    candidates : DataFrame
        By candidate: ``n, rapid, effort`` (response time effort: share of answers that were not quick), ``flag``;
        with scores ``score, score_effort`` (share of the marks over all answers, and over those that were not
        quick); with calibrated items ``ability, std_error, ability_effort, std_error_effort``; ``note``.
    behaviour : DataFrame
        ``behaviour`` (rapid, solution), ``n, accuracy, low, high, chance``: where quick answers are as often right as
        by chance, they were guesses; where far more often, look for items known beforehand.
    flags : DataFrame
        Candidates × items, true where the answer was quick, missing where there is no time.
    """

    items: pd.DataFrame
    candidates: pd.DataFrame
    behaviour: pd.DataFrame
    flags: pd.DataFrame
    times: pd.DataFrame

    def __repr__(self) -> str:
        """Show the items."""
        return repr(self.items)


def rapid_guessing(
    times: pd.DataFrame,
    scores: pd.DataFrame | None = None,
    *,
    method: str = "normative",
    items: Any = None,
    options: Any = None,
    share: float = 0.10,
    most: float = 10.0,
    seconds: float = 3.0,
    least_effort: float = 0.90,
) -> RapidGuessing:
    """Find answers that were given too quickly.

    Parameters
    ----------
    times : DataFrame
        Candidates × items: seconds spent, missing where the item was not met.
    scores : DataFrame, optional
        Shares of the marks for the same candidates and items.
    method : {"normative", "mixture", "common"}
        Threshold of each item: `share` of its mean time, at most `most` seconds (NT10, Wise & Ma 2012); the valley of
        a mixture of two lognormal distributions (the normative one where there is no valley); `seconds` for all.
    items : fit, ItemParameters or DataFrame, optional
        Calibrated items: adds abilities by the effort-moderated likelihood (Wise & DeMars 2006), where a quick answer
        tells nothing.
    options : int or mapping, optional
        Number of options, for the chance of a lucky guess.
    least_effort : float
        Candidates with less effort are flagged (0.90 by Wise & Kong 2005).

    Returns
    -------
    RapidGuessing

    Raises
    ------
    InvalidInput
        If a time is negative, a candidate is there twice, every time is missing, or a setting is impossible.

    Examples
    --------
    >>> seconds = pd.DataFrame({"q1": [30.0, 40, 2], "q2": [60.0, 50, 3]}, index=["a", "b", "c"])
    >>> rapid_guessing(seconds).candidates["effort"].tolist()
    [1.0, 1.0, 0.0]
    """
    _check(method, share, most, seconds, least_effort)
    names, spent = read_times(times)
    right, chance = scores_like(scores, times), chance_of(options, names)
    limits, notes = by_method(method, spent, share, most, seconds)
    there = ~np.isnan(spent)
    quick = there & (spent < limits)
    candidates = _candidates(times.index, there, quick, right, least_effort)
    if items is not None and right is not None:
        _abilities(candidates, items, names, right, quick)
    return RapidGuessing(
        _items(names, limits, there, quick, right, chance, notes),
        candidates.assign(note=_notes(candidates)),
        _behaviour(there, quick, right, chance),
        nullable(quick, there, times),
        times,
    )


def _check(method: str, share: float, most: float, seconds: float, least: float) -> None:
    if method not in METHODS:
        raise InvalidInput(
            _('There is no method "{method}"; choose among {known}.'), method=method, known=", ".join(METHODS)
        )
    if not 0 < share < 1 or not 0 < least <= 1:
        raise InvalidInput(_("share and least_effort are shares between 0 and 1, such as 0.10 and 0.90."))
    if not most > 0 or not seconds > 0:
        raise InvalidInput(_("most and seconds are times above 0."))


def _candidates(index: pd.Index, there: Bools, quick: Bools, right: Floats | None, least: float) -> pd.DataFrame:
    count = there.sum(axis=1)
    effort = 1 - ratio(quick.sum(axis=1), count)
    table = pd.DataFrame(
        {"n": count, "rapid": quick.sum(axis=1), "effort": effort, "flag": np.nan_to_num(effort, nan=1.0) < least},
        index=index,
    )
    if right is not None:
        known = ~np.isnan(right)
        earned = np.where(known, right, 0)
        table["score"] = ratio(earned.sum(axis=1), known.sum(axis=1))
        table["score_effort"] = ratio(np.where(quick, 0, earned).sum(axis=1), (known & ~quick).sum(axis=1))
    return table


def _abilities(table: pd.DataFrame, items: Any, names: list[str], right: Floats, quick: Bools) -> None:
    calibrated = items_of(items).named(names)
    table["ability"], table["std_error"] = posterior(calibrated, right)
    moderated = posterior(calibrated, np.where(quick, np.nan, right))
    table["ability_effort"], table["std_error_effort"] = moderated


def _notes(table: pd.DataFrame) -> list[str]:
    return [
        NO_TIME if n == 0 else LOW_EFFORT if flag else "" for n, flag in zip(table["n"], table["flag"], strict=True)
    ]


def _items(
    names: list[str], limits: Floats, there: Bools, quick: Bools, right: Floats | None, chance: Floats, notes: list[str]
) -> pd.DataFrame:
    count = there.sum(axis=0)
    columns: dict[str, Any] = {
        "item": names, "threshold": limits, "n": count, "rapid": quick.sum(axis=0),
        "share": ratio(quick.sum(axis=0), count),
    }  # fmt: skip
    for name, chosen in (("rapid", quick), ("solution", there & ~quick)):
        columns[f"accuracy_{name}"] = np.nan if right is None else _accuracy(right, chosen, 0)[0]
    return pd.DataFrame(columns | {"chance": chance, "note": notes})


def _accuracy(right: Floats, chosen: Bools, axis: int | None) -> tuple[Any, Any]:
    known = chosen & ~np.isnan(right)
    return ratio(np.where(known, right, 0).sum(axis=axis), known.sum(axis=axis)), known.sum(axis=axis)


def _behaviour(there: Bools, quick: Bools, right: Floats | None, chance: Floats) -> pd.DataFrame:
    rows = []
    for name, chosen in (("rapid", quick), ("solution", there & ~quick)):
        share, n = (np.nan, int(chosen.sum())) if right is None else _accuracy(right, chosen, None)
        low, high = wilson(np.array([float(share)]), np.array([float(n)]), 0.95)
        weight = chosen.sum(axis=0)
        guess = float(ratio(np.nansum(chance * weight), weight[~np.isnan(chance)].sum()))
        rows.append([name, int(n), float(share), float(low[0]), float(high[0]), guess])
    return pd.DataFrame(rows, columns=["behaviour", "n", "accuracy", "low", "high", "chance"])
