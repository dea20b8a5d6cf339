"""A panel of judges: what its ratings vary with, and how far its mean can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from svclib.stats.arrays import Floats

_TURNS, _CLOSE = 200, 1e-12


@dataclass(frozen=True)
class Components:
    """Variance of points per item between judges and between items, and of the rest.

    Attributes
    ----------
    judge, item, rest : float
        Estimates by mean squares; those below 0 are set to 0.
    ms_judge, ms_item, ms_rest : float
    judges, items : int
    """

    judge: float
    item: float
    rest: float
    ms_judge: float
    ms_item: float
    ms_rest: float
    judges: int
    items: int

    @property
    def single(self) -> float:
        """Agreement of single ratings, ICC(2,1): share of the variance that lies between items."""
        whole = self.item + self.judge + self.rest
        top = self.ms_item - self.ms_rest
        below = (
            self.ms_item + (self.judges - 1) * self.ms_rest + self.judges / self.items * (self.ms_judge - self.ms_rest)
        )
        return top / below if whole > 0 and below > 0 else float("nan")

    @property
    def mean(self) -> float:
        """Agreement of the panel's mean, ICC(2,k): the generalizability coefficient Φ of the items' means."""
        below = self.ms_item + (self.ms_judge - self.ms_rest) / self.items
        return (self.ms_item - self.ms_rest) / below if below > 0 else float("nan")

    @property
    def consistency(self) -> float:
        """Consistency of the panel's mean, ICC(3,k): coefficient alpha of the judges."""
        return 1 - self.ms_rest / self.ms_item if self.ms_item > 0 else float("nan")

    @property
    def error(self) -> float:
        """Standard error of the mean rating, judges and items random."""
        squares = self.judge / self.judges + self.item / self.items + self.rest / (self.judges * self.items)
        return float(np.sqrt(squares))

    @property
    def df(self) -> float:
        """Degrees of freedom of `error` (Satterthwaite)."""
        j, i = self.judges, self.items
        parts = ((self.ms_judge / (j * i), j - 1), (self.ms_item / (j * i), i - 1))
        last = self.ms_rest / (j * i)
        below = sum(part**2 / df for part, df in parts) + last**2 / ((j - 1) * (i - 1))
        return float(self.error**4 / below) if below > 0 else float("nan")


def components(values: Floats) -> Components:
    """Split complete judges × items (two or more of each) by a random two-way analysis of variance."""
    j, i = values.shape
    grand, rows, columns = values.mean(), values.mean(axis=1), values.mean(axis=0)
    rest = values - rows[:, None] - columns[None, :] + grand
    ms_judge = i * float(((rows - grand) ** 2).sum()) / (j - 1)
    ms_item = j * float(((columns - grand) ** 2).sum()) / (i - 1)
    ms_rest = float((rest**2).sum()) / ((j - 1) * (i - 1))
    return Components(
        max((ms_judge - ms_rest) / i, 0.0), max((ms_item - ms_rest) / j, 0.0), ms_rest, ms_judge, ms_item, ms_rest, j, i
    )  # fmt: skip


def completed(values: Floats) -> Floats:
    """Fill the ratings a judge did not give by judge + item effects (least squares over those given)."""
    there = ~np.isnan(values)
    if there.all():
        return values
    filled = np.where(there, values, np.nanmean(values))
    for _turn in range(_TURNS):
        fit = filled.mean(axis=1)[:, None] + filled.mean(axis=0)[None, :] - filled.mean()
        moved = np.where(there, values, fit)
        if np.abs(moved - filled).max() < _CLOSE:
            break
        filled = moved
    return np.clip(filled, 0, None)


def t_limits(estimate: float, error: float, df: float, level: float) -> tuple[float, float]:
    """Give estimate ± t · error; NaN without degrees of freedom."""
    if not df > 0 or not np.isfinite(error):
        return float("nan"), float("nan")
    reach = float(stdtrit(df, (1 + level) / 2)) * error
    return estimate - reach, estimate + reach
