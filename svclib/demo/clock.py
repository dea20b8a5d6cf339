"""A clock that is set, so that a year is laid down in a minute and every line of the trail has its time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


class Clock:
    """Stands where it was set; never runs backwards past `start` by itself."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        """The moment."""
        return self.now

    def set(self, day: date, hour: time) -> None:
        """Set to an hour of a day in Shanghai."""
        self.now = self.moment(day, hour)

    def to(self, moment: datetime) -> None:
        """Set to a moment."""
        self.now = moment

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.now += timedelta(seconds=seconds)

    @staticmethod
    def moment(day: date, hour: time) -> datetime:
        """An hour of a day in Shanghai, in UTC."""
        return datetime.combine(day, hour, ZONE).astimezone(UTC)


def months_before(anchor: date, number: int) -> list[date]:
    """The first days of the `number` whole months before `anchor`'s month, the oldest first.

    >>> months_before(date(2025, 3, 9), 2)
    [datetime.date(2025, 1, 1), datetime.date(2025, 2, 1)]
    """
    first = anchor.replace(day=1)
    found = []
    for _month in range(number):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(first)
    return found[::-1]
