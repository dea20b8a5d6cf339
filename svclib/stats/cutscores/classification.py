"""How often a decision is right, and how often it would be the same again."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.cutscores.abilities import Abilities, ability_at, expected_sum, lee, of_groups, rudner
from svclib.stats.cutscores.binomial import Fitted, hanson_brennan, livingston_lewis
from svclib.stats.cutscores.decisions import TERMS, TOGETHER, at_each_mark, together
from svclib.stats.cutscores.reading import Scores, check_cut, passes, read_totals
from svclib.stats.cutscores.resampling import draws, interval, parts_of, sums_of
from svclib.stats.cutscores.truth import Model
from svclib.stats.estimate import Note, check_level, estimates
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.marks import _

METHODS: MappingProxyType[str, str] = MappingProxyType(
    {
        "livingston_lewis": "Livingston–Lewis",
        "hanson_brennan": "Hanson–Brennan",
        "huynh": "Huynh",
        "rudner": "Rudner",
        "lee": "Lee",
    }
)
_FEW = 50
_BATCH = 64


class DecisionNote(StrEnum):
    """Why a figure is missing or to be taken with care."""

    NONE = ""
    FEW = _("few candidates: take the figures as a first hint")
    ALL_PASS = _("everybody passes: nobody near the mark tells how it would go for them")
    ALL_FAIL = _("nobody passes: nobody near the mark tells how it would go for them")
    ONE = _("one candidate: nothing tells how scores vary")
    NO_SPREAD = _("all scores are equal: accuracy cannot be told")
    NO_RELIABILITY = _("the scores are no more alike than chance (reliability 0 or below): decisions are a draw")
    NO_FIT = _("the scores fit no distribution of true scores: accuracy cannot be told")
    KNOWN = _("no interval: items and candidates' distribution are taken as known")


def classification(
    scores: Any,
    cut: float | Sequence[float],
    *,
    method: str | None = None,
    items: Any = None,
    reliability: float | None = None,
    points: Any = None,
    lowest: float = 0.0,
    highest: float | None = None,
    ability: Any = None,
    std_error: Any = None,
    quadrature: tuple[Any, Any] | None = None,
    cut_on: str | None = None,
    model: Model = "4p",
    level: float = 0.95,
    replicates: int = 400,
    seed: int = 1,
) -> pd.DataFrame:
    """Estimate how many decisions at a pass mark are right (accuracy), and how many a parallel exam would repeat.

    Parameters
    ----------
    scores : DataFrame, Series or None
        Candidates × items (points, or shares with `points`), or total scores (then give `reliability` and `highest`).
        May be None for "rudner" and "lee".
    cut : float or list of float
        Lowest score that passes; several marks make classes.
    method : {"livingston_lewis", "hanson_brennan", "huynh", "rudner", "lee"}, optional
        Without it "lee" where `items` are given, else "livingston_lewis".
    items : fit, frame or ItemParameters, optional
        Calibrated items (of "rudner" and "lee"); a fit also tells the candidates' distribution.
    reliability : float, optional
        Without it coefficient alpha of the items.
    points : mapping of item to points, optional
    lowest, highest : float
        Ends of the scale of totals.
    ability, std_error : array or Series, optional
        Estimates of the candidates and their errors. "rudner" takes the true ability to lie around them, "lee" takes
        them as true.
    quadrature : (abilities, weights), optional
        Instead of the candidates; without either the groups of the fit, or one standard normal group.
    cut_on : {"score", "theta"}, optional
        Scale of `cut`: of "rudner" the ability unless said otherwise, else the score.
    model : {"4p", "2p"}
        Parameters of the beta distribution of true scores; where four do not fit, two are taken.
    level, replicates, seed
        Bootstrap of the candidates, for errors and intervals.

    Returns
    -------
    DataFrame
        ``cut``, then an estimate (see `svclib.stats.estimate`). Terms: ``accuracy``, ``consistency``, ``kappa``,
        ``false_pass`` (share of all candidates who pass though their true score is below the mark), ``false_fail``,
        ``pass_rate`` and ``true_pass_rate`` under the model. With several marks also rows without a ``cut``: all
        classes together.

    Raises
    ------
    InvalidInput
        If the mark is off the scale, the method unknown, or something it needs is absent.

    Notes
    -----
    Livingston and Lewis (1995); Hanson and Brennan (1990); Huynh (1976): a beta-binomial; Rudner (2005); Lee (2010).
    The true score passes from the mark itself on.

    Examples
    --------
    >>> totals = pd.Series([4, 9, 12, 7, 15, 11, 13, 17, 10, 8, 14, 12])
    >>> found = classification(totals, 10, reliability=0.8, highest=20, replicates=0)
    >>> found.set_index("term")["estimate"].loc[["accuracy", "consistency"]].round(3).tolist()
    [0.864, 0.81]
    """
    check_level(level)
    chosen = method or ("livingston_lewis" if items is None else "lee")
    if chosen not in METHODS:
        raise InvalidInput(
            _('There is no method "{method}"; choose among {known}.'), method=chosen, known=", ".join(METHODS)
        )
    if chosen in ("rudner", "lee"):
        parameters = None if items is None else items_of(items)
        marks, borders = _both_scales(chosen, cut, parameters, cut_on)
        at = _abilities(ability, std_error, quadrature, items, borders, chosen)
        return _by_ability(chosen, parameters, at, (marks, borders), level, replicates, seed)
    read = read_totals(scores, points=points, lowest=lowest, highest=highest)
    marks = check_cut(cut, read.lowest, read.highest)
    return _by_scores(chosen, read, marks, reliability, model, level, replicates, seed)


def _by_scores(
    method: str, read: Scores, marks: Floats, reliability: float | None, model: Model, level: float,
    replicates: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    if reliability is not None and not 0 <= reliability <= 1:
        raise InvalidInput(_("reliability is {value}; give a number between 0 and 1."), value=reliability)
    if reliability is None and read.items is None:
        raise InvalidInput(_("Totals alone do not tell their reliability: give reliability=, or candidates × items."))
    parts = parts_of(read, reliability, seed)
    weights = draws(len(parts.n), replicates, seed)
    shares = (marks - read.lowest) / (read.highest - read.lowest)
    found = [
        _fitted(method, sums_of(parts, weights[at : at + _BATCH]), shares, model, read)
        for at in range(0, len(weights), _BATCH)
    ]
    columns = {name: np.concatenate([one.marks[name] for one in found], axis=1) for name in TERMS}
    classes = {name: np.concatenate([one.classes[name] for one in found]) for name in TOGETHER}
    note = _why(read, marks, found[0], float(sums_of(parts, weights[:1]).reliability[0]))
    told = _told(method, found[0], float(sums_of(parts, weights[:1]).reliability[0]), replicates)
    return _frame(marks, columns, classes, n=len(read.known), level=level, method=told, note=note)


def _fitted(method: str, sums: Any, shares: Floats, model: Model, read: Scores) -> Fitted:
    if method == "livingston_lewis":
        return livingston_lewis(sums, shares, model)
    length = len(read.names) if read.points is not None and (read.points == 1).all() else read.highest - read.lowest
    return hanson_brennan(sums, shares, "2p" if method == "huynh" else model, length, simple=method == "huynh")


def _told(method: str, found: Fitted, reliability: float, replicates: int) -> str:
    kind = "4-parameter" if bool(found.truth.four[0]) else "2-parameter"
    said = f"{METHODS[method]}, {kind} beta, {found.length[0]:.0f} items, reliability {reliability:.3f}"
    return f"{said}, bootstrap {replicates}" if replicates else said


def _why(read: Scores, marks: Floats, found: Fitted, reliability: float) -> list[str]:
    known = read.known
    if len(known) < 2:
        return [str(DecisionNote.ONE)] * len(marks)
    if np.ptp(known) <= 1e-12:
        return [str(DecisionNote.NO_SPREAD)] * len(marks)
    if np.isnan(reliability):
        return [str(Note.TWO_NEEDED if len(read.names) < 2 else Note.NOT_TOGETHER)] * len(marks)
    if np.isnan(found.marks["accuracy"][0, 0]):
        low = not reliability > 0
        return [str(DecisionNote.NO_RELIABILITY if low else DecisionNote.NO_FIT)] * len(marks)
    notes = []
    for mark in marks:
        passed = passes(known, float(mark))
        few = DecisionNote.FEW if len(known) < _FEW else DecisionNote.NONE
        notes.append(str(DecisionNote.ALL_PASS if passed.all() else few if passed.any() else DecisionNote.ALL_FAIL))
    return notes


def _both_scales(method: str, cut: Any, items: ItemParameters | None, cut_on: str | None) -> tuple[Floats, Floats]:
    """Give the marks as told and as abilities ("rudner") or scores and abilities ("lee")."""
    scale = cut_on or ("theta" if method == "rudner" else "score")
    if scale not in ("score", "theta"):
        raise InvalidInput(_('cut_on is {value}; give "score" or "theta".'), value=repr(scale))
    if items is None and (method == "lee" or scale == "score"):
        raise InvalidInput(_("This needs the calibrated items: give items=."))
    if scale == "theta":
        marks = check_cut(cut, -np.inf, np.inf)
        return (expected_sum(items, marks) if items is not None and method == "lee" else marks), marks
    assert items is not None
    marks = check_cut(cut, 0, float(items.highest.sum()))
    return marks, np.array([ability_at(items, float(mark)) for mark in marks])


def _abilities(ability: Any, std_error: Any, quadrature: Any, items: Any, borders: Floats, method: str) -> Abilities:
    if ability is not None:
        theta = np.atleast_1d(np.asarray(ability, dtype=float)).ravel()
        error = None if std_error is None else np.broadcast_to(np.asarray(std_error, dtype=float), theta.shape)
        known = np.isfinite(theta) & (True if error is None else np.isfinite(error) & (error > 0))
        if not known.any():
            raise InvalidInput(_("No candidate has an ability with an error above 0."))
        weight = np.full(int(known.sum()), 1 / known.sum())
        return Abilities(theta[known], weight, None if error is None else error[known], method == "rudner")
    if quadrature is not None:
        theta, weight = (np.asarray(one, dtype=float).ravel() for one in quadrature)
        if len(theta) != len(weight) or not len(theta) or (weight < 0).any() or not weight.sum() > 0:
            raise InvalidInput(_("quadrature= needs as many weights of 0 or more as abilities."))
        return Abilities(theta, weight / weight.sum())
    groups = getattr(items, "groups", None)
    if isinstance(groups, pd.DataFrame) and {"mean", "sd", "n"} <= set(groups.columns):
        mean, sd, n = (groups[name].to_numpy(dtype=float) for name in ("mean", "sd", "n"))
        return of_groups(mean, sd, n / n.sum(), borders)
    return of_groups(np.zeros(1), np.ones(1), np.ones(1), borders)


def _by_ability(
    method: str, items: ItemParameters | None, at: Abilities, scales: tuple[Floats, Floats], level: float,
    replicates: int, seed: int,
) -> pd.DataFrame:  # fmt: skip
    marks, borders = scales
    if method == "rudner":
        reached, chance = rudner(items, at, borders)
    else:
        assert items is not None
        reached, chance = lee(items, at, marks)
    persons = at.observed or at.error is not None or len(np.unique(at.weight)) == 1
    replicates = replicates if persons else 0
    weights = draws(len(at.theta), replicates, seed) * at.weight if persons else at.weight[None, :]
    batch = max(1, 20_000_000 // (len(at.theta) * (len(marks) + 2)))
    pieces = [weights[one : one + batch] for one in range(0, len(weights), batch)]
    found = [(at_each_mark(one, reached, chance), together(one, reached, chance)) for one in pieces]
    columns = {name: np.concatenate([one[name] for one, _all in found], axis=1) for name in TERMS}
    if at.observed:  # the estimate is what was seen; what varies is the truth
        columns["false_pass"], columns["false_fail"] = columns["false_fail"], columns["false_pass"]
        columns["pass_rate"], columns["true_pass_rate"] = columns["true_pass_rate"], columns["pass_rate"]
    classes = {name: np.concatenate([one[name] for _each, one in found]) for name in TOGETHER}
    told = METHODS[method] + (f", abilities of candidates, bootstrap {replicates}" if persons else ", distribution")
    note = [DecisionNote.FEW if persons and len(at.theta) < _FEW else "" if persons else DecisionNote.KNOWN] * len(
        marks
    )
    n = len(at.theta) if persons else 0
    return _frame(marks, columns, classes, n=n, level=level, method=told, note=[str(one) for one in note])


def _frame(
    marks: Floats, columns: dict[str, Floats], classes: dict[str, Floats], *, n: int, level: float, method: str,
    note: list[str],
) -> pd.DataFrame:  # fmt: skip
    rows = []
    for place, mark in enumerate(marks):
        for term in TERMS:
            values = columns[term][place]
            rows.append((mark, term, float(values[0]), *interval(values, level, share=term != "kappa"), note[place]))
    if len(marks) > 1:
        for term in TOGETHER:
            values = classes[term]
            rows.append((np.nan, term, float(values[0]), *interval(values, level, share=term != "kappa"), note[0]))
    table = pd.DataFrame(rows, columns=["cut", "term", "estimate", "std_error", "low", "high", "note"])
    given = {name: table[name].to_numpy() for name in ("term", "estimate", "std_error", "low", "high", "note")}
    return estimates(table[["cut"]], n=n, level=level, method=method, **given)
