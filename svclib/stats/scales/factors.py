"""Exploratory factor analysis: what the items have in common, and how many things that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import get_args

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import matrix as read_matrix
from svclib.stats.estimate import check_level
from svclib.stats.marks import _
from svclib.stats.scales.correlations import Correlations, Kind, correlate, frame_of
from svclib.stats.scales.extraction import LEAST_UNIQUENESS, Extracted, Method, extract
from svclib.stats.scales.factor_fit import Fit, degrees_of_freedom, judge
from svclib.stats.scales.factor_scores import ScoreMethod, score_weights
from svclib.stats.scales.matrices import SMALLEST
from svclib.stats.scales.moments import Missing
from svclib.stats.scales.rotation import Rotated, Rotation, check_rotation, rotate

HEYWOOD = _("an item's uniqueness has reached 0 (a Heywood case): take fewer factors, or leave the item out")
EMPTY = _("a factor carries nothing: take fewer factors")
NOT_CONVERGED = _("the factors were not found to the last digit: take fewer factors")
CUTOFF = 0.3
"""A loading that counts, by custom."""


@dataclass(frozen=True, eq=False)
class FactorFit:
    """Factors of a set of items.

    Attributes
    ----------
    correlations : Correlations
        What was analysed.
    rotated : Rotated
    uniqueness : (items,) float
        The share of an item's variance that the factors leave.
    fit : Fit
        ``chi2, df, p_value, rmsea, rmsea_low, rmsea_high, tli, bic, rmsr, objective, note``.
    method, rotation : str
    means, spreads : (items,) float
        Of the answers, to standardise those whose scores are wanted.
    notes : tuple of str
        What the reader must know; empty where all is well.
    """

    correlations: Correlations
    rotated: Rotated
    uniqueness: Floats
    fit: Fit
    method: Method
    rotation: Rotation
    means: Floats
    spreads: Floats
    notes: tuple[str, ...]

    @property
    def n(self) -> int:
        """Respondents."""
        return self.correlations.n

    @property
    def item_names(self) -> list[str]:
        """The items, in the order given."""
        return list(self.correlations.items)

    @property
    def factors(self) -> list[str]:
        """Names F1, F2 …, in order of the variance of their loadings."""
        return [f"F{position}" for position in range(1, self.rotated.loadings.shape[1] + 1)]

    @property
    def loadings(self) -> pd.DataFrame:
        """Items × factors: the pattern."""
        return frame_of(self.rotated.loadings, self.item_names, self.factors)

    @property
    def structure(self) -> pd.DataFrame:
        """Items × factors: correlations of items and factors."""
        return frame_of(self.rotated.loadings @ self.rotated.phi, self.item_names, self.factors)

    @property
    def factor_correlations(self) -> pd.DataFrame:
        """Factors × factors."""
        return pd.DataFrame(self.rotated.phi, index=self.factors, columns=self.factors)

    @property
    def residuals(self) -> pd.DataFrame:
        """Items × items: correlations the factors leave; the uniquenesses on the diagonal."""
        common = self.rotated.loadings @ self.rotated.phi @ self.rotated.loadings.T
        return frame_of(self.correlations.matrix - common, self.item_names, self.item_names)

    @cached_property
    def items(self) -> pd.DataFrame:
        """One row an item.

        ``item, factor`` (on which it loads most), ``loading``, ``cross_loading`` (the next largest),
        ``communality, uniqueness, complexity`` (Hofmann 1978: 1 where it loads on one factor alone), ``note``.
        """
        loadings = self.rotated.loadings
        order = np.argsort(-np.abs(loadings), axis=1, kind="stable")
        rows = np.arange(len(loadings))
        squares = (loadings**2).sum(axis=1)
        frame = pd.DataFrame({"item": self.item_names, "factor": [self.factors[one] for one in order[:, 0]]})
        frame["loading"] = loadings[rows, order[:, 0]]
        frame["cross_loading"] = loadings[rows, order[:, 1]] if loadings.shape[1] > 1 else np.nan
        frame["communality"] = 1 - self.uniqueness
        frame["uniqueness"] = self.uniqueness
        frame["complexity"] = squares**2 / np.maximum((loadings**4).sum(axis=1), np.finfo(float).tiny)
        frame["note"] = [HEYWOOD if one else "" for one in heywood(self.uniqueness)]
        return frame

    @property
    def indices(self) -> pd.DataFrame:
        """One row: ``n, items, factors, method, rotation``, the indices of `fit`, ``note``."""
        told = {"n": self.n, "items": len(self.item_names), "factors": len(self.factors)}
        return pd.DataFrame([{**told, "method": self.method, "rotation": self.rotation, **asdict(self.fit)}])

    @property
    def variance(self) -> pd.DataFrame:
        """One row a factor: ``ss_loadings``, ``share`` of the items' variance, ``cumulated``, ``share_of_common``."""
        loadings, phi = self.rotated.loadings, self.rotated.phi
        sums = np.diag(phi @ loadings.T @ loadings)
        frame = pd.DataFrame({"factor": self.factors, "ss_loadings": sums, "share": sums / len(loadings)})
        frame["cumulated"] = frame["share"].cumsum()
        frame["share_of_common"] = sums / sums.sum()
        return frame

    def sorted(self, cutoff: float = CUTOFF) -> pd.DataFrame:
        """Loadings with the items of each factor together, the strongest first; those below `cutoff` are missing."""
        main = np.abs(self.rotated.loadings).argmax(axis=1)
        order = np.lexsort([-self.items["loading"].abs(), main])
        shown = self.loadings.iloc[order]
        return shown.where(shown.abs() >= cutoff)

    def scores(self, data: pd.DataFrame, *, method: ScoreMethod = "regression") -> pd.DataFrame:
        """Score respondents on the factors; missing where an item is.

        Parameters
        ----------
        data : DataFrame
            With the items' columns: the respondents analysed, or others.
        method : {"regression", "bartlett", "tenberge"}
            See `svclib.stats.scales.factor_scores.score_weights`.
        """
        _names, values = read_matrix(data, self.item_names)
        phi, loadings = self.rotated.phi, self.rotated.loadings
        weights = score_weights(self.correlations.matrix, loadings, phi, self.uniqueness, method)
        return pd.DataFrame((values - self.means) / self.spreads @ weights, index=data.index, columns=self.factors)


def efa(
    data: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    factors: int,
    method: Method = "minres",
    rotation: Rotation = "oblimin",
    correlations: Kind = "pearson",
    missing: Missing = "complete",
    level: float = 0.95,
    starts: int = 10,
    seed: int = 1,
) -> FactorFit:
    """Explore the factors of the items.

    Parameters
    ----------
    data : DataFrame
        Respondents × items.
    items : list of str, optional
        All columns without it.
    factors : int
        How many; see `svclib.stats.parallel_analysis`.
    method : {"minres", "ml"}
        Least squares of the residuals (the same minimum as principal axes iterated to the end) or maximum likelihood.
    rotation : {"oblimin", "varimax", "promax", "geomin", "quartimax", "none"}
    correlations : {"pearson", "spearman", "polychoric"}
        Polychoric for answers in few categories; the chi-square test and its indices then do not hold and are missing.
    missing : {"complete", "pairwise"}
    level : float
        Of RMSEA's interval.
    starts, seed : int
        Random beginnings of the rotation, and their seed.

    Returns
    -------
    FactorFit

    Raises
    ------
    InvalidInput
        Naming an item without a correlation, or saying how many factors the items can bear.

    Notes
    -----
    R's psych (fa) stops its optimiser earlier; the minimum found here is at or below its own. Factors are turned to
    load positively on the whole and ordered by the variance of their loadings.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> service = random.normal(size=(300, 1))
    >>> visits = pd.DataFrame(0.7 * service + 0.6 * random.normal(size=(300, 4)), columns=list("abcd"))
    >>> efa(visits, factors=1).loadings["F1"].round(2).tolist()
    [0.78, 0.74, 0.7, 0.73]
    """
    check_level(level)
    check_rotation(rotation)
    check_method(method)
    found = correlate(data, items, kind=correlations, missing=missing)
    check_factors(factors, len(found.items))
    if method == "ml":
        _check_independent(found)
    extracted = extract(found.matrix[None], factors, method)
    rotated = rotate(extracted.loadings[0], rotation, starts=starts, seed=seed)
    implied = _implied(rotated)
    tested = correlations == "pearson" and missing == "complete"
    fit = judge(found.matrix, implied, factors, found.n, level=level, tested=tested)
    _names, values = read_matrix(data, list(found.items))
    means, spreads = _standard(values)
    notes = tuple(note for note in (*found.notes, *_notes(extracted), fit.note) if note)
    return FactorFit(found, rotated, extracted.uniqueness[0], fit, method, rotation, means, spreads, notes)


def _implied(rotated: Rotated) -> Floats:
    implied = rotated.loadings @ rotated.phi @ rotated.loadings.T
    np.fill_diagonal(implied, 1.0)
    return implied


def _standard(values: Floats) -> tuple[Floats, Floats]:
    """Means and standard deviations over the answers there are."""
    return np.nanmean(values, axis=0), np.nanstd(values, axis=0, ddof=1)


def _notes(extracted: Extracted) -> list[str]:
    notes = [HEYWOOD] if heywood(extracted.uniqueness[0]).any() else []
    notes += [EMPTY] if (extracted.loadings[0] ** 2).sum(axis=0).min() < SMALLEST else []
    return notes if extracted.converged.all() else [*notes, NOT_CONVERGED]


def heywood(uniqueness: Floats) -> Bools:
    """Items whose uniqueness has reached its floor."""
    return uniqueness <= LEAST_UNIQUENESS * (1 + 1e-6)


def check_method(method: str) -> None:
    """Raise `InvalidInput` for an unknown method."""
    if method not in get_args(Method):
        raise InvalidInput(
            _('method is "{method}"; choose one of {known}.'), method=method, known=", ".join(get_args(Method))
        )


def check_factors(factors: int, items: int) -> None:
    """Raise `InvalidInput` if the items cannot bear so many factors."""
    most = most_factors(items)
    if not isinstance(factors, int | np.integer) or factors < 1:
        raise InvalidInput(_("factors is {factors}; give a whole number of 1 or more."), factors=factors)
    if factors > most:
        raise InvalidInput(
            _("{items} items can bear at most {most} factors, not {factors}; give more items or fewer factors."),
            items=items,
            most=most,
            factors=factors,
        )


def most_factors(items: int) -> int:
    """Most factors that leave no fewer correlations than parameters.

    >>> [most_factors(items) for items in (2, 3, 6, 22)]
    [0, 1, 3, 15]
    """
    return max((count for count in range(items) if degrees_of_freedom(items, count) >= 0), default=0)


def _check_independent(found: Correlations) -> None:
    """Raise `InvalidInput` naming an item that follows from others: its likelihood has no maximum."""
    values, vectors = np.linalg.eigh(found.matrix)
    if values[0] >= SMALLEST:
        return
    involved = [name for name, part in zip(found.items, vectors[:, 0], strict=True) if abs(part) > 1e-6]
    raise InvalidInput(
        _('{items} follow exactly from one another; leave one of them out, or give method="minres".'),
        items=", ".join(involved[:6]),
    )
