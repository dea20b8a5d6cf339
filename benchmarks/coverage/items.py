"""Coverage of the intervals of item analysis: correlations with the rest, reliabilities, drawn forms, option curves."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.coverage import Case
from svclib import stats

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]
ITEMS, BANK, DRAWN = 20, 120, 24
_MANY = 200_000
_SLOPES = np.random.default_rng(5).uniform(0.5, 1.6, ITEMS)
_EASY = np.linspace(-0.6, 2.6, ITEMS)
NAMES = [f"q{number:02}" for number in range(ITEMS)]
PARTS = {name: "ABC"[place % 3] for place, name in enumerate(NAMES)}


def exam(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw an exam most pass, with topics that candidates know differently well."""
    ability = rng.normal(size=(n, 1)) + 0.6 * rng.normal(size=(n, 3))[:, [place % 3 for place in range(ITEMS)]]
    right = rng.random((n, ITEMS)) < expit(_SLOPES * ability + _EASY)
    return pd.DataFrame(right.astype(float), columns=NAMES)


@lru_cache(maxsize=1)
def everybody() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Item table and reliabilities of very many candidates: the truth."""
    scores = exam(np.random.default_rng(99), _MANY)
    return stats.item_analysis(scores), stats.exam_reliability(scores, strata=PARTS)


def with_rest(n: int) -> Draw:
    """Correlation of each item with the rest."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        found = stats.item_analysis(exam(rng, n))
        return found["rest_low"], found["rest_high"], everybody()[0]["item_rest"]

    return draw


def coefficient(n: int, term: str) -> Draw:
    """A reliability of the whole exam."""

    def pick(frame: pd.DataFrame) -> pd.Series:
        return frame.loc[(frame["part"] == "") & (frame["term"] == term)].iloc[0]

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        row = pick(stats.exam_reliability(exam(rng, n), strata=PARTS))
        return row["low"], row["high"], pick(everybody()[1])["estimate"]

    return draw


_BANK = np.random.default_rng(11)
_SLOPE, _PLACE = _BANK.uniform(0.6, 1.5, BANK), _BANK.normal(0.8, 1.1, BANK) + np.repeat([0.0, -0.8, 0.8], BANK // 3)
TOPICS = {f"b{place:03}": "xyz"[place * 3 // BANK] for place in range(BANK)}


def drawn(rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw a form a candidate: as many items of each topic."""
    right = (rng.random((n, BANK)) < expit(_SLOPE * rng.normal(size=(n, 1)) + _PLACE)).astype(float)
    order = rng.random((n, 3, BANK // 3)).argsort(axis=2).argsort(axis=2).reshape(n, BANK)
    return pd.DataFrame(np.where(order < DRAWN // 3, right, np.nan), columns=list(TOPICS))


@lru_cache(maxsize=1)
def truth() -> dict[str, float]:
    """Components of this bank, from the expected scores of very many candidates."""
    share = expit(_SLOPE * np.random.default_rng(7).normal(size=(_MANY // 4, 1)) + _PLACE)
    topic = np.repeat(np.arange(3), BANK // 3)
    within = np.zeros(len(share))
    for place in range(3):
        here = share[:, topic == place]
        # One answer scatters by chance and by the item: S² among the items of the bank plus p (1 − p).
        within += (here.var(axis=1, ddof=1) + (here * (1 - here)).mean(axis=1)) / 3
    error = float(within.mean()) / DRAWN
    means = share.mean(axis=1)
    between_items = float(np.mean([share.mean(axis=0)[topic == place].var(ddof=1) for place in range(3)]))
    person = float(means.var()) - _interaction(share, topic)
    relative = error - between_items / BANK
    apart = (float(means.mean()) - 0.6) ** 2
    return {
        "phi": person / (person + error),
        "generalizability": person / (person + relative),
        "phi_cut": (person + apart) / (person + apart + error),
        "sem_absolute": float(np.sqrt(error)),
        "variance_person": person,
    }


def _interaction(share: np.ndarray, topic: np.ndarray) -> float:
    """What person × item differences of this bank's items add to the variance of a mean over the bank."""
    total = 0.0
    for place in range(3):
        here = share[:, topic == place]
        apart = here - here.mean(axis=1, keepdims=True) - here.mean(axis=0) + here.mean()
        total += float((apart**2).sum() / ((len(here) - 1) * (here.shape[1] - 1))) / here.shape[1] / 9
    return total


def component(n: int, term: str) -> Draw:
    """A term of `generalizability` of drawn forms."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        found = stats.generalizability(drawn(rng, n), strata=TOPICS, cut=0.6).frame.set_index("term").loc[term]
        return found["low"], found["high"], truth()[term]

    return draw


def _picks(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores = exam(rng, n)
    wrong = np.array(list("BCD"))[rng.integers(0, 3, n)]
    return scores, pd.DataFrame({"q05": np.where(scores["q05"] == 1, "A", wrong)})


@lru_cache(maxsize=1)
def _curve() -> pd.Series:
    scores, picks = _picks(np.random.default_rng(3), 4 * _MANY)
    rest = (scores.sum(axis=1) - scores["q05"]).round().astype(int)
    return (picks["q05"] == "A").groupby(rest).mean()


def curve(n: int) -> Draw:
    """The smoothed curve of the key, at the middle scores."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        scores, picks = _picks(rng, n)
        found = stats.option_curves(picks, {"q05": "A"}, scores=scores).query("is_key")
        at = np.array([9.0, 13.0, 16.0]) / (ITEMS - 1)
        low, high = (np.interp(at, found["score"], found[name]) for name in ("low", "high"))
        return low, high, _curve().loc[[9, 13, 16]].to_numpy()

    return draw


CASES = [
    Case("item_analysis: item-rest, n = 40", with_rest(40), runs=300),
    Case("item_analysis: item-rest, n = 200", with_rest(200), runs=300),
    Case("exam_reliability: stratified alpha, n = 60", coefficient(60, "stratified_alpha")),
    Case("exam_reliability: stratified alpha, n = 300", coefficient(300, "stratified_alpha")),
    Case("exam_reliability: KR-21, n = 60", coefficient(60, "kr21")),
    Case("exam_reliability: error of measurement, n = 60", coefficient(60, "sem")),
    Case("generalizability: phi, n = 60", component(60, "phi"), runs=600),
    Case("generalizability: phi, n = 300", component(300, "phi"), runs=400),
    Case("generalizability: generalizability, n = 60", component(60, "generalizability"), runs=600),
    Case("generalizability: phi at the cut, n = 60", component(60, "phi_cut"), runs=600),
    Case("generalizability: absolute error, n = 60", component(60, "sem_absolute"), runs=600),
    Case("generalizability: persons, n = 60", component(60, "variance_person"), runs=600),
    Case("option_curves: smooth, n = 150", curve(150)),
    Case("option_curves: smooth, n = 1,000", curve(1000), runs=500),
]
