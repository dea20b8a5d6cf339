"""Lord's chi-square: the items are calibrated in each group alone, put on one scale, and compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from svclib.stats.arrays import Bools
from svclib.stats.fairness.latent import Curves, calibrated, empty, few, frame_of, parameters_of, spread_of, write
from svclib.stats.fairness.notes import FairNote
from svclib.stats.fairness.reading import Setting
from svclib.stats.item_response.fit import IrtFit

Calibrations = tuple[IrtFit | None, IrtFit | None]


def calibrations(setting: Setting, model: str) -> list[Calibrations]:
    """Calibrate the focal group and the reference of each pair alone."""
    held: dict[bytes, IrtFit | None] = {}

    def one(rows: Bools) -> IrtFit | None:
        key = rows.tobytes()
        if key not in held:
            held[key] = calibrated(frame_of(setting, rows), model)
        return held[key]

    return [(one(focal), one(reference)) for focal, reference in (setting.rows_of(pair) for pair in setting.pairs)]


def lord(setting: Setting, fits: list[Calibrations], anchors: Bools, level: float) -> dict[str, Any]:
    """Give the columns (J, C) with these anchors."""
    parts = [_pair(setting, pair, *both, anchors, level) for pair, both in zip(setting.pairs, fits, strict=True)]
    stacked = {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]}
    nothing = np.full(len(anchors), np.nan)
    return stacked | {"omnibus": nothing, "omnibus_df": nothing}


def _pair(
    setting: Setting,
    pair: tuple[int, int],
    focal: IrtFit | None,
    reference: IrtFit | None,
    anchors: Bools,
    level: float,
) -> dict[str, Any]:
    names = setting.responses.names
    out = empty(names, ("area", "z_area"))
    out |= _counts(setting, pair)
    if focal is None or reference is None:
        out["note"][:] = FairNote.NO_FIT.value
        return out
    shared = [name for name in names if name in focal.parameters.names and name in reference.parameters.names]
    anchored = [name for name, chosen in zip(names, anchors, strict=True) if chosen and name in shared]
    line = linked(focal, reference, anchored)
    for at, name in enumerate(names):
        curves = _curves(focal, reference, name, line) if name in shared and line else None
        if curves is None:
            out["note"][at] = FairNote.CONSTANT.value if name not in shared else FairNote.NO_FIT.value
            continue
        statistic, df = _statistic(curves)
        write(out, at, statistic, df, curves, level)
        out["area"][at], out["z_area"][at] = _area(curves)
        out["note"][at] = few(setting, pair)
    return out


def _counts(setting: Setting, pair: tuple[int, int]) -> dict[str, Any]:
    there = setting.responses.there
    sides = setting.rows_of(pair)
    return {name: there[rows].sum(axis=0) for name, rows in zip(("n_focal", "n_reference"), sides, strict=True)}


def linked(focal: IrtFit, reference: IrtFit, anchors: list[str]) -> tuple[float, float] | None:
    """Find A and B of θ_reference = A θ_focal + B from the anchors: mean slopes, then mean intercepts.

    With slopes of 1 this is the shift of the mean difficulty. None without anchors, or where slopes cancel.
    """
    if not anchors:
        return None
    mine = [parameters_of(focal, name)[0] for name in anchors]
    theirs = [parameters_of(reference, name)[0] for name in anchors]
    slopes = np.array([one[0] for one in mine]), np.array([one[0] for one in theirs])
    if min(abs(float(part.mean())) for part in slopes) < 0.05:
        return None
    scale = float(slopes[0].mean() / slopes[1].mean())
    pairs = [
        (one[0] / scale, one[1:].mean() - two[1:].mean())
        for one, two in zip(mine, theirs, strict=True)
        if len(one) == len(two)
    ]
    if not pairs:
        return None
    slope, apart = (np.array(part) for part in zip(*pairs, strict=True))
    return scale, float((slope * apart).sum() / (slope**2).sum())


def _curves(focal: IrtFit, reference: IrtFit, name: str, line: tuple[float, float]) -> Curves | None:
    (mine, labels), (theirs, others) = parameters_of(focal, name), parameters_of(reference, name)
    if len(mine) != len(theirs):
        return None
    scale, shift = line
    turn = np.eye(len(mine))
    turn[0, 0], turn[1:, 0] = 1 / scale, -shift / scale
    size = len(mine)
    vcov = np.zeros((2 * size, 2 * size))
    vcov[:size, :size] = turn @ spread_of(focal, labels) @ turn.T
    vcov[size:, size:] = spread_of(reference, others)
    sd = scale * float(focal.groups["sd"].iloc[0])
    return Curves(turn @ mine, theirs, vcov, shift + scale * float(focal.groups["mean"].iloc[0]), sd)


def _statistic(curves: Curves) -> tuple[float, int]:
    """Quadratic form of the differences; what is fixed in both groups (slopes of 1) does not count."""
    size = len(curves.focal)
    spread = curves.vcov[:size, :size] + curves.vcov[size:, size:]
    there = np.diag(spread) > 1e-12
    if curves.vcov[size, size] == 0:  # a fixed slope stays fixed after linking
        there[0] = False
    apart = (curves.focal - curves.reference)[there]
    try:
        return float(apart @ np.linalg.solve(spread[np.ix_(there, there)], apart)), int(there.sum())
    except np.linalg.LinAlgError:
        return float("nan"), 0


def _area(curves: Curves) -> tuple[float, float]:
    """Signed area between the curves (Raju 1988): focal less reference difficulty, with z; right and wrong only."""
    if len(curves.focal) != 2 or min(abs(curves.focal[0]), abs(curves.reference[0])) < 0.05:
        return float("nan"), float("nan")
    (a, d), (c, e) = curves.focal, curves.reference
    area = -d / a + e / c
    slope = np.array([d / a**2, -1 / a, -e / c**2, 1 / c])
    error = float(np.sqrt(slope @ curves.vcov @ slope))
    return float(area), float(area / error) if error > 0 else float("nan")
