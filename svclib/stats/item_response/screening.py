"""What can be calibrated, and by which model: items without spread, rare scores, the least number of candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Ints, Objects
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.parameters import MODELS, TWO_CATEGORIES
from svclib.stats.item_response.responses import MISSING, Codes, Responses
from svclib.stats.marks import _

LEAST_SLOPES = 200
"""Fewer candidates than this cannot hold a slope for each item."""
LEAST_GUESSING = 1000
LEAST_CATEGORY = 5
_FEW = 8
_MANY = {"rasch": "pcm", "2pl": "grm", "3pl": "grm"}
_TWO = {"grm": "2pl", "gpcm": "2pl", "pcm": "rasch"}
_SIMPLER = {"2pl": "rasch", "grm": "pcm", "gpcm": "pcm"}


@dataclass(frozen=True, eq=False)
class Screened:
    """What is left to calibrate.

    Attributes
    ----------
    responses : Responses
        Items with spread, rare scores put together.
    model : array of str
        The model of each of them.
    left_out : dict
        Item → why it cannot be calibrated.
    told : list of (str, IrtNote)
        Item (or empty for the whole fit) and what was done.
    """

    responses: Responses
    model: Objects
    left_out: dict[str, IrtNote]
    told: list[tuple[str, IrtNote]]


def read_models(model: Any, names: tuple[str, ...]) -> list[str]:
    """Read one model for all items, or a mapping of items to models.

    Raises
    ------
    InvalidInput
        If a model is not known or an item has none.
    """
    given = model if isinstance(model, Mapping) else dict.fromkeys(names, model)
    by_name = {str(name): str(kind).lower() for name, kind in given.items()}
    for name in names:
        if name not in by_name:
            raise InvalidInput(_('The item "{item}" has no model; name one for each item.'), item=name)
        if by_name[name] not in MODELS:
            raise InvalidInput(
                _('"{model}" is no item response model; choose among {known}.'),
                model=by_name[name], known=", ".join(MODELS),
            )  # fmt: skip
    return [by_name[name] for name in names]


def screen(
    responses: Responses, models: list[str], fixed: Mapping[str, int], *, fallback: bool = True, candidates: int = 0
) -> Screened:
    """Leave out items without spread, put rare scores together, and take simpler models for few candidates.

    `fixed` names items of known parameters, with their highest score: they are taken as they are.
    """
    kept: list[int] = []
    columns: list[Codes] = []
    highest: list[int] = []
    chosen: list[str] = []
    left_out: dict[str, IrtNote] = {}
    told: list[tuple[str, IrtNote]] = []
    for at, name in enumerate(responses.names):
        column = responses.codes[:, at]
        counts = _counts(column, int(responses.highest[at]))
        if name in fixed:
            merged, top, kind = column, fixed[name], models[at]
        else:
            reason = _no_spread(counts, int(responses.highest[at]))
            if reason:
                left_out[name] = reason
                continue
            merged, top, note = _merged(column, counts, LEAST_CATEGORY if fallback else 1)
            told += [(name, note)] if note else []
            kind, notes = _model_for(models[at], top, candidates, fallback=fallback)
            told += [(name if note == IrtNote.WANTS_CATEGORIES else "", note) for note in notes]
        kept.append(at)
        columns.append(merged)
        highest.append(top)
        chosen.append(kind)
    codes = (
        responses.codes
        if _untouched(columns, responses)
        else np.array(columns, dtype=np.int8).reshape(len(columns), len(responses.codes)).T
    )
    names = tuple(responses.names[at] for at in kept)
    left = Responses(names, codes, np.array(highest, dtype=np.int64), responses.index)
    return Screened(left, np.array(chosen, dtype=object), left_out, list(dict.fromkeys(told)))


def _untouched(columns: list[Codes], responses: Responses) -> bool:
    """Whether every column is the one that came, so that the whole need not be copied."""
    same = all(np.may_share_memory(column, responses.codes) for column in columns)
    return len(columns) == len(responses.names) and same


def _counts(column: Codes, highest: int) -> Ints:
    """Count the candidates of each score; a few counts are quicker than a table."""
    if highest < _FEW:
        return np.array([np.count_nonzero(column == score) for score in range(highest + 1)])
    return np.bincount(column.view(np.uint8), minlength=256)[:128]


def _no_spread(counts: Ints, highest: int) -> IrtNote:
    seen = np.flatnonzero(counts)
    if not len(seen):
        return IrtNote.NO_RESPONSES
    if len(seen) > 1:
        return IrtNote.NONE
    high = int(seen[0])
    return IrtNote.ALL_WRONG if high == 0 else IrtNote.ALL_RIGHT if high == highest else IrtNote.CONSTANT


def _merged(column: Codes, counts: Ints, least: int) -> tuple[Codes, int, IrtNote]:
    """Put scores of fewer than `least` candidates together with the rarer neighbour; two scores stay two."""
    groups = [[score] for score in range(int(np.flatnonzero(counts)[-1]) + 1)]
    sizes = [int(counts[score]) for score in range(len(groups))]
    note = IrtNote.NONE
    while len(groups) > 2 and min(sizes) < least:
        at = int(np.argmin(sizes))
        sides = [side for side in (at - 1, at + 1) if 0 <= side < len(sizes)]
        other = min(sides, key=lambda side: sizes[side])
        note = IrtNote.MERGED if sizes[at] and note != IrtNote.MERGED else note or IrtNote.UNUSED
        first = min(at, other)
        groups[first : first + 2] = [groups[first] + groups[first + 1]]
        sizes[first : first + 2] = [sizes[first] + sizes[first + 1]]
    if note == IrtNote.NONE:
        return column, len(groups) - 1, note
    table = np.full(256, MISSING, dtype=np.int8)
    for new, old in enumerate(groups):
        table[old] = new
    return table[column.view(np.uint8)], len(groups) - 1, note


def _model_for(model: str, highest: int, candidates: int, *, fallback: bool) -> tuple[str, list[IrtNote]]:
    notes = []
    if highest > 1 and model in TWO_CATEGORIES:
        model = _MANY[model]
        notes.append(IrtNote.WANTS_CATEGORIES)
    if highest == 1:
        model = _TWO.get(model, model)
    if fallback and model == "3pl" and candidates < LEAST_GUESSING:
        model = "2pl"
        notes.append(IrtNote.TO_2PL)
    if fallback and model in _SIMPLER and candidates < LEAST_SLOPES:
        model = _SIMPLER[model]
        notes = [note for note in notes if note != IrtNote.TO_2PL]
        notes.append(IrtNote.TO_RASCH if model == "rasch" else IrtNote.TO_PARTIAL)
    return model, notes
