"""Response quality: how often honest respondents and units are flagged, and how often planted cheating is found.

Rates of false alarms are held at 0.01 a respondent (careless, speeding, duplicates) and 0.05 a bank (all units and
signs together); honest banks differ between branches (`svclib.stats.quality.scenarios`). What is found is given as
shares of what was planted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.special import expit

from svclib import stats
from svclib.stats.quality.scenarios import CHOICES, RATINGS, bank

ITEMS = [f"q{n:02}" for n in range(20)]
SCALES = {f"s{n}": ITEMS[4 * n : 4 * n + 4] for n in range(5)}
SEED = 20261125
Found = dict[str, float]


def attentive(random: np.random.Generator, rows: int, error: str = "normal") -> np.ndarray:
    """Graded responses, 1 to 5, to five correlated scales of four items, skewed upwards."""
    general, own = random.normal(size=(rows, 1)), random.normal(size=(rows, 5))
    load = np.linspace(0.5, 0.85, 20)
    trait = np.sqrt(0.5) * general + np.sqrt(0.5) * own[:, np.repeat(np.arange(5), 4)]
    noise = random.normal(size=(rows, 20)) if error == "normal" else random.logistic(size=(rows, 20)) / 1.81
    place = load * trait + np.sqrt(1 - load**2) * noise
    answers = 1.0 + (place[:, :, None] > np.array([-2.2, -1.4, -0.6, 0.3])).sum(axis=2)
    answers[random.random(answers.shape) < 0.04] = np.nan
    return answers


def seconds(random: np.random.Generator, rows: int, tail: str = "normal") -> np.ndarray:
    """Lognormal times of 20 items; with heavy tails Student's t of five degrees of freedom."""
    noise = random.normal(size=(rows, 20)) if tail == "normal" else random.standard_t(5, size=(rows, 20)) * 0.77
    return np.exp(1.6 + 0.3 * random.normal(size=(rows, 1)) + 0.5 * noise)


def careless(runs: int, error: str) -> Found:
    """Share of attentive respondents flagged: the worst of the indices, and by any or by two of them at once."""
    flags = []
    for run in range(runs):
        data = pd.DataFrame(attentive(np.random.default_rng([SEED, run]), 1500, error), columns=ITEMS)
        flags.append(stats.careless(data, ITEMS, scales=SCALES, seed=run).flags.fillna(False).astype(bool))
    raised = pd.concat(flags)
    return {
        f"careless, worst index ({error})": float(raised.mean().max()),
        f"careless, any index ({error})": float(raised.any(axis=1).mean()),
        f"careless, two or more ({error})": float((raised.sum(axis=1) > 1).mean()),
    }


def careless_found(runs: int) -> Found:
    """Share of 5 % random and 5 % straight answers found, and of the honest flagged beside them."""
    shares = []
    for run in range(runs):
        random = np.random.default_rng([SEED, 1, run])
        answers = attentive(random, 1500)
        answers[:75] = random.integers(1, 6, size=(75, 20))
        answers[75:150] = random.choice([3.0, 4, 5], size=(75, 1))
        found = stats.careless(pd.DataFrame(answers, columns=ITEMS), ITEMS, scales=SCALES, seed=run).flags
        any_of = found.fillna(False).astype(bool)
        worst = any_of.iloc[150:].mean().max()
        shares.append([any_of.iloc[:75].any(axis=1).mean(), any_of.iloc[75:150].any(axis=1).mean(), worst])
    random_found, straight, honest = np.mean(shares, axis=0)
    return {
        "found: random answers": random_found,
        "found: straight answers": straight,
        "careless, worst index beside them": honest,
    }


def speeding(runs: int) -> Found:
    """Share of attentive respondents and of those three times as fast that are flagged as speeding."""
    shares: dict[str, list[float]] = {}
    for run in range(runs):
        for tail in ("normal", "heavy"):
            random = np.random.default_rng([SEED, 2, run])
            times = seconds(random, 1500, tail)
            times[:100] /= 3
            data = pd.DataFrame(index=range(1500))
            flag = stats.speeding(data, pd.DataFrame(times, columns=ITEMS), seed=run).flags["speed"]
            shares.setdefault(f"speeding ({tail} tails)", []).append(float(flag.iloc[100:].mean()))
            shares.setdefault(f"found: three times as fast ({tail})", []).append(float(flag.iloc[:100].mean()))
    return {name: float(np.mean(found)) for name, found in shares.items()}


def _look(data: pd.DataFrame, run: int, **options: object) -> pd.DataFrame:
    items = [*RATINGS, *CHOICES]
    return stats.fabrication(data, items, by="branch", at="day", comments="comment", seed=run, **options).units  # type: ignore[arg-type]


def honest_banks(runs: int, units: int, answers: int, between: float, *, hours: bool = False) -> Found:
    """Share of honest banks in which any branch is flagged."""
    alarms = []
    for run in range(runs):
        data = bank(units=units, answers=answers, between=between, hours=hours, seed=10_000 + run)
        options = {"hours": (9, 17)} if hours else {}
        alarms.append((_look(data, run, **options)["flagged"] > 0).any())
    name = f"bank of {units}, {answers} answers, spread × {between:g}" + (", hours" if hours else "")
    return {name: float(np.mean(alarms))}


def cheating_banks(runs: int, answers: int, share: float, variations: int) -> Found:
    """Share of cheating branches (2 of 40) that are flagged, and of honest ones beside them."""
    found, others = [], []
    for run in range(runs):
        data = bank(units=40, answers=answers, cheats=2, share=share, variations=variations, seed=20_000 + run)
        flagged = _look(data, run).set_index("branch")["flagged"] > 0
        found.append(flagged[["b01", "b02"]].mean())
        others.append(flagged.drop(["b01", "b02"]).any())
    label = f"{answers} answers, {share:.0%} made up, {variations} changed"
    return {f"found: {label}": float(np.mean(found)), f"honest branches beside: {label}": float(np.mean(others))}


def _contacts(random: np.random.Generator, uneven: float, steep: float) -> pd.DataFrame:
    units, score = 40, np.linspace(-1, 1, 8)
    odds = random.normal(-0.5, 0.4, (units, 1)) + random.normal(0, 0.5, 8) + random.normal(0, uneven, (units, 8))
    odds[0] += steep * score
    served = random.poisson(60, (units, 8)) + 1
    return pd.DataFrame({
        "branch": np.repeat(np.arange(units), 8), "hour": np.tile(np.arange(8), units), "served": served.ravel(),
        "invited": random.binomial(served, expit(odds)).ravel(), "score": np.tile(score, units),
    })  # fmt: skip


def invitations(runs: int, uneven: float, steep: float) -> list[tuple[bool, bool]]:
    """Whether any honest unit, and whether the first unit, is flagged by either test."""
    found = []
    for run in range(runs):
        data = _contacts(np.random.default_rng([SEED, 3, run]), uneven, steep)
        frame = stats.selective_invitation(data, by="branch", over="hour", score="score", seed=run).frame
        hit = (frame["flagged"].fillna(False) | frame["slope_flagged"].fillna(False)).to_numpy(dtype=bool)
        found.append((bool(hit[1:].any()), bool(hit[0])))
    return found


def devices(runs: int, spread: bool) -> float:
    """Share of honest sets of 2,000 devices in which any is flagged; with `spread` they come back unequally often."""
    alarms = []
    for run in range(runs):
        random = np.random.default_rng([SEED, 4, run])
        again = random.beta(1, 9, 2000) if spread else np.full(2000, 0.1)
        counts = random.geometric(1 - again)
        data = pd.DataFrame({"client": np.repeat(np.arange(2000), counts)})
        alarms.append(stats.shared_devices(data, "client").frame["flagged"].fillna(False).any())
    return float(np.mean(alarms))


def copies(runs: int) -> Found:
    """Share of honest sheets, and of made-up ones, that are flagged as near copies."""
    honest, made = [], []
    for run in range(runs):
        data = bank(units=40, answers=100, cheats=2, share=0.4, variations=1, seed=30_000 + run)
        flag = stats.duplicates(data, [*RATINGS, *CHOICES], by="branch").flags["same_answers"]
        honest.append(flag[~data["made_up"]].mean())
        made.append(flag[data["made_up"]].mean())
    return {"near copies, honest sheets": float(np.mean(honest)), "found: copied sheets": float(np.mean(made))}


def _steps(full: bool) -> Iterator[Callable[[], Found]]:
    few, some, many = (8, 30, 100) if full else (3, 8, 20)
    yield lambda: careless(few, "normal")
    yield lambda: careless(few, "logistic")
    yield lambda: careless_found(few)
    yield lambda: speeding(few)
    yield lambda: copies(few)
    for units, answers, between in ((40, 100, 1.0), (40, 100, 0.0), (40, 60, 2.0), (12, 80, 1.0), (150, 40, 1.0)):
        yield lambda u=units, a=answers, b=between: honest_banks(many if u < 100 else some, u, a, b)  # type: ignore[misc]
    yield lambda: honest_banks(some, 40, 100, 1.0, hours=True)
    for answers, share, variations in ((100, 0.2, 2), (100, 0.4, 2), (200, 0.2, 2), (200, 0.4, 2), (200, 0.4, 1)):
        yield lambda a=answers, s=share, v=variations: cheating_banks(some, a, s, v)  # type: ignore[misc]
    for uneven in (0.0, 0.3, 0.6):
        yield lambda e=uneven: {  # type: ignore[misc]
            f"invitations, unevenness {e:g}": float(np.mean([one[0] for one in invitations(many, e, 0.0)]))
        }
    yield lambda: {
        "found: inviting the satisfied (odds × 2.7)": float(np.mean([o[1] for o in invitations(some, 0.3, 1.0)]))
    }
    yield lambda: {"devices, alike": devices(many, False), "devices, unlike": devices(many, True)}


def main(full: bool = False) -> Found:
    """Simulate every scenario."""
    out: Found = {}
    for step in _steps(full):
        found = step()
        for name, value in found.items():
            print(f"  {name:64} {value:6.3f}", flush=True)
        out.update(found)
    return out
