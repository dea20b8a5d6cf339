"""Candidates' groups: who is compared with whom, and who is too few to be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.fairness.notes import FairNote
from svclib.stats.item_response.responses import MISSING, Responses, read_responses
from svclib.stats.marks import _

EVERYBODY = "everybody else"
"""Name of the reference when a group is compared with all others."""
REST = -1
"""Reference of a comparison with everybody else."""


@dataclass(frozen=True, eq=False)
class Setting:
    """Responses with groups.

    Attributes
    ----------
    responses : Responses
        Of the candidates who have a group: N × J.
    unit : (J,) float
        Points that one step of an item's score is worth.
    group : (N,) int
        Group of each candidate; `len(labels)` for who belongs to no group that is compared.
    labels : tuple
        The groups that are large enough, in order.
    pairs : list of (focal, reference)
        Positions in `labels`; `REST` is everybody else.
    table : DataFrame
        ``group, n, score`` (mean share of the points met), ``note``.
    left_out : int
        Candidates without a group.
    """

    responses: Responses
    unit: Floats
    group: Ints
    labels: tuple[Any, ...]
    pairs: list[tuple[int, int]]
    table: pd.DataFrame
    left_out: int

    def reference_name(self, reference: int) -> Any:
        """Name of a comparison's reference."""
        return EVERYBODY if reference == REST else self.labels[reference]

    def rows_of(self, pair: tuple[int, int]) -> tuple[Bools, Bools]:
        """Which candidates are in the focal group, and which in the reference."""
        focal = self.group == pair[0]
        return focal, ~focal if pair[1] == REST else self.group == pair[1]


def read_setting(
    responses: pd.DataFrame,
    groups: Any,
    *,
    states: pd.DataFrame | None,
    reference: Any,
    focal: Any,
    min_group: int,
) -> Setting:
    """Read responses and groups, and say which groups are compared.

    Raises
    ------
    InvalidInput
        If the groups do not fit the responses, if a group named is not there, or if fewer than two groups are left.
    """
    series = read_groups(groups, responses)
    known = series.notna().to_numpy()
    if not known.any():
        raise InvalidInput(_("No candidate has a group; give one label for each row of the responses."))
    kept = responses if known.all() else responses.loc[known]
    read = read_responses(kept, None if states is None else states.reindex(kept.index))
    codes, labels = _factorised(series[known])
    sizes = np.bincount(codes, minlength=len(labels))
    min_group = max(min_group, 2)
    large = sizes >= min_group
    _check_sizes(labels, sizes, large, min_group)
    place = np.where(large, np.cumsum(large) - 1, int(large.sum()))
    compared = tuple(label for label, fits in zip(labels, large, strict=True) if fits)
    named = _named(reference, labels, large, min_group), _named_all(focal, labels, large, min_group)
    pairs = _pairs(compared, *named, sizes[large])
    if not pairs:
        raise InvalidInput(_("The focal group and the reference are the same; name two groups."))
    unit = _unit(kept, read)
    score = _shares(read, unit)
    used = {at for pair in pairs for at in pair} | (
        set(range(len(compared))) if any(two == REST for _one, two in pairs) else set()
    )
    table = pd.DataFrame({"group": list(labels), "n": sizes})
    scored = ~np.isnan(score)
    table["score"] = ratio(
        np.bincount(codes[scored], score[scored], len(labels)), np.bincount(codes[scored], minlength=len(labels))
    )
    table["note"] = [
        str(FairNote.SMALL if not large[at] else (FairNote.IN_USE if place[at] in used else FairNote.UNUSED))
        for at in range(len(labels))
    ]
    return Setting(read, unit, place[codes], compared, pairs, table, int((~known).sum()))


def read_groups(groups: Any, responses: pd.DataFrame) -> pd.Series:
    """Give the group of each row: a Series is matched by its index, another list by place.

    Raises
    ------
    InvalidInput
        If a candidate is missing from the Series, is there twice, or the lengths differ.
    """
    if isinstance(groups, pd.DataFrame | str) or np.ndim(groups) != 1:
        raise InvalidInput(_("groups must be one label for each candidate: a Series or a list."))
    if not isinstance(groups, pd.Series):
        if len(groups) != len(responses):
            raise InvalidInput(
                _("There are {groups} group labels for {rows} candidates; give one for each."),
                groups=len(groups),
                rows=len(responses),
            )
        return pd.Series(list(groups), index=responses.index)
    if groups.index.has_duplicates:
        twice = groups.index[groups.index.duplicated()][0]
        raise InvalidInput(_('The candidate "{candidate}" is there twice; keep one row each.'), candidate=twice)
    lost = responses.index[~responses.index.isin(groups.index)]
    if len(lost):
        raise InvalidInput(
            _('The candidate "{candidate}" has no entry in groups; give the same candidates in both.'),
            candidate=lost[0],
        )
    return groups.reindex(responses.index)


def _factorised(series: pd.Series) -> tuple[Ints, list[Any]]:
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.cat.remove_unused_categories()
        return series.cat.codes.to_numpy().astype(np.int64), list(series.cat.categories)
    labels = list(pd.unique(series))
    try:
        labels = sorted(labels)
    except TypeError:
        labels = sorted(labels, key=str)
    place = {label: at for at, label in enumerate(labels)}
    return series.map(place).to_numpy().astype(np.int64), labels


def _check_sizes(labels: list[Any], sizes: Ints, large: Bools, least: int) -> None:
    if len(labels) < 2:
        raise InvalidInput(_('There is one group only, "{group}"; give at least two.'), group=labels[0])
    if large.sum() < 1 or (large.sum() == 1 and sizes.sum() - sizes.max() < least):
        raise InvalidInput(
            _(
                "Fewer than two groups have {least} candidates (the largest has {largest}); merge groups or lower "
                "min_group."
            ),
            least=least,
            largest=int(sizes.max()),
        )


def _named(name: Any, labels: list[Any], large: Bools, least: int) -> Any:
    if name is None:
        return None
    if name not in labels:
        raise InvalidInput(
            _('There is no group "{group}"; the groups are {known}.'),
            group=name,
            known=", ".join(map(str, labels[:8])),
        )
    if not large[labels.index(name)]:
        raise InvalidInput(
            _('The group "{group}" has fewer than {least} candidates; merge groups or lower min_group.'),
            group=name,
            least=least,
        )
    return name


def _named_all(focal: Any, labels: list[Any], large: Bools, least: int) -> list[Any] | None:
    if focal is None:
        return None
    one = isinstance(focal, str) or not isinstance(focal, Sequence | np.ndarray | pd.Series)
    return [_named(name, labels, large, least) for name in ([focal] if one else list(focal))]


def _pairs(labels: tuple[Any, ...], reference: Any, focal: list[Any] | None, sizes: Ints) -> list[tuple[int, int]]:
    """Two groups: against the larger; several: against the reference, or everybody else where none is named."""
    at = {label: place for place, label in enumerate(labels)}
    if reference is None and len(labels) == 2:
        first = (focal or [labels[int(sizes[1] <= sizes[0])]])[0]
        return [(at[first], 1 - at[first])]
    chosen = [at[label] for label in (labels if focal is None else focal)]
    if reference is None:
        return [(one, REST) for one in chosen]
    return [(one, at[reference]) for one in chosen if one != at[reference]]


def _unit(kept: pd.DataFrame, read: Responses) -> Floats:
    """Points that a step is worth: 1, or a share where scores were given as shares of the maximum."""
    top = np.nan_to_num(pd.to_numeric(kept.max(axis=0), errors="coerce").to_numpy(dtype=float))
    return np.where(top > 0, top / np.maximum(read.codes.max(axis=0, initial=0), 1), 1.0)


def _shares(read: Responses, unit: Floats) -> Floats:
    """Points of each candidate as a share of those that could be had."""
    there = read.there
    top = there @ (unit * read.highest)
    got = np.where(read.codes == MISSING, 0, read.codes) @ unit
    return np.divide(got, top, out=np.full(len(got), np.nan), where=top > 0)
