"""Abilities of candidates from calibrated items, with their errors: EAP, MAP, ML, WLE, and from the sum score."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.estimate import check_level
from svclib.stats.intervals import normal_quantile
from svclib.stats.item_response.modes import MODES, mode_errors, modes
from svclib.stats.item_response.sheets import Sheet, read_sheet, sheet_of
from svclib.stats.item_response.sum_scores import sum_moments
from svclib.stats.marks import _

METHODS = ("eap", "map", "ml", "wle", "jeffreys", "sum")
ERRORS = ("expected", "observed")


class ScoreNote(StrEnum):
    """Why an ability is infinite, missing, or not the candidate's own."""

    NONE = ""
    NO_ITEMS = _("answered no item: no ability can be told")
    ONLY_GROUP = _("answered no item: the mean of the group")
    ALL_RIGHT = _("best possible score: the likelihood rises without end; use EAP or WLE for a number")
    ALL_WRONG = _("lowest possible score: the likelihood rises without end; use EAP or WLE for a number")
    ENDLESS_UP = _("the likelihood has no peak and rises upwards; use EAP for a number")
    ENDLESS_DOWN = _("no better than guessing: the likelihood has no peak and rises downwards; use EAP for a number")
    TOO_MANY_FORMS = _("too many different sets of items for a table of sum scores each; use EAP")


def abilities(
    responses: pd.DataFrame,
    items: Any,
    method: str = "eap",
    *,
    states: pd.DataFrame | None = None,
    mean: Any = 0.0,
    sd: Any = 1.0,
    level: float = 0.95,
    errors: str = "expected",
) -> pd.DataFrame:
    """Score candidates with items that are calibrated already.

    Parameters
    ----------
    responses : DataFrame
        Candidates × items, scores 0, 1, 2 … (or shares of an item's maximum); an empty cell tells nothing.
    items : fit, ItemParameters or DataFrame
        See `svclib.stats.item_response.parameters.items_of`; items that nobody was given do no harm.
    method : {"eap", "map", "ml", "wle", "jeffreys", "sum"}
        ``eap`` is the mean, ``map`` the mode of the posterior; ``ml`` the maximum of the likelihood; ``wle`` Warm's
        (1989), whose bias is least; ``jeffreys`` the mode under Jeffreys' prior (R mirt's "WLE"; differs from Warm's
        for 3PL items only); ``sum`` the mean given the sum score (Thissen & Orlando 2001).
    states : DataFrame, optional
        In the same shape: an omitted item counts 0, one not reached or not presented is missing.
    mean, sd : float or array
        Normal distribution of ability where the candidates come from; one number, or one a candidate. Used by
        ``eap, map, sum``.
    level : float
    errors : {"expected", "observed"}
        For ``map, ml, wle, jeffreys``: by Fisher's information or by the curvature at the estimate.

    Returns
    -------
    DataFrame
        Indexed as `responses`: ``estimate, std_error, low, high`` (normal interval at `level`), ``score`` (sum of the
        items that count), ``n`` (their number), ``method, note``. ML is infinite where no finite ability is best.

    Raises
    ------
    InvalidInput

    Examples
    --------
    >>> known = pd.DataFrame({"item": ["q1", "q2"], "a": [1.5, 1.0], "b": [-0.5, 0.5]})
    >>> abilities(pd.DataFrame({"q1": [1, 0], "q2": [1, 0]}), known)["estimate"].round(2).tolist()
    [0.73, -0.84]
    """
    sheet = read_sheet(responses, items, states=states, mean=mean, sd=sd)
    return sheet_scores(sheet, method, level=level, errors=errors)


def scores(fit: Any, method: str = "eap", *, level: float = 0.95, errors: str = "expected") -> pd.DataFrame:
    """Score the candidates of a fit, each with the distribution of their group; see `abilities`."""
    sheet = sheet_of(fit)
    return sheet_scores(sheet, method, level=level, errors=errors)


def sheet_scores(sheet: Sheet, method: str = "eap", *, level: float = 0.95, errors: str = "expected") -> pd.DataFrame:
    """Score the candidates of a sheet; see `abilities`."""
    check_level(level)
    kind = _check(method, METHODS, "method")
    _check(errors, ERRORS, "errors")
    end: Ints = np.zeros(len(sheet.codes), dtype=int)
    lost = np.zeros(len(sheet.codes), dtype=bool)
    if kind in MODES:
        estimate, end = modes(sheet, kind)
        error = mode_errors(sheet, kind, estimate, observed=errors == "observed")
    elif kind == "eap":
        estimate, error = posterior_moments(sheet)
    else:
        estimate, error, lost = sum_moments(sheet)
    reach = normal_quantile(level) * error
    finite = np.where(np.isfinite(estimate), estimate, np.nan)
    return pd.DataFrame(
        {
            "estimate": estimate, "std_error": error, "low": finite - reach, "high": finite + reach,
            "score": sheet.totals, "n": sheet.answered, "method": kind,
            "note": _notes(sheet, kind, end, lost),
        },
        index=sheet.index,
    )  # fmt: skip


def posterior_moments(sheet: Sheet) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each candidate's posterior, shapes (N,)."""
    theta = sheet.nodes()
    powers = np.column_stack([theta, theta**2])
    mean, sd = np.zeros(len(sheet.codes)), np.zeros(len(sheet.codes))
    for rows, weights in sheet.posteriors(theta):
        moments = weights @ powers
        mean[rows] = moments[:, 0]
        sd[rows] = np.sqrt(np.maximum(moments[:, 1] - moments[:, 0] ** 2, 0))
    return mean, sd


def _check(value: str, known: tuple[str, ...], name: str) -> str:
    given = str(value).lower()
    if given not in known:
        raise InvalidInput(
            _('{name} is "{value}"; give one of {known}.'), name=name, value=value, known=", ".join(known)
        )
    return given


def _notes(sheet: Sheet, method: str, end: Ints, lost: Any) -> list[str]:
    out = np.full(len(sheet.codes), str(ScoreNote.NONE), dtype=object)
    if lost.any():
        out[lost] = str(ScoreNote.TOO_MANY_FORMS)
    empty = sheet.answered == 0
    if empty.any():
        given = method in ("eap", "map", "sum")
        out[empty] = str(ScoreNote.ONLY_GROUP if given else ScoreNote.NO_ITEMS)
    if end.any():
        most = np.where(sheet.codes >= 0, sheet.items.highest, 0).sum(axis=1)
        out[end > 0] = str(ScoreNote.ENDLESS_UP)
        out[end < 0] = str(ScoreNote.ENDLESS_DOWN)
        out[(end > 0) & (sheet.totals == most)] = str(ScoreNote.ALL_RIGHT)
        out[(end < 0) & (sheet.totals == 0)] = str(ScoreNote.ALL_WRONG)
    return list(out)
