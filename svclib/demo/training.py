"""Made-up courses for trying out what training is worth: nobody was taught, nothing was learned.

There is something to find: weaker people were sent to the course more often, so that the bare comparison hides what
the course gives; it helps, in some branches twice as much as in others; seniority helps too.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

BRANCHES = 24
RELIABILITY = 0.8
"""Of the exam's scores."""
_EFFECT, _BETWEEN = 4.0, 2.0


def course(n: int = 900, seed: int = 1) -> pd.DataFrame:
    """Make synthetic staff with an exam before and after a course some of them took.

    Parameters
    ----------
    n : int
        How many people.
    seed : int

    Returns
    -------
    DataFrame
        ``branch, seniority`` (years), ``before, after`` (0–100), ``trained`` (took the course).

    Examples
    --------
    >>> course(300)["trained"].isin([True, False]).all()
    np.True_
    """
    rng = np.random.default_rng(seed)
    branch = rng.integers(0, BRANCHES, n)
    seniority = rng.gamma(2.0, 3.0, n).clip(0, 30)
    spread = 10.0
    ability = 62 + rng.normal(0, 3, BRANCHES)[branch] + 0.4 * (seniority - 6) + rng.normal(0, spread * 0.85, n)
    error = spread * np.sqrt(1 - RELIABILITY)
    before = ability + rng.normal(0, error, n)
    trained = rng.random(n) < 1 / (1 + np.exp((ability - 62) / 8))
    effect = (_EFFECT + rng.normal(0, _BETWEEN, BRANCHES))[branch]
    after = ability + 2 + effect * trained + rng.normal(0, error, n)
    return pd.DataFrame(
        {
            "branch": [f"b{number + 1:02d}" for number in branch],
            "seniority": seniority.round(1),
            "before": before.clip(0, 100).round(1),
            "after": after.clip(0, 100).round(1),
            "trained": trained,
        },
        index=pd.Index([f"s{number:04d}" for number in range(n)], name="person"),
    )
