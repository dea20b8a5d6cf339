"""Coverage of ability intervals, and of the tests that items, pairs, candidates and one ability fit.

A test is put as an interval: it holds where its p value is 0.05 or more, so that 0.95 is the rate to have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.coverage import Case
from svclib import stats
from svclib.stats.item_response.fit import irt
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.item_response.person_chance import draw_codes

Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]

_ADAPTED = "the parameters bend to the answers they are tested with, which leaves less misfit than the df allow for"
_SHRUNK = "the prior draws estimates to where most abilities are, and errors do not grow as fast outside"


def known(random: np.random.Generator, items: int, model: str = "2pl") -> ItemParameters:
    """Items of usual discrimination, spread over the scale."""
    frame = pd.DataFrame({"item": [f"q{one:02}" for one in range(items)], "model": model})
    frame["a"] = 1.0 if model in ("rasch", "pcm") else random.lognormal(0.1, 0.3, items)
    middle = random.normal(0, 1, items)
    if model in ("grm", "gpcm", "pcm"):
        for step in range(3):
            frame[f"b{step + 1}"] = middle + (step - 1) * 0.9
    else:
        frame["b"] = middle
    if model == "3pl":
        frame["c"] = 0.2
    return items_of(frame)


def answers(items: ItemParameters, theta: np.ndarray, random: np.random.Generator) -> pd.DataFrame:
    """Answers of candidates with these abilities."""
    return pd.DataFrame(draw_codes(items, theta, random), columns=list(items.names))


def ability(items: int, method: str, model: str = "2pl", n: int = 200) -> Draw:
    """Abilities of candidates from a normal population, by known items."""

    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        test, theta = known(random, items, model), random.normal(size=n)
        found = stats.abilities(answers(test, theta, random), test, method)
        return found["low"], found["high"], theta

    return draw


def _held(p_values: Any) -> tuple[Any, Any, Any]:
    told = np.asarray(p_values, dtype=float)
    return np.where(np.isnan(told), np.nan, 0.05), np.ones(len(told)), np.nan_to_num(told)


def calibrated(n: int, items: int, model: str, verb: str, column: str = "p_value", **options: Any) -> Draw:
    """Diagnostics of a fit that is true."""

    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        test = known(random, items, model)
        fit = irt(answers(test, random.normal(size=n), random), model, std_errors=None, fallback=False)
        found = getattr(fit, verb)(**options)
        table = found.frame if hasattr(found, "frame") else found
        if column.startswith("z_"):
            return np.full(len(table), -1.96), np.full(len(table), 1.96), table[column]
        return _held(table[column].dropna() if verb == "dimensionality" else table[column])

    return draw


def pattern(items: int, method: str, model: str = "2pl", n: int = 500) -> Draw:
    """Answer patterns of candidates who answer as the items promise."""

    def draw(random: np.random.Generator) -> tuple[Any, Any, Any]:
        test, theta = known(random, items, model), random.normal(size=n)
        fit = irt(answers(test, theta, random), model, std_errors=None, fallback=False)
        return _held(fit.person_fit(method=method, seed=int(random.integers(1 << 30)))["p_value"])

    return draw


CASES = [
    Case("abilities, eap: 20 items", ability(20, "eap"), runs=200),
    Case("abilities, eap: 6 items", ability(6, "eap"), runs=200),
    Case("abilities, map: 20 items", ability(20, "map"), runs=200),
    Case("abilities, ml: 20 items", ability(20, "ml"), runs=200),
    Case("abilities, wle: 20 items", ability(20, "wle"), runs=200),
    Case("abilities, wle: 40 items", ability(40, "wle"), runs=200),
    Case("abilities, sum: 20 items", ability(20, "sum"), runs=200),
    Case("abilities, eap: 20 items with guessing", ability(20, "eap", "3pl"), runs=200),
    Case("abilities, wle: 40 items with guessing", ability(40, "wle", "3pl"), runs=200),
    Case("abilities, wle: 10 graded items", ability(10, "wle", "grm"), runs=200),
    Case("item_fit, S-X²: Rasch, 500 × 20", calibrated(500, 20, "rasch", "item_fit"), runs=100),
    Case("item_fit, S-X²: 2PL, 1,000 × 20", calibrated(1000, 20, "2pl", "item_fit"), runs=100),
    Case("item_fit, S-X²: GRM, 1,000 × 10", calibrated(1000, 10, "grm", "item_fit"), runs=100),
    Case(
        "item_fit, infit: 2PL, 1,000 × 20", calibrated(1000, 20, "2pl", "item_fit", "z_infit"), runs=100,
        conservative=_ADAPTED,
    ),
    Case(
        "item_fit, outfit: 2PL, 1,000 × 20", calibrated(1000, 20, "2pl", "item_fit", "z_outfit"), runs=100,
        conservative=_ADAPTED,
    ),
    Case(
        "item_fit, infit: Rasch, 1,000 × 20", calibrated(1000, 20, "rasch", "item_fit", "z_infit"), runs=100,
        conservative=_ADAPTED,
    ),
    Case("local_dependence, Q3: 2PL, 1,000 × 15", calibrated(1000, 15, "2pl", "local_dependence"), runs=100),
    Case(
        "local_dependence, LD-X²: 2PL, 1,000 × 15", calibrated(1000, 15, "2pl", "local_dependence", "ld_p"), runs=100,
        conservative=_ADAPTED,
    ),
    Case(
        "dimensionality, M2: 2PL, 1,000 × 15", calibrated(1000, 15, "2pl", "dimensionality", parallel=False), runs=300
    ),
    Case(
        "dimensionality, C2: GRM, 1,000 × 8", calibrated(1000, 8, "grm", "dimensionality", parallel=False), runs=300
    ),
    Case("person_fit, lz* at eap: 20 items", pattern(20, "eap"), runs=100),
    Case("person_fit, lz* at wle: 20 items", pattern(20, "wle"), runs=100),
    Case("person_fit, lz* at ml: 40 items", pattern(40, "ml"), runs=60),
    Case("person_fit, lz* at eap: 10 graded items", pattern(10, "eap", "grm"), runs=60),
]  # fmt: skip
