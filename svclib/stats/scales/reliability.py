"""Coefficient alpha with intervals that hold for skewed answers too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import check_frame, names_of
from svclib.stats.design.survey import Design
from svclib.stats.estimate import MIN_MEAN, Note, cell_notes, check_level, estimates
from svclib.stats.intervals import feldt
from svclib.stats.marks import _
from svclib.stats.samples import groups
from svclib.stats.scales.correlations import coded, complete_rows
from svclib.stats.scales.design_alpha import design_alpha
from svclib.stats.scales.jackknife import NO_INTERVAL, UNKNOWN, Spread, leave_out_polychoric, spread_of
from svclib.stats.scales.matrices import off_diagonal
from svclib.stats.scales.moments import Missing, Moments, Totals, check_missing, item_rows, moments, totals, totals_of
from svclib.stats.scales.polychoric import polychoric_core

Interval = Literal["robust", "feldt"]

CONSTANT = _("everybody answers an item alike: leave it out")
IDENTICAL = _("the items are copies of each other")
_INTERVALS = {"feldt": "Feldt", "robust": "Feldt or jackknife"}
_MOST_RESPONDENTS, _RUN = 10_240, 64
"""Beyond so many, how alpha varies is told from an even selection of runs of respondents."""


def alpha(
    data: pd.DataFrame | Design,
    items: Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
    missing: Missing = "complete",
    interval: Interval = "robust",
    correlations: Literal["pearson", "polychoric"] = "pearson",
    term: str = "alpha",
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate coefficient alpha of the items.

    α = k / (k − 1) · (1 − Σ item variances / variance of the sum) (Cronbach 1951).

    Parameters
    ----------
    data : DataFrame or Design
        Respondents × items. A design (then `items` must be named) gives weighted covariances of complete respondents,
        and its own error and interval: see `svclib.stats.scales.design_alpha`.
    items : list of str, optional
        The items' columns; without them all columns but those of `by`.
    by : str or list of str, optional
    level : float
    missing : {"complete", "pairwise"}
        Respondents with every item, or covariances of each pair of items (then ``n`` counts who answered any).
    interval : {"robust", "feldt"}
        Feldt's (1965) holds for normal answers; where most choose the top answer its 95 % fall to 80 %. The robust one
        takes, at each end, the wider of Feldt's and the jackknife's. Beyond 10,000 respondents the jackknife takes an
        even selection of them.
    correlations : {"pearson", "polychoric"}
        Polychoric: alpha of the normal variables behind the categories (Zumbo, Gadermann and Zeisser 2007), of
        respondents with every item, with the jackknife's interval.
    term : str
        Name of the scale in the result.
    min_n : int

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`. The standard error is the jackknife's, or with Feldt's interval that of Duhachek
        and Iacobucci (2004); ``df`` is ``n − 1``.

    Examples
    --------
    >>> scale = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [1, 2, 3, 4, 5], "c": [2, 2, 3, 4, 5]})
    >>> alpha(scale)["estimate"].round(3).item()
    0.99
    """
    check_level(level)
    check_missing(missing)
    check_interval(interval)
    if correlations not in ("pearson", "polychoric"):
        raise InvalidInput(_('correlations is {value}; give "pearson" or "polychoric".'), value=repr(correlations))
    if isinstance(data, Design):
        return _of_design(data, items, by, missing, interval, correlations, level=level, term=term, min_n=min_n)
    shown = "jackknife, polychoric" if correlations == "polychoric" else f"{_INTERVALS[interval]}, {missing}"
    names, answers, group, keys = grouped_items(data, items, by)
    chosen = [None] if len(keys) == 1 else [np.flatnonzero(group == row) for row in range(len(keys))]
    if correlations == "polychoric":
        found = [_ordinal(answers if one is None else answers[:, one], names, level) for one in chosen]
    else:
        found = [_estimated(answers, missing, one, names, interval, level) for one in chosen]
    results, spreads = [one for one, _spread in found], [spread for _one, spread in found]
    n = np.array([r.n for r in results], dtype=float)
    return estimates(
        keys,
        term=term,
        estimate=[r.alpha for r in results],
        std_error=[spread.std_error for spread in spreads],
        low=[spread.low for spread in spreads],
        high=[spread.high for spread in spreads],
        n=n,
        level=level,
        df=np.maximum(n - 1, 0),
        method=shown,
        note=[r.note or note for r, note in zip(results, cell_notes(n, min_n), strict=True)],
    )


def _of_design(
    design: Design,
    items: Sequence[str] | None,
    by: str | Sequence[str] | None,
    missing: str,
    interval: str,
    correlations: str,
    *,
    level: float,
    term: str,
    min_n: int,
) -> pd.DataFrame:
    if items is None:
        raise InvalidInput(_("Name the items: a design has columns of its own beside them."))
    if (missing, interval, correlations) != ("complete", "robust", "pearson"):
        raise InvalidInput(
            _("Of a design alpha takes complete respondents and the design's interval; leave out the options.")
        )
    return design_alpha(design, items, by, level=level, term=term, min_n=min_n)


def check_interval(interval: str) -> None:
    """Raise `InvalidInput` for an unknown interval."""
    if interval not in get_args(Interval):
        raise InvalidInput(_('interval is {value}; give "robust" or "feldt".'), value=repr(interval))


def grouped_items(
    data: pd.DataFrame, items: Sequence[str] | None, by: str | Sequence[str] | None
) -> tuple[list[str], Floats, Ints, pd.DataFrame]:
    """Read items × respondents, the group of each respondent, and the groups' keys."""
    check_frame(data)
    keys_by = names_of(by)
    wanted = list(items) if items is not None else [c for c in data.columns if c not in keys_by] if keys_by else None
    names, answers = item_rows(data, wanted)
    return names, answers, *groups(data, keys_by)


@dataclass(frozen=True)
class Reliability:
    """Alpha of one group, and of the scale without each item."""

    alpha: float
    std_error: float
    n: int
    if_deleted: Floats
    note: str


def reliability(values: Floats, missing: Missing = "complete") -> Reliability:
    """Compute alpha of respondents × items, NaN with a note where it cannot be told."""
    return from_moments(moments(values.T, missing))


def from_moments(found: Moments) -> Reliability:
    """Compute alpha from the items' covariances, and its error for normal answers."""
    result = from_totals(totals_of(found))
    if np.isnan(result.alpha):
        return result
    return replace(result, std_error=_std_error(found.cov, found.n))


def from_totals(found: Totals) -> Reliability:
    """Compute alpha from the items' variances and covariances with the sum; its error is left open."""
    n, items, total = found.n, len(found.variances), float(found.with_sum.sum())
    nothing = np.full(items, np.nan)
    if items < 2 or n < 2:
        return Reliability(np.nan, np.nan, n, nothing, Note.TWO_NEEDED if n else Note.NO_ANSWERS)
    if np.isnan(total):
        return Reliability(np.nan, np.nan, n, nothing, Note.NOT_TOGETHER)
    if total <= 1e-12 * found.variances.sum():
        return Reliability(np.nan, np.nan, n, nothing, Note.NO_VARIANCE)
    alpha = items / (items - 1) * (1 - float(found.variances.sum()) / total)
    without = _if_deleted(found.variances, found.with_sum)
    return Reliability(alpha, np.nan, n, without, IDENTICAL if alpha > 1 - 1e-12 else _note(found))


def if_deleted(cov: Floats) -> Floats:
    """Alpha of the scale without each item: its row and its variance are taken from the sums.

    >>> if_deleted(np.array([[2.0, 1.0, 1.0], [1.0, 2.0, 1.0], [1.0, 1.0, 2.0]])).round(4).tolist()
    [0.6667, 0.6667, 0.6667]
    """
    return _if_deleted(np.diag(cov), cov.sum(axis=1))


def _if_deleted(variances: Floats, with_sum: Floats) -> Floats:
    left = len(variances) - 1
    total = with_sum.sum() - 2 * with_sum + variances
    share = ratio(variances.sum() - variances, np.where(total > 0, total, 0))
    return left / (left - 1) * (1 - share) if left > 1 else np.full(len(variances), np.nan)


def covariance(values: Floats) -> Floats:
    """Covariances of the columns over the rows where both are there; NaN where fewer than two rows are.

    Complete data give the usual matrix.
    """
    return moments(values.T, "pairwise").cov


def alpha_of(cov: Floats) -> float:
    """Alpha from a covariance matrix; NaN with fewer than two items or no variance."""
    items, total = len(cov), float(cov.sum())
    if items < 2 or total <= 0:
        return float("nan")
    return items / (items - 1) * (1 - float(np.trace(cov)) / total)


def _std_error(cov: Floats, n: int) -> float:
    """Standard error for normal answers (Duhachek and Iacobucci 2004)."""
    items, total, trace = len(cov), cov.sum(), np.trace(cov)
    inner = total * ((cov**2).sum() + trace**2) - 2 * trace * (cov.sum(axis=1) ** 2).sum()
    q = 2 * items**2 / ((items - 1) ** 2 * total**3) * inner
    return float(np.sqrt(max(q, 0) / n))


def _note(found: Totals) -> str:
    if (found.with_sum - found.variances < 0).any():
        return Note.REVERSED
    return Note.ROWS_LEFT_OUT if found.n < 0.9 * found.answered else Note.NONE


def _estimated(
    answers: Floats, missing: Missing, chosen: Ints | None, names: Sequence[str], interval: Interval, level: float
) -> tuple[Reliability, Spread]:
    if interval == "robust" and missing == "complete":
        return _robust(answers, None, chosen, names, level)
    found = moments(answers, missing, chosen=chosen, names=names)
    if interval == "robust":
        return _robust(answers, found, chosen, names, level)
    result = from_moments(found)
    return result, Spread(result.std_error, result.n - 1, *feldt(result.alpha, result.n, len(names), level))


def _robust(
    answers: Floats, found: Moments | None, chosen: Ints | None, names: Sequence[str], level: float
) -> tuple[Reliability, Spread]:
    """Alpha of complete answers, or of pairwise moments, with the wider of two intervals at each end."""
    sums = totals(answers, chosen=chosen, names=names) if found is None else totals_of(found)
    result = from_totals(sums)
    low, high = feldt(result.alpha, result.n, len(names), level)
    if np.isnan(result.alpha):
        return result, UNKNOWN
    apart = _jackknife(answers if chosen is None else answers[:, chosen], sums.mean, found, result.alpha, level)
    if np.isnan(apart.std_error):
        error = (
            _std_error(moments(answers, chosen=chosen).cov, result.n)
            if found is None
            else _std_error(found.cov, found.n)
        )
        return result, Spread(error, result.n - 1, low, high)
    return result, Spread(apart.std_error, apart.df, min(low, apart.low), max(high, apart.high))


def _ordinal(answers: Floats, names: Sequence[str], level: float) -> tuple[Reliability, Spread]:
    """Alpha of the polychoric correlations of respondents who answered every item."""
    kept, n = complete_rows(answers, "complete")
    answered = int((~np.isnan(answers)).any(axis=0).sum())
    codes, categories = coded(kept, names)
    nothing = np.full(len(names), np.nan)
    matrix = polychoric_core(codes, categories)[1] if n > 1 and len(names) > 1 else np.full((1, 1), np.nan)
    if np.isnan(matrix).any() or matrix.sum() <= 0:
        note = Note.TWO_NEEDED if min(n, len(names)) < 2 else CONSTANT if np.isnan(matrix).any() else Note.NO_VARIANCE
        return Reliability(np.nan, np.nan, n, nothing, note if n else Note.NO_ANSWERS), UNKNOWN
    left = leave_out_polychoric(codes, categories, seed=1)
    estimate = alpha_of(matrix)
    replicates = np.array([alpha_of(one) for one in left.covariances])
    sums = Totals(n, answered, nothing, np.diag(matrix), matrix.sum(axis=1))
    spread = spread_of(estimate, replicates, left.shares, level)
    note = _note(sums) or (NO_INTERVAL if np.isnan(spread.low) else "")
    return Reliability(estimate, np.nan, n, if_deleted(matrix), note), spread


def _jackknife(answers: Floats, mean: Floats, found: Moments | None, estimate: float, level: float) -> Spread:
    """Leave out one respondent after the other: alpha's two sums lose that respondent's squares."""
    some = _selected(answers)
    squares, sums = _squares(some, mean, found)
    n, items = len(squares), len(answers)
    if n < 4:
        return UNKNOWN
    gone = n / (n - 1)
    left = sums.sum() - gone * sums
    if (left <= 0).any():
        return UNKNOWN
    whole = items / (items - 1) * (1 - squares.sum() / sums.sum())
    replicates = items / (items - 1) * (1 - (squares.sum() - gone * squares) / left)
    told = spread_of(whole, replicates, np.full(n, 1 / n), level)
    if some is answers:
        return told
    return _moved(told, whole, estimate, float(np.sqrt(some.shape[1] / answers.shape[1])), level)


def _selected(answers: Floats) -> Floats:
    """All respondents, or of very many an even selection: runs of neighbours, as memory gives them fastest."""
    n = answers.shape[1]
    if n <= _MOST_RESPONDENTS:
        return answers
    starts = np.linspace(0, n - _RUN, _MOST_RESPONDENTS // _RUN).astype(np.int64)
    return answers[:, (starts[:, None] + np.arange(_RUN)).ravel()]


def _moved(told: Spread, whole: float, estimate: float, shrink: float, level: float) -> Spread:
    """Put an interval told from a selection around the estimate of all, in the scale of log(1 − α)."""
    down, up = (np.log1p(-limit) - np.log1p(-whole) for limit in (told.low, told.high))
    low, high = (float(1 - (1 - estimate) * np.exp(shrink * reach)) for reach in (down, up))
    return Spread(told.std_error * shrink * (1 - estimate) / (1 - whole), told.df, low, high)


def _squares(answers: Floats, mean: Floats, found: Moments | None) -> tuple[Floats, Floats]:
    """Each respondent's part in the sum of the variances and in the variance of the sum."""
    there = ~np.isnan(answers)
    rows = there.all(axis=0) if found is None else there.any(axis=0)
    apart = np.where(there, answers - mean[:, None], 0.0)[:, rows]
    if found is None or there[:, rows].all():
        return (apart**2).sum(axis=0), apart.sum(axis=0) ** 2
    weights = ratio(found.n, found.pairs)
    return np.diag(weights) @ apart**2, (apart * (weights @ apart)).sum(axis=0)


def standardized(correlations: Floats) -> float:
    """Alpha of standardised items, from their mean correlation.

    >>> round(standardized(np.array([[1.0, 0.5], [0.5, 1.0]])), 4)
    0.6667
    """
    items, mean = len(correlations), float(off_diagonal(correlations).mean())
    return items * mean / (1 + (items - 1) * mean)
