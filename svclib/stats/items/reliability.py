"""How far the scores of an exam can be trusted: alpha, stratified alpha, KR-20 and KR-21, error of measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.estimate import MIN_MEAN, Note, check_level, estimates
from svclib.stats.intervals import feldt
from svclib.stats.items.scores import points_of, read, strata_of
from svclib.stats.marks import _
from svclib.stats.scales.jackknife import UNKNOWN, Spread, spread_of

DRAWN = _("nobody met every item: for forms drawn at random use stats.generalizability")
ONE_ITEM = _("a part of one item: alpha cannot be told, its variance counts as error")
_FLAT = 1e-12


def exam_reliability(
    scores: pd.DataFrame,
    *,
    strata: Mapping[str, Any] | pd.Series | None = None,
    points: Mapping[str, float] | pd.Series | float | None = None,
    states: pd.DataFrame | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate how far the total score of a form that all candidates took can be trusted.

    Parameters
    ----------
    scores : DataFrame
        Candidates × items, shares of the item's maximum (0–1).
    strata : mapping of item to part, optional
        Parts of the exam (formats, topics): alpha by part, and stratified alpha of the whole. Alpha of a mixed exam
        is too low where items of a part have more in common than items of different parts.
    points : mapping of item to points, or one number, optional
        1 an item without them. The error of measurement is in points.
    states : DataFrame, optional
        As in `item_analysis`.
    level : float
    min_n : int
        Fewer candidates are noted.

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; before it a column ``part``, empty for the whole exam. Terms: ``alpha`` (Cronbach
        1951), ``kr20`` and ``kr21`` (Kuder & Richardson 1937; for items that are right or wrong: KR-20 is their alpha,
        KR-21 that of equally difficult items), ``stratified_alpha`` (Rajaratnam, Cronbach & Gleser 1965) and ``sem``,
        the standard error of measurement of the sum of points (from stratified alpha where there are parts). Of
        candidates who met every item. Alpha's interval is at each end the wider of Feldt's and the jackknife's, the
        others are the jackknife's.

    Raises
    ------
    InvalidInput
        If scores are no shares, or an item has no part or no points.

    Examples
    --------
    >>> scores = pd.DataFrame({"a": [1, 1, 0, 0, 1], "b": [1, 1, 1, 0, 1], "c": [1, 0, 0, 0, 1], "d": [1, 0, 0, 0, 1]})
    >>> exam_reliability(scores).set_index("term")["estimate"].round(3).to_dict()
    {'alpha': 0.875, 'kr20': 0.875, 'kr21': 0.818, 'sem': 0.632}
    """
    check_level(level)
    exam = read(scores, states)
    parts, part = strata_of(strata, exam.names)
    weight = points_of(points, exam.names)
    whole = ~np.isnan(exam.values).any(axis=0)
    sums = _sums(exam.values[:, whole] if not whole.all() else exam.values, weight, part, len(parts))
    answered = int((~np.isnan(exam.values)).any(axis=0).sum())
    rows = _whole_rows(sums, parts, level)
    if len(parts) > 1:
        for place, name in enumerate(parts):
            rows += [(name, *row) for row in _part_rows(sums, place, level)]
    return _frame(rows, sums.n, answered, level, min_n)


@dataclass(frozen=True, eq=False)
class _Sums:
    """What the coefficients need of N candidates with H parts.

    Attributes
    ----------
    total, score : arrays, shape (N, H)
        Sum of points less its mean, by part; sum over items of squared deviations of the item.
    items : array, shape (H,)
    binary : array of bool, shape (H,)
        Whether all items of a part are right or wrong, with the same points.
    mean : array, shape (H,)
        Mean number right.
    points : array, shape (H,)
        Points of a part's first item.
    """

    total: Floats
    score: Floats
    items: Floats
    binary: Bools
    mean: Floats
    points: Floats

    @property
    def n(self) -> int:
        return len(self.total)


def _sums(values: Floats, weight: Floats, part: Any, parts: int) -> _Sums:
    n = values.shape[1]
    total, score = np.zeros((n, parts)), np.zeros((n, parts))
    binary, mean = np.ones(parts, dtype=bool), np.zeros(parts)
    for row, points, place in zip(values, weight, part, strict=True):
        centre = row.mean() if n else 0.0
        apart = points * (row - centre)
        total[:, place] += apart
        score[:, place] += apart**2
        mean[place] += centre
        binary[place] &= bool(((row == 0) | (row == 1)).all())
    alike = np.array([np.ptp(weight[part == place]) == 0 for place in range(parts)])
    items = np.bincount(part, minlength=parts).astype(float)
    first = np.array([weight[part == place][0] for place in range(parts)])
    return _Sums(total, score, items, binary & alike, mean, first)


def _variances(apart: Floats) -> Floats:
    """Variances of centred columns: of all candidates in row 0, then without each of them."""
    n, squares = len(apart), apart**2
    whole = squares.sum(axis=0)
    left = (whole - n / (n - 1) * squares) / (n - 2) if n > 2 else np.full(apart.shape, np.nan)
    return np.vstack([whole / (n - 1), left])


def _summed(score: Floats) -> Floats:
    """Sums of item variances from sums of squared deviations, shape as of `_variances`."""
    n, whole = len(score), score.sum(axis=0)
    left = (whole - n / (n - 1) * score) / (n - 2) if n > 2 else np.full(score.shape, np.nan)
    return np.vstack([whole / (n - 1), left])


Row = tuple[str, float, Spread, str]


def _whole_rows(sums: _Sums, parts: list[str], level: float) -> list[tuple[str, str, float, Spread, str]]:
    terms = ["alpha", *(["kr20", "kr21"] if _binary(sums) else [])]
    if sums.n < 2 or sums.items.sum() < 2:
        why = Note.TWO_NEEDED if sums.n else Note.NO_ANSWERS
        terms += ["stratified_alpha"] * (len(parts) > 1)
        return [("", term, np.nan, UNKNOWN, why) for term in [*terms, "sem"]]
    total, items = _variances(sums.total.sum(axis=1, keepdims=True))[:, 0], sums.items.sum()
    within = _summed(sums.score).sum(axis=1)
    alpha = _alpha(items, within, total)
    rows = [_row("alpha", alpha, level, feldt_of=int(items))]
    if _binary(sums):
        rows.append(_row("kr20", alpha, level, feldt_of=int(items)))
        rows.append(_row("kr21", _kr21(sums, total), level))
    unexplained = 1 - alpha
    if len(parts) > 1:
        stratified = _stratified(sums, total)
        rows.append(_row("stratified_alpha", stratified, level))
        unexplained = 1 - stratified
    rows.append(_sem("sem", np.sqrt(np.maximum(total * unexplained, 0)), level))
    return [("", *row) for row in rows]


def _binary(sums: _Sums) -> bool:
    return bool(sums.binary.all() and np.ptp(sums.points) == 0 and sums.n > 0)


def _part_rows(sums: _Sums, place: int, level: float) -> list[Row]:
    if sums.n < 2:
        return [(term, np.nan, UNKNOWN, Note.TWO_NEEDED if sums.n else Note.NO_ANSWERS) for term in ("alpha", "sem")]
    total = _variances(sums.total[:, [place]])[:, 0]
    if sums.items[place] < 2:
        return [("alpha", np.nan, UNKNOWN, ONE_ITEM), ("sem", np.nan, UNKNOWN, ONE_ITEM)]
    alpha = _alpha(sums.items[place], _summed(sums.score[:, [place]])[:, 0], total)
    return [
        _row("alpha", alpha, level, feldt_of=int(sums.items[place])),
        _sem("sem", np.sqrt(np.maximum(total * (1 - alpha), 0)), level),
    ]


def _alpha(items: float, within: Floats, total: Floats) -> Floats:
    return items / (items - 1) * (1 - ratio(within, np.where(total > _FLAT * items, total, 0)))


def _kr21(sums: _Sums, total: Floats) -> Floats:
    """KR-21 of all candidates and without each: k / (k − 1) (1 − M (k − M) / (k σ²))."""
    items, n = sums.items.sum(), sums.n
    points = float(sums.points[0])
    own = sums.total.sum(axis=1) / points
    mean = np.concatenate([[sums.mean.sum()], sums.mean.sum() - own / (n - 1)])
    # Shares right are p(1 − p) of all candidates, so the variance of the sum must be too: divided by n, not n − 1.
    shrink = np.concatenate([[(n - 1) / n], np.full(n, (n - 2) / (n - 1))])
    return items / (items - 1) * (1 - ratio(mean * (items - mean), items * shrink * total / points**2))


def _stratified(sums: _Sums, total: Floats) -> Floats:
    """1 − Σ part variance (1 − its alpha) / total variance; the variance of a single item counts as error."""
    by_part, within = _variances(sums.total), _summed(sums.score)
    error = np.zeros(len(total))
    for place, items in enumerate(sums.items):
        if items < 2:
            error += by_part[:, place]
            continue
        alpha = _alpha(items, within[:, place], by_part[:, place])
        error += np.where(np.isnan(alpha), 0.0, by_part[:, place] * (1 - alpha))
    return 1 - ratio(error, np.where(total > _FLAT, total, 0))


def _row(term: str, values: Floats, level: float, *, feldt_of: int = 0) -> Row:
    """Judge a coefficient by its values without each candidate, and alpha by Feldt's interval as well."""
    estimate, n = float(values[0]), len(values) - 1
    if np.isnan(estimate):
        return term, estimate, UNKNOWN, Note.NO_VARIANCE
    spread = spread_of(estimate, values[1:], np.full(n, 1 / n), level)
    if feldt_of:
        low, high = feldt(estimate, n, feldt_of, level)
        spread = Spread(spread.std_error, n - 1, float(np.fmin(low, spread.low)), float(np.fmax(high, spread.high)))
    return term, estimate, spread, ""


def _sem(term: str, values: Floats, level: float) -> Row:
    estimate, n = float(values[0]), len(values) - 1
    return (
        term,
        estimate,
        positive_spread(estimate, values[1:], n, level),
        "" if estimate == estimate else (Note.NO_VARIANCE),
    )


def positive_spread(estimate: float, left: Floats, n: int, level: float) -> Spread:
    """Judge a number above 0 by its values without each of `n` candidates, in the scale of its logarithm."""
    if not estimate > 0 or not (left > 0).all():
        return UNKNOWN
    told = spread_of(1 - estimate, 1 - left, np.full(n, 1 / n), level)
    return Spread(told.std_error, told.df, 1 - told.high, 1 - told.low)


def _frame(
    rows: list[tuple[str, str, float, Spread, str]], n: int, answered: int, level: float, min_n: int
) -> pd.DataFrame:
    general = Note.ROWS_LEFT_OUT if n < 0.9 * answered else Note.TOO_FEW if n < min_n else ""
    general = DRAWN if answered and not n else general
    return estimates(
        pd.DataFrame({"part": [row[0] for row in rows]}),
        term=[row[1] for row in rows],
        estimate=[row[2] for row in rows],
        std_error=[row[3].std_error for row in rows],
        low=[row[3].low for row in rows],
        high=[row[3].high for row in rows],
        n=n,
        level=level,
        df=[row[3].df for row in rows],
        method="jackknife",
        note=[general if general == DRAWN else row[4] or general for row in rows],
    )
