"""Which units stand out among units that honestly differ, with the rate of false alarms held over all of them.

A unit's value y has a sampling error s of its own and a true deviation from the others: y - Xβ ~ N(0, s² + τ²)
(additive overdispersion, Spiegelhalter 2005). β and τ are estimated so that a few strange units do not move them
(Huber's proposal 2), and the same estimation is run on simulated honest banks: what the largest deviations come to
there is what chance does, the uncertainty of β and τ included.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import ndtr

from svclib.stats.arrays import Floats, Ints
from svclib.stats.marks import _

LEAST_UNITS = 8
"""Among fewer units nobody can say how much honest ones differ."""
CLIP = 1.5
"""Deviations beyond so many standard deviations count as this one when the spread is estimated."""
_FAR = 3.0
_HALVINGS = 24
_STEPS = 3
_DRAWS = 20_000
"""Deviations of honest units that are simulated, at least; of many tests more."""


class UnitNote(StrEnum):
    """Why a unit cannot be judged."""

    NONE = ""
    FEW_UNITS = _("needs at least eight units to tell how much honest ones differ")
    FEW_ANSWERS = _("too few answers to judge the unit")
    FEW_EXPECTED = _("all units are alike in this, or too little of it is expected of the unit to judge it")
    FEW_SIGNS = _("too few signs are told of the unit to take them together")


@dataclass(frozen=True)
class Judged:
    """How far units stand out.

    Attributes
    ----------
    z : (units,) float
        Deviation in standard deviations of honest units; NaN where not judged.
    p_value : (units,) float
        Share of simulated honest units that stand out as far upwards.
    expected : (units,) float
        What the others would have here, Xβ.
    between : float
        Standard deviation between honest units, τ.
    """

    z: Floats
    p_value: Floats
    expected: Floats
    between: float


def outlying(values: Floats, errors: Floats, covariate: Floats | None = None, *, tests: int = 1, seed: int) -> Judged:
    """Judge units by how far they stand out upwards.

    Parameters
    ----------
    values, errors : (units,) float
        Value and its standard error; NaN where the unit is not judged.
    covariate : (units,) float, optional
        What honest units' values depend on, such as their level of satisfaction.
    tests : int
        Number of tests that are adjusted for later, which the smallest p value must allow for.
    seed : int
    """
    nothing = np.full(len(values), np.nan)
    told = np.flatnonzero(~np.isnan(values) & ~np.isnan(errors))
    if len(told) < LEAST_UNITS:
        return Judged(nothing, nothing, nothing, np.nan)
    y, variance, terms = values[told], errors[told] ** 2, _terms(covariate, told)
    beta, between = fit(y[None, :], variance, terms)
    total = variance + between[0]
    if total.max() <= 0 or np.ptp(y) == 0:
        return Judged(nothing, nothing, nothing, np.nan)
    centre = terms @ beta[0]
    z = (y - centre) / np.sqrt(np.maximum(total, 1e-300))
    p_value = _tail(z, _honest_deviations(centre, variance, between[0], terms, tests, seed))
    return Judged(
        _placed(z, told, len(values)),
        _placed(p_value, told, len(values)),
        _placed(centre, told, len(values)),
        float(np.sqrt(between[0])),
    )


def _placed(part: Floats, told: Ints, units: int) -> Floats:
    out = np.full(units, np.nan)
    out[told] = part
    return out


def _terms(covariate: Floats | None, told: Ints) -> Floats:
    """An intercept and, if there is one, the covariate in standard units; a missing or constant one is left out.

    Beyond three standard deviations it counts as three, so that a strange unit cannot pull the line to itself.
    """
    one = np.ones((len(told), 1))
    if covariate is None or len(told) < 2 * LEAST_UNITS:
        return one
    values = covariate[told]
    values = np.where(np.isnan(values), np.nanmean(values) if (~np.isnan(values)).any() else 0.0, values)
    spread = values.std()
    return one if spread <= 1e-12 else np.column_stack([one, np.clip((values - values.mean()) / spread, -_FAR, _FAR)])


def fit(values: Floats, variance: Floats, terms: Floats) -> tuple[Floats, Floats]:
    """Estimate β and τ² of many banks at once by Huber's proposal 2.

    Parameters
    ----------
    values : (banks, units) float
    variance : (units,) float
        Sampling variances.
    terms : (units, terms) float

    Returns
    -------
    beta : (banks, terms) float
    between : (banks,) float
        τ²; 0 where the sampling errors explain all there is.
    """
    aim = _clipped_variance() * (values.shape[1] - terms.shape[1])
    low, high = np.zeros(len(values)), 4 * values.var(axis=1) + variance.max() + 1e-12
    start = np.zeros((len(values), terms.shape[1]))
    start[:, 0] = np.median(values, axis=1)
    alone = variance[None, :] + 1e-12 * high[:, None]
    without = _improved(values, start, alone, terms)
    none = _square_sum(values - without @ terms.T, alone) <= aim
    beta = _improved(values, start, variance[None, :] + (high / 8)[:, None], terms)
    for _halving in range(_HALVINGS):
        middle = (low + high) / 2
        total = variance[None, :] + middle[:, None]
        beta = _improved(values, beta, total, terms, steps=1)
        wide = _square_sum(values - beta @ terms.T, total) <= aim
        low, high = np.where(wide, low, middle), np.where(wide, middle, high)
    return np.where(none[:, None], without, beta), np.where(none, 0.0, (low + high) / 2)


def _improved(values: Floats, beta: Floats, total: Floats, terms: Floats, *, steps: int = _STEPS) -> Floats:
    """Weighted least squares with Huber's weights, a few rounds."""
    for _step in range(steps):
        scaled = np.abs(values - beta @ terms.T) / np.sqrt(total)
        weights = np.where(scaled > CLIP, CLIP / np.maximum(scaled, CLIP), 1.0) / total
        right = (weights * values) @ terms
        if terms.shape[1] == 1:
            beta = right / (weights @ terms**2)
            continue
        left = np.einsum("bu,ui,uj->bij", weights, terms, terms, optimize=True)
        beta = np.linalg.solve(left, right[:, :, None])[:, :, 0]
    return beta


def _square_sum(residuals: Floats, total: Floats) -> Floats:
    return (np.minimum(residuals**2 / total, CLIP**2)).sum(axis=1)


def _clipped_variance() -> float:
    """Variance of a standard normal variable clipped at ± `CLIP`."""
    density = np.exp(-(CLIP**2) / 2) / np.sqrt(2 * np.pi)
    return float(2 * ndtr(CLIP) - 1 - 2 * CLIP * density + 2 * CLIP**2 * (1 - ndtr(CLIP)))


def _honest_deviations(
    centre: Floats, variance: Floats, between: float, terms: Floats, tests: int, seed: int
) -> Floats:
    """Deviations of the units of simulated honest banks, judged as the real ones are; sorted."""
    units = len(centre)
    banks = int(np.ceil(max(_DRAWS, 200 * tests) / units))
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal((banks, units))
    drawn = centre + np.sqrt(variance + between) * noise
    beta, spread = fit(drawn, variance, terms)
    total = np.maximum(variance[None, :] + spread[:, None], 1e-300)
    return np.sort(((drawn - beta @ terms.T) / np.sqrt(total)).ravel())


def _tail(z: Floats, honest: Floats) -> Floats:
    """Share of the sorted deviations that are as large, never quite 0."""
    above = len(honest) - np.searchsorted(honest, z, side="left")
    return (above + 1) / (len(honest) + 1)
