"""A survey design: how the respondents were drawn, and the estimates that follow from it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.design.adjusting import Adjusting
from svclib.stats.design.descriptive import categories, indicator
from svclib.stats.design.linear import (
    Domains,
    domains,
    linear_estimates,
    mean_column,
    ratio_column,
    total_column,
    variance_column,
)
from svclib.stats.design.quantiles import quantile_estimates
from svclib.stats.design.results import Estimates
from svclib.stats.design.sampling import Columns, Sampling, degrees_of_freedom, read_sampling, stage_names
from svclib.stats.design.shares import share_estimates
from svclib.stats.design.testing import Testing
from svclib.stats.estimate import MIN_DISTRIBUTION, MIN_MEAN
from svclib.stats.marks import _

Names = str | Sequence[str]
DEGREES = ("clusters", "satterthwaite")


@dataclass(frozen=True, eq=False, repr=False)
class Design(Adjusting, Testing):
    """How the respondents of `frame` were drawn.

    Without keywords: a simple random sample, every respondent counted once.

    Parameters
    ----------
    frame : DataFrame
        One row a respondent.
    weights : str, optional
        Column of weights above 0. Without it the weights follow from `fpc`, or are 1.
    strata, cluster, fpc : str or list of str, optional
        Columns of strata, clusters and population sizes (units in the stratum, or sampling fractions up to 1), one
        for each stage of sampling. Later stages count only with `fpc`.
    nest : bool
        Cluster names start anew in each stratum.
    lonely : {"fail", "remove", "adjust", "average"}
        What a stratum with a single cluster adds to the variance: an error (nobody knows), nothing, its distance
        from 0 (for a mean: from the mean of all), or the average of the other strata.
    source : str or list of str, optional
        Where the respondents come from; with ``"opt-in"`` every estimate says that it has no sampling error.
    degrees : {"clusters", "satterthwaite"}
        Degrees of freedom of means, totals, ratios, shares and quantiles: clusters less strata (as in R), or
        Satterthwaite's, which are fewer where some strata add much more to the variance than others.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or holds what cannot be, and how to mend it.

    Notes
    -----
    Variances are linearised and equal those of R's survey package (svydesign, svymean, svytotal, svyratio); `by` and
    missing answers make subpopulations, not smaller samples. Intervals use t with clusters less strata degrees of
    freedom, counted in the domain. With few clusters in strata of unequal weight that is too many: with three clusters
    each of strata that hold 60, 30 and 10 % of the population 91 % of nominal 95 % intervals of a mean held the truth,
    95 % with ``degrees="satterthwaite"``.

    Examples
    --------
    >>> visits = pd.DataFrame({"branch": ["a", "a", "b", "b", "c", "c"], "score": [5.0, 4, 3, 3, 4, 5]})
    >>> Design(visits, cluster="branch").mean("score").frame[["estimate", "std_error", "df"]].round(3).values.tolist()
    [[4.0, 0.5, 2.0]]
    """

    frame: pd.DataFrame
    weights: str | None = None
    strata: Names | None = None
    cluster: Names | None = None
    fpc: Names | None = None
    nest: bool = False
    lonely: str = "fail"
    source: Names | None = None
    degrees: str = "clusters"
    sampling: Sampling = field(init=False)

    def __post_init__(self) -> None:
        if self.weights is not None and not isinstance(self.weights, str):
            raise InvalidInput(_("weights must be the name of a column, not {kind}."), kind=type(self.weights).__name__)
        columns = Columns(
            self.weights,
            stage_names(self.strata, "strata"),
            stage_names(self.cluster, "cluster"),
            stage_names(self.fpc, "fpc"),
        )
        sampling = read_sampling(self.frame, columns, nest=self.nest, lonely=self.lonely)
        if self.degrees not in DEGREES:
            raise InvalidInput(
                _('degrees is "{degrees}"; choose one of {known}.'), degrees=str(self.degrees), known=", ".join(DEGREES)
            )
        object.__setattr__(self, "sampling", replace(sampling, satterthwaite=self.degrees == DEGREES[1]))

    def __repr__(self) -> str:
        told = {name: getattr(self, name) for name in ("weights", "strata", "cluster", "fpc", "source")}
        said = "".join(f", {name}={value!r}" for name, value in told.items() if value)
        return f"Design({len(self.frame)} rows{said})"

    @property
    def degrees_of_freedom(self) -> int:
        """Clusters less strata."""
        inside = self.sampling.inside
        return int(degrees_of_freedom(self.sampling, inside, np.zeros(len(inside), dtype=np.int64), 1)[0])

    @property
    def row_weights(self) -> Floats:
        """The weight of each row of `frame`, after all adjustments."""
        return self.sampling.weights.copy()

    def subpopulation(self, rows: Any) -> Design:
        """Look at some rows only, as a part of the same sample.

        Parameters
        ----------
        rows : (rows,) bool
            True for the rows of the subpopulation.
        """
        chosen = np.asarray(rows)
        if chosen.shape != (len(self.frame),) or chosen.dtype != bool:
            raise InvalidInput(
                _("A subpopulation needs one true or false for each of the {rows} rows."), rows=len(self.frame)
            )
        return self.with_sampling(replace(self.sampling, inside=self.sampling.inside & chosen))

    def with_sampling(self, sampling: Sampling) -> Design:
        """Give the same design with other arrays."""
        other = copy.copy(self)
        object.__setattr__(other, "sampling", sampling)
        return other

    def domains(self, by: Names | None) -> Domains:
        """See the design by the groups of `by`."""
        source = names_of(self.source)
        return domains(self.frame, self.sampling, names_of(by), "opt-in" in source)

    def mean(self, columns: Names, *, by: Names | None = None, level: float = 0.95, min_n: int = MIN_MEAN) -> Estimates:
        """Estimate means, Σwy / Σw.

        Parameters
        ----------
        columns : str or list of str
            Columns of numbers; each uses the rows in which it is answered.
        by : str or list of str, optional
            Domains.
        level : float
        min_n : int
            Rows of fewer answers carry the note that they should not be published.
        """
        parts = self.domains(by)
        found = [mean_column(name, numbers(self.frame, name), parts) for name in self._terms(columns)]
        return linear_estimates(found, parts, level=level, min_n=min_n, method="t, linearised")

    def total(
        self, columns: Names, *, by: Names | None = None, level: float = 0.95, min_n: int = MIN_MEAN
    ) -> Estimates:
        """Estimate totals of the population, Σwy; parameters as in `mean`."""
        parts = self.domains(by)
        found = [total_column(name, numbers(self.frame, name), parts) for name in self._terms(columns)]
        return linear_estimates(found, parts, level=level, min_n=min_n, method="t, linearised")

    def ratio(
        self,
        numerator: str,
        denominator: str,
        *,
        by: Names | None = None,
        level: float = 0.95,
        min_n: int = MIN_MEAN,
    ) -> Estimates:
        """Estimate the ratio of two totals, Σwy / Σwx, among the rows that have both.

        Raises
        ------
        InvalidInput
            If the denominator adds up to 0 in a domain with answers.
        """
        parts = self.domains(by)
        top, bottom = numbers(self.frame, numerator), numbers(self.frame, denominator)
        found = ratio_column(f"{numerator}/{denominator}", top, bottom, parts)
        if (np.isnan(found.estimate) & (parts.sum(found.valid.astype(float)) > 0)).any():
            raise InvalidInput(
                _('The denominator "{column}" adds up to 0 in a group; choose another column or leave the group out.'),
                column=denominator,
            )
        return linear_estimates([found], parts, level=level, min_n=min_n, method="t, linearised")

    def variance(
        self, columns: Names, *, by: Names | None = None, level: float = 0.95, min_n: int = MIN_MEAN
    ) -> Estimates:
        """Estimate variances in the population, n / (n - 1) Σw (y - mean)² / Σw; parameters as in `mean`."""
        parts = self.domains(by)
        found = [variance_column(name, numbers(self.frame, name), parts) for name in self._terms(columns)]
        return linear_estimates(found, parts, level=level, min_n=min_n, method="t, linearised")

    def proportion(
        self,
        column: str,
        *,
        success: Any = None,
        by: Names | None = None,
        level: float = 0.95,
        method: str = "wilson",
        min_n: int | None = None,
    ) -> Estimates:
        """Estimate the share of each value of `column`, or of the values in `success` together.

        Parameters
        ----------
        column, success, min_n
            As in `svclib.stats.proportion`.
        by, level
            As in `mean`.
        method : {"wilson", "beta", "mean", "logit", "xlogit", "likelihood", "asin"}
            See `svclib.stats.design.shares.share_interval`. Only the first two hold when everybody or nobody is
            counted; they then take Kish's effective n.
        """
        check_columns(self.frame, [column])
        series, parts = self.frame[column], self.domains(by)
        if success is None and pd.api.types.is_bool_dtype(series.dtype):
            success = True
        wanted = [(column, success)] if success is not None else [(str(one), one) for one in categories(series)]
        found = [mean_column(term, indicator(series, one), parts) for term, one in wanted or [(column, ())]]
        least = min_n or (MIN_MEAN if success is not None else MIN_DISTRIBUTION)
        return share_estimates(found, parts, level=level, method=method, min_n=least)

    def quantile(
        self,
        column: str,
        shares: float | Sequence[float] = 0.5,
        *,
        by: Names | None = None,
        level: float = 0.95,
        rule: str = "math",
        method: str = "mean",
        min_n: int = MIN_MEAN,
    ) -> pd.DataFrame:
        """Estimate quantiles, with Woodruff's interval; no covariance between them.

        Parameters
        ----------
        column : str
        shares : float or list of float
            0.5 is the median.
        by, level, min_n
            As in `mean`.
        rule : {"math", "school", "hf7"}
            The smallest answer that reaches the share; the same with the middle of two where it is met exactly; a
            line between answers (Hyndman and Fan's 1, 2 and 7, weighted).
        method : {"mean", "xlogit", "beta", "asin"}
            Interval of the share.

        Returns
        -------
        DataFrame
            See `svclib.stats.estimate`; ``term`` is the column and the share.
        """
        wanted = [float(one) for one in np.atleast_1d(np.asarray(shares, dtype=float))]
        given, parts = numbers(self.frame, column), self.domains(by)
        return quantile_estimates(column, given, wanted, parts, rule=rule, level=level, method=method, min_n=min_n)

    def _terms(self, columns: Names) -> list[str]:
        names = names_of(columns)
        if not names:
            raise InvalidInput(_("Name at least one column to estimate."))
        check_columns(self.frame, names)
        return names


def design_of(data: pd.DataFrame | Design, weights: str | None = None) -> Design:
    """Give the design itself, or a frame as a simple random sample (with `weights`, if named).

    Raises
    ------
    InvalidInput
        If `data` is neither, or if a design is given weights a second time.
    """
    if not isinstance(data, Design):
        return Design(check_frame(data), weights=weights)
    if weights is not None:
        raise InvalidInput(_("The design has weights of its own; leave out weights={weights}."), weights=weights)
    return data
