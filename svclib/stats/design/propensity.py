"""Weights from propensities: of volunteers against a reference sample, of answers among the invited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.columns import names_of
from svclib.stats.design.balance import check_alike, sample_balance
from svclib.stats.design.response import Model, check_several, fit_model, response_model, single
from svclib.stats.design.results import OPT_IN
from svclib.stats.design.sampling import Adjustment
from svclib.stats.design.survey import Design, design_of
from svclib.stats.design.trimming import described
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.terms import read_terms

WEIGHT = "propensity_weight"
_LIKE = 0.95
"""A reference of which a smaller part resembles those who answered is not covered."""
_UNEVEN = 2.0
"""Weights that cost more than half of the answers hang on few people."""


class PropensityNote(StrEnum):
    """How far to trust weights from propensities."""

    NONE = ""
    UNLIKE = _("part of the population is unlike everybody who answered: weighting cannot speak for it")
    UNEVEN = _("few people carry much of the weight: the estimates hang on them")
    MERGED = _("classes without answers were merged with their neighbours")


@dataclass(frozen=True, eq=False)
class Propensities:
    """Propensities to answer and the weights that follow from them.

    Attributes
    ----------
    propensity : Series
        Of each row: among volunteers and reference together, the probability to be a volunteer; among the invited the
        probability to answer.
    weights : Series
        Of those who answered.
    coefficients : DataFrame
        See `svclib.stats.estimate`: log-odds, with the errors of the fit.
    balance : DataFrame
        ``column, category, population, before, after``: shares of categories and means of numbers in the reference,
        and among those who answered, unweighted and weighted.
    summary : DataFrame
        One row: ``n, n_reference, min, max, cv, deff, effective_n``; ``overlap``, the part of the population whose
        propensity lies within the range of those who answered; ``classes`` and ``note``.
    design : Design
        Those who answered, with their weights.
    """

    propensity: pd.Series
    weights: pd.Series
    coefficients: pd.DataFrame
    balance: pd.DataFrame
    summary: pd.DataFrame
    design: Design


@dataclass(frozen=True)
class Multiplied:
    """Weights times factors that are taken as known."""

    factors: Floats

    def reweigh(self, weights: Floats) -> Floats:
        """Give the weights times the factors."""
        return np.asarray((weights.T * self.factors).T)

    def steps(self, old: Floats, new: Floats) -> tuple[list[Adjustment], int]:
        """Leave the residuals as they are."""
        return [], 1


def propensity_weights(
    data: pd.DataFrame | Design,
    reference: pd.DataFrame | Design,
    columns: str | Sequence[str],
    *,
    classes: int | None = None,
    level: float = 0.95,
) -> Propensities:
    """Weight volunteers (QR codes, panels) so that they resemble a reference sample of the population.

    A logistic regression on both samples together tells who is a volunteer, the reference with its weights (scaled
    to its number); a volunteer's weight is the odds to be of the reference, (1 - p) / p (Wang, Valliant and Li 2021).
    That needs no known size of the population. The weights make volunteers alike in `columns`, in nothing else, and
    give no sampling error: estimates of the design say so. `Design.calibrate` makes margins hold exactly.

    Parameters
    ----------
    data : DataFrame or Design
        The volunteers; weights of a design are multiplied.
    reference : DataFrame or Design
        A probability sample or a census; a design's weights count.
    columns : str or list of str
        Asked alike in both: categories, text, booleans or numbers; ``"a:b"`` for products.
    classes : int, optional
        Weight by classes of the propensity that hold equal parts of the population, such as 5, instead of by the
        odds themselves: steadier, and less exact (Lee 2006).
    level : float
        Of the coefficients' intervals.

    Returns
    -------
    Propensities
        Its ``design`` has the source ``opt-in``. The weights add up to the reference's if it has any, else to the
        number of volunteers.

    Raises
    ------
    InvalidInput
        If a column is absent or empty somewhere, or has a category that only one of the two knows; if columns tell
        the two samples apart without error.

    Examples
    --------
    >>> people = pd.DataFrame({"age": ["<40"] * 6 + ["40+"] * 4})
    >>> scanned = pd.DataFrame({"age": ["<40"] * 9 + ["40+"] * 3, "score": [5.0] * 9 + [3.0] * 3})
    >>> found = propensity_weights(scanned, people, "age")
    >>> found.design.mean("score").frame[["estimate", "note"]].round(3).values.tolist()
    [[4.2, 'volunteers answered: the interval tells of spread, not of sampling error']]
    """
    check_level(level)
    volunteers, known = design_of(data), design_of(reference)
    (frame, own), (other, theirs) = _looked_at(volunteers), _looked_at(known)
    names = single(names_of(columns))
    _check_free(frame)
    check_alike(frame, other, names)
    check_several(other, names)
    scaled = theirs / theirs.mean()
    both = pd.concat([frame[names], other[names]], ignore_index=True)
    outcome = np.repeat([1.0, 0.0], [len(frame), len(other)])
    model = fit_model(read_terms(both, columns), outcome, np.concatenate([own, scaled]), "volunteer")
    scores = model.fitted.predictor
    cut = _classes(scores, outcome, model.weights * (1 - outcome), classes)
    odds = np.exp(-scores[: len(frame)])
    if cut is not None:
        held = np.bincount(cut.code, model.weights * (1 - outcome)) / np.bincount(cut.code, model.weights * outcome)
        odds = held[cut.code[: len(frame)]]
    weights = own * odds
    weights = weights * (theirs.sum() if known.weights or known.fpc else len(frame)) / weights.sum()
    return _propensities(
        model,
        weights,
        cut,
        frame=frame,
        balance=sample_balance(frame, other, names, (theirs, own, weights)),
        overlap=_overlap(scores, outcome, model.weights),
        design=Design(frame.assign(**{WEIGHT: weights}), weights=WEIGHT, source="opt-in"),
        level=level,
        note=OPT_IN,
    )


def response_propensity(
    invited: pd.DataFrame | Design,
    *,
    responded: str,
    columns: str | Sequence[str],
    success: Any = None,
    classes: int | None = None,
    level: float = 0.95,
) -> Propensities:
    """Weight those who answered so that they resemble all who were invited.

    A logistic regression among the invited tells who answers; weights are divided by the propensity (Little 1986).

    Parameters
    ----------
    invited : DataFrame or Design
        All who were asked; a design's weights count.
    responded : str
        Column that tells who answered: booleans, 0 and 1, or a value named by `success`.
    columns : str or list of str
        Known of everybody invited.
    success : value or list of values, optional
    classes : int, optional
        Weight by the response rates of so many classes of equal size of the propensity.
    level : float
        Of the coefficients' intervals.

    Returns
    -------
    Propensities
        Its ``design`` is the invited design, seen by those who answered; its errors take the propensities as known.

    Raises
    ------
    InvalidInput
        If a column is absent or empty somewhere, everybody answered or nobody, or columns tell who answered without
        error.

    Examples
    --------
    >>> asked = pd.DataFrame({"age": ["<40"] * 10 + ["40+"] * 10, "answered": [1] * 8 + [0] * 2 + [1] * 4 + [0] * 6})
    >>> asked["score"] = np.where(asked["age"] == "<40", 5.0, 3.0)
    >>> found = response_propensity(asked, responded="answered", columns="age")
    >>> round(float(found.design.mean("score").frame["estimate"][0]), 6)
    4.0
    """
    check_level(level)
    design = design_of(invited)
    model = response_model(design, responded, columns, success)
    rows = np.flatnonzero(design.sampling.inside)
    answered = model.outcome > 0
    cut = _classes(model.fitted.predictor, model.outcome, model.weights, classes)
    factor = 1 / model.propensity
    if cut is not None:
        factor = (np.bincount(cut.code, model.weights) / np.bincount(cut.code, model.weights * model.outcome))[cut.code]
    factors = np.ones(len(design.frame))
    factors[rows] = factor
    inside: Bools = np.zeros(len(design.frame), dtype=np.bool_)
    inside[rows[answered]] = True
    frame, names = design.frame.iloc[rows], single(names_of(columns))
    after = model.weights * factor
    return _propensities(
        model,
        after[answered],
        cut,
        frame=frame[answered],
        balance=sample_balance(
            frame[answered], frame, names, (model.weights, model.weights[answered], after[answered])
        ),
        overlap=_overlap(model.fitted.predictor, model.outcome, model.weights, everybody=True),
        design=design.with_sampling(replace(design.sampling.reweighed(Multiplied(factors)), inside=inside)),
        level=level,
        index=frame.index,
    )


def _looked_at(design: Design) -> tuple[pd.DataFrame, Floats]:
    """Give the rows of the subpopulation and their weights."""
    inside = design.sampling.inside
    return design.frame[inside], design.row_weights[inside]


def _check_free(frame: pd.DataFrame) -> None:
    if WEIGHT in frame.columns:
        raise InvalidInput(_('The frame has a column "{column}" already; rename or drop it.'), column=WEIGHT)


@dataclass(frozen=True)
class _Classes:
    code: Ints
    count: int
    merged: bool


def _classes(scores: Floats, outcome: Floats, population: Floats, classes: int | None) -> _Classes | None:
    """Cut the propensity so that the classes hold equal parts of the population; classes without answers are merged."""
    if classes is None:
        return None
    if not isinstance(classes, int | np.integer) or isinstance(classes, bool) or classes < 2:
        raise InvalidInput(_("classes is {count}; give a whole number of 2 or more, such as 5."), count=str(classes))
    order = np.argsort(scores, kind="stable")
    place = np.cumsum(population[order]) / population.sum()
    ends = scores[order][np.searchsorted(place, np.arange(1, classes) / classes, side="left")]
    code = np.searchsorted(np.unique(ends), scores, side="left")
    kept = _merged(code, outcome, population)
    return _Classes(kept, int(kept.max()) + 1, bool(kept.max() < code.max()))


def _merged(code: Ints, outcome: Floats, population: Floats) -> Ints:
    """Number the classes anew, those without answers or without population joined to the one below."""
    top = int(code.max()) + 1
    full = (np.bincount(code, outcome, top) > 0) & (np.bincount(code, population, top) > 0)
    return np.asarray(np.maximum(np.cumsum(full) - 1, 0)[code], dtype=np.int64)


def _overlap(scores: Floats, outcome: Floats, weights: Floats, *, everybody: bool = False) -> float:
    """Part of the population whose propensity lies within the range of those who answered."""
    own = scores[outcome > 0]
    within = (scores >= own.min() - 1e-9) & (scores <= own.max() + 1e-9)
    population = weights if everybody else weights * (1 - outcome)
    return float((population * within).sum() / population.sum())


def _propensities(
    model: Model,
    weights: Floats,
    cut: _Classes | None,
    *,
    frame: pd.DataFrame,
    balance: pd.DataFrame,
    overlap: float,
    design: Design,
    level: float,
    index: Any = None,
    note: str = "",
) -> Propensities:
    told = described("final", weights, 0)
    warning = PropensityNote.UNEVEN if told["deff"] > _UNEVEN else PropensityNote.NONE
    if overlap < _LIKE:
        warning = PropensityNote.UNLIKE
    elif cut is not None and cut.merged:
        warning = PropensityNote.MERGED
    summary = {"n": told["n"], "n_reference": len(model.outcome) - (0 if index is not None else told["n"])}
    summary |= {name: told[name] for name in ("sum", "min", "max", "cv", "deff", "effective_n")}
    summary |= {"overlap": overlap, "classes": 0 if cut is None else cut.count, "note": str(warning)}
    return Propensities(
        propensity=pd.Series(model.propensity, index=index, name="propensity"),
        weights=pd.Series(weights, index=frame.index, name=WEIGHT),
        coefficients=_coefficients(model, level, note),
        balance=balance,
        summary=pd.DataFrame([summary]),
        design=design,
    )


def _coefficients(model: Model, level: float, note: str) -> pd.DataFrame:
    """Log-odds with errors robust to the weights: J⁻¹ Σ s s' J⁻¹."""
    inverse = np.linalg.inv(model.information)
    scores = model.scores
    error = np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse))
    estimate = model.fitted.coefficients
    low, high = t_interval(estimate, error, np.full(len(error), np.inf), level)
    return estimates(
        pd.DataFrame(index=range(len(estimate))),
        term=list(model.terms.names),
        estimate=estimate,
        std_error=error,
        low=low,
        high=high,
        n=[len(model.outcome)] * len(estimate),
        level=level,
        method="logistic, robust",
        note=[note] * len(estimate),
    )
