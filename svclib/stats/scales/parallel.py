"""How many factors: Horn's parallel analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.estimate import check_level
from svclib.stats.marks import _
from svclib.stats.scales.correlations import Correlations, Kind, complete_rows, correlate, correlation_matrix
from svclib.stats.scales.matrices import correlation_of
from svclib.stats.scales.moments import Missing, item_rows

Chance = Literal["normal", "permuted"]

_SINGULAR = 1e-8


@dataclass(frozen=True, eq=False)
class ParallelAnalysis:
    """Eigenvalues of the items beside those of answers without any correlation.

    Attributes
    ----------
    frame : DataFrame
        One row a position and kind (``component``, ``factor``): ``kind, position, eigenvalue, random_mean,
        random_high`` (the percentile), ``kept``.
    components, factors : int
        How many lie above chance, counted from the first.
    n : int
        Respondents.
    notes : tuple of str
    """

    frame: pd.DataFrame
    components: int
    factors: int
    n: int
    notes: tuple[str, ...]


def parallel_analysis(
    data: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    correlations: Kind = "pearson",
    chance: Chance | None = None,
    missing: Missing = "complete",
    percentile: float = 0.95,
    draws: int | None = None,
    seed: int = 1,
) -> ParallelAnalysis:
    """Compare the items' eigenvalues with those that chance alone gives (Horn 1965).

    A component is kept while its eigenvalue lies above the percentile of chance (Glorfeld 1995). Factors are told from
    the correlations with the squared multiple correlations on the diagonal (Humphreys and Montanelli 1975).

    Parameters
    ----------
    data : DataFrame
        Respondents × items.
    items : list of str, optional
        All columns without it.
    correlations : {"pearson", "spearman", "polychoric"}
    chance : {"normal", "permuted"}
        Normal answers without correlation, or the items' own answers, each shuffled among the respondents. Permuted
        unless the correlations are product-moment.
    missing : {"complete", "pairwise"}
    percentile : float
    draws : int
        500; 100 for polychoric correlations.
    seed : int

    Returns
    -------
    ParallelAnalysis

    Raises
    ------
    InvalidInput
        As `svclib.stats.efa`; also for a chance that does not go with the correlations.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> answers = np.repeat(random.normal(size=(300, 2)), 4, axis=1) + random.normal(size=(300, 8))
    >>> found = parallel_analysis(pd.DataFrame(answers, columns=list("abcdefgh")))
    >>> found.components, found.factors
    (2, 2)
    """
    check_level(percentile)
    found = correlate(data, items, kind=correlations, missing=missing)
    kind = chance or ("normal" if correlations == "pearson" else "permuted")
    _check_chance(kind, correlations)
    count = _check_draws(draws, 100 if correlations == "polychoric" else 500)
    random = np.random.default_rng(seed)
    if kind == "normal":
        stack = _normal(found.n, len(found.items), count, random)
    else:
        kept = complete_rows(item_rows(data, items)[1], missing)[0]
        stack = np.array([_permuted(kept, correlations, missing, found.items, random) for _draw in range(count)])
    return _compared(found, stack, percentile)


def _check_chance(chance: str, correlations: Kind) -> None:
    if chance not in ("normal", "permuted"):
        raise InvalidInput(_('chance is "{chance}"; choose normal or permuted.'), chance=chance)
    if chance == "normal" and correlations != "pearson":
        raise InvalidInput(_('Correlations of ranks or categories need chance="permuted".'))


def _check_draws(draws: int | None, usual: int) -> int:
    count = usual if draws is None else draws
    if not isinstance(count, int | np.integer) or count < 20:
        raise InvalidInput(_("draws is {draws}; give a whole number of 20 or more."), draws=count)
    return int(count)


def _normal(n: int, items: int, draws: int, random: np.random.Generator) -> Floats:
    """Correlation matrices of normal answers without correlation, by Bartlett's decomposition of Wishart's matrix."""
    if n - 1 < items:
        answers = random.normal(size=(draws, items, n))
        apart = answers - answers.mean(axis=2, keepdims=True)
        return correlation_of(apart @ apart.swapaxes(1, 2))
    triangle = np.tril(random.normal(size=(draws, items, items)), -1)
    lengths = np.sqrt(random.chisquare(n - 1 - np.arange(items), size=(draws, items)))
    triangle[:, np.arange(items), np.arange(items)] = lengths
    return correlation_of(triangle @ triangle.swapaxes(1, 2))


def _permuted(
    answers: Floats, kind: Kind, missing: Missing, items: Sequence[str], random: np.random.Generator
) -> Floats:
    return correlation_matrix(random.permuted(answers, axis=1), kind, missing, items)


def reduced(stack: Floats) -> Floats:
    """Put squared multiple correlations on the diagonals; a nearly singular matrix is bent a little first."""
    values, vectors = np.linalg.eigh(stack)
    inverse = (vectors**2 / np.maximum(values, _SINGULAR)[:, None, :]).sum(axis=2)
    out = stack.copy()
    places = np.arange(stack.shape[-1])
    out[:, places, places] = np.clip(1 - 1 / inverse, 0, 1)
    return out


def _descending(stack: Floats) -> Floats:
    return np.asarray(np.linalg.eigvalsh(stack)[:, ::-1], dtype=np.float64)


def _compared(found: Correlations, stack: Floats, percentile: float) -> ParallelAnalysis:
    usable = stack[~np.isnan(stack).any(axis=(1, 2))]
    frames, counts = [], []
    for kind, change in (("component", np.asarray), ("factor", reduced)):
        own, random = _descending(change(found.matrix[None]))[0], _descending(change(usable))
        high = np.quantile(random, percentile, axis=0)
        kept = _from_the_first(own > high)
        counts.append(int(kept.sum()))
        frame = pd.DataFrame({"kind": kind, "position": np.arange(1, len(own) + 1), "eigenvalue": own})
        frame["random_mean"], frame["random_high"], frame["kept"] = random.mean(axis=0), high, kept
        frames.append(frame)
    return ParallelAnalysis(pd.concat(frames, ignore_index=True), counts[0], counts[1], found.n, found.notes)


def _from_the_first(above: Bools) -> Bools:
    """What holds without a break from the beginning.

    >>> _from_the_first(np.array([True, False, True])).tolist()
    [True, False, False]
    """
    return np.asarray(np.logical_and.accumulate(above), dtype=np.bool_)
