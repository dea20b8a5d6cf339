"""Sentences about response quality: what was flagged, what honest chance would do, what the headline is without it.

They never accuse: a flag calls for a look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.quality_terms import flag_name, state_name
from svclib.reports.sentences.notes import note
from svclib.reports.sentences.weighting import NO_ERROR
from svclib.reports.words import RATING, SCORE, SHARE, Unit
from svclib.stats.design.results import OPT_IN, OPT_IN_FEW
from svclib.stats.quality.comparing import NONE_FLAGGED
from svclib.stats.quality.flags import SEPARATOR, TAKEN

UNITS = {"csat": SHARE, "nps": SCORE, "ces": RATING, "mean": RATING, "own": RATING}
_MOST = 3


def flagged(flags: pd.DataFrame, language: str = "en", *, most: int = _MOST) -> str:
    """Say how many responses carry a flag, and which flags are the most frequent.

    Parameters
    ----------
    flags : DataFrame
        Of `stats.quality_flags`.
    most : int
        Flags named.
    """
    if not len(flags):
        return translate(_("There are no responses to flag."), language)
    up = flags[[name for name in flags.columns if name not in TAKEN]].fillna(False).astype(bool).sum()
    counts = up[up > 0].sort_values(ascending=False, kind="stable").head(most)
    fields = {
        "count": words.number(flags["flagged"].sum()),
        "n": words.number(len(flags)),
        "share": words.value(flags["flagged"].mean(), SHARE),
        "kinds": words.joined(
            [f"{flag_name(str(name), language)} {words.number(count)}" for name, count in counts.items()], language
        ),
    }
    if not flags["flagged"].any():
        return translate(_("None of the {n} responses is flagged."), language, **fields)
    texts = [_("{count} of {n} responses are flagged ({share}); most often: {kinds}.")]
    texts.append(_("Nothing is dropped: a flag calls for a look."))
    return joined(texts, language, fields)


def index(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how many respondents an index flags, and how many attentive ones it would.

    Parameters
    ----------
    row : mapping
        A row of the ``cuts`` of `stats.careless` or `stats.speeding`.
    """
    fields = {
        "index": flag_name(row["index"], language),
        "count": words.number(row["flagged"]),
        "told": words.number(row["told"]),
        "share": words.value(row["flagged"] / max(row["told"], 1), SHARE),
        "honest": words.value(row["honest"], SHARE),
        "why": note(row["note"], language),
    }
    if not words.known(row["cut"]):
        return translate(_("{index}: nobody can be flagged ({why})."), language, **fields)
    if not words.known(row["honest"]):
        text = _("{index}: {count} of {told} respondents flagged ({share}) by the cut of the literature.")
        return translate(text, language, **fields)
    texts = [_("{index}: {count} of {told} respondents flagged ({share}); of attentive ones {honest} would be.")]
    expected = row["honest"] * row["told"]
    if row["flagged"] <= expected + 2 * np.sqrt(max(expected, 1.0)):
        texts.append(_("That is no more than chance makes."))
    return joined(texts, language, fields)


def together(screening: Any, least: int = 2, language: str = "en") -> str:
    """Say how many respondents several indices flag at once, against attentive ones.

    Parameters
    ----------
    screening : Screening
        Of `stats.careless`.
    least : int
        Indices at once.
    """
    rows = screening.together[screening.together["at_least"] == least]
    if rows.empty:
        return translate(_("There are not {least} indices with a cut."), language, least=least)
    row = rows.iloc[0]
    fields = {
        "least": least,
        "observed": words.value(row["observed"], SHARE),
        "honest": words.value(row["honest"], SHARE),
    }
    text = _("{least} or more indices at once flag {observed} of the respondents; of attentive ones {honest} would be.")
    return translate(text, language, **fields)


def headline(rows: pd.DataFrame, subject: str, language: str = "en", *, unit: Unit | None = None) -> str:
    """Say what a headline would be without the flagged answers, how far it moves, and whether by chance.

    Parameters
    ----------
    rows : DataFrame
        The three rows (all, without, difference) of one headline of `stats.with_and_without`.
    subject : str
        What is estimated, in `language`.
    unit : Unit, optional
        How it is written; by default that of its measure.
    """
    whole, without, moved = (rows[rows["rows"] == one].iloc[0] for one in ("all", "without", "difference"))
    chosen = unit or UNITS.get(str(whole["measure"]), RATING)
    fields = {
        "subject": subject,
        "n": words.number(moved["n"]),
        "all": words.value(whole["estimate"], chosen),
        "without": words.value(without["estimate"], chosen),
        "level": f"{100 * moved['level']:.3g}%",
        "why": note(moved["note"] or without["note"] or whole["note"], language),
    }
    if moved["note"] == NONE_FLAGGED:
        return translate(_("{subject}: {all}; nothing is flagged."), language, **fields)
    if not words.known(moved["estimate"]):
        return translate(_("{subject}: no comparison ({why})."), language, **fields)
    if whole["note"] in (OPT_IN, OPT_IN_FEW):
        text = _("{subject} is {all}, without the {n} flagged answers {without}. {error}")
        return translate(text, language, error=translate(NO_ERROR, language), **fields)
    fields["size"] = words.change(moved["estimate"], chosen, language)
    texts = [_moved_text(moved["estimate"], chosen, known=words.known(moved["low"]))]
    if words.known(moved["low"]):
        fields["interval"] = words.change_interval(moved["low"], moved["high"], chosen, language)
        texts.append(_chance_text(moved["low"], moved["high"]))
    return joined(texts, language, fields)


def _moved_text(estimate: float, unit: Unit, *, known: bool) -> str:
    if round(abs(estimate) * unit.factor, max(unit.digits, 1)) == 0:
        if not known:
            return _("{subject} is {all} with or without the {n} flagged answers.")
        return _(
            "{subject} is {all} with or without the {n} flagged answers ({level} interval of the change {interval})."
        )
    if not known:
        return _(
            "{subject} is {all}, without the {n} flagged answers {without} (too few for an interval of the change)."
        )
    if estimate > 0:
        return _(
            "{subject} is {all}, without the {n} flagged answers {without}, {size} higher ({level} interval "
            "{interval})."
        )
    return _(
        "{subject} is {all}, without the {n} flagged answers {without}, {size} lower ({level} interval {interval})."
    )


def _chance_text(low: float, high: float) -> str:
    if low <= 0 <= high:
        return _("Chance alone could explain that the flagged answers differ.")
    return _("The flagged answers differ from the others by more than chance allows.")


def mode(
    row: Mapping[Any, Any], subject: str, language: str = "en", *, names: Mapping[str, str] | None = None,
    unit: Unit = RATING,
) -> str:  # fmt: skip
    """Say how far the answers of a mode lie from the reference's, adjusted, and whether chance could explain it.

    Parameters
    ----------
    row : mapping
        A row of `stats.mode_effects`.
    subject : str
        The question, in `language`.
    names : dict, optional
        What to call the modes.
    unit : Unit
        How the question is written.
    """
    known = names or {}
    fields = {
        "subject": subject,
        "mode": known.get(str(row["mode"]), str(row["mode"])),
        "reference": known.get(str(row["reference"]), str(row["reference"])),
        "why": note(row["note"], language),
    }
    if not words.known(row["low"]):
        return translate(_("{subject}: {mode} and {reference} cannot be compared ({why})."), language, **fields)
    fields |= {
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": f"{100 * row['level']:.3g}%",
        "effect": words.number(abs(row["effect"]), 2),
        "unadjusted": words.number(row["unadjusted"] * unit.factor, max(unit.digits, 1), signed=True),
    }
    if row["note"] == OPT_IN:
        text = (
            _("{subject}: among people alike {mode} lies {size} above {reference}.")
            if row["estimate"] >= 0
            else _("{subject}: among people alike {mode} lies {size} below {reference}.")
        )
        return joined([text, NO_ERROR], language, fields)
    texts = [_mode_text(row["estimate"])]
    texts.append(
        _("Chance alone could explain it.")
        if row["p_adjusted"] > 1 - row["level"]
        else _("Chance alone would hardly explain it, even among so many comparisons.")
    )
    texts += [_("Take care: {why}.")] if row["note"] else []
    return joined(texts, language, fields)


def modes(
    rows: pd.DataFrame, labels: Mapping[str, str] | None = None, language: str = "en", *, unit: Unit = RATING
) -> str:
    """Say how many questions differ between modes by more than chance, and tell of the one that differs most.

    Parameters
    ----------
    rows : DataFrame
        Of `stats.mode_effects`.
    labels : dict, optional
        What to call questions and modes.
    unit : Unit
        How the questions are written.
    """
    told = rows[rows["low"].notna()]
    if told.empty:
        why = note(rows["note"].mode().iloc[0], language) if len(rows) else "—"
        return translate(_("The modes cannot be compared ({why})."), language, why=why)
    apart = told["p_adjusted"] <= 1 - told["level"]
    row = told.iloc[int(told["effect"].abs().to_numpy().argmax())].to_dict()
    fields = {"count": words.number(apart.sum()), "n": words.number(len(told))}
    text = _("After adjustment {count} of {n} comparisons differ by more than chance allows. The furthest:")
    subject = (labels or {}).get(row["term"], row["term"])
    gap = "" if language == "zh-CN" else " "
    return translate(text, language, **fields) + gap + mode(row, subject, language, names=labels, unit=unit)


def _mode_text(estimate: float) -> str:
    if estimate >= 0:
        return _(
            "{subject}: among people alike {mode} lies {size} above {reference} ({level} interval {interval}; {effect} "
            "standard deviations; {unadjusted} before adjustment)."
        )
    return _(
        "{subject}: among people alike {mode} lies {size} below {reference} ({level} interval {interval}; {effect} "
        "standard deviations; {unadjusted} before adjustment)."
    )


def nonresponse(rows: pd.DataFrame, names: Mapping[str, str] | None = None, language: str = "en") -> str:
    """Say which question most often stays empty, and why.

    Parameters
    ----------
    rows : DataFrame
        Of `stats.item_nonresponse`, without groups.
    names : dict, optional
        What to call the questions.
    """
    told = rows[(rows["state"] != "not_shown") & rows["estimate"].notna()]
    if told.empty or told["estimate"].max() == 0:
        return translate(_("No question was left empty by anybody it was put to."), language)
    row = told.iloc[int(told["estimate"].to_numpy().argmax())]
    fields = {
        "question": (names or {}).get(row["term"], row["term"]),
        "state": state_name(row["state"], language),
        "share": words.value(row["estimate"], SHARE),
        "interval": words.interval(row["low"], row["high"], SHARE, language),
        "level": f"{100 * row['level']:.3g}%",
        "n": words.number(row["n"]),
    }
    text = _(
        "Most often without an answer: {question} ({state}: {share}, {level} interval {interval}; put to {n} people)."
    )
    return translate(text, language, **fields)


def reasons(row: Mapping[Any, Any], language: str = "en") -> str:
    """Give the reasons of a response's flags in `language`.

    Parameters
    ----------
    row : mapping
        A row of `stats.quality_flags`.
    """
    parts = [part for part in str(row["reasons"]).split(SEPARATOR) if part]
    return words.joined([translate(part, language) for part in parts], language)


def joined(texts: list[str], language: str, fields: Mapping[str, Any]) -> str:
    """Translate sentences and put them one after the other, with a blank between where the language has one."""
    gap = "" if language == "zh-CN" else " "
    return gap.join(translate(text, language, **fields) for text in texts)
