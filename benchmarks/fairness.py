"""Fairness of items: 100,000 × 40 by every method; aims: Mantel-Haenszel in about 1 s, logistic in a few."""

from __future__ import annotations

import resource

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.peers import timed
from svclib import stats

SIZES = (2_000, 20_000, 100_000, 500_000)
ITEMS = 40
METHODS = ("mantel_haenszel", "standardization", "logistic", "breslow_day")


def exam(rows: int, *, seed: int = 20261125, share: float = 1.0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Draw scores, a group of two and a branch of forty; `share` of the items are presented."""
    random = np.random.default_rng(seed)
    group, branch = random.integers(0, 2, rows), random.integers(0, 40, rows)
    logit = random.normal(size=(rows, 1)) - 0.3 * group[:, None] - np.linspace(-2, 2, ITEMS)
    logit[:, 7] -= 0.7 * group
    score = (random.random(logit.shape) < expit(logit)).astype(float)
    if share < 1:
        score[random.random(score.shape) >= share] = np.nan
    return pd.DataFrame(score, columns=[f"q{one:02d}" for one in range(ITEMS)]), group, branch


def main(full: bool = True) -> dict[str, float]:
    """Time every method on the large exam, and Mantel-Haenszel on growing ones; say the largest memory so far."""
    scores, group, branch = exam(SIZES[2] if full else SIZES[1])
    size, figures = f"{len(scores):,} × {ITEMS}", {}
    for method in METHODS:
        seconds, found = timed(lambda one=method: stats.dif(scores, group, method=one, reference=0), repeats=3)
        figures[f"{method}, {size}, s"] = seconds
        if method != "breslow_day" and found.flagged["item"].tolist() != ["q07"]:
            raise AssertionError(f"{method}: {found.flagged['item'].tolist()} flagged")
    for method in ("mantel_haenszel", "logistic"):
        figures[f"{method}, 40 branches, s"] = timed(
            lambda one=method: stats.dif(scores, branch, method=one), repeats=1
        )[0]
    drawn, group, _branch = exam(len(scores), share=0.5)
    figures["mantel_haenszel, half of the items drawn, s"] = timed(lambda: stats.dif(drawn, group), repeats=1)[0]
    small, group, _branch = exam(2_000)
    for method in ("lord", "likelihood_ratio"):
        figures[f"{method}, 2,000 × {ITEMS}, s"] = timed(
            lambda one=method: stats.dif(small, group, method=one), repeats=1
        )[0]
    for rows in SIZES if full else SIZES[:2]:
        scores, group, _branch = exam(rows)
        figures[f"mantel_haenszel, {rows:,}, s"] = timed(lambda: stats.dif(scores, group), repeats=1)[0]  # noqa: B023
        figures[f"largest memory by {rows:,}, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


if __name__ == "__main__":
    for label, value in main().items():
        print(f"{label:50} {value:12,.2f}")
