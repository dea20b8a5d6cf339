import numpy as np
import pandas as pd
import pytest
from factor_models_cases import WORDS, answers, fitted

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.factor_models.indices import IndexNote
from svclib.stats.factor_models.notes import FitNote

ONE = {"A": WORDS["A"]}
PAIR = {"A": WORDS["A"], "B": WORDS["B"]}


def refused(match, data=None, dimensions=None, **options):
    with pytest.raises(InvalidInput, match=match):
        stats.cfa(answers() if data is None else data, dimensions or ONE, **options)


def test_a_factor_of_one_item_is_named():
    refused('factor "A" has one item.* two items', dimensions={"A": ["a1"], "B": WORDS["B"]})


def test_two_items_alone_are_not_identified():
    refused("4 free parameters for 3 moments", dimensions={"A": ["a1", "a2"]})


def test_an_item_in_all_factors_tells_them_apart_no_more():
    refused("not identified", dimensions={"A": WORDS["A"], "A2": WORDS["A"]})


def test_an_item_may_belong_to_two_factors():
    rows = fitted("crossed").loadings
    assert rows.loc[rows["item"] == "c4", "factor"].tolist() == ["A", "C"]


@pytest.mark.parametrize("dimensions", [{}, {"A": []}, [("A", "a1")]])
def test_no_items_are_refused(dimensions):
    with pytest.raises(InvalidInput, match="dimensions is empty"):
        stats.cfa(answers(), dimensions)


def test_an_item_twice_in_a_factor_is_named():
    refused('names the item "a1" twice', dimensions={"A": ["a1", "a1", "a2", "a3"]})


def test_a_factor_named_as_an_item_is_refused():
    refused('"a1" names a factor and an item', dimensions={"a1": WORDS["A"]})


def test_an_absent_item_is_named_with_what_comes_close():
    refused('no column "a9"', dimensions={"A": ["a1", "a2", "a9"]})


@pytest.mark.parametrize("estimator", ["ml", "wlsmv"])
def test_text_is_named(estimator):
    refused('"a1" holds', answers().assign(a1="good"), estimator=estimator)


@pytest.mark.parametrize(("estimator", "missing"), [("ml", "complete"), ("mlr", "fiml"), ("wlsmv", "pairwise")])
def test_a_constant_item_is_named(estimator, missing):
    refused('Everybody gave the item "a1"', answers().assign(a1=3.0), estimator=estimator, missing=missing)


@pytest.mark.parametrize(("estimator", "missing"), [("ml", "complete"), ("mlr", "fiml"), ("wlsmv", "pairwise")])
def test_an_item_nobody_answered_is_named(estimator, missing):
    refused('Nobody answered the item "a1"', answers().assign(a1=np.nan), estimator=estimator, missing=missing)


@pytest.mark.parametrize(("estimator", "mend"), [("ml", "fiml"), ("wlsmv", "pairwise")])
def test_no_complete_row_names_the_mend(estimator, mend):
    holed = answers().copy()
    holed.loc[::2, "a1"] = np.nan
    holed.loc[1::2, "a2"] = np.nan
    refused(f'No respondent answered every item; give missing="{mend}"', holed, estimator=estimator)


def test_two_items_nobody_answered_both_are_named():
    holed = answers().copy()
    holed.loc[::2, "a1"] = np.nan
    holed.loc[1::2, "a2"] = np.nan
    refused('answered both "a1" and "a2"|answered both "a2" and "a1"', holed, missing="fiml")


def test_no_rows_are_refused():
    refused("no rows", answers().head(0))


@pytest.mark.parametrize("rows", [1, 4, 12])
def test_fewer_rows_than_items_are_refused(rows):
    refused("complete rows cannot carry 8 items", answers().dropna().head(min(rows, 8)), dimensions=PAIR)


def test_an_item_that_follows_from_others_is_named():
    data = answers().assign(a4=lambda one: one["a1"] + one["a2"])
    refused('"a4" follows exactly from the items before', data)


def test_many_different_answers_are_no_categories():
    data = answers().assign(a1=np.arange(600.0))
    refused('"a1" has .* different answers; take estimator="mlr"', data, estimator="wlsmv")


def test_a_category_missing_in_a_group_is_named():
    data = answers().copy()
    data.loc[(data["language"] == "en") & (data["a1"] == 1), "a1"] = 2
    refused(r'answer 1 to the item "a1" \(language = en\); merge it', data, estimator="wlsmv", groups="language")


def test_answers_without_doubt_name_the_two_items():
    data = answers().assign(a2=lambda one: one["a1"])
    refused('"a1" and "a2" leave no doubt', data, estimator="wlsmv")


def test_a_group_of_fewer_rows_than_parameters_is_named():
    data = answers().assign(language=np.where(np.arange(600) < 20, "de", "en"))
    refused(
        r"rows cannot carry 24 parameters \(language = de\)",
        data,
        dimensions={"A": [*WORDS["A"], *WORDS["B"]]},
        groups="language",
    )


@pytest.mark.parametrize(("column", "match"), [("nowhere", "no column"), ("one", "fewer than two groups")])
def test_a_column_of_groups_that_is_none_is_named(column, match):
    refused(match, answers().assign(one="x"), groups=column)


def test_groups_come_from_one_column():
    refused("name of one column", groups=["language", "cluster"])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"estimator": "uls"}, "choose one of ml, mlr, wlsmv, dwls"),
        ({"missing": "pairwise"}, "choose one of complete, fiml"),
        ({"estimator": "wlsmv", "missing": "fiml"}, "choose one of complete, pairwise"),
        ({"equal": ["means"], "groups": "language"}, 'equal holds "means"'),
        ({"equal": "loadings", "groups": "language"}, "give a list"),
        ({"equal": ["loadings"]}, "name the column of groups"),
        ({"level": 95}, "level is 95"),
        ({"correlated": [("a1", "zz")]}, "two different items"),
        ({"correlated": ["a1"]}, "two different items"),
        ({"correlated": [("a1", "a2"), ("a2", "a1")]}, "names a pair twice"),
        ({"free": ["a1"], "groups": "language", "equal": ["loadings"]}, 'free names "a1"'),
    ],
)
def test_options_that_are_unknown_or_do_not_go_together_are_named(options, match):
    refused(match, **options)


def test_a_design_needs_sandwich_errors():
    refused("needs sandwich errors", stats.Design(answers(), weights="weight"))


def test_infinite_answers_are_named():
    refused('"a1" holds an infinite', answers().assign(a1=np.inf))


def test_an_unknown_group_is_named():
    with pytest.raises(InvalidInput, match='no group "fr"; choose one of en, zh-CN'):
        fitted("configural").residuals("fr")


def improper():
    """Six answers of which three are almost the same factor, n small."""
    draw = np.random.default_rng(4)
    factor, noise = draw.normal(size=(40, 1)), draw.normal(size=(40, 6))
    data = pd.DataFrame(factor + noise * [0.05, 1.5, 1.5, 1, 1, 1], columns=list("abcdef"))
    return stats.cfa(data, {"one": ["a", "b", "c"], "two": ["d", "e", "f"]})


def test_a_negative_variance_is_named_with_the_mend():
    notes = improper().notes
    assert FitNote.NEGATIVE_VARIANCE in set(notes["note"])
    assert "a~~a" in set(notes["term"])


def test_an_impossible_variance_leaves_the_standardised_value_of_the_error_with_a_note():
    rows = improper().variances.set_index("term")
    assert rows.loc["a~~a", "estimate"] < 0
    assert np.isnan(rows.loc["a~~a", "standardised_low"])


def test_a_correlation_beyond_1_is_named():
    draw = np.random.default_rng(2)
    factor = draw.normal(size=(80, 1))
    data = pd.DataFrame(factor + draw.normal(size=(80, 6)) * 1.2, columns=list("abcdef"))
    notes = stats.cfa(data, {"one": ["a", "b", "c"], "two": ["d", "e", "f"]}).notes
    assert FitNote.BEYOND_ONE in set(notes["note"]) or notes.empty
    found = [seed for seed in range(12) if beyond(seed)]
    assert found


def beyond(seed):
    draw = np.random.default_rng(seed)
    factor = draw.normal(size=(60, 1))
    data = pd.DataFrame(factor + draw.normal(size=(60, 6)) * 1.2, columns=list("abcdef"))
    fit = stats.cfa(data, {"one": ["a", "b", "c"], "two": ["d", "e", "f"]})
    told = (fit.covariances["standardised"].abs() > 1).any()
    assert told == (FitNote.BEYOND_ONE in set(fit.notes["note"]))
    return told


def test_rows_left_out_and_few_rows_are_noted():
    notes = set(stats.cfa(answers(), WORDS).notes["note"])
    assert FitNote.ROWS_LEFT_OUT in notes
    few = stats.cfa(answers().dropna().head(60), WORDS)
    assert FitNote.FEW_ROWS in set(few.notes["note"])


def test_a_clean_solution_has_no_notes():
    assert fitted("fiml").notes.empty


def test_answers_without_any_common_factor_end_with_a_note_and_no_silent_gap():
    draw = np.random.default_rng(3)
    data = pd.DataFrame(draw.normal(size=(50, 6)), columns=list("abcdef"))
    fit = stats.cfa(data, {"one": ["a", "b", "c"], "two": ["d", "e", "f"]})
    gaps = fit.frame[fit.frame["std_error"].isna()]
    assert (gaps["note"] != "").all()
    if not fit.converged:
        assert FitNote.NOT_CONVERGED in set(fit.notes["note"])


def test_a_model_without_degrees_of_freedom_has_no_test():
    fit = stats.cfa(answers(), {"A": ["a1", "a2", "a3"]})
    assert fit.df == 0
    assert np.isnan(fit.p_value)
    assert np.isnan(fit.fit_index("rmsea"))
    for estimator in ("mlr", "wlsmv"):
        robust = stats.cfa(answers(), {"A": ["a1", "a2", "a3"]}, estimator=estimator)
        assert robust.df == 0
        assert len(robust.fit_indices)


def test_answers_hardly_given_are_merged_with_a_neighbour():
    data = pd.DataFrame({"a": [1.0, 1, 1, 2, 3, 3, 3, np.nan], "g": list("xxyyxxyy")})
    assert stats.merge_rare(data, ["a"], least=2)["a"].tolist()[:7] == [1, 1, 1, 1, 3, 3, 3]
    by_group = stats.merge_rare(data, ["a"], groups="g", least=1)["a"]
    assert by_group.dropna().nunique() == 2
    assert by_group.isna().tolist() == data["a"].isna().tolist()


def test_merged_answers_keep_their_order_and_two_of_them():
    data = answers()[["a1"]]
    for least in (1, 30, 10_000):
        merged = stats.merge_rare(data, ["a1"], least=least)["a1"]
        pairs = pd.DataFrame({"old": data["a1"], "new": merged}).dropna().drop_duplicates().sort_values("old")
        assert pairs["new"].is_monotonic_increasing
        assert pairs["new"].nunique() >= 2


def test_merging_needs_a_number():
    with pytest.raises(InvalidInput, match="least is 0"):
        stats.merge_rare(answers(), ["a1"], least=0)


def test_rare_answers_may_be_merged_by_the_fit_itself():
    data = answers().copy()
    data.loc[(data["language"] == "en") & (data["a1"] == 1), "a1"] = 2
    options = {"estimator": "wlsmv", "groups": "language", "missing": "pairwise"}
    itself = stats.cfa(data, ONE, merge=5, **options)
    before = stats.cfa(stats.merge_rare(data, WORDS["A"], groups="language", least=5), ONE, **options)
    assert itself.chisq == pytest.approx(before.chisq, rel=1e-9)


def test_a_missing_index_says_why():
    exact = stats.cfa(answers(), {"A": ["a1", "a2", "a3"]}).fit_indices.set_index("index")
    assert exact.loc["rmsea", "note"] == IndexNote.NO_DEGREES
    draw = np.random.default_rng(0)
    holed = pd.DataFrame(draw.normal(size=(8, 1)) + draw.normal(size=(8, 4)), columns=list("abcd"))
    holed = holed.mask(draw.random(holed.shape) < 0.3)
    rows = stats.cfa(holed, {"one": list("abcd")}, estimator="mlr", missing="fiml").fit_indices
    assert (rows.loc[rows["value"].isna(), "note"] != "").all()


def test_a_model_that_cannot_be_found_leaves_notes_and_no_errors():
    draw = np.random.default_rng(166)
    data = pd.DataFrame(draw.normal(size=(30, 5)), columns=list("abcde"))
    fits = [stats.cfa(data, {"one": list("ab"), "two": list("cde")}, estimator=one) for one in ("ml", "mlr")]
    for fit in fits:
        assert fit.converged or FitNote.NOT_CONVERGED in set(fit.notes["note"])
        assert fit.converged or fit.modification_indices().empty
        assert len(fit.fit_indices)
