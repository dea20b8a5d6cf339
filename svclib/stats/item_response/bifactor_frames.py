"""A bifactor fit as frames: items, abilities, reliability, comparison."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.estimate import check_level
from svclib.stats.intervals import normal_quantile
from svclib.stats.item_response.bifactor_design import ALONE, BOUND, FIXED, SPECIFIC, BifactorNote, Design
from svclib.stats.item_response.bifactor_estep import Curve, Sheets, posteriors
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.responses import Responses
from svclib.stats.item_response.scoring import ScoreNote
from svclib.stats.item_response.screening import Screened
from svclib.stats.marks import _

NORMAL = 16 * np.sqrt(3) / (15 * np.pi)
"""The logistic curve is nearly the normal one at this multiple of its argument."""
_FLAT, _UNRELATED, _FAR = 0.25, 0.15, 6.0


class CaseVerdict(StrEnum):
    """What the comparison with one ability says."""

    KEEP = _("case items hang together beyond the ability: keep the testlets")
    DROP = _("case items hang together no more than chance: one ability for all items will do")
    UNSURE = _("the likelihood ratio and BIC disagree: case items hang together a little, if at all")
    NONE = ""


class CaseNote(StrEnum):
    """What the comparison rests on."""

    EDGE = _(
        "no dependence lies at the edge of what the model allows: the p value is too large, so that a small one can be "
        "trusted"
    )
    NOTHING = _("no testlet has two items: both models are the same")
    NOT_CONVERGED = _("a fit has not converged: nothing can be compared")


def marginal_items(plan: Design, values: Floats) -> ItemParameters:
    """Give the items on the general ability alone: the specific factor integrated out, nearly a logistic curve.

    a and d are divided by √(1 + a_specific² (16√3 / 15π)²).
    """
    shrink = np.sqrt(1 + (NORMAL * values[:, SPECIFIC]) ** 2)
    inside = np.arange(values.shape[1] - 2) < plan.categories[:, None] - 1
    model = np.where(plan.categories > 2, "grm", "2pl").astype(object)
    intercepts = np.where(inside, values[:, 2:] / shrink[:, None], np.nan)
    return ItemParameters(plan.names, model, plan.categories, values[:, 0] / shrink, intercepts)


def items_frame(
    read: Responses, screened: Screened, home: Mapping[str, str], plan: Design, values: Floats, vcov: Floats | None,
    told: Mapping[str, BifactorNote],
) -> pd.DataFrame:  # fmt: skip
    """Give one row an item in the order given, with errors and notes."""
    kept = screened.responses
    free = plan.slots != FIXED
    shown = np.where(free, values, np.nan)
    errors = np.full(values.shape, np.nan)
    if vcov is not None:
        errors[free] = np.sqrt(np.diag(vcov))[plan.slots[free]]
    columns: dict[str, Any] = {
        "item": list(plan.names),
        "testlet": ["" if at == ALONE else plan.testlets[at] for at in plan.home],
        "categories": plan.categories,
        "n": kept.there.sum(axis=0),
        "a": shown[:, 0],
        "a_specific": shown[:, 1],
    }
    places = ["a", "a_specific", *(f"d{k}" for k in range(1, values.shape[1] - 1))]
    columns |= {name: shown[:, at] for at, name in enumerate(places) if at > 1}
    columns |= {f"se_{name}": errors[:, at] for at, name in enumerate(places)}
    columns["share"] = ratio(shown[:, 1] ** 2, shown[:, 0] ** 2 + shown[:, 1] ** 2)
    notes = dict(screened.told)
    columns["note"] = [
        str(_of_item(plan, values, at) or told.get(name) or notes.get(name) or IrtNote.NONE)
        for at, name in enumerate(plan.names)
    ]
    lost = [
        {"item": name, "testlet": home.get(name, ""), "categories": 0, "n": 0, "note": str(note)}
        for name, note in screened.left_out.items()
    ]
    frame = pd.DataFrame(columns)
    if lost:
        frame = pd.concat([frame, pd.DataFrame(lost)], ignore_index=True)
        frame = frame.set_index("item").loc[list(read.names)].reset_index()
    return frame


def _of_item(plan: Design, values: Floats, at: int) -> str:
    slope, specific = float(values[at, 0]), float(values[at, 1])
    if abs(slope) >= BOUND:
        return IrtNote.RUNAWAY
    if slope < 0:
        return IrtNote.NEGATIVE
    if abs(specific) >= BOUND:
        return BifactorNote.SPECIFIC_RUNAWAY
    if slope < _FLAT:
        return IrtNote.FLAT
    if abs(float(np.mean(values[at, 2 : plan.categories[at] + 1])) / slope) > _FAR:
        return IrtNote.EXTREME
    mine: Bools = plan.home == plan.home[at]
    small = plan.home[at] != ALONE and float(np.abs(values[mine, 1]).max()) < _UNRELATED
    return BifactorNote.UNRELATED if small else ""


def ability_frame(sheets: Sheets, known: dict[int, Curve], kept: Responses, level: float) -> pd.DataFrame:
    """Give mean and sd of each candidate's posterior of the general ability."""
    reach = normal_quantile(check_level(level))
    rows: Bools = np.asarray(kept.there.any(axis=1))
    moments = np.zeros((len(sheets.weights), 2))
    for block, posterior, _logs in posteriors(sheets, known):
        mean = posterior @ sheets.theta
        spread = posterior @ sheets.theta**2 - mean**2
        moments[block] = np.column_stack([mean, np.sqrt(np.maximum(spread, 0))])
    estimate, error = np.zeros(len(rows)), np.ones(len(rows))
    estimate[rows], error[rows] = moments[sheets.back].T
    return pd.DataFrame(
        {
            "estimate": estimate, "std_error": error, "low": estimate - reach * error,
            "high": estimate + reach * error, "score": np.where(kept.there, kept.codes, 0).sum(axis=1),
            "n": kept.there.sum(axis=1), "method": "eap",
            "note": np.where(rows, str(ScoreNote.NONE), str(ScoreNote.ONLY_GROUP)),
        },
        index=kept.index,
    )  # fmt: skip


def reliability_frame(mine: pd.DataFrame, one: pd.DataFrame) -> pd.DataFrame:
    """Empirical reliability of EAP scores, var(θ̂) / (var(θ̂) + mean se²), of both models."""
    rows = []
    for name, scores in (("bifactor", mine), ("unidimensional", one)):
        there = scores["n"].to_numpy() > 0
        estimate, error = (scores[column].to_numpy()[there] for column in ("estimate", "std_error"))
        noise = float(np.mean(error**2))
        spread = float(np.var(estimate, ddof=1)) if len(estimate) > 1 else np.nan
        value = float(ratio(spread, spread + noise))
        rows.append({"model": name, "reliability": value, "std_error": np.sqrt(noise), "n": int(there.sum())})
    return pd.DataFrame(rows)


def comparison_frame(fit: Any, one: Any) -> pd.DataFrame:
    """Compare a bifactor fit with one ability; see `Bifactor.compare`."""
    if not all(hasattr(one, name) for name in ("loglik", "n_parameters", "parameters", "responses", "converged")):
        raise InvalidInput(_("Give a result of a calibration by one ability, not {kind}."), kind=type(one).__name__)
    theirs, mine = one.responses, fit.responses
    alike = theirs.names == mine.names and theirs.codes.shape == mine.codes.shape
    kinds = (one.parameters.model == fit.parameters.model).all() if alike else False
    if not alike or not kinds or not (theirs.codes == mine.codes).all():
        raise InvalidInput(_("The two were not fitted to the same answers by the same models (2PL and graded)."))
    df = int(fit.n_parameters - one.n_parameters)
    sound = fit.converged and one.converged
    lr = max(2 * float(fit.loglik - one.loglik), 0.0) if sound and df > 0 else np.nan
    p_value = float(chdtrc(df, lr)) if np.isfinite(lr) else np.nan
    note = CaseNote.EDGE if sound and df > 0 else CaseNote.NOTHING if sound else CaseNote.NOT_CONVERGED
    better = fit.bic < one.bic
    verdict = CaseVerdict.NONE
    if np.isfinite(lr):
        agreed = CaseVerdict.KEEP if better else CaseVerdict.DROP
        verdict = agreed if (p_value < 0.05) == better else CaseVerdict.UNSURE
    row = {"lr": lr, "df": df, "p_value": p_value, "aic": fit.aic, "aic_one": one.aic, "bic": fit.bic}
    return pd.DataFrame([row | {"bic_one": one.bic, "verdict": str(verdict), "note": str(note)}])
