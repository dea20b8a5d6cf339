"""Sentences about calibrated items, abilities, and how well the answers fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.stats.item_response.parameters import items_of

_STEEP = (0.35, 0.65, 1.35)
"""Slopes from which an item tells candidates apart a little, fairly well, well (Baker & Kim 2017)."""
_MISFIT = 0.05
_NOISY = 1.3
_CLOSE, _ADEQUATE = 0.05, 0.089
_RATIO = 4.0
_Q3 = 0.2


def calibration(fit: Any, language: str = "en") -> str:
    """Say what was calibrated, from whom, and the gravest note: a result of `stats.irt`."""
    items = items_of(fit)
    order = np.argsort(np.nan_to_num(items.location))
    text = _("{items} items were calibrated from {n} candidates; easiest {easy}, hardest {hard}.")
    fields = {"easy": items.names[order[0]], "hard": items.names[order[-1]]}
    said = translate(text, language, items=len(items), n=words.number(fit.n), **fields)
    return _together([said, _told(fit.note, language)], language)


def item(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how hard an item is and how well it tells candidates apart: a row of `items` of a fit."""
    name, slope = str(row["item"]), row["a"]
    if not words.known(slope):
        why = note(str(row["note"]), language)
        return translate(_("{item}: not calibrated ({why})."), language, item=name, why=why)
    fields = {"item": name, "b": words.number(row["b"], 2), "a": words.number(slope, 2)}
    if slope < 0:
        text = _("{item}: the better candidates answer it wrong more often (discrimination {a}): check the key.")
    elif slope < _STEEP[0]:
        text = _("{item}: hardly tells candidates apart (discrimination {a}): rewrite or drop it.")
    elif slope < _STEEP[1]:
        text = _("{item}: difficulty {b}, tells candidates apart a little (discrimination {a}).")
    elif slope < _STEEP[2]:
        text = _("{item}: difficulty {b}, tells candidates apart fairly well (discrimination {a}).")
    else:
        text = _("{item}: difficulty {b}, tells candidates apart well (discrimination {a}).")
    more = "" if slope < _STEEP[0] else _told(str(row.get("note", "") or ""), language)
    return _together([translate(text, language, **fields), more], language)


def to_mend(items: pd.DataFrame, fitted: pd.DataFrame | None = None) -> pd.DataFrame:
    """Give the items that call for a look, the worst first.

    Parameters
    ----------
    items : DataFrame
        `items` of a fit.
    fitted : DataFrame, optional
        Its `item_fit()`.

    Returns
    -------
    DataFrame
        ``item, reason`` (``negative, flat, misfit, noisy``) with the numbers behind it.
    """
    rows = items[["item", "a", "b"]].copy()
    if fitted is not None:
        rows = rows.merge(fitted[["item", "p_adjusted", "outfit", "z_outfit"]], on="item", how="left")
    else:
        rows = rows.assign(p_adjusted=np.nan, outfit=np.nan, z_outfit=np.nan)
    noisy = (rows["outfit"] > _NOISY) & (rows["z_outfit"] > 2)
    reasons = [rows["a"] < 0, rows["a"] < _STEEP[0], rows["p_adjusted"] < _MISFIT, noisy]
    names = ["negative", "flat", "misfit", "noisy"]
    rows["reason"] = np.select(reasons, names, "")
    order = {name: place for place, name in enumerate(names)}
    found = rows[rows["reason"] != ""]
    return found.sort_values("reason", key=lambda part: part.map(order), kind="stable").reset_index(drop=True)


_REASONS = {
    "negative": _("{item}: the better candidates answer it wrong more often: check the key."),
    "flat": _("{item}: hardly tells candidates apart: rewrite or drop it."),
    "misfit": _(
        "{item}: answers do not follow its curve (p {p}): look for an ambiguous wording, two right answers or a clue."
    ),
    "noisy": _(
        "{item}: more surprises than expected (outfit {outfit}): look for guessing, haste or a wording that misleads."
    ),
}


def mend(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say what is the matter with an item and what to do: a row of `to_mend`."""
    fields = {"item": str(row["item"]), "p": _p(row["p_adjusted"]), "outfit": words.number(row["outfit"], 2)}
    return translate(_REASONS[str(row["reason"])], language, **fields)


def item_fit(fitted: pd.DataFrame, language: str = "en") -> str:
    """Say how many items do not follow their curve: a result of `item_fit` of a fit."""
    told = fitted[fitted["p_value"].notna()]
    if told.empty:
        why = note(str(fitted["note"].iloc[0]), language) if len(fitted) else "—"
        return translate(_("Whether items follow their curves cannot be tested ({why})."), language, why=why)
    bad = told[told["p_adjusted"] < _MISFIT].sort_values("p_value")
    fields = {"count": len(told), "bad": len(bad), "names": words.joined(bad["item"].head(5).tolist(), language)}
    text = _("None of the {count} items tested strays from its curve beyond chance.")
    if len(bad):
        text = _("{bad} of {count} items tested stray from their curve beyond chance: {names}.")
    return translate(text, language, **fields)


def score(row: Mapping[Any, Any], subject: str, language: str = "en") -> str:
    """Say a candidate's ability: a row of a result of `stats.abilities` or of `scores` of a fit."""
    if not words.known(row["estimate"]) or not np.isfinite(row["estimate"]):
        text = _("{subject}: no ability as a number ({why}).")
        return translate(text, language, subject=subject, why=note(str(row["note"]), language))
    low, high = (words.number(row[end], 2) for end in ("low", "high"))
    text = _("{subject}: ability {value} (interval {low} to {high}; {n} items).")
    fields = {"value": words.number(row["estimate"], 2), "low": low, "high": high, "n": int(row["n"])}
    return translate(text, language, subject=subject, **fields)


def information(table: pd.DataFrame, cut: float | None = None, language: str = "en") -> str:
    """Say where the test measures best, and how well at the pass mark: a result of `stats.test_information`."""
    best = table.sort_values("information").iloc[-1]
    fields = {"best": words.number(best["theta"], 1), "error": words.number(best["std_error"], 2)}
    said = translate(_("The exam measures best at ability {best} (standard error {error})."), language, **fields)
    if cut is None:
        return said
    order = table.sort_values("theta")
    told = float(np.interp(cut, order["theta"], order["information"]))
    error = 1 / np.sqrt(told) if told > 0 else np.inf
    worse = error > 1.25 * best["std_error"]
    text = _("At the pass mark ({cut}) the standard error is {error}.")
    if worse:
        text = _(
            "At the pass mark ({cut}) the standard error is {error}: items of about that difficulty would make "
            "decisions surer."
        )
    more = translate(text, language, cut=words.number(cut, 1), error=words.number(error, 2))
    return _together([said, more], language)


def reliability(row: Mapping[Any, Any], language: str = "en") -> str:
    """Say how far abilities can be trusted: a row of `stats.score_reliability`."""
    if not words.known(row["reliability"]):
        return translate(_("Reliability: no number ({why})."), language, why=note(str(row["note"]), language))
    value = float(row["reliability"])
    text = _("Reliability of the abilities is {value}: thin for decisions on persons.")
    if value >= 0.8:
        text = _("Reliability of the abilities is {value}: high enough for decisions on persons.")
    elif value < 0.7:
        text = _("Reliability of the abilities is {value}: too low for decisions on persons.")
    return translate(text, language, value=words.number(value, 2))


def person_fit(table: pd.DataFrame, language: str = "en", level: float = 0.05) -> str:
    """Say how many answer patterns are unusual, beside what chance gives: a result of `person_fit` of a fit."""
    told = table[table["p_value"].notna()]
    if told.empty:
        return translate(_("No answer pattern can be judged."), language)
    odd, sure = int((told["p_value"] < level).sum()), int((told["p_adjusted"] < level).sum())
    fields = {"n": words.number(len(told)), "odd": words.number(odd), "chance": words.number(level * len(told))}
    said = translate(
        _("{odd} of {n} answer patterns are unusual; chance alone gives about {chance}."), language, **fields
    )
    text = _("None is so unusual that chance cannot explain it among so many.")
    if sure:
        text = _(
            "{sure} remain after allowing for the number of candidates: look at the answer sheets and the "
            "circumstances; guessing, haste or a shifted line are as likely as anything else."
        )
    return _together([said, translate(text, language, sure=words.number(sure))], language)


def dependence(table: pd.DataFrame, language: str = "en") -> str:
    """Say which pairs of items hang together beyond ability: a result of `local_dependence` of a fit."""
    told = table[table["p_value"].notna()]
    if told.empty:
        return translate(_("No pair of items can be judged."), language)
    bad = told[(told["p_adjusted"] < _MISFIT) & (told["q3_adjusted"] > _Q3)].sort_values("q3", ascending=False)
    trifles = int(((told["p_adjusted"] < _MISFIT) & (told["q3_adjusted"] <= _Q3)).sum())
    if bad.empty:
        text = _("No pair of items hangs together enough to matter.")
        if trifles:
            text = _("No pair of items hangs together enough to matter; {count} do a little, beyond chance.")
        return translate(text, language, count=trifles)
    pairs = [f"{one} – {other}" for one, other in zip(bad["first"].head(5), bad["second"].head(5), strict=True)]
    text = _(
        "{count} pairs of items hang together beyond ability, first {pairs}: a shared text, or one gives the other "
        "away. Count them as one, or keep one of them."
    )
    return translate(text, language, count=len(bad), pairs=words.joined(pairs, language))


def dimensionality(found: Any, language: str = "en") -> str:
    """Say whether one ability is enough: a result of `dimensionality` of a fit."""
    rows = found.frame.set_index("term")
    rmsea, ratio = rows.loc["rmsea"], rows.loc["ratio", "estimate"]
    parts = []
    if words.known(rmsea["estimate"]):
        ends = words.number(rmsea["low"], 3), words.number(rmsea["high"], 3)
        fields = {"value": words.number(rmsea["estimate"], 3), "low": ends[0], "high": ends[1]}
        text = _("One ability leaves too much unexplained (RMSEA {value}, 90% interval {low} to {high}).")
        if rmsea["estimate"] <= _CLOSE:
            text = _("One ability explains the answers closely (RMSEA {value}, 90% interval {low} to {high}).")
        elif rmsea["estimate"] <= _ADEQUATE:
            text = _("One ability explains the answers well enough (RMSEA {value}, 90% interval {low} to {high}).")
        parts.append(translate(text, language, **fields))
    else:
        text = _("How well one ability explains the answers cannot be tested ({why}).")
        parts.append(translate(text, language, why=note(str(rmsea["note"]), language)))
    if words.known(ratio):
        text = _("The first eigenvalue is {ratio} times the second: a strong first dimension.")
        if ratio < _RATIO:
            text = _("The first eigenvalue is only {ratio} times the second: look for topics that go apart.")
        parts.append(translate(text, language, ratio=words.number(ratio, 1)))
    return _together(parts, language)


def comparison(table: pd.DataFrame, language: str = "en", level: float = 0.05) -> str:
    """Say which of two models to keep: a result of `compare` of a fit."""
    small, large = (table.iloc[at] for at in (0, 1))
    said = _told(str(large["note"]), language)
    fields = {"small": str(small["model"]), "large": str(large["model"]), "p": _p(large["p_value"])}
    parts = []
    if words.known(large["p_value"]):
        text = _("{large} does not fit better than {small} beyond chance (p {p}): keep the simpler {small}.")
        if large["p_value"] < level:
            text = _("{large} fits better than {small} beyond chance (p {p}).")
        parts.append(translate(text, language, **fields))
    if not _apart(table):
        least = {"one": _least(table, "aic"), "other": _least(table, "bic")}
        text = (
            _("AIC and BIC prefer {one}.") if least["one"] == least["other"] else _("AIC prefers {one}, BIC {other}.")
        )
        parts.append(translate(text, language, **least))
    return _together([*parts, said], language)


def _apart(table: pd.DataFrame) -> bool:
    """Whether the two were fitted to different answers, so that nothing may be said of them."""
    return bool(table["note"].astype(str).str.contains("nothing can be compared").any())


def _least(table: pd.DataFrame, name: str) -> str:
    return str(table.sort_values(name)["model"].iloc[0])


def _p(value: Any) -> str:
    if words.known(value) and value < 0.001:
        return "< 0.001"
    return f"= {words.number(value, 3)}"


def _together(parts: list[str], language: str) -> str:
    """Join sentences, a full stop behind those that have none."""
    gap, stop = ("", "。") if language == "zh-CN" else (" ", ".")
    return gap.join(part if part.endswith((".", "。")) else part + stop for part in parts if part)


def _told(text: str, language: str) -> str:
    """Give a note as a sentence of its own."""
    said = note(text, language)
    return said[:1].upper() + said[1:]
