"""Sentences about models and tests on designs: how much, which way, how sure, and whether chance could explain it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.i18n import _, language_of, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.term_names import Labels, category_name, term_name
from svclib.reports.words import RATING, SHARE, Unit
from svclib.stats.design.results import OPT_IN, OPT_IN_FEW
from svclib.stats.models.ordinal_results import Ordinal
from svclib.stats.models.proportional import ALL
from svclib.stats.models.results import Glm

RATIO = Unit(digits=2)
_VOLUNTEERS = (OPT_IN, OPT_IN_FEW)


def overview(fit: Glm | Ordinal, subject: str, *, labels: Labels | None = None, language: str = "en") -> str:
    """Say how much a model explains, and which columns explain more than chance would.

    Parameters
    ----------
    fit : Glm or Ordinal
        Result of `stats.glm` or `stats.ordinal`.
    subject : str
        What is explained, in `language`.
    labels : dict of str to str, optional
        Names of the columns, in `language`.
    """
    linear = isinstance(fit, Glm) and fit.family == "gaussian" and fit.link == "identity"
    text = (
        _("The model explains {share} of the differences in {subject} ({n} answers).")
        if linear
        else _("The model explains {share} of the deviance of {subject} ({n} answers).")
    )
    told = fit.wald()
    fields = {"share": words.value(fit.r2, SHARE), "subject": subject, "n": words.number(fit.n)}
    said = [translate(text, language, **fields)]
    if set(told["note"]) & set(_VOLUNTEERS):
        return _joined([*said, translate(_("Volunteers answered: no sampling error is claimed."), language)], language)
    if told["p_value"].isna().any():
        text = _("What chance could explain cannot be told ({why}).")
        return _joined([*said, translate(text, language, why=note(str(told["note"].iloc[0]), language))], language)
    sure = told["p_value"] <= 1 - fit.frame["level"].iloc[0]
    for chosen, text in (
        (sure, _("More than chance would explain: {names}.")),
        (~sure, _("Chance alone could explain what goes with {names}.")),
    ):
        names = [term_name(one, labels, language) for one in told.loc[chosen, "term"]]
        if names:
            said.append(translate(text, language, names=words.joined(names, language)))
    return _joined(said, language)


def effect(
    row: Mapping[Any, Any],
    subject: str,
    *,
    unit: Unit = SHARE,
    per: str = "",
    labels: Labels | None = None,
    language: str = "en",
) -> str:
    """Say by how much the outcome changes with a column, all others equal.

    Parameters
    ----------
    row : mapping
        A row of ``effects().frame`` of a fit.
    subject : str
        The outcome, in `language`; of an ordinal model the share that is meant ("share very satisfied").
    unit : Unit
        Of the outcome.
    per : str
        Unit of a number ("minute"), in `language`.
    labels : dict of str to str, optional
        Names of columns and categories, in `language`.
    """
    fields = {"subject": subject, **_named(row, per, labels, language)}
    if not words.known(row["estimate"]):
        text = _("{subject}: no effect of {name} can be told ({why}).")
        return translate(text, language, **fields, why=note(str(row["note"]), language))
    fields |= {
        "size": words.change(row["estimate"], unit, language),
        "interval": words.change_interval(row["low"], row["high"], unit, language),
        "level": f"{100 * row['level']:.3g}%",
    }
    what = translate(_direction(row), language, **fields)
    return translate(_surety(row), language, what=what, **fields, why=note(str(row["note"]), language))


def _named(row: Mapping[Any, Any], per: str, labels: Labels | None, language: str) -> dict[str, str]:
    if row.get("reference"):
        column = term_name(str(row["column"]), labels, language)
        reference = category_name(str(row["reference"]), labels)
        own = category_name(str(row["term"]), labels)
        if row["term"] == row["column"]:  # a yes or no
            own, reference = category_name("True", labels), category_name("False", labels)
        return {"name": column, "category": own, "reference": reference}
    default = translate(_("unit"), language)
    return {"name": term_name(str(row["term"]), labels, language), "per": per or default}


def _direction(row: Mapping[Any, Any]) -> str:
    if row.get("reference"):
        if row["estimate"] >= 0:
            return _(
                "{subject}: {size} higher where {name} is {category} than where it is {reference}, all else in the "
                "model equal"
            )
        return _(
            "{subject}: {size} lower where {name} is {category} than where it is {reference}, all else in the model "
            "equal"
        )
    if row["estimate"] >= 0:
        return _("{subject}: {size} higher for each {per} more of {name}, all else in the model equal")
    return _("{subject}: {size} lower for each {per} more of {name}, all else in the model equal")


def _surety(row: Mapping[Any, Any]) -> str:
    if row["note"] in _VOLUNTEERS:
        return _("{what}, among these volunteers; no sampling error is claimed.")
    if not words.known(row["low"]):
        return _("{what}; how sure that is cannot be told ({why}).")
    if row["low"] <= 0 <= row["high"]:
        return _("{what} ({level} interval {interval}); chance alone could explain it.")
    return _("{what} ({level} interval {interval}); chance alone would hardly explain it.")


def odds(
    row: Mapping[Any, Any],
    subject: str,
    average: Mapping[Any, Any] | None = None,
    *,
    per: str = "",
    labels: Labels | None = None,
    language: str = "en",
) -> str:
    """Say an odds ratio, and what it comes to in percentage points.

    Parameters
    ----------
    row : mapping
        A row of ``frame`` of a logistic or proportional odds fit.
    subject : str
        The outcome, in `language`.
    average : mapping, optional
        The row of ``effects().frame`` of the same term: odds alone mislead.
    per, labels, language
        As of `effect`.
    """
    known = {**row, "column": "", "reference": "", **(average or {})}
    fields = {"subject": subject, **_named(known, per, labels, language)}
    if not words.known(row["estimate"]):
        text = _("{subject}: no odds ratio of {name} can be told ({why}).")
        return translate(text, language, **fields, why=note(str(row["note"]), language))
    fields |= {
        "ratio": words.value(row["effect"], RATIO),
        "interval": words.interval(row["effect_low"], row["effect_high"], RATIO, language),
        "level": f"{100 * row['level']:.3g}%",
    }
    text = _("{subject}: the odds are {ratio} times as high for each {per} more of {name}")
    if "category" in fields:
        text = _("{subject}: the odds are {ratio} times as high where {name} is {category} as where it is {reference}")
    elif row["term"] != known["term"] or str(row["term"]).endswith("]"):
        text = _("{subject}: the odds are {ratio} times as high with {name} as with the reference")
    what = translate(text, language, **fields)
    said = [translate(_surety(row), language, what=what, **fields, why=note(str(row["note"]), language))]
    if average is not None and words.known(average["estimate"]):
        size = words.change(average["estimate"], SHARE, language)
        reach = words.change_interval(average["low"], average["high"], SHARE, language)
        text = (
            _("On average that comes to {size} more ({level} interval {interval}).")
            if average["estimate"] >= 0
            else _("On average that comes to {size} less ({level} interval {interval}).")
        )
        if not words.known(average["low"]) or row["note"] in _VOLUNTEERS:
            text = (
                _("On average that comes to {size} more.")
                if average["estimate"] >= 0
                else _("On average that comes to {size} less.")
            )
        said.append(translate(text, language, size=size, interval=reach, level=fields["level"]))
    return _joined(said, language)


def assumption(rows: pd.DataFrame, *, labels: Labels | None = None, language: str = "en", level: float = 0.95) -> str:
    """Say whether the effects are the same at every step of the scale.

    Parameters
    ----------
    rows : DataFrame
        Result of ``proportional_odds()`` of an ordinal fit.
    level : float
    """
    told = rows[(rows["term"] != ALL)].dropna(subset=["p_value"]).drop_duplicates("term")
    if told.empty:
        text = _("Whether the effects are the same at every step of the scale cannot be told ({why}).")
        return translate(text, language, why=note(str(rows["note"].iloc[0]), language))
    differing = [term_name(one, labels, language) for one in told.loc[told["p_value"] <= 1 - level, "term"]]
    if not differing:
        return translate(
            _("As far as these answers tell, each effect is the same at every step of the scale."), language
        )
    text = _(
        "The effect of {names} differs between the steps of the scale by more than chance would explain: one number "
        "for all steps is an average; read the effects on each answer."
    )
    return translate(text, language, names=words.joined(differing, language))


def compared(
    row: Mapping[Any, Any],
    subject: str,
    unit: Unit = RATING,
    *,
    labels: Labels | None = None,
    language: str = "en",
) -> str:
    """Say how two groups of a design differ, or a group from all, and whether chance could explain it.

    Parameters
    ----------
    row : mapping
        A row of `Design.compare` about a group (not that of all groups at once).
    subject : str
        What is compared, in `language`.
    unit : Unit
        Of the answers; the other measures have units of their own.
    labels : dict of str to str, optional
        Names of the groups, in `language`.
    """
    whole = translate(_("all together"), language)
    second = _group(row["second"], labels) if words.known(row["second"]) else whole
    fields = {"subject": subject, "first": _group(row["first"], labels), "second": second}
    if not words.known(row["estimate"]):
        text = _("{subject}: the groups cannot be compared ({why}).")
        return translate(text, language, **fields, why=note(str(row["note"]), language))
    if row["term"] == "superiority":
        fields |= {
            "value": words.value(row["estimate"], SHARE),
            "interval": words.interval(row["low"], row["high"], SHARE, language),
        }
        what = translate(
            _("{subject}: an answer from {first} is above one from {second} with a probability of {value} (ties half)"),
            language,
            **fields,
        )
        middle = 0.5
    else:
        measure = _measure(row, unit)
        fields |= {
            "size": words.change(row["estimate"], measure, language),
            "interval": words.change_interval(row["low"], row["high"], measure, language),
        }
        what, middle = translate(_apart(row), language, **fields), 0.0
    fields["level"] = f"{100 * row['level']:.3g}%"
    why = note(str(row["note"]), language)
    return translate(_surety(_shifted(row, middle)), language, what=what, **fields, why=why)


def _apart(row: Mapping[Any, Any]) -> str:
    if row["term"] == "above_median":
        if row["estimate"] >= 0:
            return _("{subject}: the share above the common median is {size} higher for {first} than for {second}")
        return _("{subject}: the share above the common median is {size} lower for {first} than for {second}")
    if row["estimate"] >= 0:
        return _("{subject}: {first} is {size} above {second}")
    return _("{subject}: {first} is {size} below {second}")


def _group(name: Any, labels: Labels | None) -> str:
    return (labels or {}).get(str(name), str(name))


def groups(
    rows: pd.DataFrame, subject: str, unit: Unit = RATING, *, labels: Labels | None = None, language: str = "en"
) -> str:
    """Say whether groups differ at all, how much of the differences lies between them, and who stands out most.

    Parameters
    ----------
    rows : DataFrame
        Result of `Design.compare` with more than two groups (of two: `compared`).
    """
    whole = rows.iloc[0].to_dict()
    if len(rows) == 1:
        return compared(whole, subject, unit, labels=labels, language=language)
    fields = {
        "subject": subject,
        "share": words.value(whole["estimate"], SHARE),
        "interval": words.interval(whole["low"], whole["high"], SHARE, language),
        "level": f"{100 * whole['level']:.3g}%",
        "count": len(rows) - 1,
    }
    if whole["note"] in _VOLUNTEERS:
        text = _("{subject}: {share} of the differences lie between the {count} groups, among these volunteers.")
    elif whole["p_value"] <= 1 - whole["level"]:
        text = _(
            "{subject}: {share} of the differences lie between the {count} groups ({level} interval {interval}); "
            "chance alone would hardly explain it."
        )
    else:
        text = _(
            "{subject}: {share} of the differences lie between the {count} groups ({level} interval {interval}); "
            "chance alone could explain it."
        )
    told = rows.iloc[1:].dropna(subset=["statistic"])
    said = [translate(text, language, **fields)]
    if len(told):
        furthest = int(np.argmax(told["statistic"].abs().to_numpy()))
        said.append(_furthest(told.iloc[furthest].to_dict(), unit, labels, language))
    return _joined(said, language)


def _furthest(row: Mapping[Any, Any], unit: Unit, labels: Labels | None, language: str) -> str:
    """Say which group stands out most from all together."""
    superiority = row["term"] == "superiority"
    measure = SHARE if superiority else _measure(row, unit)
    size = words.value(row["estimate"], SHARE) if superiority else words.change(row["estimate"], measure, language)
    reach = words.interval if superiority else words.change_interval
    fields = {
        "first": _group(row["first"], labels),
        "size": size,
        "interval": reach(row["low"], row["high"], measure, language),
        "level": f"{100 * row['level']:.3g}%",
        "why": note(str(row["note"]), language),
    }
    if superiority:
        text = _("Furthest from all together is {first}: above an answer of anybody with a probability of {size}")
    elif row["estimate"] >= 0:
        text = _("Furthest from all together is {first}, {size} above")
    else:
        text = _("Furthest from all together is {first}, {size} below")
    middle = 0.5 if superiority else 0.0
    what = translate(text, language, **fields)
    return translate(_surety(_shifted(row, middle)), language, what=what, **fields)


def _shifted(row: Mapping[Any, Any], middle: float) -> dict[Any, Any]:
    """Measure the limits from where nothing differs."""
    return {**row, "low": row["low"] - middle, "high": row["high"] - middle}


def _measure(row: Mapping[Any, Any], unit: Unit) -> Unit:
    of = {"above_median": SHARE, "normal_score": Unit(digits=2, change=_("{size} standard units"))}
    return of.get(str(row["term"]), unit)


def _joined(said: list[str], language: str) -> str:
    return ("" if language_of(language, "en") == "zh-CN" else " ").join(said)
