"""Fairness of items: false alarms with and without a difference of ability, coverage of the effects' intervals.

A test counts as covering where it stays silent at 0.05 on items that are fair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmarks.coverage import Case
from svclib import stats
from svclib.stats.fairness.shifts import passing, shift_of

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]
ITEMS = 20
_LEANING = 7
_CORRECTED = "the correction for continuity makes the test careful"
_SPARSE = "few candidates in a class: the chi-square is careful"


def exam(
    rng: np.random.Generator, sizes: tuple[int, ...], *, impact: float = 0.0, lean: float = 0.0, spread: float = 0.0,
    graded: bool = False, share: float = 1.0,
) -> tuple[pd.DataFrame, np.ndarray]:  # fmt: skip
    """Draw scores of groups; the last is weaker by `impact`, and one item harder for it by `lean` log odds."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    last = (group == len(sizes) - 1)[:, None]
    able = rng.normal(size=(len(group), 1)) - impact * last
    slope = np.exp(spread * np.linspace(-1, 1, ITEMS)[np.random.default_rng(1).permutation(ITEMS)])
    hard = np.linspace(-1.8, 1.8, ITEMS)
    logit = slope * (able - hard) - lean * last * (np.arange(ITEMS) == _LEANING)
    u = rng.random(logit.shape)
    score = (u < expit(logit)).astype(float)
    if graded:
        score += u < expit(logit - 1)
    score[rng.random(score.shape) >= share] = np.nan
    return pd.DataFrame(score, columns=[f"q{j}" for j in range(ITEMS)]), group


def silent(p_values: Any) -> tuple[Any, Any, Any]:
    """Give intervals that hold 0 where a test is silent."""
    p = np.asarray(p_values, dtype=float)
    low = np.where(np.isnan(p), np.nan, np.where(p < 0.05, 1.0, -1.0))
    return low, np.where(np.isnan(p), np.nan, 2.0), np.zeros_like(p)


def alarms(method: str, sizes: tuple[int, ...], column: str = "p_value", **options: Any) -> Draw:
    """Silence of a method on fair items."""
    ways = {name: options.pop(name) for name in ("impact", "spread", "graded", "share") if name in options}

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        scores, group = exam(rng, sizes, **ways)
        found = stats.dif(scores, group, method=method, reference=0, min_group=10, **{"purify": False, **options})
        return silent((found.omnibus if column == "omnibus" else found.frame)[column.replace("omnibus", "p_value")])

    return draw


def family(sizes: tuple[int, ...], **ways: Any) -> Draw:
    """Silence of the whole analysis, purified and adjusted: not one row flagged."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        scores, group = exam(rng, sizes, **ways)
        flagged = stats.dif(scores, group, min_group=10).frame["flagged"].any()
        return silent(np.where(flagged, 0.0, 1.0))

    return draw


def delta(sizes: tuple[int, int], lean: float, method: str = "mantel_haenszel", **ways: Any) -> Draw:
    """Delta of the leaning item and of a fair one (logistic slopes 1: the odds ratio is the same everywhere)."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        scores, group = exam(rng, sizes, lean=lean, **ways)
        found = stats.dif(
            scores, group, method=method, reference=0, anchors=[f"q{j}" for j in range(ITEMS) if j != _LEANING]
        )
        rows = found.frame.iloc[[_LEANING, 2]]
        return rows["low"], rows["high"], [-2.35 * lean, 0.0]

    return draw


def moved(sizes: tuple[int, int], lean: float, **ways: Any) -> Draw:
    """Effect on the pass rate of these candidates, the true difference of log odds put in."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        scores, group = exam(rng, sizes, lean=lean, **ways)
        name = f"q{_LEANING}"
        found = stats.dif(scores, group, reference=0, anchors=[one for one in scores if one != name])
        row = stats.dif_effects(found, 0.5, items=[name]).frame.iloc[0]
        setting, pair = found.setting, found.setting.pairs[0]
        shift = shift_of(setting, found._matching, _LEANING, pair, np.arange(ITEMS) != _LEANING, 0.95)
        if shift is None:
            return np.nan, np.nan, 0.0
        need, *_rest = passing(setting, setting.rows_of(pair)[0], [_LEANING], 0.5)
        fair = need.chance([shift.chances(np.array([-lean, 0.0]))]).mean()
        return row["low"], row["high"], need.chance([shift.chances()]).mean() - fair

    return draw


CASES = [
    Case("dif Mantel-Haenszel, false alarms: 2 × 100", alarms("mantel_haenszel", (100, 100)), 300, _CORRECTED),
    Case(
        "dif Mantel-Haenszel, false alarms: 500 + 60, impact 1",
        alarms("mantel_haenszel", (500, 60), impact=1.0),
        200,
        _CORRECTED,
    ),
    Case(
        "dif Mantel-Haenszel, false alarms: 2 × 1000, impact 1",
        alarms("mantel_haenszel", (1000, 1000), impact=1.0),
        100,
        _CORRECTED,
    ),
    Case(
        "dif Mantel-Haenszel, uncorrected: 2 × 300, impact 1",
        alarms("mantel_haenszel", (300, 300), impact=1.0, correct=False),
        200,
    ),
    Case(
        "dif Mantel-Haenszel, slopes 0.8 to 1.3: 2 × 300, impact 0.5",
        alarms("mantel_haenszel", (300, 300), impact=0.5, spread=0.25),
        200,
        _CORRECTED,
    ),
    Case(
        "dif Mantel, graded: 2 × 300, impact 0.5", alarms("mantel_haenszel", (300, 300), impact=0.5, graded=True), 200
    ),
    Case(
        "dif Mantel-Haenszel, half of the items drawn: 2 × 500, impact 0.7",
        alarms("mantel_haenszel", (500, 500), impact=0.7, share=0.5),
        100,
        _CORRECTED,
    ),
    Case(
        "dif generalised, four groups of 150, impact 0.7",
        alarms("mantel_haenszel", (150,) * 4, "omnibus", impact=0.7),
        200,
    ),
    Case("dif standardization: 300 + 100, impact 0.7", alarms("standardization", (300, 100), impact=0.7), 200),
    Case("dif logistic: 2 × 200", alarms("logistic", (200, 200)), 200),
    Case("dif logistic: 2 × 500, impact 0.7", alarms("logistic", (500, 500), impact=0.7), 100),
    Case("dif logistic, graded: 2 × 300", alarms("logistic", (300, 300), graded=True), 60),
    Case("dif Breslow-Day trend: 500 + 100", alarms("breslow_day", (500, 100), "p_trend"), 200, _SPARSE),
    Case("dif Lord: 2 × 500, impact 0.7", alarms("lord", (500, 500), impact=0.7), 50),
    Case("dif likelihood ratio: 2 × 300, impact 0.7", alarms("likelihood_ratio", (300, 300), impact=0.7), 50),
    Case(
        "dif, whole analysis: 2 × 300, impact 0.7",
        family((300, 300), impact=0.7),
        200,
        "Holm's adjustment, and size counts too",
    ),
    Case("dif, whole analysis: 12 groups of 40", family((40,) * 12), 100, "Holm's adjustment, and size counts too"),
    Case("delta: 2 × 150, lean 0 and 0.6", delta((150, 150), 0.6), 500),
    Case("delta: 400 + 60, lean 0.6, impact 0.7", delta((400, 60), 0.6, impact=0.7), 500),
    Case("delta of graded items: 2 × 300, impact 0.5", delta((300, 300), 0.0, graded=True, impact=0.5), 300),
    Case("delta of logistic: 2 × 300, lean 0.6", delta((300, 300), 0.6, "logistic"), 300),
    Case("dif_effects, pass rate: 2 × 300, lean 0.8", moved((300, 300), 0.8), 300),
    Case("dif_effects, pass rate: 400 + 80, lean 0.8, impact 0.5", moved((400, 80), 0.8, impact=0.5), 300),
]
