"""Sentences about assembled forms: what they reach, which rules they miss, why there are none."""

from __future__ import annotations

from typing import Any

import numpy as np

from svclib.i18n import _, translate
from svclib.reports import words
from svclib.reports.sentences.notes import note

_GOALS = {
    "none": _("{n} of {size} items that meet the rules; nothing was to be the best."),
    "maximise": _("{n} of {size} items; together they reach {objective}."),
    "maximin": _("{n} of {size} items; the weakest reaches {objective}."),
    "target": _("{n} of {size} items; the greatest distance from the targets is {objective}."),
    "parallel": _("{n} of {size} items; the greatest distance between two of them is {objective}."),
}


def forms(made: Any, language: str = "en") -> str:
    """Say what was assembled and how good it is: a result of `stats.assemble`."""
    sizes = sorted({len(one) for one in made.chosen})
    text = _("{n} forms") if len(made.chosen) != 1 else _("{n} form")
    told = translate(
        _GOALS[made.goal],
        language,
        n=translate(text, language, n=len(made.chosen)),
        size="–".join(str(size) for size in dict.fromkeys((sizes[0], sizes[-1]))),
        objective=words.number(made.objective, 3),
    )
    end = _("{told} Solution: {status}.")
    if made.status == "time":
        end = _("{told} Solution: {status}; a better one is at most {gap} away.")
    gap = f"{100 * made.gap:.2g}%" if np.isfinite(made.gap) else words.MISSING
    return translate(end, language, told=told, status=note(made.note, language), gap=gap)


def rules(made: Any, language: str = "en") -> str:
    """Say which rules the forms miss."""
    rows = made.summary
    missed = rows[~rows["met"]]
    if not len(missed):
        return translate(_("All {n} checks of the blueprint are met."), language, n=len(rows))
    parts = [
        translate(
            _("{rule}: {got} instead of {wanted}"),
            language,
            rule=translate(row["text"], language, **row["fields"]),
            got=words.number(row["got"], 2),
            wanted=bounds(row["low"], row["high"], language),
        )
        for row in missed.to_dict("records")
    ]
    text = _("{count} of {n} checks of the blueprint are missed: {which}.")
    return translate(text, language, count=len(missed), n=len(rows), which=words.joined(parts, language))


def bounds(low: float, high: float, language: str = "en") -> str:
    """Write the bounds of a rule.

    >>> bounds(3, 5), bounds(-np.inf, 900.5), bounds(2, np.inf), bounds(4, 4)
    ('3 to 5', 'at most 900.5', 'at least 2', '4')
    """
    ends = {"low": f"{low:g}", "high": f"{high:g}"}
    if low == high:
        return ends["low"]
    if np.isinf(low):
        return translate(_("at most {high}"), language, high=ends["high"])
    if np.isinf(high):
        return translate(_("at least {low}"), language, low=ends["low"])
    return translate(_("{low} to {high}"), language, **ends)


def conflict(made: Any, language: str = "en") -> str:
    """Say which rules cannot hold together: of a nearest form or an `ImpossibleBlueprint`."""
    names = [translate(rule.text, language, **rule.fields) for rule in made.conflict]
    if not names:
        return translate(_("All rules can hold together."), language)
    text = _("These rules cannot hold together: {names}. Loosen one of them, or write items that meet them.")
    return translate(text, language, names=words.joined(names, language))
