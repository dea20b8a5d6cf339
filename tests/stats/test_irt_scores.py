import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from irt_reference import exam, exam_3pl, mirt_items, mirt_steps, rating, values
from scipy.optimize import minimize_scalar
from scipy.special import expit

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.item_response.fit import irt
from svclib.stats.item_response.information import marginal_reliability, score_reliability, sheet_reliability
from svclib.stats.item_response.parameters import items_of
from svclib.stats.item_response.plausible import plausible_values, sheet_draws
from svclib.stats.item_response.scoring import METHODS, ScoreNote, abilities
from svclib.stats.item_response.sheets import read_sheet
from svclib.stats.item_response.sum_scores import SumNote, sum_table

E, G, R = values("irt_exam"), values("irt_3pl"), values("irt_rating")
TWO = mirt_items(E["twopl"]["items"])
RASCH = mirt_items(E["rasch"]["items"], "rasch")
RASCH_SD = float(np.sqrt(E["rasch"]["cov"][".matrix"][0][0]))


def close(found, expected, theta=5e-6, error=2.5e-4):
    there = [at for at, value in enumerate(expected["theta"]) if isinstance(value, float) and abs(value) < 15]
    assert len(there) > 90
    np.testing.assert_allclose(found["estimate"].iloc[there], np.array(expected["theta"], float)[there], atol=theta)
    if error:
        np.testing.assert_allclose(found["std_error"].iloc[there], np.array(expected["se"], float)[there], atol=error)


def test_eap_is_that_of_mirt():
    close(abilities(exam(), TWO), E["EAP"], 1e-8, 1e-8)
    close(abilities(exam_3pl(), mirt_items(G["threepl_normprior"]["items"], "3pl")), G["EAP"], 1e-7, 1e-7)
    close(abilities(rating(), mirt_items(R["graded"]["items"], "grm")), R["graded_EAP"], 1e-8, 1e-7)
    close(abilities(rating(), mirt_steps(R["gpcm"]["items"], "gpcm")), R["gpcm_EAP"], 1e-8, 1e-7)


def test_eap_with_a_wide_population_is_that_of_mirt():
    # mirt cuts the population at 6, which is 5.2 of its standard deviations
    close(abilities(exam(), RASCH, sd=RASCH_SD), E["rasch_EAP"], 5e-6, 2e-5)


@pytest.mark.parametrize("method, name", [("map", "MAP"), ("ml", "ML"), ("jeffreys", "WLE")])
def test_modes_are_those_of_mirt(method, name):
    close(abilities(exam(), TWO, method, errors="observed"), E[name])
    close(abilities(exam(), RASCH, method, sd=RASCH_SD, errors="observed"), E[f"rasch_{name}"])
    guessing = mirt_items(G["threepl_normprior"]["items"], "3pl")
    close(abilities(exam_3pl(), guessing, method, errors="observed"), G[name])
    close(abilities(rating(), mirt_items(R["graded"]["items"], "grm"), method, errors="observed"), R[f"graded_{name}"])


def test_warm_is_jeffreys_without_guessing():
    for answers, items in (
        (exam(), TWO),
        (rating(), mirt_items(R["graded"]["items"], "grm")),
        (rating(), mirt_steps(R["gpcm"]["items"], "gpcm")),
    ):
        warm, other = (abilities(answers, items, method)["estimate"] for method in ("wle", "jeffreys"))
        np.testing.assert_allclose(warm, other, atol=1e-6)
    close(abilities(rating(), mirt_steps(R["pcm"]["items"], "pcm"), "wle"), R["pcm_WLE"], error=None)


def test_short_tests_are_those_of_catr():
    # catR solves to a few 1e-5; its EAP has 33 points on [−4, 4]
    cat = values("cat_mfi")
    bank = pd.DataFrame(cat["bank"][".matrix"], columns=["a", "b", "c", "upper"])
    bank["item"] = cat["bank"][".rownames"]
    for name, pattern in cat["patterns"].items():
        answers = pd.DataFrame([pattern[:10]], columns=bank["item"][:10])
        for method, place, near in (("map", 0, 6e-5), ("ml", 1, 6e-5), ("wle", 2, 6e-5), ("eap", 3, 1e-3)):
            row = abilities(answers, bank, method).iloc[0]
            theirs = [part[place] for part in cat["score10"][name][".matrix"]]
            np.testing.assert_allclose([row["estimate"], row["std_error"]], theirs, atol=near)


@pytest.mark.reference
def test_four_parameters_are_those_of_catr(published):
    read, table = published
    theirs, bank = read("cat_tcals"), table("tcals").rename(columns={"d": "upper"})
    bank["item"] = [f"q{one}" for one in range(1, len(bank) + 1)]
    answers = pd.DataFrame([theirs["x"]], columns=[f"q{at}" for at in theirs["idx"]])
    for method, name, near in (("map", "BM", 2e-5), ("ml", "ML", 2e-5), ("wle", "WL", 2e-5), ("eap", "EAP", 1e-5)):
        row = abilities(answers, bank, method).iloc[0]
        np.testing.assert_allclose(row["estimate"], theirs[f"th_{name}"], atol=near)
        np.testing.assert_allclose(row["std_error"], theirs[f"se_{name}"], atol=near)


@pytest.mark.reference
def test_lsat_is_that_of_mirt(published):
    read, table = published
    theirs = read("irt_lsat_mirt")
    items = mirt_items(theirs["twopl"]["items"])
    for name, method in (("EAP", "eap"), ("MAP", "map"), ("WLE", "wle"), ("ML", "ml")):
        rows = theirs[name][".matrix"]
        patterns = pd.DataFrame([row[:5] for row in rows], columns=items["item"])
        found = abilities(patterns, items, method)
        expected = np.array([float(str(row[5]).replace("Inf", "inf")) for row in rows])
        finite = np.isfinite(expected)
        np.testing.assert_allclose(found["estimate"][finite], expected[finite], atol=2e-4)
        assert (found["estimate"][~finite] == expected[~finite]).all()
    assert len(table("LSAT")) == 1000


@pytest.mark.reference
def test_graded_science_is_that_of_mirt(published):
    read, table = published
    theirs = read("irt_science_grm")
    items = mirt_items(theirs["graded"]["items"], "grm")
    found = abilities(table("Science_mirt")[items["item"]] - 1, items)
    np.testing.assert_allclose(found[["estimate", "std_error"]], theirs["eap"][".matrix"], atol=1e-7)


@pytest.mark.reference
def test_conditional_items_give_ermes_abilities(published):
    read, table = published
    theirs, answers = read("irt_rasch_cml_raschdat"), table("raschdat1")
    items = pd.DataFrame({"item": answers.columns, "model": "rasch", "a": 1.0, "d1": list(theirs["beta"].values())})
    found = abilities(answers, items, "ml")["estimate"]
    plain = ~np.array(theirs["theta_table"]["Interpolated"], bool)
    names = [int(name[1:]) - 1 for name in theirs["theta_table"][".rows"]]
    expected = np.array(theirs["theta_table"]["Person Parameter"])
    np.testing.assert_allclose(found.iloc[names][plain], expected[plain], atol=1e-4)


def test_sum_scores_are_those_of_mirt():
    table, theirs = sum_table(exam(20), mirt_items(E["complete20_twopl"]["items"])), E["complete20_EAPsum"]
    for ours, name in (("estimate", "F1"), ("std_error", "SE_F1"), ("observed", "observed"), ("expected", "expected")):
        np.testing.assert_allclose(table[ours], theirs[name], atol=1e-10)
    scored = abilities(exam(20), mirt_items(E["complete20_twopl"]["items"]), "sum")
    np.testing.assert_allclose(scored["estimate"], table["estimate"].to_numpy()[scored["score"]])


def test_sum_scores_of_forms_go_by_their_own_items():
    scored = abilities(exam(), TWO, "sum")
    assert scored["estimate"].notna().all()
    assert sum_table(exam(), TWO)["note"].eq(str(SumNote.NOBODY)).all()
    own = exam().columns[exam().iloc[0].notna()]
    alone = abilities(exam().iloc[[0]][own], TWO, "sum")
    np.testing.assert_allclose(scored["estimate"].iloc[0], alone["estimate"].iloc[0])


def test_information_and_reliability_are_those_of_mirt():
    at = E["testinfo_theta"]
    np.testing.assert_allclose(stats.test_information(TWO, at)["information"], E["testinfo_2pl"])
    np.testing.assert_allclose(stats.test_information(RASCH, at)["information"], E["testinfo_rasch"])
    by_item = stats.test_information(TWO, at, by_item=True).pivot(index="theta", columns="item", values="information")
    np.testing.assert_allclose(by_item[TWO["item"]], E["iteminfo_2pl"][".matrix"])
    for name, frame in (
        ("graded", mirt_items(R["graded"]["items"], "grm")),
        ("gpcm", mirt_steps(R["gpcm"]["items"], "gpcm")),
        ("pcm", mirt_steps(R["pcm"]["items"], "pcm")),
    ):
        np.testing.assert_allclose(stats.test_information(frame, at)["information"], R[f"{name}_testinfo"])
    guessing = mirt_items(G["threepl_normprior"]["items"], "3pl")
    np.testing.assert_allclose(stats.test_information(guessing, at)["information"], G["testinfo"])
    assert marginal_reliability(TWO) == pytest.approx(E["marginal_rxx"], abs=1e-8)
    assert marginal_reliability(mirt_items(R["graded"]["items"], "grm")) == pytest.approx(R["marginal_rxx"], abs=1e-8)
    table = sheet_reliability(read_sheet(exam(), TWO))
    eap = table.loc[(table["method"] == "eap"), "reliability"].iloc[0]
    assert eap == pytest.approx(E["empirical_rxx"]["F1"], abs=1e-8)


def test_modes_are_maxima():
    random = np.random.default_rng(5)
    items = pd.DataFrame({"item": list("abcdef"), "a": [0.6, 1.2, 2, -0.5, 1, 1.4], "b": [-1, 0, 1, 0, 2, -2]})
    items["c"] = [0.2, 0, 0.1, 0, 0.25, 0]
    answers = pd.DataFrame(random.integers(0, 2, (10, 6)), columns=items["item"])
    found = abilities(answers, items, "map", mean=0.3, sd=1.4)["estimate"]
    for row, theta in zip(answers.to_numpy(), found, strict=True):

        def loss(at, row=row):
            p = items["c"] + (1 - items["c"]) * expit(items["a"] * (at - items["b"]))
            return -np.log(np.where(row, p, 1 - p)).sum() + ((at - 0.3) / 1.4) ** 2 / 2

        ends = [(low, low + 3) for low in range(-6, 6, 3)]
        best = min(minimize_scalar(loss, bounds=pair, method="bounded", options={"xatol": 1e-9}).fun for pair in ends)
        assert loss(theta) <= best + 1e-10


def test_the_likelihood_without_a_peak_is_said():
    right = pd.DataFrame([[1] * 30, [0] * 30], columns=TWO["item"])
    found = abilities(right, TWO, "ml")
    assert found["estimate"].tolist() == [np.inf, -np.inf]
    assert found["note"].tolist() == [str(ScoreNote.ALL_RIGHT), str(ScoreNote.ALL_WRONG)]
    assert found[["std_error", "low", "high"]].isna().all(axis=None)
    for method in ("eap", "map", "wle", "sum"):
        assert np.isfinite(abilities(right, TWO, method)["estimate"]).all()


def test_worse_than_guessing_has_no_ability():
    items = pd.DataFrame({"item": list("abcd"), "a": 2.0, "b": [-2.0, -1, 0, 3], "c": 0.25})
    found = abilities(pd.DataFrame([[0, 0, 0, 1]], columns=list("abcd")), items, "ml").iloc[0]
    assert found["estimate"] == -np.inf
    assert found["note"] == str(ScoreNote.ENDLESS_DOWN)


@pytest.mark.parametrize("method", METHODS)
def test_nothing_answered(method):
    answers = pd.DataFrame([[np.nan] * 3, [1, 0, 1]], columns=["I01", "I02", "I03"], index=["x", "y"])
    found = abilities(answers, TWO, method, mean=0.4, sd=1.2)
    assert found.index.tolist() == ["x", "y"]
    if method in ("eap", "map", "sum"):
        assert found["estimate"].iloc[0] == pytest.approx(0.4, abs=1e-6)
        assert found["std_error"].iloc[0] == pytest.approx(1.2, abs=1e-6)
        assert found["note"].iloc[0] == str(ScoreNote.ONLY_GROUP)
    else:
        assert np.isnan(found["estimate"].iloc[0])
        assert found["note"].iloc[0] == str(ScoreNote.NO_ITEMS)
    assert found["note"].iloc[1] == ""


def test_states_tell_omitted_from_not_reached():
    answers = pd.DataFrame({"I01": [1.0, 1], "I02": [np.nan, np.nan]})
    states = pd.DataFrame({"I01": "answered", "I02": ["omitted", "not_reached"]})
    wrong = abilities(pd.DataFrame({"I01": [1], "I02": [0]}), TWO)["estimate"].iloc[0]
    alone = abilities(pd.DataFrame({"I01": [1]}), TWO)["estimate"].iloc[0]
    assert abilities(answers, TWO, states=states)["estimate"].tolist() == pytest.approx([wrong, alone])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["eap", "map", "wle", "ml"]), st.floats(-1, 1), st.floats(0.5, 2))
def test_scores_follow_the_scale(seed, method, shift, stretch):
    random = np.random.default_rng(seed)
    items = items_of(pd.DataFrame({"item": list("abcde"), "a": random.uniform(0.5, 2, 5), "b": random.normal(size=5)}))
    answers = pd.DataFrame(random.integers(0, 2, (6, 5)), columns=list("abcde"))
    plain = abilities(answers, items, method)["estimate"]
    moved = abilities(answers, items.rescaled(stretch, shift), method, mean=shift, sd=stretch)["estimate"]
    near = plain.abs() < 8
    np.testing.assert_allclose(moved[near], shift + stretch * plain[near], atol=1e-5)


def test_candidates_do_not_depend_on_each_other():
    every = abilities(exam(), TWO, "wle")
    shuffled = exam().sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(abilities(shuffled, TWO, "wle").loc[every.index], every)
    few = abilities(exam().iloc[:, :4].astype("Int64"), TWO, "ml")
    one = pd.concat([abilities(exam().iloc[[at], :4], TWO, "ml") for at in range(20)])
    np.testing.assert_allclose(few["estimate"].iloc[:20], one["estimate"], atol=1e-8)


def test_means_of_each_candidate():
    answers = exam().iloc[:4]
    found = abilities(answers, TWO, mean=[0, 0, 1, 1], sd=[1, 2, 1, 2])["estimate"].to_numpy()
    for row, (mean, sd) in enumerate([(0, 1), (0, 2), (1, 1), (1, 2)]):
        assert found[row] == pytest.approx(abilities(answers.iloc[[row]], TWO, mean=mean, sd=sd)["estimate"].iloc[0])


def test_plausible_values_have_the_posteriors_moments():
    sheet = read_sheet(exam().iloc[:200], TWO)
    draws, score = sheet_draws(sheet, 2000, seed=3), abilities(exam().iloc[:200], TWO)
    np.testing.assert_allclose(draws.mean(axis=1), score["estimate"], atol=0.04)
    np.testing.assert_allclose(draws.std(axis=1), score["std_error"], atol=0.04)
    pd.testing.assert_frame_equal(sheet_draws(sheet, 3, seed=1), sheet_draws(sheet, 3, seed=1))
    with pytest.raises(InvalidInput, match="n is 0"):
        sheet_draws(sheet, 0, seed=1)


def test_plausible_values_find_the_spread_of_groups():
    random = np.random.default_rng(2)
    theta = np.concatenate([random.normal(0, 1, 1500), random.normal(0.8, 1.3, 1500)])
    b = random.normal(size=15)
    answers = pd.DataFrame((random.random((3000, 15)) < expit(theta[:, None] - b)).astype(int)).add_prefix("q")
    group = np.repeat(["a", "b"], 1500)
    fit = irt(answers, "rasch", groups=group)
    drawn = plausible_values(fit, 20, seed=1)
    for place, name in enumerate(fit.groups["group"]):
        mine = drawn[group == name].to_numpy()
        assert mine.mean() == pytest.approx(fit.groups["mean"][place], abs=0.06)
        assert mine.std() == pytest.approx(fit.groups["sd"][place], abs=0.08)
    assert fit.scores().shape[0] == 3000
    assert set(score_reliability(fit)["group"]) == {"a", "b"}


@pytest.mark.parametrize(
    "change, words",
    [
        ({"method": "best"}, 'method is "best"'),
        ({"errors": "none"}, 'errors is "none"'),
        ({"level": 2}, "level is 2"),
        ({"sd": 0}, "sd is 0"),
        ({"mean": [1, 2]}, "mean must be a number"),
        ({"mean": np.nan}, "mean must be a number"),
    ],
)
def test_wrong_options_are_named(change, words):
    with pytest.raises(InvalidInput, match=words):
        abilities(exam().iloc[:5], TWO, **change)


@pytest.mark.parametrize(
    "answers, words",
    [
        (pd.DataFrame({"I99": [1]}), "I99.*not been calibrated"),
        (pd.DataFrame({"I01": [2]}), "above its highest"),
        (pd.DataFrame({"I01": [-1]}), "score of -1"),
        (pd.DataFrame({"I01": ["yes"]}), "no number"),
        (pd.DataFrame(index=[1, 2]), "no items"),
        (pd.DataFrame({"I01": pd.Series([], dtype=float)}), "no candidates"),
        (pd.DataFrame({"I01": [0, 1]}, index=[7, 7]), "there twice"),
        ("answers", "frame is needed"),
    ],
)
def test_wrong_answers_are_named(answers, words):
    with pytest.raises(InvalidInput, match=words):
        abilities(answers, TWO)


def test_wrong_abilities_are_named():
    for theta in ([], [np.nan], [np.inf]):
        with pytest.raises(InvalidInput, match="theta"):
            stats.test_information(TWO, theta)


def test_items_without_discrimination():
    flat = pd.DataFrame({"item": ["a", "b"], "a": [0.0, 0.0], "d1": [0.5, -0.5]})
    answers = pd.DataFrame({"a": [1, 0], "b": [0, 1]})
    assert abilities(answers, flat)["estimate"].abs().max() < 1e-9
    for method in ("ml", "wle"):
        assert not np.isfinite(abilities(answers, flat, method)["estimate"]).any()
        assert (abilities(answers, flat, method)["note"] != "").all()
    assert np.isinf(stats.test_information(flat, 0)["std_error"]).all()


def test_one_candidate_one_item():
    found = abilities(pd.DataFrame({"I01": [1]}), TWO)
    assert found["estimate"].iloc[0] > 0
    assert json.loads(found.to_json())
