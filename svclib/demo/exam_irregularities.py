"""A made-up exam with things to find: nobody sat it, nobody copied, nothing got out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

SOURCE, COPIERS, KNOWN = "c0010", ("c0011", "c0012"), "q07"
"""Who is copied from, who copies, and the item that is known from half-way on."""


@dataclass(frozen=True, eq=False)
class MadeExam:
    """Options chosen, the key, scores and seconds of candidates × items, and who hurried."""

    choices: pd.DataFrame
    key: dict[str, str]
    scores: pd.DataFrame
    times: pd.DataFrame
    hurried: list[str]


def exam_irregularities(n: int = 300, items: int = 40, seed: int = 1, *, hurried: int = 8) -> MadeExam:
    """Draw honest candidates, then plant one source and two copiers, some hurried ones and one known item.

    Examples
    --------
    >>> made = exam_irregularities(100)
    >>> made.choices.shape, len(made.hurried)
    ((100, 40), 8)
    """
    rng = np.random.default_rng(seed)
    people, names = [f"c{one:04d}" for one in range(1, n + 1)], [f"q{one:02d}" for one in range(1, items + 1)]
    chance = 1 / (1 + np.exp(np.linspace(-2, 1.5, items) - rng.normal(size=(n, 1))))
    chance[n // 2 :, names.index(KNOWN)] = 0.98
    seconds = rng.lognormal(np.log(50) + rng.normal(0, 0.2, (n, 1)), 0.4, (n, items))
    quick = np.arange(n - hurried, n)
    chance[quick, items // 2 :], seconds[quick, items // 2 :] = 0.25, rng.uniform(1, 3, (hurried, items - items // 2))
    right = rng.random((n, items)) < chance
    chosen = np.where(right, "A", rng.choice(list("BCD"), (n, items), p=[0.5, 0.3, 0.2]))
    for copier in COPIERS:
        taken = rng.random(items) < 0.85
        chosen[people.index(copier), taken] = chosen[people.index(SOURCE), taken]
    choices = pd.DataFrame(chosen, index=people, columns=names)
    scores, times = (choices == "A").astype(float), pd.DataFrame(seconds, index=people, columns=names)
    return MadeExam(choices, dict.fromkeys(names, "A"), scores, times, [people[one] for one in quick])
