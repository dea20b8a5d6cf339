"""Sentences about plans: how many answers, what they will tell, how sure a difference will show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import RATING, SCORE, SHARE, Unit

_UNITS = {"mean": RATING, "proportion": SHARE, "nps": SCORE}


def needed(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how many answers and invitations a plan needs.

    Parameters
    ----------
    row : mapping
        A row of `stats.sample_size`.
    """
    unit = _UNITS[row["kind"]]
    if not words.known(row["n"]):
        return translate(_("The plan cannot be met ({why})."), language, why=note(row["note"], language))
    fields = {
        "n": words.number(row["n"]),
        "invitations": words.number(row["invitations"]),
        "level": f"{100 * row['level']:.3g}%",
    }
    if row["groups"] == 2:
        fields |= {"size": words.change(row["difference"], unit, language), "power": _percent(row["power"])}
        text = _(
            "To show a difference of {size} with a probability of {power} each group needs {n} answers "
            "({invitations} invitations)."
        )
    else:
        fields |= {"size": words.change(row["margin"], unit, language)}
        text = _("For a {level} interval of about ± {size}, {n} answers are needed ({invitations} invitations).")
    gap = "" if language == "zh-CN" else " "
    said = translate(text, language, **fields)
    return said + (
        gap + translate(row["note"], language) + ("。" if language == "zh-CN" else ".") if row["note"] else ""
    )


def _percent(share: float) -> str:
    return words.number(100 * share, 0 if share < 0.995 else 1) + "%"


def width(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what so many answers will tell.

    Parameters
    ----------
    row : mapping
        A row of `stats.expected_width`.
    """
    unit: Unit = _UNITS[row["kind"]]
    text = _("With {n} answers the {level} interval will reach about {size} to either side.")
    fields = {"n": words.number(row["n"]), "level": f"{100 * row['level']:.3g}%"}
    return translate(text, language, size=words.change(row["margin"], unit, language), **fields)


def chance_to_show(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how surely a difference will be seen.

    Parameters
    ----------
    row : mapping
        A row of `stats.power`.
    """
    fields = {
        "n": words.number(row["n"]),
        "size": words.change(row["difference"], _UNITS[row["kind"]], language),
        "power": _percent(row["power"]),
    }
    text = _("With {n} answers a group, a difference of {size} will be seen with a probability of {power}.")
    if row["power"] < 0.5:
        text = _(
            "With {n} answers a group, a difference of {size} would more often be missed than seen (probability "
            "{power})."
        )
    return translate(text, language, **fields)


def allocation(
    plan: pd.DataFrame, label: str, whole: Mapping[Any, Any], unit: Unit = RATING, language: str = "en"
) -> str:
    """Say how the answers are spread, and how sure the whole will be.

    Parameters
    ----------
    plan : DataFrame
        Result of `stats.allocate`.
    label : str
        Column of the strata's names.
    whole : mapping
        Result of `stats.allocation_error`.
    """
    most, least = plan.nlargest(1, "n").iloc[0], plan.nsmallest(1, "n").iloc[0]
    fields = {
        "n": words.number(plan["n"].sum()),
        "count": len(plan),
        "most": most[label],
        "most_n": words.number(most["n"]),
        "least": least[label],
        "least_n": words.number(least["n"]),
        "size": words.change(whole["margin"], unit, language),
    }
    text = _(
        "{n} answers from {count} strata, from {least_n} ({least}) to {most_n} ({most}), give the whole to about ± "
        "{size}."
    )
    return translate(text, language, **fields)
