"""Verdicts on units: the signs judged, laid out sign by sign, and summed up unit by unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats, ratio
from svclib.stats.compare.adjustment import Adjustment, adjusted
from svclib.stats.quality.answers import nullable
from svclib.stats.quality.signs import Sheets, Sign, sums
from svclib.stats.quality.units import Judged, UnitNote, outlying

SIGNS = (
    "similar", "spread", "extremes", "perfect", "omitted", "comments", "month_end", "burst", "rapid", "closed",
    "devices", "together",
)  # fmt: skip
COLUMNS = ("sign", "n", "observed", "expected", "z", "p_value", "p_adjusted", "flagged", "note")
TAKEN = (*COLUMNS, "signs", "start", "end")
"""Names that no unit's column may have."""
LEAST_SIGNS = 3
"""Signs that must be told of a unit before they are taken together."""


def judge(found: Sequence[Sign], sheets: Sheets, min_n: int, seed: int) -> list[Judged]:
    """Judge each sign among the units with enough answers."""
    n = sums(np.ones(len(sheets.unit)), sheets.unit, sheets.units)
    depends = {"level": _unit_means(sheets.level, sheets), "top": _unit_means(sheets.top, sheets)}
    tests = sheets.units * (len(found) + 1)
    judged = []
    for number, sign in enumerate(found):
        value = np.where((sign.n >= min_n) & (n >= min_n), sign.value, np.nan)
        judged.append(outlying(value, sign.error, depends.get(sign.given), tests=tests, seed=seed + number))
    return judged


def _unit_means(values: Floats, sheets: Sheets) -> Floats:
    told = (~np.isnan(values)).astype(float)
    return ratio(sums(np.nan_to_num(values), sheets.unit, sheets.units), sums(told, sheets.unit, sheets.units))


def judge_together(judged: Sequence[Judged], sheets: Sheets, seed: int) -> Judged:
    """Judge the mean deviation over all signs, which sees what is a little strange everywhere."""
    tests = sheets.units * (len(judged) + 1)
    return outlying(mean_z(judged), np.zeros(sheets.units), tests=tests, seed=seed + len(judged))


def mean_z(judged: Sequence[Judged]) -> Floats:
    """Mean deviation over the signs that are told of a unit; NaN where they are too few."""
    z = np.stack([one.z for one in judged])
    told = (~np.isnan(z)).sum(axis=0)
    return np.where(told >= LEAST_SIGNS, ratio(np.nansum(z, axis=0), told), np.nan)


def laid_out(
    keys: pd.DataFrame,
    found: Sequence[Sign],
    judged: Sequence[Judged],
    together: Judged | None,
    *,
    min_n: int,
    rate: float,
    adjust: Adjustment,
) -> pd.DataFrame:
    """Lay the signs out unit by unit, with what is not judged and why."""
    parts = [_part(keys, sign, one, min_n) for sign, one in zip(found, judged, strict=True)]
    parts += [] if together is None else [_together(keys, judged, together)]
    frame = pd.concat(parts, ignore_index=True)
    frame["p_adjusted"] = adjusted(frame["p_value"].to_numpy(dtype=float), adjust)
    told = frame["p_value"].notna().to_numpy()
    frame["flagged"] = nullable(np.asarray(frame["p_adjusted"] <= rate), told, frame.index)
    place = np.tile(np.arange(len(keys)), len(parts))
    order = np.lexsort((frame["sign"].map(SIGNS.index), place))
    return frame.iloc[order][[*keys.columns, *COLUMNS]].reset_index(drop=True)


def _part(keys: pd.DataFrame, sign: Sign, one: Judged, min_n: int) -> pd.DataFrame:
    told = ~np.isnan(one.z)
    columns: dict[str, Any] = {
        "sign": sign.name,
        "n": sign.n.astype("int64"),
        "observed": sign.observed,
        "expected": np.where(told, sign.expected(np.nan_to_num(one.expected)), np.nan),
        "z": one.z,
        "p_value": one.p_value,
        "note": [_note(z, n, one, min_n) for z, n in zip(one.z, sign.n, strict=True)],
    }
    return keys.assign(**columns)


def _together(keys: pd.DataFrame, judged: Sequence[Judged], last: Judged) -> pd.DataFrame:
    others = np.stack([one.z for one in judged])
    notes = [str(UnitNote.NONE if known else UnitNote.FEW_SIGNS) for known in ~np.isnan(last.z)]
    columns: dict[str, Any] = {
        "sign": "together",
        "n": (~np.isnan(others)).sum(axis=0),
        "observed": mean_z(judged),
        "expected": last.expected,
        "z": last.z,
        "p_value": last.p_value,
        "note": notes,
    }
    return keys.assign(**columns)


def _note(z: float, n: float, one: Judged, min_n: int) -> str:
    if not np.isnan(z):
        return ""
    if n < min_n:
        return str(UnitNote.FEW_ANSWERS)
    return str(UnitNote.FEW_UNITS if np.isnan(one.between) and np.isnan(one.z).all() else UnitNote.FEW_EXPECTED)


def summary(frame: pd.DataFrame, keys: pd.DataFrame, n: np.ndarray) -> pd.DataFrame:
    """Sum up unit by unit, the most conspicuous first."""
    names = list(keys.columns)
    place = frame.groupby(names, sort=False, observed=True, dropna=False).ngroup().to_numpy()
    hit = frame["flagged"].fillna(False).to_numpy(dtype=bool)
    units = keys.assign(n=n.astype("int64"), flagged=np.bincount(place, hit, len(keys)).astype("int64"))
    units["signs"] = [", ".join(frame.loc[(place == one) & hit, "sign"]) for one in range(len(keys))]
    least = np.full(len(keys), np.nan)
    p_values = frame["p_adjusted"].to_numpy(dtype=float)
    for one in range(len(keys)):
        own = p_values[place == one]
        least[one] = own[~np.isnan(own)].min(initial=np.inf)
    units["p_adjusted"] = np.where(np.isfinite(least), least, np.nan)
    units["note"] = ["" if known else str(_why(frame[place == one])) for one, known in enumerate(np.isfinite(least))]
    return units.sort_values(["p_adjusted", "n"], ascending=[True, False], kind="stable").reset_index(drop=True)


def _why(rows: pd.DataFrame) -> str:
    """Why a unit is not judged at all: what most of its signs say."""
    return str(rows["note"].mode().iloc[0])
