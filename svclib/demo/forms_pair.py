"""Two made-up forms of an examination with twelve common items: nobody sat them, the numbers are drawn.

For trying out links and equating until the bank holds two forms of its own. There is something to find: the new form
is somewhat harder, its group somewhat abler, and items may be made to drift.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

UNIQUE, ANCHORS = 28, 12
_MEAN, _SD, _HARDER = 0.25, 1.1, 0.3


def _parameters(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make items of the new and of the old form on one scale, the anchors in both."""
    rng = np.random.default_rng(seed)

    def items(letter: str, n: int, shift: float) -> pd.DataFrame:
        names = [f"{letter}{k:02d}" for k in range(1, n + 1)]
        return pd.DataFrame({"item": names, "a": rng.lognormal(0.1, 0.25, n), "b": rng.normal(shift, 0.9, n)})

    anchor = items("A", ANCHORS, 0.0)
    return pd.concat([items("X", UNIQUE, _HARDER), anchor]), pd.concat([items("Y", UNIQUE, 0.0), anchor])


def calibrations(
    seed: int = 1, *, noise: float = 0.05, drift: Mapping[str, float] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make item frames of the new and the old form, each on its own scale (θ_old = 1.1 θ_new + 0.25).

    Parameters
    ----------
    seed : int
    noise : float
        Standard deviation of the calibrations' errors.
    drift : dict, optional
        By how much anchors became harder on the new form.

    Examples
    --------
    >>> new, old = calibrations()
    >>> len(new), len(old)
    (40, 40)
    """
    new, old = (part.reset_index(drop=True) for part in _parameters(seed))
    rng = np.random.default_rng([seed, 1])
    moved = new["item"].map(dict(drift or {})).fillna(0.0).astype(float)
    new = new.assign(a=new["a"] * _SD, b=(new["b"] + moved - _MEAN) / _SD)
    first, second = (
        part.assign(
            a=part["a"] * np.exp(rng.normal(0, noise, len(part))), b=part["b"] + rng.normal(0, noise, len(part))
        )
        for part in (new, old)
    )
    return first, second


def administrations(
    n: int = 700, seed: int = 1, *, drift: Mapping[str, float] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the right (1) and wrong (0) answers of `n` candidates on each form.

    The new group's ability is normal with mean 0.25 and standard deviation 1.1, the old one's standard normal.

    Examples
    --------
    >>> new, old = administrations(50)
    >>> new.shape, len(set(new) & set(old))
    ((50, 40), 12)
    """
    new, old = (part.reset_index(drop=True) for part in _parameters(seed))
    rng = np.random.default_rng([seed, 2])
    moved = new["item"].map(dict(drift or {})).fillna(0.0).astype(float)
    theta = rng.normal(_MEAN, _SD, n), rng.normal(0, 1, n)
    return _answers(new.assign(b=new["b"] + moved), theta[0], rng), _answers(old, theta[1], rng)


def _answers(items: pd.DataFrame, theta: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    logits = items["a"].to_numpy() * (theta[:, None] - items["b"].to_numpy())
    right = rng.random(logits.shape) < 1 / (1 + np.exp(-logits))
    return pd.DataFrame(right.astype(int), columns=list(items["item"]))


def scores(
    n: int = 700, seed: int = 1, *, drift: Mapping[str, float] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give the sum scores (``score``) and those on the anchor items (``anchor``) of `administrations`."""
    anchors = [f"A{k:02d}" for k in range(1, ANCHORS + 1)]
    first, second = (
        pd.DataFrame({"score": part.sum(axis=1), "anchor": part[anchors].sum(axis=1)})
        for part in administrations(n, seed, drift=drift)
    )
    return first, second
