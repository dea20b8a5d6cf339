import numpy as np
import pytest

from svclib.stats.time.rules import Rule, read_rules, signals


def broken(z, rule, run=None):
    """Positions from 0 of the points that break one rule."""
    z = np.array(z, dtype=float)
    return [i for i, names in enumerate(signals(z, z, read_rules([rule], run))) if names]


@pytest.mark.parametrize(
    ("rule", "z", "expected"),
    [
        ("beyond_limits", [3.0, 3.01, -3.01], [1, 2]),
        ("run", [0.1] * 9, [7, 8]),
        ("run", [0.1] * 7 + [-0.1] + [0.1] * 7, []),
        ("trend", [1, 2, 3, 4, 5, 6, 7], [5, 6]),
        ("trend", [6, 5, 4, 3, 2, 1], [5]),
        ("trend", [1, 2, 3, 3, 4, 5, 6], []),
        ("alternating", [0, 1] * 7, [13]),
        ("alternating", [0, 1] * 6 + [0, -1], []),
        ("two_of_three", [2.1, 0, 2.1], [2]),
        ("two_of_three", [2.1, 2.1, 0], [1]),
        ("two_of_three", [2.1, -2.1, 0], []),
        ("four_of_five", [-1.1, -1.1, 0, -1.1, -1.1], [4]),
        ("four_of_five", [1.1, 1.1, 1.1, -1.1, -1.1], []),
        ("hugging", [0.5, -0.5] * 7 + [0.9], [14]),
        ("hugging", [0.5, -0.5] * 7 + [1.1], []),
        ("mixture", [1.5, -1.5] * 4, [7]),
        ("mixture", [1.5] * 8, []),
    ],
)
def test_a_rule_flags_the_point_that_completes_its_pattern(rule, z, expected):
    assert broken(z, rule) == expected


def test_the_length_of_a_run_follows_the_set_and_the_wish():
    assert broken([0.1] * 9, "run", 7) == [6, 7, 8]
    assert read_rules("western_electric").run == 8
    assert read_rules("nelson").run == 9


def test_the_sets_hold_their_rules():
    assert set(read_rules("nelson").names) == set(Rule)
    assert set(read_rules("western_electric").names) == {"beyond_limits", "run", "two_of_three", "four_of_five"}


def test_a_missing_point_is_passed_over():
    z = np.array([0.1] * 4 + [np.nan] + [0.1] * 4)
    assert signals(z, z, read_rules(["run"], 8)) == [""] * 8 + ["run"]


def test_all_rules_broken_are_named_in_one_order():
    z = np.array([4.0] * 9)
    assert signals(z, z, read_rules("western_electric"))[8] == "beyond_limits, run, two_of_three, four_of_five"


def test_no_points_give_no_signals():
    assert signals(np.array([]), np.array([]), read_rules("nelson")) == []
