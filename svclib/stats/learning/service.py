"""Do branches with more certified staff have more satisfied customers: an association, with what may explain it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.terms import Terms, check_independent, read_terms

FEW_BRANCHES = 20

ASSOCIATION = _("an association between branches, not an effect: nobody was certified by lot")
FEW = _("few branches: one of them can turn the result")
ONE_PERIOD = _("one period only: changes within branches cannot be followed")
NO_CHANGE = _("the share of certified staff did not change within branches otherwise than everywhere")


@dataclass(frozen=True, eq=False)
class ServiceLink:
    """What goes along with the share of certified staff.

    Attributes
    ----------
    frame : DataFrame
        See `svclib.stats.estimate`; terms ``alone, adjusted, within``, as `service_link` describes them.
    branches : DataFrame
        A row a branch, means over its periods: ``branch, certified, outcome, expected`` (by the line ``alone``) and
        ``without`` (the slope ``alone`` without this branch).
    held_equal : tuple of str
        Confounders held equal in ``adjusted``.
    note : str
        What the number may be called.
    """

    frame: pd.DataFrame
    branches: pd.DataFrame
    held_equal: tuple[str, ...]
    note: str


def service_link(
    data: pd.DataFrame,
    outcome: str,
    certified: str,
    *,
    branch: str = "branch",
    std_error: str | None = None,
    confounders: Sequence[str] = (),
    period: str | None = None,
    per: float = 0.1,
    level: float = 0.95,
) -> ServiceLink:
    """Relate customers' satisfaction to the share of certified staff, branch by branch.

    Parameters
    ----------
    data : DataFrame
        A row a branch, or a branch and period.
    outcome, certified : str
        The satisfaction of the branch (on any scale) and its share of certified staff (0–1).
    branch : str
    std_error : str, optional
        Column of the standard error of `outcome`: branches with few answers then weigh less.
    confounders : list of str
        Columns of the branch that may explain both: region, size, mix of customers.
    period : str, optional
        Quarter or month, where branches were seen several times.
    per : float
        The step of the share that a slope stands for; 0.1 means 10 percentage points.
    level : float

    Returns
    -------
    ServiceLink
        Slopes of `outcome` for a step of `per`: ``alone``; ``adjusted``, at equal confounders (equal to ``alone``
        without any); ``within``, from changes within branches against the changes everywhere, which what is constant in
        a branch cannot explain.

    Raises
    ------
    InvalidInput
        If a column is absent, a share lies outside 0–1 or is the same everywhere, or a branch is twice in a period.

    Notes
    -----
    ``alone`` and ``adjusted`` are random-effects meta-regressions (REML for the spread between branches beyond
    sampling error; errors by Knapp & Hartung 2003, t with branches − terms degrees of freedom), on the means of
    branches over periods. ``within`` is least squares with branch and period effects, errors clustered by branch with
    the factor G/(G − 1) and G − 1 degrees of freedom.

    Examples
    --------
    >>> branches = pd.DataFrame(
    ...     {"branch": list("abcd"), "csat": [0.70, 0.74, 0.81, 0.83], "share": [0.5, 0.6, 0.8, 0.9]}
    ... )
    >>> service_link(branches, "csat", "share").frame["estimate"].round(3).tolist()[0]
    0.033
    """
    check_level(level)
    rows = _read(data, outcome, certified, branch, std_error, tuple(confounders), period)
    means = _by_branch(rows)
    bare, full = _terms(means, ()), _terms(means, tuple(confounders))
    fits = [_regressed(means, bare), _regressed(means, full)]
    within = _within(rows)
    told = _frame(fits, within, per, level, len(means), len(rows))
    return ServiceLink(told, _influence(means, fits[0], per), tuple(confounders), ASSOCIATION)


@dataclass(frozen=True, eq=False)
class _Slope:
    estimate: float
    error: float
    df: float
    note: str
    line: Floats


def _read(
    data: pd.DataFrame, outcome: str, certified: str, branch: str, std_error: str | None,
    confounders: tuple[str, ...], period: str | None,
) -> pd.DataFrame:  # fmt: skip
    frame = check_frame(data).reset_index(drop=True)
    check_columns(frame, [branch, *([period] if period else []), *confounders])
    share = numbers(frame, certified)
    if ((share < 0) | (share > 1)).any():
        raise InvalidInput(_('The column "{column}" must hold shares from 0 to 1.'), column=certified)
    error = np.zeros(len(frame)) if std_error is None else numbers(frame, std_error)
    if (error < 0).any():
        raise InvalidInput(_('The column "{column}" holds a negative standard error; mend it.'), column=std_error)
    columns = {"outcome": numbers(frame, outcome), "share": share, "error": error, "branch": frame[branch].astype(str)}
    when = frame[period].astype(str) if period else "all"
    rows = pd.DataFrame({**columns, "period": when}, index=frame.index).join(frame[list(confounders)])
    rows = rows[rows[["outcome", "share", "error"]].notna().all(axis=1) & frame[branch].notna()]
    twice = rows.duplicated(["branch", "period"])
    if twice.any():
        raise InvalidInput(
            _('The branch "{branch}" is there twice in a period; keep one row, or name the column of the period.'),
            branch=rows.loc[twice, "branch"].iloc[0],
        )
    return rows.reset_index(drop=True)


def _by_branch(rows: pd.DataFrame) -> pd.DataFrame:
    grouped = rows.groupby("branch", sort=True)
    first = grouped.first()
    count = grouped.size()
    first["outcome"], first["share"] = grouped["outcome"].mean(), grouped["share"].mean()
    first["error"] = np.sqrt(grouped["error"].agg(lambda values: float((values**2).sum()))) / count
    return first.reset_index()


def _terms(means: pd.DataFrame, confounders: tuple[str, ...]) -> Terms:
    terms = read_terms(means, ["share", *confounders])
    check_independent(terms, terms.known)
    return terms


def _regressed(means: pd.DataFrame, terms: Terms) -> _Slope:
    """Fit a random-effects meta-regression with Knapp and Hartung's errors."""
    x, y = terms.matrix[terms.known], means["outcome"].to_numpy()[terms.known]
    sampling = means["error"].to_numpy()[terms.known] ** 2
    df = float(len(y) - x.shape[1])
    weight = 1 / (sampling + _between(x, y, sampling))
    inverse = np.linalg.inv((x.T * weight) @ x)
    beta = inverse @ (x.T * weight) @ y
    scale = float((weight * (y - x @ beta) ** 2).sum() / df)
    return _Slope(float(beta[1]), float(np.sqrt(scale * inverse[1, 1])), df, FEW if len(y) < FEW_BRANCHES else "", beta)


def _between(x: Floats, y: Floats, sampling: Floats) -> float:
    """Variance between branches beyond sampling error, by REML; the whole spread where no sampling error is known."""
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    spread = float(left @ left) / (len(y) - x.shape[1])
    if not sampling.any():
        return max(spread, 1e-12)

    def criterion(variance: float) -> float:
        weight = 1 / (sampling + variance)
        cross = (x.T * weight) @ x
        residual = y - x @ np.linalg.solve(cross, (x.T * weight) @ y)
        return float(-np.log(weight).sum() + np.linalg.slogdet(cross)[1] + (weight * residual**2).sum())

    lowest = 1e-9 * max(spread, 1e-12) if (sampling == 0).any() else 0.0
    found = minimize_scalar(criterion, bounds=(lowest, 4 * spread + 1e-12), method="bounded", options={"xatol": 1e-12})
    return float(found.x) if found.fun < criterion(lowest) else lowest


def _within(rows: pd.DataFrame) -> _Slope:
    """Least squares with branch and period effects, errors clustered by branch."""
    branch, period = (pd.factorize(rows[name])[0] for name in ("branch", "period"))
    seen = np.bincount(branch)[branch] > 1
    if period.max(initial=0) == 0 or not seen.any():
        return _Slope(np.nan, np.nan, np.nan, ONE_PERIOD, np.zeros(0))
    branch = pd.factorize(branch[seen])[0]
    share, outcome = (_swept(rows[name].to_numpy()[seen], branch, period[seen]) for name in ("share", "outcome"))
    squares, groups = float(share @ share), int(branch.max()) + 1
    if squares < 1e-10 * len(share) or groups < 2:
        return _Slope(np.nan, np.nan, np.nan, NO_CHANGE, np.zeros(0))
    slope = float(share @ outcome) / squares
    score = np.bincount(branch, share * (outcome - slope * share), groups)
    error = float(np.sqrt((score**2).sum() * groups / (groups - 1))) / squares
    return _Slope(slope, error, groups - 1.0, FEW if groups < FEW_BRANCHES else "", np.zeros(0))


def _swept(values: Floats, branch: Ints, period: Ints) -> Floats:
    """Take out branch and period means (alternating projections, exact where every branch has every period)."""
    left = values - values.mean()
    for _round in range(500):
        before = left
        for codes in (branch, period):
            left = left - (np.bincount(codes, left) / np.maximum(np.bincount(codes), 1))[codes]
        if np.abs(left - before).max() < 1e-13 * max(np.abs(values).max(), 1e-300):
            break
    return left


def _frame(fits: list[_Slope], within: _Slope, per: float, level: float, branches: int, rows: int) -> pd.DataFrame:
    slopes = [*fits, within]
    estimate, error, df = (np.array([getattr(one, name) for one in slopes]) for name in ("estimate", "error", "df"))
    low, high = t_interval(estimate * per, error * per, df, level)
    told = estimates(
        pd.DataFrame(index=range(3)), term=["alone", "adjusted", "within"], estimate=estimate * per,
        std_error=error * per, low=low, high=high, n=[branches, branches, rows], level=level, df=df, method="",
        note=[one.note for one in slopes],
    )  # fmt: skip
    told["method"] = ["meta-regression", "meta-regression", "fixed effects"]
    return told


def _influence(means: pd.DataFrame, alone: _Slope, per: float) -> pd.DataFrame:
    slopes = [np.nan] * len(means)
    if len(means) > 3 and means["share"].nunique() > 2:
        slopes = [_without(means.drop(index=place)) * per for place in range(len(means))]
    expected = alone.line[0] + alone.line[1] * means["share"]
    columns = {"branch": means["branch"], "certified": means["share"], "outcome": means["outcome"]}
    return pd.DataFrame({**columns, "expected": expected, "without": slopes})


def _without(rest: pd.DataFrame) -> float:
    return _regressed(rest, read_terms(rest, ["share"])).estimate if rest["share"].nunique() > 1 else np.nan
