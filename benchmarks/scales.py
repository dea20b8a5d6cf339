"""Alpha and item statistics of 1,000,000 × 40 beside pingouin, and of 100,000 × 40 beside psych; aims: 5 and 50 times.

pingouin has no item statistics: its alpha is timed alone, and its alpha without each item as 41 calls on a tenth of the
rows. psych is timed on that tenth too, because more takes it minutes. Without a peer its figures are left out.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers import has_r, in_r, timed
from svclib import stats

ITEMS = 40
NAMES = [f"q{number}" for number in range(1, ITEMS + 1)]


def answers(rows: int, seed: int = 20261125) -> pd.DataFrame:
    """Draw five-point answers to items that share a factor."""
    random = np.random.default_rng(seed)
    service = random.normal(size=(rows, 1))
    values = np.clip(np.round(3.6 + 0.7 * service + 0.8 * random.normal(size=(rows, ITEMS))), 1, 5)
    return pd.DataFrame(values, columns=NAMES)


def pingouin() -> Any:
    """pingouin if it is installed."""
    return importlib.import_module("pingouin") if importlib.util.find_spec("pingouin") else None


def whole(data: pd.DataFrame) -> dict[str, float]:
    """Alpha of all rows, beside pingouin's."""
    figures, peer = {}, pingouin()
    seconds, row = timed(lambda: stats.alpha(data), repeats=7)
    feldt, _row = timed(lambda: stats.alpha(data, interval="feldt"), repeats=5)
    items, _table = timed(lambda: stats.scale_items(data), repeats=3)
    figures["alpha, ms"] = 1000 * seconds
    figures["alpha (Feldt's interval), ms"] = 1000 * feldt
    figures["all item statistics, ms"] = 1000 * items
    if peer is not None:
        theirs, told = timed(lambda: peer.cronbach_alpha(data), repeats=5)
        figures["pingouin's alpha, ms"] = 1000 * theirs
        figures["times as fast as pingouin"] = theirs / seconds
        agree("pingouin", told[0], row["estimate"].item())
    return figures


def tenth(data: pd.DataFrame) -> dict[str, float]:
    """Alpha and all item statistics of a tenth of the rows, beside psych's and pingouin's alphas without an item."""
    figures, peer = {}, pingouin()

    def both() -> tuple[pd.DataFrame, pd.DataFrame]:
        return stats.alpha(data), stats.scale_items(data)

    seconds, (row, table) = timed(both, repeats=5)
    figures["alpha and items, tenth, ms"] = 1000 * seconds
    if peer is not None:
        each, alphas = timed(
            lambda: [
                peer.cronbach_alpha(data)[0],
                *(peer.cronbach_alpha(data.drop(columns=name))[0] for name in NAMES),
            ],
            repeats=1,
        )
        figures["pingouin's 41 alphas, ms"] = 1000 * each
        figures["times as fast, 41 alphas"] = each / seconds
        agree("pingouin", alphas[1], table["alpha_if_deleted"][0])
    if has_r("psych"):
        call, told = (
            "alpha(data, warnings = FALSE, check.keys = FALSE)",
            "c(result$total$raw_alpha, result$item.stats$r.drop)",
        )
        theirs, values = in_r(data, call, packages=("psych",), result=told, repeats=1)
        figures["psych, tenth, ms"] = 1000 * theirs
        figures["times as fast as psych"] = theirs / seconds
        agree("psych", values[0], row["estimate"].item())
        agree("psych", values[1], table["item_rest"][0])
    return figures


def agree(peer: str, theirs: float, mine: float) -> None:
    """Refuse to compare the speed of unequal results."""
    if abs(theirs - mine) > 1e-10 * abs(mine):
        raise AssertionError(f"{peer}: {mine} is not {theirs}")


def main(full: bool = True) -> dict[str, float]:
    """Figures for a million rows (a hundred thousand when quick) and for a tenth of them."""
    rows = 1_000_000 if full else 100_000
    data = answers(rows)
    return whole(data) | tenth(data.head(rows // 10).copy())


if __name__ == "__main__":
    for label, value in main().items():
        print(f"{label:32} {value:12,.2f}")
