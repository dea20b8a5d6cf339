"""Why calibration fails: which margin the bounds keep out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
import pandas as pd
from scipy import sparse

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.design.margins import Margin
from svclib.stats.marks import _

_SLACK = 1e-9
"""Relative distance from a total below which the linear programme has met it."""


def unreachable(
    margins: Sequence[Margin], population: float | None, weights: Floats, tried: Floats, reach: tuple[float, float]
) -> NoReturn:
    """Raise `InvalidInput` for the margin that factors within `reach` cannot meet.

    First one that is out of reach by itself; then the one that stays furthest when all come as near as they can (a
    linear programme); then the one that `tried`, the weights where the search ended, miss the most.
    """
    for margin in margins:
        _check_alone(margin, population, weights, reach)
    met = _nearest(margins, population, weights, reach)
    position, far = _worst(margins, met)
    if far <= _SLACK:
        met = [margin.sums(tried) for margin in margins]
        position, far = _worst(margins, met)
    margin = margins[position]
    column = int(np.argmax(np.abs(met[position] - margin.population)))
    told: dict[str, Any] = {
        "where": _where(margin, column),
        "found": float(met[position][column]),
        "wanted": float(margin.population[column]),
    }
    if not np.isfinite(reach[1]):
        raise InvalidInput(
            _(
                "The margins contradict each other among these respondents: where the others hold, {where} comes to "
                "{found:.6g}, not {wanted:.6g}; mend one of them, or merge categories."
            ),
            **told,
        )
    raise InvalidInput(
        _(
            "The margins cannot all be met with weights between {low:g} and {high:g} times the given ones: where the "
            "others hold, {where} comes to {found:.6g}, not {wanted:.6g}; widen the bounds, or merge categories."
        ),
        low=reach[0],
        high=reach[1],
        **told,
    )


def _where(margin: Margin, column: int) -> str:
    return f'"{margin.column}"' if margin.numeric else f'"{margin.column}" = "{margin.labels[column]}"'


def _check_alone(margin: Margin, population: float | None, weights: Floats, reach: tuple[float, float]) -> None:
    if margin.block.values is not None:
        least = _extreme(margin.block.values, weights, population, reach)
        most = -_extreme(-margin.block.values, weights, population, reach)
        lows, highs = np.array([least]), np.array([most])
    else:
        sizes = margin.sums(weights)
        lows, highs = reach[0] * sizes, reach[1] * sizes
    rounding = _SLACK * np.abs(margin.population)
    out = (margin.population < lows - rounding) | (margin.population > highs + rounding)
    if out.any():
        column = int(np.argmax(out))
        _out_of_reach(margin, column, float(lows[column]), float(highs[column]), reach)


def _out_of_reach(margin: Margin, column: int, least: float, most: float, reach: tuple[float, float]) -> NoReturn:
    told: dict[str, Any] = {
        "where": _where(margin, column),
        "least": least,
        "most": most,
        "wanted": float(margin.population[column]),
    }
    if not np.isfinite(reach[1]):
        raise InvalidInput(
            _(
                "{where} is out of reach: whatever the weights, it comes to {least:.6g} up to {most:.6g}, not "
                "{wanted:.6g}; mend the margin."
            ),
            **told,
        )
    raise InvalidInput(
        _(
            "{where} is out of reach: with weights between {low:g} and {high:g} times the given ones it comes to "
            "{least:.6g} up to {most:.6g}, not {wanted:.6g}; widen the bounds, or merge categories."
        ),
        low=reach[0],
        high=reach[1],
        **told,
    )


def _extreme(values: Floats, weights: Floats, population: float | None, reach: tuple[float, float]) -> float:
    """Smallest sum of weights × values with factors within `reach` (and of the population's size, if known)."""
    low, high = reach
    order = np.argsort(values, kind="stable")
    x, w = values[order], weights[order]
    if population is None:
        return float((w * x * np.where(x > 0, low, np.where(x < 0, high, 1.0))).sum())
    if not np.isfinite(low):
        return -np.inf
    # everybody has the least; what is left of the population goes to the smallest values as far as there is room
    left, room = max(population - low * float(w.sum()), 0.0), np.minimum(w * (high - low), population)
    given = np.clip(left - (np.cumsum(room) - room), 0.0, room)
    return float(((low * w + given) * x).sum())


def _nearest(
    margins: Sequence[Margin], population: float | None, weights: Floats, reach: tuple[float, float]
) -> list[Floats]:
    """Come as near to all totals as the bounds allow: what each margin then comes to."""
    from scipy.optimize import linprog

    columns, cell_weights = _cells(margins, weights)
    wanted = np.concatenate([margin.population for margin in margins])
    if population is not None and all(margin.numeric for margin in margins):
        columns, wanted = np.vstack([columns, np.ones(len(cell_weights))]), np.append(wanted, population)
    size = np.maximum(np.abs(wanted), np.abs(columns) @ cell_weights * 1e-6)
    table = (columns * cell_weights) / size[:, None]
    rows = len(wanted)
    slack = sparse.eye(rows)
    cost = np.concatenate([np.zeros(len(cell_weights)), np.ones(2 * rows)])
    bounds = [reach] * len(cell_weights) + [(0.0, np.inf)] * (2 * rows)
    table = sparse.hstack([sparse.csr_matrix(table), slack, -slack])
    found = linprog(cost, A_eq=table, b_eq=wanted / size, bounds=bounds)
    best = np.ones(len(cell_weights)) if found.x is None else found.x[: len(cell_weights)]
    reached = columns @ (cell_weights * best)
    return np.split(reached, np.cumsum([margin.block.size for margin in margins]))[: len(margins)]


def _cells(margins: Sequence[Margin], weights: Floats) -> tuple[Floats, Floats]:
    """Rows alike in all margins as one: the margins' columns (columns, cells) and the weights of the cells."""
    keys: Any = np.column_stack(
        [one.block.code if one.block.values is None else one.block.values for one in margins]
    ).astype(float)
    frame = pd.DataFrame(keys).assign(weight=weights).groupby(list(range(len(margins))), sort=False).sum()
    parts = []
    for position, margin in enumerate(margins):
        key = frame.index.get_level_values(position).to_numpy(dtype=float)
        parts.append(key[None, :] if margin.numeric else (np.arange(margin.block.size)[:, None] == key).astype(float))
    return np.vstack(parts), frame["weight"].to_numpy(dtype=float)


def _worst(margins: Sequence[Margin], met: Sequence[Floats]) -> tuple[int, float]:
    far = [
        float(np.max(np.abs(found - margin.population) / np.maximum(np.abs(margin.population), 1e-300)))
        for margin, found in zip(margins, met, strict=True)
    ]
    return int(np.argmax(far)), max(far)
