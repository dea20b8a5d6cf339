"""Sentences about drivers: what matters most, what cannot be told apart, what to improve first and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, language_of, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import RATING, SHARE, Unit
from svclib.stats.design.results import OPT_IN
from svclib.stats.key_drivers.matrix import QUADRANTS, Quadrant, StrategyMatrix
from svclib.stats.key_drivers.moderation import Moderation
from svclib.stats.key_drivers.notes import DriverNote
from svclib.stats.key_drivers.results import TIES, Drivers

Labels = Mapping[str, str]
_MOST_NAMED = 6
"""Names in one list; more nobody reads."""
MANY_LEFT_OUT = 0.1


def overview(found: Drivers, subject: str, *, labels: Labels | None = None, language: str = "en") -> str:
    """Say how much of an outcome's differences the drivers account for, and which of them most.

    Parameters
    ----------
    found : Drivers
        Result of `stats.drivers`.
    subject : str
        What is driven, in `language`.
    labels : dict of str to str, optional
        Names of the drivers, in `language`.
    """
    whole, first = found.fit.iloc[0].to_dict(), found.frame.iloc[0]
    fields = {
        "subject": subject,
        "count": len(found.frame),
        "value": words.value(whole["estimate"], SHARE),
        "interval": words.interval(whole["low"], whole["high"], SHARE, language),
        "level": _level(whole),
        "n": words.number(whole["n"]),
        "driver": _name(first["term"], labels),
        "share": words.value(first["share"], SHARE),
    }
    if not words.known(whole["low"]):
        texts = [_("{count} drivers together account for {value} of the differences in {subject} ({n} answers).")]
    else:
        texts = [
            _(
                "{count} drivers together account for {value} of the differences in {subject} ({level} interval "
                "{interval}; {n} answers)."
            )
        ]
    texts.append(_lead(found))
    said = [translate(text, language, **fields, **_top(found, labels, language)) for text in texts]
    return _joined([*said, *_cautions(found, language)], language)


def _lead(found: Drivers) -> str:
    """Whether the first driver stands alone at the top."""
    first = found.frame.iloc[0]
    if not words.known(first["rank_high"]):
        return _("The largest part goes with {driver} ({share} of it); how sure that is cannot be told ({why}).")
    if first["rank_high"] == 1:
        return _("{driver} matters most ({share} of it); chance alone would hardly explain its lead.")
    if first["rank_high"] == len(found.frame):
        return _("The largest part goes with {driver} ({share} of it), but the order of the drivers could be chance.")
    return _("The largest part goes with {driver} ({share} of it); chance could as well put {tied} first.")


def _top(found: Drivers, labels: Labels | None, language: str) -> dict[str, str]:
    first = found.frame.iloc[0]
    names = [one for one in str(first["tied_with"]).split(TIES) if one]
    return {"tied": _list(names, labels, language), "why": note(str(first["note"]), language)}


def _cautions(found: Drivers, language: str) -> list[str]:
    """What must be known beside the numbers: volunteers, answers left out, drivers that overlap."""
    said = []
    if OPT_IN in set(found.frame["note"]):
        said.append(translate(_("Volunteers answered: no sampling error is claimed."), language))
    if found.left_out > MANY_LEFT_OUT:
        text = _("{share} of the answers are not used, because another question was left out.")
        said.append(translate(text, language, share=words.value(found.left_out, SHARE)))
    return said


def ties(found: Drivers, *, labels: Labels | None = None, language: str = "en") -> str:
    """Say which drivers are surely above which, and which cannot be told apart.

    Parameters
    ----------
    found : Drivers
        Result of `stats.drivers`.
    """
    frame, rows = found.frame, found.differences
    if frame["rank_high"].isna().all():
        text = _("Whether the drivers differ cannot be told ({why}).")
        return translate(text, language, why=note(str(frame["note"].iloc[0]), language))
    apart = int(((rows["low"] > 0) | (rows["high"] < 0)).sum())
    if not apart:
        return translate(_("No two drivers can be told apart: do not read their order."), language)
    texts = [_("{apart} of {pairs} pairs of drivers differ by more than chance would explain.")]
    sure = [_name(row["term"], labels) for row in frame.to_dict("records") if row["rank_low"] == row["rank_high"]]
    if sure:
        texts.append(_("The place of {sure} is sure."))
    last = frame[frame["rank_high"] == len(frame)]["term"].tolist()
    if 1 < len(last) < len(frame):
        texts.append(_("Which of {last} matters least is open."))
    fields = {
        "apart": apart,
        "pairs": len(rows),
        "sure": words.joined(sure[:_MOST_NAMED], language),
        "last": _list(last, labels, language),
    }
    return _joined([translate(text, language, **fields) for text in texts], language)


def driver(row: Mapping[Any, Any], subject: str, *, name: str = "", unit: Unit = RATING, language: str = "en") -> str:
    """Say how much one driver accounts for, its rank, and what one point more goes with.

    Parameters
    ----------
    row : mapping
        A row of `stats.drivers(…).frame`.
    subject : str
        What is driven, in `language`.
    name : str
        The driver, in `language`.
    unit : Unit
        Of the outcome.
    """
    fields = {
        "driver": name or str(row["term"]),
        "subject": subject,
        "share": words.value(row["share"], SHARE),
        "interval": words.interval(row["share_low"], row["share_high"], SHARE, language),
        "level": _level(row),
        "low": row["rank_low"],
        "high": row["rank_high"],
        "why": note(str(row["note"] or ""), language),
    }
    if not words.known(row["share_low"]):
        return translate(_("{driver}: {share} of what is explained; no interval ({why})."), language, **fields)
    texts = [_("{driver}: {share} of what is explained ({level} interval {interval}), {rank}.")]
    fields["rank"] = _rank(row, language)
    if words.known(row["slope_low"]):
        texts.append(_slope_text(row))
        size = row["slope"] if row["slope"] >= 0 else -row["slope"]
        fields["size"] = words.change(size, unit, language)
        fields["reach"] = words.change_interval(row["slope_low"], row["slope_high"], unit, language)
    return _joined([translate(text, language, **fields) for text in texts], language)


def _rank(row: Mapping[Any, Any], language: str) -> str:
    text = _("rank {low}") if row["rank_low"] == row["rank_high"] else _("rank {low} to {high}")
    return translate(text, language, low=row["rank_low"], high=row["rank_high"])


def _slope_text(row: Mapping[Any, Any]) -> str:
    if row["direction"] == "unclear":
        return _(
            "One point more, all others equal, goes with a change of {subject} that chance alone could explain "
            "({level} interval {reach})."
        )
    if row["direction"] == "positive":
        return _(
            "One point more, all others equal, goes with {size} more of {subject} ({level} interval {reach}); chance "
            "alone would hardly explain it."
        )
    return _(
        "One point more, all others equal, goes with {size} less of {subject} ({level} interval {reach}); chance "
        "alone would hardly explain it."
    )


def priorities(found: StrategyMatrix, *, labels: Labels | None = None, language: str = "en") -> str:
    """Say what to improve first and how sure that is, what is a strength, and what cannot be told.

    Parameters
    ----------
    found : StrategyMatrix
        Result of `stats.importance_performance`.
    labels : dict of str to str, optional
        Names of the drivers, in `language`.
    """
    frame = found.frame
    if frame[[f"p_{one.name.lower()}" for one in QUADRANTS]].isna().all(axis=None):
        text = _("What to improve first cannot be told ({why}).")
        return translate(text, language, why=note(str(frame["note"].iloc[0]), language))
    urgent = frame[frame["verdict"] == Quadrant.IMPROVE_FIRST].sort_values("p_improve_first", ascending=False)
    said = [_urgent(urgent, labels, language) if len(urgent) else _nothing_urgent(frame, found.sure, labels, language)]
    texts = {
        Quadrant.ADVANTAGE: _("Keep up, because it matters and is rated well: {names}."),
        Quadrant.UNCLEAR: _("These answers do not tell the place of {names}; more answers may."),
    }
    for verdict, text in texts.items():
        names = frame.loc[frame["verdict"] == verdict, "term"].tolist()
        if names:
            said.append(translate(text, language, names=_list(names, labels, language)))
    if OPT_IN in set(frame["note"]):
        said.append(translate(_("Volunteers answered: no sampling error is claimed."), language))
    return _joined(said, language)


def _urgent(rows: pd.DataFrame, labels: Labels | None, language: str) -> str:
    each = [
        translate(_("{name} (probability {chance})"), language, name=_name(term, labels), chance=_chance(p))
        for term, p in zip(rows["term"], rows["p_improve_first"], strict=True)
    ]
    text = _("Improve first, because it matters and is rated badly: {names}.")
    return translate(text, language, names=words.joined(each[:_MOST_NAMED], language))


def _nothing_urgent(frame: pd.DataFrame, sure: float, labels: Labels | None, language: str) -> str:
    nearest = frame.sort_values("p_improve_first").iloc[-1]
    if nearest["p_improve_first"] < 0.5:
        return translate(_("No driver both matters much and is rated badly."), language)
    text = _("No driver is one to improve first with a probability of {sure}; the nearest is {name} ({chance}).")
    fields = {
        "sure": _chance(sure),
        "name": _name(nearest["term"], labels),
        "chance": _chance(nearest["p_improve_first"]),
    }
    return translate(text, language, **fields)


def _chance(probability: float) -> str:
    return f">99{SHARE.suffix}" if probability > 0.99 else words.number(100 * probability, 0) + SHARE.suffix


def moderated(
    found: Moderation,
    term: str,
    subject: str,
    *,
    labels: Labels | None = None,
    unit: Unit = RATING,
    language: str = "en",
) -> str:
    """Say whether a driver matters more in some segments than in others, and by how much.

    Parameters
    ----------
    found : Moderation
        Result of `stats.moderation`.
    term : str
        The driver.
    subject : str
        What is driven, in `language`.
    labels : dict of str to str, optional
        Names of drivers and segments, in `language`.
    unit : Unit
        Of the outcome.
    """
    test = found.tests.set_index("term").loc[term]
    fields: dict[str, Any] = {"driver": _name(term, labels), "subject": subject}
    if not words.known(test["p_value"]):
        text = _("{driver}: the segments cannot be compared ({why}).")
        return translate(text, language, **fields, why=note(str(test["note"]), language))
    rows = found.differences[found.differences["term"] == term]
    clearest = rows.sort_values("p_value").iloc[0].to_dict()
    fields |= _gap(clearest, labels, unit, language)
    fields["delta"] = words.value(test["delta_r2"], SHARE)
    if test["p_adjusted"] <= 1 - clearest["level"]:
        text = _(
            "{driver} matters to segments differently; chance alone would hardly explain it. Clearest gap: one point "
            "more goes with {size} more of {subject} for {upper} than for {lower} ({level} interval {interval}). "
            "Letting it differ explains {delta} more of the differences."
        )
    else:
        text = _(
            "{driver}: the segments differ by no more than chance could explain. Clearest gap: {size} between {upper} "
            "and {lower} ({level} interval {interval})."
        )
    said = translate(text, language, **fields)
    volunteers = [translate(_("Volunteers answered: no sampling error is claimed."), language)]
    return _joined([said, *(volunteers if test["note"] == OPT_IN else [])], language)


def _gap(row: Mapping[Any, Any], labels: Labels | None, unit: Unit, language: str) -> dict[str, str]:
    turned = row["estimate"] < 0
    upper, lower = (row["second"], row["first"]) if turned else (row["first"], row["second"])
    ends = (-row["high"], -row["low"]) if turned else (row["low"], row["high"])
    return {
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(*ends, unit, language),
        "upper": _name(upper, labels),
        "lower": _name(lower, labels),
        "level": _level(row),
    }


def gain(row: Mapping[Any, Any], subject: str, *, name: str = "", unit: Unit = RATING, language: str = "en") -> str:
    """Say how much higher the outcome is where a driver is rated higher, and that this is no promise.

    Parameters
    ----------
    row : mapping
        A row of `stats.what_if`.
    subject : str
        What is driven, in `language`.
    name : str
        The driver, in `language`.
    unit : Unit
        Of the outcome.
    """
    fields = {
        "driver": name or str(row["term"]),
        "subject": subject,
        "now": words.value(row["now"], RATING),
        "then": words.value(row["then"], RATING),
        "unit": str(row["to"]),
        "move": words.change(row["then"] - row["now"], RATING, language),
        "size": words.change(row["estimate"], unit, language) if words.known(row["estimate"]) else "",
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": _level(row),
        "why": note(str(row["note"] or "no answers"), language),
    }
    if not words.known(row["estimate"]) or not words.known(row["low"]):
        return translate(_("{driver}: what a better rating goes with cannot be told ({why})."), language, **fields)
    start = _SCENARIOS[row["scenario"]]
    if row["low"] > 0:
        end = _("{subject} is {size} higher ({level} interval {interval}); chance alone would hardly explain it.")
    elif row["high"] < 0:
        end = _("{subject} is {size} lower ({level} interval {interval}); chance alone would hardly explain it.")
    else:
        end = _("{subject} changes by {size} ({level} interval {interval}); chance alone could explain it.")
    texts = [start, end, _("This is an association in the answers, not a promised effect.")]
    if row["note"] == DriverNote.BEYOND:
        texts.append(_("So large a step would lead beyond the scale."))
    return _joined([translate(text, language, **fields) for text in texts], language)


_SCENARIOS = {
    "step": _("{driver} rated {move} higher, all others equal:"),
    "target": _("{driver} rated {then} instead of {now}, all others equal:"),
    "best unit": _("{driver} rated {then} instead of {now}, as at the best unit ({unit}), all others equal:"),
}


def _level(row: Mapping[Any, Any]) -> str:
    return f"{100 * row['level']:.3g}%"


def _name(term: Any, labels: Labels | None) -> str:
    return str((labels or {}).get(term, term))


def _list(terms: list[str], labels: Labels | None, language: str) -> str:
    return words.joined([_name(one, labels) for one in terms[:_MOST_NAMED]], language)


def _joined(said: list[str], language: str) -> str:
    return ("" if language_of(language, "en") == "zh-CN" else " ").join(said)
