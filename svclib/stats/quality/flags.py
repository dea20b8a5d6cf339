"""All flags of a response side by side, with the reasons: nothing is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.columns import check_frame
from svclib.stats.marks import _
from svclib.stats.quality.answers import check_index, nullable
from svclib.stats.quality.devices import Devices
from svclib.stats.quality.duplicates import Duplicates
from svclib.stats.quality.fabrication import UnitSigns
from svclib.stats.quality.screening import Screening

SEPARATOR = "; "
REASONS = {
    "longstring": _("the same answer many times in a row"),
    "average_string": _("long runs of the same answer"),
    "straight_lined": _("whole blocks of questions answered alike"),
    "irv": _("answers that hardly vary"),
    "even_odd": _("contradictory answers within scales"),
    "synonyms": _("different answers to questions that mean the same"),
    "antonyms": _("the same answers to questions that mean the opposite"),
    "mahalanobis_p": _("a combination of answers that hardly occurs"),
    "person_total": _("answers that run against those of the others"),
    "omitted": _("half of the questions left empty"),
    "speed": _("much faster than others"),
    "same_answers": _("a near copy of other answer sheets of the unit"),
    "same_text": _("the same text as other responses of the unit"),
    "resubmitted": _("an earlier response of the same person"),
    "shared_device": _("a device that answered unusually often"),
    "unit_similar": _("near twin in a unit with unusually many of them"),
    "unit_perfect": _("top marks throughout in a unit with unusually many such sheets"),
    "unit_month_end": _("from the last days of a month in a unit where these stand out"),
    "unit_burst": _("from the busiest days of a unit where these stand out"),
    "unit_rapid": _("minutes after another sheet in a unit where this stands out"),
    "unit_closed": _("while the unit was closed, where this stands out"),
    "unit_devices": _("from a device used repeatedly in a unit where this stands out"),
}
"""What a flag means, in words."""
TAKEN = ("n_flags", "told", "flagged", "reasons")
Part = Screening | Duplicates | Devices | UnitSigns | pd.DataFrame | Mapping[str, Any]


def quality_flags(data: pd.DataFrame, *parts: Part, at_least: int = 1) -> pd.DataFrame:
    """Put the flags of each response side by side.

    Parameters
    ----------
    data : DataFrame
        One row a response.
    parts : results of `careless`, `speeding`, `duplicates`, `shared_devices`, `fabrication`, or frames of booleans
        Each made from rows of `data`; rows that it did not look at are not told. Of units that call for a look, the
        responses that carry the very sign are flagged (``unit_month_end`` and so on); signs that no single response
        carries, such as little spread, flag none.
    at_least : int
        Flags from which a response counts as ``flagged``.

    Returns
    -------
    DataFrame
        Indexed as `data`: a nullable boolean for each flag, then ``n_flags`` (how many are up), ``told`` (how many
        could be told), ``flagged`` (bool) and ``reasons`` (texts of `REASONS` joined by "; ", or the flag's name).

    Raises
    ------
    InvalidInput
        If a part has other rows, a column that is no boolean, or a flag that another part has too.

    Notes
    -----
    Some flags look at how a response came about (speed, copies, devices, moments), others at the answers themselves:
    unusual combinations are often those of the dissatisfied. Before you leave responses out, look at the former alone.

    Examples
    --------
    >>> visits = pd.DataFrame({"overall": [5.0, 4, 5]})
    >>> flags = quality_flags(visits, {"longstring": [True, False, True], "tested": [False, False, True]})
    >>> flags["reasons"].tolist()
    ['the same answer many times in a row', '', 'the same answer many times in a row; tested']
    """
    check_index(check_frame(data))
    if not parts:
        raise InvalidInput(_("There is nothing to flag by: give results of careless, fabrication or the like."))
    found: dict[str, pd.Series] = {}
    for part in parts:
        for name, column in _columns(data, part).items():
            if name in found or name in TAKEN:
                raise InvalidInput(
                    _('The flag "{name}" comes twice or has a name that is taken; rename it.'), name=name
                )
            found[name] = column
    frame = pd.DataFrame(found, index=data.index)
    if not 1 <= at_least <= max(len(found), 1):
        raise InvalidInput(
            _("at_least is {given}; give a number of flags from 1 to {most}."), given=at_least, most=max(len(found), 1)
        )
    up = frame.fillna(False).to_numpy(dtype=bool) if found else np.zeros((len(data), 0), dtype=bool)
    texts = [str(REASONS.get(name, name)) for name in found]
    reasons = [SEPARATOR.join(text for text, hit in zip(texts, row, strict=True) if hit) for row in up]
    frame["n_flags"] = up.sum(axis=1).astype("int64")
    frame["told"] = frame[list(found)].notna().sum(axis=1).astype("int64")
    frame["flagged"] = frame["n_flags"] >= at_least
    return frame.assign(reasons=reasons)


def _columns(data: pd.DataFrame, part: Any) -> dict[str, pd.Series]:
    """The flags of one part, in the rows of the data."""
    if isinstance(part, UnitSigns):
        return {f"unit_{name}": column for name, column in _of_units(data, part).items()}
    flags = part.flags if isinstance(part, Screening | Duplicates | Devices) else part
    if not isinstance(flags, pd.DataFrame | Mapping):
        raise InvalidInput(
            _("Flags come from careless, speeding, duplicates, shared_devices, fabrication, or a frame; not {kind}."),
            kind=type(part).__name__,
        )
    frame = flags if isinstance(flags, pd.DataFrame) else _frame(flags, data)
    _check_rows(frame.index, data.index)
    return {str(name): _boolean(frame[name], str(name)).reindex(data.index) for name in frame.columns}


def _check_rows(index: pd.Index, rows: pd.Index) -> None:
    """Raise `InvalidInput` unless all of the part's rows are rows of the data."""
    if not index.isin(rows).all() or not index.is_unique:
        raise InvalidInput(_("The flags are of other rows than the data: make both from the same frame."))


def _frame(flags: Mapping[str, Any], data: pd.DataFrame) -> pd.DataFrame:
    wrong = [str(name) for name, column in flags.items() if len(column) != len(data)]
    if wrong:
        raise InvalidInput(
            _('The flag "{name}" has another number of rows than the data ({rows}).'), name=wrong[0], rows=len(data)
        )
    return pd.DataFrame({name: pd.array(list(column), dtype="boolean") if isinstance(column, list) else column
                         for name, column in flags.items()}, index=data.index)  # fmt: skip


def _of_units(data: pd.DataFrame, part: UnitSigns) -> dict[str, pd.Series]:
    """Responses that carry the sign for which their unit is flagged."""
    _check_rows(part.responses.index, data.index)
    names = list(part.by)
    carried = part.responses.reindex(data.index)
    own = pd.MultiIndex.from_frame(data[names].astype(object))
    found = {}
    for sign in part.responses.columns:
        rows = part.frame[part.frame["sign"] == sign]
        there = pd.MultiIndex.from_frame(rows[names].astype(object))
        place = there.get_indexer(own)
        hit = rows["flagged"].fillna(False).to_numpy(dtype=bool)[np.maximum(place, 0)]
        told = (place >= 0) & rows["flagged"].notna().to_numpy()[np.maximum(place, 0)]
        carries = carried[sign]
        told &= carries.notna().to_numpy()
        found[str(sign)] = nullable(hit & carries.fillna(False).to_numpy(dtype=bool), told, data.index)
    return found


def _boolean(column: pd.Series, name: str) -> pd.Series:
    if not pd.api.types.is_bool_dtype(column.dtype):
        raise InvalidInput(_('The flag "{name}" is no column of yes and no (booleans).'), name=name)
    return column.astype("boolean")
