import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib.errors import InvalidInput
from svclib.stats.scales import moments as room
from svclib.stats.scales.moments import item_rows, moments


def holed(seed, rows=300, items=5, share=0.2):
    random = np.random.default_rng(seed)
    values = np.round(random.normal(size=(rows, 1)) + random.normal(size=(rows, items)) + 3)
    values[random.random(values.shape) < share] = np.nan
    return pd.DataFrame(values).add_prefix("q")


def test_complete_covariances_are_those_of_numpy():
    data = holed(1, rows=6000)
    found = moments(item_rows(data)[1])
    np.testing.assert_allclose(found.cov, np.cov(data.dropna().to_numpy().T), rtol=1e-12)
    assert (found.n, found.answered) == (len(data.dropna()), data.notna().any(axis=1).sum())


def test_pairwise_covariances_are_those_of_pandas():
    data = holed(2, rows=6000)
    found = moments(item_rows(data)[1], "pairwise")
    np.testing.assert_allclose(found.cov, data.cov().to_numpy(), rtol=1e-12)
    np.testing.assert_allclose(found.mean, data.mean().to_numpy(), rtol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["complete", "pairwise"]))
def test_the_order_of_respondents_does_not_matter(seed, missing):
    data = holed(seed, rows=400)
    first = moments(item_rows(data)[1], missing)
    second = moments(item_rows(data.sample(frac=1, random_state=seed))[1], missing)
    np.testing.assert_allclose(first.cov, second.cov, rtol=1e-10, atol=1e-12)


def test_large_numbers_with_a_small_spread_lose_nothing():
    data = holed(3, share=0)
    np.testing.assert_allclose(
        moments(item_rows(data + 1e8)[1]).cov, moments(item_rows(data)[1]).cov, rtol=1e-6, atol=1e-8
    )


def test_several_threads_add_up_to_the_same(monkeypatch):
    rows = item_rows(holed(4, rows=20_000))[1]
    alone = moments(rows, "pairwise")
    monkeypatch.setattr(room, "_LARGE", 1)
    np.testing.assert_allclose(moments(rows, "pairwise").cov, alone.cov, rtol=1e-12)


def test_chosen_respondents_are_those_alone():
    data = holed(5, share=0)
    some = np.arange(0, 300, 3)
    np.testing.assert_allclose(
        moments(item_rows(data)[1], chosen=some).cov, moments(item_rows(data.iloc[some])[1]).cov, rtol=1e-12
    )


def test_whole_numbers_and_floats_are_alike():
    data = holed(6, share=0).astype(int)
    np.testing.assert_allclose(moments(item_rows(data)[1]).cov, moments(item_rows(data * 1.0)[1]).cov, rtol=1e-13)


def test_a_frame_of_floats_is_not_copied():
    data = pd.DataFrame(np.ones((10, 3)))
    assert np.shares_memory(item_rows(data)[1], data.to_numpy())


def test_two_who_never_answered_both_have_no_covariance():
    found = moments(np.array([[1, 2, np.nan, np.nan], [np.nan, np.nan, 1, 2.0]]), "pairwise")
    assert np.isnan(found.cov[0, 1])
    assert not np.isnan(found.cov[0, 0])


@pytest.mark.parametrize(("bad", "why"), [(np.inf, "infinite"), (1e200, "beyond 1e100")])
def test_impossible_numbers_name_the_column(bad, why):
    with pytest.raises(InvalidInput, match=f'"b" holds .*{why}'):
        names, rows = item_rows(pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, bad, 2]}))
        moments(rows, names=names)


def test_an_item_named_twice_is_refused():
    with pytest.raises(InvalidInput, match='"a" is named twice'):
        item_rows(pd.DataFrame({"a": [1.0], "b": [2.0]}), ["a", "b", "a"])


def test_a_column_that_is_there_twice_is_refused():
    with pytest.raises(InvalidInput, match='"a" is there twice'):
        item_rows(pd.DataFrame([[1.0, 2.0]], columns=["a", "a"]))


def test_text_names_the_column():
    with pytest.raises(InvalidInput, match=r'"b" holds .* no number'):
        item_rows(pd.DataFrame({"a": [1, 2], "b": ["good", "bad"]}))
