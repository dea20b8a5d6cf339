import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.compare.adjustment import adjusted
from svclib.stats.compare.effects import dominance_interval
from svclib.stats.compare.groups import CompareNote
from svclib.stats.estimate import Note

R = json.loads((Path(__file__).parent / "reference" / "group_comparisons.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits(table):
    return table("visits")


@pytest.fixture(scope="module")
def two(visits):
    return visits[visits["channel"].isin(["app", "branch"])]


def frame(**groups):
    rows = [(name, value) for name, values in groups.items() for value in values]
    return pd.DataFrame(rows, columns=["branch", "x"]).astype({"x": float})


def test_mann_whitney_is_that_of_r(two):
    row = stats.compare_ranks(two, "nps", "channel").loc[0]
    assert row["statistic"] == R["wilcoxon"]["statistic"]
    assert row["p_value"] == pytest.approx(R["wilcoxon"]["p"], rel=1e-10)


def test_cliffs_delta_is_the_rank_biserial_correlation(two):
    row = stats.compare_ranks(two, "nps", "channel").loc[0]
    assert row["estimate"] == pytest.approx(R["rank_biserial"]["r_rank_biserial"], rel=1e-10)
    # effectsize's error is that of no effect and no ties; ours that of the answers
    assert [row["low"], row["high"]] == pytest.approx(
        [R["rank_biserial"]["CI_low"], R["rank_biserial"]["CI_high"]], abs=0.01
    )


def test_small_groups_without_ties_are_counted_out():
    row = stats.compare_ranks(frame(a=[1, 2, 3], b=[4, 5, 6]), "x", "branch").loc[0]
    assert row["method"] == "Mann–Whitney, exact"
    assert row["p_value"] == pytest.approx(2 / 20)


@pytest.mark.parametrize(
    ("column", "by", "name"), [("nps", "segment", "kruskal"), ("wait_minutes", "age_band", "kruskal_age")]
)
def test_kruskal_wallis_is_that_of_r(visits, column, by, name):
    row = stats.compare_ranks(visits, column, by).loc[0]
    expected = [R[name]["statistic"], R[name]["df"], R[name]["p"]]
    assert [row["statistic"], row["df"], row["p_value"]] == pytest.approx(expected, rel=1e-10)


def test_epsilon_squared_is_that_of_effectsize_within_its_interval(visits):
    row = stats.compare_ranks(visits, "nps", "segment").loc[0]
    assert row["estimate"] == pytest.approx(R["rank_epsilon2"]["rank_epsilon_squared"], rel=1e-10)
    assert 0 < row["low"] < row["estimate"] < row["high"] < 0.05


def test_dunn_is_that_of_r(visits):
    rows = stats.pairwise_ranks(visits, "nps", "age_band").set_index(["first", "second"])
    expected = R["dunn_holm_age"]
    pairs = [tuple(text.split(" - ")) for text in expected["comparisons"]]
    np.testing.assert_allclose(rows.loc[pairs, "statistic"], expected["Z"], rtol=1e-10)
    np.testing.assert_allclose(rows.loc[pairs, "p_value"], expected["altP"], rtol=1e-10)


@pytest.mark.parametrize("adjust", ["holm", "bh"])
def test_the_smallest_adjusted_p_values_of_dunn_are_those_of_r(visits, adjust):
    # dunn.test leaves out the step that keeps larger p values from being adjusted below smaller ones
    rows = stats.pairwise_ranks(visits, "nps", "age_band", adjust=adjust).set_index(["first", "second"])
    expected = R[f"dunn_{adjust}_age"]
    pairs = [tuple(text.split(" - ")) for text in expected["comparisons"]]
    mine = rows.loc[pairs, "p_adjusted"].to_numpy()
    np.testing.assert_allclose(mine, adjusted(np.array(expected["altP"]), adjust), rtol=1e-9)
    assert mine[1] == pytest.approx(expected["altP.adjusted"][1], rel=1e-10)


def test_order_of_groups_turns_the_sign(two):
    typed = two.assign(channel=pd.Categorical(two["channel"], ["branch", "app"]))
    mine, turned = (
        stats.compare_ranks(two, "nps", "channel").loc[0],
        stats.compare_ranks(typed, "nps", "channel").loc[0],
    )
    assert turned["estimate"] == pytest.approx(-mine["estimate"])
    assert turned["low"] == pytest.approx(-mine["high"])


def test_the_interval_at_the_end_of_the_scale_stays_open_inwards():
    row = stats.compare_ranks(frame(a=[5, 6, 7, 8, 9, 10], b=[1, 2, 3, 4, 1, 2]), "x", "branch").loc[0]
    assert row["estimate"] == row["high"] == 1
    assert 0 < row["low"] < 0.5


def test_monotone_transformations_change_nothing(two):
    bent = two.assign(nps=np.exp(two["nps"].astype(float)))
    pd.testing.assert_frame_equal(
        stats.compare_ranks(bent, "nps", "channel"), stats.compare_ranks(two, "nps", "channel")
    )


@pytest.mark.parametrize(
    ("groups", "note"),
    [
        ({}, CompareNote.TWO_GROUPS),
        ({"a": [3, 3]}, CompareNote.TWO_GROUPS),
        ({"a": [3] * 6, "b": [3] * 6}, Note.ALL_EQUAL),
        ({"a": [3] * 6, "b": [3] * 6, "c": [3] * 6}, Note.ALL_EQUAL),
        ({"a": [1], "b": [2, 3, 4]}, CompareNote.GROUP_OF_ONE),
        ({"a": [1], "b": [2], "c": [3]}, CompareNote.NO_INTERVAL),
        ({"a": [1] * 6, "b": [2] * 6, "c": [3] * 6}, CompareNote.NO_INTERVAL),
        ({"a": [1, 2], "b": [2, 3]}, Note.TOO_FEW),
    ],
)
def test_what_cannot_be_told_is_missing_with_a_note(groups, note):
    assert stats.compare_ranks(frame(**groups), "x", "branch")["note"].tolist() == [note]


def test_pairs_of_equal_answers_have_a_note():
    rows = stats.pairwise_ranks(frame(a=[3] * 6, b=[3] * 6, c=[3] * 6), "x", "branch")
    assert set(rows["note"]) == {Note.ALL_EQUAL}
    assert rows["p_value"].isna().all()


def test_pairs_of_one_group_are_none():
    assert stats.pairwise_ranks(frame(a=[1, 2]), "x", "branch").empty


def test_text_names_the_column_and_the_mend(visits):
    with pytest.raises(InvalidInput, match=r'"region" holds .* convert it'):
        stats.compare_ranks(visits, "region", "channel")


def test_the_interval_of_cliffs_delta_turns_with_the_groups():
    low, high = dominance_interval(0.6, 0.12, 20.0, (12, 30), 0.95)
    assert dominance_interval(-0.6, 0.12, 20.0, (30, 12), 0.95) == pytest.approx((-high, -low), rel=1e-9)
    assert -1 < low < 0.6 < high < 1


def test_groups_wholly_apart_still_have_an_interval():
    low, high = dominance_interval(1.0, 0.0, np.nan, (8, 8), 0.95)
    assert 0.2 < low < 0.6
    assert high == pytest.approx(1)


def test_a_wider_spread_of_the_answers_widens_the_interval():
    narrow, wide = (np.diff(dominance_interval(0.3, error, 30.0, (20, 20), 0.95)) for error in (0.16, 0.2))
    assert wide > narrow * 1.1
