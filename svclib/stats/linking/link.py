"""The link of two calibrations: what turns abilities and items of a new form to the scale of the old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri, roots_hermitenorm

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.estimate import check_level, estimates
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.linking.anchors import Anchored, pair_anchors
from svclib.stats.linking.curves import METHODS as CURVES
from svclib.stats.linking.curves import curve_link
from svclib.stats.linking.moments import METHODS as MOMENTS
from svclib.stats.linking.moments import moment_link
from svclib.stats.linking.notes import ANCHOR_SHARE, FEW_ANCHORS, LinkNote
from svclib.stats.linking.parameters import calibrated
from svclib.stats.marks import _

POINTS = 61
Quadrature = int | tuple[Sequence[float], Sequence[float]]


@dataclass(frozen=True, eq=False, repr=False)
class Link:
    """θ_old = slope · θ_new + intercept.

    Attributes
    ----------
    slope, intercept : float
    frame : DataFrame
        The estimate's columns, rows ``slope`` and ``intercept``; `n` is the number of anchors.
    vcov : DataFrame
        Their covariance, NaN where the calibrations have none.
    parameters : ItemParameters
        The new form's items on the old scale (what `stats.equate` and every verb for calibrated items takes).
    anchors : tuple of str
    notes : tuple of str
    """

    slope: float
    intercept: float
    frame: pd.DataFrame
    vcov: pd.DataFrame
    parameters: ItemParameters
    anchors: tuple[str, ...]
    method: str
    notes: tuple[str, ...] = ()
    pair: Anchored = field(default=None)  # type: ignore[assignment]
    jacobian: Floats = field(default_factory=lambda: np.zeros((2, 0)))
    level: float = 0.95

    @property
    def items(self) -> pd.DataFrame:
        """The new form's items on the old scale, one row an item, as `ItemParameters.frame`."""
        return self.parameters.frame()

    @property
    def drift(self) -> pd.DataFrame:
        """How far each anchor moved, as the frame of `stats.anchor_drift` without purging."""
        from svclib.stats.linking.drift import drift_table

        return drift_table(self)

    def transform(self, theta: Any) -> Any:
        """Turn abilities of the new scale to the old one; a Series keeps its index.

        >>> from svclib.demo.forms_pair import calibrations
        >>> new, old = calibrations()
        >>> made = link(new, old)
        >>> bool(made.transform(0.0) == made.intercept)
        True
        """
        if isinstance(theta, pd.Series):
            return self.slope * theta.astype(float) + self.intercept
        values = self.slope * np.asarray(theta, dtype=float) + self.intercept
        return values if values.ndim else float(values)

    def __repr__(self) -> str:
        lines = [
            f"Link by {self.method}, {len(self.anchors)} anchors: old = {self.slope:.4f} × new + {self.intercept:.4f}"
        ]
        lines.append(self.frame[["term", "estimate", "std_error", "low", "high"]].round(4).to_string(index=False))
        return "\n".join([*lines, *(str(note) for note in self.notes)])


def link(
    new: Any,
    old: Any,
    *,
    anchors: Sequence[str] | None = None,
    method: str = "stocking_lord",
    quadrature: Quadrature = POINTS,
    vcov: tuple[Any, Any] | None = None,
    level: float = 0.95,
) -> Link:
    """Link the calibration of a new form to the scale of an old one by their common items.

    Parameters
    ----------
    new, old : fit, ItemParameters or DataFrame
        Calibrated items; see `svclib.stats.item_response.parameters.items_of`.
    anchors : list of str, optional
        Common items; without it every name that both have.
    method : {"stocking_lord", "haebara", "mean_mean", "mean_gmean", "mean_sigma"}
        Characteristic curves use all there is; the means and spreads are quick and less exact. Where the anchors are
        Rasch or partial credit items, the slope is 1.
    quadrature : int or (nodes, weights)
        Abilities of the old scale over which curves are compared: so many points of a standard normal distribution
        (Gauss–Hermite), or your own.
    vcov : (DataFrame, DataFrame), optional
        Covariances of the parameters where `new` and `old` are no fits; labels are pairs (item, parameter) or texts
        such as ``q1.a``; parameters ``a, d1 …`` or ``b1 …, c, upper``.
    level : float

    Returns
    -------
    Link
        ``.slope .intercept .frame .vcov .items .drift .transform(theta)``. Standard errors by the delta method
        (Ogasawara 2000, 2001); the two calibrations count as independent.

    Raises
    ------
    InvalidInput
        With fewer than 2 anchors, an anchor that is not on both forms or has other categories there, an unknown
        method, or anchors from which the method can tell no slope.

    Examples
    --------
    >>> from svclib.demo.forms_pair import calibrations
    >>> new, old = calibrations()
    >>> made = link(new, old)
    >>> len(made.anchors), round(made.slope, 1)
    (12, 1.1)
    """
    if method not in (*MOMENTS, *CURVES):
        raise InvalidInput(
            _('method: "{method}" is no way to link; choose among {known}.'),
            method=method,
            known=", ".join((*CURVES, *MOMENTS)),
        )
    first, second = vcov if vcov is not None else (None, None)
    pair = pair_anchors(calibrated(new, first), calibrated(old, second), anchors)
    made = link_pair(pair, method, nodes(quadrature), check_level(level))
    moved = made.drift["flagged"].any()
    return replace(made, notes=(*made.notes, str(LinkNote.ANCHORS_DRIFT))) if moved else made


def nodes(quadrature: Quadrature) -> tuple[Floats, Floats]:
    """Abilities and weights that sum to 1."""
    if isinstance(quadrature, int):
        if not 2 <= quadrature <= 181:
            raise InvalidInput(_("quadrature is {points}; give from 2 to 181 points."), points=quadrature)
        points, weights = roots_hermitenorm(quadrature)
        return points, weights / weights.sum()
    points, weights = (np.asarray(part, dtype=float).reshape(-1) for part in quadrature)
    if len(points) != len(weights) or not len(points) or not np.isfinite(points).all() or not weights.sum() > 0:
        raise InvalidInput(_("quadrature: give as many weights as nodes, finite and of positive sum."))
    return points, weights / weights.sum()


def link_pair(pair: Anchored, method: str, grid: tuple[Floats, Floats], level: float) -> Link:
    """Link by the anchors of `pair`."""
    settled = True
    if method in MOMENTS:
        found, jacobian = moment_link(pair, method)
    else:
        found, jacobian, settled = curve_link(pair, method, _start(pair), *grid)
    cov = jacobian @ pair.cov @ jacobian.T if pair.known else np.full((2, 2), np.nan)
    error = np.sqrt(np.maximum(np.diag(cov), 0)) if pair.known else np.full(2, np.nan)
    wide = ndtri((1 + level) / 2) * error
    note = "" if pair.known else LinkNote.NO_COVARIANCE
    terms = ["slope", "intercept"]
    frame = estimates(
        pd.DataFrame(index=range(2)), term=terms, estimate=found, std_error=error, low=found - wide, high=found + wide,
        n=len(pair.names), level=level, method=method, note=[note, note],
    )  # fmt: skip
    return Link(
        float(found[0]), float(found[1]), frame, pd.DataFrame(cov, terms, terms),
        pair.new.items.rescaled(float(found[0]), float(found[1])), pair.names, method,
        _notes(pair, settled), pair, jacobian, level,
    )  # fmt: skip


def _start(pair: Anchored) -> Floats:
    """Begin the search where the geometric means of slopes agree, as far as they are positive."""
    new, old = pair.pair
    there = ~np.isnan(new.intercepts)
    good = (new.slope > 0.05) & (old.slope > 0.05)
    slope = float(np.exp((np.log(new.slope[good]) - np.log(old.slope[good])).mean())) if good.any() else 1.0
    if not good.any():
        return np.array([1.0, 0.0])
    b, b_old = (part.thresholds[good][there[good]] for part in (new, old))
    return np.array([slope, np.median(b_old) - slope * np.median(b)])


def _notes(pair: Anchored, settled: bool) -> tuple[str, ...]:
    points = [int(part.highest.sum()) for part in (pair.pair[0], pair.new.items, pair.old.items)]
    found = [
        (len(pair.names) < FEW_ANCHORS, LinkNote.FEW_ANCHORS),
        (points[0] < ANCHOR_SHARE * max(points[1:]), LinkNote.SHORT_ANCHOR),
        (not settled, LinkNote.NOT_CONVERGED),
        (not pair.known, LinkNote.NO_COVARIANCE),
    ]
    return tuple(str(note) for there, note in found if there)
