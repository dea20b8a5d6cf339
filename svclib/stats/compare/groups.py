"""The groups to compare, and the one shape of a comparison.

A comparison is an estimate (see `svclib.stats.estimate`) behind the columns ``first`` and ``second``, the two groups
(missing when all groups are compared at once), and before ``statistic``, ``df2`` and ``p_value``, the test.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.estimate import MIN_MEAN, Note, estimates
from svclib.stats.marks import _
from svclib.stats.samples import groups

MAX_GROUPS = 100
"""Pairs of more groups (4,950 of them) nobody reads; a column of so many values is rarely one of groups."""


LARGEST = 1e100
"""Squares of larger numbers overflow; no answer is one."""


class CompareNote(StrEnum):
    """Why a comparison is empty or has no test."""

    TWO_GROUPS = _("needs at least two groups with answers")
    NO_SPREAD = _("no spread within the groups: chance cannot be judged")
    GROUP_OF_ONE = _("a group has a single answer: its spread cannot be told")
    GROUP_ALIKE = _("in a group all answers are equal: it cannot be weighted by its spread")
    THREE_UNITS = _("needs at least three units with answers")
    TWO_VALUES = _("needs at least two values with answers in the rows and in the columns")
    SMALL_EXPECTED = _("small expected counts: rely on Fisher's exact test or join values")
    NOT_COMPARED = _("too few answers to compare with the other columns")
    NO_INTERVAL = _("too few answers or too extreme an effect: its interval cannot be told")


@dataclass(frozen=True)
class Groups:
    """Answers to one question in groups that have any; `labels` in order of the column."""

    labels: list[Any]
    values: list[Floats]

    @property
    def n(self) -> Floats:
        """Answers a group."""
        return np.array([len(values) for values in self.values], dtype=float)

    @property
    def means(self) -> Floats:
        """Mean a group."""
        return np.array([values.mean() for values in self.values])

    @property
    def variances(self) -> Floats:
        """Variance a group: exactly 0 where all are equal, NaN of a single answer."""
        return np.array([variance(values) for values in self.values])

    @property
    def spread(self) -> bool:
        """Whether any group has answers that differ."""
        return any((values != values[0]).any() for values in self.values)

    def pairs(self) -> list[Groups]:
        """Every two groups, each pair in order."""
        if len(self.labels) > MAX_GROUPS:
            raise InvalidInput(
                _("There are {count} groups, too many to compare in pairs; join them to at most {most}."),
                count=len(self.labels),
                most=MAX_GROUPS,
            )
        joined = zip(self.labels, self.values, strict=True)
        return [Groups([a[0], b[0]], [a[1], b[1]]) for a, b in combinations(joined, 2)]


def variance(values: Floats) -> float:
    """Variance of one group's answers, told from the answers where they are equal, not from rounded differences."""
    if len(values) < 2:
        return np.nan
    return float(values.var(ddof=1)) if (values != values[0]).any() else 0.0


def read_groups(data: pd.DataFrame, column: str, by: str) -> Groups:
    """Read `column` in the groups of `by`; rows without an answer or a group are left out, as are empty groups.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, holds no numbers, or cannot be grouped by.
    """
    values = numbers(check_frame(data), column)
    if (np.abs(values) > LARGEST).any():
        raise InvalidInput(
            _('The column "{column}" holds a number beyond 1e100; mend it or make it missing.'), column=column
        )
    group, keys = group_codes(data, by)
    kept = ~np.isnan(values) & data[by].notna().to_numpy()
    used = [code for code in range(len(keys)) if (kept & (group == code)).any()]
    return Groups([keys[by].iloc[code] for code in used], [values[kept & (group == code)] for code in used])


def group_codes(data: pd.DataFrame, by: str) -> tuple[np.ndarray, pd.DataFrame]:
    """Number the groups of one column; see `svclib.stats.samples.groups`."""
    if not isinstance(by, str):
        raise InvalidInput(_("{value} names no single column; give the name of one, as text."), value=repr(by)[:60])
    check_columns(data, [by])
    try:
        return groups(data, [by])
    except TypeError:
        raise InvalidInput(
            _('The column "{column}" holds lists or the like and cannot be grouped by; choose one value a row.'),
            column=by,
        ) from None


@dataclass(frozen=True)
class Row:
    """One comparison; what is not given is missing."""

    term: str
    method: str
    n: float
    first: Any = None
    second: Any = None
    estimate: float = np.nan
    std_error: float = np.nan
    low: float = np.nan
    high: float = np.nan
    df: float = np.nan
    note: str = ""
    statistic: float = np.nan
    df2: float = np.nan
    p_value: float = np.nan


def comparisons(rows: list[Row], level: float) -> pd.DataFrame:
    """Put rows into the frame of a comparison."""
    frame = pd.DataFrame([asdict(row) for row in rows], columns=list(Row.__dataclass_fields__))
    keys = frame[["first", "second"]].astype(object)
    names = ("term", "estimate", "std_error", "low", "high", "n", "df", "method", "note")
    columns: dict[str, Any] = {name: frame[name].to_numpy() for name in names}
    out = estimates(keys, level=level, **columns)
    return out.assign(**{name: frame[name].to_numpy(dtype=float) for name in ("statistic", "df2", "p_value")})


def named(row: Row, pair: Groups) -> Row:
    """Say which two groups a row compares, and note when one of them is too small to publish."""
    note = row.note or small_note(pair)
    return replace(row, first=pair.labels[0], second=pair.labels[1], note=str(note))


def small_note(answers: Groups) -> str:
    """Note groups of so few answers that their comparison tells of persons."""
    return Note.TOO_FEW.value if answers.n.min() < MIN_MEAN else ""
