import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.stats.estimate import Note
from svclib.stats.intervals import difference


def months(*shares, n=400):
    rows = [(f"2026-{i + 1:02d}", 5 if j < share * n else 1) for i, share in enumerate(shares) for j in range(n)]
    return pd.DataFrame(rows, columns=["month", "x"])


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe (1998), table II: 56/70 less 48/80 has the interval 0.0524 to 0.3339 by method 10.
    from svclib.stats.intervals import wilson

    first = wilson(np.array([48 / 80]), np.array([80.0]), 0.95)
    second = wilson(np.array([56 / 70]), np.array([70.0]), 0.95)
    low, high = difference(np.array([48 / 80]), *first, np.array([56 / 70]), *second)
    assert [low.item(), high.item()] == pytest.approx([0.0524, 0.3339], abs=5e-5)


def test_a_fall_beyond_chance_is_down_and_a_wobble_is_steady():
    rows = stats.changes(stats.csat(months(0.9, 0.6, 0.61), "x", by="month"))
    assert rows["direction"].tolist() == ["unknown", "down", "steady"]
    assert rows["estimate"].iloc[1] == pytest.approx(-0.3)
    assert rows["previous"].iloc[1] == pytest.approx(0.9)


def test_the_first_month_has_nothing_to_compare_with():
    assert stats.changes(stats.csat(months(0.9, 0.6), "x", by="month"))["note"].tolist() == [Note.NO_PREVIOUS, ""]


def test_months_are_put_in_order():
    estimates = stats.csat(months(0.9, 0.6), "x", by="month").iloc[::-1]
    assert stats.changes(estimates)["month"].tolist() == ["2026-01", "2026-02"]


def test_branches_are_followed_apart():
    data = pd.concat([months(0.9, 0.6).assign(branch="a"), months(0.6, 0.9).assign(branch="b")])
    rows = stats.changes(stats.csat(data, "x", by=["branch", "month"]), by="branch")
    assert rows["direction"].tolist() == ["unknown", "down", "unknown", "up"]


@settings(max_examples=50, deadline=None)
@given(*[st.floats(0, 1) for _ in range(2)], *[st.floats(0, 0.3) for _ in range(4)])
def test_the_difference_turns_with_its_sides(a, b, a_down, a_up, b_down, b_up):
    first, second = (
        [np.array([v]) for v in (a, a - a_down, a + a_up)],
        [np.array([v]) for v in (b, b - b_down, b + b_up)],
    )
    low, high = difference(*first, *second)
    back_low, back_high = difference(*second, *first)
    assert low == pytest.approx(-back_high)
    assert high == pytest.approx(-back_low)


def test_a_target_is_met_only_by_the_whole_interval():
    rows = pd.DataFrame({"low": [0.9, 0.89, np.nan], "high": [0.95, 0.95, np.nan]})
    assert stats.against_target(rows, 0.9)["standing"].tolist() == ["met", "unknown", "unknown"]


def test_a_target_from_above_is_met_below_it():
    rows = pd.DataFrame({"low": [1.0, 4.0, 6.0], "high": [4.0, 6.0, 8.0]})
    assert stats.against_target(rows, 5, higher_is_better=False)["standing"].tolist() == ["met", "unknown", "not_met"]
