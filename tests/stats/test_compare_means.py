import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.compare.adjustment import adjusted
from svclib.stats.compare.groups import CompareNote
from svclib.stats.estimate import COLUMNS, Note

R = json.loads((Path(__file__).parent / "reference" / "group_comparisons.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits(table):
    return table("visits")


@pytest.fixture(scope="module")
def two(visits):
    return visits[visits["channel"].isin(["app", "branch"])]


def frame(**groups):
    """A frame of groups: east=[1, 2], …"""
    rows = [(name, value) for name, values in groups.items() for value in values]
    return pd.DataFrame(rows, columns=["branch", "x"]).astype({"x": float})


@pytest.mark.parametrize(("method", "name"), [("Student t", "t_equal"), ("Welch t", "t_welch")])
def test_t_tests_are_those_of_r(two, method, name):
    row = stats.compare_means(two, "csat", "channel").set_index("method").loc[method]
    told = [row["statistic"], row["df"], row["p_value"], row["low"], row["high"]]
    assert told == pytest.approx([R[name]["statistic"], R[name]["df"], R[name]["p"], *R[name]["ci"]], rel=1e-10)
    assert (row["first"], row["second"]) == ("app", "branch")


def test_hedges_g_is_that_of_effectsize(two):
    row = stats.compare_means(two, "csat", "channel").set_index("term").loc["hedges_g"]
    assert row["estimate"] == pytest.approx(R["hedges_g"]["Hedges_g"], rel=1e-10)
    # effectsize searches the noncentrality to about four digits
    assert [row["low"], row["high"]] == pytest.approx([R["hedges_g"]["CI_low"], R["hedges_g"]["CI_high"]], rel=1e-4)


def test_analysis_of_variance_is_that_of_r(visits):
    row = stats.compare_means(visits, "csat", "segment").set_index("term").loc["eta2"]
    told = [row["statistic"], row["df"], row["df2"], row["p_value"], row["estimate"]]
    expected = [R["anova"]["F value"][0], *R["anova"]["Df"], R["anova"]["Pr(>F)"][0], R["eta2"]["Eta2"]]
    assert told == pytest.approx(expected, rel=1e-10)


def test_welch_analysis_of_variance_is_that_of_r(visits):
    row = stats.compare_means(visits, "csat", "segment").set_index("method").loc["Welch F"]
    expected = [R["oneway_welch"]["statistic"], *R["oneway_welch"]["df"], R["oneway_welch"]["p"]]
    assert [row["statistic"], row["df"], row["df2"], row["p_value"]] == pytest.approx(expected, rel=1e-10)


def test_omega_squared_is_that_of_effectsize(visits):
    rows = stats.compare_means(visits, "csat", "segment")
    assert rows.loc[1, "estimate"] == pytest.approx(R["omega2"]["Omega2"], rel=1e-10)


def test_the_interval_of_eta_squared_has_the_noncentrality_of_effectsize(visits):
    low = stats.compare_means(visits, "csat", "segment", level=0.9).loc[0, "low"]
    reference = R["eta2"]["CI_low"]
    # effectsize divides the noncentrality by the residual degrees of freedom, we by n (Steiger 2004)
    assert low / (1 - low) * 1500 == pytest.approx(reference / (1 - reference) * 1497, rel=1e-3)


def test_the_frame_has_the_columns_of_an_estimate(two):
    columns = ["first", "second", *COLUMNS, "statistic", "df2", "p_value"]
    assert list(stats.compare_means(two, "csat", "channel").columns) == columns


def test_pairs_are_welch_tests_of_two_groups(visits, two):
    rows = stats.pairwise_means(visits, "csat", "channel", adjust="none").set_index(["first", "second"])
    row = rows.loc[("app", "branch")]
    assert row["p_value"] == row["p_adjusted"] == pytest.approx(R["t_welch"]["p"], rel=1e-10)
    assert row["hedges_g"] == pytest.approx(R["hedges_g"]["Hedges_g"], rel=1e-10)
    assert len(rows) == visits["channel"].nunique() * (visits["channel"].nunique() - 1) / 2


@pytest.mark.parametrize(("method", "name"), [("holm", "holm"), ("bh", "BH"), ("bonferroni", "bonferroni")])
def test_adjusted_p_values_are_those_of_r(method, name):
    p_values = np.array([0.2, 0.001, 0.012, 0.03, 0.02, 0.049])
    expected = np.array(R["p_adjust"][name])[[5, 0, 1, 3, 2, 4]]
    np.testing.assert_allclose(adjusted(p_values, method), expected, rtol=1e-12)


def test_a_missing_p_value_does_not_count():
    np.testing.assert_allclose(adjusted(np.array([0.01, np.nan, 0.02]), "holm"), [0.02, np.nan, 0.02])


@pytest.mark.parametrize(
    ("groups", "notes"),
    [
        ({}, {CompareNote.TWO_GROUPS}),
        ({"a": [1, 2, 3]}, {CompareNote.TWO_GROUPS}),
        ({"a": [0.1] * 7, "b": [0.1] * 9}, {CompareNote.NO_SPREAD}),
        ({"a": [1], "b": [2]}, {CompareNote.NO_SPREAD, CompareNote.GROUP_OF_ONE}),
        ({"a": [1], "b": [2, 3, 4]}, {CompareNote.GROUP_OF_ONE, Note.TOO_FEW}),
        ({"a": [0.1] * 6, "b": [0.2] * 6, "c": [0.3] * 6}, {CompareNote.NO_SPREAD}),
        ({"a": [1, 2], "b": [2, 3], "c": [5]}, {CompareNote.GROUP_OF_ONE, Note.TOO_FEW}),
        ({"a": [1, 2] * 3, "b": [2, 3] * 3, "c": [5] * 6}, {CompareNote.GROUP_ALIKE, ""}),
    ],
)
def test_what_cannot_be_told_is_missing_with_a_note(groups, notes):
    rows = stats.compare_means(frame(**groups), "x", "branch")
    assert set(rows["note"]) == notes
    assert (rows.loc[rows["p_value"].isna() | rows["low"].isna(), "note"] != "").all()


def test_rows_without_answer_or_group_are_left_out(two):
    holed = pd.concat([two, two.head(3).assign(csat=np.nan), two.head(3).assign(channel=None)])
    pd.testing.assert_frame_equal(
        stats.compare_means(holed, "csat", "channel"), stats.compare_means(two, "csat", "channel")
    )


def test_an_empty_category_is_no_group(two):
    typed = two.assign(channel=pd.Categorical(two["channel"], ["web", "branch", "app"]))
    row = stats.compare_means(typed, "csat", "channel").loc[0]
    assert (row["first"], row["second"]) == ("branch", "app")
    assert row["estimate"] < 0


def test_text_names_the_column_and_the_mend(visits):
    with pytest.raises(InvalidInput, match=r'"region" holds .* convert it'):
        stats.compare_means(visits, "region", "channel")


def test_an_absent_group_column_is_named(visits):
    with pytest.raises(InvalidInput, match='no column "chanel"'):
        stats.compare_means(visits, "csat", "chanel")


def test_lists_cannot_be_grouped_by():
    with pytest.raises(InvalidInput, match='"why" holds lists'):
        stats.compare_means(pd.DataFrame({"why": [["a"], ["b"]], "x": [1.0, 2.0]}), "x", "why")


def test_too_many_groups_are_refused_in_pairs():
    with pytest.raises(InvalidInput, match="200 groups"):
        stats.pairwise_means(pd.DataFrame({"who": range(200), "x": 1.0}), "x", "who")


def test_an_unknown_adjustment_is_named(two):
    with pytest.raises(InvalidInput, match="holm, bh, bonferroni, none"):
        stats.pairwise_means(two, "csat", "channel", adjust="tukey")


def test_pairs_of_one_group_are_none():
    assert stats.pairwise_means(frame(a=[1, 2]), "x", "branch").empty


@pytest.mark.parametrize("third", [[], [3e6 + x / 1000 for x in range(20)]])
def test_an_effect_too_extreme_for_an_interval_is_noted(third):
    near, far = [x / 1000 for x in range(20)], [1e9 + x / 1000 for x in range(20)]
    rows = stats.compare_means(frame(a=near, b=far, c=third), "x", "branch")
    assert (rows["low"].isna() == (rows["note"] == CompareNote.NO_INTERVAL)).all()
    told = rows[rows["low"].notna()]
    assert (told["low"] <= told["high"]).all()


@pytest.mark.parametrize("by", [["channel", "segment"], None])
def test_groups_come_from_one_column(visits, by):
    with pytest.raises(InvalidInput, match="names no single column"):
        stats.compare_means(visits, "csat", by)


def test_a_number_too_large_is_named():
    with pytest.raises(InvalidInput, match='"x" holds a number beyond'):
        stats.compare_means(frame(a=[1e300, 1], b=[2, 3]), "x", "branch")


def test_on_a_scale_the_interval_of_the_difference_stays_within_what_can_be():
    data = pd.DataFrame({"branch": ["a"] * 5 + ["b"] * 40, "score": [5.0, 5, 5, 5, 4] + [5.0, 4, 3, 2] * 10})
    plain, scaled = (stats.compare_means(data, "score", "branch", scale=scale).iloc[1] for scale in (None, (1, 5)))
    assert scaled["estimate"] == plain["estimate"]
    assert scaled["p_value"] == plain["p_value"]
    assert scaled["method"] == "Welch t, score interval"
    assert scaled["high"] < plain["high"]
    assert scaled["low"] < scaled["estimate"] < scaled["high"]


def test_the_interval_on_a_scale_turns_with_the_groups():
    data = pd.DataFrame({"branch": ["a"] * 6 + ["b"] * 9, "score": [5.0, 5, 4, 5, 3, 5] + [4.0, 3, 5] * 3})
    there, back = (
        stats.pairwise_means(part, "score", "branch", scale=(1, 5)).iloc[0] for part in (data, data.replace({"a": "z"}))
    )
    assert [back["low"], back["high"]] == pytest.approx([-there["high"], -there["low"]])


def test_answers_beyond_the_scale_are_named():
    data = pd.DataFrame({"branch": ["a", "a", "b", "b"], "score": [5.0, 6, 4, 3]})
    with pytest.raises(InvalidInput, match='"score" holds 6, outside the scale'):
        stats.compare_means(data, "score", "branch", scale=(1, 5))
