"""Means, totals and domains of a design with strata and clusters, beside R's survey; aim: 10 times as fast.

The domains of R's svyby are timed at a tenth of the rows too, because at full size it takes a minute or more. samplics
is timed where it is installed (it is archived; ``pip install samplics``).
"""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib.stats import Design

DOMAINS, CLUSTERS, STRATA = 100, 2000, 50
_SETUP = "design <- svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, data = data)"
_CALLS = {
    "mean": "svymean(~score, design)",
    "total": "svytotal(~score, design)",
    "domains": "svyby(~score, ~branch, design, svymean)",
}


def people(rows: int, seed: int = 20261125) -> pd.DataFrame:
    """Draw respondents in clusters of strata."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, CLUSTERS, rows)
    effect = rng.normal(0, 0.3, CLUSTERS)[cluster]
    return pd.DataFrame(
        {
            "cluster": cluster,
            "stratum": cluster % STRATA,
            "branch": pd.Categorical([f"b{code:03d}" for code in rng.integers(0, DOMAINS, rows)]),
            "weight": rng.uniform(0.5, 2, rows).round(3),
            "score": np.clip(np.round(rng.normal(3.9, 1, rows) + effect), 1, 5),
        }
    )


def ours(data: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Seconds and the first standard error of each call."""
    design = Design(data, weights="weight", strata="stratum", cluster="cluster")
    calls = {
        "mean": lambda: design.mean("score"),
        "total": lambda: design.total("score"),
        "domains": lambda: design.mean("score", by="branch"),
    }
    found = {name: timed(call) for name, call in calls.items()}
    return {name: (seconds, float(told.frame["std_error"][0])) for name, (seconds, told) in found.items()}


def beside(data: pd.DataFrame, names: list[str], label: str) -> dict[str, float]:
    """Time the calls here and in R, in one run."""
    mine, figures = ours(data), {}
    figures |= samplics(data, mine, label) if len(names) > 1 else {}
    for name in names:
        seconds, error = mine[name]
        figures[f"{name}, {label}: ms"] = 1000 * seconds
        if has_r("survey"):
            repeats = 1 if name == "domains" else 3
            theirs, told = in_r(
                data, _CALLS[name], packages=("survey",), setup=_SETUP, result="SE(result)[1]", repeats=repeats
            )
            figures[f"{name}, {label}: survey, ms"] = 1000 * theirs
            figures[f"{name}, {label}: times as fast"] = theirs / seconds
            if abs(told - error) > 1e-9 * error:
                raise AssertionError(f"{name}: {error} is not R's {told}")
    return figures


def samplics(data: pd.DataFrame, seconds: dict[str, tuple[float, float]], label: str) -> dict[str, float]:
    """Time samplics, where it is installed."""
    if not importlib.util.find_spec("samplics"):
        return {}
    warnings.simplefilter("ignore")
    from samplics.estimation import TaylorEstimator
    from samplics.utils.types import PopParam

    columns = {"y": data["score"], "samp_weight": data["weight"], "stratum": data["stratum"], "psu": data["cluster"]}
    calls = {"mean": PopParam.mean, "total": PopParam.total, "domains": PopParam.mean}
    figures = {}
    for name, parameter in calls.items():
        domain = {"domain": data["branch"].astype(str)} if name == "domains" else {}
        theirs, _found = timed(lambda p=parameter, d=domain: TaylorEstimator(p).estimate(**columns, **d), repeats=1)
        figures[f"{name}, {label}: samplics, ms"] = 1000 * theirs
        figures[f"{name}, {label}: times as fast as samplics"] = theirs / seconds[name][0]
    return figures


def main(full: bool = True) -> dict[str, float]:
    """Figures for a million rows (a hundred thousand when quick), of the domains for a tenth of them as well."""
    rows = 1_000_000 if full else 100_000
    data = people(rows)
    figures = beside(data, ["mean", "total", "domains"], f"{rows:,} rows")
    return figures | beside(data.head(rows // 10), ["domains"], f"{rows // 10:,} rows")
