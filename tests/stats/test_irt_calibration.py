import json

import numpy as np
import pandas as pd
import pytest
from irt_reference import REFERENCE, exam, exam_3pl, rating, values
from scipy.special import expit

from svclib.errors import InvalidInput
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.conditional import andersen
from svclib.stats.item_response.fit import irt

E, G, R = values("irt_exam"), values("irt_3pl"), values("irt_rating")
MORE = json.loads((REFERENCE / "irt_calibration.json").read_text(encoding="utf-8"))["values"]


def matrix(reference):
    return np.array(reference["items"][".matrix"], dtype=float)


def errors(name):
    return np.array(list(MORE[f"{name}_SE"].values()), dtype=float)


def drawn(n, items, seed=1, slope=1.0):
    rng = np.random.default_rng(seed)
    b = np.linspace(-1.5, 1.5, items)
    right = rng.random((n, items)) < expit(slope * (rng.normal(size=(n, 1)) - b))
    return pd.DataFrame(right.astype(int)).add_prefix("q")


@pytest.mark.parametrize(("model", "name"), [("2pl", "twopl"), ("rasch", "rasch")])
def test_right_wrong_items_are_those_of_mirt(model, name):
    fit, expected = irt(exam(), model), E[name]
    assert fit.converged
    assert fit.loglik == pytest.approx(expected["logLik"], abs=1e-6)
    np.testing.assert_allclose(fit.items[["a", "d1"]], matrix(expected)[:, :2], atol=5e-5)
    mine = np.sqrt(np.diag(fit.vcov))
    if model == "rasch":
        mine[-1] *= 2 * fit.groups["sd"][0]
    np.testing.assert_allclose(mine, errors(name), atol=1e-5)
    assert fit.aic == pytest.approx(expected["AIC"], abs=1e-5)
    assert fit.bic == pytest.approx(expected["BIC"], abs=1e-5)


def test_guessing_with_a_prior_is_that_of_mirt():
    fit, expected = irt(exam_3pl(), "3pl"), G["threepl_normprior"]
    assert fit.log_posterior == pytest.approx(expected["logLik"] + MORE["threepl_logPrior"], abs=1e-6)
    np.testing.assert_allclose(fit.items[["a", "d1", "c"]], matrix(expected)[:, :3], atol=1e-5)


def test_graded_items_are_those_of_mirt():
    fit, expected = irt(rating(), "grm"), R["graded"]
    assert fit.loglik == pytest.approx(expected["logLik"], abs=1e-6)
    np.testing.assert_allclose(fit.items[["a", "d1", "d2", "d3", "d4"]], matrix(expected)[:, :5], atol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov)), errors("graded"), atol=1e-5)


@pytest.mark.parametrize("model", ["pcm", "gpcm"])
def test_partial_credit_items_are_those_of_mirt(model):
    fit, expected = irt(rating(), model), R[model]
    assert fit.loglik == pytest.approx(expected["logLik"], abs=1e-5)
    steps = np.cumsum(fit.parameters.intercepts, axis=1)
    np.testing.assert_allclose(steps, matrix(expected)[:, -4:], atol=2e-4)
    np.testing.assert_allclose(fit.parameters.slope, matrix(expected)[:, 0], atol=1e-4)


def test_groups_and_items_that_differ_by_group():
    whole = pd.read_csv(REFERENCE / "exam.csv")
    items, expected = (
        [f"I{at:02d}" for at in range(1, 21)],
        json.loads((REFERENCE / "dif_exam.json").read_text(encoding="utf-8"))["values"],
    )
    alike = irt(whole[items], groups=whole["group"], std_errors=None)
    apart = irt(whole[items], groups=whole["group"], free=["I05", "I11", "I16"], std_errors=None)
    assert alike.loglik == pytest.approx(expected["constrained_logLik"], abs=1e-4)
    assert apart.loglik == pytest.approx(expected["multigroup_logLik"], abs=1e-4)
    assert apart.n_parameters - alike.n_parameters == 6
    assert "I05 [focal]" in apart.parameters.names


def test_conditional_rasch_is_that_of_erm():
    complete = exam().iloc[:, :20]
    fit = irt(complete, "rasch", method="cml")
    assert fit.loglik == pytest.approx(MORE["cml_loglik"], abs=1e-6)
    beta = np.array(list(MORE["cml_beta"].values()) if isinstance(MORE["cml_beta"], dict) else MORE["cml_beta"])
    np.testing.assert_allclose(fit.items["d1"], beta, atol=1e-4)
    np.testing.assert_allclose(fit.items["se_b"], np.ravel(MORE["cml_se"]), atol=1e-4)
    test = andersen(complete).iloc[0]
    assert test["statistic"] == pytest.approx(MORE["andersen"]["LR"], abs=1e-4)
    assert test["df"] == MORE["andersen"]["df"]


def test_a_wrong_key_has_a_negative_slope():
    answers = drawn(1000, 8)
    fit = irt(answers.assign(q3=1 - answers["q3"]))
    assert fit.converged
    row = fit.items.set_index("item").loc["q3"]
    assert row["a"] < 0
    assert row["note"] == IrtNote.NEGATIVE


def test_items_without_spread_are_named_and_left_out():
    answers = drawn(300, 6).assign(easy=1, hard=0, gone=np.nan)
    fit = irt(answers)
    notes = fit.items.set_index("item")["note"]
    assert notes["easy"] == IrtNote.ALL_RIGHT
    assert notes["hard"] == IrtNote.ALL_WRONG
    assert notes["gone"] == IrtNote.NO_RESPONSES
    assert len(fit.parameters) == 6
    assert fit.items.set_index("item").loc["easy", "a":"b"].isna().all()


def test_few_candidates_get_a_simpler_model_said_aloud():
    few = drawn(120, 6)
    assert irt(few).note == IrtNote.TO_RASCH
    assert set(irt(few).parameters.model) == {"rasch"}
    assert set(irt(few, fallback=False).parameters.model) == {"2pl"}
    assert irt(drawn(500, 6), "3pl").note == IrtNote.TO_2PL


def test_weights_count_candidates():
    answers = drawn(400, 5)
    doubled = irt(pd.concat([answers, answers], ignore_index=True))
    weighted = irt(answers, weights=np.full(400, 2.0))
    np.testing.assert_allclose(weighted.parameters.slope, doubled.parameters.slope, atol=1e-5)
    assert weighted.loglik == pytest.approx(doubled.loglik, abs=1e-6)


def test_fixed_items_carry_the_scale():
    bank = irt(drawn(3000, 8, seed=3)).items
    later = drawn(3000, 8, seed=4)
    fit = irt(later, fixed=bank[bank["item"] != "q7"])
    assert fit.groups["mean"][0] == pytest.approx(0, abs=0.1)
    assert fit.items["fixed"].sum() == 7
    np.testing.assert_allclose(fit.parameters.slope[:7], bank["a"][:7])


def test_a_sample_of_many_candidates_leads_to_the_same_summit():
    answers = drawn(20_000, 10)
    fit = irt(answers, std_errors=None)
    assert fit.converged
    np.testing.assert_allclose(fit.items["b"], np.linspace(-1.5, 1.5, 10), atol=0.12)


def test_testlets_are_calibrated_as_sums():
    answers = drawn(600, 8)
    fit = irt(answers, testlets={"q0": "case", "q1": "case", "q2": "case"})
    assert fit.parameters.names[0] == "case"
    assert fit.parameters.categories[0] == 4
    assert fit.converged


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"model": "4pl"}, "4pl"),
        ({"std_errors": "guess"}, "guess"),
        ({"groups": ["a"]}, "groups"),
        ({"weights": [-1.0] * 300}, "weight"),
        ({"free": ["q9"]}, "q9"),
        ({"fixed": pd.DataFrame({"item": ["z"], "a": [1.0], "b": [0.0]})}, "fixed"),
        ({"priors": {"z": (0, 1)}}, "z"),
        ({"method": "magic"}, "magic"),
        ({"method": "cml"}, "Rasch"),
        ({"items": ["q0", "q8"]}, "q8"),
        ({"testlets": {"q8": "case"}}, "q8"),
    ],
)
def test_bad_input_is_named(options, word):
    with pytest.raises(InvalidInput) as raised:
        irt(drawn(300, 4), **options)
    assert word in str(raised.value)


def test_odd_data_never_hang():
    with pytest.raises(InvalidInput):
        irt(pd.DataFrame({"q": [np.nan, np.nan]}))
    with pytest.raises(InvalidInput):
        irt(pd.DataFrame({"q": [1, 1]}))
    one = irt(pd.DataFrame({"q1": [0, 1, 1, 0], "q2": [1, 0, 1, 0]}))
    assert one.note
    wide = drawn(20, 60)
    assert set(irt(wide).parameters.model) == {"rasch"}
    holes = drawn(300, 5)
    holes.loc[0] = np.nan
    assert IrtNote.EMPTY_ROWS in set(irt(holes).notes["note"])
