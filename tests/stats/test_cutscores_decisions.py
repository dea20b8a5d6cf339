"""Accuracy and consistency of decisions, scaled scores, pass rates, candidates near the mark."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import betainc, expit
from scipy.stats import binom

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.cutscores.abilities import Abilities, ability_at, expected_sum, lee, of_groups, rudner
from svclib.stats.cutscores.binomial import passing
from svclib.stats.cutscores.classification import DecisionNote
from svclib.stats.cutscores.decisions import at_each_mark
from svclib.stats.cutscores.truth import Truth, fit_truth, points
from svclib.stats.item_response.parameters import items_of

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "decision_consistency.json").read_text(encoding="utf-8"))["values"]
IRT = np.array(R["item_par"][".matrix"])
BANK = pd.DataFrame({"item": R["item_par"][".rownames"], "a": IRT[:, 0], "b": IRT[:, 1]})


def told(frame, cut=None):
    rows = frame if cut is None else frame[frame["cut"] == cut]
    return rows.set_index("term")["estimate"]


def of_r(alpha, beta, low, high):
    return Truth(*(np.array([one]) for one in (alpha, beta, low, high)), np.array([False]))


def test_livingston_lewis_from_rs_parameters_is_rs_integral():
    parameters, expected = R["livingston_lewis_4P"]["parameters"], R["livingston_lewis_integrate"]
    at = points(of_r(parameters["alpha"], parameters["beta"], 0, 1), np.array([0.6]))
    n = np.array([float(expected["N"])])
    chance = passing(at.share, n, np.zeros(1), np.array([float(expected["cut_N"])]))
    found = at_each_mark(at.weight, at.piece, chance[None])
    assert found["accuracy"].item() == pytest.approx(expected["accuracy"], abs=1e-9)
    assert found["consistency"].item() == pytest.approx(expected["consistency"], abs=1e-9)
    assert found["kappa"].item() == pytest.approx(expected["kappa"], abs=1e-9)
    assert 1 - found["pass_rate"].item() == pytest.approx(expected["p_fail"], abs=1e-9)


def test_livingston_lewis_is_that_of_r_but_for_its_moments(exam):
    # R sets falling factorials of scores below their order to 0; see DIFFERENCES.md
    found, expected = told(stats.classification(exam, 12, replicates=0)), R["livingston_lewis_integrate"]
    names = ["accuracy", "consistency", "kappa"]
    assert found[names].tolist() == pytest.approx([expected[name] for name in names], abs=5e-5)
    share = exam.sum(axis=1).to_numpy() / 20
    length = R["livingston_lewis_4P"]["parameters"]["etl"]
    y = share * length
    theirs = np.where(y < 2, 0, y * (y - 1)).mean() / (length * (length - 1))
    truth = fit_truth(np.array([[share.mean(), theirs, np.nan, np.nan]]), "2p")
    assert truth.alpha.item() == pytest.approx(R["livingston_lewis_4P"]["parameters"]["alpha"], rel=1e-9)


def test_hanson_brennan_is_that_of_r(exam):
    found, expected = told(stats.classification(exam, 12, method="hanson_brennan", replicates=0)), R["hanson_brennan"]
    assert found["accuracy"] == pytest.approx(expected["classification.accuracy"]["Accuracy"], abs=1e-8)
    assert found["consistency"] == pytest.approx(expected["classification.consistency"]["p"], abs=1e-8)
    assert found["kappa"] == pytest.approx(expected["classification.consistency"]["Kappa"], abs=1e-8)
    matrix = expected["confusionmatrix"][".matrix"]
    assert found["false_fail"] == pytest.approx(matrix[1][0], abs=1e-8)
    assert found["false_pass"] == pytest.approx(matrix[1][1], abs=1e-8)


@pytest.mark.reference
def test_real_scores_give_what_r_gives(published):
    values, data = published
    expected, items = values("decision_consistency"), data("SAT12_scored")
    for method, key in (("livingston_lewis", "LL"), ("hanson_brennan", "HB")):
        found = told(stats.classification(items, 20, method=method, replicates=0))
        consistency = expected[key]["classification.consistency"]
        names = [expected[key]["classification.accuracy"]["Accuracy"], consistency["p"], consistency["Kappa"]]
        assert found[["accuracy", "consistency", "kappa"]].tolist() == pytest.approx(names, abs=1e-6)


def test_rudner_is_that_of_r(exam):
    grid = np.linspace(-6, 6, 61)
    p = expit(IRT[:, 0] * (grid[:, None] - IRT[:, 1]))
    x = exam.to_numpy(dtype=float)
    weight = np.exp(x @ np.log(p).T + (1 - x) @ np.log1p(-p).T - grid**2 / 2)
    weight /= weight.sum(axis=1, keepdims=True)
    eap = weight @ grid
    error = np.sqrt(weight @ grid**2 - eap**2)
    found = told(stats.classification(None, 0.25, method="rudner", ability=eap, std_error=error, replicates=0))
    assert found[["accuracy", "consistency"]].tolist() == pytest.approx(R["rudner_eap"][".matrix"][0], abs=1e-6)
    # with ability estimates what was seen is fixed: the pass rate is theirs
    assert found["pass_rate"] == pytest.approx((eap >= 0.25).mean())


def test_quadrature_is_that_of_r_on_its_scale():
    # cacIRT leaves out D on the way to its information and its sums, and so takes D = 1.7; see DIFFERENCES.md
    items = items_of(BANK.assign(a=1.7 * BANK["a"]))
    theta = np.linspace(-4, 4, 41)
    weight = np.exp(-(theta**2) / 2)
    at = Abilities(theta, weight / weight.sum())
    for (reached, chance), name in (
        (rudner(items, at, np.array([0.25])), "rudner_quadrature"),
        (lee(items, at, np.array([12.0])), "lee_quadrature"),
    ):
        found = at_each_mark(at.weight[None], reached, chance)
        expected = R[name][".matrix"][0]
        assert [found["accuracy"].item(), found["consistency"].item()] == pytest.approx(expected, abs=1e-9)
    by_verb = told(stats.classification(None, 12, items=items, quadrature=(theta, weight)))
    assert by_verb["accuracy"] == pytest.approx(R["lee_quadrature"][".matrix"][0][0], abs=1e-9)


def test_lee_agrees_with_simulated_exams():
    rng = np.random.default_rng(1)
    items = items_of(BANK)
    theta = rng.normal(size=60_000)
    chance = expit(IRT[:, 0] * (theta[:, None] - IRT[:, 1]))
    first, second = ((rng.random(chance.shape) < chance).sum(axis=1) >= 10 for _turn in range(2))
    truth = expected_sum(items, theta) >= 10
    found = told(stats.classification(None, 10, items=BANK))
    assert found["accuracy"] == pytest.approx((first == truth).mean(), abs=0.006)
    assert found["consistency"] == pytest.approx((first == second).mean(), abs=0.006)
    assert found["false_pass"] == pytest.approx((first & ~truth).mean(), abs=0.006)


def test_four_parameters_are_found_again():
    rng = np.random.default_rng(4)
    share = 0.2 + 0.7 * rng.beta(3, 2, 1_000_000)
    moments = np.array([[(share**p).mean() for p in range(1, 5)]])
    truth = fit_truth(moments)
    assert truth.four[0]
    assert [truth.low[0], truth.high[0]] == pytest.approx([0.2, 0.9], abs=0.04)
    assert points(truth, np.array([0.4, 0.6])).weight.sum() == pytest.approx(1, abs=1e-9)
    assert not fit_truth(moments, "2p").four[0]


@pytest.mark.parametrize("alpha", [0.2, 1, 30])
def test_points_integrate_beta_distributions(alpha):
    at = points(of_r(alpha, 0.4, 0, 1), np.array([0.3]))
    below = at.weight[0][at.piece == 0].sum()
    assert below == pytest.approx(betainc(alpha, 0.4, 0.3), abs=1e-9)


def test_compound_binomial_sums_to_the_mean():
    share, n, k = np.array([[0.3, 0.6]]), np.array([20.0]), np.array([2.0])
    tails = [passing(share, n, k, np.array([float(one)])) for one in range(1, 21)]
    np.testing.assert_allclose(sum(tails), 20 * share, atol=1e-10)
    np.testing.assert_allclose(passing(share, n, np.zeros(1), np.array([7.0])), binom.sf(6, 20, share), atol=1e-12)


def test_several_marks_make_classes(exam):
    frame = stats.classification(exam, [8, 12], replicates=50)
    alone = stats.classification(exam, 12, replicates=0)
    assert told(frame, 12)["accuracy"] == pytest.approx(told(alone)["accuracy"], abs=1e-9)
    classes = frame[frame["cut"].isna()].set_index("term")
    assert classes.loc["accuracy", "estimate"] < told(frame, 8)["accuracy"]
    assert list(classes.index) == ["accuracy", "consistency", "kappa"]
    assert ((frame["low"] < frame["estimate"]) & (frame["estimate"] < frame["high"])).all()


def test_the_bootstrap_is_seeded_and_alpha_is_that_of_stats(exam):
    first, again = (stats.classification(exam.head(300), 12, replicates=60, seed=5) for _turn in range(2))
    pd.testing.assert_frame_equal(first, again)
    other = stats.classification(exam.head(300), 12, replicates=60, seed=6)
    assert (first["std_error"] != other["std_error"]).all()
    alpha = stats.alpha(exam)["estimate"].item()
    assert f"reliability {alpha:.3f}" in stats.classification(exam, 12, replicates=0)["method"].iloc[0]


def test_drawn_forms_take_the_pairs_of_items(exam):
    rng = np.random.default_rng(1)
    drawn = exam.astype(float).mask(rng.random(exam.shape) < 0.3)
    alpha = stats.alpha(drawn, missing="pairwise")["estimate"].item()
    frame = stats.classification(drawn, 12, replicates=40)
    assert f"reliability {alpha:.3f}" in frame["method"].iloc[0]
    assert frame["std_error"].notna().all()


def test_shares_with_points_are_points(exam):
    weights = {name: 1 + place % 3 for place, name in enumerate(exam.columns)}
    by_share = stats.classification(exam, 20, points=weights, replicates=0)
    by_points = stats.classification(exam * pd.Series(weights), 20, replicates=0)
    pd.testing.assert_frame_equal(by_share, by_points)


@pytest.mark.parametrize(
    ("scores", "note"),
    [
        (pd.DataFrame({"a": [1], "b": [0]}), DecisionNote.ONE),
        (pd.DataFrame({"a": [1, 1, 1], "b": [1, 1, 1]}), DecisionNote.NO_SPREAD),
        (pd.DataFrame({"a": [1, 0, 1, 0], "b": [0, 1, 0, 1], "c": [1, 1, 0, 0]}), DecisionNote.NO_RELIABILITY),
        (pd.DataFrame({"a": [1, 1, 1, 0] * 20, "b": [1, 1, 1, 0] * 20, "c": [1, 0, 1, 1] * 20}), DecisionNote.ALL_PASS),
    ],
)
def test_what_cannot_be_told_says_why(scores, note):
    frame = stats.classification(scores, 1, replicates=25)
    assert (frame["note"] == note).all()
    assert frame["estimate"].isna().all() == (note != DecisionNote.ALL_PASS)


def test_items_nobody_met_and_items_never_together(exam):
    gaps = exam.head(200).astype(float)
    gaps.iloc[3] = np.nan
    known = stats.classification(gaps, 8, replicates=0)
    with_empty = stats.classification(gaps.assign(never=np.nan), 8, replicates=0)
    pd.testing.assert_frame_equal(known, with_empty)
    assert known["n"].eq(199).all()
    apart = gaps.copy()
    apart.loc[:100, "I01"] = np.nan
    apart.loc[101:, "I02"] = np.nan
    frame = stats.classification(apart, 8, replicates=0)
    assert (frame["note"] == "some items were never given to the same respondents").all()
    assert stats.near_cut(apart, 8)["flags"].str.contains("roughly").all()


@pytest.mark.parametrize(
    ("arguments", "told_of"),
    [
        ({"cut": 0}, "does not lie on the scale"),
        ({"cut": 21}, "does not lie on the scale"),
        ({"cut": [5, 5]}, "twice"),
        ({"cut": "sixty"}, "give a number"),
        ({"cut": 12, "method": "magic"}, "no method"),
        ({"cut": 12, "reliability": 1.4}, "reliability is 1.4"),
        ({"cut": 12, "method": "lee"}, "give items="),
        ({"cut": 0.2, "method": "rudner", "ability": [np.nan], "std_error": 1}, "No candidate"),
        ({"cut": 12, "cut_on": "points", "method": "lee", "items": BANK}, "cut_on"),
    ],
)
def test_bad_arguments(exam, arguments, told_of):
    with pytest.raises(InvalidInput, match=told_of):
        stats.classification(exam, **arguments)


def test_totals_need_their_reliability(exam):
    totals = exam.sum(axis=1)
    with pytest.raises(InvalidInput, match="reliability="):
        stats.classification(totals, 12)
    alpha = stats.alpha(exam)["estimate"].item()
    found = told(stats.classification(totals, 12, reliability=alpha, highest=20, replicates=0))
    assert found["accuracy"] == pytest.approx(told(stats.classification(exam, 12, replicates=0))["accuracy"], abs=1e-9)
    with pytest.raises(InvalidInput, match="no scores"):
        stats.classification(pd.Series([np.nan]), 12, reliability=0.5)
    with pytest.raises(InvalidInput, match="outside the scale"):
        stats.classification(totals, 12, reliability=0.5, highest=10)


# scaled scores -------------------------------------------------------------------------------------------------------


def test_the_mark_is_60_and_the_highest_100():
    frame = stats.scaled_scores(pd.Series([0, 59, 60, 80, 100.0, np.nan]), 60, 100)
    assert frame["scaled"].tolist()[:5] == [0, 59, 60, 80, 100]
    assert np.isnan(frame["scaled"].iloc[5])
    assert frame["passed"].isna().iloc[5]


@pytest.mark.parametrize("kind", ["piecewise", "linear"])
@pytest.mark.parametrize("digits", [0, 1])
def test_rounding_never_turns_a_verdict(kind, digits):
    scores = np.linspace(0, 83.3, 2000)
    frame = stats.scaled_scores(scores, 47.3, 83.3, kind=kind, digits=digits)
    assert ((frame["scaled"] >= 60) == frame["passed"]).all()
    assert (np.diff(frame["scaled"]) >= 0).all()
    assert (frame["scaled"] - frame["exact"]).abs().max() <= 10.0**-digits
    assert frame["scaled"].between(0, 100).all()


def test_the_error_goes_with_the_slope():
    frame = stats.scaled_scores(pd.Series([10.0, 30]), 20, 40, to=(0, 60, 100), sem=2)
    assert frame["scaled_sem"].tolist() == pytest.approx([2 * 3, 2 * 2])


def test_scales_that_cannot_be():
    scores = pd.Series([1.0, 2, 3])
    with pytest.raises(InvalidInput, match="highest score"):
        stats.scaled_scores(scores, 3, 3)
    with pytest.raises(InvalidInput, match="three rising"):
        stats.scaled_scores(scores, 2, 3, to=(0, 100, 60))
    with pytest.raises(InvalidInput, match="does not lie"):
        stats.scaled_scores(scores, 5, 3)


# pass rates ----------------------------------------------------------------------------------------------------------


def test_one_point_more_or_less(exam):
    rows = stats.pass_rate(exam, 12)
    totals = exam.sum(axis=1)
    assert rows["passed"].tolist() == [int((totals >= 12 + shift).sum()) for shift in range(-3, 4)]
    assert rows["changed"].tolist() == (rows["passed"] - int((totals >= 12).sum())).tolist()
    accuracy = told(stats.classification(exam, 12, replicates=0))["accuracy"]
    assert rows.loc[rows["shift"] == 0, "accuracy"].item() == pytest.approx(accuracy, abs=1e-9)


def test_groups_and_ends_of_the_scale(exam):
    groups = pd.Series(np.where(np.arange(len(exam)) % 300, "a", "b"), index=exam.index, name="branch")
    rows = stats.pass_rate(exam, 19, by=groups)
    assert rows["shift"].max() == 1
    assert rows.groupby("branch")["n"].first().tolist() == [1196, 4]
    assert rows.loc[rows["branch"] == "b", "note"].str.contains("too few").all()
    named = stats.pass_rate(exam.assign(branch=groups), 19, by="branch")
    pd.testing.assert_frame_equal(rows, named)
    with pytest.raises(InvalidInput, match='"city"'):
        stats.pass_rate(exam, 12, by="city")


def test_rates_of_one_and_of_all_alike():
    one = stats.pass_rate(pd.Series([70.0]), 60, highest=100, shifts=0).iloc[0]
    assert one["estimate"] == 1
    assert np.isnan(one["accuracy"])
    assert stats.pass_rate(pd.Series([70.0] * 9), 60, highest=100)["estimate"].eq(1).all()


# near the mark -------------------------------------------------------------------------------------------------------


def test_the_chance_of_a_wrong_decision_holds_in_simulated_exams():
    rng = np.random.default_rng(7)
    truth = 0.25 + 0.7 * rng.beta(3, 2.5, 20_000)
    scores = pd.DataFrame((rng.random((20_000, 40)) < truth[:, None]).astype(float))
    frame = stats.near_cut(scores, 26, within=3)
    wrong = (truth[frame.index] >= 26 / 40) != frame["passed"]
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.6)):
        there = frame["p_wrong"].between(low, high)
        assert wrong[there].mean() == pytest.approx(frame.loc[there, "p_wrong"].mean(), abs=0.03)


def test_items_give_the_posterior_of_the_responses():
    rng = np.random.default_rng(8)
    theta = rng.normal(size=8000)
    chance = expit(IRT[:, 0] * (theta[:, None] - IRT[:, 1]))
    scores = pd.DataFrame((rng.random(chance.shape) < chance).astype(float), columns=BANK["item"])
    frame = stats.near_cut(scores, 10, items=BANK, within=2)
    wrong = (expected_sum(items_of(BANK), theta[frame.index]) >= 10) != frame["passed"]
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 1)):
        there = frame["p_wrong"].between(low, high)
        assert wrong[there].mean() == pytest.approx(frame.loc[there, "p_wrong"].mean(), abs=0.04)
    assert frame["sem"].between(1, 2.5).all()


def test_doubtful_items_and_the_other_form():
    scores = pd.DataFrame(
        {"q1": [0, 1, 1, 0], "q2": [1, 1, 0, 0], "q3": [1, 0, 1, 1], "q4": [0, 0, 0, 0], "q5": [1, 1, 1, 1]},
        index=list("wxyz"),
    ).astype(float)
    frame = stats.near_cut(scores, 3, flagged=["q4"], within=9, forms=pd.Series([1.0, 1.5, 2.6, 3.4], [1, 2, 3, 4]))
    assert frame.loc["z", "passed_without"] == (2 / 4 >= 3 / 5)
    assert frame.loc["w", "passed_without"]
    assert frame.loc["z", "passed_credited"]
    assert frame.loc["z", "turned_by"] == "q4"
    assert frame["other_passed"].tolist() == [False, False, False, False]
    assert "other_form" in frame.loc["x", "flags"]
    effects = stats.item_effects(scores, 3, ["q1", "q4"])
    assert effects["item"].tolist()[:2] == ["q1", "q4"]
    assert effects.loc[1, "gained_credited"] == 1


def test_candidates_alone_and_nobody_near():
    alone = stats.near_cut(pd.Series([61.0], index=["c"]), 60, highest=100)
    assert 0.3 < alone["p_wrong"].item() < 0.5
    assert "roughly" in alone["flags"].item()
    assert stats.near_cut(pd.Series([5.0, 95, 96]), 60, highest=100, reliability=0.9, within=0).empty
    with pytest.raises(InvalidInput, match="candidates × items"):
        stats.near_cut(pd.Series([61.0, 50]), 60, highest=100, flagged=["q1"])
    with pytest.raises(InvalidInput, match='"q9"'):
        stats.near_cut(pd.DataFrame({"q1": [1, 0], "q2": [1, 1]}), 1, flagged=["q9"])
    with pytest.raises(InvalidInput, match="responses"):
        stats.near_cut(pd.Series([61.0, 50]), 60, highest=100, items=BANK)
    with pytest.raises(InvalidInput, match="conversion"):
        stats.near_cut(pd.Series([61.0, 50]), 60, highest=100, forms=pd.Series([1.0, 2], [1, 1]))


def test_abilities_at_marks():
    items = items_of(BANK)
    theta = ability_at(items, 12)
    assert expected_sum(items, np.array([theta])).item() == pytest.approx(12, abs=1e-9)
    assert ability_at(items, 0) == -np.inf
    assert ability_at(items, 20) == np.inf
    at = of_groups(np.array([-1.0, 1]), np.array([0.5, 1]), np.array([0.5, 0.5]), np.array([theta]))
    assert at.weight @ at.theta == pytest.approx(0, abs=1e-9)
