"""Pairs of candidates whose answers agree more than their abilities would lead to expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_columns, check_frame
from svclib.stats.marks import _
from svclib.stats.security.adjusting import adjusted, check_adjust, check_rate
from svclib.stats.security.answers import NONE, Answers, read_answers
from svclib.stats.security.calibration import Usual, contexts, no_calibration, usual
from svclib.stats.security.matching import Model, Tested, exact, sample, screened
from svclib.stats.security.option_curves import chances
from svclib.stats.security.wrong_alike import Counts

METHODS = ("omega", "gbt", "k", "k1", "k2", "s1")
COLUMNS = (
    "method", "first", "second", "source", "items", "matches", "matching_wrong", "expected", "statistic", "p",
    "p_adjusted", "together", "flag", "note",
)  # fmt: skip
AGREE = _("the answers agree more than the candidates' abilities would lead to expect; look at seating and logs")
FEW = _("too few answers in common to tell")
_LEAST_ITEMS = 5
_SAMPLE = 20_000
_ALL = 20_000
"""Up to so many pairs all are listed; beyond, those with a tail of at most `_KEEP`."""
_KEEP = 1e-3


@dataclass(frozen=True, eq=False)
class Similarity:
    """Pairs of candidates with the agreement of their answers.

    Attributes
    ----------
    frame : DataFrame
        One row a pair and method, the most striking first; see `answer_similarity`.
    contexts : DataFrame
        ``method, group, pairs, centre, scale, striking``: where the agreement of usual pairs lies, in standard
        deviations of the model; the row without a group is for pairs of different groups. ``striking`` groups agree
        as a whole more than the others: taught alike, or with a common source.
    abilities : Series
        Ability of each candidate that the expectations rest on.
    compared : int
        Pairs looked at by each method; p values are adjusted for all of them.
    """

    frame: pd.DataFrame
    contexts: pd.DataFrame
    abilities: pd.Series
    compared: int

    def __repr__(self) -> str:
        """Show the pairs."""
        return repr(self.frame)


def answer_similarity(
    choices: pd.DataFrame,
    key: Mapping[Any, Any] | pd.Series | None = None,
    *,
    scores: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
    items: Any = None,
    abilities: Any = None,
    method: str | Sequence[str] = "omega",
    pairs: pd.DataFrame | str = "all",
    within: Any = None,
    context: Any = None,
    calibrate: bool = True,
    adjust: str = "holm",
    rate: float = 0.05,
    keep: float | None = None,
    seed: int = 0,
) -> Similarity:
    """Compare the answers of all pairs of candidates, or of given ones.

    Parameters
    ----------
    choices : DataFrame
        Candidates × items: the options chosen, missing where there is none; or scores 0 and 1.
    key : mapping, optional
        Item → right option. Without it `scores`, or answers that are 0 and 1.
    scores : DataFrame, optional
        Shares of the marks, in the shape of `choices`.
    states : DataFrame, optional
        Why cells are empty: an omitted answer counts as wrong and matches none; what was not reached or not presented
        is not compared (as every empty cell without `states`).
    items : fit, ItemParameters or DataFrame, optional
        Calibrated items; or a frame ``item, option, a, c`` of the nominal response model. Without it the options'
        chances follow from the candidates' total scores.
    abilities : Series, optional
        Ability of each candidate, on the scale of `items`; without it the posterior mean.
    method : str or list of str
        ``omega`` (ω, Wollack 1997: agreement with the source's answers, given the candidate's ability), ``gbt``
        (generalized binomial test, van der Linden & Sotaridona 2006), ``k, k1, k2, s1`` (identical wrong answers).
    pairs : "all" or DataFrame
        Columns ``first, second``, or ``copier, source`` where the direction is known.
    within : Series or array, optional
        Compare only candidates of the same value (room, sitting).
    context : Series or array, optional
        Group of each candidate (branch, course): tells agreement that is usual in it from agreement of a pair.
    calibrate : bool
        Whether tails are set against the exam's own pairs (`svclib.stats.security.calibration`): honest exams then
        raise no more alarms than `rate` also where the model is not exact.
    adjust : {"holm", "bh", "bonferroni", "none"}
        For all pairs of a method: chance of any false alarm (Holm), or share of false ones among those flagged (BH).
    rate : float
        Of false alarms.
    keep : float, optional
        Pairs with a larger p are not listed; by default 0.001 in exams of more than 20,000 pairs.
    seed : int
        Of the sample of pairs for `calibrate`.

    Returns
    -------
    Similarity
        Columns of ``.frame``: ``method, first, second, source`` (of the two, whose answers the other's agree with
        more strikingly; missing for the symmetrical ``gbt``), ``items`` (compared), ``matches, matching_wrong``
        (agreeing answers; wrong ones among them), ``expected`` (agreeing answers, for K and its kin wrong ones),
        ``statistic`` (standardised agreement; for K and its kin identical wrong answers), ``p`` (exact tail,
        calibrated; of both directions where none is given), ``p_adjusted, together`` (in one group of the context),
        ``flag, note``.

    Raises
    ------
    InvalidInput
        If a candidate is there twice, the key lacks an item or names no option, no cell is answered, abilities or
        items are missing, or an option of the call is unknown.

    Notes
    -----
    ω is usually referred to the normal distribution, whose tails are wrong by orders of magnitude where millions of
    pairs are compared; here the exact distribution of independent hits given the source's answers is used. A small p
    says that chance is a poor explanation, not what the right one is.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> answers = pd.DataFrame(random.choice(list("ABCD"), (60, 40)), columns=[f"q{n}" for n in range(40)])
    >>> answers.iloc[1] = answers.iloc[0]
    >>> found = answer_similarity(answers, dict.fromkeys(answers.columns, "A"))
    >>> found.frame.loc[found.frame["flag"], ["first", "second", "matches"]].values.tolist()
    [[0, 1, 40]]
    """
    methods = _methods(method)
    check_rate(rate)
    check_adjust(adjust)
    answers = read_answers(choices, key, scores, states)
    rooms, _rooms = groups(within, answers.index, "within")
    kin, names = groups(context, answers.index, "context")
    if kin is None:
        kin, names = rooms, _rooms
    options, theta = chances(answers, items, abilities)
    options = np.where(answers.there[:, :, None], options, 0.0)
    wanted, known = _pairs(pairs, answers.index)
    frames, tables, looked = [], [], 0
    for at, name in enumerate(methods):
        engine = Counts(answers, name) if name in METHODS[2:] else Model(answers, options, name == "omega")
        random = np.random.default_rng([seed, at])
        norm = _usual(engine, kin, random) if calibrate else no_calibration()
        tested, looked = _tested(engine, wanted, known, rooms, keep)
        p = norm.adjusted(tested.p, tested.first, tested.second, kin)
        rows = _frame(name, answers, tested, p, (known, looked), kin, adjust, rate)
        frames.append(rows if known or (keep is None and looked <= _ALL) else rows[rows["p"] <= (keep or _KEEP)])
        tables.append(contexts(norm, names if len(norm.centres) else None, name))
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return Similarity(frame, pd.concat(tables, ignore_index=True), pd.Series(theta, index=answers.index), looked)


def _methods(method: str | Sequence[str]) -> list[str]:
    methods = [method] if isinstance(method, str) else list(method)
    wrong = [str(name) for name in methods if name not in METHODS]
    if wrong or not methods:
        raise InvalidInput(
            _('There is no method "{method}"; choose among {known}.'),
            method="".join(wrong[:1]),
            known=", ".join(METHODS),
        )
    return list(dict.fromkeys(methods))


def groups(given: Any, index: pd.Index, argument: str) -> tuple[Ints | None, pd.Index | None]:
    """Number the groups of the candidates (−1 unknown) and give their names."""
    if given is None:
        return None, None
    if isinstance(given, pd.DataFrame):
        given = given.astype(str).agg(" / ".join, axis=1).where(given.notna().all(axis=1))
    if isinstance(given, pd.Series):
        if given.index.has_duplicates or not index.isin(given.index).all():
            raise InvalidInput(
                _('"{argument}" does not name the group of each candidate; give a series with their index.'),
                argument=argument,
            )
        given = given.reindex(index)
    if len(given) != len(index):
        raise InvalidInput(
            _('"{argument}" has {count} entries for {candidates} candidates; give one each.'),
            argument=argument,
            count=len(given),
            candidates=len(index),
        )
    codes, names = pd.factorize(pd.Series(np.asarray(given, dtype=object)), sort=False)
    return np.asarray(codes, dtype=np.int64), pd.Index(names)


def _pairs(pairs: Any, index: pd.Index) -> tuple[tuple[Ints, Ints] | None, bool]:
    """Rows of the pairs wanted, and whether the second is known to be the source."""
    if isinstance(pairs, str):
        if pairs != "all":
            raise InvalidInput(_('pairs is "{pairs}"; give "all" or a frame of pairs.'), pairs=pairs)
        return None, False
    frame = check_frame(pairs)
    known = "copier" in frame.columns
    columns = ["copier", "source"] if known else ["first", "second"]
    check_columns(frame, columns)
    rows = [index.get_indexer(pd.Index(frame[name])) for name in columns]
    for name, at in zip(columns, rows, strict=True):
        if (at < 0).any():
            lost = frame[name].to_numpy()[at < 0][0]
            raise InvalidInput(
                _('The pair names "{candidate}", who has no answers here; mend the pair.'), candidate=lost
            )
    same = np.flatnonzero(rows[0] == rows[1])
    if len(same):
        raise InvalidInput(
            _('A pair names "{candidate}" twice; name two candidates.'), candidate=frame[columns[0]].iloc[same[0]]
        )
    return (rows[0], rows[1]), known


def _exact(engine: Any, first: Ints, second: Ints) -> Tested:
    return engine.exact(first, second) if isinstance(engine, Counts) else exact(engine, first, second)


def _usual(engine: Any, kin: Ints | None, random: np.random.Generator) -> Usual:
    number = len(engine.answers.index)
    apart = _exact(engine, *sample(kin, number, _SAMPLE, random, same=False))
    together = None if kin is None else _exact(engine, *sample(kin, number, _SAMPLE, random, same=True))
    return usual(apart, together, kin, random)


def _tested(
    engine: Any, wanted: tuple[Ints, Ints] | None, known: bool, rooms: Ints | None, keep: float | None
) -> tuple[Tested, int]:
    """Test the pairs; directed methods give both directions of a pair unless the source is known."""
    if wanted is not None:
        first, second = wanted
        if engine.directed and not known:
            first, second = np.concatenate([first, second]), np.concatenate([second, first])
        return _exact(engine, first, second), len(wanted[0])
    number = len(engine.answers.index)
    limit = keep if keep is not None else (1.0 if number * (number - 1) / 2 <= _ALL else _KEEP)
    find = engine.screened if isinstance(engine, Counts) else lambda *given: screened(engine, *given)
    first, second, looked = find(limit, rooms)
    if engine.directed:
        first, second = _both(first, second, number)
        looked //= 2
    tested = _exact(engine, first, second)
    return tested, looked


def _both(first: Ints, second: Ints, number: int) -> tuple[Ints, Ints]:
    """Complete the pairs so that each is there in both directions."""
    pair = np.unique(np.minimum(first, second).astype(np.int64) * number + np.maximum(first, second))
    low, high = pair // number, pair % number
    return np.concatenate([low, high]), np.concatenate([high, low])


def _merged(tested: Tested, p: Floats) -> tuple[Tested, Floats]:
    """Keep of both directions of each pair the more striking one; its p is doubled."""
    half = len(p) // 2
    back = p[half:] < p[:half]
    chosen = np.where(back, np.arange(half) + half, np.arange(half))
    parts = (getattr(tested, name)[chosen] for name in Tested.__dataclass_fields__)
    return Tested(*parts), np.minimum(2 * p[chosen], 1.0)


def _frame(
    method: str,
    answers: Answers,
    tested: Tested,
    p: Floats,
    size: tuple[bool, int],
    kin: Ints | None,
    adjust: str,
    rate: float,
) -> pd.DataFrame:
    known, looked = size
    if method != "gbt" and not known:
        tested, p = _merged(tested, p)
    one, other = tested.first, tested.second
    shared = answers.there[one] & answers.there[other]
    same = (answers.codes[one] == answers.codes[other]) & (answers.codes[one] != NONE)
    wrong = same & ~(answers.right[one] >= 1)
    few = shared.sum(axis=1) < _LEAST_ITEMS
    p = np.where(few, 1.0, p)
    beyond = adjusted(p, max(looked, len(p)), adjust)
    flag = (beyond <= rate) & ~few
    swap = np.zeros(len(one), dtype=bool) if known else one > other
    index = answers.index.to_numpy()
    source = np.full(len(one), None, dtype=object) if method == "gbt" else index[other].astype(object)
    columns = {
        "method": method,
        "first": index[np.where(swap, other, one)],
        "second": index[np.where(swap, one, other)],
        "source": source,
        "items": shared.sum(axis=1),
        "matches": same.sum(axis=1),
        "matching_wrong": wrong.sum(axis=1),
        "expected": tested.expected,
        "statistic": tested.z,
        "p": p,
        "p_adjusted": beyond,
        "together": False if kin is None else (kin[one] == kin[other]) & (kin[one] >= 0),
        "flag": flag,
        "note": np.where(few, FEW, np.where(flag, AGREE, "")),
    }
    frame = pd.DataFrame({name: columns[name] for name in COLUMNS})
    return frame if known else frame.sort_values("p", kind="stable", ignore_index=True)
