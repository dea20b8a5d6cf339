"""Sentences about case items that share a stimulus: how strongly they hang together, and what that does to errors."""

from __future__ import annotations

from typing import Any

import numpy as np

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.stats.item_response.bifactor_frames import CaseVerdict

_STRONG, _MIDDLING = 0.35, 0.15
_TRIFLE = 0.02


def case_items(fit: Any, language: str = "en") -> str:
    """Say how strongly case items hang together, and what ignoring it does to the reported error.

    Parameters
    ----------
    fit : Bifactor
        A result of `stats.bifactor`.
    """
    if not fit.converged or fit.testlets.empty:
        text = _("How case items hang together cannot be told ({why}).")
        return translate(text, language, why=note(fit.note or "—", language))
    row, most = fit.compare().iloc[0], fit.testlets.sort_values("share").iloc[-1]
    fields = {"case": str(most["testlet"]), "share": words.value(most["share"], words.SHARE)}
    text = _("Case items hang together a little beyond the ability, most those of {case} ({share} is about the case).")
    if str(row["verdict"]) == str(CaseVerdict.DROP):
        text = _("Case items hang together no more than chance: counting them singly does no harm.")
    elif most["share"] >= _STRONG:
        text = _(
            "Case items hang together strongly beyond the ability, most those of {case} ({share} is about the case)."
        )
    elif most["share"] >= _MIDDLING:
        text = _("Case items hang together noticeably beyond the ability, most those of {case} ({share} is about it).")
    parts = [translate(text, language, **fields), _error(fit, language)]
    if fit.note:
        parts.append(translate(_("Take this with care: {why}."), language, why=note(fit.note, language)))
    return ("" if language == "zh-CN" else " ").join(parts)


def _error(fit: Any, language: str) -> str:
    rows = fit.reliability.set_index("model")
    right, wrong = rows.loc["bifactor"], rows.loc["unidimensional"]
    short = 1 - float(wrong["std_error"]) / float(right["std_error"])
    fields = {
        "wrong": words.number(wrong["reliability"], 2), "right": words.number(right["reliability"], 2),
        "size": words.value(abs(short), words.SHARE),
    }  # fmt: skip
    if not np.isfinite(short) or abs(short) < _TRIFLE:
        text = _("Ignoring it changes the reported error hardly at all (reliability {right}).")
    elif short > 0:
        text = _(
            "Ignoring it reports errors of abilities {size} too small and a reliability of {wrong} instead of {right}."
        )
    else:
        text = _(
            "Ignoring it reports errors of abilities {size} larger and a reliability of {wrong} instead of {right}."
        )
    return translate(text, language, **fields)
