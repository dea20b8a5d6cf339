"""What candidates chose, as small numbers: options by name, keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_frame
from svclib.stats.items.scores import Scores, read, same_rows
from svclib.stats.marks import _

OMITTED = "(omitted)"
"""Option of those who met the item and chose nothing."""


@dataclass(frozen=True, eq=False)
class Options:
    """One item's options and who chose which.

    Attributes
    ----------
    names : list of str
        The options chosen by anybody, and those of the key, in order.
    codes : array of int, shape (N,)
        Place of the option chosen; −1 where nothing was chosen.
    keys : frozenset of str
        The options that count as right; empty where nothing tells.
    """

    names: list[str]
    codes: Ints
    keys: frozenset[str]


@dataclass(frozen=True, eq=False)
class Chosen:
    """An exam's scores with the choices behind them.

    Attributes
    ----------
    exam : Scores
    choices : DataFrame
        In the rows of the exam; columns are items as text.
    key : dict
        Item → options that count as right; items without an entry are read off their scores.
    """

    exam: Scores
    choices: pd.DataFrame
    key: dict[str, frozenset[str]]

    @property
    def items(self) -> list[int]:
        """Places of the items that have choices."""
        return [at for at, name in enumerate(self.exam.names) if name in self.choices.columns]

    def options(self, item: int) -> Options:
        """Read the options of an item."""
        name = self.exam.names[item]
        labels, raw = _encode(self.choices[name])
        keys = self.key.get(name)
        if keys is None:
            keys = _credited(labels, raw, self.exam.values[item])
        else:
            _check_key(self.choices[name], name, keys)
        chosen = np.bincount(raw + 1, minlength=len(labels) + 1)[1:] > 0
        found = {option for option, there in zip(labels, chosen, strict=True) if there}
        names = sorted(found | keys, key=_order)
        place = {option: at for at, option in enumerate(names)}
        lookup = np.array([*(place.get(option, -1) for option in labels), -1], dtype=np.int64)
        return Options(names, lookup[raw], keys)


def read_choices(
    choices: pd.DataFrame,
    key: Mapping[str, Any] | pd.Series | None,
    scores: pd.DataFrame | None,
    states: pd.DataFrame | None,
) -> Chosen:
    """Read choices with their scores.

    Parameters and errors as of `svclib.stats.distractors`.
    """
    check_frame(choices)
    if key is None and scores is None:
        raise InvalidInput(_("Nothing says which option is right; give key= or scores=."))
    keys = {} if key is None else {str(item): _keys(options) for item, options in dict(key).items()}
    named = choices.set_axis([str(name) for name in choices.columns], axis=1)
    repeated = named.columns[named.columns.duplicated()]
    if len(repeated):
        raise InvalidInput(_('The column "{column}" is there twice; rename one of them.'), column=repeated[0])
    if scores is None:
        return Chosen(read(_scored(named, keys), states), named, keys)
    return Chosen(read(scores, states), same_rows(named, scores), keys)


def _keys(options: Any) -> frozenset[str]:
    if isinstance(options, str) or not isinstance(options, Iterable):
        options = [options]
    return frozenset(label(option) for option in options if not pd.isna(option))


def label(value: Any) -> str:
    """Name an option; whole numbers lose their decimal point.

    >>> label(2.0), label("b"), label(1.5)
    ('2', 'b', '1.5')
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _order(name: str) -> tuple[bool, float, str]:
    """Sort numbers by size, before text."""
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name


def _encode(column: pd.Series) -> tuple[list[str], Ints]:
    """Give the options' labels and the place of each candidate's among them; −1 where nothing was chosen."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [label(value) for value in column.cat.categories], column.cat.codes.to_numpy().astype(np.int64)
    codes, found = pd.factorize(column)
    return [label(value) for value in found], codes


def _credited(labels: list[str], codes: Ints, score: Floats) -> frozenset[str]:
    """Give the options that earned every chooser the whole score, else the one most full scores chose."""
    there = (codes >= 0) & ~np.isnan(score)
    chosen = np.bincount(codes[there], minlength=len(labels))
    full = np.bincount(codes[there & (score >= 1)], minlength=len(labels))
    always = [name for name, n, right in zip(labels, chosen, full, strict=True) if n and n == right]
    if always or not full.any():
        return frozenset(always)
    return frozenset([labels[int(full.argmax())]])


def _check_key(column: pd.Series, item: str, keys: frozenset[str]) -> None:
    """Raise `InvalidInput` for a key that is none of a categorical column's options."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return
    known = {label(value) for value in column.cat.categories}
    wrong = sorted(keys - known)
    if wrong and known:
        raise InvalidInput(
            _('The key "{key}" of the item "{item}" is none of its options ({known}); mend the key.'),
            key=wrong[0],
            item=item,
            known=", ".join(sorted(known, key=_order)[:12]),
        )


def _scored(choices: pd.DataFrame, keys: dict[str, frozenset[str]]) -> pd.DataFrame:
    lost = [str(name) for name in choices.columns if not keys.get(str(name))]
    if lost:
        raise InvalidInput(_('The key has no entry for the item "{item}"; add it or give scores=.'), item=lost[0])
    columns = {}
    for name in choices.columns:
        labels, codes = _encode(choices[name])
        right = np.array([*(float(option in keys[name]) for option in labels), np.nan])
        columns[name] = right[codes]
    return pd.DataFrame(columns, index=choices.index, columns=choices.columns)
