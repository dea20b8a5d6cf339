"""P values of several tests at once."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _

Adjustment = Literal["holm", "bh", "bonferroni", "none"]


def adjusted(p_values: Floats, method: Adjustment) -> Floats:
    """Adjust p values for their number; missing ones stay missing and do not count.

    ``holm`` (1979) and ``bonferroni`` hold the chance of any false alarm, ``bh`` (Benjamini and Hochberg 1995) the
    expected share of false alarms among the alarms.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03]), "holm").tolist()
    [0.03, 0.06, 0.06]
    """
    check_adjustment(method)
    p = np.asarray(p_values, dtype=float)
    out = np.full(p.shape, np.nan)
    told = np.flatnonzero(~np.isnan(p))
    order = told[np.argsort(p[told], kind="stable")]
    out[order] = np.minimum(_stepwise(p[order], method), 1)
    return out


def _stepwise(ordered: Floats, method: Adjustment) -> Floats:
    m = len(ordered)
    rank = np.arange(1, m + 1)
    if method == "holm":
        return np.maximum.accumulate(ordered * (m - rank + 1))
    if method == "bh":
        return np.minimum.accumulate((ordered * m / rank)[::-1])[::-1]
    return ordered * m if method == "bonferroni" else ordered


def check_adjustment(method: str) -> None:
    """Raise `InvalidInput` unless `method` is one of `Adjustment`."""
    if method not in get_args(Adjustment):
        raise InvalidInput(
            _('adjust is "{method}"; give one of {known}.'), method=method, known=", ".join(get_args(Adjustment))
        )
