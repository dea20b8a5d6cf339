"""Cox regression: what makes cases end sooner or later, as ratios of hazards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.clocks.concordance import concordance
from svclib.stats.clocks.hazards import Baseline, baseline, predicted
from svclib.stats.clocks.newton import Summit, climb
from svclib.stats.clocks.partial import Cohort, Layout, State, layout, likelihood, score_residuals
from svclib.stats.clocks.proportionality import Proportionality, proportionality
from svclib.stats.clocks.regression import check_terms, new_terms, ratio_frame, read_explaining, without_endless
from svclib.stats.clocks.spells import Spells, read_spells
from svclib.stats.columns import check_columns, names_of
from svclib.stats.design.results import Estimates
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import check_level
from svclib.stats.marks import _
from svclib.stats.samples import groups
from svclib.stats.terms import Terms, read_terms

Names = str | Sequence[str]


def cox(
    data: pd.DataFrame | Design,
    time: str,
    event: str,
    terms: Names,
    *,
    entry: str | None = None,
    strata: Names | None = None,
    weights: str | None = None,
    cluster: str | None = None,
    robust: bool | None = None,
    ties: str = "efron",
    level: float = 0.95,
) -> Cox:
    """Regress the pace at which cases end on `terms`.

    Parameters
    ----------
    data : DataFrame or Design
        One row a case; or, with `entry`, one row a stretch of a case during which its terms do not change.
    time, event : str
        As in `svclib.stats.kaplan_meier`.
    terms : str or list of str
        Columns that explain; see `svclib.stats.terms.read_terms`.
    entry : str, optional
        Column of the time from which the row is seen (start of a stretch, delayed entry).
    strata : str or list of str, optional
        Columns whose groups have hazards of their own, while the ratios are common.
    weights : str, optional
        Column of weights; the errors are then robust.
    cluster : str, optional
        Column that tells which rows belong together (stretches of one case, cases of one branch); the errors are
        then robust and allow for it.
    robust : bool, optional
        Whether the errors come from each case's influence rather than from the curvature (Lin and Wei 1989).
    ties : {"efron", "breslow"}
        How cases that end at the same time are taken.
    level : float

    Returns
    -------
    Cox

    Raises
    ------
    InvalidInput
        Naming the column that cannot be read, does not vary, or follows from others.

    Notes
    -----
    Cox's partial likelihood (1972) with the ties of Efron (1977) or Breslow (1974), as R's coxph. A coefficient that
    grows without end (in one of the groups nothing ended) has no number but a note.

    Examples
    --------
    >>> cases = pd.DataFrame(
    ...     {
    ...         "days": [4, 3, 1, 1, 2, 2, 3],
    ...         "closed": [1, 1, 1, 0, 1, 1, 0],
    ...         "size": [0, 2, 1, 1, 1, 0, 0],
    ...         "desk": ["a", "a", "a", "a", "b", "b", "b"],
    ...     }
    ... )
    >>> fit = cox(cases, "days", "closed", "size", strata="desk")
    >>> fit.frame[["term", "estimate", "std_error", "hazard_ratio"]].round(3).values.tolist()
    [['size', 0.802, 0.822, 2.231]]
    """
    check_level(level)
    if ties not in ("efron", "breslow"):
        raise InvalidInput(_('There is no rule "{ties}" for ties; give "efron" or "breslow".'), ties=ties)
    design = design_of(data, weights)
    model = Model(design.frame, time, event, tuple(names_of(terms)), entry, tuple(names_of(strata)), ties, level)
    spells, read = _rows(model, design)
    cohort, centre = make_cohort(spells, read.matrix[spells.rows], _strata(model, spells))
    places = layout(cohort, ties)
    fit = climb(likelihood(cohort, places))
    _check_robust(robust, weights, cluster, isinstance(data, Design))
    spread = _spread(model, fit, cohort, places, (cluster, data if isinstance(data, Design) else None))
    if spread is None and (weights is not None or robust):
        spread = _robust(score_residuals(cohort, places, fit.state) @ fit.vcov, cohort.weights, None), np.inf
    vcov, df = (fit.vcov, np.inf) if spread is None else spread
    vcov = without_endless(vcov, fit.endless)
    frame = ratio_frame(
        read.names,
        fit.beta,
        vcov,
        fit.endless,
        df=df,
        n=len(spells.time),
        events=int((spells.event > 0).sum()),
        level=level,
        method=f"{ties}, {'normal' if np.isinf(df) else 't'}{', robust' if spread is not None else ''}",
    )
    return Cox(frame, vcov, model, fit, cohort, places, centre, spells.keys)


@dataclass(frozen=True, eq=False)
class Model:
    """What was asked for."""

    data: pd.DataFrame
    time: str
    event: str
    terms: tuple[str, ...]
    entry: str | None
    strata: tuple[str, ...]
    ties: str
    level: float


@dataclass(frozen=True, eq=False, repr=False)
class Cox:
    """A fitted Cox regression.

    Attributes
    ----------
    frame : DataFrame
        A row for each term: the columns of an estimate (logarithms of hazard ratios), then ``hazard_ratio,
        ratio_low, ratio_high``, the test ``statistic`` (z or t) and ``p_value``. A ratio above 1: cases end sooner.
    vcov : (terms, terms) float
    model : Model
    strata : DataFrame
        The strata, one a row.
    """

    frame: pd.DataFrame
    vcov: Floats
    model: Model
    fit: Summit[State]
    cohort: Cohort
    places: Layout
    centre: Floats
    strata: pd.DataFrame

    def __repr__(self) -> str:
        return f"Cox({len(self.cohort.x)} rows, {len(self.places.deaths)} ended, {len(self.frame)} terms)"

    def contrast(self, coefficients: Mapping[Any, float] | Sequence[float], *, level: float = 0.95) -> pd.DataFrame:
        """Estimate a linear combination of coefficients; see `svclib.stats.design.results.Estimates.contrast`."""
        return Estimates(self.frame, self.vcov).contrast(coefficients, level=level)

    @property
    def loglik(self) -> tuple[float, float]:
        """Partial log-likelihood without and with the terms."""
        return self.fit.null_loglik, self.fit.loglik

    @property
    def tests(self) -> pd.DataFrame:
        """Tests of all terms together: ``test`` (likelihood ratio, Wald, score), ``statistic, df, p_value``."""
        gain, score = 2 * (self.loglik[1] - self.loglik[0]), self.fit.null_score
        known = ~self.fit.endless
        beta, vcov = self.fit.beta[known], self.vcov[np.ix_(known, known)]
        wald = float(beta @ np.linalg.lstsq(vcov, beta, rcond=None)[0]) if known.all() else np.nan
        start = float(score @ np.linalg.lstsq(self.fit.null_information, score, rcond=None)[0])
        statistic = np.array([gain, wald, start])
        df = len(self.fit.beta)
        table = pd.DataFrame({"test": ["likelihood ratio", "Wald", "score"], "statistic": statistic, "df": df})
        return table.assign(p_value=chdtrc(df, np.maximum(statistic, 0)))

    def concordance(self) -> pd.DataFrame:
        """Estimate how often, of two cases, the one that ended sooner was predicted to; 0.5 is chance.

        Returns
        -------
        DataFrame
            One estimate (``term`` is ``concordance``), then ``concordant, discordant, tied_x, tied_y, tied_xy``
            pairs.
        """
        return concordance(self.cohort, self.cohort.x @ self.fit.beta, self.model.level)

    def proportional(self, transform: str = "km") -> pd.DataFrame:
        """Test whether the hazard ratios stay the same over time (Grambsch and Therneau 1994).

        Parameters
        ----------
        transform : {"km", "rank", "identity", "log"}
            The scale of time on which a trend of the coefficients is looked for.

        Returns
        -------
        DataFrame
            ``term`` (a column, and ``all``), ``statistic`` (chi-square), ``df, p_value``, ``note``.
        """
        question = Proportionality(self.cohort, self.places, self.fit.state, self.fit.endless)
        return proportionality(question, self._columns(), transform)

    def baseline(self) -> pd.DataFrame:
        """Estimate the cumulative hazard of a case whose terms are at the mean, in each stratum.

        Returns
        -------
        DataFrame
            The strata, ``time, hazard`` (cumulative), ``std_error``, ``survival``.
        """
        base = self._base()
        return predicted(base, np.zeros((1, len(self.fit.beta))), self.model.level).drop(columns="row")[
            [*self.strata.columns, "time", "hazard", "std_error", "survival"]
        ]

    def predict(self, new: pd.DataFrame, times: float | Sequence[float] | None = None) -> pd.DataFrame:
        """Predict the share still open for cases with the terms of `new`.

        Parameters
        ----------
        new : DataFrame
            One row a kind of case, with the columns of the terms.
        times : float or list of float, optional
            Without it every time at which a case ended.

        Returns
        -------
        DataFrame
            The strata, ``row`` (position in `new`), ``time, hazard, survival, std_error`` (of the cumulative
            hazard), ``low, high`` (of the survival, log-log).
        """
        matrix = new_terms(self.model.data, new, self.model.terms, list(self.frame["term"])) - self.centre
        wanted = None if times is None else np.atleast_1d(np.asarray(times, dtype=float))
        return predicted(self._base(), matrix, self.model.level, wanted)

    def influence(self) -> Floats:
        """Give how far each row moves the coefficients (dfbeta), in the order of the frame's rows: (cases, terms)."""
        found = score_residuals(self.cohort, self.places, self.fit.state) @ self.fit.vcov
        order = np.argsort(self.cohort.rows)
        return np.asarray((found * self.cohort.weights[:, None])[order])

    def _base(self) -> Baseline:
        return baseline(self.cohort, self.places, self.fit, self.strata)

    def _columns(self) -> list[tuple[str, list[int]]]:
        """Which coefficients belong to each column that was named."""
        counts = [len(read_terms(self.model.data, name, intercept=False).names) for name in self.model.terms]
        ends = np.cumsum(counts)
        pairs = zip(self.model.terms, ends, counts, strict=True)
        return [(name, list(range(end - count, end))) for name, end, count in pairs]


def _rows(model: Model, design: Design) -> tuple[Spells, Terms]:
    """Read the cases that have everything."""
    read = read_explaining(model.data, model.terms)
    weights = np.where(design.sampling.inside & read.known, design.row_weights, 0.0)
    for name in model.strata:
        check_columns(model.data, [name])
    spells = read_spells(
        model.data, model.time, model.event, by=list(model.strata) or None, entry=model.entry, weights=weights
    )
    if not (spells.event > 0).any():
        raise InvalidInput(
            _('Nothing ended ("{column}" is never true): there is no pace to explain.'), column=model.event
        )
    check_terms(read, spells.rows)
    return spells, read


def _strata(model: Model, spells: Spells) -> Ints:
    return spells.group if model.strata else np.zeros(len(spells.time), dtype=np.int64)


def make_cohort(spells: Spells, x: Floats, stratum: Ints) -> tuple[Cohort, Floats]:
    """Sort the cases by stratum and time, and centre the terms."""
    width = len(spells.times) + 1
    cell = stratum * width + spells.code + 1
    entry = stratum * width + np.searchsorted(spells.times, spells.entry, side="right")
    order = np.argsort(cell, kind="stable")
    centre = np.average(x, axis=0, weights=spells.weights)
    cohort = Cohort(
        x=(x - centre)[order],
        weights=spells.weights[order],
        died=(spells.event > 0)[order],
        cell=cell[order],
        entry=entry[order],
        width=width,
        stratum=stratum[order],
        rows=spells.rows[order],
        time=spells.time[order],
    )
    return cohort, np.asarray(centre)


def _check_robust(robust: bool | None, weights: str | None, cluster: str | None, designed: bool) -> None:
    if robust is False and (weights is not None or cluster is not None or designed):
        raise InvalidInput(_("With weights, clusters or a design the errors are robust; leave out robust=False."))


def _spread(
    model: Model, fit: Summit[State], cohort: Cohort, places: Layout, given: tuple[str | None, Design | None]
) -> tuple[Floats, float] | None:
    """Covariance that allows for clusters or a design, with its degrees of freedom."""
    cluster, design = given
    if cluster is None and design is None:
        return None
    moved = score_residuals(cohort, places, fit.state) @ fit.vcov
    if design is None:
        code, _keys = groups(model.data, names_of(cluster))
        if model.data[str(cluster)].isna().to_numpy()[cohort.rows].any():
            raise InvalidInput(_('The cluster "{column}" is missing in some rows; fill it.'), column=str(cluster))
        return _robust(moved, cohort.weights, code[cohort.rows]), float(len(np.unique(code[cohort.rows])) - 1)
    placed = np.zeros((len(model.data), moved.shape[1]))
    placed[cohort.rows] = moved * cohort.weights[:, None]
    inside = np.zeros(len(model.data), dtype=np.bool_)
    inside[cohort.rows] = True
    parts = design.domains(None)
    return parts.variance(list(placed.T)), float(parts.degrees(inside)[0])


def _robust(moved: Floats, weights: Floats, cluster: Ints | None) -> Floats:
    """Sum of the outer products of each cluster's influence (Lin and Wei 1989)."""
    influence = moved * weights[:, None]
    if cluster is not None:
        code = np.unique(cluster, return_inverse=True)[1]
        influence = np.column_stack([np.bincount(code, column) for column in influence.T])
    return np.asarray(influence.T @ influence)
