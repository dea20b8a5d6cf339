"""How far forms drawn from one blueprint differ in difficulty, and what that does at the pass mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.estimate import check_level
from svclib.stats.items.scores import points_of, strata_of
from svclib.stats.marks import _

NO_SPREAD = _("every item of this part is drawn: it is the same in all forms")
ONE_ITEM = _("one item known: how far items of this part differ cannot be told")


@dataclass(frozen=True, eq=False)
class FormSpread:
    """Spread of the expected score over the forms that can be drawn.

    Attributes
    ----------
    frame : DataFrame
        One row a part, and the whole (``part`` empty): ``part, pool`` (items), ``drawn, points`` (of the items drawn),
        ``mean`` (expected share of the maximum), ``sd_items`` (of their difficulties, freed from the error of
        estimation), ``sd_form`` (of the expected share of a form, or what the part adds to it), ``low, high`` (between
        them lie `level` of the forms; the whole only), ``note``.
    passing : DataFrame
        With a cut: ``form`` (``hard, average, easy``: at ``low``, the mean and ``high``), ``difficulty`` (expected
        share), ``pass_rate``; empty without.
    by_form : float
        Share of the candidates, drawn twice, who would pass one form and fail the other for its difficulty alone.
    level : float
    """

    frame: pd.DataFrame
    passing: pd.DataFrame
    by_form: float
    level: float
    _items: tuple[Floats, Ints, Ints, Floats]

    @property
    def mean(self) -> float:
        """Expected share of the maximum over all forms."""
        return float(self.frame["mean"].iloc[-1])

    @property
    def sd(self) -> float:
        """Standard deviation of the forms' expected shares."""
        return float(self.frame["sd_form"].iloc[-1])

    def simulate(self, forms: int = 1000, *, seed: int = 1) -> Floats:
        """Draw forms and give their expected shares, from the difficulties as they were estimated."""
        difficulty, part, drawn, points = self._items
        random, total = np.random.default_rng(seed), np.zeros(forms)
        most = 0.0
        for place, count in enumerate(drawn):
            pool = np.flatnonzero(part == place)
            chosen = random.random((forms, len(pool))).argsort(axis=1)[:, :count]
            total += (difficulty * points)[pool][chosen].sum(axis=1)
            most += points[pool][0] * count
        return total / most


def form_spread(
    items: pd.DataFrame,
    draw: Mapping[str, int] | int,
    *,
    strata: Mapping[str, Any] | pd.Series | None = None,
    points: Mapping[str, float] | pd.Series | float | None = None,
    cut: float | None = None,
    totals: pd.Series | Floats | None = None,
    level: float = 0.90,
) -> FormSpread:
    """Tell how much the luck of the draw lifts or lowers the expected score, and the pass rate.

    Parameters
    ----------
    items : DataFrame
        ``item, difficulty`` (expected share of the maximum) and, where they are estimates, ``n`` and ``sd``: as
        `item_analysis` gives. Items without a difficulty are left out. For what happens to candidates at the pass
        mark give difficulties at the mark, such as the expected scores of calibrated items at its ability.
    draw : mapping of part to number, or a number
        Items drawn from each part.
    strata : mapping of item to part, optional
        Parts of the blueprint.
    points : mapping of item to points, or one number, optional
        The same for all items of a part.
    cut : float, optional
        Pass mark as a share of the maximum; needs `totals`.
    totals : array of float, optional
        Candidates' shares of the maximum, on whichever forms they had.
    level : float
        Share of the forms between ``low`` and ``high``.

    Returns
    -------
    FormSpread
        A form's expected share is a stratified sample mean of difficulties without replacement: its variance is Σ_h
        (points_h / points)² (1 − n_h / N_h) S_h² / n_h (Cochran 1977). The error of estimated difficulties is taken off
        S². Pass rates shift the candidates' totals, freed from the forms' spread.

    Raises
    ------
    InvalidInput
        If more items are to be drawn than there are, a part has no number, or points differ within a part.

    Examples
    --------
    >>> bank = pd.DataFrame({"item": list("abcdef"), "difficulty": [0.5, 0.6, 0.7, 0.8, 0.9, 0.4]})
    >>> spread = form_spread(bank, 3)
    >>> round(spread.mean, 2), round(spread.sd, 3)
    (0.65, 0.076)
    """
    check_level(level)
    check_columns(check_frame(items), ["item", "difficulty"])
    known = items.loc[items["difficulty"].notna()].reset_index(drop=True)
    names = tuple(str(name) for name in known["item"])
    if not names:
        raise InvalidInput(_("No item has a difficulty; give items that candidates have met."))
    parts, part = strata_of(strata, names)
    counts = _counts(draw, parts, np.bincount(part, minlength=len(parts)))
    weight = points_of(points, names)
    difficulty, error = numbers(known, "difficulty"), _errors(known)
    per_item = _points(weight, part, parts)
    frame = _table(parts, part, counts, per_item, difficulty, error)
    reach = float(ndtri((1 + level) / 2)) * frame["sd_form"].iloc[-1]
    frame.loc[frame.index[-1], ["low", "high"]] = [frame["mean"].iloc[-1] - reach, frame["mean"].iloc[-1] + reach]
    rates, lottery = _passing(frame.iloc[-1], cut, totals)
    return FormSpread(frame, rates, lottery, level, (difficulty, part, counts, weight))


def _errors(known: pd.DataFrame) -> Floats:
    """Error variance of each difficulty; 0 without numbers of candidates."""
    if "n" not in known.columns:
        return np.zeros(len(known))
    n, p = numbers(known, "n"), numbers(known, "difficulty")
    spread = numbers(known, "sd") ** 2 if "sd" in known.columns else p * (1 - p)
    return np.nan_to_num(ratio(spread, n))


def _counts(draw: Mapping[str, int] | int, parts: list[str], pool: Ints) -> Ints:
    given = dict.fromkeys(parts, draw) if isinstance(draw, int) else {str(name): n for name, n in dict(draw).items()}
    if isinstance(draw, int) and len(parts) > 1:
        raise InvalidInput(_("The items have {parts} parts; say how many are drawn from each."), parts=len(parts))
    for name in [*given, *parts]:
        number = given.get(name)
        if name not in parts or number is None:
            raise InvalidInput(
                _('The part "{part}" is missing in {where}; give each part its items and its number.'),
                part=name,
                where="draw=" if number is None else "strata=",
            )
        here = int(pool[parts.index(name)])
        if not isinstance(number, int | np.integer) or not 0 <= number <= here:
            raise InvalidInput(
                _('{number} items cannot be drawn from the {pool} of the part "{part}"; give fewer or add items.'),
                number=number,
                pool=here,
                part=name,
            )
    counts = np.array([int(given[name]) for name in parts])
    if not counts.sum():
        raise InvalidInput(_("No items are drawn; give draw= a number above 0."))
    return counts


def _points(weight: Floats, part: Ints, parts: list[str]) -> Floats:
    out = np.ones(len(parts))
    for place, name in enumerate(parts):
        here = weight[part == place]
        if np.ptp(here) > 0:
            raise InvalidInput(
                _('Items of the part "{part}" have different points: forms would differ in length; split it.'),
                part=name,
            )
        out[place] = here[0]
    return out


def _table(
    parts: list[str], part: Ints, counts: Ints, points: Floats, difficulty: Floats, error: Floats
) -> pd.DataFrame:
    rows = []
    whole = float((counts * points).sum())
    for place, name in enumerate(parts):
        here = difficulty[part == place]
        size, drawn = len(here), int(counts[place])
        spread = max(float(here.var(ddof=1)) - float(error[part == place].mean()), 0.0) if size > 1 else np.nan
        weight = drawn * points[place] / whole
        added = weight * np.sqrt((1 - drawn / size) * spread / drawn) if 0 < drawn < size else 0.0
        note = NO_SPREAD if drawn == size else ONE_ITEM if size < 2 else ""
        rows.append((name, size, drawn, drawn * points[place], float(here.mean()), np.sqrt(spread), added, note))
    columns = ["part", "pool", "drawn", "points", "mean", "sd_items", "sd_form", "note"]
    frame = pd.DataFrame(rows, columns=columns)
    mean = float((frame["points"] * frame["mean"]).sum() / whole)
    total = pd.DataFrame(
        [("", len(part), int(counts.sum()), whole, mean, np.nan, float(np.sqrt((frame["sd_form"] ** 2).sum())), "")],
        columns=columns,
    )
    frame = (
        pd.concat([frame, total], ignore_index=True)
        if len(parts) > 1 or parts != [""]
        else total.assign(sd_items=frame["sd_items"], note=frame["note"])
    )
    frame["low"], frame["high"] = np.nan, np.nan
    return frame[["part", "pool", "drawn", "points", "mean", "sd_items", "sd_form", "low", "high", "note"]]


def _passing(whole: pd.Series, cut: float | None, totals: Any) -> tuple[pd.DataFrame, float]:
    """Pass rates on a hard, an average and an easy form; share of verdicts that hang on the form."""
    columns = ["form", "difficulty", "pass_rate"]
    if cut is None:
        return pd.DataFrame(columns=columns), float("nan")
    if not 0 <= cut <= 1:
        raise InvalidInput(_("cut is {cut}; give the pass mark as a share of the maximum, from 0 to 1."), cut=cut)
    scores = np.asarray([] if totals is None else totals, dtype=float)
    scores = scores[~np.isnan(scores)]
    if not len(scores):
        raise InvalidInput(_("Pass rates need the candidates' totals; give totals= as shares of the maximum."))
    variance = float(scores.var())
    left = np.sqrt(max(1 - whole["sd_form"] ** 2 / variance, 0.0)) if variance else 1.0
    steady = scores.mean() + left * (scores - scores.mean())
    shifts = {"hard": whole["low"], "average": whole["mean"], "easy": whole["high"]}
    rows = [(form, at, float((steady + at - whole["mean"] >= cut - 1e-9).mean())) for form, at in shifts.items()]
    chance = ndtr((steady - cut) / whole["sd_form"]) if whole["sd_form"] > 0 else (steady >= cut - 1e-9).astype(float)
    return pd.DataFrame(rows, columns=columns), float((2 * chance * (1 - chance)).mean())
