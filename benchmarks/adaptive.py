"""Adaptive tests of 30 items, bank of 500, beside R's catR at equal settings; aim: 20 times as fast.

catR is not in Debian; R finds it in the library that ``R_LIBS`` names. It is timed on few candidates and scaled,
because each costs it the same. Both answer the same scores, so the paths can be compared.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib import stats

ITEMS, LENGTH = 500, 30
CALL = """lapply(1:nrow(answers), function(i) randomCAT(0, bank, responses = answers[i, ],
  start = list(theta = 0, nrItems = 1, startSelect = "MFI"), test = list(method = "EAP", itemSelect = "MFI"),
  stop = list(rule = "length", thr = {length}), final = list(method = "EAP")))"""


def bank(n: int = ITEMS, seed: int = 20261126) -> pd.DataFrame:
    """Items of three parameters."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "item": [f"q{at}" for at in range(1, n + 1)], "a": rng.lognormal(0, 0.3, n), "b": rng.normal(size=n),
            "c": rng.uniform(0.1, 0.3, n),
        }
    )  # fmt: skip


def answers(items: pd.DataFrame, candidates: int, seed: int = 1) -> pd.DataFrame:
    """Scores of every candidate on every item."""
    rng = np.random.default_rng(seed)
    a, b, c = (items[name].to_numpy() for name in "abc")
    p = c + (1 - c) / (1 + np.exp(-a * (rng.normal(size=(candidates, 1)) - b)))
    return pd.DataFrame((rng.random(p.shape) < p).astype(int), columns=items["item"])


def main(full: bool = True) -> dict[str, float]:
    """Time 1,000 candidates; memory grows with the candidates, the bank is worked on in blocks."""
    items, candidates = bank(), 1000
    given = answers(items, candidates)
    test = stats.Adaptive(items, stop=LENGTH, points=33)
    seconds, found = timed(lambda: test.simulate(responses=given), repeats=3 if full else 1)
    told = {"candidates": candidates, "ours, s": seconds}
    shadow = stats.Adaptive(items.assign(topic=np.arange(ITEMS) % 4), stop=LENGTH, shadow={"content": {"0": (9, 12)}})
    some = 50 if full else 10
    told["shadow test, s a candidate"] = timed(lambda: shadow.simulate(some, seed=1), repeats=1)[0] / some
    if not has_r("catR"):
        print("  R has no catR: ours alone (see R_LIBS)", flush=True)
        return told
    few = 20 if full else 4
    setup = "bank <- cbind(as.matrix(data[, c('a', 'b', 'c')]), d = 1); answers <- t(as.matrix(data[, -(1:4)]))"
    data = items.reset_index(drop=True).join(given.head(few).T.reset_index(drop=True).add_prefix("x"))
    peer, paths = in_r(
        data, CALL.format(length=LENGTH), packages=("catR",), setup=setup, repeats=1,
        result="lapply(result, function(one) list(items = one$testItems, theta = one$thFinal))",
    )  # fmt: skip
    scaled = peer * candidates / few
    ours = found.group.items[:few] + 1
    same = np.mean([(ours[at] == path["items"]).all() for at, path in enumerate(paths)])
    apart = max(abs(found.group.theta[at] - path["theta"]) for at, path in enumerate(paths))
    return told | {
        "catR, s": scaled, "times faster": scaled / seconds, "paths that are equal, %": 100 * same,
        "abilities apart in 1e-10": apart / 1e-10,
    }  # fmt: skip


if __name__ == "__main__":
    for label, value in main().items():
        print(f"{label:28} {value:12,.3f}")
