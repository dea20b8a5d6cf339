"""Correlations of items, as factors and reliability need them: product-moment, of ranks, or polychoric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import check_frame, matrix
from svclib.stats.marks import _
from svclib.stats.scales.matrices import SMALLEST, correlation_of, off_diagonal, smoothed
from svclib.stats.scales.moments import Missing, check_missing, check_size, item_rows, moments
from svclib.stats.scales.polychoric import polychoric_core

Kind = Literal["pearson", "spearman", "polychoric"]

MOST_CATEGORIES = 25
"""An item of more different answers is a measurement, not a set of categories."""

SMOOTHED = _("the correlations contradicted each other and were moved to the nearest ones that do not")
PERFECT = _("two items are perfectly associated: no answers speak against a correlation of ±1")
FEW_ROWS = _("no more respondents than items: the correlations are hardly known")
LEFT_OUT = _("more than a tenth of the respondents left out: they did not answer every item")


@dataclass(frozen=True)
class Correlations:
    """Correlations of items.

    Attributes
    ----------
    items : tuple of str
    matrix : (items, items) float
        Positive definite where it was `smoothed`.
    n : int
        Respondents behind it; with pairwise answers the harmonic mean of the pairs' numbers.
    kind : str
    notes : tuple of str
    """

    items: tuple[str, ...]
    matrix: Floats
    n: int
    kind: Kind
    notes: tuple[str, ...]


def check_kind(kind: str) -> None:
    """Raise `InvalidInput` for an unknown kind of correlation."""
    if kind not in get_args(Kind):
        raise InvalidInput(
            _('correlations is "{kind}"; choose one of {known}.'), kind=kind, known=", ".join(get_args(Kind))
        )


def correlate(
    data: pd.DataFrame, items: Sequence[str] | None = None, *, kind: Kind = "pearson", missing: Missing = "complete"
) -> Correlations:
    """Correlate the items, refusing what has no correlation.

    Raises
    ------
    InvalidInput
        Naming an item that is no number, that everybody answers alike, or that has too many categories; if there are
        fewer than two items or three respondents, or if two items were never answered together.
    """
    check_kind(kind)
    check_missing(missing)
    names, answers = item_rows(data, items)
    if len(names) < 2:
        raise InvalidInput(_("Name at least two items."))
    kept, n = complete_rows(answers, missing)
    check_rows(n, len(names))
    check_spread(kept, names)
    found = correlation_matrix(kept, kind, missing, names)
    check_together(found, names)
    return _checked(names, found, kept, kind, answered=int((~np.isnan(answers)).any(axis=0).sum()))


def complete_rows(answers: Floats, missing: Missing) -> tuple[Floats, int]:
    """Keep the respondents with every item, or with any; and their number."""
    there = ~np.isnan(answers)
    rows = there.all(axis=0) if missing == "complete" else there.any(axis=0)
    return (answers if rows.all() else answers[:, rows]), int(rows.sum())


def check_rows(n: int, items: int) -> None:
    """Raise `InvalidInput` with fewer than three respondents."""
    if n < 3:
        raise InvalidInput(
            _(
                "{n} respondents answered the {items} items; three are needed. Leave out the item that few "
                'answered, or give missing="pairwise".'
            ),
            n=n,
            items=items,
        )


def check_spread(answers: Floats, names: Sequence[str]) -> None:
    """Raise `InvalidInput` naming the first item that everybody answers alike."""
    for name, row in zip(names, answers, strict=True):
        known = row[~np.isnan(row)]
        check_size(known, name)
        if len(known) < 2 or known.min() == known.max():
            raise InvalidInput(
                _('Everybody gives the same answer to "{column}"; leave it out: it correlates with nothing.'),
                column=name,
            )


def check_together(found: Floats, names: Sequence[str]) -> None:
    """Raise `InvalidInput` naming two items without a correlation."""
    lost = np.argwhere(np.isnan(found))
    if len(lost):
        first, second = lost[0]
        raise InvalidInput(
            _('Too few respondents answered both "{first}" and "{second}"; leave one of them out.'),
            first=names[first],
            second=names[second],
        )


def correlation_matrix(answers: Floats, kind: Kind, missing: Missing, names: Sequence[str]) -> Floats:
    """Correlate items × respondents; NaN where two items cannot tell."""
    if kind == "polychoric":
        codes, categories = coded(answers, names)
        return polychoric_core(codes, categories)[1]
    ranked = answers if kind == "pearson" else ranks(answers)
    if missing == "pairwise" and np.isnan(answers).any():
        found = pairwise(ranked)
    else:
        found = correlation_of(moments(ranked, missing, names=names).cov)
    found[np.diag_indices(len(found))] = 1.0
    return found


def pairwise(answers: Floats) -> Floats:
    """Correlate each pair over the respondents with both, means and variances theirs too."""
    there = ~np.isnan(answers)
    known = there.astype(np.float64)
    mean = ratio(np.where(there, answers, 0).sum(axis=1), known.sum(axis=1))
    x = np.where(there, answers - mean[:, None], 0.0)
    n, sums = known @ known.T, x @ known.T
    cross, squares = x @ x.T - ratio(sums * sums.T, n), x**2 @ known.T - ratio(sums**2, n)
    spread = np.sqrt(np.maximum(squares, 0))
    return np.clip(ratio(cross, np.where(n > 1, spread * spread.T, 0)), -1, 1)


def ranks(answers: Floats) -> Floats:
    """Rank each item over its own answers, ties at their mean rank."""
    return np.asarray(rankdata(answers, axis=1, nan_policy="omit"), dtype=np.float64)


def coded(answers: Floats, names: Sequence[str]) -> tuple[Ints, Ints]:
    """Number each item's categories in order of size: codes (respondents, items), −1 where missing, and how many."""
    codes = np.full(answers.shape[::-1], -1, dtype=np.int64)
    categories = np.zeros(len(answers), dtype=np.int64)
    for item, row in enumerate(answers):
        known = ~np.isnan(row)
        values, codes[known, item] = np.unique(row[known], return_inverse=True)
        categories[item] = max(len(values), 1)
        if len(values) > MOST_CATEGORIES:
            raise InvalidInput(
                _(
                    'The item "{column}" has {count} different answers; polychoric correlations need categories, '
                    "at most {most}. Group the answers or take product-moment correlations."
                ),
                column=names[item],
                count=len(values),
                most=MOST_CATEGORIES,
            )
    return codes, categories


def _checked(names: Sequence[str], found: Floats, kept: Floats, kind: Kind, *, answered: int) -> Correlations:
    n = pair_number(kept)
    notes = [PERFECT] if (np.abs(off_diagonal(found)) >= 1 - SMALLEST).any() else []
    notes += [FEW_ROWS] if n <= len(names) else []
    notes += [LEFT_OUT] if kept.shape[1] < 0.9 * answered else []
    whole = smoothed(found) if np.linalg.eigvalsh(found)[0] < -SMALLEST else found
    notes += [] if whole is found else [SMOOTHED]
    return Correlations(tuple(names), whole, n, kind, tuple(notes))


def pair_number(answers: Floats) -> int:
    """Harmonic mean of the respondents behind each pair of items."""
    there = (~np.isnan(answers)).astype(np.float64)
    if there.all():
        return answers.shape[1]
    return int(1 / np.mean(1 / np.maximum(off_diagonal(there @ there.T), 1)))


def frame_of(values: Floats, rows: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Label a matrix."""
    return pd.DataFrame(values, index=pd.Index(rows, name="item"), columns=list(columns))


def item_frame(data: pd.DataFrame, items: Sequence[str] | None) -> tuple[list[str], pd.DataFrame]:
    """Give the items' columns as floats, rows as in `data`."""
    names, values = matrix(check_frame(data), items)
    return names, pd.DataFrame(values, index=data.index, columns=names)
