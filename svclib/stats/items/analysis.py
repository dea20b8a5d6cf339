"""The table of items: difficulty, correlations with the rest, what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.estimate import check_level
from svclib.stats.intervals import wilson
from svclib.stats.items.choices import OMITTED, read_choices
from svclib.stats.items.correlations import biserial_factor, correlate
from svclib.stats.items.distractors import option_rows
from svclib.stats.items.flags import FLAGS, flag, reading
from svclib.stats.items.scores import NOT_PRESENTED, NOT_REACHED, Cells, Scores, check_share, read, score_groups
from svclib.stats.items.scores import OMITTED as LEFT_OUT
from svclib.stats.scales.moments import Totals
from svclib.stats.scales.reliability import from_totals, reliability

__all__ = ["FLAGS", "item_analysis"]

_CANDIDATES = 30
COLUMNS = (
    "item",
    "n",
    "difficulty",
    "low",
    "high",
    "sd",
    "item_total",
    "item_rest",
    "rest_low",
    "rest_high",
    "biserial",
    "biserial_rest",
    "upper_lower",
    "alpha_if_deleted",
    "omitted",
    "not_reached",
    "reading",
    "flags",
    "option",
    "note",
)


def item_analysis(
    scores: pd.DataFrame,
    *,
    states: pd.DataFrame | None = None,
    choices: pd.DataFrame | None = None,
    key: Mapping[str, Any] | pd.Series | None = None,
    share: float = 1 / 3,
    level: float = 0.95,
    min_candidates: int = _CANDIDATES,
) -> pd.DataFrame:
    """Describe each item of an exam, and say which to look at and why.

    Parameters
    ----------
    scores : DataFrame
        Candidates × items, shares of the item's maximum (0–1), missing where an item was not presented.
    states : DataFrame, optional
        The same shape: ``answered, omitted, not_reached, not_presented`` … An omitted item counts 0, an item that was
        not reached or not presented is left out of its difficulty.
    choices : DataFrame, optional
        The option chosen, for some items or all: flags then name the option that is probably the key.
    key : mapping of item to option, optional
        As in `distractors`; without it the option that the scores credit.
    share : float
        Part of the candidates in the upper and in the lower group: thirds, or 0.27 (Kelley 1939).
    level : float
        Of the intervals of the difficulty (Wilson) and of ``item_rest``.
    min_candidates : int
        Below it an item is marked instead of judged.

    Returns
    -------
    DataFrame
        One row an item: ``item, n`` (candidates who met it), ``difficulty`` (mean share of the maximum) with ``low,
        high``, ``sd``, ``item_total`` and ``item_rest`` (correlation with the score with and without the item: for
        items that are right or wrong the point-biserial, and the one corrected for overlap) with ``rest_low,
        rest_high``, ``biserial`` and ``biserial_rest`` (the same for a normal variable behind the item, polyserial for
        graded ones; above 1 where scores are far from normal), ``upper_lower`` (difficulty in the upper less the lower
        score group), ``alpha_if_deleted``, ``omitted, not_reached`` (shares of those presented; missing without
        states), ``reading`` (a word on the difficulty and one on how it separates, see `svclib.stats.items.flags`),
        ``flags`` (codes of `FLAGS`, separated by blanks), ``option`` (the one they speak of) and ``note`` (their
        words). Totals are means over the items met, so drawn forms can be compared.

    Raises
    ------
    InvalidInput
        If scores are text or outside 0–1, or `states` or `choices` do not fit.

    Examples
    --------
    >>> scores = pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 1, 1, 0], "c": [1, 0, 0, 0]})
    >>> item_analysis(scores)["difficulty"].tolist()
    [0.5, 0.75, 0.25]
    """
    check_level(level)
    check_share(share)
    chosen = None if choices is None else read_choices(choices, key, scores, states)
    exam = read(scores, states) if chosen is None else chosen.exam
    rows = _described(exam, share, level)
    rows["alpha_if_deleted"] = _if_deleted(exam, rows)
    frame = pd.DataFrame(rows)
    options = None if chosen is None else option_rows(chosen, share, min_candidates)
    frame = frame.join(_suspects(options), on="item")
    records = frame.to_dict("records")
    codes = [flag(row, min_candidates) for row in records]
    frame["flags"] = [" ".join(code) for code in codes]
    named = [
        str(row["option"]) if {"key", "second_key"} & set(code) else ""
        for row, code in zip(records, codes, strict=True)
    ]
    frame["option"] = named
    frame["note"] = [
        " ".join(FLAGS[name].format(option=option) for name in code) for code, option in zip(codes, named, strict=True)
    ]
    frame["reading"] = [reading(row) for row in records]
    return frame[list(COLUMNS)]


def _described(exam: Scores, share: float, level: float) -> dict[str, Any]:
    """Compute what one item's row needs of its own scores and the totals; item by item, which bounds the memory."""
    group = score_groups(exam.totals, share, of=exam.classes.totals)
    parts = [_numbers(exam, item, group, level) for item in range(len(exam.names))]
    rows: dict[str, Any] = {"item": list(exam.names)}
    rows |= {name: np.array([part[name] for part in parts]) for name in parts[0]}
    rows["n"] = rows["n"].astype(int)
    rows["low"], rows["high"] = wilson(rows["difficulty"], rows["n"].astype(float), level)
    return rows | _shares(exam)


def _numbers(exam: Scores, item: int, group: Ints, level: float) -> dict[str, float]:
    cells = exam.cells(item)
    score, weight, n = cells.score, cells.weight, float(cells.weight.sum())
    with_rest = correlate(score, exam.rest_of(cells), weight)
    with_total = correlate(score, exam.classes.totals[cells.place], weight)
    factor = biserial_factor(score, weight)
    low, high = with_rest.interval(level)
    bands = group[cells.place]
    means = ratio(np.bincount(bands, weights=score * weight, minlength=3), np.bincount(bands, weight, minlength=3))
    mean = float(weight @ score / n) if n else np.nan
    return {
        "n": n,
        "difficulty": mean,
        "sd": float(np.sqrt(weight @ (score - mean) ** 2 / (n - 1))) if n > 1 else np.nan,
        "item_total": with_total.r,
        "item_rest": with_rest.r,
        "rest_low": low,
        "rest_high": high,
        "biserial": with_total.r * factor,
        "biserial_rest": with_rest.r * factor,
        "upper_lower": means[2] - means[0],
        "with_sum": _covariance(cells, exam.classes.sums[cells.place]),
    }


def _covariance(cells: Cells, other: Floats) -> float:
    n = float(cells.weight.sum())
    if n < 2:
        return float("nan")
    apart = other - cells.weight @ other / n
    return float(cells.weight @ ((cells.score - cells.weight @ cells.score / n) * apart) / (n - 1))


def _if_deleted(exam: Scores, rows: dict[str, Any]) -> Floats:
    """Alpha without each item; of complete scores from what the table has already."""
    if not exam.complete:
        return reliability(exam.values.T, "pairwise").if_deleted
    n = exam.values.shape[1]
    return from_totals(Totals(n, n, rows["difficulty"], rows["sd"] ** 2, rows["with_sum"])).if_deleted


def _shares(exam: Scores) -> dict[str, Floats]:
    """Count who left an item out or did not reach it among those it was presented to; missing without states."""
    if exam.states is None:
        lost = np.full(len(exam.names), np.nan)
        return {"omitted": lost, "not_reached": lost, "presented": lost}
    counts = np.stack([(exam.states == code).sum(axis=1) for code in range(NOT_PRESENTED + 1)])
    presented = counts[:NOT_PRESENTED].sum(axis=0).astype(float)
    return {
        "omitted": ratio(counts[LEFT_OUT], presented),
        "not_reached": ratio(counts[NOT_REACHED], presented),
        "presented": presented,
    }


def _suspects(options: pd.DataFrame | None) -> pd.DataFrame:
    """Give the option that speaks against each item's key, its flag, the number of options, the largest wrong one."""
    columns = ["option", "option_flag", "options", "largest"]
    if options is None or options.empty:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="item"))
    real = options.loc[options["option"] != OMITTED]
    count = real.groupby("item").size().rename("options")
    largest = real.loc[~real["is_key"].astype(bool)].groupby("item")["share"].max().rename("largest")
    grave = ["key", "key_unchosen", "attracts_better"]
    flagged = real.loc[real["flag"].isin(grave), ["item", "option", "flag", "point_biserial"]]
    flagged = flagged.assign(rank=flagged["flag"].map(grave.index)).sort_values(
        ["rank", "point_biserial"], ascending=[True, False], kind="stable"
    )
    first = flagged.drop_duplicates("item").set_index("item").rename(columns={"flag": "option_flag"})
    return pd.concat([count, largest, first], axis=1)[columns]
