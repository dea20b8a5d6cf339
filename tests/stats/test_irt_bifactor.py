import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from svclib import stats
from svclib.errors import InvalidInput
from svclib.reports.sentences.testlets import case_items
from svclib.stats.item_response.bifactor import bifactor
from svclib.stats.item_response.bifactor_climb import Problem
from svclib.stats.item_response.bifactor_design import BOUND, BifactorNote, design
from svclib.stats.item_response.bifactor_estep import candidate_scores, lay_out
from svclib.stats.item_response.bifactor_frames import CaseNote as Note
from svclib.stats.item_response.bifactor_frames import CaseVerdict as Verdict
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.curves import expected
from svclib.stats.item_response.fit import irt
from svclib.stats.item_response.quadrature import grid, normal_weights
from svclib.stats.item_response.responses import read_responses
from svclib.stats.item_response.scoring import ScoreNote

REFERENCE = Path(__file__).parent / "reference"
CASES = {f"q{at + 1:02d}": f"case{at // 3 + 1}" for at in range(12)}


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(REFERENCE / "testlets.csv")


@pytest.fixture(scope="module")
def mirt():
    return json.loads((REFERENCE / "testlets.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def fit(answers):
    return bifactor(answers, CASES)


def drawn(n, specific, seed=1, testlets=2, each=3, alone=3):
    rng = np.random.default_rng(seed)
    items = testlets * each + alone
    share = np.zeros((n, items))
    share[:, : testlets * each] = specific * np.repeat(rng.normal(size=(n, testlets)), each, axis=1)
    right = rng.random((n, items)) < expit(1.2 * rng.normal(size=(n, 1)) + share - np.linspace(-1, 1, items))
    home = {f"q{at}": f"t{at // each}" for at in range(testlets * each)}
    return pd.DataFrame(right.astype(int)).add_prefix("q"), home


def test_the_fit_is_that_of_mirt(fit, mirt):
    assert fit.converged
    assert fit.loglik == pytest.approx(mirt["loglik"], abs=1e-2)
    assert fit.loglik >= mirt["loglik"] - 1e-4
    assert fit.n_parameters == mirt["n_parameters"]
    assert fit.aic == pytest.approx(mirt["aic"], abs=2e-2)
    assert fit.bic == pytest.approx(mirt["bic"], abs=2e-2)
    np.testing.assert_allclose(fit.items["a"], mirt["a"], atol=5e-3)
    np.testing.assert_allclose(fit.items["a_specific"].fillna(0), mirt["specific"], atol=5e-3)
    theirs = np.array(mirt["d"], dtype=float)
    mine = fit.items[["d1", "d2", "d3"]].to_numpy()
    several = fit.items["categories"].to_numpy() > 2
    np.testing.assert_allclose(mine[~several, 0], theirs[~several, 0], atol=5e-3)
    np.testing.assert_allclose(mine[several], theirs[several, 1:], atol=5e-3)
    assert fit.unidimensional.loglik == pytest.approx(mirt["unidimensional"], abs=1e-4)


def test_errors_are_those_of_mirt(fit, mirt):
    np.testing.assert_allclose(fit.items["se_a"], mirt["se_a"], rtol=1e-3)
    np.testing.assert_allclose(fit.items["se_a_specific"], np.array(mirt["se_specific"], dtype=float), rtol=1e-3)


def test_scores_are_those_of_drawn_factors(fit, answers):
    rng = np.random.default_rng(6)
    general, specific = rng.normal(size=200_000), rng.normal(size=(200_000, 4))
    logs = np.zeros((10, len(general)))
    for at, row in fit.items.iterrows():
        own = 0 if at >= 12 else row["a_specific"] * specific[:, at // 3]
        steps = [row[f"d{k}"] for k in range(1, int(row["categories"]))]
        above = np.vstack([np.ones(len(general)), *(expit(row["a"] * general + own + d) for d in steps), 0 * general])
        chance = np.log(above[:-1] - above[1:])
        for candidate, score in enumerate(answers.iloc[:10, at]):
            logs[candidate] += 0 if np.isnan(score) else chance[int(score)]
    weight = np.exp(logs - logs.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    scores = fit.scores().head(10)
    mean = weight @ general
    np.testing.assert_allclose(scores["estimate"], mean, atol=0.03)
    np.testing.assert_allclose(scores["std_error"], np.sqrt(weight @ general**2 - mean**2), atol=0.03)


def test_the_slope_of_the_likelihood_is_exact_and_that_of_the_candidates_adds_up(answers):
    read = read_responses(answers)
    plan, _told = design(read.names, read.highest + 1, CASES)
    problem = Problem(plan, lay_out(read.codes, plan, 15))
    free = np.random.default_rng(3).normal(0.8, 0.1, plan.size)
    values = plan.spread(free)
    values[:, 2:] = np.sort(np.random.default_rng(4).normal(size=values[:, 2:].shape), axis=1)[:, ::-1]
    free = plan.gather(values)
    point = problem.at(free)
    for at in range(0, plan.size, 7):
        move = np.zeros(plan.size)
        move[at] = 1e-5
        change = (problem.at(free + move).loglik - problem.at(free - move).loglik) / 2e-5
        assert point.gradient[at] == pytest.approx(change, abs=1e-3)
    parts = candidate_scores(plan, problem.sheets, point.known)
    total = sum(problem.sheets.weights[rows] @ scores for rows, scores in parts)
    np.testing.assert_allclose(total, point.gradient, atol=1e-7)


def test_the_likelihood_is_that_of_all_points_of_all_factors():
    frame, home = drawn(40, 0.8, testlets=2, each=2, alone=1)
    read = read_responses(frame)
    plan, _told = design(read.names, read.highest + 1, home)
    problem = Problem(plan, lay_out(read.codes, plan, 15))
    values = plan.spread(plan.gather(np.tile([1.1, 0.7, 0.2], (5, 1))))
    theta = grid(15)
    g, u, v = np.meshgrid(theta, theta, theta, indexing="ij")
    weight = np.einsum("a,b,c->abc", *[normal_weights(theta)] * 3)
    specific = [u, u, v, v, 0 * u]
    total = 0.0
    for row in frame.to_numpy():
        chance = weight.copy()
        for item, right in enumerate(row):
            p = expit(values[item, 0] * g + values[item, 1] * specific[item] + values[item, 2])
            chance *= p if right else 1 - p
        total += np.log(chance.sum())
    assert problem.at(plan.gather(values)).loglik == pytest.approx(total, abs=1e-9)


def test_errors_are_those_of_the_curvature(fit):
    assert (fit.items[["se_a", "se_d1"]] > 0).all().all()
    assert (fit.items.loc[fit.items["testlet"] != "", "se_a_specific"] > 0).all()
    assert fit.items.loc[fit.items["testlet"] == "", "se_a_specific"].isna().all()
    assert list(fit.vcov.index[:3]) == ["q01.a", "q01.a_specific", "q01.d1"]


def test_marginal_curves_are_close_to_the_exact_ones(fit):
    theta, fine = np.linspace(-3, 3, 61), np.linspace(-6, 6, 241)
    weights = normal_weights(fine)
    near = expected(fit.parameters, theta)
    for at, row in fit.items.iterrows():
        inside = [row[f"d{k}"] for k in range(1, int(row["categories"]))]
        specific = 0.0 if np.isnan(row["a_specific"]) else row["a_specific"]
        exact = sum(expit(row["a"] * theta[:, None] + specific * fine + d) @ weights for d in inside)
        assert np.abs(near[at] - exact).max() < 0.012 * len(inside)


def test_ignoring_testlets_reports_too_small_an_error(fit, answers):
    rows = fit.reliability.set_index("model")
    assert rows.loc["bifactor", "reliability"] < rows.loc["unidimensional", "reliability"]
    assert rows.loc["bifactor", "std_error"] > rows.loc["unidimensional", "std_error"]
    scores = fit.scores()
    assert scores.index.equals(answers.index)
    assert scores[["estimate", "std_error"]].notna().all().all()
    assert abs(scores["estimate"].mean()) < 0.02


def test_comparison_with_one_ability(fit, answers):
    row = fit.compare().iloc[0]
    assert row["df"] == 12
    assert row["lr"] == pytest.approx(2 * (fit.loglik - fit.unidimensional.loglik))
    assert (row["verdict"], row["note"]) == (str(Verdict.KEEP), str(Note.EDGE))
    kinds = {name: "grm" if answers[name].max() > 1 else "2pl" for name in answers}
    assert fit.compare(irt(answers, kinds)).iloc[0]["lr"] == pytest.approx(row["lr"], abs=1e-3)
    with pytest.raises(InvalidInput, match="same answers"):
        fit.compare(irt(answers.iloc[:500], kinds))
    with pytest.raises(InvalidInput, match="not int"):
        fit.compare(3)


def test_without_dependence_the_simple_model_is_kept():
    frame, home = drawn(1500, 0.0, seed=5)
    fit = bifactor(frame, home)
    assert fit.converged
    row = fit.compare().iloc[0]
    assert row["verdict"] == str(Verdict.DROP)
    assert fit.loglik >= fit.unidimensional.loglik - 1e-3
    assert "no more than chance" in case_items(fit)


def test_known_slopes_come_back():
    frame, home = drawn(6000, 1.2, seed=2, testlets=3, each=4)
    fit = bifactor(frame, home)
    mine = fit.items[fit.items["testlet"] != ""]
    z = pd.concat([(mine["a_specific"] - 1.2) / mine["se_a_specific"], (fit.items["a"] - 1.2) / fit.items["se_a"]])
    assert (z.abs() < 3.5).all()
    assert 0.6 < np.sqrt((z**2).mean()) < 1.4


def test_one_and_two_items_of_a_testlet():
    frame, home = drawn(900, 1.0, each=3)
    home = home | {"q2": "own"}
    fit = bifactor(frame, home)
    rows = fit.items.set_index("item")
    assert rows.loc["q2", "note"] == str(BifactorNote.ONE_ITEM)
    assert np.isnan(rows.loc["q2", "a_specific"])
    assert rows.loc["q0", "note"] == str(BifactorNote.TWO_ITEMS)
    assert rows.loc["q0", "a_specific"] == rows.loc["q1", "a_specific"]
    assert fit.testlets["items"].tolist() == [2, 3]
    single = bifactor(frame, {"q0": "a", "q1": "b"})
    assert single.note == str(BifactorNote.NO_TESTLETS)
    assert single.loglik == pytest.approx(single.unidimensional.loglik, abs=1e-3)
    assert single.compare()["note"][0] == str(Note.NOTHING)
    assert "cannot be told" in case_items(single)


def test_items_without_spread_and_candidates_without_answers():
    frame, home = drawn(700, 1.0)
    frame = frame.astype(float)
    frame["q1"], frame["q8"] = 1.0, np.nan
    frame.iloc[3] = np.nan
    fit = bifactor(frame, home, std_errors=False)
    rows = fit.items.set_index("item")
    assert list(rows.index) == list(frame.columns)
    assert rows.loc["q1", "note"] == str(IrtNote.ALL_RIGHT)
    assert rows.loc["q8", "note"] == str(IrtNote.NO_RESPONSES)
    assert str(IrtNote.EMPTY_ROWS) in fit.notes["note"].tolist()
    scores = fit.scores()
    assert scores.loc[3, ["estimate", "std_error", "note"]].tolist() == [0.0, 1.0, str(ScoreNote.ONLY_GROUP)]
    assert fit.n == 699


def test_states_tell_omitted_from_not_reached():
    frame, home = drawn(600, 1.0)
    frame = frame.astype(float)
    states = pd.DataFrame("answered", index=frame.index, columns=frame.columns)
    frame.iloc[:5, 0], states.iloc[:5, 0] = np.nan, "omitted"
    frame.iloc[5:9, 0], states.iloc[5:9, 0] = np.nan, "not_reached"
    assert bifactor(frame, home, states=states, std_errors=False).items["n"][0] == 596


def test_few_candidates_end_with_a_note():
    frame, home = drawn(60, 1.0)
    fit = bifactor(frame, home)
    assert str(BifactorNote.FEW) in fit.notes["note"].tolist()
    assert (fit.items[["a", "a_specific"]].abs().max() <= BOUND).all()


@pytest.mark.parametrize(("n", "message"), [(1, "look at"), (12, "12 candidates are too few")])
def test_fewer_candidates_than_parameters_are_refused(n, message):
    frame, home = drawn(n, 1.0)
    with pytest.raises(InvalidInput, match=message):
        bifactor(frame, home)


def test_a_duplicated_item_and_a_wrong_key_are_told():
    frame, home = drawn(1500, 0.8, seed=8)
    frame["q7"] = 1 - frame["q7"]
    fit = bifactor(frame, home, std_errors=False)
    assert fit.items.set_index("item").loc["q7", "note"] == str(IrtNote.NEGATIVE)


def test_order_of_candidates_and_items_changes_nothing():
    frame, home = drawn(800, 1.0, seed=4)
    one = bifactor(frame, home, std_errors=False)
    turned = bifactor(frame.iloc[::-1, ::-1], home, std_errors=False)
    assert turned.loglik == pytest.approx(one.loglik, abs=1e-6)
    left, right = (fit.items.set_index("item").sort_index()[["a", "a_specific", "d1"]] for fit in (one, turned))
    np.testing.assert_allclose(left, right, atol=2e-3)


@pytest.mark.parametrize(
    ("testlets", "options", "message"),
    [
        ({}, {}, "must name the testlet"),
        ("t", {}, "must name the testlet"),
        ({"q99": "t"}, {}, '"q99"'),
        ({f"q{at}": "t" for at in range(9)}, {}, '"q0".*"t"'),
        ({"q0": "t"}, {"points": 3}, "points"),
        ({"q0": "t"}, {"points": 20.5}, "points"),
        ({"q0": "t"}, {"iterations": 0}, "iterations"),
    ],
)
def test_complaints_name_what_is_wrong(testlets, options, message):
    frame, _home = drawn(50, 1.0)
    with pytest.raises(InvalidInput, match=message):
        bifactor(frame, testlets, **options)


def test_too_few_items():
    with pytest.raises(InvalidInput, match="Fewer than three"):
        bifactor(pd.DataFrame({"a": [0, 1], "b": [1, 0]}), {"a": "t"})


def test_words_in_both_languages(fit):
    english, chinese = case_items(fit), case_items(fit, "zh-CN")
    assert "strongly" in english
    assert "case3" in english
    assert "too small" in english
    assert "case3" in chinese
    assert "信度" in chinese
    assert "Bifactor(16 items, 4 testlets" in repr(fit)
    assert stats.bifactor is bifactor
