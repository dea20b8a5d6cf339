"""Derivatives and identities behind the fits, checked against differences."""

import itertools

import numpy as np
import pandas as pd
import pytest
from factor_models_cases import WORDS, R, answers, fitted
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.stats.factor_models import normal
from svclib.stats.factor_models.asymptotic import ordinal_statistics
from svclib.stats.factor_models.estimators import point
from svclib.stats.factor_models.evidence import implied_moments, jacobians, sandwiched
from svclib.stats.factor_models.indices import Compared, noncentrality
from svclib.stats.factor_models.minimise import Problem, minimise
from svclib.stats.factor_models.moments import layout
from svclib.stats.factor_models.nested import difference, strict_scaling
from svclib.stats.factor_models.notes import FitNote
from svclib.stats.factor_models.parameters import Plan, build
from svclib.stats.factor_models.standardised import standardised

STEP = 1e-6


def slopes_by_differences(function, at):
    return np.stack(
        [(function(at + STEP * unit) - function(at - STEP * unit)) / (2 * STEP) for unit in np.eye(len(at))], axis=-1
    )


@pytest.mark.parametrize("name", ["crossed", "fiml", "scalar", "o_intercepts", "o_thresholds"])
def test_the_jacobian_is_the_slope_of_the_moments(name):
    solution = fitted(name).solution
    where = solution.estimator.evidence.where
    at = solution.theta + 0.01
    for group in range(solution.table.plan.groups):
        differences = slopes_by_differences(lambda one: implied_moments(solution.table, where, one)[group], at)  # noqa: B023
        np.testing.assert_allclose(jacobians(solution.table, where, at)[group], differences, atol=1e-7)


def test_the_jacobian_holds_where_scales_follow_from_the_errors():
    dimensions = tuple((name, tuple(items)) for name, items in WORDS.items())
    equal = frozenset({"thresholds", "loadings"})
    table = build(Plan(dimensions, groups=2, std_lv=True, means=True, categories=(5,) * 12, theta=True, equal=equal))
    where, at = layout(table), np.linspace(0.5, 0.9, table.count)
    differences = slopes_by_differences(lambda one: implied_moments(table, where, one)[1], at)
    np.testing.assert_allclose(jacobians(table, where, at)[1], differences, atol=1e-7)


@pytest.mark.parametrize("name", ["crossed", "fiml", "scalar_mlr"])
def test_the_observed_information_is_the_slope_of_the_gradient(name):
    solution = fitted(name).solution
    evidence, table, at = solution.estimator.evidence, solution.table, solution.theta + 0.02

    def gradient(theta):
        moments = implied_moments(table, evidence.where, theta)
        parts = zip(jacobians(table, evidence.where, theta), evidence.gradient(moments), strict=True)
        return sum(slope.T @ one for slope, one in parts)

    here = point(table, evidence, at)
    observed = sandwiched(here.slopes, evidence.information(here.moments, observed=True)) + here.curvature
    np.testing.assert_allclose(observed, slopes_by_differences(gradient, at), atol=1e-6)


def test_scores_of_the_rows_add_up_to_the_gradient():
    evidence = fitted("fiml").solution.estimator.evidence
    moments = fitted("fiml").solution.point.moments
    total = evidence.scores(moments)[0].sum(axis=0) / evidence.size
    np.testing.assert_allclose(total, -evidence.gradient(moments)[0], atol=1e-12)


def test_standardised_values_have_the_slopes_of_differences():
    from dataclasses import replace

    solution = fitted("o_thresholds").solution
    found = standardised(solution)

    def values(theta):
        return standardised(replace(solution, theta=theta)).values

    known = ~np.isnan(found.values)
    differences = slopes_by_differences(values, solution.theta)[known]
    np.testing.assert_allclose(found.slopes[known], differences, atol=1e-7)


def test_complete_answers_are_a_single_pattern():
    data = answers().dropna()
    complete, fiml = stats.cfa(data, WORDS, means=True), stats.cfa(data, WORDS, missing="fiml")
    assert complete.chisq == pytest.approx(fiml.chisq, rel=1e-9)
    np.testing.assert_allclose(complete.frame["estimate"], fiml.frame["estimate"], rtol=1e-6)


def test_the_saturated_model_of_missing_answers_is_a_maximum():
    evidence = fitted("fiml").solution.estimator.evidence
    best = evidence.saturated()
    assert np.abs(evidence.gradient(best)[0]).max() < 1e-9
    assert (np.linalg.eigvalsh(evidence.information(best, observed=True)[0]) > 0).all()


def test_margins_of_missing_answers_are_those_of_the_answers_there_are():
    data = fitted("fiml").solution.estimator.evidence.patterns[0]
    mean, variance = normal.margins(data)
    np.testing.assert_allclose(mean, np.nanmean(data.answers, axis=0), rtol=1e-12)
    np.testing.assert_allclose(variance, np.nanvar(data.answers, axis=0), rtol=1e-12)


def test_thresholds_have_the_variance_of_a_share_by_the_delta_method():
    codes = np.array([[0, 1], [1, 0], [1, 1], [0, 0], [1, 1], [1, 0], [1, 1], [0, 1], [1, 1]])
    found = ordinal_statistics(codes, np.array([2, 2]))
    share, height = 3 / 9, np.exp(-(found.statistics[0] ** 2) / 2) / np.sqrt(2 * np.pi)
    assert (found.influence[:, 0] ** 2).sum() == pytest.approx(share * (1 - share) / 9 / height**2, rel=1e-9)


def test_influences_of_ordinal_statistics_are_what_a_row_more_changes():
    codes = np.random.default_rng(1).normal(size=(400, 1)) + np.random.default_rng(2).normal(size=(400, 3))
    codes = np.digitize(codes, [-1, 0, 1])
    found = ordinal_statistics(codes, np.full(3, 4))
    weights = np.ones(400)
    weights[7] += 1e-4
    moved = (ordinal_statistics(codes, np.full(3, 4), weights).statistics - found.statistics) / 1e-4
    # the bread is taken from products of scores, which equal the slopes only on average
    np.testing.assert_allclose(found.influence[7], moved, rtol=0.25, atol=2e-4)


def test_the_limits_of_rmsea_are_where_the_statistic_is_the_quantile():
    from scipy.stats import ncx2

    assert ncx2.cdf(85.3, 24, noncentrality(85.3, 24, 0.05)) == pytest.approx(0.05, abs=1e-9)
    assert noncentrality(10.0, 24, 0.95) == 0.0


def test_a_model_as_good_as_expected_has_cfi_1_and_rmsea_0():
    told = Compared(20.0, 24, 900.0, 36)
    value, low, _high, close = told.rmsea(300, 1)
    assert (told.cfi, value, low) == (1.0, 0.0, 0.0)
    assert told.tli > 1
    assert close > 0.5


def test_a_minimum_far_off_is_found_though_the_curvature_is_singular():
    def value(at):
        return float((1 - at[0]) ** 2 + 100 * (at[1] - at[0] ** 2) ** 2)

    def gradient(at):
        return np.array([-2 * (1 - at[0]) - 400 * at[0] * (at[1] - at[0] ** 2), 200 * (at[1] - at[0] ** 2)])

    def curvature(at):
        rows = np.array([[-2 * at[0], 1.0], [-1.0, 0.0]])
        return 2 * rows.T @ np.diag([100.0, 1.0]) @ rows

    found = minimise(Problem(value, gradient, curvature, curvature), np.array([-1.2, 1.0]))
    assert found.converged
    np.testing.assert_allclose(found.at, [1, 1], atol=1e-8)


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (("configural", "metric", "scalar", "strict"), "lrt_ml"),
        (("configural_mlr", "metric_mlr", "scalar_mlr"), "lrt_mlr"),
        (("o_configural", "o_thresholds", "o_loadings", "o_intercepts"), "lrt_wlsmv"),
    ],
)
def test_tests_of_differences_are_those_of_lavaan(names, key):
    reference = R[key]
    pairs = itertools.pairwise(names)
    found = [difference(fitted(wide).solution, fitted(narrow).solution).test for wide, narrow in pairs]
    assert [one.adjusted for one in found] == pytest.approx(reference["Chisq_diff"][1:], rel=1e-4)
    assert [one.df for one in found] == reference["Df_diff"][1:]
    assert [one.p_value for one in found] == pytest.approx(reference["Pr__Chisq_"][1:], rel=1e-3)


def test_the_scaling_of_2010_is_near_that_of_2001():
    wide, narrow = fitted("configural_mlr").solution, fitted("metric_mlr").solution
    plain = difference(wide, narrow).test.scaling
    strict = strict_scaling(wide, narrow)
    statistic = narrow.test.statistic - wide.test.statistic
    # lavaan keeps the narrower model's variances of factors there, which changes its curvature a little
    assert statistic / strict == pytest.approx(R["lrt_mlr_2010"]["Chisq_diff"][1], rel=1e-3)
    assert strict == pytest.approx(plain, rel=0.05)


@given(st.permutations(range(12)), st.sampled_from([1.0, 10.0, 0.01]))
@settings(max_examples=5, deadline=None)
def test_the_order_of_items_and_the_unit_do_not_matter(order, unit):
    data = answers()[[item for items in WORDS.values() for item in items]].dropna() * unit
    names = {name: [data.columns[at] for at in order if data.columns[at].startswith(name.lower())] for name in WORDS}
    fit = stats.cfa(data.iloc[:, list(order)], names, std_lv=True)
    assert fit.chisq == pytest.approx(fitted("ml").chisq, rel=1e-8)
    ours = fit.loadings.set_index("item")["standardised"]
    reference = fitted("ml").loadings.set_index("item")["standardised"]
    np.testing.assert_allclose(ours[reference.index], reference, rtol=1e-6)


def test_weights_of_1_are_no_weights():
    plain = fitted("mlr")
    design = stats.cfa(stats.Design(answers().assign(w=1.0), weights="w"), WORDS, estimator="mlr")
    np.testing.assert_allclose(design.frame["estimate"], plain.frame["estimate"], rtol=1e-9)
    # a design divides by n − 1, n the rows of the frame
    factor = np.sqrt(600 / 599)
    np.testing.assert_allclose(design.frame["std_error"], plain.frame["std_error"] * factor, rtol=1e-9)


def test_whole_weights_are_repeated_rows():
    data = answers().head(200).assign(w=np.tile([1.0, 2.0], 100))
    twice = data.loc[np.repeat(data.index, data["w"].astype(int))]
    for estimator in ("mlr", "wlsmv"):
        weighted = stats.cfa(stats.Design(data, weights="w"), {"A": WORDS["A"]}, estimator=estimator)
        repeated = stats.cfa(twice, {"A": WORDS["A"]}, estimator=estimator)
        # diagonal weights of least squares see how the rows were drawn
        close = 1e-6 if estimator == "mlr" else 0.02
        ours, theirs = weighted.loadings["standardised"], repeated.loadings["standardised"]
        np.testing.assert_allclose(ours, theirs, rtol=close)


def test_weighted_estimates_are_those_of_lavaan():
    fit = stats.cfa(stats.Design(answers(), weights="weight"), WORDS, estimator="mlr")
    reference = R["weighted"]
    known = dict(zip(terms(reference["est"]), reference["est"]["est"], strict=True))
    for row in fit.loadings.to_dict("records"):
        assert row["estimate"] == pytest.approx(known[row["term"]], abs=1e-5)
    assert fit.solution.test.scaling / (600 / 599) == pytest.approx(reference["fit"]["chisq.scaling.factor"], rel=1e-5)


def test_errors_of_clustered_answers_are_those_of_lavaan():
    fit = stats.cfa(stats.Design(answers(), cluster="cluster"), WORDS, estimator="mlr", means=True)
    reference = R["clustered"]
    known = dict(zip(terms(reference["est"]), reference["est"]["se"], strict=True))
    for row in fit.loadings.dropna(subset="std_error").to_dict("records"):
        assert row["std_error"] == pytest.approx(known[row["term"]], rel=1e-5)
    assert fit.solution.test.scaling == pytest.approx(reference["fit"]["chisq.scaling.factor"], rel=1e-5)


def terms(rows):
    return [left + sign + right for left, sign, right in zip(rows["lhs"], rows["op"], rows["rhs"], strict=True)]


def test_ordered_words_are_taken_by_their_order():
    worded = answers().copy()
    names = ["awful", "bad", "fair", "good", "great"]
    for item in WORDS["A"]:
        worded[item] = pd.Categorical(
            [names[int(x) - 1] if x == x else None for x in worded[item]], names, ordered=True
        )
    fit = stats.cfa(worded, {"A": WORDS["A"]}, estimator="wlsmv")
    assert fit.chisq == pytest.approx(stats.cfa(answers(), {"A": WORDS["A"]}, estimator="wlsmv").chisq, rel=1e-12)


def test_a_design_has_t_limits_with_clusters_less_one_degrees():
    fit = stats.cfa(stats.Design(answers(), cluster="cluster"), WORDS, estimator="mlr", missing="fiml")
    clusters = answers()["cluster"].nunique()
    assert set(fit.loadings["df"]) == {clusters - 1}
    assert set(fit.loadings["method"]) == {"t, sandwich of the design"}
    rows = fit.loadings.dropna(subset="std_error")
    reach = (rows["high"] - rows["low"]) / 2 / rows["std_error"]
    assert (reach > 2.0).all()


def test_few_clusters_are_noted():
    few = answers().assign(cluster=answers()["cluster"] % 12)
    notes = stats.cfa(stats.Design(few, cluster="cluster"), WORDS, estimator="mlr").notes["note"]
    assert FitNote.FEW_CLUSTERS in set(notes)


def test_volunteers_are_noted_on_every_row():
    fit = stats.cfa(stats.Design(answers(), source="opt-in"), WORDS, estimator="mlr")
    assert FitNote.OPT_IN in set(fit.notes["note"])
    assert set(fit.frame["note"]) == {str(FitNote.OPT_IN)}
    levels = ["configural", "scalar"]
    groups = stats.invariance(
        stats.Design(answers(), source="opt-in"),
        WORDS,
        groups="language",
        estimator="mlr",
        levels=levels,
        free=["b2~1", "C=~c2"],
    )
    assert set(groups.latent_means()["note"]) == {str(FitNote.OPT_IN)}
