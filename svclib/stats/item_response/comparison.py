"""Which of two calibrations of the same answers to keep."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.marks import _

_WITHIN = {
    ("rasch", "2pl"), ("rasch", "3pl"), ("2pl", "3pl"), ("rasch", "grm"), ("rasch", "gpcm"), ("pcm", "gpcm"),
}  # fmt: skip
"""Pairs of models the first of which is a case of the second."""
_SAME_FOR_TWO = {"pcm": "rasch", "grm": "2pl", "gpcm": "2pl"}


class CompareNote(StrEnum):
    """What a comparison rests on, or why there is no test."""

    NONE = ""
    NOT_NESTED = _("neither model is a case of the other: no test, judge by AIC and BIC")
    SAME_SIZE = _("both have the same number of parameters: no test, judge by AIC and BIC")
    EDGE = _(
        "without guessing is the edge of what the larger model allows: the p value is too large, up to twice, so that "
        "a small one can be trusted"
    )
    PRIORS = _("fitted with priors: the likelihoods are not at their maxima and the test is approximate")
    OTHER_ANSWERS = _("the two were not fitted to the same answers: nothing can be compared")
    NOT_CONVERGED = _("a fit has not converged: nothing can be compared")


def compare(fit: Any, other: Any) -> pd.DataFrame:
    """Compare two fits of the same answers by the likelihood ratio, AIC and BIC.

    Parameters
    ----------
    fit, other
        Results of `svclib.stats.irt`, in any order.

    Returns
    -------
    DataFrame
        Two rows, the one with fewer parameters first: ``model, n_parameters, loglik, aic, bic, lr, df, p_value, note``,
        the test in the second row, where the first is a case of the second.

    Raises
    ------
    InvalidInput
        If one of them is no fit.
    """
    for one in (fit, other):
        if not all(hasattr(one, name) for name in ("loglik", "n_parameters", "parameters", "responses")):
            raise InvalidInput(_("Give two results of a calibration, not {kind}."), kind=type(one).__name__)
    small, large = sorted((fit, other), key=lambda one: int(one.n_parameters))
    rows: list[dict[str, Any]] = [
        {
            "model": model_name(one), "n_parameters": int(one.n_parameters), "loglik": float(one.loglik),
            "aic": float(one.aic), "bic": float(one.bic), "lr": np.nan, "df": np.nan, "p_value": np.nan, "note": "",
        }
        for one in (small, large)
    ]  # fmt: skip
    note = _note(small, large)
    if note in (CompareNote.NONE, CompareNote.EDGE, CompareNote.PRIORS):
        df = rows[1]["n_parameters"] - rows[0]["n_parameters"]
        ratio = max(2 * (rows[1]["loglik"] - rows[0]["loglik"]), 0.0)
        rows[1] |= {"lr": ratio, "df": float(df), "p_value": float(chdtrc(df, ratio))}
    rows[1]["note"] = str(note)
    return pd.DataFrame(rows)


def model_name(fit: Any) -> str:
    """Name the models of a fit, the commonest first."""
    names, counts = np.unique(items_of(fit).model.astype(str), return_counts=True)
    return " + ".join(names[np.argsort(-counts, kind="stable")])


def _note(small: Any, large: Any) -> CompareNote:
    if not (small.converged and large.converged):
        return CompareNote.NOT_CONVERGED
    if not _same_answers(small, large):
        return CompareNote.OTHER_ANSWERS
    if small.n_parameters == large.n_parameters:
        return CompareNote.SAME_SIZE
    first, second = items_of(small), items_of(large)
    if not _nested(first, second):
        return CompareNote.NOT_NESTED
    guesses = ((second.model.astype(str) == "3pl") & (first.model.astype(str) != "3pl")).any()
    if guesses:
        return CompareNote.EDGE
    return CompareNote.PRIORS if _has_priors(small) or _has_priors(large) else CompareNote.NONE


def _same_answers(small: Any, large: Any) -> bool:
    first, second = small.responses, large.responses
    same = tuple(first.names) == tuple(second.names) and first.codes.shape == second.codes.shape
    if not same or not bool((first.codes == second.codes).all()):
        return False
    weights = [getattr(one, "observation_weights", None) for one in (small, large)]
    return weights[0] is None or weights[1] is None or bool(np.array_equal(weights[0], weights[1]))


def _nested(small: ItemParameters, large: ItemParameters) -> bool:
    """Whether every item of the one is a case of the same item of the other."""
    for count, *names in zip(small.categories, small.model, large.model, strict=True):
        pair = tuple(_SAME_FOR_TWO.get(str(name), str(name)) if count == 2 else str(name) for name in names)
        if pair[0] != pair[1] and pair not in _WITHIN:
            return False
    return True


def _has_priors(fit: Any) -> bool:
    layout = getattr(fit, "layout", None)
    return layout is not None and bool(np.isfinite(layout.prior_sd).any())
