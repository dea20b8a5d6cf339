"""The bifactor model for case items that share a stimulus: `bifactor` and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.item_response.bifactor_climb import Point, Problem, Summit, climb
from svclib.stats.item_response.bifactor_design import (
    BifactorNote,
    Design,
    check_spread,
    design,
    labels,
    read_testlets,
    upright,
)
from svclib.stats.item_response.bifactor_estep import Sheets, lay_out
from svclib.stats.item_response.bifactor_frames import (
    ability_frame,
    comparison_frame,
    items_frame,
    marginal_items,
    reliability_frame,
)
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.fit import IrtFit, irt
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.responses import Responses, read_responses
from svclib.stats.item_response.screening import Screened, screen
from svclib.stats.marks import _

_FEW = 500
_START = 0.7
_POINTS = (7, 121)
_WORK = 3e9
"""Above this many candidates × points × parameters² the errors are those of the squared slopes: one pass will do."""


@dataclass(frozen=True, eq=False)
class Bifactor:
    """Case items calibrated by one general ability and a factor of each testlet.

    Attributes
    ----------
    items : DataFrame
        One row an item given: ``item, testlet, categories, n, a, a_specific, d1 …, share``, their ``se_…`` and a
        ``note``. ``share`` is a_specific² / (a² + a_specific²): how much of what the item tells is about its case.
    parameters : ItemParameters
        The items on the general ability alone, the specific factor integrated out: nearly logistic again, with a and d
        divided by √(1 + a_specific² (16√3 / 15π)²). Every verb that takes `items` takes the fit, but must not multiply
        the likelihoods of the items of one testlet as if they were independent: for abilities use `scores`.
    testlets : DataFrame
        ``testlet, items, a_specific`` (root mean square) and ``share`` (mean).
    responses : Responses
        The answers as calibrated.
    unidimensional : IrtFit
        The same answers calibrated by one ability, for comparison.
    vcov : DataFrame or None
        Covariance of the free parameters: ``q1.a``, ``q1.a_specific``, ``q1.d1``.
    loglik : float
    n_parameters, n, iterations : int
    converged : bool
    notes : DataFrame
        ``item`` (empty for the whole fit) and ``note``.
    """

    items: pd.DataFrame
    parameters: ItemParameters
    testlets: pd.DataFrame
    responses: Responses
    unidimensional: IrtFit
    vcov: pd.DataFrame | None
    loglik: float
    n_parameters: int
    n: int
    iterations: int
    converged: bool
    notes: pd.DataFrame
    sheets: Sheets
    point: Point

    @property
    def aic(self) -> float:
        """Akaike's criterion; smaller is better."""
        return 2 * self.n_parameters - 2 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz' criterion; smaller is better."""
        return float(np.log(self.n)) * self.n_parameters - 2 * self.loglik

    @property
    def note(self) -> str:
        """What the whole fit has to say, the gravest first; empty if nothing."""
        whole = self.notes.loc[self.notes["item"] == "", "note"]
        return str(whole.iloc[0]) if len(whole) else ""

    @property
    def reliability(self) -> pd.DataFrame:
        """Empirical reliability of the general ability beside what one ability for all would report.

        ``model, reliability, std_error`` (root mean square) and ``n``: ``bifactor``, then ``unidimensional``, whose
        errors are too small where case items hang together.
        """
        return reliability_frame(self.scores(), self.unidimensional.scores())

    def __repr__(self) -> str:
        state = "" if self.converged else ", not converged"
        size = f"{len(self.parameters)} items, {len(self.testlets)} testlets, {self.n} candidates"
        text = f"Bifactor({size}, log-likelihood {self.loglik:.2f}{state})"
        return f"{text}\n{self.note}" if self.note else text

    def scores(self, *, level: float = 0.95) -> pd.DataFrame:
        """General ability of each candidate (EAP) with its error, all specific factors integrated out.

        Returns
        -------
        DataFrame
            ``estimate, std_error, low, high, score, n, method, note``; without answers the mean of all.
        """
        return ability_frame(self.sheets, self.point.known, self.responses, level)

    def compare(self, fit: IrtFit | None = None) -> pd.DataFrame:
        """Compare with one ability for all items (`fit`, a result of `stats.irt`; without it `unidimensional`).

        Returns
        -------
        DataFrame
            One row: ``lr, df, p_value, aic, aic_one, bic, bic_one, verdict, note``.

        Raises
        ------
        InvalidInput
            If `fit` is no calibration, or not one of the same answers.
        """
        return comparison_frame(self, self.unidimensional if fit is None else fit)


def bifactor(
    responses: pd.DataFrame,
    testlets: Mapping[str, str],
    *,
    states: pd.DataFrame | None = None,
    std_errors: bool = True,
    points: int = 31,
    iterations: int = 500,
) -> Bifactor:
    """Calibrate case items that share a stimulus: one general ability, and a factor of each testlet.

    Parameters
    ----------
    responses : DataFrame
        Candidates × items: whole scores, or shares of the maximum in equal steps. Missing is not presented.
    testlets : mapping of item to testlet
        Items not named stand alone. Right or wrong items follow the 2PL, others the graded model, both with a general
        and a specific slope.
    states : DataFrame, optional
        Why a cell is empty: omitted counts 0, not reached and not presented are missing.
    std_errors : bool
        Errors by the observed information (of very many candidates and items by the squared slopes).
    points : int
        Points of each factor, 7 to 121.
    iterations : int
        Most steps.

    Returns
    -------
    Bifactor

    Raises
    ------
    InvalidInput
        If an item of a testlet is not there, all items are in one testlet, fewer than three can be calibrated, or there
        are fewer candidates than parameters.

    Notes
    -----
    P(score ≥ k) = L(a θ + a_specific u + d_k), θ and all u independent and standard normal. Gibbons & Hedeker (1992):
    given θ the testlets are integrated one at a time. An item alone in its testlet stands alone; two items of a testlet
    have the same specific slope, as their own cannot be told. Slopes are held at ±10, with a note and without an error:
    the points are too far apart for steeper curves.

    Examples
    --------
    >>> draws = np.random.default_rng(1)
    >>> factors = draws.normal(size=(600, 1)) + np.repeat(draws.normal(size=(600, 2)), 3, axis=1)
    >>> right = (factors + draws.logistic(size=(600, 6)) > 0).astype(int)
    >>> names = ["q1", "q2", "q3", "q4", "q5", "q6"]
    >>> case = dict(zip(names, ["fire"] * 3 + ["flood"] * 3))
    >>> fit = bifactor(pd.DataFrame(right, columns=names), case, std_errors=False, points=15)
    >>> fit.converged, fit.testlets["testlet"].tolist(), bool(fit.compare()["p_value"][0] < 0.001)
    (True, ['fire', 'flood'], True)
    """
    _check(points, iterations)
    read = read_responses(responses, states)
    if len(set(read.names)) < len(read.names):
        twice = next(name for name in read.names if read.names.count(name) > 1)
        raise InvalidInput(_('The item "{item}" is there twice; keep one column an item.'), item=twice)
    home = read_testlets(testlets, read.names)
    screened = _screened(read)
    kept, rows = screened.responses, screened.responses.there.any(axis=1)
    check_spread(home, kept.names)
    plan, told = design(kept.names, kept.highest + 1, home)
    _enough(int(rows.sum()), plan)
    one = _one_ability(kept, iterations)
    problem = Problem(plan, lay_out(kept.codes[rows], plan, points))
    summit = climb(problem, _start(plan, one), iterations)
    point = problem.at(upright(plan, summit.point.free)) or summit.point
    vcov = _covariance(problem, point) if std_errors and summit.converged else None
    return _wrapped(read, screened, home, plan, told, one, problem, Summit(point, summit.iterations, summit.converged),
                    vcov, wanted=std_errors, points=points)  # fmt: skip


def _check(points: Any, iterations: Any) -> None:
    for name, value, low, high in (("points", points, *_POINTS), ("iterations", iterations, 1, 100_000)):
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or not low <= value <= high:
            raise InvalidInput(
                _("`{name}` is {value}; give a whole number from {low} to {high}."),
                name=name, value=value, low=low, high=high,
            )  # fmt: skip


def _enough(n: int, plan: Design) -> None:
    if n < plan.size:
        raise InvalidInput(
            _(
                "{n} candidates are too few for the {size} parameters of a bifactor model; calibrate the sum of each "
                "testlet instead: stats.irt(responses, testlets=…)."
            ),
            n=n,
            size=plan.size,
        )


def _screened(read: Responses) -> Screened:
    """Leave out what has no spread; there is no simpler model to fall back on, however few the candidates."""
    kinds = ["grm" if highest > 1 else "2pl" for highest in read.highest]
    screened = screen(read, kinds, {}, candidates=10**9)
    if len(screened.responses.names) < 3:
        lost = next(iter(screened.left_out), read.names[0] if read.names else "")
        raise InvalidInput(
            _('Fewer than three items can be calibrated, too few for a general ability; look at "{item}".'), item=lost
        )
    return screened


def _one_ability(kept: Responses, iterations: int) -> IrtFit:
    values = np.where(kept.there, kept.codes.astype(float), np.nan)
    frame = pd.DataFrame(values, columns=list(kept.names), index=kept.index)
    kinds = {name: "grm" if highest > 1 else "2pl" for name, highest in zip(kept.names, kept.highest, strict=True)}
    return irt(frame, kinds, std_errors=None, fallback=False, iterations=iterations)


def _start(plan: Design, one: IrtFit) -> Floats:
    """Slopes and intercepts of one ability, held to sane sizes, and a middling specific factor."""
    values = np.zeros(plan.slots.shape)
    known = one.parameters.named(plan.names)
    values[:, 0] = np.clip(known.slope, -3, 3)
    values[:, 1] = _START
    values[:, 2:] = np.nan_to_num(known.intercepts)
    too_far = np.abs(values[:, 2:]).max(axis=1) > 8
    values[too_far, 2:] *= (8 / np.abs(values[too_far, 2:]).max(axis=1))[:, None]
    return plan.gather(values)


def _covariance(problem: Problem, point: Point) -> Floats | None:
    """Covariance of the free parameters; NaN for slopes held at their bound, None if the data do not hold the rest."""
    size, spread = problem.plan.size, len(problem.sheets.weights) * len(problem.sheets.theta)
    information = problem.crossed(point) if spread * size**2 > _WORK else problem.observed(point)
    free = np.flatnonzero(~problem.plan.held(point.free))
    out = np.full((size, size), np.nan)
    try:
        inner = cho_solve(cho_factor(information[np.ix_(free, free)]), np.eye(len(free)))
    except (LinAlgError, ValueError):
        return None
    out[np.ix_(free, free)] = inner
    return out


def _wrapped(
    read: Responses, screened: Screened, home: Mapping[str, str], plan: Design, told: dict[str, BifactorNote],
    one: IrtFit, problem: Problem, summit: Summit, vcov: Floats | None, *, wanted: bool, points: int,
) -> Bifactor:  # fmt: skip
    kept, point = screened.responses, summit.point
    n = int(problem.sheets.weights.sum())
    items = items_frame(read, screened, home, plan, point.values, vcov, told)
    whole = [
        (not summit.converged, IrtNote.NOT_CONVERGED),
        (wanted and vcov is None and summit.converged, IrtNote.NO_ERRORS),
        (not plan.testlets, BifactorNote.NO_TESTLETS),
        (n < _FEW, BifactorNote.FEW),
        (not kept.there.any(axis=1).all(), IrtNote.EMPTY_ROWS),
    ]
    spoken = [("", str(note)) for true, note in whole if true]
    single = list(items.loc[items["note"] != "", ["item", "note"]].itertuples(index=False, name=None))
    names = labels(plan)
    mine = items[(items["testlet"] != "") & items["share"].notna()]
    by = mine.groupby("testlet", sort=False)
    return Bifactor(
        items=items,
        parameters=marginal_items(plan, point.values),
        testlets=pd.DataFrame(
            {"items": by["item"].count(), "a_specific": by["a_specific"].agg(lambda a: float(np.sqrt((a**2).mean()))),
             "share": by["share"].mean()}
        ).loc[list(plan.testlets)].rename_axis("testlet").reset_index(),
        responses=kept,
        unidimensional=one,
        vcov=None if vcov is None else pd.DataFrame(vcov, index=names, columns=names),
        loglik=point.loglik,
        n_parameters=plan.size,
        n=n,
        iterations=summit.iterations,
        converged=summit.converged,
        notes=pd.DataFrame([*spoken, *single], columns=["item", "note"]),
        sheets=problem.sheets,
        point=point,
    )  # fmt: skip
