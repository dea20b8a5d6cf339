"""The Spring Festival moves between January and February, and a bank's volumes with it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.marks import _

NEW_YEARS = tuple(
    date(2015 + place, month, day)
    for place, (month, day) in enumerate(
        [
            (2, 19), (2, 8), (1, 28), (2, 16), (2, 5), (1, 25), (2, 12), (2, 1), (1, 22), (2, 10), (1, 29), (2, 17),
            (2, 6), (1, 26), (2, 13), (2, 3), (1, 23), (2, 11), (1, 31), (2, 19), (2, 8), (1, 28), (2, 15), (2, 4),
            (1, 24), (2, 12),
        ]
    )
)  # fmt: skip
"""First days of the Chinese year, 2015 to 2040 (GB/T 33661-2017: the day of the new moon at 120° east)."""


def festival_share(month: Ints, window: tuple[int, int], months: int = 1) -> Floats:
    """Share of the days around the New Year that falls in each month, less the month's average over the years.

    Parameters
    ----------
    month : (steps,) int
        Months since the year 0.
    window : tuple of int
        First and last day that count, from the New Year: (0, 6) is the week from it on.
    months : int
        Months in a step.

    Raises
    ------
    InvalidInput
        If a year lies outside 2015 to 2040, or the window is none.

    Examples
    --------
    >>> january, february = 2025 * 12, 2025 * 12 + 1  # New Year on 29 January
    >>> festival_share(np.array([january, february]), (0, 6)).round(2).tolist()
    [0.18, -0.18]
    """
    first, last = window
    if first > last or abs(first) > 45 or abs(last) > 45:
        raise InvalidInput(
            _("festival is {window}; give the first and the last day from the New Year, such as (0, 6)."), window=window
        )
    years = np.asarray(month) // 12
    if len(years) and (years.min() < NEW_YEARS[0].year or years.max() > NEW_YEARS[-1].year):
        raise InvalidInput(
            _("The dates of the Spring Festival are known from {first} to {last} only; leave out festival."),
            first=NEW_YEARS[0].year,
            last=NEW_YEARS[-1].year,
        )
    table: dict[int, float] = {}
    for day in (start + timedelta(days=one) for start in NEW_YEARS for one in range(first, last + 1)):
        place = (day.year * 12 + day.month - 1) // months
        table[place] = table.get(place, 0.0) + 1 / (last - first + 1)
    turn = 12 // months
    usual = np.zeros(turn)
    for place, share in table.items():
        usual[place % turn] += share / len(NEW_YEARS)
    steps = np.asarray(month) // months
    return np.array([table.get(int(step), 0.0) - usual[int(step) % turn] for step in steps])
