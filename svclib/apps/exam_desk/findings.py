"""What the answers say about an exam, part by part: a sentence, a chart and a table each, worked out when asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from svclib import stats
from svclib.apps.exam_desk.evidence import Evidence
from svclib.apps.exam_desk.finding import Finding
from svclib.apps.exam_desk.security_finding import security
from svclib.apps.pieces.table import Column, cell
from svclib.apps.pieces.voice import Voice
from svclib.i18n import _
from svclib.reports import sentences

PARTS = {
    "items": _("Items"),
    "fairness": _("Fairness"),
    "pass_mark": _("Pass mark"),
    "security": _("Security"),
}
WIDE, NARROW = 1000, 330


def find(part: str, evidence: Evidence, voice: Voice, group: str = "layout") -> Finding:
    """Work out a part (a name of `PARTS`); fairness between the groups of a name of `GROUPS`."""
    if not evidence.desk.may("frames.exams"):
        return Finding([voice(_("The statistics of an exam are shown to HR."))])
    if not len(evidence.scores):
        return Finding([voice(_("Nobody has handed in yet: there is nothing to judge the exam by."))])
    if part == "fairness":
        return fairness(evidence, voice, group)
    return {"items": items, "pass_mark": pass_mark, "security": security}[part](evidence, voice)


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def items(evidence: Evidence, voice: Voice) -> Finding:
    """Difficulty, discrimination, and which items to look at."""
    table = stats.item_analysis(evidence.scores, states=evidence.states, choices=evidence.choices)
    told = [sentences.items.overview(table, voice.language), _reliability(evidence, voice)]
    look = sentences.items.to_look_at(table)
    columns = [
        Column("item", voice(_("Item"))),
        Column("n", voice(_("People")), "number"),
        Column("right", voice(_("Right")), "number"),
        Column("rest", voice(_("Item-rest")), "number"),
        Column("look", voice(_("What to look at")), sort=False),
    ]
    rows = [(row["item"], _item_cells(row, voice)) for row in look.to_dict("records")]
    return Finding(
        told, lambda width: _charts().difficulty_discrimination(table, language=voice.language, width=width),
        voice(_("Items to look at")), voice(_("No item calls for a look.")), columns, rows,
    )  # fmt: skip


def _charts() -> Any:
    from svclib.reports import charts  # loads Altair: only where a chart is drawn

    return charts


def _item_cells(row: dict[Any, Any], voice: Voice) -> dict[str, Any]:
    return {
        "item": row["item"],
        "n": row["n"],
        "right": cell(voice.percent(row["difficulty"]), order=row["difficulty"]),
        "rest": cell(voice.number(row["item_rest"], 2), order=row["item_rest"]),
        "look": sentences.items.item(row, voice.language),
    }


def _reliability(evidence: Evidence, voice: Voice) -> str:
    """How far the scores can be trusted: on one form, or on forms drawn for each candidate."""
    if evidence.same_form:
        found = stats.exam_reliability(evidence.scores, states=evidence.states, points=evidence.full_points)
        return sentences.exam_scores.reliability(found, voice.language)
    drawn = stats.generalizability(evidence.scores, states=evidence.states, cut=_cut_share(evidence))
    return sentences.exam_scores.drawn_forms(drawn, voice.language)


def _cut_share(evidence: Evidence) -> float | None:
    return None if evidence.pass_mark is None else evidence.pass_mark / 100


# ── fairness ─────────────────────────────────────────────────────────────────────────────────────────────────────────
GROUPS = {"layout": _("Phone or computer"), "language": _("Language"), "branch": _("Branch")}
"""Columns of the results by which candidates may be compared."""
SMALLEST_GROUP = 30
_LABELS = {
    "phone": _("on a phone"),
    "desktop": _("on a computer"),
    "zh-CN": _("in Chinese"),
    "en": _("in English"),
}


def fairness(evidence: Evidence, voice: Voice, group: str = "layout") -> Finding:
    """Items that differ between equally able candidates of two groups."""
    labels = {name: voice(text) for name, text in _LABELS.items()}
    told = evidence.results[group].astype(object)
    counts = told.value_counts()
    if (counts >= SMALLEST_GROUP).sum() < 2:
        text = _("Fewer than two groups have {least} candidates: nothing can be compared by “{group}” yet.")
        return Finding([voice(text, least=SMALLEST_GROUP, group=voice(GROUPS[group]))])
    found = stats.dif(evidence.scores, told, states=evidence.states, min_group=SMALLEST_GROUP)
    words = sentences.fairness
    say = [
        words.overview(found, voice.language),
        words.ability(found, voice.language, labels),
        words.set_aside(found, voice.language),
    ]
    rows = [
        (f"{row['item']} {row['focal']}", {
            "item": row["item"], "class": row["class"],
            "look": words.item(row, voice.language, labels),
        })
        for row in found.flagged.to_dict("records")
    ]  # fmt: skip
    columns = [
        Column("item", voice(_("Item"))),
        Column("class", voice(_("Class"))),
        Column("look", voice(_("What to look at")), sort=False),
    ]
    return Finding(
        [one for one in say if one], _dif_chart(found, labels, voice), voice(_("Items to look at")),
        voice(_("No item calls for a look.")), columns, rows,
    )  # fmt: skip


def _dif_chart(found: Any, labels: dict[str, str], voice: Voice) -> Callable[[int], Any] | None:
    """Draw the sizes where two groups are compared; with many groups the table tells more."""
    if found.frame["focal"].nunique() != 1:
        return None
    return lambda width: _charts().dif_sizes(found, labels=labels, language=voice.language, width=width)


# ── pass mark ────────────────────────────────────────────────────────────────────────────────────────────────────────
def pass_mark(evidence: Evidence, voice: Voice) -> Finding:
    """Who passes, how sure that is, what one point more or less would do, and who stands near the mark."""
    if evidence.pass_mark is None:
        return Finding([voice(_("The exam has no pass mark."))])
    scores, given = _totals(evidence)
    cut = evidence.pass_mark / 100 * given["highest"]
    words, language = sentences.cutscores, voice.language
    rates = stats.pass_rate(scores, cut, **given)
    near = stats.near_cut(scores, cut, **given)
    told = [
        words.pass_rate(rates, language),
        words.decision(stats.classification(scores, cut, replicates=200, **given), language=language),
        words.one_point(rates, language),
        words.near(near, cut, language),
    ]
    sem = float(near["sem"].median()) if len(near) else None
    columns = [
        Column("who", voice(_("Name"))),
        Column("score", voice(_("Score")), "number"),
        Column("wrong", voice(_("Chance of a wrong decision")), "number"),
        Column("look", voice(_("How sure")), sort=False),
    ]
    return Finding(
        told, lambda width: _charts().pass_mark(
            scores, cut, sem=sem, highest=given["highest"], language=language, width=width
        ),
        voice(_("Near the mark")), voice(_("Nobody stands near the mark.")), columns,
        [
            (str(at), _near_cells(evidence, at, row, cut, voice))
            for at, row in near.sort_values("p_wrong", ascending=False, kind="stable").iterrows()
        ],
    )  # fmt: skip


def _totals(evidence: Evidence) -> tuple[Any, dict[str, Any]]:
    """Scores and scale: points of the one form, or percent of each candidate's own form."""
    if evidence.same_form:
        return evidence.points, {"highest": float(evidence.full_points.sum())}
    drawn = stats.generalizability(evidence.scores, states=evidence.states).frame.set_index("term")["estimate"]
    return evidence.results["percent"], {"highest": 100.0, "reliability": float(drawn["phi"])}


def _near_cells(evidence: Evidence, at: Any, row: Any, cut: float, voice: Voice) -> dict[str, Any]:
    return {
        "who": evidence.who(at),
        "score": cell(voice.number(row["score"], 1), order=row["score"]),
        "wrong": cell(voice.percent(row["p_wrong"]), order=row["p_wrong"]),
        "look": sentences.cutscores.candidate(row, cut, voice.language),
    }
