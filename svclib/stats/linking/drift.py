"""Anchors that moved: between two calibrations or two administrations, each judged against the others.

=================  ====================================================================================================
``robust_z``       (difference − median) / (0.74 · interquartile range) of the differences of thresholds (Huynh & Meyer
                   2010)
``distance``       perpendicular distance from the principal axis of the pairs (thresholds, or Angoff's deltas 13 + 4 z)
``d2``             mean squared distance of the item's curves over abilities
``displacement``   threshold on the old scale less the old one, with its standard error, the link's included
=================  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.estimate import check_level
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.linking.anchors import Anchored, pair_anchors
from svclib.stats.linking.delta import Administrations, read_administrations
from svclib.stats.linking.link import POINTS, Link, Quadrature, link_pair, nodes
from svclib.stats.linking.notes import LinkNote
from svclib.stats.linking.parameters import by_parameters, calibrated, chances
from svclib.stats.marks import _

THRESHOLDS = {"robust_z": 1.96, "distance": 3.0, "d2": 0.01, "displacement": 1.96, "delta_plot": 1.5}
"""Beyond them an anchor is flagged: z values; robust standard deviations of the distances or points of delta;
mean squared distance of the curves (0.01: a tenth of the scale of chances)."""
LEAST_MOVED = 0.3
"""Thresholds that differ by less (in units of ability) move no pass mark that matters, however alike the others."""
LEAST_DELTA = 0.7
"""The same in points of delta: 4 / 1.7 times as much."""
_FEWEST = 3
"""Anchors that are always kept: two always lie on a line."""
_Rule = tuple[str, float, float]
"""Statistic, its threshold, least difference."""
_CALIBRATIONS = ("robust_z", "distance", "d2", "displacement")


@dataclass(frozen=True, eq=False, repr=False)
class Drift:
    """Which anchors moved.

    Attributes
    ----------
    frame : DataFrame
        One row an anchor: its statistics against the anchors that were kept in the end, ``flagged, kept, note``.
    steps : DataFrame
        One row a purge: ``step, item, statistic, slope, intercept`` (the link without it), ``kept``.
    effects : DataFrame
        One row an anchor: what leaving it alone out does to the link (``slope_change, intercept_change``) and, where
        `cut` was given, to the equated pass mark (``cut_change``).
    kept, dropped : tuple of str
    method : str
    link : Link, optional
        By the anchors kept; None for administrations.
    """

    frame: pd.DataFrame
    steps: pd.DataFrame
    effects: pd.DataFrame
    kept: tuple[str, ...]
    dropped: tuple[str, ...]
    method: str
    threshold: float
    link: Link | None = None
    notes: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        head = f"Drift by {self.method}: {len(self.dropped)} of {len(self.frame)} anchors ({', '.join(self.dropped)})"
        return "\n".join([head if self.dropped else head.split(" (")[0], self.frame.round(3).to_string(index=False)])


def anchor_drift(
    new: Any,
    old: Any,
    *,
    anchors: Sequence[str] | None = None,
    method: str | None = None,
    threshold: float | None = None,
    least: float = LEAST_MOVED,
    purge: bool = True,
    link_method: str = "stocking_lord",
    quadrature: Quadrature = POINTS,
    vcov: tuple[Any, Any] | None = None,
    cut: float | None = None,
    level: float = 0.95,
) -> Drift:
    """Find the anchor items that moved between two calibrations or two administrations.

    Parameters
    ----------
    new, old : fits, item frames, or responses (candidates × items of 0 and 1)
    anchors : list of str, optional
        Without it every name in common.
    method : {"robust_z", "distance", "d2", "displacement", "delta_plot"}, optional
        Which statistic flags; all are in the frame. Calibrations take the first four, responses ``delta_plot`` (their
        default; it finds shifts of 1.5 units of ability and more) and ``robust_z`` of the deltas (from 0.3 on).
        Default for calibrations ``robust_z``.
    threshold : float, optional
        Default `THRESHOLDS`; for ``distance`` in robust standard deviations, for ``delta_plot`` in points of delta
        (1.5; Angoff & Ford 1973).
    least : float
        Least difference of thresholds that ``robust_z``, ``distance`` and ``displacement`` may flag.
    purge : bool
        Whether the worst flagged anchor is left out and the rest judged anew until none is flagged or 3 are left.
    link_method, quadrature, vcov
        As in `stats.link`.
    cut : float, optional
        Pass mark of the old form as a sum score, for the effect of each anchor on the new form's.
    level : float

    Returns
    -------
    Drift
        ``.frame .steps .effects .kept .dropped .link``.

    Raises
    ------
    InvalidInput
        With fewer than 3 anchors, responses that are not 0 and 1, or an unknown method.

    Examples
    --------
    >>> from svclib.demo.forms_pair import calibrations
    >>> anchor_drift(*calibrations(drift={"A03": 0.9})).dropped
    ('A03',)
    """
    check_level(level)
    if _are_responses(new) and _are_responses(old):
        return _delta(read_administrations(new, old, anchors, _FEWEST), method, threshold, purge)
    chosen = _method(method or "robust_z", _CALIBRATIONS)
    first, second = vcov if vcov is not None else (None, None)
    pair = pair_anchors(calibrated(new, first), calibrated(old, second), anchors, _FEWEST)
    limit = _limit(chosen, threshold)
    grid = nodes(quadrature)
    whole = link_pair(pair, link_method, grid, level)
    rule = (chosen, limit, 0.0 if chosen == "d2" else least)
    link, steps = _purge(whole, rule, grid) if purge else (whole, _purge(whole, rule, grid, rounds=0)[1])
    table = _judged(link, pair, rule)
    effects = _effects(whole, grid, cut)
    dropped = tuple(name for name in pair.names if name not in link.anchors)
    notes = [str(LinkNote.TOO_FEW_LEFT)] if len(link.anchors) <= _FEWEST and table["flagged"].any() else []
    return Drift(table, steps, effects, link.anchors, dropped, chosen, limit, link, tuple(notes))


def _are_responses(data: Any) -> bool:
    return isinstance(data, pd.DataFrame) and not {"item", "a"} <= set(data.columns)


def _method(method: str, known: Sequence[str]) -> str:
    if method not in known:
        raise InvalidInput(
            _('method: "{method}" finds no drift here; choose among {known}.'), method=method, known=", ".join(known)
        )
    return method


def _limit(method: str, threshold: float | None) -> float:
    if threshold is None:
        return THRESHOLDS[method]
    if not threshold > 0:
        raise InvalidInput(_("threshold is {threshold}; give a number above 0."), threshold=threshold)
    return float(threshold)


def drift_table(link: Link) -> pd.DataFrame:
    """Statistics of every anchor of a link."""
    return _judged(link, link.pair, ("robust_z", THRESHOLDS["robust_z"], LEAST_MOVED))


def _purge(
    link: Link, rule: _Rule, grid: tuple[Floats, Floats], rounds: int | None = None
) -> tuple[Link, pd.DataFrame]:
    rows: list[dict[str, Any]] = []
    while len(link.anchors) > _FEWEST and len(rows) != rounds:
        table = statistics(link, link.pair, np.ones(len(link.anchors), bool))
        size = _sizes(table, rule)
        worst = int(size.argmax())
        if size[worst] <= rule[1]:
            break
        name = link.anchors[worst]
        link = link_pair(link.pair.without(name), link.method, grid, link.level)
        rows.append(
            {
                "step": len(rows) + 1, "item": name, "statistic": table[_column(rule[0])].iloc[worst],
                "slope": link.slope, "intercept": link.intercept, "kept": len(link.anchors),
            }
        )  # fmt: skip
    return link, pd.DataFrame(rows, columns=["step", "item", "statistic", "slope", "intercept", "kept"])


def _sizes(table: pd.DataFrame, rule: _Rule) -> Floats:
    """Sizes of the statistic; 0 where there is none, or where the anchor moved less than what matters."""
    size = np.abs(table[_column(rule[0])].to_numpy(dtype=float))
    moved = np.abs(table["difference"].to_numpy(dtype=float)) >= rule[2]
    return np.where(np.isnan(size) | ~(moved | (rule[2] <= 0)), 0.0, size)


def _column(method: str) -> str:
    return {"distance": "distance_z", "displacement": "z"}.get(method, method)


def _judged(link: Link, pair: Anchored, rule: _Rule) -> pd.DataFrame:
    kept = np.array([name in link.anchors for name in pair.names])
    table = statistics(link, pair, kept)
    lost = [str(LinkNote.NO_SLOPE) if np.isnan(one) else "" for one in table["difference"]]
    return table.assign(flagged=_sizes(table, rule) > rule[1], kept=kept, note=lost)


def statistics(link: Link, pair: Anchored, kept: Bools) -> pd.DataFrame:
    """Every statistic of drift of the anchors of `pair`; medians, spreads and axes are those of the `kept` ones."""
    new, old = pair.pair
    moved = new.rescaled(link.slope, link.intercept)
    there, before = moved.location, old.location
    difference = there - before
    spread, z_slope = robust_z(difference, kept), robust_z(_log_ratio(moved.slope, old.slope), kept)
    distance = perpendicular(before, new.location, kept)
    error = _displacement_errors(link, pair)
    return pd.DataFrame(
        {
            "item": list(pair.names), "new": there, "old": before, "difference": difference, "std_error": error,
            "z": ratio(difference, error), "robust_z": spread, "robust_z_slope": z_slope, "distance": distance,
            "distance_z": robust_z(distance, kept), "d2": _curve_distance(moved, old),
        }
    )  # fmt: skip


def _log_ratio(first: Floats, second: Floats) -> Floats:
    share = ratio(first, second)
    return np.log(share, out=np.full(len(share), np.nan), where=share > 0)


def _reference(values: Floats, kept: Bools) -> Floats:
    chosen = kept & np.isfinite(values)
    return values[chosen]


def robust_z(values: Floats, kept: Bools) -> Floats:
    """Distance from the median in robust standard deviations, 0.74 times the interquartile range.

    >>> robust_z(np.array([0.0, 1, 2, 3, 40]), np.ones(5, bool)).round(2).tolist()
    [-1.35, -0.68, 0.0, 0.68, 25.68]
    """
    of = _reference(values, kept)
    if len(of) < 2:
        return np.full(len(values), np.nan)
    low, middle, high = np.quantile(of, [0.25, 0.5, 0.75])
    return ratio(values - middle, 0.74 * (high - low) if high - low > 1e-12 else 0.0)


def perpendicular(first: Floats, second: Floats, kept: Bools) -> Floats:
    """Signed distance of each pair from the principal axis of the `kept` ones; positive above it."""
    use = kept & np.isfinite(first) & np.isfinite(second)
    if use.sum() < 2:
        return np.full(len(first), np.nan)
    slope, intercept = principal_axis(first[use], second[use])
    return np.asarray((second - slope * first - intercept) / np.sqrt(slope**2 + 1))


def principal_axis(first: Floats, second: Floats) -> tuple[float, float]:
    """Slope and intercept of the line from which squared distances are least (Angoff 1982)."""
    x, y = first - first.mean(), second - second.mean()
    apart, product = float(y @ y - x @ x), float(x @ y)
    if abs(product) < 1e-12 * max(float(x @ x + y @ y), 1e-300):
        return (1.0, float(second.mean() - first.mean()))
    slope = (apart + np.sqrt(apart**2 + 4 * product**2)) / (2 * product)
    return slope, float(second.mean() - slope * first.mean())


def _curve_distance(new: ItemParameters, old: ItemParameters) -> Floats:
    theta, weights = nodes(POINTS)
    apart = (chances(new, theta)[0] - chances(old, theta)[0]) ** 2
    return np.asarray((apart * weights).sum(axis=(1, 2)) / old.categories)


def _displacement_errors(link: Link, pair: Anchored) -> Floats:
    """Delta method: the anchor's own parameters and the link move together."""
    if not pair.known or link.jacobian.shape[1] != len(pair.new) + len(pair.old):
        return np.full(len(pair.names), np.nan)
    new, old = pair.new.items, pair.old.items
    steps = np.outer(new.location[pair.at_new], link.jacobian[0]) + link.jacobian[1]
    for which, form, scale, first in (("new", pair.new, link.slope, 0), ("old", pair.old, -1.0, len(pair.new))):
        by = by_parameters(form, lambda items: items.location)
        rows = pair.rows(which)
        at = np.flatnonzero(rows >= 0)
        steps[rows[at], first + at] += scale * by[at]
    variance = np.einsum("jp,pq,jq->j", steps, pair.cov, steps, optimize=True)
    return np.sqrt(np.maximum(np.where(np.isfinite(old.location[pair.at_old]), variance, np.nan), 0))


def _effects(link: Link, grid: tuple[Floats, Floats], cut: float | None) -> pd.DataFrame:
    """What the link and the pass mark would be without each anchor alone."""
    from svclib.stats.linking.items import cut_of

    rows = []
    whole_cut = cut_of(link, cut) if cut is not None else np.nan
    for name in link.anchors:
        one = link_pair(link.pair.without(name), link.method, grid, link.level)
        row = {
            "item": name, "slope_change": one.slope - link.slope, "intercept_change": one.intercept - link.intercept,
        }  # fmt: skip
        if cut is not None:
            row["cut_change"] = cut_of(one, cut) - whole_cut
        rows.append(row)
    return pd.DataFrame(rows)


def _delta_sizes(given: Administrations, method: str, distance: Floats, kept: Bools) -> Floats:
    """Size of the statistic that flags; 0 where there is no delta, or where the item moved less than what matters."""
    if method == "delta_plot":
        return np.nan_to_num(np.abs(distance))
    difference = given.new - given.old
    middle = np.median(difference[kept]) if kept.any() else np.nan
    large = np.abs(difference - middle) >= LEAST_DELTA
    return np.where(large, np.nan_to_num(np.abs(robust_z(difference, kept))), 0.0)


def _delta(given: Administrations, method: str | None, threshold: float | None, purge: bool) -> Drift:
    chosen = _method(method or "delta_plot", ("delta_plot", "robust_z"))
    limit = _limit(chosen, threshold)
    kept = np.isfinite(given.new) & np.isfinite(given.old)
    rows: list[dict[str, Any]] = []
    distance = perpendicular(given.old, given.new, kept)
    while purge and kept.sum() > _FEWEST:
        size = np.where(kept, _delta_sizes(given, chosen, distance, kept), 0)
        worst = int(size.argmax())
        if not size[worst] > limit:
            break
        kept = kept & (np.arange(len(kept)) != worst)
        row = {"step": len(rows) + 1, "item": given.names[worst], "statistic": size[worst], "kept": int(kept.sum())}
        distance = perpendicular(given.old, given.new, kept)
        slope, intercept = principal_axis(given.old[kept], given.new[kept])
        rows.append(row | {"slope": slope, "intercept": intercept})
    columns = ["step", "item", "statistic", "slope", "intercept", "kept"]
    table = given.table(distance, robust_z(given.new - given.old, kept))
    table = table.assign(flagged=_delta_sizes(given, chosen, distance, kept) > limit, kept=kept, note=given.notes)
    names = np.array(given.names, dtype=object)
    used = np.isfinite(given.new) & np.isfinite(given.old)
    return Drift(
        table, pd.DataFrame(rows, columns=columns), given.effects(), tuple(names[kept]), tuple(names[used & ~kept]),
        chosen, limit,
    )  # fmt: skip
