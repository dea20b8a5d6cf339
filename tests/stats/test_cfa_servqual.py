"""The five dimensions of SERVQUAL: the values of R about the synthetic survey."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from svclib import stats

R = json.loads((Path(__file__).parent / "reference" / "cfa_servqual.json").read_text(encoding="utf-8"))["values"]
SIZES = {"tang": range(1, 5), "reli": range(5, 10), "resp": range(10, 14), "assu": range(14, 18), "empa": range(18, 23)}
DIMENSIONS = {name: [f"p{number:02d}" for number in numbers] for name, numbers in SIZES.items()}


@pytest.fixture(scope="module")
def fit(table):
    data = table("servqual")
    return cache(lambda estimator: stats.cfa(data, DIMENSIONS, estimator=estimator))


@pytest.mark.parametrize(("estimator", "name"), [("ml", "est"), ("mlr", "mlr_est"), ("wlsmv", "wlsmv_est")])
def test_loadings_and_their_errors_are_those_of_lavaan(fit, estimator, name):
    reference = R[name]
    known = {
        factor + item: (estimate, error)
        for factor, sign, item, estimate, error in zip(
            reference["lhs"], reference["op"], reference["rhs"], reference["est"], reference["se"], strict=True
        )
        if sign == "=~"
    }
    rows = fit(estimator).loadings
    ours = {
        factor + item: (e, s) for factor, item, e, s in rows[["factor", "item", "estimate", "std_error"]].to_numpy()
    }
    free = [key for key, (_estimate, error) in known.items() if error]
    assert [ours[key][0] for key in free] == pytest.approx([known[key][0] for key in free], abs=1e-5)
    assert [ours[key][1] for key in free] == pytest.approx([known[key][1] for key in free], abs=2e-6)


@pytest.mark.parametrize(("estimator", "name"), [("ml", "fit"), ("mlr", "mlr_fit"), ("wlsmv", "wlsmv_fit")])
def test_indices_of_fit_are_those_of_lavaan(fit, estimator, name):
    names = {"chisq": "chisq", "cfi": "cfi", "tli": "tli", "rmsea": "rmsea", "srmr": "srmr"}
    for row in fit(estimator).fit_indices.to_dict("records"):
        if row["index"] in names:
            suffix = "" if row["version"] == "standard" else f".{row['version']}"
            assert row["value"] == pytest.approx(R[name][names[row["index"]] + suffix], rel=1e-6, abs=1e-6)


def test_modification_indices_are_those_of_lavaan(fit):
    ours = fit("ml").modification_indices(10)
    assert ours["index"].tolist() == pytest.approx(R["mi_top"]["mi"], rel=1e-4)
    assert ours["change"].tolist() == pytest.approx(R["mi_top"]["epc"], rel=1e-4)


def test_scores_are_those_of_lavaan(fit):
    ours = fit("ml").scores().iloc[:10, :5]
    np.testing.assert_allclose(ours, np.array(R["scores_first10"][".matrix"]), atol=2e-5)


def test_validity_is_that_of_semtools(fit):
    rows = fit("ml").reliability().set_index(["factor", "term"])["estimate"]
    for factor in DIMENSIONS:
        assert rows[factor, "variance_extracted"] == pytest.approx(R["AVE"][factor], abs=1e-5)
        ours = rows[factor, "composite_reliability"]
        assert ours == pytest.approx(R["composite_reliability"][factor], abs=1e-5)


def test_residual_correlations_are_those_of_lavaan(fit):
    np.testing.assert_allclose(fit("ml").residuals(), np.array(R["residual_cor"][".matrix"]), atol=1e-5)


def test_ordinal_errors_of_variances_follow_from_the_rest(fit):
    rows = fit("wlsmv").variances.set_index("name").loc["p01":]
    loadings = fit("wlsmv").loadings.set_index("item")["standardised"]
    np.testing.assert_allclose(rows["estimate"], 1 - loadings[rows.index] ** 2, rtol=1e-9)
