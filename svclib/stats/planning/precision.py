"""How wide the interval will be, and how many answers make it narrow enough."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import bdtr, gammaln, stdtrit

from svclib.stats.arrays import Floats
from svclib.stats.intervals import share_difference, wilson
from svclib.stats.planning.plans import (
    MOST,
    Answers,
    Number,
    checked,
    effective,
    expected_answers,
    smallest_number,
    together,
)

_EXACT = 2000
"""Up to so many answers the width of a share is averaged over all counts that may come."""
_TAIL = 12.0
"""Standard deviations of the count that are looked at around its mean."""


def expected_width(
    kind: str,
    n: Number,
    *,
    sd: float | None = None,
    share: float = 0.5,
    promoters: float = 0.5,
    detractors: float = 0.2,
    population: Number = None,
    deff: Number = 1.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Tell how wide the interval of an estimate from `n` answers will be.

    Of a mean the t interval, averaged over the standard deviations that may come; of a share Wilson's, averaged over
    the counts that may come; of the net promoter score the score interval at the expected shares: the intervals that
    `stats.mean`, `stats.csat` and `stats.nps` give.

    Parameters
    ----------
    kind : {"mean", "proportion", "nps"}
    n : int or list of int
        Answers.
    sd : float
        Standard deviation of one answer (``mean``).
    share : float
        Expected share (``proportion``); 0.5 is the worst case.
    promoters, detractors : float
        Expected shares (``nps``).
    population : int or list of int, optional
        Customers there are; without it very many.
    deff : float or list of float
        Design effect, see `stats.design_effect`.
    level : float

    Returns
    -------
    DataFrame
        A row a plan: ``kind, n, margin`` (half the expected width; NPS in points), ``low, high`` (the interval about
        the expected value; of a mean about 0), ``effective_n, deff, population, level``.

    Raises
    ------
    InvalidInput
        Naming the option that cannot be.

    Examples
    --------
    >>> expected_width("proportion", [11, 100, 400], share=0.85)["margin"].round(3).tolist()
    [0.194, 0.069, 0.035]
    """
    answers = expected_answers(kind, sd=sd, share=share, promoters=promoters, detractors=detractors)
    plan = together(
        n=checked("n", n, 2, MOST),
        deff=checked("deff", deff, 0, np.inf, low_open=True, high_open=True),
        population=checked("population", np.inf if population is None else population, 2, np.inf),
    )
    checked("level", level, 0, 1, low_open=True, high_open=True)
    size = effective(np.minimum(plan["n"], plan["population"]), plan["deff"], plan["population"])
    margin = np.array([half_width(answers, n, worth, level) for n, worth in zip(plan["n"], size, strict=True)])
    low, high = _around(answers, size, margin / answers.unit, level)
    told = {"kind": kind, "n": plan["n"].astype(np.int64), "margin": margin, "low": low, "high": high}
    frame = pd.DataFrame({**told, "effective_n": size, "deff": plan["deff"], "population": plan["population"]})
    return frame.assign(level=level)


def half_width(answers: Answers, n: float, worth: float, level: float) -> float:
    """Half the expected width from `n` answers that tell as much as `worth` of a simple random sample."""
    if np.isinf(worth):
        return 0.0
    if answers.kind == "mean":
        freedom = max(n - 1, 1.0)
        return float(stdtrit(freedom, (1 + level) / 2) * answers.sd * _c4(freedom) / np.sqrt(worth))
    if answers.kind == "nps":
        up, down, size = (np.array([one]) for one in (answers.share, answers.second, worth))
        low, high = share_difference(up, down, size, level)
        return float(100 * (high[0] - low[0]) / 2)
    if worth > _EXACT:
        return float(_wilson_half(np.array([answers.share]), worth, level)[0])
    return _mean_wilson(answers.share, worth, level)


def _c4(freedom: float) -> float:
    """Mean of the standard deviation of normal answers over the true one."""
    return float(np.exp(gammaln((freedom + 1) / 2) - gammaln(freedom / 2)) * np.sqrt(2 / freedom))


def _wilson_half(share: Floats, n: float, level: float) -> Floats:
    low, high = wilson(share, np.full(len(share), n), level)
    return np.asarray((high - low) / 2)


def _mean_wilson(share: float, worth: float, level: float) -> float:
    n = max(round(worth), 1)
    spread = np.sqrt(n * share * (1 - share))
    first = int(max(np.floor(n * share - _TAIL * spread - 1), 0))
    last = int(min(np.ceil(n * share + _TAIL * spread + 1), n))
    count = np.arange(first, last + 1)
    upto = bdtr(count, n, share)
    chance = np.diff(upto, prepend=bdtr(first - 1, n, share) if first else 0.0)
    return float(chance @ _wilson_half(count / n, worth, level) / chance.sum())


def _around(answers: Answers, worth: Floats, margin: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval about the expected value, in the unit of the result."""
    if answers.kind == "mean":
        return -margin, margin
    finite = np.where(np.isinf(worth), 1e12, worth)
    if answers.kind == "proportion":
        return wilson(np.full(len(worth), answers.share), finite, level)
    low, high = share_difference(np.full(len(worth), answers.share), np.full(len(worth), answers.second), finite, level)
    return 100 * low, 100 * high


def for_margin(answers: Answers, margin: float, level: float) -> float:
    """Smallest number of answers of a simple random sample whose half width is `margin`, as a real number."""
    return smallest_number(lambda n: half_width(answers, n, n, level) <= margin, step=1e-3)
