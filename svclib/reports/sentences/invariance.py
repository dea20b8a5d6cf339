"""Sentences about measurement invariance: may groups be compared, what stands against it, how do their means differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.charts.factor_models import LEVELS
from svclib.reports.sentences.factor_models import LOADING, Labels, difference, joined, named, p_text, parameter
from svclib.reports.sentences.notes import note
from svclib.stats.factor_models.invariance import COMPARABLE, Invariance, Verdict
from svclib.stats.factor_models.latent_means import POINTS, STANDARD_UNITS


def comparable(result: Invariance, *, labels: Labels = None, language: str = "en") -> str:
    """Say whether the groups' scores may be compared, and if not what stands against it.

    Parameters
    ----------
    result : Invariance
        Result of `stats.invariance`.
    labels : mapping of str to str, optional
        What to call the groups and the parameters (``"item~1"``).
    """
    first = next(iter(result.fits.values()))
    groups = words.joined([named(group, labels) for group in first.groups], language)
    tested = COMPARABLE & set(result.fits)
    if result.comparable:
        text = _("The items work alike in {groups}: their scores and means may be compared.")
        return translate(text, language, groups=groups)
    if not tested:
        return translate(_("Whether means may be compared in {groups} has not been tested."), language, groups=groups)
    text = _("The items do not work alike in {groups}: do not compare means as they are.")
    if result.held in ("metric", "loadings"):
        text = _("The items hang together alike in {groups}, but some start higher in one group: do not compare means.")
    return joined([translate(text, language, groups=groups), _breaker(result, labels, language)], language)


def _breaker(result: Invariance, labels: Labels, language: str) -> str:
    rows = result.candidates(top=1)
    if rows.empty:
        return ""
    row = rows.iloc[0]
    text = _("What stands most against it: {what} ({p}); free {term} and look again.")
    what, p = parameter(row["term"], labels=labels, language=language), p_text(float(row["p_value"]))
    return translate(text, language, what=what, term=row["term"], p=p)


def level(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what a level of invariance came to: how the fit changed and whether chance could explain it.

    Parameters
    ----------
    row : mapping
        A row of `Invariance.frame`.
    """
    texts = {
        Verdict.HOLDS: _("{level}: holds ({changes}); chance alone could explain the difference."),
        Verdict.SMALL: _("{level}: holds ({changes}); there are differences beyond chance, too small to matter."),
        Verdict.UNCLEAR: _("{level}: unclear ({changes}); the fit falls, yet chance alone could explain it."),
        Verdict.FAILS: _("{level}: does not hold ({changes}); chance alone would hardly explain the difference."),
        Verdict.EQUIVALENT: _("{level}: nothing is tested, with so few categories it fits as the level before."),
        Verdict.UNKNOWN: _("{level}: cannot be told, the model could not be fitted."),
    }
    if not words.known(row["delta_cfi"]):
        texts |= {
            Verdict.HOLDS: _("{level}: fits ({changes}); chance alone could explain what is left."),
            Verdict.SMALL: _("{level}: fits ({changes}); what is left is beyond chance, but small."),
            Verdict.UNCLEAR: _("{level}: fits poorly ({changes}), though chance alone could explain it."),
            Verdict.FAILS: _("{level}: does not fit ({changes}); chance alone would hardly explain it."),
        }
    name = translate(LEVELS[row["level"]], language)
    return translate(texts[Verdict(row["verdict"])], language, level=name, changes=_changes(row, language))


def _changes(row: Mapping[Any, Any], language: str) -> str:
    if not words.known(row["delta_cfi"]):
        text = _("CFI {cfi}, RMSEA {rmsea}, {p}")
        fields = {"cfi": words.number(row["cfi"], 3), "rmsea": words.number(row["rmsea"], 3)}
        return translate(text, language, **fields, p=p_text(row["p_value"]))
    test = difference(row["difference"], row["difference_df"], row["difference_p"], language)
    fields = {name: words.number(row[f"delta_{name}"], 3, signed=True) for name in ("cfi", "rmsea")}
    return translate(_("CFI {cfi}, RMSEA {rmsea}; {test}"), language, **fields, test=test)


def latent_mean(row: Mapping[Any, Any], *, labels: Labels = None, language: str = "en") -> str:
    """Say how far a group's mean of a dimension lies from the first group's, with its uncertainty.

    Parameters
    ----------
    row : mapping
        A row of `Invariance.latent_means`.
    labels : mapping of str to str, optional
        What to call the factors and groups.
    """
    known = words.known(row["low"])
    beyond = known and (row["low"] > 0 or row["high"] < 0)
    higher = row["estimate"] > 0
    texts = {
        (True, True): _(
            "{factor} is {size} higher in {second} than in {first} ({interval}); chance alone would hardly explain it."
        ),
        (True, False): _(
            "{factor} is {size} lower in {second} than in {first} ({interval}); chance alone would hardly explain it."
        ),
        (False, True): _(
            "{factor} is {size} higher in {second} than in {first} ({interval}); chance alone could explain it."
        ),
        (False, False): _(
            "{factor} is {size} lower in {second} than in {first} ({interval}); chance alone could explain it."
        ),
    }
    unit = _("{size} scale points") if row["term"] == POINTS else _("{size} standard deviations")
    said = translate(
        texts[beyond, higher],
        language,
        factor=named(row["factor"], labels),
        first=named(row["first"], labels),
        second=named(row["second"], labels),
        size=translate(unit, language, size=words.number(abs(row["estimate"]), 2)),
        interval=_plain_interval(row, language),
    )
    if not row["note"]:
        return said
    return joined([said, translate(_("But {note}."), language, note=note(row["note"], language))], language)


def _plain_interval(row: Mapping[Any, Any], language: str) -> str:
    limits = words.change_interval(row["low"], row["high"], LOADING, language)
    return translate(_("{level} interval {limits}"), language, level=f"{100 * row['level']:.3g}%", limits=limits)


def overview(result: Invariance, *, labels: Labels = None, language: str = "en") -> list[str]:
    """Say all that a comparison of groups came to: may they be compared, level by level, and how the means differ."""
    said = [comparable(result, labels=labels, language=language)]
    said += [level(row, language) for row in result.frame.to_dict("records")]
    if COMPARABLE & set(result.fits):
        rows = result.latent_means()
        rows = rows[rows["term"] == STANDARD_UNITS]
        said += [latent_mean(row, labels=labels, language=language) for row in rows.to_dict("records")]
    return said
