"""A pool of items: calibrated or classical, with the attributes that blueprints speak of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, Objects
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.item_response.curves import expected, information
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.marks import _

NEVER_NEGATIVE = ("seconds", "minutes", "time", "words", "characters", "uses")
"""Columns in which a negative number is a slip, by a part of their name."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Items to choose from.

    Attributes
    ----------
    names : tuple of str
        J items.
    parameters : ItemParameters or None
        None where the items are known by classical statistics only.
    frame : DataFrame
        Attributes, one row an item.
    """

    names: tuple[str, ...]
    parameters: ItemParameters | None
    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.names)

    def numbers(self, column: str) -> Floats:
        """Read a column that has a number for each item."""
        values = numbers(self.frame, column)
        lost = np.flatnonzero(np.isnan(values))
        if len(lost):
            raise InvalidInput(
                _('The item "{item}" has no value of "{column}"; fill it or leave the item out.'),
                item=self.names[lost[0]],
                column=column,
            )
        if (values < 0).any() and any(part in column.lower() for part in NEVER_NEGATIVE):
            raise InvalidInput(
                _('The item "{item}" has a negative "{column}"; mend it.'),
                item=self.names[int(np.argmin(values))],
                column=column,
            )
        return values

    def labels(self, column: str) -> Objects:
        """Read a column of labels; missing ones are None."""
        check_columns(self.frame, [column])
        values = self.frame[column]
        return np.array([None if pd.isna(one) or one == "" else str(one) for one in values], dtype=object)

    def members(self, column: str, label: Any) -> Bools:
        """Say which items carry `label` in `column`; a label that no item carries raises `InvalidInput`."""
        values = self.labels(column)
        if str(label) not in values:
            known = sorted({one for one in values if one is not None})
            raise InvalidInput(
                _('No item has "{label}" in the column "{column}"; it has {known}.'),
                label=label,
                column=column,
                known=", ".join(get_close_matches(str(label), known, n=3) or known[:8]) or "-",
            )
        return np.asarray(values == str(label))

    def places(self, names: Any) -> Ints:
        """Give the rows of the items called `names`."""
        where = {name: at for at, name in enumerate(self.names)}
        for name in [names] if isinstance(names, str) else names:
            if str(name) not in where:
                raise InvalidInput(
                    _('There is no item "{item}" in the pool; the nearest is "{known}".'),
                    item=name,
                    known=(get_close_matches(str(name), self.names, n=1, cutoff=0) or ["-"])[0],
                )
        return np.array([where[str(name)] for name in ([names] if isinstance(names, str) else names)], dtype=int)

    def calibrated(self) -> ItemParameters:
        """Give the parameters; without them `InvalidInput`."""
        if self.parameters is None:
            raise InvalidInput(
                _('The items have no parameters ("a" and "b"); calibrate them or use classical columns instead.')
            )
        return self.parameters

    def measure(self, what: Any, *, score: bool = False) -> Floats:
        """Give what each item adds: information at an ability, expected score there, or the numbers of a column."""
        if isinstance(what, str):
            return self.numbers(what)
        theta = np.array([_finite(what)])
        curve = expected if score else information
        return np.asarray(curve(self.calibrated(), theta)[:, 0])

    def name_of(self, column: str | None, *choices: str) -> str:
        """Give `column`, or the first of `choices` that the pool has."""
        if column is not None:
            return column
        return next((one for one in choices if one in self.frame.columns), choices[0])


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not np.isfinite(value):
        raise InvalidInput(_("{value} is no ability; give a number such as 0.5, or the name of a column."), value=value)
    return float(value)


def as_number(value: Any, what: Any) -> float:
    """Read a number; anything else raises `InvalidInput`.

    >>> as_number("0.5", "share")
    0.5
    """
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InvalidInput(_('"{what}" is {value}, which is no number.'), what=what, value=repr(value)[:60]) from None


def read_pool(items: Any) -> Pool:
    """Read a pool from a frame (``item``, parameters or classical statistics, attributes), a fit or `ItemParameters`.

    Raises
    ------
    InvalidInput
        If there is no item, one is there twice, or parameters are impossible.

    Examples
    --------
    >>> frame = pd.DataFrame({"item": ["q1", "q2"], "a": [1.0, 2.0], "b": [0.0, 1.0], "topic": ["kyc", "aml"]})
    >>> read_pool(frame).measure(0.0).round(3).tolist()
    [0.25, 0.42]
    """
    if isinstance(items, Pool):
        return items
    if not isinstance(items, pd.DataFrame):
        parameters = items_of(items)
        return Pool(parameters.names, parameters, parameters.frame())
    frame = check_frame(items).reset_index(drop=True)
    check_columns(frame, ["item"])
    if not len(frame):
        raise InvalidInput(_("The pool has no items; give one row an item."))
    if "a" in frame.columns:
        parameters = items_of(frame)
        return Pool(parameters.names, parameters, frame)
    names = tuple(str(name) for name in frame["item"])
    twice = frame["item"].astype(str)[frame["item"].astype(str).duplicated()]
    if len(twice):
        raise InvalidInput(_('The item "{item}" is there twice; keep one row an item.'), item=twice.iloc[0])
    return Pool(names, None, frame)


def read_bounds(value: Any, what: Any) -> tuple[float, float]:
    """Read ``5`` (exactly), ``(3, 8)`` or with None for an open end.

    >>> read_bounds(5, "content"), read_bounds((None, 900), "seconds")
    ((5.0, 5.0), (-inf, 900.0))
    """
    ends = value if isinstance(value, tuple | list) else (value, value)
    if len(ends) != 2 or isinstance(value, Mapping) or any(isinstance(one, str) for one in ends):
        raise InvalidInput(
            _('The bounds of "{what}" are {value}; give a number, or (least, most) with None for an open end.'),
            what=what,
            value=repr(value)[:60],
        )
    low, high = (
        default if end is None else as_number(end, what) for end, default in zip(ends, (-np.inf, np.inf), strict=True)
    )
    if np.isnan(low) or np.isnan(high) or low > high:
        raise InvalidInput(
            _('The bounds of "{what}" are {value}: the least is above the most; change them over.'),
            what=what,
            value=repr(value)[:60],
        )
    return low, high
