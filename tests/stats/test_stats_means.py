import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import Note


def test_the_weighted_mean_is_that_of_r(reference, table):
    expected = reference["survey_design"]["mean_weights_only"]
    for position, column in enumerate(("csat", "wait_minutes")):
        row = stats.mean(table("visits"), column, weights="weight").iloc[0]
        assert row["estimate"] == pytest.approx(expected["est"][position], rel=1e-12)
        assert row["std_error"] == pytest.approx(expected["se"][position], rel=1e-10)


def test_the_mean_has_the_interval_of_the_t_test(reference, table):
    row = stats.mean(table("visits"), "csat").iloc[0]
    assert [row["low"], row["high"]] == pytest.approx(reference["group_comparisons"]["t_one_sample"]["ci"], rel=1e-10)


def test_one_answer_has_a_mean_and_no_interval():
    row = stats.mean(pd.DataFrame({"x": [3.0]}), "x").iloc[0]
    assert row["estimate"] == 3
    assert np.isnan(row["low"])
    assert row["note"] == Note.ONE_ANSWER


def test_equal_answers_have_no_interval():
    row = stats.mean(pd.DataFrame({"x": [3.0] * 9}), "x").iloc[0]
    assert np.isnan(row["low"])
    assert row["note"] == Note.ALL_EQUAL


def test_an_infinite_number_is_refused():
    with pytest.raises(InvalidInput, match="infinite"):
        stats.mean(pd.DataFrame({"x": [1.0, np.inf]}), "x")


def test_something_else_than_a_frame_is_refused():
    with pytest.raises(InvalidInput, match="list"):
        stats.mean([1, 2], "x")


@pytest.mark.parametrize("level", [0, 1, 95])
def test_an_impossible_level_is_refused(level):
    with pytest.raises(InvalidInput, match="level"):
        stats.mean(pd.DataFrame({"x": [1.0, 2.0]}), "x", level=level)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=3, max_size=30), st.floats(0.01, 100), st.integers(-20, 20))
def test_the_mean_follows_shift_and_scale(values, scale, shift):
    x = np.array(values, dtype=float)
    first = stats.mean(pd.DataFrame({"x": x}), "x")[["estimate", "low", "high"]].to_numpy(float)
    moved = stats.mean(pd.DataFrame({"x": x * scale + shift}), "x")[["estimate", "low", "high"]].to_numpy(float)
    np.testing.assert_allclose(first * scale + shift, moved, rtol=1e-6, atol=1e-6 * scale + 1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 4)), min_size=2, max_size=20))
def test_whole_weights_give_the_mean_of_repeated_rows(rows):
    data = pd.DataFrame(rows, columns=["x", "w"]).astype(float)
    repeated = data.loc[data.index.repeat(data["w"].astype(int))]
    assert stats.mean(data, "x", weights="w")["estimate"].item() == pytest.approx(repeated["x"].mean())


def test_shares_of_a_distribution_add_up_to_one():
    data = pd.DataFrame({"channel": ["app", "app", "web", None]})
    rows = stats.proportion(data, "channel")
    assert rows["term"].tolist() == ["app", "web"]
    assert rows["estimate"].sum() == pytest.approx(1)
    assert rows["n"].tolist() == [3, 3]


def test_a_distribution_keeps_the_order_and_the_empty_values_of_categories():
    channel = pd.Categorical(["web", "app"], categories=["web", "phone", "app"])
    rows = stats.proportion(pd.DataFrame({"channel": channel}), "channel")
    assert rows["term"].tolist() == ["web", "phone", "app"]
    assert rows["estimate"].tolist() == [0.5, 0.0, 0.5]


def test_a_distribution_by_group_lists_the_values_group_by_group():
    data = pd.DataFrame({"channel": ["app", "web", "app"], "branch": ["b", "b", "a"]})
    rows = stats.proportion(data, "channel", by="branch")
    assert rows[["branch", "term"]].to_numpy().tolist() == [["a", "app"], ["a", "web"], ["b", "app"], ["b", "web"]]


def test_a_boolean_column_gives_the_share_of_true():
    rows = stats.proportion(pd.DataFrame({"solved": pd.array([True, False, None, True], dtype="boolean")}), "solved")
    assert rows["estimate"].item() == pytest.approx(2 / 3)
    assert rows["term"].item() == "solved"


def test_several_values_can_count_together():
    rows = stats.proportion(
        pd.DataFrame({"channel": ["app", "web", "phone", "app"]}), "channel", success=["app", "web"]
    )
    assert rows["estimate"].item() == 0.75


def test_a_distribution_asks_for_more_answers_than_a_share():
    data = pd.DataFrame({"channel": ["app"] * 6})
    assert stats.proportion(data, "channel")["note"].item() == Note.TOO_FEW
    assert stats.proportion(data, "channel", success="app")["note"].item() == ""


def test_a_column_without_any_value_gives_one_row():
    rows = stats.proportion(pd.DataFrame({"channel": [None, None]}), "channel")
    assert rows["note"].tolist() == [Note.NO_ANSWERS]


def test_complex_numbers_are_no_answers():
    with pytest.raises(InvalidInput, match=r'"x" holds \(1\+2j\), which is no number'):
        stats.mean(pd.DataFrame({"x": [1 + 2j, 3]}), "x")
