import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.compare import ranking
from svclib.stats.compare.groups import CompareNote
from svclib.stats.estimate import COLUMNS, Note

EFFECT = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERROR = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])


def branches(values, n, error=None):
    n = np.broadcast_to(n, len(values))
    error = 1 / np.sqrt(n) if error is None else error
    names = [f"B{i}" for i in range(len(values))]
    return pd.DataFrame({"branch": names, "estimate": values, "std_error": error, "n": n}).astype({"estimate": float})


def test_eight_schools_of_the_textbook():
    posterior = ranking._posterior(EFFECT, ERROR**2)
    mean, error, _shrinkage = ranking._moments(EFFECT, ERROR**2, posterior)
    np.testing.assert_allclose(mean, [11.4, 7.9, 6.1, 7.7, 5.1, 6.2, 10.7, 8.5], atol=0.35)
    np.testing.assert_allclose(error, [8.3, 6.3, 7.8, 6.5, 6.4, 6.7, 6.8, 7.9], atol=0.35)


def test_the_frame_begins_as_an_estimate(table):
    units = stats.rank_units(stats.mean(table("visits"), "csat", by="region"), "region").units
    assert list(units.columns)[: len(COLUMNS) + 1] == ["region", *COLUMNS]


def test_a_perfect_small_branch_does_not_win():
    shares = branches([1.0, 0.9, 0.7, 0.5], [2, 100, 90, 95], [0, 0.03, 0.05, 0.05])
    units = stats.rank_units(shares, "branch").units
    assert units["branch"].tolist()[0] == "B1"
    small = units.set_index("branch").loc["B0"]
    assert small["estimate"] < 0.9
    assert small["note"] == Note.TOO_FEW
    assert small["rank_high"] - small["rank_low"] >= 2


def test_a_single_bad_answer_does_not_make_the_last_branch():
    shares = branches([0.0, 0.9, 0.7, 0.5], [1, 100, 90, 95], [np.nan, 0.03, 0.05, 0.05])
    units = stats.rank_units(shares, "branch").units.set_index("branch")
    assert units.loc["B0", "p_last"] < 0.7
    assert units.loc["B0", "estimate"] > 0.3
    assert units.loc["B0", "rank_low"] <= 2


def test_fewer_answers_shrink_more():
    units = stats.rank_units(branches([3.0, 3.5, 4.0, 4.5], [400, 100, 20, 5]), "branch").units
    assert units.sort_values("branch")["shrinkage"].is_monotonic_increasing


def test_many_answers_leave_the_order_alone():
    units = stats.rank_units(branches([1.0, 4, 2, 3], 100_000), "branch").units
    assert units["branch"].tolist() == ["B1", "B3", "B2", "B0"]
    np.testing.assert_allclose(units["estimate"], units["observed"], atol=1e-3)
    assert units["p_first"].tolist() == [1, 0, 0, 0]


def test_equal_branches_share_every_rank():
    found = stats.rank_units(branches([3.0] * 4, 50), "branch")
    np.testing.assert_allclose(found.probabilities["probability"], 0.25, atol=0.04)


def test_probabilities_of_a_unit_and_of_a_rank_sum_to_one():
    table = stats.rank_units(branches([3.0, 3.5, 3.2, 3.9, 3.3], [5, 30, 9, 60, 12]), "branch").probabilities
    np.testing.assert_allclose(table.groupby("branch")["probability"].sum(), 1)
    np.testing.assert_allclose(table.groupby("rank")["probability"].sum(), 1)


def test_less_is_better_turns_the_ranks():
    data = branches([3.0, 3.5, 4.4], 40)
    mine = stats.rank_units(data, "branch").units.set_index("branch")
    turned = stats.rank_units(data, "branch", highest_first=False).units.set_index("branch")
    np.testing.assert_allclose(turned["rank"], 4 - mine["rank"].loc[turned.index])
    assert turned.index[0] == "B0"


def test_a_call_repeats():
    data = branches([3.0, 3.5, 4.4], 10)
    pd.testing.assert_frame_equal(stats.rank_units(data, "branch").units, stats.rank_units(data, "branch").units)


def test_the_intervals_hold():
    generator = np.random.default_rng(7)
    held = []
    for _ in range(60):
        n = generator.integers(3, 40, 15)
        true = generator.normal(4, 0.3, 15)
        units = stats.rank_units(branches(generator.normal(true, 1 / np.sqrt(n)), n), "branch", draws=100).units
        units = units.set_index("branch").loc[[f"B{i}" for i in range(15)]]
        held.append(((units["low"] <= true) & (true <= units["high"])).mean())
    assert np.mean(held) >= 0.93


def test_units_without_answers_come_last_with_the_reason():
    data = branches([np.nan, 3.0, 3.5, 4.0], [0, 9, 9, 9], 0.3)
    found = stats.rank_units(data, "branch")
    assert found.units["note"].tolist()[-1] == Note.NO_ANSWERS
    assert found.units["rank"].isna().tolist() == [False, False, False, True]
    assert set(found.probabilities["branch"]) == {"B1", "B2", "B3"}


def test_hidden_units_stay_hidden():
    data = stats.suppress(branches([4.0, 3.0, 3.5, 4.0, 3.2], [3, 4, 30, 30, 30]))
    units = stats.rank_units(data, "branch").units.set_index("branch")
    assert set(units.loc[["B0", "B1"], "note"]) == {Note.SUPPRESSED}
    assert units.loc[["B0", "B1"], "rank"].isna().all()


@pytest.mark.parametrize(
    ("values", "n", "error", "note"),
    [
        ([3.0, 4.0], 9, 0.3, CompareNote.THREE_UNITS),
        ([3.0, 4.0, 5.0], 9, 0.0, CompareNote.NO_SPREAD),
        ([3.0, 4.0, 5.0], 1, np.nan, CompareNote.NO_SPREAD),
    ],
)
def test_what_cannot_be_told_is_missing_with_a_note(values, n, error, note):
    found = stats.rank_units(branches(values, n, error), "branch")
    assert set(found.units["note"]) == {note}
    assert found.units["rank"].isna().all()
    assert found.probabilities.empty


def test_an_empty_frame_gives_an_empty_one():
    assert stats.rank_units(branches([], 1, []), "branch").units.empty


def test_a_unit_that_is_there_twice_is_named():
    data = branches([3.0, 4.0, 5.0], 9)
    with pytest.raises(InvalidInput, match='unit "B0" is there twice'):
        stats.rank_units(pd.concat([data, data]), "branch")


def test_an_absent_column_is_named():
    with pytest.raises(InvalidInput, match='no column "std_error"'):
        stats.rank_units(branches([3.0, 4.0, 5.0], 9).drop(columns="std_error"), "branch")


def test_units_need_a_column():
    with pytest.raises(InvalidInput, match="by names no column"):
        stats.rank_units(branches([3.0, 4.0, 5.0], 9), [])


def test_draws_that_are_too_few_are_refused():
    with pytest.raises(InvalidInput, match="from 100 to 100000"):
        stats.rank_units(branches([3.0, 4.0, 5.0], 9), "branch", draws=1)
