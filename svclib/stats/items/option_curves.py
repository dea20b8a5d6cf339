"""How the choice of each option changes with the score on the other items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.estimate import check_level
from svclib.stats.intervals import wilson
from svclib.stats.items.choices import OMITTED, Chosen, read_choices
from svclib.stats.marks import _

COLUMNS = ("item", "option", "is_key", "score", "n", "share", "low", "high", "level")
_POINTS, _BINS = 41, 400
_BANDWIDTH = 0.9
"""Times sd · n^(−1/5): a little narrower than is best for the curve, so that the band need not count its bias."""
_FEWEST = 5
"""Points of a curve with the weight of fewer candidates are left out."""


def option_curves(
    choices: pd.DataFrame,
    key: Mapping[str, Any] | pd.Series | None = None,
    *,
    scores: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
    method: Literal["smooth", "groups"] = "smooth",
    groups: int = 5,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the share that chooses each option at each score on the other items.

    Parameters
    ----------
    choices, key, scores, states
        As in `distractors`.
    method : {"smooth", "groups"}
        Kernel-smoothed (Ramsay 1991; normal kernel, width 0.9 sd n^(−1/5)), or by groups of about equal size.
    groups : int
        Score groups; equal scores stay together.
    level : float
        Of the bands (Wilson, at the effective number of candidates).

    Returns
    -------
    DataFrame
        ``item, option, is_key, score`` (mean share right on the other items), ``n`` (candidates behind the point, an
        effective number for smooth curves), ``share, low, high, level``.

    Raises
    ------
    InvalidInput
        As in `distractors`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> picks = pd.DataFrame(np.where(rng.random((60, 8)) < rng.random((60, 1)), "a", "b"), columns=list("stuvwxyz"))
    >>> curve = option_curves(picks, dict.fromkeys(picks, "a"), method="groups", groups=3)
    >>> curve.query("item == 's' and is_key")["share"].is_monotonic_increasing
    True
    """
    check_level(level)
    if method not in ("smooth", "groups"):
        raise InvalidInput(_("method is {value}; choose among {known}."), value=repr(method), known="smooth, groups")
    if not 2 <= groups <= 50:
        raise InvalidInput(_("groups is {groups}; give a number from 2 to 50."), groups=groups)
    chosen = read_choices(choices, key, scores, states)
    parts = [_item(chosen, item, method, groups, level) for item in chosen.items]
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({name: [] for name in COLUMNS})


def _item(chosen: Chosen, item: int, method: str, groups: int, level: float) -> pd.DataFrame:
    options, rest = chosen.options(item), chosen.exam.rest(item)
    known = ~np.isnan(rest)
    if not known.any():
        return pd.DataFrame()
    names = [*options.names, OMITTED]
    codes = np.where(options.codes >= 0, options.codes, len(options.names))[known]
    bins, centre = _binned(rest[known])
    table = np.bincount(codes * len(centre) + bins, minlength=len(names) * len(centre)).reshape(len(names), -1)
    where, n, share = _grouped(table, centre, groups) if method == "groups" else _smooth(table, centre)
    low, high = wilson(share, np.broadcast_to(n, share.shape), level)
    kept = [place for place, row in enumerate(table) if row.any() or names[place] in options.keys]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "item": chosen.exam.names[item], "option": names[place], "is_key": names[place] in options.keys,
                    "score": where, "n": n, "share": share[place], "low": low[place], "high": high[place],
                    "level": level,
                }
            )
            for place in kept
        ],
        ignore_index=True,
    )  # fmt: skip


def _binned(rest: Floats) -> tuple[Any, Floats]:
    """Number the rest scores, by value or, where they have very many, in narrow bins."""
    values, place = np.unique(np.round(rest, 9), return_inverse=True)
    if len(values) <= _BINS:
        return place, values
    edges = np.linspace(values[0], values[-1], _BINS + 1)
    return np.clip(np.searchsorted(edges, rest, side="right") - 1, 0, _BINS - 1), (edges[1:] + edges[:-1]) / 2


def _grouped(table: Any, centre: Floats, groups: int) -> tuple[Floats, Floats, Floats]:
    """Shares in groups of about equal size."""
    n = table.sum(axis=0)
    middle = (np.cumsum(n) - n / 2) / n.sum()
    group = np.minimum((middle * groups).astype(int), groups - 1)
    member = (group == np.unique(group)[:, None]).astype(float)
    size = member @ n
    return (
        ratio(member @ (n * centre), size),
        size,
        ratio(table @ member.T, np.broadcast_to(size, (len(table), len(size)))),
    )


def _smooth(table: Any, centre: Floats) -> tuple[Floats, Floats, Floats]:
    """Nadaraya–Watson shares at even scores, where enough candidates are near."""
    n = table.sum(axis=0).astype(float)
    mean = n @ centre / n.sum()
    width = _BANDWIDTH * float(np.sqrt(n @ (centre - mean) ** 2 / n.sum())) * n.sum() ** -0.2
    if width <= 0:
        return centre, n, ratio(table, np.broadcast_to(n, table.shape))
    points = np.linspace(centre[0], centre[-1], _POINTS)
    kernel = np.exp(-0.5 * ((points[:, None] - centre) / width) ** 2)
    near = kernel @ n
    effective = ratio(near**2, kernel**2 @ n)
    kept = effective >= min(_FEWEST, n.sum())
    share = ratio(table @ kernel.T, np.broadcast_to(near, (len(table), len(near))))
    return points[kept], effective[kept], share[:, kept]
