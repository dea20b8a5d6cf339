"""What a generalised linear model is handed over in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.columns import check_frame
from svclib.stats.design.results import Estimates
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.models.effects import average_effects
from svclib.stats.models.estimation import DomainFit
from svclib.stats.models.fitting import fit
from svclib.stats.models.inference import Coefficients, Inference
from svclib.stats.models.outcomes import read_exposure
from svclib.stats.terms import read_terms

UNKNOWN = _("a column that explains is empty")


@dataclass(frozen=True, eq=False)
class Glm(Coefficients):
    """A fitted generalised linear model.

    Attributes
    ----------
    frame : DataFrame
        See `svclib.stats.estimate`, a row a coefficient; then ``statistic, p_value`` (estimate / error, against 0) and,
        where the link gives it a meaning, ``effect, effect_low, effect_high``: exp of the coefficient, an odds ratio
        (logit), a ratio of rates or means (log) or of hazards (cloglog).
    vcov : (terms, terms) float
    """

    basis: Inference = field(kw_only=True)
    domain: int = field(default=0, kw_only=True)

    @staticmethod
    def of(basis: Inference, domain: int) -> Glm:
        """Give the model of one domain."""
        keys = tuple(map(str, basis.parts.keys.columns))
        columns = basis.reading.terms.columns
        return Glm(basis.frame([domain]), basis.block(domain), keys, columns=columns, basis=basis, domain=domain)

    @property
    def _fit(self) -> DomainFit:
        return self.basis.fits[self.domain]

    @property
    def outcome(self) -> str:
        """The column explained."""
        return self.basis.reading.name

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.basis.reading.family.name

    @property
    def link(self) -> str:
        """Name of the link."""
        return self.basis.reading.link.name

    @property
    def errors(self) -> str:
        """Where the errors come from: model, robust or design."""
        return self.basis.kind

    @property
    def n(self) -> int:
        """Complete rows."""
        return len(self._fit.rows)

    @property
    def coefficients(self) -> pd.Series:
        """Coefficients by term."""
        return pd.Series(self._fit.coefficients, index=list(self.basis.reading.terms.names))

    @property
    def df(self) -> float:
        """Degrees of freedom of the intervals."""
        return float(self.basis.df[self.domain])

    @property
    def df_residual(self) -> int:
        """Rows less terms."""
        return self.n - self._fit.size

    @property
    def converged(self) -> bool:
        """Whether the search ended."""
        return self._fit.fitted is not None and self._fit.fitted.converged

    @property
    def rounds(self) -> int:
        """Rounds of the search."""
        return 0 if self._fit.fitted is None else self._fit.fitted.rounds

    @property
    def deviance(self) -> float:
        """Deviance; weights count with their mean as 1."""
        return np.nan if self._fit.fitted is None else self._fit.fitted.deviance

    @property
    def null_deviance(self) -> float:
        """Deviance with the intercept alone."""
        if self._fit.fitted is None:
            return np.nan
        return fit(replace(self._fit.problem, matrix=np.ones((self.n, 1)))).deviance

    @property
    def r2(self) -> float:
        """Share of the null deviance explained, 1 − deviance / null deviance.

        R² of a linear model, McFadden's for 0 and 1, Cameron and Windmeijer's (1997) for counts.
        """
        return float(1 - ratio(self.deviance, self.null_deviance))

    @property
    def dispersion(self) -> float:
        """Pearson's statistic over rows less terms: σ² of a linear model; of counts above 1 where they overdisperse."""
        return self._fit.pearson / max(self.df_residual, 1)

    @property
    def loglik(self) -> float:
        """Log-likelihood.

        Raises
        ------
        InvalidInput
            For quasi families and designs, which have none.
        """
        problem, fitted = self._fit.problem, self._fit.fitted
        if problem.family.loglik is None or self.errors == "design" or fitted is None:
            raise InvalidInput(_("This fit has no likelihood; compare models with wald()."))
        own = problem.family.loglik(problem.outcome, problem.link.inverse(fitted.predictor), fitted.deviance / self.n)
        return float(own.sum())

    @property
    def aic(self) -> float:
        """Akaike's criterion; a gaussian dispersion counts as a parameter."""
        return 2 * self._parameters - 2 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(np.log(self.n)) * self._parameters - 2 * self.loglik

    @property
    def _parameters(self) -> int:
        return self._fit.size + (not self._fit.problem.family.fixed)

    def effects(self, columns: str | Sequence[str] | None = None, *, level: float | None = None) -> Estimates:
        """Estimate average marginal effects: by how much the mean of the outcome changes.

        Parameters
        ----------
        columns : str or list of str, optional
            Columns that explain; all of them by default.
        level : float, optional

        Returns
        -------
        Estimates
            Of a number the average effect of one unit more, of a category that against ``reference``, in the unit of
            the outcome (shares from 0 to 1); products count with their columns. Behind the columns of an estimate
            ``statistic, p_value, column, reference``.

        Notes
        -----
        The averages are those of the population, not of these rows alone: the error holds the chance by which the
        rows were drawn, besides that of the coefficients (delta method, or linearised with a design).

        Examples
        --------
        >>> from svclib.stats import glm
        >>> visits = pd.DataFrame({"wait": [1.0, 9, 3, 4, 8, 6, 2, 5], "happy": [1, 0, 1, 1, 1, 0, 1, 0]})
        >>> glm(visits, "happy", "wait", family="binomial").effects().frame["estimate"].round(3).tolist()
        [-0.087]
        """
        return average_effects(self.basis, [self.domain], columns, self.basis.level if level is None else level)

    def predict(self, frame: pd.DataFrame, *, kind: str = "response", level: float | None = None) -> pd.DataFrame:
        """Estimate the mean of the outcome for other rows, with intervals.

        Parameters
        ----------
        frame : DataFrame
            The columns that explain (and the exposure).
        kind : {"response", "link"}
            Means (or shares, or counts), or linear predictors. The interval is made on the predictor.
        level : float, optional

        Returns
        -------
        DataFrame
            See `svclib.stats.estimate`: a row for each of `frame`, ``term`` its index.
        """
        if kind not in ("response", "link"):
            raise InvalidInput(_('kind is "{kind}"; choose one of {known}.'), kind=str(kind), known="response, link")
        level = check_level(self.basis.level if level is None else level)
        eta, error, known = self._predictor(check_frame(frame))
        low, high = t_interval(eta, error, np.full(len(eta), self.df), level)
        estimate, link = eta, self.basis.reading.link
        if kind == "response":
            error = error * np.abs(link.slope(eta))
            estimate, low, high = link.inverse(eta), link.inverse(low), link.inverse(high)
        return estimates(
            pd.DataFrame(index=range(len(eta))),
            term=frame.index,
            estimate=estimate,
            std_error=error,
            low=low,
            high=high,
            n=self.n,
            level=level,
            df=self.df,
            method=self.basis.method,
            note=[self._said if one else UNKNOWN for one in known],
        )

    def _predictor(self, frame: pd.DataFrame) -> tuple[Floats, Floats, Bools]:
        """Linear predictor of other rows, its error, and whether their columns are answered."""
        reading = self.basis.reading
        terms = read_terms(frame, reading.columns, levels=reading.terms.levels)
        offset = read_exposure(frame, reading.exposure, self.link)
        known = terms.known & ~np.isnan(offset)
        eta = terms.matrix @ self._fit.coefficients + np.nan_to_num(offset)
        variance = np.einsum("ij,jk,ik->i", terms.matrix, self.vcov, terms.matrix)
        return np.where(known, eta, np.nan), np.where(known, np.sqrt(np.maximum(variance, 0)), np.nan), known

    @property
    def _said(self) -> str:
        return str(self.frame["note"].iloc[0])


@dataclass(frozen=True, eq=False)
class GlmDomains(Estimates):
    """The fits of several domains, with the covariance between them.

    Attributes
    ----------
    frame : DataFrame
        As of `Glm`, behind the `by` columns; a domain that cannot be fitted is empty, with the reason.
    vcov : (rows, rows) float
    fits : dict
        The `Glm` of each domain, by its value of `by` (a tuple for several columns).
    """

    basis: Inference = field(kw_only=True)
    fits: Mapping[Any, Glm] = field(kw_only=True)

    def effects(self, columns: str | Sequence[str] | None = None, *, level: float | None = None) -> Estimates:
        """Estimate average marginal effects in each domain; see `Glm.effects`."""
        domains = list(range(len(self.fits)))
        return average_effects(self.basis, domains, columns, self.basis.level if level is None else level)


def domain_results(basis: Inference) -> GlmDomains:
    """Give the models of all domains."""
    keys = basis.parts.keys
    names = [row if len(row) > 1 else row[0] for row in keys.itertuples(index=False, name=None)]
    fits = {name: Glm.of(basis, domain) for domain, name in enumerate(names)}
    frame = basis.frame(list(range(len(keys))))
    return GlmDomains(frame, basis.vcov, tuple(map(str, keys.columns)), basis=basis, fits=fits)
