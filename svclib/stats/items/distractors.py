"""What each option of an item attracts, and whether the key looks right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import betaincinv, ndtri

from svclib.stats.arrays import Bools, Floats, Ints, Objects, ratio
from svclib.stats.items.choices import OMITTED, Chosen, Options, read_choices
from svclib.stats.items.scores import Scores, check_share, score_groups
from svclib.stats.marks import _

__all__ = ["FLAGS", "OMITTED", "distractors", "option_rows"]

FLAGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "key": _("The key is probably {option}: better candidates choose it, and not the key."),
        "attracts_better": _("Better candidates choose this wrong option: check that it is wrong beyond dispute."),
        "unused": _("Hardly anybody chooses it: it is no real alternative."),
        "key_unchosen": _("Nobody chooses the keyed option {option}: check the key."),
    }
)
"""What each code of ``flag`` means."""

_UNUSED, _USED = 0.02, 0.05
"""An option chosen by fewer is unused; one that may yet be chosen by more than the second share is not called so."""
_CANDIDATES = 30
_REAL_ANSWERS = 0.05
_ALPHA = 0.025
"""Chance that an item whose options have nothing to do with knowledge is flagged, at most."""
COLUMNS = (
    "item",
    "option",
    "is_key",
    "n",
    "share",
    "low_third",
    "middle_third",
    "high_third",
    "point_biserial",
    "flag",
    "note",
)


def distractors(
    choices: pd.DataFrame,
    key: Mapping[str, Any] | pd.Series | None = None,
    *,
    scores: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
    share: float = 1 / 3,
    min_candidates: int = _CANDIDATES,
) -> pd.DataFrame:
    """Show who chooses which option: shares, by score group, and the correlation with the rest of the exam.

    Parameters
    ----------
    choices : DataFrame
        Candidates × items, the option chosen; missing where nothing was chosen.
    key : mapping of item to option, optional
        Or to a list of options that are all right. Without it the option that `scores` credits with 1.
    scores : DataFrame, optional
        Candidates × items (0–1), needed where `key` is missing; without it a choice equal to the key counts 1.
        May hold items that `choices` has not: they count in the total.
    states : DataFrame, optional
        As in `item_analysis`: tells an omitted item from one never met.
    share : float
        Part of the candidates in the low and in the high score group: thirds, or 0.27 (Kelley 1939).
    min_candidates : int
        Items met by fewer carry no flag.

    Returns
    -------
    DataFrame
        One row an item and option: ``item, option, is_key, n, share, low_third, middle_third, high_third`` (share of
        the option in each score group), ``point_biserial`` (choosing it, with the mean score on the other items),
        ``flag`` (a code of `FLAGS` or empty) and ``note`` (its words). ``key`` and ``attracts_better`` need a
        correlation that chance would give one item in 40 at most, whatever its number of options; ``unused`` an option
        that at most 5 % would choose, not only of these candidates.

    Raises
    ------
    InvalidInput
        If neither `key` nor `scores` says what is right, a key is none of the options of a categorical column, or the
        tables do not fit.

    Examples
    --------
    >>> choices = pd.DataFrame({"q1": list("aabb"), "q2": list("aaab")})
    >>> distractors(choices, {"q1": "a", "q2": "a"}).query("item == 'q1'")["share"].tolist()
    [0.5, 0.5]
    """
    return option_rows(read_choices(choices, key, scores, states), check_share(share), min_candidates)


def option_rows(chosen: Chosen, share: float, min_candidates: int) -> pd.DataFrame:
    """Make the table of `distractors`."""
    group = score_groups(chosen.exam.totals, share, of=chosen.exam.classes.totals)
    parts = [_item(chosen, item, group, min_candidates) for item in chosen.items]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in COLUMNS})
    return pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in COLUMNS})


def _item(chosen: Chosen, item: int, group: Ints, min_candidates: int) -> dict[str, Any]:
    """Count an item's options in each score group, and correlate choosing them with the rest score."""
    options, exam = chosen.options(item), chosen.exam
    size = len(options.names)
    picked = np.where(options.codes >= 0, options.codes, size)
    if not exam.complete:
        picked[~exam.there(item)] = size + 1
    pairs = count_pairs(picked, exam, size + 1)
    bands = np.bincount(3 * pairs.code + group[pairs.place], weights=pairs.n, minlength=3 * size + 3).reshape(-1, 3)
    n, met = bands.sum(axis=1), int(bands.sum())
    names = np.array([*options.names, OMITTED], dtype=object)
    shares = ratio(bands, np.broadcast_to(bands.sum(axis=0), bands.shape))
    rows: dict[str, Any] = {
        "item": np.full(size + 1, exam.names[item], dtype=object),
        "option": names,
        "is_key": np.array([name in options.keys for name in options.names] + [False]),
        "n": n.astype(np.int64),
        "share": ratio(n, np.full(size + 1, met)),
        "low_third": shares[:, 0],
        "middle_third": shares[:, 1],
        "high_third": shares[:, 2],
        "point_biserial": _with_rest(pairs, picked, exam, item),
        "flag": np.full(size + 1, "", dtype=object),
        "note": np.full(size + 1, "", dtype=object),
    }
    if met >= min_candidates:
        rows["flag"][:size] = _flags(rows, options, met)
        rows["note"] = np.array(
            [FLAGS[flag].format(option=name) if flag else "" for flag, name in zip(rows["flag"], names, strict=True)],
            dtype=object,
        )
    kept = slice(None) if n[-1] else slice(size)
    return {name: values[kept] for name, values in rows.items()}


@dataclass(frozen=True, eq=False)
class Pairs:
    """How many candidates of each kind chose each option.

    Attributes
    ----------
    code, place : array of int, shape (pairs,)
        Option, and kind in `Classes`.
    n : array, shape (pairs,)
    size : int
        Options, with the one of those who chose nothing.
    """

    code: Ints
    place: Ints
    n: Floats
    size: int

    def sums(self, values: Floats) -> Floats:
        """Sum over the candidates of each option a value of their kind."""
        return np.asarray(np.bincount(self.code, self.n * values[self.place], minlength=self.size), dtype=np.float64)


def count_pairs(picked: Ints, exam: Scores, size: int) -> Pairs:
    """Count options 0 … `size` − 1 by kind of candidate; `size` stands for who never met the item."""
    kinds = len(exam.classes.sums)
    cells = picked * kinds + exam.classes.codes
    if (size + 1) * kinds <= 4 * len(cells) + 65536:
        counts = np.bincount(cells, minlength=size * kinds)[: size * kinds]
        kept = np.flatnonzero(counts)
        return Pairs(kept // kinds, kept % kinds, counts[kept].astype(float), size)
    kept, counts = np.unique(cells[picked < size], return_counts=True)
    return Pairs(kept // kinds, kept % kinds, counts.astype(float), size)


def _with_rest(pairs: Pairs, picked: Ints, exam: Scores, item: int) -> Floats:
    """Correlation of choosing each option (0 or 1) with the mean score on the other items."""
    cells, others = exam.cells(item), exam.classes.counts - 1
    rest, known = exam.rest_of(cells), others[cells.place] > 0
    n = float(cells.weight[known].sum())
    if n < 2:
        return np.full(pairs.size, np.nan)
    mean = float(cells.weight[known] @ rest[known] / n)
    spread = float(cells.weight[known] @ (rest[known] - mean) ** 2)
    chosen = pairs.sums((others > 0).astype(float))
    gained = pairs.sums(np.where(others > 0, ratio(exam.classes.sums, others) - mean, 0.0))
    gained -= _own(picked, exam, item, pairs.size)
    scale = np.sqrt(chosen * (1 - chosen / n) * spread)
    return np.clip(ratio(gained, np.where(scale > 1e-12 * n, scale, 0)), -1, 1)


def _own(picked: Ints, exam: Scores, item: int, size: int) -> Floats:
    """Sum by option what the item itself adds to (sum of scores) / (other items): it is no part of the rest score."""
    score, others = exam.values[item], exam.classes.counts - 1
    if exam.complete:
        return np.bincount(picked, weights=score, minlength=size) / max(len(exam.names) - 1, 1)
    part = np.where(others > 0, ratio(1.0, others), 0.0)[exam.classes.codes]
    part *= np.where(np.isnan(score), 0.0, score)
    return np.asarray(np.bincount(picked, weights=part, minlength=size + 1)[:size], dtype=np.float64)


def _flags(rows: dict[str, Any], options: Options, met: int) -> Objects:
    """Mark options; correlations and shares within chance mark nothing."""
    size = len(options.names)
    share, r = rows["share"][:size], np.nan_to_num(rows["point_biserial"][:size], nan=-1.0)
    key = rows["is_key"][:size]
    flags = np.full(size, "", dtype=object)
    if not key.any():
        return flags
    real = ~key & (share >= _REAL_ANSWERS)
    noise = float(-ndtri(_ALPHA / max(int(real.sum()), 1))) / np.sqrt(met - 1)
    flags[~key & (share < _UNUSED) & _surely_below(rows["n"][:size], met)] = "unused"
    better: Bools = real & (r > noise)
    flags[better] = "attracts_better"
    if better.any() and not r[key].max() >= 2 / np.sqrt(met):
        flags[int(np.where(better, r, -2).argmax())] = "key"
    flags[key & (rows["n"][:size] == 0) & (not rows["n"][:size][key].any())] = "key_unchosen"
    return flags


def _surely_below(n: Any, met: int) -> Bools:
    """Whether no more than `_USED` of all candidates choose an option (upper limit of Clopper and Pearson)."""
    return np.asarray(betaincinv(n + 1, np.maximum(met - n, 1), 1 - _ALPHA) < _USED)
