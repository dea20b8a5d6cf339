"""The distribution of ability in each group: normal weights at the points, and their derivatives.

Shapes: G groups, Q points. Each group has a mean and the logarithm of a standard deviation.
"""

from __future__ import annotations

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.item_response.layout import FIXED, LOG_SD, MEAN, Layout


def log_weights(latent: Floats, theta: Floats) -> Floats:
    """Log weights of the points in each group, (G, Q), each row adding up to 1."""
    z = (theta - latent[:, [MEAN]]) / np.exp(latent[:, [LOG_SD]])
    logs = -0.5 * z**2
    top = logs.max(axis=1, keepdims=True)
    return np.asarray(logs - top - np.log(np.exp(logs - top).sum(axis=1, keepdims=True)))


def slopes(latent: Floats, theta: Floats) -> Floats:
    """Derivatives of `log_weights` by mean and log sd: (G, 2, Q)."""
    sd = np.exp(latent[:, [LOG_SD]])
    z = (theta - latent[:, [MEAN]]) / sd
    raw = np.stack([z / sd, z**2], axis=1)
    weights = np.exp(log_weights(latent, theta))[:, None, :]
    return np.asarray(raw - (raw * weights).sum(axis=2, keepdims=True))


def complete_information(latent: Floats, theta: Floats, nodes: Floats) -> Floats:
    """Information of each group about its two places: (G, 2, 2)."""
    by = slopes(latent, theta)
    weights = np.exp(log_weights(latent, theta)) * nodes.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("gsq,gq,gtq->gst", by, weights, by))


def moments(layout: Layout, latent: Floats, theta: Floats, nodes: Floats) -> Floats:
    """Give the mean and log sd that fit the expected numbers at the points best, where they are free."""
    out, total = latent.copy(), nodes.sum(axis=1)
    free = layout.latent_slots != FIXED
    mean = np.where(free[:, MEAN], (nodes @ theta) / total, latent[:, MEAN])
    spread = (nodes * (theta - mean[:, None]) ** 2).sum(axis=1) / total
    out[:, MEAN] = mean
    out[:, LOG_SD] = np.where(free[:, LOG_SD], 0.5 * np.log(np.maximum(spread, 1e-6)), latent[:, LOG_SD])
    return out
