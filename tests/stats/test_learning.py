import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.learning import gains, service, training
from svclib.stats.learning.mixed import Products, fit

REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="module")
def values():
    return json.loads((REFERENCE / "learning.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def staff():
    return pd.read_csv(REFERENCE / "learning_staff.csv")


@pytest.fixture(scope="module")
def branches():
    return pd.read_csv(REFERENCE / "learning_service.csv")


# ── mixed models ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("name", "columns"), [("intercepts", 1), ("slopes", 2)])
def test_mixed_models_equal_lme4(values, staff, name, columns):
    x = np.column_stack([np.ones(len(staff)), staff["trained"], staff["before"]])
    codes = pd.factorize(staff["branch"], sort=True)[0]
    found = fit(Products.of(x, x[:, :columns], staff["after"].to_numpy(), codes))
    expected = pd.DataFrame(values[name]["coef"])
    assert found.deviance == pytest.approx(values[name]["crit"], abs=1e-6)
    np.testing.assert_allclose(found.beta, expected["Estimate"], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(found.vcov)), expected["Std. Error"], rtol=1e-5)
    np.testing.assert_allclose(found.df, expected["df"], rtol=2e-3)
    between = found.between[np.tril_indices(columns)][: 1 if columns == 1 else 3]
    order = [0] if columns == 1 else [0, 2, 1]
    np.testing.assert_allclose(
        [*between, found.sigma**2], [*np.array(values[name]["vc"])[order], values[name]["vc"][-1]], rtol=1e-3
    )


def test_a_branch_is_drawn_towards_the_average(staff):
    found = stats.training_effect(staff, "after", "trained", before="before", branch="branch")
    bare = found.frame.iloc[0]
    assert (found.branches["estimate"] - bare["estimate"]).abs().max() < 3
    assert found.branches["std_error"].gt(0).all()
    assert found.spread["p_value"].iloc[0] > 0.05


def test_error_of_the_score_before_is_taken_out():
    rng = np.random.default_rng(5)
    ability = rng.normal(size=20_000)
    trained = (ability + rng.normal(size=20_000) < 0).astype(float)
    data = pd.DataFrame({"trained": trained, "before": ability + rng.normal(0, 0.7, 20_000)})
    data["after"] = ability + 0.3 * trained + rng.normal(0, 0.7, 20_000)
    naive = stats.training_effect(data, "after", "trained", before="before").frame["estimate"].iloc[0]
    mended = stats.training_effect(data, "after", "trained", before="before", reliability=1 / 1.49).frame.iloc[0]
    assert naive < 0.1
    assert mended["estimate"] == pytest.approx(0.3, abs=0.05)


def test_whole_branches_leave_few_degrees_of_freedom(staff):
    whole = staff.assign(trained=(pd.factorize(staff["branch"])[0] % 2).astype(float))
    row = stats.training_effect(whole, "after", "trained", branch="branch").frame.iloc[0]
    assert row["df"] <= 13
    assert row["note"] == training.WHOLE_BRANCHES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trained": 1.0}, "same value"),
        ({"trained": 2.0}, "true or false"),
        ({"branch": "b01"}, "names one branch"),
    ],
)
def test_what_cannot_be_compared_is_said(staff, change, words):
    with pytest.raises(InvalidInput, match=words):
        stats.training_effect(staff.assign(**change), "after", "trained", branch="branch")


def test_the_claim_follows_the_design(staff):
    told = stats.training_effect(staff, "after", "trained", before="before")
    assert told.note == training.ASSOCIATION
    assert told.held_equal == ("before",)
    assert stats.training_effect(staff, "after", "trained", design="randomised").note == training.BY_LOT
    with pytest.raises(InvalidInput, match="design"):
        stats.training_effect(staff, "after", "trained", design="causal")


# ── gains ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def scores(n=4000, seed=1, gain=0.4):
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=n)
    grown = ability + gain + rng.normal(0, 0.3, n)
    return pd.DataFrame({"before": ability + rng.normal(0, 0.5, n), "after": grown + rng.normal(0, 0.5, n)})


def terms(found):
    return found.frame.set_index("term")["estimate"]


def test_gain_finds_what_was_put_in():
    found = stats.gain(scores(), "before", "after", sem=0.5)
    told = terms(found)
    assert told["mean_gain"] == pytest.approx(0.4, abs=0.04)
    assert told["standardised_gain"] == pytest.approx(0.4, abs=0.05)
    assert told["true_sd_of_gain"] == pytest.approx(0.3, abs=0.06)
    assert found.people["change"].isin(gains.CHANGES).all()
    assert found.people["true_gain"].std() < found.people["gain"].std()


def test_reliability_and_its_standard_error_say_the_same():
    data = scores(300)
    sem = [float(data[name].std() * np.sqrt(0.2)) for name in ("before", "after")]
    pd.testing.assert_frame_equal(
        stats.gain(data, "before", "after", reliability=0.8).frame, stats.gain(data, "before", "after", sem=sem).frame
    )


def test_return_to_the_average_is_no_gain():
    data = scores(gain=0.0)
    data["failed"] = data["before"] < -0.7
    told = terms(stats.gain(data, "before", "after", sem=0.5, chosen="failed"))
    assert told["gain_of_chosen"] > 0.15
    assert told["net_gain"] == pytest.approx(0, abs=0.06)
    assert told["gain_of_chosen"] - told["by_return"] == pytest.approx(told["net_gain"])


def test_nobody_changes_beyond_error_more_often_than_the_level_says():
    rng = np.random.default_rng(2)
    ability = rng.normal(size=20_000)
    data = pd.DataFrame({name: ability + rng.normal(0, 0.5, 20_000) for name in ("before", "after")})
    told = terms(stats.gain(data, "before", "after", sem=0.5))
    assert told["improved"] == pytest.approx(0.025, abs=0.004)
    assert told["worsened"] == pytest.approx(0.025, abs=0.004)


@pytest.mark.parametrize("n", [0, 1, 2, 3])
def test_few_people_give_rows_with_the_reason(n):
    found = stats.gain(scores(10).iloc[:n], "before", "after", sem=0.5)
    told = found.frame.set_index("term")
    assert len(told) == 5
    if n < 2:
        assert told["note"].isin([gains.NO_PEOPLE, gains.ONE_PERSON]).all()
    empty = told["estimate"].isna()
    assert (told.loc[empty, "note"] != "").all()


def test_equal_scores_before_have_no_standard():
    data = scores(50).assign(before=1.0)
    told = stats.gain(data, "before", "after", reliability=0.8).frame.set_index("term")
    assert told.loc["standardised_gain", "note"] == gains.NO_SPREAD


@pytest.mark.parametrize("given", [{}, {"reliability": 0.8, "sem": 1}, {"reliability": 1.2}, {"sem": -1}])
def test_the_error_of_measurement_must_be_known(given):
    with pytest.raises(InvalidInput, match=r"reliability|sem"):
        stats.gain(scores(20), "before", "after", **given)


@pytest.mark.parametrize(("chosen", "note"), [(False, gains.NOBODY_CHOSEN), (True, gains.EVERYBODY_CHOSEN)])
def test_nobody_or_everybody_chosen(chosen, note):
    told = stats.gain(scores(20).assign(c=chosen), "before", "after", sem=0.5, chosen="c").frame.set_index("term")
    assert told.loc["net_gain", "note"] == note


# ── certificates and satisfaction ────────────────────────────────────────────────────────────────────────────────────
def test_slopes_equal_metafor_and_least_squares(values, branches):
    found = stats.service_link(
        branches, "csat", "certified", std_error="se", period="month", confounders=["region", "staff"], per=1.0
    ).frame.set_index("term")
    for term in ("alone", "adjusted"):
        row, expected = found.loc[term], values[term]
        assert row["estimate"] == pytest.approx(expected["beta"], rel=1e-5)
        assert row["std_error"] == pytest.approx(expected["se"], rel=1e-5)
        assert [row["low"], row["high"]] == pytest.approx([expected["lo"], expected["hi"]], rel=1e-4)
    assert found.loc["within", ["estimate", "std_error"]].tolist() == pytest.approx(values["within"], rel=1e-8)


def test_the_step_scales_the_slope(branches):
    one, tenth = (
        stats.service_link(branches, "csat", "certified", period="month", per=per).frame for per in (1.0, 0.1)
    )
    np.testing.assert_allclose(one["estimate"] * 0.1, tenth["estimate"])


def test_one_period_tells_nothing_within(branches):
    first = branches[branches["month"] == "2026-01"]
    found = stats.service_link(first, "csat", "certified")
    row = found.frame.set_index("term").loc["within"]
    assert np.isnan(row["estimate"]) and row["note"] == service.ONE_PERIOD
    assert found.note == service.ASSOCIATION
    assert found.branches["without"].notna().all()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"certified": 1.2}, "shares from 0 to 1"), ({"certified": 0.5}, "same value"), ({"se": -1.0}, "negative")],
)
def test_impossible_branches_are_refused(branches, change, words):
    first = branches[branches["month"] == "2026-01"].assign(**change)
    with pytest.raises(InvalidInput, match=words):
        stats.service_link(first, "csat", "certified", std_error="se")


def test_a_branch_twice_needs_its_period(branches):
    with pytest.raises(InvalidInput, match="b00"):
        stats.service_link(branches, "csat", "certified")
