"""How well factors reproduce correlations: the likelihood ratio test, RMSEA with its interval, TLI, BIC, residuals."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtr, chdtrc, chndtr

from svclib.stats.arrays import Floats
from svclib.stats.marks import _
from svclib.stats.scales.matrices import is_singular, off_diagonal

JUST_FITS = _("as many parameters as correlations: the fit cannot be judged")
NO_TEST = _("the chi-square test and its indices need product-moment correlations of complete respondents")
SINGULAR = _("an item follows exactly from the others: the chi-square test and its indices cannot be told")
UNFIT = _("the factors leave no variance to an item: the chi-square test and its indices cannot be told")


@dataclass(frozen=True)
class Fit:
    """Indices of fit; NaN where `note` says why."""

    chi2: float
    df: int
    p_value: float
    rmsea: float
    rmsea_low: float
    rmsea_high: float
    tli: float
    bic: float
    rmsr: float
    objective: float
    note: str


_NOTHING = Fit(np.nan, 0, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, np.nan, "")


def degrees_of_freedom(items: int, factors: int) -> int:
    """Correlations less free parameters, ((p − m)² − p − m) / 2 (Lawley and Maxwell 1971).

    >>> degrees_of_freedom(22, 5)
    131
    """
    return ((items - factors) ** 2 - items - factors) // 2


def discrepancy(matrix: Floats, implied: Floats) -> float:
    """Likelihood's discrepancy of two correlation matrices, log|Σ| − log|R| + tr(RΣ⁻¹) − p."""
    whole = np.linalg.slogdet(implied)[1] - np.linalg.slogdet(matrix)[1]
    return float(whole + np.trace(np.linalg.solve(implied, matrix)) - len(matrix))


def judge(matrix: Floats, implied: Floats, factors: int, n: int, *, level: float, tested: bool) -> Fit:
    """Compute the indices.

    χ² is Bartlett's (1951), (n − 1 − (2p + 5)/6 − 2m/3) times the discrepancy; TLI is of Tucker and Lewis (1973), BIC
    is χ² − df log n, RMSR the root of the mean squared residual correlation. RMSEA is √((χ² − df) / (df (n − 1)))
    with the interval of the noncentrality (Steiger 1990).
    """
    items, df = len(matrix), degrees_of_freedom(len(matrix), factors)
    rmsr = float(np.sqrt((off_diagonal(matrix - implied) ** 2).mean()))
    note = _untold(matrix, implied, df, tested)
    if note:
        return replace(_NOTHING, df=df, rmsr=rmsr, note=note)
    objective, multiplier = discrepancy(matrix, implied), n - 1 - (2 * items + 5) / 6 - 2 * factors / 3
    chi2 = max(objective * multiplier, 0.0)
    low, high = rmsea_interval(chi2, df, n, level)
    rmsea = float(np.sqrt(max(chi2 - df, 0) / (df * (n - 1))))
    tli = tucker_lewis(matrix, objective, df, multiplier)
    return Fit(
        chi2, df, float(chdtrc(df, chi2)), rmsea, low, high, tli, chi2 - df * float(np.log(n)), rmsr, objective, ""
    )


def _untold(matrix: Floats, implied: Floats, df: int, tested: bool) -> str:
    if df < 1:
        return JUST_FITS
    if not tested:
        return NO_TEST
    if is_singular(matrix):
        return SINGULAR
    return UNFIT if is_singular(implied) else ""


def tucker_lewis(matrix: Floats, objective: float, df: int, multiplier: float) -> float:
    """How far the factors go from no factor to a perfect fit, by discrepancy per degree of freedom."""
    items = len(matrix)
    none = -float(np.linalg.slogdet(matrix)[1]) / (items * (items - 1) / 2)
    return (none - objective / df) / (none - 1 / multiplier)


def rmsea_interval(chi2: float, df: int, n: int, level: float) -> tuple[float, float]:
    """Limits of RMSEA: noncentralities at which χ² would be an upper or lower quantile.

    >>> [round(limit, 4) for limit in rmsea_interval(138.174, 131, 600, 0.9)]
    [0.0, 0.0224]
    """
    limits = (_noncentrality(chi2, df, (1 + level) / 2), _noncentrality(chi2, df, (1 - level) / 2))
    low, high = (float(np.sqrt(limit / (df * (n - 1)))) for limit in limits)
    return low, high


def _noncentrality(chi2: float, df: int, probability: float) -> float:
    """The noncentrality at which χ² has this probability below it; 0 where even the central has less."""
    if chdtr(df, chi2) <= probability:
        return 0.0
    low, high = 0.0, max(chi2, 1.0)
    while chndtr(chi2, df, high) > probability:
        low, high = high, 2 * high
    for _halving in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if chndtr(chi2, df, middle) > probability else (low, middle)
    return (low + high) / 2
