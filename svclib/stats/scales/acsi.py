"""An index of satisfaction from several ratings, in the manner of the American Customer Satisfaction Index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.columns import names_of
from svclib.stats.design.bounded import METHOD, Scale, bounded_interval, check_scale
from svclib.stats.design.linear import Domains
from svclib.stats.design.replicates import replicate_covariance
from svclib.stats.design.shares import kish, korn_graubard
from svclib.stats.design.survey import Design, design_of
from svclib.stats.design.values import Data, Names, answers_of, edge_notes, frame_of, means
from svclib.stats.estimate import MIN_MEAN, Note, check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.samples import groups
from svclib.stats.scales.component import Component, first_component

POINTS = (0.0, 100.0)
FEWEST = 30
"""Fewer respondents do not tell the items' weights: at 15 they vary more than the items' means differ."""
TOO_FEW_FOR_WEIGHTS = _("too few answers to find the items' weights: take equal weights")
ItemWeights = str | Sequence[float] | Mapping[str, float]


def acsi(
    data: Data,
    items: Sequence[str],
    *,
    item_weights: ItemWeights = "equal",
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    lowest: int = 1,
    highest: int = 10,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate an index from 0 to 100 of several ratings of satisfaction.

    Usually three, from 1 to 10: overall satisfaction, how far expectations were met, how near the ideal (Fornell et
    al. 1996): 100 · Σ wᵢ (x̄ᵢ − lowest) / (highest − lowest). Of respondents who rated all items.

    Parameters
    ----------
    data : DataFrame or Design
        One row a respondent.
    items : list of str
        Columns of the ratings, two or more.
    item_weights : {"equal", "component"}, list or dict of float
        ``"equal"``; ``"component"``: in proportion to the first principal component of the standardised items, divided
        by the items' standard deviations (what partial least squares gives a block by itself), from all respondents,
        so that groups share one yardstick; or numbers above 0, one an item. They are scaled to add up to 1.
    by, weights, level, min_n
        As in `svclib.stats.csat`.
    lowest, highest : int
        Ends of the ratings' scale.

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; ``term`` is ``acsi``. The interval is the score interval on 0–100
        (`svclib.stats.design.bounded.bounded_interval`). With ``"component"`` the standard error includes that the
        weights were estimated (linearised), and from fewer than 30 respondents there is none, with a note.

    Raises
    ------
    InvalidInput
        If there are fewer than two items, naming the column that leaves the scale, or weights that cannot be.

    Examples
    --------
    >>> rated = pd.DataFrame({"overall": [8, 9, 7, 10, 8], "expected": [7, 9, 6, 9, 8], "ideal": [7, 8, 6, 9, 7]})
    >>> acsi(rated, ["overall", "expected", "ideal"])["estimate"].round(1).item()
    76.3
    """
    check_level(level)
    names = _names(items)
    given = read_ratings(data, names, check_scale((lowest, highest)))
    ratings = _whole(given)
    if isinstance(item_weights, str) and item_weights == "component":
        frame = _by_component(design_of(data, weights), ratings, by, level, min_n)
    else:
        index = ratings @ given_weights(item_weights, names)
        frame = means(data, index, "acsi", scale=POINTS, by=by, weights=weights, level=level, min_n=min_n)
    lost = _left_out(data, given, by)
    frame["note"] = [
        Note.ROWS_LEFT_OUT if out and not note else note for note, out in zip(frame["note"], lost, strict=True)
    ]
    return frame


def acsi_weights(
    data: Data,
    items: Sequence[str],
    *,
    weights: str | None = None,
    level: float = 0.95,
    lowest: int = 1,
    highest: int = 10,
) -> pd.DataFrame:
    """Estimate the items' weights of ``acsi(…, item_weights="component")``.

    Parameters
    ----------
    data, items, weights, level, lowest, highest
        As in `acsi`.

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; a row an item, with linearised t intervals. The weights add up to 1.

    Examples
    --------
    >>> import numpy as np
    >>> generator = np.random.default_rng(1)
    >>> common = generator.normal(8, 1, 60)
    >>> rated = pd.DataFrame({name: np.clip(common + generator.normal(0, 0.5, 60), 1, 10).round() for name in "abc"})
    >>> acsi_weights(rated, list("abc"))["estimate"].sum().round(6).item()
    1.0
    """
    check_level(level)
    names, design = _names(items), design_of(data, weights)
    ratings = _whole(read_ratings(data, names, check_scale((lowest, highest))))
    parts = design.domains(None)
    found = _component(design, ratings)
    n, df = (parts.sum(found.valid.astype(float)), parts.degrees(found.valid))
    error = np.sqrt(np.maximum(np.diag(_covariance(design, ratings, found)), 0)) if not found.note else np.nan
    values = found.weights if not found.note else np.full(len(names), np.nan)
    low, high = t_interval(values, error * np.ones(len(names)), np.repeat(df, len(names)), level)
    return estimates(
        pd.DataFrame(index=range(len(names))),
        term=names,
        estimate=values,
        std_error=error,
        low=low,
        high=high,
        n=np.repeat(n, len(names)),
        level=level,
        df=np.repeat(df, len(names)),
        method="first component, linearised",
        note=[found.note] * len(names),
    )


def _names(items: Sequence[str]) -> list[str]:
    names = names_of(items)
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise InvalidInput(
            _("An index needs at least two different items; {items} are given."), items=", ".join(names) or "0"
        )
    return names


def read_ratings(data: Data, names: Sequence[str], scale: Scale) -> Floats:
    """Read the ratings on 0–100, (rows, items)."""
    low, high = scale
    ratings = np.column_stack([answers_of(data, name, scale) for name in names])
    return np.asarray(100 * (ratings - low) / (high - low))


def _whole(ratings: Floats) -> Floats:
    """Take away the ratings of who did not rate every item."""
    lost: Bools = np.asarray(np.isnan(ratings).any(axis=1))
    return np.where(lost[:, None], np.nan, ratings)


def given_weights(given: ItemWeights, names: Sequence[str]) -> Floats:
    """Read the items' weights, scaled to add up to 1."""
    if isinstance(given, str):
        if given != "equal":
            raise InvalidInput(
                _('item_weights is "{given}"; give "equal", "component", or a number for each item.'), given=given
            )
        return np.full(len(names), 1 / len(names))
    numbers = [given.get(name, np.nan) for name in names] if isinstance(given, Mapping) else list(given)
    values = np.array(numbers, dtype=float)
    if values.shape != (len(names),) or not (np.isfinite(values) & (values > 0)).all():
        raise InvalidInput(
            _("item_weights must be {count} numbers above 0, one for each of {items}."),
            count=len(names),
            items=", ".join(names),
        )
    return np.asarray(values / values.sum())


def _left_out(data: Data, ratings: Floats, by: Names | None) -> list[bool]:
    """Groups in which more than a tenth of those who rated an item did not rate them all."""
    frame, missing = frame_of(data), np.isnan(ratings)
    inside = data.sampling.inside if isinstance(data, Design) else np.ones(len(frame), dtype=np.bool_)
    group, keys = groups(frame, names_of(by))
    there = np.bincount(group, inside & ~missing.all(axis=1), len(keys))
    whole = np.bincount(group, inside & ~missing.any(axis=1), len(keys))
    return [bool(out) for out in whole < 0.9 * there]


def _component(design: Design, ratings: Floats) -> Component:
    valid: Bools = np.asarray(~np.isnan(ratings[:, 0]) & design.sampling.inside)
    if valid.sum() < FEWEST:
        return Component.none(valid, ratings.shape[1], TOO_FEW_FOR_WEIGHTS)
    return first_component(ratings, design.sampling.weights, valid)


def _covariance(design: Design, ratings: Floats, found: Component) -> Floats:
    """Covariance of the items' weights."""
    replicates = design.sampling.replicates
    if replicates is not None:
        return replicate_covariance(
            replicates, lambda row: first_component(ratings, row, found.valid).weights, found.weights
        )
    return design.domains(None).variance(list((found.share[:, None] * found.influence).T))


def _by_component(design: Design, ratings: Floats, by: Names | None, level: float, min_n: int) -> pd.DataFrame:
    parts, found = design.domains(by), _component(design, ratings)
    n, df = parts.sum(found.valid.astype(float)), parts.degrees(found.valid)
    filled = np.where(found.valid[:, None], ratings, 0.0)
    averages = np.stack([parts.mean(column, found.valid) for column in filled.T], axis=1)
    index = averages @ found.weights if not found.note else np.full(parts.groups, np.nan)
    error = np.sqrt(np.maximum(_index_variance(design, parts, filled, averages, found), 0))
    fallback = korn_graubard(kish(found.valid, parts), n, df, level)
    low, high = bounded_interval(index, error, df, fallback, POINTS, level)
    told = (n >= 2) & ~np.isnan(index)
    notes = edge_notes(n, df, min_n, parts)
    return estimates(
        parts.keys,
        term="acsi",
        estimate=index,
        std_error=np.where(np.isnan(index), np.nan, error),
        low=np.where(told, low, np.nan),
        high=np.where(told, high, np.nan),
        n=n,
        level=level,
        df=df,
        method=f"{METHOD}, component",
        note=[found.note or note for note in notes],
    )


def _index_variance(design: Design, parts: Domains, filled: Floats, averages: Floats, found: Component) -> Floats:
    """Variance of each group's index: of its answers, and of the weights that all respondents gave."""
    if found.note:
        return np.full(parts.groups, np.nan)
    replicates = design.sampling.replicates
    if replicates is not None:
        return np.diag(replicate_covariance(replicates, _statistic(parts, filled, found), averages @ found.weights))
    known = np.nan_to_num(averages)
    weights = design.sampling.weights * found.valid
    own = weights * ((filled - known[parts.group]) @ found.weights) * ratio(1, parts.sum(weights))[parts.group]
    own = np.where(found.valid, np.nan_to_num(own), 0.0)
    common = found.share[:, None] * (found.influence @ known.T)
    columns = [common[:, group] + np.where(parts.group == group, own, 0.0) for group in range(parts.groups)]
    return np.diag(design.domains(None).variance(columns))


def _statistic(parts: Domains, filled: Floats, found: Component) -> Any:
    """Give the groups' indices as a function of the rows' weights."""

    def indices(row: Floats) -> Floats:
        counted = row * found.valid
        size = parts.sum(counted)
        averages = np.stack([ratio(parts.sum(counted * column), size) for column in filled.T], axis=1)
        return averages @ first_component(filled, row, found.valid).weights

    return indices
