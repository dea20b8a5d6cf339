"""Agreement that is usual here: the tails of honest pairs are read off the exam itself.

No model of the answers is exact. Candidates of one branch were taught alike, and abilities have more than one side:
agreement then runs above its expectation, or spreads wider, with nobody copying. Where a tail belongs to a chance of
10⁻⁸, a little of that is much. The bulk of the exam's own pairs tells how much (an empirical null; Efron 2004): their
normal scores are centred and scaled, separately for pairs of one group and of different groups, and a group's own
level is allowed for as far as groups differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from svclib.stats.arrays import Floats, Ints
from svclib.stats.security.matching import Tested

_QUANTILES = (0.9, 0.95, 0.99)
_BEHIND = 30
"""Pairs that must lie beyond a quantile for it to count."""
_FEWEST = 100
"""With fewer pairs nothing can be read off; the tails stay as they are."""
_TINY = 1e-300
_STRIKING = 3.0
"""A group whose level of agreement is so many standard deviations above the other groups' is named."""


@dataclass(frozen=True, eq=False)
class Usual:
    """Centre and scale of the normal scores of pairs.

    Attributes
    ----------
    apart : (centre, scale)
        Of pairs of different groups; of all pairs where there are no groups.
    together : (centre, scale)
        Of pairs of one group, the centre being the mean of the groups'.
    centres : array, shape (groups,)
        Of pairs of each group, drawn towards the mean of all.
    pairs : array of int, shape (groups,)
    """

    apart: tuple[float, float]
    together: tuple[float, float]
    centres: Floats
    pairs: Ints

    def adjusted(self, p: Floats, first: Ints, second: Ints, group: Ints | None) -> Floats:
        """Give the tails on the scale of the usual pairs; none becomes smaller."""
        centre, scale = np.full(len(p), self.apart[0]), np.full(len(p), self.apart[1])
        if group is not None and len(self.centres):
            same = (group[first] == group[second]) & (group[first] >= 0)
            centre = np.where(same, self.centres[np.maximum(group[first], 0)], centre)
            scale = np.where(same, self.together[1], scale)
        score = -ndtri(np.clip(p, _TINY, 1))
        moved = np.asarray(ndtr(-(score - np.maximum(centre, 0)) / scale))
        return np.where(p >= 1, 1.0, np.maximum(moved, p))


def no_calibration() -> Usual:
    """Leave the tails as the model gives them."""
    return Usual((0.0, 1.0), (0.0, 1.0), np.zeros(0), np.zeros(0, dtype=np.int64))


def usual(apart: Tested, together: Tested | None, group: Ints | None, random: np.random.Generator) -> Usual:
    """Read centre and scale off samples of pairs of different groups and of one group."""
    plain = _centre_scale(_scores(apart, random))
    if together is None or group is None:
        return Usual(plain, plain, np.zeros(0), np.zeros(0, dtype=np.int64))
    score, number = _scores(together, random), int(group.max()) + 1
    own = group[together.first]
    centres, pairs = _levels(score, own, number)
    middle = _centre_scale(score - centres[own])[1] if len(score) else 1.0
    mean = float(np.average(centres, weights=np.maximum(pairs, 1))) if number else 0.0
    return Usual(plain, (mean, max(middle, 1.0)), centres, pairs)


def _scores(tested: Tested, random: np.random.Generator) -> Floats:
    """Randomised normal scores: standard normal if the model were exact."""
    p = tested.p - random.random(len(tested.p)) * tested.exactly
    return np.asarray(-ndtri(np.clip(p, _TINY, 1 - 1e-16)))


def _centre_scale(score: Floats) -> tuple[float, float]:
    if len(score) < _FEWEST:
        return 0.0, 1.0
    centre = float(np.median(score))
    used = [one for one in _QUANTILES if len(score) * (1 - one) >= _BEHIND] or [0.75]
    scale = max(float((np.quantile(score, one) - centre) / ndtri(one)) for one in used)
    return max(centre, 0.0), max(scale, 1.0)


def _levels(score: Floats, own: Ints, number: int) -> tuple[Floats, Ints]:
    """Median score of each group, drawn towards the mean by its noise; pairs of one candidate hang together."""
    pairs = np.bincount(own, minlength=number)
    medians = np.array([np.median(score[own == one]) if pairs[one] else np.nan for one in range(number)])
    known = ~np.isnan(medians)
    if not known.any():
        return np.zeros(number), pairs
    mean = float(np.average(medians[known], weights=pairs[known]))
    spread = float(np.std(score)) if len(score) > 1 else 1.0
    noise = np.where(known, 1.57 * spread**2 / np.maximum(pairs, 1), 1.0)
    between = max(float(np.var(medians[known]) - noise[known].mean()), 0.0) if known.sum() > 1 else 0.0
    weight = between / (between + noise) if between > 0 else np.zeros(number)
    return mean + np.where(known, weight * (np.where(known, medians, mean) - mean), 0.0), pairs


def contexts(found: Usual, names: pd.Index | None, method: str) -> pd.DataFrame:
    """Tabulate centre and scale: ``method, group, pairs, centre, scale, striking``."""
    rows = [{"method": method, "group": "", "pairs": 0, "centre": found.apart[0], "scale": found.apart[1]}]
    striking = [False]
    if names is not None:
        median = float(np.median(found.centres)) if len(found.centres) else 0.0
        spread = max(1.4826 * float(np.median(np.abs(found.centres - median))), 0.1) if len(found.centres) else 1.0
        for name, centre, pairs in zip(names, found.centres, found.pairs, strict=True):
            rows.append(
                {"method": method, "group": name, "pairs": int(pairs), "centre": centre, "scale": found.together[1]}
            )
            striking.append(bool(centre - median > _STRIKING * spread and centre > 0.25))
    return pd.DataFrame(rows).assign(striking=striking)
