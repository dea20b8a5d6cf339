"""Gain between two exams of the same people, with the error of measurement taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtri, log_ndtr, stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_frame, numbers
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import normal_quantile, t_interval, wilson
from svclib.stats.marks import _

FEW = 20
"""People below which spreads and shares are mentioned with a caution."""

NO_PEOPLE = _("nobody has both results")
ONE_PERSON = _("one person with both results: no interval can be told")
SMALL = _("few people: the share and the spread are uncertain")
NO_SPREAD = _("the scores before do not spread: there is nothing to standardise by")
ALL_ERROR = _("the gains spread no more than the errors of measurement would make them")
NOBODY_CHOSEN = _("nobody is chosen")
EVERYBODY_CHOSEN = _("everybody is chosen: there is no average to fall back to")

CHANGES = ("improved", "unclear", "worsened")
"""Values of ``change`` of a person: a gain beyond what errors of measurement make, or not."""


@dataclass(frozen=True, eq=False)
class Gain:
    """Gains of a group, and of each person in it.

    Attributes
    ----------
    frame : DataFrame
        See `svclib.stats.estimate`; terms as `gain` lists them.
    people : DataFrame
        Indexed as the data: ``before, after, gain`` (observed), ``true_gain`` (estimated without error) with ``low,
        high``, ``change`` (one of `CHANGES`).
    """

    frame: pd.DataFrame
    people: pd.DataFrame


def gain(
    data: pd.DataFrame,
    before: str,
    after: str,
    *,
    reliability: float | Sequence[float] | None = None,
    sem: float | Sequence[float] | None = None,
    chosen: str | None = None,
    level: float = 0.95,
) -> Gain:
    """Tell how much people gained between two exams on one scale, and what of it measurement error could make.

    Errors of measurement do not move a mean gain, but they spread the gains of persons, and where people were chosen
    for their low scores they come back towards the average by themselves.

    Parameters
    ----------
    data : DataFrame
        A row a person.
    before, after : str
        Scores on one scale (equate the forms first); people without both are left out.
    reliability : float or (before, after)
        Reliability of the scores, such as `stats.alpha` gives; or
    sem : float or (before, after)
        Standard error of measurement, on the scale of the scores.
    chosen : str, optional
        Column that is true for those chosen for their score before (who failed, who was sent to the course).
    level : float

    Returns
    -------
    Gain
        Terms of the frame: ``mean_gain`` (paired t); ``standardised_gain``, in standard deviations of the true score
        before; ``true_sd_of_gain``, what is left of the spread of gains without errors (chi-square interval of the
        observed spread, less the errors); ``improved, worsened``, shares of people whose gain lies beyond what errors
        of measurement make in `level` of cases (the reliable change of Jacobson & Truax 1991; by chance alone
        ``(1 − level) / 2`` each). With `chosen`: ``gain_of_chosen``, ``by_return`` (what coming back to the average of
        all would give them without any teaching, Kelley) and ``net_gain``, the first less the second.

    Raises
    ------
    InvalidInput
        If neither `reliability` nor `sem` is given, or is impossible; if a column is absent or no number.

    Notes
    -----
    A person's true gain is the regression of the difference of true scores on both observed scores (Lord 1963), with a
    spread of true gains that is never taken as none; its interval allows for that spread being estimated.
    ``by_return`` takes true scores as stable without teaching, and the frame as the people among whom they were chosen.

    Examples
    --------
    >>> exams = pd.DataFrame({"first": [50.0, 60, 70, 80, 55], "second": [62.0, 66, 77, 83, 60]})
    >>> gain(exams, "first", "second", reliability=0.8).frame["estimate"].round(2).tolist()[:2]
    [6.6, 0.61]
    """
    check_level(level)
    frame = check_frame(data)
    scores = np.column_stack([numbers(frame, before), numbers(frame, after)])
    known = ~np.isnan(scores).any(axis=1)
    scores = scores[known]
    errors = _errors(scores, reliability, sem)
    rows = _group_rows(scores, errors, level)
    if chosen is not None:
        rows += _chosen_rows(scores, errors, _flag(frame, chosen)[known], level)
    told = estimates(
        pd.DataFrame(index=range(len(rows))),
        term=[row[0] for row in rows], estimate=[row[1] for row in rows], std_error=[row[2] for row in rows],
        low=[row[3] for row in rows], high=[row[4] for row in rows], n=[row[5] for row in rows],
        df=[row[6] for row in rows], method="", note=[row[8] for row in rows], level=level,
    )  # fmt: skip
    told["method"] = [row[7] for row in rows]
    return Gain(told, _people(frame.index[np.flatnonzero(known)], scores, errors, level))


_Row = tuple[str, float, float, float, float, int, float, str, str]
_NAN = float("nan")


def _errors(scores: Floats, reliability: float | Sequence[float] | None, sem: float | Sequence[float] | None) -> Floats:
    """Give the standard errors of measurement before and after."""
    if (reliability is None) == (sem is None):
        raise InvalidInput(_("Give either reliability= or sem= of the two exams: one number, or (before, after)."))
    given = np.broadcast_to(np.asarray(reliability if sem is None else sem, dtype=float), (2,))
    if sem is not None:
        if not (np.isfinite(given) & (given >= 0)).all():
            raise InvalidInput(_("sem is {value}; give standard errors of 0 or more."), value=str(sem))
        return given
    if not ((given > 0) & (given <= 1)).all():
        raise InvalidInput(_("reliability is {value}; give numbers above 0, at most 1."), value=str(reliability))
    spread = scores.std(axis=0, ddof=1) if len(scores) > 1 else np.zeros(2)
    return np.asarray(spread * np.sqrt(1 - given))


def _flag(frame: pd.DataFrame, column: str) -> Bools:
    values = numbers(frame, column)
    if not np.isin(values[~np.isnan(values)], (0, 1)).all():
        raise InvalidInput(_('The column "{column}" must be true or false (1 or 0).'), column=column)
    return np.asarray(values == 1)


def _group_rows(scores: Floats, errors: Floats, level: float) -> list[_Row]:
    n = len(scores)
    if n < 2:
        note = ONE_PERSON if n else NO_PEOPLE
        mean = float(scores[0, 1] - scores[0, 0]) if n else _NAN
        names = ("standardised_gain", "true_sd_of_gain", "improved", "worsened")
        rest: list[_Row] = [(name, _NAN, _NAN, _NAN, _NAN, n, _NAN, "", note) for name in names]
        return [("mean_gain", mean, _NAN, _NAN, _NAN, n, _NAN, "paired t", note), *rest]
    gains = scores[:, 1] - scores[:, 0]
    error = float(gains.std(ddof=1) / np.sqrt(n))
    low, high = t_interval(gains.mean(), np.asarray(error), np.asarray(n - 1.0), level)
    first: _Row = ("mean_gain", float(gains.mean()), error, float(low), float(high), n, n - 1.0, "paired t", "")
    spread = _spread(gains, errors, level)
    return [first, _standardised(scores, errors, level), spread, *_shares(gains, errors, level)]


def _standardised(scores: Floats, errors: Floats, level: float) -> _Row:
    """Mean gain in standard deviations of the true score before; its variance by the delta method (normal scores)."""
    n, gains = len(scores), scores[:, 1] - scores[:, 0]
    true = scores[:, 0].var(ddof=1) - errors[0] ** 2
    if true <= 1e-12:
        return "standardised_gain", _NAN, _NAN, _NAN, _NAN, n, _NAN, "delta", NO_SPREAD
    size = float(gains.mean() / np.sqrt(true))
    reliable = true / scores[:, 0].var(ddof=1)
    error = float(np.sqrt(gains.var(ddof=1) / (n * true) + size**2 / (2 * (n - 1) * reliable**2)))
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * error
    return "standardised_gain", size, error, size - reach, size + reach, n, n - 1.0, "delta", SMALL if n < FEW else ""


def _spread(gains: Floats, errors: Floats, level: float) -> _Row:
    n, noise, observed = len(gains), float((errors**2).sum()), float(gains.var(ddof=1))
    ends = [(n - 1) * observed / chdtri(n - 1, tail) for tail in ((1 - level) / 2, (1 + level) / 2)]
    size, low, high = (float(np.sqrt(max(value - noise, 0.0))) for value in (observed, *ends))
    note = ALL_ERROR if size == 0 else SMALL if n < FEW else ""
    return "true_sd_of_gain", size, _NAN, low, high, n, n - 1.0, "chi-square", note


def _shares(gains: Floats, errors: Floats, level: float) -> list[_Row]:
    n, reach = len(gains), normal_quantile(level) * float(np.hypot(*errors))
    rows: list[_Row] = []
    for name, hit in (("improved", gains > reach), ("worsened", gains < -reach)):
        share = float(hit.mean())
        low, high = wilson(np.array([share]), np.array([float(n)]), level)
        error = float(np.sqrt(share * (1 - share) / n))
        rows.append((name, share, error, float(low[0]), float(high[0]), n, np.inf, "wilson", SMALL if n < FEW else ""))
    return rows


def _chosen_rows(scores: Floats, errors: Floats, chosen: Bools, level: float) -> list[_Row]:
    names, n = ("gain_of_chosen", "by_return", "net_gain"), int(chosen.sum())
    if n < 2 or n == len(scores):
        note = EVERYBODY_CHOSEN if n and n == len(scores) else NOBODY_CHOSEN if not n else ONE_PERSON
        return [(name, _NAN, _NAN, _NAN, _NAN, n, _NAN, "", note) for name in names]
    first, gains = scores[:, 0], scores[:, 1] - scores[:, 0]
    variance = first.var(ddof=1)
    unreliable = float(np.clip(errors[0] ** 2 / variance, 0, 1)) if variance > 0 else 0.0
    everybody, theirs = first.mean(), first[chosen].mean()
    parts = np.where(chosen, len(first) / n, 0.0)
    raw = parts * (gains - gains[chosen].mean())
    back = unreliable * ((first - everybody) - parts * (first - theirs))
    values = (float(gains[chosen].mean()), float(unreliable * (everybody - theirs)))
    rows = zip(names, (*values, values[0] - values[1]), (raw, back, raw - back), strict=True)
    return [_by_influence(name, value, influence, n, level) for name, value, influence in rows]


def _by_influence(name: str, value: float, influence: Floats, n: int, level: float) -> _Row:
    """Take the error from each person's influence on the estimate."""
    error = float(influence.std(ddof=1) / np.sqrt(len(influence)))
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * error
    return name, value, error, value - reach, value + reach, n, n - 1.0, "linearised", SMALL if n < FEW else ""


def _people(index: pd.Index, scores: Floats, errors: Floats, level: float) -> pd.DataFrame:
    gains = scores[:, 1] - scores[:, 0]
    true, error = _true_gains(scores, errors)
    reach = normal_quantile(level) * error
    beyond = normal_quantile(level) * float(np.hypot(*errors))
    change = np.select([gains > beyond, gains < -beyond], ["improved", "worsened"], "unclear")
    columns = {"before": scores[:, 0], "after": scores[:, 1], "gain": gains, "true_gain": true}
    return pd.DataFrame(columns | {"low": true - reach, "high": true + reach, "change": change}, index=index)


def _true_gains(scores: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Regress the true gain on both scores: its values, and the standard errors of their prediction."""
    gains = scores[:, 1] - scores[:, 0]
    if len(scores) < 3:
        return gains, np.full(len(gains), float(np.hypot(*errors)))
    total, contrast, noise = np.cov(scores.T), np.array([-1.0, 1.0]), float((errors**2).sum())
    spread, unsure = _spread_of_true(float(gains.var(ddof=1)), noise, len(gains))
    true = total - np.diag(errors**2)
    true = _no_negative(true + np.eye(2) * (spread - contrast @ true @ contrast) / 2)
    slopes = np.linalg.pinv(total) @ true @ contrast
    left = contrast @ true @ contrast - slopes @ total @ slopes
    centre = scores.mean(axis=0)
    kept = noise / max(spread + noise, 1e-300) ** 2 * unsure
    about = gains - gains.mean()
    return contrast @ centre + (scores - centre) @ slopes, np.sqrt(max(left, 0.0) + (kept * about) ** 2)


def _spread_of_true(observed: float, noise: float, n: int) -> tuple[float, float]:
    """Variance of true gains given that it cannot be negative, and its standard error.

    The mean of the normal likelihood of the moment estimate cut at 0: the moment estimate itself is often 0 where the
    spread is small, which would draw everybody to the average and promise no error.
    """
    error = observed * float(np.sqrt(2 / (n - 1)))
    if error <= 0:
        return 0.0, 0.0
    ratio = (observed - noise) / error
    push = float(np.exp(-0.5 * ratio**2 - log_ndtr(ratio)) / np.sqrt(2 * np.pi))
    return error * (ratio + push), error * float(np.sqrt(max(1 - push * (push + ratio), 0.0)))


def _no_negative(matrix: Floats) -> Floats:
    """Give the nearest covariance: variances of true scores cannot be below 0."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 0)) @ vectors.T)
