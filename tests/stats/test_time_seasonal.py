import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS
from svclib.stats.time.festival import NEW_YEARS, festival_share
from svclib.stats.time.seasonal import SeasonNote
from svclib.stats.time.stl import Smoothing, stl_parts

R = json.loads((Path(__file__).parent / "reference" / "series.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def series(table):
    return table("series")


def split(data, **options):
    return stats.seasonal(data, "volume", **{"over": "month", **options})


def parts(frame):
    return [frame[name].to_numpy() for name in ("seasonal", "trend", "remainder")]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("stl_periodic", {"rounds": 2}),
        ("stl_7", {"seasonal_window": 7, "rounds": 2}),
        ("stl_13_robust", {"seasonal_window": 13, "trend_window": 21, "robust": True, "rounds": 1}),
        ("decompose", {"method": "classical"}),
    ],
)
def test_the_parts_are_those_of_r(series, name, options):
    found = parts(split(series, **options).frame)
    for ours, theirs in zip(found, (R[name][part] for part in ("seasonal", "trend", "remainder")), strict=True):
        np.testing.assert_allclose(ours, np.array(theirs, dtype=float), atol=1e-9)


def test_quarters_are_those_of_r(series):
    quarters = series.head(40).assign(month=[f"{2010 + place // 4}-Q{place % 4 + 1}" for place in range(40)])
    found = parts(split(quarters, seasonal_window=9, rounds=2).frame)
    for ours, theirs in zip(
        found, (R["stl_quarter"][part] for part in ("seasonal", "trend", "remainder")), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)


def test_robust_weights_are_those_of_their_definition(series):
    y = series["volume"].to_numpy()
    first, _one = stl_parts(y, 12, Smoothing(rounds=1))
    assert np.abs(np.array(R["stl_robust"]["seasonal"]) - R["stl_periodic"]["seasonal"]).max() > 0.1
    found, weight = stl_parts(y, 12, Smoothing(robust=True, rounds=1))
    # R's stl takes the median from an incomplete sort (DIFFERENCES.md): close, not equal
    np.testing.assert_allclose(found.seasonal @ y, R["stl_robust"]["seasonal"], atol=0.05)
    assert weight.min() >= 0
    assert weight.max() <= 1
    assert not np.allclose(first.seasonal @ y, found.seasonal @ y)


def test_statsmodels_has_the_same_robust_parts(series):
    from statsmodels.tsa.seasonal import STL

    y = series["volume"].to_numpy()
    fit = STL(
        y, 12, seasonal=601, trend=19, low_pass=13, seasonal_deg=0, seasonal_jump=61, trend_jump=2, low_pass_jump=2,
        robust=True,
    ).fit(inner_iter=1, outer_iter=15)  # fmt: skip
    found, weight = stl_parts(y, 12, Smoothing(robust=True, rounds=1))
    np.testing.assert_allclose(found.trend @ y, fit.trend, atol=1e-9)
    np.testing.assert_allclose(weight, fit.weights, atol=1e-9)


@pytest.mark.parametrize("method", ["stl", "classical", "regression"])
def test_parts_add_up_and_the_adjusted_value_is_without_the_season(series, method):
    frame = split(series, method=method).frame
    np.testing.assert_allclose(frame["adjusted"] + frame["seasonal"], frame["value"])
    whole = frame.dropna(subset=["trend"])
    np.testing.assert_allclose(whole["trend"] + whole["seasonal"] + whole["remainder"], whole["value"])
    assert ((frame["low"] < frame["adjusted"]) & (frame["adjusted"] < frame["high"])).all()


@pytest.mark.parametrize("method", ["stl", "classical", "regression"])
def test_seasons_as_proportions_multiply(series, method):
    frame = split(series, method=method, multiplicative=True).frame
    np.testing.assert_allclose(frame["adjusted"] * frame["seasonal"], frame["value"])
    doubled = split(series.assign(volume=series["volume"] * 2), method=method, multiplicative=True).frame
    np.testing.assert_allclose(doubled["seasonal"], frame["seasonal"], rtol=1e-9)
    np.testing.assert_allclose(doubled["low"], 2 * frame["low"], rtol=1e-9)


@pytest.mark.parametrize("method", ["stl", "classical", "regression"])
def test_a_series_that_is_seasons_and_a_line_is_found_exactly(method):
    wave = np.array([3.0, -6, 2, 1, 0, 0, -1, -1, 1, 1, 0.5, -0.5])
    wave -= wave.mean()
    months = [f"{2023 + place // 12}-{place % 12 + 1:02d}" for place in range(48)]
    y = 100 + 0.5 * np.arange(48) + wave[np.arange(48) % 12] + 1e-6 * np.random.default_rng(1).normal(size=48)
    found = split(pd.DataFrame({"month": months, "volume": y}), method=method)
    np.testing.assert_allclose(found.pattern["estimate"], wave, atol=1e-4)
    assert found.strength["strength"].item() > 0.99


@pytest.mark.parametrize("method", ["stl", "regression"])
def test_a_missing_month_keeps_trend_and_season(series, method):
    holed = split(series.drop(index=[20]), method=method).frame
    whole = split(series, method=method).frame
    assert holed.loc[20, "month"] == "2022-09"
    assert holed.loc[20, "note"] == SeasonNote.NO_VALUE
    assert np.isnan(holed.loc[20, "adjusted"])
    assert np.isfinite(holed.loc[20, ["trend", "seasonal"]].astype(float)).all()
    np.testing.assert_allclose(holed["seasonal"], whole["seasonal"], atol=0.6)


def test_the_classical_trend_is_missing_where_a_gap_is_in_reach(series):
    frame = split(series.drop(index=[30]), method="classical").frame
    assert frame.loc[24:36, "trend"].isna().all()
    assert frame["seasonal"].notna().all()


def test_the_pattern_begins_with_january(series):
    later = split(series.iloc[5:]).pattern
    assert later["step"].tolist() == list(range(1, 13))
    assert later["estimate"].idxmin() == 1
    assert list(later.columns) == ["step", *COLUMNS]


def test_errors_are_those_of_the_season(series):
    found = split(series)
    first = found.frame["std_error"].iloc[:12].to_numpy()
    np.testing.assert_allclose(first, found.pattern["std_error"], rtol=1e-9)


@pytest.mark.parametrize("method", ["stl", "classical", "regression"])
def test_the_festival_is_taken_out(method):
    months = 2021 * 12 + np.arange(60)
    rng = np.random.default_rng(3)
    without = 100 + rng.normal(0, 0.3, 60)
    labels = [f"{month // 12}-{month % 12 + 1:02d}" for month in months]
    data = pd.DataFrame({"month": labels, "volume": without - 10 * festival_share(months, (0, 6))})
    frame = split(data, method=method, festival=(0, 6)).frame
    np.testing.assert_allclose(frame["festival"], -10 * festival_share(months, (0, 6)), atol=1.0)
    plain = split(data, method=method).frame
    assert (frame["adjusted"] - without).abs().mean() < (plain["adjusted"] - without).abs().mean()


def test_new_year_falls_on_the_days_of_the_calendar():
    assert [day.year for day in NEW_YEARS] == list(range(2015, 2041))
    assert {date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17), date(2027, 2, 6)} <= set(NEW_YEARS)
    assert all(date(day.year, 1, 21) <= day <= date(day.year, 2, 20) for day in NEW_YEARS)
    gaps = {(after - before).days for before, after in pairwise(NEW_YEARS)}
    assert gaps <= {354, 355, 383, 384, 385}  # twelve or thirteen moons


def test_shares_of_the_festival_add_up_to_none_over_the_years():
    months = np.arange(2015 * 12, 2041 * 12)
    share = festival_share(months, (0, 6))
    np.testing.assert_allclose(share.reshape(-1, 12).mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(share.reshape(-1, 12).sum(axis=1), 0, atol=1e-12)
    assert np.abs(festival_share(months, (0, 6))[::12]).max() > 0


def test_a_festival_that_falls_alike_is_noted():
    labels = [f"{2018 + place // 12}-{place % 12 + 1:02d}" for place in range(24)]  # 16 February 2018, 5 February 2019
    volume = np.random.default_rng(1).normal(100, 1, 24)
    frame = split(pd.DataFrame({"month": labels, "volume": volume}), method="regression", festival=(0, 6))
    assert set(frame.strength["note"]) == {SeasonNote.ALIKE}
    assert (frame.frame["festival"] == 0).all()


@pytest.mark.parametrize(
    ("rows", "note"), [(slice(0, 20), SeasonNote.TOO_SHORT), (slice(0, 0), SeasonNote.TOO_SHORT), (slice(0, 24), "")]
)
def test_fewer_than_two_years_are_noted(series, rows, note):
    found = split(series.iloc[rows], period=12)
    assert set(found.frame["note"]) <= {note}
    assert found.frame["adjusted"].isna().all() == bool(note)
    assert found.strength["note"].item() == note


def test_a_series_that_does_not_vary_is_noted(series):
    assert set(split(series.assign(volume=5.0)).frame["note"]) == {SeasonNote.NO_SPREAD}


def test_groups_are_split_separately(series):
    both = pd.concat([series.assign(branch="a"), series.head(10).assign(branch="b")])
    frame = split(both, by="branch").frame
    assert frame.loc[frame["branch"] == "a", "adjusted"].notna().all()
    assert set(frame.loc[frame["branch"] == "b", "note"]) == {SeasonNote.TOO_SHORT}


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"volume": -1.0}, {"multiplicative": True}, '"volume" holds 0 or less'),
        ({"volume": "many"}, {}, "which is no number"),
        ({}, {"method": "x13"}, 'no method "x13"'),
        ({}, {"seasonal_window": 4}, "seasonal_window is 4; give an odd number"),
        ({}, {"period": 1}, "period is 1"),
        ({}, {"rounds": 0}, "rounds is 0"),
        ({}, {"festival": (6, 0)}, "festival is"),
        ({"month": range(60)}, {}, "tells no months or quarters; give period="),
        ({"month": range(60)}, {"period": 12, "festival": (0, 6)}, "festival needs months"),
        ({"month": lambda data: "19" + data["month"].str[2:]}, {"festival": (0, 6)}, "known from 2015 to 2040"),
    ],
)
def test_what_cannot_be_read_is_named(series, change, options, message):
    with pytest.raises(InvalidInput, match=message):
        split(series.assign(**change), **options)
