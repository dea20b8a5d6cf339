import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.scales.correlations import LEFT_OUT
from svclib.stats.scales.factors import HEYWOOD
from svclib.stats.scales.omega import AGAINST, COPIES, FEW, THREE_ITEMS
from svclib.stats.scales.reliability import CONSTANT
from svclib.stats.scales.schmid_leiman import general_factor

TOPICS = json.loads((Path(__file__).parent / "reference" / "scales.json").read_text(encoding="utf-8"))["topics"]
R = TOPICS["reliability"]["values"]
Q, P = [f"q{i}" for i in range(1, 7)], [f"p{i:02d}" for i in range(1, 23)]


@pytest.fixture(scope="module")
def servqual(table):
    return table("servqual")


def hanging(seed=1, n=200, items=5, loading=0.7):
    random = np.random.default_rng(seed)
    service = random.normal(size=(n, 1))
    noise = np.sqrt(1 - loading**2) * random.normal(size=(n, items))
    return pd.DataFrame(loading * service + noise, columns=list("abcdefgh")[:items])


def test_omega_of_one_factor_is_that_of_psych(table):
    row = stats.omega(table("visits"), Q, standardized=True).iloc[0]
    assert row["estimate"] == pytest.approx(R["omega_total_1factor"], abs=1e-6)
    assert row["low"] < row["estimate"] < row["high"]
    assert row["note"] == LEFT_OUT


def test_total_and_hierarchical_omega_are_those_of_psych(servqual):
    rows = stats.omega(servqual, P, factors=5, standardized=True).set_index("term")
    assert rows.loc["omega_hierarchical", "estimate"] == pytest.approx(R["servqual_omega_h"], abs=1e-5)
    assert rows.loc["omega_total", "estimate"] == pytest.approx(R["servqual_omega_tot"], abs=1e-5)
    assert ((rows["low"] < rows["estimate"]) & (rows["estimate"] < rows["high"])).all()
    assert list(rows.reset_index().columns) == list(COLUMNS)


def test_the_general_factor_is_that_of_psych(servqual):
    found = stats.schmid_leiman(stats.efa(servqual, P, factors=5))
    expected = np.array(R["servqual_schmid"][".matrix"])
    np.testing.assert_allclose(found["general"], expected[:, 0], atol=1e-4)
    np.testing.assert_allclose(found["general_share"], expected[:, -1], atol=1e-4)
    squares = found["general"] ** 2 + (found[[f"F{i}" for i in range(1, 6)]] ** 2).sum(axis=1)
    # What the group factors share beyond the general one is small but not nothing.
    np.testing.assert_allclose(squares, found["communality"], atol=0.02)


def test_parallel_items_have_an_omega_of_alpha():
    data = hanging(n=100_000)
    omega, alpha = stats.omega(data)["estimate"].item(), stats.alpha(data)["estimate"].item()
    assert omega == pytest.approx(alpha, abs=1e-4)


def test_omega_of_known_loadings():
    loadings = np.array([0.8, 0.7, 0.6, 0.5])
    random = np.random.default_rng(4)
    raw = random.normal(size=(500, 5))
    raw = np.linalg.solve(np.linalg.cholesky(np.cov(raw.T)), (raw - raw.mean(axis=0)).T).T
    data = pd.DataFrame(raw[:, :1] * loadings + raw[:, 1:] * np.sqrt(1 - loadings**2), columns=list("abcd"))
    expected = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    for method in ("minres", "ml"):
        assert stats.omega(data, method=method)["estimate"].item() == pytest.approx(expected, rel=1e-8)


def test_units_of_the_items_weigh_unless_standardised():
    data = hanging(items=4)
    blown = data.assign(a=10 * data["a"])
    assert stats.omega(blown)["estimate"].item() < stats.omega(data)["estimate"].item() - 0.05
    assert stats.omega(blown, standardized=True)["estimate"].item() == pytest.approx(
        stats.omega(data, standardized=True)["estimate"].item(), rel=1e-9
    )


def test_dimensions_are_told_one_by_one(servqual):
    rows = stats.omega(servqual, dimensions={"tangibles": P[:4], "reliability": P[4:9]}).set_index("term")
    alone = stats.omega(servqual, P[4:9])
    assert rows.loc["reliability", "estimate"] == alone["estimate"].item()
    assert rows.index.tolist() == ["tangibles", "reliability"]


def test_groups_are_estimated_apart(table):
    data = table("visits")
    rows = stats.omega(data[[*Q, "channel"]], by="channel").set_index("channel")
    alone = stats.omega(data[data["channel"] == "app"], Q)
    assert rows.loc["app", "estimate"] == pytest.approx(alone["estimate"].item(), rel=1e-12)


def test_the_omega_of_what_lies_behind_categories_is_higher(table):
    data = table("visits")
    polychoric = stats.omega(data, Q, correlations="polychoric").iloc[0]
    assert polychoric["estimate"] > stats.omega(data, Q)["estimate"].item()
    assert polychoric["low"] < polychoric["estimate"] < polychoric["high"]


def test_two_factors_load_alike_on_the_general_one():
    np.testing.assert_allclose(general_factor(np.array([[[1, 0.49], [0.49, 1]]])), [[0.7, 0.7]], atol=1e-12)
    np.testing.assert_allclose(general_factor(np.array([[[1, -0.49], [-0.49, 1]]])), [[0.7, -0.7]], atol=1e-12)


@pytest.mark.parametrize(
    ("data", "options", "note"),
    [
        (hanging(items=2), {}, THREE_ITEMS),
        (hanging(n=5), {}, FEW),
        (hanging() * np.nan, {}, Note.NO_ANSWERS),
        (hanging().assign(e=4.0), {}, CONSTANT),
        (hanging().assign(e=lambda d: d["a"]), {"method": "ml"}, COPIES),
        (hanging().assign(e=lambda d: d["a"]), {"factors": 2}, COPIES),
        (hanging() * 1e-200, {}, CONSTANT),
    ],
)
def test_what_cannot_be_told_is_missing_with_a_note(data, options, note):
    row = stats.omega(data, **options).iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == note


def test_an_item_turned_round_is_noted():
    data = hanging()
    assert stats.omega(data.assign(e=-data["e"]))["note"].item() == AGAINST


def test_a_heywood_case_is_noted():
    """One factor would need a loading of √(0.7 · 0.7 / 0.3) > 1."""
    wanted = np.array([[1, 0.7, 0.7], [0.7, 1, 0.3], [0.7, 0.3, 1]])
    data = np.random.default_rng(1).multivariate_normal(np.zeros(3), wanted, size=500)
    row = stats.omega(pd.DataFrame(data, columns=list("abc"))).iloc[0]
    assert row["note"] == HEYWOOD
    assert not np.isnan(row["estimate"])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"factors": 3}, "at most 2 factors"),
        ({"correlations": "spearman"}, "polychoric"),
        ({"method": "gls"}, "minres, ml"),
        ({"dimensions": {"x": []}}, "either items, or dimensions"),
        ({"dimensions": {"x": ["a", "b", "c"]}, "items": ["a"]}, "either items, or dimensions"),
        ({"dimensions": {"x": ["a", "b", "c"]}, "factors": 2}, "one factor"),
        ({"items": ["a", "b", "zz"]}, 'no column "zz"'),
        ({"level": 0}, "level is 0"),
    ],
)
def test_what_does_not_go_together_is_named(options, why):
    with pytest.raises(InvalidInput, match=why):
        stats.omega(hanging(), **options)


def test_a_general_factor_needs_correlated_factors(servqual):
    for options in ({"factors": 1}, {"factors": 3, "rotation": "varimax"}):
        with pytest.raises(InvalidInput, match="oblique rotation"):
            stats.schmid_leiman(stats.efa(servqual, P, **options))


@pytest.mark.reference
def test_omega_of_published_personality_items(published):
    values, data = published
    frame = data("bfi")[["A1", "A2", "A3", "A4", "A5"]]
    frame["A1"] = 7 - frame["A1"]
    row = stats.omega(frame, standardized=True).iloc[0]
    assert row["estimate"] == pytest.approx(values("psych_alpha_bfi_A")["omega_total_1f"], abs=1e-5)
