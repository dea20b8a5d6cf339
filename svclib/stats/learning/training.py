"""Does training help: scores of trained and untrained people, branch by branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.learning.mixed import MixedFit, Products, fit
from svclib.stats.marks import _
from svclib.stats.terms import INTERCEPT, Terms, check_independent, read_terms

FEW_CLUSTERS = 10
DESIGNS = ("observed", "randomised")

ASSOCIATION = _("an association: who was trained was not decided by lot, and what is not named may explain it")
BY_LOT = _("training was decided by lot: the difference is its effect, within the interval")
FEW = _("few branches: the interval is wide and approximate")
WHOLE_BRANCHES = _("whole branches were trained or not: only differences between branches tell")
NOT_ENOUGH = _("trained and untrained people are needed in at least two branches")


@dataclass(frozen=True, eq=False)
class TrainingEffect:
    """What goes along with training.

    Attributes
    ----------
    frame : DataFrame
        See `svclib.stats.estimate`; ``trained`` first, then ``trained, nothing held equal`` and the columns held equal.
    branches : DataFrame
        A row a branch: ``branch, trained, untrained`` (people), ``estimate, std_error, low, high``: its own effect,
        drawn towards the average as far as its numbers are few. Empty where the effect cannot differ.
    spread : DataFrame
        One row: ``estimate`` (standard deviation of the effect between branches), ``statistic, p_value`` (likelihood
        ratio against no spread, mixture of chi-squares).
    held_equal : tuple of str
        Columns compared at equal values.
    design : {"observed", "randomised"}
    note : str
        What the number may be called.
    """

    frame: pd.DataFrame
    branches: pd.DataFrame
    spread: pd.DataFrame
    held_equal: tuple[str, ...]
    design: str
    note: str


def training_effect(
    data: pd.DataFrame,
    outcome: str,
    trained: str,
    *,
    before: str | None = None,
    branch: str | None = None,
    confounders: Sequence[str] = (),
    reliability: float | None = None,
    design: str = "observed",
    level: float = 0.95,
) -> TrainingEffect:
    """Compare trained with untrained people at equal scores before, allowing for branches.

    Parameters
    ----------
    data : DataFrame
        A row a person.
    outcome, trained : str
        The score after, and 1 or true for who was trained.
    before : str, optional
        The score before. With `reliability` its error of measurement is taken out (each score drawn towards what its
        holder's group and confounders lead to expect, Porter 1967), which else would pass differences of ability as
        effects of training.
    branch : str, optional
        People of one branch resemble each other: intercepts differ between branches, and so does the effect where at
        least `FEW_CLUSTERS` branches have both trained and untrained people.
    confounders : list of str
        Columns that may explain who was trained and how they score: seniority, job.
    reliability : float, optional
        Of the score before.
    design : {"observed", "randomised"}
        Whether training was decided by lot. It changes no number, but what the number may be called.
    level : float

    Returns
    -------
    TrainingEffect

    Raises
    ------
    InvalidInput
        If a column is absent, `trained` is not 0/1 or the same for all, or a column follows from others.

    Notes
    -----
    REML with Satterthwaite's degrees of freedom (`svclib.stats.learning.mixed`); without `branch` least squares.

    Examples
    --------
    >>> staff = pd.DataFrame({"after": [60.0, 70, 66, 75, 64, 78], "trained": [0, 1, 0, 1, 0, 1]})
    >>> round(float(training_effect(staff, "after", "trained").frame["estimate"].iloc[0]), 6)
    11.0
    """
    check_level(level)
    if design not in DESIGNS:
        raise InvalidInput(_('design is "{given}"; choose among {known}.'), given=design, known=", ".join(DESIGNS))
    reading = _read(data, outcome, trained, before, branch, tuple(confounders), reliability)
    model = _fitted(reading)
    told = _frame(reading, model, trained, level)
    held = tuple(name for name in (before, *confounders) if name)
    note = BY_LOT if design == "randomised" else ASSOCIATION
    return TrainingEffect(told, _branches(reading, model, level), _spread(reading, model), held, design, note)


@dataclass(frozen=True, eq=False)
class _Reading:
    """Complete rows: outcome, terms (trained second), branches by number, whether the effect may differ."""

    outcome: Floats
    terms: Terms
    treated: Bools
    cluster: Ints
    names: tuple[str, ...]
    slopes: bool
    within: bool

    @property
    def x(self) -> Floats:
        return self.terms.matrix


def _read(
    data: pd.DataFrame, outcome: str, trained: str, before: str | None, branch: str | None,
    confounders: tuple[str, ...], reliability: float | None,
) -> _Reading:  # fmt: skip
    frame = check_frame(data)
    values, flag = numbers(frame, outcome), numbers(frame, trained)
    if not np.isin(flag[~np.isnan(flag)], (0, 1)).all():
        raise InvalidInput(_('The column "{column}" must be true or false (1 or 0).'), column=trained)
    columns = [trained, *([before] if before else []), *confounders]
    terms = read_terms(frame.assign(**{trained: flag}), columns)
    known = terms.known & ~np.isnan(values)
    if branch is not None:
        check_columns(frame, [branch])
        known &= frame[branch].notna().to_numpy()
    terms = Terms(terms.names, terms.matrix[known], np.ones(int(known.sum()), dtype=bool), terms.columns, terms.levels)
    check_independent(terms, terms.known)
    if before and reliability is not None:
        terms = _without_error(terms, before, reliability)
    treated = terms.matrix[:, 1] == 1
    if branch is None:
        return _Reading(values[known], terms, treated, np.zeros(len(treated), dtype=np.int64), (), False, True)
    codes, labels = pd.factorize(frame.loc[known, branch].astype(str), sort=True)
    both = _count(codes, treated, len(labels)) * _count(codes, ~treated, len(labels)) > 0
    if len(labels) < 2:
        raise InvalidInput(
            _('The column "{column}" names one branch; leave it out, or give people of several.'), column=branch
        )
    slopes = int(both.sum()) >= FEW_CLUSTERS
    return _Reading(
        values[known], terms, treated, codes.astype(np.int64), tuple(map(str, labels)), slopes, bool(both.any())
    )


def _count(codes: Ints, rows: Bools, size: int) -> Ints:
    return np.bincount(codes[rows], minlength=size)


def _without_error(terms: Terms, before: str, reliability: float) -> Terms:
    """Replace the score before by the estimated true score given the other columns."""
    if not 0 < reliability <= 1:
        raise InvalidInput(_("reliability is {value}; give numbers above 0, at most 1."), value=str(reliability))
    place = terms.names.index(before)
    others = np.delete(terms.matrix, place, axis=1)
    score = terms.matrix[:, place]
    expected = others @ np.linalg.lstsq(others, score, rcond=None)[0]
    left = score - expected
    spread = float(left @ left) / max(len(score) - others.shape[1], 1)
    kept = 1 - (1 - reliability) * float(score.var(ddof=1)) / spread
    if kept <= 0:
        raise InvalidInput(
            _("At reliability {value} the score before holds nothing but error among equals; check the reliability."),
            value=f"{reliability:g}",
        )
    matrix = terms.matrix.copy()
    matrix[:, place] = expected + kept * left
    return Terms(terms.names, matrix, terms.known, terms.columns, terms.levels)


def _fitted(reading: _Reading) -> MixedFit:
    if not reading.names:
        return _least_squares(reading.x, reading.outcome)
    return fit(Products.of(reading.x, _random(reading), reading.outcome, reading.cluster))


def _random(reading: _Reading) -> Floats:
    return reading.x[:, :2] if reading.slopes else reading.x[:, :1]


def _least_squares(x: Floats, y: Floats) -> MixedFit:
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ y
    free = float(len(y) - x.shape[1])
    left = y - x @ beta
    variance = float(left @ left) / free
    none, degrees = np.zeros((0, 0)), np.full(len(beta), free)
    empty = np.zeros((0, 0, 0))
    vcov = np.asarray(variance * inverse)
    return MixedFit(beta, vcov, degrees, float(np.sqrt(variance)), none, np.nan, none, empty, empty)


def _frame(reading: _Reading, model: MixedFit, trained: str, level: float) -> pd.DataFrame:
    bare = Terms(reading.terms.names[:2], reading.x[:, :2], reading.terms.known)
    raw = _fitted(
        _Reading(reading.outcome, bare, reading.treated, reading.cluster, reading.names, False, reading.within)
    )
    names = [name for name in reading.terms.names if name != INTERCEPT]
    error, df = np.sqrt(np.diag(model.vcov)), _df(reading, model)
    terms = [trained, f"{trained}, nothing held equal", *names[1:]]
    beta = np.concatenate([model.beta[1:2], raw.beta[1:2], model.beta[2:]])
    errors = np.concatenate([error[1:2], np.sqrt(np.diag(raw.vcov))[1:2], error[2:]])
    degrees = np.concatenate([df[1:2], _df(reading, raw)[1:2], df[2:]])
    low, high = t_interval(beta, errors, degrees, level)
    return estimates(
        pd.DataFrame(index=range(len(terms))), term=terms, estimate=beta, std_error=errors, low=low, high=high,
        n=len(reading.outcome), level=level, df=degrees, method="reml" if reading.names else "least squares",
        note=[_note(reading)] * 2 + [""] * (len(terms) - 2),
    )  # fmt: skip


def _df(reading: _Reading, model: MixedFit) -> Floats:
    """Bound the degrees of freedom of what varies between whole branches by the number of branches."""
    if not reading.names:
        return model.df
    branches = len(reading.names)
    limit = np.where(_between(reading)[: len(model.df)], max(branches - 2.0, 1.0), np.inf)
    if reading.slopes and len(model.between) > 1:
        both = (
            _count(reading.cluster, reading.treated, branches) * _count(reading.cluster, ~reading.treated, branches)
        ) > 0
        limit[1] = min(limit[1], max(float(both.sum()) - 1, 1.0)) if model.between[1, 1] > 0 else limit[1]
    return np.asarray(np.minimum(model.df, limit))


def _between(reading: _Reading) -> Bools:
    """Terms that are constant within every branch."""
    size = len(reading.names)
    counts = np.bincount(reading.cluster, minlength=size)
    means = np.stack([np.bincount(reading.cluster, column, size) / counts for column in reading.x.T])
    return np.asarray(np.abs(reading.x.T - means[:, reading.cluster]).max(axis=1) < 1e-9)


def _note(reading: _Reading) -> str:
    if not reading.names:
        return ""
    if not reading.within:
        return WHOLE_BRANCHES
    return FEW if len(reading.names) < FEW_CLUSTERS else ""


_BRANCH_COLUMNS = ("branch", "trained", "untrained", "estimate", "std_error", "low", "high")


def _branches(reading: _Reading, model: MixedFit, level: float) -> pd.DataFrame:
    if not reading.slopes:
        return pd.DataFrame(columns=list(_BRANCH_COLUMNS))
    size = len(reading.names)
    effect = model.beta[1] + model.effects[:, 1]
    variance = model.vcov[1, 1] + model.errors[:, 1, 1] + 2 * model.with_fixed[:, 1, 1]
    error = np.sqrt(np.maximum(variance, 0))
    low, high = t_interval(effect, error, np.full(size, max(size - 2.0, 1.0)), level)
    counts = (_count(reading.cluster, reading.treated, size), _count(reading.cluster, ~reading.treated, size))
    values = (reading.names, *counts, effect, error, low, high)
    return pd.DataFrame(dict(zip(_BRANCH_COLUMNS, values, strict=True)))


def _spread(reading: _Reading, model: MixedFit) -> pd.DataFrame:
    """Give the spread of effects, tested against none: half χ²(1), half χ²(2) (Stram & Lee 1994)."""
    if not reading.slopes:
        return pd.DataFrame({"estimate": [np.nan], "statistic": [np.nan], "p_value": [np.nan], "note": [NOT_ENOUGH]})
    plain = fit(Products.of(reading.x, reading.x[:, :1], reading.outcome, reading.cluster))
    statistic = max(plain.deviance - model.deviance, 0.0)
    p_value = 0.5 * float(chdtrc(1, statistic)) + 0.5 * float(chdtrc(2, statistic))
    size = float(np.sqrt(max(model.between[1, 1], 0.0)))
    return pd.DataFrame({"estimate": [size], "statistic": [statistic], "p_value": [p_value], "note": [""]})
