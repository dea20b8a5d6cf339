import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.scales.factorability import NO_TEST, SINGULAR
from svclib.stats.scales.matrices import squared_multiple
from svclib.stats.scales.parallel import reduced

TOPICS = json.loads((Path(__file__).parent / "reference" / "scales.json").read_text(encoding="utf-8"))["topics"]
R = TOPICS["factors"]["values"]
P = [f"p{i:02d}" for i in range(1, 23)]


@pytest.fixture(scope="module")
def answers(table):
    return table("servqual")[P]


def noise(n=300, items=8, seed=1):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, items))).add_prefix("q")


@pytest.mark.parametrize("options", [{}, {"chance": "permuted"}, {"correlations": "polychoric", "draws": 20}])
def test_five_dimensions_are_found(answers, options):
    found = stats.parallel_analysis(answers, **options)
    assert (found.components, found.factors) == (5, 5)


def test_eigenvalues_are_those_of_the_correlations(answers):
    frame = stats.parallel_analysis(answers).frame
    expected = np.linalg.eigvalsh(np.corrcoef(answers.to_numpy().T))[::-1]
    np.testing.assert_allclose(frame.loc[frame["kind"] == "component", "eigenvalue"], expected, rtol=1e-10)


def test_nothing_is_found_in_noise():
    found = stats.parallel_analysis(noise())
    assert (found.components, found.factors) == (0, 0)


def test_normal_chance_is_that_of_simulated_answers():
    """Bartlett's decomposition of Wishart's matrix stands for answers that nobody draws."""
    data, random = noise(n=60, items=6), np.random.default_rng(3)
    drawn = [np.linalg.eigvalsh(np.corrcoef(random.normal(size=(6, 60))))[::-1] for _one in range(4000)]
    frame = stats.parallel_analysis(data, draws=4000).frame.head(6)
    np.testing.assert_allclose(frame["random_mean"], np.mean(drawn, axis=0), atol=0.01)
    np.testing.assert_allclose(frame["random_high"], np.quantile(drawn, 0.95, axis=0), atol=0.02)


def test_a_seed_gives_the_same_again(answers):
    first, second = (stats.parallel_analysis(answers, seed=5).frame for _one in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_what_is_kept_has_no_gap():
    frame = stats.parallel_analysis(noise(seed=4)).frame
    for _kind, part in frame.groupby("kind"):
        assert (np.diff(part["kept"].astype(int)) <= 0).all()


def test_fewer_respondents_than_items_are_compared_with_as_few():
    found = stats.parallel_analysis(noise(n=12, items=15), draws=50)
    assert np.isfinite(found.frame["random_high"]).all()
    assert found.notes


def test_the_diagonal_of_factors_is_the_squared_multiple_correlation(answers):
    matrix = np.corrcoef(answers.to_numpy().T)
    np.testing.assert_allclose(np.diag(reduced(matrix[None])[0]), squared_multiple(matrix), rtol=1e-10)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"chance": "uniform"}, "normal or permuted"),
        ({"chance": "normal", "correlations": "spearman"}, "permuted"),
        ({"draws": 3}, "20 or more"),
        ({"percentile": 95}, "level is 95"),
    ],
)
def test_what_does_not_go_together_is_named(answers, options, why):
    with pytest.raises(InvalidInput, match=why):
        stats.parallel_analysis(answers, **options)


def test_kmo_and_bartlett_are_those_of_psych(answers):
    found = stats.factorability(answers)
    assert found.kmo == pytest.approx(R["KMO"], rel=1e-10)
    np.testing.assert_allclose(found.frame["kmo"], list(R["KMO_items"].values()), rtol=1e-10)
    assert [found.chi2, found.df] == pytest.approx([R["bartlett"]["chisq"], R["bartlett"]["df"]], rel=1e-10)
    assert found.p_value < 1e-300


def test_noise_is_not_worth_factors():
    found = stats.factorability(noise())
    assert found.kmo < 0.6
    assert found.p_value > 0.01


def test_a_copy_leaves_no_kmo_and_says_so(answers):
    found = stats.factorability(answers[P[:4]].assign(copy=answers["p01"]))
    assert np.isnan([found.kmo, found.chi2]).all()
    assert SINGULAR in found.notes
    assert (found.frame["note"] == SINGULAR).all()


def test_bartletts_test_needs_complete_product_moments(answers):
    found = stats.factorability(answers, correlations="polychoric")
    assert np.isnan(found.p_value)
    assert found.notes == (NO_TEST,)
    assert found.kmo > 0.8


def test_partial_correlations_are_those_of_psych(answers):
    frame = stats.map_test(answers)
    np.testing.assert_allclose(frame["mean_square"][1:9], R["map"], rtol=1e-10)
    assert frame.loc[frame["chosen"], "components"].item() == 5


def test_no_component_leaves_the_correlations_themselves(answers):
    correlations = np.corrcoef(answers.to_numpy().T)[np.triu_indices(22, 1)]
    assert stats.map_test(answers)["mean_square"][0] == pytest.approx((correlations**2).mean(), rel=1e-12)


def test_an_item_alone_or_without_spread_is_named(answers):
    for call in (stats.parallel_analysis, stats.factorability, stats.map_test):
        with pytest.raises(InvalidInput, match='same answer to "same"'):
            call(answers.assign(same=1.0))


@pytest.mark.reference
def test_published_personality_items_are_judged_as_by_psych(published):
    values, data = published
    expected = values("psych_fa_bfi25")
    names = [f"{letter}{number}" for letter in "ACENO" for number in range(1, 6)]
    frame = data("bfi")[names].dropna()
    found = stats.factorability(frame)
    assert found.kmo == pytest.approx(expected["KMO_overall"], rel=1e-10)
    assert found.chi2 == pytest.approx(expected["bartlett"]["chisq"], rel=1e-10)
    np.testing.assert_allclose(stats.map_test(frame)["mean_square"][1:9], expected["vss_map"], rtol=1e-10)
