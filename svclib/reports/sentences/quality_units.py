"""Sentences about units that call for a look: which, by what signs, and what honest units would show.

They never accuse: a sign asks how the answers came about.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.quality_terms import sign_name
from svclib.reports.sentences.notes import note
from svclib.reports.sentences.quality import joined
from svclib.reports.words import SHARE

_SHARES = ("similar", "perfect", "omitted", "comments", "month_end", "closed", "devices", "extremes")
_COUNTS = ("burst", "rapid")


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
    return joined(texts, language, fields)


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
    return joined(texts, language, fields)
