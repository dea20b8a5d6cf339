"""Calibration of items: `irt` and what it gives."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.item_response.calibration_frames import groups_frame, items_frame, notes_frame
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.case import Case, read_case
from svclib.stats.item_response.conditional import conditional, linked, only, right_wrong
from svclib.stats.item_response.engine import Problem, Summit, climb
from svclib.stats.item_response.estep import lay_out
from svclib.stats.item_response.latent import log_weights
from svclib.stats.item_response.layout import LOG_SD, MEAN, Layout, labels
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.item_response.preparing import (
    build,
    divided,
    known_rows,
    read_priors,
)
from svclib.stats.item_response.quadrature import POINTS, grid
from svclib.stats.item_response.responses import Responses
from svclib.stats.item_response.standard_errors import check_kind, covariance
from svclib.stats.item_response.testlets import super_items
from svclib.stats.marks import _

METHODS = ("marginal", "cml")
_LONG = 150
"""Tests of more items get more points: the posterior is narrower than their gaps."""
_WIDE = 4.5
"""The points reach this many sds beyond the mean of every group."""


@dataclass(frozen=True, eq=False)
class IrtFit:
    """Calibrated items.

    Attributes
    ----------
    parameters : ItemParameters
        The calibrated items; every verb that takes `items` takes the fit too.
    items : DataFrame
        One row an item that was given, calibrated or not: ``item, model, categories, n, a, b, …``, their ``se_…`` and a
        ``note``. Items that differ by group have a row each (``q7 [north]``).
    groups : DataFrame
        ``group, mean, sd, n, se_mean, se_sd`` of the ability.
    responses : Responses
        The answers as calibrated: the items of `parameters`, scores put together where the notes say so.
    group : array of int
        Group of each candidate, a position in `groups`.
    observation_weights : array
    nodes, weights : arrays, shapes (Q,) and (G, Q)
        The points of ability and their weights in each group.
    vcov : DataFrame or None
        Covariance of the free parameters: ``q1.a``, ``q1.d1``, ``q1.c`` (of the logit of the asymptote),
        ``group.mean``, ``group.sd``.
    loglik, log_posterior : float
        Without and with the priors.
    n_parameters, n, iterations : int
    converged : bool
        Whether the last step moved nothing. Numbers of a fit that has not converged should not be used.
    notes : DataFrame
        ``item`` (empty for the whole fit) and ``note``.
    """

    parameters: ItemParameters
    items: pd.DataFrame
    groups: pd.DataFrame
    responses: Responses
    group: Ints
    observation_weights: Floats
    nodes: Floats
    weights: Floats
    vcov: pd.DataFrame | None
    loglik: float
    log_posterior: float
    n_parameters: int
    n: int
    iterations: int
    converged: bool
    notes: pd.DataFrame
    layout: Layout

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

    def __repr__(self) -> str:
        models = "/".join(sorted(set(self.parameters.model)))
        state = "" if self.converged else ", not converged"
        size = f"{len(self.parameters)} items, {self.n} candidates"
        text = f"IrtFit({models}, {size}, log-likelihood {self.loglik:.2f}{state})"
        return f"{text}\n{self.note}" if self.note else text

    def scores(self, method: str = "eap", **options: Any) -> pd.DataFrame:
        """Ability of each candidate with its error (`svclib.stats.item_response.scoring`)."""
        return _call("scoring", "scores", self, method=method, **options)

    def sum_scores(self, **options: Any) -> Any:
        """Ability for each sum score (`svclib.stats.item_response.sum_scores`)."""
        return _call("sum_scores", "sum_scores", self, **options)

    def information(self, theta: Any = None, **options: Any) -> pd.DataFrame:
        """Information of items and test at abilities (`svclib.stats.item_response.information`)."""
        return _call("information", "information", self, theta=theta, **options)

    def item_fit(self, **options: Any) -> pd.DataFrame:
        """Whether each item follows its curve (`svclib.stats.item_response.item_fit`)."""
        return _call("item_fit", "item_fit", self, **options)

    def person_fit(self, **options: Any) -> pd.DataFrame:
        """Whether each candidate answered as the model expects (`svclib.stats.item_response.person_fit`)."""
        return _call("person_fit", "person_fit", self, **options)

    def local_dependence(self, **options: Any) -> pd.DataFrame:
        """Pairs of items that hang together beyond ability (`svclib.stats.item_response.dependence`)."""
        return _call("dependence", "local_dependence", self, **options)

    def dimensionality(self, **options: Any) -> Any:
        """Whether one ability is enough (`svclib.stats.item_response.dimensionality`)."""
        return _call("dimensionality", "dimensionality", self, **options)

    def plausible_values(self, n: int = 5, *, seed: int, **options: Any) -> pd.DataFrame:
        """Draws from each candidate's posterior (`svclib.stats.item_response.plausible`)."""
        return _call("plausible", "plausible_values", self, n=n, seed=seed, **options)

    def compare(self, other: IrtFit, **options: Any) -> Any:
        """Which of two models fits better, in words (`svclib.stats.item_response.comparison`)."""
        return _call("comparison", "compare", self, other, **options)


def _call(room: str, verb: str, *given: Any, **options: Any) -> Any:
    return getattr(importlib.import_module(f"svclib.stats.item_response.{room}"), verb)(*given, **options)


def irt(
    responses: pd.DataFrame,
    model: str | Mapping[str, str] = "2pl",
    *,
    states: pd.DataFrame | None = None,
    items: Sequence[str] | None = None,
    groups: Any = None,
    reference: Any = None,
    free: Any = None,
    fixed: Any = None,
    priors: Mapping[str, tuple[float, float]] | None = None,
    weights: Any = None,
    std_errors: str | None = "oakes",
    points: int | None = None,
    fallback: bool = True,
    iterations: int = 500,
    method: str = "marginal",
    testlets: Mapping[str, str] | None = None,
) -> IrtFit:
    """Calibrate items by marginal maximum likelihood.

    Parameters
    ----------
    responses : DataFrame
        Candidates × items: whole scores, or shares of the maximum in equal steps. Missing is not presented.
    model : str or mapping of item to str
        ``rasch 2pl 3pl grm pcm gpcm``. An item of more than two scores given a model for two gets its relative with
        more (and a note); of two scores the other way round.
    states : DataFrame, optional
        Why a cell is empty: omitted counts 0, not reached and not presented are missing.
    items : list of str, optional
        The columns to calibrate; all without.
    groups : Series or list, optional
        A group for each candidate. The first (in order, or `reference`) has mean 0 and sd 1, the others are free; items
        are the same in all unless `free` names them.
    free : list of item names, or mapping to ``all``, ``intercepts`` or ``slope``, optional
        What differs by group.
    fixed : DataFrame or fit, optional
        Items held at known parameters; mean and sd of all groups are then free.
    priors : mapping, optional
        Normal priors ``{"a": (mean, sd), "d": …, "c": …}``, ``c`` on the logit of the asymptote. Without, N(−1.386,
        0.5) for ``c``; ``{}`` for none.
    weights : Series or list, optional
        Number of candidates each row stands for.
    std_errors : {"oakes", "crossprod", "sandwich"} or None
    points : int, optional
        Points of ability: 61, from 150 items on 121.
    fallback : bool
        Take simpler models for few candidates (a slope for each item from 200 on, guessing from 1,000) and put scores
        of fewer than five candidates together, always said in the notes. False insists on `model`.
    iterations : int
        Most steps.
    method : {"marginal", "cml"}
        ``cml``: the Rasch model by conditional maximum likelihood, difficulties adding up to 0; the ability's
        distribution is then fitted to the items. `loglik` is the conditional one.
    testlets : mapping of item to testlet, optional
        Items that share a stimulus: their sum is calibrated as one item (graded or partial credit).

    Returns
    -------
    IrtFit

    Raises
    ------
    InvalidInput
        If a model, group, weight or prior cannot be read, a candidate is there twice, or no item can be calibrated.

    Notes
    -----
    Bock & Aitkin (1981); the steps after EM are Newton's with the observed information of Louis (1982). Logistic metric
    without the constant 1.7.

    Examples
    --------
    >>> draws = np.random.default_rng(1)
    >>> ability, b = draws.normal(size=(500, 1)), np.array([-1.0, 0.0, 1.0, 0.5])
    >>> right = draws.random((500, 4)) < 1 / (1 + np.exp(b - ability))
    >>> fit = irt(pd.DataFrame(right.astype(int), columns=["q1", "q2", "q3", "q4"]), "rasch")
    >>> fit.converged, fit.items["b"].round(1).tolist()
    (True, [-1.0, 0.0, 0.9, 0.5])
    """
    check_kind(std_errors)
    if method not in METHODS:
        raise InvalidInput(_('There is no method "{method}"; choose {known}.'), method=method, known=", ".join(METHODS))
    if testlets:
        responses, model = super_items(responses, states, model, testlets)
        states = None
    case = read_case(responses, model, states, items, groups, reference, free, fixed, weights, fallback)
    if method == "cml":
        return _conditional(case, points, iterations, wanted=std_errors is not None)
    layout = build(case.columns, case.models, case.fixed, case.free, case.groups, read_priors(priors))
    problem, summit = _solve(case, layout, points, iterations)
    vcov = None
    if std_errors is not None and layout.size and summit.converged:
        vcov = covariance(problem, summit.point, std_errors, _precision(case))
    return _wrapped(case, problem, summit, vcov, wanted=std_errors is not None)


def _conditional(case: Case, points: int | None, iterations: int, *, wanted: bool) -> IrtFit:
    """Estimate the items given the sums, then the abilities given the items."""
    codes, names = case.columns.responses.codes[case.rows], case.columns.responses.names
    if case.fixed is not None or case.free or (case.models != "rasch").any():
        raise InvalidInput(
            _('Conditional estimation is for the Rasch model without fixed or free items; give model="rasch".')
        )
    right_wrong(codes)
    held = linked(codes)
    if not held.all():
        screened = only(case.screened, held)
        columns = divided(screened, {}, case.groups)
        rows = known_rows(columns.responses, case.weights)
        left = replace(case, screened=screened, columns=columns, models=case.models[held], rows=rows)
        return _conditional(left, points, iterations, wanted=wanted)
    found = conditional(codes, case.weights[case.rows])
    items = pd.DataFrame({"item": list(names), "model": "rasch", "a": 1.0, "d1": found.easiness})
    layout = build(case.columns, case.models, items_of(items), {}, case.groups, {})
    problem, summit = _solve(case, layout, points, iterations)
    marginal = _wrapped(
        case, problem, replace(summit, converged=summit.converged and found.converged), None, wanted=False
    )
    frame, errors = marginal.items.copy(), np.sqrt(np.diag(found.vcov))
    place = dict(zip(names, errors, strict=True))
    if wanted and found.converged:
        frame["se_b"] = frame["se_d1"] = [place.get(name, np.nan) for name in frame["item"]]
    frame["fixed"] = False
    labelled = [f"{name}.d1" for name in names]
    vcov = pd.DataFrame(found.vcov, index=labelled, columns=labelled) if wanted and found.converged else None
    return replace(
        marginal, items=frame, vcov=vcov, loglik=found.loglik, log_posterior=found.loglik, n_parameters=len(names) - 1
    )


def _precision(case: Case) -> Any:
    return np.float32 if case.columns.responses.codes.size > 5e5 else np.float64


def _solve(case: Case, layout: Layout, points: int | None, iterations: int) -> tuple[Problem, Summit]:
    codes = case.columns.responses.codes
    kept, rows = (codes, slice(None)) if case.rows.all() else (codes[case.rows], case.rows)
    cells = lay_out(kept, case.groups.index[rows], case.weights[rows], layout.categories, len(case.groups.names))
    count = points or (POINTS if len(layout.names) < _LONG else 2 * POINTS - 1)
    problem = Problem(layout, cells, grid(count))
    start = layout.start()
    for _widening in range(3):
        summit = climb(problem, start, iterations=iterations)
        reach = float((np.abs(summit.point.latent[:, MEAN]) + _WIDE * np.exp(summit.point.latent[:, LOG_SD])).max())
        if reach <= problem.theta[-1] + 0.5 or not np.isfinite(reach) or reach > 60:
            break
        wider = np.ceil(reach + 1)
        problem = replace(problem, theta=grid(int(count * max(wider / 6, 1) // 2) * 2 + 1, float(wider)))
        start = summit.point.free
    return problem, summit


def _wrapped(case: Case, problem: Problem, summit: Summit, vcov: Floats | None, *, wanted: bool) -> IrtFit:
    layout, point = problem.layout, summit.point
    found = layout.parameters(point.values)
    names = labels(layout)
    counts = np.bincount(case.groups.index[case.rows], minlength=len(case.groups.names))
    told = _told(case, summit, vcov, counts, wanted=wanted)
    items = items_frame(case.given, found, case.columns, layout, point.values, vcov, {**case.screened.left_out}, told)
    return IrtFit(
        parameters=found,
        items=items,
        groups=groups_frame(layout, point.latent, vcov, counts),
        responses=case.columns.responses,
        group=case.groups.index,
        observation_weights=case.weights,
        nodes=problem.theta,
        weights=np.exp(log_weights(point.latent, problem.theta)),
        vcov=None if vcov is None else pd.DataFrame(vcov, index=names, columns=names),
        loglik=point.loglik,
        log_posterior=point.objective,
        n_parameters=layout.size,
        n=int(case.rows.sum()),
        iterations=summit.iterations,
        converged=summit.converged,
        notes=notes_frame(items, told),
        layout=layout,
    )


def _told(case: Case, summit: Summit, vcov: Floats | None, counts: Ints, *, wanted: bool) -> list[tuple[str, IrtNote]]:
    whole = [
        (not summit.converged, IrtNote.NOT_CONVERGED),
        (wanted and vcov is None and summit.converged and len(summit.point.free) > 0, IrtNote.NO_ERRORS),
        (int(case.rows.sum()) < 50, IrtNote.SMALL),
        (len(counts) > 1 and int(counts.min()) < 30, IrtNote.SMALL_GROUP),
        (not case.rows.all(), IrtNote.EMPTY_ROWS),
    ]
    return [("", note) for true, note in whole[:2] if true] + case.screened.told + [
        ("", note) for true, note in whole[2:] if true
    ]  # fmt: skip
