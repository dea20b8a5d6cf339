"""Coverage of the intervals of links and equated scores: two forms of 40 items with 12 in common, small groups."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats
from svclib.demo.forms_pair import ANCHORS, calibrations
from svclib.stats.arrays import Floats
from svclib.stats.item_response.fit import irt
from svclib.stats.item_response.parameters import items_of
from svclib.stats.item_response.quadrature import grid, normal_weights
from svclib.stats.item_response.sums import sum_distribution

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]

_TOP = 40
_AT = [12, 20, 28]
_RANGE = {"new_range": (0, _TOP), "old_range": (0, _TOP)}
_MEAN, _SLOPE, _INTERCEPT = 0.25, 1.1, 0.25


@cache
def population() -> tuple[Floats, Floats]:
    """Chances of each pair of score and anchor score, of both groups on their forms."""
    new, old = calibrations(noise=0.0)
    theta = grid()
    return tuple(_pairs(form, theta, normal_weights(theta)) for form in (new, old))  # type: ignore[return-value]


def _pairs(form: pd.DataFrame, theta: Floats, weights: Floats) -> Floats:
    shared = form["item"].str.startswith("A")
    own, anchor = (sum_distribution(items_of(part), theta) for part in (form[~shared], form[shared]))
    out = np.zeros((_TOP + 1, ANCHORS + 1))
    for on_anchor in range(ANCHORS + 1):
        out[on_anchor : on_anchor + len(own), on_anchor] += (own * anchor[on_anchor]) @ weights
    return out


def sample(rng: np.random.Generator, shares: Floats, n: int) -> pd.DataFrame:
    """Draw candidates."""
    cell = rng.choice(shares.size, n, p=shares.ravel() / shares.sum())
    return pd.DataFrame({"score": cell // shares.shape[1], "anchor": cell % shares.shape[1]})


@cache
def _truth(method: str, anchored: bool) -> tuple[float, ...]:
    """What the method gives of the populations."""
    from svclib.stats.linking.lines import Setting
    from svclib.stats.linking.methods import Plan
    from svclib.stats.linking.samples import NO_ANCHOR, Sample, Scale

    anchor = Scale(0.0, ANCHORS, 1.0) if anchored else NO_ANCHOR
    groups = [shares if anchored else shares.sum(axis=1, keepdims=True) for shares in population()]
    new, old = (Sample(part * 1e9, Scale(0.0, _TOP, 1.0), anchor, 0) for part in groups)
    plan = Plan(method, new, old, Setting(0.5, True, (0, _TOP), (0, _TOP)))
    return tuple(plan.convert(new.shares, old.shares)[_AT])


def equated(method: str, n: int, *, anchored: bool = False, **options: Any) -> Draw:
    """Equated scores at 12, 20 and 28."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        new, old = (sample(rng, shares, n) for shares in population())
        more = {"anchor": "anchor", "anchor_range": (0, ANCHORS)} if anchored else {}
        seeded = {"seed": int(rng.integers(2**31))} if options.get("replications") else {}
        made = stats.equate(new, old, "score", method=method, **_RANGE, **more, **options, **seeded)  # type: ignore[arg-type]
        rows = made.frame.iloc[_AT]
        return rows["low"], rows["high"], list(_truth(method, anchored))

    return draw


def _noisy(rng: np.random.Generator, form: pd.DataFrame, error: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    labels = [f"{item}.{letter}" for letter in ("a", "b") for item in form["item"]]
    drawn = form.assign(**{letter: form[letter] + rng.normal(0, error, len(form)) for letter in ("a", "b")})
    return drawn, pd.DataFrame(np.eye(len(labels)) * error**2, labels, labels)


def linked(method: str, error: float) -> Draw:
    """Slope and intercept, calibrations with known errors."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        (new, first), (old, second) = (_noisy(rng, form, error) for form in calibrations(noise=0.0))
        rows = stats.link(new, old, method=method, vcov=(first, second)).frame
        return rows["low"], rows["high"], [_SLOPE, _INTERCEPT]

    return draw


def still(error: float) -> Draw:
    """Displacement of anchors that did not move, calibrations with known errors."""

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        (new, first), (old, second) = (_noisy(rng, form, error) for form in calibrations(noise=0.0))
        rows = stats.link(new, old, vcov=(first, second)).drift
        wide = 1.959964 * rows["std_error"]
        return rows["difference"] - wide, rows["difference"] + wide, np.zeros(len(rows))

    return draw


def _answers(rng: np.random.Generator, form: pd.DataFrame, n: int) -> pd.DataFrame:
    theta = rng.normal(size=(n, 1))
    chance = 1 / (1 + np.exp(-form["a"].to_numpy() * (theta - form["b"].to_numpy())))
    return pd.DataFrame((rng.random(chance.shape) < chance).astype(int), columns=list(form["item"]))


def calibrated(n: int) -> Draw:
    """Slope, intercept and true scores equated at 6, 10 and 14, forms of 20 items calibrated anew each time."""
    forms = [
        form[form["item"].str.startswith("A") | form["item"].str[1:].astype(int).le(8)]
        for form in calibrations(noise=0.0)
    ]
    exact = stats.link(*forms)
    truth = stats.equate(*forms, method="irt_true", link=exact).frame["equated"].iloc[[6, 10, 14]]

    def draw(rng: np.random.Generator) -> tuple[Any, Any, Any]:
        fits = [irt(_answers(rng, form, n), model="2pl") for form in forms]
        link = stats.link(*fits)
        rows = stats.equate(*fits, method="irt_true", link=link).frame.iloc[[6, 10, 14]]
        low, high = (np.concatenate([link.frame[name], rows[name]]) for name in ("low", "high"))
        return low, high, [_SLOPE, _INTERCEPT, *truth]

    return draw


_SMOOTH: dict[str, Any] = {"anchored": True, "smooth": (6, 6, 2)}

CASES = [
    Case("equate: linear, n = 2 × 100", equated("linear", 100)),
    Case("equate: circle arc, n = 2 × 50", equated("circle_arc", 50)),
    Case("equate: equipercentile, n = 2 × 500", equated("equipercentile", 500), runs=500),
    Case("equate: equipercentile smoothed (6), n = 2 × 200", equated("equipercentile", 200, smooth=6), runs=500),
    Case("equate: Tucker, n = 2 × 100", equated("tucker", 100, anchored=True)),
    Case("equate: Levine, n = 2 × 100", equated("levine", 100, anchored=True)),
    Case("equate: chained linear, n = 2 × 100", equated("chained_linear", 100, anchored=True)),
    Case("equate: Braun and Holland, n = 2 × 200", equated("braun_holland", 200, anchored=True), runs=500),
    Case("equate: frequency estimation smoothed, n = 2 × 300", equated("frequency", 300, **_SMOOTH), runs=300),
    Case(
        "equate: chained percentiles smoothed, n = 2 × 300", equated("chained_equipercentile", 300, **_SMOOTH), runs=300
    ),
    Case("equate: Tucker resampled, n = 2 × 100", equated("tucker", 100, anchored=True, replications=200), runs=300),
    Case("link: Stocking–Lord, known errors of 0.1", linked("stocking_lord", 0.1), runs=300),
    Case("anchor_drift: displacement, known errors of 0.1", still(0.1), runs=300),
    Case("link: mean-sigma, known errors of 0.1", linked("mean_sigma", 0.1), runs=500),
    Case("link and true scores: 20 items calibrated, n = 2 × 500", calibrated(500), runs=150),
]
