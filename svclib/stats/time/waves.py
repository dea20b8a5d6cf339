"""Waves of a survey: levels, changes and trends, with what the panel's overlap takes away from chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr, stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import names_of, numbers
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.design.bounded import Scale, check_scale
from svclib.stats.design.descriptive import indicator
from svclib.stats.design.results import Estimates, opt_in_note
from svclib.stats.design.survey import Design, design_of
from svclib.stats.design.values import Data, Names, answers_of, frame_of, means, shares
from svclib.stats.estimate import COLUMNS, MIN_MEAN, Note, check_level, estimates
from svclib.stats.intervals import normal_quantile
from svclib.stats.marks import _
from svclib.stats.scales.satisfaction import nps, nps_scores
from svclib.stats.time.overlap import Together, check_wave, of_design, of_frame, stacked
from svclib.stats.time.trend import Direction

Kind = Literal["mean", "share", "nps"]
Pairs = Literal["consecutive", "first", "all"]
_SAME = 1e-12
"""A difference whose variance is a smaller part of the two waves' is the same for all respondents."""


@dataclass(frozen=True, eq=False)
class Waves(Estimates):
    """Estimates of a column in each wave, and how they vary together.

    Attributes
    ----------
    frame : DataFrame
        The `by` columns, the wave, and the columns of an estimate.
    vcov : (rows, rows) float
        Covariance matrix of the rows.
    keys : tuple of str
        The `by` columns and the wave.
    together : Together
        Respondents (clusters) that two rows share, and degrees of freedom of their difference.
    bounded : bool
        Intervals of changes follow from those of the levels, which stay on the scale; otherwise t.
    min_n : int
    opt_in : bool
    """

    together: Together | None = None
    bounded: bool = False
    min_n: int = MIN_MEAN
    opt_in: bool = False

    def changes(self, pairs: Pairs = "consecutive", *, adjust: Adjustment = "none") -> pd.DataFrame:
        """Estimate the change from one wave to another.

        Parameters
        ----------
        pairs : {"consecutive", "first", "all"}
            Each wave against the one before, against the first, or every two.
        adjust : {"none", "holm", "bh", "bonferroni"}
            How ``p_adjusted`` allows for the number of changes, of all groups together; the intervals are those of
            each change alone.

        Returns
        -------
        DataFrame
            The `by` columns, ``first`` and ``second`` wave, the columns of an estimate (second less first, ``n`` the
            answers of both); then ``previous`` (the first wave's estimate), ``overlap`` (respondents in both, in a
            design clusters), ``correlation`` of the two estimates, ``statistic``, ``p_value``, ``p_adjusted`` and
            ``direction`` (`svclib.stats.time.trend.Direction`): up or down where ``p_adjusted`` is below 1 − level.

        Examples
        --------
        >>> panel = pd.DataFrame({"who": [1, 2, 3, 4] * 2, "year": [2024] * 4 + [2025] * 4})
        >>> panel["score"] = [3.0, 4, 4, 5, 4, 5, 5, 5]
        >>> waves(panel, "score", "year", respondent="who").changes()[["estimate", "std_error", "df"]].values.tolist()
        [[0.75, 0.25, 3.0]]
        """
        check_adjustment(adjust)
        chosen = np.array([pair for rows in self._runs() for pair in _pairs(rows, pairs)], dtype=np.int64).reshape(
            -1, 2
        )
        found = [self._combined(pair, np.array([-1.0, 1.0])) for pair in chosen]
        first, second = chosen[:, 0], chosen[:, 1]
        frame = self._told(first, found, n=self._column("n")[chosen].sum(axis=1), parts=chosen)
        wave, by = self.keys[-1], list(self.keys[:-1])
        frame.insert(len(by), "first", self.frame[wave].iloc[first].to_numpy())
        frame.insert(len(by) + 1, "second", self.frame[wave].iloc[second].to_numpy())
        frame["previous"] = self._column("estimate")[first]
        frame["overlap"] = self._overlap(chosen)
        error = np.sqrt(np.maximum(np.diag(self.vcov), 0))
        frame["correlation"] = _correlations(self.vcov[first, second], error[first] * error[second])
        return _tested(frame, found, adjust, self._level())

    def trend(self) -> pd.DataFrame:
        """Estimate the mean change from wave to wave: the slope of a line through the waves.

        Least squares through the estimates, each wave counting alike; its variance is that of the linear combination,
        with the waves' covariances. Waves of numbers (years) have their own distances, others are one step apart.

        Returns
        -------
        DataFrame
            The `by` columns and the columns of an estimate (change in one step, or one unit of a wave's number); then
            ``statistic``, ``p_value`` and ``direction``. Groups with fewer than three waves have none.
        """
        runs = [self._known(rows) for rows in self._runs()]
        found = [self._slope(rows) for rows in runs]
        first = np.array([rows[0] for rows in self._runs()], dtype=np.int64)
        n = np.array([self._column("n")[rows].sum() for rows in runs])
        frame = self._told(first, found, n=n, parts=runs)
        few = np.array([len(rows) < 3 for rows in runs], dtype=bool)
        frame["note"] = np.where(few, TWO_WAVES, frame["note"].to_numpy(dtype=object))
        return _tested(frame, found, "none", self._level()).drop(columns="p_adjusted")

    def contrast(self, coefficients: Any, *, level: float | None = None) -> pd.DataFrame:
        """Estimate a linear combination of rows, such as the mean of two waves less a third.

        Parameters
        ----------
        coefficients : dict or sequence of float
            As in `svclib.stats.design.results.Estimates.contrast`.
        level : float, optional
            That of the waves; another needs another call of `waves`.
        """
        if level is not None and level != self._level():
            raise InvalidInput(_("The waves have level {level}; call stats.waves with the level you need."),
                               level=self._level())  # fmt: skip
        weights = self._coefficients(coefficients)
        used = np.flatnonzero(weights)
        found = self._combined(used, weights[used])
        term = " ".join(f"{weights[row]:+g}·{'/'.join(map(str, self._name(int(row))))}" for row in used)
        frame = self._told(used[:1], [found], n=np.array([self._column("n")[used].sum()]), parts=[used])
        return frame[list(COLUMNS)].assign(term=term)

    def _column(self, name: str) -> Floats:
        return self.frame[name].to_numpy(dtype=float)

    def _level(self) -> float:
        return float(self.frame["level"].iloc[0]) if len(self.frame) else 0.95

    def _runs(self) -> list[Ints]:
        """Rows of each group, in the order of the waves."""
        by = list(self.keys[:-1])
        if not by:
            return [np.arange(len(self.frame), dtype=np.int64)] if len(self.frame) else []
        code = self.frame.groupby(by, observed=True, dropna=False, sort=False).ngroup().to_numpy()
        return [np.flatnonzero(code == one).astype(np.int64) for one in range(int(code.max(initial=-1)) + 1)]

    def _known(self, rows: Ints) -> Ints:
        return rows[~np.isnan(self._column("estimate")[rows])]

    def _overlap(self, pairs: Ints) -> Ints:
        shared = self.together.overlap if self.together is not None else np.zeros_like(self.vcov)
        return shared[pairs[:, 0], pairs[:, 1]].astype(np.int64)

    def _slope(self, rows: Ints) -> Combined:
        if len(rows) < 3:
            return Combined(np.nan, np.nan, np.nan, np.nan, np.nan)
        at = _positions(self.frame[self.keys[-1]].iloc[rows])
        away = at - at.mean()
        return self._combined(rows, away / (away @ away))

    def _combined(self, rows: Ints, coefficients: Floats) -> Combined:
        """Combine estimates: the t interval, or the one that follows from the rows' own intervals."""
        value, block = self._column("estimate")[rows], self.vcov[np.ix_(rows, rows)]
        estimate = float(coefficients @ value)
        variance = float(coefficients @ block @ coefficients)
        scale = float(coefficients**2 @ np.diag(block))
        error = np.sqrt(variance) if variance > _SAME * scale else 0.0 if variance == variance else np.nan
        df = self._degrees(rows)
        if not self.bounded:
            reach = float(stdtrit(df, (1 + self._level()) / 2)) * error if df >= 1 and error > 0 else np.nan
            return Combined(estimate, error, estimate - reach, estimate + reach, df)
        errors = np.sqrt(np.maximum(np.diag(block), 0))
        correlation = np.nan_to_num(_correlations(block, np.outer(errors, errors)))
        np.fill_diagonal(correlation, 1.0)
        low, high = self._column("low")[rows], self._column("high")[rows]
        below = coefficients * np.where(coefficients > 0, value - low, high - value)
        above = coefficients * np.where(coefficients > 0, high - value, value - low)
        reaches = [float(np.sqrt(np.maximum(side @ correlation @ side, 0))) for side in (below, above)]
        return Combined(estimate, error, estimate - reaches[0], estimate + reaches[1], np.inf)

    def _degrees(self, rows: Ints) -> float:
        """Degrees of freedom of the difference of two rows; of more rows the fewest of two that follow each other."""
        if self.together is None or not len(rows):
            return float("nan")
        table = self.together.df
        told = [table[a, b] for a, b in pairwise(rows)] or [table[rows[0], rows[0]]]
        return float(np.min(told)) if not np.isnan(told).all() else float("nan")

    def _told(self, first: Ints, found: Sequence[Combined], *, n: Floats, parts: Sequence[Ints] | Ints) -> pd.DataFrame:
        keys = self.frame[list(self.keys[:-1])].iloc[first]
        return estimates(
            keys,
            term=self.frame["term"].iloc[first].to_numpy(),
            estimate=np.array([one.estimate for one in found]),
            std_error=np.array([one.error for one in found]),
            low=np.array([one.low for one in found]),
            high=np.array([one.high for one in found]),
            n=np.nan_to_num(n),
            level=self._level(),
            df=np.array([one.df for one in found]),
            method="square-and-add, overlap" if self.bounded else "t, overlap",
            note=[self._why(one, rows) for one, rows in zip(found, parts, strict=True)],
        )

    def _why(self, one: Combined, rows: Ints) -> str:
        """Say why there is no interval, or how a combination of rows must be read."""
        counts = self._column("n")[rows]
        if np.isnan(one.estimate):
            return Note.NO_ANSWERS
        few = Note.TOO_FEW if counts.min() < self.min_n else Note.NONE
        if np.isnan(one.low):
            silent = self.frame.iloc[rows]
            own = [str(note) for note in silent.loc[silent["low"].isna(), "note"] if note not in ("", Note.TOO_FEW)]
            return own[0] if own else few or Note.ALL_EQUAL
        return opt_in_note(few) if self.opt_in else few


@dataclass(frozen=True)
class Combined:
    """A combination of estimates."""

    estimate: float
    error: float
    low: float
    high: float
    df: float


TWO_WAVES = _("a trend needs at least three waves with answers")


def waves(
    data: Data,
    column: str,
    wave: str,
    *,
    respondent: str | None = None,
    kind: Kind = "mean",
    success: Any = None,
    scale: Sequence[float] | None = None,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> Waves:
    """Estimate a column in each wave, ready for changes and trends.

    Respondents who are in two waves make the change between them surer than two samples would. Their covariance is
    taken from a frame with `respondent`: with everybody in both waves the change is the paired t test's, with nobody
    Welch's. A design carries it by its clusters: stack the waves in one frame; without clusters `respondent` becomes
    the cluster. Waves that share no cluster are independent samples, their strata counted within each wave.

    Parameters
    ----------
    data : DataFrame or Design
        One row a response, all waves together.
    column, wave : str
        The answers, and the wave: years or other numbers, months as text, or an ordered category.
    respondent : str, optional
        Column that names who answered; a row without a name is somebody else.
    kind : {"mean", "share", "nps"}
        Mean of the column, share of `success`, or net promoter score.
    success : value or list of values, optional
        Values that count for a share; of a boolean column True.
    scale : (lowest, highest), optional
        Ends of the scale of a mean. Its intervals are then score intervals, as in `svclib.stats.mean`.
    by : str or list of str, optional
        Groups that are followed one by one.
    weights, level, min_n
        As in `svclib.stats.mean`.

    Returns
    -------
    Waves
        With ``.frame``, ``.vcov``, ``.changes()``, ``.trend()`` and ``.contrast()``.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or holds what cannot be, the respondent who answered twice in a wave, or the
        wave that is missing.

    Notes
    -----
    Changes of shares, net promoter scores and means on a scale have intervals from the two waves' own intervals and
    the correlation of the estimates (Newcombe 1998; Zou and Donner 2008), which hold near the ends of the scale.
    Their p value is that of the side of the interval that faces 0, so that it is below 1 − level exactly when the
    interval leaves out 0.

    Examples
    --------
    >>> answers = pd.DataFrame(
    ...     {"month": ["2026-01"] * 30 + ["2026-02"] * 30, "overall": [5] * 20 + [3] * 10 + [5] * 30}
    ... )
    >>> moved = waves(answers, "overall", "month", kind="share", success=[4, 5]).changes()
    >>> moved[["estimate", "low", "high"]].round(2).values.tolist(), moved["direction"].item()
    ([[0.33, 0.15, 0.51]], 'up')
    """
    check_level(level)
    if kind not in get_args(Kind):
        raise InvalidInput(_('kind is "{kind}"; give one of {known}.'), kind=str(kind), known=", ".join(get_args(Kind)))
    groups_by = names_of(by)
    check_wave(frame_of(data), wave, groups_by)
    cells = [*groups_by, wave]
    ends = None if scale is None else check_scale(scale)
    values = _values(data, column, kind, success, ends)
    if isinstance(data, Design):
        data = stacked(design_of(data, weights), wave, respondent)
        together = of_design(data, values, cells)
    else:
        together = of_frame(data, values, cells, weights, respondent)
    given: dict[str, Any] = {"by": cells, "weights": weights, "level": level, "min_n": min_n}
    if kind == "nps":
        frame = nps(data, column, **given)
    elif kind == "share":
        frame = shares(data, values, column, **given)
    else:
        frame = means(data, values, column, scale=ends, **given)
    opt_in = isinstance(data, Design) and "opt-in" in names_of(data.source)
    bounded = kind != "mean" or ends is not None
    return Waves(frame, together.vcov, tuple(cells), "overlap", together, bounded, min_n, opt_in)


def _values(data: Data, column: str, kind: Kind, success: Any, ends: Scale | None) -> Floats:
    """Give the numbers whose means are compared."""
    if kind == "nps":
        return 100 * nps_scores(answers_of(data, column, (0, 10)))
    if kind == "mean":
        return answers_of(data, column, ends)
    series = frame_of(data)[column] if column in frame_of(data).columns else None
    if series is None:
        return answers_of(data, column)
    if success is None and not pd.api.types.is_bool_dtype(series.dtype):
        raise InvalidInput(
            _('A share of "{column}" needs success: the value or values that count, such as success=[4, 5].'),
            column=column,
        )
    return indicator(series, True if success is None else success)


def _correlations(covariance: Floats, errors: Floats) -> Floats:
    return np.clip(ratio(covariance, errors), -1, 1)


def _pairs(rows: Ints, pairs: str) -> list[tuple[int, int]]:
    listed = [int(row) for row in rows]
    if pairs == "consecutive":
        return list(pairwise(listed))
    if pairs == "first":
        return [(listed[0], other) for other in listed[1:]]
    if pairs == "all":
        return list(combinations(listed, 2))
    raise InvalidInput(
        _('pairs is "{pairs}"; give one of {known}.'), pairs=str(pairs), known=", ".join(get_args(Pairs))
    )


def _positions(series: pd.Series) -> Floats:
    """Where the waves lie: their numbers, or 0, 1, 2 …."""
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        return numbers(series.to_frame("wave"), "wave")
    return np.arange(len(series), dtype=float)


def _tested(frame: pd.DataFrame, found: Sequence[Combined], adjust: Adjustment, level: float) -> pd.DataFrame:
    """Add the test that belongs to each interval, and the direction."""
    estimate, low, high, df = (frame[name].to_numpy(dtype=float) for name in ("estimate", "low", "high", "df"))
    facing = np.where(estimate > 0, estimate - low, high - estimate)
    normal = np.isinf(df)
    quantile = np.where(
        normal, normal_quantile(level), stdtrit(np.where(normal | (df < 1), np.nan, df), (1 + level) / 2)
    )
    statistic = ratio(estimate, facing) * quantile
    p_value = 2 * np.where(normal, ndtr(-np.abs(statistic)), stdtr(np.where(normal, 1, df), -np.abs(statistic)))
    p_adjusted = adjusted(p_value, adjust)
    moved = p_adjusted < 1 - level
    names = np.select(
        [np.isnan(p_adjusted), moved & (estimate > 0), moved & (estimate < 0)],
        [Direction.UNKNOWN, Direction.UP, Direction.DOWN],
        default=Direction.STEADY,
    )
    return frame.assign(
        statistic=statistic, p_value=p_value, p_adjusted=p_adjusted, direction=[str(name) for name in names]
    )
