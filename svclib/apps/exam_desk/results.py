"""Results of a sitting: a frame, filters, figures with intervals, a sentence, a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from svclib import stats
from svclib.apps.exam_desk.words import FAILED, PASSED, STATUS
from svclib.apps.pieces.voice import Voice, missing
from svclib.apps.pieces.workbook import workbook
from svclib.i18n import _
from svclib.reports import words

OUTCOMES = ("all", "passed", "failed", "none")


@dataclass(frozen=True)
class Figures:
    """The numbers above the table; shares and means with their 95 % intervals."""

    assigned: int
    with_result: int
    passed: int
    pass_rate: dict[str, Any]
    mean: dict[str, Any]


def frame(rows: list[Any], voice: Voice) -> pd.DataFrame:
    """One row a person: ``staff_number, name, unit, best, passed, attempts, last`` (missing without a result)."""
    made = [_person(row, voice) for row in rows]
    columns = ["person", "staff_number", "name", "unit", "best", "passed", "attempts", "last"]
    data = pd.DataFrame(made, columns=columns)
    return data.astype({"best": "float64", "passed": "boolean", "attempts": "int64"})


def _person(row: Any, voice: Voice) -> tuple[Any, ...]:
    counted = [one for one in row["attempts"] if one["percent"] is not None]
    last = max((one["closed_at"] for one in counted), default=None)
    passed = bool(row["passed"]) if counted else None
    unit = voice.local(row["unit"])
    return row["person"], row["staff_number"], row["name"], unit, row["best"], passed, len(row["attempts"]), last


def filtered(data: pd.DataFrame, unit: str = "", outcome: str = "all") -> pd.DataFrame:
    """The rows of one unit (its name) and outcome (`OUTCOMES`)."""
    kept = data.loc[data["unit"] == unit] if unit else data
    if outcome == "none":
        return kept.loc[kept["passed"].isna()]
    if outcome in {"passed", "failed"}:
        return kept.loc[(kept["passed"] == (outcome == "passed")).fillna(False)]
    return kept


def figures(data: pd.DataFrame) -> Figures:
    """Estimate the pass rate and the mean score of those with a result."""
    known = data.loc[data["passed"].notna()]
    known = known.assign(passed=known["passed"].astype(bool))
    rate = stats.proportion(known, "passed").iloc[0].to_dict()
    mean = stats.mean(known, "best").iloc[0].to_dict()
    return Figures(len(data), len(known), int(known["passed"].sum()), rate, mean)


def sentence(found: Figures, voice: Voice) -> str:
    """Say in one sentence what the results are."""
    if not found.assigned:
        return voice(_("Nobody is assigned to this sitting yet."))
    if not found.with_result:
        return voice(_("None of the {count} people assigned has a result yet."), count=found.assigned)
    text = _("{passed} of {count} people with a result passed ({rate}; 95% interval {interval}).")
    told = voice(
        text, passed=found.passed, count=found.with_result, rate=words.value(found.pass_rate["estimate"], words.SHARE),
        interval=words.interval(found.pass_rate["low"], found.pass_rate["high"], words.SHARE, voice.language),
    )  # fmt: skip
    waiting = found.assigned - found.with_result
    gap = "" if voice.language == "zh-CN" else " "
    return told + (gap + voice(_("{count} have no result yet."), count=waiting) if waiting else "")


def export(sitting: Any, rows: list[Any], voice: Voice, *, now: datetime | None = None) -> tuple[str, bytes]:
    """Make the Excel file of a sitting: people, their attempts, and what it is about; gives its name and bytes."""
    sheets = {
        voice(_("Results")): _people_sheet(frame(rows, voice), voice),
        voice(_("All attempts")): _attempts_sheet(rows, voice),
        voice(_("About")): _about_sheet(sitting, voice, now or datetime.now(UTC)),
    }
    return f"{sitting['exam']}_{voice.field(sitting['opens_at'])[:10]}.xlsx", workbook(sheets)


def _people_sheet(data: pd.DataFrame, voice: Voice) -> pd.DataFrame:
    said = {True: voice(PASSED[0]), False: voice(FAILED[0])}
    return pd.DataFrame(
        {
            voice(_("Staff number")): data["staff_number"],
            voice(_("Name")): data["name"],
            voice(_("Unit")): data["unit"],
            voice(_("Best score")): data["best"],
            voice(_("Result")): [None if missing(one) else said[bool(one)] for one in data["passed"]],
            voice(_("Number of attempts")): data["attempts"],
            voice(_("Handed in")): [None if missing(one) else voice.moment(one) for one in data["last"]],
        }
    )


def _attempts_sheet(rows: list[Any], voice: Voice) -> pd.DataFrame:
    listed = [
        {
            voice(_("Staff number")): row["staff_number"],
            voice(_("Name")): row["name"],
            voice(_("Attempt")): one["number"],
            voice(_("State")): voice(STATUS[one["status"]][0]),
            voice(_("Score (of 100)")): one["percent"],
            voice(_("Points")): one["points"],
            voice(_("Of")): one["maximum"],
            voice(_("Scoring version")): one["scoring"] or None,
            voice(_("Started")): voice.moment(one["started_at"]),
            voice(_("Handed in")): voice.moment(one["closed_at"]),
        }
        for row in rows
        for one in row["attempts"]
    ]
    return pd.DataFrame(listed)


def _about_sheet(sitting: Any, voice: Voice, now: datetime) -> pd.DataFrame:
    pairs = [
        (_("Sitting"), sitting["name"]),
        (_("Exam"), f"{voice.local(sitting['title'])} ({sitting['exam']}, v{sitting['version']})"),
        (_("Opens"), voice.moment(sitting["opens_at"])),
        (_("Closes"), voice.moment(sitting["closes_at"])),
        (_("Exported"), voice.moment(now)),
        (_("Time zone"), voice.zone),
    ]
    return pd.DataFrame([(voice(name), value) for name, value in pairs], columns=["", " "])
