import numpy as np
import pytest
from factor_models_cases import WORDS, R, answers, fitted
from scipy.optimize import minimize
from scipy.stats import norm

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.factor_models.moments import matrices


@pytest.mark.parametrize("name", ["ml", "crossed", "fiml"])
def test_scores_are_those_of_lavaan(name):
    ours = fitted(name).scores()
    ordered = ours.assign(language=answers()["language"]).sort_values("language", kind="stable")
    np.testing.assert_allclose(ordered.iloc[:8, :3], np.array(R[name]["scores"]), atol=1e-5)


def test_scores_of_ordinal_answers_are_near_those_of_lavaan():
    ours = fitted("wlsmv").scores()
    ordered = ours.assign(language=answers()["language"]).sort_values("language", kind="stable")
    # lavaan's search for each row's mode ends at about four digits
    np.testing.assert_allclose(ordered.iloc[:8, :3], np.array(R["wlsmv"]["scores"]), atol=3e-4)


def test_the_score_of_ordinal_answers_is_the_mode_of_what_they_leave_open():
    fit = fitted("wlsmv")
    scores, model = fit.scores(), matrices(fit.solution.table, fit.solution.values, 0)
    cuts = fit.thresholds.groupby("item", sort=False)["estimate"].apply(lambda one: [-np.inf, *one, np.inf])
    deviation, row = np.sqrt(np.diag(model.residuals)), scores.index[3]

    def against(eta):
        total = eta @ np.linalg.solve(model.factors, eta) / 2
        for at, item in enumerate(fit.items):
            answer = int(answers().loc[row, item])
            low, high = ((cuts[item][answer - 1 + step] - model.loadings[at] @ eta) / deviation[at] for step in (0, 1))
            total -= np.log(norm.cdf(high) - norm.cdf(low))
        return total

    best = minimize(against, np.zeros(3), tol=1e-12).x
    np.testing.assert_allclose(scores.loc[row, ["A", "B", "C"]], best, atol=1e-4)


def test_scores_carry_the_index_of_the_rows_used():
    scores = fitted("ml").scores()
    assert scores.index.tolist() == answers().dropna().index.tolist()
    assert list(scores.columns) == ["A", "B", "C", "A_error", "B_error", "C_error"]


def test_fewer_answers_leave_more_open():
    scores = fitted("fiml").scores()
    items = [item for items in WORDS.values() for item in items]
    whole = answers()[items].notna().all(axis=1)
    assert scores.loc[whole, "A_error"].max() < scores.loc[~whole, "A_error"].max()
    assert scores.notna().all(axis=None)


def test_scores_and_what_they_leave_open_add_up_to_the_variance():
    fit = fitted("ml")
    scores = fit.scores()
    variance = fit.variances.set_index("term")["estimate"]["A~~A"]
    assert scores["A"].var(ddof=0) + scores["A_error"].iloc[0] ** 2 == pytest.approx(variance, rel=0.05)


def test_a_higher_answer_never_lowers_an_ordinal_score():
    fit = stats.cfa(answers(), {"A": WORDS["A"]}, estimator="wlsmv")
    first = fit.scores()["A"].groupby([answers()[item] for item in WORDS["A"][1:]]).count().idxmax()
    rows = answers()[(answers()[WORDS["A"][1:]] == list(first)).all(axis=1)].dropna()
    ordered = fit.scores()["A"].reindex(rows.index).groupby(rows["a1"]).mean()
    assert ordered.is_monotonic_increasing
    assert len(ordered) > 1


def test_correlated_errors_of_ordinal_items_cannot_be_scored():
    fit = stats.cfa(answers(), WORDS, estimator="wlsmv", correlated=[("a1", "a2")])
    with pytest.raises(InvalidInput, match="correlated errors cannot be scored"):
        fit.scores()


def test_groups_are_scored_each_by_its_model():
    scores = fitted("scalar").scores()
    by_language = scores["A"].groupby(answers()["language"]).mean()
    means = fitted("scalar").means.set_index(["language", "factor"])["estimate"]
    assert by_language["zh-CN"] == pytest.approx(means["zh-CN", "A"], abs=0.05)
