"""How well a model fits: RMSEA with its interval, CFI, TLI, SRMR, information criteria.

CFI (Bentler 1990), TLI (Tucker and Lewis 1973), RMSEA (Steiger and Lind 1980; interval and test of close fit of Browne
and Cudeck 1993), SRMR (Bentler 1995). ``scaled`` puts the scaled statistics into the formulas; ``robust`` estimates
what they would be without the distribution's part (Brosseau-Liard and Savalei 2014; for ordinal items Savalei 2021).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import chndtr

from svclib.stats.arrays import Floats
from svclib.stats.factor_models.estimators import NormalEstimator, OrdinalEstimator, Test, chi_tail
from svclib.stats.factor_models.robust_fit import missing_test, ordinal_test
from svclib.stats.factor_models.solution import Solution
from svclib.stats.marks import _

LEVEL = 0.90
CLOSE = 0.05
"""Close fit is an RMSEA of no more (Browne and Cudeck 1993)."""
STANDARD, SCALED, ROBUST = "standard", "scaled", "robust"


@dataclass(frozen=True)
class Compared:
    """A statistic beside that of the baseline, each with the factor its expectation is multiplied by."""

    statistic: float
    df: float
    baseline: float
    baseline_df: float
    factor: float = 1.0
    baseline_factor: float = 1.0

    @property
    def excess(self) -> float:
        """How far the statistic lies above its expectation."""
        return self.statistic - self.factor * self.df

    @property
    def baseline_excess(self) -> float:
        """The same for the baseline."""
        return self.baseline - self.baseline_factor * self.baseline_df

    @property
    def cfi(self) -> float:
        """Comparative fit index."""
        if np.isnan(self.excess + self.baseline_excess):
            return float("nan")
        most = max(self.excess, self.baseline_excess, 0.0)
        return 1 - max(self.excess, 0.0) / most if most > 0 else 1.0

    @property
    def tli(self) -> float:
        """Tucker–Lewis index; NaN without degrees of freedom or where the baseline fits."""
        if self.df == 0 or not self.baseline_excess > 0:
            return float("nan")
        return 1 - self.excess / self.df / (self.baseline_excess / self.baseline_df)

    def rmsea(self, size: float, groups: int, level: float = LEVEL) -> tuple[float, float, float, float]:
        """RMSEA, its limits and the probability of close fit; NaN without degrees of freedom."""
        if not self.df > 0 or np.isnan(self.excess) or not self.factor > 0:
            return (float("nan"),) * 4
        unit = self.factor * groups / (size * self.df)
        limits = [
            float(np.sqrt(unit * noncentrality(self.statistic / self.factor, self.df, share)))
            for share in ((1 + level) / 2, (1 - level) / 2)
        ]
        close = 1 - float(chndtr(self.statistic / self.factor, self.df, CLOSE**2 / unit))
        return float(np.sqrt(max(self.excess, 0.0) / self.factor * unit)), limits[0], limits[1], close


def noncentrality(statistic: float, df: float, share: float) -> float:
    """Noncentrality at which a chi-square lies below the statistic with probability `share`; at least 0."""
    if float(chndtr(statistic, df, 0.0)) <= share:
        return 0.0
    high = max(statistic, 1.0)
    while float(chndtr(statistic, df, high)) > share:
        high *= 2
    return float(brentq(lambda at: float(chndtr(statistic, df, at)) - share, 0.0, high, xtol=1e-12, rtol=1e-14))


def compared(solution: Solution) -> dict[str, Compared]:
    """Statistics by version: standard; scaled and robust as the estimator and missing answers ask for."""
    test, base = solution.test, solution.baseline
    found = {STANDARD: Compared(test.statistic, test.df, base.statistic, base.df)}
    estimator = solution.estimator
    if estimator.robust:
        found[SCALED] = Compared(test.adjusted, test.df, base.adjusted, base.df)
    elif not _incomplete(solution):
        return found
    one, two = _robust(solution)
    found[ROBUST] = Compared(one.statistic, one.df, two.statistic, two.df, one.scaling, two.scaling)
    return found


def _robust(solution: Solution) -> tuple[Test, Test]:
    """The tests that robust indices are made from; NaN where nothing holds a parameter."""
    estimator, test, base = solution.estimator, solution.test, solution.baseline
    try:
        if isinstance(estimator, OrdinalEstimator):
            return ordinal_test(estimator, solution.point)
        if isinstance(estimator, NormalEstimator) and _incomplete(solution):
            return missing_test(estimator, solution.point)
    except np.linalg.LinAlgError:
        return Test(np.nan, test.df, np.nan), Test(np.nan, base.df, np.nan)
    return test, base


def _incomplete(solution: Solution) -> bool:
    """Whether answers are missing that the likelihood makes up for."""
    estimator = solution.estimator
    return isinstance(estimator, NormalEstimator) and not all(data.complete for data in estimator.evidence.patterns)


class IndexNote(StrEnum):
    """Why an index is missing."""

    NO_DEGREES = _("no degrees of freedom: nothing to test")
    NO_SATURATED = _("the answers cannot tell the covariance of every pair of items: no test")
    NO_SCALING = _("too few respondents to scale the test")
    IMPOSSIBLE = _("the correlations of the items, taken together, are not possible: too few respondents")
    BASELINE = _("items without any correlation fit as well: nothing to compare with")


def fit_indices(solution: Solution) -> pd.DataFrame:
    """Give the indices of fit; see `svclib.stats.factor_models.fit.ConfirmatoryFit.fit_indices` for the columns."""
    rows: list[dict[str, object]] = []
    groups = solution.table.plan.groups
    for version, one in compared(solution).items():
        if version != ROBUST:
            chances = chi_tail(one.statistic, one.df), chi_tail(one.baseline, one.baseline_df)
            rows.append(_row("chisq", version, one.statistic, df=one.df, p_value=chances[0]))
            rows.append(_row("baseline_chisq", version, one.baseline, df=one.baseline_df, p_value=chances[1]))
        rows += [_row("cfi", version, one.cfi), _row("tli", version, one.tli)]
        told = _mean_scaled(solution) if version == SCALED and not solution.shifted else one
        value, low, high, close = told.rmsea(rmsea_size(solution), groups)
        rows.append(_row("rmsea", version, value, low=low, high=high, level=LEVEL, df=one.df, p_value=close))
    rows.append(_row("srmr", STANDARD, srmr(solution)))
    frame = pd.DataFrame(rows + _criteria(solution))
    frame["note"] = [_note(solution, row) for row in frame.to_dict("records")]
    return frame


def _note(solution: Solution, row: Mapping[Hashable, Any]) -> str:
    """Say why a value or a test is missing."""
    tested = row["index"] in ("chisq", "rmsea")
    if not (np.isnan(row["value"]) or (tested and np.isnan(row["p_value"]))):
        return ""
    if solution.test.df == 0:
        return str(IndexNote.NO_DEGREES)
    if np.isnan(solution.estimator.saturated[1]):
        return str(IndexNote.NO_SATURATED)
    if row["version"] == ROBUST and isinstance(solution.estimator, OrdinalEstimator):
        return str(IndexNote.IMPOSSIBLE)
    scaled = solution.test.scaling > 0 and solution.baseline.scaling > 0
    return str(IndexNote.BASELINE if scaled else IndexNote.NO_SCALING)


def _mean_scaled(solution: Solution) -> Compared:
    """The unscaled statistic against its own expectation, c · df, taken as its degrees of freedom."""
    test, base = solution.test, solution.baseline
    return Compared(test.statistic, test.scaling * test.df, base.statistic, base.scaling * base.df)


def rmsea_size(solution: Solution) -> float:
    """Respondents as RMSEA counts them: one less for each group of ordinal answers."""
    size, groups = float(solution.estimator.answers.size), solution.table.plan.groups
    return size - groups if isinstance(solution.estimator, OrdinalEstimator) else size


def _row(
    index: str,
    version: str,
    value: float,
    *,
    low: float = np.nan,
    high: float = np.nan,
    level: float = np.nan,
    df: float = np.nan,
    p_value: float = np.nan,
) -> dict[str, object]:
    return {
        "index": index,
        "version": version,
        "value": value,
        "low": low,
        "high": high,
        "level": level,
        "df": df,
        "p_value": p_value,
    }


def _criteria(solution: Solution) -> list[dict[str, object]]:
    """Log-likelihood, AIC and BIC; ordinal least squares have none."""
    size, count = float(solution.estimator.answers.size), solution.table.count
    rows = [_row("parameters", STANDARD, float(count)), _row("n", STANDARD, size)]
    if not isinstance(solution.estimator, NormalEstimator):
        return rows
    loglik = -size * solution.estimator.evidence.value(solution.point.moments)
    aic, bic = 2 * count - 2 * loglik, count * np.log(size) - 2 * loglik
    return [*rows, _row("logl", STANDARD, loglik), _row("aic", STANDARD, aic), _row("bic", STANDARD, bic)]


def srmr(solution: Solution) -> float:
    """Root mean square of the standardised residuals, means with them if they belong to the model."""
    sizes = solution.estimator.answers.sizes
    squares = [float(np.mean(residual_vector(solution, group) ** 2)) for group in range(len(sizes))]
    return float(np.average(np.sqrt(squares), weights=sizes))


def residual_vector(solution: Solution, group: int) -> Floats:
    """Standardised residuals of a group: variances, covariances, and means where they belong to the model."""
    mean, covariance = standardised_residuals(solution, group)
    below = covariance[np.tril_indices(len(covariance))]
    return np.concatenate([mean, below]) if len(mean) else below


def standardised_residuals(solution: Solution, group: int) -> tuple[Floats, Floats]:
    """Observed less implied means and covariances, in units of the observed standard deviations."""
    evidence = solution.estimator.evidence
    mu, sigma = evidence.matrices(solution.point.moments[group], group)
    mean, there = evidence.matrices(solution.estimator.saturated[0][group], group)
    deviation = np.sqrt(np.diag(there))
    off = (mean - mu) / deviation if evidence.where.means else np.zeros(0)
    return off, (there - sigma) / np.outer(deviation, deviation)


def value_of(frame: pd.DataFrame, index: str, versions: Sequence[str] = (ROBUST, SCALED, STANDARD)) -> float:
    """Read an index in the first version there is."""
    for version in versions:
        found = frame.loc[(frame["index"] == index) & (frame["version"] == version), "value"]
        if len(found) and not np.isnan(found.iloc[0]):
            return float(found.iloc[0])
    return float("nan")
