"""The bivariate normal distribution, for many pairs at once: formulas on arrays."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from svclib.stats.arrays import Floats

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(20)
_STEEP = 0.925
"""Above this correlation the integrand of Drezner and Wesolowsky is too steep for twenty nodes."""


def cdf(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Probability that X ≤ h and Y ≤ k for standard normals of correlation `rho`.

    Up to |ρ| = 0.925 the integral of Drezner and Wesolowsky (1990) over the angle, Φ(h)Φ(k) + ∫ exp(…)/2π from 0 to
    arcsin ρ; beyond, Genz's expansion (2004) about ρ = ±1. Errors stay near 1e-15.

    Parameters
    ----------
    h, k, rho : float arrays that broadcast
        Limits must be finite; ±37 stands for infinity.

    Examples
    --------
    >>> round(float(cdf(np.array(0.0), np.array(0.0), np.array(0.5))), 6)
    0.333333
    """
    h, k, rho = np.broadcast_arrays(np.asarray(h, float), np.asarray(k, float), np.asarray(rho, float))
    steep = np.abs(rho) >= _STEEP
    if not steep.any():
        return _by_angle(h, k, rho)
    out = np.empty(h.shape)
    out[~steep] = _by_angle(h[~steep], k[~steep], rho[~steep])
    out[steep] = _near_one(h[steep], k[steep], rho[steep])
    return out


def _by_angle(h: Floats, k: Floats, rho: Floats) -> Floats:
    half, product, squares = np.arcsin(rho) / 2, h * k, (h * h + k * k) / 2
    total = np.zeros(h.shape)
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        sine = np.sin(half * (node + 1))
        total += weight * np.exp((sine * product - squares) / (1 - sine * sine))
    return ndtr(h) * ndtr(k) + total * half / (2 * np.pi)


def _near_one(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Genz (2004): the probability at ρ = ±1 less the integral from |ρ| to 1."""
    positive = rho > 0
    k_signed = np.where(positive, k, -k)
    limit = np.where(positive, ndtr(np.minimum(h, k)), np.maximum(ndtr(h) - ndtr(-k), 0))
    missing = np.zeros(h.shape)
    inside = np.abs(rho) < 1
    missing[inside] = _beyond(h[inside], k_signed[inside], np.abs(rho[inside])) / (2 * np.pi)
    return np.clip(np.where(positive, limit - missing, limit + missing), 0, 1)


def _beyond(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Integrate 2π φ₂(h, k; r) over r from `rho` to 1, the singular part in closed form."""
    product, apart = h * k, (h - k) ** 2
    rest = (1 - rho) * (1 + rho)
    a, b = np.sqrt(rest), np.abs(h - k)
    c, d = (4 - product) / 8, (12 - product) / 16
    first = a * _exp(-(apart / rest + product) / 2)
    first *= 1 - c * (apart - rest) * (1 - d * apart / 5) / 3 + c * d * rest**2 / 5
    tail = np.sqrt(2 * np.pi) * ndtr(-b / a) * b * (1 - c * apart * (1 - d * apart / 5) / 3)
    total = first - _exp(-product / 2) * tail
    for node, weight in zip(_NODES, _NODE_WEIGHTS, strict=True):
        x = (a / 2 * (node + 1)) ** 2
        root = np.sqrt(1 - x)
        exact = _exp(-product * x / (2 * (1 + root) ** 2)) / root
        near = _exp(-(apart / x + product) / 2)
        total += a / 2 * weight * near * (exact - (1 + c * x * (1 + d * x)))
    return total


def _exp(exponent: Floats) -> Floats:
    return np.exp(np.clip(exponent, -700, 700))


def density(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Density of the bivariate normal, which is also the derivative of `cdf` by the correlation (Plackett 1954)."""
    rest = 1 - rho * rho
    return np.exp(-(h * h - 2 * rho * h * k + k * k) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))


def density_slope(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Derivative of `density` by the correlation."""
    rest = 1 - rho * rho
    inner = rho / rest + (h * k * (1 + rho * rho) - rho * (h * h + k * k)) / rest**2
    return density(h, k, rho) * inner


def slope_in_limit(h: Floats, k: Floats, rho: Floats) -> Floats:
    """Derivative of `cdf` by its first limit, φ(h) Φ((k − ρh) / √(1 − ρ²))."""
    return np.exp(-h * h / 2) / np.sqrt(2 * np.pi) * ndtr((k - rho * h) / np.sqrt(1 - rho * rho))
