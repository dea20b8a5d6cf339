"""Comparing nested models: is the narrower one worse than chance would make it?

The difference of two scaled statistics has no chi-square distribution; it is scaled itself (Satorra and Bentler 2001,
2010; Satorra 2000, scaled and shifted for least squares).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import null_space

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.factor_models import evidence as fitting
from svclib.stats.factor_models.estimators import Test, adjusted, point
from svclib.stats.factor_models.indices import fit_indices, value_of
from svclib.stats.factor_models.ordinal import OrdinalEvidence
from svclib.stats.factor_models.robust import Spread
from svclib.stats.factor_models.solution import Solution
from svclib.stats.marks import _

PLAIN, SB2001, SB2010, S2000 = (
    "likelihood ratio",
    "Satorra–Bentler 2001",
    "Satorra–Bentler 2010",
    "Satorra 2000",
)


@dataclass(frozen=True)
class Difference:
    """A test of a narrower model against a wider one, and how it was made."""

    test: Test
    method: str


def difference(wider: Solution, narrower: Solution) -> Difference:
    """Test the narrower model against the wider one; NaN where they have as many parameters."""
    one, two = wider.test, narrower.test
    statistic, df = two.statistic - one.statistic, two.df - one.df
    if df <= 0:
        return Difference(Test(float("nan"), 0), "")
    if np.isnan(one.adjusted + two.adjusted) or not (wider.converged and narrower.converged):
        return Difference(Test(float("nan"), df, float("nan")), "")
    if not wider.estimator.robust:
        return Difference(Test(max(statistic, 0.0), df), PLAIN)
    if wider.shifted:
        return Difference(adjusted(statistic, df, restriction(wider, narrower), shifted=True), S2000)
    scaling = (two.df * two.scaling - one.df * _scaling(one)) / df
    if scaling > 0:
        return Difference(Test(statistic, df, scaling), SB2001)
    return Difference(Test(statistic, df, strict_scaling(wider, narrower)), SB2010)


def _scaling(test: Test) -> float:
    """A saturated model needs none."""
    return test.scaling if test.df else 0.0


def strict_scaling(wider: Solution, narrower: Solution) -> float:
    """Scaling that is never negative: of the wider model at the narrower one's estimates (Satorra and Bentler 2010)."""
    target = OrdinalEvidence(
        where=wider.estimator.evidence.where,
        size=1.0,
        statistics=tuple(narrower.point.moments),
        blocks=(),
        weights=tuple(np.ones(len(one)) for one in narrower.point.moments),
        correlations=(),
    )
    begin = wider.table.with_values(np.where(wider.table.estimated, wider.values, wider.table.value))
    at = point(wider.table, wider.estimator.evidence, fitting.fit(begin, target).at)
    one, two = wider.estimator.test(at), narrower.test
    return (two.df * two.scaling - one.df * _scaling(one)) / (two.df - one.df)


def restriction(wider: Solution, narrower: Solution) -> Spread:
    """Traces of the restriction's part of UΓ (Satorra 2000).

    The restriction is what the narrower model's tangents leave of the wider one's.
    """
    slopes = np.concatenate(wider.point.slopes)
    inner = np.linalg.lstsq(slopes, np.concatenate(narrower.point.slopes), rcond=None)[0]
    normal: Floats = null_space(inner.T, rcond=1e-8).T
    bread = np.linalg.inv(wider.estimator.information(wider.point))
    pulled = normal @ bread
    kept = pulled.T @ np.linalg.solve(pulled @ normal.T, pulled)
    middle = kept @ wider.estimator.scores_covariance(wider.point)
    return Spread(float(np.trace(middle)), float(np.sum(middle * middle.T)))


def difference_frame(wider: Solution, narrower: Solution) -> pd.DataFrame:
    """Give the test and the changes of the indices; see `ConfirmatoryFit.against`.

    Raises
    ------
    InvalidInput
        If the two are not about the same answers, or the second has no fewer parameters.
    """
    one, two = wider.estimator, narrower.estimator
    same = one.answers.items == two.answers.items and one.answers.sizes == two.answers.sizes
    if not same or type(one) is not type(two) or one.evidence.where.size != two.evidence.where.size:
        raise InvalidInput(_("The two models must be of the same items, respondents and estimator to be compared."))
    if narrower.test.df <= wider.test.df:
        raise InvalidInput(_("The second model must be the narrower one, with fewer parameters than the first."))
    found = difference(wider, narrower)
    told = {
        "difference": found.test.adjusted,
        "df": found.test.df,
        "p_value": found.test.p_value,
        "method": found.method,
    }
    indices = fit_indices(wider), fit_indices(narrower)
    for name in ("cfi", "rmsea", "srmr", "aic", "bic"):
        told[f"delta_{name}"] = value_of(indices[1], name) - value_of(indices[0], name)
    return pd.DataFrame([told])
