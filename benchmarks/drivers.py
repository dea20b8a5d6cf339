"""Shapley shares of 12 drivers with 1,000 bootstraps, n = 5,000, beside R's relaimpo.

relaimpo is not in Debian; R finds it in the library that ``R_LIBS`` names. Its bootstrap is timed on fewer draws and
scaled, because each costs it the same.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib import stats

DRIVERS, ROWS, DRAWS = 12, 5_000, 1_000
NAMES = [f"x{number}" for number in range(1, DRIVERS + 1)]
CALL = "boot.relimp(y ~ ., data, b = {draws}, type = 'lmg', rank = FALSE, diff = FALSE, fixed = FALSE)"


def answers(rows: int = ROWS) -> pd.DataFrame:
    """Ratings that share a halo, and an outcome."""
    random = np.random.default_rng(20261125)
    felt = random.normal(size=(rows, DRIVERS)) + random.normal(size=(rows, 1))
    data = pd.DataFrame(np.clip(np.round(3.5 + felt), 1, 5), columns=NAMES)
    return data.assign(y=data[NAMES] @ np.linspace(1, 0, DRIVERS) + 3 * random.normal(size=rows))


def main(full: bool = True) -> dict[str, float]:
    """Time both on the same answers; the largest difference of the shares is told too."""
    data = answers()
    seconds, found = timed(lambda: stats.drivers(data, "y", NAMES, bootstraps=DRAWS), repeats=5 if full else 2)
    told = {"ours, s": seconds}
    if not has_r("relaimpo"):
        print("  R has no relaimpo: ours alone (see R_LIBS)", flush=True)
        return told
    draws = 50 if full else 10
    peer, shares = in_r(
        data,
        CALL.format(draws=draws),
        packages=("relaimpo",),
        result="as.list(calc.relimp(y ~ ., data, type = 'lmg')@lmg)",
        repeats=3 if full else 1,
    )
    scaled = peer * DRAWS / draws
    ours = found.frame.set_index("term")["estimate"]
    apart = float(max(abs(ours[name] / share - 1) for name, share in shares.items()))
    return told | {"relaimpo, s": scaled, "times faster": scaled / seconds, "differences in 1e-10": apart / 1e-10}


if __name__ == "__main__":
    for label, value in main().items():
        print(f"{label:24} {value:12,.3f}")
