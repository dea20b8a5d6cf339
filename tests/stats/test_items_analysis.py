import time

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.items.correlations import correlate
from svclib.stats.items.flags import CALM, FLAGS, reading
from svclib.stats.items.scores import read, score_groups

ITEMS = [f"I{i:02d}" for i in range(1, 21)]
NUMBERS = ["difficulty", "sd", "item_total", "item_rest", "biserial", "upper_lower", "alpha_if_deleted"]


def picks(rng, n, items=20, slope=1.0, easy=0.5, spread=1.0):
    """Options of an exam whose key is A and whose wrong options attract alike."""
    ability = rng.normal(size=(n, 1))
    right = rng.random((n, items)) < expit(slope * ability + np.linspace(-spread, spread, items) + easy)
    codes = np.where(right, 0, rng.integers(1, 4, (n, items)))
    names = [f"q{place}" for place in range(items)]
    return pd.DataFrame({name: pd.Categorical.from_codes(codes[:, i], list("ABCD")) for i, name in enumerate(names)})


def right(choices, key):
    return pd.DataFrame({name: (choices[name] == key[name]).astype(float) for name in choices})


def test_biserials_are_those_of_r(reference, exam):
    rows = stats.item_analysis(exam)
    np.testing.assert_allclose(rows["biserial_rest"], reference["ctt_exam"]["item_report"]["bis"], rtol=1e-12)
    ratio = rows["biserial"] / rows["item_total"]
    np.testing.assert_allclose(rows["biserial_rest"] / rows["item_rest"], ratio, rtol=1e-12)


@pytest.mark.reference
def test_biserials_of_open_data_are_those_of_r(published):
    values, data = published
    rows = stats.item_analysis(data("CTTdata_scored"))
    np.testing.assert_allclose(rows["biserial_rest"], values("ctt_items")["item_report"]["bis"], rtol=1e-9)


def test_the_polyserial_of_two_levels_is_the_biserial(exam):
    half = exam.copy()
    half["I01"] = half["I01"] / 2
    whole, other = stats.item_analysis(exam).iloc[0], stats.item_analysis(half).iloc[0]
    # Its total differs, so only the factor is the same.
    assert other["biserial_rest"] / other["item_rest"] == pytest.approx(whole["biserial_rest"] / whole["item_rest"])


def test_a_graded_item_has_a_polyserial_that_finds_the_correlation_behind_it():
    rng = np.random.default_rng(3)
    ability = rng.normal(size=(20000, 1))
    normal = 0.6 * ability + 0.8 * rng.normal(size=(20000, 30))
    scores = pd.DataFrame((normal > 0).astype(float))
    scores[0] = np.searchsorted([-0.8, 0.2, 1.1], normal[:, 0]) / 3
    row = stats.item_analysis(scores).iloc[0]
    latent = np.corrcoef(normal[:, 0], scores.drop(columns=0).sum(axis=1))[0, 1]
    assert row["biserial_rest"] == pytest.approx(latent, abs=0.01)


def test_the_upper_27_percent_are_close_to_those_of_r(exam):
    rows = stats.item_analysis(exam, share=0.27)
    # R cuts groups of exactly 27 % through equal scores, in the order of the rows.
    assert rows["upper_lower"][:4].tolist() == pytest.approx([0.5463, 0.6327, 0.2593, 0.2222], abs=0.06)
    total = exam.mean(axis=1)
    low, high = np.quantile(total, [0.27, 0.73])
    by_hand = exam[total > high - 1e-9].mean() - exam[total < low - 1e-9].mean()
    np.testing.assert_allclose(rows["upper_lower"], by_hand, rtol=1e-12)


def test_counting_by_kind_gives_what_single_candidates_give():
    rng = np.random.default_rng(5)
    scores = pd.DataFrame(rng.choice([0, 0.25, 0.5, 1], (80, 7)), columns=list("abcdefg"))
    scores = scores.mask(rng.random(scores.shape) < 0.2)
    rows = stats.item_analysis(scores).set_index("item")
    total = scores.mean(axis=1)
    for name in scores:
        rest = scores.drop(columns=name).mean(axis=1)
        met = scores[name].notna()
        found = rows.loc[name]
        assert found["item_rest"] == pytest.approx(scores[name].corr(rest), rel=1e-9)
        assert found["item_total"] == pytest.approx(scores[name].corr(total), rel=1e-9)
        assert found["sd"] == pytest.approx(scores[name].std())
        group = score_groups(total.to_numpy())
        means = [scores.loc[met & (group == band), name].mean() for band in (2, 0)]
        assert found["upper_lower"] == pytest.approx(means[0] - means[1])


def test_an_options_correlation_is_that_of_single_candidates():
    rng = np.random.default_rng(6)
    choices = picks(rng, 90, 6).astype(object).mask(rng.random((90, 6)) < 0.15)
    scores = (choices == "A").astype(float).where(rng.random((90, 6)) > 0.2)
    rows = stats.distractors(choices, dict.fromkeys(choices, "A"), scores=scores).set_index(["item", "option"])
    for name in choices:
        met = scores[name].notna()
        rest = scores.drop(columns=name).mean(axis=1)[met]
        hit = (choices.loc[met, name] == "B").astype(float)
        assert rows.loc[(name, "B"), "point_biserial"] == pytest.approx(hit.corr(rest), rel=1e-9)
        assert rows.loc[(name, "B"), "n"] == hit.sum()


def test_the_error_of_a_correlation_is_that_of_its_influence():
    rng = np.random.default_rng(7)
    draws = [correlate(*np.random.default_rng([7, run]).multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 200).T)
             for run in range(400)]  # fmt: skip
    assert np.mean([one.std_error for one in draws]) == pytest.approx(np.std([one.r for one in draws]), rel=0.1)
    weight = rng.integers(1, 4, 50).astype(float)
    x, y = rng.normal(size=50), rng.normal(size=50)
    twice = correlate(np.repeat(x, weight.astype(int)), np.repeat(y, weight.astype(int)))
    counted = correlate(x, y, weight)
    assert (counted.r, counted.std_error, counted.n) == pytest.approx((twice.r, twice.std_error, twice.n))


# ── flags ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("n", [30, 60, 300])
def test_sound_items_are_left_alone(n):
    raised = total = 0
    for run in range(max(8, 1200 // n)):
        choices = picks(np.random.default_rng([n, run]), n)
        key = dict.fromkeys(choices, "A")
        rows = stats.item_analysis(right(choices, key), choices=choices, key=key)
        raised += sum(bool(set(flags.split()) - CALM) for flags in rows["flags"])
        total += len(rows)
    assert raised / total <= 0.025


def test_items_that_have_nothing_to_do_with_knowledge_get_another_key_by_chance_only():
    raised = []
    for run in range(60):
        choices = picks(np.random.default_rng([9, run]), 80, slope=0.0, spread=0.0)
        rows = stats.distractors(choices, dict.fromkeys(choices, "A"))
        raised.append(
            rows.groupby("item")["flag"].agg(lambda flags: flags.isin(["key", "attracts_better"]).any()).mean()
        )
    assert np.mean(raised) <= 0.035


def test_a_wrong_key_is_named_in_the_items_note():
    choices = picks(np.random.default_rng(1), 200)
    key = dict.fromkeys(choices, "A") | {"q10": "B"}
    row = stats.item_analysis(right(choices, key), choices=choices, key=key).set_index("item").loc["q10"]
    assert row["flags"] == "key"
    assert row["option"] == "A"
    assert row["note"] == "The key is probably A: the best candidates choose it, and not the key."


def test_an_item_of_two_right_options_is_said_to_have_a_second_key():
    rng = np.random.default_rng(2)
    choices = picks(rng, 800).astype(object)
    choices["q9"] = choices["q9"].replace("C", "B")
    split = (choices["q9"] == "A") & (rng.random(800) < 0.4)
    choices.loc[split, "q9"] = "C"
    key = dict.fromkeys(choices, "A")
    row = stats.item_analysis(right(choices, key), choices=choices, key=key).set_index("item").loc["q9"]
    assert "second_key" in row["flags"].split()
    assert row["option"] == "C"


def test_blind_guessing_is_told_from_a_weak_item():
    rng = np.random.default_rng(3)
    choices = picks(rng, 600).astype(object)
    choices["q3"] = rng.choice(list("ABCD"), 600)
    key = dict.fromkeys(choices, "A")
    rows = stats.item_analysis(right(choices, key), choices=choices, key=key).set_index("item")
    assert rows.loc["q3", "flags"] == "guessed"
    assert stats.item_analysis(right(choices, key)).set_index("item").loc["q3", "flags"] == "weak"


def test_few_candidates_leave_a_doubt_open():
    rng = np.random.default_rng(4)
    scores = right(picks(rng, 40), dict.fromkeys([f"q{i}" for i in range(20)], "A"))
    scores["q5"] = (rng.random(40) < 0.5).astype(float)
    row = stats.item_analysis(scores).set_index("item").loc["q5"]
    assert row["flags"] in {"unclear", ""}


def test_many_omissions_are_flagged_and_a_few_are_not():
    rng = np.random.default_rng(8)
    scores = right(picks(rng, 100), dict.fromkeys([f"q{i}" for i in range(20)], "A"))
    states = pd.DataFrame("answered", index=scores.index, columns=scores.columns)
    states.loc[:29, "q1"], states.loc[:5, "q2"], states.loc[60:, "q19"] = "omitted", "omitted", "not_reached"
    scores = scores.where(states == "answered")
    rows = stats.item_analysis(scores, states=states).set_index("item")
    assert "omitted" in rows.loc["q1", "flags"]
    assert "omitted" not in rows.loc["q2", "flags"]
    assert "not_reached" in rows.loc["q19", "flags"]
    assert rows.loc["q19", "n"] == 60


@pytest.mark.parametrize("kind", ["category", "object", "string"])
def test_states_of_every_kind_are_read(kind):
    scores = pd.DataFrame({"a": [1.0, np.nan, np.nan], "b": [1.0, 0.0, 1.0]})
    states = pd.DataFrame({"a": ["answered", "omitted", None], "b": ["answered"] * 3}).astype(kind)
    row = stats.item_analysis(scores, states=states).iloc[0]
    assert (row["n"], row["difficulty"], row["omitted"]) == (2, 0.5, 0.5)


def test_every_flag_has_words_and_readings_are_spoken():
    assert all(FLAGS.values())
    row = {"difficulty": 0.95, "item_rest": -0.2, "rest_low": -0.3, "rest_high": -0.1}
    assert reading(row) == "very_easy backwards"
    assert reading(row | {"rest_low": np.nan}) == "very_easy unclear"
    assert reading(row | {"difficulty": np.nan}) == ""


# ── odd exams ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "scores",
    [
        {"a": [1.0, 1, 1], "b": [1.0, 1, 1]},
        {"a": [1.0], "b": [0.0]},
        {"a": [1.0, np.nan], "b": [np.nan, 1.0]},
        {"a": [np.nan, np.nan], "b": [1.0, 0.0]},
        {"a": [np.nan, 1.0], "b": [np.nan, 0.0]},
    ],
)
def test_odd_exams_give_every_item_a_row_with_words(scores):
    frame = pd.DataFrame(scores)
    choices = frame.astype(object).where(frame.notna(), None)
    rows = stats.item_analysis(frame, choices=choices)
    assert rows["item"].tolist() == list(frame)
    assert (rows["note"] != "").all()
    assert len(stats.option_curves(choices, dict.fromkeys(frame, 1), scores=frame)) >= 0


def test_more_items_than_candidates():
    rng = np.random.default_rng(1)
    rows = stats.item_analysis(pd.DataFrame(rng.integers(0, 2, (5, 40)).astype(float)))
    assert len(rows) == 40


def test_no_items_is_an_error():
    with pytest.raises(InvalidInput, match="no items"):
        stats.item_analysis(pd.DataFrame(index=range(3)))


def test_a_key_that_is_no_option_names_the_item():
    choices = picks(np.random.default_rng(1), 20)
    with pytest.raises(InvalidInput, match='"E" of the item "q3"'):
        stats.distractors(choices, dict.fromkeys(choices, "A") | {"q3": "E"})


def test_a_key_nobody_chose_is_marked():
    choices = pd.DataFrame({"q1": ["a"] * 50, "q2": ["a", "b"] * 25})
    rows = stats.distractors(choices, {"q1": "z", "q2": "a"})
    assert rows.query("option == 'z'")["flag"].tolist() == ["key_unchosen"]


def test_two_keys_are_both_right():
    choices = pd.DataFrame({"q1": list("aabbc"), "q2": list("ababa")})
    rows = stats.distractors(choices, {"q1": ["a", "b"], "q2": "a"})
    assert rows.query("item == 'q1'").set_index("option")["is_key"].to_dict() == {"a": True, "b": True, "c": False}


def test_numbers_as_options_are_written_and_sorted_as_numbers():
    choices = pd.DataFrame({"q1": [10.0, 2.0, np.nan, 2.0], "q2": [1, 2, 1, 2]})
    rows = stats.distractors(choices, {"q1": 2, "q2": 1})
    assert rows.query("item == 'q1'")["option"].tolist() == ["2", "10"]


def test_a_candidate_twice_is_named():
    scores = pd.DataFrame({"a": [1.0, 0.0]}, index=["x", "y"])
    states = pd.DataFrame({"a": ["answered"] * 3}, index=["x", "x", "y"])
    with pytest.raises(InvalidInput, match='"x" is there twice'):
        stats.item_analysis(scores, states=states)


@pytest.mark.parametrize("share", [0, 0.6, -1])
def test_an_impossible_share_is_refused(share):
    with pytest.raises(InvalidInput, match="share is"):
        stats.item_analysis(pd.DataFrame({"a": [1.0]}), share=share)


def test_kinds_of_candidates_add_up(exam):
    scores = read(exam)
    cells = scores.cells(3)
    assert cells.weight.sum() == len(exam)
    assert cells.weight @ cells.score == exam["I04"].sum()


# ── option curves ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_curves_by_groups_are_shares_in_groups():
    choices = picks(np.random.default_rng(1), 400)
    key = dict.fromkeys(choices, "A")
    curves = stats.option_curves(choices, key, method="groups", groups=4)
    one = curves.query("item == 'q4' and option == 'A'")
    rest = right(choices, key).drop(columns="q4").mean(axis=1)
    assert one["n"].sum() == 400
    assert (one["n"] @ one["share"]) == pytest.approx((choices["q4"] == "A").sum())
    assert (one["n"] @ one["score"]) / 400 == pytest.approx(rest.mean())
    assert one["share"].is_monotonic_increasing


def test_smooth_curves_add_up_to_one_and_stay_in_their_bands():
    choices = picks(np.random.default_rng(2), 300).astype(object).mask(np.random.default_rng(3).random((300, 20)) < 0.1)
    curves = stats.option_curves(choices, dict.fromkeys(choices, "A"), scores=(choices == "A").astype(float))
    sums = curves.query("item == 'q0'").groupby("score")["share"].sum()
    np.testing.assert_allclose(sums, 1)
    assert curves["share"].between(curves["low"] - 1e-12, curves["high"] + 1e-12).all()


def test_unknown_ways_to_smooth_are_refused():
    choices = picks(np.random.default_rng(2), 30)
    with pytest.raises(InvalidInput, match="method is"):
        stats.option_curves(choices, dict.fromkeys(choices, "A"), method="spline")
    with pytest.raises(InvalidInput, match="groups is"):
        stats.option_curves(choices, dict.fromkeys(choices, "A"), groups=1)


def test_many_different_answers_take_no_room():
    rng = np.random.default_rng(1)
    n = 20000
    scores = pd.DataFrame(rng.random((n, 3)), columns=list("abc"))
    begun = time.perf_counter()
    rows = stats.distractors(pd.DataFrame({"a": rng.integers(0, 5000, n)}), {"a": 7}, scores=scores)
    assert rows["n"].sum() == n
    assert time.perf_counter() - begun < 20
