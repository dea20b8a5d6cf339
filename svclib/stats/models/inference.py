"""What a fit's estimates rest on, and coefficients as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import stdtr

from svclib.stats.arrays import Floats, ratio
from svclib.stats.design.linear import Domains
from svclib.stats.design.results import Estimates
from svclib.stats.design.sampling import Sampling
from svclib.stats.estimate import estimates
from svclib.stats.intervals import t_interval
from svclib.stats.models.estimation import DomainFit, Reading, design_notes
from svclib.stats.models.wald import wald_rows

if TYPE_CHECKING:
    from svclib.stats.design.survey import Design

METHODS = {"model": "model", "robust": "robust (HC3)", "design": "linearised"}


def method_name(kind: str, df: Floats, sampling: Sampling) -> str:
    """Name an interval: normal or t, and where the errors come from."""
    replicated = kind == "design" and sampling.replicates is not None
    source = sampling.replicates.kind if replicated and sampling.replicates else METHODS[kind]
    return f"{'z' if np.isinf(df).all() else 't'}, {source}"


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
        return method_name(self.kind, self.df, self.parts.sampling)

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
class Coefficients(Estimates):
    """Coefficients of a model, with their covariance.

    Attributes
    ----------
    columns : tuple of str
        The column that each row of `frame` belongs to.
    """

    columns: tuple[str, ...] = field(kw_only=True)

    def contrast(
        self, coefficients: Mapping[Any, float] | Sequence[float], *, level: float | None = None
    ) -> pd.DataFrame:
        """Estimate a linear combination of coefficients; see `Estimates.contrast`.

        Returns
        -------
        DataFrame
            One row as of `frame`.
        """
        own = self.frame.iloc[0]
        row = super().contrast(coefficients, level=own["level"] if level is None else level).iloc[0]
        return coefficient_frame(
            pd.DataFrame(index=range(1)),
            [row["term"]],
            np.array([row["estimate"]]),
            np.array([row["std_error"] ** 2]),
            df=np.array([row["df"]]),
            level=row["level"],
            exponentiated="effect" in self.frame,
            n=own["n"],
            method=own["method"],
            note=[row["note"] or own["note"]],
        )

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
        own = self.frame.iloc[0]
        return wald_rows(
            self.frame["estimate"].to_numpy(dtype=float),
            self.vcov,
            list(self.frame["term"]),
            self.columns,
            terms,
            df2=float(own["df"]),
            n=int(own["n"]),
            note=str(own["note"]),
        )
