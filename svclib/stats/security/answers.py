"""Options chosen by candidates as small numbers: which cells are compared, which option earns the marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, Objects
from svclib.stats.columns import check_frame, matrix
from svclib.stats.items.scores import NOT_MET, aligned
from svclib.stats.marks import _

MOST_OPTIONS = 8
"""Rarer options of an item (combinations of several marks) are kept apart from all others: they match none."""
NONE = -1
"""Code of an answer that matches none: omitted, or rarer than the most common options."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Candidates × items.

    Attributes
    ----------
    names : tuple of str
        J items.
    codes : array of int16, shape (N, J)
        Number of the option chosen, from 0; `NONE` where nothing can match.
    there : array of bool, shape (N, J)
        Cells compared: answered, or omitted by one who met the item.
    right : array of float, shape (N, J)
        Share of the marks earned; NaN outside `there`.
    key : array of int, shape (J,)
        Code of the option that earns the marks; `NONE` where no candidate chose it.
    labels : tuple of tuples of str
        The options of each item, in the order of their codes.
    index : Index
        The candidates.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int16]
    there: Bools
    right: Floats
    key: Ints
    labels: tuple[tuple[str, ...], ...]
    index: pd.Index

    @property
    def options(self) -> Ints:
        """How many options each item has, shape (J,)."""
        return np.array([max(len(one), 1) for one in self.labels])

    @property
    def most(self) -> int:
        """Highest number of options of any item."""
        return int(self.options.max())

    def one_hot(self, dtype: Any = np.float32) -> NDArray[Any]:
        """Give N × J × K: 1 at the option chosen."""
        return np.asarray(self.codes[:, :, None] == np.arange(self.most), dtype=dtype)


def read_answers(
    choices: pd.DataFrame,
    key: Mapping[Any, Any] | pd.Series | None,
    scores: pd.DataFrame | None,
    states: pd.DataFrame | None,
) -> Answers:
    """Read candidates × items of options, or of scores 0 and 1.

    Raises
    ------
    InvalidInput
        If there are fewer than two candidates or no items, a candidate is there twice, the key lacks an item or names
        an option that nobody chose, no cell is answered, or neither key nor scores tell what is right.
    """
    frame = check_candidates(choices, least=2)
    names = tuple(str(name) for name in frame.columns)
    chosen, told = frame.to_numpy(dtype=object), ~frame.isna().to_numpy()
    if not told.any():
        raise InvalidInput(_("No cell holds an answer; give the options that the candidates chose."))
    omitted = np.zeros_like(told)
    if states is not None:
        reasons = aligned(states, frame).astype(str)
        told, omitted = told & ~np.isin(reasons, NOT_MET), (reasons == "omitted") & ~told
    wanted = _key(frame, key, scores, told)
    labels: list[tuple[str, ...]] = [() for _name in names]
    codes, right_code = np.full(told.shape, NONE, np.int16), np.full(len(names), NONE)
    for at, name in enumerate(names):
        codes[:, at], labels[at], right_code[at] = _codes(chosen[:, at], told[:, at], wanted.get(name))
    there = told | omitted
    right = np.where(there, (codes == right_code) & (codes >= 0), np.nan).astype(float)
    if scores is not None:
        right = np.where(there, earned(scores, frame), np.nan)
        right = np.where(omitted & np.isnan(right), 0.0, right)
        right_code = _credited(codes, right)
    return Answers(names, codes, there, right, right_code, tuple(labels), frame.index)


def check_candidates(data: object, least: int = 1) -> pd.DataFrame:
    """Return a frame of candidates × items if each candidate and item is there once.

    Raises
    ------
    InvalidInput
    """
    frame = check_frame(data)
    if not frame.shape[1]:
        raise InvalidInput(_("There are no items: give a frame with one column an item."))
    if frame.index.has_duplicates:
        twice = frame.index[frame.index.duplicated()][0]
        raise InvalidInput(_('The candidate "{candidate}" is there twice; keep one row each.'), candidate=twice)
    if frame.columns.has_duplicates:
        again = frame.columns[frame.columns.duplicated()][0]
        raise InvalidInput(_('The item "{item}" is there twice; keep one column each.'), item=again)
    if len(frame) < least:
        raise InvalidInput(
            _("{count} candidates are too few: at least {least} are needed."), count=len(frame), least=least
        )
    return frame


def written(value: Any) -> str:
    """Write an option so that 1, 1.0 and "1" are the same.

    >>> written(1.0), written("A")
    ('1', 'A')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _codes(chosen: Objects, told: Bools, wanted: str | None) -> tuple[NDArray[np.int16], tuple[str, ...], int]:
    codes = np.full(len(chosen), NONE, np.int16)
    if not told.any():
        return codes, (), NONE
    raw, kinds = pd.factorize(pd.Series(chosen[told], dtype=object))
    values, merged = np.unique(np.array([written(value) for value in kinds]), return_inverse=True)
    places = merged.ravel()[raw]
    counts = np.bincount(places, minlength=len(values))
    order = np.argsort(-counts, kind="stable")[:MOST_OPTIONS]
    if wanted is not None and wanted in values and wanted not in values[order]:
        order[-1] = int(np.flatnonzero(values == wanted)[0])
    order = np.sort(order)
    number = np.full(len(values), NONE)
    number[order] = np.arange(len(order))
    codes[told] = number[places]
    hit = np.flatnonzero(values[order] == wanted)
    return codes, tuple(str(one) for one in values[order]), int(hit[0]) if len(hit) else NONE


def _key(frame: pd.DataFrame, key: Any, scores: Any, told: Bools) -> dict[str, str]:
    names = [str(name) for name in frame.columns]
    if key is None:
        if scores is not None:
            return {}
        if _right_or_wrong(frame, told):
            return dict.fromkeys(names, "1")
        raise InvalidInput(_("Nothing tells which answers are right: give the key or the scores."))
    given = {str(name): value for name, value in dict(key).items()}
    lost = [name for name in names if name not in given or pd.isna(given[name])]
    if lost:
        raise InvalidInput(_('The key has no entry for the item "{item}"; add it or give scores=.'), item=lost[0])
    wanted = {name: written(given[name]) for name in names}
    _check_key(frame, wanted, told)
    return wanted


def _check_key(frame: pd.DataFrame, wanted: Mapping[str, str], told: Bools) -> None:
    """Refuse a key that is no option at all; one that nobody chose for this item alone may be a hard item's."""
    known = {written(value) for value in pd.unique(frame.to_numpy(dtype=object)[told])}
    for name, option in wanted.items():
        if option not in known:
            raise InvalidInput(
                _('The key of the item "{item}" is "{option}", which is no option of any item; mend the key.'),
                item=name,
                option=option,
            )


def _right_or_wrong(frame: pd.DataFrame, told: Bools) -> bool:
    return {written(value) for value in pd.unique(frame.to_numpy(dtype=object)[told])} <= {"0", "1"}


def earned(scores: pd.DataFrame, frame: pd.DataFrame) -> Floats:
    """Read scores as shares of the marks, in the rows and columns of `frame`."""
    aligned(scores, frame)
    _names, values = matrix(scores.reindex(index=frame.index, columns=frame.columns))
    outside = ~np.isnan(values) & ((values < 0) | (values > 1))
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise InvalidInput(
            _('The item "{column}" has a score of {value}; give scores as shares of the maximum, from 0 to 1.'),
            column=str(frame.columns[column]),
            value=f"{values[row, column]:g}",
        )
    return values


def _credited(codes: NDArray[np.int16], right: Floats) -> Ints:
    """Option that most of the full scores chose, by item."""
    out = np.full(codes.shape[1], NONE)
    for at in range(codes.shape[1]):
        full = codes[(right[:, at] >= 1) & (codes[:, at] >= 0), at]
        if len(full):
            out[at] = int(np.bincount(full).argmax())
    return out
