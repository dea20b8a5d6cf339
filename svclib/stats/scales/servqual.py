"""SERVQUAL: the gap between what customers perceive and what they expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats
from svclib.stats.columns import names_of
from svclib.stats.design.bounded import Scale, check_scale
from svclib.stats.design.values import Data, Names, averages, means
from svclib.stats.estimate import COLUMNS, MIN_MEAN
from svclib.stats.scales.gaps import Gaps, read_gaps, row_means
from svclib.stats.scales.importance import read_importance, weighted_mean

OVERALL = "overall"
WEIGHTED = "weighted"


def servqual(
    data: Data,
    dimensions: Mapping[str, Sequence[str]],
    *,
    perception: str = "p{}",
    expectation: str | None = "e{}",
    importance: str | Mapping[str, str] | None = None,
    ranked: bool = False,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
    scale: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Estimate gaps (perception less expectation) by item, by dimension and overall, with t intervals.

    The gap of a dimension is each respondent's mean gap over the items answered, then the mean over respondents
    (Parasuraman, Zeithaml and Berry 1988); the overall gap is the mean of a respondent's dimensions. With
    `importance` there is also the weighted gap: each respondent's dimensions weighted by the points that this
    respondent gave them (Zeithaml, Parasuraman and Berry 1990: 100 points over five dimensions).

    Parameters
    ----------
    data : DataFrame or Design
        One row a respondent.
    dimensions : mapping of str to list of str
        Items of each dimension.
    perception, expectation : str
        Column of an item, ``{}`` standing for the item; or with ``{dimension}`` and ``{item}``. With
        ``expectation=None`` (SERVPERF) perceptions alone.
    importance : str or mapping of str to str, optional
        Column of a dimension's points, ``{}`` standing for the dimension; or a column for each dimension.
    ranked : bool
        The columns of `importance` hold ranks, 1 for the most important; they become the weights' centroid
        (Barron and Barrett 1996).
    by, weights, level, min_n
        As in `svclib.stats.mean`.
    scale : (lowest, highest), optional
        Ends of the answers' scale; the intervals are then score intervals, as in `svclib.stats.mean`.

    Returns
    -------
    DataFrame
        The `by` columns, ``dimension``, then the columns of an estimate. ``term`` is the item, the dimension,
        ``overall`` or ``weighted``. Then ``perception`` and ``expectation``, the means behind the gap; with
        `importance` last ``importance``, the mean weight of a dimension.

    Raises
    ------
    InvalidInput
        If there are no dimensions, or naming the column that is absent or holds what cannot be.

    Examples
    --------
    >>> rows = pd.DataFrame({"p1": [5, 6, 4], "e1": [6, 6, 6], "p2": [3, 4, 5], "e2": [6, 7, 5]})
    >>> servqual(rows, {"tangibles": ["1", "2"]}, min_n=1)[["term", "estimate"]].values.tolist()[2]
    ['tangibles', -1.5]
    """
    ends = None if scale is None else check_scale(scale)
    gaps = read_gaps(data, dimensions, perception, expectation, ends)
    shares = read_importance(data, list(dimensions), importance, ranked=ranked)
    settings = {"by": by, "weights": weights}
    given = {**settings, "level": level, "min_n": min_n, "scale": _ends(ends, expectation)}
    frames = [
        _estimate(data, name, term, p, e, settings, given).assign(
            importance=_weight(data, shares, name, term, settings)
        )
        for name, term, p, e in _terms(gaps, shares)
    ]
    last = ["perception", "expectation"] + (["importance"] if shares is not None else [])
    return pd.concat(frames, ignore_index=True)[[*names_of(by), "dimension", *COLUMNS, *last]]


def _ends(scale: Scale | None, expectation: str | None) -> Scale | None:
    """Ends of a gap on the answers' scale."""
    if scale is None or expectation is None:
        return scale
    return scale[0] - scale[1], scale[1] - scale[0]


def _weight(data: Data, shares: dict[str, Floats] | None, name: str, term: str, settings: dict[str, Any]) -> Any:
    """Mean weight of a dimension, in its own rows."""
    return averages(data, shares[name], **settings) if shares and name == term and name in shares else np.nan


def _terms(gaps: Gaps, shares: dict[str, Floats] | None) -> list[tuple[str, str, Floats, Floats | None]]:
    """Items first, then their dimension; the whole last."""
    terms: list[tuple[str, str, Floats, Floats | None]] = []
    for name, items in gaps.items.items():
        terms += [(name, item, *gaps.pairs[name, item]) for item in items]
        terms.append((name, name, *gaps.dimension(name)))
    whole = [gaps.dimension(name) for name in gaps.items]
    expected = [e for _p, e in whole if e is not None]
    terms.append((OVERALL, OVERALL, row_means([p for p, _e in whole]), row_means(expected) if expected else None))
    if shares is not None:
        points = [shares[name] for name in gaps.items]
        p = weighted_mean([one for one, _e in whole], points)
        terms.append((WEIGHTED, WEIGHTED, p, weighted_mean(expected, points) if expected else None))
    return terms


def _estimate(
    data: Data, dimension: str, term: str, p: Floats, e: Floats | None, settings: dict[str, Any], given: dict[str, Any]
) -> pd.DataFrame:
    frame = means(data, p if e is None else p - e, term, **given)
    frame["perception"] = averages(data, p, **settings)
    frame["expectation"] = np.nan if e is None else averages(data, e, **settings)
    frame["dimension"] = dimension
    return frame
