import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.planning.plans import expected_answers
from svclib.stats.planning.power import BEYOND, WHOLE, Contrast, power_of

R = json.loads((Path(__file__).parent / "reference" / "power.json").read_text(encoding="utf-8"))["values"]
CLOSED = {"rel": 1e-10}
ITERATIVE = {"rel": 1e-6}


def a_mean(sd=1.0):
    return expected_answers("mean", sd=sd, share=0.5, promoters=0.5, detractors=0.2)


@pytest.mark.parametrize(("n", "difference", "name"), [(20, 1.0, "t_power"), (8, 0.1, "t_power_weak")])
def test_power_of_means_is_that_of_r(n, difference, name):
    assert stats.power("mean", n, difference, sd=1.0)["power"].item() == pytest.approx(R[name], **CLOSED)


def test_power_of_shares_is_that_of_r():
    row = stats.power("proportion", 120, -0.1, share=0.85)
    assert row["power"].item() == pytest.approx(R["prop_power"], **CLOSED)


@pytest.mark.parametrize(
    ("kind", "keywords", "name"),
    [
        ("mean", {"difference": 0.3, "sd": 1.0, "power": 0.9}, "t_n"),
        ("mean", {"difference": 1.2, "sd": 1.0, "power": 0.8}, "t_n_small"),
        ("proportion", {"difference": -0.05, "share": 0.85, "power": 0.8}, "prop_n"),
        ("proportion", {"difference": 0.15, "share": 0.5, "power": 0.9}, "prop_n_90"),
    ],
)
def test_answers_for_a_difference_are_those_of_r_rounded_up(kind, keywords, name):
    assert stats.sample_size(kind, **keywords)["n"].item() == np.ceil(R[name])


def test_the_detectable_difference_is_that_of_r():
    row = stats.detectable_difference("mean", 50, sd=1.0)
    assert row["difference"].item() == pytest.approx(R["t_delta"], **ITERATIVE)


@pytest.mark.parametrize(
    ("kind", "keywords"),
    [("proportion", {"share": 0.85}), ("nps", {"promoters": 0.6, "detractors": 0.1}), ("mean", {"sd": 0.9})],
)
@pytest.mark.parametrize("deff", [1.0, 2.5])
def test_so_many_answers_make_the_interval_so_narrow_and_one_fewer_does_not(kind, keywords, deff):
    margin = 5.0 if kind == "nps" else 0.05
    n = stats.sample_size(kind, margin=margin, deff=deff, **keywords)["n"].item()
    widths = stats.expected_width(kind, [n, n - 2 * int(np.ceil(deff))], deff=deff, **keywords)["margin"]
    assert widths[0] <= margin * (1 + 1e-6)
    assert widths[1] > margin * 0.995


def test_the_expected_width_is_the_mean_of_the_widths_that_come():
    random = np.random.default_rng(3)
    shares = pd.DataFrame({"run": np.repeat(np.arange(400), 30), "happy": random.random(12_000) < 0.85})
    rows = stats.proportion(shares, "happy", by="run")
    expected = stats.expected_width("proportion", 30, share=0.85)["margin"].item()
    assert ((rows["high"] - rows["low"]) / 2).mean() == pytest.approx(expected, rel=0.02)


def test_the_power_is_the_share_of_tests_that_find_the_difference():
    random = np.random.default_rng(4)
    found = 0
    for _run in range(300):
        y = np.concatenate([random.normal(0, 1, 25), random.normal(0.8, 1, 25)])
        rows = stats.compare_means(pd.DataFrame({"g": np.repeat(["a", "b"], 25), "y": y}), "y", "g")
        found += rows.loc[rows["method"] == "Student t", "p_value"].iloc[0] < 0.05
    assert found / 300 == pytest.approx(stats.power("mean", 25, 0.8, sd=1.0)["power"].item(), abs=0.06)


def test_design_effects_and_small_populations_are_those_of_cochran():
    plain, clustered, small = (
        stats.sample_size("proportion", margin=0.03, **more)["n"].item()
        for more in ({}, {"deff": 2.0}, {"population": 2000})
    )
    assert clustered == pytest.approx(2 * plain, abs=2)
    assert small == pytest.approx(plain / (1 + plain / 2000), abs=1.5)


def test_invitations_allow_for_those_who_do_not_answer():
    row = stats.sample_size("proportion", margin=0.05, share=0.85, response=0.2).iloc[0]
    assert row["invitations"] == 5 * row["n"]


def test_overlapping_waves_need_fewer_answers():
    apart = stats.sample_size("mean", difference=0.2, sd=1.0)["n"].item()
    panel = stats.sample_size("mean", difference=0.2, sd=1.0, overlap=1.0, correlation=0.5)["n"].item()
    assert panel == pytest.approx(apart / 2, abs=2)


def test_asking_nearly_everybody_is_said():
    row = stats.sample_size("proportion", margin=0.01, population=500).iloc[0]
    assert row["n"] <= 500
    assert row["note"] == WHOLE


def test_what_no_number_reaches_is_missing_with_the_reason():
    row = stats.sample_size("proportion", margin=1e-7).iloc[0]
    assert pd.isna(row["n"])
    assert row["note"] == BEYOND
    assert stats.detectable_difference("proportion", 5, share=0.02)["difference"].isna().item()


def test_several_plans_are_several_rows():
    rows = stats.sample_size("proportion", margin=[0.1, 0.05, 0.02], share=0.8)
    assert rows["n"].is_monotonic_increasing
    assert len(rows) == 3


@given(st.floats(0.05, 3), st.integers(3, 400))
@settings(max_examples=30, deadline=None)
def test_power_grows_with_the_answers_and_the_difference(difference, n):
    powers = [power_of(Contrast(a_mean(), d, 0.95, 1.0), m, m) for d, m in ((difference, n), (difference, n + 5))]
    assert 0.05 - 1e-9 <= powers[0] <= powers[1] + 1e-9


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: stats.sample_size("median", margin=1), 'kind is "median"'),
        (lambda: stats.sample_size("mean", margin=0.1), "needs sd"),
        (lambda: stats.sample_size("proportion"), "Give margin"),
        (lambda: stats.sample_size("proportion", margin=0.1, difference=0.1), "one of the two"),
        (lambda: stats.sample_size("proportion", margin=0), "margin is 0; give a number > 0"),
        (lambda: stats.sample_size("proportion", margin="wide"), "margin is 'wide'"),
        (lambda: stats.sample_size("proportion", difference=0.6, share=0.5), "which is no share"),
        (lambda: stats.sample_size("proportion", difference=0.0), "difference is 0"),
        (lambda: stats.sample_size("proportion", margin=0.1, response=0), "response is 0"),
        (lambda: stats.sample_size("proportion", margin=[0.1, 0.2], deff=[1, 2, 3]), "margin has 2 values and deff 3"),
        (lambda: stats.sample_size("nps", margin=5, promoters=0.7, detractors=0.6), "together are 1.3"),
        (lambda: stats.expected_width("proportion", 1), "n is 1"),
        (lambda: stats.expected_width("proportion", float("nan")), "n is nan"),
        (lambda: stats.power("mean", 20, 1.0, sd=-1), "sd is -1"),
        (lambda: stats.power("mean", 20, 1.0, sd=1, level=95), "level is 95"),
        (lambda: stats.design_effect(cluster_size=0.5), "cluster_size is 0.5"),
    ],
)
def test_a_plan_that_cannot_be_names_the_option(call, match):
    with pytest.raises(InvalidInput, match=match):
        call()


@pytest.fixture
def strata():
    return pd.DataFrame(
        {
            "branch": list("abcd"),
            "size": [5000, 3000, 800, 40],
            "sd": [1.0, 0.5, 1.2, 3.0],
            "mean": [4.2, 4.5, 3.0, 4.0],
        }
    )


@pytest.mark.parametrize("method", ["neyman", "proportional", "power", "equal"])
def test_an_allocation_spends_exactly_what_there_is(strata, method):
    plan = stats.allocate(strata, 400, sd="sd", method=method, least=5)
    assert plan["n"].sum() == 400
    assert plan["n"].between(5, plan["size"]).all()


def test_neyman_is_in_proportion_to_size_and_spread(strata):
    plan = stats.allocate(strata.iloc[:3], 500, sd="sd", least=0)
    share = plan["size"] * plan["sd"]
    assert (plan["n"] / 500).tolist() == pytest.approx((share / share.sum()).tolist(), abs=0.002)


def test_no_allocation_has_a_smaller_error_than_neymans(strata):
    errors = {
        method: stats.allocation_error(stats.allocate(strata, 400, sd="sd", method=method), sd="sd")["std_error"]
        for method in ("neyman", "proportional", "power", "equal")
    }
    assert min(errors, key=errors.get) == "neyman"


def test_a_stratum_is_not_asked_for_more_than_there_are(strata):
    plan = stats.allocate(strata.assign(sd=[1, 1, 1, 500.0]), 400, sd="sd")
    assert plan["n"].iloc[3] == 40
    assert plan["std_error"].iloc[3] == 0
    assert plan["n"].sum() == 400


def test_a_power_allocation_of_0_gives_the_strata_the_same_relative_precision(strata):
    plan = stats.allocate(strata.iloc[:3], 300, sd="sd", mean="mean", method="power", exponent=0.0)
    relative = plan["sd"] / plan["mean"] / plan["n"]
    assert relative.max() / relative.min() < 1.02


def test_strata_without_spread_share_in_proportion(strata):
    plan = stats.allocate(strata.assign(sd=0.0), 400, sd="sd")
    assert plan["n"].iloc[0] > plan["n"].iloc[1] > plan["n"].iloc[2]


def test_the_error_of_an_allocation_is_that_of_the_design(strata):
    plan = stats.allocate(strata.iloc[:2], 100, sd="sd")
    random = np.random.default_rng(6)
    parts = []
    for row in plan.to_dict("records"):
        y = random.normal(size=row["n"])
        y = (y - y.mean()) / y.std(ddof=1) * row["sd"]
        parts.append(pd.DataFrame({"y": y, "branch": row["branch"], "size": row["size"]}))
    data = pd.concat(parts, ignore_index=True)
    expected = stats.Design(data, strata="branch", fpc="size").mean("y").frame["std_error"].item()
    assert stats.allocation_error(plan, sd="sd")["std_error"] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("change", "keywords", "match"),
    [
        ({"size": [5000, 0, 800, 40]}, {}, '"size" is 0 in row 2'),
        ({"sd": [1, np.nan, 1, 1]}, {}, '"sd" is nan in row 2'),
        ({}, {"n": 3}, "give 8 to 8840"),
        ({}, {"n": 9000}, "give 8 to 8840"),
        ({}, {"method": "best"}, 'method is "best"'),
        ({"size": ["many"] * 4}, {}, '"size" holds .* no number'),
    ],
)
def test_an_allocation_that_cannot_be_names_the_column(strata, change, keywords, match):
    with pytest.raises(InvalidInput, match=match):
        stats.allocate(strata.assign(**change), **{"n": 400, "sd": "sd", **keywords})


def test_the_design_effect_is_that_of_kish():
    assert stats.design_effect(cluster_size=11, icc=0.1) == pytest.approx(2.0)
    assert stats.design_effect(weight_cv=0.5) == pytest.approx(1.25)
    assert stats.design_effect() == 1
