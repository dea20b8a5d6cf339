"""Whether a column has the same effect at every threshold of an ordinal model (the proportional odds assumption)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _
from svclib.stats.models.cumulative import Cumulative, CumulativeFit, maximise
from svclib.stats.models.estimation import SLOW, design_covariance
from svclib.stats.models.families import FAMILIES, LINKS
from svclib.stats.models.fitting import Fitted, Problem, fit

if TYPE_CHECKING:
    from svclib.stats.models.ordinal_results import OrdinalBasis

NO_MAXIMUM = _("with effects that differ by threshold the model has no maximum here")
RARE = _("a category is so rare that a term predicts it without error; join it with its neighbour")
TOO_MANY = _("more effects to compare than the design has degrees of freedom")
ALL = "all"
METHODS = {"model": "Brant", "design": "Wald, binary fits"}

Row = tuple[str, float, float, float, float, str, str]


def proportional_rows(basis: OrdinalBasis, df: float, note: str) -> pd.DataFrame:
    """Give the tests of each column and of all together."""
    columns = list(dict.fromkeys(basis.terms.columns))
    rows = _binary_tests(basis, columns, df)
    if basis.kind == "model":
        rows = [_likelihood_test(basis.fit, one, _places(basis, [one])) for one in columns] + rows
    names = ["term", "statistic", "df", "df2", "p_value", "method", "note"]
    frame = pd.DataFrame(rows, columns=names)
    frame.insert(6, "n", len(basis.rows))
    return frame.assign(note=[one or note for one in frame["note"]])


def _places(basis: OrdinalBasis, columns: Sequence[str]) -> list[int]:
    return [place for place, one in enumerate(basis.terms.columns) if one in columns]


def _likelihood_test(fit: CumulativeFit, column: str, places: list[int]) -> Row:
    """Twice the gain in log-likelihood when the column's effect differs by threshold."""
    partial = _partial(fit, places)
    df, method = float(len(places) * (fit.problem.thresholds - 1)), "likelihood ratio"
    if partial is None:
        return column, np.nan, df, np.inf, np.nan, method, NO_MAXIMUM
    statistic = max(2 * (partial.loglik - fit.loglik), 0.0)
    return column, statistic, df, np.inf, float(chdtrc(df, statistic)), method, ""


def _partial(fit: CumulativeFit, places: list[int]) -> CumulativeFit | None:
    problem, terms = fit.problem, fit.problem.terms
    rest = [one for one in range(terms) if one not in places]
    nominal = np.column_stack([np.ones(len(problem.category)), problem.matrix[:, places]])
    shifts = np.tile(-fit.coefficients[places], (problem.thresholds, 1))
    thresholds = np.column_stack([fit.coefficients[terms:], shifts])
    start = np.concatenate([fit.coefficients[rest], thresholds.ravel()])
    try:
        found = maximise(replace(problem, matrix=problem.matrix[:, rest], nominal=nominal), start)
    except np.linalg.LinAlgError:
        return None
    return found if found.converged and found.rounds <= SLOW else None


def _binary_tests(basis: OrdinalBasis, columns: Sequence[str], df2: float) -> list[Row]:
    """Wald tests that the effects of the binary fits at all thresholds are equal (Brant 1990)."""
    found, thresholds = _binary_effects(basis), basis.fit.problem.thresholds
    sets = [(one, _places(basis, [one])) for one in columns]
    rows: list[Row] = []
    for name, places in [*sets, (ALL, list(range(len(basis.terms.names))))]:
        df = float(len(places) * (thresholds - 1))
        if found is None:
            rows.append((name, np.nan, df, df2, np.nan, METHODS[basis.kind], RARE))
        elif basis.kind == "design":
            rows.append(_adjusted(name, _equal(*found, places), df, df2))
        else:
            statistic = _equal(*found, places)
            rows.append((name, statistic, df, np.inf, float(chdtrc(df, statistic)), METHODS["model"], ""))
    return rows


def _adjusted(name: str, square: float, df: float, degrees: float) -> Row:
    """F of a Wald statistic with few clusters: W (d − k + 1) / (k d) (Korn and Graubard 1990)."""
    df2, method = degrees - df + 1, METHODS["design"]
    if df2 < 1:
        return name, np.nan, df, np.nan, np.nan, method, TOO_MANY
    f = square * df2 / (df * degrees)
    return name, f, df, df2, float(fdtrc(df, df2, f)), method, ""


def _equal(effects: Floats, vcov: Floats, places: list[int]) -> float:
    """Wald statistic of effects (thresholds, terms) being equal at all thresholds."""
    thresholds, terms = effects.shape
    against = np.column_stack([-np.ones(thresholds - 1), np.eye(thresholds - 1)])
    contrast = np.kron(against, np.eye(terms)[places])
    apart = contrast @ effects.ravel()
    return float(apart @ np.linalg.pinv(contrast @ vcov @ contrast.T, hermitian=True) @ apart)


def _binary_effects(basis: OrdinalBasis) -> tuple[Floats, Floats] | None:
    """Effects of each binary fit, (thresholds, terms), and their covariance; None if one has no maximum."""
    problems = _binary_problems(basis.fit.problem)
    try:
        fits = [fit(one) for one in problems]
    except np.linalg.LinAlgError:
        return None
    if any(not one.converged or one.rounds > SLOW for one in fits):
        return None
    effects = np.array([-one.coefficients[1:] for one in fits])
    if basis.kind == "model":
        return effects, _joint_covariance(problems, fits)
    influence = np.hstack([_influence(problem, one) for problem, one in zip(problems, fits, strict=True)])

    def again(weights: Floats) -> Floats:
        own = weights[basis.rows]
        refitted = [fit(replace(one, weights=own), old.coefficients) for one, old in zip(problems, fits, strict=True)]
        return np.concatenate([-one.coefficients[1:] for one in refitted])

    try:
        return effects, design_covariance([influence], [basis.rows], basis.design.sampling, again, effects.ravel())
    except (InvalidInput, np.linalg.LinAlgError):
        return None


def _binary_problems(problem: Cumulative) -> list[Problem]:
    matrix = np.column_stack([np.ones(len(problem.category)), problem.matrix])
    family, link, nothing = FAMILIES["binomial"], LINKS[problem.link.name], np.zeros(len(matrix))
    return [
        Problem(matrix, (problem.category <= one).astype(float), problem.weights, nothing, family, link)
        for one in range(problem.thresholds)
    ]


def _influence(problem: Problem, fitted: Fitted) -> Floats:
    score = problem.score(fitted.predictor)
    return np.asarray(-(problem.matrix * score[:, None]) @ fitted.inverse[:, 1:])


def _joint_covariance(problems: Sequence[Problem], fits: Sequence[Fitted]) -> Floats:
    """Covariance between the binary fits: P(y ≤ j) (1 − P(y ≤ l)) ties the outcomes at j and l ≥ j."""
    matrix, link = problems[0].matrix, problems[0].link
    shares = [link.inverse(one.predictor) for one in fits]
    pulls = [link.slope(one.predictor) / (p * (1 - p)) for one, p in zip(fits, shares, strict=True)]
    size, terms = len(fits), matrix.shape[1] - 1
    vcov = np.zeros((size * terms, size * terms))
    for one in range(size):
        for other in range(one, size):
            tied = pulls[one] * pulls[other] * shares[one] * (1 - shares[other]) * problems[0].weights ** 2
            block = fits[one].inverse @ ((matrix * tied[:, None]).T @ matrix) @ fits[other].inverse
            rows, columns = slice(one * terms, (one + 1) * terms), slice(other * terms, (other + 1) * terms)
            vcov[rows, columns] = block[1:, 1:]
            vcov[columns, rows] = block[1:, 1:].T
    return vcov
