"""Indices and waves: skewed answers near the top of the scale, few of them, weights, clusters, panels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from benchmarks.coverage import Case
from svclib import stats

OVERALL = np.array([0.02, 0.03, 0.10, 0.30, 0.55])
"""Answers 1–5 of a bank: 85 % in the top two boxes."""
EFFORT = np.array([0.02, 0.03, 0.05, 0.10, 0.20, 0.30, 0.30])
RECOMMEND = np.array([0.02, 0.01, 0.01, 0.01, 0.01, 0.05, 0.05, 0.12, 0.20, 0.22, 0.30])
SMALL = (5, 8, 15, 30)
Verb = Callable[..., pd.DataFrame]
Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]
RUNS = 400
DISCRETE = "few answers on a coarse scale: coverage jumps from one share to the next, and holds at the worst"
EQUAL = "the spread of a few skewed answers is often 0, and the interval then allows for the largest one"
ITEMS = ["overall", "expected", "ideal"]
AT_ONCE = 5
"""Samples in one draw, each a group (and a stratum) of its own: a call costs hardly more for five than for one."""


def levels(z: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Cut a standard normal variable into a scale with these shares, from 0."""
    return np.searchsorted(ndtri(np.cumsum(shares)[:-1]), z)


def row_of(frame: pd.DataFrame, truth: float) -> tuple[Any, Any, Any]:
    return frame["low"].to_numpy(), frame["high"].to_numpy(), truth


def samples(n: int) -> np.ndarray:
    """The sample that each of `AT_ONCE` × n rows belongs to."""
    return np.repeat(np.arange(AT_ONCE), n)


def simple(verb: Verb, shares: np.ndarray, lowest: int, truth: float, n: int) -> Draw:
    """Samples of n answers."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        answers = levels(generator.standard_normal(AT_ONCE * n), shares) + float(lowest)
        return row_of(verb(pd.DataFrame({"x": answers, "sample": samples(n)}), "x", by="sample"), truth)

    return draw


def weighted(verb: Verb, shares: np.ndarray, lowest: int, truth: float, n: int) -> Draw:
    """Weights that differ by a factor of about four, independent of the answers."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        answers = levels(generator.standard_normal(AT_ONCE * n), shares) + float(lowest)
        data = pd.DataFrame({"x": answers, "sample": samples(n), "w": generator.uniform(0.6, 2.4, len(answers))})
        return row_of(verb(data, "x", by="sample", weights="w"), truth)

    return draw


def clustered(verb: Verb, shares: np.ndarray, lowest: int, truth: float, clusters: int, size: int) -> Draw:
    """Branches of about `size` answers, intraclass correlation 0.1, unequal weights."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        sizes = generator.integers(max(1, size - 2), size + 3, AT_ONCE * clusters)
        branch = np.repeat(np.arange(AT_ONCE * clusters), sizes)
        z = np.sqrt(0.1) * generator.standard_normal(AT_ONCE * clusters)[branch]
        z = z + np.sqrt(0.9) * generator.standard_normal(len(branch))
        data = pd.DataFrame({"x": levels(z, shares) + float(lowest), "branch": branch, "sample": branch // clusters})
        data["w"] = generator.uniform(0.6, 2.4, len(data))
        design = stats.Design(data, weights="w", strata="sample", cluster="branch")
        return row_of(verb(design, "x", by="sample"), truth)

    return draw


TOP = float(OVERALL[3:].sum())
NET = float(100 * (RECOMMEND[9:].sum() - RECOMMEND[:7].sum()))
EASE = float(EFFORT @ np.arange(1, 8))
INDICES: list[tuple[str, Verb, np.ndarray, int, float]] = [
    ("csat", stats.csat, OVERALL, 1, TOP),
    ("nps", stats.nps, RECOMMEND, 0, NET),
    ("ces", stats.ces, EFFORT, 1, EASE),
]


# ── ACSI: three ratings 1–10 with a common cause ─────────────────────────────────────────────────────────────────────
def rated(generator: np.random.Generator, n: int) -> pd.DataFrame:
    common = generator.standard_normal(n)
    columns = {}
    for name, centre, loading in zip(ITEMS, (8.4, 7.9, 7.6), (0.9, 0.8, 0.75), strict=True):
        z = loading * common + np.sqrt(1 - loading**2) * generator.standard_normal(n)
        columns[name] = np.clip(np.round(centre + 1.6 * z), 1, 10)
    return pd.DataFrame(columns)


def acsi_truth(item_weights: str) -> float:
    return float(
        stats.acsi(rated(np.random.default_rng(1), 2_000_000), ITEMS, item_weights=item_weights)["estimate"].item()
    )


def acsi(n: int) -> Draw:
    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        data = rated(generator, AT_ONCE * n).assign(sample=samples(n))
        return row_of(stats.acsi(data, ITEMS, by="sample"), _ACSI["equal"])

    return draw


def acsi_component(n: int) -> Draw:
    """One sample a draw: the weights are those of all groups."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        return row_of(stats.acsi(rated(generator, n), ITEMS, item_weights="component"), _ACSI["component"])

    return draw


def acsi_of_design(item_weights: str, n: int) -> Draw:
    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        data = rated(generator, n).assign(w=generator.uniform(0.6, 2.4, n), branch=np.arange(n) % 12)
        design = stats.Design(data, weights="w", cluster="branch")
        return row_of(stats.acsi(design, ITEMS, item_weights=item_weights), _ACSI[item_weights])

    return draw


# ── SERVQUAL: four items, answers 1–7 ────────────────────────────────────────────────────────────────────────────────
def surveyed(generator: np.random.Generator, n: int) -> pd.DataFrame:
    perceived = generator.standard_normal(n)
    expected = 0.4 * perceived + np.sqrt(0.84) * generator.standard_normal(n)
    columns = {}
    for item in "1234":
        columns[f"p{item}"] = np.clip(np.round(5.2 + 1.1 * (perceived + 0.8 * generator.standard_normal(n))), 1, 7)
        columns[f"e{item}"] = np.clip(np.round(6.2 + 0.8 * (expected + 0.8 * generator.standard_normal(n))), 1, 7)
    return pd.DataFrame(columns)


DIMENSION = {"d": list("1234")}


def gaps(n: int, *, scale: tuple[int, int] | None = None, clusters: int = 0) -> Draw:
    """Gaps of two items and their dimension."""
    truth = np.repeat(_GAPS, AT_ONCE)

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        data: Any = surveyed(generator, AT_ONCE * n).assign(sample=samples(n))
        if clusters:
            data["branch"] = clusters * data["sample"] + np.arange(len(data)) % clusters
            data = stats.Design(data, strata="sample", cluster="branch")
        frame = stats.servqual(data, {"d": ["1", "2"]}, scale=scale, by="sample").iloc[: 3 * AT_ONCE]
        return frame["low"].to_numpy(), frame["high"].to_numpy(), truth

    return draw


def reliabilities(n: int) -> Draw:
    truth = np.tile(_RELIABILITIES, AT_ONCE)

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        data = surveyed(generator, AT_ONCE * n).assign(sample=samples(n))
        frame = stats.gap_reliability(data, DIMENSION, by="sample")
        return frame["low"].to_numpy(), frame["high"].to_numpy(), truth

    return draw


# ── waves: a share of the second wave's respondents were in the first ────────────────────────────────────────────────
BETTER = np.array([0.01, 0.02, 0.07, 0.28, 0.62])
BETTER_NET = np.array([0.01, 0.01, 0.01, 0.01, 0.01, 0.03, 0.04, 0.10, 0.19, 0.25, 0.34])


def panel(
    generator: np.random.Generator, n: int, overlap: float, first: np.ndarray, second: np.ndarray, low: int
) -> Any:
    both = int(overlap * n)
    people = 2 * n - both
    who = np.concatenate([np.arange(n), np.arange(n - both, people)])
    z = np.sqrt(0.6) * generator.standard_normal((AT_ONCE, people))[:, who]
    z = z + np.sqrt(0.4) * generator.standard_normal((AT_ONCE, 2 * n))
    answers = np.hstack([levels(z[:, :n], first), levels(z[:, n:], second)]) + float(low)
    return pd.DataFrame({
        "x": answers.ravel(), "sample": samples(2 * n), "wave": np.tile(np.repeat([1, 2], n), AT_ONCE),
        "who": (people * np.arange(AT_ONCE)[:, None] + who).ravel(),
    })  # fmt: skip


def changed(kind: str, n: int, overlap: float, clusters: int = 0) -> Draw:
    """The change from wave 1 to wave 2."""
    first, second, low = (RECOMMEND, BETTER_NET, 0) if kind == "nps" else (OVERALL, BETTER, 1)
    points = np.arange(len(first)) + low
    truth = {
        "mean": (second - first) @ points,
        "scale": (second - first) @ points,
        "share": second[-2:].sum() - first[-2:].sum(),
        "nps": 100 * ((second[9:].sum() - second[:7].sum()) - (first[9:].sum() - first[:7].sum())),
    }[kind]
    asked: dict[str, Any] = {
        "mean": {},
        "scale": {"scale": (1, 5)},
        "share": {"kind": "share", "success": [4, 5]},
        "nps": {"kind": "nps"},
    }[kind]

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        data: Any = panel(generator, n, overlap, first, second, low)
        if clusters:
            data["branch"] = clusters * data["sample"] + data["who"] % clusters
            data["w"] = generator.uniform(0.6, 2.4, len(data))
            design = stats.Design(data, weights="w", strata="sample", cluster="branch")
            return row_of(stats.waves(design, "x", "wave", by="sample", **asked).changes(), truth)
        found = stats.waves(data, "x", "wave", respondent="who", by="sample", **asked)
        return row_of(found.changes(), truth)

    return draw


def sloped(n: int) -> Draw:
    """Four waves of the same respondents, the share of satisfied steady."""

    def draw(generator: np.random.Generator) -> tuple[Any, Any, Any]:
        person = np.sqrt(0.6) * generator.standard_normal(AT_ONCE * n)
        z = (person + np.sqrt(0.4) * generator.standard_normal((4, AT_ONCE * n))).ravel()
        who = np.tile(np.arange(AT_ONCE * n), 4)
        wave = np.repeat(range(4), AT_ONCE * n)
        data = pd.DataFrame({"x": levels(z, OVERALL) + 1.0, "who": who, "wave": wave, "sample": who // n})
        found = stats.waves(data, "x", "wave", respondent="who", by="sample", kind="share", success=[4, 5])
        return row_of(found.trend(), 0.0)

    return draw


_big = surveyed(np.random.default_rng(2), 1_000_000)
_GAPS = stats.servqual(_big, {"d": ["1", "2"]})["estimate"].to_numpy()[:3]
_RELIABILITIES = stats.gap_reliability(_big, DIMENSION)["estimate"].to_numpy()
_ACSI = {name: acsi_truth(name) for name in ("equal", "component")}


def case(name: str, draw: Draw, conservative: str = "") -> Case:
    return Case(name, draw, RUNS, conservative)


CASES = [
    *(
        case(f"{name}: n = {n}", simple(verb, shares, lowest, truth, n), DISCRETE)
        for name, verb, shares, lowest, truth in INDICES
        for n in SMALL
    ),
    *(
        case(f"{name}: weights, n = {n}", weighted(verb, shares, lowest, truth, n), DISCRETE if n < 15 else "")
        for name, verb, shares, lowest, truth in INDICES
        for n in (8, 30)
    ),
    *(
        case(
            f"{name}: {clusters} branches of {size}, weights",
            clustered(verb, shares, lowest, truth, clusters, size),
            EQUAL if clusters * size < 40 else "",
        )
        for name, verb, shares, lowest, truth in INDICES
        for clusters, size in ((6, 3), (12, 6), (30, 8))
    ),
    *(case(f"acsi: equal weights, n = {n}", acsi(n), EQUAL if n < 15 else "") for n in SMALL),
    *(case(f"acsi: component, n = {n}", acsi_component(n)) for n in (30, 60, 200)),
    *(case(f"acsi: {name}, 12 branches, n = 60", acsi_of_design(name, 60)) for name in ("equal", "component")),
    *(case(f"servqual (t): n = {n}", gaps(n)) for n in SMALL),
    *(case(f"servqual (score): n = {n}", gaps(n, scale=(1, 7))) for n in SMALL),
    case("servqual (t): 10 branches, n = 60", gaps(60, clusters=10)),
    *(case(f"gap_reliability: n = {n}", reliabilities(n)) for n in (15, 30, 60)),
    *(
        case(f"waves ({kind}): n = {n}, overlap {overlap:.0%}", changed(kind, n, overlap), EQUAL if n < 30 else "")
        for kind in ("scale", "share", "nps")
        for n in (8, 15, 30)
        for overlap in (0.0, 0.5, 1.0)
    ),
    *(
        case(f"waves (mean, t): n = 30, overlap {overlap:.0%}", changed("mean", 30, overlap))
        for overlap in (0.0, 0.5, 1.0)
    ),
    *(
        case(f"waves ({kind}): 12 branches, n = 60, weights", changed(kind, 60, 0.5, 12))
        for kind in ("scale", "share", "nps")
    ),
    *(case(f"waves (trend of a share): n = {n}", sloped(n), EQUAL if n < 30 else "") for n in (15, 30, 60)),
]
