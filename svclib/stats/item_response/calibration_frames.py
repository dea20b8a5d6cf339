"""A calibration as frames: items, groups, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats, Ints
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.layout import FIXED, LOG_SD, MEAN, Layout
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.preparing import Columns
from svclib.stats.item_response.responses import MISSING
from svclib.stats.item_response.standard_errors import item_errors

_FLAT = 0.25
_FAR = 6.0
_STEEP = 15.0


def items_frame(
    given: Sequence[str], found: ItemParameters, columns: Columns, layout: Layout, values: Floats, vcov: Floats | None,
    left_out: Mapping[str, IrtNote], told: Sequence[tuple[str, IrtNote]],
) -> pd.DataFrame:  # fmt: skip
    """Give one row an item in the order given, with errors and notes."""
    frame = found.frame()
    frame.insert(3, "n", (columns.responses.codes != MISSING).sum(axis=0))
    _add_errors(frame, layout, values, vcov)
    spoken = dict(told)
    notes = [spoken.get(_base(name, columns, at), IrtNote.NONE) for at, name in enumerate(found.names)]
    seen = [_of_item(found, at) for at in range(len(found))]
    fixed = (layout.slots == FIXED).all(axis=1)
    frame["fixed"] = fixed
    frame["note"] = [str(found_note or note) for found_note, note in zip(seen, notes, strict=True)]
    lost = pd.DataFrame(
        {"item": list(left_out), "model": "", "categories": 0, "n": 0, "fixed": False,
         "note": [str(note) for note in left_out.values()]}
    )  # fmt: skip
    if len(lost):
        frame = pd.concat([frame, lost], ignore_index=True)
        order = {name: at for at, name in enumerate(given)}
        place = [order[name if name in order else name.rpartition(" [")[0]] for name in frame["item"]]
        frame = frame.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    return frame


def _base(name: str, columns: Columns, at: int) -> str:
    return name if columns.group[at] == FIXED else name.rpartition(" [")[0]


def _of_item(found: ItemParameters, at: int) -> IrtNote:
    slope, location = float(found.slope[at]), float(found.location[at])
    if slope < 0:
        return IrtNote.NEGATIVE
    if abs(slope) > _STEEP:
        return IrtNote.RUNAWAY
    if abs(slope) < _FLAT:
        return IrtNote.FLAT
    return IrtNote.EXTREME if abs(location) > _FAR else IrtNote.NONE


def _add_errors(frame: pd.DataFrame, layout: Layout, values: Floats, vcov: Floats | None) -> None:
    size = values.shape[1] - 2
    empty = {"a": np.full(len(frame), np.nan), "mean_b": np.full(len(frame), np.nan), "c": np.full(len(frame), np.nan),
             "b": np.full((len(frame), size), np.nan), "d": np.full((len(frame), size), np.nan)}  # fmt: skip
    errors = empty if vcov is None else item_errors(layout, values, vcov)
    frame["se_a"], frame["se_b"] = errors["a"], errors["mean_b"]
    if size > 1:
        for k in range(size):
            frame[f"se_b{k + 1}"] = errors["b"][:, k]
    frame["se_c"] = errors["c"]
    for k in range(size):
        frame[f"se_d{k + 1}"] = errors["d"][:, k]


def groups_frame(layout: Layout, latent: Floats, vcov: Floats | None, counts: Ints) -> pd.DataFrame:
    """Give mean and sd of the ability in each group, with errors (0 where fixed)."""
    errors = np.zeros(latent.shape)
    free = layout.latent_slots != FIXED
    errors[free] = np.nan if vcov is None else np.sqrt(np.diag(vcov))[layout.latent_slots[free]]
    return pd.DataFrame(
        {"group": list(layout.groups), "mean": latent[:, MEAN], "sd": np.exp(latent[:, LOG_SD]), "n": counts,
         "se_mean": errors[:, MEAN], "se_sd": errors[:, LOG_SD]}
    )  # fmt: skip


def notes_frame(items: pd.DataFrame, told: Sequence[tuple[str, IrtNote]]) -> pd.DataFrame:
    """Give what was said of the whole fit (no item), then of each item."""
    whole: list[tuple[str, Any]] = [("", str(note)) for item, note in told if not item]
    single = list(items.loc[items["note"] != "", ["item", "note"]].itertuples(index=False, name=None))
    return pd.DataFrame([*whole, *single], columns=["item", "note"])
