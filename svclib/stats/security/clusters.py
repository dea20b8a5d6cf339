"""Groups of candidates who hang together by pairs that call for a look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from svclib.stats.arrays import Ints, Objects
from svclib.stats.columns import check_columns, check_frame
from svclib.stats.security.similarity import Similarity

_COLUMNS = ["cluster", "size", "candidates", "pairs", "density", "matches", "smallest_p", "source", "together"]


def answer_clusters(pairs: Similarity | pd.DataFrame, *, rate: float | None = None) -> pd.DataFrame:
    """Join flagged pairs that share a candidate.

    Parameters
    ----------
    pairs : Similarity or DataFrame
        A result of `answer_similarity`, or its frame.
    rate : float, optional
        Take the pairs with an adjusted p up to this; without it those flagged.

    Returns
    -------
    DataFrame
        One row a cluster, the largest first: ``cluster`` (from 1), ``size``, ``candidates`` (list), ``pairs`` (flagged
        ones), ``density`` (their share of all pairs of the cluster: a low one is a chain, where the ends need not know
        each other), ``matches`` (mean agreement of its pairs, as a share of the items compared), ``smallest_p``,
        ``source`` (who is the source in most pairs, missing where that is no single one), ``together`` (all pairs in
        one group of the context).

    Examples
    --------
    >>> rows = {
    ...     "first": ["a", "b", "x"],
    ...     "second": ["b", "c", "y"],
    ...     "flag": [True, True, True],
    ...     "p": [1e-9, 1e-8, 1e-9],
    ... }
    >>> answer_clusters(pd.DataFrame(rows))[["size", "candidates", "pairs"]].values.tolist()
    [[3, ['a', 'b', 'c'], 2], [2, ['x', 'y'], 1]]
    """
    frame = pairs.frame if isinstance(pairs, Similarity) else check_frame(pairs)
    check_columns(frame, ["first", "second", "flag" if rate is None else "p_adjusted"])
    held = frame[frame["flag"].astype(bool) if rate is None else frame["p_adjusted"] <= rate]
    if not len(held):
        return pd.DataFrame({name: pd.Series(dtype=object) for name in _COLUMNS})
    names, label, at = _labels(held)
    rows = [_row(held[at == one], names[label == one]) for one in range(int(label.max()) + 1)]
    out = pd.DataFrame(rows).sort_values(["size", "smallest_p"], ascending=[False, True], ignore_index=True)
    return out.assign(cluster=np.arange(1, len(out) + 1))[_COLUMNS]


def _labels(held: pd.DataFrame) -> tuple[Objects, Ints, Ints]:
    """Give the candidates, the cluster of each, and the cluster of each pair."""
    ends = np.concatenate([held["first"].to_numpy(dtype=object), held["second"].to_numpy(dtype=object)])
    codes, kinds = pd.factorize(pd.Series(ends))
    half = len(held)
    graph = coo_array((np.ones(half), (codes[:half], codes[half:])), shape=(len(kinds), len(kinds)))
    _number, label = connected_components(graph, directed=False)
    return np.asarray(kinds, dtype=object), label.astype(np.int64), label[codes[:half]].astype(np.int64)


def _row(held: pd.DataFrame, people: Objects) -> dict[str, Any]:
    linked = len({frozenset(pair) for pair in zip(held["first"], held["second"], strict=True)})
    size = len(people)
    share = (held["matches"] / held["items"]).mean() if {"matches", "items"} <= set(held.columns) else np.nan
    return {
        "size": size,
        "candidates": sorted(people.tolist(), key=str),
        "pairs": linked,
        "density": linked / (size * (size - 1) / 2),
        "matches": float(share),
        "smallest_p": float(held["p"].min()) if "p" in held else np.nan,
        "source": _source(held),
        "together": bool(held["together"].all()) if "together" in held else None,
    }


def _source(held: pd.DataFrame) -> Any:
    named = held["source"].dropna() if "source" in held else pd.Series(dtype=object)
    if len(held) < 2 or not len(named):
        return None
    counts = named.value_counts()
    return counts.index[0] if counts.iloc[0] > len(named) / 2 else None
