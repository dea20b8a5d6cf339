"""Exam security: how often honest exams give any sign to look at (nominal 0.05 an exam), and what copying is found."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib import stats

RATE = 0.05
OPTIONS = list("abcd")


def exam(rng: np.random.Generator, n: int, items: int, *, taught_alike: bool = False) -> tuple[pd.DataFrame, pd.Series]:
    """Draw honest candidates of ten branches; `taught_alike` branches share what they know and what they confuse."""
    branch = rng.integers(0, 10, n)
    ability, hard = rng.normal(size=(n, 1)), rng.normal(0, 1, items)
    known = rng.normal(0, 0.7, (10, items))[branch] if taught_alike else 0.0
    right = rng.random((n, items)) < 1 / (1 + np.exp(-1.2 * (ability - hard + known)))
    popular = rng.dirichlet([3.0, 1.5, 1.0], items)
    wrong = 1 + (rng.random((n, items, 1)) > popular.cumsum(axis=1)[None, :, :2]).sum(axis=2)
    chosen = np.array(OPTIONS)[np.where(right, 0, wrong)]
    index = [f"c{number:04d}" for number in range(n)]
    return pd.DataFrame(chosen, index=index).add_prefix("q"), pd.Series(branch, index=index)


def _alarm(choices: pd.DataFrame, branch: pd.Series, method: str) -> bool:
    key = dict.fromkeys(choices.columns, "a")
    if method == "item_compromise":
        return bool(stats.item_compromise((choices == "a").astype(float), rate=RATE).items["flag"].any())
    found = stats.answer_similarity(choices, key, method=method, context=branch, rate=RATE)
    return bool(found.frame["flag"].any())


def _planted(rng: np.random.Generator, n: int, items: int, share: float) -> bool:
    """Whether a pair is found of whom one took over `share` of the other's answers."""
    choices, branch = exam(rng, n, items)
    taken = rng.random(items) < share
    choices.iloc[1, taken] = choices.iloc[0, taken]
    found = stats.answer_similarity(choices, dict.fromkeys(choices.columns, "a"), context=branch, rate=RATE).frame
    pairs = found.loc[found["flag"], ["first", "second"]].apply(set, axis=1)
    return any(pair == {"c0000", "c0001"} for pair in pairs)


def main(full: bool = False) -> dict[str, float]:
    """Simulate; 200 exams a case where `full`, else 20."""
    runs, found = 200 if full else 20, {}
    for n, items, alike in ((100, 40, False), (300, 40, False), (300, 40, True), (300, 20, False)):
        name = f"{n} × {items}{', taught alike' if alike else ''}"
        for method in ("omega", "gbt", "item_compromise"):
            rng = np.random.default_rng([n, items, alike])
            hits = [_alarm(*exam(rng, n, items, taught_alike=alike), method) for _run in range(runs)]
            found[f"{method}, {name}: any sign"] = float(np.mean(hits))
    for share in (0.5, 0.7, 0.9):
        rng = np.random.default_rng(1)
        hits = [_planted(rng, 300, 40, share) for _run in range(runs)]
        found[f"omega, 300 × 40: {share:.0%} copied found"] = float(np.mean(hits))
    return found
