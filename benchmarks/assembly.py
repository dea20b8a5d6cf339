"""Four parallel forms of 40 from 500 items with 12 constraints beside R's eatATA (GLPK); aim: no worse, no slower.

The goal is the least greatest distance from an information target at three abilities. eatATA is not in Debian; R finds
it in the library that ``R_LIBS`` names. It stops at its time limit with the best it has.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r
from svclib import stats

FORMS, LENGTH = 4, 40
TARGETS = {-1.0: 7.0, 0.0: 9.0, 1.0: 8.0}
CONTENT = {"credit": (9, 11), "compliance": (9, 11), "payments": (9, 11), "products": (9, 11)}
CALL = """
topics <- factor(data$content); levels_ <- factor(data$level); ids <- as.character(data$item); n <- {forms}
info <- list(setNames(data$i1, ids), setNames(data$i2, ids), setNames(data$i3, ids)); goal <- c({goals})
rules <- list(itemsPerFormConstraint(n, operator = "=", targetValue = {length}, itemIDs = ids),
  itemUsageConstraint(n, operator = "<=", targetValue = 1, itemIDs = ids),
  itemCategoryRangeConstraint(n, setNames(topics, ids), range = cbind(rep(9, 4), rep(11, 4)), itemIDs = ids),
  itemCategoryMinConstraint(n, setNames(levels_, ids), min = c(8, 8, 8), itemIDs = ids),
  itemValuesMaxConstraint(n, setNames(data$seconds, ids), max = 2500, itemIDs = ids),
  itemValuesMaxConstraint(n, setNames(data$words, ids), max = 1700, itemIDs = ids))
aims <- lapply(1:3, function(k) minimaxObjective(n, info[[k]], goal[k], itemIDs = ids))
done <- useSolver(c(aims, rules), solver = "GLPK", timeLimit = {limit})
x <- matrix(done$solution[1:(n * nrow(data))], nrow(data)) > 0.5
max(sapply(1:3, function(k) abs(colSums(x * info[[k]]) - goal[k])))
"""


def pool(n: int = 500, seed: int = 20261126) -> pd.DataFrame:
    """Items of three parameters with attributes."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "item": [f"q{at:03d}" for at in range(n)], "a": rng.lognormal(0, 0.3, n), "b": rng.normal(size=n),
            "c": rng.uniform(0.1, 0.25, n), "content": rng.choice(list(CONTENT), n),
            "level": rng.choice(["apply", "judge", "recall"], n), "seconds": rng.integers(30, 95, n),
            "words": rng.integers(15, 70, n),
        }
    )  # fmt: skip


def main(full: bool = True) -> dict[str, float]:
    """Assemble once each; the objective is the greatest distance from the target."""
    items = pool()
    begun = time.perf_counter()
    made = stats.assemble(
        items, forms=FORMS, length=LENGTH, content=CONTENT,
        levels=dict.fromkeys(["apply", "judge", "recall"], (8, None)),
        limits={"seconds": (None, 2500), "words": (None, 1700)}, targets=TARGETS, gap=0.005, seconds=60,
    )  # fmt: skip
    told = {"ours, s": time.perf_counter() - begun, "ours, distance": made.objective}
    if not has_r("eatATA"):
        print("  R has no eatATA: ours alone (see R_LIBS)", flush=True)
        return told
    from svclib.stats.assembly.pool import read_pool

    held = read_pool(items)
    data = items.assign(**{f"i{at}": held.measure(theta) for at, theta in enumerate(TARGETS, 1)})
    goals = ", ".join(str(value) for value in TARGETS.values())
    call = CALL.format(forms=FORMS, length=LENGTH, goals=goals, limit=120 if full else 20)
    seconds, distance = in_r(data, call, packages=("eatATA",), result="result", repeats=1)
    return told | {"eatATA, s": seconds, "eatATA, distance": float(distance)}


if __name__ == "__main__":
    for label, value in main().items():
        print(f"{label:28} {value:12,.4f}")
