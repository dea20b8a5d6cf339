import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.items.analysis import FLAGS
from svclib.stats.items.distractors import OMITTED

ITEMS = [f"I{i:02d}" for i in range(1, 21)]


def chosen(table, items=ITEMS):
    return table("exam_raw", dtype=str)[items].replace("*", np.nan)


def marks(raw, right):
    return raw.apply(lambda column: (column == right[column.name]).astype(float))


def key(table):
    return table("key").set_index("item")["key"]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("difficulty", "p"),
        ("item_total", "item_total_r"),
        ("item_rest", "item_rest_r"),
        ("upper_lower", "gDiscrim_thirds"),
    ],
)
def test_the_item_table_is_that_of_r(reference, exam, column, name):
    expected = list(reference["ctt_exam"][name].values())
    np.testing.assert_allclose(stats.item_analysis(exam)[column], expected, rtol=1e-10)


def test_alpha_if_deleted_is_that_of_r(reference, exam):
    expected = reference["ctt_exam"]["item_report"]["alphaIfDeleted"]
    np.testing.assert_allclose(stats.item_analysis(exam)["alpha_if_deleted"], expected, rtol=1e-10)


def test_an_item_all_answered_right_is_described_and_flagged(exam):
    row = stats.item_analysis(exam.assign(I31=1)).iloc[-1]
    assert row["difficulty"] == 1
    assert np.isnan(row["item_rest"])
    assert row["flags"] == "all_right"


def test_a_wrong_key_shows_as_a_negative_correlation(table):
    raw, right = chosen(table), key(table)[ITEMS]
    right["I01"] = "A"
    scored = marks(raw, right)
    row = stats.item_analysis(scored).set_index("item").loc["I01"]
    assert row["flags"].split()[0] == "negative"
    assert row["note"].startswith(FLAGS["negative"])


def test_omitted_counts_0_and_not_reached_is_left_out():
    scores = pd.DataFrame({"a": [1.0, 1.0, np.nan, np.nan], "b": [1.0, 0.0, 1.0, 0.0]})
    states = pd.DataFrame({"a": ["answered", "answered", "omitted", "not_reached"], "b": ["answered"] * 4})
    row = stats.item_analysis(scores, states=states).iloc[0]
    assert row["n"] == 3
    assert row["difficulty"] == pytest.approx(2 / 3)
    assert (row["omitted"], row["not_reached"]) == (0.25, 0.25)


def test_a_drawn_item_is_judged_by_those_who_met_it():
    scores = pd.DataFrame({"a": [1, 0, np.nan, np.nan], "b": [1, 0, 1, 0], "c": [np.nan, np.nan, 1, 0]})
    rows = stats.item_analysis(scores)
    assert rows["n"].tolist() == [2, 4, 2]
    assert rows["item_rest"].tolist() == pytest.approx([1, 1, 1])


@pytest.mark.parametrize("scores", [{"a": [1.0]}, {"a": [1.0, 1.0]}, {"a": [], "b": []}, {"a": [np.nan, np.nan]}])
def test_bad_tables_give_rows_with_words(scores):
    rows = stats.item_analysis(pd.DataFrame(scores, dtype=float))
    assert (rows["note"] != "").all()


def test_a_score_above_1_names_the_item():
    with pytest.raises(InvalidInput, match='"b" has a score of 2'):
        stats.item_analysis(pd.DataFrame({"a": [1.0], "b": [2.0]}))


def test_text_names_the_item():
    with pytest.raises(InvalidInput, match='"a" holds'):
        stats.item_analysis(pd.DataFrame({"a": ["right", "wrong"]}))


def test_states_of_other_items_are_refused():
    with pytest.raises(InvalidInput, match="do not fit"):
        stats.item_analysis(pd.DataFrame({"a": [1.0]}), states=pd.DataFrame({"b": ["answered"]}))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_candidates_and_items_changes_nothing(seed):
    random = np.random.default_rng(seed)
    scores = pd.DataFrame(random.integers(0, 2, (30, 4)).astype(float), columns=list("abcd"))
    first = stats.item_analysis(scores).set_index("item")
    other = (
        stats.item_analysis(scores.sample(frac=1, random_state=seed)[list("dacb")]).set_index("item").loc[list("abcd")]
    )
    numbers = ["difficulty", "item_rest", "item_total", "upper_lower", "alpha_if_deleted"]
    np.testing.assert_allclose(first[numbers].to_numpy(float), other[numbers].to_numpy(float), atol=1e-12)


def test_counts_of_options_are_those_of_r(reference, table, exam):
    rows = stats.distractors(chosen(table), key(table)[ITEMS], scores=exam)
    counted = rows.set_index(["item", "option"])["n"]
    for item in ITEMS:
        for option, n in reference["ctt_exam"]["distractor_counts"][item].items():
            assert counted.get((item, OMITTED if option == "*" else option), 0) == n


def test_correlations_of_options_are_those_of_r(reference, table, exam):
    expected = reference["ctt_exam"]["distractor_rest_r"]
    wanted = pd.DataFrame(expected[".matrix"], expected[".rownames"], expected[".colnames"]).stack()
    rows = stats.distractors(chosen(table), key(table)[ITEMS], scores=exam)
    mine = rows.loc[rows["option"] != OMITTED].set_index(["item", "option"])["point_biserial"]
    np.testing.assert_allclose(mine, wanted.reindex(mine.index), rtol=1e-9)


def test_without_a_key_the_credited_option_is_the_key(table, exam):
    rows = stats.distractors(chosen(table), scores=exam)
    assert rows.loc[rows["is_key"]].set_index("item")["option"].to_dict() == key(table)[ITEMS].to_dict()


def test_without_scores_the_key_scores(table):
    raw = chosen(table).dropna()
    rows = stats.distractors(raw, key(table)[ITEMS])
    again = stats.distractors(raw, key(table)[ITEMS], scores=marks(raw, key(table)))
    pd.testing.assert_frame_equal(rows, again)


def test_shares_of_an_item_add_up_to_one(table, exam):
    rows = stats.distractors(chosen(table), scores=exam)
    np.testing.assert_allclose(rows.groupby("item")["share"].sum(), 1)
    np.testing.assert_allclose(rows.groupby("item")["high_third"].sum(), 1)


def test_a_wrong_key_is_found_and_the_right_one_named(table):
    raw, right = chosen(table), key(table)[ITEMS]
    right["I01"] = "A"
    rows = stats.distractors(raw, right, scores=marks(raw, right))
    marked = rows.loc[rows["flag"] == "key"]
    assert marked[["item", "option"]].to_numpy().tolist() == [["I01", "C"]]
    assert "probably C" in marked["note"].item()


def test_right_keys_are_not_accused(table, exam):
    rows = stats.distractors(chosen(table), scores=exam)
    assert not rows["flag"].isin(["key", "attracts_better"]).any()


def test_few_candidates_carry_no_flags(table, exam):
    rows = stats.distractors(chosen(table).head(20), scores=exam.head(20))
    assert (rows["flag"] == "").all()


def test_a_missing_key_names_the_item():
    with pytest.raises(InvalidInput, match='"b"'):
        stats.distractors(pd.DataFrame({"a": ["x"], "b": ["y"]}), {"a": "x"})


def test_nothing_to_tell_right_from_wrong_is_refused():
    with pytest.raises(InvalidInput, match="key= or scores="):
        stats.distractors(pd.DataFrame({"a": ["x"]}))


def test_an_item_nobody_answered_is_kept():
    choices = pd.DataFrame({"a": [None, None], "b": ["x", "y"]})
    rows = stats.distractors(choices, {"a": "x", "b": "x"})
    assert rows.query("item == 'a'")["n"].tolist() == [0]


@pytest.mark.reference
def test_a_published_exam_with_its_key(published):
    values, data = published
    expected = values("ctt_items")
    rows = stats.item_analysis(data("CTTdata_scored"))
    np.testing.assert_allclose(rows["item_rest"], expected["item_report"]["pBis"], rtol=1e-9)
    np.testing.assert_allclose(rows["alpha_if_deleted"], expected["item_report"]["alphaIfDeleted"], rtol=1e-9)
    sat = stats.item_analysis(data("SAT12_scored"))
    np.testing.assert_allclose(sat["item_total"], expected["ItemAnalysis"]["RIT"], rtol=1e-9)
    np.testing.assert_allclose(sat["upper_lower"], expected["ItemAnalysis"]["ULI"], rtol=1e-9)
