"""Whether a candidate's answers go together as the model expects.

An unusual pattern has many causes (guessing, haste, a shifted answer sheet, an exam in a foreign language, answers
known beforehand): it calls for a look, never for a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.compare.adjustment import Adjustment, adjusted
from svclib.stats.item_response.curves import with_slopes
from svclib.stats.item_response.mean_squares import squares_at
from svclib.stats.item_response.person_chance import chance_table, looked_up
from svclib.stats.item_response.scoring import METHODS, sheet_scores
from svclib.stats.item_response.sheets import Sheet, read_sheet, sheet_of
from svclib.stats.marks import _

_FLOOR = 1e-300
_FEWEST = 5


class PersonFitNote(StrEnum):
    """Why a candidate has no index."""

    NONE = ""
    NO_ABILITY = _("no finite ability: the pattern cannot be judged")
    TOO_FEW = _("fewer than five items: the pattern cannot be judged")


def person_fit(
    fit: Any, *, method: str = "eap", adjust: Adjustment = "bh", draws: int = 1000, seed: int = 1
) -> pd.DataFrame:
    """Judge the answer patterns of the candidates of a fit; see `fit_of_persons`."""
    return sheet_person_fit(sheet_of(fit), method=method, adjust=adjust, draws=draws, seed=seed)


def fit_of_persons(
    responses: pd.DataFrame,
    items: Any,
    *,
    states: pd.DataFrame | None = None,
    mean: Any = 0.0,
    sd: Any = 1.0,
    method: str = "eap",
    adjust: Adjustment = "bh",
    draws: int = 1000,
    seed: int = 1,
) -> pd.DataFrame:
    """Judge whether each candidate's answers go together as calibrated items lead to expect.

    ``lz`` is the standardised log-likelihood of the answers at the estimated ability (Drasgow, Levine & Williams 1985;
    R mirt's Zh): negative where they fit worse than usual. It takes the ability for known; ``lz_star`` does not
    (Snijders 2001; Sinharay 2016 for several categories), and holds for any estimate: the part of the log-likelihood
    that the estimate can bend is taken out. Its distribution is not quite normal in tests of a few dozen items, so
    `p_value` comes from answers drawn from the items, by candidates given the same items as these, and compared at like
    estimates (`draws` at each of 15); from the normal distribution with ``draws=0``.

    Parameters
    ----------
    responses, items, states, mean, sd
        As in `svclib.stats.abilities`.
    method : {"eap", "map", "ml", "wle"}
        The estimate at which patterns are judged.
    adjust : {"bh", "holm", "bonferroni", "none"}
        How `p_adjusted` allows for the number of candidates.
    draws, seed : int

    Returns
    -------
    DataFrame
        Indexed as `responses`: ``n, ability, lz, lz_star, p_value`` (that a pattern fits as badly by chance),
        ``p_adjusted, infit, z_infit, outfit, z_outfit, note``.

    Raises
    ------
    InvalidInput
    """
    sheet = read_sheet(responses, items, states=states, mean=mean, sd=sd)
    return sheet_person_fit(sheet, method=method, adjust=adjust, draws=draws, seed=seed)


def sheet_person_fit(
    sheet: Sheet, *, method: str = "eap", adjust: Adjustment = "bh", draws: int = 1000, seed: int = 1
) -> pd.DataFrame:
    """Judge the patterns of a sheet; see `fit_of_persons`."""
    _check(method, draws)
    ability = sheet_scores(sheet, method)["estimate"].to_numpy(dtype=float)
    squares = squares_at(sheet, ability, axis=1)
    plain, star = indices(sheet, ability)
    count = sheet.answered
    lost = ~np.isfinite(ability) | (count < _FEWEST)
    star = np.where(lost, np.nan, star)
    p = ndtr(star)
    if draws and not lost.all():
        table = chance_table(sheet, method, draws, seed, lambda made, at: indices(made, at)[1])
        p = looked_up(table, ability, star)
    notes = np.where(np.isfinite(ability), str(PersonFitNote.NONE), str(PersonFitNote.NO_ABILITY)).astype(object)
    notes[count < _FEWEST] = str(PersonFitNote.TOO_FEW)
    squares.pop("n")
    return pd.DataFrame(
        {
            "n": count, "ability": ability, "lz": np.where(lost, np.nan, plain), "lz_star": star, "p_value": p,
            "p_adjusted": adjusted(p, adjust),
            **{name: np.where(lost, np.nan, values) for name, values in squares.items()}, "note": notes,
        },
        index=sheet.index,
    )  # fmt: skip


def _check(method: str, draws: Any) -> None:
    if method not in METHODS or method == "sum":
        raise InvalidInput(
            _('{name} is "{value}"; give one of {known}.'),
            name="method", value=method, known=", ".join(name for name in METHODS if name != "sum"),
        )  # fmt: skip
    if not isinstance(draws, int | np.integer) or draws < 0 or 0 < draws < 100:
        raise InvalidInput(_("draws is {draws}; give 0 or a whole number of 100 or more."), draws=draws)


def indices(sheet: Sheet, ability: Floats) -> tuple[Floats, Floats]:
    """Give lz and lz* of candidates at abilities, each (N,); NaN where the ability is infinite."""
    plain, star = np.full(len(ability), np.nan), np.full(len(ability), np.nan)
    for rows, parts in _sums(sheet, ability):
        spread, loose, bend, told = parts["spread"], parts["loose"], parts["bend"], parts["told"]
        plain[rows] = ratio(parts["apart"], np.sqrt(spread))
        slope = ratio(bend, told)
        variance = spread - ratio(bend**2, told)
        star[rows] = ratio(parts["apart"] - slope * loose, np.sqrt(np.maximum(variance, 0)))
    return plain, star


def _sums(sheet: Sheet, ability: Floats) -> Iterator[tuple[slice, dict[str, Floats]]]:
    """Sums over each candidate's items at their ability.

    ``apart``: log-likelihood less its expectation; ``spread``: its variance; ``loose``: the slope of the likelihood;
    ``bend``: covariance of the two; ``told``: information.
    """
    for rows in sheet.blocks(len(sheet.items) * (sheet.items.intercepts.shape[1] + 1) * 4):
        at = ability[rows]
        known = np.isfinite(at)
        p, slopes, _second = with_slopes(sheet.items, np.where(known, at, 0))
        logs = np.log(np.maximum(p, _FLOOR))
        relative = np.where(p > 0, slopes / np.maximum(p, _FLOOR), 0)
        codes = sheet.codes[rows].T
        there = codes >= 0
        chosen = np.maximum(codes, 0).astype(np.intp)[:, None, :]
        mean = (p * logs).sum(axis=1)
        pieces = {
            "apart": np.take_along_axis(logs, chosen, axis=1)[:, 0] - mean,
            "spread": (p * (logs - mean[:, None]) ** 2).sum(axis=1),
            "loose": np.take_along_axis(relative, chosen, axis=1)[:, 0],
            "bend": (slopes * logs).sum(axis=1),
            "told": (slopes * relative).sum(axis=1),
        }
        yield (
            rows,
            {name: np.where(known, np.where(there, piece, 0).sum(axis=0), np.nan) for name, piece in pieces.items()},
        )
