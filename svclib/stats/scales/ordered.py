"""Reading ordered categories: numbers of few values, or ordered categoricals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Ints
from svclib.stats.columns import check_columns, numbers
from svclib.stats.marks import _
from svclib.stats.scales.correlations import MOST_CATEGORIES


@dataclass(frozen=True)
class Ordered:
    """Items of ordered categories.

    Attributes
    ----------
    items : tuple of str
    codes : (rows, items) int
        0 … categories − 1 in order; −1 where missing.
    labels : tuple of tuple of str
        The categories that somebody chose, item by item.
    unused : bool
        A category of a categorical column was chosen by nobody, and left out.
    """

    items: tuple[str, ...]
    codes: Ints
    labels: tuple[tuple[str, ...], ...]
    unused: bool

    @property
    def categories(self) -> Ints:
        """Categories of each item, at least 1."""
        return np.array([max(len(one), 1) for one in self.labels], dtype=np.int64)

    def only(self, rows: Bools) -> Ordered:
        """Keep the answers of some rows, the others become missing; categories that are left to nobody go."""
        codes, labels = np.full_like(self.codes, -1), []
        for item, known in enumerate(self.labels):
            used, codes[rows, item] = _renumbered(self.codes[rows, item])
            labels.append(tuple(known[one] for one in used))
        unused = self.unused or any(len(new) < len(old) for new, old in zip(labels, self.labels, strict=True))
        return Ordered(self.items, codes, tuple(labels), unused)


def _renumbered(codes: Ints) -> tuple[Ints, Ints]:
    """Categories in use, and the codes numbered by them."""
    used = np.unique(codes[codes >= 0])
    return used, np.where(codes < 0, -1, np.searchsorted(used, codes))


def read_ordered(data: pd.DataFrame, items: Sequence[str] | None, *, least: int = 1) -> Ordered:
    """Read the items as ordered categories.

    Raises
    ------
    InvalidInput
        Naming an item that is absent, named twice, no number and no ordered categorical, or of too many categories.
    """
    frame = data.set_axis([str(name) for name in data.columns], axis=1)
    names = [str(name) for name in (frame.columns if items is None else items)]
    if len(names) < least:
        raise InvalidInput(_("Name at least {least} items."), least=least)
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise InvalidInput(_('The item "{column}" is named twice; name each once.'), column=repeated[0])
    check_columns(frame, names)
    codes, labels, unused = np.empty((len(frame), len(names)), dtype=np.int64), [], False
    for position, name in enumerate(names):
        codes[:, position], label, lost = _read(frame, name)
        labels.append(label)
        unused = unused or lost
    return Ordered(tuple(names), codes, tuple(labels), unused)


def _read(frame: pd.DataFrame, name: str) -> tuple[Ints, tuple[str, ...], bool]:
    series = frame[name]
    if isinstance(series.dtype, pd.CategoricalDtype) and series.cat.ordered:
        used = series.cat.remove_unused_categories()
        lost = len(used.cat.categories) < len(series.cat.categories)
        codes, labels = used.cat.codes.to_numpy(dtype=np.int64), [str(one) for one in used.cat.categories]
    else:
        values = numbers(frame, name)
        known, codes = ~np.isnan(values), np.full(len(values), -1, dtype=np.int64)
        levels, codes[known] = np.unique(values[known], return_inverse=True)
        labels, lost = [f"{level:g}" for level in levels], False
    if len(labels) > MOST_CATEGORIES:
        raise InvalidInput(
            _(
                'The item "{column}" has {count} different answers; polychoric correlations need categories, '
                "at most {most}. Group the answers or take product-moment correlations."
            ),
            column=name,
            count=len(labels),
            most=MOST_CATEGORIES,
        )
    return np.asarray(codes, dtype=np.int64), tuple(labels), lost
