"""Sentences about confirmatory factor models: does the structure hold, what is weak, which dimensions are distinct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.charts.factor_models import WEAK
from svclib.reports.sentences.notes import note
from svclib.reports.words import Unit
from svclib.stats.factor_models.fit import ConfirmatoryFit
from svclib.stats.factor_models.invariance import CFI_FALL

LOADING = Unit(digits=2)
FINE = Unit(digits=3)
_GOOD = {"cfi": 0.95, "rmsea": 0.06, "srmr": 0.08}
"""Hu and Bentler (1999)."""
_FAIR = {"cfi": 0.90, "rmsea": 0.08, "srmr": 0.10}
"""Bentler and Bonett (1980); Browne and Cudeck (1993)."""
_ALIKE = 0.85
"""Factors that correlate higher can hardly be told apart (Brown 2015)."""
_ALPHA = 0.05
_CODE = 3
"""Longer names of items say no more than their text."""

CONSTRUCTS = {
    "tangibles": _("Tangibles"),
    "reliability": _("Reliability"),
    "responsiveness": _("Responsiveness"),
    "assurance": _("Assurance"),
    "empathy": _("Empathy"),
}
"""The dimensions of service quality (Parasuraman, Zeithaml and Berry 1988)."""
GROUPS = {
    "qr": _("QR code"),
    "sms": _("Text message"),
    "web": _("Web page"),
    "email": _("E-mail"),
    "zh-CN": _("Chinese"),
    "en": _("English"),
}
"""Channels and languages that groups come from."""

Labels = Mapping[str, str] | None


def structure(fit: ConfirmatoryFit, language: str = "en") -> str:
    """Say whether the structure of dimensions fits the answers, how well, and whether chance could explain the rest.

    Parameters
    ----------
    fit : ConfirmatoryFit
        Result of `stats.cfa`.
    language : {"zh-CN", "en"}
    """
    if not fit.converged:
        return translate(_("The model could not be fitted: {why}."), language, why=note(_first_note(fit), language))
    if fit.df == 0:
        return translate(_("The model leaves nothing to test: give it more items than it needs."), language)
    told = {name: fit.fit_index(name) for name in _GOOD}
    texts = {
        "good": _("The structure ({size}) fits the answers well: {indices}."),
        "fair": _("The structure ({size}) fits the answers acceptably: {indices}."),
        "poor": _("The structure ({size}) does not fit the answers: {indices}."),
    }
    size = _("{factors} dimensions, {items} items, {n} answers")
    if len(fit.factors) == 1:
        size = _("one dimension, {items} items, {n} answers")
    fields = {"factors": len(fit.factors), "items": len(fit.items), "n": words.number(fit.n)}
    indices = _indices(fit, told, language)
    said = translate(texts[_grade(told)], language, size=translate(size, language, **fields), indices=indices)
    return joined([said, _chance(fit, language)], language)


def _first_note(fit: ConfirmatoryFit) -> str:
    return str(fit.notes["note"].iloc[0]) if len(fit.notes) else ""


def _grade(told: Mapping[str, float]) -> str:
    def meets(limits: Mapping[str, float]) -> bool:
        return told["cfi"] >= limits["cfi"] and told["rmsea"] <= limits["rmsea"] and told["srmr"] <= limits["srmr"]

    return "good" if meets(_GOOD) else "fair" if meets(_FAIR) else "poor"


def _indices(fit: ConfirmatoryFit, told: Mapping[str, float], language: str) -> str:
    rows = fit.fit_indices[fit.fit_indices["index"] == "rmsea"].dropna(subset=["value"])
    row = rows.iloc[-1]
    return translate(
        _("CFI {cfi}, RMSEA {rmsea} (90% interval {interval}), SRMR {srmr}"),
        language,
        cfi=words.number(told["cfi"], 3),
        rmsea=words.number(told["rmsea"], 3),
        interval=words.interval(row["low"], row["high"], FINE, language),
        srmr=words.number(told["srmr"], 3),
    )


def _chance(fit: ConfirmatoryFit, language: str) -> str:
    if not words.known(fit.p_value):
        rows = fit.fit_indices.query("index == 'chisq' and note != ''")["note"]
        why = note(rows.iloc[-1], language) if len(rows) else words.MISSING
        return translate(_("Whether chance could explain what is left cannot be told ({why})."), language, why=why)
    text = _("Chance alone could explain what is left (χ² = {chisq}, {df} degrees of freedom, {p}).")
    if fit.p_value < _ALPHA:
        text = _("Chance alone would hardly explain what is left (χ² = {chisq}, {df} degrees of freedom, {p}).")
    return translate(text, language, chisq=words.number(fit.chisq, 1), df=fit.df, p=p_text(fit.p_value))


def p_text(value: float) -> str:
    """Write a p-value.

    >>> p_text(0.0321), p_text(1e-9)
    ('p = 0.032', 'p < 0.001')
    """
    if not words.known(value):
        return f"p = {words.MISSING}"
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def joined(texts: list[str], language: str) -> str:
    """Put sentences one behind the other."""
    return ("" if language == "zh-CN" else " ").join(text for text in texts if text)


def named(name: Any, labels: Labels) -> str:
    """Give what a name is called."""
    return str((labels or {}).get(str(name), name))


def distinct(fit: ConfirmatoryFit, *, labels: Labels = None, language: str = "en") -> str:
    """Say whether the dimensions can be told apart by their correlations; empty for a single one.

    Parameters
    ----------
    labels : mapping of str to str, optional
        What to call the factors and items.
    """
    rows = fit.covariances[fit.covariances["first"].isin(fit.factors)].dropna(subset=["standardised"])
    if rows.empty:
        return ""
    row = rows.iloc[int(rows["standardised"].abs().to_numpy().argmax())]
    high = int((rows["standardised"].abs() >= _ALIKE).sum())
    text = _(
        "All dimensions can be told apart: the highest correlation, of {first} and {second}, is {value} ({interval})."
    )
    if high:
        text = _(
            "{high} of {pairs} correlations between dimensions reach {limit}; the highest is that of {first} and "
            "{second}, {value} ({interval}). Such dimensions can hardly be told apart: report them together."
        )
    fields = {"first": named(row["first"], labels), "second": named(row["second"], labels)}
    return translate(
        text,
        language,
        **fields,
        value=words.number(row["standardised"], 2),
        interval=_interval(row, language),
        high=high,
        pairs=len(rows),
        limit=words.number(_ALIKE, 2),
    )


def _interval(row: Mapping[Any, Any] | pd.Series, language: str) -> str:
    level = f"{100 * row['level']:.3g}%"
    limits = words.interval(row["standardised_low"], row["standardised_high"], LOADING, language)
    return translate(_("{level} interval {limits}"), language, level=level, limits=limits)


def overview(fit: ConfirmatoryFit, *, labels: Labels = None, language: str = "en") -> list[str]:
    """Say all that a fit came to: the structure, its dimensions, its items, what is wrong with it."""
    said = [structure(fit, language), distinct(fit, labels=labels, language=language)]
    said.append(weak_items(fit, labels=labels, language=language))
    return [text for text in [*said, *problems(fit, labels=labels, language=language)] if text]


def weak_items(fit: ConfirmatoryFit, *, labels: Labels = None, language: str = "en") -> str:
    """Say which items load below 0.5, or which is the weakest.

    Parameters
    ----------
    labels : mapping of str to str, optional
        What to call the items.
    """
    rows = fit.loadings.dropna(subset=["standardised"]).sort_values("standardised")
    weak = rows[rows["standardised"].round(2) < WEAK]
    if weak.empty:
        row = rows.iloc[0]
        text = _("Every item loads {limit} or more; the weakest, {item}, {value} ({interval}).")
        fields = {"item": named(row["item"], labels), "value": words.number(row["standardised"], 2)}
        return translate(text, language, **fields, limit=f"{WEAK:g}", interval=_interval(row, language))
    names = [
        f"{named(one['item'], labels)} ({words.number(one['standardised'], 2)})" for one in weak.to_dict("records")
    ]
    return translate(
        _("Loadings below {limit}: {names}, {count} of {items}. Such items say little about their dimension."),
        language,
        count=len(weak),
        items=len(rows),
        limit=f"{WEAK:g}",
        names=words.joined(names, language),
    )


def against(row: Mapping[Any, Any], narrower: str, wider: str, language: str = "en") -> str:
    """Say whether a narrower model does as well as a wider one.

    Parameters
    ----------
    row : mapping
        The row of `ConfirmatoryFit.against`.
    narrower, wider : str
        What to call the two, in `language`, such as "one dimension".
    """
    text = _(
        "{narrower} fits no worse than {wider} beyond what chance alone could explain (CFI {change}; {test}): "
        "prefer the simpler."
    )
    if row["p_value"] < _ALPHA and -row["delta_cfi"] > CFI_FALL:
        text = _("{narrower} fits worse than {wider} (CFI {change}; {test}); chance alone would hardly explain it.")
    elif row["p_value"] < _ALPHA:
        text = _(
            "{narrower} fits worse than {wider} beyond what chance alone could explain, but by little (CFI {change}; "
            "{test}): prefer the simpler unless theory speaks for the other."
        )
    test = difference(row["difference"], row["df"], row["p_value"], language)
    change = words.number(row["delta_cfi"], 3, signed=True)
    return translate(text, language, narrower=narrower, wider=wider, change=change, test=test)


def difference(statistic: float, df: int, p_value: float, language: str = "en") -> str:
    """Write a test of a difference of two models."""
    text = _("difference of χ² {statistic}, {df} degrees of freedom, {p}")
    return translate(text, language, statistic=words.number(statistic, 1), df=df, p=p_text(p_value))


def parameter(term: str, *, labels: Labels = None, language: str = "en") -> str:
    """Put the term of a parameter into words.

    >>> parameter("b2~1"), parameter("B=~b2"), parameter("b2|t1")
    ('the intercept of b2', 'the loading of b2 on B', 'threshold 1 of b2')
    """
    patterns = {
        "=~": _("the loading of {second} on {first}"),
        "~~": _("the covariance of {first} and {second}"),
        "|t": _("threshold {second} of {first}"),
        "~1": _("the intercept of {first}"),
    }
    sign = next((one for one in patterns if one in term), "")
    if not sign:
        return named(term, labels)
    first, second = term.split(sign, 1)
    text = _("the variance of {first}") if sign == "~~" and first == second else patterns[sign]
    return translate(text, language, first=named(first, labels), second=named(second, labels))


def labels(codebook: pd.DataFrame, language: str = "en") -> dict[str, str]:
    """Give the items' codes and texts, and the names of dimensions, channels and languages, for charts and sentences.

    Parameters
    ----------
    codebook : DataFrame
        Of a survey whose items have constructs.
    """
    rows = codebook.dropna(subset=["construct"]).drop_duplicates("column")
    texts = rows["title_zh" if language == "zh-CN" else "title_en"].str.split(" – ").str[-1].str.rstrip("。.")
    codes = [part if isinstance(part, str) and len(part) <= _CODE else "" for part in rows["part"]]
    named = [f"{code} {text}".strip() for code, text in zip(codes, texts, strict=True)]
    found = dict(zip(rows["column"], named, strict=True))
    return {**{name: translate(text, language) for name, text in {**GROUPS, **CONSTRUCTS}.items()}, **found}


def problems(fit: ConfirmatoryFit, *, labels: Labels = None, language: str = "en") -> list[str]:
    """Say what is wrong with the solution, a sentence a kind of fault with the parameters it shows in."""
    said = []
    for text, rows in fit.notes.groupby("note", sort=False):
        terms = [_spoken(str(term), labels) for term in rows["term"] if term]
        where = words.joined(list(dict.fromkeys(terms)), language)
        pattern = _("{where}: {what}.") if where else _("{what}.")
        said.append(translate(pattern, language, where=where, what=note(str(text), language)))
    return said


def _spoken(term: str, labels: Labels) -> str:
    """Write a term with the names of its parts."""
    parts = [named(part, labels) for part in term.split("~~")]
    return parts[0] if len(set(parts)) == 1 else " – ".join(parts)
