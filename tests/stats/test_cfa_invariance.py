import numpy as np
import pandas as pd
import pytest
from factor_models_cases import FIML, ITEMS, WORDS, R, answers, fitted

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.factor_models.invariance import InvarianceNote, Verdict
from svclib.stats.factor_models.latent_means import POINTS, STANDARD_UNITS


@pytest.fixture(scope="module")
def plain():
    return stats.invariance(answers(), WORDS, groups="language")


@pytest.fixture(scope="module")
def ordinal():
    levels = ["configural", "thresholds", "loadings", "intercepts", "strict"]
    return stats.invariance(answers(), WORDS, groups="language", estimator="wlsmv", levels=levels)


@pytest.fixture(scope="module")
def partial():
    return stats.invariance(answers(), WORDS, groups="language", estimator="mlr", free=["b2~1", "C=~c2"], **FIML)


def test_levels_and_their_tests_are_those_of_lavaan(plain):
    rows, reference = plain.frame, R["lrt_ml"]
    assert rows["level"].tolist() == ["configural", "metric", "scalar", "strict"]
    assert rows["chisq"].tolist() == pytest.approx(reference["Chisq"], rel=1e-6)
    assert rows["df"].tolist() == reference["Df"]
    assert rows["difference"].tolist()[1:] == pytest.approx(reference["Chisq_diff"][1:], rel=1e-6)
    assert rows["difference_p"].tolist()[1:] == pytest.approx(reference["Pr__Chisq_"][1:], rel=1e-5)


def test_levels_of_ordinal_items_are_those_of_wu_and_estabrook(ordinal):
    rows, names = ordinal.frame, ["o_configural", "o_thresholds", "o_loadings", "o_intercepts", "t_residuals"]
    assert rows["chisq"].tolist() == pytest.approx([R[name]["fit"]["chisq.scaled"] for name in names], rel=1e-5)
    assert rows["df"].tolist() == [R[name]["fit"]["df"] for name in names]
    assert rows["difference"].tolist()[1:4] == pytest.approx(R["lrt_wlsmv"]["Chisq_diff"][1:], rel=1e-4)
    assert rows["difference"].iloc[4] == pytest.approx(R["lrt_theta"]["Chisq_diff"][1], rel=1e-4)


def test_a_fall_of_cfi_with_a_small_p_value_fails(plain):
    row = plain.frame.set_index("level").loc["scalar"]
    assert row["delta_cfi"] < -0.01
    assert row["difference_p"] < 0.05
    assert row["verdict"] == Verdict.FAILS
    assert plain.held == "metric"
    assert not plain.comparable


def test_a_small_p_value_alone_is_a_small_difference(plain):
    row = plain.frame.set_index("level").loc["strict"]
    assert row["difference_p"] < 0.05
    assert row["verdict"] == Verdict.SMALL


def test_candidates_are_the_score_tests_of_lavaan(plain):
    reference = R["score_scalar"]
    known = dict(zip(reference["label"], reference["X2"], strict=True))
    rows = plain.candidates("scalar", top=None)
    assert len(rows) == len(known) == 24
    for row in rows.to_dict("records"):
        assert row["index"] == pytest.approx(known[row["term"]], rel=1e-4, abs=1e-4)


def test_the_first_level_that_fails_names_the_item_that_differs(plain, ordinal):
    assert plain.candidates().loc[0, "term"] == "b2~1"
    assert ordinal.candidates().loc[0, "term"] == "b2~1"


def test_what_breaks_a_level_may_stay_free(partial):
    assert partial.held == "strict"
    assert partial.comparable
    intercepts = partial.fit("scalar").intercepts.set_index(["language", "item"])["estimate"]
    assert intercepts["en", "b2"] != pytest.approx(intercepts["zh-CN", "b2"], abs=0.1)
    assert intercepts["en", "b1"] == intercepts["zh-CN", "b1"]


def test_partial_invariance_is_that_of_lavaan():
    assert fitted("partial").chisq == pytest.approx(R["partial"]["fit"]["chisq"], rel=1e-6)


def test_latent_means_are_differences_from_the_first_group(partial):
    rows = partial.latent_means().set_index(["factor", "term"])
    means = partial.fit("scalar").means.set_index(["language", "factor"])["estimate"]
    variances = partial.fit("scalar").variances.set_index(["language", "name"])["estimate"]
    share = (answers()["language"] == "zh-CN").mean()
    pooled = (1 - share) * variances["en", "A"] + share * variances["zh-CN", "A"]
    assert rows.loc[("A", STANDARD_UNITS), "estimate"] == pytest.approx(means["zh-CN", "A"] / np.sqrt(pooled))
    loadings = partial.fit("scalar").loadings
    mean = loadings[(loadings["language"] == "en") & (loadings["factor"] == "A")]["estimate"].mean()
    assert rows.loc[("A", POINTS), "estimate"] == pytest.approx(means["zh-CN", "A"] * mean)
    assert (rows["note"] == "").all()


def test_the_latent_difference_is_near_the_one_that_was_drawn(partial):
    row = partial.latent_means().set_index(["factor", "term"]).loc[("A", STANDARD_UNITS)]
    assert row["low"] < -0.4 / 1.1 < row["high"]


def test_means_that_items_distort_say_so(plain):
    assert set(plain.latent_means()["note"]) == {InvarianceNote.NOT_COMPARABLE}


def test_ordinal_means_have_no_points(ordinal):
    assert set(ordinal.latent_means()["term"]) == {STANDARD_UNITS}


def merged(cuts):
    data = answers().copy()
    data[ITEMS] = data[ITEMS].apply(lambda one: one.where(one.isna(), np.searchsorted(cuts, one)))
    return data


def test_three_categories_test_no_thresholds():
    levels = stats.invariance(merged([3, 4]), WORDS, groups="language", estimator="wlsmv").frame.set_index("level")
    assert levels.loc["thresholds", "verdict"] == Verdict.EQUIVALENT
    assert levels.loc["thresholds", "note"] == InvarianceNote.EQUIVALENT
    assert levels.loc["thresholds", "chisq"] == pytest.approx(levels.loc["configural", "chisq"], rel=1e-6)
    assert levels.loc["loadings", "difference_df"] == 9


def test_two_categories_test_only_everything_at_once():
    levels = stats.invariance(merged([4]), WORDS, groups="language", estimator="wlsmv").frame.set_index("level")
    assert levels["verdict"].tolist()[1:3] == [Verdict.EQUIVALENT] * 2
    for name in ("thresholds", "loadings"):
        assert levels.loc[name, "chisq"] == pytest.approx(levels.loc["configural", "chisq"], rel=1e-6)
    # thresholds and loadings of 12 items for their scales, and a mean and a variance of 3 factors
    assert levels.loc["intercepts", "difference_df"] == 2 * 12 - 12 - 2 * 3


def test_a_released_threshold_and_scale_stay_identified():
    levels = stats.invariance(
        answers(), WORDS, groups="language", estimator="wlsmv", free=["b2|t1", "b2|t2", "b2|t3", "b2~1"]
    )
    assert (levels.frame["df"].diff().dropna() > 0).all()
    assert all(fit.converged for fit in levels.fits.values())
    strict = stats.invariance(
        answers(), WORDS, groups="language", estimator="wlsmv", levels=["intercepts", "strict"], free=["b2~~b2"]
    )
    assert strict.frame["difference_df"].iloc[1] == 11


def test_three_groups_are_compared_with_the_first():
    data = answers().assign(channel=np.tile(["app", "branch", "phone"], 200))
    found = stats.invariance(data, WORDS, groups="channel", levels=["configural", "metric", "scalar"], **FIML)
    assert found.held == "scalar"
    rows = found.latent_means()
    assert rows[["first", "second"]].drop_duplicates().to_numpy().tolist() == [["app", "branch"], ["app", "phone"]]
    assert len(found.candidates("scalar", top=None)) == 2 * 24


def test_the_scaled_test_of_satorra_and_bentler_is_named(partial):
    assert set(partial.frame["method"].iloc[1:]) <= {"Satorra–Bentler 2001", "Satorra–Bentler 2010"}


def test_strata_and_weights_go_with_sandwich_errors():
    design = stats.Design(answers(), weights="weight", cluster="cluster")
    rows = stats.invariance(design, WORDS, groups="language", estimator="mlr", **FIML).frame
    assert rows["p_value"].notna().all()
    assert (rows["difference"].dropna() > 0).all()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"levels": ["thresholds"]}, "choose some of configural, metric, scalar, strict"),
        ({"levels": ["metric"], "estimator": "wlsmv"}, "configural, thresholds, loadings"),
        ({"levels": []}, "levels holds"),
        ({"groups": "nowhere"}, "no column"),
        ({"free": ["b9~1"]}, 'free names "b9~1"'),
        ({"estimator": "gls"}, "choose one of"),
    ],
)
def test_options_that_are_unknown_are_named(options, match):
    with pytest.raises(InvalidInput, match=match):
        stats.invariance(answers(), WORDS, **{"groups": "language", **options})


def test_an_unknown_level_is_named(plain):
    with pytest.raises(InvalidInput, match='no level "loadings"; choose one of configural'):
        plain.fit("loadings")


def test_means_need_a_level_that_tells_them():
    found = stats.invariance(answers(), WORDS, groups="language", levels=["configural", "metric"])
    with pytest.raises(InvalidInput, match="from the level scalar"):
        found.latent_means()


def test_rows_without_a_group_are_left_out():
    holed = pd.concat([answers(), answers().head(30).assign(language=None)])
    found = stats.invariance(holed, WORDS, groups="language", levels=["configural"])
    assert found.fit("configural").n == fitted("configural").n
