import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS
from svclib.stats.time.autoregression import RHO, average, mixture, newey_west, whiten
from svclib.stats.time.interruption import SeriesNote

R = json.loads((Path(__file__).parent / "reference" / "series.json").read_text(encoding="utf-8"))["values"]
START = "2024-08"


@pytest.fixture(scope="module")
def series(table):
    return table("series")


@pytest.fixture(scope="module")
def terms(series):
    t = np.arange(len(series), dtype=float)
    return np.column_stack([np.ones_like(t), t, t >= 43, np.maximum(t - 43, 0)])


def ask(data, **options):
    return stats.interrupted_series(data, "score", **{"over": "month", "at": START, **options})


def test_newey_and_west_are_those_of_sandwich(series, terms):
    beta, vcov = newey_west(series["score"].to_numpy(), terms, 3)
    np.testing.assert_allclose(beta, R["newey_west"]["coef"], rtol=1e-10)
    np.testing.assert_allclose(vcov, R["newey_west"]["vcov"], rtol=1e-9)
    frame = ask(series, errors="newey_west", lag=3).frame.set_index("term")
    told = frame.loc[["level change", "slope change"]]
    np.testing.assert_allclose(told["estimate"], R["newey_west"]["coef"][2:], rtol=1e-9)
    np.testing.assert_allclose(
        told["std_error"] / np.sqrt(56 / 54), np.sqrt(np.diag(R["newey_west"]["vcov"]))[2:], rtol=1e-8
    )


def test_one_autocorrelation_is_that_of_nlme(series, terms):
    y, phi = series["score"].to_numpy(), R["gls"]["phi"]
    fit = average(y, terms, np.ones(59, dtype=int), np.array([phi]))
    np.testing.assert_allclose(fit.beta[0], R["gls"]["coef"], rtol=1e-8)
    np.testing.assert_allclose(fit.scale[0], R["gls"]["vcov"], rtol=1e-8)


def test_the_restricted_likelihood_peaks_where_that_of_nlme_does(series, terms):
    y, phi = series["score"].to_numpy(), R["gls"]["phi"]
    near = average(y, terms, np.ones(59, dtype=int), phi + np.array([-2e-3, -1e-3, 0.0, 1e-3, 2e-3]))
    curve = np.polyfit(near.rho - phi, near.loglik, 2)
    assert -curve[1] / (2 * curve[0]) == pytest.approx(0, abs=1e-5)


def test_gaps_count_as_in_nlme(series, terms):
    kept = np.delete(np.arange(60), [6, 7, 29])
    fit = average(series["score"].to_numpy()[kept], terms[kept], np.diff(kept), np.array([0.3]))
    np.testing.assert_allclose(fit.beta[0], R["gls_gaps"]["coef"], rtol=1e-8)
    np.testing.assert_allclose(fit.scale[0], R["gls_gaps"]["vcov"], rtol=1e-8)


def test_answers_count_as_variances_do_in_nlme(series, terms):
    root = np.sqrt(series["answers"].to_numpy() / series["answers"].mean())
    fit = average(series["score"].to_numpy() * root, terms * root[:, None], np.ones(59, dtype=int), np.array([0.3]))
    np.testing.assert_allclose(fit.beta[0], R["gls_weights"]["coef"], rtol=1e-8)
    np.testing.assert_allclose(fit.scale[0], R["gls_weights"]["vcov"], rtol=1e-8)


def test_whitening_makes_an_autoregression_independent():
    correlation = 0.6 ** np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    factor = np.linalg.cholesky(correlation)
    white = whiten(factor, np.ones((6, 1)), np.ones(5, dtype=int), 0.6)
    np.testing.assert_allclose(white.y @ white.y.T, np.eye(6), atol=1e-12)
    assert white.log_determinant == pytest.approx(np.linalg.slogdet(correlation)[1])


def test_a_mixture_of_one_is_a_t_distribution():
    estimate, deviation, low, high = mixture(np.ones(1), np.array([[2.0]]), np.array([[0.5]]), 10.0, 0.95)[:, 0]
    assert (estimate, low, high) == pytest.approx((2, 2 - 0.5 * 2.228139, 2 + 0.5 * 2.228139), rel=1e-6)
    assert deviation == pytest.approx(0.5 * np.sqrt(10 / 8))


def test_independent_errors_are_least_squares(series, terms):
    frame = ask(series, errors="independent").frame.set_index("term")
    beta, *_rest = np.linalg.lstsq(terms, series["score"].to_numpy(), rcond=None)
    assert frame.loc["level change", "estimate"] == pytest.approx(beta[2], rel=1e-9)
    assert frame.loc["slope change", "estimate"] == pytest.approx(beta[3], rel=1e-9)


def test_effects_follow_from_level_and_slope(series):
    found = ask(series)
    frame, effects = found.frame.set_index("term")["estimate"], found.effects
    assert effects["step"].tolist() == list(range(1, 18))
    np.testing.assert_allclose(
        effects["estimate"], frame["level change"] + frame["slope change"] * np.arange(17), rtol=1e-8
    )
    assert frame["average effect"] == pytest.approx(effects["estimate"].mean())
    assert frame["effect at the end"] == pytest.approx(effects["estimate"].iloc[-1])
    assert list(found.frame.columns) == [*COLUMNS, "p_value"]


def test_the_course_without_the_change_is_the_fitted_one_less_the_effect(series):
    found = ask(series)
    after = found.course[found.course["after"]]
    np.testing.assert_allclose(after["fitted"] - after["expected"], found.effects["estimate"], rtol=1e-8)
    before = found.course[~found.course["after"]]
    np.testing.assert_allclose(before["fitted"], before["expected"])
    assert (after["low"] < after["expected"]).all()


def test_intervals_and_p_values_agree(series):
    for row in ask(series).frame.itertuples():
        assert (row.p_value < 0.05) == (row.low > 0 or row.high < 0)


def test_without_a_slope_only_the_level_is_told(series):
    frame = ask(series, slope=False).frame
    assert frame["term"].tolist() == ["level change"]


def test_a_transition_is_left_out(series):
    found = ask(series, transition=3)
    assert found.course["used"].sum() == 57
    shocked = series.assign(score=series["score"].where(~series["month"].isin(["2024-08", "2024-09", "2024-10"]), 0.0))
    assert ask(shocked, transition=3).frame["estimate"].tolist() == pytest.approx(found.frame["estimate"].tolist())
    assert found.effects["month"].iloc[0] == "2024-11"


def test_a_control_series_takes_common_shocks_away(series):
    shock = np.random.default_rng(1).normal(0, 8, len(series))
    both = series.assign(score=series["score"] + shock, other=series["other"] + shock)
    alone, compared = ask(both).frame.iloc[0], ask(both, control="other").frame.iloc[0]
    assert compared["std_error"] < 0.5 * alone["std_error"]
    plain = ask(series, control="other").frame.iloc[0]
    assert compared["estimate"] == pytest.approx(plain["estimate"], rel=1e-8)


def test_equal_denominators_are_no_denominators(series):
    even = ask(series.assign(answers=200), n="answers").frame
    np.testing.assert_allclose(even["estimate"], ask(series).frame["estimate"], rtol=1e-9)
    uneven = ask(series, n="answers").frame
    assert (np.abs(uneven["estimate"] - even["estimate"]) > 1e-6).all()


def test_harmonics_follow_the_seasons(table):
    months = [f"{2023 + place // 12}-{place % 12 + 1:02d}" for place in range(48)]
    t = np.arange(48)
    noise = np.random.default_rng(2).normal(0, 0.1, 48)
    data = pd.DataFrame({"month": months, "score": 5 * np.sin(2 * np.pi * t / 12) + 1.0 * (t >= 30) + noise})
    with_seasons = ask(data, at=months[30], harmonics=1).frame.iloc[0]
    without = ask(data, at=months[30]).frame.iloc[0]
    assert abs(with_seasons["estimate"] - 1) < 0.3
    assert with_seasons["std_error"] < without["std_error"] / 5


def test_the_autocorrelation_is_told_with_its_interval(series):
    row = ask(series).autocorrelation.iloc[0]
    assert RHO[0] <= row["low"] < row["rho"] < row["high"] <= RHO[-1]
    assert np.isnan(ask(series, errors="independent").autocorrelation.loc[0, "rho"])


def test_a_missing_month_is_a_gap(series):
    holed = ask(series.drop(index=[10, 50])).course
    assert len(holed) == 60
    assert holed.loc[10, "month"] == "2021-11"
    assert not holed.loc[[10, 50], "used"].any()
    assert holed.loc[[10, 50], "expected"].notna().all()


def test_dates_and_periods_are_months_too(series):
    expected = ask(series).frame["estimate"].tolist()
    dated = series.assign(month=pd.to_datetime(series["month"]))
    assert ask(dated, at="2024-08-01").frame["estimate"].tolist() == expected
    assert ask(dated, at=pd.Timestamp("2024-07-15")).frame["estimate"].tolist() == expected
    periods = series.assign(month=pd.PeriodIndex(series["month"], freq="M"))
    assert ask(periods, at="2024-08").frame["estimate"].tolist() == expected


@pytest.mark.parametrize(
    ("rows", "at", "note"),
    [
        (slice(40, 60), START, SeriesNote.SHORT),
        (slice(42, 60), START, SeriesNote.TOO_FEW),
        (slice(0, 45), START, SeriesNote.TOO_FEW),
        (slice(0, 60), START, ""),
    ],
)
def test_few_periods_are_noted(series, rows, at, note):
    frame = ask(series.iloc[rows], at=at).frame
    assert set(frame["note"]) == {note}
    assert frame["estimate"].isna().all() == (note == SeriesNote.TOO_FEW)


def test_a_series_that_does_not_vary_is_noted(series):
    frame = ask(series.assign(score=4.0)).frame
    assert set(frame["note"]) == {SeriesNote.NO_SPREAD}


def test_groups_are_judged_separately(series):
    both = pd.concat([series.assign(branch="a"), series.assign(branch="b", score=lambda data: -data["score"])])
    frame = ask(both, by="branch").frame.set_index(["branch", "term"])["estimate"]
    assert frame[("a", "level change")] == pytest.approx(-frame[("b", "level change")])


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"at": "2031-01"}, '"2031-01" is no period of the series; give one from 2021-01 to 2025-12'),
        ({}, {"errors": "hac"}, 'errors is "hac"'),
        ({}, {"transition": -1}, "transition is -1"),
        ({}, {"harmonics": 1.5}, "harmonics is 1.5"),
        ({"answers": -5}, {"n": "answers"}, '"answers" is negative'),
        ({"score": "good"}, {}, "which is no number"),
        ({}, {"control": "others"}, 'no column "others"'),
        ({"month": lambda data: "m" + data["month"]}, {"at": f"m{START}", "harmonics": 1}, "harmonics need months"),
        ({"month": None}, {}, '"month" has no period in 60 rows'),
    ],
)
def test_what_cannot_be_read_is_named(series, change, options, message):
    with pytest.raises(InvalidInput, match=message):
        ask(series.assign(**change), **options)


def test_a_series_too_long_is_refused():
    days = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=700), "score": range(700)})
    with pytest.raises(InvalidInput, match='"day" spans 700 steps'):
        ask(days, over="day", at="2021-01-01")
