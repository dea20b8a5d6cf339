"""Methods that calibrate the items: likelihood ratio, and Lord's chi-square with Raju's area.

Curves are compared on the reference group's scale of ability, θ_reference = A θ_focal + B.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.fairness import classes
from svclib.stats.fairness.mantel import ETS
from svclib.stats.fairness.notes import Direction, FairNote
from svclib.stats.fairness.reading import Setting
from svclib.stats.intervals import normal_quantile
from svclib.stats.item_response.fit import IrtFit, irt
from svclib.stats.item_response.quadrature import grid, normal_weights
from svclib.stats.item_response.responses import MISSING

FOCAL, REFERENCE = "focal", "reference"
ENOUGH = 200
"""Candidates in a group from which on calibrations tell something."""
_NUMBERS = ("statistic", "df", "p_value", "estimate", "std_error", "low", "high", "size")
_TEXTS = ("class", "direction", "note")


def empty(names: tuple[str, ...], more: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give the columns of J items, nothing in them yet."""
    out: dict[str, Any] = {name: np.full(len(names), np.nan) for name in (*_NUMBERS, *more)}
    return out | {name: np.full(len(names), "", dtype=object) for name in _TEXTS}


def frame_of(setting: Setting, rows: Bools) -> pd.DataFrame:
    """Give the responses of some candidates as `svclib.stats.irt` reads them."""
    codes = setting.responses.codes[rows].astype(float)
    codes[codes == MISSING] = np.nan
    return pd.DataFrame(codes, columns=list(setting.responses.names))


@dataclass(frozen=True, eq=False)
class Curves:
    """An item's parameters (slope, intercepts) in the focal group and in the reference.

    Attributes
    ----------
    focal, reference : (P,) float
    vcov : (2 P, 2 P) float
        Of both, the focal group's first; 0 for what is fixed.
    mean, sd : float
        Ability of the focal group on the reference's scale.
    """

    focal: Floats
    reference: Floats
    vcov: Floats
    mean: float
    sd: float

    def effect(self) -> tuple[float, float, float]:
        """Difference of log odds at the focal group's mean ability, its error, and the mean distance of the curves.

        All on the delta scale; below 0 the item is harder for the focal group.
        """
        apart = self.focal - self.reference
        weight = np.concatenate([[self.mean], np.full(len(apart) - 1, 1 / (len(apart) - 1))])
        both = np.concatenate([weight, -weight])
        error = float(np.sqrt(max(both @ self.vcov @ both, 0)))
        theta = self.mean + self.sd * grid(41, 4.0)
        distance = np.abs(apart[0] * theta + apart[1:].mean())
        size = float(normal_weights(grid(41, 4.0)) @ distance)
        return ETS * float(weight @ apart), ETS * error, ETS * size


def write(out: dict[str, Any], item: int, statistic: float, df: int, curves: Curves | None, level: float) -> None:
    """Fill an item's row."""
    p = float(chdtrc(df, statistic)) if df > 0 and np.isfinite(statistic) else float("nan")
    out["statistic"][item], out["df"][item], out["p_value"][item] = statistic, df or np.nan, p
    if curves is None:
        return
    estimate, error, size = curves.effect()
    reach = normal_quantile(level) * error
    for name, value in zip(_NUMBERS[3:], (estimate, error, estimate - reach, estimate + reach, size), strict=True):
        out[name][item] = value
    out["class"][item] = classes.by_size(np.array([size]), np.array([p]), level, classes.DELTA)[0]
    if p < 1 - level:
        told = Direction.HARDER if estimate < 0 else Direction.EASIER
        out["direction"][item] = (Direction.CROSSING if size > 1.5 * abs(estimate) else told).value


def parameters_of(fit: IrtFit, name: str) -> tuple[Floats, list[str]]:
    """Give slope and intercepts of a calibrated item, and the labels they have in `vcov`."""
    at = fit.parameters.names.index(name)
    intercepts = fit.parameters.intercepts[at]
    intercepts = intercepts[~np.isnan(intercepts)]
    labels = [f"{name}.a"] + [f"{name}.d{k + 1}" for k in range(len(intercepts))]
    return np.concatenate([[fit.parameters.slope[at]], intercepts]), labels


def spread_of(fit: IrtFit, labels: list[str]) -> Floats:
    """Give the covariance of the parameters called `labels`; 0 where one is fixed, NaN without any covariance."""
    if fit.vcov is None:
        return np.full((len(labels), len(labels)), np.nan)
    return fit.vcov.reindex(index=labels, columns=labels).fillna(0.0).to_numpy()


def calibrated(data: pd.DataFrame, model: str, **options: Any) -> IrtFit | None:
    """Calibrate; None if nothing comes of it."""
    try:
        with np.errstate(all="ignore"):
            fit = irt(data, model, **options)
    except InvalidInput:
        return None
    told = np.isfinite(fit.parameters.slope).all() and not np.isinf(fit.parameters.intercepts).any()
    return fit if fit.converged and told else None


def few(setting: Setting, pair: tuple[int, int]) -> str:
    """Give the note of a pair with few candidates."""
    return FairNote.FEW.value if min(int(side.sum()) for side in setting.rows_of(pair)) < ENOUGH else ""
