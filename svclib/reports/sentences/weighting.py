"""Sentences about weighting: what it did, how representative the answers are, what volunteers cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import RATING, SHARE
from svclib.stats.design.results import OPT_IN, OPT_IN_FEW

_NEAR = 0.001
"""Shares nearer than this to the population's are met."""
_NOTHING = 1e-9
_FEW = 100
"""Effective answers below which a mean is rough whatever the weights."""


def effect(design: Any, language: str = "en") -> str:
    """Say how uneven the weights are, what that costs in precision, and how many were trimmed.

    Parameters
    ----------
    design : svclib.stats.Design
        After weighting; of volunteers the sentence adds that no sampling error is claimed.
    """
    row = design.weight_summary().iloc[-1]
    fields = {
        "n": words.number(row["n"]),
        "largest": words.number(row["max"] * row["n"] / row["sum"], 1),
        "effective": words.number(row["effective_n"]),
        "cost": words.number(100 * (1 - row["effective_n"] / row["n"])) + SHARE.suffix,
        "trimmed": words.number(row["trimmed"]),
    }
    texts = [_even() if row["cv"] < _NEAR else _uneven()]
    if row["trimmed"]:
        texts.append(_("{trimmed} weights were trimmed."))
    if row["cv"] >= _NEAR and row["effective_n"] < min(_FEW, row["n"] / 2):
        texts.append(_("A few answers decide much: look at who they are before you trust the result."))
    if design.domains(None).opt_in:
        texts.append(NO_ERROR)
    return _joined(texts, language, fields)


def _even() -> str:
    return _("All {n} answers count the same.")


def _uneven() -> str:
    return _(
        "The answer with the largest weight counts {largest} times as much as the average one; for means the {n} "
        "answers tell as much as {effective} of equal weight would (the weights cost {cost} of the precision, unless "
        "they go with what is asked)."
    )


NO_ERROR = _(
    "These people answered of their own accord: nobody knows how likely each was to answer, so no sampling error is "
    "claimed, and weighting mends only what it was given."
)


def balance(rows: pd.DataFrame, names: Mapping[str, str] | None = None, language: str = "en") -> str:
    """Say which group was furthest from its share of the population, and how near weighting brought all of them.

    Parameters
    ----------
    rows : DataFrame
        Of `Design.balance`, or the ``balance`` of `stats.propensity_weights`.
    names : dict, optional
        What to call the columns, in `language`.
    """
    shares = rows[rows["category"] != ""]
    if shares.empty:
        return translate(_("No shares of groups can be compared with the population."), language)
    away = (shares["before"] - shares["population"]).abs()
    row = shares.iloc[int(away.to_numpy().argmax())]
    left = float((shares["after"] - shares["population"]).abs().max())
    fields = {
        "group": f"{(names or {}).get(row['column'], row['column'])} {row['category']}",
        "before": words.value(row["before"], SHARE),
        "population": words.value(row["population"], SHARE),
        "left": words.change(left, SHARE, language),
    }
    if away.max() < _NEAR:
        return translate(_("The answers have the population's shares of all groups already."), language)
    texts = [
        _("Furthest from the population: {group}, {before} of the answers but {population} of the population.")
        if row["before"] > row["population"]
        else _(
            "Furthest from the population: {group}, only {before} of the answers but {population} of the population."
        )
    ]
    texts.append(
        _("After weighting all groups have their share.")
        if left < _NEAR
        else _("After weighting every group is within {left} of its share.")
    )
    return _joined(texts, language, fields)


def representativity(indicators: pd.DataFrame, names: Mapping[str, str] | None = None, language: str = "en") -> str:
    """Say how evenly people answered, what that could do to a mean, and which groups stand out.

    Parameters
    ----------
    indicators : DataFrame
        Of `stats.r_indicator`.
    names : dict, optional
        What to call the columns, in `language`.
    """
    rows = indicators.set_index("indicator")
    rate, r, cv = (rows.loc[[one]].iloc[0] for one in ("response_rate", "r", "cv"))
    fields = {
        "rate": words.value(rate["estimate"], SHARE),
        "n": words.number(rate["n"]),
        "r": words.value(r["estimate"], RATING),
        "interval": words.interval(r["low"], r["high"], RATING, language),
        "level": f"{100 * r['level']:.3g}%",
        "shift": words.number(cv["estimate"], 2),
        "reach": words.interval(cv["low"], cv["high"], RATING, language),
        "less": words.joined(_groups(indicators, names, more=False), language),
        "more": words.joined(_groups(indicators, names, more=True), language),
    }
    if indicators["note"].isin([OPT_IN, OPT_IN_FEW]).any():
        return _joined([_("{rate} of {n} answered; the R-indicator is {r} (1 is even)."), NO_ERROR], language, fields)
    texts = [_("{rate} of {n} answered; the R-indicator is {r} ({level} interval {interval}; 1 is even).")]
    if r["high"] >= 1 - _NOTHING:
        texts.append(_("Chance alone could explain the unevenness by these features."))
        return _joined(texts, language, fields)
    texts.append(
        _(
            "Chance alone would hardly explain it: the unevenness could shift a mean by as much as {shift} standard "
            "deviations ({level} interval {reach})."
        )
    )
    texts += [_("Answered less than average: {less}.")] if fields["less"] else []
    texts += [_("Answered more: {more}.")] if fields["more"] else []
    return _joined(texts, language, fields)


def _groups(indicators: pd.DataFrame, names: Mapping[str, str] | None, *, more: bool, most: int = 3) -> list[str]:
    """Name the groups whose share of answers differs by more than chance, the furthest first."""
    parts = indicators[(indicators["indicator"] == "unconditional") & (indicators["category"] != "")]
    found = parts[parts["low"] > 0] if more else parts[parts["high"] < 0]
    found = found.sort_values("estimate", ascending=not more).head(most)
    return [
        f"{(names or {}).get(one, one)} {category}"
        for one, category in zip(found["column"], found["category"], strict=True)
    ]


def volunteers(found: Any, language: str = "en") -> str:
    """Say what weighting volunteers against a reference can and cannot tell.

    Parameters
    ----------
    found : svclib.stats.design.propensity.Propensities
        Of `stats.propensity_weights`.
    """
    row = found.summary.iloc[0]
    fields = {
        "n": words.number(row["n"]),
        "effective": words.number(row["effective_n"]),
        "overlap": words.value(row["overlap"], SHARE),
        "why": note(row["note"], language),
    }
    texts = [
        _(
            "Weighted against the reference, the {n} volunteers tell as much as {effective} of equal weight; {overlap} "
            "of the population resemble somebody who answered."
        ),
        NO_ERROR,
    ]
    if row["note"]:
        texts.insert(1, _("Take care: {why}."))
    return _joined(texts, language, fields)


def _joined(texts: list[str], language: str, fields: Mapping[str, Any]) -> str:
    gap = "" if language == "zh-CN" else " "
    return gap.join(translate(text, language, **fields) for text in texts)
