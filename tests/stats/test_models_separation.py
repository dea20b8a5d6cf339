import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.models.separation import recession


@pytest.fixture
def data():
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"x": rng.normal(size=200), "g": rng.choice(["app", "branch", "vip"], 200, p=[0.5, 0.4, 0.1])})
    happy = rng.random(200) < 1 / (1 + np.exp(-data["x"]))
    return data.assign(happy=(happy | (data["g"] == "vip")).astype(int))


@pytest.mark.parametrize("link", ["logit", "probit", "cloglog"])
def test_a_category_in_which_all_agree_is_named(data, link):
    with pytest.raises(InvalidInput, match=r"predicted without error by g\[vip\].*merge the category") as error:
        stats.glm(data, "happy", ["x", "g"], family="binomial", link=link)
    assert error.value.code == "separated"


def test_a_number_that_parts_the_outcomes_is_named():
    data = pd.DataFrame({"x": np.arange(20.0), "z": np.tile([1.0, 2.0, 0.5, 3.0], 5)})
    with pytest.raises(InvalidInput, match="predicted without error by x"):
        stats.glm(data.assign(y=(data["x"] > 9).astype(int)), "y", ["x"], family="binomial")


def test_counts_that_are_all_0_in_a_category_are_named(data):
    counts = np.where(data["g"] == "vip", 0, np.random.default_rng(2).poisson(2, 200))
    with pytest.raises(InvalidInput, match=r"predicted without error by g\[vip\]"):
        stats.glm(data.assign(complaints=counts), "complaints", ["x", "g"], family="poisson")


def test_shares_strictly_between_keep_the_maximum_finite(data):
    shares = np.where(data["g"] == "vip", 0.9, data["happy"])
    assert stats.glm(data.assign(s=shares), "s", ["x", "g"], family="quasibinomial").converged


def test_overlapping_outcomes_have_no_direction_to_run_in():
    rng = np.random.default_rng(4)
    matrix = np.column_stack([np.ones(50), rng.normal(size=50)])
    sides = np.where(rng.random(50) < 0.5, 1, -1)
    assert len(recession(matrix * sides[:, None])) == 0
    assert recession(np.abs(matrix)).tolist()
