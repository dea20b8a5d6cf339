"""Accuracy and consistency of decisions, from the chance of passing at each true score.

Shapes: m marks in rising order, R samples at once, Q true scores with weights.
"""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats, ratio

TERMS = ("accuracy", "consistency", "kappa", "false_pass", "false_fail", "pass_rate", "true_pass_rate")
"""What is told of each mark: shares of all candidates (``kappa`` aside)."""
TOGETHER = ("accuracy", "consistency", "kappa")
"""What is told of several marks together."""


def at_each_mark(weight: Floats, truth: Floats, passing: Floats) -> dict[str, Floats]:
    """Tell `TERMS` of each mark, shape (m, R).

    Parameters
    ----------
    weight : (R, Q)
        Sums to 1 in each sample.
    truth : (Q,) or (R, Q)
        How many marks the true score reaches.
    passing : (m, R, Q)
        Chance that the observed score reaches each mark.
    """
    above = np.asarray(truth) > np.arange(len(passing))[:, None, None]
    passed = _mean(weight, passing)
    true_pass = _mean(weight, np.broadcast_to(above, passing.shape).astype(float))
    false_pass = _mean(weight, np.where(above, 0, passing))
    false_fail = _mean(weight, np.where(above, 1 - passing, 0))
    consistency = _mean(weight, passing**2 + (1 - passing) ** 2)
    columns = (
        1 - false_pass - false_fail,
        consistency,
        _kappa(consistency, passed**2 + (1 - passed) ** 2),
        false_pass,
        false_fail,
        passed,
        true_pass,
    )
    return dict(zip(TERMS, columns, strict=True))


def together(weight: Floats, truth: Floats, passing: Floats) -> dict[str, Floats]:
    """Tell `TOGETHER` of the classes that all marks make, shape (R,); arguments as of `at_each_mark`."""
    ones, zeros = np.ones_like(passing[:1]), np.zeros_like(passing[:1])
    classes = np.concatenate([ones, passing]) - np.concatenate([passing, zeros])
    own = np.take_along_axis(classes, np.broadcast_to(truth, passing.shape[1:])[None].astype(int), axis=0)[0]
    consistency = _mean(weight, (classes**2).sum(axis=0))
    chance = (_mean(weight, classes) ** 2).sum(axis=0)
    return dict(zip(TOGETHER, (_mean(weight, own), consistency, _kappa(consistency, chance)), strict=True))


def _mean(weight: Floats, values: Floats) -> Floats:
    return np.asarray((weight * values).sum(axis=-1))


def _kappa(consistency: Floats, chance: Floats) -> Floats:
    return ratio(consistency - chance, np.where(chance < 1 - 1e-12, 1 - chance, 0))
