import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.compare.equivalence import Finding
from svclib.stats.compare.groups import CompareNote


def groups(shift, n=200):
    answers = np.tile([2.0, 3, 4, 5], n // 4)
    return pd.DataFrame({"channel": ["app"] * n + ["web"] * n, "x": np.concatenate([answers, answers + shift])})


@pytest.fixture(scope="module")
def two(table):
    visits = table("visits")
    return visits[visits["channel"].isin(["app", "branch"])]


def test_the_p_value_is_the_larger_of_two_one_sided_welch_tests(two):
    row = stats.equivalence(two, "csat", "channel", 0.7).loc[0]
    app, branch = (two.loc[two["channel"] == name, "csat"] for name in ("app", "branch"))
    upper = ttest_ind(app - 0.7, branch, equal_var=False, alternative="less").pvalue
    lower = ttest_ind(app + 0.7, branch, equal_var=False, alternative="greater").pvalue
    assert row["p_value"] == pytest.approx(max(upper, lower), rel=1e-9)


@pytest.mark.parametrize("margin", [0.7, 0.72, 0.74, 0.76, 0.8])
def test_equivalent_where_the_interval_lies_within_the_margin(two, margin):
    row = stats.equivalence(two, "csat", "channel", margin).loc[0]
    assert row["level"] == pytest.approx(0.9)
    assert (row["finding"] == Finding.EQUIVALENT) == (row["high"] < margin)


@pytest.mark.parametrize(
    ("shift", "n", "finding"),
    [
        (0.0, 200, Finding.EQUIVALENT),
        (0.1, 4000, Finding.EQUIVALENT),
        (0.4, 200, Finding.DIFFERENT),
        (1.5, 200, Finding.RELEVANT),
        (0.3, 8, Finding.OPEN),
    ],
)
def test_findings(shift, n, finding):
    assert stats.equivalence(groups(shift, n), "x", "channel", 0.5)["finding"].tolist() == [finding]


def test_every_two_groups_are_tested_and_adjusted(table):
    rows = stats.equivalence(table("visits"), "csat", "segment", 0.5)
    assert len(rows) == 3
    assert (rows["p_adjusted"] >= rows["p_value"]).all()


def test_one_group_cannot_be_equivalent():
    rows = stats.equivalence(groups(0.0).query("channel == 'app'"), "x", "channel", 0.5)
    assert rows["note"].tolist() == [CompareNote.TWO_GROUPS]
    assert rows["finding"].tolist() == [Finding.OPEN]


def test_equal_answers_prove_nothing():
    rows = stats.equivalence(groups(0.0).assign(x=3.0), "x", "channel", 0.5)
    assert rows["note"].tolist() == [CompareNote.NO_SPREAD]
    assert rows["finding"].tolist() == [Finding.OPEN]


@pytest.mark.parametrize("margin", [0, -1, np.nan, np.inf, "0.5", True])
def test_a_margin_that_is_none_is_refused(margin):
    with pytest.raises(InvalidInput, match="smallest difference that would matter"):
        stats.equivalence(groups(0.0), "x", "channel", margin)


def test_a_level_below_a_half_is_refused():
    with pytest.raises(InvalidInput, match=r"above 0\.5"):
        stats.equivalence(groups(0.0), "x", "channel", 0.5, level=0.4)
