"""Calibration of items beside R's mirt: seconds, log-likelihoods and memory; aim: 10 times as fast for 200,000 × 60."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib import stats


def answers(rows: int, items: int, categories: int = 2, seed: int = 20261126) -> pd.DataFrame:
    """Draw graded answers of known items."""
    rng = np.random.default_rng(seed)
    ability, slope = rng.normal(size=(rows, 1)), rng.lognormal(0, 0.3, items)
    steps = np.sort(rng.normal(0, 1.2, (items, categories - 1)), axis=1) + 0.15 * np.arange(categories - 1)
    luck, codes = rng.random((rows, items)), np.zeros((rows, items), dtype=np.int8)
    for step in range(categories - 1):
        codes += luck < 1 / (1 + np.exp(-slope * (ability - steps[:, step])))
    return pd.DataFrame(codes).add_prefix("q")


def _loglik(data: pd.DataFrame, model: str, errors: str | None) -> float:
    return stats.irt(data, model, std_errors=errors).loglik


def _peak(rows: int, items: int) -> float:
    """Largest memory (MB) of a process that calibrates."""
    script = (
        "import resource\nfrom benchmarks.calibration import answers\nfrom svclib import stats\n"
        f"stats.irt(answers({rows}, {items}), std_errors=None)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return float(told.stdout)


def main(full: bool = False) -> dict[str, float]:
    """Time the fits."""
    cases: dict[str, tuple[tuple[int, int, int], str, str | None]] = {
        "2pl 20,000 × 40": ((20_000, 40, 2), "2pl", None),
        "2pl 20,000 × 40 with errors": ((20_000, 40, 2), "2pl", "oakes"),
        "grm 20,000 × 30": ((20_000, 30, 5), "grm", None),
    }
    if full:
        cases["2pl 200,000 × 60"] = ((200_000, 60, 2), "2pl", None)
    found: dict[str, float] = {}
    for name, (size, model, errors) in cases.items():
        data = answers(*size)
        seconds, loglik = timed(partial(_loglik, data, model, errors), 3)
        found[f"{name}, s"] = seconds
        if has_r("mirt"):
            kind = "graded" if model == "grm" else "2PL"
            more = ", SE = TRUE, SE.type = 'Oakes'" if errors else ""
            call = f"mirt(data, 1, '{kind}', quadpts = 61, verbose = FALSE{more})"
            result = "extract.mirt(result, 'logLik')"
            theirs, told = in_r(data, call, packages=("mirt",), result=result, repeats=1)
            found[f"{name}, mirt, s"] = theirs
            found[f"{name}, times as fast"] = theirs / seconds
            found[f"{name}, log-likelihood above mirt's"] = loglik - float(told)
    for rows in (2_000, 20_000, 200_000, 500_000) if full else (2_000, 20_000):
        data = answers(rows, 60)
        found[f"2pl {rows:,} × 60, s"] = timed(partial(_loglik, data, "2pl", None), 1)[0]
        found[f"2pl {rows:,} × 60, MB"] = _peak(rows, 60)
    return found
