"""Polyserial correlations: a measured number with answers that are cuts of a normal variable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.columns import numbers
from svclib.stats.design.linear import Domains
from svclib.stats.design.replicates import replicate_covariance
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import MIN_MEAN, Note, cell_notes, check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.scales.jackknife import heavy_tailed_df
from svclib.stats.scales.moments import check_size
from svclib.stats.scales.ordered import read_ordered

ALIKE = _("all answers or all numbers are alike: no correlation can be told")
BEYOND = _("the estimate lies beyond ±1, as in small samples it can; ±1 is given, without an interval")


def polyserial(
    data: pd.DataFrame | Design,
    column: str,
    items: str | Sequence[str],
    *,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate the correlation of a measured number with the normal variable behind each item.

    ρ = r s / Σ φ(τ), r the product-moment correlation with the categories' numbers 1, 2 …, s their standard deviation,
    τ the thresholds (Olsson, Drasgow and Dorans 1982, two-step).

    Parameters
    ----------
    data : DataFrame or Design
    column : str
        The measured number.
    items : str or list of str
        Numbers of few values, or ordered categoricals.
    weights : str, optional
    level : float
        Of the interval, symmetric on Fisher's scale; its error counts the thresholds' own, its degrees of freedom the
        kurtosis of the respondents' influence.
    min_n : int

    Returns
    -------
    DataFrame
        One row an item: see `svclib.stats.estimate`; ``term`` is the item.

    Raises
    ------
    InvalidInput
        Naming a column that is absent, no number or not ordered.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> wait = random.normal(size=400)
    >>> rating = np.digitize(-0.6 * wait + 0.8 * random.normal(size=400), [-1.5, -0.5, 0.5, 1.5])
    >>> polyserial(pd.DataFrame({"wait": wait, "rating": rating}), "wait", "rating")["estimate"].round(2).item()
    -0.49
    """
    check_level(level)
    design = design_of(data, weights)
    names = [items] if isinstance(items, str) else list(items)
    if column in names:
        raise InvalidInput(_('"{column}" is both the number and an item; name another.'), column=column)
    x = numbers(design.frame, column)
    check_size(x, column)
    answers, parts = read_ordered(design.frame, names), design.domains(None)
    rows = [_one(x, answers.codes[:, place], parts) for place in range(len(names))]
    rho, error, n, df = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    beyond = np.abs(rho) >= 1
    z = np.arctanh(np.where(beyond | np.isnan(rho), 0, rho))
    low, high = t_interval(z, np.where(beyond, np.nan, error) / (1 - np.where(beyond, 0, rho) ** 2), df, level)
    notes = np.select([n == 0, np.isnan(rho), beyond], [Note.NO_ANSWERS, ALIKE, BEYOND], default="")
    small = cell_notes(n, min_n, interval=True)
    return estimates(
        pd.DataFrame(index=range(len(names))),
        term=names,
        estimate=np.clip(rho, -1, 1),
        std_error=np.where(beyond, np.nan, error),
        low=np.tanh(low),
        high=np.tanh(high),
        n=n,
        level=level,
        df=df,
        method="two_step, Fisher z",
        note=[str(one) or str(few) for one, few in zip(notes, small, strict=True)],
    )


def _one(x: Floats, codes: Ints, parts: Domains) -> tuple[float, float, float, float]:
    """Correlation, error, number of answers and degrees of freedom of one item."""
    valid: Bools = np.asarray((codes >= 0) & ~np.isnan(x) & parts.sampling.inside, dtype=np.bool_)
    n, df = float(valid.sum()), float(parts.degrees(valid)[0])
    if n < 2 or np.ptp(x[valid]) ** 2 == 0 or np.ptp(codes[valid]) == 0:
        return np.nan, np.nan, n, df
    weights, replicates = parts.sampling.weights, parts.sampling.replicates
    rho, apart = two_step(x[valid], codes[valid], weights[valid])
    if replicates is not None:
        spread = replicate_covariance(
            replicates, lambda w: np.array([two_step(x[valid], codes[valid], w[valid])[0]]), np.array([rho])
        )
    else:
        residual = np.zeros(len(x))
        residual[valid] = weights[valid] * apart / weights[valid].sum()
        spread = parts.variance([residual])
    squares = (weights[valid] * apart) ** 2
    heavy = float(heavy_tailed_df(np.array(n), squares.sum(), (squares**2).sum()))
    return rho, float(np.sqrt(max(spread.ravel()[0], 0))), n, min(df, heavy)


def two_step(x: Floats, codes: Ints, weights: Floats) -> tuple[float, Floats]:
    """Give the correlation and each respondent's influence on it.

    Examples
    --------
    >>> rho, _influence = two_step(np.array([1.0, 2, 3, 4]), np.array([0, 0, 1, 1]), np.ones(4))
    >>> round(rho, 4)
    1.121
    """
    share = weights / weights.sum()
    apart, away = x - share @ x, codes - share @ codes
    cov, variance = float(share @ (apart * away)), float(share @ apart**2)
    below = codes[:, None] <= np.unique(codes)[:-1]
    # Rounding may lift the sum of shares to 1.
    cuts = ndtri(np.clip(share @ below, np.finfo(float).tiny, 1 - 1e-16))
    height = float((np.exp(-(cuts**2) / 2)).sum() / np.sqrt(2 * np.pi))
    rho = float(cov / (np.sqrt(variance) * height))
    by_cut = -((below - share @ below) @ cuts) / height
    influence = (apart * away - cov) / (np.sqrt(variance) * height) - rho * ((apart**2 / variance - 1) / 2 + by_cut)
    return rho, np.asarray(influence, dtype=np.float64)
