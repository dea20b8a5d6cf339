"""Estimates of one's own with and without flagged rows, by the delete-a-group jackknife (Kott 2001)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.design.survey import Design
from svclib.stats.design.values import Data, frame_of
from svclib.stats.estimate import Note, cell_notes, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _
from svclib.stats.samples import groups

GROUPS = 60
NO_NUMBER = _("the function gave no number for these rows")


@dataclass(frozen=True)
class Own:
    """A function of a frame, and the rows that are flagged."""

    name: str
    function: Callable[[pd.DataFrame], float]
    flag: Bools
    seed: int


def own_estimates(own: Own, data: Data, by: list[str], level: float, min_n: int) -> pd.DataFrame:
    """Give all, without and difference, group by group."""
    if not callable(own.function):
        raise InvalidInput(_('The estimate "{name}" is no function of a frame.'), name=own.name)
    frame = frame_of(data)
    code, keys = groups(frame, by)
    part = _parts(data, own.seed)
    inside = data.sampling.inside if isinstance(data, Design) else np.ones(len(frame), dtype=np.bool_)
    blocks = [_block(own, frame, (code == one) & inside, part, level, min_n) for one in range(len(keys))]
    joined = pd.concat(blocks, ignore_index=True)
    where = keys.loc[np.repeat(np.arange(len(keys)), 3)].reset_index(drop=True)
    return pd.concat([where, joined], axis=1) if by else joined


def _parts(data: Data, seed: int) -> Ints:
    """Deal the rows, or the clusters of a design, into parts at random."""
    unit = data.sampling.stages[0].unit if isinstance(data, Design) else np.arange(len(data))
    number = int(unit.max()) + 1 if len(unit) else 0
    dealt = np.random.default_rng(seed).permutation(number) % GROUPS
    return np.asarray(dealt[unit], dtype=np.int64)


def _block(own: Own, frame: pd.DataFrame, rows: Bools, part: Ints, level: float, min_n: int) -> pd.DataFrame:
    used = np.unique(part[rows])
    whole, kept = _value(own, frame, rows), _value(own, frame, rows & ~own.flag)
    left = np.array([
        [_value(own, frame, rows & (part != one)), _value(own, frame, rows & ~own.flag & (part != one))]
        for one in used
    ]).reshape(-1, 2)  # fmt: skip
    estimate = np.array([whole, kept, kept - whole])
    error = _jackknife(np.column_stack([left, left[:, 1] - left[:, 0]]))
    n = np.array([rows.sum(), (rows & ~own.flag).sum(), (rows & own.flag).sum()], dtype=float)
    df = np.full(3, float(len(used) - 1))
    low, high = t_interval(estimate, error, df, level)
    silent = np.isnan(estimate) | np.isnan(error)
    return estimates(
        pd.DataFrame({"measure": ["own"] * 3, "rows": ["all", "without", "difference"]}),
        term=own.name, estimate=estimate, std_error=error, low=low, high=high, n=n, level=level, df=df,
        method="delete-a-group jackknife", note=_notes(n, silent, min_n),
    )  # fmt: skip


def _jackknife(left: Floats) -> Floats:
    """Errors from the estimates without each part in turn: (G - 1) / G Σ (θ_g - θ̄)²."""
    parts = len(left)
    if parts < 2:
        return np.full(3, np.nan)
    return np.asarray(np.sqrt((parts - 1) / parts * ((left - left.mean(axis=0)) ** 2).sum(axis=0)))


def _value(own: Own, frame: pd.DataFrame, rows: Bools) -> float:
    if not rows.any():
        return float("nan")
    try:
        return float(own.function(frame[rows]))
    except (TypeError, ValueError):
        raise InvalidInput(
            _('The estimate "{name}" gives no single number; return one, such as frame["overall"].mean().'),
            name=own.name,
        ) from None


def _notes(n: Floats, silent: Bools, min_n: int) -> list[str]:
    said = [str(note) for note in cell_notes(n[:2], min_n)]
    said.append("")
    return [note or (str(NO_NUMBER) if none else str(Note.NONE)) for note, none in zip(said, silent, strict=True)]
