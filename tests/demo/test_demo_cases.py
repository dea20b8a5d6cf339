import pandas as pd
import pytest

from svclib import stats
from svclib.demo.cases import NOW, cases


@pytest.fixture(scope="module")
def made():
    return cases(2000)


def test_the_same_seed_makes_the_same_cases(made):
    pd.testing.assert_frame_equal(made, cases(2000))
    assert not made.equals(cases(2000, seed=2))


def test_nothing_happens_after_now_or_before_the_opening(made):
    for name in ("first_response_at", "resolved_at"):
        assert (made[name].dropna() <= NOW).all()
        assert (made[name].dropna() >= made.loc[made[name].notna(), "opened_at"]).all()
    assert (made["outcome"].isna() == made["resolved_at"].isna()).all()


def test_some_cases_are_open_and_there_are_three_ways_to_end(made):
    assert 0 < made["resolved_at"].isna().mean() < 0.2
    assert set(made["outcome"].dropna()) == {"resolved", "withdrawn", "escalated"}


def test_what_there_is_to_find_is_found(made):
    closed = stats.clock(made, "opened_at", "resolved_at", now=NOW, unit="days", outcome="outcome")
    ratios = stats.cox(closed, "time", "event", ["severity", "branch"]).frame.set_index("term")["hazard_ratio"]
    assert ratios["severity[high]"] < ratios["severity[medium]"] < 1
    assert ratios["branch[b04]"] < 0.8
    answered = stats.clock(made, "opened_at", "first_response_at", now=NOW)
    first = stats.kaplan_meier(answered, "time", "event", by="channel").within(24).set_index("channel")["estimate"]
    assert first["phone"] > first["app"] > first["email"]
