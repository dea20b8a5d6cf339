import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats import Design
from svclib.stats.compare.groups import CompareNote
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.estimate import COLUMNS, Note

REFERENCE = Path(__file__).parent / "reference"
RANKS = ["wilcoxon", "median", "vanderwaerden"]


def values(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))["values"]


R, PUBLIC = values("models_tests"), values("survey_design")


@pytest.fixture(scope="module")
def visits(table):
    data = table("visits")
    happy, app = (data["csat"] >= 4).astype(int), (data["channel"] == "app").astype(int)
    return data.assign(satisfied=happy, app=app, alone=data["id"] / 1e6 + data["wait_minutes"])


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


def same(row, expected, rel=1e-10):
    told = [-row["statistic"], row["df"], row["p_value"]]
    assert told == pytest.approx([expected["statistic"], expected["df"], expected["p"]], rel=rel)


def means(row, expected, rel=1e-10):
    """R takes the second group less the first, we the first less the second."""
    same(row, expected, rel)
    apart = expected["estimate"]["difference in mean"]
    assert [-row["estimate"], -row["high"], -row["low"]] == pytest.approx([apart, *expected["ci"]], rel=rel)


def test_two_means_equal_svyttest(design):
    means(design.compare("wait_minutes", "satisfied").iloc[0], PUBLIC["ttest_satisfied"])
    means(design.compare("wait_minutes", "app").iloc[0], R["t_test"])


def test_two_means_with_missing_answers_equal_svyttest(design):
    means(design.compare("q1", "app").iloc[0], R["t_missing"])


def test_two_means_of_replicates_equal_svyttest(visits):
    design = Design(visits, weights="weight", strata="region", cluster="branch").replicates("jkn")
    row = design.compare("wait_minutes", "app").iloc[0]
    means(row, R["t_replicates"])
    assert row["method"] == "t, jkn"


def test_two_means_of_a_subpopulation_equal_svyttest(design, visits):
    east = design.subpopulation((visits["region"] == "East").to_numpy())
    means(east.compare("wait_minutes", "app").iloc[0], R["t_domain"])


@pytest.mark.parametrize("method", RANKS)
def test_ranks_of_two_groups_equal_svyranktest(design, method):
    row, expected = design.compare("alone", "app", method=method).iloc[0], R[method]
    same(row, expected)
    apart = -expected["estimate"]["difference in mean rank score"]
    assert row["estimate"] == pytest.approx(apart + (0.5 if method == "wilcoxon" else 0), rel=1e-10)


def test_tied_ranks_in_the_order_of_rows_equal_svyranktest(design):
    row = design.compare("csat", "app", method="wilcoxon", ties="order").iloc[0]
    same(row, R["wilcoxon_ties"])
    assert 0.5 - row["estimate"] == pytest.approx(PUBLIC["ranktest"]["estimate"]["difference in mean rank score"])
    same(design.compare("csat", "app", method="median", ties="order").iloc[0], R["median_ties"])


@pytest.mark.parametrize(
    ("by", "method", "name"),
    [("segment", "wilcoxon", "many_wilcoxon"), ("segment", "vanderwaerden", "many_vanderwaerden"),
     ("channel", "median", "many_median")],
)  # fmt: skip
def test_ranks_of_several_groups_equal_svyranktest(design, by, method, name):
    row, expected = design.compare("alone", by, method=method).iloc[0], R[name]
    told = [row["statistic"] * row["df"], row["df"], row["df2"], row["p_value"]]
    assert told == pytest.approx(list(expected.values()), rel=1e-9)


def test_several_tied_groups_in_the_order_of_rows_equal_svyranktest(design):
    row = design.compare("csat", "segment", method="wilcoxon", ties="order").iloc[0]
    assert row["p_value"] == pytest.approx(PUBLIC["ranktest_kw"]["p.value"], rel=1e-9)


def test_several_means_equal_the_term_test_of_svyglm(design):
    row = design.compare("wait_minutes", "segment").iloc[0]
    told = [row["statistic"], row["df"], row["df2"], row["p_value"]]
    assert told == pytest.approx(list(R["many_means"].values()), rel=1e-9)


@pytest.mark.reference
def test_the_open_school_design_equals_svyranktest(published):
    read, tables = published
    expected = read("survey_api_open")["ranktest_wilcoxon"]
    design = Design(tables("apistrat"), strata="stype", weights="pw", fpc="fpc")
    row = design.compare("api00", "comp.imp", method="wilcoxon", ties="order").iloc[0]
    told = [-row["statistic"], row["df"], 0.5 - row["estimate"], row["p_value"]]
    assert told == pytest.approx(list(expected.values()), rel=1e-9)


def test_superiority_of_a_frame_is_half_of_cliffs_delta_and_a_half(visits):
    two = visits[visits["channel"].isin(["app", "branch"])]
    row = Design(two).compare("csat", "channel", method="wilcoxon").iloc[0]
    delta = stats.compare_ranks(two, "csat", "channel").iloc[0]
    assert row["estimate"] == pytest.approx((1 + delta["estimate"]) / 2, rel=1e-10)
    assert row["std_error"] == pytest.approx(delta["std_error"] / 2, rel=0.01)
    assert [row["low"], row["high"]] == pytest.approx([(1 + delta["low"]) / 2, (1 + delta["high"]) / 2], rel=0.01)


def test_the_error_of_superiority_is_that_of_the_jackknife(visits):
    visits = visits[visits["region"].isin(["East", "West"])]
    design = Design(visits, weights="weight", strata="region", cluster="branch")
    row = design.compare("csat", "app", method="wilcoxon").iloc[0]
    normal = design.compare("csat", "app", method="vanderwaerden").iloc[0]
    jackknife = design.replicates("jkn").sampling.replicates
    found = []
    for weights in jackknife.weights.T:
        kept = weights > 0
        again = Design(visits[kept].assign(w=weights[kept]), weights="w")
        found.append([again.compare("csat", "app", method=one).iloc[0]["estimate"] for one in RANKS[::2]])
    away = np.array(found) - np.mean(found, axis=0)
    error = np.sqrt((jackknife.factors[:, None] * away**2).sum(axis=0))
    assert [row["std_error"], normal["std_error"]] == pytest.approx(error.tolist(), rel=0.05)


def test_groups_against_all_add_up_to_nothing(design, visits):
    rows = design.compare("wait_minutes", "segment").iloc[1:]
    shares = visits.groupby("segment")["weight"].sum() / visits["weight"].sum()
    assert rows["first"].tolist() == list(shares.index)
    assert (rows["estimate"].to_numpy() * shares.to_numpy()).sum() == pytest.approx(0, abs=1e-10)
    places = design.compare("csat", "segment", method="wilcoxon").iloc[1:]["estimate"].to_numpy()
    assert (places * shares.to_numpy()).sum() == pytest.approx(0.5, rel=1e-10)


def test_the_variance_explained_is_r2_of_the_model(design):
    row = design.compare("wait_minutes", "segment").iloc[0]
    assert row["term"] == "eta2"
    assert row["estimate"] == pytest.approx(design.glm("wait_minutes", "segment").r2, rel=1e-9)
    assert row["low"] <= row["estimate"] <= row["high"]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["t", *RANKS]), st.integers(2, 4))
def test_order_of_rows_and_equal_weights_do_not_matter(seed, method, groups):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"g": np.arange(80) % groups, "y": rng.integers(1, 6, 80), "w": 2.5})
    columns = ["estimate", "std_error", "low", "high", "statistic", "p_value"]
    one = Design(data).compare("y", "g", method=method)[columns]
    other = Design(data.sample(frac=1, random_state=1), weights="w").compare("y", "g", method=method)[columns]
    np.testing.assert_allclose(one.astype(float), other.astype(float), rtol=1e-7, atol=1e-12)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_ranks_only_see_the_order(seed):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"g": rng.integers(0, 2, 60), "y": rng.integers(1, 8, 60), "w": rng.uniform(1, 3, 60)})
    one = Design(data, weights="w").compare("y", "g", method="wilcoxon")
    other = Design(data.assign(y=np.exp(data["y"])), weights="w").compare("y", "g", method="wilcoxon")
    pd.testing.assert_frame_equal(one, other)


def test_groups_without_overlap_have_an_interval_that_ends_at_one():
    data = pd.DataFrame({"g": ["a"] * 10 + ["b"] * 10, "y": [*range(11, 21), *range(10)]})
    row = Design(data).compare("y", "g", method="wilcoxon").iloc[0]
    assert (row["estimate"], row["high"]) == (1, 1)
    assert 0.5 < row["low"] < 1


def test_the_frame_has_the_columns_of_a_comparison(design):
    for by in ("app", "segment"):
        frame = design.compare("csat", by, method="wilcoxon")
        assert list(frame.columns) == ["first", "second", *COLUMNS, "statistic", "df2", "p_value"]
        assert frame["low"].notna().all()


@pytest.mark.parametrize("method", ["t", "wilcoxon"])
@pytest.mark.parametrize(
    ("groups", "note"),
    [
        ({}, CompareNote.TWO_GROUPS),
        ({"a": [1, 2, 3]}, CompareNote.TWO_GROUPS),
        ({"a": [3] * 7, "b": [3] * 9}, Note.ALL_EQUAL),
        ({"a": [3] * 7, "b": [4] * 9}, CompareNote.NO_SPREAD),
        ({"a": [1], "b": [2, 3, 4, 5]}, CompareNote.GROUP_OF_ONE),
        ({"a": [1, 3, 2], "b": [2, 3, 4, 5]}, Note.TOO_FEW),
    ],
)
def test_what_cannot_be_told_is_missing_with_a_note(groups, note, method):
    rows = [(name, value) for name, found in groups.items() for value in found]
    data = pd.DataFrame([*rows, ("a", np.nan)], columns=["g", "y"]).astype({"y": float})
    row = Design(data).compare("y", "g", method=method).iloc[0]
    assert row["note"] == note
    assert np.isnan(row["p_value"]) == (note != Note.TOO_FEW)


def test_a_group_that_agrees_leaves_no_size_against_all_without_a_note():
    data = pd.DataFrame({"g": ["a", "b", "c"] * 8, "y": [1, 2, 3, 2, 2, 4, 3, 2, 5] * 2 + [1, 2, 3] * 2})
    for method in ("t", *RANKS):
        rows = Design(data).compare("y", "g", method=method)
        assert (rows["low"].isna() <= (rows["note"] != "")).all()


def test_too_few_clusters_have_no_test(visits):
    few = visits[visits["branch"].isin(visits["branch"].unique()[:2])]
    row = Design(few, cluster="branch").compare("csat", "app").iloc[0]
    assert (row["note"], np.isnan(row["p_value"])) == (NO_DEGREES, True)


def test_volunteers_are_named(visits):
    rows = Design(visits, source="opt-in").compare("csat", "segment")
    assert set(rows["note"]) == {OPT_IN}


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"method": "dunn"}, "choose one of t, wilcoxon, median, vanderwaerden"),
        ({"ties": "random"}, "choose one of middle, order"),
        ({"column": "channel"}, '"channel" holds .* which is no number'),
        ({"by": "chanel"}, 'no column "chanel"'),
        ({"by": "wait_minutes"}, "groups, too many to compare"),
        ({"by": ["app", "segment"]}, "names no single column"),
        ({"level": 1}, "level is 1"),
    ],
)
def test_what_cannot_be_compared_names_the_mend(design, keywords, message):
    with pytest.raises(InvalidInput, match=message):
        design.compare(**{"column": "csat", "by": "app", **keywords})
