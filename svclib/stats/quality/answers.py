"""Answers as the indices of quality need them: respondents × items, and items in scales or matrices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.marks import _
from svclib.stats.samples import groups

LARGEST = 1e6
"""No answer on a scale is larger; squares of much larger numbers lose their digits."""


@dataclass(frozen=True)
class Answers:
    """Numeric answers.

    Attributes
    ----------
    names : tuple of str
    values : (rows, items) float
        NaN where there is no answer.
    index : Index
        That of the frame.
    """

    names: tuple[str, ...]
    values: Floats
    index: pd.Index

    @property
    def given(self) -> Bools:
        """Where there is an answer."""
        return ~np.isnan(self.values)

    @property
    def count(self) -> Floats:
        """Answers a respondent."""
        return self.given.sum(axis=1).astype(float)


def item_names(data: pd.DataFrame, items: str | Sequence[str], *, least: int = 1) -> list[str]:
    """Give the items' names, checked: there, each once, at least `least`."""
    names = names_of(items)
    check_columns(check_frame(data), names)
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise InvalidInput(_('The item "{column}" is named twice; name each once.'), column=repeated[0])
    if len(names) < least:
        raise InvalidInput(
            _("{given} items are named and at least {least} are needed; name more."), given=len(names), least=least
        )
    return names


def read_answers(data: pd.DataFrame, items: str | Sequence[str], *, least: int = 2) -> Answers:
    """Read items as numbers.

    Raises
    ------
    InvalidInput
        Naming the item that is absent, named twice, or holds what is no number; or if there is no row.
    """
    names = item_names(data, items, least=least)
    if not len(data):
        raise InvalidInput(_("The frame has no rows: there are no answers to judge."))
    check_index(data)
    values = np.column_stack([numbers(data, name) for name in names])
    for name, column in zip(names, values.T, strict=True):
        if (np.abs(column) > LARGEST).any():
            raise InvalidInput(
                _('The item "{column}" holds a number beyond a million, which is no answer on a scale; mend it.'),
                column=name,
            )
    return Answers(tuple(names), values, data.index)


def check_index(data: pd.DataFrame) -> None:
    """Raise `InvalidInput` unless every row has a name of its own: flags are found again by it."""
    if not data.index.is_unique:
        twice = data.index[data.index.duplicated()][0]
        raise InvalidInput(
            _("The row {row} is there twice in the index; give each response one id (reset_index)."), row=str(twice)
        )


def read_codes(data: pd.DataFrame, items: Sequence[str]) -> Ints:
    """Read columns of any kind as codes, rows × items; -1 where there is no answer."""
    return np.column_stack([_codes(data[name], name) for name in items]).astype(np.int64)


def _codes(series: pd.Series, name: str) -> Ints:
    try:
        return np.asarray(pd.factorize(series)[0], dtype=np.int64)
    except TypeError:
        raise InvalidInput(
            _('The column "{column}" holds lists or the like, which cannot be compared; choose one value a row.'),
            column=name,
        ) from None


def is_rating(series: pd.Series) -> bool:
    """Say whether a column holds numbers, not categories or booleans."""
    kind = series.dtype
    return bool(pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind))


def groups_of_items(groups: Mapping[str, Sequence[str]] | None, names: Sequence[str], role: str) -> dict[str, Ints]:
    """Give the positions of the items of each scale or matrix.

    Raises
    ------
    InvalidInput
        If an item is not among `names`, or a group has fewer than two.
    """
    if groups is None:
        return {}
    if not isinstance(groups, Mapping):
        raise InvalidInput(
            _("{role} must be a dict from a name to its items, not {kind}."), role=role, kind=type(groups).__name__
        )
    place = {name: position for position, name in enumerate(names)}
    for group, members in groups.items():
        strangers = [one for one in members if one not in place]
        if strangers:
            raise InvalidInput(
                _('The item "{item}" of "{group}" is not among the items; add it to them or leave it out.'),
                item=str(strangers[0]),
                group=str(group),
            )
        if len(members) < 2:
            raise InvalidInput(_('"{group}" needs at least two items.'), group=str(group))
    return {str(group): np.array([place[one] for one in members]) for group, members in groups.items()}


def read_units(data: pd.DataFrame, by: str | Sequence[str], taken: Iterable[str] = ()) -> tuple[Ints, pd.DataFrame]:
    """Number the units of `by`; rows without one get -1, and units without rows are left out.

    Raises
    ------
    InvalidInput
        If `by` names no column, an absent one, one of lists, one that is empty, or one that is `taken` by the result.
    """
    names = names_of(by)
    if not names:
        raise InvalidInput(_("by names no column; name the column of the units, such as branch."))
    check_columns(check_frame(data), names)
    check_taken(names, taken)
    there = data[names].notna().all(axis=1).to_numpy()
    try:
        code, keys = groups(data, names)
    except TypeError:
        raise InvalidInput(
            _('The column "{column}" holds lists or the like and cannot be grouped by; choose one value a row.'),
            column=", ".join(names),
        ) from None
    used, unit = np.unique(code[there], return_inverse=True)
    if not len(used):
        raise InvalidInput(
            _('The column "{column}" names no unit in any row; choose another one.'), column=", ".join(names)
        )
    out = np.full(len(data), -1, dtype=np.int64)
    out[there] = unit
    return out, keys.iloc[used].reset_index(drop=True)


def check_taken(names: Sequence[str], taken: Iterable[str]) -> None:
    """Raise `InvalidInput` for the first name that the result has a column of."""
    clash = [name for name in names if name in set(taken)]
    if clash:
        raise InvalidInput(
            _('The column "{column}" cannot be grouped by: the result has a column of that name; rename it.'),
            column=clash[0],
        )


def check_rate(rate: float, name: str = "rate") -> float:
    """Return `rate` if it can be a rate of false alarms."""
    if not 0 < rate <= 0.5:
        raise InvalidInput(_("{name} is {rate}; give a share above 0 and up to 0.5, such as 0.01."), name=name,
                           rate=rate)  # fmt: skip
    return rate


def check_draws(draws: int, least: int = 100, most: int = 1_000_000) -> int:
    """Return `draws` if it can be a number of simulated cases."""
    if not least <= draws <= most:
        raise InvalidInput(
            _("draws is {draws}; give a whole number from {least} to {most}."), draws=draws, least=least, most=most
        )
    return int(draws)


def nullable(values: Bools, told: Bools, index: pd.Index) -> pd.Series:
    """Make a nullable boolean column, missing where nothing can be told."""
    return pd.Series(pd.arrays.BooleanArray(values.astype(bool), ~told.astype(bool)), index=index)
