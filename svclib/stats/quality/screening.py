"""Cut-offs of indices that hold the rate of false alarms, and the one shape of what an index says of respondents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.marks import _
from svclib.stats.quality.answers import nullable

Cut = Literal["simulated", "literature"]


class CutNote(StrEnum):
    """Why an index has no cut, or cannot be told."""

    NONE = ""
    COMMON = _("attentive respondents reach the end of the scale more often than the rate: no cut")
    NO_LITERATURE = _("no cut is agreed on in the literature: use the simulated one")
    NOT_TOLD = _("cannot be told of anybody: too few answers, scales or pairs")
    MIXED = _("the items have scales of different length, which runs and spreads mix: name items of one scale")
    PLANE = _("most answers lie on a plane: no robust distance; use robust=False or fewer items")


@dataclass(frozen=True)
class Index:
    """One index: whether high values are strange, and the literature's cut."""

    name: str
    high: bool
    literature: float = np.nan
    source: str = ""


@dataclass(frozen=True, eq=False)
class Screening:
    """What indices say of respondents.

    Attributes
    ----------
    frame : DataFrame
        One row a respondent, one column an index.
    flags : DataFrame
        The same rows; for each index with a cut a nullable boolean: beyond it or not, missing where not told.
    cuts : DataFrame
        One row an index: ``index, side`` (high or low values are strange), ``cut`` (flagged from it on), ``honest``
        (share of attentive respondents beyond it, by simulation), ``flagged, told`` (respondents), ``method, source,
        note``.
    together : DataFrame
        ``at_least`` (so many indices at once), ``honest`` (share of attentive respondents by simulation) and
        ``observed`` share; only of the indices that were simulated together.
    """

    frame: pd.DataFrame
    flags: pd.DataFrame
    cuts: pd.DataFrame
    together: pd.DataFrame


def check_cut(cut: str) -> None:
    """Raise `InvalidInput` unless `cut` is one of `Cut`."""
    if cut not in get_args(Cut):
        raise InvalidInput(_('cut is "{cut}"; choose "simulated" or "literature".'), cut=str(cut))


def simulated_cut(values: Floats, rate: float, *, high: bool) -> float:
    """Give the value that at most `rate` of the simulated ones reach or pass; NaN where even the end is more common.

    >>> simulated_cut(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 9]), 0.2, high=True)
    9.0
    >>> simulated_cut(np.array([1.0, 9, 9, 9]), 0.2, high=True)
    nan
    """
    told = values[~np.isnan(values)]
    if not len(told):
        return np.nan
    levels, counts = np.unique(told if high else -told, return_counts=True)
    beyond = counts[::-1].cumsum()[::-1] / len(told)
    allowed = np.flatnonzero(beyond <= rate)
    if not len(allowed):
        return np.nan
    cut = float(levels[allowed[0]])
    return cut if high else -cut


def beyond(values: Floats, cut: float, *, high: bool) -> Bools:
    """Rows whose value reaches or passes the cut; none without a cut."""
    reach = values >= cut if high else values <= cut
    return np.asarray(reach & ~np.isnan(values), dtype=np.bool_)


def screen(
    indices: Sequence[Index],
    observed: Mapping[str, Floats],
    simulated: Mapping[str, Floats],
    extra: pd.DataFrame,
    *,
    rate: float,
    cut: str,
    notes: Mapping[str, str],
) -> Screening:
    """Set the cuts and flag; `extra` holds further columns of the frame."""
    rows = [_cut_row(one, observed[one.name], simulated.get(one.name), rate, cut, notes) for one in indices]
    cuts = pd.DataFrame(rows)
    placed = {
        one.name: nullable(
            beyond(observed[one.name], row["cut"], high=one.high), ~np.isnan(observed[one.name]), extra.index
        )
        for one, row in zip(indices, rows, strict=True)
        if not np.isnan(row["cut"])
    }
    frame = pd.DataFrame({one.name: observed[one.name] for one in indices}, index=extra.index)
    flags = pd.DataFrame(placed, index=extra.index)
    return Screening(frame.join(extra), flags, cuts, _together(indices, cuts, observed, simulated))


def _cut_row(
    one: Index, values: Floats, simulated: Floats | None, rate: float, cut: str, notes: Mapping[str, str]
) -> dict[str, Any]:
    published = cut == "literature" or simulated is None
    line = one.literature if published else simulated_cut(simulated, rate, high=one.high)  # type: ignore[arg-type]
    told = ~np.isnan(values)
    honest = np.nan
    if simulated is not None and not np.isnan(line):
        known = simulated[~np.isnan(simulated)]
        honest = float(beyond(known, line, high=one.high).mean()) if len(known) else np.nan
    note = notes.get(one.name, "") or _cut_note(line, told, published=published)
    return {
        "index": one.name,
        "side": "high" if one.high else "low",
        "cut": line,
        "honest": honest,
        "flagged": int(beyond(values, line, high=one.high).sum()),
        "told": int(told.sum()),
        "method": "literature" if published else "simulated",
        "source": one.source if published else "",
        "note": str(note),
    }


def _cut_note(line: float, told: Bools, *, published: bool) -> str:
    if not told.any():
        return CutNote.NOT_TOLD
    if np.isnan(line):
        return CutNote.NO_LITERATURE if published else CutNote.COMMON
    return CutNote.NONE


def _together(
    indices: Sequence[Index], cuts: pd.DataFrame, observed: Mapping[str, Floats], simulated: Mapping[str, Floats]
) -> pd.DataFrame:
    """Count how many indices are beyond their cuts at once, among the simulated and among the observed."""
    used = [
        (one, line)
        for one, line in zip(indices, cuts["cut"], strict=True)
        if one.name in simulated and not np.isnan(line)
    ]
    columns: dict[str, list[float]] = {"at_least": [], "honest": [], "observed": []}
    for least in range(1, len(used) + 1):
        columns["at_least"].append(least)
        for name, source in (("honest", simulated), ("observed", observed)):
            hits = np.stack([beyond(source[one.name], line, high=one.high) for one, line in used]).sum(axis=0)
            columns[name].append(float((hits >= least).mean()))
    return pd.DataFrame(columns).astype({"at_least": "int64", "honest": float, "observed": float})
