"""Does a driver matter more to some customers than to others: slopes by segment, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import fdtrc, stdtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_frame, names_of
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.compare.groups import MAX_GROUPS, group_codes
from svclib.stats.design.results import OPT_IN
from svclib.stats.design.survey import Design
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.key_drivers.reading import check_sizes
from svclib.stats.marks import _
from svclib.stats.models.estimation import DomainFit
from svclib.stats.models.glm import glm
from svclib.stats.models.results import GlmDomains
from svclib.stats.models.wald import wald

_ROUNDING = 1e-20
"""A smaller part of the sum of squares is no residual."""


class ModerationNote(StrEnum):
    """Why a comparison of slopes is empty."""

    ONE_SEGMENT = _("needs at least two segments in which the drivers can be fitted")
    PERFECT = _("a segment is fitted without any error, so that chance cannot be judged: it is left out")


@dataclass(frozen=True, eq=False)
class Moderation:
    """Slopes of drivers by segment.

    Attributes
    ----------
    tests : DataFrame
        A row a driver: does its slope differ between the segments? ``term, statistic, df, df2, p_value, p_adjusted``
        (for the number of drivers), ``delta_r2`` (variance explained by letting this slope differ), ``f2`` (the same
        in parts of what is left unexplained; Cohen 1988: 0.02 small, 0.15 middling), ``segments, n, method, note``.
    slopes : DataFrame
        The segment, then the columns of an estimate, ``statistic, p_value`` (against 0).
    differences : DataFrame
        Every two segments: ``first, second``, the columns of an estimate (first − second), ``p_value, p_adjusted`` (for
        all rows of the frame).
    """

    tests: pd.DataFrame
    slopes: pd.DataFrame
    differences: pd.DataFrame


def moderation(
    data: pd.DataFrame | Design,
    outcome: str,
    drivers: str | Sequence[str],
    segment: str,
    *,
    controls: str | Sequence[str] | None = None,
    weights: str | None = None,
    adjust: Adjustment = "holm",
    level: float = 0.95,
) -> Moderation:
    """Tell whether drivers matter more in some segments than in others.

    Each segment gets its own regression of the outcome on all drivers; the slopes are compared.

    Parameters
    ----------
    data : DataFrame or Design
    outcome : str
        Column of numbers.
    drivers : str or list of str
        Columns whose slopes are compared; of a column of categories each against the first.
    segment : str
        Column of groups; rows without one are left out.
    controls : str or list of str, optional
        Columns that are held fixed in each segment, not compared.
    weights : str, optional
        Column of survey weights of a frame.
    adjust : {"holm", "bh", "bonferroni", "none"}
        How ``p_adjusted`` allows for the number of tests; the intervals are those of each row alone.
    level : float

    Returns
    -------
    Moderation
        A segment that cannot be fitted (too few rows, a driver that does not vary) is empty, with the reason, and
        takes no part in the comparisons.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, does not vary or follows from others, or the segment's column.

    Notes
    -----
    A frame: errors robust to unequal spread (HC3), tests after Welch (1951) and Satterthwaite, as segments are
    independent. A design: linearised errors with the covariance between segments, Wald's F with the design's degrees
    of freedom. ``delta_r2`` is that of the linear model with the interaction against the one without it.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> visits = pd.DataFrame({"wait": rng.normal(size=400), "tier": ["gold", "standard"] * 200})
    >>> visits["overall"] = visits["wait"] * np.where(visits["tier"] == "gold", 1.0, 0.2) + rng.normal(size=400)
    >>> found = moderation(visits, "overall", "wait", "tier").differences
    >>> found[["first", "second", "estimate"]].round(1).values.tolist()
    [['gold', 'standard', 0.8]]
    """
    check_level(level)
    check_adjustment(adjust)
    names, held = names_of(drivers), names_of(controls)
    frame = data.frame if isinstance(data, Design) else check_frame(data)
    group_codes(frame, segment)
    check_sizes(frame, [outcome, *names, *held])
    if segment in (outcome, *names, *held):
        raise InvalidInput(
            _('The segment "{column}" is the outcome, a driver or a control too; name another column.'), column=segment
        )
    errors = None if isinstance(data, Design) or weights is not None else "robust"
    fits = glm(data, outcome, [*names, *held], by=segment, weights=weights, errors=errors, level=level)
    slopes = _Slopes.of(fits, names, segment)
    return Moderation(_tests(slopes, adjust), slopes.frame(), _differences(slopes, adjust))


@dataclass(frozen=True)
class _Slopes:
    """Slopes (segments, terms) with everything that their comparison needs.

    Attributes
    ----------
    rows : (segments, terms) int
        Rows of the fits' frame.
    told : (segments,) bool
        Segments with a fit and an error.
    """

    fits: GlmDomains
    segment: str
    terms: list[str]
    domains: list[int]
    rows: Ints
    told: Bools

    @classmethod
    def of(cls, fits: Any, names: Sequence[str], segment: str) -> _Slopes:
        """Pick the drivers' terms; segments without a name, or without anybody, are left out."""
        reading, keys = fits.basis.reading.terms, fits.basis.parts.keys[segment]
        places = [place for place, column in enumerate(reading.columns) if column in names]
        domains = [one for one, fit in enumerate(fits.basis.fits) if len(fit.rows) and pd.notna(keys.iloc[one])]
        if len(domains) > MAX_GROUPS:
            raise InvalidInput(
                _('"{column}" has {count} segments, too many to compare; join them to at most {most}.'),
                column=segment,
                count=len(domains),
                most=MAX_GROUPS,
            )
        rows = np.array(domains, dtype=np.int64)[:, None] * len(reading.names) + np.array(places)[None]
        error = fits.frame["std_error"].to_numpy(dtype=float)[rows]
        perfect = np.array([_perfect(fits.basis.fits[one]) for one in domains], dtype=np.bool_)
        told = ~np.isnan(error).any(axis=1) & (fits.basis.df[domains] >= 1) & ~perfect
        return cls(fits, segment, [reading.names[place] for place in places], domains, rows, told)

    @property
    def independent(self) -> bool:
        """Whether segments share no clusters."""
        return bool(self.fits.basis.kind != "design")

    @property
    def note(self) -> str:
        """How every row must be read."""
        if any(_perfect(self.fits.basis.fits[one]) for one in self.domains):
            return ModerationNote.PERFECT.value
        return OPT_IN if self.fits.basis.parts.opt_in else ""

    def frame(self) -> pd.DataFrame:
        """Slopes by segment."""
        return self.fits.frame.iloc[self.rows.ravel()].reset_index(drop=True)

    def of_term(self, term: int) -> tuple[Floats, Floats, Floats]:
        """Slopes of the segments told, their covariance, and their degrees of freedom."""
        rows = self.rows[self.told, term]
        estimate = self.fits.frame["estimate"].to_numpy(dtype=float)[rows]
        return estimate, self.fits.vcov[np.ix_(rows, rows)], self.fits.basis.df[self._told_domains]

    @property
    def _told_domains(self) -> list[int]:
        return [one for one, told in zip(self.domains, self.told, strict=True) if told]

    @property
    def told_fits(self) -> list[DomainFit]:
        """The fits behind the slopes that are compared."""
        return [self.fits.basis.fits[one] for one in self._told_domains]

    @property
    def labels(self) -> list[Any]:
        """Names of the segments told."""
        return self.fits.basis.parts.keys[self.segment].iloc[self._told_domains].tolist()


def _perfect(one: DomainFit) -> bool:
    """Whether nothing is left unexplained but rounding."""
    weights, outcome = one.problem.weights, one.problem.outcome
    total = float(weights @ (outcome - weights @ outcome / weights.sum()) ** 2)
    return one.fitted is not None and one.pearson <= _ROUNDING * total


def _tests(slopes: _Slopes, adjust: Adjustment) -> pd.DataFrame:
    rows = [_test(slopes, term) for term in range(len(slopes.terms))]
    out = pd.DataFrame(rows, columns=["term", "statistic", "df", "df2", "p_value", "delta_r2", "f2"])
    out.insert(5, "p_adjusted", adjusted(out["p_value"].to_numpy(dtype=float), adjust))
    told = int(slopes.told.sum())
    note = slopes.note if told > 1 else ModerationNote.ONE_SEGMENT.value
    n = sum(len(one.rows) for one in slopes.told_fits)
    return out.assign(segments=told, n=n, method="Welch F" if slopes.independent else "Wald F", note=note)


def _test(slopes: _Slopes, term: int) -> tuple[Any, ...]:
    if slopes.told.sum() < 2:
        return (slopes.terms[term], *[np.nan] * 6)
    estimate, vcov, df = slopes.of_term(term)
    if slopes.independent:
        statistic, df2 = welch(estimate, np.diag(vcov), df)
        p_value = float(fdtrc(len(estimate) - 1, df2, statistic))
    else:
        apart = np.column_stack([-np.ones(len(estimate) - 1), np.eye(len(estimate) - 1)])
        df2 = float(df.min())
        statistic, p_value = wald(apart @ estimate, apart @ vcov @ apart.T, df2)
    return (slopes.terms[term], statistic, len(estimate) - 1.0, df2, p_value, *_sizes(slopes, term, estimate))


def welch(estimate: Floats, variance: Floats, df: Floats) -> tuple[float, float]:
    """Welch's F (1951) of independent estimates, and its second degrees of freedom."""
    weight, k = 1 / variance, len(estimate)
    share = weight / weight.sum()
    between = float((weight * (estimate - share @ estimate) ** 2).sum()) / (k - 1)
    unevenness = float(((1 - share) ** 2 / df).sum()) / (k**2 - 1)
    return between / (1 + 2 * (k - 2) * unevenness), 1 / (3 * unevenness)


def _sizes(slopes: _Slopes, term: int, estimate: Floats) -> tuple[float, float]:
    """What letting one slope differ explains: in parts of all variance, and of what is left unexplained."""
    fits = slopes.told_fits
    place = int(slopes.rows[0, term]) % fits[0].size
    weight = np.array([1 / one.fitted.inverse[place, place] for one in fits if one.fitted is not None])
    gain = float((weight * (estimate - weight @ estimate / weight.sum()) ** 2).sum())
    outcome = np.concatenate([one.problem.outcome for one in fits])
    weights = np.concatenate([one.problem.weights for one in fits])
    total = float(weights @ (outcome - weights @ outcome / weights.sum()) ** 2)
    left = sum(one.pearson for one in fits)
    return gain / total, float(ratio(gain, left))


def _differences(slopes: _Slopes, adjust: Adjustment) -> pd.DataFrame:
    pairs = list(combinations(range(int(slopes.told.sum())), 2))
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    found = [_apart(slopes, term, first, second) for term in range(len(slopes.terms))]
    estimate, error, df = (np.concatenate([one[part] for one in found]) for part in range(3))
    level = slopes.fits.basis.level
    low, high = t_interval(estimate, error, df, level)
    labels = np.array(slopes.labels, dtype=object)
    counts = np.array([len(one.rows) for one in slopes.told_fits], dtype=np.int64)
    keys = pd.DataFrame({"first": np.tile(labels[first], len(found)), "second": np.tile(labels[second], len(found))})
    out = estimates(
        keys, term=np.repeat(slopes.terms, len(pairs)), estimate=estimate, std_error=error, low=low, high=high,
        n=np.tile(counts[first] + counts[second], len(found)), level=level, df=df,
        method=slopes.fits.basis.method, note=[slopes.note] * len(keys),
    )  # fmt: skip
    p_value = 2 * stdtr(df, -np.abs(ratio(estimate, error)))
    return out.assign(p_value=p_value, p_adjusted=adjusted(p_value, adjust))


def _apart(slopes: _Slopes, term: int, first: Ints, second: Ints) -> tuple[Floats, Floats, Floats]:
    """Differences of the segments' slopes, their errors and degrees of freedom (Satterthwaite where independent)."""
    estimate, vcov, df = slopes.of_term(term)
    own = np.diag(vcov)
    variance = own[first] + own[second] - 2 * vcov[first, second]
    degrees = np.minimum(df[first], df[second])
    if slopes.independent:
        degrees = variance**2 / (own[first] ** 2 / df[first] + own[second] ** 2 / df[second])
    return estimate[first] - estimate[second], np.sqrt(np.maximum(variance, 0)), degrees
