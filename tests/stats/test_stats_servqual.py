import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput

DIMENSIONS = {
    "tangibles": ["01", "02", "03", "04"],
    "reliability": ["05", "06", "07", "08", "09"],
    "responsiveness": ["10", "11", "12", "13"],
    "assurance": ["14", "15", "16", "17"],
    "empathy": ["18", "19", "20", "21", "22"],
}


def test_a_gap_is_the_paired_t_interval_of_r(reference, table):
    data = table("visits").rename(columns={"q1": "p1", "q2": "e1"})
    row = stats.servqual(data, {"d": ["1"]}).iloc[0]
    expected = reference["group_comparisons"]["t_paired_q1_q2"]
    assert [row["low"], row["high"]] == pytest.approx(expected["ci"], rel=1e-9)


def test_there_is_a_row_an_item_a_dimension_and_the_whole(table):
    rows = stats.servqual(table("servqual"), DIMENSIONS)
    assert len(rows) == 22 + 5 + 1
    assert rows["term"].iloc[-1] == "overall"


def test_the_gap_of_a_dimension_is_the_mean_of_its_items(table):
    rows = stats.servqual(table("servqual"), DIMENSIONS).set_index("term")
    items = rows.loc[DIMENSIONS["empathy"], "estimate"].mean()
    assert rows.loc["empathy", "estimate"] == pytest.approx(items)


def test_the_gap_is_perception_less_expectation(table):
    rows = stats.servqual(table("servqual"), DIMENSIONS)
    np.testing.assert_allclose(rows["estimate"], rows["perception"] - rows["expectation"])


def test_servperf_has_perceptions_alone(table):
    rows = stats.servqual(table("servqual"), DIMENSIONS, expectation=None)
    np.testing.assert_allclose(rows["estimate"], rows["perception"])
    assert rows["expectation"].isna().all()


def test_who_gave_one_half_is_left_out():
    data = pd.DataFrame({"p1": [5.0, 6.0, np.nan], "e1": [6.0, np.nan, 7.0]})
    row = stats.servqual(data, {"d": ["1"]}).iloc[0]
    assert (row["n"], row["perception"], row["expectation"]) == (1, 5, 6)


def test_a_missing_column_is_named():
    with pytest.raises(InvalidInput, match='"e1"'):
        stats.servqual(pd.DataFrame({"p1": [1.0]}), {"d": ["1"]})


def test_no_dimension_is_refused():
    with pytest.raises(InvalidInput, match="dimensions"):
        stats.servqual(pd.DataFrame({"p1": [1.0]}), {})
