import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput


@pytest.fixture
def stamps():
    return pd.DataFrame(
        {
            "opened": pd.to_datetime(["2026-03-01 09:00", "2026-03-02 10:00", "2026-03-05 00:00"]),
            "closed": pd.to_datetime(["2026-03-01 15:00", None, "2026-03-20 12:00"]),
            "end": ["solved", None, "withdrawn"],
        },
        index=["A1", "A2", "A3"],
    )


def test_hours_to_the_end_or_until_now(stamps):
    found = stats.clock(stamps, "opened", "closed", now="2026-03-10")
    assert found["time"].tolist() == [6, 182, 120]
    assert found["event"].tolist() == [True, False, False]


@pytest.mark.parametrize(("unit", "expected"), [("minutes", 360), ("hours", 6), ("days", 0.25)])
def test_units(stamps, unit, expected):
    assert stats.clock(stamps, "opened", "closed", now="2026-03-31", unit=unit)["time"].iloc[0] == expected


def test_what_ended_after_now_is_open_then(stamps):
    later = stats.clock(stamps, "opened", "closed", now="2026-03-31", outcome="end")
    assert later["event"].tolist() == [True, False, True]
    assert later["cause"].tolist()[::2] == ["solved", "withdrawn"]
    early = stats.clock(stamps, "opened", "closed", now="2026-03-10", outcome="end")
    assert pd.isna(early["cause"].iloc[2])


@pytest.mark.parametrize("pause", [[1.0, np.nan, 0.0], pd.to_timedelta(["1h", None, "0h"])])
def test_the_clock_stands_while_paused(stamps, pause):
    found = stats.clock(stamps.assign(paused=pause), "opened", "closed", now="2026-03-10", paused="paused")
    assert found["time"].tolist() == [5, 182, 120]


def test_time_zones_are_kept(stamps):
    zoned = stamps.assign(**{name: stamps[name].dt.tz_localize("Asia/Shanghai") for name in ("opened", "closed")})
    found = stats.clock(zoned, "opened", "closed", now=pd.Timestamp("2026-03-09 16:00", tz="UTC"))
    assert found["time"].tolist() == [6, 182, 120]


def test_all_open_cases_need_no_closing_type():
    cases = pd.DataFrame({"opened": ["2026-03-01", "2026-03-02"], "closed": [None, None]})
    found = stats.clock(cases, "opened", "closed", now="2026-03-03", unit="days")
    assert found["time"].tolist() == [2, 1]
    assert not found["event"].any()


def test_opened_and_closed_at_once_is_time_0(stamps):
    found = stats.clock(stamps.assign(closed=stamps["opened"]), "opened", "closed", now="2026-03-10")
    assert found["time"].tolist() == [0, 0, 0]
    assert stats.kaplan_meier(found, "time", "event").at(0)["estimate"].item() == 0


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (
            {"closed": pd.Timestamp("2026-02-01")},
            {},
            r'"closed" lies before the case was opened in 3 rows \(first in row A1',
        ),
        ({"opened": pd.NaT}, {}, r'"opened" is missing in 3 rows \(first in row A1\)'),
        ({}, {"now": "2026-03-04"}, r'"opened" lies after now in 1 rows \(first in row A3\)'),
        ({}, {"now": "soon"}, 'now is "soon"'),
        ({}, {"now": pd.NaT}, "now is missing"),
        ({}, {"unit": "weeks"}, 'unit is "weeks"'),
        ({"time": 1}, {}, 'has a column "time" already'),
        ({"paused": -1.0}, {"paused": "paused"}, r'"paused" is negative in 3 rows'),
        (
            {"paused": 150.0},
            {"paused": "paused"},
            r'"paused" is longer than the case was open in 2 rows \(first in row A1',
        ),
        ({"end": None}, {"outcome": "end"}, '"end" is missing though the case ended in 1 rows'),
        ({"closed": "yesterday"}, {}, '"closed" holds .*no time stamp'),
        ({"closed": 5}, {}, '"closed" holds numbers'),
        ({}, {"now": pd.Timestamp("2026-03-10", tz="UTC")}, "must all have a time zone"),
    ],
)
def test_what_cannot_be_is_named_by_row(stamps, change, options, message):
    with pytest.raises(InvalidInput, match=message):
        stats.clock(stamps.assign(**change), "opened", "closed", **{"now": "2026-03-10", **options})
