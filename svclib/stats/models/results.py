"""What a generalised linear model is handed over in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import stdtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import check_frame
from svclib.stats.design.linear import Domains
from svclib.stats.design.results import Estimates
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.models.estimation import DomainFit, Reading, design_notes
from svclib.stats.models.fitting import fit
from svclib.stats.models.outcomes import read_exposure
from svclib.stats.models.wald import wald_rows
from svclib.stats.terms import read_terms

if TYPE_CHECKING:
    from svclib.stats.design.survey import Design

METHODS = {"model": "model", "robust": "robust (HC3)", "design": "linearised", "replicates": "replicates"}
UNKNOWN = _("a column that explains is empty")


@dataclass(frozen=True, eq=False)
class Inference:
    """Everything that the fits of all domains rest on.

    Attributes
    ----------
    kind : str
        "model", "robust" or "design": where the covariance comes from.
    vcov : (domains × terms, same) float
    df : (domains,) float
    """

    design: Design
    reading: Reading
    parts: Domains
    fits: Sequence[DomainFit]
    kind: str
    vcov: Floats
    df: Floats
    level: float

    @property
    def method(self) -> str:
        """Name of the interval."""
        kind = "replicates" if self.kind == "design" and self.parts.sampling.replicates is not None else self.kind
        return f"{'z' if np.isinf(self.df).all() else 't'}, {METHODS[kind]}"

    def block(self, domain: int) -> Floats:
        """Covariance of one domain's coefficients."""
        own = slice(domain * self.fits[domain].size, (domain + 1) * self.fits[domain].size)
        return self.vcov[own, own]

    def frame(self, domains: Sequence[int]) -> pd.DataFrame:
        """Coefficients of some domains, domains first."""
        terms = self.reading.terms.names
        fits, df = [self.fits[one] for one in domains], self.df[list(domains)]
        notes = design_notes(fits, df, opt_in=self.parts.opt_in)
        return coefficient_frame(
            self.parts.keys.loc[np.repeat(list(domains), len(terms))],
            list(terms) * len(fits),
            np.concatenate([one.coefficients for one in fits]),
            np.concatenate([np.diag(self.block(one)) for one in domains]),
            n=np.repeat([len(one.rows) for one in fits], len(terms)),
            df=np.repeat(df, len(terms)),
            level=self.level,
            method=self.method,
            note=np.repeat(np.array(notes, dtype=object), len(terms)),
            exponentiated=bool(self.reading.link.effect),
        )


def coefficient_frame(
    keys: pd.DataFrame, term: Sequence[str], estimate: Floats, variance: Floats, *, df: Floats, level: float,
    exponentiated: bool, **columns: Any,
) -> pd.DataFrame:  # fmt: skip
    """Give coefficients as estimates, with their tests, and exponentiated if that means something."""
    error = np.sqrt(np.maximum(variance, 0))
    low, high = t_interval(estimate, error, df, level)
    frame = estimates(
        keys, term=term, estimate=estimate, std_error=error, low=low, high=high, df=df, level=level, **columns
    )
    statistic = ratio(estimate, error)
    known = np.where(df >= 1, df, np.nan)
    frame = frame.assign(statistic=statistic, p_value=2 * stdtr(known, -np.abs(statistic)))
    if exponentiated:
        frame = frame.assign(effect=safe_exp(estimate), effect_low=safe_exp(low), effect_high=safe_exp(high))
    return frame


def safe_exp(values: Floats) -> Floats:
    """Exponentiate, with infinity and 0 instead of a warning."""
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(values)


@dataclass(frozen=True, eq=False)
class Glm(Estimates):
    """A fitted generalised linear model.

    Attributes
    ----------
    frame : DataFrame
        See `svclib.stats.estimate`, a row a coefficient; then ``statistic, p_value`` (estimate / error, against 0) and,
        where the link gives it a meaning, ``effect, effect_low, effect_high``: exp of the coefficient, an odds ratio
        (logit), a ratio of rates or means (log) or of hazards (cloglog).
    vcov : (terms, terms) float
    """

    inference: Inference | None = None
    domain: int = 0

    @staticmethod
    def of(inference: Inference, domain: int) -> Glm:
        """Give the model of one domain."""
        return Glm(inference.frame([domain]), inference.block(domain), tuple(map(str, inference.parts.keys.columns)),
                   inference, domain)  # fmt: skip

    @property
    def basis(self) -> Inference:
        """What the fit rests on."""
        if self.inference is None:
            raise InvalidInput(_("This is a table of coefficients, not a fit; fit it with stats.glm."))
        return self.inference

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
        """Deviance; with weights those of mean 1 in the subpopulation."""
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

    def contrast(
        self, coefficients: Mapping[Any, float] | Sequence[float], *, level: float | None = None
    ) -> pd.DataFrame:
        """Estimate a linear combination of coefficients; see `Estimates.contrast`.

        Returns
        -------
        DataFrame
            One row as of `frame`.
        """
        found = super().contrast(coefficients, level=self.basis.level if level is None else level)
        row = found.assign(method=self.basis.method, n=self.n).iloc[0]
        fields = {name: [row[name]] for name in ("n", "method", "note")}
        return coefficient_frame(
            pd.DataFrame(index=range(1)), [row["term"]], np.array([row["estimate"]]), np.array([row["std_error"] ** 2]),
            df=np.array([row["df"]]), level=row["level"], exponentiated=bool(self.basis.reading.link.effect), **fields,
        )  # fmt: skip

    def wald(self, terms: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Test whether columns (all their categories at once) explain anything.

        Parameters
        ----------
        terms : str or list of str, optional
            Columns, or single terms, tested together. Without it each column by itself.

        Returns
        -------
        DataFrame
            ``term, statistic, df, df2, p_value, method, n, note``: F with the degrees of freedom of the fit, or
            chi-square (``df2`` infinite); R's regTermTest.
        """
        reading = self.basis.reading.terms
        return wald_rows(
            self._fit.coefficients, self.vcov, reading.names, reading.columns, terms, df2=self.df, n=self.n,
            note=str(self.frame["note"].iloc[0]),
        )  # fmt: skip

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
        basis, level = self.basis, check_level(self.basis.level if level is None else level)
        reading = basis.reading.terms
        terms = read_terms(check_frame(frame), self._columns, levels=reading.levels)
        offset = read_exposure(frame, basis.reading.exposure, self.link)
        known = terms.known & ~np.isnan(offset)
        eta = np.where(known, terms.matrix @ self._fit.coefficients + np.nan_to_num(offset), np.nan)
        variance = np.einsum("ij,jk,ik->i", terms.matrix, self.vcov, terms.matrix)
        error = np.where(known, np.sqrt(np.maximum(variance, 0)), np.nan)
        low, high = t_interval(eta, error, np.full(len(eta), self.df), level)
        estimate = eta
        if kind == "response":
            link = basis.reading.link
            error = error * np.abs(link.slope(eta))
            estimate, low, high = link.inverse(eta), link.inverse(low), link.inverse(high)
        said = str(self.frame["note"].iloc[0])
        return estimates(
            pd.DataFrame(index=range(len(eta))), term=frame.index, estimate=estimate, std_error=error, low=low,
            high=high, n=self.n, level=level, df=self.df, method=basis.method,
            note=[said if one else UNKNOWN for one in known],
        )  # fmt: skip

    @property
    def _columns(self) -> list[str]:
        columns = self.basis.reading.terms.columns[1:]
        return list(dict.fromkeys(columns))


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

    fits: Mapping[Any, Glm] | None = None


def domain_results(inference: Inference) -> GlmDomains:
    """Give the models of all domains."""
    keys = inference.parts.keys
    names = [row if len(row) > 1 else row[0] for row in keys.itertuples(index=False, name=None)]
    fits = {name: Glm.of(inference, domain) for domain, name in enumerate(names)}
    frame = inference.frame(list(range(len(keys))))
    return GlmDomains(frame, inference.vcov, tuple(map(str, keys.columns)), fits)
