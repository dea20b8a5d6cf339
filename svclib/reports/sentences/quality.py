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
from svclib.reports.quality_terms import flag_name, sign_name, state_name
from svclib.reports.sentences.notes import note
from svclib.reports.sentences.weighting import NO_ERROR
from svclib.reports.words import RATING, SCORE, SHARE, Unit
from svclib.stats.design.results import OPT_IN, OPT_IN_FEW
from svclib.stats.quality.comparing import NONE_FLAGGED
from svclib.stats.quality.flags import SEPARATOR, TAKEN

UNITS = {"csat": SHARE, "nps": SCORE, "ces": RATING, "mean": RATING, "own": RATING}
_SHARES = ("similar", "perfect", "omitted", "comments", "month_end", "closed", "devices", "extremes")
_COUNTS = ("burst", "rapid")
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
    return _joined(texts, language, fields)


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
    return _joined(texts, language, fields)


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


def units(found: Any, names: Mapping[str, str] | None = None, language: str = "en") -> str:
    """Say which units call for a look, by which signs, and how often an honest bank would be flagged.

    Parameters
    ----------
    found : UnitSigns
        Of `stats.fabrication`.
    names : dict, optional
        What to call the units.
    """
    told = found.units[found.units["p_adjusted"].notna()]
    if told.empty:
        why = note(found.units["note"].mode().iloc[0], language) if len(found.units) else "—"
        return translate(_("No unit can be judged ({why})."), language, why=why)
    hit = told[told["flagged"] > 0]
    fields = {
        "count": words.number(len(hit)),
        "n": words.number(len(told)),
        "rate": words.value(found.rate, SHARE),
        "which": words.joined([_unit_name(row, found.by, names) for row in hit.to_dict("records")], language),
    }
    texts = [_units_text(len(hit))]
    if found.adjust == "bh":
        texts.append(_("Of the flagged, at most {rate} are honest on average."))
    else:
        texts.append(_("Where all units are honest, the chance that any is flagged is at most {rate}."))
    if len(hit):
        texts.append(_("A sign proves nothing: ask how these answers came about."))
    if found.dates_only:
        texts.append(_("Only dates are known: hours and minutes cannot be looked at."))
    return _joined(texts, language, fields)


def _units_text(count: int) -> str:
    if not count:
        return _("None of {n} units stands out beyond what honest units differ by.")
    if count == 1:
        return _("One of {n} units calls for a look: {which}.")
    return _("{count} of {n} units call for a look: {which}.")


def _unit_name(row: Mapping[Any, Any], by: tuple[str, ...], names: Mapping[str, str] | None) -> str:
    code = " ".join(str(row[name]) for name in by)
    return (names or {}).get(code, code)


def unit(found: Any, code: str, names: Mapping[str, str] | None = None, language: str = "en") -> str:
    """Say of one unit in which signs it stands out: what was observed, and what is expected of it.

    Parameters
    ----------
    found : UnitSigns
        Of `stats.fabrication`.
    code : str
        The unit; of several columns joined by blanks.
    names : dict, optional
        What to call the units.
    """
    own = found.frame[found.frame[list(found.by)].astype(str).agg(" ".join, axis=1) == code]
    rows = own[own["flagged"].fillna(False).astype(bool) & (own["sign"] != "together")]
    fields = {"unit": (names or {}).get(code, code)}
    if not own["p_value"].notna().any():
        why = note(own["note"].mode().iloc[0], language) if len(own) else "—"
        return translate(_("{unit}: cannot be judged ({why})."), language, why=why, **fields)
    if rows.empty:
        every = own["flagged"].fillna(False).astype(bool).any()
        text = (
            _("{unit}: no single sign, but all together are beyond chance.") if every else _("{unit}: nothing unusual.")
        )
        return translate(text, language, **fields)
    parts = [_sign(row, language) for row in rows.to_dict("records")]
    return translate(_("{unit}: {parts}."), language, parts=words.joined(parts, language), **fields)


def _sign(row: Mapping[Any, Any], language: str) -> str:
    values = (row["observed"], row["expected"])
    if row["sign"] in _SHARES:
        shown = [words.value(one, SHARE) for one in values]
    else:
        shown = [words.number(one, 0 if row["sign"] in _COUNTS else 2) for one in values]
    text = _("{sign} ({observed}, expected {expected}, chance {chance})")
    chance = f"{row['p_adjusted']:.3f}" if row["p_adjusted"] >= 0.001 else "< 0.001"
    fields = {"sign": sign_name(row["sign"], language), "observed": shown[0], "expected": shown[1], "chance": chance}
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
    return _joined(texts, language, fields)


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
    texts = [_mode_text(row["estimate"])]
    texts.append(
        _("Chance alone could explain it.")
        if row["p_adjusted"] > 1 - row["level"]
        else _("Chance alone would hardly explain it, even among so many comparisons.")
    )
    texts += [_("Take care: {why}.")] if row["note"] else []
    return _joined(texts, language, fields)


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


def invitations(found: Any, names: Mapping[str, str] | None = None, language: str = "en") -> str:
    """Say which units invite some customers more than others, beyond what all units do.

    Parameters
    ----------
    found : Invitations
        Of `stats.selective_invitation`.
    names : dict, optional
        What to call units and strata.
    """
    frame, known = found.frame, names or {}
    told = frame[frame["p_value"].notna()]
    if told.empty:
        why = note(frame["note"].mode().iloc[0], language) if len(frame) else "—"
        return translate(_("Invitations cannot be judged ({why})."), language, why=why)
    uneven = told["flagged"].fillna(False).astype(bool)
    steep = told["slope_flagged"].fillna(False).astype(bool) if "slope_flagged" in told else uneven & False
    fields: dict[str, Any] = {"n": words.number(len(told))}
    if not (uneven | steep).any():
        text = _("None of {n} units invites more unevenly than honest units do.")
        return translate(text, language, **fields)
    parts = [
        translate(
            _("{unit} (most: {most}; least: {least})"), language, unit=_unit_name(row, found.by, known),
            most=known.get(str(row["most"]), str(row["most"])), least=known.get(str(row["least"]), str(row["least"])),
        )
        for row in told[uneven | steep].to_dict("records")
    ]  # fmt: skip
    fields["which"] = words.joined(parts, language)
    texts = [_("Invitations are more uneven than honest units differ by: {which}.")]
    if steep.any():
        fields["steep"] = words.joined(
            [_unit_name(row, found.by, known) for row in told[steep].to_dict("records")], language
        )
        texts.append(_("The more satisfied are invited more: {steep}."))
    texts.append(_("Ask how invitations are given out before you compare these units."))
    return _joined(texts, language, fields)


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


def _joined(texts: list[str], language: str, fields: Mapping[str, Any]) -> str:
    gap = "" if language == "zh-CN" else " "
    return gap.join(translate(text, language, **fields) for text in texts)
