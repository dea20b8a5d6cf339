import numpy as np
import pytest
from factor_models_cases import CASES, WORDS, R, answers, fitted, told

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS

# lavaan's search ends a little before the maximum; more parameters, more of it
CLOSE = {"abs": 1e-5, "rel": 1e-5}
ORDINAL_GROUPS = {name for name in CASES if name.startswith("o_")}
INDICES = {"chisq": "chisq", "baseline_chisq": "baseline.chisq", "logl": "logl", "aic": "aic", "bic": "bic"}


@pytest.mark.parametrize("name", CASES)
def test_estimates_are_those_of_lavaan(name):
    rows = list(told(fitted(name), name))
    ours = [row["estimate"] for row, _reference in rows]
    assert ours == pytest.approx([reference[0] for _row, reference in rows], **CLOSE)
    assert len(rows) > 20


@pytest.mark.parametrize("name", sorted(set(CASES) - ORDINAL_GROUPS))
def test_standard_errors_are_those_of_lavaan(name):
    rows = [(row, reference) for row, reference in told(fitted(name), name) if reference[1] and not row["note"]]
    ours = [row["std_error"] for row, _reference in rows]
    assert ours == pytest.approx([reference[1] for _row, reference in rows], **CLOSE)


def test_errors_of_ordinal_groups_have_one_divisor():
    sizes = {label: answers().dropna()["language"].eq(label).sum() for label in fitted("o_configural").groups}
    total = sum(sizes.values())
    for row, reference in told(fitted("o_configural"), "o_configural"):
        if reference[1] and not row["note"]:
            n = sizes[row["language"]]
            # lavaan divides by n_g · (N − G) / N here, by n_g − 1 in the test; ours by n_g − 1 in both
            factor = np.sqrt(n / (n - 1) * (total - 2) / total)
            assert row["std_error"] == pytest.approx(reference[1] * factor, **CLOSE)


@pytest.mark.parametrize("name", sorted(set(CASES) - ORDINAL_GROUPS))
def test_the_standardised_solution_is_that_of_lavaan(name):
    rows = [(row, ref) for row, ref in told(fitted(name), name) if ref[2] is not None and (ref[3] or 0) > 1e-8]
    for part, column in ((2, "standardised"), (3, "standardised_error")):
        ours = [row[column] for row, _reference in rows]
        assert ours == pytest.approx([reference[part] for _row, reference in rows], **CLOSE)


@pytest.mark.parametrize("name", CASES)
def test_chi_squares_and_criteria_are_those_of_lavaan(name):
    frame, reference = fitted(name).fit_indices, R[name]["fit"]
    for row in frame[frame["index"].isin(INDICES)].to_dict("records"):
        suffix = "" if row["version"] == "standard" else f".{row['version']}"
        assert row["value"] == pytest.approx(reference[INDICES[row["index"]] + suffix], rel=5e-6)
        if row["index"] == "chisq":
            assert row["p_value"] == pytest.approx(reference["pvalue" + suffix], rel=1e-4)
            assert row["df"] == reference["df"]


@pytest.mark.parametrize("name", sorted(set(CASES) - ORDINAL_GROUPS))
def test_cfi_tli_srmr_and_rmsea_with_its_interval_are_those_of_lavaan(name):
    frame, reference = fitted(name).fit_indices, R[name]["fit"]
    for row in frame[frame["index"].isin(["cfi", "tli", "srmr", "rmsea"])].to_dict("records"):
        suffix = "" if row["version"] == "standard" else f".{row['version']}"
        assert row["value"] == pytest.approx(reference[row["index"] + suffix], abs=1e-6)
        if row["index"] == "rmsea":
            ours = [row["low"], row["high"], row["p_value"]]
            names = ["rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue"]
            assert ours == pytest.approx([reference[one + suffix] for one in names], abs=1e-5)


@pytest.mark.parametrize("name", sorted(ORDINAL_GROUPS))
def test_scaled_indices_of_ordinal_groups_are_those_of_lavaan(name):
    frame, reference = fitted(name).fit_indices, R[name]["fit"]
    scaled = frame[(frame["version"] == "scaled") & frame["index"].isin(["cfi", "tli", "rmsea"])]
    ours = scaled["value"].tolist()
    assert ours == pytest.approx([reference[f"{one}.scaled"] for one in scaled["index"]], abs=1e-6)


def test_the_frame_has_every_free_parameter_in_the_shape_of_an_estimate():
    fit = fitted("ml")
    assert list(fit.frame.columns) == [*COLUMNS, "p_value"]
    assert len(fit.frame) == R["ml"]["fit"]["npar"] == len(fit.vcov)
    np.testing.assert_allclose(np.sqrt(np.diag(fit.vcov)), fit.frame["std_error"], rtol=1e-12)


def test_equal_parameters_stand_once_a_group_with_one_covariance():
    fit = fitted("metric")
    rows = np.flatnonzero(fit.frame["term"] == "A=~a2")
    assert fit.frame["language"].iloc[rows].tolist() == ["en", "zh-CN"]
    assert fit.vcov[rows[0], rows[1]] == fit.vcov[rows[0], rows[0]]


def test_a_contrast_compares_two_loadings():
    row = fitted("configural").contrast({("zh-CN", "A=~a2"): 1, ("en", "A=~a2"): -1}).loc[0]
    loadings = fitted("configural").loadings.set_index(["language", "item"])
    assert row["estimate"] == pytest.approx(loadings["estimate"]["zh-CN", "a2"] - loadings["estimate"]["en", "a2"])
    errors = loadings["std_error"]
    assert row["std_error"] == pytest.approx(np.hypot(errors["zh-CN", "a2"], errors["en", "a2"]), rel=1e-9)


def test_both_ways_of_setting_the_scale_fit_alike():
    marked, unit = fitted("ml"), stats.cfa(answers(), WORDS, std_lv=True)
    assert marked.chisq == pytest.approx(unit.chisq, rel=1e-9)
    np.testing.assert_allclose(marked.loadings["standardised"], unit.loadings["standardised"], rtol=1e-8)
    np.testing.assert_allclose(marked.loadings["standardised_error"], unit.loadings["standardised_error"], rtol=1e-6)


@pytest.mark.parametrize(("name", "top"), [("ml", 12), ("crossed", 12), ("mlr", 12), ("fiml", 12), ("metric", 12)])
def test_modification_indices_are_those_of_lavaan(name, top):
    ours, reference = fitted(name).modification_indices(top), R[name]["mi"]
    assert ours["index"].tolist() == pytest.approx(reference["mi"], rel=1e-4)
    assert ours["change"].tolist() == pytest.approx(reference["epc"], rel=1e-4)
    assert ours["standardised_change"].tolist() == pytest.approx(reference["sepc.all"], rel=1e-4)


def test_modification_indices_of_ordinal_items_have_the_divisor_of_the_test():
    ours, reference = fitted("wlsmv").modification_indices(12), R["wlsmv"]["mi"]
    n = fitted("wlsmv").n
    # lavaan takes its divisor n − 1 twice
    assert ours["index"].tolist() == pytest.approx([mi * n / (n - 1) for mi in reference["mi"]], rel=1e-5)
    assert ours["change"].tolist() == pytest.approx([epc * n / (n - 1) for epc in reference["epc"]], rel=1e-5)


def test_a_modification_index_is_about_the_fall_of_chi_square():
    rows = fitted("ml").modification_indices()
    row = rows[rows["term"].str.contains("~~")].iloc[0]
    first, second = row["term"].split("~~")
    freed = stats.cfa(answers(), WORDS, correlated=[(first, second)])
    assert fitted("ml").chisq - freed.chisq == pytest.approx(row["index"], rel=0.1)


def test_residual_correlations_are_those_of_lavaan():
    np.testing.assert_allclose(fitted("ml").residuals(), np.array(R["residual_cor"]), atol=1e-6)


def test_variance_extracted_and_reliability_are_those_of_semtools():
    rows = fitted("ml").reliability(observed=False).set_index(["factor", "term"])["estimate"]
    for factor in "ABC":
        assert rows[factor, "variance_extracted"] == pytest.approx(R["AVE"][factor], abs=1e-6)
        assert rows[factor, "composite_reliability"] == pytest.approx(R["reliability"][factor], abs=1e-6)


def test_reliability_counts_correlated_errors_and_cross_loadings():
    rows = fitted("crossed").reliability(observed=False).set_index(["factor", "term"])["estimate"]
    for factor in "ABC":
        ours = rows[factor, "composite_reliability"]
        assert ours == pytest.approx(R["reliability_crossed"][factor], abs=1e-6)


def test_ratios_of_correlations_are_those_of_semtools():
    np.testing.assert_allclose(fitted("ml").htmt(), np.array(R["htmt_abs"]), atol=1e-8)


def test_fornell_and_larcker_put_the_root_of_the_variance_extracted_on_the_diagonal():
    table = fitted("ml").fornell_larcker()
    np.testing.assert_allclose(np.diag(table), np.sqrt([R["AVE"][factor] for factor in "ABC"]), atol=1e-6)
    related = fitted("ml").covariances.set_index("term")["standardised"]
    assert table.loc["A", "B"] == pytest.approx(related["A~~B"])


@pytest.mark.reference
def test_the_published_example_is_that_of_lavaan(published):
    read, table = published
    values, data = read("lavaan_cfa_HS"), table("HolzingerSwineford1939")
    model = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}
    for estimator, key in (("ml", "fit"), ("mlr", "mlr_fit")):
        fit = stats.cfa(data, model, estimator=estimator)
        assert fit.solution.test.statistic == pytest.approx(values[key]["chisq"], rel=1e-6)
        assert fit.fit_index("cfi") == pytest.approx(values[key].get("cfi.robust", values[key]["cfi"]), abs=1e-6)
    levels = stats.invariance(data, model, groups="school", levels=["configural", "metric", "scalar"])
    assert levels.frame["chisq"].tolist() == pytest.approx(values["invariance"]["Chisq"], rel=1e-6)
    cut = data[[f"x{i}" for i in range(1, 10)]].apply(four_steps)
    ordinal = stats.cfa(cut, model, estimator="wlsmv")
    assert ordinal.chisq == pytest.approx(values["wlsmv_fit"]["chisq.scaled"], rel=1e-6)
    assert ordinal.fit_index("rmsea") == pytest.approx(values["wlsmv_fit"]["rmsea.robust"], abs=1e-6)


def four_steps(column):
    """Four equal steps, as R's cut."""
    low, high = column.min(), column.max()
    edges = low + (high - low) * np.array([0.25, 0.5, 0.75])
    return np.searchsorted(edges, column, side="left").astype(float)


def test_a_model_of_one_factor_is_tested_against_one_of_three():
    joined = {"all": [item for items in WORDS.values() for item in items]}
    for estimator in ("ml", "mlr", "wlsmv"):
        row = fitted(estimator).against(stats.cfa(answers(), joined, estimator=estimator)).loc[0]
        assert row["df"] == 3
        assert row["p_value"] < 1e-6
        assert row["delta_cfi"] < -0.1
        assert np.isnan(row["delta_aic"]) == (estimator == "wlsmv")


def test_models_of_other_answers_are_not_compared():
    with pytest.raises(InvalidInput, match="same items, respondents"):
        fitted("ml").against(fitted("fiml"))
    with pytest.raises(InvalidInput, match="same items, respondents"):
        fitted("ml").against(fitted("wlsmv"))
    with pytest.raises(InvalidInput, match="narrower one"):
        fitted("ml").against(stats.cfa(answers(), WORDS, correlated=[("a1", "a2")]))


@pytest.mark.parametrize("name", ["ml", "wlsmv"])
def test_intervals_of_standardised_values_hold_them_within_1(name):
    rows = fitted(name).loadings
    assert (rows["standardised_low"] < rows["standardised"]).all()
    assert rows["standardised_high"].between(rows["standardised"], 1).all()


@pytest.mark.parametrize(("name", "wider"), [("ml", False), ("mlr", True), ("wlsmv", True)])
def test_limits_of_robust_estimators_allow_for_the_sample(name, wider):
    rows = fitted(name).loadings.dropna(subset="std_error")
    reach = (rows["high"] - rows["low"]) / 2
    plain = 1.959963984540054 * rows["std_error"]
    assert ((reach / plain).mean() > 1.005) == wider
