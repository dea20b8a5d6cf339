"""Sentences about comparisons: differences of groups, crossed questions, equivalence, ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import RATING, Unit
from svclib.stats.compare.equivalence import Finding

_SURE = 0.8
"""Probability from which a rank is called clear."""


def difference(row: Mapping[Any, Any], subject: str, unit: Unit = RATING, language: str = "en") -> str:
    """Say which of two groups is higher, by how much, and whether chance could explain it.

    Parameters
    ----------
    row : mapping
        A row of `stats.compare_means`, `pairwise_means` …: first, second, estimate, low, high, p_value or p_adjusted.
    subject : str
        What is compared, in `language`.
    """
    if not words.known(row["estimate"]) or not words.known(row["low"]):
        text = _("{subject}: {first} and {second} cannot be compared ({why}).")
        why = note(row["note"] or "no answers", language)
        return translate(text, language, subject=subject, first=row["first"], second=row["second"], why=why)
    upper, lower = (row["first"], row["second"]) if row["estimate"] >= 0 else (row["second"], row["first"])
    ends = sorted((row["low"], row["high"]) if row["estimate"] >= 0 else (-row["high"], -row["low"]))
    fields = {
        "subject": subject,
        "upper": upper,
        "lower": lower,
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(ends[0], ends[1], unit, language),
        "level": f"{100 * row['level']:.3g}%",
    }
    return translate(_hardly(row), language, **fields)


def _hardly(row: Mapping[Any, Any]) -> str:
    p_value = row.get("p_adjusted", row["p_value"])
    if p_value <= 1 - row["level"]:
        return _(
            "{subject}: {upper} is {size} above {lower} ({level} interval {interval}); chance alone would hardly "
            "explain it."
        )
    return _("{subject}: {upper} is {size} above {lower} ({level} interval {interval}); chance alone could explain it.")


def pairs(rows: pd.DataFrame, subject: str, unit: Unit = RATING, language: str = "en") -> str:
    """Say how many pairs of groups differ beyond chance, and the largest difference.

    Parameters
    ----------
    rows : DataFrame
        Result of `stats.pairwise_means`.
    """
    told = rows.dropna(subset=["estimate", "p_adjusted"])
    if told.empty:
        return translate(_("{subject}: no two groups can be compared."), language, subject=subject)
    apart = told[told["p_adjusted"] <= 1 - told["level"]]
    if apart.empty:
        text = _("{subject}: none of the {count} pairs differs by more than chance could explain. The largest:")
    else:
        text = _("{subject}: {apart} of {count} pairs differ by more than chance would explain. The largest:")
    largest = (apart if len(apart) else told).assign(size=lambda part: part["estimate"].abs()).nlargest(1, "size")
    first = translate(text, language, subject=subject, apart=len(apart), count=len(told))
    gap = "" if language == "zh-CN" else " "
    return first + gap + difference(largest.iloc[0].to_dict(), subject, unit, language)


def association(tests: pd.DataFrame, row: str, column: str, language: str = "en") -> str:
    """Say how strongly two questions hang together.

    Parameters
    ----------
    tests : DataFrame
        ``tests`` of `stats.crosstab`.
    row, column : str
        Names of the two questions, in `language`.
    """
    found = tests.iloc[0]
    if not words.known(found["estimate"]):
        text = _("{row} by {column}: no association can be told ({why}).")
        return translate(text, language, row=row, column=column, why=note(found["note"], language))
    fields = {
        "row": row,
        "column": column,
        "size": translate(_strength(float(found["estimate"])), language),
        "value": words.value(found["estimate"], RATING),
        "interval": words.interval(found["low"], found["high"], RATING, language),
        "level": f"{100 * found['level']:.3g}%",
    }
    if found["p_value"] <= 1 - found["level"]:
        text = _(
            "{row} differs by {column}: the association is {size} (Cramér's V {value}, {level} interval {interval}); "
            "chance alone would hardly explain it."
        )
    else:
        text = _(
            "{row} by {column}: the association is {size} (Cramér's V {value}, {level} interval {interval}); chance "
            "alone could explain it."
        )
    return translate(text, language, **fields)


def _strength(v: float) -> str:
    """Cohen's yardsticks (1988) for a table of two rows or columns."""
    return _("very weak") if v < 0.1 else _("weak") if v < 0.3 else _("moderate") if v < 0.5 else _("strong")


def equivalent(row: Mapping[Any, Any], subject: str, unit: Unit = RATING, language: str = "en") -> str:
    """Say what a test of equivalence found.

    Parameters
    ----------
    row : mapping
        A row of `stats.equivalence`.
    """
    finding = row["finding"]
    fields = {
        "subject": subject,
        "first": row["first"],
        "second": row["second"],
        "margin": words.change(row["margin"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": f"{100 * row['level']:.3g}%",
    }
    texts = {
        Finding.EQUIVALENT: _(
            "{subject}: {first} and {second} do not differ by as much as {margin}; that is a finding, not a lack of "
            "answers ({level} interval of the difference {interval})."
        ),
        Finding.RELEVANT: _(
            "{subject}: {first} and {second} differ by more than {margin} ({level} interval of the difference "
            "{interval})."
        ),
        Finding.DIFFERENT: _(
            "{subject}: {first} and {second} differ, but whether by as much as {margin} is open ({level} interval of "
            "the difference {interval})."
        ),
        Finding.OPEN: _(
            "{subject}: whether {first} and {second} differ by as much as {margin} cannot be told from these answers "
            "({level} interval of the difference {interval})."
        ),
    }
    return translate(texts[Finding(finding)], language, **fields)


def ranked(ranking: Any, label: str, language: str = "en") -> str:
    """Say which unit leads and which is last, how probable that is, and how far the order can be read.

    Parameters
    ----------
    ranking : svclib.stats.compare.ranking.Ranking
    label : str
        Column of the units' names.
    """
    told = ranking.units.dropna(subset=["rank"])
    if told.empty:
        why = note(next(iter(ranking.units["note"]), ""), language) if len(ranking.units) else ""
        return translate(_("The units cannot be ranked ({why})."), language, why=why or note("no answers", language))
    first, last = told.nlargest(1, "p_first").iloc[0], told.nlargest(1, "p_last").iloc[0]
    wide = float((told["rank_high"] - told["rank_low"]).median())
    fields = {
        "first": first[label],
        "p_first": words.number(100 * first["p_first"]),
        "last": last[label],
        "p_last": words.number(100 * last["p_last"]),
        "count": len(told),
        "wide": words.number(wide + 1),
    }
    clear = first["p_first"] >= _SURE and last["p_last"] >= _SURE
    text = (
        _("{first} is first with a probability of {p_first}%, {last} last with {p_last}% (of {count}).")
        if clear
        else _(
            "Most likely first is {first} ({p_first}%), most likely last {last} ({p_last}%); of {count} units a "
            "typical one could hold any of {wide} ranks, so do not read the order closely."
        )
    )
    return translate(text, language, **fields)
