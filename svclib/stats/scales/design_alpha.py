"""Coefficient alpha of a survey design: weighted, with the design's error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.columns import matrix, names_of
from svclib.stats.design.linear import Domains, notes
from svclib.stats.design.replicates import replicate_covariance
from svclib.stats.design.survey import Design
from svclib.stats.estimate import Note, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.scales.jackknife import heavy_tailed_df
from svclib.stats.scales.moments import check_size

NO_SPREAD = _("the answers are too few or too alike: no interval can be told")


def design_alpha(
    design: Design, items: Sequence[str], by: str | Sequence[str] | None, *, level: float, term: str, min_n: int
) -> pd.DataFrame:
    """Estimate alpha from weighted covariances of respondents with every item.

    The error is linearised (or the replicates'), the interval symmetric on the scale of log(1 − α), with no more
    degrees of freedom than the kurtosis of the respondents' influence leaves.

    Raises
    ------
    InvalidInput
        With fewer than two items, or naming one that is no number.
    """
    names, values = matrix(design.frame, items)
    if len(names) < 2:
        raise InvalidInput(_("Name at least two items."))
    for name, column in zip(names, values.T, strict=True):
        check_size(column, name)
    parts = design.domains(by)
    valid: Bools = np.asarray(~np.isnan(values).any(axis=1) & parts.sampling.inside, dtype=np.bool_)
    filled = np.where(valid[:, None], values, 0.0)
    estimate, residual = _alpha(filled, valid, parts.sampling.weights, parts)
    error = _error(filled, valid, estimate, residual, parts)
    n, df = parts.sum(valid.astype(float)), parts.degrees(valid)
    squares = residual**2
    df = np.minimum(df, np.nan_to_num(heavy_tailed_df(n, parts.sum(squares), parts.sum(squares**2)), nan=np.inf))
    usable = (error > 0) & (estimate < 1)
    centre = np.log1p(-np.where(usable, estimate, 0.0))
    high, low = t_interval(centre, np.where(usable, error, np.nan) / (1 - np.where(usable, estimate, 0.0)), df, level)
    why = np.select([n == 0, np.isnan(estimate), ~usable], [Note.NO_ANSWERS, Note.NO_VARIANCE, NO_SPREAD], default="")
    small = notes(n, df, np.zeros(parts.groups, dtype=np.bool_), min_n, opt_in=parts.opt_in)
    return estimates(
        parts.keys[names_of(by)],
        term=term,
        estimate=estimate,
        std_error=error,
        low=1 - np.exp(low),
        high=1 - np.exp(high),
        n=n,
        level=level,
        df=df,
        method="linearised, complete" if parts.sampling.replicates is None else "replicates, complete",
        note=[str(one) or said for one, said in zip(why, small, strict=True)],
    )


def _alpha(values: Floats, valid: Bools, weights: Floats, parts: Domains) -> tuple[Floats, Floats]:
    """Alpha of each group, and what each respondent adds to it."""
    weights, items = weights * valid, values.shape[1]
    size = parts.sum(weights)
    apart = np.empty_like(values)
    for item in range(items):
        mean = np.nan_to_num(ratio(parts.sum(weights * values[:, item]), size))
        apart[:, item] = np.where(valid, values[:, item] - parts.spread_out(mean), 0.0)
    squares, sums = (apart**2).sum(axis=1), apart.sum(axis=1) ** 2
    variances, total = parts.sum(weights * squares), parts.sum(weights * sums)
    total = np.where(total > 1e-12 * variances, total, np.nan)
    share = variances / total
    estimate = items / (items - 1) * (1 - share)
    influence = weights * (squares - np.nan_to_num(parts.spread_out(share)) * sums)
    return estimate, -items / (items - 1) * influence * np.nan_to_num(ratio(1, parts.spread_out(total)))


def _error(values: Floats, valid: Bools, estimate: Floats, residual: Floats, parts: Domains) -> Floats:
    replicates = parts.sampling.replicates
    if replicates is None:
        variance = parts.variance([residual])
    else:
        variance = replicate_covariance(replicates, lambda weights: _alpha(values, valid, weights, parts)[0], estimate)
    return np.where(np.isnan(estimate), np.nan, np.sqrt(np.maximum(np.diag(variance), 0)))
