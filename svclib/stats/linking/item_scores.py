"""Equating of sum scores by calibrated items: true scores and observed scores (Lord 1980; Lord & Wingersky 1984).

Each form is read at abilities of its own scale, which may move with the parameters where a link carries them there;
errors follow Ogasawara (2001, 2003) as one chain of derivatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Bools, Floats
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.sums import combine, sum_distribution
from svclib.stats.linking.parameters import Calibrated, by_parameters, chances, expected_curves
from svclib.stats.linking.percentiles import rank_steps, ranks, score_steps, scores_at

_FAR = 60.0
_HALVINGS = 80


@dataclass(frozen=True, eq=False)
class Form:
    """A calibrated form on the common scale θ: it is read at own abilities z = (θ − intercept) / slope.

    Attributes
    ----------
    calibrated : Calibrated
        On its own scale.
    first : int
        Place of its first free parameter among all.
    slope, intercept : float
        1 and 0 of a form that already is on the common scale.
    jacobian : array, shape (2, P)
        Derivatives of slope and intercept by all free parameters.
    """

    calibrated: Calibrated
    first: int
    slope: float
    intercept: float
    jacobian: Floats

    @property
    def items(self) -> ItemParameters:
        """Items on the form's own scale."""
        return self.calibrated.items

    @property
    def size(self) -> int:
        """All free parameters of both forms."""
        return self.jacobian.shape[1]

    def own(self, theta: Floats, steps: Floats | None = None) -> tuple[Floats, Floats]:
        """Give own abilities at `theta` and their derivatives, Q × P; `steps` are those of theta."""
        z = (theta - self.intercept) / self.slope
        moved = -(z[:, None] * self.jacobian[0] + self.jacobian[1]) / self.slope
        return z, moved if steps is None else moved + steps / self.slope

    def common(self, z: Floats) -> tuple[Floats, Floats]:
        """Give common abilities at own `z`, and their derivatives Q × P."""
        return self.slope * z + self.intercept, z[:, None] * self.jacobian[0] + self.jacobian[1]

    def true(self, z: Floats) -> tuple[Floats, Floats]:
        """Expected sum score at own abilities, and its slope."""
        value, slope, _curvature = expected_curves(self.items, z)
        return value.sum(axis=0), slope.sum(axis=0)

    def true_steps(self, z: Floats) -> Floats:
        """Differentiate the expected sum score by all parameters, abilities held: Q × P."""
        out = np.zeros((len(z), self.size))
        by = by_parameters(self.calibrated, lambda items: expected_curves(items, z)[0])
        out[:, self.first : self.first + len(self.calibrated)] = by.T
        return out

    def ends(self) -> tuple[float, float]:
        """Expected sum scores of the lowest and of the highest ability."""
        low, high = self.true(np.array([-_FAR * 20, _FAR * 20]))[0]
        return float(low), float(high)

    def distribution(self, z: Floats, weights: Floats, moved: Floats) -> tuple[Floats, Floats]:
        """Distribution of the sum score over own abilities, and its derivatives: scores × P."""
        shares = sum_distribution(self.items, z)
        p, slope, _curvature = chances(self.items, z)
        rest = _leave_one_out(p, self.items)
        out = np.zeros((len(shares), self.size))
        by = by_parameters(self.calibrated, lambda items: chances(items, z)[0])
        for row, item in enumerate(self.calibrated.place):
            out[:, self.first + row] = _shifted(rest[item], by[row], int(self.items.highest[item])) @ weights
        if np.abs(moved).max(initial=0) > 0:
            total = sum(_shifted(rest[j], slope[j], int(self.items.highest[j])) for j in range(len(self.items)))
            out = out + (total * weights) @ moved
        return shares @ weights, out


def _leave_one_out(p: Floats, items: ItemParameters) -> list[Floats]:
    """Give the distribution of the sum of all items but each one: lists of scores × Q."""
    highest = items.highest
    everyone = np.arange(len(highest))
    return [combine(p[everyone != j], highest[everyone != j]) for j in everyone]


def _shifted(rest: Floats, change: Floats, highest: int) -> Floats:
    """Spread a change of an item's chances (K × Q) over the sums: scores × Q."""
    out = np.zeros((len(rest) + highest, rest.shape[1]))
    for score in range(highest + 1):
        out[score : score + len(rest)] += rest * change[score]
    return out


def abilities_of(form: Form, scores: Floats) -> Floats:
    """Own abilities whose expected sum score is each of `scores`, by halving and Newton's steps."""
    low, high = np.full(len(scores), -_FAR), np.full(len(scores), _FAR)
    for _half in range(_HALVINGS):
        middle = (low + high) / 2
        under = form.true(middle)[0] < scores
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.asarray((low + high) / 2)


@dataclass(frozen=True, eq=False)
class ItemEquating:
    """Equated scores with their derivatives by all free parameters (NaN where the scale's end is met)."""

    equated: Floats
    steps: Floats
    below: Bools
    above: Bools
    slope: Floats


def true_scores(new: Form, old: Form) -> ItemEquating:
    """Equate true scores; below the sum of the guessing parameters on a line (Kolen & Brennan 2014, section 6.5)."""
    scores = np.arange(int(new.items.highest.sum()) + 1.0)
    (low, high), (low_old, high_old) = new.ends(), old.ends()
    top, top_old = scores[-1], float(old.items.highest.sum())
    below, above = scores <= low + 1e-9, scores >= high - 1e-9
    inner = ~(below | above)
    z = abilities_of(new, scores[inner])
    theta, moved = new.common(z)
    slope = new.true(z)[1]
    # the ability moves so that the expected score of the new form stays
    steps_z = -new.true_steps(z) / slope[:, None]
    own, own_moved = old.own(theta, moved + new.slope * steps_z)
    equated, steps = np.zeros(len(scores)), np.full((len(scores), new.size), np.nan)
    value, rise = old.true(own)
    equated[inner] = value
    steps[inner] = old.true_steps(own) + rise[:, None] * own_moved
    equated[below] = scores[below] * (low_old / low if low > 1e-9 else 0.0)
    share = (top_old - high_old) / (top - high) if top - high > 1e-9 else 0.0
    equated[above] = top_old - (top - scores[above]) * share
    slopes = np.full(len(scores), np.nan)
    slopes[inner] = slope
    return ItemEquating(equated, steps, below, above, slopes)


def observed_scores(new: Form, old: Form, z: Floats, weights: Floats, weight: float) -> ItemEquating:
    """Equate observed scores where the new group (standard on its own scale) has the share `weight`."""
    nothing = np.zeros((len(z), new.size))
    parts: dict[str, list[tuple[Floats, Floats]]] = {"new": [], "old": []}
    for group in (new, old):
        theta, moved = group.common(z)
        for name, form in (("new", new), ("old", old)):
            at, steps = (z, nothing) if form is group else form.own(theta, moved)
            parts[name].append(form.distribution(at, weights, steps))
    mix = np.array([weight, 1 - weight])
    (p, by_new), (q, by_old) = (
        tuple(mix[0] * one + mix[1] * two for one, two in zip(*parts[name], strict=True)) for name in ("new", "old")
    )
    p, q = p / p.sum(), q / q.sum()
    rank = ranks(p)
    by_rank, by_shares = score_steps(rank, q)
    steps = by_rank[:, None] * (rank_steps(len(p)) @ by_new) + by_shares @ by_old
    none = np.zeros(len(p), bool)
    return ItemEquating(scores_at(rank, q), steps, none, none, np.full(len(p), np.nan))
