"""Weights that meet known margins: post-stratification (Holt and Smith 1979) and raking (Deming and Stephan 1940)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_columns
from svclib.stats.design.sampling import Adjustment, Sampling
from svclib.stats.marks import _

_PASSES = 10
"""Rounds over the margins that take a raked margin's means out of the residuals."""
_AGREE = 1e-9
"""Relative difference of two population totals that counts as rounding."""


@dataclass(frozen=True)
class Margin:
    """A column's categories as the population has them.

    Attributes
    ----------
    column : str
    group : (rows,) int
        Category of a row.
    population : (categories,) float
    """

    column: str
    group: Ints
    population: Floats


def read_margin(data: pd.DataFrame, column: str, population: Mapping[Any, float] | pd.Series) -> Margin:
    """Read and check one margin: every category of the column, and no other, with its population above 0."""
    check_columns(data, [column])
    series = data[column]
    if series.isna().any():
        raise InvalidInput(
            _('The column "{column}" is empty in {count} rows; a margin needs a category for each respondent.'),
            column=column,
            count=int(series.isna().sum()),
        )
    known = _population(column, population)
    labels = list(known)
    group = pd.Index(labels).get_indexer(pd.Index(series.astype(object)))
    _check_categories(column, series, group, labels)
    return Margin(column, group.astype(np.int64), np.array([known[one] for one in labels]))


def _population(column: str, given: Mapping[Any, float] | pd.Series) -> dict[Any, float]:
    if not isinstance(given, Mapping | pd.Series):
        raise InvalidInput(
            _('The margin of "{column}" must give each category its population, as a dict or a series; not {kind}.'),
            column=column,
            kind=type(given).__name__,
        )
    known = {}
    for category, count in given.items():
        known[category] = _count(column, category, count)
    return known


def _count(column: str, category: Any, count: Any) -> float:
    try:
        number = float(count)
    except (TypeError, ValueError):
        number = np.nan
    if not 0 < number < np.inf:
        raise InvalidInput(
            _('The population of "{category}" in the margin "{column}" is {count}; give a number above 0.'),
            category=str(category),
            column=column,
            count=str(count),
        )
    return number


def _check_categories(column: str, series: pd.Series, group: Ints, labels: list[Any]) -> None:
    strangers = pd.unique(series[group < 0].astype(object))
    if len(strangers):
        raise InvalidInput(
            _(
                'The margin of "{column}" has no population for "{category}"; add it, or merge it with another '
                "category."
            ),
            column=column,
            category=str(strangers[0]),
        )
    empty = np.setdiff1d(np.arange(len(labels)), group)
    if len(empty):
        raise InvalidInput(
            _('Nobody in "{column}" is "{category}", which the margin names; merge it with another category.'),
            column=column,
            category=str(labels[empty[0]]),
        )


def check_totals(margins: Sequence[Margin]) -> None:
    """Raise `InvalidInput` if the margins speak of populations of different size."""
    totals = [margin.population.sum() for margin in margins]
    for margin, total in zip(margins, totals, strict=True):
        if abs(total - totals[0]) > _AGREE * totals[0]:
            raise InvalidInput(
                _(
                    'The margins disagree: "{first}" adds up to {total:.10g} and "{second}" to {other:.10g}; '
                    "give all the same population."
                ),
                first=margins[0].column,
                total=float(totals[0]),
                second=margin.column,
                other=float(total),
            )


def poststratified(sampling: Sampling, margin: Margin) -> Sampling:
    """Scale the weights to the margin; residuals lose their weighted mean in each category."""
    old = sampling.weights
    size = _sizes(margin, old)
    new = old * (margin.population / size)[margin.group]
    step = Adjustment(margin.group, new, old / new, size)
    return _with(sampling, new, [step], passes=1)


def raked(sampling: Sampling, margins: Sequence[Margin], *, tolerance: float, rounds: int) -> Sampling:
    """Scale the weights to each margin in turn until all hold.

    Raises
    ------
    InvalidInput
        If they do not within `rounds`.
    """
    weights = sampling.weights
    for _round in range(rounds):
        for margin in margins:
            weights = weights * (margin.population / _sizes(margin, weights))[margin.group]
        if all(_far(margin, weights) <= tolerance for margin in margins):
            steps = [_raking_step(margin, weights) for margin in margins]
            return _with(sampling, weights, steps, passes=_PASSES)
    worst = max(margins, key=lambda margin: _far(margin, weights))
    raise InvalidInput(
        _(
            'Raking did not reach the margin "{column}" in {rounds} rounds (still {far:.2g} away); merge small '
            "categories, or allow more rounds."
        ),
        column=worst.column,
        rounds=rounds,
        far=_far(worst, weights),
    )


def _sizes(margin: Margin, weights: Floats) -> Floats:
    return np.bincount(margin.group, weights, len(margin.population)).astype(np.float64)


def _far(margin: Margin, weights: Floats) -> float:
    """Largest relative distance of the weighted sizes from the margin."""
    return float(np.max(np.abs(_sizes(margin, weights) / margin.population - 1)))


def _raking_step(margin: Margin, weights: Floats) -> Adjustment:
    counts = np.bincount(margin.group, minlength=len(margin.population)).astype(np.float64)
    return Adjustment(margin.group, weights, 1 / weights, counts)


def _with(sampling: Sampling, weights: Floats, steps: list[Adjustment], *, passes: int) -> Sampling:
    start = len(sampling.adjustments)
    order = tuple(range(start, start + len(steps))) * passes
    return replace(
        sampling,
        weights=weights,
        adjustments=(*sampling.adjustments, *steps),
        order=(*sampling.order, *order),
    )
