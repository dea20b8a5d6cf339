"""A general factor above the factors of the items: Schmid and Leiman's transformation (1957)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _
from svclib.stats.scales.extraction import Method, extract
from svclib.stats.scales.factors import FactorFit
from svclib.stats.scales.rotation import rotate, turn

_LEAST = 1e-12
_FLAT = 1e-7
"""The rotation of a stack ends here: far below what leaving out a respondent changes."""


@dataclass(frozen=True)
class General:
    """A general factor and what is left to the others, for a stack of matrices.

    Attributes
    ----------
    general : (matrices, items) float
        Loadings on the general factor.
    groups : (matrices, items, factors) float
        Loadings on the factors that remain, uncorrelated with it and with each other.
    uniqueness : (matrices, items) float
    """

    general: Floats
    groups: Floats
    uniqueness: Floats


def general_factor(phi: Floats) -> Floats:
    """Loadings (matrices, factors) of correlated factors on one above them.

    Minres; of two factors, which cannot tell, both load the root of their correlation.

    >>> general_factor(np.array([[[1, 0.48, 0.4], [0.48, 1, 0.3], [0.4, 0.3, 1]]])).round(3).tolist()
    [[0.8, 0.6, 0.5]]
    """
    if phi.shape[-1] == 2:
        between = phi[:, 0, 1]
        return np.sqrt(np.abs(between))[:, None] * np.column_stack([np.ones(len(phi)), np.sign(between)])
    loadings = extract(phi, 1).loadings[:, :, 0]
    return loadings * np.where(loadings.sum(axis=1, keepdims=True) < 0, -1, 1)


def transformed(loadings: Floats, phi: Floats, uniqueness: Floats) -> General:
    """Split stacked oblique loadings into a general factor and group factors."""
    above = general_factor(phi)
    left = np.sqrt(np.maximum(1 - above**2, 0))
    return General((loadings @ above[:, :, None])[:, :, 0], loadings * left[:, None, :], uniqueness)


def general_of(matrices: Floats, factors: int, method: Method = "minres", *, seed: int = 1) -> General:
    """Extract, rotate (oblimin) and transform a stack of correlation matrices.

    The first matrix is rotated from several starts, the others from the first one's solution, which keeps the factors
    in its order. One factor is itself the general one.
    """
    found = extract(matrices, factors, method)
    if factors == 1:
        general = found.loadings[:, :, 0] * np.where(found.loadings.sum(axis=(1, 2)) < 0, -1, 1)[:, None]
        return General(general, np.zeros_like(found.loadings), found.uniqueness)
    first = rotate(found.loadings[0], "oblimin", seed=seed)
    axes = _near(found.loadings, first.loadings)
    loadings, phi, _value = turn(found.loadings, "oblimin", axes, flat=_FLAT)
    return transformed(loadings, phi, found.uniqueness)


def _near(loadings: Floats, target: Floats) -> Floats:
    """Axes that bring stacked unrotated loadings close to `target`."""
    turned = np.linalg.pinv(loadings) @ target
    axes = np.linalg.inv(turned).swapaxes(1, 2)
    return np.asarray(axes / np.sqrt((axes**2).sum(axis=1, keepdims=True)), dtype=np.float64)


def schmid_leiman(fit: FactorFit) -> pd.DataFrame:
    """Give the items' loadings on a general factor and on what the factors share beyond it.

    Parameters
    ----------
    fit : FactorFit
        Of `svclib.stats.efa` with an oblique rotation and two factors or more.

    Returns
    -------
    DataFrame
        One row an item: ``item, general``, a column a factor, ``communality, uniqueness, general_share`` (of the
        communality).

    Raises
    ------
    InvalidInput
        With a single factor, or factors at right angles: there is nothing above them.

    Examples
    --------
    >>> from svclib.stats.scales.factors import efa
    >>> random = np.random.default_rng(2)
    >>> whole, parts = random.normal(size=(500, 1)), random.normal(size=(500, 3))
    >>> answers = np.repeat(0.7 * whole + 0.5 * parts, 3, axis=1) + 0.5 * random.normal(size=(500, 9))
    >>> schmid_leiman(efa(pd.DataFrame(answers, columns=list("abcdefghi")), factors=3))["general"].round(2).tolist()[:3]
    [0.69, 0.68, 0.69]
    """
    phi = fit.rotated.phi
    if len(phi) < 2 or np.abs(phi - np.eye(len(phi))).max() < _LEAST:
        raise InvalidInput(
            _("A general factor needs two correlated factors or more; analyse with factors=3 and an oblique rotation.")
        )
    found = transformed(fit.rotated.loadings[None], phi[None], fit.uniqueness[None])
    frame = pd.DataFrame({"item": fit.item_names, "general": found.general[0]})
    for position, name in enumerate(fit.factors):
        frame[name] = found.groups[0, :, position]
    frame["communality"] = 1 - fit.uniqueness
    frame["uniqueness"] = fit.uniqueness
    frame["general_share"] = frame["general"] ** 2 / np.maximum(frame["communality"], _LEAST)
    return frame
