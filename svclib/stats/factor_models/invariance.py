"""Measurement invariance: may scores be compared between groups?

Nested models set more and more equal: the pattern of loadings alone (configural), the loadings (metric), the
intercepts (scalar: now means may be compared), the errors (strict) (Meredith 1993). For ordinal items thresholds come
first (Wu and Estabrook 2016), because loadings and intercepts have no scale of their own before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.design.survey import Design
from svclib.stats.estimate import check_level
from svclib.stats.factor_models.fit import ConfirmatoryFit, check_options
from svclib.stats.factor_models.indices import ROBUST, SCALED, STANDARD, value_of
from svclib.stats.factor_models.latent_means import latent_mean_frame
from svclib.stats.factor_models.nested import Difference, difference
from svclib.stats.factor_models.notes import FitNote
from svclib.stats.factor_models.parameters import Plan, read_correlated, read_dimensions
from svclib.stats.factor_models.reading import COMPLETE, DWLS, ML, WLSMV, read_answers
from svclib.stats.factor_models.solution import prepare, solve
from svclib.stats.marks import _

CONTINUOUS = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
ORDINAL = {
    "configural": (),
    "thresholds": ("thresholds",),
    "loadings": ("thresholds", "loadings"),
    "intercepts": ("thresholds", "loadings", "intercepts"),
    "strict": ("thresholds", "loadings", "intercepts", "residuals"),
}
COMPARABLE = {"scalar", "strict", "intercepts"}
"""Levels at which means may be compared."""
CFI_FALL, RMSEA_RISE = 0.01, 0.015
"""Changes up to these do not matter (Cheung and Rensvold 2002; Chen 2007)."""
_LEAST_CFI, _MOST_RMSEA = 0.90, 0.08
"""A pattern of loadings that fits worse in the groups is no ground to build on."""


class Verdict(StrEnum):
    """What a level came to."""

    HOLDS = "holds"  # neither the test nor the indices speak against it
    SMALL = "small"  # the test does, the indices do not: differences there are, too small to matter
    UNCLEAR = "unclear"  # the indices do, the test does not
    FAILS = "fails"  # both do
    EQUIVALENT = "equivalent"  # nothing is tested: the model fits exactly as the one before
    UNKNOWN = "unknown"  # the search did not end


class InvarianceNote(StrEnum):
    """Why a level has no test, or means must not be compared."""

    EQUIVALENT = _("tests nothing: with so few categories it fits exactly as the level before")
    NOT_CONVERGED = _("the search did not end: free some parameters, merge rare categories or leave out weak items")
    NOT_COMPARABLE = _("the items do not work alike in the groups: part of this difference comes from the questions")


@dataclass(frozen=True, eq=False, repr=False)
class Invariance:
    """Models of rising equality between groups.

    Attributes
    ----------
    fits : dict of str to ConfirmatoryFit
        By level, from the least equal.
    alpha : float
        Below this p-value a test speaks against a level.
    """

    fits: Mapping[str, ConfirmatoryFit]
    alpha: float

    def __repr__(self) -> str:
        return f"Invariance({', '.join(self.fits)}: {self.held or 'none'} holds)"

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a level.

        ``level, chisq, df, p_value, cfi, rmsea, srmr`` (robust, or for ordinal items scaled); against the level before
        ``difference, difference_df, difference_p, method`` (of the scaled test) and ``delta_cfi, delta_rmsea,
        delta_srmr``; ``verdict`` (a `Verdict`) and ``note``.
        """
        rows, before = [], None
        for name, fit in self.fits.items():
            rows.append(self._row(name, fit, before))
            before = fit
        return pd.DataFrame(rows)

    def _row(self, name: str, fit: ConfirmatoryFit, before: ConfirmatoryFit | None) -> dict[str, object]:
        here, there = _told(fit), None if before is None else _told(before)
        test = None if before is None else difference(before.solution, fit.solution)
        delta = {
            f"delta_{key}": np.nan if there is None else here[key] - there[key] for key in ("cfi", "rmsea", "srmr")
        }
        verdict = _verdict(fit, before, test, delta, self.alpha)
        notes = {Verdict.EQUIVALENT: InvarianceNote.EQUIVALENT, Verdict.UNKNOWN: InvarianceNote.NOT_CONVERGED}
        return {
            "level": name,
            "chisq": fit.chisq,
            "df": fit.df,
            "p_value": fit.p_value,
            **here,
            "difference": np.nan if test is None else test.test.adjusted,
            "difference_df": 0 if test is None else test.test.df,
            "difference_p": np.nan if test is None else test.test.p_value,
            "method": "" if test is None else test.method,
            **delta,
            "verdict": str(verdict),
            "note": str(notes.get(verdict, "")),
        }

    @cached_property
    def held(self) -> str:
        """The most equal level that holds, those before it with it; empty if none does."""
        best = ""
        for name, verdict in zip(self.frame["level"], self.frame["verdict"], strict=True):
            if verdict not in (Verdict.HOLDS, Verdict.SMALL, Verdict.EQUIVALENT):
                break
            best = str(name)
        return best

    @property
    def comparable(self) -> bool:
        """Whether means may be compared between the groups."""
        return self.held in COMPARABLE

    def fit(self, level: str) -> ConfirmatoryFit:
        """Give the model of a level."""
        if level not in self.fits:
            raise InvalidInput(
                _('There is no level "{level}"; choose one of {known}.'), level=level, known=", ".join(self.fits)
            )
        return self.fits[level]

    def candidates(self, level: str | None = None, *, top: int | None = 10) -> pd.DataFrame:
        """Which equality breaks a level: score tests of letting a group have a parameter of its own.

        Parameters
        ----------
        level : str, optional
            The first level that does not hold, or else the last.
        top : int, optional

        Returns
        -------
        DataFrame
            As of `ConfirmatoryFit.equality_indices`; terms put into ``free=``, one at a time, make invariance partial.
        """
        names = list(self.fits)
        after = names.index(self.held) + 1 if self.held else 0
        return self.fit(level or names[min(max(after, 1), len(names) - 1)]).equality_indices(top)

    def latent_means(self, *, level: float = 0.95) -> pd.DataFrame:
        """Difference of each group's factor means from the first group's, freed of what the questions add.

        Returns
        -------
        DataFrame
            ``factor``, ``first`` and ``second`` group (the difference is second − first), then an estimate: ``term`` is
            the difference in standard deviations of the factor, or (continuous items) in points of the mean of its
            items; last ``p_value``. A ``note`` says where the items do not work alike.
        """
        check_level(level)
        names = [name for name in self.fits if name in COMPARABLE]
        if not names:
            raise InvalidInput(
                _("Means are told from the level {level}; add it to levels."),
                level="intercepts" if self._ordinal else "scalar",
            )
        solution = self.fits[names[0]].solution
        note: str = FitNote.OPT_IN if solution.estimator.answers.opt_in else ""
        if not self.comparable:
            note = InvarianceNote.NOT_COMPARABLE
        return latent_mean_frame(solution, level, str(note))

    @property
    def _ordinal(self) -> bool:
        return bool(next(iter(self.fits.values())).solution.table.plan.categories)


def _told(fit: ConfirmatoryFit) -> dict[str, float]:
    """CFI, RMSEA and SRMR in the version that the rules of change were made for."""
    order = (SCALED, STANDARD) if fit.solution.table.plan.categories else (ROBUST, SCALED, STANDARD)
    return {name: value_of(fit.fit_indices, name, order) for name in ("cfi", "rmsea", "srmr")}


def _verdict(
    fit: ConfirmatoryFit,
    before: ConfirmatoryFit | None,
    test: Difference | None,
    delta: Mapping[str, float],
    alpha: float,
) -> Verdict:
    if not fit.converged or (before is not None and not before.converged):
        return Verdict.UNKNOWN
    if before is None or test is None:
        told = _told(fit)
        fits = told["cfi"] >= _LEAST_CFI and not told["rmsea"] > _MOST_RMSEA
        return _both(fit.p_value < alpha, fits)
    if test.test.df == 0:
        return Verdict.EQUIVALENT
    steady = -delta["delta_cfi"] <= CFI_FALL and not delta["delta_rmsea"] > RMSEA_RISE
    return _both(test.test.p_value < alpha, steady)


def _both(against: bool, steady: bool) -> Verdict:
    if steady:
        return Verdict.SMALL if against else Verdict.HOLDS
    return Verdict.FAILS if against else Verdict.UNCLEAR


def invariance(
    data: pd.DataFrame | Design,
    dimensions: Mapping[str, Sequence[str]],
    *,
    groups: str,
    levels: Sequence[str] | None = None,
    estimator: str = ML,
    missing: str = COMPLETE,
    free: Sequence[str] = (),
    correlated: Sequence[tuple[str, str]] = (),
    merge: int = 0,
    alpha: float = 0.05,
    level: float = 0.95,
) -> Invariance:
    """Fit models of rising equality between the groups and compare each with the one before.

    Parameters
    ----------
    data, dimensions, estimator, missing, correlated, merge, level
        As in `cfa`.
    groups : str
        Column of groups (language, channel, layout); the first one is what the others are compared with.
    levels : list of str, optional
        Some of configural, metric, scalar, strict; for ordinal items of configural, thresholds, loadings, intercepts,
        strict. Without it all, for ordinal items without strict.
    free : list of str
        Terms that stay free in each group (partial invariance), such as ``"item~1"``.
    alpha : float

    Returns
    -------
    Invariance

    Raises
    ------
    InvalidInput
        As `cfa`; also for a group of fewer rows than it has parameters, or a level that is unknown.

    Notes
    -----
    Factors are identified by mean 0 and variance 1 in the first group, so that every item's loading and intercept can
    be tested; in the other groups means and variances are freed as soon as equal items tell them. A level is judged by
    the fall of CFI (up to .01) and the rise of RMSEA (up to .015; Chen 2007), and by the test of the difference: for
    "mlr" Satorra and Bentler's (2001; where negative that of 2010), for "wlsmv" the scaled and shifted one of Satorra
    (2000). Equal thresholds of items of two or three categories test nothing, and of items of two categories only the
    intercepts with all the rest (Wu and Estabrook 2016): such levels are named ``equivalent``.

    Examples
    --------
    >>> draw = np.random.default_rng(1)
    >>> trust = draw.normal(size=600)
    >>> answers = pd.DataFrame({f"t{i}": trust + draw.normal(size=600) for i in (1, 2, 3, 4)})
    >>> answers["language"] = ["zh-CN", "en"] * 300
    >>> invariance(answers, {"trust": ["t1", "t2", "t3", "t4"]}, groups="language").held
    'strict'
    """
    check_level(level)
    read = read_dimensions(dimensions)
    check_options(estimator, missing, (), groups)
    ordinal = estimator in (WLSMV, DWLS)
    chosen = _levels(levels, ordinal)
    items = Plan(read).items
    answers = read_answers(data, items, groups=groups, missing=missing, estimator=estimator, merge=merge)
    plan = Plan(
        dimensions=read,
        correlated=read_correlated(correlated, items),
        groups=len(answers.labels),
        std_lv=True,
        means=True,
        theta=ordinal and "strict" in chosen,
    )
    ready = prepare(answers, plan, estimator, missing)
    released = frozenset([free] if isinstance(free, str) else free)
    fits: dict[str, ConfirmatoryFit] = {}
    for name, equal in chosen.items():
        wanted = replace(plan, equal=frozenset(equal), released=released)
        fits[name] = ConfirmatoryFit(solve(ready, wanted), estimator, level)
    return Invariance(fits, alpha)


def _levels(levels: Sequence[str] | None, ordinal: bool) -> dict[str, tuple[str, ...]]:
    known = ORDINAL if ordinal else CONTINUOUS
    if levels is None:
        return {name: equal for name, equal in known.items() if not (ordinal and name == "strict")}
    wanted = [levels] if isinstance(levels, str) else list(levels)
    wrong = [name for name in wanted if name not in known]
    if wrong or not wanted:
        raise InvalidInput(
            _('levels holds "{level}"; with this estimator choose some of {known}.'),
            level=wrong[0] if wrong else "",
            known=", ".join(known),
        )
    return {name: equal for name, equal in known.items() if name in wanted}
