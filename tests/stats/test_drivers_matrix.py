import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.design.results import OPT_IN
from svclib.stats.estimate import COLUMNS
from svclib.stats.key_drivers.matrix import CORNERS, QUADRANTS, Quadrant
from svclib.stats.key_drivers.notes import DriverNote

LEVELS = {"waiting": 2.6, "staff": 4.2, "rooms": 2.8, "parking": 4.0}
EFFECTS = {"waiting": 0.6, "staff": 0.5, "rooms": 0.1, "parking": 0.1}
CHANCES = [f"p_{one.name.lower()}" for one in QUADRANTS]


def bank(n=600, seed=1, levels=LEVELS):
    random = np.random.default_rng(seed)
    felt = 0.5 * random.normal(size=(n, 1)) + random.normal(size=(n, len(levels)))
    data = pd.DataFrame(np.clip(np.round(list(levels.values()) + felt), 1, 5), columns=list(levels))
    overall = felt @ [EFFECTS[name] for name in levels] + 0.7 * random.normal(size=n)
    return data.assign(overall=np.clip(np.round(3.5 + overall), 1, 5))


def placed(data=None, **options):
    given = {"bootstraps": 400} | options
    return stats.importance_performance(bank() if data is None else data, "overall", list(LEVELS), **given)


@pytest.fixture(scope="module")
def found():
    return placed()


def test_each_quadrant_has_its_driver(found):
    verdict = found.frame.set_index("term")["verdict"].to_dict()
    assert verdict == {
        "waiting": Quadrant.IMPROVE_FIRST,
        "staff": Quadrant.ADVANTAGE,
        "rooms": Quadrant.OPPORTUNITY,
        "parking": Quadrant.MAINTAIN,
    }


def test_probabilities_add_up_to_one(found):
    np.testing.assert_allclose(found.frame[CHANCES].sum(axis=1), 1, rtol=1e-12)


def test_importance_is_that_of_drivers(found):
    told = stats.drivers(bank(), "overall", list(LEVELS), bootstraps=400).frame
    for ours, theirs in (("importance", "share"), ("importance_low", "share_low"), ("importance_high", "share_high")):
        np.testing.assert_allclose(found.frame[ours], told[theirs], rtol=1e-12)


def test_performance_is_the_mean_of_all_answers():
    data = bank()
    data.loc[:99, "waiting"] = np.nan
    rows = placed(data).frame.set_index("term")
    assert rows.loc["staff", "performance"] == pytest.approx(data["staff"].mean(), rel=1e-12)
    assert (rows.loc["staff", "n"], rows.loc["waiting", "n"]) == (600, 500)


def test_the_interval_of_performance_is_that_of_the_mean(found):
    mean = stats.mean(bank(), "staff").iloc[0]
    row = found.frame.set_index("term").loc["staff"]
    assert [row["performance_low"], row["performance_high"]] == pytest.approx([mean["low"], mean["high"]], abs=0.02)


def test_top_boxes_are_shares_with_an_interval_that_stays_inside():
    data = bank(60)
    rows = placed(data, performance="top_box").frame.set_index("term")
    assert rows.loc["staff", "performance"] == pytest.approx((data["staff"] >= 4).mean(), rel=1e-12)
    assert rows["performance_low"].ge(0).all()
    assert rows["performance_high"].le(1).all()


@pytest.mark.parametrize(("rule", "line"), [("mean", np.mean), ("median", np.median)])
def test_cuts_are_means_or_medians_of_the_drivers(rule, line):
    told = placed(importance_cut=rule, performance_cut=rule)
    cut = told.cuts.set_index("axis")["cut"]
    assert cut["importance"] == pytest.approx(line(told.frame["importance"]), rel=1e-12)
    assert cut["performance"] == pytest.approx(line(told.frame["performance"]), rel=1e-12)


def test_a_target_is_a_cut():
    told = placed(performance_cut=5.0)
    assert told.cuts["rule"].tolist() == ["mean", "target"]
    assert set(told.frame["verdict"]) <= {Quadrant.IMPROVE_FIRST, Quadrant.OPPORTUNITY}


def test_what_luck_could_turn_gets_no_verdict():
    level = dict.fromkeys(LEVELS, 3.5)
    rows = placed(bank(80, 3, level)).frame
    assert Quadrant.UNCLEAR in set(rows["verdict"])
    assert (rows.loc[rows["verdict"] == Quadrant.UNCLEAR, CHANCES].max(axis=1) < 0.9).all()


def test_a_verdict_needs_the_probability_that_is_asked_for():
    level = dict.fromkeys(LEVELS, 3.5)
    told = [placed(bank(80, 3, level), sure=sure).frame["verdict"].tolist() for sure in (0.501, 0.999)]
    assert told[0].count(Quadrant.UNCLEAR) < told[1].count(Quadrant.UNCLEAR)


def test_regions_enclose_their_points(found):
    for row in found.frame.itertuples():
        outline = found.regions[found.regions["term"] == row.term]
        assert len(outline) == CORNERS
        assert outline["performance"].min() < row.performance < outline["performance"].max()
        assert outline["importance"].min() < row.importance < outline["importance"].max()
        assert outline["importance"].between(0, 1).all()


def test_a_joint_region_reaches_beyond_each_interval(found):
    row = found.frame.iloc[0]
    outline = found.regions[found.regions["term"] == row["term"]]
    assert outline["performance"].min() < row["performance_low"]
    assert outline["performance"].max() > row["performance_high"]


def test_groups_have_the_mean_of_their_columns():
    told = placed(groups={"place": ["rooms", "parking"]}).frame.set_index("term")
    assert told.loc["place", "performance"] == pytest.approx(bank()[["rooms", "parking"]].mean().mean(), rel=1e-12)


def test_without_draws_there_is_no_verdict():
    told = placed(bootstraps=0)
    assert set(told.frame["verdict"]) == {Quadrant.UNCLEAR}
    assert told.frame[CHANCES].isna().all(axis=None)
    assert set(told.frame["note"]) == {DriverNote.NO_DRAWS.value}
    assert told.regions.empty


def test_volunteers_are_told():
    data = stats.Design(bank(), source="opt-in")
    assert set(placed(data, bootstraps=100).frame["note"]) == {OPT_IN}


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({"staff": "good"}, {}, '"staff" has a single category'),
        ({"staff": ["good", "bad"] * 300}, {}, '"staff" is no rating'),
        ({"staff": [True, False] * 300}, {}, '"staff" is yes or no'),
        ({}, {"performance": "median"}, 'performance is "median"'),
        ({}, {"performance": "top_box", "highest": 4}, '"waiting" holds 5, outside the scale 1–4'),
        ({}, {"importance_cut": "high"}, 'cut "high" is unknown'),
        ({}, {"performance_cut": float("nan")}, 'cut "nan" is unknown'),
        ({}, {"sure": 0.4}, "sure is 0.4"),
        ({}, {"method": "magic"}, 'method is "magic"'),
    ],
)
def test_bad_input_is_named_with_the_mend(change, options, match):
    with pytest.raises(InvalidInput, match=match):
        placed(bank().assign(**change), bootstraps=100, **options)


def gains(data=None, **options):
    return stats.what_if(bank() if data is None else data, "overall", list(LEVELS), **({"bootstraps": 400} | options))


def test_a_step_is_worth_the_slope():
    rows, told = gains(step=0.5), stats.drivers(bank(), "overall", list(LEVELS), bootstraps=400).frame
    told = told.set_index("term").loc[rows["term"]]
    for ours, theirs in (("estimate", "slope"), ("low", "slope_low"), ("high", "slope_high")):
        np.testing.assert_allclose(rows[ours], 0.5 * told[theirs], rtol=1e-9)


def test_the_frame_of_gains_has_the_columns_of_an_estimate():
    assert list(gains().columns) == ["scenario", *COLUMNS, "now", "then", "to"]


def test_a_target_counts_from_the_mean():
    row = gains(targets={"waiting": 4.0}).iloc[-1]
    slope = stats.drivers(bank(), "overall", list(LEVELS), bootstraps=0).frame.set_index("term")["slope"]
    assert (row["scenario"], row["then"]) == ("target", 4.0)
    assert row["estimate"] == pytest.approx(slope["waiting"] * (4 - bank()["waiting"].mean()), rel=1e-10)


def test_the_best_unit_is_shrunken():
    data = bank().assign(branch=np.repeat(list("abcdef"), 100))
    data.loc[data["branch"] == "b", "waiting"] = np.minimum(data["waiting"] + 1, 5)
    row = gains(data, by="branch").set_index(["scenario", "term"]).loc[("best unit", "waiting")]
    assert row["to"] == "b"
    assert data["waiting"].mean() < row["then"] < data.loc[data["branch"] == "b", "waiting"].mean()
    assert row["estimate"] > 0


def test_two_units_have_no_best():
    data = bank().assign(branch=["a", "b"] * 300)
    rows = gains(data, by="branch")
    best = rows[rows["scenario"] == "best unit"]
    assert best["estimate"].isna().all()
    assert (best["note"] != "").all()


def test_a_step_beyond_the_scale_is_noted():
    data = bank(levels=LEVELS | {"staff": 4.9})
    notes = gains(data).set_index("term")["note"]
    assert (notes["staff"], notes["waiting"]) == (DriverNote.BEYOND.value, "")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"groups": {"g": ["staff", "rooms"]}}, "no single slope"),
        ({"step": float("nan")}, "step is nan"),
        ({"targets": {"beds": 4.0}}, 'target of "beds"'),
        ({"targets": {"staff": float("nan")}}, 'target of "staff"'),
        ({"by": "branch"}, 'no column "branch"'),
    ],
)
def test_bad_scenarios_are_named_with_the_mend(options, match):
    with pytest.raises(InvalidInput, match=match):
        gains(**options)
