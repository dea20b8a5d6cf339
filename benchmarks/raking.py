"""Raking to six margins, and calibration to the same, beside R's survey; aim: 10 times as fast.

R is told to rake until the margins hold to 1e-10 of the population, as ours do; samplics is timed where it is
installed (it is archived).
"""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib.stats import Design

MARGINS = {"region": 3, "segment": 4, "age": 5, "channel": 6, "period": 7, "product": 8}
_POPULATION = 2_000_000.0


def people(rows: int, seed: int = 20261125) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Draw respondents and the margins of a population in other shares."""
    rng = np.random.default_rng(seed)
    data, margins = {"weight": rng.uniform(5, 40, rows).round(2)}, {}
    for name, size in MARGINS.items():
        labels = [f"{name}{code}" for code in range(size)]
        data[name] = pd.Categorical.from_codes(rng.choice(size, rows, p=rng.dirichlet(np.full(size, 20))), labels)
        margins[name] = dict(zip(labels, _POPULATION * rng.dirichlet(np.full(size, 20)), strict=True))
    return pd.DataFrame(data), margins


def _setup(margins: dict[str, dict[str, float]]) -> str:
    return "\n".join(
        [
            "design <- svydesign(id = ~1, weights = ~weight, data = data)",
            f"margins <- list({', '.join(f'~{name}' for name in margins)})",
            f"population <- list({', '.join(_table(name, known) for name, known in margins.items())})",
        ]
    )


def _table(name: str, known: dict[str, float]) -> str:
    labels, counts = (", ".join(repr(one) for one in part) for part in (known, map(float, known.values())))
    return f"data.frame({name} = c({labels}), Freq = c({counts}))"


def main(full: bool = True) -> dict[str, float]:
    """Figures for 100,000 rows (20,000 when quick)."""
    rows = 100_000 if full else 20_000
    data, margins = people(rows)
    design = Design(data, weights="weight")
    seconds, raked = timed(lambda: design.rake(margins))
    calibrated, _found = timed(lambda: design.calibrate(margins, method="raking"))
    figures = {"rake: ms": 1000 * seconds, "calibrate: ms": 1000 * calibrated}
    if has_r("survey"):
        control = "list(maxit = 100, epsilon = 1e-10, verbose = FALSE)"
        call = f"rake(design, margins, population, control = {control})"
        theirs, weight = in_r(data, call, packages=("survey",), setup=_setup(margins), result="weights(result)[1]")
        figures["rake: survey, ms"] = 1000 * theirs
        figures["rake: times as fast"] = theirs / seconds
        if abs(weight - raked.row_weights[0]) > 1e-6 * weight:
            raise AssertionError(f"{raked.row_weights[0]} is not R's {weight}")
    if importlib.util.find_spec("samplics"):
        figures |= _samplics(data, margins, seconds)
    return figures


def _samplics(data: pd.DataFrame, margins: dict[str, dict[str, float]], seconds: float) -> dict[str, float]:
    warnings.simplefilter("ignore")
    from samplics.weighting import SampleWeight

    columns = {name: data[name].astype(str).to_numpy() for name in margins}

    def rake() -> object:
        return SampleWeight().rake(
            data["weight"].to_numpy(), margins=columns, control=margins, tol=1e-10, ctrl_tol=1e-10, max_iter=200
        )

    theirs, _found = timed(rake, repeats=3)
    return {"rake: samplics, ms": 1000 * theirs, "rake: times as fast as samplics": theirs / seconds}
