"""Whether the answers to each item follow its curve: S-X² and mean squares."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.compare.adjustment import Adjustment, adjusted
from svclib.stats.item_response.estimated import estimated_counts
from svclib.stats.item_response.mean_squares import item_squares, squares_at
from svclib.stats.item_response.observed_expected import Cells, merged, tables
from svclib.stats.item_response.scoring import METHODS, sheet_scores
from svclib.stats.item_response.sheets import Sheet, read_sheet, sheet_of
from svclib.stats.marks import _

FEWEST = 100
"""Candidates with every item that S-X² needs, where others have not."""
_FEWEST_ITEMS = 3


class ItemFitNote(StrEnum):
    """Why an item has no test, or what the test rests on."""

    NONE = ""
    NOT_COMPLETE = _("no S-X²: fewer than 100 candidates were given every item; see infit and outfit")
    ONLY_COMPLETE = _("S-X² of those who were given every item only")
    TOO_FEW_CELLS = _("no S-X²: too few score groups are left after merging")
    NO_ANSWERS = _("no answers")


def item_fit(fit: Any, *, method: str = "posterior", adjust: Adjustment = "bh") -> pd.DataFrame:
    """Test whether the answers to the items of a fit follow their curves; see `fit_of_items`.

    The degrees of freedom take off what the fit has estimated: an item's parameters and those of its population.
    """
    per_item, population = estimated_counts(fit)
    return sheet_item_fit(sheet_of(fit), per_item + population, method=method, adjust=adjust)


def fit_of_items(
    responses: pd.DataFrame,
    items: Any,
    *,
    states: pd.DataFrame | None = None,
    mean: Any = 0.0,
    sd: Any = 1.0,
    method: str = "posterior",
    adjust: Adjustment = "bh",
    estimated: Any = None,
) -> pd.DataFrame:
    """Test whether answers follow the curves of calibrated items.

    S-X² compares answers by sum score with what the model expects (Orlando & Thissen 2000; Kang & Chen 2008 for
    several categories); cells are merged until at least 1 answer is expected in each. It needs candidates who were
    given every item; where these are fewer than all, only they count. Infit and outfit have mean 1 where the model
    holds and need no complete answers.

    Parameters
    ----------
    responses, items, states, mean, sd
        As in `svclib.stats.abilities`.
    method : {"posterior", "eap", "ml", "wle", "map"}
        Abilities at which residuals are taken: each candidate's whole posterior, which makes the mean squares 1
        exactly in expectation, or an estimate (R mirt: ``eap``).
    adjust : {"bh", "holm", "bonferroni", "none"}
        How `p_adjusted` allows for the number of items.
    estimated : int or array, optional
        Parameters of each item estimated from these very answers, taken off the degrees of freedom; 0 without it, as
        for items known from elsewhere.

    Returns
    -------
    DataFrame
        One row an item: ``item, n, s_x2, df, p_value, p_adjusted, rmsea, infit, z_infit, outfit, z_outfit, note``.

    Raises
    ------
    InvalidInput
    """
    sheet = read_sheet(responses, items, states=states, mean=mean, sd=sd)
    used = np.zeros(len(sheet.items), dtype=int) if estimated is None else np.asarray(estimated, dtype=int)
    return sheet_item_fit(sheet, np.broadcast_to(used, len(sheet.items)), method=method, adjust=adjust)


def sheet_item_fit(
    sheet: Sheet, estimated: Ints, *, method: str = "posterior", adjust: Adjustment = "bh"
) -> pd.DataFrame:
    """Test the items of a sheet; see `fit_of_items`."""
    squares = _squares(sheet, method)
    chi, df, notes = _orlando_thissen(sheet, estimated)
    p = np.where(df > 0, chdtrc(np.maximum(df, 1), np.nan_to_num(chi)), np.nan)
    complete = int(sheet.complete.sum())
    rmsea = np.sqrt(np.maximum(ratio(chi - df, df * max(complete - 1, 1)), 0))
    columns = {
        "item": list(sheet.items.names), "n": squares.pop("n").astype(int), "s_x2": chi, "df": df, "p_value": p,
        "p_adjusted": adjusted(p, adjust), "rmsea": rmsea, **squares,
    }  # fmt: skip
    frame = pd.DataFrame(columns)
    frame["note"] = [str(note if n else ItemFitNote.NO_ANSWERS) for n, note in zip(frame["n"], notes, strict=True)]
    return frame


def _squares(sheet: Sheet, method: str) -> dict[str, Floats]:
    if method == "posterior":
        return item_squares(sheet)
    if method not in METHODS:
        raise InvalidInput(
            _('{name} is "{value}"; give one of {known}.'), name="method", value=method,
            known=", ".join(("posterior", *METHODS)),
        )  # fmt: skip
    return squares_at(sheet, sheet_scores(sheet, method)["estimate"].to_numpy(), axis=0)


def _orlando_thissen(sheet: Sheet, estimated: Ints) -> tuple[Floats, Floats, list[ItemFitNote]]:
    chi, df = np.full((2, len(sheet.items)), np.nan)
    whole = sheet.complete
    if (not whole.all() and whole.sum() < FEWEST) or len(sheet.items) < _FEWEST_ITEMS:
        note = ItemFitNote.TOO_FEW_CELLS if whole.all() else ItemFitNote.NOT_COMPLETE
        return chi, df, [note] * len(chi)
    notes = [ItemFitNote.NONE if whole.all() else ItemFitNote.ONLY_COMPLETE] * len(chi)
    for place, cells in enumerate(tables(sheet.take(np.flatnonzero(whole)))):
        value, free = statistic(cells, int(estimated[place]))
        if free > 0:
            chi[place], df[place] = value, free
        else:
            notes[place] = ItemFitNote.TOO_FEW_CELLS
    return chi, df, notes


def statistic(cells: Cells, estimated: int) -> tuple[float, int]:
    """Give S-X² of an item's table and its degrees of freedom."""
    found = merged(cells)
    told = found.expected > 0
    chi = ((found.observed - found.expected)[told] ** 2 / found.expected[told]).sum()
    return float(chi), int(told.sum()) - len(found.expected) - estimated


def observed_expected(fit: Any, item: str) -> pd.DataFrame:
    """Give the table behind S-X² of one item, unmerged, for a picture.

    Of those who were given every item; without any of them no rows.

    Returns
    -------
    DataFrame
        One row a sum score and category: ``item, sum, category, n`` (candidates with the sum), ``observed, expected``
        (shares of them).
    """
    sheet = sheet_of(fit)
    names = list(sheet.items.names)
    sheet.items.named([item])
    whole = np.flatnonzero(sheet.complete)
    if not len(whole):
        return pd.DataFrame(columns=["item", "sum", "category", "n", "observed", "expected"])
    cells = tables(sheet.take(whole))[names.index(str(item))]
    n = cells.observed.sum(axis=1)
    rows, width = cells.observed.shape
    columns = {
        "item": str(item), "sum": np.repeat(np.arange(1, rows + 1), width), "category": np.tile(np.arange(width), rows),
        "n": np.repeat(n, width).astype(int), "observed": ratio(cells.observed, n[:, None]).reshape(-1),
        "expected": ratio(cells.expected, n[:, None]).reshape(-1),
    }  # fmt: skip
    frame = pd.DataFrame(columns)
    return frame[frame["n"] > 0].reset_index(drop=True)
