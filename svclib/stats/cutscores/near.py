"""Candidates near the pass mark: how sure their verdict is, and what could turn it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.columns import check_columns, numbers
from svclib.stats.cutscores.errors import binomial_error, binomial_length, plain_length, told_reliability
from svclib.stats.cutscores.posterior import by_ability, by_beta, by_binomial, population
from svclib.stats.cutscores.reading import Scores, check_cut, passes, read_totals, whole_scores
from svclib.stats.item_response.parameters import items_of
from svclib.stats.marks import _

FLAGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "uncertain": _("The true score may well lie on the other side of the mark."),
        "dropped": _("Without the doubtful items the verdict would be the other one."),
        "credited": _("With full credit for the doubtful items the candidate would pass."),
        "other_form": _("On the other form the same performance would get the other verdict."),
        "roughly": _("The error is told from the score alone: too little is known of the exam's reliability."),
    }
)
"""What each code of ``flags`` means."""

_UNCERTAIN = 0.25
_BASE = ("score", "distance", "passed", "sem", "p_wrong")


def near_cut(
    scores: Any,
    cut: float,
    *,
    items: Any = None,
    flagged: Sequence[str] = (),
    forms: Any = None,
    form_cut: float | None = None,
    within: float = 1.0,
    reliability: float | None = None,
    points: Mapping[Any, float] | pd.Series | None = None,
    lowest: float = 0.0,
    highest: float | None = None,
) -> pd.DataFrame:
    """List the candidates within a standard error of the mark, and say of each how sure the verdict is.

    Parameters
    ----------
    scores : Series, array or DataFrame
        Total scores, or candidates × items (needed for `items` and `flagged`).
    cut : float
        Lowest score that passes.
    items : fit, frame or ItemParameters, optional
        Calibrated items: the chances then come from each candidate's responses.
    flagged : list of str, optional
        Doubtful items (wrong key, unfair, compromised): the verdict without them, the mark being the same share of the
        points that are left, and with full credit for everybody.
    forms : result of `equate`, DataFrame or Series, optional
        Conversion to the other form: columns ``score, equated``, or a series of equated scores indexed by score.
    form_cut : float, optional
        The other form's mark; without it `cut`.
    within : float
        How many standard errors (at the mark) to either side; infinite lists everybody.
    reliability, points, lowest, highest
        As of `classification`.

    Returns
    -------
    DataFrame
        One row a candidate, in the order of the scores, in the candidates' index: ``score, distance`` (score less
        mark), ``passed, sem`` (conditional standard error), ``p_wrong`` (chance that the true score lies on the other
        side), with `flagged` ``passed_without, passed_credited, turned_by`` (items that alone turn the verdict), with
        `forms` ``other_score, other_passed``; ``flags`` (codes of `FLAGS`) and ``note``.

    Raises
    ------
    InvalidInput
        If the mark is off the scale, a flagged item is absent, or `items` come without responses.

    Notes
    -----
    With `items`: posterior of the ability given the responses, and the expected score. Without: the beta distribution
    of the true scores (Livingston–Lewis) and a binomial of the effective length; where the reliability cannot be told,
    the binomial alone. ``p_wrong`` is a statement about the measurement, no reason to change a verdict by itself.

    Examples
    --------
    >>> totals = pd.Series([41, 55, 58, 60, 61, 66, 72, 83, 90, 47], index=list("abcdefghij"))
    >>> near_cut(totals, 60, reliability=0.9, highest=100)[["score", "passed", "p_wrong"]].round(2)
       score  passed  p_wrong
    b   55.0   False     0.13
    c   58.0   False     0.30
    d   60.0    True     0.56
    e   61.0    True     0.48
    """
    read = read_totals(scores, points=points, lowest=lowest, highest=highest)
    mark = float(check_cut(cut, read.lowest, read.highest)[0])
    if not within >= 0:
        raise InvalidInput(_("within is {value}; give a number of standard errors, 0 or more."), value=within)
    length, rough = _length(read, reliability)
    at_mark = float(binomial_error(read, np.array([mark]), length)[0])
    near = np.flatnonzero(np.abs(read.total - mark) <= within * at_mark + 1e-9)
    near = near[np.argsort(read.total[near], kind="stable")]
    total = read.total[near]
    passed = np.asarray(passes(total, mark))
    chance, error = _chances(scores, read, near, mark, items, (length, rough, reliability))
    out = pd.DataFrame(
        {
            "score": total, "distance": total - mark, "passed": passed, "sem": error,
            "p_wrong": np.where(passed, 1 - chance, chance),
        },
        index=read.index[near],
    )  # fmt: skip
    if len(flagged):
        out = out.assign(**_treated(read, near, mark, list(flagged), passed))
    if forms is not None:
        out["other_score"] = equivalent(forms, total)
        other = cut if form_cut is None else form_cut
        out["other_passed"] = pd.array(passes(out["other_score"].to_numpy(), float(other)), dtype="boolean")
        out.loc[out["other_score"].isna(), "other_passed"] = pd.NA
    return _noted(out, rough and items is None)


def _length(read: Scores, reliability: float | None) -> tuple[float, bool]:
    length = binomial_length(read, reliability)
    return (plain_length(read), True) if np.isnan(length) else (length, False)


def _chances(
    scores: Any, read: Scores, near: Any, mark: float, items: Any, known: tuple[float, bool, float | None]
) -> tuple[Floats, Floats]:
    """Chance of a true score at the mark or above, and the standard error, of the candidates at `near`."""
    length, rough, reliability = known
    if items is not None:
        return _by_items(scores, read, near, mark, items)
    share, border = read.share[near], (mark - read.lowest) / (read.highest - read.lowest)
    error = binomial_error(read, read.total[near], length)
    told = np.full(len(near), np.nan)
    if not rough:
        told = by_beta(read, share, length, told_reliability(read, reliability), border)
    return np.where(np.isnan(told), by_binomial(share, length, border), told), error


def _by_items(scores: Any, read: Scores, near: Any, mark: float, items: Any) -> tuple[Floats, Floats]:
    if not isinstance(scores, pd.DataFrame) or read.items is None or read.points is None:
        raise InvalidInput(_("Calibrated items need the responses: give candidates × items."))
    parameters = items_of(items).named(read.names)
    _names, codes, _index = whole_scores(scores, parameters.highest)
    worth = read.points / parameters.highest
    at = population(items, np.zeros(0))
    return by_ability(codes[near], parameters, worth, at, mark)


def _treated(read: Scores, near: Any, mark: float, flagged: list[str], passed: Bools) -> dict[str, Any]:
    """Verdicts without the flagged items, and with full credit for them; and which single item turns the verdict."""
    at = places(read, flagged)
    without, credited = verdicts(read, near, mark, at)
    turned: list[list[str]] = [[] for _one in near]
    for name, place in zip(flagged, at, strict=True):
        for verdict in verdicts(read, near, mark, [place]):
            for row in np.flatnonzero(verdict != passed):
                if name not in turned[row]:
                    turned[row].append(name)
    return {
        "passed_without": without,
        "passed_credited": credited,
        "turned_by": [", ".join(names) for names in turned],
    }


def places(read: Scores, flagged: Sequence[str]) -> list[int]:
    """Give the columns of the flagged items."""
    if read.items is None:
        raise InvalidInput(_("The effect of single items needs the points on each: give candidates × items."))
    lost = [name for name in flagged if str(name) not in read.names]
    if lost:
        raise InvalidInput(_('There is no item "{item}" among the scores.'), item=lost[0])
    return [read.names.index(str(name)) for name in flagged]


def verdicts(read: Scores, rows: Any, mark: float, at: Sequence[int]) -> tuple[Bools, Bools]:
    """Say who passes when items are dropped (the mark keeps its share of the points), and when all get them."""
    assert read.items is not None
    assert read.points is not None
    values = read.items[rows]
    there = ~np.isnan(values)
    kept = np.ones(len(read.points), dtype=bool)
    kept[list(at)] = False
    left = read.points * kept
    earned, possible = np.where(there, values, 0) @ kept, there @ left
    dropped = np.divide(earned, possible, out=np.zeros(len(earned)), where=possible > 0)
    credit = np.where(there & ~kept, read.points, np.where(there, values, 0)).sum(axis=1)
    whole = there @ read.points
    full = np.divide(credit, whole, out=np.zeros(len(credit)), where=whole > 0)
    share = mark / read.highest
    return np.asarray(passes(dropped, share)), np.asarray(passes(full, share))


def equivalent(forms: Any, total: Floats) -> Floats:
    """Read scores on the other form from a conversion, between its rows by lines; NaN beyond its ends."""
    if isinstance(forms, pd.Series):
        forms = pd.DataFrame({"score": forms.index.to_numpy(), "equated": forms.to_numpy()})
    frame = getattr(forms, "frame", forms)
    if not isinstance(frame, pd.DataFrame):
        raise InvalidInput(
            _("forms= needs a result of equate, a frame with the columns score and equated, or a series.")
        )
    check_columns(frame, ["score", "equated"])
    x, y = numbers(frame, "score"), numbers(frame, "equated")
    there = ~np.isnan(x) & ~np.isnan(y)
    if not there.any() or len(np.unique(x[there])) < there.sum():
        raise InvalidInput(_("The conversion to the other form is empty or has a score twice."))
    order = np.argsort(x[there])
    return np.asarray(np.interp(total, x[there][order], y[there][order], left=np.nan, right=np.nan))


def _noted(out: pd.DataFrame, rough: bool) -> pd.DataFrame:
    codes = []
    for row in out.to_dict("records"):
        found = {
            "uncertain": row["p_wrong"] > _UNCERTAIN,
            "dropped": row.get("passed_without", row["passed"]) != row["passed"],
            "credited": bool(row.get("passed_credited", row["passed"])) and not row["passed"],
            "other_form": not pd.isna(row.get("other_passed", pd.NA)) and row["other_passed"] != row["passed"],
            "roughly": rough,
        }
        codes.append([name for name, there in found.items() if there])
    return out.assign(
        flags=[" ".join(one) for one in codes], note=[" ".join(FLAGS[name] for name in one) for one in codes]
    )


def item_effects(
    scores: pd.DataFrame,
    cut: float,
    flagged: Sequence[str] | None = None,
    *,
    points: Mapping[Any, float] | pd.Series | None = None,
) -> pd.DataFrame:
    """Count whose verdict each doubtful item turns.

    Parameters
    ----------
    scores : DataFrame
        Candidates × items.
    cut : float
    flagged : list of str, optional
        Without it every item.
    points
        As of `classification`.

    Returns
    -------
    DataFrame
        One row an item, and with several flagged ones a last row without an ``item`` for all of them together:
        ``item, n, passed`` (as it is), ``gained_without, lost_without`` (who passes, who fails once it is dropped, the
        mark keeping its share of the points), ``gained_credited`` (who passes once everybody gets it).

    Examples
    --------
    >>> scores = pd.DataFrame({"q1": [1, 1, 0], "q2": [0, 1, 1], "q3": [0, 1, 1]})
    >>> item_effects(scores, 2, ["q1"])[["passed", "gained_without", "lost_without", "gained_credited"]].values.tolist()
    [[2, 0, 0, 0]]
    """
    read = read_totals(scores, points=points)
    mark = float(check_cut(cut, read.lowest, read.highest)[0])
    names = list(read.names if flagged is None else flagged)
    at = places(read, names)
    rows = np.flatnonzero(~np.isnan(read.total))
    passed = np.asarray(passes(read.total[rows], mark))
    sets: list[tuple[str | None, list[int]]] = [(name, [place]) for name, place in zip(names, at, strict=True)]
    if flagged is not None and len(names) > 1:
        sets.append((None, at))
    found = []
    for name, columns in sets:
        without, credited = verdicts(read, rows, mark, columns)
        found.append(
            {
                "item": name,
                "n": len(rows),
                "passed": int(passed.sum()),
                "gained_without": int((without & ~passed).sum()),
                "lost_without": int((~without & passed).sum()),
                "gained_credited": int((credited & ~passed).sum()),
            }
        )
    return pd.DataFrame(found)
