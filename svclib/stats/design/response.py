"""Who answers, by logistic regression."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError
from scipy.special import expit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_columns, names_of
from svclib.stats.design.balance import check_filled, is_numeric
from svclib.stats.design.survey import Design
from svclib.stats.marks import _
from svclib.stats.models.families import family_and_link
from svclib.stats.models.fitting import Fitted, Problem, fit
from svclib.stats.models.outcomes import check_varies, read_outcome
from svclib.stats.models.separation import check_separation
from svclib.stats.terms import Terms, check_independent, read_terms

_SLOW = 15
"""A fit that took more rounds than this may be running to infinity."""


@dataclass(frozen=True)
class Model:
    """A logistic regression of who answers.

    Attributes
    ----------
    matrix : (rows, terms) float
    outcome, weights : (rows,) float
    """

    terms: Terms
    outcome: Floats
    weights: Floats
    fitted: Fitted

    @property
    def propensity(self) -> Floats:
        """Probability of each row."""
        return np.asarray(expit(self.fitted.predictor))

    @property
    def information(self) -> Floats:
        """Weighted information of the coefficients."""
        share = self.propensity
        return np.asarray(self.terms.matrix.T @ (self.terms.matrix * (self.weights * share * (1 - share))[:, None]))

    @property
    def scores(self) -> Floats:
        """What each row adds to the score: (rows, terms)."""
        return np.asarray(self.terms.matrix * (self.weights * (self.outcome - self.propensity))[:, None])


def fit_model(terms: Terms, outcome: Floats, weights: Floats, column: str) -> Model:
    """Fit the weighted logistic regression.

    Raises
    ------
    InvalidInput
        If everybody answered or nobody, if a column follows from others, or if some tell who answers without error.
    """
    check_varies(outcome, column)
    every: Bools = np.ones(len(outcome), dtype=np.bool_)
    check_independent(terms, every)
    family, link = family_and_link("binomial", None)
    problem = Problem(terms.matrix, outcome, weights / weights.mean(), np.zeros(len(outcome)), family, link)
    try:
        fitted = fit(problem)
    except (LinAlgError, np.linalg.LinAlgError):
        fitted = None
    if fitted is None or not fitted.converged or fitted.rounds > _SLOW:
        check_separation(terms.matrix, outcome, "binomial", terms.names)
    if fitted is None or not fitted.converged:
        raise InvalidInput(
            _("The propensities cannot be estimated from these columns; name fewer, or merge categories.")
        )
    return Model(terms, outcome, weights, fitted)


def response_model(design: Design, responded: str, columns: str | Sequence[str], success: Any = None) -> Model:
    """Fit who answered among the rows of the design."""
    names = single(names_of(columns))
    check_columns(design.frame, [responded, *names])
    frame = design.frame[design.sampling.inside]
    outcome = read_outcome(frame, responded, "binomial", success)
    check_filled(responded, np.isnan(outcome))
    for name in names:
        check_filled(name, frame[name].isna().to_numpy(dtype=bool))
    check_several(frame, names)
    check_varies(outcome, responded)
    _check_rates(frame, names, outcome)
    return fit_model(read_terms(frame, columns), outcome, design.row_weights[design.sampling.inside], responded)


def _check_rates(frame: pd.DataFrame, columns: Sequence[str], outcome: Floats) -> None:
    """Raise `InvalidInput` if everybody or nobody of a category answered."""
    for column in columns:
        if is_numeric(frame[column]):
            continue
        rates = pd.Series(outcome).groupby(frame[column].to_numpy()).mean()
        for rate, text in (
            (0.0, _('Nobody of "{category}" in "{column}" answered; merge it with another category.')),
            (1.0, _('Everybody of "{category}" in "{column}" answered; merge it with another category.')),
        ):
            if (rates == rate).any():
                raise InvalidInput(text, category=str(rates.index[rates == rate][0]), column=column)


def check_several(frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise `InvalidInput` if a column has one value only."""
    for column in columns:
        if frame[column].nunique() < 2:
            raise InvalidInput(
                _('The column "{column}" has the same value in all complete rows; leave it out.'), column=column
            )


def single(columns: Sequence[str]) -> list[str]:
    """Give the single columns of terms such as ``a:b``."""
    return list(dict.fromkeys(part for column in columns for part in column.split(":")))
