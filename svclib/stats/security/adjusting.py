"""P values adjusted for all comparisons made, of which only the smallest are at hand."""

from __future__ import annotations

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _

ADJUSTMENTS = ("holm", "bh", "bonferroni", "none")


def adjusted(p: Floats, looked: int, adjust: str) -> Floats:
    """Adjust the smallest p values of `looked` comparisons.

    Parameters
    ----------
    p : array, shape (n,)
        n ≤ `looked`; the others are larger.
    looked : int
    adjust : {"holm", "bh", "bonferroni", "none"}

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.02]), 3, "holm").round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    check_adjust(adjust)
    if adjust == "none" or not len(p):
        return p.copy()
    if adjust == "bonferroni":
        return np.minimum(p * looked, 1.0)
    order = np.argsort(p, kind="stable")
    rank, out = np.arange(len(p)), np.empty(len(p))
    if adjust == "holm":
        out[order] = np.maximum.accumulate(p[order] * (looked - rank))
    else:
        out[order] = np.minimum.accumulate((p[order] * looked / (rank + 1))[::-1])[::-1]
    return np.minimum(out, 1.0)


def check_rate(rate: float) -> float:
    """Return `rate` if it can be a rate of false alarms."""
    if not 0 < rate < 1:
        raise InvalidInput(_("rate is {rate}; give a chance between 0 and 1, such as 0.05."), rate=rate)
    return rate


def check_adjust(adjust: str) -> str:
    """Return `adjust` if it is a known way."""
    if adjust not in ADJUSTMENTS:
        raise InvalidInput(_('adjust is "{adjust}"; give one of {known}.'), adjust=adjust, known=", ".join(ADJUSTMENTS))
    return adjust
