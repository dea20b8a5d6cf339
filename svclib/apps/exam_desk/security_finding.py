"""Security in the exam desk: pairs of candidates and quick answers that call for a look, never a verdict."""

from __future__ import annotations

from typing import Any

import pandas as pd

from svclib import stats
from svclib.apps.exam_desk.evidence import Evidence
from svclib.apps.exam_desk.finding import Finding
from svclib.apps.pieces.table import Column, cell
from svclib.apps.pieces.voice import Voice
from svclib.errors import InvalidInput
from svclib.i18n import _

RATE = 0.05
"""Chance that an honest exam gives any pair to look at."""


def security(evidence: Evidence, voice: Voice) -> Finding:
    """Answers that agree more than ability explains, and candidates who answered too quickly to have read."""
    pairs, compared = _pairs(evidence)
    quick = _quick(evidence)
    told = [_overview(pairs, quick, voice)]
    if compared:
        text = _(
            "{count} pairs of candidates were compared, those of one branch against what is usual there; of honest "
            "exams {rate} give a pair to look at."
        )
        told.append(voice(text, count=voice.number(compared), rate=voice.percent(RATE)))
    else:
        told.append(voice(_("There are too few answers in common to compare candidates.")))
    if quick is None:
        told.append(voice(_("No times were measured: quick answers cannot be told.")))
    told.append(voice(_("A sign is a reason to look at seating, logs and times; it proves nothing about anybody.")))
    columns = [
        Column("who", voice(_("Name"))),
        Column("sign", voice(_("Sign"))),
        Column("look", voice(_("What to look at")), sort=False),
    ]
    rows = [*_pair_rows(pairs, evidence, voice), *_quick_rows(quick, evidence, voice)]
    caption, empty = voice(_("What calls for a look")), voice(_("Nothing calls for a look."))
    return Finding(told, None, caption, empty, columns, rows)


def _pairs(evidence: Evidence) -> tuple[pd.DataFrame, int]:
    """Flagged pairs, and how many were compared; none where there is nothing to compare."""
    try:
        found = stats.answer_similarity(
            evidence.choices, scores=evidence.scores, states=evidence.states,
            context=evidence.results["branch"], rate=RATE,
        )  # fmt: skip
    except InvalidInput:
        return pd.DataFrame(), 0
    return found.frame.loc[found.frame["flag"]], found.compared


def _quick(evidence: Evidence) -> pd.DataFrame | None:
    """Candidates whose effort is low; None where no times were measured."""
    if not evidence.times.notna().any(axis=None):
        return None
    found = stats.rapid_guessing(evidence.times, evidence.scores).candidates
    return found.loc[found["flag"].astype(bool)]


def _overview(pairs: pd.DataFrame, quick: pd.DataFrame | None, voice: Voice) -> str:
    hurried = 0 if quick is None else len(quick)
    if not len(pairs) and not hurried:
        return voice(_("Neither answers nor times call for a look."))
    text = _("{pairs} pairs of candidates and {hurried} hurried candidates call for a look.")
    return voice(text, pairs=len(pairs), hurried=hurried)


def _pair_rows(pairs: pd.DataFrame, evidence: Evidence, voice: Voice) -> list[tuple[str, dict[str, Any]]]:
    text = _(
        "{matches} of {items} answers agree, {wrong} of them wrong; ability leads to expect {expected}. Look at "
        "seating and logs."
    )
    return [
        (f"{row['first']} {row['second']}", {
            "who": f"{evidence.who(row['first'])} · {evidence.who(row['second'])}",
            "sign": cell(voice(_("Answers alike")), tone="warning"),
            "look": voice(
                text, matches=int(row["matches"]), items=int(row["items"]), wrong=int(row["matching_wrong"]),
                expected=voice.number(row["expected"], 1),
            ),
        })
        for row in pairs.to_dict("records")
    ]  # fmt: skip


def _quick_rows(quick: pd.DataFrame | None, evidence: Evidence, voice: Voice) -> list[tuple[str, dict[str, Any]]]:
    if quick is None:
        return []
    text = _(
        "{rapid} of {n} answers came too quickly to have been read; the score says little of what the candidate knows."
    )
    return [
        (str(at), {
            "who": evidence.who(at),
            "sign": cell(voice(_("Quick answers")), tone="info"),
            "look": voice(text, rapid=int(row["rapid"]), n=int(row["n"])),
        })
        for at, row in quick.iterrows()
    ]  # fmt: skip
