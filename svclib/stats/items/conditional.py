"""Error of measurement at each score: Lord, Keats, Feldt, and by item response models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.estimate import MIN_MEAN, Note, check_level
from svclib.stats.intervals import normal_quantile
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.item_response.quadrature import grid, normal_weights
from svclib.stats.item_response.sums import combine
from svclib.stats.items.reliability import exam_reliability
from svclib.stats.items.scores import Scores, points_of, read, strata_of
from svclib.stats.marks import _

Method = Literal["lord", "keats", "feldt", "irt"]
COLUMNS = ("score", "share", "n", "sem", "sem_share", "low", "high", "level", "method", "note")

LENGTHS = _("candidates had different numbers of items: scores are shares times the median number")
NO_ERROR = _("one item, or fewer than two candidates: the error cannot be told")
ONE_EACH = _("no part has two items: give wider parts")
_HALF = 0.5


def conditional_sem(
    data: Any,
    method: Method = "lord",
    *,
    at: float | Iterable[float] | None = None,
    strata: Mapping[str, Any] | pd.Series | None = None,
    points: Mapping[str, float] | pd.Series | float | None = None,
    states: pd.DataFrame | None = None,
    level: float = 0.95,
    mean: float = 0.0,
    sd: float = 1.0,
) -> pd.DataFrame:
    """Tell the standard error of measurement at each sum score, or at the pass mark.

    Parameters
    ----------
    data : DataFrame, or calibrated items
        Candidates × items (shares of the maximum). For ``irt`` a fit, a frame of parameters or `ItemParameters`.
    method : {"lord", "keats", "feldt", "irt"}
        ``lord``: binomial, √(x (k − x) / (k − 1)) (Lord 1955); items drawn at random from one pool, whose differences
        in difficulty count as error. ``keats``: the same, scaled so that its mean agrees with alpha (Lord & Keats;
        Keats 1957). ``feldt``: compound binomial, items drawn from each of the `strata` (Feldt 1984), averaged over
        the candidates of a score and smoothed. Graded items take the multinomial forms of these (Lee 2007). ``irt``:
        variance of the sum given ability, averaged over the abilities of who has the score (Kolen, Zeng & Hanson 1996).
    at : float or list of float, optional
        Sum scores in points (a pass mark); every whole score without it.
    strata : mapping of item to part, optional
        For ``feldt``.
    points : mapping of item to points, or one number, optional
        1 an item without; ``irt`` counts categories and takes none.
    states : DataFrame, optional
    level : float
        Of ``low, high``.
    mean, sd : float
        Of the candidates' ability, for ``irt``; those of a fit where it has them.

    Returns
    -------
    DataFrame
        ``score`` (points), ``share`` (of the maximum), ``n`` (candidates with the score; missing for ``irt``), ``sem``
        (points), ``sem_share``, ``low, high`` (where the scores of a candidate whose true score is ``score`` fall, by a
        normal approximation within 0 and the maximum), ``level, method, note``.

    Raises
    ------
    InvalidInput
        If the method is unknown, a score lies outside the scale, or the items do not fit.

    Examples
    --------
    >>> scores = pd.DataFrame([[1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]], columns=list("abcd"))
    >>> conditional_sem(scores, at=2)["sem"].round(3).tolist()
    [1.155]
    """
    check_level(level)
    if method not in get_args(Method):
        raise InvalidInput(
            _("method is {value}; choose among {known}."), value=repr(method), known=", ".join(get_args(Method))
        )
    if method == "irt":
        if points is not None or strata is not None:
            raise InvalidInput(_("Calibrated items count their categories; leave out points= and strata=."))
        score, variance, most = _by_ability(data, mean, sd)
        n, note = np.full(len(score), np.nan), ""
        return _frame(at, _interpolated(score, variance), (score, n), most, level, method, note)
    exam = read(data, states)
    weight = points_of(points, exam.names)
    if method == "feldt" and strata is None:
        raise InvalidInput(_("Feldt's error needs the parts of the exam; give strata= or take lord or keats."))
    persons = _persons(exam, weight, strata if method == "feldt" else None)
    curve = _binomial(persons, method, exam, points)
    steps = np.arange(0, np.floor(persons["most"]) + 1)
    n = np.bincount(np.round(persons["sum"]).astype(int), minlength=len(steps))[: len(steps)].astype(float)
    return _frame(at, curve, (steps, n), persons["most"], level, method, persons["note"])


def _persons(exam: Scores, weight: Floats, strata: Any) -> dict[str, Any]:
    """Sum and error variance of each candidate, in points of a form of median length."""
    parts, part = strata_of(strata, exam.names)
    if strata is None:
        # Items of different points are parts of their own: they are not drawn from one pool.
        part = np.unique(weight, return_inverse=True)[1]
        parts = [str(place) for place in range(int(part.max()) + 1)]
    there = ~np.isnan(exam.values)
    reachable = weight @ there
    known = reachable > 0
    total, error = np.zeros(len(known)), np.zeros(len(known))
    alone = True
    for place in range(len(parts)):
        here = np.flatnonzero(part == place)
        met, points = there[here], weight[here][:, None]
        scored = np.where(met, exam.values[here] * points, 0.0)
        n, sums = met.sum(axis=0), scored.sum(axis=0)
        squares = (scored**2).sum(axis=0) - ratio(sums**2, n)
        alone &= bool((n < 2).all())
        total += sums
        error += np.nan_to_num(n * ratio(np.maximum(squares, 0), n - 1))
    most = float(np.median(reachable[known])) if known.any() else float(weight.sum())
    scale = ratio(np.full(len(known), most), reachable)[known]
    note = LENGTHS if known.any() and np.ptp(reachable[known]) > 0 else ""
    note = (ONE_EACH if strata is not None else NO_ERROR) if alone else note
    # Errors of longer forms are divided by their length once for the share, and once more for the median form.
    return {
        "sum": total[known] * scale,
        "variance": np.full(int(known.sum()), np.nan) if alone else error[known] * scale,
        "most": most,
        "note": note if known.any() else Note.NO_ANSWERS,
    }


def _binomial(persons: dict[str, Any], method: str, exam: Scores, points: Any) -> Any:
    """Error variance as a function of the score: of the binomial, times a factor that may bend with the score."""
    most, x = persons["most"], persons["sum"]
    binomial = x * (most - x)
    inside = (binomial > 0) & ~np.isnan(persons["variance"])
    if not inside.any():
        return lambda score: np.full(len(score), np.nan)
    weights, share = binomial[inside], x[inside] / most
    factors = persons["variance"][inside] / weights
    bend = 2 if method == "feldt" and len(np.unique(share)) > 5 else 0
    weight = points_of(points, exam.names)
    if method != "feldt" and np.ptp(weight) == 0 and _plain(exam):
        items = most / float(weight[0])
        line = np.array([1.0 / (items - 1)]) if items > 1 else np.array([np.nan])
    else:
        line = np.polyfit(share, factors, bend, w=np.sqrt(weights))
    factor = 1.0
    if method == "keats":
        factor = _keats(persons, exam, points, line)

    def variance(score: Floats) -> Floats:
        told: Floats = np.maximum(np.polyval(line, score / most), 0) * score * (most - score)
        return np.maximum(told, 0) * factor

    return variance


def _plain(exam: Scores) -> bool:
    return bool((np.isnan(exam.values) | (exam.values == 0) | (exam.values == 1)).all())


def _keats(persons: dict[str, Any], exam: Scores, points: Any, line: Floats) -> float:
    """Error variance by alpha over the mean of the binomial's; for items right or wrong (1 − α) / (1 − KR-21)."""
    frame = pd.DataFrame(exam.values.T, columns=list(exam.names))
    told = exam_reliability(frame, points=points).set_index("term")["estimate"]
    x, most = persons["sum"], persons["most"]
    mean = float((np.polyval(line, x / most) * x * (most - x)).mean())
    return float(told["sem"]) ** 2 / mean if mean > 0 else float("nan")


def _by_ability(data: Any, mean: float, sd: float) -> tuple[Floats, Floats, float]:
    """Error variance at each whole score, averaged over the abilities of who has it."""
    items: ItemParameters = items_of(data)
    nodes, weights = getattr(data, "nodes", None), getattr(data, "weights", None)
    if nodes is None or weights is None or (mean, sd) != (0.0, 1.0):
        nodes = mean + sd * grid()
        weights = normal_weights(nodes, mean, sd)
    weights = np.atleast_2d(np.asarray(weights, dtype=float)).mean(axis=0)
    chances = probabilities(items, np.asarray(nodes, dtype=float))
    steps = np.arange(chances.shape[1])[None, :, None]
    expected = (steps * chances).sum(axis=1)
    error = ((steps**2 * chances).sum(axis=1) - expected**2).sum(axis=0)
    joint = combine(chances, items.highest) * weights
    score = np.arange(len(joint), dtype=float)
    return score, ratio(joint @ error, joint.sum(axis=1)), float(score[-1])


def _interpolated(score: Floats, variance: Floats) -> Any:
    return lambda at: np.interp(at, score, variance)


def _frame(
    at: Any, curve: Any, counted: tuple[Floats, Floats], most: float, level: float, method: str, note: str
) -> pd.DataFrame:
    steps, n = counted
    if at is None:
        score = steps
    else:
        score = np.atleast_1d(np.asarray(at if np.isscalar(at) else list(at), dtype=float))
        _check_scores(score, most)
        place = np.clip(np.floor(score + _HALF).astype(int), 0, len(n) - 1)
        n = np.where(np.abs(score - np.round(score)) < 1e-9, n[place], 0.0) if not np.isnan(n).all() else n[place]
    sem = np.sqrt(curve(score))
    reach = normal_quantile(level) * sem
    few = float(np.nansum(counted[1])) < MIN_MEAN and method != "irt"
    return pd.DataFrame(
        {
            "score": score,
            "share": score / most,
            "n": pd.array(np.where(np.isnan(n), 0, n).astype(int), dtype="Int64"),
            "sem": sem,
            "sem_share": sem / most,
            "low": np.clip(score - reach, 0, most),
            "high": np.clip(score + reach, 0, most),
            "level": level,
            "method": method,
            "note": [note or (NO_ERROR if np.isnan(one) else Note.TOO_FEW if few else "") for one in sem],
        }
    ).assign(n=lambda frame: frame["n"].where(~np.isnan(n)) if np.isnan(n).any() else frame["n"])[list(COLUMNS)]


def _check_scores(score: Floats, most: float) -> None:
    outside = score[(score < 0) | (score > most) | np.isnan(score)]
    if len(outside):
        raise InvalidInput(
            _("The score {score} lies outside the scale 0–{most}; give at= in points of the exam."),
            score=f"{outside[0]:g}",
            most=f"{most:g}",
        )
