"""Sentences about gaps: where service falls short of what is expected, by how much, and whether gaps can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.sentences.satisfaction import volunteers
from svclib.reports.words import Unit

GAP = Unit(digits=2, change=_("{size} scale points"), signed=True)
ENOUGH = 0.7
"""Reliability from which a score may be used to compare persons (Nunnally 1978)."""


def labels(codebook: pd.DataFrame, language: str = "en") -> dict[str, str]:
    """Give the texts of items and of the dimensions that customers rank, for the charts and sentences of gaps.

    Parameters
    ----------
    codebook : DataFrame
        Of a survey with questions of the measures ``servqual-e`` and ``servqual-p``.
    """
    title = "title_zh" if language == "zh-CN" else "title_en"
    ranked = (codebook["type"] == "ranking") & codebook["part"].isin(codebook["construct"].dropna())
    chosen = codebook[(codebook["measure"] == "servqual-p") | ranked].drop_duplicates("column")
    return dict(zip(chosen["part"], chosen[title].str.split(" – ").str[-1], strict=True))


def overview(rows: pd.DataFrame, labels: Mapping[str, str] | None = None, language: str = "en") -> str:
    """Say how far service falls short altogether, where most, and where expectations are met.

    Parameters
    ----------
    rows : DataFrame
        Result of `stats.servqual` with expectations, of one group.
    labels : dict, optional
        Dimension → its name.
    """
    whole = rows[rows["term"] == "overall"].iloc[0]
    parts = [gap(whole, translate(_("Service as a whole"), language), language)]
    weighted = rows[rows["term"] == "weighted"].dropna(subset=["low"])
    if len(weighted) and not volunteers(weighted.iloc[0]):
        text = _("Weighted by what matters to each customer, the gap is {value} ({level} interval {interval}).")
        parts.append(translate(text, language, **_numbers(weighted.iloc[0], language)))
    named = {str(name): str((labels or {}).get(str(name), name)) for name in rows["dimension"]}
    return _joined([*parts, *_where(rows, named, language)], language)


def _where(rows: pd.DataFrame, named: Mapping[str, str], language: str) -> list[str]:
    """Name the dimensions that fall short, worst first, and those of which that cannot be said."""
    parts = (rows["term"] == rows["dimension"]) & ~rows["term"].isin(["overall", "weighted"])
    dimensions = rows[parts].dropna(subset=["low"])
    if dimensions.empty or any(volunteers(row) for row in dimensions.to_dict("records")):
        return []
    short = dimensions[dimensions["high"] < 0].sort_values("estimate").to_dict("records")
    listed = [_with(named[str(row["term"])], words.value(row["estimate"], GAP), language) for row in short]
    others = [named[str(term)] for term in dimensions.loc[~(dimensions["high"] < 0), "term"]]
    pairs = (
        (_("Beyond chance it falls short in, worst first: {names}."), listed),
        (_("Not shown to fall short: {names}."), others),
    )
    return [translate(text, language, names=_listed(names, language)) for text, names in pairs if names]


def gap(row: Mapping[Any, Any] | pd.Series, subject: str, language: str = "en") -> str:
    """Say how far `subject` falls short of what is expected, and whether chance could explain it.

    Parameters
    ----------
    row : mapping
        A row of `stats.servqual`.
    subject : str
        What the row is about, in `language`.
    """
    if not words.known(row["estimate"]):
        text = _("{subject}: no number ({why}).")
        return translate(text, language, subject=subject, why=note(row["note"] or "no answers", language))
    if not words.known(row["low"]):
        text = _("{subject}: found {found}, expected {expected}; no interval ({why}).")
        return translate(text, language, subject=subject, why=note(row["note"], language), **_numbers(row, language))
    if volunteers(row):
        text = _(
            "{subject}: among the {n} who chose to answer found {found}, expected {expected}; no sampling error can be "
            "told."
        )
        return translate(text, language, subject=subject, **_numbers(row, language))
    return translate(_pattern(row), language, subject=subject, **_numbers(row, language))


def _pattern(row: Mapping[Any, Any] | pd.Series) -> str:
    if row["high"] < 0:
        return _(
            "{subject} falls short of what customers expect by {size} ({level} interval of the gap {interval}; {n} "
            "answers): found {found}, expected {expected}; chance alone would hardly explain it."
        )
    if row["low"] > 0:
        return _(
            "{subject} exceeds what customers expect by {size} ({level} interval of the gap {interval}; {n} answers): "
            "found {found}, expected {expected}; chance alone would hardly explain it."
        )
    return _(
        "{subject}: found {found}, expected {expected} ({level} interval of the gap {interval}; {n} answers); chance "
        "alone could explain the difference."
    )


def _numbers(row: Mapping[Any, Any] | pd.Series, language: str) -> dict[str, str]:
    return {
        "value": words.value(row["estimate"], GAP),
        "size": words.change(row["estimate"], GAP, language),
        "interval": words.interval(row["low"], row["high"], GAP, language),
        "found": words.number(row["perception"], 2),
        "expected": words.number(row["expectation"], 2),
        "level": f"{100 * row['level']:.3g}%",
        "n": words.number(row["n"]),
    }


def reliability(rows: pd.DataFrame, labels: Mapping[str, str] | None = None, language: str = "en") -> str:
    """Say in which dimensions the difference of the two answers is a measure of persons, and what to use elsewhere.

    Parameters
    ----------
    rows : DataFrame
        Result of `stats.gap_reliability`, of one group.
    labels : dict, optional
        Dimension → its name.
    """
    told = rows[(rows["term"] == "difference")].dropna(subset=["low"])
    if told.empty:
        why = note(rows["note"].iloc[0], language) if len(rows) else note("no answers", language)
        return translate(_("Reliability of the gaps: no number ({why})."), language, why=why)
    parts = []
    for text, chosen in _verdicts(told):
        listed = [_reliability(row, labels, language) for row in chosen.to_dict("records")]
        if listed:
            parts.append(translate(text, language, names=_listed(listed, language)))
    return _joined(parts, language)


def _verdicts(told: pd.DataFrame) -> Sequence[tuple[str, pd.DataFrame]]:
    sure, weak = told["low"] >= ENOUGH, told["high"] < ENOUGH
    return (
        (_("The gap of a single customer can be relied on (0.70 or more) in: {names}."), told[sure]),
        (_("Whether it can is open, the interval holds 0.70, in: {names}."), told[~sure & ~weak]),
        (
            _(
                "A single customer's gap is mostly noise in: {names}. Compare means of many customers there, or "
                "perceptions alone."
            ),
            told[weak],
        ),
    )


def _reliability(row: Mapping[Any, Any], labels: Mapping[str, str] | None, language: str) -> str:
    name = (labels or {}).get(str(row["dimension"]), row["dimension"])
    interval = translate(
        _("{low} to {high}"), language, low=words.number(row["low"], 2), high=words.number(row["high"], 2)
    )
    return _with(str(name), f"{words.number(row['estimate'], 2)}; {interval}", language)


def _with(name: str, numbers: str, language: str) -> str:
    return f"{name}（{numbers.replace('; ', '，')}）" if language == "zh-CN" else f"{name} ({numbers})"


def _listed(names: Sequence[str], language: str) -> str:
    """List names of dimensions, which have commas of their own."""
    return ("；" if language == "zh-CN" else "; ").join(names)


def _joined(parts: Sequence[str], language: str) -> str:
    return ("" if language == "zh-CN" else " ").join(parts)
