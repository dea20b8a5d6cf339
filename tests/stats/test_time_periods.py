import numpy as np
import pandas as pd
import pytest

from svclib.errors import InvalidInput
from svclib.stats.time.periods import read_grids


def grid(periods, values=None):
    data = pd.DataFrame({"when": periods, "y": np.arange(len(periods), dtype=float) if values is None else values})
    return read_grids(data, ["y"], "when", None)[0]


@pytest.mark.parametrize(
    ("periods", "unit", "labels"),
    [
        (["2026-01", "2026-03"], "month", ["2026-01", "2026-02", "2026-03"]),
        (["2025-12", "2026-1"], "month", ["2025-12", "2026-1"]),
        (["2025-Q4", "2026-Q2"], "quarter", ["2025-Q4", "2026-Q1", "2026-Q2"]),
        ([2020, 2022, 2023], "year", [2020, 2021, 2022, 2023]),
        ([3, 5, 9], "step", [3, 5, 7, 9]),
        (["spring", "autumn"], "step", ["autumn", "spring"]),
    ],
)
def test_periods_are_put_on_an_even_grid(periods, unit, labels):
    found = grid(periods)
    assert (found.unit, found.labels) == (unit, labels)


def test_missing_periods_have_no_value():
    found = grid(["2026-01", "2026-04"])
    assert found.present.tolist() == [0, -1, -1, 1]
    np.testing.assert_array_equal(found.values[0], [0, np.nan, np.nan, 1])


def test_dates_within_different_months_are_months():
    found = grid(pd.to_datetime(["2026-01-31", "2026-03-15"]))
    assert found.unit == "month"
    assert found.labels[1] == pd.Timestamp("2026-02-01")


def test_other_dates_are_days_or_weeks():
    found = grid(pd.to_datetime(["2026-01-05", "2026-01-12", "2026-01-26"]))
    assert found.unit == "day"
    assert found.labels[2] == pd.Timestamp("2026-01-19")


def test_pandas_periods_stay_periods():
    found = grid(pd.PeriodIndex(["2026-01", "2026-03"], freq="M"))
    assert found.labels[1] == pd.Period("2026-02", "M")
    quarters = grid(pd.PeriodIndex(["2025Q4", "2026Q2"], freq="Q"))
    assert quarters.labels[1] == pd.Period("2026Q1", "Q")


def test_months_tell_the_time_of_year():
    assert (grid(["2025-12", "2026-01"]).month % 12).tolist() == [11, 0]
    assert (grid(["2025-Q4", "2026-Q1"]).month % 12).tolist() == [9, 0]


def test_a_period_is_found_as_written_or_by_date():
    months = grid(["2026-01", "2026-03"])
    assert months.find("2026-02") == 1
    dated = grid(pd.to_datetime(["2026-01-01", "2026-02-01"]))
    assert dated.find("2026-01-20") == 1
    with pytest.raises(InvalidInput, match='"2026-09" is no period of the series; give one from 2026-01 to 2026-03'):
        months.find("2026-09")


def test_without_periods_the_rows_are_in_order():
    found = read_grids(pd.DataFrame({"y": [3.0, 1.0]}), ["y"], None, None)[0]
    assert (found.over, found.labels) == ("point", [1, 2])


def test_each_group_has_its_grid():
    data = pd.DataFrame({"when": ["2026-01", "2026-02", "2026-02"], "y": 1.0, "b": ["x", "x", "y"]})
    found = read_grids(data, ["y"], "when", "b")
    assert [one.steps for one in found] == [2, 1]
    assert found[0].frame().columns.tolist() == ["b", "when"]
