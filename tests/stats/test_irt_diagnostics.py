from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from irt_reference import exam, exam_3pl, mirt_items, rating, values
from scipy.special import expit

from svclib.errors import InvalidInput
from svclib.stats.item_response.comparison import CompareNote, compare
from svclib.stats.item_response.dependence import (
    PairNote,
    dependence_of_items,
    local_dependence,
    pair_tables,
    q3_matrix,
)
from svclib.stats.item_response.dimensionality import FitNote, dimensionality, sheet_dimensionality
from svclib.stats.item_response.fit import irt
from svclib.stats.item_response.item_fit import ItemFitNote, fit_of_items, item_fit, observed_expected
from svclib.stats.item_response.mean_squares import item_squares
from svclib.stats.item_response.parameters import items_of
from svclib.stats.item_response.person_chance import draw_codes
from svclib.stats.item_response.person_fit import PersonFitNote, fit_of_persons, indices, person_fit
from svclib.stats.item_response.scoring import abilities
from svclib.stats.item_response.sheets import read_sheet

E, G, R = values("irt_exam"), values("irt_3pl"), values("irt_rating")
TWENTY = mirt_items(E["complete20_twopl"]["items"])
GUESSING = mirt_items(G["threepl_normprior"]["items"], "3pl")
GRADED = mirt_items(R["graded"]["items"], "grm")


@pytest.fixture(scope="module")
def fit():
    return irt(exam(20))


@pytest.mark.parametrize(
    "answers, items, count, theirs",
    [
        (exam(20), TWENTY, 2, E["complete20_SX2"]),
        (exam_3pl(), GUESSING, 3, G["SX2"]),
        (rating(), GRADED, 5, R["graded_SX2"]),
    ],
)
def test_item_fit_is_that_of_mirt(answers, items, count, theirs):
    found = fit_of_items(answers, items, estimated=count, adjust="none")
    np.testing.assert_allclose(found["s_x2"], theirs["S_X2"], atol=1e-6)
    assert found["df"].tolist() == theirs["df.S_X2"]
    np.testing.assert_allclose(found["p_value"], theirs["p.S_X2"], atol=1e-8)
    np.testing.assert_allclose(found["rmsea"], theirs["RMSEA.S_X2"], atol=1e-7)
    np.testing.assert_allclose(found["p_adjusted"], found["p_value"])


@pytest.mark.reference
def test_item_fit_of_open_data_is_that_of_mirt(published):
    read, table = published
    lsat, science = read("irt_lsat_mirt"), read("irt_science_grm")
    items = mirt_items(lsat["twopl"]["items"])
    answers = table("LSAT").set_axis(items["item"], axis=1)
    found = fit_of_items(answers, items, estimated=2)
    np.testing.assert_allclose(found["s_x2"], lsat["itemfit_SX2"]["S_X2"], atol=1e-6)
    q3, _count = q3_matrix(read_sheet(answers, items))
    np.testing.assert_allclose(q3, lsat["Q3"][".matrix"], atol=1e-10)
    graded = mirt_items(science["graded"]["items"], "grm")
    found = fit_of_items(table("Science_mirt")[graded["item"]] - 1, graded, estimated=4)
    np.testing.assert_allclose(found["s_x2"], science["itemfit"]["S_X2"], atol=1e-6)
    assert found["df"].tolist() == science["itemfit"]["df.S_X2"]


def test_mean_squares_at_the_eap_are_those_of_mirt():
    found, theirs = fit_of_items(exam(20), TWENTY, method="eap"), E["complete20_infit"]
    for ours, name in (("infit", "infit"), ("outfit", "outfit"), ("z_infit", "z.infit"), ("z_outfit", "z.outfit")):
        np.testing.assert_allclose(found[ours], theirs[name], atol=1e-10)


def test_mean_squares_over_the_posterior_are_one_in_the_mean():
    random = np.random.default_rng(4)
    items = items_of(GRADED)
    theta = random.normal(size=20_000)
    sheet = read_sheet(pd.DataFrame(draw_codes(items, theta, random), columns=items.names), GRADED)
    found = item_squares(sheet)
    np.testing.assert_allclose(found["infit"], 1, atol=0.03)
    np.testing.assert_allclose(found["outfit"], 1, atol=0.05)
    assert np.abs(found["z_infit"]).max() < 4


def test_person_fit_is_that_of_mirt():
    found, theirs = fit_of_persons(exam(20), TWENTY, draws=100), E["complete20_personfit"]
    names = {"lz": "Zh", "infit": "infit", "outfit": "outfit", "z_infit": "z.infit", "z_outfit": "z.outfit"}
    for ours, name in names.items():
        np.testing.assert_allclose(found[ours].iloc[:50], theirs[name], atol=2e-5)


def test_the_corrected_index_is_snijders():
    """By his formula for right and wrong, r₀ = 0 at the maximum of the likelihood."""
    answers = exam(20).iloc[:60]
    sheet = read_sheet(answers, TWENTY)
    theta = abilities(answers, TWENTY, "ml")["estimate"].to_numpy()
    star = indices(sheet, theta)[1]
    a, d = TWENTY["a"].to_numpy(), TWENTY["d1"].to_numpy()
    for row in np.flatnonzero(np.isfinite(theta))[:20]:
        p = expit(a * theta[row] + d)
        weight, slope = np.log(p / (1 - p)), a * p * (1 - p)
        bend = (slope * weight).sum() / (slope * a).sum()
        loose = weight - bend * a
        expected = ((answers.iloc[row] - p) * weight).sum() / np.sqrt((loose**2 * p * (1 - p)).sum())
        assert star[row] == pytest.approx(expected, abs=1e-6)


def test_false_alarms_of_patterns_are_held_and_random_answers_found():
    random = np.random.default_rng(8)
    items, theta = items_of(TWENTY), random.normal(size=6000)
    codes = draw_codes(items, theta, random)
    codes[:300] = random.integers(0, 2, (300, 20))
    made = pd.DataFrame(codes, columns=items.names)
    found = fit_of_persons(made, TWENTY)
    honest = found["p_value"].iloc[300:]
    assert (honest < 0.05).mean() == pytest.approx(0.05, abs=0.012)
    assert (honest < 0.01).mean() == pytest.approx(0.01, abs=0.006)
    assert (found["p_value"].iloc[:300] < 0.05).mean() > 0.4
    pd.testing.assert_frame_equal(found, fit_of_persons(made, TWENTY))


def test_patterns_without_an_ability_are_not_judged():
    answers = pd.DataFrame([[1] * 20, [0, 1] * 10, [1, 0, 1] + [np.nan] * 17], columns=TWENTY["item"])
    found = fit_of_persons(answers, TWENTY, method="ml", draws=200)
    assert found["note"].tolist() == [str(PersonFitNote.NO_ABILITY), "", str(PersonFitNote.TOO_FEW)]
    assert found["p_value"].isna().tolist() == [True, False, True]
    for change in ({"method": "sum"}, {"draws": 7}, {"draws": 1.5}):
        with pytest.raises(InvalidInput):
            fit_of_persons(answers, TWENTY, **change)


def test_dependence_is_that_of_mirt():
    sheet = read_sheet(exam(20), TWENTY)
    q3, count = q3_matrix(sheet)
    np.testing.assert_allclose(q3, E["complete20_Q3"][".matrix"], atol=1e-10)
    assert (count == 1200).all()
    theirs = np.array(E["complete20_LD"][".matrix"], float)
    first, second = np.triu_indices(20, 1)
    tables = pair_tables(sheet)
    np.testing.assert_allclose(tables.chi, np.abs(theirs[second, first]), atol=1e-6)
    np.testing.assert_allclose(tables.size, theirs[first, second], atol=1e-8)
    found = dependence_of_items(exam(20), TWENTY, calibrated=True)
    assert (found["ld_df"] == 1).all()
    assert (dependence_of_items(exam(20), TWENTY, simulate=False)["ld_df"] == 3).all()


def test_a_pair_that_gives_each_other_away_is_found():
    random = np.random.default_rng(6)
    theta, b = random.normal(size=1500), random.normal(size=12)
    extra = random.normal(size=1500)
    lean = np.zeros((1500, 12))
    lean[:, :2] = 1.5 * extra[:, None]
    answers = pd.DataFrame((random.random((1500, 12)) < expit(theta[:, None] - b + lean)).astype(int)).add_prefix("q")
    found = local_dependence(irt(answers))
    worst = found.sort_values("p_value").iloc[0]
    assert (worst["first"], worst["second"]) == ("q0", "q1")
    assert worst["p_adjusted"] < 1e-6 and worst["q3_adjusted"] > 0.2 and worst["cramers_v"] > 0
    assert (found["p_adjusted"] < 0.05).sum() <= 4


def test_pairs_never_given_together():
    answers = exam(4).astype(float)
    answers.iloc[:600, 0] = np.nan
    answers.iloc[600:, 1] = np.nan
    answers.iloc[20:, 2] = np.nan
    found = dependence_of_items(answers, TWENTY).set_index(["first", "second"])["note"]
    assert found["I01", "I02"] == str(PairNote.NEVER_TOGETHER)
    assert found["I02", "I03"] == str(PairNote.TOO_FEW)
    constant = answers.assign(I04=1)
    assert dependence_of_items(constant, TWENTY)["q3"].notna().any()
    with pytest.raises(InvalidInput, match="two items"):
        dependence_of_items(answers[["I01"]], TWENTY)


def _all_free(items):
    known = items_of(items)
    free = np.zeros((len(known), known.intercepts.shape[1] + 2), dtype=bool)
    free[:, 0], free[:, 1:-1] = True, ~np.isnan(known.intercepts)
    return free


@pytest.mark.parametrize(
    "answers, items, theirs", [(exam(20), TWENTY, E["complete20_M2"]), (rating(), GRADED, R["graded_C2"])]
)
def test_limited_information_is_that_of_mirt(answers, items, theirs):
    sheet = read_sheet(answers, items)
    found = sheet_dimensionality(sheet, _all_free(items), np.zeros((1, 2), bool), parallel=False).frame
    found = found.set_index("term")
    top = found.iloc[0]
    assert top["estimate"] == pytest.approx(theirs["M2"], abs=1e-5)
    assert top["df"] == theirs["df"]
    for ours, name in (("rmsea", "RMSEA"), ("srmsr", "SRMSR"), ("tli", "TLI"), ("cfi", "CFI")):
        assert found.loc[ours, "estimate"] == pytest.approx(theirs[name], abs=1e-6)
    # mirt takes N − 1 for RMSEA, N for its interval
    assert found.loc["rmsea", "high"] == pytest.approx(theirs["RMSEA_95"], rel=1e-3)


def test_a_second_ability_is_found(fit):
    random = np.random.default_rng(3)
    theta = random.normal(size=(1000, 2))
    lean = np.repeat(theta, 6, axis=1) * 1.5
    two = irt(pd.DataFrame((random.random((1000, 12)) < expit(lean)).astype(int)).add_prefix("q"))
    found = dimensionality(two)
    told = found.frame.set_index("term")
    assert told.loc["m2", "p_value"] < 1e-6 and told.loc["rmsea", "estimate"] > 0.08
    assert told.loc["components", "estimate"] == 2
    assert "Dimensionality(1000" in repr(found)
    one = dimensionality(fit).frame.set_index("term")
    assert one.loc["components", "estimate"] == 1 and one.loc["ratio", "estimate"] > 4
    with pytest.raises(InvalidInput, match="calibration"):
        dimensionality(SimpleNamespace(**vars(fit) | {"layout": None}))


def test_diagnostics_of_a_fit_use_what_it_estimated(fit):
    theirs = E["complete20_SX2"]
    np.testing.assert_allclose(item_fit(fit)["s_x2"], theirs["S_X2"], rtol=1e-3)
    assert fit.item_fit()["df"].tolist() == theirs["df.S_X2"]
    rasch = irt(exam(20), "rasch")
    assert (rasch.item_fit()["df"] <= 17).all()
    told = rasch.dimensionality(parallel=False).frame
    assert told["df"].iloc[0] == 20 + 190 - 21
    assert fit.person_fit(draws=100).shape[0] == 1200
    assert observed_expected(fit, "I03")["sum"].between(1, 19).all()
    with pytest.raises(InvalidInput, match="I77"):
        observed_expected(fit, "I77")


def test_groups_are_taken_with_their_own_distribution():
    random = np.random.default_rng(1)
    theta = np.concatenate([random.normal(-0.5, 1, 700), random.normal(0.7, 1.2, 700)])
    b = random.normal(size=12)
    answers = pd.DataFrame((random.random((1400, 12)) < expit(theta[:, None] - b)).astype(int)).add_prefix("q")
    fit = irt(answers, groups=np.repeat(["a", "b"], 700))
    told = fit.dimensionality(parallel=False).frame.set_index("term")
    assert told.loc["m2", "df"] == 2 * 78 - fit.n_parameters
    assert told.loc["m2", "p_value"] > 1e-3
    assert (fit.item_fit()["p_value"].dropna() > 1e-4).all()
    assert set(fit.sum_scores()["group"]) == {"a", "b"}


def test_incomplete_answers_are_said():
    found = fit_of_items(exam(), mirt_items(E["twopl"]["items"]))
    assert found["s_x2"].isna().all() and (found["note"] == str(ItemFitNote.NOT_COMPLETE)).all()
    assert found["infit"].notna().all()
    some = exam(20).astype(float)
    some.iloc[:100, 3] = np.nan
    assert (fit_of_items(some, TWENTY)["note"] == str(ItemFitNote.ONLY_COMPLETE)).all()
    fit = irt(exam(), std_errors=None)
    rows = fit.dimensionality().frame
    assert (rows["note"].iloc[:5] == str(FitNote.NOT_COMPLETE)).all()


def test_tiny_exams_have_notes_instead_of_numbers():
    for answers in (exam(20).iloc[:1], exam(2).iloc[:5], exam(20).iloc[:3]):
        found = fit_of_items(answers, TWENTY, estimated=2)
        assert found["s_x2"].isna().all() and (found["note"] != "").all()
    told = sheet_dimensionality(read_sheet(exam(3), TWENTY), _all_free(TWENTY)[:3], np.zeros((1, 2), bool)).frame
    assert told["note"].iloc[0] == str(FitNote.NO_DF)
    empty = exam(5).astype(float).assign(I02=np.nan)
    assert fit_of_items(empty, TWENTY).set_index("item").loc["I02", "note"] == str(ItemFitNote.NO_ANSWERS)
    one = sheet_dimensionality(read_sheet(exam(20).iloc[:1], TWENTY), _all_free(TWENTY), np.zeros((1, 2), bool))
    assert (one.frame["note"] != "").all()
    with pytest.raises(InvalidInput, match="method"):
        fit_of_items(exam(20), TWENTY, method="jml")


def test_comparison_of_fits(fit):
    rasch, three = irt(exam(20), "rasch"), irt(exam(20), "3pl", std_errors=None)
    table = compare(fit, rasch)
    assert table["model"].tolist() == ["rasch", "2pl"]
    assert table["df"].iloc[1] == 19
    assert table["lr"].iloc[1] == pytest.approx(2 * (fit.loglik - rasch.loglik))
    assert table["p_value"].iloc[1] < 1e-10 and table["note"].iloc[1] == ""
    assert compare(three, fit)["note"].iloc[1] == str(CompareNote.EDGE)
    assert compare(fit, fit)["note"].iloc[1] == str(CompareNote.SAME_SIZE)
    assert compare(fit, irt(exam(19)))["note"].iloc[1] == str(CompareNote.OTHER_ANSWERS)
    graded, partial = irt(rating(), "grm", std_errors=None), irt(rating(), "pcm", std_errors=None)
    assert compare(graded, partial)["note"].iloc[1] == str(CompareNote.NOT_NESTED)
    assert np.isnan(compare(graded, partial)["p_value"].iloc[1])
    with pytest.raises(InvalidInput, match="calibration"):
        compare(fit, TWENTY)


def test_person_fit_of_a_fit_is_repeatable(fit):
    pd.testing.assert_frame_equal(person_fit(fit, seed=3), person_fit(fit, seed=3))


def test_nothing_but_zeros_is_said():
    nobody = rating() * 0
    for answers, items in ((nobody, GRADED), (exam(20) * 0, TWENTY)):
        found = fit_of_items(answers, items)
        assert found["s_x2"].isna().all() and (found["note"] == str(ItemFitNote.TOO_FEW_CELLS)).all()
        assert dependence_of_items(answers, items)["note"].ne("").all()
        assert fit_of_persons(answers, items, draws=100)["p_value"].notna().all()
