from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.stats.key_drivers.bootstrap import MANY_UNITS, units_of
from svclib.stats.key_drivers.limits import Limiter, differences, parts, rank_sets
from svclib.stats.key_drivers.shapley import (
    order_gains,
    random_orders,
    sampled_shapley,
    shapley,
    subset_variances,
    subset_weights,
)
from svclib.stats.key_drivers.sweeping import regress, sweep_out


@pytest.fixture(scope="module")
def moments():
    """Covariances of four columns and an outcome, in three draws."""
    random = np.random.default_rng(1)
    draws = [random.normal(size=(30, 5)) + random.normal(size=(30, 1)) for _draw in range(3)]
    return np.stack([np.cov(one.T) for one in draws], axis=2)


def explained(moments, chosen):
    one = moments[:, :, 0]
    return one[-1, chosen] @ np.linalg.solve(one[np.ix_(chosen, chosen)], one[-1, chosen]) if chosen else 0.0


def test_every_subset_has_its_regression(moments):
    left = subset_variances(moments, [1, 1, 1, 1])[:, 0]
    for code in range(16):
        chosen = [bit for bit in range(4) if code >> bit & 1]
        assert left[code] == pytest.approx(moments[-1, -1, 0] - explained(moments, chosen), rel=1e-10)


def test_shares_are_gains_averaged_by_size_then_over_sizes(moments):
    gains = [
        np.mean([explained(moments, [*others, 0]) - explained(moments, list(others)) for others in same])
        for same in ([*combinations([1, 2, 3], size)] for size in range(4))
    ]
    assert shapley(moments, [1, 1, 1, 1])[0, 0] == pytest.approx(np.mean(gains), rel=1e-10)


def test_all_orders_give_the_exact_shares(moments):
    every = np.array(list(permutations(range(3))))
    exact = shapley(moments, [1, 2, 1])
    np.testing.assert_allclose(order_gains(moments[:, :, 0], [1, 2, 1], every).mean(axis=1), exact[:, 0], rtol=1e-10)
    np.testing.assert_allclose(sampled_shapley(moments, [1, 2, 1], every), exact, rtol=1e-10)


def test_weights_of_subsets_make_differences():
    weights = subset_weights(5)
    np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-15)
    np.testing.assert_allclose(weights.clip(0).sum(axis=1), 1, rtol=1e-12)


def test_an_order_comes_with_its_reverse():
    orders = random_orders(6, 9, np.random.default_rng(1))
    assert orders.shape == (9, 6)
    np.testing.assert_array_equal(orders[0], orders[1][::-1])
    assert (np.sort(orders, axis=1) == np.arange(6)).all()


def test_a_copy_of_a_column_takes_nothing_more(moments):
    twice = moments[np.ix_([0, 0, 1, 4], [0, 0, 1, 4])]
    one = moments[np.ix_([0, 1, 4], [0, 1, 4])]
    found, alone = shapley(twice, [1, 1, 1]), shapley(one, [1, 1])
    np.testing.assert_allclose(found.sum(axis=0), alone.sum(axis=0), rtol=1e-10)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-10)


def test_sweeping_is_regression(moments):
    one, solved = moments[:, :, 0], regress(moments, 4)[:, :, 0]
    np.testing.assert_allclose(-solved[:4, :4], np.linalg.inv(one[:4, :4]), rtol=1e-9)
    np.testing.assert_allclose(solved[:4, 4], np.linalg.solve(one[:4, :4], one[:4, 4]), rtol=1e-9)
    assert sweep_out(moments, 4)[0, 0, 0] == pytest.approx(solved[4, 4], rel=1e-10)


def test_sampled_orders_come_within_their_error():
    random = np.random.default_rng(2)
    data = random.normal(size=(400, 20)) + random.normal(size=(400, 1))
    outcome = data @ np.linspace(0, 1, 20) + 5 * random.normal(size=400)
    moments = np.cov(np.column_stack([data, outcome]).T)
    few, many = (order_gains(moments, [1] * 20, random_orders(20, n, np.random.default_rng(n))) for n in (400, 6000))
    error = few.std(axis=1) / np.sqrt(few.shape[1])
    assert (np.abs(few.mean(axis=1) - many.mean(axis=1)) < 4 * error).all()


def test_seventeen_drivers_are_sampled_with_their_error_told():
    random = np.random.default_rng(3)
    names = [f"x{one}" for one in range(17)]
    data = pd.DataFrame(random.normal(size=(300, 17)) + random.normal(size=(300, 1)), columns=names)
    data["y"] = data["x0"] * 3 + data["x1"] + random.normal(size=300) * 4
    found = stats.drivers(data, "y", names, bootstraps=100, orders=1000)
    assert (found.frame["monte_carlo"] > 0).all()
    assert found.frame["estimate"].sum() == pytest.approx(found.fit["estimate"].item(), rel=1e-10)
    assert found.frame["term"].iloc[0] == "x0"
    assert ((found.frame["low"] <= found.frame["estimate"]) & (found.frame["estimate"] <= found.frame["high"])).all()


def test_many_respondents_are_drawn_in_groups_of_their_stratum():
    data = pd.DataFrame({"region": np.repeat([0, 1], [50_000, 1_000]), "y": 1.0})
    units = units_of(stats.Design(data, strata="region").sampling, seed=1)
    assert units.count <= MANY_UNITS
    for region in (0, 1):
        assert set(units.stratum[units.unit[data["region"] == region]]) == {region}
    sizes = np.bincount(units.unit)
    assert sizes.max() - sizes.min() <= 1


def test_a_stratum_of_one_is_kept():
    data = pd.DataFrame({"region": [0, 0, 0, 1], "y": 1.0})
    units = units_of(stats.Design(data, strata="region", cluster="y", nest=True, lonely="remove").sampling, seed=1)
    drawn = units.draw(50, np.random.default_rng(1))
    np.testing.assert_array_equal(drawn, 1.0)


def test_factors_are_one_on_average():
    units = units_of(stats.Design(pd.DataFrame({"y": range(40)})).sampling, seed=1)
    drawn = units.draw(4000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.sum(axis=1), 40, rtol=1e-12)
    np.testing.assert_allclose(drawn.mean(axis=0), 1, atol=0.1)


def test_limits_without_bias_are_percentiles():
    limiter = Limiter.of(0.9, np.inf, 1e9, 1)
    draws = np.linspace(-1, 1, 1001)[None]
    low, high = limiter.limits(np.zeros(1), draws)
    assert (low.item(), high.item()) == pytest.approx((-0.9, 0.9), abs=1e-6)


def test_limits_reach_over_the_bias_taken_out_once_and_twice():
    limiter = Limiter.of(0.9, np.inf, 1e9, 1)
    draws = 1 + np.linspace(-1, 1, 1001)[None]
    low, high = limiter.limits(np.zeros(1), draws)
    assert (low.item(), high.item()) == pytest.approx((-1.9, 0.9), abs=1e-6)
    assert limiter.limits(np.zeros(1), draws, floor=0.0)[0].item() == 0


def test_few_clusters_reach_further():
    draws = np.random.default_rng(1).normal(size=(1, 5000))
    wide, plain = (Limiter.of(0.95, df, 1e9, 1).limits(np.zeros(1), draws) for df in (4, np.inf))
    assert wide[0] < plain[0] < 0 < plain[1] < wide[1]


def test_parts_of_nothing_are_missing():
    told = parts(np.array([[1.0, 0.0], [3.0, 0.0]]))
    np.testing.assert_allclose(told[:, 0], [0.25, 0.75])
    assert np.isnan(told[:, 1]).all()


def test_differences_hold_together_and_set_the_ranks():
    random = np.random.default_rng(5)
    estimate = np.array([3.0, 1.0, 0.9])
    found = differences(
        estimate, estimate[:, None] + 0.1 * random.normal(size=(3, 4000)), Limiter.of(0.95, 500, 1e9, 1)
    )
    lowest, highest = rank_sets(found.above(3))
    assert (lowest.tolist(), highest.tolist()) == ([1, 2, 2], [1, 3, 3])
    # three pairs at once: the reach is Tukey's 2.34 standard errors, not 1.96
    assert (found.high - found.estimate)[0] / found.error[0] == pytest.approx(2.34, abs=0.08)


def test_equal_draws_cannot_be_told_apart():
    found = differences(np.zeros(2), np.zeros((2, 100)), Limiter.of(0.95, 50, 100, 2))
    assert (found.low.item(), found.high.item(), found.p_value.item()) == (0, 0, 1)
