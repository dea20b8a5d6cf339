"""SERVQUAL: the gap between what customers perceive and what they expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.design.descriptive import mean_estimates
from svclib.stats.estimate import COLUMNS, MIN_MEAN
from svclib.stats.marks import _
from svclib.stats.samples import with_values

OVERALL = "overall"


def servqual(
    data: pd.DataFrame,
    dimensions: Mapping[str, Sequence[str]],
    *,
    perception: str = "p{}",
    expectation: str | None = "e{}",
    by: str | Sequence[str] | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate gaps (perception less expectation) by item, by dimension and overall, with t intervals.

    The gap of a dimension is each respondent's mean gap over the items answered, then the mean over respondents
    (Parasuraman, Zeithaml and Berry 1988); the overall gap is the mean of a respondent's dimensions.

    Parameters
    ----------
    data : DataFrame
        One row a respondent.
    dimensions : mapping of str to list of str
        Items of each dimension.
    perception, expectation : str
        Column of an item, ``{}`` standing for the item. With ``expectation=None`` (SERVPERF) perceptions alone.
    by, weights, level, min_n
        As in `svclib.stats.mean`.

    Returns
    -------
    DataFrame
        The `by` columns, ``dimension``, then the columns of an estimate. ``term`` is the item, the dimension, or
        ``overall``. Last ``perception`` and ``expectation``, the means behind the gap.

    Examples
    --------
    >>> rows = pd.DataFrame({"p1": [5, 6, 4], "e1": [6, 6, 6], "p2": [3, 4, 5], "e2": [6, 7, 5]})
    >>> servqual(rows, {"tangibles": ["1", "2"]}, min_n=1)[["term", "estimate"]].values.tolist()[2]
    ['tangibles', -1.5]
    """
    check_frame(data)
    if not dimensions or not all(dimensions.values()):
        raise InvalidInput(_("dimensions is empty; give the items of each dimension."))
    perceived = _answers(data, dimensions, perception)
    expected = _answers(data, dimensions, expectation) if expectation else None
    frames = [
        _estimate(data, name, term, p, e, by=by, weights=weights, level=level, min_n=min_n)
        for name, term, p, e in _terms(dimensions, perceived, expected)
    ]
    keys = names_of(by)
    return pd.concat(frames, ignore_index=True)[[*keys, "dimension", *COLUMNS, "perception", "expectation"]]


def _answers(data: pd.DataFrame, dimensions: Mapping[str, Sequence[str]], pattern: str) -> dict[str, Floats]:
    items = [item for members in dimensions.values() for item in members]
    check_columns(data, [pattern.format(item) for item in items])
    return {item: numbers(data, pattern.format(item)) for item in items}


def _terms(
    dimensions: Mapping[str, Sequence[str]], perceived: dict[str, Floats], expected: dict[str, Floats] | None
) -> list[tuple[str, str, Floats, Floats | None]]:
    """Items first, then their dimension; the whole last."""
    terms: list[tuple[str, str, Floats, Floats | None]] = []
    whole: list[tuple[Floats, Floats | None]] = []
    for name, items in dimensions.items():
        pairs = [_both(perceived[item], None if expected is None else expected[item]) for item in items]
        terms += [(name, item, *pair) for item, pair in zip(items, pairs, strict=True)]
        whole.append(_averaged(pairs))
        terms.append((name, name, *whole[-1]))
    return [*terms, (OVERALL, OVERALL, *_averaged(whole))]


def _both(p: Floats, e: Floats | None) -> tuple[Floats, Floats | None]:
    """Keep the answers of those who gave both."""
    if e is None:
        return p, None
    lost = np.isnan(p) | np.isnan(e)
    return np.where(lost, np.nan, p), np.where(lost, np.nan, e)


def _averaged(pairs: list[tuple[Floats, Floats | None]]) -> tuple[Floats, Floats | None]:
    expected = [e for _, e in pairs if e is not None]
    return _row_means([p for p, _ in pairs]), _row_means(expected) if expected else None


def _row_means(columns: list[Floats]) -> Floats:
    stacked = np.column_stack(columns)
    there = ~np.isnan(stacked)
    count = there.sum(axis=1)
    total = np.where(there, stacked, 0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _estimate(
    data: pd.DataFrame,
    dimension: str,
    term: str,
    p: Floats,
    e: Floats | None,
    *,
    by: str | Sequence[str] | None,
    weights: str | None,
    level: float,
    min_n: int,
) -> pd.DataFrame:
    gaps = with_values(data, p if e is None else p - e, by, weights)
    frame = mean_estimates(gaps, term, level=level, min_n=min_n)
    perceived = with_values(data, p, by, weights)
    frame["perception"] = perceived.mean(perceived.values)
    frame["expectation"] = np.nan
    if e is not None:
        expected = with_values(data, e, by, weights)
        frame["expectation"] = expected.mean(expected.values)
    frame["dimension"] = dimension
    return frame
