import numpy as np
import pandas as pd
import pytest

from svclib.errors import InvalidInput
from svclib.stats import Design

UNEVEN = pd.DataFrame(
    {
        "h": np.repeat([1, 2, 3], 12),
        "c": np.repeat(np.arange(9), 4),
        "w": np.repeat([20.0, 10.0, 1.0], 12),
        "y": [
            3,
            4,
            5,
            5,
            1,
            2,
            2,
            3,
            5,
            5,
            4,
            4,
            4,
            4,
            3,
            5,
            2,
            3,
            4,
            4,
            5,
            5,
            4,
            3,
            1,
            1,
            2,
            2,
            5,
            4,
            3,
            4,
            4,
            3,
            2,
            5,
        ],
    }
)


def sure(data=UNEVEN, **keywords):
    return Design(data, weights="w", strata="h", cluster="c", degrees="satterthwaite", **keywords)


def by_hand(data):
    mean = np.average(data["y"], weights=data["w"])
    z = (data["w"] * (data["y"] - mean)).groupby([data["h"], data["c"]]).sum()
    parts = z.groupby(level=0).apply(lambda t: len(t) / (len(t) - 1) * ((t - t.mean()) ** 2).sum())
    clusters = z.groupby(level=0).size()
    return parts.sum() ** 2 / (parts**2 / (clusters - 1)).sum()


def test_degrees_follow_from_what_each_stratum_adds():
    row = sure().mean("y").frame.iloc[0]
    assert row["df"] == pytest.approx(by_hand(UNEVEN), rel=1e-10)
    assert 2 <= row["df"] < 6


def test_estimates_and_errors_stay_and_the_interval_widens():
    usual, careful = (
        one.mean("y").frame.iloc[0] for one in (Design(UNEVEN, weights="w", strata="h", cluster="c"), sure())
    )
    assert (usual["estimate"], usual["std_error"]) == (careful["estimate"], careful["std_error"])
    assert careful["high"] - careful["low"] > usual["high"] - usual["low"]


def test_one_stratum_has_its_clusters_less_one():
    found = Design(UNEVEN, cluster="c", degrees="satterthwaite").mean("y").frame
    assert found["df"][0] == pytest.approx(8)


def test_domains_have_no_more_than_their_clusters_less_strata():
    data = UNEVEN.assign(g=np.where(UNEVEN["c"].isin([0, 3, 4, 6]), "few", "many"))
    rows = sure(data).mean("y", by="g").frame
    most = Design(data, weights="w", strata="h", cluster="c").mean("y", by="g").frame["df"]
    assert most.tolist() == [1, 2]
    assert (rows["df"] <= most).all()
    assert (rows["df"] >= 1).all()


def test_all_verbs_and_adjusted_weights_take_them():
    data = UNEVEN.assign(good=(UNEVEN["y"] >= 4).astype(int), a=np.tile(["x", "y"], 18))
    design = sure(data).rake({"a": {"x": 200, "y": 200}})
    found = [
        design.total("y").frame["df"][0],
        design.ratio("y", "w").frame["df"][0],
        design.proportion("good", success=1).frame["df"][0],
        design.quantile("y")["df"][0],
        design.replicates("jkn").mean("y").frame["df"][0],
    ]
    assert all(1 <= df < 6 for df in found)


def test_the_rule_is_named():
    with pytest.raises(InvalidInput, match='degrees is "kenward"; choose one of clusters, satterthwaite'):
        Design(UNEVEN, degrees="kenward")
