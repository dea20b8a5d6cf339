import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS
from svclib.stats.time.breaks import Stretch, partition, scan, sup_f
from svclib.stats.time.change_point import ChangeNote

R = json.loads((Path(__file__).parent / "reference" / "series.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def series(table):
    return table("series")


@pytest.fixture(scope="module")
def found(series):
    return stats.change_point(series, "score", over="month", most=5, least=9, runs=99)


def test_the_changes_are_those_of_strucchange(series, found):
    first = [series["month"][place] for place in R["breakpoints"]["best"]]
    assert found.frame["at"].tolist() == first


def test_squares_and_criterion_are_those_of_strucchange(found):
    expected = np.array(R["breakpoints"]["table"])
    np.testing.assert_allclose(found.criteria["rest"], expected[0], rtol=1e-10)
    np.testing.assert_allclose(found.criteria["bic"], expected[1], rtol=1e-10)


def test_the_largest_f_is_that_of_strucchange(series):
    row = stats.change_point(series.head(40), "score", over="month", least=5, runs=99).frame.iloc[0]
    assert row["statistic"] == pytest.approx(R["sup_f"]["max"], rel=1e-10)
    assert row["at"] == series["month"][R["sup_f"]["at"]]


def test_levels_are_the_means_of_the_parts(series, found):
    parts = found.segments
    assert parts["periods"].sum() == len(series)
    np.testing.assert_allclose(parts["level"].iloc[0], series["score"].head(20).mean())
    row = found.frame.iloc[0]
    assert (row["before"], row["after"]) == pytest.approx((parts["level"].iloc[0], parts["level"].iloc[1]))
    assert found.points["level"].nunique() == 3


def test_the_interval_of_the_date_holds_the_likeliest_dates(found):
    row, dates = found.frame.iloc[0], found.dates[found.dates["change"] == 1]
    assert dates["probability"].sum() == pytest.approx(1)
    held = dates[(dates["month"] >= row["at_low"]) & (dates["month"] <= row["at_high"])]
    assert held["probability"].sum() >= 0.95
    assert dates.loc[dates["probability"].idxmax(), "month"] == row["at"]


def test_the_interval_of_bai_in_strucchange_lies_about_ours(series, found):
    bai = [series["month"][int(place)] for place in R["confint"][1]]
    row = found.frame.iloc[1]
    # Bai's is asymptotic: DIFFERENCES.md has the coverage of both
    assert abs(pd.Period(row["at_low"], "M").ordinal - pd.Period(bai[0], "M").ordinal) <= 3
    assert row["at"] == bai[1]


def test_the_best_partition_is_that_of_all(series):
    y, weight = series["score"].to_numpy()[:14], np.linspace(1, 2, 14)

    def rest(parts):
        edges = [0, *parts, 14]
        total = 0.0
        for start, end in pairwise(edges):
            mean = np.average(y[start:end], weights=weight[start:end])
            total += (weight[start:end] * (y[start:end] - mean) ** 2).sum()
        return total

    places, squares = partition(y, weight, 3, 2)
    every = [(i, j) for i in range(3, 12) for j in range(i + 3, 12)]
    best = min(every, key=rest)
    assert tuple(places[2]) == best
    assert squares[2] == pytest.approx(rest(best), rel=1e-10)


def test_the_scan_is_least_squares_at_every_place(series):
    y = series["score"].to_numpy()[:20]
    stretch = Stretch(y, np.ones(20), np.ones(19, dtype=int), 4)
    f = sup_f(scan(stretch, y[:, None], np.zeros(1)), 20)[0]
    values = []
    for place in range(4, 17):
        rest = ((y[:place] - y[:place].mean()) ** 2).sum() + ((y[place:] - y[place:].mean()) ** 2).sum()
        values.append(18 * (((y - y.mean()) ** 2).sum() - rest) / rest)
    assert f == pytest.approx(max(values), rel=1e-10)


def test_a_shift_and_a_scale_move_the_estimate_only(series):
    first = stats.change_point(series.head(30), "score", over="month", runs=99).frame.iloc[0]
    moved = series.head(30).assign(score=lambda data: 100 - 2 * data["score"])
    other = stats.change_point(moved, "score", over="month", runs=99).frame.iloc[0]
    assert (other["at"], other["p_value"]) == (first["at"], first["p_value"])
    assert other["estimate"] == pytest.approx(-2 * first["estimate"], rel=1e-9)
    assert other["low"] == pytest.approx(-2 * first["high"], rel=1e-6)


@pytest.mark.parametrize("errors", ["independent", "ar1"])
def test_the_same_seed_gives_the_same_p_value(series, errors):
    ask = {"data": series.head(24), "value": "score", "over": "month", "errors": errors, "runs": 99}
    first, again = (stats.change_point(**ask).frame["p_value"].item() for _turn in range(2))
    assert first == again


@pytest.mark.parametrize("errors", ["independent", "ar1", "binomial"])
def test_series_without_a_change_hardly_alarm(errors):
    rng, alarms = np.random.default_rng(4), 0
    for _run in range(30):
        answers = rng.integers(80, 300, 24)
        data = pd.DataFrame({"share": rng.binomial(answers, 0.8) / answers, "answers": answers})
        row = stats.change_point(data, "share", n="answers", errors=errors, runs=99).frame.iloc[0]
        alarms += int(row["p_value"] <= 0.05)
    assert alarms <= 5


@pytest.mark.parametrize("errors", ["independent", "ar1", "binomial"])
def test_a_clear_change_of_a_share_is_found(errors):
    rng = np.random.default_rng(4)
    answers = rng.integers(150, 300, 24)
    share = rng.binomial(answers, np.where(np.arange(24) < 14, 0.75, 0.9)) / answers
    data = pd.DataFrame({"share": share, "answers": answers})
    row = stats.change_point(data, "share", n="answers", errors=errors, runs=199).frame.iloc[0]
    assert row["at_low"] <= 15 <= row["at_high"]
    assert row["low"] <= 0.15 <= row["high"]
    assert row["p_value"] <= 0.05


def test_autocorrelated_months_are_no_change_once_it_is_allowed_for():
    rng = np.random.default_rng(1)
    y = rng.standard_normal(36)
    for place in range(1, 36):
        y[place] = 0.7 * y[place - 1] + np.sqrt(1 - 0.49) * y[place]
    told = {
        e: stats.change_point(pd.DataFrame({"y": y}), "y", errors=e).frame["p_value"].item()
        for e in ("independent", "ar1")
    }
    assert told["ar1"] > told["independent"]


def test_a_missing_month_is_a_gap(series):
    holed = series.head(30).drop(index=[5, 6])
    row = stats.change_point(holed, "score", over="month", errors="ar1", runs=99).frame.iloc[0]
    assert row["n"] == 28
    empty = series.head(30).assign(score=lambda data: data["score"].mask(data.index.isin([5, 6])))
    again = stats.change_point(empty, "score", over="month", errors="ar1", runs=99).frame.iloc[0]
    assert again["low"] == pytest.approx(row["low"])


def test_groups_have_changes_of_their_own(series):
    both = pd.concat([series.head(30).assign(branch="a"), series.head(30).assign(branch="b", score=5.0)])
    frame = stats.change_point(both, "score", over="month", by="branch", runs=99).frame
    assert list(frame.columns)[: 1 + len(COLUMNS)] == ["branch", *COLUMNS]
    assert frame["note"].tolist() == ["", ChangeNote.NO_SPREAD]


@pytest.mark.parametrize(
    ("values", "options", "note"),
    [
        ([1.0, 2, 3, 4, 5], {}, ChangeNote.TOO_FEW),
        ([], {}, ChangeNote.TOO_FEW),
        ([np.nan] * 20, {}, ChangeNote.TOO_FEW),
        ([3.0] * 12, {}, ChangeNote.NO_SPREAD),
        ([1.0] * 6 + [2.0] * 6, {}, ChangeNote.PERFECT),
        ([1.0, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2], {"most": 3}, ChangeNote.NONE_FOUND),
    ],
)
def test_what_cannot_be_told_is_noted(values, options, note):
    found = stats.change_point(pd.DataFrame({"y": pd.Series(values, dtype=float)}), "y", runs=19, **options)
    row = found.frame.iloc[0]
    assert row["note"] == note
    assert np.isnan(row["estimate"])
    assert found.dates.empty


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"score": "high"}, {}, "which is no number"),
        ({}, {"errors": "white"}, 'errors is "white"'),
        ({}, {"errors": "binomial"}, "give n="),
        ({}, {"errors": "binomial", "n": "answers"}, '"score" holds no shares'),
        ({"answers": -1}, {"n": "answers"}, '"answers" is negative in 60 rows'),
        ({}, {"most": 0}, "most is 0"),
        ({}, {"least": 1}, "least is 1"),
        ({}, {"runs": 5}, "runs is 5"),
        ({"month": "2026-01"}, {}, "more than once"),
        ({}, {"level": 2}, "level is 2"),
    ],
)
def test_what_cannot_be_read_is_named(series, change, options, message):
    with pytest.raises(InvalidInput, match=message):
        stats.change_point(series.assign(**change), "score", over="month", **options)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=8, max_size=25))
def test_intervals_hold_their_estimates(values):
    row = stats.change_point(pd.DataFrame({"y": np.array(values, dtype=float)}), "y", runs=19).frame.iloc[0]
    if not row["note"]:
        assert row["low"] <= row["estimate"] <= row["high"]
        assert row["at_low"] <= row["at"] <= row["at_high"]
        assert 0 < row["p_value"] <= 1
