import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS, Note

MEASURES = {"csat": (stats.csat, 1, 5), "nps": (stats.nps, 0, 10), "ces": (stats.ces, 1, 7)}
ratings = st.lists(st.integers(1, 5), min_size=2, max_size=40)


def frame(values, **more):
    return pd.DataFrame({"x": np.array(values, dtype=float), **more})


def test_csat_counts_the_top_two_boxes():
    assert stats.csat(frame([5, 4, 3, 2, 1]), "x")["estimate"].item() == pytest.approx(0.4)


def test_csat_of_another_scale_counts_its_own_top():
    row = stats.csat(frame([7, 6, 5, 1]), "x", highest=7)
    assert row["estimate"].item() == pytest.approx(0.5)


def test_csat_has_the_wilson_interval_of_r(reference, table):
    row = stats.csat(table("visits"), "csat").iloc[0]
    expected = reference["group_comparisons"]["wilson"]
    assert row["estimate"] == pytest.approx(expected["estimate"]["p"], rel=1e-12)
    assert [row["low"], row["high"]] == pytest.approx(expected["ci"], rel=1e-9)


def test_nps_is_promoters_less_detractors():
    assert stats.nps(frame([10, 9, 8, 7, 6, 0]), "x")["estimate"].item() == pytest.approx(0.0)
    assert stats.nps(frame([10, 9, 9, 8]), "x")["estimate"].item() == pytest.approx(75.0)


def test_nps_by_channel_agrees_with_r_in_order(reference, table):
    expected = reference["survey_design"]["nps_by_channel"]
    rows = stats.nps(table("visits"), "nps", by="channel", weights="weight")
    assert rows["channel"].tolist() == expected["channel"]
    assert rows["estimate"].tolist() == pytest.approx(expected["nps_score"], rel=1e-12)


def test_weighted_csat_uses_kish_effective_number(reference, table):
    visits = table("visits")
    row = stats.csat(visits, "csat", weights="weight").iloc[0]
    effective = len(visits) / reference["survey_design"]["kish_deff"]
    share = row["estimate"]
    assert row["std_error"] == pytest.approx(np.sqrt(share * (1 - share) / effective), rel=1e-9)


def test_ces_stays_on_its_scale_and_has_a_t_interval_on_wish():
    skewed = stats.ces(frame([7, 7, 7, 7, 5]), "x").iloc[0]
    assert skewed["low"] < 5.5
    assert skewed["high"] <= 7
    row = stats.ces(frame([7, 5, 6, 6, 6]), "x", interval="t").iloc[0]
    assert row["estimate"] == 6
    assert row["high"] - 6 == pytest.approx(2.7764451051977987 * np.sqrt(0.5 / 5), rel=1e-9)


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("values", [[], [np.nan] * 3, [5], [5] * 6, [1, 5]])
def test_bad_cells_give_a_row_and_never_a_silent_gap(name, values):
    row = MEASURES[name][0](frame(values), "x").iloc[0]
    lost = row[["estimate", "low", "high"]].isna().any()
    assert not lost or row["note"]


@pytest.mark.parametrize("name", MEASURES)
def test_columns_are_those_of_an_estimate(name):
    rows = MEASURES[name][0](frame([5, 4, 3], branch=list("aab")), "x", by="branch")
    assert rows.columns.tolist() == ["branch", *COLUMNS]


@pytest.mark.parametrize("name", MEASURES)
def test_few_answers_carry_a_note_and_the_limit_is_settable(name):
    measure = MEASURES[name][0]
    assert measure(frame([5, 4, 3]), "x")["note"].item() == Note.TOO_FEW
    assert measure(frame([5, 4, 3]), "x", min_n=3)["note"].item() == ""


@pytest.mark.parametrize("name", MEASURES)
def test_an_answer_off_the_scale_names_the_column(name):
    measure, _, highest = MEASURES[name]
    with pytest.raises(InvalidInput, match='"x" holds'):
        measure(frame([highest + 1]), "x")


@pytest.mark.parametrize("name", MEASURES)
def test_text_names_the_column_and_the_mend(name):
    with pytest.raises(InvalidInput, match=r"holds 'good'.*to_numeric"):
        MEASURES[name][0](pd.DataFrame({"x": ["good", "bad"]}), "x")


def test_an_unknown_column_offers_those_that_come_close():
    with pytest.raises(InvalidInput, match="overall"):
        stats.csat(pd.DataFrame({"overall": [1.0]}), "overal")


def test_negative_weights_are_refused():
    with pytest.raises(InvalidInput, match="weights"):
        stats.csat(frame([5, 4], w=[1.0, -1.0]), "x", weights="w")


def test_an_empty_category_stays_as_a_row_without_answers():
    branch = pd.Categorical(["a", "a"], categories=["a", "b"])
    rows = stats.csat(frame([5, 4], branch=branch), "x", by="branch")
    assert rows["n"].tolist() == [2, 0]
    assert rows["note"].tolist()[1] == Note.NO_ANSWERS


def test_rows_without_a_branch_form_their_own_group():
    rows = stats.csat(frame([5, 4, 1], branch=["a", None, None]), "x", by="branch")
    assert rows["n"].tolist() == [1, 2]


def test_a_group_named_like_a_result_column_is_refused():
    with pytest.raises(InvalidInput, match='"n"'):
        stats.csat(frame([5, 4], n=["a", "b"]), "x", by="n")


@settings(max_examples=40, deadline=None)
@given(ratings, st.floats(0.1, 10))
def test_equal_weights_change_nothing(values, weight):
    data = frame(values, w=weight)
    for measure in (stats.csat, stats.nps, stats.ces):
        plain, weighted = measure(data, "x"), measure(data, "x", weights="w")
        for column in ("estimate", "std_error", "low", "high", "n"):
            np.testing.assert_allclose(
                plain[column].to_numpy(float), weighted[column].to_numpy(float), rtol=1e-9, atol=1e-9
            )


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.floats(0.5, 4)), min_size=2, max_size=30), st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random):
    data = pd.DataFrame(rows, columns=["x", "w"])
    order = list(range(len(rows)))
    random.shuffle(order)
    for measure in (stats.csat, stats.nps, stats.ces):
        first = measure(data, "x", weights="w")[["estimate", "low", "high"]].to_numpy(float)
        other = measure(data.iloc[order], "x", weights="w")[["estimate", "low", "high"]].to_numpy(float)
        np.testing.assert_allclose(first, other, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(ratings)
def test_the_interval_holds_the_estimate(values):
    for measure in (stats.csat, stats.nps):
        row = measure(frame(values), "x").iloc[0]
        assert row["low"] <= row["estimate"] + 1e-9
        assert row["high"] >= row["estimate"] - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 10), min_size=1, max_size=40))
def test_nps_turns_its_sign_with_the_scale(values):
    mirror = {**dict.fromkeys(range(7), 10), 7: 7, 8: 8, 9: 0, 10: 0}
    row, turned = (stats.nps(frame(v), "x").iloc[0] for v in (values, [mirror[v] for v in values]))
    assert row["estimate"] == pytest.approx(-turned["estimate"], abs=1e-9)
    assert row["low"] == pytest.approx(-turned["high"], abs=1e-6)


@pytest.mark.parametrize(("promoters", "detractors"), [(0.5, 0.2), (0.8, 0.05), (0.1, 0.6)])
@pytest.mark.parametrize("n", [8, 25])
def test_the_interval_of_nps_covers_in_small_samples(promoters, detractors, n):
    random = np.random.default_rng(7)
    runs = 1500
    answers = random.choice([10, 3, 7], p=[promoters, detractors, 1 - promoters - detractors], size=(runs, n))
    data = pd.DataFrame({"x": answers.ravel(), "run": np.repeat(np.arange(runs), n)})
    rows = stats.nps(data, "x", by="run")
    truth = 100 * (promoters - detractors)
    assert ((rows["low"] <= truth) & (truth <= rows["high"])).mean() >= 0.925


def test_the_interval_of_csat_covers_in_small_samples():
    random = np.random.default_rng(11)
    data = pd.DataFrame({"x": np.where(random.random(20_000) < 0.85, 5, 2), "run": np.repeat(np.arange(2000), 10)})
    rows = stats.csat(data, "x", by="run")
    assert ((rows["low"] <= 0.85) & (rows["high"] >= 0.85)).mean() >= 0.93
