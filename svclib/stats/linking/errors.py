"""Standard errors of equated scores: the delta method over the counts, and resampling."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.linking.methods import PERCENTILE, Plan
from svclib.stats.linking.percentiles import score_steps, scores_at
from svclib.stats.linking.samples import Sample
from svclib.stats.linking.smoothing import Smoothed, fit_shares, raw_spread, spread
from svclib.stats.marks import _

_CELLS = 4_000_000
"""Cells of replicates held at once."""


def delta_errors(plan: Plan, smoothed: list[Smoothed | None], shares: list[Floats]) -> Floats:
    """Standard error of each equated score; 0 where it cannot move, NaN at the ends that percentiles do not reach."""
    total = np.zeros(len(plan.new.scale))
    steps = plan.steps(shares[0], shares[1])
    for by, made, part, sample in zip(steps, smoothed, shares, (plan.new, plan.old), strict=True):
        total += raw_spread(part, sample.n, by) if made is None else spread(made, by)
    return np.sqrt(np.maximum(total, 0))


def limits(plan: Plan, shares: list[Floats], error: Floats, level: float) -> tuple[Floats, Floats]:
    """Interval of each equated score.

    Lines have the normal one. Percentiles have that of the rank, looked up in the old form's distribution like the
    rank itself (Woodruff 1952): the share of candidates at a single score, on which the error rests, varies too much.
    """
    equated = plan.convert(shares[0], shares[1])
    z = ndtri((1 + level) / 2)
    if plan.method not in PERCENTILE:
        return equated - z * error, equated + z * error
    rank, old = plan.last_step(shares[0], shares[1])
    by_rank = score_steps(rank, old)[0] * plan.old.scale.step
    wide = z * error / by_rank
    known = np.isfinite(wide)
    ends = []
    for sign, keep in ((-1.0, np.minimum), (1.0, np.maximum)):
        there = scores_at(np.clip(np.where(known, rank + sign * wide, rank), 0, 1), old)
        found = plan.old.scale.lowest + plan.old.scale.step * there
        ends.append(np.where(known, keep(found, equated), np.nan))
    return ends[0], ends[1]


def resampled_errors(plan: Plan, smoothed: list[Smoothed | None], replications: int, seed: int | None) -> Floats:
    """Standard deviation over bootstrap samples of both groups; smoothing is repeated with the same degrees.

    Raises
    ------
    InvalidInput
        Without a seed, or with fewer than 2 replications.
    """
    if seed is None:
        raise InvalidInput(_("seed is missing: resampling needs seed= so that it can be repeated."))
    if replications < 2:
        raise InvalidInput(_("replications is {n}; give at least 2, better 500."), n=replications)
    rng = np.random.default_rng(seed)
    cells = max(plan.new.counts.size, plan.old.counts.size, len(plan.new.scale) * len(plan.old.scale))
    block = max(1, _CELLS // cells)
    parts = []
    for first in range(0, replications, block):
        size = min(block, replications - first)
        drawn = [_draw(rng, sample, made, size) for sample, made in zip((plan.new, plan.old), smoothed, strict=True)]
        parts.append(plan.convert(drawn[0], drawn[1]))
    values = np.concatenate(parts)
    finite = np.isfinite(values)
    count = finite.sum(axis=0)
    mean = np.where(finite, values, 0).sum(axis=0) / np.maximum(count, 1)
    square = np.where(finite, (values - mean) ** 2, 0).sum(axis=0)
    return np.where(count > 1, np.sqrt(square / np.maximum(count - 1, 1)), np.nan)


def _draw(rng: np.random.Generator, sample: Sample, made: Smoothed | None, size: int) -> Floats:
    drawn = rng.multinomial(sample.n, sample.shares.ravel(), size).astype(float) / sample.n
    if made is not None:
        drawn = fit_shares(drawn, made.basis, made.coefficients)[0]
    return drawn.reshape(size, *sample.counts.shape)
