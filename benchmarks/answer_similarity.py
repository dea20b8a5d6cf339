"""Similar answers: all pairs of 2,000 candidates × 60 items, beside R's CopyDetect scaled up from a few pairs."""

from __future__ import annotations

import resource
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.peers import has_r, in_r, timed
from svclib import stats

METHODS = ("omega", "gbt", "k", "k1", "k2", "s1")
FEW, MORE = 2, 12
"""CopyDetect calibrates at each call: the time of a pair is the difference of two calls by the pairs between them."""
_PEER = """{
names(data)[1] <- "id"; data$id <- as.character(data$id)
run <- function(n) {
  pairs <- cbind(data$id[2 * (1:n) - 1], data$id[2 * (1:n)])
  system.time(similarity1(data = data, model = "2PL", person.id = "id", item.loc = 2:ncol(data),
    many.pairs = pairs))[["elapsed"]]
}
sink(tempfile()); told <- c(run(FEW), run(MORE)); sink(); told }"""


def exam(rows: int, items: int, *, seed: int = 20261126) -> tuple[pd.DataFrame, dict[str, str], list[tuple[int, int]]]:
    """Draw options of four, the first right; ten pairs share two thirds of their answers."""
    random = np.random.default_rng(seed)
    ability = random.normal(size=(rows, 1))
    right = random.random((rows, items)) < expit(
        random.uniform(0.7, 1.8, items) * (ability - np.linspace(-2, 2, items))
    )
    data = np.where(right, "A", random.choice(list("BCD"), (rows, items), p=[0.5, 0.3, 0.2]))
    people = random.permutation(rows)[:20]
    planted = list(zip(people[:10].tolist(), people[10:].tolist(), strict=True))
    for copier, source in planted:
        taken = random.permutation(items)[: items * 2 // 3]
        data[copier, taken] = data[source, taken]
    names = [f"q{one:02d}" for one in range(items)]
    return pd.DataFrame(data, columns=names), dict.fromkeys(names, "A"), planted


def peer(data: pd.DataFrame) -> tuple[float, float]:
    """Seconds that CopyDetect takes to calibrate, and for each pair (all its indices at once)."""
    scored = (data == "A").astype(int)
    scored.insert(0, "id", [f"P{one}" for one in range(len(data))])
    call = _PEER.replace("FEW", str(FEW)).replace("MORE", str(MORE))
    _seconds, (few, more) = in_r(scored, call, packages=("CopyDetect",), result="result", repeats=1)
    pair = (more - few) / (MORE - FEW)
    return few - FEW * pair, pair


def main(full: bool = True) -> dict[str, float]:
    """Time each index over all pairs and count the planted pairs found and the honest ones flagged."""
    data, key, planted = exam(*((2_000, 60) if full else (400, 60)))
    pairs, figures, total = len(data) * (len(data) - 1) // 2, {}, 0.0
    wanted = {frozenset(pair) for pair in planted}
    for method in METHODS:
        seconds, found = timed(partial(stats.answer_similarity, data, key, method=method), repeats=1)
        flagged = found.frame[found.frame["flag"]]
        named = {frozenset(pair) for pair in flagged[["first", "second"]].to_numpy().tolist()}
        figures[f"{method}, {pairs:,} pairs, s"], total = seconds, total + seconds
        figures[f"{method}, of 10 planted pairs found"] = len(named & wanted)
        figures[f"{method}, honest pairs flagged"] = len(named - wanted)
    figures["largest memory, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if has_r("CopyDetect", "mirt"):
        start, pair = peer(data)
        figures["CopyDetect, seconds a pair"] = pair
        figures["CopyDetect, all pairs (scaled), h"] = (start + pair * pairs) / 3600
        figures["times faster, our six for its eight indices"] = (start + pair * pairs) / total
    return figures


if __name__ == "__main__":
    for label, value in main().items():
        print(f"{label:50} {value:12,.2f}")
