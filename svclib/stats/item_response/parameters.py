"""What is known of calibrated items: slopes, intercepts and asymptotes, as arrays and as a frame.

The logistic metric without the constant 1.7; ability θ is on the scale on which the items were calibrated. With K
categories (scores 0 … K − 1) an item has K − 1 intercepts:

=========  ==================================================================================================
model      probability
=========  ==================================================================================================
``rasch``  as ``2pl``, the slopes of all items 1
``2pl``    P(1) = L(a θ + d₁), b = −d₁ / a
``3pl``    P(1) = c + (upper − c) L(a θ + d₁)
``grm``    P(≥ k) = L(a θ + d_k), b_k = −d_k / a
``pcm``    as ``gpcm``, the slopes of all items 1
``gpcm``   log P(k) − log P(k − 1) = a θ + d_k, b_k = −d_k / a
=========  ==================================================================================================

Intercepts are kept beside the b, which run to infinity where an item does not discriminate.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, Objects, ratio
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.marks import _

MODELS = ("rasch", "2pl", "3pl", "grm", "pcm", "gpcm")
TWO_CATEGORIES = ("rasch", "2pl", "3pl")
"""Models of items that are right or wrong."""
CUMULATIVE = ("rasch", "2pl", "3pl", "grm")
"""Models whose intercepts belong to P(score ≥ k); the others compare neighbouring categories."""


@dataclass(frozen=True, eq=False)
class ItemParameters:
    """Calibrated items in slope-intercept form.

    Attributes
    ----------
    names : tuple of str
        J items.
    model : array of str, shape (J,)
        A name of `MODELS` each.
    categories : array of int, shape (J,)
        K: scores run from 0 to K − 1.
    slope : array, shape (J,)
    intercepts : array, shape (J, max K − 1)
        NaN behind an item's last.
    lower, upper : array, shape (J,)
        Asymptotes of P(1): 0 and 1 except in ``3pl``.
    """

    names: tuple[str, ...]
    model: Objects
    categories: Ints
    slope: Floats
    intercepts: Floats
    lower: Floats = field(default_factory=lambda: np.zeros(0))
    upper: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if not len(self.lower):
            object.__setattr__(self, "lower", np.zeros(len(self.names)))
        if not len(self.upper):
            object.__setattr__(self, "upper", np.ones(len(self.names)))

    def __len__(self) -> int:
        return len(self.names)

    @property
    def thresholds(self) -> Floats:
        """The b of each intercept, shape of `intercepts`; NaN where the slope is 0."""
        return ratio(-self.intercepts, np.broadcast_to(self.slope[:, None], self.intercepts.shape))

    @property
    def location(self) -> Floats:
        """Mean threshold of each item, shape (J,)."""
        there = ~np.isnan(self.thresholds)
        return ratio(np.where(there, self.thresholds, 0).sum(axis=1), there.sum(axis=1))

    @property
    def highest(self) -> Ints:
        """Highest score of each item, K − 1."""
        return self.categories - 1

    def take(self, rows: Any) -> ItemParameters:
        """Give the items at `rows` (positions or a mask)."""
        at = np.arange(len(self))[rows]
        return ItemParameters(
            tuple(self.names[i] for i in at), self.model[at], self.categories[at], self.slope[at],
            self.intercepts[at], self.lower[at], self.upper[at],
        )  # fmt: skip

    def named(self, names: Any) -> ItemParameters:
        """Give the items called `names`, in that order; a name that is not there raises `InvalidInput`."""
        place = {name: at for at, name in enumerate(self.names)}
        for name in names:
            if str(name) not in place:
                raise InvalidInput(
                    _('The item "{item}" has not been calibrated; leave it out or calibrate it.'), item=name
                )
        return self.take(np.array([place[str(name)] for name in names], dtype=int))

    def rescaled(self, slope: float, intercept: float) -> ItemParameters:
        """Give the same items on the scale θ* = slope · θ + intercept."""
        a = self.slope / slope
        return ItemParameters(
            self.names,
            self.model,
            self.categories,
            a,
            self.intercepts - (a * intercept)[:, None],
            self.lower,
            self.upper,
        )

    def frame(self) -> pd.DataFrame:
        """Give one row an item.

        ``item, model, categories, a, b`` (mean threshold), ``b1 …`` (where an item has more than two categories),
        ``c, upper, d1 …`` (intercepts).
        """
        thresholds, polytomous = self.thresholds, self.intercepts.shape[1] > 1
        columns: dict[str, Any] = {
            "item": list(self.names), "model": self.model, "categories": self.categories, "a": self.slope,
            "b": self.location,
        }  # fmt: skip
        if polytomous:
            columns |= {f"b{k + 1}": thresholds[:, k] for k in range(thresholds.shape[1])}
        columns |= {"c": self.lower, "upper": self.upper}
        return pd.DataFrame(columns | {f"d{k + 1}": self.intercepts[:, k] for k in range(self.intercepts.shape[1])})


def items_of(source: Any) -> ItemParameters:
    """Read calibrated items from a fit, an `ItemParameters`, or a frame as `ItemParameters.frame` gives.

    A frame needs ``item`` and ``a`` and either ``d1 …`` or ``b`` (``b1 …`` for items of more categories); ``model``,
    ``c`` and ``upper`` where they differ from a 2PL's.

    Raises
    ------
    InvalidInput
        If a column is absent, an item is there twice or has no threshold, or a number is impossible.

    Examples
    --------
    >>> items_of(pd.DataFrame({"item": ["q1"], "a": [2.0], "b": [0.5]})).intercepts.tolist()
    [[-1.0]]
    """
    if isinstance(source, ItemParameters):
        return source
    held = getattr(source, "parameters", None)
    if isinstance(held, ItemParameters):
        return held
    frame = check_frame(source).reset_index(drop=True)
    check_columns(frame, ["item", "a"])
    names = tuple(str(name) for name in frame["item"])
    twice = [name for name in names if names.count(name) > 1] if len(set(names)) < len(names) else []
    if twice:
        raise InvalidInput(_('The item "{item}" is there twice; keep one row an item.'), item=twice[0])
    slope = numbers(frame, "a")
    intercepts = _intercepts(frame, slope)
    categories = (~np.isnan(intercepts)).sum(axis=1) + 1
    _check(names, slope, categories)
    lower, upper = _column(frame, "c", 0.0), _column(frame, "upper", 1.0)
    _check_asymptotes(names, lower, upper)
    return ItemParameters(names, _models(frame, categories, lower, upper), categories, slope, intercepts, lower, upper)


def _column(frame: pd.DataFrame, name: str, default: float) -> Floats:
    if name not in frame.columns:
        return np.full(len(frame), default)
    values = numbers(frame, name)
    return np.where(np.isnan(values), default, values)


def _numbered(frame: pd.DataFrame, letter: str) -> Floats | None:
    columns = [f"{letter}{k}" for k in range(1, len(frame.columns) + 1) if f"{letter}{k}" in frame.columns]
    return np.column_stack([numbers(frame, name) for name in columns]) if columns else None


def _intercepts(frame: pd.DataFrame, slope: Floats) -> Floats:
    given = _numbered(frame, "d")
    if given is not None:
        return given
    steps = _numbered(frame, "b")
    if steps is None:
        check_columns(frame, ["b"])
        steps = numbers(frame, "b")[:, None]
    elif "b" in frame.columns:
        steps[:, 0] = np.where(np.isnan(steps).all(axis=1), numbers(frame, "b"), steps[:, 0])
    return -slope[:, None] * steps


def _models(frame: pd.DataFrame, categories: Ints, lower: Floats, upper: Floats) -> Objects:
    plain = np.where((lower > 0) | (upper < 1), "3pl", "2pl")
    default = np.where(categories > 2, "grm", plain).astype(object)
    if "model" not in frame.columns:
        return default
    given = np.array([str(name).lower() for name in frame["model"]], dtype=object)
    wrong = [name for name in given if name not in MODELS]
    if wrong:
        raise InvalidInput(
            _('"{model}" is no item response model; choose among {known}.'), model=wrong[0], known=", ".join(MODELS)
        )
    return given


def _check(names: tuple[str, ...], slope: Floats, categories: Ints) -> None:
    lost = np.flatnonzero(np.isnan(slope) | (categories < 2))
    if len(lost):
        raise InvalidInput(
            _('The item "{item}" has no slope or no threshold; calibrate it or leave it out.'), item=names[lost[0]]
        )


def _check_asymptotes(names: tuple[str, ...], lower: Floats, upper: Floats) -> None:
    wrong = np.flatnonzero((lower < 0) | (upper > 1) | (lower >= upper))
    if len(wrong):
        raise InvalidInput(
            _('The item "{item}" has impossible asymptotes; give 0 ≤ lower < upper ≤ 1.'),
            item=names[wrong[0]],
        )
