"""Conditional estimation of the Rasch model, Andersen's test and the tests of single items."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from svclib.errors import InvalidInput
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.conditional import _evaluate, _forms, andersen, conditional, linked, wald_items
from svclib.stats.item_response.fit import irt

BROKEN = [[1, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0], [1, 1, 0, 1], [0, 1, 0, 0], [1, 0, 0, 0]]


def drawn(n, items, seed=1):
    rng = np.random.default_rng(seed)
    right = rng.random((n, items)) < expit(rng.normal(size=(n, 1)) - np.linspace(-1.5, 1.5, items))
    return pd.DataFrame(right.astype(int)).add_prefix("q")


def holed(n, items, seed=1):
    answers = drawn(n, items, seed).astype(float)
    answers.iloc[: n // 2, 0] = np.nan
    answers.iloc[n // 2 :, -1] = np.nan
    answers.iloc[3, :] = np.nan
    return answers


def test_the_values_of_erm(published):
    read, data = published
    expected, answers = read("irt_rasch_cml_raschdat"), data("raschdat1")
    answers = answers[[name for name in answers.columns if name.startswith("I")]]
    fit = irt(answers, "rasch", method="cml")
    assert fit.loglik == pytest.approx(expected["cll"], abs=1e-6)
    np.testing.assert_allclose(fit.items["d1"], list(expected["beta"].values()), atol=5e-5)
    np.testing.assert_allclose(fit.items["se_b"], expected["se"], atol=5e-5)
    row = andersen(answers).iloc[0]
    assert row["statistic"] == pytest.approx(expected["andersen"]["LR"], abs=1e-6)
    assert row["df"] == expected["andersen"]["df"]
    mine = wald_items(answers)
    wald = np.array(expected["wald"][".matrix"])
    np.testing.assert_allclose(mine["z"], wald[:, 0], atol=2e-4)
    np.testing.assert_allclose(mine["p_value"], wald[:, 1], atol=1e-4)


def test_the_values_of_psychotools(published):
    read, data = published
    expected, answers = read("irt_rasch_cml_raschdat"), data("LSAT").iloc[:, -5:]
    fit = irt(answers, "rasch", method="cml")
    assert fit.loglik == pytest.approx(expected["lsat_cml_ll"], abs=1e-6)
    b = fit.items["b"].to_numpy()
    np.testing.assert_allclose(b[1:] - b[0], list(expected["lsat_cml"].values()), atol=5e-5)


def test_the_likelihood_is_that_of_all_patterns():
    answers = drawn(40, 4)
    d = np.array([0.3, -0.4, 0.9, -0.8])
    codes = answers.to_numpy().astype(np.int8)
    forms = list(_forms(codes, np.ones(40)))
    patterns = np.array(list(itertools.product([0, 1], repeat=4)))
    chance = np.exp(patterns @ d)
    by_sum = np.array([chance[patterns.sum(axis=1) == total].sum() for total in range(5)])
    loglik, slope, bend = _evaluate(forms, d)
    assert loglik == pytest.approx(float((codes @ d - np.log(by_sum[codes.sum(axis=1)])).sum()), abs=1e-10)
    step = 1e-5
    for at in range(4):
        up, down = d.copy(), d.copy()
        up[at], down[at] = d[at] + step, d[at] - step
        above, below = _evaluate(forms, up), _evaluate(forms, down)
        assert (above[0] - below[0]) / (2 * step) == pytest.approx(slope[at], abs=1e-6)
        np.testing.assert_allclose((below[1] - above[1]) / (2 * step), bend[at], atol=1e-6)


def test_items_without_a_finite_maximum_are_left_out():
    codes = np.array(BROKEN, dtype=np.int8)
    held = linked(codes)
    assert held.tolist() == [True, True, False, False]
    found = conditional(codes[:, held], np.ones(len(codes)))
    assert found.converged
    np.testing.assert_allclose(found.easiness, 0, atol=1e-9)
    rows = irt(pd.DataFrame(BROKEN, columns=list("abcd")), "rasch", method="cml").items.set_index("item")
    assert rows["note"][["c", "d"]].tolist() == [IrtNote.UNLINKED] * 2
    assert rows.loc[["c", "d"], ["b", "se_b"]].isna().all(axis=None)
    assert rows["se_b"].max() < 5


def test_an_item_only_the_best_have_right_is_left_out():
    answers = drawn(400, 6)
    fit = irt(answers.assign(top=(answers.sum(axis=1) == 6).astype(int)), "rasch", method="cml")
    assert fit.converged
    assert fit.items.set_index("item")["note"]["top"] == IrtNote.UNLINKED
    alone = irt(answers, "rasch", method="cml")
    np.testing.assert_allclose(fit.items["b"][:6], alone.items["b"], atol=1e-8)
    assert list(fit.vcov.index) == [f"q{at}.d1" for at in range(6)]
    assert len(fit.scores()) == 400


def test_a_staircase_of_answers_has_no_maximum():
    stairs = pd.DataFrame(np.tril(np.ones((5, 4), dtype=int), -1)).add_prefix("q")
    with pytest.raises(InvalidInput, match="No two items"):
        irt(stairs, "rasch", method="cml")
    with pytest.raises(InvalidInput):
        andersen(stairs)


def test_forms_are_taken_apart_alike_with_and_without_packing():
    codes = holed(200, 11).fillna(-1).to_numpy().astype(np.int8)
    forms = list(_forms(codes, np.ones(200)))
    assert sorted(len(form.items) for form in forms) == [10, 10]
    total = sum(form.right for form in forms if 0 not in form.items)
    rows = (codes[:, 0] == -1) & (codes[:, 1] != -1)
    inner = codes[rows][:, 1:]
    inner = inner[(inner.sum(axis=1) > 0) & (inner.sum(axis=1) < 10)]
    np.testing.assert_allclose(total, inner.sum(axis=0))


def test_many_items_stay_exact():
    codes = drawn(400, 120).to_numpy().astype(np.int8)
    codes = codes[:, linked(codes)]
    fit = conditional(codes, np.ones(len(codes)))
    slope = _evaluate(list(_forms(codes, np.ones(len(codes)))), fit.easiness)[1]
    assert fit.converged
    assert np.abs(slope).max() < 1e-8


def test_missing_answers_by_design():
    answers = holed(800, 6)
    row = andersen(answers).iloc[0]
    assert row["n"] == 799
    assert row["left_out"] == ""
    assert 0 < row["p_value"] <= 1
    assert wald_items(answers)["z"].notna().all()


def test_items_left_out_are_named():
    answers = drawn(300, 5).assign(easy=1)
    group = np.tile(["x", "y"], 150)
    answers.loc[group == "x", "q0"] = 1
    assert andersen(answers, group)["left_out"].tolist() == ["q0, easy"]
    rows = wald_items(answers, group).set_index("item")
    assert rows.loc[["q0", "easy"], "note"].tolist() == [IrtNote.UNLINKED] * 2
    assert rows.loc["q0", ["b_1", "z", "p_value"]].isna().all()


def test_a_split_is_matched_by_its_index_and_may_have_holes():
    answers = drawn(300, 5)
    group = pd.Series(np.random.default_rng(2).choice(["x", "y"], 300))
    pd.testing.assert_frame_equal(andersen(answers, group), andersen(answers, group.sample(frac=1, random_state=1)))
    group[:40] = None
    pd.testing.assert_frame_equal(andersen(answers, group), andersen(answers[40:], group[40:]))
    assert andersen(answers, group)["n"].item() == 260


@pytest.mark.parametrize("split", ["mean", 3, np.ones((300, 2)), ["x", "y"], pd.Series(["x", "y"]), ["x"] * 300])
def test_a_split_that_cannot_be_read(split):
    with pytest.raises(InvalidInput):
        andersen(drawn(300, 5), split)


def test_single_items_are_compared_in_two_parts():
    with pytest.raises(InvalidInput, match="not 3"):
        wald_items(drawn(300, 5), np.tile(["x", "y", "z"], 100))
