import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.time.series import ChartNote

VALUES = json.loads((Path(__file__).parent / "reference" / "control_charts.json").read_text(encoding="utf-8"))["values"]
CHARTS = [stats.ewma_chart, stats.cusum_chart]


@pytest.fixture
def monthly(table):
    return table("monthly")


def test_the_average_and_its_limits_are_those_of_qcc(monthly):
    rows = stats.ewma_chart(monthly, "mean_wait_minutes", over="month", baseline=24)
    np.testing.assert_allclose(rows["value"], list(VALUES["ewma"]["y"].values()), rtol=1e-12)
    np.testing.assert_allclose(rows[["lower", "upper"]], VALUES["ewma"]["limits"][".matrix"], rtol=1e-12)
    np.testing.assert_allclose(rows["sigma"], VALUES["ewma"]["sigma"], rtol=1e-12)
    outside = (rows["value"] > rows["upper"]) | (rows["value"] < rows["lower"])
    assert outside.any()
    assert ((rows["signal"] == "beyond_limits") == outside).all()


def test_the_sums_are_those_of_qcc(monthly):
    rows = stats.cusum_chart(monthly, "mean_wait_minutes", over="month", baseline=24)
    above, below = (rows[rows["term"] == side] for side in ("above", "below"))
    np.testing.assert_allclose(above["value"], VALUES["cusum"]["pos"], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(below["value"], VALUES["cusum"]["neg"], rtol=1e-10, atol=1e-12)
    assert ((above["signal"] == "beyond_limits") == (above["value"] > 5)).all()
    assert (above["signal"] != "").any()
    assert set(above["upper"]) == {5.0}
    assert set(below["lower"]) == {-5.0}


def test_a_weight_of_one_is_the_chart_of_single_values(monthly):
    mine = stats.ewma_chart(monthly, "mean_wait_minutes", weight=1)
    singles = stats.xmr_chart(monthly, "mean_wait_minutes").iloc[:36]
    for name in ("value", "lower", "upper"):
        np.testing.assert_allclose(mine[name], singles[name], rtol=1e-12)


@pytest.mark.parametrize("chart", CHARTS)
def test_a_missing_value_is_passed_over(chart, monthly):
    values = monthly["mean_wait_minutes"].iloc[:20].tolist()
    holed = pd.DataFrame({"wait": [*values[:5], np.nan, *values[5:]]})
    rows, whole = chart(holed, "wait"), chart(pd.DataFrame({"wait": values}), "wait")
    kept = rows[rows["value"].notna()]
    np.testing.assert_allclose(kept["value"], whole["value"], rtol=1e-12)
    np.testing.assert_allclose(kept["upper"], whole["upper"], rtol=1e-12)
    assert rows["note"].iloc[5] == ChartNote.NO_VALUE


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("values", [[], [2.0], [np.nan] * 3])
def test_fewer_than_two_points_give_a_note(chart, values):
    rows = chart(pd.DataFrame({"wait": values}, dtype=float), "wait")
    assert rows["value"].isna().all()
    assert set(rows["note"]) <= {ChartNote.TOO_FEW}


def test_a_constant_baseline_has_no_sums_but_a_note():
    rows = stats.cusum_chart(pd.DataFrame({"wait": [0.1] * 12 + [5.0]}), "wait", baseline=12)
    assert rows["value"].isna().all()
    assert set(rows["note"]) == {ChartNote.NO_SPREAD}


def test_a_constant_baseline_flags_an_average_that_leaves_it():
    rows = stats.ewma_chart(pd.DataFrame({"wait": [0.1] * 13 + [5.0]}), "wait", baseline=12)
    assert rows["signal"].tolist() == [""] * 13 + ["beyond_limits"]


@pytest.mark.parametrize("chart", CHARTS)
def test_groups_have_charts_of_their_own(chart, monthly):
    data = pd.concat([monthly.assign(branch="east"), monthly.iloc[:20].assign(branch="west")])
    rows = chart(data, "mean_wait_minutes", over="month", by="branch")
    alone = chart(monthly.iloc[:20], "mean_wait_minutes", over="month")
    np.testing.assert_array_equal(rows.loc[rows["branch"] == "west", "value"], alone["value"])


@pytest.mark.parametrize("chart", CHARTS)
def test_text_names_the_column(chart, monthly):
    with pytest.raises(InvalidInput, match=r'"month" holds .* no number'):
        chart(monthly, "month")


@pytest.mark.parametrize("weight", [0, 1.2, float("nan")])
def test_an_impossible_weight_is_refused(monthly, weight):
    with pytest.raises(InvalidInput, match="weight is"):
        stats.ewma_chart(monthly, "mean_wait_minutes", weight=weight)


@pytest.mark.parametrize("name", ["shift", "decision"])
def test_an_impossible_shift_or_decision_is_refused(monthly, name):
    with pytest.raises(InvalidInput, match=f"{name} is 0"):
        stats.cusum_chart(monthly, "mean_wait_minutes", **{name: 0})
