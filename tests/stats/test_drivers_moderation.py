import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtr

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.design.results import OPT_IN
from svclib.stats.estimate import COLUMNS
from svclib.stats.key_drivers.moderation import ModerationNote, welch

R = json.loads((Path(__file__).parent / "reference" / "key_drivers.json").read_text(encoding="utf-8"))["values"]
SLOPES = ["q1", "q2", "q3"]


@pytest.fixture(scope="module")
def complete(table):
    return table("visits").dropna(subset=[f"q{number}" for number in range(1, 7)])


def tiers(n=400, gap=0.8, seed=1, labels=("gold", "standard")):
    random = np.random.default_rng(seed)
    data = pd.DataFrame({"wait": random.normal(size=n), "staff": random.normal(size=n)})
    data["tier"] = np.resize(labels, n)
    slope = np.where(data["tier"] == labels[0], 0.2 + gap, 0.2)
    return data.assign(y=slope * data["wait"] + 0.5 * data["staff"] + random.normal(size=n))


def found(data, drivers=("wait", "staff"), segment="tier", **options):
    return stats.moderation(data, "y", list(drivers), segment, **options)


def test_what_differing_slopes_explain_is_that_of_r(complete):
    told = stats.moderation(complete, "csat", SLOPES, "segment").tests.set_index("term")["delta_r2"]
    assert told.to_dict() == pytest.approx(R["moderation_delta_r2"], rel=1e-10)


def test_the_test_of_a_design_is_that_of_survey(complete):
    design = stats.Design(complete, weights="weight", strata="region", cluster="branch")
    told = stats.moderation(design, "csat", SLOPES, "segment").tests.set_index("term")
    assert told["statistic"].to_dict() == pytest.approx(R["moderation_wald"], rel=1e-8)
    assert set(told["method"]) == {"Wald F"}


def test_slopes_are_those_of_each_segment(complete):
    told = stats.moderation(complete, "csat", SLOPES, "segment").slopes.set_index(["segment", "term"])
    own = complete[complete["segment"] == "sme"]
    alone = stats.glm(own, "csat", SLOPES, errors="robust").frame.set_index("term")
    for name in SLOPES:
        row = told.loc[("sme", name)]
        assert row[["estimate", "low", "high"]].tolist() == pytest.approx(
            alone.loc[name, ["estimate", "low", "high"]].tolist(), rel=1e-10
        )


def test_a_driver_that_matters_more_to_some_is_found():
    told = found(tiers())
    row = told.tests.set_index("term").loc["wait"]
    assert row["p_adjusted"] < 0.001
    assert row["f2"] > 0.02
    assert told.tests.set_index("term").loc["staff", "p_adjusted"] > 0.05
    gap = told.differences.set_index("term").loc["wait"]
    assert (gap["first"], gap["second"]) == ("gold", "standard")
    assert gap["low"] < 0.8 < gap["high"]


def test_two_segments_have_the_test_of_their_difference():
    told = found(tiers())
    tests, gaps = told.tests.set_index("term"), told.differences.set_index("term")
    np.testing.assert_allclose(tests["statistic"], (gaps["estimate"] / gaps["std_error"]) ** 2, rtol=1e-10)
    np.testing.assert_allclose(tests["p_value"], gaps["p_value"], rtol=1e-8)
    np.testing.assert_allclose(tests["df2"], gaps["df"], rtol=1e-10)


def test_differences_are_those_of_independent_slopes():
    told = found(tiers())
    slopes = told.slopes.set_index(["term", "tier"])
    row = told.differences.set_index("term").loc["wait"]
    first, second = slopes.loc[("wait", "gold")], slopes.loc[("wait", "standard")]
    error = np.hypot(first["std_error"], second["std_error"])
    assert row["std_error"] == pytest.approx(error, rel=1e-12)
    t = (first["estimate"] - second["estimate"]) / error
    assert row["p_value"] == pytest.approx(2 * stdtr(row["df"], -abs(t)), rel=1e-10)


def test_welchs_test_of_equal_errors_is_near_anovas():
    statistic, df2 = welch(np.array([1.0, 2.0, 3.0]), np.full(3, 0.5), np.full(3, 1e6))
    assert statistic == pytest.approx(2.0, rel=1e-5)
    assert df2 > 1e6


def test_p_values_allow_for_their_number():
    told = found(tiers(labels=("gold", "silver", "standard")))
    assert (told.differences["p_adjusted"] >= told.differences["p_value"]).all()
    assert len(told.differences) == 2 * 3
    plain = found(tiers(labels=("gold", "silver", "standard")), adjust="none")
    np.testing.assert_array_equal(plain.differences["p_adjusted"], plain.differences["p_value"])


def test_the_frames_have_the_columns_of_an_estimate():
    told = found(tiers())
    assert list(told.slopes.columns[:11]) == ["tier", *COLUMNS]
    assert list(told.differences.columns) == ["first", "second", *COLUMNS, "p_value", "p_adjusted"]


def test_controls_are_held_fixed_and_not_compared():
    told = found(tiers(), drivers=["wait"], controls=["staff"])
    both = found(tiers())
    assert told.tests["term"].tolist() == ["wait"]
    assert told.slopes["estimate"].iloc[0] == pytest.approx(both.slopes["estimate"].iloc[0], rel=1e-12)


def test_categories_are_compared_one_by_one():
    data = tiers().assign(channel=np.resize(["app", "app", "web", "web", "desk"], 400))
    told = found(data, drivers=["wait", "channel"])
    assert told.tests["term"].tolist() == ["wait", "channel[desk]", "channel[web]"]


def test_a_segment_that_cannot_be_fitted_takes_no_part():
    data = pd.concat([tiers(), tiers(3, labels=("vip",))])
    told = found(data)
    vip = told.slopes[told.slopes["tier"] == "vip"]
    assert vip["estimate"].isna().all()
    assert (vip["note"] != "").all()
    assert told.tests["segments"].unique().tolist() == [2]
    assert told.tests["n"].unique().tolist() == [400]
    np.testing.assert_allclose(told.differences["estimate"], found(tiers()).differences["estimate"], rtol=1e-10)


def test_a_segment_without_error_is_left_out():
    data = tiers(600, labels=("gold", "standard", "vip"))
    data.loc[data["tier"] == "vip", "y"] = 2.0 * data["wait"].round()
    data["wait"] = data["wait"].round()
    told = found(data, drivers=["wait"])
    assert set(told.tests["note"]) == {ModerationNote.PERFECT.value}
    assert told.tests["segments"].item() == 2


def test_numbers_too_large_are_named():
    with pytest.raises(InvalidInput, match='"wait" holds numbers beyond 1e50'):
        found(tiers().assign(wait=lambda data: data["wait"] * 1e200))


def test_a_single_segment_has_nothing_to_compare():
    told = found(tiers().assign(tier="all"))
    assert told.tests["p_value"].isna().all()
    assert set(told.tests["note"]) == {ModerationNote.ONE_SEGMENT.value}
    assert told.differences.empty


def test_rows_without_a_segment_are_left_out():
    data = tiers()
    holed = pd.concat([data, data.head(50).assign(tier=None)])
    pd.testing.assert_frame_equal(found(holed).differences, found(data).differences)


def test_an_empty_category_is_no_segment():
    data = tiers().assign(tier=pd.Categorical(tiers()["tier"], ["vip", "gold", "standard"]))
    assert found(data).slopes["tier"].nunique() == 2


def test_segments_of_a_design_share_clusters():
    data = tiers(600).assign(branch=np.arange(600) // 20)
    told = found(stats.Design(data, cluster="branch"))
    slopes = told.slopes.set_index(["term", "tier"])["std_error"]
    row = told.differences.set_index("term").loc["wait"]
    assert row["std_error"] != pytest.approx(np.hypot(slopes["wait", "gold"], slopes["wait", "standard"]), rel=1e-6)
    assert told.tests["df2"].iloc[0] == 30 - 1 + 1 - 3


def test_volunteers_are_told():
    told = found(stats.Design(tiers(), source="opt-in"))
    assert set(told.tests["note"]) == set(told.differences["note"]) == {OPT_IN}


@pytest.mark.parametrize(
    ("data", "options", "match"),
    [
        (tiers(), {"segment": "channel"}, 'no column "channel"'),
        (tiers(), {"segment": "wait"}, 'segment "wait" is the outcome, a driver'),
        (tiers(), {"segment": ["tier"]}, "names no single column"),
        (tiers(), {"drivers": ["y"]}, '"y"'),
        (tiers(), {"drivers": ["queue"]}, 'no column "queue"'),
        (tiers(), {"drivers": []}, "at least one"),
        (tiers(), {"adjust": "tukey"}, "holm, bh, bonferroni, none"),
        (tiers(), {"level": 2}, "level is 2"),
        (tiers().assign(tier=range(400)), {}, "400 segments, too many"),
        (tiers().assign(w=-1.0), {"weights": "w"}, 'weights in "w"'),
    ],
)
def test_bad_input_is_named_with_the_mend(data, options, match):
    with pytest.raises(InvalidInput, match=match):
        found(data, **options)
