"""How much items and a test tell about an ability, and how reliable scores are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.item_response.curves import expected
from svclib.stats.item_response.curves import information as item_curves
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.item_response.scoring import sheet_scores
from svclib.stats.item_response.sheets import Sheet, sheet_of
from svclib.stats.marks import _

__test__: dict[str, str] = {}
"""Keeps pytest from taking `test_information` for a test."""

_SHOWN = np.linspace(-4, 4, 81)
_NO_MAXIMUM = _("some candidates have no finite score and are left out")
_NONE = _("no candidate with a finite score and an error")


def test_information(items: Any, theta: Any = None, *, by_item: bool = False) -> pd.DataFrame:
    """Give the information of a test, or of each of its items, at abilities.

    Parameters
    ----------
    items : fit, ItemParameters or DataFrame
        See `svclib.stats.item_response.parameters.items_of`.
    theta : float or array, optional
        Abilities; from −4 to 4 without it.
    by_item : bool
        A row an item and ability, instead of a row an ability.

    Returns
    -------
    DataFrame
        ``theta, information, std_error, expected``: Fisher's information, 1 / √information (infinite where nothing is
        told) and the expected sum score; with `by_item` ``item`` before them.

    Raises
    ------
    InvalidInput

    Examples
    --------
    >>> test_information(pd.DataFrame({"item": ["q"], "a": [2.0], "b": [0.0]}), 0.0)["information"].tolist()
    [1.0]
    """
    known, at = items_of(items), read_theta(theta)
    told, scores = item_curves(known, at), expected(known, at)
    if not by_item:
        return _rows({}, at, told.sum(axis=0), scores.sum(axis=0))
    names = {"item": np.repeat(known.names, len(at))}
    return _rows(names, np.tile(at, len(known)), told.reshape(-1), scores.reshape(-1))


def information(fit: Any, theta: Any = None, *, by_item: bool = False) -> pd.DataFrame:
    """Give the information of the items of a fit; see `test_information`."""
    return test_information(fit, theta, by_item=by_item)


def read_theta(theta: Any) -> Floats:
    """Read abilities: a number or several; −4 to 4 where none are given.

    Raises
    ------
    InvalidInput
        If one is missing or infinite, or there are none.
    """
    at = _SHOWN if theta is None else np.asarray(theta, dtype=float).reshape(-1)
    if not len(at) or not np.isfinite(at).all():
        raise InvalidInput(_("theta holds a missing or infinite ability, or none; give finite numbers."))
    return at


def _rows(keys: dict[str, Any], theta: Floats, told: Floats, scores: Floats) -> pd.DataFrame:
    error = np.where(told > 0, 1 / np.sqrt(np.where(told > 0, told, 1)), np.inf)
    return pd.DataFrame(keys | {"theta": theta, "information": told, "std_error": error, "expected": scores})


def marginal_reliability(items: Any, mean: float = 0.0, sd: float = 1.0) -> float:
    """Give the reliability to expect in a population: the mean of sd² I / (sd² I + 1) over abilities.

    Green, Bock, Humphreys, Linn & Reckase (1984), for scores such as EAP.

    Examples
    --------
    >>> round(marginal_reliability(pd.DataFrame({"item": ["q"], "a": [1.0], "b": [0.0]})), 2)
    0.17
    """
    return _marginal(items_of(items), mean, sd)


def _marginal(items: ItemParameters, mean: float, sd: float) -> float:
    at = mean + sd * np.linspace(-8, 8, 321)
    weight = np.exp(-0.5 * ((at - mean) / sd) ** 2)
    told = sd**2 * item_curves(items, at).sum(axis=0)
    return float((told / (told + 1)) @ weight / weight.sum())


def score_reliability(fit: Any, *, methods: tuple[str, ...] = ("eap", "ml", "wle")) -> pd.DataFrame:
    """Give the reliabilities of the scores of a fit: to expect (marginal) and as met (empirical).

    Empirical: ``eap`` and ``map`` var(θ̂) / (var(θ̂) + mean se²); ``ml`` and ``wle``, which scatter more than the
    abilities, 1 − mean se² / var(θ̂).

    Returns
    -------
    DataFrame
        ``group, kind, method, reliability, n, note``.
    """
    return sheet_reliability(sheet_of(fit), methods)


def sheet_reliability(sheet: Sheet, methods: tuple[str, ...] = ("eap", "ml", "wle")) -> pd.DataFrame:
    """Give the reliabilities of a sheet; see `score_reliability`."""
    rows: list[dict[str, Any]] = []
    counts = np.bincount(sheet.group, minlength=len(sheet.labels))
    for place, label in enumerate(sheet.labels):
        value = _marginal(sheet.items, float(sheet.means[place]), float(sheet.sds[place]))
        row = {"group": label, "kind": "marginal", "method": "information", "reliability": value}
        rows.append(row | {"n": counts[place], "note": ""})
    for method in methods:
        scores = sheet_scores(sheet, method)
        for place, label in enumerate(sheet.labels):
            mine = scores[sheet.group == place]
            rows.append({"group": label, "kind": "empirical", "method": method, **_empirical(mine, method)})
    return pd.DataFrame(rows)


def _empirical(scores: pd.DataFrame, method: str) -> dict[str, Any]:
    estimate, error = scores["estimate"].to_numpy(), scores["std_error"].to_numpy()
    there = np.isfinite(estimate) & np.isfinite(error) & (scores["n"].to_numpy() > 0)
    if there.sum() < 2:
        return {"reliability": np.nan, "n": int(there.sum()), "note": _NONE}
    spread, noise = float(np.var(estimate[there], ddof=1)), float(np.mean(error[there] ** 2))
    shrunk = method in ("eap", "map", "sum")
    value = float(ratio(spread, spread + noise) if shrunk else 1 - ratio(noise, spread))
    left_out = not there[scores["n"].to_numpy() > 0].all()
    return {"reliability": value, "n": int(there.sum()), "note": _NO_MAXIMUM if left_out else ""}
