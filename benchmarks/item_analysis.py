"""Item analysis with distractors of 427 × 26 and 500,000 × 60; aims: below 0.1 and 3 seconds.

The peer is what one would write with pandas, item by item and option by option, and R's psych for the items of the
small exam; on the large one pandas is timed on a tenth of the candidates.
"""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib import stats


def answers(rows: int, items: int, seed: int = 20261126) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, str]]:
    """Draw scores, the options behind them (a is right), and the key."""
    random = np.random.default_rng(seed)
    gap = random.normal(size=(rows, 1)).astype(np.float32) - random.normal(size=items).astype(np.float32)
    right = random.random((rows, items), dtype=np.float32) < 1 / (1 + np.exp(-gap))
    picked = np.where(right, 0, random.integers(1, 4, (rows, items)))
    names = [f"q{place:02}" for place in range(items)]
    choices = pd.DataFrame({n: pd.Categorical.from_codes(picked[:, i], list("abcd")) for i, n in enumerate(names)})
    return pd.DataFrame(right.astype(float), columns=names), choices, dict.fromkeys(names, "a")


def by_hand(scores: pd.DataFrame, choices: pd.DataFrame) -> pd.Series:
    """Compute difficulty, item-rest, alpha without the item and the options' correlations as one would by hand."""
    total, rests = scores.sum(axis=1), {}
    for name in scores:
        rest = total - scores[name]
        rests[name] = scores[name].corr(rest)
        others = scores.drop(columns=name)
        others.shape[1] / (others.shape[1] - 1) * (1 - others.var().sum() / others.sum(axis=1).var())
        band = pd.qcut(total.rank(method="first"), 3, labels=False)
        pd.crosstab(choices[name], band, normalize="columns")
        for option in choices[name].cat.categories:
            (choices[name] == option).astype(float).corr(rest)
    return pd.Series(rests)


def both(scores: pd.DataFrame, choices: pd.DataFrame, key: dict[str, str]) -> pd.DataFrame:
    """Make the item table and the table of options."""
    found = stats.item_analysis(scores)
    stats.distractors(choices, key, scores=scores)
    return found


def agree(peer: str, theirs: float, mine: float) -> None:
    """Refuse to compare the speed of unequal results."""
    if abs(theirs - mine) > 1e-9:
        raise AssertionError(f"{peer}: {mine} is not {theirs}")


def small() -> dict[str, float]:
    """The exam that Moodle's plugin takes minutes for."""
    scores, choices, key = answers(427, 26)
    seconds, found = timed(lambda: both(scores, choices, key), repeats=7)
    theirs, rest = timed(lambda: by_hand(scores, choices), repeats=3)
    agree("pandas", rest.iloc[0], found["item_rest"][0])
    figures = {"427 × 26, s": seconds, "427 × 26 pandas, s": theirs, "times as fast as pandas": theirs / seconds}
    if has_r("psych"):
        call, told = "alpha(data, warnings = FALSE, check.keys = FALSE)", "c(result$item.stats$r.drop)"
        r_seconds, values = in_r(scores, call, packages=("psych",), result=told, repeats=3)
        agree("psych", values[0], found["item_rest"][0])
        figures["427 × 26 psych (no options), s"] = r_seconds
    return figures


def large(rows: int) -> dict[str, float]:
    """The largest exam."""
    scores, choices, key = answers(rows, 60)
    seconds, _found = timed(lambda: both(scores, choices, key), repeats=3)
    tracemalloc.start()
    both(scores, choices, key)
    grown = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    tenth = rows // 10
    theirs, _rest = timed(lambda: by_hand(scores.head(tenth), choices.head(tenth)), repeats=1)
    return {
        f"{rows:,} × 60, s": seconds,
        "memory beyond the frames, MB": grown / 2**20,
        f"{tenth:,} × 60 pandas, s": theirs,
    }


def main(full: bool = True) -> dict[str, float]:
    """Figures of both exams (a tenth of the large one when quick)."""
    return small() | large(500_000 if full else 50_000)


if __name__ == "__main__":
    for label, value in main().items():
        print(f"{label:32} {value:12,.3f}")
