"""Sentences about scales: how far a score can be trusted, which items need a look, what factors there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.charts.scales import NAMES
from svclib.reports.sentences.notes import note
from svclib.reports.words import RATING, SHARE
from svclib.stats.scales.factorability import Factorability
from svclib.stats.scales.factors import CUTOFF, HEYWOOD, FactorFit
from svclib.stats.scales.items import FLAGS
from svclib.stats.scales.parallel import ParallelAnalysis

PERSONS, GROUPS = 0.8, 0.7
"""From the first a score may describe persons, from the second it may compare groups (Nunnally 1978)."""
GENERAL = 0.7
"""A total score means one thing where the general factor carries so much of its variance (Reise et al. 2013)."""
CLOSE, FAIR = 0.05, 0.08
"""RMSEA below the first is a close fit, below the second a fair one (Browne and Cudeck 1993)."""


def reliability(row: Mapping[Any, Any], subject: str, language: str = "en") -> str:
    """Say how far a score can be trusted, and for what.

    Parameters
    ----------
    row : mapping
        A row of `stats.alpha`, `omega` or `split_half`.
    subject : str
        What the scale measures, in `language`.
    """
    name = translate(NAMES.get(row["term"], _("omega total")), language)
    fields = {"subject": subject, "name": name, "value": words.value(row["estimate"], RATING)}
    if not words.known(row["estimate"]):
        text = _("{subject}: no reliability can be told ({why}).")
        return translate(text, language, subject=subject, why=note(row["note"], language))
    if not words.known(row["low"]):
        text = _("{subject}: reliability ({name}) is {value}; no interval ({why}).")
        return translate(text, language, **fields, why=note(row["note"], language))
    fields["interval"] = words.interval(row["low"], row["high"], RATING, language)
    fields["level"] = f"{100 * row['level']:.3g}%"
    told = translate(_verdict(row["low"], row["high"]), language, **fields)
    return _joined([told, _remark(row["note"], language)], language)


def _verdict(low: float, high: float) -> str:
    if low >= PERSONS:
        return _(
            "{subject}: reliability ({name}) is {value} ({level} interval {interval}), enough to describe single "
            "persons or branches."
        )
    if low >= GROUPS:
        return _(
            "{subject}: reliability ({name}) is {value} ({level} interval {interval}), enough to compare groups, not "
            "surely enough to describe single persons."
        )
    if high < GROUPS:
        return _(
            "{subject}: reliability ({name}) is {value} ({level} interval {interval}), too low to compare anything; "
            "look at the items."
        )
    return _(
        "{subject}: reliability ({name}) is {value} ({level} interval {interval}); whether that is enough to compare "
        "groups cannot be told from so few answers."
    )


def _remark(text: str, language: str) -> str:
    return (
        f"({note(text, language)})" if text and language != "zh-CN" else f"（{note(text, language)}）" if text else ""
    )


def _joined(parts: Sequence[str], language: str) -> str:
    return ("" if language == "zh-CN" else " ").join(part for part in parts if part)


def items(frame: pd.DataFrame, language: str = "en", labels: Mapping[str, str] | None = None) -> str:
    """Say how many items need a look, and which first.

    Parameters
    ----------
    frame : DataFrame
        Result of `stats.scale_items`.
    labels : mapping of str to str, optional
        What to call the items.
    """
    look = to_look_at(frame)
    if frame.empty or not frame["n"].sum():
        return translate(_("There are no answers yet."), language)
    if look.empty:
        return translate(_("The {count} items hang together; none calls for a look."), language, count=len(frame))
    names = [str((labels or {}).get(one, one)) for one in look["item"].head(5)]
    text = _("{look} of {count} items call for a look, first {names}.")
    return translate(text, language, look=len(look), count=len(frame), names=words.joined(names, language))


def to_look_at(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the items with a flag that asks for action, the worst first (a ceiling alone asks for none)."""
    calm = {"floor", "ceiling", "better_without"}
    ranks = [[list(FLAGS).index(flag) for flag in flags.split() if flag not in calm] for flags in frame["flags"]]
    kept = frame.assign(rank=[min(one, default=-1) for one in ranks])
    kept = kept[kept["rank"] >= 0]
    return kept.sort_values(["rank", "item_rest"], kind="stable").drop(columns="rank")


def item(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what is the matter with an item of a scale."""
    return _joined([note(FLAGS[code], language) for code in str(row["flags"]).split()], language)


def number_of_factors(analysis: ParallelAnalysis, language: str = "en") -> str:
    """Say how many factors lie above chance."""
    count, components = analysis.factors, analysis.components
    if not count and not components:
        return translate(
            _("Nothing binds the items together beyond chance; a common score would mean nothing."), language
        )
    fields = {"factors": count, "components": components, "n": words.number(analysis.n)}
    if count != components:
        text = _(
            "{factors} factors (counted as components: {components}) lie above what chance alone would give ({n} "
            "respondents); take the number whose factors can be named."
        )
    elif count == 1:
        text = _("One factor lies above what chance alone would give ({n} respondents).")
    else:
        text = _("{factors} factors lie above what chance alone would give ({n} respondents).")
    return translate(text, language, **fields)


def factorability(found: Factorability, language: str = "en") -> str:
    """Say whether the items are worth a factor analysis."""
    if not words.known(found.kmo):
        text = _("Whether the items are worth a factor analysis cannot be told ({why}).")
        return translate(text, language, why=note(found.notes[-1], language))
    if found.kmo >= 0.8:
        text = _("The items have much in common (KMO {kmo}); a factor analysis is worth while.")
    elif found.kmo >= 0.6:
        text = _("The items have something in common (KMO {kmo}); a factor analysis may be tried.")
    else:
        text = _("The items have little in common (KMO {kmo}); factors would be read into noise.")
    return translate(text, language, kmo=words.number(found.kmo, 2))


def factors(fit: FactorFit, language: str = "en") -> str:
    """Say what share the factors carry, how well they fit, and which items fit nowhere or in two places.

    Parameters
    ----------
    fit : FactorFit
        Result of `stats.efa`.
    """
    share = words.value(float(fit.variance["cumulated"].iloc[-1]), SHARE)
    text = (
        _("{count} factors carry {share} of the items' variance.")
        if len(fit.factors) > 1
        else _("One factor carries {share} of the items' variance.")
    )
    told = [
        translate(text, language, count=len(fit.factors), share=share),
        _fitting(fit, language),
        _strays(fit, language),
    ]
    return _joined(
        [*told, *(_remark(one, language) for one in fit.notes if one not in (fit.fit.note, HEYWOOD))], language
    )


def _fitting(fit: FactorFit, language: str) -> str:
    judged = fit.fit
    if not words.known(judged.rmsea):
        text = _("Residual correlations average {rmsr}; RMSEA cannot be told ({why}).")
        return translate(text, language, rmsr=words.number(judged.rmsr, 3), why=note(judged.note, language))
    if judged.rmsea_high < CLOSE:
        text = _("They reproduce the correlations closely (RMSEA {rmsea}, interval {interval}).")
    elif judged.rmsea_low > FAIR:
        text = _("They do not reproduce the correlations well (RMSEA {rmsea}, interval {interval}); try more factors.")
    else:
        text = _("They reproduce the correlations fairly (RMSEA {rmsea}, interval {interval}).")
    ends = [words.number(one, 3) for one in (judged.rmsea_low, judged.rmsea_high)]
    interval = translate(_("{low} to {high}"), language, low=ends[0], high=ends[1])
    return translate(text, language, rmsea=words.number(judged.rmsea, 3), interval=interval)


def _strays(fit: FactorFit, language: str) -> str:
    table = fit.items
    lost = table.loc[table["loading"].abs() < CUTOFF, "item"].tolist()
    both = table.loc[table["cross_loading"].abs() >= CUTOFF, "item"].tolist()
    bare = table.loc[table["note"] == HEYWOOD, "item"].tolist()
    texts = []
    if bare:
        text = _("Without any variance of its own (Heywood case): {items}; take fewer factors or leave it out.")
        texts.append(translate(text, language, items=words.joined(bare, language)))
    if lost:
        texts.append(translate(_("On no factor: {items}."), language, items=words.joined(lost, language)))
    if both:
        texts.append(translate(_("On two factors: {items}."), language, items=words.joined(both, language)))
    return _joined(texts, language)


def general_factor(rows: pd.DataFrame, language: str = "en") -> str:
    """Say whether one total score stands for the items of several factors.

    Parameters
    ----------
    rows : DataFrame
        Result of `stats.omega` with two factors or more.
    """
    by_term = rows.set_index("term")
    row = by_term.loc["omega_hierarchical"]
    if not words.known(row["estimate"]):
        text = _("Whether one total score stands for the items cannot be told ({why}).")
        return translate(text, language, why=note(str(row["note"]), language))
    fields = {
        "general": words.value(row["estimate"], SHARE),
        "total": words.value(by_term.loc["omega_total", "estimate"], SHARE),
        "interval": words.interval(row["low"], row["high"], SHARE, language),
    }
    if row["low"] >= GENERAL:
        text = _(
            "A general factor carries {general} of the total score ({interval}), "
            "of {total} that is no error: one total score stands for the items."
        )
    elif row["high"] < GENERAL:
        text = _(
            "A general factor carries only {general} of the total score ({interval}), "
            "of {total} that is no error: report the dimensions, not a total."
        )
    else:
        text = _(
            "A general factor carries {general} of the total score ({interval}), "
            "of {total} that is no error: report the dimensions beside the total."
        )
    return translate(text, language, **fields)


def correlation(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how two items go together, and whether chance could explain it.

    Parameters
    ----------
    row : mapping
        A row of `stats.polychoric`'s frame.
    """
    fields = {"first": row["first"], "second": row["second"], "value": words.value(row["estimate"], RATING)}
    if not words.known(row["low"]):
        text = _("{first} and {second}: {value} ({why}).")
        return translate(text, language, **fields, why=note(row["note"], language))
    fields["interval"] = words.interval(row["low"], row["high"], RATING, language)
    if row["low"] <= 0 <= row["high"]:
        text = _("{first} and {second} correlate by {value} ({interval}); chance alone could explain it.")
    elif row["estimate"] > 0:
        text = _("{first} and {second} go together: {value} ({interval}); chance alone would hardly explain it.")
    else:
        text = _(
            "{first} and {second} go against each other: {value} ({interval}); chance alone would hardly explain it."
        )
    return translate(text, language, **fields)
