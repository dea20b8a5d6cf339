"""Sympson and Hetter's exposure parameters: no item is given to more than a share of the candidates."""

from __future__ import annotations

import numpy as np

from svclib.stats.adaptive.plan import Plan
from svclib.stats.adaptive.simulation import read_abilities, run, simulated_answers
from svclib.stats.arrays import Floats


def sympson_hetter(plan: Plan, rate: float, candidates: int, rounds: int, seed: int) -> tuple[Floats, list[float]]:
    """Search the parameters, and give the highest exposure rate of each round.

    In each round all candidates take the test; an item that was the choice of a share P(S) > `rate` gets the parameter
    rate / P(S), others 1, and the `length` items with the greatest parameters 1, so that no test runs out of items
    (Sympson & Hetter, 1985). The parameters of the round with the lowest highest rate are kept.
    """
    theta, seeds = read_abilities(candidates, seed, 1, (plan.scorer.mean, plan.scorer.sd))
    exposure, history = np.ones(len(plan.pool)), []
    best, lowest = exposure, np.inf
    for _round in range(rounds):
        tried = plan.with_exposure(exposure)
        group = run(tried, seeds, simulated_answers(tried, theta, seeds), count=True)
        given = np.bincount(group.items[group.items >= 0], minlength=len(plan.pool)) / len(theta)
        history.append(float(given.max()))
        if given.max() < lowest:
            best, lowest = exposure, given.max()
        chosen = group.selected / len(theta)
        exposure = np.where(chosen > rate, rate / np.maximum(chosen, rate), 1.0)
        exposure[np.argsort(-exposure, kind="stable")[: plan.stop.length]] = 1.0
    return best, history
