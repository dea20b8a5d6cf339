"""Pass marks by eliminated options (Nedelsky), classes of items (Ebel), and as a compromise with policy (Hofstee)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.cutscores.angoff import Angoff, angoff
from svclib.stats.cutscores.panel import t_limits
from svclib.stats.cutscores.reading import passes, read_totals
from svclib.stats.estimate import check_level, estimates
from svclib.stats.marks import _

_HALVINGS = 60


def nedelsky(
    data: pd.DataFrame,
    *,
    item: str = "item",
    judge: str = "judge",
    eliminated: str = "eliminated",
    options: str | int = "options",
    round: str | None = None,
    **further: Any,
) -> Angoff:
    """Set a pass mark from the options that a borderline candidate would see to be wrong (Nedelsky 1954).

    Parameters
    ----------
    data : DataFrame
        One row a judge and item.
    eliminated : str
        Column of how many wrong options a borderline candidate eliminates; the candidate guesses among the rest.
    options : str or int
        Column of how many options the item has, or their number.
    item, judge, round, **further
        As of `angoff`.

    Examples
    --------
    >>> seen = pd.DataFrame({"item": ["q1", "q2"], "judge": "a", "eliminated": [3, 2]})
    >>> nedelsky(seen, options=4).cut
    1.5
    """
    frame = check_frame(data)
    check_columns(frame, [item, judge])
    gone = numbers(frame, eliminated)
    all_of = np.full(len(frame), float(options)) if isinstance(options, int) else numbers(frame, options)
    bad = ~np.isnan(gone) & ((gone < 0) | (gone >= all_of) | np.isnan(all_of))
    if bad.any():
        raise InvalidInput(
            _('Of the item "{item}" {count} options are eliminated; the right one must be left.'),
            item=frame.loc[bad, item].iloc[0],
            count=f"{gone[bad][0]:g}",
        )
    rated = frame.assign(**{"rating of the rest": 1 / (all_of - gone)})
    return angoff(rated, item=item, judge=judge, rating="rating of the rest", round=round, scale=1, **further)


def ebel(
    classes: pd.DataFrame,
    shares: pd.DataFrame,
    *,
    item: str = "item",
    judge: str = "judge",
    category: str = "category",
    share: str = "share",
    **further: Any,
) -> Angoff:
    """Set a pass mark from classes of items (relevance × difficulty) and the share each should be right in (Ebel 1972).

    Parameters
    ----------
    classes : DataFrame
        One row an item (and judge, if judges class the items themselves): its `category`.
    shares : DataFrame
        One row a judge and `category`: the `share` (0–1 or percent) a borderline candidate gets right.
    item, judge, category, share : str
        Columns.
    **further
        As of `angoff`.

    Examples
    --------
    >>> classes = pd.DataFrame({"item": ["q1", "q2"], "category": ["must", "nice"]})
    >>> shares = pd.DataFrame({"judge": ["a", "a"], "category": ["must", "nice"], "share": [90, 40]})
    >>> ebel(classes, shares).cut
    1.3
    """
    own = judge in check_frame(classes).columns
    check_columns(classes, [item, category])
    check_columns(check_frame(shares), [judge, category, share])
    on = [category, judge] if own else [category]
    joined = classes[[item, *on]].merge(shares[[judge, category, share]], on=on, how="left")
    lost = joined[share].isna()
    if lost.any():
        raise InvalidInput(
            _('No share is given for the class "{category}" of the item "{item}"; add it.'),
            category=joined.loc[lost, category].iloc[0],
            item=joined.loc[lost, item].iloc[0],
        )
    return angoff(joined, item=item, judge=judge, rating=share, **further)


@dataclass(frozen=True, eq=False, repr=False)
class Hofstee:
    """A compromise mark.

    Attributes
    ----------
    frame : DataFrame
        An estimate of the ``cut`` (error over judges, each with the panel's compromise without them: jackknife) and
        of the ``fail_rate`` at it.
    limits : Series
        The panel's means: ``lowest_cut, highest_cut, lowest_fail, highest_fail``.
    curve : DataFrame
        ``cut, fail_rate``: the share that fails at each mark.
    """

    frame: pd.DataFrame
    limits: pd.Series
    curve: pd.DataFrame

    @property
    def cut(self) -> float:
        """The mark."""
        return float(self.frame["estimate"].iloc[0])

    def __repr__(self) -> str:
        return f"Hofstee(cut {self.cut:.2f}, {self.frame['estimate'].iloc[1]:.1%} fail)"


def hofstee(
    judgements: pd.DataFrame,
    scores: Any,
    *,
    lowest_cut: str = "lowest_cut",
    highest_cut: str = "highest_cut",
    lowest_fail: str = "lowest_fail",
    highest_fail: str = "highest_fail",
    points: Mapping[Any, float] | pd.Series | None = None,
    highest: float | None = None,
    level: float = 0.95,
) -> Hofstee:
    """Set a mark between what judges find tolerable as a mark and as a share that fails (Hofstee 1983).

    The mark is where the diagonal from (lowest mark, highest fail rate) to (highest mark, lowest fail rate) meets the
    curve of those who fail at each mark.

    Parameters
    ----------
    judgements : DataFrame
        One row a judge, the four columns; fail rates from 0 to 1, or in percent.
    scores, points, highest
        As of `classification`.

    Examples
    --------
    >>> judges = pd.DataFrame({"lowest_cut": [50], "highest_cut": [70], "lowest_fail": [5], "highest_fail": [30]})
    >>> round(hofstee(judges, pd.Series(range(40, 100)), highest=100).cut, 2)
    54.0
    """
    check_level(level)
    frame = check_frame(judgements)
    read = read_totals(scores, points=points, highest=highest)
    columns = [numbers(frame, name) for name in (lowest_cut, highest_cut, lowest_fail, highest_fail)]
    values = np.column_stack(columns)
    values[:, 2:] /= 100 if len(values) and np.nanmax(values[:, 2:], initial=0) > 1 else 1
    values = values[~np.isnan(values).any(axis=1)]
    if not len(values):
        raise InvalidInput(_("No judge gives all four limits."))
    _check_limits(values)
    known = np.sort(read.known)
    panel = values.mean(axis=0)
    cut, crossed = _crossing(panel, known)
    left = (
        [_crossing(np.delete(values, at, axis=0).mean(axis=0), known)[0] for at in range(len(values))]
        if len(values) > 1
        else []
    )
    error = (
        float(np.sqrt((len(left) - 1) / len(left) * ((np.array(left) - np.mean(left)) ** 2).sum())) if left else np.nan
    )
    limits = t_limits(cut, error, len(values) - 1, level)
    rate = _fail(known, cut)
    table = estimates(
        pd.DataFrame(index=range(2)), term=["cut", "fail_rate"], estimate=[cut, rate], std_error=[error, np.nan],
        low=[limits[0], np.nan], high=[limits[1], np.nan], n=[len(values), len(known)], level=level,
        df=[len(values) - 1, np.inf], method="jackknife of the judges", note=["" if crossed else _OUTSIDE, ""],
    )  # fmt: skip
    marks = np.linspace(read.lowest, read.highest, 201)
    curve = pd.DataFrame({"cut": marks, "fail_rate": [_fail(known, one) for one in marks]})
    names = ["lowest_cut", "highest_cut", "lowest_fail", "highest_fail"]
    return Hofstee(table, pd.Series(panel, index=names), curve)


def _check_limits(values: Floats) -> None:
    """Raise `InvalidInput` for the first judge whose limits are upside down or impossible."""
    upside_down = (values[:, 0] > values[:, 1]) | (values[:, 2] > values[:, 3])
    wrong = upside_down | (values[:, 2] < 0) | (values[:, 3] > 1)
    if wrong.any():
        raise InvalidInput(
            _("A judge's limits are {values}; give the lower limit first and fail rates from 0 to 100 percent."),
            values=", ".join(f"{one:g}" for one in values[wrong][0]),
        )


_OUTSIDE = _("the curve does not cross the judges' limits: the nearest end is given")


def _fail(ordered: Floats, cut: float) -> float:
    return float((~passes(ordered, cut)).mean())


def _crossing(limits: Floats, ordered: Floats) -> tuple[float, bool]:
    """Find where the share that fails passes the falling diagonal; the curve rises, so halving finds it."""
    first, last, least, most = limits

    def above(cut: float) -> bool:
        line = most if last <= first else most - (most - least) * (cut - first) / (last - first)
        return _fail(ordered, cut) >= line

    if above(first):
        return float(first), False
    if not above(last):
        return float(last), False
    low, high = float(first), float(last)
    for _turn in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if above(middle) else (middle, high)
    return high, True
