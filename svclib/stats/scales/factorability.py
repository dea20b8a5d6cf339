"""Whether items have anything in common to find: Kaiser–Meyer–Olkin, Bartlett, Velicer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.stats.arrays import Floats, ratio
from svclib.stats.marks import _
from svclib.stats.scales.correlations import Kind, correlate
from svclib.stats.scales.matrices import is_singular, off_diagonal
from svclib.stats.scales.moments import Missing

SINGULAR = _("an item follows exactly from the others: leave one out, then this can be told")
NO_TEST = _("Bartlett's test needs product-moment correlations of complete respondents")
_LEAST = 1e-10


@dataclass(frozen=True, eq=False)
class Factorability:
    """Whether the items' correlations call for factors.

    Attributes
    ----------
    frame : DataFrame
        One row an item: ``item, kmo, note``.
    kmo : float
        Overall; below 0.5 there is nothing to find, from 0.8 on all is well (Kaiser 1974).
    chi2, df, p_value : float
        Bartlett's test that no two items correlate.
    n : int
    notes : tuple of str
    """

    frame: pd.DataFrame
    kmo: float
    chi2: float
    df: int
    p_value: float
    n: int
    notes: tuple[str, ...]


def factorability(
    data: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    correlations: Kind = "pearson",
    missing: Missing = "complete",
) -> Factorability:
    """Judge whether the items are worth a factor analysis.

    KMO = Σ r² / (Σ r² + Σ q²) over pairs, q the correlation that the other items leave (Kaiser 1970, 1974). Bartlett's
    test (1951) is −(n − 1 − (2p + 5)/6) log|R|.

    Parameters
    ----------
    data, items, correlations, missing
        As in `svclib.stats.efa`.

    Raises
    ------
    InvalidInput
        As `svclib.stats.efa`.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> answers = random.normal(size=(200, 1)) + random.normal(size=(200, 5))
    >>> round(factorability(pd.DataFrame(answers, columns=list("abcde"))).kmo, 2)
    0.81
    """
    found = correlate(data, items, kind=correlations, missing=missing)
    names, count = list(found.items), len(found.items)
    df = count * (count - 1) // 2
    if is_singular(found.matrix):
        frame = pd.DataFrame({"item": names, "kmo": np.nan, "note": SINGULAR})
        return Factorability(frame, np.nan, np.nan, df, np.nan, found.n, (*found.notes, SINGULAR))
    own, left = found.matrix**2, _partial(found.matrix) ** 2
    np.fill_diagonal(own, 0)
    np.fill_diagonal(left, 0)
    sums = own.sum(axis=1)
    frame = pd.DataFrame({"item": names, "kmo": ratio(sums, sums + left.sum(axis=1)), "note": ""})
    overall = float(ratio(own.sum(), own.sum() + left.sum()))
    if correlations != "pearson" or missing != "complete":
        return Factorability(frame, overall, np.nan, df, np.nan, found.n, (*found.notes, NO_TEST))
    chi2 = -(found.n - 1 - (2 * count + 5) / 6) * float(np.linalg.slogdet(found.matrix)[1])
    return Factorability(frame, overall, chi2, df, float(chdtrc(df, max(chi2, 0))), found.n, found.notes)


def _partial(matrix: Floats) -> Floats:
    """Correlations of two items when all others are held fixed."""
    inverse = np.linalg.inv(matrix)
    spread = np.sqrt(np.diag(inverse))
    return -inverse / np.outer(spread, spread)


def map_test(
    data: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    correlations: Kind = "pearson",
    missing: Missing = "complete",
) -> pd.DataFrame:
    """Find the number of components that leave the smallest partial correlations (Velicer 1976).

    Parameters
    ----------
    data, items, correlations, missing
        As in `svclib.stats.efa`.

    Returns
    -------
    DataFrame
        One row a number of components from 0 on: ``components, mean_square`` (of the partial correlations),
        ``mean_fourth`` (of their fourth powers: Velicer, Eaton and Fava 2000), ``chosen`` (true at the smallest mean
        square). It ends where an item would be left without variance.

    Raises
    ------
    InvalidInput
        As `svclib.stats.efa`.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> answers = np.repeat(random.normal(size=(300, 2)), 4, axis=1) + random.normal(size=(300, 8))
    >>> found = map_test(pd.DataFrame(answers, columns=list("abcdefgh")))
    >>> found.loc[found["chosen"], "components"].item()
    2
    """
    matrix = correlate(data, items, kind=correlations, missing=missing).matrix
    values, vectors = np.linalg.eigh(matrix)
    axes = vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0))
    rows = []
    for components in range(len(matrix)):
        left = matrix - axes[:, :components] @ axes[:, :components].T
        spread = np.diag(left)
        if spread.min() < _LEAST:
            break
        partial = off_diagonal(left / np.sqrt(np.outer(spread, spread)))
        rows.append((components, float((partial**2).mean()), float((partial**4).mean())))
    frame = pd.DataFrame(rows, columns=["components", "mean_square", "mean_fourth"])
    frame["chosen"] = frame["components"] == frame["components"].iloc[frame["mean_square"].argmin()]
    return frame
