import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.demo.forms_pair import administrations, calibrations
from svclib.errors import InvalidInput
from svclib.stats.item_response.fit import irt
from svclib.stats.linking.drift import THRESHOLDS, perpendicular, principal_axis


def test_the_delta_plot_is_that_of_dif_r(published):
    answers = published[1]("verbal")
    values = published[0]("dif_verbal_difR")
    group = answers.columns[-1]
    items = list(answers.columns[:24])
    focal, reference = (answers.loc[answers[group] == code, items] for code in (1, 0))
    made = stats.anchor_drift(focal, reference, purge=False)
    np.testing.assert_allclose(
        np.abs(made.frame["distance"]), np.abs(np.ravel(values["td"]["Dist"][".matrix"])), atol=1e-10
    )
    sign = np.sign(made.frame["distance"]) * np.sign(np.ravel(values["td"]["Dist"][".matrix"]))
    assert abs(sign.sum()) == 24  # one convention throughout


@pytest.mark.parametrize("method", ["robust_z", "distance", "d2", "displacement"])
def test_an_item_that_moved_is_found(method):
    new, old = calibrations(drift={"A03": 0.9})
    vcov = [pd.DataFrame(np.eye(80) * 0.003, labels, labels) for labels in (_labels(new), _labels(old))]
    made = stats.anchor_drift(new, old, method=method, vcov=tuple(vcov), cut=24)
    assert made.dropped == ("A03",)
    assert made.steps["item"].tolist() == ["A03"]
    assert "A03" not in made.link.anchors
    effects = made.effects.set_index("item")
    assert effects["cut_change"].abs().idxmax() == "A03"
    assert made.frame.set_index("item").loc["A03", "difference"] > 0.8
    assert "A03" in repr(made)


def _labels(frame):
    return [f"{item}.{letter}" for item in frame["item"] for letter in ("a", "b")]


def test_none_moved_none_is_found():
    made = stats.anchor_drift(*calibrations())
    assert made.dropped == ()
    assert not made.frame["flagged"].any()
    assert made.frame["kept"].all()
    assert made.steps.empty


def test_without_purging_all_are_kept():
    made = stats.anchor_drift(*calibrations(drift={"A03": 0.9}), purge=False)
    assert made.dropped == ()
    assert made.frame.loc[made.frame["flagged"], "item"].tolist() == ["A03"]


def test_several_are_purged_one_by_one():
    made = stats.anchor_drift(*calibrations(drift={"A03": 1.2, "A07": 0.8}))
    assert made.steps["item"].tolist() == ["A03", "A07"]
    assert made.link.intercept == pytest.approx(0.25, abs=0.1)


def test_displacement_errors_are_those_of_resampled_fits():
    rows = []
    for seed in range(12):
        new, old = administrations(500, seed=7)
        rng = np.random.default_rng(seed)
        drawn = [part.iloc[rng.integers(0, len(part), len(part))].reset_index(drop=True) for part in (new, old)]
        rows.append(stats.link(*[irt(part, model="2pl", std_errors=None) for part in drawn]).drift["difference"])
    fits = [irt(part, model="2pl") for part in administrations(500, seed=7)]
    error = stats.link(*fits).drift["std_error"]
    share = np.std(rows, axis=0, ddof=1) / error
    assert 0.6 < share.median() < 1.4


def test_drift_between_administrations():
    new, old = administrations(3000, drift={"A05": 1.2})
    made = stats.anchor_drift(new, old)
    assert made.dropped == ("A05",)
    assert made.method == "delta_plot"
    assert made.threshold == THRESHOLDS["delta_plot"]
    assert made.link is None
    assert made.effects.set_index("item")["delta_change"].abs().idxmax() == "A05"


def test_smaller_drift_between_administrations_needs_the_robust_z():
    new, old = administrations(3000, drift={"A05": 0.8})
    assert stats.anchor_drift(new, old).dropped == ()
    found = stats.anchor_drift(new, old, method="robust_z")
    assert found.dropped == ("A05",)
    assert found.threshold == THRESHOLDS["robust_z"]


def test_an_item_all_got_right_has_no_delta():
    new, old = administrations(200)
    made = stats.anchor_drift(new.assign(A01=1), old)
    row = made.frame.set_index("item").loc["A01"]
    assert np.isnan(row["distance"])
    assert "no delta" in row["note"]
    assert not row["flagged"]


def test_the_principal_axis_is_that_of_the_covariance():
    rng = np.random.default_rng(1)
    x = rng.normal(size=30)
    y = 1.3 * x + rng.normal(size=30) / 3
    slope, intercept = principal_axis(x, y)
    vector = np.linalg.eigh(np.cov(x, y))[1][:, 1]
    assert slope == pytest.approx(vector[1] / vector[0])
    distance = perpendicular(x, y, np.ones(30, bool))
    assert distance.mean() == pytest.approx(0, abs=1e-12)
    assert intercept == pytest.approx(y.mean() - slope * x.mean())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "magic"),
        ({"anchors": ["A01", "A02"]}, "anchors"),
        ({"cut": 99}, "cut"),
        ({"level": 0}, "level"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(InvalidInput, match=message):
        stats.anchor_drift(*calibrations(), **options)


def test_bad_responses_are_named():
    new, old = administrations(50)
    with pytest.raises(InvalidInput, match="A02"):
        stats.anchor_drift(new.assign(A02=2), old)
    with pytest.raises(InvalidInput, match="anchors"):
        stats.anchor_drift(new[["X01", "A01"]], old)
    with pytest.raises(InvalidInput, match="method"):
        stats.anchor_drift(new, old, method="d2")
    empty = stats.anchor_drift(new.assign(**dict.fromkeys(new, np.nan)), old)
    assert empty.frame["distance"].isna().all()
