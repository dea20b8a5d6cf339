import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.quality.units import UnitNote


def contacts(generator, units=25, cheats=0, uneven=0.3, people=50):
    """Invitations by branch and hour; the score says how satisfied an hour's customers are."""
    hours = 8
    score = np.linspace(-1, 1, hours)
    odds = generator.normal(-0.5, 0.4, (units, 1)) + generator.normal(0, 0.5, hours)
    odds = odds + generator.normal(0, uneven, (units, hours))
    odds[:cheats] += 1.5 * score
    served = generator.poisson(people, (units, hours)) + 1
    return pd.DataFrame(
        {
            "branch": np.repeat([f"b{n:02}" for n in range(units)], hours),
            "hour": np.tile(np.arange(9, 9 + hours), units),
            "served": served.ravel(),
            "invited": generator.binomial(served, expit(odds)).ravel(),
            "score": np.tile(score, units),
        }
    )


def look(data, **options):
    return stats.selective_invitation(data, by="branch", over="hour", **options)


def test_who_invites_the_satisfied_is_found():
    generator = np.random.default_rng(1)
    found = [look(contacts(generator, cheats=1), score="score", seed=run).frame for run in range(10)]
    assert np.mean([frame.loc[0, "slope_flagged"] for frame in found]) > 0.8
    # one step of Newton's method from no slope falls somewhat short of the 1.5 put in
    assert 1.1 < np.mean([frame.loc[0, "slope"] for frame in found]) < 1.6


def test_honest_branches_with_uneven_hours_are_flagged_at_the_stated_rate():
    generator = np.random.default_rng(2)
    alarms = []
    for run in range(40):
        frame = look(contacts(generator), score="score", seed=run).frame
        alarms.append(frame["flagged"].any() or frame["slope_flagged"].any())
    # 40 banks: four alarms or more have a chance of 0.05
    assert np.sum(alarms) <= 4


def test_an_hour_that_all_invite_less_in_makes_no_branch_uneven():
    data = contacts(np.random.default_rng(3), uneven=0.0)
    data["served"], data["invited"] = 1000, np.where(data["hour"] == 12, 100, 500)
    assert look(data).frame["chi2"].max() < 1e-12


def test_expected_invitations_add_up_in_each_branch_and_hour():
    strata = look(contacts(np.random.default_rng(4))).strata
    strata["wanted"] = strata["served"] * strata["expected"]
    for name in ("branch", "hour"):
        sums = strata.groupby(name)[["wanted", "invited"]].sum()
        np.testing.assert_allclose(sums["wanted"], sums["invited"], rtol=1e-6)


def test_expected_chances_are_those_of_a_logit_of_branch_and_hour():
    strata = look(contacts(np.random.default_rng(4), units=9)).strata
    table = logit(strata.pivot(index="branch", columns="hour", values="expected").to_numpy())
    apart = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    assert np.abs(apart).max() < 1e-8


def test_customers_one_by_one_are_the_same_as_counts():
    data = contacts(np.random.default_rng(5), units=9, people=10)
    rows = data.loc[np.repeat(data.index, data["served"])].reset_index(drop=True)
    rows["asked"] = rows.groupby(["branch", "hour"]).cumcount() < rows["invited"]
    counts, people = look(data).frame, look(rows, invited="asked", served=None).frame
    pd.testing.assert_frame_equal(people, counts)


def test_a_branch_without_choice_and_few_branches_get_the_reason():
    data = contacts(np.random.default_rng(6), units=9)
    data.loc[data["branch"] == "b00", "invited"] = 0
    assert look(data).frame.set_index("branch").loc["b00", "note"] == UnitNote.FEW_EXPECTED
    assert set(look(data[data["branch"] < "b05"]).frame["note"]) >= {UnitNote.FEW_UNITS}


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({"invited": 1000}, {}, "more people were invited"),
        ({"served": -1}, {}, '"served" holds negative'),
        ({}, {"score": "stars"}, 'no column "stars"'),
        ({"hour": None}, {}, '"hour" names no unit'),
        ({"branch": "x"}, {"level": 2}, "level is 2"),
    ],
)
def test_what_cannot_be_is_named_with_the_mend(change, options, match):
    with pytest.raises(InvalidInput, match=match):
        look(contacts(np.random.default_rng(7)).assign(**change), **options)


def test_a_unit_column_named_like_one_of_the_result_is_refused():
    data = contacts(np.random.default_rng(7)).rename(columns={"branch": "share"})
    with pytest.raises(InvalidInput, match='"share" cannot be grouped by'):
        stats.selective_invitation(data, by="share", over="hour")
