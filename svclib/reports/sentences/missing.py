"""Sentences about missing answers and what was done about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import SHARE, Unit


def amount(summary: pd.DataFrame, language: str = "en") -> str:
    """Say how much is missing, and where most.

    Parameters
    ----------
    summary : DataFrame
        Result of `stats.missing_summary`.
    """
    asked, missing = int(summary["asked"].sum()), int(summary["missing"].sum())
    if not missing:
        return translate(_("No question that was asked was left without an answer."), language)
    worst = summary.nlargest(1, "share").iloc[0]
    fields = {
        "share": words.value(missing / asked, SHARE),
        "column": worst["column"],
        "most": words.value(worst["share"], SHARE),
    }
    return translate(
        _("{share} of the answers asked for are missing, most of them for {column} ({most})."), language, **fields
    )


def at_random(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what Little's test tells, and what it cannot tell.

    Parameters
    ----------
    row : mapping
        The row of `stats.little_test`.
    """
    if not words.known(row["p_value"]):
        why = note(row["note"], language)
        return translate(_("Whether answers are missing at random: no test ({why})."), language, why=why)
    fields = {"patterns": row["patterns"], "p": _p(row["p_value"])}
    if row["p_value"] < 0.05:
        text = _(
            "Who leaves answers out differs from who does not, by more than chance would explain (Little's test over "
            "{patterns} patterns, p {p}): estimates from complete answers alone may be off; impute, or weight."
        )
    else:
        text = _(
            "Nothing speaks against answers missing completely at random (Little's test over {patterns} patterns, p "
            "{p}); that does not show that they are."
        )
    return translate(text, language, **fields)


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


def who(differences: pd.DataFrame, target: str, language: str = "en") -> str:
    """Say in what those without an answer differ most from the others.

    Parameters
    ----------
    differences : DataFrame
        Result of `stats.missing_differences`.
    target : str
        The question's name, in `language`.
    """
    told = differences.dropna(subset=["p_adjusted"])
    apart = told[told["p_adjusted"] <= 1 - told["level"]]
    if apart.empty:
        text = _("Those without an answer to {target} do not differ from the others by more than chance could explain.")
        return translate(text, language, target=target)
    most = apart.assign(size=apart["hedges_g"].abs()).nlargest(1, "size").iloc[0]
    fields = {"target": target, "term": most["term"], "size": words.number(abs(most["hedges_g"]), 2)}
    if most["hedges_g"] > 0:
        text = _(
            "Those without an answer to {target} are higher in {term} (by {size} standard deviations); chance alone "
            "would hardly explain it."
        )
    else:
        text = _(
            "Those without an answer to {target} are lower in {term} (by {size} standard deviations); chance alone "
            "would hardly explain it."
        )
    return translate(text, language, **fields)


def imputed(
    pooled: Mapping[Any, Any], complete: Mapping[Any, Any], subject: str, unit: Unit = SHARE, language: str = "en"
) -> str:
    """Say what a headline is with the missing answers imputed, beside the complete answers alone.

    Parameters
    ----------
    pooled : mapping
        A row of `Imputations.estimate`.
    complete : mapping
        The same row from the answers that were given.
    subject : str
        What is measured, in `language`.
    """
    if not words.known(pooled["estimate"]) or not words.known(pooled["low"]):
        why = note(pooled["note"] or "no answers", language)
        return translate(_("{subject}: no number after imputation ({why})."), language, subject=subject, why=why)
    fields = {
        "subject": subject,
        "value": words.value(pooled["estimate"], unit),
        "interval": words.interval(pooled["low"], pooled["high"], unit, language),
        "level": f"{100 * pooled['level']:.3g}%",
        "complete": words.value(complete["estimate"], unit),
        "fmi": words.number(100 * pooled["fmi"]),
    }
    text = _(
        "{subject} is {value} with the missing answers imputed ({level} interval {interval}; {fmi}% of the information "
        "is missing), {complete} from the answers given."
    )
    return translate(text, language, **fields)
