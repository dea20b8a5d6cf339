"""Where the parts of a path diagram lie: factors in a column, arcs on their left, items on their right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from svclib.reports import words
from svclib.reports.charts.layout import PHONE
from svclib.stats.factor_models.fit import ConfirmatoryFit

_STEP = 25
"""Pixels from item to item."""
_GAP = 12
"""More of them between the items of two factors."""
_BOX = 19
_POINTS = 24
_LEAST = 0.15
"""Arcs of smaller correlations are drawn without their number."""


@dataclass(frozen=True, eq=False)
class Places:
    """Parts of the diagram in pixels, x to the right and y down.

    Attributes
    ----------
    factors, boxes : DataFrame
        ``x, y, x2, y2``.
    arms : DataFrame
        From factor to item: ``x, y, x2, y2, size, sign``.
    arcs : DataFrame
        Points of the arcs: ``line, step, x, y, size, sign``.
    texts : DataFrame
        ``part, x, y, text``.
    sizes : dict of str to int
        Size of the letters of each part.
    """

    factors: pd.DataFrame
    boxes: pd.DataFrame
    arms: pd.DataFrame
    arcs: pd.DataFrame
    texts: pd.DataFrame
    height: int
    sizes: dict[str, int] = field(default_factory=dict)


def places(fit: ConfirmatoryFit, group: Any, labels: Mapping[str, str] | None, width: int) -> Places:
    """Lay out the model of a group."""
    loadings, related = _of(fit, fit.loadings, group), _of(fit, fit.covariances, group)
    rows, centre, height = _heights(fit, loadings)
    narrow = width < PHONE
    small = 10 if narrow else 12
    share = (0.24, 0.52, 0.74) if narrow else (0.22, 0.42, 0.74)
    left, right, item_left = (round(one * width) for one in share)
    names = {one: _short(_named(one, labels), right - left - 8, small) for one in fit.factors}
    factors = pd.DataFrame(
        [{"x": left, "x2": right, "y": centre[one] - 15, "y2": centre[one] + 15} for one in fit.factors]
    )
    boxes = pd.DataFrame(
        [{"x": item_left, "x2": width - 4, "y": y - _BOX / 2, "y2": y + _BOX / 2} for y in rows.values()]
    )
    arms, numbers = _arms(loadings, rows, centre, right, item_left)
    arcs, told = _arcs(fit, related, centre, left)
    texts = [
        *({"part": "factor", "x": (left + right) / 2, "y": centre[one], "text": names[one]} for one in fit.factors),
        *(
            {
                "part": "item",
                "x": (item_left + width - 4) / 2,
                "y": y,
                "text": _short(_named(item, labels), width - 10 - item_left, small),
            }
            for item, y in rows.items()
        ),
        *numbers,
        *told,
    ]
    sizes = {"factor": small, "item": small, "number": small - 1}
    return Places(factors, boxes, arms, arcs, pd.DataFrame(texts), height, sizes)


def _of(fit: ConfirmatoryFit, frame: pd.DataFrame, group: Any) -> pd.DataFrame:
    if not fit.groups:
        return frame
    column = fit.solution.estimator.answers.groups
    wanted = str(fit.groups[0] if group is None else group)
    return frame[frame[column].astype(str) == wanted]


def _named(name: str, labels: Mapping[str, str] | None) -> str:
    return str((labels or {}).get(name, name))


def _short(name: str, room: int, size: int) -> str:
    """Cut a name that does not fit."""
    wide = [size if ord(letter) > 0x2E80 else 0.58 * size for letter in name]
    if sum(wide) <= room:
        return name
    kept = int(np.searchsorted(np.cumsum(wide), room - size))
    return name[:kept].rstrip() + "…"


def _heights(fit: ConfirmatoryFit, loadings: pd.DataFrame) -> tuple[dict[str, float], dict[str, float], int]:
    """Heights of the items, under the factor that names them first, and of the factors."""
    rows: dict[str, float] = {}
    at = _STEP / 2
    for factor in fit.factors:
        own = [item for item in loadings[loadings["factor"] == factor]["item"] if item not in rows]
        for item in own:
            rows[item] = at
            at += _STEP
        at += _GAP if own else 0
    centre = {
        factor: float(np.mean([rows[item] for item in loadings[loadings["factor"] == factor]["item"]]))
        for factor in fit.factors
    }
    return rows, centre, int(at - _GAP)


def _signed(value: float) -> dict[str, Any]:
    return {"size": min(abs(value), 1.0), "sign": "plus" if value >= 0 else "minus"}


def _arms(
    loadings: pd.DataFrame, rows: dict[str, float], centre: dict[str, float], right: int, item_left: int
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Lines from the factors to the items, and their numbers near the items."""
    arms, numbers = [], []
    for row in loadings.dropna(subset=["standardised"]).to_dict("records"):
        item, factor, value = str(row["item"]), str(row["factor"]), float(row["standardised"])
        start, end = centre[factor], rows[item]
        arms.append({"x": right, "y": start, "x2": item_left, "y2": end, **_signed(value)})
        share = 0.78
        x, y = right + share * (item_left - right), start + share * (end - start)
        numbers.append({"part": "number", "x": x, "y": y - 6, "text": words.number(value, 2)})
    return pd.DataFrame(arms), numbers


def _arcs(
    fit: ConfirmatoryFit, related: pd.DataFrame, centre: dict[str, float], left: int
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Arcs on the left of the factors, the wider the further apart, and their numbers at the widest place."""
    points, numbers = [], []
    most = max(len(fit.factors) - 1, 1)
    turn = np.linspace(0, np.pi, _POINTS)
    for row in related.dropna(subset=["standardised"]).to_dict("records"):
        first, second, value = str(row["first"]), str(row["second"]), float(row["standardised"])
        if first not in centre or second not in centre:
            continue
        span = abs(fit.factors.index(first) - fit.factors.index(second))
        reach = (left - 16) * (0.25 + 0.75 * span / most if most > 1 else 0.6)
        middle, half = (centre[first] + centre[second]) / 2, abs(centre[first] - centre[second]) / 2
        line = f"{first}~~{second}"
        xs, ys = left - reach * np.sin(turn), middle - half * np.cos(turn)
        points += [
            {"line": line, "step": step, "x": x, "y": y, **_signed(value)}
            for step, (x, y) in enumerate(zip(xs, ys, strict=True))
        ]
        if abs(value) >= _LEAST:
            numbers.append({"part": "number", "x": left - reach + 2, "y": middle, "text": words.number(value, 2)})
    columns = ["line", "step", "x", "y", "size", "sign"]
    return pd.DataFrame(points, columns=columns), numbers
