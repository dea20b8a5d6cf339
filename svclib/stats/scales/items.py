"""The table of a scale's items: how each hangs together with the rest, and what to look at."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.columns import check_frame
from svclib.stats.estimate import Note
from svclib.stats.marks import _
from svclib.stats.scales.matrices import correlation_of, squared_multiple
from svclib.stats.scales.moments import Missing, Moments, check_missing, item_rows, moments
from svclib.stats.scales.reliability import alpha_of, if_deleted

FLAGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "no_answers": _("Nobody answered this item."),
        "no_variance": _("Everybody answers it alike: it tells nothing about who is more satisfied."),
        "reversed": _("It runs against the other items: reverse it, or check how it is worded."),
        "weak": _("It hardly hangs together with the other items: check whether it asks about the same thing."),
        "better_without": _("The scale is more reliable without it."),
        "floor": _("Most give the lowest answer: it cannot tell the dissatisfied apart."),
        "ceiling": _("Most give the highest answer: it cannot tell the satisfied apart."),
        "often_missing": _("Many leave it out: check whether it concerns everybody and can be understood."),
    }
)
"""What each code of ``flags`` means."""

_WEAK = 0.3
"""Item-rest correlation below which an item is marked (Nunnally and Bernstein 1994)."""
_MOST = 0.5
_OFTEN = 0.1
_BETTER = 0.005
_HANGING = ("item_total", "item_total_standard", "item_total_corrected", "item_rest", "smc", "alpha_if_deleted")
SINGULAR = _("an item follows exactly from the others: no squared multiple correlations")
_MOST_ANSWERS = 25
_BLOCK = 100_000
_AGAINST = 0.1


def scale_items(
    data: pd.DataFrame,
    items: Sequence[str] | None = None,
    *,
    missing: Missing = "complete",
    scale: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Describe each item of a scale.

    Parameters
    ----------
    data : DataFrame
        Respondents × items.
    items : list of str, optional
        All columns without it.
    missing : {"complete", "pairwise"}
        As in `svclib.stats.alpha`.
    scale : (lowest, highest), optional
        Ends of the answer scale; without it the lowest and highest answer to any of the items.

    Returns
    -------
    DataFrame
        One row an item: ``item, n`` (answers used), ``missing`` (share of all respondents who left it out), ``mean,
        sd, item_total`` (correlation with the sum, itself included), ``item_total_standard`` (of standardised items),
        ``item_total_corrected`` (with the item's own overlap taken down to its squared multiple correlation, as psych's
        r.cor), ``item_rest`` (with the sum of the others), ``smc`` (squared multiple correlation with the others),
        ``alpha_if_deleted, floor, ceiling`` (shares of the lowest and highest answer), ``flags`` (codes of `FLAGS`, the
        worst first) and ``note``.

    Raises
    ------
    InvalidInput
        Naming an item that is absent, named twice or no number.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 3, 4, 5, 4], "b": [1, 3, 3, 4, 5, 5], "c": [5, 4, 3, 3, 1, 2]})
    >>> scale_items(answers)[["item", "item_rest", "flags"]].round(2).values.tolist()[2]
    ['c', -0.96, 'reversed better_without']
    """
    check_missing(missing)
    names, answers = item_rows(data, items)
    found = moments(answers, missing, names=names)
    frame = pd.DataFrame({"item": names, "n": np.diag(found.pairs).astype("int64")})
    counts = _counts(answers, scale)
    frame["missing"] = ratio(answers.shape[1] - counts["n"], np.full(len(names), float(answers.shape[1])))
    frame["mean"], frame["sd"] = found.mean, np.sqrt(np.diag(found.cov))
    hanging = _hanging_together(answers, found, missing)
    for name in _HANGING:
        frame[name] = hanging[name]
    frame["floor"], frame["ceiling"] = ratio(counts["floor"], counts["n"]), ratio(counts["ceiling"], counts["n"])
    frame["flags"] = [" ".join(flags) for flags in _flags(frame, found)]
    frame["note"] = _note(found, frame)
    return frame


def response_frequencies(data: pd.DataFrame, items: Sequence[str] | None = None) -> pd.DataFrame:
    """Give the share of each answer to each item.

    Parameters
    ----------
    data, items
        As in `scale_items`.

    Returns
    -------
    DataFrame
        One row an item: ``item, n`` (answers), a column for each answer in order (shares of the answers), ``missing``
        (share of all respondents).

    Raises
    ------
    InvalidInput
        As `scale_items`; also for an item of more than 25 different answers.

    Examples
    --------
    >>> response_frequencies(pd.DataFrame({"a": [1, 2, 2, None], "b": [2, 2, 1, 1]})).round(2).values.tolist()
    [['a', 3, 0.33, 0.67, 0.25], ['b', 4, 0.5, 0.5, 0.0]]
    """
    names, answers = item_rows(check_frame(data), items)
    tables = [_table(row, name) for name, row in zip(names, answers, strict=True)]
    values = sorted({value for table in tables for value in table})
    counts = np.array([[table.get(value, 0) for value in values] for table in tables], dtype=float)
    n = counts.reshape(len(names), -1).sum(axis=1)
    frame = pd.DataFrame({"item": names, "n": n.astype("int64")})
    for column, value in enumerate(values):
        frame[f"{value:g}"] = ratio(counts[:, column], n)
    frame["missing"] = ratio(answers.shape[1] - n, np.full(len(names), float(answers.shape[1])))
    return frame


def _table(row: Floats, name: str) -> dict[float, int]:
    known = row[~np.isnan(row)]
    low = known.min(initial=0)
    if len(known) and known.max() - low < 1000 and (known == np.floor(known)).all():
        counts = np.bincount((known - low).astype(np.int64))
        values = low + np.arange(len(counts))
        values, counts = values[counts > 0], counts[counts > 0]
    else:
        values, counts = np.unique(known, return_counts=True)
    if len(values) > _MOST_ANSWERS:
        raise InvalidInput(
            _('The item "{column}" has {count} different answers; group them into at most {most}.'),
            column=name,
            count=len(values),
            most=_MOST_ANSWERS,
        )
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def _counts(answers: Floats, scale: tuple[float, float] | None) -> dict[str, Floats]:
    """Answers to each item, and how many of them lie at the ends of the scale."""
    low, high = scale if scale is not None else _ends(answers)
    n, floor, ceiling = (np.zeros(len(answers)) for _part in range(3))
    for start in range(0, answers.shape[1], _BLOCK):
        part = answers[:, start : start + _BLOCK]
        n += part.shape[1] - np.isnan(part).sum(axis=1)
        floor += (part <= low).sum(axis=1)
        ceiling += (part >= high).sum(axis=1)
    return {"n": n, "floor": floor, "ceiling": ceiling}


def _ends(answers: Floats) -> tuple[float, float]:
    if not answers.size or np.isnan(answers).all():
        return 0.0, 0.0
    return float(np.nanmin(answers)), float(np.nanmax(answers))


def _hanging_together(answers: Floats, found: Moments, missing: Missing) -> dict[str, Floats]:
    cov, items = found.cov, len(found.cov)
    if items < 2 or np.isnan(cov).any():
        return dict.fromkeys(_HANGING, np.full(items, np.nan))
    variances, total = np.diag(cov), cov.sum(axis=1)
    rest = cov.sum() - 2 * total + variances
    spread = np.sqrt(variances)
    complete = missing == "complete" or bool((found.pairs == found.pairs[0, 0]).all())
    with_sum = {
        "item_total": ratio(total, spread * np.sqrt(max(cov.sum(), 0)))
        if complete
        else _with_mean(answers, float(found.mean.mean())),
        "item_rest": ratio(total - variances, spread * np.sqrt(np.maximum(rest, 0))),
        "alpha_if_deleted": if_deleted(cov),
    }
    return with_sum | _of_correlations(correlation_of(cov), variances > 0)


def _of_correlations(matrix: Floats, varying: Bools) -> dict[str, Floats]:
    """What follows from the correlations of the items that vary."""
    some, out = matrix[np.ix_(varying, varying)], np.full((3, len(matrix)), np.nan)
    if len(some):
        smc, sums = squared_multiple(some), some.sum(axis=1)
        corrected = ratio(sums - 1 + smc, np.sqrt(np.maximum(some.sum() - (1 - smc).sum(), 0)))
        out[:, varying] = np.array([ratio(sums, np.sqrt(max(some.sum(), 0))), corrected, smc])
    return dict(zip(("item_total_standard", "item_total_corrected", "smc"), out, strict=True))


def _with_mean(answers: Floats, centre: float) -> Floats:
    """Correlate each item with the mean of the items that a respondent answered."""
    sums = np.zeros((6, len(answers)))
    for start in range(0, answers.shape[1], _BLOCK):
        part = answers[:, start : start + _BLOCK] - centre
        there = ~np.isnan(part)
        filled, known = np.where(there, part, 0.0), there.astype(float)
        mean = filled.sum(axis=0) / np.maximum(there.sum(axis=0), 1)
        own = [known.sum(axis=1), filled.sum(axis=1), (filled**2).sum(axis=1)]
        sums += np.array([*own, known @ mean, known @ mean**2, filled @ mean])
    n, x, xx, y, yy, xy = sums
    apart = np.sqrt(np.maximum((n * xx - x**2) * (n * yy - y**2), 0))
    return ratio(n * xy - x * y, apart)


def _flags(frame: pd.DataFrame, found: Moments) -> list[list[str]]:
    column = {name: frame[name].to_numpy(dtype=float) for name in frame.columns.drop("item")}
    against, answered = _against(found), column["n"] > 0
    holds = {
        "no_answers": ~answered,
        "no_variance": answered & (column["sd"] == 0),
        "reversed": answered & against,
        "weak": (column["item_rest"] < _WEAK) & ~against,
        "better_without": column["alpha_if_deleted"] > alpha_of(found.cov) + _BETTER,
        "floor": column["floor"] > _MOST,
        "ceiling": column["ceiling"] > _MOST,
        "often_missing": answered & (column["missing"] > _OFTEN),
    }
    return [[code for code, marked in holds.items() if marked[row]] for row in range(len(frame))]


def _against(found: Moments) -> Bools:
    """Items that load on the first component against the majority, as psych's check of keys."""
    matrix = correlation_of(found.cov)
    if len(matrix) < 2 or np.isnan(matrix).any():
        rest = found.cov.sum(axis=1) - np.diag(found.cov)
        return np.nan_to_num(rest) < 0
    first = np.linalg.eigh(matrix)[1][:, -1]
    first = first * (1 if (first > 0).sum() * 2 >= len(first) else -1)
    return first < -_AGAINST / np.sqrt(len(first))


def _note(found: Moments, frame: pd.DataFrame) -> list[str]:
    whole = ""
    if len(found.cov) < 2 or found.n < 2:
        whole = str(Note.TWO_NEEDED)
    elif np.isnan(found.cov).any():
        whole = str(Note.NOT_TOGETHER)
    elif frame["smc"].isna().all():
        whole = SINGULAR
    elif found.n < 0.9 * found.answered:
        whole = str(Note.ROWS_LEFT_OUT)
    single = [
        "" if sd > 0 else str(Note.NO_ANSWERS if not n else Note.ALL_EQUAL)
        for sd, n in zip(frame["sd"], frame["n"], strict=True)
    ]
    return [one or whole for one in single]
