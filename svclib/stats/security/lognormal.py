"""The lognormal model of response times: how long items take, how fast candidates are, and which times do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.item_response.parameters import items_of
from svclib.stats.marks import _
from svclib.stats.security.adjusting import adjusted, check_rate
from svclib.stats.security.option_curves import posterior_mean, score_ability
from svclib.stats.security.times import nullable, read_times, scores_like

UNEVEN = _("the times spread more over the items than the candidate's own speed allows; look at the log of the sitting")
FEW_TIMES = _("too few times to tell")
_STEPS = 500
_CLOSE = 1e-9
_SHORTEST = 0.1
"""Seconds below which no difference is made."""
_LEAST = 5
_FAST = -3.0
"""Standard deviations below its expectation from which a time counts as fast."""
_SMALLEST = 1e-4


@dataclass(frozen=True, eq=False)
class ResponseTimes:
    """A fitted lognormal model.

    Attributes
    ----------
    items : DataFrame
        ``item, intensity`` (mean log seconds at speed 0), ``se_intensity, discrimination`` (one over the standard
        deviation of the log times about speed), ``se_discrimination, median_seconds, n, note``.
    candidates : DataFrame
        By candidate: ``speed`` (posterior mean; positive is faster), ``std_error, n, spread`` (squared residuals by
        their degrees of freedom; 1 is usual), ``z, p, p_adjusted`` (of so wide a spread), ``fast`` (times far below
        the candidate's own pace), with scores ``fast_right`` (right answers among them), ``flag, note``.
    residuals : DataFrame
        Candidates × items: standard deviations of each log time from what the candidate's other times and the item's
        usual ones lead to expect.
    speed_sd : float
    relation : float
        Correlation of speed and ability over the candidates; NaN without scores.
    loglik, n_parameters, converged, iterations
        Of the marginal maximum likelihood.
    """

    items: pd.DataFrame
    candidates: pd.DataFrame
    residuals: pd.DataFrame
    fast: pd.DataFrame
    speed_sd: float
    relation: float
    loglik: float
    n_parameters: int
    converged: bool
    iterations: int

    def __repr__(self) -> str:
        """Show the items."""
        return repr(self.items)


@dataclass(frozen=True, eq=False)
class _Fit:
    intensity: Floats
    variance: Floats
    speed_variance: float
    loglik: float
    converged: bool
    iterations: int


def response_times(
    times: pd.DataFrame,
    scores: pd.DataFrame | None = None,
    *,
    items: Any = None,
    adjust: str = "holm",
    rate: float = 0.05,
) -> ResponseTimes:
    """Fit the lognormal model of van der Linden (2006): log time = item's intensity − candidate's speed + noise.

    Parameters
    ----------
    times : DataFrame
        Candidates × items: seconds, missing where the item was not met.
    scores : DataFrame, optional
        Shares of the marks, for the relation of speed and ability and the right answers among fast ones.
    items : fit, ItemParameters or DataFrame, optional
        Calibrated items, for abilities; without them those of the total scores.
    adjust : {"holm", "bh", "bonferroni", "none"}
        Of the candidates' p values.
    rate : float
        Of false alarms.

    Returns
    -------
    ResponseTimes

    Raises
    ------
    InvalidInput
        If a time is negative, a candidate is there twice, or there are fewer than two items or candidates with times.

    Notes
    -----
    Marginal maximum likelihood by EM, closed in both steps; missing times at random. Standard errors of intensity and
    discrimination are those of complete times. Whether a candidate's times are uneven is judged by the sum of squared
    residuals about the own speed, chi-squared if the model held; it is centred and scaled by the bulk of the
    candidates, as times of people have longer tails than the model's.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> log = np.array([3.0, 3.5, 4.0]) - random.normal(0, 0.3, (500, 1)) + random.normal(0, 0.5, (500, 3))
    >>> fitted = response_times(pd.DataFrame(np.exp(log), columns=["q1", "q2", "q3"]))
    >>> fitted.items["intensity"].round(1).tolist(), round(fitted.speed_sd, 1)
    ([3.0, 3.5, 4.0], 0.3)
    """
    check_rate(rate)
    names, seconds = read_times(times)
    right = scores_like(scores, times)
    there = ~np.isnan(seconds)
    if (there.sum(axis=0) > 1).sum() < 2 or (there.sum(axis=1) > 1).sum() < 2:
        raise InvalidInput(_("Speed needs at least two items and two candidates with times; give more."))
    log = np.log(np.maximum(np.where(there, seconds, 1.0), _SHORTEST))
    fit = _fitted(log, there)
    speed, variance = _speed(log, there, fit)
    residual = np.where(there, _residuals(log, fit, speed, variance), np.nan)
    quick = there & (np.nan_to_num(residual, nan=0.0) < _FAST)
    table = _candidates(times.index, log, there, fit, (speed, variance), quick, right, adjust, rate)
    ability = (
        None
        if right is None
        else (score_ability(right) if items is None else posterior_mean(items_of(items).named(names), right))
    )
    return ResponseTimes(
        _item_table(names, fit, there), table, pd.DataFrame(residual, index=times.index, columns=times.columns),
        nullable(quick, there, times), float(np.sqrt(fit.speed_variance)), _relation(speed, ability),
        fit.loglik, 2 * len(names) + 1, fit.converged, fit.iterations,
    )  # fmt: skip


def _fitted(log: Floats, there: Bools) -> _Fit:
    count = np.maximum(there.sum(axis=0), 1)
    intensity = np.where(there, log, 0).sum(axis=0) / count
    total = np.where(there, (log - intensity) ** 2, 0).sum(axis=0) / count
    fit = _Fit(
        intensity, np.maximum(total * 0.7, _SMALLEST), max(float(total.mean()) * 0.3, _SMALLEST), -np.inf, False, 0
    )
    for step in range(1, _STEPS + 1):
        speed, variance = _speed(log, there, fit)
        loglik = _loglik(log, there, fit, speed, variance)
        done = loglik - fit.loglik < _CLOSE * abs(loglik) and step > 3
        intensity = np.where(there, log + speed[:, None], 0).sum(axis=0) / count
        left = np.where(there, (log - intensity + speed[:, None]) ** 2 + variance[:, None], 0).sum(axis=0) / count
        spread = max(float((speed**2 + variance).mean()), _SMALLEST**2)
        if done:
            return _Fit(fit.intensity, fit.variance, fit.speed_variance, loglik, True, step)
        fit = _Fit(intensity, np.maximum(left, _SMALLEST), spread, loglik, False, step)
    return fit


def _speed(log: Floats, there: Bools, fit: _Fit) -> tuple[Floats, Floats]:
    """Posterior mean and variance of each candidate's speed."""
    weight = there / fit.variance
    precision = weight.sum(axis=1) + 1 / fit.speed_variance
    return (weight * (fit.intensity - log)).sum(axis=1) / precision, 1 / precision


def _loglik(log: Floats, there: Bools, fit: _Fit, speed: Floats, variance: Floats) -> float:
    """Marginal log-likelihood: of the times at the posterior mean speed, with what integration adds."""
    left = np.where(there, (log - fit.intensity + speed[:, None]) ** 2 / fit.variance, 0).sum(axis=1)
    scale = np.where(there, np.log(2 * np.pi * fit.variance), 0).sum(axis=1)
    inner = np.log(fit.speed_variance) - np.log(variance) + speed**2 / fit.speed_variance
    return float(-0.5 * (left + scale + inner).sum())


def _residuals(log: Floats, fit: _Fit, speed: Floats, variance: Floats) -> Floats:
    """Deviation of each time from its prediction by the candidate's other times (van der Linden & Guo 2008)."""
    precision = 1 / variance[:, None]
    rest = np.maximum(precision - 1 / fit.variance, 1 / fit.speed_variance)
    other = (precision * speed[:, None] - (fit.intensity - log) / fit.variance) / rest
    return np.asarray((log - fit.intensity + other) / np.sqrt(fit.variance + 1 / rest))


def _item_table(names: list[str], fit: _Fit, there: Bools) -> pd.DataFrame:
    n, discrimination = there.sum(axis=0), 1 / np.sqrt(fit.variance)
    known = n > 1
    return pd.DataFrame(
        {
            "item": names,
            "intensity": np.where(known, fit.intensity, np.nan),
            "se_intensity": np.where(known, np.sqrt(ratio(fit.variance + fit.speed_variance, n)), np.nan),
            "discrimination": np.where(known, discrimination, np.nan),
            "se_discrimination": np.where(known, discrimination * np.sqrt(ratio(0.5, n * _kept(fit))), np.nan),
            "median_seconds": np.where(known, np.exp(fit.intensity), np.nan),
            "n": n,
            "note": np.where(known, "", FEW_TIMES),
        }
    )


def _kept(fit: _Fit) -> Floats:
    """Share of an item's noise that is told apart from speed, which the same times must estimate."""
    precision = (1 / fit.variance).sum() + 1 / fit.speed_variance
    return np.clip((1 - 1 / (fit.variance * precision)) ** 2, 0.05, 1)


def _candidates(
    index: pd.Index,
    log: Floats,
    there: Bools,
    fit: _Fit,
    speed: tuple[Floats, Floats],
    quick: Bools,
    right: Floats | None,
    adjust: str,
    rate: float,
) -> pd.DataFrame:
    n = there.sum(axis=1)
    z, spread = _uneven(log, there, fit)
    p = np.where(np.isnan(z), 1.0, ndtr(-np.nan_to_num(z)))
    beyond = adjusted(p, int((~np.isnan(z)).sum()), adjust)
    flag = (beyond <= rate) & ~np.isnan(z)
    columns: dict[str, Any] = {
        "speed": np.where(n > 0, speed[0], np.nan), "std_error": np.sqrt(speed[1]), "n": n, "spread": spread, "z": z,
        "p": np.where(np.isnan(z), np.nan, p), "p_adjusted": np.where(np.isnan(z), np.nan, beyond),
        "fast": quick.sum(axis=1),
    }  # fmt: skip
    if right is not None:
        columns["fast_right"] = (quick & (np.nan_to_num(right) >= 1)).sum(axis=1)
    notes = np.where(np.isnan(z), FEW_TIMES, np.where(flag, UNEVEN, ""))
    return pd.DataFrame(columns | {"flag": flag, "note": notes}, index=index)


def _uneven(log: Floats, there: Bools, fit: _Fit) -> tuple[Floats, Floats]:
    """Spread about the own speed as a standard normal deviate of the bulk, and by its degrees of freedom."""
    weight = there / fit.variance
    mean = ratio((weight * (fit.intensity - log)).sum(axis=1), weight.sum(axis=1))
    squares = np.where(there, weight * (log - fit.intensity + np.nan_to_num(mean)[:, None]) ** 2, 0).sum(axis=1)
    df = np.maximum(there.sum(axis=1) - 1, 0)
    enough = df >= _LEAST - 1
    share = ratio(squares, df)
    scale = ratio(2 / 9, df)
    z = np.where(enough, (np.cbrt(np.maximum(share, 0)) - (1 - scale)) / np.sqrt(scale), np.nan)
    return _by_bulk(z, enough, df), np.where(df > 0, share, np.nan)


def _by_bulk(z: Floats, enough: Bools, df: Ints) -> Floats:
    """Centre and scale by the bulk; nothing becomes more striking than the model has it."""
    bulk = z[enough]
    if len(bulk) < 30:
        return z
    centre = float(np.median(bulk))
    used = [one for one in (0.75, 0.9, 0.95) if len(bulk) * (1 - one) >= 10] or [0.75]
    scale = max(float((np.quantile(bulk, one) - centre) / ndtri(one)) for one in used)
    return np.where(enough, (z - max(centre, 0.0)) / max(scale, 1.0), np.nan)


def _relation(speed: Floats, ability: Floats | None) -> float:
    if ability is None or len(speed) < 3 or np.std(speed) == 0 or np.std(ability) == 0:
        return float("nan")
    return float(np.corrcoef(speed, ability)[0, 1])
