import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.scales import factor_fit
from svclib.stats.scales.correlations import FEW_ROWS, LEFT_OUT, PERFECT, SMOOTHED
from svclib.stats.scales.factor_scores import score_weights
from svclib.stats.scales.factors import EMPTY, HEYWOOD

from .test_scales_rotation import aligned

TOPICS = json.loads((Path(__file__).parent / "reference" / "scales.json").read_text(encoding="utf-8"))["topics"]
R, OWN = TOPICS["factors"]["values"], TOPICS["rotations"]["values"]
P = [f"p{i:02d}" for i in range(1, 23)]


@pytest.fixture(scope="module")
def answers(table):
    return table("servqual")[P]


@pytest.fixture(scope="module")
def fits(answers):
    calls = {name: ("minres", name) for name in ("none", "oblimin", "varimax", "promax")} | {"ml": ("ml", "oblimin")}
    return {
        name: stats.efa(answers, factors=5, method=method, rotation=rotation, level=0.9)
        for name, (method, rotation) in calls.items()
    }


def reference(name):
    return R["ml_oblimin" if name == "ml" else f"minres_{name}"]


@pytest.mark.parametrize("name", ["none", "oblimin", "varimax", "promax", "ml"])
def test_loadings_are_those_of_psych(fits, name):
    expected = reference(name)
    loadings, phi = aligned(fits[name].rotated, np.array(expected["loadings"][".matrix"]))
    np.testing.assert_allclose(loadings, expected["loadings"][".matrix"], atol=1e-4)
    if ".matrix" in (expected["Phi"] or {}):
        np.testing.assert_allclose(phi, expected["Phi"][".matrix"], atol=1e-4)


@pytest.mark.parametrize("name", ["none", "ml"])
def test_the_fit_is_that_of_psych(fits, name):
    expected, fit = reference(name)["fit"], fits[name].fit
    told = [fit.chi2, fit.df, fit.objective, fit.rmsr, fit.tli, fit.bic]
    names = ["STATISTIC", "dof", "objective", "rms", "TLI", "BIC"]
    assert told == pytest.approx([expected[one] for one in names], rel=2e-6)


def test_rmsea_is_steigers_where_psych_mixes_n_and_n_less_one(fits):
    """psych: √(χ²/(df n) − 1/(n − 1)); equal but for the n."""
    expected, fit = reference("none")["fit"], fits["none"].fit
    theirs = np.sqrt(fit.chi2 / (fit.df * 600) - 1 / 599)
    assert theirs == pytest.approx(expected["RMSEA"], rel=1e-5)
    assert fit.rmsea == pytest.approx(np.sqrt((fit.chi2 - fit.df) / (fit.df * 599)), rel=1e-12)


def test_the_interval_of_rmsea_is_that_of_psych(answers):
    fit = stats.efa(answers, factors=2, method="ml", rotation="none", level=0.9).fit
    assert [fit.rmsea_low, fit.rmsea_high] == pytest.approx(OWN["rmsea_90"], rel=1e-4)
    assert fit.rmsea_low < fit.rmsea < fit.rmsea_high


@pytest.mark.parametrize("name", ["none", "oblimin", "varimax"])
def test_variance_accounted_for_is_that_of_psych(fits, name):
    expected = np.sort(reference(name)["vaccounted"][".matrix"][0])
    np.testing.assert_allclose(np.sort(fits[name].variance["ss_loadings"]), expected, atol=1e-3)


def test_communalities_are_those_of_psych(fits):
    expected = list(R["minres_oblimin"]["communality"].values())
    np.testing.assert_allclose(fits["oblimin"].items["communality"], expected, atol=1e-5)


@pytest.mark.parametrize("method", ["thurstone", "bartlett", "tenberge"])
def test_scores_are_those_of_psych(answers, method):
    loadings, phi = np.array(OWN["scores_loadings"][".matrix"]), np.array(OWN["scores_phi"][".matrix"])
    uniqueness = np.array(list(OWN["scores_uniqueness"].values()))
    name = "regression" if method == "thurstone" else method
    weights = score_weights(np.corrcoef(answers.to_numpy().T), loadings, phi, uniqueness, name)
    standard = (answers - answers.mean()) / answers.std()
    np.testing.assert_allclose(standard.head(5).to_numpy() @ weights, OWN[method][".matrix"], atol=1e-6)


def test_scores_of_ten_berge_correlate_as_the_factors_do(fits, answers):
    fit = fits["oblimin"]
    scores = fit.scores(answers, method="tenberge")
    np.testing.assert_allclose(scores.corr(), fit.factor_correlations, atol=1e-8)
    np.testing.assert_allclose(scores.std(), 1, atol=1e-10)


def test_scores_of_others_use_the_means_of_those_analysed(fits, answers):
    fit = fits["oblimin"]
    whole, few = fit.scores(answers), fit.scores(answers.head(3).assign(p01=[np.nan, 3, 3]))
    assert few.iloc[0].isna().all()
    pd.testing.assert_frame_equal(fit.scores(answers.iloc[5:9]), whole.iloc[5:9])


def test_structure_is_the_correlation_with_the_factors(fits):
    fit = fits["oblimin"]
    np.testing.assert_allclose(fit.structure, fit.loadings.to_numpy() @ fit.factor_correlations.to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(fits["varimax"].structure, fits["varimax"].loadings, rtol=1e-12)


def test_sorting_keeps_the_items_of_a_factor_together(fits):
    shown = fits["oblimin"].sorted(0.3)
    assert (shown.notna().sum(axis=1) == 1).all()
    main = shown.notna().to_numpy().argmax(axis=1)
    assert (np.diff(main) >= 0).all()
    first = shown["F1"].dropna()
    assert (np.diff(first.abs()) <= 0).all()


def test_complexity_is_one_for_a_single_loading_and_two_for_two_equal_ones(fits):
    complexity = fits["oblimin"].items["complexity"]
    assert (complexity >= 1).all()
    loadings = fits["oblimin"].loadings.to_numpy()[0]
    assert complexity[0] == pytest.approx((loadings**2).sum() ** 2 / (loadings**4).sum())


def test_indices_are_a_frame_of_one_row(fits):
    row = fits["ml"].indices.iloc[0]
    assert row[["n", "items", "factors", "method"]].tolist() == [600, 22, 5, "ml"]
    assert row["chi2"] == fits["ml"].fit.chi2


def test_residuals_hold_the_uniquenesses(fits):
    fit = fits["oblimin"]
    np.testing.assert_allclose(np.diag(fit.residuals), fit.uniqueness, atol=1e-8)


@pytest.mark.parametrize("kind", ["spearman", "polychoric"])
def test_other_correlations_have_no_chi_square_and_say_so(answers, kind):
    fit = stats.efa(answers, factors=5, correlations=kind)
    assert np.isnan(fit.fit.chi2)
    assert fit.notes == (factor_fit.NO_TEST,)
    assert fit.fit.rmsr < 0.03


def test_spearman_correlates_ranks(answers):
    fit = stats.efa(answers, factors=1, correlations="spearman")
    np.testing.assert_allclose(fit.correlations.matrix, answers.corr(method="spearman"), atol=1e-12)


def test_pairwise_answers_keep_those_with_gaps(table):
    data = table("visits")[[f"q{i}" for i in range(1, 7)]]
    complete, pairwise = stats.efa(data, factors=1), stats.efa(data, factors=1, missing="pairwise")
    assert LEFT_OUT in complete.notes
    assert complete.n < pairwise.n < len(data)
    np.testing.assert_allclose(pairwise.correlations.matrix, data.corr(), atol=1e-12)


def test_a_just_identified_model_cannot_be_judged(answers):
    fit = stats.efa(answers, P[:3], factors=1)
    assert (fit.fit.df, fit.notes) == (0, (factor_fit.JUST_FITS,))
    assert fit.fit.rmsr == pytest.approx(0, abs=1e-10)


def test_a_heywood_case_names_the_item():
    random = np.random.default_rng(3)
    service = random.normal(size=(300, 1))
    data = pd.DataFrame(service + random.normal(size=(300, 4)), columns=list("abcd"))
    data["twin"] = data["a"] + 0.001 * random.normal(size=300)
    fit = stats.efa(data, factors=2)
    assert HEYWOOD in fit.notes
    assert fit.items.set_index("item")["note"]["b"] == ""
    assert (fit.items["note"] == HEYWOOD).any()


def test_copies_of_an_item_are_named_for_maximum_likelihood(answers):
    copied = answers[P[:5]].assign(copy=answers["p01"])
    with pytest.raises(InvalidInput, match=r"p01, copy follow exactly .*minres"):
        stats.efa(copied, factors=1, method="ml")
    fit = stats.efa(copied, factors=1)
    assert PERFECT in fit.notes
    assert np.isnan(fit.fit.chi2)


@pytest.mark.parametrize("rotation", ["promax", "oblimin", "varimax", "geomin"])
def test_a_factor_that_carries_nothing_is_noted(rotation):
    x = np.random.default_rng(1).normal(size=(60, 1))
    fit = stats.efa(pd.DataFrame(np.repeat(x, 5, axis=1), columns=list("abcde")), factors=2, rotation=rotation)
    assert EMPTY in fit.notes
    assert np.isfinite(fit.loadings.to_numpy()).all()


def test_more_items_than_respondents_is_noted_but_told():
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(10, 14))).add_prefix("q")
    fit = stats.efa(data, factors=1)
    assert FEW_ROWS in fit.notes
    assert np.isfinite(fit.loadings.to_numpy()).all()


def test_correlations_that_contradict_each_other_are_smoothed_and_said():
    cuts = np.random.default_rng(8).integers(0, 2, size=(12, 7))
    data = pd.DataFrame(cuts).add_prefix("q")
    fit = stats.efa(data, factors=1, correlations="polychoric")
    assert SMOOTHED in fit.notes
    assert np.linalg.eigvalsh(fit.correlations.matrix)[0] > 0
    np.testing.assert_allclose(np.diag(fit.correlations.matrix), 1)


@pytest.mark.parametrize(
    ("change", "options", "why"),
    [
        ({"same": 3.0}, {"factors": 1}, 'same answer to "same"'),
        ({"word": "good"}, {"factors": 1}, '"word" holds'),
        ({}, {"factors": 4}, "at most 2 factors, not 4"),
        ({}, {"factors": 0}, "whole number of 1"),
        ({}, {"factors": 1.5}, "whole number of 1"),
        ({}, {"factors": 1, "items": ["p01", "p02"]}, "2 items can bear at most 0"),
        ({}, {"factors": 1, "items": ["p01"]}, "at least two items"),
        ({}, {"factors": 1, "items": ["p01", "nope"]}, 'no column "nope"'),
        ({}, {"factors": 1, "method": "gls"}, "minres, ml"),
        ({}, {"factors": 1, "rotation": "cubimax"}, "cubimax"),
        ({}, {"factors": 1, "correlations": "kendall"}, "pearson, spearman, polychoric"),
        ({}, {"factors": 1, "missing": "mean"}, "complete"),
        ({}, {"factors": 1, "level": 2}, "level is 2"),
        ({"gap": np.nan}, {"factors": 1}, "0 respondents answered the 6 items"),
    ],
)
def test_what_cannot_be_analysed_is_named(answers, change, options, why):
    with pytest.raises(InvalidInput, match=why):
        stats.efa(answers[P[:5]].assign(**change), **options)


def test_two_items_never_answered_together_are_named():
    data = pd.DataFrame({"a": [1.0, 2, 3, np.nan, np.nan, np.nan], "b": [np.nan, np.nan, np.nan, 1.0, 2, 3]})
    with pytest.raises(InvalidInput, match='both "a" and "b"'):
        stats.efa(data.assign(c=[1.0, 3, 2, 2, 3, 5]), factors=1, missing="pairwise")


def test_measurements_have_no_polychoric_correlations():
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 4)), columns=list("abcd"))
    with pytest.raises(InvalidInput, match='"a" has 50 different answers'):
        stats.efa(data, factors=1, correlations="polychoric")


@pytest.mark.reference
def test_published_personality_items_have_the_factors_of_psych(published):
    values, data = published
    expected = values("psych_fa_bfi25")
    names = [f"{letter}{number}" for letter in "ACENO" for number in range(1, 6)]
    frame = data("bfi")[names].dropna()
    for name, method, rotation in (
        ("minres_oblimin", "minres", "oblimin"),
        ("ml_oblimin", "ml", "oblimin"),
        ("minres_varimax", "minres", "varimax"),
        ("minres_promax", "minres", "promax"),
    ):
        fit = stats.efa(frame, factors=5, method=method, rotation=rotation, level=0.9)
        loadings, _phi = aligned(fit.rotated, np.array(expected[f"{name}_loadings"][".matrix"]))
        np.testing.assert_allclose(loadings, expected[f"{name}_loadings"][".matrix"], atol=1e-3)
    fit = stats.efa(frame, factors=5, level=0.9).fit
    told = [fit.chi2, fit.rmsea_low, fit.rmsea_high, fit.tli, fit.bic]
    names = ["STATISTIC", "RMSEA.lower", "RMSEA.upper", "TLI", "BIC"]
    assert told == pytest.approx([expected["fit"][one] for one in names], rel=1e-5)
