import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.demo.forms_pair import calibrations
from svclib.errors import InvalidInput
from svclib.stats.item_response.curves import expected
from svclib.stats.item_response.fit import irt
from svclib.stats.item_response.parameters import items_of

R = json.loads((Path(__file__).parent / "reference" / "linking.json").read_text(encoding="utf-8"))["values"]
METHODS = ["mean_mean", "mean_gmean", "mean_sigma", "haebara", "stocking_lord"]
NAMES = {"mean_mean": "meanmean", "mean_sigma": "meansigma", "mean_gmean": "meangm", "stocking_lord": "SL"}


def frame(form):
    table = np.array(R[form]["items"][".matrix"])
    return pd.DataFrame({"item": R[form]["items"][".rownames"], "a": table[:, 0], "d1": table[:, 1]})


@pytest.fixture(scope="module")
def fits(table):
    return [irt(table(f"forms_{form}").iloc[:, 1:], model="2pl") for form in "xy"]


@pytest.mark.parametrize("method", METHODS)
def test_links_are_those_of_r(method):
    made = stats.link(frame("x"), frame("y"), method=method, quadrature=30)
    tolerance = 1e-12 if method.startswith("mean") else 1e-6
    np.testing.assert_allclose(made.frame["estimate"], np.array(R[method][".matrix"])[:, 0], atol=tolerance)


@pytest.mark.parametrize("method", ["haebara", "stocking_lord"])
def test_more_points_are_those_of_r(method):
    made = stats.link(frame("x"), frame("y"), method=method, quadrature=61)
    np.testing.assert_allclose(made.frame["estimate"], np.array(R[f"{method}_61q"][".matrix"])[:, 0], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_errors_are_those_of_r(fits, method):
    made = stats.link(*fits, method=method, quadrature=30)
    theirs = np.array(R[method][".matrix"])
    np.testing.assert_allclose(made.frame["estimate"], theirs[:, 0], atol=1e-6)
    if method != "mean_sigma":  # see DIFFERENCES.md
        np.testing.assert_allclose(made.frame["std_error"], theirs[:, 1], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_published_links_are_those_of_r(published, method):
    values = published[0]("equate_irt")
    tables = [
        pd.DataFrame(np.array(one[".matrix"]), columns=["d1", "a"]).assign(item=one[".rownames"])
        for one in values["coefs"]
    ]
    made = stats.link(*tables, method=method, quadrature=30)
    theirs = np.array(values[NAMES.get(method, method)][".matrix"])[:, 0]
    np.testing.assert_allclose(made.frame["estimate"], theirs, atol=1e-8)
    if method == "haebara":  # the old form's scores in points of the new one
        back = stats.equate(tables[1], made, method="irt_true").frame["equated"]
        np.testing.assert_allclose(back[1:], values["tse"], atol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_errors_are_the_delta_method_of_every_parameter(method):
    new, old = calibrations(3)
    labels = [f"{item}.{letter}" for item in new["item"] for letter in ("a", "b")]
    other = [f"{item}.{letter}" for item in old["item"] for letter in ("a", "b")]
    vcov = pd.DataFrame(np.eye(80) * 0.01, labels, labels), pd.DataFrame(np.eye(80) * 0.01, other, other)
    some = ["A01", "A02", "A03", "A04"]
    made = stats.link(new, old, method=method, vcov=vcov, anchors=some)
    total = np.zeros(2)
    for which, part in enumerate((new, old)):
        for item in made.anchors:
            for letter in ("a", "b"):
                ends = []
                for step in (1e-5, -1e-5):
                    given = [new, old]
                    given[which] = part.assign(**{letter: part[letter] + step * (part["item"] == item)})
                    moved = stats.link(*given, method=method, anchors=some)
                    ends.append([moved.slope, moved.intercept])
                total += ((np.array(ends[0]) - ends[1]) / 2e-5) ** 2 * 0.01
    np.testing.assert_allclose(made.frame["std_error"], np.sqrt(total), rtol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_a_known_scale_is_found(method):
    new, old = calibrations(noise=0.0)
    made = stats.link(new, old, method=method)
    assert (made.slope, made.intercept) == pytest.approx((1.1, 0.25), abs=1e-9)
    theta = np.linspace(-2, 2, 5)
    anchors = list(made.anchors)
    there = expected(made.parameters.named(anchors), made.transform(theta))
    np.testing.assert_allclose(there, expected(items_of(new).named(anchors), theta), atol=1e-12)
    np.testing.assert_allclose(there, expected(items_of(old).named(anchors), made.transform(theta)), atol=1e-9)


@pytest.mark.parametrize("model", ["grm", "gpcm"])
@pytest.mark.parametrize("method", METHODS)
def test_items_of_more_categories_link(model, method):
    rng = np.random.default_rng(2)
    steps = np.sort(rng.normal(0, 1, (8, 3)), axis=1)
    old = pd.DataFrame({"item": [f"q{k}" for k in range(8)], "model": model, "a": rng.uniform(0.8, 1.6, 8)})
    old[["b1", "b2", "b3"]] = steps
    new = old.assign(a=old["a"] * 0.9, **{f"b{k}": (old[f"b{k}"] + 0.4) / 0.9 for k in (1, 2, 3)})
    single = pd.DataFrame({"item": ["own"], "model": ["2pl"], "a": [1.0], "b1": [0.0]})
    made = stats.link(pd.concat([new, single]), old, method=method)
    assert (made.slope, made.intercept) == pytest.approx((0.9, -0.4), abs=1e-8)
    assert len(made.items) == 9


def test_three_parameter_items_link():
    new, old = calibrations(noise=0.0)
    made = stats.link(new.assign(c=0.2), old.assign(c=0.2))
    assert (made.slope, made.intercept) == pytest.approx((1.1, 0.25), abs=1e-8)


def test_the_covariance_of_a_fit_holds_logits_of_the_asymptotes():
    new, old = (part.assign(c=0.2) for part in calibrations())

    class Fit:
        def __init__(self, frame, scale):
            self.parameters = items_of(frame)
            labels = [f"{item}.{letter}" for letter in ("a", "d1", "c") for item in frame["item"]] + ["group.mean"]
            size = np.repeat([0.01, 0.01, 0.01 * scale, 1.0], [40, 40, 40, 1])
            self.vcov = pd.DataFrame(np.diag(size), labels, labels)

    fits = [Fit(part, 1.0) for part in (new, old)]
    plain = [Fit(part, 0.16**2).vcov for part in (new, old)]  # c (1 − c) = 0.16
    ours, theirs = stats.link(*fits), stats.link(new, old, vcov=tuple(plain))
    np.testing.assert_allclose(ours.vcov, theirs.vcov, rtol=1e-12)


def test_covariances_of_thresholds_that_are_not_there_are_refused():
    new, old = calibrations()
    labels = ["A01.b2", "A02.a"]
    with pytest.raises(InvalidInput, match="A01"):
        stats.link(new, old, vcov=(pd.DataFrame(np.eye(2), labels, labels),) * 2)


def test_rasch_items_keep_their_slope():
    new, old = (part.assign(a=1.0, model="rasch") for part in calibrations())
    for method in METHODS:
        made = stats.link(new, old, method=method)
        assert made.slope == 1
        assert made.frame["std_error"].isna().all()


def test_a_series_keeps_its_index():
    made = stats.link(*calibrations())
    theta = pd.Series([0.0, 1.0], index=["p", "q"])
    assert list(made.transform(theta).index) == ["p", "q"]
    assert "slope" in repr(made)


def test_two_anchors_are_noted_and_one_is_refused():
    new, old = calibrations()
    made = stats.link(new, old, anchors=["A01", "A02"], method="mean_sigma")
    assert any("fewer than 5" in note for note in made.notes)
    for anchors, message in [(["A01"], "anchors: 1 item"), ([], "anchors: 0 item"), (["A01", "zz"], "zz")]:
        with pytest.raises(InvalidInput, match=message):
            stats.link(new, old, anchors=anchors)
    with pytest.raises(InvalidInput, match="anchors: 0 item"):
        stats.link(new[new["item"].str.startswith("X")], old)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "magic"}, "magic"),
        ({"anchors": ["A01", "A01"]}, "named twice"),
        ({"quadrature": 1}, "quadrature"),
        ({"quadrature": ([0, 1], [1])}, "quadrature"),
        ({"level": 2}, "level"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(InvalidInput, match=message):
        stats.link(*calibrations(), **options)


def test_anchors_that_cannot_tell_a_slope_are_named():
    new, old = calibrations()
    flat = new.assign(a=new["a"].where(new["item"] != "A03", 0.0))
    with pytest.raises(InvalidInput, match="A03"):
        stats.link(flat, old, method="mean_mean")
    against = new.assign(a=new["a"].where(new["item"] != "A03", -0.5))
    with pytest.raises(InvalidInput, match="A03"):
        stats.link(against, old, method="mean_gmean")
    assert stats.link(against, old).slope > 0
    with pytest.raises(InvalidInput, match="same threshold"):
        stats.link(new.assign(b=0.0), old.assign(b=0.0), method="mean_sigma")
    wide = new.assign(b1=new["b"], b2=np.where(new["item"] == "A02", new["b"] + 1, np.nan))
    with pytest.raises(InvalidInput, match="A02"):
        stats.link(wide, old)
