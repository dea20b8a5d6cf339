"""Polychoric and tetrachoric correlations, their errors and intervals: answers as cuts of normal variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.columns import check_columns
from svclib.stats.design.linear import Domains, mean_column
from svclib.stats.design.replicates import replicate_covariance
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import MIN_MEAN, Note, cell_notes, check_level, estimates
from svclib.stats.intervals import t_interval, wilson
from svclib.stats.marks import _
from svclib.stats.scales.correlations import PERFECT, SMOOTHED
from svclib.stats.scales.jackknife import heavy_tailed_df
from svclib.stats.scales.matrices import SMALLEST, smoothed
from svclib.stats.scales.moments import Missing, check_missing
from svclib.stats.scales.ordered import Ordered, read_ordered
from svclib.stats.scales.polychoric import Pairs, maximise, pair_tables
from svclib.stats.scales.polychoric_errors import influence, joint_maximum

Method = Literal["two_step", "ml"]

ALIKE = _("everybody answers one of the two alike: no correlation can be told")
UNUSED = _("categories that nobody chose were left out")
NOT_CONVERGED = _("the likelihood has no maximum that can be told: take method two_step")


@dataclass(frozen=True, eq=False)
class Polychoric:
    """Polychoric correlations.

    Attributes
    ----------
    frame : DataFrame
        One row a pair: ``first, second``, then the columns of `svclib.stats.estimate`.
    thresholds : DataFrame
        One row a threshold: ``item, category`` (the one below it), then the columns of an estimate.
    matrix : DataFrame
        Items × items, positive definite where all pairs are known: see `notes`.
    notes : tuple of str
        What was done to the correlations, such as moving them to the nearest that do not contradict each other.
    """

    frame: pd.DataFrame
    thresholds: pd.DataFrame
    matrix: pd.DataFrame
    notes: tuple[str, ...]


def polychoric(
    data: pd.DataFrame | Design,
    items: Sequence[str] | None = None,
    *,
    weights: str | None = None,
    method: Method = "two_step",
    missing: Missing = "complete",
    correction: float = 0.5,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> Polychoric:
    """Estimate polychoric correlations of all pairs of items.

    Parameters
    ----------
    data : DataFrame or Design
        Respondents × items; numbers of few values, or ordered categoricals. A design gives its own errors.
    items : list of str, optional
        All columns without it (but `weights`).
    weights : str, optional
        Column of weights.
    method : {"two_step", "ml"}
        Thresholds from the shares first (Olsson 1979), or together with the correlation (of a frame without weights).
    missing : {"complete", "pairwise"}
    correction : float
        Put into the one empty cell of a table of two by two, its margins kept; 0 leaves it.
    level : float
    min_n : int

    Returns
    -------
    Polychoric

    Raises
    ------
    InvalidInput
        Naming an item that is absent, named twice, not ordered or of more than 25 categories.

    Notes
    -----
    Errors of the two-step correlation count the thresholds' own (Muthén 1984; Jöreskog 1994); those of R's polycor do
    not and are smaller. Intervals are symmetric on Fisher's scale, with t's degrees of freedom from the kurtosis of the
    respondents' influence, as few answers decide where most are alike; those of thresholds are Wilson's of the shares.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> service = random.normal(size=(500, 1)) + random.normal(size=(500, 3))
    >>> answers = pd.DataFrame(np.digitize(service, [-2, -1, 0, 1]), columns=list("abc"))
    >>> polychoric(answers).frame[["first", "second", "estimate"]].round(2).values.tolist()
    [['a', 'b', 0.46], ['a', 'c', 0.44], ['b', 'c', 0.5]]
    """
    check_level(level)
    check_missing(missing)
    if method not in ("two_step", "ml"):
        raise InvalidInput(_('method is "{method}"; choose one of {known}.'), method=method, known="two_step, ml")
    design = design_of(data, weights)
    if items is None:
        items = [column for column in design.frame.columns if column != design.weights]
    answers = _inside(read_ordered(design.frame, items, least=2), design, missing)
    plain = not isinstance(data, Design) and weights is None
    if method == "ml" and not plain:
        raise InvalidInput(_("Maximum likelihood of thresholds and correlation takes no weights; leave out method."))
    sampled = _Sampled(answers, design.domains(None), plain, correction)
    found = _joint(sampled) if method == "ml" else _two_step(sampled)
    frame = _pair_frame(sampled, found, method, level, min_n)
    matrix, notes = _matrix(sampled, found.rho)
    return Polychoric(frame, _threshold_frame(sampled, level, min_n), matrix, notes)


def tetrachoric(
    data: pd.DataFrame | Design,
    items: Sequence[str] | None = None,
    *,
    weights: str | None = None,
    method: Method = "two_step",
    missing: Missing = "complete",
    correction: float = 0.5,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> Polychoric:
    """Estimate tetrachoric correlations: polychoric ones of items with two answers.

    Parameters
    ----------
    data, items, weights, method, missing, correction, level, min_n
        As in `polychoric`.

    Raises
    ------
    InvalidInput
        As `polychoric`; also naming an item with more than two answers.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [0] * 50 + [1] * 50, "b": [0] * 40 + [1] * 10 + [0] * 10 + [1] * 40})
    >>> tetrachoric(answers).frame["estimate"].round(4).item()
    0.809
    """
    design = design_of(data, weights)
    names = [column for column in design.frame.columns if column != design.weights] if items is None else list(items)
    check_columns(design.frame, names)
    for name, labels in zip(names, read_ordered(design.frame, names).labels, strict=True):
        if len(labels) > 2:
            raise InvalidInput(
                _('The item "{column}" has {count} different answers, not two; take polychoric.'),
                column=name,
                count=len(labels),
            )
    return polychoric(
        data, names, weights=weights, method=method, missing=missing, correction=correction, level=level, min_n=min_n
    )


@dataclass(frozen=True)
class _Sampled:
    """The answers and how the respondents came."""

    answers: Ordered
    parts: Domains
    plain: bool
    correction: float

    def tables(self, weights: Floats | None) -> Pairs:
        answers = self.answers
        return pair_tables(answers.codes, answers.categories, weights=weights, correction=self.correction)

    @property
    def pairs(self) -> Pairs:
        return self.tables(None if self.plain else self.parts.sampling.weights)


@dataclass(frozen=True)
class _Found:
    rho: Floats
    std_error: Floats
    n: Floats
    df: Floats
    converged: Bools


def _inside(answers: Ordered, design: Design, missing: Missing) -> Ordered:
    """Make missing what does not count: rows outside the subpopulation, or with a gap."""
    rows = design.sampling.inside
    if missing == "complete":
        rows = rows & (answers.codes >= 0).all(axis=1)
    return answers.only(rows)


def _two_step(sampled: _Sampled) -> _Found:
    pairs = sampled.pairs
    rho = maximise(pairs)
    n = sampled.tables(None).counts.sum(axis=(1, 2))
    usable = np.flatnonzero(np.abs(rho) < 1)
    error, df = np.full(len(rho), np.nan), np.maximum(n - 1, 0)
    some = Pairs(pairs.first[usable], pairs.second[usable], pairs.counts[usable], pairs.cuts)
    apart = influence(some, rho[usable])
    if sampled.plain:
        spread, fourths = ((some.counts * apart**power).sum(axis=(1, 2)) for power in (2, 4))
        rows = len(sampled.answers.codes)
        df[usable] = heavy_tailed_df(n[usable], spread, fourths)
        error[usable] = np.sqrt(ratio(spread, n[usable] ** 2) * rows / max(rows - 1, 1))
        return _Found(rho, error, n, df, np.ones(len(rho), dtype=np.bool_))
    if sampled.parts.sampling.replicates is not None:
        error = np.sqrt(np.diag(_replicated(sampled, rho)))
    for place, pair in enumerate(usable):
        valid, residual = _residual(sampled, some, apart, place)
        if sampled.parts.sampling.replicates is None:
            error[pair] = np.sqrt(max(float(sampled.parts.variance([residual])[0, 0]), 0))
        squares = residual[valid] ** 2
        heavy = heavy_tailed_df(n[pair], squares.sum(), (squares**2).sum())
        df[pair] = min(float(sampled.parts.degrees(valid)[0]), float(heavy))
    return _Found(rho, error, n, df, np.ones(len(rho), dtype=np.bool_))


def _residual(sampled: _Sampled, pairs: Pairs, apart: Floats, place: int) -> tuple[Bools, Floats]:
    """The linearised part of each respondent in a correlation, which it is the sum of."""
    first, second = sampled.answers.codes[:, pairs.first[place]], sampled.answers.codes[:, pairs.second[place]]
    valid, weights = (first >= 0) & (second >= 0), sampled.parts.sampling.weights
    return valid, np.where(valid, weights * apart[place, first, second] / (weights * valid).sum(), 0.0)


def _replicated(sampled: _Sampled, rho: Floats) -> Floats:
    def statistic(weights: Floats) -> Floats:
        return maximise(sampled.tables(weights))

    replicates = sampled.parts.sampling.replicates
    nothing = np.full((len(rho), len(rho)), np.nan)
    return nothing if replicates is None else replicate_covariance(replicates, statistic, rho)


def _joint(sampled: _Sampled) -> _Found:
    """Maximise each pair's likelihood in its thresholds too; a category that only others chose is no threshold."""
    pairs = sampled.pairs
    rho, n = maximise(pairs), pairs.counts.sum(axis=(1, 2))
    error, converged = np.full(len(rho), np.nan), np.ones(len(rho), dtype=np.bool_)
    for place in np.flatnonzero(np.abs(rho) < 1):
        counts = pairs.counts[place]
        counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
        cuts = (_inner_cuts(counts.sum(axis=1)), _inner_cuts(counts.sum(axis=0)))
        best = joint_maximum(counts, float(rho[place]), *cuts)
        rho[place], error[place], converged[place] = best.rho, best.std_error, best.converged
    return _Found(rho, np.where(converged, error, np.nan), n, np.maximum(n - 1, 0), converged)


def _inner_cuts(counts: Floats) -> Floats:
    return np.asarray(ndtri(np.cumsum(counts)[:-1] / counts.sum()), dtype=np.float64)


def _pair_frame(sampled: _Sampled, found: _Found, method: Method, level: float, min_n: int) -> pd.DataFrame:
    first, second = np.triu_indices(len(sampled.answers.items), 1)
    names = np.array(sampled.answers.items, dtype=object)
    perfect = np.abs(found.rho) >= 1
    z = np.arctanh(np.where(perfect | np.isnan(found.rho), 0.0, found.rho))
    low, high = t_interval(z, found.std_error / (1 - np.where(perfect, 0, found.rho) ** 2), found.df, level)
    notes = _pair_notes(found, perfect, min_n)
    return estimates(
        pd.DataFrame({"first": names[first], "second": names[second]}),
        term="polychoric",
        estimate=found.rho,
        std_error=found.std_error,
        low=np.tanh(low),
        high=np.tanh(high),
        n=found.n,
        level=level,
        df=found.df,
        method=f"{method}, Fisher z",
        note=notes,
    )


def _pair_notes(found: _Found, perfect: Bools, min_n: int) -> list[str]:
    small = cell_notes(found.n, min_n, interval=True)
    lost = [Note.NO_ANSWERS, ALIKE, PERFECT, NOT_CONVERGED]
    which = [found.n == 0, np.isnan(found.rho), perfect, ~found.converged]
    said = np.select(which, lost, default="")
    return [str(one) or str(few) for one, few in zip(said, small, strict=True)]


def _threshold_frame(sampled: _Sampled, level: float, min_n: int) -> pd.DataFrame:
    answers = sampled.answers
    places = [(item, step) for item, labels in enumerate(answers.labels) for step in range(len(labels) - 1)]
    n = np.array([float((answers.codes[:, item] >= 0).sum()) for item, _step in places])
    share, variance, df = _shares(sampled, places, n)
    value, keys = ndtri(share), [(answers.items[item], answers.labels[item][step]) for item, step in places]
    low, high = wilson(share, ratio(share * (1 - share), variance), level)
    return estimates(
        pd.DataFrame(keys, columns=["item", "category"]),
        term="threshold",
        estimate=value,
        std_error=np.sqrt(2 * np.pi * variance) * np.exp(value**2 / 2),
        low=ndtri(low),
        high=ndtri(high),
        n=n,
        level=level,
        df=df,
        method="Wilson",
        note=cell_notes(n, min_n),
    )


def _shares(sampled: _Sampled, places: Sequence[tuple[int, int]], n: Floats) -> tuple[Floats, Floats, Floats]:
    """Shares of answers at or below each threshold, their variances and degrees of freedom."""
    codes, parts = sampled.answers.codes, sampled.parts
    if sampled.plain:
        share = np.array([float(((codes[:, item] >= 0) & (codes[:, item] <= step)).sum()) for item, step in places]) / n
        rows = len(codes)
        return share, share * (1 - share) / n * rows / max(rows - 1, 1), n - 1
    columns = [
        mean_column("", np.where(codes[:, item] < 0, np.nan, codes[:, item] <= step), parts) for item, step in places
    ]
    variance = np.array([float(parts.covariance([column])[0, 0]) for column in columns])
    df = np.array([float(parts.degrees(column.valid)[0]) for column in columns])
    return np.array([float(column.estimate[0]) for column in columns]), variance, df


def _matrix(sampled: _Sampled, rho: Floats) -> tuple[pd.DataFrame, tuple[str, ...]]:
    names = list(sampled.answers.items)
    first, second = np.triu_indices(len(names), 1)
    matrix = np.eye(len(names))
    matrix[first, second] = matrix[second, first] = rho
    notes = [UNUSED] if sampled.answers.unused else []
    notes += [PERFECT] if (np.abs(rho) >= 1).any() else []
    if not np.isnan(rho).any() and np.linalg.eigvalsh(matrix)[0] < SMALLEST:
        matrix, notes = smoothed(matrix), [*notes, SMOOTHED]
    return pd.DataFrame(matrix, index=pd.Index(names, name="item"), columns=names), tuple(notes)
