"""Intraclass correlations: agreement of raters who give numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import fdtri

from svclib.stats.agreement.ratings import AgreementNote, rater_columns
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import matrix, names_of
from svclib.stats.estimate import check_level, estimates
from svclib.stats.samples import groups

_FORMS = (
    ("ICC(1,1)", "F, one-way, single rating"),
    ("ICC(2,1)", "F, two-way, agreement, single rating"),
    ("ICC(3,1)", "F, two-way, consistency, single rating"),
    ("ICC(1,k)", "F, one-way, mean of the raters"),
    ("ICC(2,k)", "F, two-way, agreement, mean of the raters"),
    ("ICC(3,k)", "F, two-way, consistency, mean of the raters"),
)
_ROUNDING = 1e-12


def icc(
    data: pd.DataFrame,
    raters: Sequence[str] | None = None,
    *,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate all six intraclass correlations of subjects × raters, with F intervals.

    The mean squares of the subjects, the raters and the rest give the forms of Shrout and Fleiss (1979): each subject
    has raters of its own (1), the same random raters judge all subjects (2, agreement), these raters are the only
    ones of interest (3, consistency); of one rating (1) or of the mean of the k raters (k). The intervals are those
    of McGraw and Wong (1996); those of ICC(2,k) are the limits of ICC(2,1) stepped up by Spearman–Brown.

    Parameters
    ----------
    data : DataFrame
        One row a subject, one column a rater.
    raters : list of str, optional
        The raters' columns; without them all columns but those of `by`.
    by : str or list of str, optional
    level : float

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; six rows a group, ``term`` the form, ``n`` the subjects that every rater rated
        (others are left out). ``std_error`` is missing: the interval is lopsided and stands alone. Last ``f``, ``df``
        and ``df2``, the test of no difference between the subjects.

    Examples
    --------
    >>> essays = pd.DataFrame({"r1": [9, 6, 8, 7, 10, 6], "r2": [2, 1, 4, 1, 5, 2], "r3": [5, 3, 6, 2, 6, 4]})
    >>> icc(essays).set_index("term")["estimate"].round(3).loc[["ICC(2,1)", "ICC(3,1)"]].tolist()
    [0.224, 0.788]
    """
    check_level(level)
    names = rater_columns(data, raters, by)
    _names, values = matrix(data, names)
    group, keys = groups(data, names_of(by))
    results = [_correlations(values[group == row], level) for row in range(len(keys))]
    frame = pd.concat(results, ignore_index=True)
    repeated = keys.loc[keys.index.repeat(len(_FORMS))]
    out = estimates(
        repeated,
        term=[form for form, _method in _FORMS] * len(keys),
        method="F",
        level=level,
        std_error=np.nan,
        **{name: frame[name].to_numpy() for name in ("estimate", "low", "high", "n", "df", "note")},
    )
    out["method"] = [method for _form, method in _FORMS] * len(keys)
    return out.assign(f=frame["f"].to_numpy(), df2=frame["df2"].to_numpy())


@dataclass(frozen=True)
class MeanSquares:
    """The analysis of variance of complete subjects × raters."""

    subjects: float
    raters: float
    residual: float
    within: float
    n: int
    k: int


def mean_squares(values: Floats) -> MeanSquares:
    """Split the variation of complete subjects × raters (at least 2 × 2), in units of the largest deviation.

    The correlations know no unit; without one of their own huge ratings would overflow.
    """
    n, k = values.shape
    centred = values - values.mean()
    centred = centred / np.abs(centred).max()
    rows, columns = centred.mean(axis=1), centred.mean(axis=0)
    rest = centred - rows[:, None] - columns
    total = float((centred**2).sum())
    between, residual = k * float((rows**2).sum()), float((rest**2).sum())
    if residual <= _ROUNDING * total:
        residual = 0.0
    within = residual + n * float((columns**2).sum())
    return MeanSquares(
        subjects=(between if between > _ROUNDING * total else 0.0) / (n - 1),
        raters=n * float((columns**2).sum()) / (k - 1),
        residual=residual / ((n - 1) * (k - 1)),
        within=(within if within > _ROUNDING * total else 0.0) / (n * (k - 1)),
        n=n,
        k=k,
    )


def _correlations(values: Floats, level: float) -> pd.DataFrame:
    rated = (~np.isnan(values)).sum(axis=1)
    complete = values[rated == values.shape[1]]
    n, k = complete.shape
    if n < 2 or k < 2:
        return _empty(n, AgreementNote.TWO_NEEDED)
    if (complete == complete[0, 0]).all():
        return _empty(n, AgreementNote.ALL_ALIKE)
    frame = _six(mean_squares(complete), level)
    if n < 0.9 * (rated >= 1).sum():
        frame["note"] = frame["note"].where(frame["note"] != "", AgreementNote.LEFT_OUT.value)
    return frame


def _empty(n: int, note: str) -> pd.DataFrame:
    row = {"estimate": np.nan, "low": np.nan, "high": np.nan, "n": n, "df": np.nan, "note": str(note)}
    return pd.DataFrame([row | {"f": np.nan, "df2": np.nan}] * len(_FORMS))


def _six(squares: MeanSquares, level: float) -> pd.DataFrame:
    n, k = squares.n, squares.k
    df_within, df_residual = n * (k - 1), (n - 1) * (k - 1)
    single = [
        _one_way(squares.subjects, squares.within, df_within, squares, level),
        _agreement(squares, level),
        _one_way(squares.subjects, squares.residual, df_residual, squares, level),
    ]
    stepped = [tuple(_stepped_up(value, k) for value in triple) for triple in single]
    frame = pd.DataFrame([*single, *stepped], columns=["estimate", "low", "high"])
    frame["n"], frame["df"] = n, n - 1.0
    errors = [squares.within, squares.residual, squares.residual] * 2
    frame["f"] = ratio(squares.subjects, errors)
    frame["df2"] = [float(df_within), float(df_residual), float(df_residual)] * 2
    frame["note"] = [_note(*row) for row in zip(frame["estimate"], frame["low"], errors, strict=True)]
    return frame


def _note(estimate: float, low: float, error: float) -> str:
    if np.isnan(estimate):
        return AgreementNote.NO_INTERVAL.value
    if np.isnan(low):
        return AgreementNote.ENTIRE.value if error == 0 else AgreementNote.NO_INTERVAL.value
    return ""


def _one_way(between: float, error: float, df2: int, squares: MeanSquares, level: float) -> tuple[float, float, float]:
    """Correlation of one rating and its limits from one F ratio: (F − 1) / (F + k − 1)."""
    k, df, upper = squares.k, squares.n - 1, (1 + level) / 2
    estimate = float(ratio(between - error, between + (k - 1) * error))
    f = float(ratio(between, error))
    low, high = f / float(fdtri(df, df2, upper)), f * float(fdtri(df2, df, upper))
    return estimate, (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _agreement(squares: MeanSquares, level: float) -> tuple[float, float, float]:
    """Two-way agreement; Satterthwaite's degrees of freedom for the error of raters and rest together."""
    n, k = squares.n, squares.k
    subjects, raters, rest = squares.subjects, squares.raters, squares.residual
    estimate = float(ratio(subjects - rest, subjects + (k - 1) * rest + k * (raters - rest) / n))
    v = _error_df(estimate, squares)
    upper = (1 + level) / 2
    if rest == 0 or not v > 0:
        return estimate, np.nan, np.nan
    lower_f, upper_f = float(fdtri(n - 1, v, upper)), float(fdtri(v, n - 1, upper))
    error = k * raters + (k * n - k - n) * rest
    low = ratio(n * (subjects - lower_f * rest), lower_f * error + n * subjects)
    high = ratio(n * (upper_f * subjects - rest), error + n * upper_f * subjects)
    return estimate, float(low), float(high)


def _error_df(estimate: float, squares: MeanSquares) -> float:
    n, k = squares.n, squares.k
    if not estimate < 1:
        return np.nan
    weight = k * estimate / (n * (1 - estimate))
    raters, rest = weight * squares.raters, (1 + weight * (n - 1)) * squares.residual
    return float(ratio((raters + rest) ** 2, raters**2 / (k - 1) + rest**2 / ((n - 1) * (k - 1))))


def _stepped_up(single: float, k: int) -> float:
    """Spearman–Brown: the correlation of means of k ratings."""
    return float(ratio(k * single, 1 + (k - 1) * single))
