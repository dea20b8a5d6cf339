"""Pass marks by bookmarks: each judge marks the last page that a borderline candidate masters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import bdtr

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.cutscores.angoff import FEW, PanelNote
from svclib.stats.cutscores.booklet import RESPONSE_PROBABILITY, expected_at, ordered_booklet
from svclib.stats.cutscores.panel import t_limits
from svclib.stats.estimate import check_level, estimates
from svclib.stats.item_response.parameters import items_of
from svclib.stats.marks import _

Page = Literal["last_mastered", "first_missed"]
_MEDIAN = 1.2533


@dataclass(frozen=True, eq=False, repr=False)
class Bookmark:
    """A panel's pass mark by bookmarks.

    Attributes
    ----------
    frame : DataFrame
        ``round``, then an estimate; rows ``theta, median``, ``theta, mean`` and the expected scores there,
        ``score, median`` and ``score, mean``. The mean has a t interval; the median that of the sign test, which
        needs six judges.
    judges : DataFrame
        ``round, judge, page, theta, score, severity`` (theta less the panel's median), ``cut_without`` (the panel's
        median score without the judge), ``effect``, ``note``.
    booklet : DataFrame
        See `ordered_booklet`.
    highest : float
        Highest sum score.
    """

    frame: pd.DataFrame
    judges: pd.DataFrame
    booklet: pd.DataFrame
    highest: float

    @property
    def cut(self) -> float:
        """The median's expected score in the last round."""
        return float(self.frame.loc[self.frame["term"] == "score, median", "estimate"].iloc[-1])

    def __repr__(self) -> str:
        n = int(self.frame["n"].iloc[-1])
        return f"Bookmark(cut {self.cut:.2f} of {self.highest:g}, {n} judges, {len(self.booklet)} pages)"


def bookmark(
    placements: pd.DataFrame,
    items: Any,
    *,
    judge: str = "judge",
    page: str = "page",
    round: str | None = None,
    response_probability: float = RESPONSE_PROBABILITY,
    placed: Page = "last_mastered",
    level: float = 0.95,
) -> Bookmark:
    """Set a pass mark from the pages at which judges put their bookmarks.

    Parameters
    ----------
    placements : DataFrame
        One row a judge (and round).
    items : fit, frame or ItemParameters
        Calibrated items; `ordered_booklet` orders them.
    judge, page, round : str
        Columns; pages count from 1.
    response_probability : float
        Chance at which an item counts as mastered.
    placed : {"last_mastered", "first_missed"}
        Whether the page is the last that a borderline candidate masters, or the first no longer mastered.
    level : float

    Returns
    -------
    Bookmark

    Raises
    ------
    InvalidInput
        If a page is not in the booklet or a judge is there twice in a round.

    Notes
    -----
    Lewis, Mitzel and Green (1996). The mark is the ability at the page, and the expected sum score there.

    Examples
    --------
    >>> items = pd.DataFrame({"item": ["q1", "q2", "q3"], "a": [1.0, 1.0, 1.0], "b": [-1.0, 0.0, 1.0]})
    >>> mark = bookmark(pd.DataFrame({"judge": ["a", "b", "c"], "page": [2, 2, 3]}), items)
    >>> round(mark.cut, 3)
    1.935
    """
    check_level(level)
    if placed not in ("last_mastered", "first_missed"):
        raise InvalidInput(_('placed is {value}; give "last_mastered" or "first_missed".'), value=repr(placed))
    parameters = items_of(items)
    booklet = ordered_booklet(parameters, response_probability)
    table = _read(placements, judge, page, round, booklet, placed)
    theta = booklet["theta"].to_numpy()[table["at"].to_numpy(dtype=int) - 1] if len(table) else np.zeros(0)
    table = table.assign(theta=np.where(table["page"].isna(), np.nan, theta))
    frames, people = [], []
    for name, rows in table.groupby("round", sort=False, dropna=False):
        told = None if round is None else name
        frames.append(_panel(rows["theta"].to_numpy(), told, parameters, level))
        people.append(_judges(rows, told, parameters))
    return Bookmark(
        pd.concat(frames, ignore_index=True),
        pd.concat(people, ignore_index=True),
        booklet,
        float(parameters.highest.sum()),
    )


def _read(
    data: pd.DataFrame, judge: str, page: str, round: str | None, booklet: pd.DataFrame, placed: str
) -> pd.DataFrame:
    frame = check_frame(data).reset_index(drop=True)
    names = [judge] + ([round] if round is not None else [])
    check_columns(frame, names)
    pages = numbers(frame, page)
    if not len(frame):
        raise InvalidInput(_("There are no bookmarks: give one row a judge."))
    twice = frame.duplicated(names)
    if twice.any():
        raise InvalidInput(
            _('The judge "{judge}" is there twice; keep one row a round.'), judge=frame.loc[twice, judge].iloc[0]
        )
    last = int(booklet["page"].notna().sum())
    shift = 1 if placed == "first_missed" else 0
    known = ~np.isnan(pages)
    bad = known & ((pages != np.round(pages)) | (pages < 1 + shift) | (pages > last + shift))
    if bad.any():
        raise InvalidInput(
            _('The judge "{judge}" marks page {page}; the booklet has pages {first} to {last}.'),
            judge=frame.loc[bad, judge].iloc[0],
            page=f"{pages[bad][0]:g}",
            first=1 + shift,
            last=last + shift,
        )
    return pd.DataFrame(
        {
            "round": frame[round] if round is not None else 0,
            "judge": frame[judge],
            "page": pages,
            "at": np.where(known, pages - shift, 1),
        }
    )


def _panel(theta: Floats, name: Any, items: Any, level: float) -> pd.DataFrame:
    known = theta[np.isfinite(theta)]
    n = len(known)
    mean = float(known.mean()) if n else np.nan
    median = float(np.median(known)) if n else np.nan
    error = float(known.std(ddof=1) / np.sqrt(n)) if n > 1 else np.nan
    ends = [median, *median_limits(known, level), mean, *t_limits(mean, error, n - 1, level)]
    scores = expected_at(items, np.array(ends))
    errors = np.array([_MEDIAN * error, error])
    slope = [_slope(items, one) for one in (median, mean)]
    values = np.array([ends[:3], ends[3:], scores[:3], scores[3:]])
    note = str(PanelNote.NOBODY if not n else PanelNote.ONE if n == 1 else PanelNote.FEW if n < FEW else "")
    return estimates(
        pd.DataFrame({"round": [name] * 4}),
        term=["theta, median", "theta, mean", "score, median", "score, mean"],
        estimate=values[:, 0],
        std_error=[*errors, *(errors * slope)],
        low=values[:, 1],
        high=values[:, 2],
        n=n,
        level=level,
        df=[np.inf, max(n - 1, 0)] * 2,
        method="sign test of the median, t of the mean",
        note=note,
    )


def _slope(items: Any, theta: float) -> float:
    """Expected points per unit of ability."""
    step = 1e-4
    near = expected_at(items, np.array([theta - step, theta + step]))
    return float((near[1] - near[0]) / (2 * step))


def median_limits(values: Floats, level: float) -> tuple[float, float]:
    """Interval of a median between two ordered values (sign test); NaN with too few values."""
    ordered, n = np.sort(values), len(values)
    tail = (1 - level) / 2
    rank = max((k for k in range(n // 2 + 1) if k == 0 or bdtr(k - 1, n, 0.5) <= tail), default=0)
    if rank < 1:
        return float("nan"), float("nan")
    return float(ordered[rank - 1]), float(ordered[n - rank])


def _judges(rows: pd.DataFrame, name: Any, items: Any) -> pd.DataFrame:
    theta = rows["theta"].to_numpy()
    known = np.isfinite(theta)
    median = float(np.median(theta[known])) if known.any() else np.nan
    without = np.array(
        [
            np.median(np.delete(theta, place)[np.delete(known, place)]) if np.delete(known, place).any() else np.nan
            for place in range(len(theta))
        ]
    )
    cut = expected_at(items, np.array([median]))[0]
    left = np.where(known, expected_at(items, without), np.nan)
    return pd.DataFrame(
        {
            "round": name, "judge": rows["judge"].to_numpy(), "page": rows["page"].to_numpy(), "theta": theta,
            "score": expected_at(items, theta), "severity": theta - median, "cut_without": left, "effect": left - cut,
            "note": np.where(known, "", _NOTHING),
        }
    )  # fmt: skip


_NOTHING = _("Placed no bookmark: left out.")
