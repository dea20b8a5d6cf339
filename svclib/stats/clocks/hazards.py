"""The hazard behind a Cox regression, and the curves that it predicts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.stats.arrays import Floats, Ints
from svclib.stats.clocks.limits import normal_limits
from svclib.stats.clocks.newton import Summit
from svclib.stats.clocks.partial import Cohort, Layout, State


@dataclass(frozen=True)
class Baseline:
    """Cumulative hazard at the mean of the terms, at each moment of each stratum.

    Attributes
    ----------
    stratum : (moments,) int
    time, hazard, variance : (moments,) float
        Of the cumulative hazard; the variance without that of the coefficients.
    drift : (moments, terms) float
        Σ means × hazard: how the cumulative hazard moves with the coefficients.
    """

    stratum: Ints
    time: Floats
    hazard: Floats
    variance: Floats
    drift: Floats
    beta: Floats
    vcov: Floats
    strata: pd.DataFrame


def baseline(cohort: Cohort, places: Layout, fit: Summit[State], strata: pd.DataFrame) -> Baseline:
    """Add up the hazard at each moment (Efron's or Breslow's estimate; Tsiatis 1981 for its variance)."""
    first = places.deaths[places.starts]
    stratum = cohort.stratum[first]
    hazard, means = fit.state.hazard, fit.state.means
    columns = np.column_stack([hazard, hazard**2 / places.weight, hazard[:, None] * means])
    total = np.cumsum(np.add.reduceat(columns, places.starts, axis=0), axis=0)
    starts = np.searchsorted(stratum, np.arange(len(strata)))
    before = np.vstack([np.zeros(columns.shape[1]), total])[starts[stratum]]
    own = total - before
    return Baseline(stratum, cohort.time[first], own[:, 0], own[:, 1], own[:, 2:], fit.beta, fit.vcov, strata)


def predicted(base: Baseline, matrix: Floats, level: float, times: Floats | None = None) -> pd.DataFrame:
    """Predict survival for rows of centred terms, in every stratum."""
    frames = []
    for stratum in range(len(base.strata)):
        mine = np.flatnonzero(base.stratum == stratum)
        wanted = base.time[mine] if times is None else times
        place = np.searchsorted(base.time[mine], wanted, side="right")
        steps = [np.concatenate([np.zeros((1, *part.shape[1:])), part[mine]])[place] for part in _parts(base)]
        for row, terms in enumerate(matrix):
            frames.append(_curve(base, terms, wanted, steps, level).assign(row=row, stratum=stratum))
    out = pd.concat(frames, ignore_index=True)
    keys = base.strata.iloc[out.pop("stratum").to_numpy()].reset_index(drop=True)
    return pd.concat([keys, out[["row", "time", "hazard", "survival", "std_error", "low", "high"]]], axis=1)


def _parts(base: Baseline) -> tuple[Floats, Floats, Floats]:
    return base.hazard, base.variance, base.drift


def _curve(base: Baseline, terms: Floats, times: Floats, steps: list[Floats], level: float) -> pd.DataFrame:
    risk = float(np.exp(terms @ base.beta))
    hazard, variance, drift = steps
    moved = hazard[:, None] * terms - drift
    error = risk * np.sqrt(variance + np.einsum("ti,ij,tj->t", moved, base.vcov, moved))
    survival = np.exp(-risk * hazard)
    low, high = normal_limits(survival, survival * error, level, "log-log")
    columns = {"time": times, "hazard": risk * hazard, "survival": survival, "std_error": error}
    return pd.DataFrame({**columns, "low": low, "high": high})
