"""Sentences about adaptive tests: how exact, how long, how often an item is seen, where a candidate stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note
from svclib.reports.words import SHARE


def precision(found: Any, language: str = "en") -> str:
    """Say how exact and how long the tests of a simulation were: a result of `Adaptive.simulate`."""
    held = found.summary.set_index("measure")["estimate"]
    fields = {
        "n": words.number(len(found.candidates)),
        "rmse": words.number(held["RMSE"], 2),
        "bias": words.number(held["bias"], 2, signed=True),
        "length": words.number(held["mean length"], 1),
    }
    if not words.known(held["RMSE"]):
        text = _("{n} candidates took {length} items on average; how far they are from their true ability is unknown.")
        return translate(text, language, n=fields["n"], length=fields["length"])
    text = _(
        "{n} simulated candidates took {length} items on average; the estimates are typically {rmse} from the true "
        "ability (mean difference {bias})."
    )
    return translate(text, language, **fields)


def exposure(found: Any, highest: float = 0.3, language: str = "en") -> str:
    """Say how often items were seen, and what to do where that is too often."""
    rates = found.items.sort_values("rate", ascending=False, kind="stable")
    over = int((rates["rate"] > highest).sum())
    fields = {
        "item": str(rates["item"].iloc[0]),
        "rate": words.value(rates["rate"].iloc[0], SHARE),
        "unused": words.value((rates["rate"] == 0).mean(), SHARE),
        "overlap": words.value(found.overlap, SHARE),
    }
    text = _('The most used item, "{item}", was seen by {rate} of the candidates; {unused} of the bank was never used.')
    if words.known(found.overlap):
        text = _(
            'The most used item, "{item}", was seen by {rate} of the candidates; {unused} of the bank was never used. '
            "Two candidates have {overlap} of a test in common on average."
        )
    told = translate(text, language, **fields)
    if not over:
        return told
    text = _("{told} {count} items are above {highest}: calibrate the exposure or widen the bank where they stand.")
    return translate(text, language, told=told, count=over, highest=words.value(highest, SHARE))


def conditional(found: Any, language: str = "en") -> str:
    """Say where the test is least exact."""
    rows = found.conditional.dropna(subset=["rmse"])
    if not len(rows):
        return translate(_("The true abilities are unknown: the error at an ability cannot be told."), language)
    worst = rows.loc[rows["rmse"].idxmax()]
    text = _(
        "The test is least exact at abilities near {theta}: typically {rmse} off, mean difference {bias}, reported "
        "error {se}."
    )
    return translate(
        text,
        language,
        theta=words.number(worst["theta"], 1),
        rmse=words.number(worst["rmse"], 2),
        bias=words.number(worst["bias"], 2, signed=True),
        se=words.number(worst["se"], 2),
    )


def classification(found: Any, language: str = "en") -> str:
    """Say how many decisions at the cut were wrong."""
    rows = found.classification.set_index("measure")
    if not len(rows):
        return translate(_("The test has no cut: it decides nothing."), language)
    shares = {name: words.value(rows["estimate"].get(key), SHARE) for name, key in _DECISIONS.items()}
    text = _(
        "{wrong} of the decisions at the cut were wrong: {above} of those below it passed, {below} of those above it "
        "failed. {certain} were decided with certainty before the test's end."
    )
    return translate(text, language, **shares)


_DECISIONS = {
    "above": "wrongly above the cut", "below": "wrongly below the cut", "wrong": "wrongly classified",
    "certain": "decided with certainty",
}  # fmt: skip


def verdict(said: Mapping[str, Any], language: str = "en") -> str:
    """Say where one candidate stands: a result of `Adaptive.verdict`."""
    fields = {
        "theta": words.number(said["theta"], 2),
        "se": words.number(said["se"], 2),
        "n": said["n"],
        "reason": note(str(said["reason"]), language),
    }
    text = _("After {n} items the ability is estimated at {theta} (standard error {se}); the test goes on.")
    if said["done"]:
        text = _("After {n} items the ability is estimated at {theta} (standard error {se}); the test ended: {reason}.")
    told = translate(text, language, **fields)
    if not said["done"] or "cut" not in said:
        return told
    text = _("{told} That is below the cut of {cut}, {how}.")
    if said["above"]:
        text = _("{told} That is at or above the cut of {cut}, {how}.")
    how = translate(_("clearly so"), language) if said["certain"] else translate(_("though not beyond doubt"), language)
    return translate(text, language, told=told, cut=words.number(said["cut"], 2), how=how)
