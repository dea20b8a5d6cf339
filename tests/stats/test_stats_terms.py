import numpy as np
import pandas as pd
import pytest

from svclib.errors import InvalidInput
from svclib.stats.design.survey import Design, design_of
from svclib.stats.terms import check_independent, read_terms


@pytest.fixture
def visits():
    return pd.DataFrame(
        {
            "wait": [1.0, 2, 4, 3, np.nan, 6],
            "channel": pd.Categorical(list("abcabc"), categories=list("abcd")),
            "first": [True, False, True, False, True, True],
        }
    )


def everything(terms):
    return np.ones(len(terms.matrix), dtype=bool) & terms.known


def test_categories_are_indicators_against_the_first_and_unused_ones_are_left_out(visits):
    terms = read_terms(visits, ["channel", "first"])
    assert terms.names == ("intercept", "channel[b]", "channel[c]", "first")
    assert terms.matrix[:, 1].tolist() == [0, 1, 0, 0, 1, 0]


def test_a_missing_answer_makes_the_row_unknown(visits):
    terms = read_terms(visits, "wait")
    assert terms.known.tolist() == [True] * 4 + [False, True]
    assert not np.isnan(terms.matrix).any()


def test_a_product_is_named_by_both(visits):
    terms = read_terms(visits, ["wait:channel"], intercept=False)
    assert terms.names == ("wait:channel[b]", "wait:channel[c]")
    assert terms.matrix[:, 0].tolist() == [0, 2, 0, 0, 0, 0]


def test_a_column_that_follows_from_others_is_named(visits):
    terms = read_terms(visits.assign(double=2 * visits["wait"] + 1), ["wait", "double"])
    with pytest.raises(InvalidInput, match='"double" follows exactly from wait'):
        check_independent(terms, everything(terms))


def test_a_constant_column_is_named(visits):
    terms = read_terms(visits.assign(same=3), ["wait", "same"])
    with pytest.raises(InvalidInput, match='"same" has the same value'):
        check_independent(terms, everything(terms))


def test_more_terms_than_rows_are_refused():
    wide = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 200)), columns=[f"x{i}" for i in range(200)])
    terms = read_terms(wide, list(wide.columns))
    with pytest.raises(InvalidInput, match="201 terms cannot be told from 50 complete rows"):
        check_independent(terms, everything(terms))


def test_columns_are_named_once_and_exist(visits):
    with pytest.raises(InvalidInput, match='"wait" is named twice'):
        read_terms(visits, ["wait", "wait"])
    with pytest.raises(InvalidInput, match='no column "weight"'):
        read_terms(visits, ["weight"])


def test_a_design_has_its_own_weights(visits):
    design = Design(visits)
    assert design_of(design) is design
    assert design_of(visits.assign(w=2.0), "w").row_weights.tolist() == [2.0] * 6
    with pytest.raises(InvalidInput, match="leave out weights=w"):
        design_of(design, "w")


def test_each_term_knows_its_column_and_the_categories(visits):
    terms = read_terms(visits, ["wait", "channel", "wait:first"])
    assert terms.columns == ("intercept", "wait", "channel", "channel", "wait:first")
    assert terms.levels == {"channel": ("a", "b", "c")}


def test_another_frame_is_read_with_the_categories_of_an_earlier_one(visits):
    known = read_terms(visits, ["wait", "channel"])
    later = pd.DataFrame({"wait": [5.0, 7], "channel": ["c", None]})
    again = read_terms(later, ["wait", "channel"], levels=known.levels)
    assert again.names == known.names
    assert again.matrix.tolist() == [[1, 5, 0, 1], [0, 0, 0, 0]]
    assert again.known.tolist() == [True, False]


def test_a_category_that_the_fit_has_not_seen_is_named(visits):
    known = read_terms(visits, "channel")
    with pytest.raises(InvalidInput, match='"channel" holds "z", which the fit has not seen; it knows a, b, c'):
        read_terms(pd.DataFrame({"channel": ["a", "z"]}), "channel", levels=known.levels)


def test_numbers_far_from_zero_are_told_apart(visits):
    terms = read_terms(visits.assign(code=1e9 + visits.index), ["wait", "code"])
    check_independent(terms, everything(terms))


def test_a_number_that_no_answer_can_be_is_named(visits):
    with pytest.raises(InvalidInput, match='"wait" holds a number beyond 1e100'):
        read_terms(visits.assign(wait=1e200), ["wait"])
