"""Trimming weights, and what weights cost in precision (Kish 1965; Potter 1990)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.design.sampling import Adjustment, Sampling
from svclib.stats.marks import _

_ROUNDS = 1000


@dataclass(frozen=True)
class Trimmed:
    """Weights cut off at bounds.

    Attributes
    ----------
    weights : (rows,) float
    factors : (rows,) float
        What they are of the weights before; replicates take the same, so that who is drawn twice counts twice.
    cut : (rows,) bool
        Rows that were ever outside the bounds.
    """

    weights: Floats
    factors: Floats
    cut: Bools

    def reweigh(self, weights: Floats) -> Floats:
        """Give the trimmed weights, of replicates the weights times the factors."""
        return self.weights if weights.ndim == 1 else weights * self.factors[:, None]

    def steps(self, old: Floats, new: Floats) -> tuple[list[Adjustment], int]:
        """Leave the residuals as they are: what earlier margins take out stays out, as in R's trimWeights."""
        return [], 1


def trimmed(weights: Floats, lower: Any, upper: Any, *, strict: bool) -> Trimmed:
    """Cut weights off at bounds and share what is cut among the others, all the same amount.

    Raises
    ------
    InvalidInput
        If the bounds are none, or leave no room for what is cut off.
    """
    low, high = _bounds(lower, upper)
    new, cut, mean = weights, np.zeros(len(weights), dtype=np.bool_), float(weights.mean())
    for _round in range(_ROUNDS if strict else 1):
        outside = (new < low) | (new > high)
        if not outside.any():
            break
        new, cut = _shared(new, outside, low, high), cut | outside
    if not low <= mean <= high or (new <= 0).any():
        raise InvalidInput(
            _(
                "Weights of mean {mean:.6g} cannot be trimmed to {lower:g} up to {upper:g}: there is no room for what "
                "is cut off; give wider bounds around the mean."
            ),
            mean=mean,
            lower=low,
            upper=high,
        )
    return Trimmed(np.clip(new, low, high) if strict else new, new / weights, cut)


def _shared(weights: Floats, outside: Bools, low: float, high: float) -> Floats:
    bounded = np.clip(weights, low, high)
    takes = np.ones_like(outside) if outside.all() else ~outside
    return np.asarray(bounded + takes * float((weights - bounded).sum()) / takes.sum(), dtype=np.float64)


def _bounds(lower: Any, upper: Any) -> tuple[float, float]:
    ends = [default if one is None else one for one, default in ((lower, -np.inf), (upper, np.inf))]
    low, high = (float(one) if isinstance(one, int | float | np.number) else np.nan for one in ends)
    if not low < high or high <= 0 or (low == -np.inf and high == np.inf):
        raise InvalidInput(
            _("Trimming to {lower} up to {upper} is not possible; give upper=, lower= or both, the lower one smaller."),
            lower=str(lower),
            upper=str(upper),
        )
    return low, high


def weight_summary(sampling: Sampling) -> pd.DataFrame:
    """Describe the weights as given and as they are now: see `Design.weight_summary`."""
    rows = [("given", sampling.given, 0)]
    if sampling.reweighted:
        rows.append(("final", sampling.weights, int(_trimmed(sampling).sum())))
    return pd.DataFrame([described(name, weights[sampling.inside], count) for name, weights, count in rows])


def described(name: str, weights: Floats, trimmed: int) -> dict[str, Any]:
    """Describe weights in numbers."""
    n, total, squares = len(weights), float(weights.sum()), float((weights**2).sum())
    deff = float(ratio(n * squares, total**2))
    return {
        "weights": name,
        "n": n,
        "sum": total,
        "min": float(weights.min(initial=np.inf)) if n else np.nan,
        "max": float(weights.max(initial=-np.inf)) if n else np.nan,
        "cv": float(np.sqrt(max(deff - 1, 0.0))) if n else np.nan,
        "deff": deff,
        "effective_n": float(ratio(total**2, squares)),
        "trimmed": trimmed,
    }


def _trimmed(sampling: Sampling) -> Bools:
    """Which rows of the subpopulation a trimming cut off."""
    cuts = [change.cut for change in sampling.reweighted if isinstance(change, Trimmed)]
    return np.logical_or.reduce([np.zeros(len(sampling.given), dtype=np.bool_), *cuts]) & sampling.inside
