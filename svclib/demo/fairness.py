"""A made-up exam of city and county branches for trying out the comparison of groups: nobody took it.

There is something to find: county branches are somewhat weaker on the whole, which is no unfairness; two items are
harder for them than for equally able others, one is easier, and one separates the able from the weak less well.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

ITEMS = tuple(f"q{number:02d}" for number in range(1, 25))
HARDER, EASIER, BLUNT = {"q07": 0.9, "q18": 0.7}, {"q11": 0.8}, ("q20",)
"""Log odds that items are harder or easier for county branches; items that discriminate less there."""
BRANCHES = 40
_WEAKER = 0.35


def exam(n: int = 1600, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make scores of synthetic candidates, and who they are.

    Parameters
    ----------
    n : int
        Candidates.
    seed : int

    Returns
    -------
    scores : DataFrame
        Candidates × 24 items, 0 or 1.
    people : DataFrame
        ``kind`` (city or county) and ``branch``; some branches have one candidate only.

    Examples
    --------
    >>> scores, people = exam(300)
    >>> scores.shape, sorted(people["kind"].unique())
    ((300, 24), ['city', 'county'])
    """
    rng = np.random.default_rng(seed)
    share = rng.gamma(1.2, 1.0, BRANCHES)
    branch = rng.choice(BRANCHES, n, p=share / share.sum())
    county = branch % 5 < 2
    able = rng.normal(size=n) - _WEAKER * county
    slope, hard = np.exp(rng.normal(0.1, 0.25, len(ITEMS))), rng.normal(-0.3, 0.9, len(ITEMS))
    logit = slope * (able[:, None] - hard)
    for at, name in enumerate(ITEMS):
        logit[county, at] -= HARDER.get(name, 0.0) - EASIER.get(name, 0.0)
        if name in BLUNT:
            logit[county, at] *= 0.35
    right = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    index = pd.Index([f"c{number:04d}" for number in range(1, n + 1)], name="candidate")
    people = pd.DataFrame({"kind": np.where(county, "county", "city")}, index=index)
    people["branch"] = [f"b{one + 1:02d}" for one in branch]
    return pd.DataFrame(right.astype(int), columns=list(ITEMS), index=index), people
