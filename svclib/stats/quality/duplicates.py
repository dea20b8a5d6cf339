"""Sheets that are there twice: equal or nearly equal answers, equal texts, the same person again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammainc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.marks import _
from svclib.stats.quality.answers import (
    check_index,
    check_rate,
    is_rating,
    item_names,
    nullable,
    read_codes,
    read_units,
)
from svclib.stats.quality.indices import alike
from svclib.stats.quality.moments import read_moments
from svclib.stats.quality.similarity import agreements, least_shared, matches, packed, strata_of

_BLOCK = 500
"""Rows matched with all others at once."""
_WORDLESS = re.compile(r"[\W_]+")


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Sheets that resemble another one.

    Attributes
    ----------
    frame : DataFrame
        One row a response; see `duplicates`.
    flags : DataFrame
        Nullable booleans ``same_answers, same_text, resubmitted``; missing where not told.
    """

    frame: pd.DataFrame
    flags: pd.DataFrame


def duplicates(
    data: pd.DataFrame,
    items: Sequence[str],
    *,
    by: str | Sequence[str] | None = None,
    texts: str | Sequence[str] | None = None,
    person: str | None = None,
    at: str | None = None,
    least: float = 0.85,
    characters: int = 6,
    rate: float = 0.01,
) -> Duplicates:
    """Look for answers, texts or persons that are there twice.

    Parameters
    ----------
    data : DataFrame
        One row a response.
    items : list of str
        Questions that sheets are compared by; columns of any kind.
    by : str or list of str, optional
        Columns of the unit: sheets are compared within a unit, and with the sheets of the other units to tell how
        often such a match comes about by chance.
    texts : str or list of str, optional
        Columns of free text, compared without case, blanks and punctuation.
    person : str, optional
        Column that tells one respondent from another (customer, session); missing where unknown.
    at : str, optional
        Moment of submission: of a person's sheets the first stays unflagged (otherwise the first row).
    least : float
        Share of matching answers from which sheets are twins (Kuriakose and Robbins 2016).
    characters : int
        Shorter texts are not compared: everybody writes "good".
    rate : float
        Chance of so many twins among unrelated sheets up to which they are flagged.

    Returns
    -------
    Duplicates
        Columns of ``.frame``: ``match`` (highest share of agreeing answers with another sheet of the unit), ``twin``
        (index of that sheet), ``same`` (other sheets of the unit with the very same answers, gaps included),
        ``twins`` (sheets of the unit that match in `least` or more), ``expected`` (so many, if the unit's sheets
        matched as often as sheets of the same total score elsewhere) and ``chance`` (of as many twins or more,
        Poisson); ``same_text, text_expected, text_chance`` likewise for texts; ``earlier`` (sheets of the person
        before this one). Sheets with one mark repeated everywhere are left to `careless`: ``match`` is missing.

        ``flags.same_answers`` is true where the chance is at most `rate`. Without `by` there is nothing to compare
        with and any twin is flagged: with few questions that flags honest sheets.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or holds lists.

    Examples
    --------
    >>> rows = [[5, 4, 5, 3], [5, 4, 5, 3], [4, 4, 2, 5], [3, 5, 4, 4]]
    >>> found = duplicates(pd.DataFrame(rows, columns=["a", "b", "c", "d"]), ["a", "b", "c", "d"])
    >>> found.flags["same_answers"].tolist(), found.frame["twins"].tolist()
    ([True, True, False, False], [1, 1, 0, 0])
    """
    check_rate(rate)
    check_index(check_frame(data))
    names = item_names(data, items, least=2)
    if not 0 < least <= 1:
        raise InvalidInput(_("least is {least}; give a share of matching answers up to 1, such as 0.85."), least=least)
    unit, known = _blocks(data, by)
    frame = _matched(data, names, unit, least)
    told = frame["match"].notna().to_numpy()
    hit = (frame["twins"] > 0) & (frame["chance"] <= rate if known else told)
    flags = pd.DataFrame({"same_answers": nullable(hit.to_numpy(), told, data.index)})
    if texts is not None:
        _add_texts(frame, flags, data, names_of(texts), unit, characters, rate, chance=known)
    if person is not None:
        _add_persons(frame, flags, data, person, at)
    return Duplicates(frame, flags)


def _blocks(data: pd.DataFrame, by: str | Sequence[str] | None) -> tuple[Ints, bool]:
    """Units of the rows, and whether there are others to compare with."""
    if by is None:
        return np.zeros(len(data), dtype=np.int64), False
    unit, keys = read_units(data, by)
    return unit, len(keys) > 1


def _matched(data: pd.DataFrame, names: list[str], unit: Ints, least: float) -> pd.DataFrame:
    """Nearest other sheet of the unit, its twins, and those to be expected."""
    codes = read_codes(data, names)
    usable = ((codes >= 0).sum(axis=1) >= least_shared(len(names))) & ~_one_answer(data, names) & (unit >= 0)
    rows, index, level = np.flatnonzero(usable), data.index.to_numpy(), _level(data, names)
    match, expected = np.full(len(data), np.nan), np.full(len(data), np.nan)
    twin, twins = np.full(len(data), None, dtype=object), np.zeros(len(data), dtype=np.int64)
    if len(rows) > 1:
        best, nearest, twins[rows], usual = _compared(codes[rows], unit[rows], strata_of(level[rows]), least)
        paired = best >= 0
        match[rows[paired]], expected[rows[paired]] = best[paired], usual[paired]
        twin[rows[paired]] = index[rows[nearest[paired]]]
    columns = {"match": match, "twin": twin, "same": _equal(codes, unit, usable), "twins": twins, "expected": expected}
    chance = poisson_tail(twins.astype(float), expected)
    return pd.DataFrame(columns, index=data.index).assign(chance=chance)


def _compared(codes: Ints, home: Ints, strata: Ints, least: float) -> tuple[Floats, Ints, Ints, Floats]:
    """For each sheet its highest match at home and with which, its twins there, and those expected.

    Expected are the twins among the sheets of other units, these weighted so that their total scores (`strata`) are
    distributed as the unit's: a satisfied unit has more sheets alike for that alone.
    """
    order = np.argsort(home, kind="stable")
    sheets, size, score = packed(codes[order]), np.bincount(home), strata[order]
    match, nearest = np.full(len(codes), -1.0), np.zeros(len(codes), dtype=np.int64)
    twins, expected = np.zeros(len(codes), dtype=np.int64), np.full(len(codes), np.nan)
    needed = _needed(least, len(sheets))
    for stop, number in zip(np.cumsum(size), size, strict=True):
        weight = _like_unit(score, slice(stop - number, stop))
        for start in range(stop - number, stop, _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, stop))
            own = matches(sheets[:, rows], sheets[:, stop - number : stop])
            own[np.arange(len(rows)), rows - (stop - number)] = -1.0
            twins[order[rows]] = (own >= least - 1e-6).sum(axis=1)
            nearest[order[rows]] = order[stop - number + own.argmax(axis=1)]
            match[order[rows]] = own.max(axis=1)
            if number < len(codes):
                agree, both = agreements(sheets[:, rows], sheets)
                near = (agree >= needed[both]).astype(np.float32) @ weight
                expected[order[rows]] = near + (number - 1) / (len(codes) - number + 1)
    return match, nearest, twins, expected


def _like_unit(score: Ints, unit: slice) -> Floats:
    """Weights of the other units' sheets that give them the unit's distribution of scores; 0 within the unit."""
    bins = int(score.max()) + 1
    here = np.bincount(score[unit], minlength=bins)
    elsewhere = np.bincount(score, minlength=bins) - here
    weight = np.nan_to_num(ratio(here, elsewhere))[score]
    weight[unit] = 0.0
    return weight.astype(np.float32)


def _needed(least: float, items: int) -> Ints:
    """Agreeing answers that make twins of sheets, by the number of questions that both answered."""
    both = np.arange(items + 1)
    count = np.where(both >= least_shared(items), np.ceil(least * both - 1e-6), items + 1)
    return count.astype(np.min_scalar_type(items + 1))


def poisson_tail(count: Floats, expected: Floats) -> Floats:
    """Chance of `count` or more where `expected` are expected; NaN where that is unknown."""
    known = ~np.isnan(expected)
    tail = gammainc(np.maximum(count, 1), np.where(known, expected, 1.0))
    return np.where(known, np.where(count > 0, tail, 1.0), np.nan)


def _ratings(data: pd.DataFrame, names: list[str]) -> Floats:
    rated = [name for name in names if is_rating(data[name])]
    return np.column_stack([numbers(data, name) for name in rated]) if rated else np.zeros((len(data), 0))


def _level(data: pd.DataFrame, names: list[str]) -> Floats:
    """Mean rating of each sheet, every item scaled to 0-1; 0 without any."""
    values = _ratings(data, names)
    if not values.size:
        return np.zeros(len(data))
    told = ~np.isnan(values)
    low, high = np.where(told, values, np.inf).min(axis=0), np.where(told, values, -np.inf).max(axis=0)
    scaled = (np.where(told, values, 0.0) - low) / np.where(high > low, high - low, 1.0)
    return np.nan_to_num(ratio(np.where(told, scaled, 0.0).sum(axis=1), told.sum(axis=1)))


def _one_answer(data: pd.DataFrame, names: list[str]) -> Bools:
    """Sheets with the same mark in every rating."""
    values = _ratings(data, names)
    return alike(values) if values.shape[1] > 1 else np.zeros(len(data), dtype=np.bool_)


def _equal(codes: Ints, unit: Ints, usable: Bools) -> Ints:
    """Other sheets of the unit with the very same answers."""
    out = np.zeros(len(codes), dtype=np.int64)
    if usable.any():
        sheets = np.column_stack([unit[usable], codes[usable]])
        _values, which, count = np.unique(sheets, axis=0, return_inverse=True, return_counts=True)
        out[usable] = count[which.ravel()] - 1
    return out


def _add_texts(
    frame: pd.DataFrame, flags: pd.DataFrame, data: pd.DataFrame, names: list[str], unit: Ints, characters: int,
    rate: float, *, chance: bool,
) -> None:  # fmt: skip
    """Add other responses of the unit with the same text, and the chance of that by how common it is elsewhere."""
    check_columns(data, names)
    text = np.array([normalised(" ".join(cells)) for cells in data[names].fillna("").astype(str).to_numpy()])
    told = np.array([len(one) >= characters for one in text], dtype=bool) & (unit >= 0)
    same, expected = np.zeros(len(text)), np.full(len(text), np.nan)
    if told.any():
        code, home = np.unique(text[told], return_inverse=True)[1], unit[told]
        size, everywhere = np.bincount(home)[home] - 1, np.bincount(code)
        _pairs, which, count = np.unique(home * len(everywhere) + code, return_inverse=True, return_counts=True)
        same[told] = count[which] - 1
        elsewhere = told.sum() - size - 1
        share = (everywhere[code] - count[which] + 1) / (elsewhere + 1)
        expected[told] = np.where(elsewhere > 0, size * share, np.nan)
    chances = poisson_tail(same, expected)
    frame["same_text"], frame["text_expected"], frame["text_chance"] = same.astype("int64"), expected, chances
    hit = (same > 0) & (np.nan_to_num(chances, nan=1.0) <= rate if chance else told)
    flags["same_text"] = nullable(hit, told, data.index)


def normalised(text: str) -> str:
    """Write a text without case, width, blanks and punctuation.

    >>> normalised("Ｇreat  service!! 很好。")
    'greatservice很好'
    """
    return _WORDLESS.sub("", unicodedata.normalize("NFKC", text).casefold())


def _add_persons(frame: pd.DataFrame, flags: pd.DataFrame, data: pd.DataFrame, person: str, at: str | None) -> None:
    """Add how many sheets of the same person came before."""
    check_columns(data, [person])
    code = read_codes(data, [person])[:, 0]
    order = np.arange(len(data))
    if at is not None:
        read = read_moments(data, at)
        order = np.lexsort((order, np.where(read.dates_only, read.day, np.nan_to_num(read.minute, nan=-1.0))))
    ranked = pd.Series(code[order]).groupby(code[order]).cumcount().to_numpy()
    earlier = np.empty(len(data), dtype=np.int64)
    earlier[order] = ranked
    told = code >= 0
    frame["earlier"] = np.where(told, earlier, 0)
    flags["resubmitted"] = nullable((earlier > 0) & told, told, data.index)
