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
    """Cut weights off at bounds and share what is cut among the others, all the same amount.

    Attributes
    ----------
    lower, upper : float
    strict : bool
        Again and again until no weight lies outside.
    """

    lower: float
    upper: float
    strict: bool

    def reweigh(self, weights: Floats) -> Floats:
        """Give trimmed weights of the same sum; replicates keep who has no weight in them."""
        if weights.ndim > 1:
            return np.column_stack([self.reweigh_one(one)[0] for one in weights.T])
        return self.reweigh_one(weights)[0]

    def reweigh_one(self, weights: Floats) -> tuple[Floats, Bools]:
        """Give the trimmed weights, and which rows were ever outside the bounds."""
        there = weights > 0
        new, touched = weights[there], np.zeros(int(there.sum()), dtype=np.bool_)
        for _round in range(_ROUNDS if self.strict else 1):
            outside = (new < self.lower) | (new > self.upper)
            if not outside.any():
                break
            self._check(new, outside)
            cut = np.clip(new, self.lower, self.upper)
            new = np.where(outside, cut, new + (new - cut).sum() / (~outside).sum())
            touched |= outside
        out, rows = np.zeros(len(weights)), np.zeros(len(weights), dtype=np.bool_)
        out[there], rows[there] = new, touched
        return out, rows

    def _check(self, weights: Floats, outside: Bools) -> None:
        mean = float(weights.mean())
        room = self.lower < mean < self.upper
        cut = np.clip(weights, self.lower, self.upper)
        share = (weights - cut).sum() / max((~outside).sum(), 1)
        if not room or outside.all() or (weights[~outside] + share <= 0).any():
            raise InvalidInput(
                _(
                    "Weights of mean {mean:.6g} cannot be trimmed to {lower:g} up to {upper:g}: there is no room for "
                    "what is cut off; give wider bounds around the mean."
                ),
                mean=mean,
                lower=self.lower,
                upper=self.upper,
            )

    def steps(self, old: Floats, new: Floats) -> tuple[list[Adjustment], int]:
        """Leave the residuals as they are: what earlier margins take out stays out, as in R's trimWeights."""
        return [], 1


def read_bounds(lower: Any, upper: Any, strict: bool) -> Trimmed:
    """Check the bounds of trimming."""
    low, high = (np.nan if one is not None and not isinstance(one, int | float | np.number) else one
                 for one in (lower, upper))  # fmt: skip
    low, high = -np.inf if low is None else float(low), np.inf if high is None else float(high)
    if not low < high or high <= 0 or (low == -np.inf and high == np.inf):
        raise InvalidInput(
            _("Trimming to {lower} up to {upper} is not possible; give upper=, lower= or both, the lower one smaller."),
            lower=str(lower),
            upper=str(upper),
        )
    return Trimmed(low, high, strict)


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
    """Which rows a trimming cut off."""
    weights, cut = sampling.given, np.zeros(len(sampling.given), dtype=np.bool_)
    for change in sampling.reweighted:
        if isinstance(change, Trimmed):
            weights, rows = change.reweigh_one(weights)
            cut |= rows
        else:
            weights = change.reweigh(weights)
    return cut & sampling.inside
