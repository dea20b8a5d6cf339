"""Careless answering: indices of each respondent, with cuts that attentive respondents rarely pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.marks import _
from svclib.stats.quality import indices
from svclib.stats.quality.answers import (
    Answers,
    check_draws,
    check_rate,
    groups_of_items,
    read_answers,
)
from svclib.stats.quality.honest import honest
from svclib.stats.quality.nonresponse import OMITTED, respondent_shares
from svclib.stats.quality.robust import mcd
from svclib.stats.quality.screening import CutNote, Index, Screening, check_cut, screen
from svclib.stats.quality.speed import SPEED, per_100, speed_indices

LEAST = 3
"""Of a respondent with fewer answers nothing is told."""
_LONGER = 2.0
"""Upper ends of items that lie so far apart are those of different scales."""
_FAR = 1e-6
"""Chance of a robust distance that no attentive respondent has, be the answers ever so skewed."""


@dataclass(frozen=True)
class Plan:
    """What the indices are computed from besides the answers.

    Attributes
    ----------
    matrices, scales : dict of (items,) int
        Positions of the items.
    turn : (items,) float
        Lowest plus highest answer of items that run the other way, NaN for the others.
    synonyms, antonyms : pair of (pairs,) int
    centre, covariance : (items,), (items, items) float
        Of the distances; None where they cannot be told.
    means : (items,) float
        Of all respondents, with the items turned.
    """

    matrices: dict[str, Ints]
    scales: dict[str, Ints]
    turn: Floats
    synonyms: tuple[Ints, Ints]
    antonyms: tuple[Ints, Ints]
    moments: tuple[Floats, Floats] | None
    means: Floats


def careless(
    data: pd.DataFrame,
    items: Sequence[str],
    *,
    scales: Mapping[str, Sequence[str]] | None = None,
    matrices: Mapping[str, Sequence[str]] | None = None,
    reverse: Sequence[str] = (),
    times: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
    characters: Mapping[str, float] | None = None,
    by: str | Sequence[str] | None = None,
    rate: float = 0.01,
    cut: str = "simulated",
    robust: bool = False,
    critical: float = 0.6,
    draws: int = 10_000,
    seed: int = 1,
) -> Screening:
    """Look for respondents who answered without reading.

    Parameters
    ----------
    data : DataFrame
        One row a respondent.
    items : list of str
        Ratings in the order in which they were shown; numbers.
    scales : dict, optional
        Scale → its items, for even-odd consistency (needs three scales).
    matrices : dict, optional
        Matrix → its items, for straight-lining; `scales` by default, or all items together.
    reverse : list of str
        Items that run the other way; they are turned for consistency and distance, not for strings.
    times : DataFrame, optional
        Seconds, one column an item or page, indexed as `data` (``frames.item_times``): see `speeding`.
    states : DataFrame, optional
        Why cells are empty, indexed as `data` (``frames.states``): tells omitted answers from questions not shown.
    characters, by
        As in `speeding`.
    rate : float
        Share of attentive respondents that an index may flag.
    cut : {"simulated", "literature"}
        Cuts that hold `rate` for these very items by simulation, or those of the literature, with the share of
        attentive respondents that they would flag.
    robust : bool
        Distances from the minimum covariance determinant of the complete rows, which up to a quarter of strange rows
        cannot move; the farthest ones are then also left out of what attentive answering is learnt from. For crowds
        of strange rows that are strange in the same way.
    critical : float
        Correlation from which two items are psychometric synonyms (antonyms from its negative).
    draws : int
        Attentive respondents that are simulated.
    seed : int

    Returns
    -------
    Screening
        Columns of ``.frame``: ``longstring`` and ``average_string`` (longest and average run of equal answers),
        ``straight_lined`` (matrices answered all alike, three answers or more), ``irv`` (standard deviation of the
        person's answers), ``even_odd`` (consistency of the two halves of each scale), ``synonyms`` and ``antonyms``
        (correlation over pairs of items), ``mahalanobis_p`` (chi-square p value of the distance), ``person_total``
        (correlation with the others' means), ``omitted`` (share of the questions shown), ``speed`` (with `times`,
        see `speeding`); then ``answered, matrices`` (those long enough to judge), ``mahalanobis`` (squared distance
        over the answered items), with `states` ``dont_know, not_shown, broke_off`` (shares of the items), and with
        `times` ``seconds`` (and ``per_100``).

    Raises
    ------
    InvalidInput
        Naming the item that is absent, holds no numbers, or belongs to a scale but is not among `items`.

    Notes
    -----
    Indices: Meade and Craig (2012), Dunn et al. (2018), Curran (2016), computed as R's careless documents them.
    Literature's cuts: half the items in one string (Curran 2016); even-odd below 0.30 and antonyms above -0.03
    (Johnson 2005); distance with p < 0.001; person-total below 0 (Curran 2016); half of the questions omitted
    (AAPOR 2016: a break-off); speed index 2 (Leiner 2019).

    Attentive respondents are drawn from the items' own distributions and correlations (see `honest`). Satisfied
    customers honestly give long strings of fives: where they do so more often than `rate`, there is no cut and the
    note says so. A tenth of random or straight answers in the data makes the cuts, if anything, more lenient.
    The rate is exact for answers that are normal below the surface; for graded responses with a logistic error up to
    1.5 times as many are flagged.
    A cut holds for one index; ``.together`` tells how often attentive respondents are flagged by any, or by several.

    Examples
    --------
    >>> g = np.random.default_rng(2)
    >>> feeling = g.normal(size=(400, 1)) + g.normal(size=(400, 12))
    >>> visits = pd.DataFrame(np.clip(np.round(3.3 + feeling), 1, 5), columns=[f"q{n}" for n in range(12)])
    >>> visits.loc[0] = 3.0
    >>> found = careless(visits, list(visits))
    >>> found.flags.loc[0, ["longstring", "irv"]].tolist()
    [True, True]
    """
    check_rate(rate)
    check_cut(cut)
    draws, generator = check_draws(draws), np.random.default_rng(seed)
    answers = read_answers(data, items)
    plan = _plan(answers, scales, matrices, reverse, critical, robust=robust, seed=seed)
    observed, extra = _computed(answers.values, plan)
    model = honest(answers, _plain(observed["mahalanobis_p"], robust=robust))
    simulated, _extra = _computed(model.draw(draws, generator), plan)
    shares = respondent_shares(answers, states)
    observed["omitted"] = shares.pop("omitted")
    columns, wanted = {**extra, **shares}, [*_indices(answers), OMITTED]
    if times is not None:
        speed = speed_indices(data, times, by=by, draws=draws, generator=generator)
        observed["speed"], simulated["speed"] = speed.observed, speed.simulated
        columns["seconds"], wanted = speed.seconds, [*wanted, SPEED]
        if characters is not None:
            columns["per_100"] = per_100(data, times, characters)
    notes = _notes(answers, plan)
    frame = pd.DataFrame(columns, index=answers.index)
    return screen(wanted, observed, simulated, frame, rate=rate, cut=cut, notes=notes)


def _notes(answers: Answers, plan: Plan) -> dict[str, str]:
    """What must be said of an index apart from its cut."""
    notes: dict[str, str] = {} if plan.moments else {"mahalanobis_p": CutNote.PLANE}
    highest = np.where(answers.given, answers.values, -np.inf).max(axis=0)
    highest = highest[np.isfinite(highest)]
    # An item on which nobody took the upper end is no reason to speak of another scale.
    if len(highest) and np.ptp(highest) >= _LONGER:
        notes |= dict.fromkeys(("longstring", "average_string", "irv"), str(CutNote.MIXED))
    return notes


def _plain(p_value: Floats, *, robust: bool) -> Bools:
    """Rows that attentive answering is learnt from: with robust distances not those that are out of all bounds."""
    return np.asarray(~(p_value < _FAR) if robust else np.ones(len(p_value)), dtype=np.bool_)


def _indices(answers: Answers) -> list[Index]:
    """The indices of the answers alone, with the literature's cuts where there is one."""
    half = float(-(-len(answers.names) // 2))
    return [
        Index("longstring", True, half, "Curran 2016"),
        Index("average_string", True),
        Index("straight_lined", True),
        Index("irv", False),
        Index("even_odd", False, 0.30, "Johnson 2005"),
        Index("synonyms", False),
        Index("antonyms", True, -0.03, "Johnson 2005"),
        Index("mahalanobis_p", False, 0.001, "Curran 2016"),
        Index("person_total", False, 0.0, "Curran 2016"),
    ]


def _plan(
    answers: Answers,
    scales: Mapping[str, Sequence[str]] | None,
    matrices: Mapping[str, Sequence[str]] | None,
    reverse: Sequence[str],
    critical: float,
    *,
    robust: bool,
    seed: int,
) -> Plan:
    if not 0 < critical < 1:
        raise InvalidInput(_("critical is {critical}; give a correlation between 0 and 1."), critical=critical)
    turn = _turn(answers, reverse)
    turned = _turned(answers.values, turn)
    together = indices.correlations(answers.values)
    shown = matrices or scales or {"items": list(answers.names)}
    return Plan(
        groups_of_items(shown, answers.names, "matrices"),
        groups_of_items(scales, answers.names, "scales"),
        turn,
        indices.pairs(together, critical),
        indices.pairs(together, critical, opposite=True),
        _moments(turned, robust=robust, seed=seed),
        ratio(np.nansum(turned, axis=0), answers.given.sum(axis=0)),
    )


def _turn(answers: Answers, reverse: Sequence[str]) -> Floats:
    """Lowest plus highest answer of the items that run the other way."""
    turn = np.full(len(answers.names), np.nan)
    for name in reverse:
        if name not in answers.names:
            raise InvalidInput(
                _('The item "{item}" of reverse is not among the items; add it to them or leave it out.'), item=name
            )
        column = answers.values[:, answers.names.index(name)]
        told = column[~np.isnan(column)]
        turn[answers.names.index(name)] = told.min() + told.max() if len(told) else np.nan
    return turn


def _turned(values: Floats, turn: Floats) -> Floats:
    return np.where(np.isnan(turn), values, turn - values)


def _moments(values: Floats, *, robust: bool, seed: int) -> tuple[Floats, Floats] | None:
    """Means and covariance of the items that vary, in their places; None if none can be told."""
    varies = np.nan_to_num(indices.variability(values.T)) > 0
    if not varies.any():
        return None
    used = values[:, varies]
    found = mcd(used[~np.isnan(used).any(axis=1)], seed=seed) if robust else indices.moments(used)
    if found is None:
        return None
    centre, covariance = np.full(len(varies), np.nan), np.full((len(varies), len(varies)), np.nan)
    centre[varies], covariance[np.ix_(varies, varies)] = found
    return centre, covariance


def _computed(values: Floats, plan: Plan) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """The indices of `values`, and columns that go with them; NaN for rows of fewer than `LEAST` answers."""
    values = np.where((~np.isnan(values)).sum(axis=1, keepdims=True) >= LEAST, values, np.nan)
    turned = _turned(values, plan.turn)
    longest, average = indices.strings(values)
    straight, judged = indices.straight_lined(values, plan.matrices)
    squares, p_value = _distance(turned, plan)
    found = {
        "longstring": longest,
        "average_string": average,
        "straight_lined": straight,
        "irv": indices.variability(values),
        "even_odd": _even_odd(turned, plan),
        "synonyms": indices.pair_consistency(values, *plan.synonyms),
        "antonyms": indices.pair_consistency(values, *plan.antonyms),
        "mahalanobis_p": p_value,
        "person_total": indices.person_total(turned, plan.means),
    }
    return found, {"answered": (~np.isnan(values)).sum(axis=1), "matrices": judged, "mahalanobis": squares}


def _even_odd(turned: Floats, plan: Plan) -> Floats:
    if len(plan.scales) < indices.LEAST_PAIRS:
        return np.full(len(turned), np.nan)
    return indices.even_odd(turned, list(plan.scales.values()))


def _distance(turned: Floats, plan: Plan) -> tuple[Floats, Floats]:
    if plan.moments is None:
        nothing = np.full(len(turned), np.nan)
        return nothing, nothing
    centre, covariance = plan.moments
    varies = ~np.isnan(centre)
    used = turned[:, varies]
    squares = indices.distances(used, centre[varies], covariance[np.ix_(varies, varies)])
    return squares, np.asarray(chdtrc((~np.isnan(used)).sum(axis=1), squares))
