"""Whether answers are missing at random: Little's test, and what those who did not answer have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc, stdtr, stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import matrix
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.compare.effects import hedges_g
from svclib.stats.estimate import check_level, estimates
from svclib.stats.marks import _
from svclib.stats.missing.moments import normal_moments
from svclib.stats.missing.patterns import chosen
from svclib.stats.terms import read_terms

LEAST = 5
"""A comparison needs so many respondents with and without the answer."""
COMPLETE = _("nothing is missing: there is nothing to test")
FEW = _("too few with or without the answer to compare")
ALIKE = _("no spread: everybody alike")


def little_test(data: pd.DataFrame, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Test whether what is missing is missing completely at random (Little 1988).

    d² = Σ n_j (ȳ_j − μ̂_j)′ Σ̂_j⁻¹ (ȳ_j − μ̂_j) over the patterns of missing answers, with the maximum likelihood
    estimates of a normal sample; χ² with Σ p_j − p degrees of freedom.

    Parameters
    ----------
    data : DataFrame
        One row a respondent.
    columns : list of str, optional
        Columns of numbers; all without it.

    Returns
    -------
    DataFrame
        One row: ``statistic, df, p_value, patterns, n`` (respondents with any answer), ``note``.

    Raises
    ------
    InvalidInput
        Naming a column that is text, wholly missing or without spread.

    Notes
    -----
    A small p value speaks against *completely* at random; a large one proves nothing, and no test can tell whether
    the missing answers themselves would have been different (not at random).

    Examples
    --------
    >>> random = np.random.default_rng(3)
    >>> data = pd.DataFrame(random.normal(size=(200, 3)), columns=["a", "b", "c"])
    >>> data.loc[data["a"] > 0.5, "b"] = np.nan
    >>> bool(little_test(data)["p_value"].item() < 0.001)
    True
    """
    names, values = matrix(data, chosen(data, columns))
    for position, name in enumerate(names):
        there = values[~np.isnan(values[:, position]), position]
        if not len(there) or np.ptp(there) == 0:
            raise InvalidInput(_('The column "{column}" has no two different answers; leave it out.'), column=name)
    result = {"statistic": np.nan, "df": 0.0, "p_value": np.nan, "patterns": 1, "n": len(values), "note": COMPLETE}
    if np.isnan(values).any():
        result = _little(values, names)
    return pd.DataFrame([result])


_DEPENDENT = 1e-9
"""Least eigenvalue of correlations below which a column follows from others; what is left of it is rounding."""


def _check_full(cov: Floats) -> None:
    scale = np.sqrt(np.diag(cov))
    if not (scale > 0).all() or np.linalg.eigvalsh(cov / np.outer(scale, scale))[0] < _DEPENDENT:
        raise np.linalg.LinAlgError("columns follow from others")


def _little(values: Floats, names: list[str]) -> dict[str, object]:
    try:
        mean, cov, patterns = normal_moments(values)
        _check_full(cov)
        parts = [_distance(p.n, p.mean - mean[p.there], cov[np.ix_(p.there, p.there)]) for p in patterns]
    except np.linalg.LinAlgError as fault:
        raise InvalidInput(
            _("Some of {columns} follow exactly from others; leave one of them out."), columns=", ".join(names[:8])
        ) from fault
    df = float(sum(int(p.there.sum()) for p in patterns) - values.shape[1])
    statistic, n = float(sum(parts)), sum(p.n for p in patterns)
    p_value = float(chdtrc(df, statistic)) if df > 0 else np.nan
    return {"statistic": statistic, "df": df, "p_value": p_value, "patterns": len(patterns), "n": n, "note": ""}


def _distance(n: int, away: Floats, cov: Floats) -> float:
    return float(n * away @ np.linalg.solve(cov, away))


def missing_differences(
    data: pd.DataFrame,
    target: str,
    columns: Sequence[str],
    *,
    adjust: Adjustment = "holm",
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare those who did not answer `target` with those who did, in other columns.

    Parameters
    ----------
    data : DataFrame
    target : str
        Column with missing answers.
    columns : list of str
        Numbers, or categories (each is a share).
    adjust : {"holm", "bh", "bonferroni", "none"}
        How ``p_adjusted`` allows for the number of comparisons.
    level : float

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`: ``estimate`` is mean (or share) among the missing less that among the answered,
        by Welch's t; then ``statistic, p_value, p_adjusted, hedges_g``. ``n`` counts both.

    Examples
    --------
    >>> visits = pd.DataFrame({"income": [1.0, None] * 20, "age": [30.0, 60, 32, 58] * 10})
    >>> missing_differences(visits, "income", ["age"])["estimate"].tolist()
    [28.0]
    """
    check_level(level)
    check_adjustment(adjust)
    chosen(data, [target, *columns])
    lost = data[target].isna().to_numpy()
    named = [pair for name in columns if name != target for pair in _columns(data, name)]
    rows = [_compare(values, lost, level) for _name, values in named]
    found = pd.DataFrame(rows)
    keys = pd.DataFrame(index=range(len(rows)))
    shape = {name: found[name].to_numpy() for name in ("estimate", "std_error", "low", "high", "n", "df", "note")}
    out = estimates(keys, term=[name for name, _values in named], level=level, method="Welch t", **shape)
    out = out.assign(statistic=found["statistic"], p_value=found["p_value"])
    out["p_adjusted"] = adjusted(out["p_value"].to_numpy(), adjust)
    return out.assign(hedges_g=found["g"])


def _columns(data: pd.DataFrame, name: str) -> list[tuple[str, Floats]]:
    """One column as its terms, missing where it is."""
    terms = read_terms(data, [name], intercept=False)
    return [(one, np.where(terms.known, terms.matrix[:, place], np.nan)) for place, one in enumerate(terms.names)]


def _compare(values: Floats, lost: np.ndarray, level: float) -> dict[str, object]:
    there = ~np.isnan(values)
    first, second = values[lost & there], values[~lost & there]
    row = dict.fromkeys(("estimate", "std_error", "low", "high", "df", "statistic", "p_value", "g"), np.nan)
    n = len(first) + len(second)
    if min(len(first), len(second)) < LEAST:
        return {**row, "n": n, "note": FEW if lost.any() else COMPLETE}
    parts = np.array([first.var(ddof=1) / len(first), second.var(ddof=1) / len(second)])
    difference = float(first.mean() - second.mean())
    if parts.sum() == 0:
        return {**row, "n": n, "estimate": difference, "note": ALIKE}
    df = float(parts.sum() ** 2 / (parts**2 / [len(first) - 1, len(second) - 1]).sum())
    error = float(np.sqrt(parts.sum()))
    t, reach = difference / error, float(stdtrit(df, (1 + level) / 2)) * error
    pooled = np.sqrt(((first.var() * len(first)) + (second.var() * len(second))) / (n - 2))
    student = difference / (pooled * np.sqrt(1 / len(first) + 1 / len(second)))
    g = hedges_g(float(student), n - 2.0, (float(len(first)), float(len(second))), level)[0]
    row |= {"estimate": difference, "std_error": error, "low": difference - reach, "high": difference + reach}
    return {**row, "df": df, "statistic": t, "p_value": float(2 * stdtr(df, -abs(t))), "g": g, "n": n, "note": ""}
