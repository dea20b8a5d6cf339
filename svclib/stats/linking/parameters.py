"""Calibrated items with the covariance of what was estimated, and how their curves move with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.columns import check_frame
from svclib.stats.item_response.curves import with_slopes
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.marks import _

SLOPE, LOWER, UPPER = -1, -2, -3
"""Kinds of a free parameter; intercepts are 0, 1, …"""
_STEP = 1e-5
"""Of a central difference: curves are of size 1, so that its error is near 1e-10."""


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Items and the covariance of their free parameters.

    Attributes
    ----------
    items : ItemParameters
    place : array of int, shape (P,)
        Item of each free parameter.
    kind : array of int, shape (P,)
        `SLOPE`, `LOWER`, `UPPER`, or the number of an intercept.
    cov : array, shape (P, P)
    known : bool
        Whether a covariance was given.
    """

    items: ItemParameters
    place: Ints
    kind: Ints
    cov: Floats
    known: bool

    def __len__(self) -> int:
        return len(self.place)


def calibrated(source: Any, vcov: Any = None) -> Calibrated:
    """Read calibrated items with the covariance of the fit, or the labelled frame `vcov`.

    Labels are pairs (item, parameter) or texts that begin with the item's name (``q1.a``); parameters are ``a``,
    ``d`` or ``d1 …``, ``b`` or ``b1 …``, ``c`` (in the covariance of a fit its logit) and ``upper``; rows of other
    things (means of groups) are left out.
    """
    items = items_of(source)
    given = getattr(source, "vcov", None) if vcov is None else vcov
    if given is None or (isinstance(source, pd.DataFrame) and vcov is None):
        return Calibrated(items, np.zeros(0, int), np.zeros(0, int), np.zeros((0, 0)), False)
    frame = check_frame(given)
    labels = _labels(list(frame.index), items)
    at = [i for i, label in enumerate(labels) if label is not None]
    known = [label for label in labels if label is not None]
    cov = frame.to_numpy(dtype=float)[np.ix_(at, at)]
    if not known or np.isnan(cov).any():
        return Calibrated(items, np.zeros(0, int), np.zeros(0, int), np.zeros((0, 0)), False)
    return _with_intercepts(items, known, cov, logit=vcov is None)


_Label = tuple[int, str]


def _labels(labels: list[Any], items: ItemParameters) -> list[_Label | None]:
    places = {name: at for at, name in enumerate(items.names)}
    return [_label(label, places) for label in labels]


def _label(label: Any, places: dict[str, int]) -> _Label | None:
    if isinstance(label, tuple):
        name, parameter = str(label[0]), str(label[1])
    else:
        text = str(label)
        name = max((one for one in places if text.startswith(one)), key=len, default="")
        parameter = text[len(name) :].strip(" .:_[]")
    return (places[name], _canonical(parameter)) if name in places and _canonical(parameter) else None


def _canonical(parameter: str) -> str:
    text = parameter.lower()
    short = {"slope": "a", "a1": "a", "d": "d1", "b": "b1", "g": "c", "lower": "c", "u": "upper", "intercept": "d1"}
    text = short.get(text, text)
    return text if text in ("a", "c", "upper") or (text[:1] in "db" and text[1:].isdigit()) else ""


def _with_intercepts(items: ItemParameters, labels: list[_Label], cov: Floats, *, logit: bool) -> Calibrated:
    """Turn covariances of thresholds into those of intercepts, d = −a b, and of logits into those of asymptotes."""
    place = np.array([at for at, _parameter in labels])
    kind = np.array([_kind(parameter) for _at, parameter in labels])
    beyond = np.flatnonzero(kind >= items.highest[place])
    if len(beyond):
        raise InvalidInput(
            _('The covariances name a threshold that the item "{item}" has not; give those of the same fit.'),
            item=items.names[place[beyond[0]]],
        )
    turn = np.eye(len(labels))
    thresholds = items.thresholds
    for row, (at, parameter) in enumerate(labels):
        if parameter == "c" and logit:
            turn[row, row] = items.lower[at] * (1 - items.lower[at])
        if parameter[0] != "b":
            continue
        k = int(parameter[1:]) - 1
        turn[row, row] = -items.slope[at]
        turn[row, (place == at) & (kind == SLOPE)] = -thresholds[at, k]
    return Calibrated(items, place, kind, turn @ cov @ turn.T, True)


def _kind(parameter: str) -> int:
    if parameter[0] in "db":
        return int(parameter[1:]) - 1
    return {"a": SLOPE, "c": LOWER, "upper": UPPER}[parameter]


def moved(items: ItemParameters, kind: int, step: float, rows: Bools | None = None) -> ItemParameters:
    """Give the items with one kind of parameter of every item (or of `rows`) moved by `step`."""
    by = np.where(np.ones(len(items), bool) if rows is None else rows, step, 0.0)
    slope, intercepts, lower, upper = items.slope, items.intercepts, items.lower, items.upper
    if kind == SLOPE:
        slope = slope + by
    elif kind == LOWER:
        lower = lower + by
    elif kind == UPPER:
        upper = upper + by
    else:
        intercepts = intercepts.copy()
        intercepts[:, kind] += by
    return ItemParameters(items.names, items.model, items.categories, slope, intercepts, lower, upper)


def by_parameters(form: Calibrated, curve: Callable[[ItemParameters], Floats]) -> Floats:
    """Differentiate curves of single items (J × …) by each free parameter: P × …, of its own item."""
    shape = curve(form.items).shape[1:]
    out = np.zeros((len(form), *shape))
    for kind in np.unique(form.kind):
        rows = np.flatnonzero(form.kind == kind)
        up, down = (curve(moved(form.items, int(kind), sign * _STEP)) for sign in (1.0, -1.0))
        out[rows] = ((up - down) / (2 * _STEP))[form.place[rows]]
    return out


def chances(items: ItemParameters, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Category probabilities of the items at `theta` and their derivatives by θ, each J × K × Q."""
    return with_slopes(items, theta)


def expected_curves(items: ItemParameters, theta: Floats) -> tuple[Floats, Floats, Floats]:
    """Expected score of each item and its derivatives by θ, each J × Q."""
    scores = np.arange(items.intercepts.shape[1] + 1.0)
    first, second, third = (np.einsum("jkq,k->jq", part, scores) for part in with_slopes(items, theta))
    return first, second, third
