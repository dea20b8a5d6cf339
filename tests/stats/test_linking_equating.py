import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.demo.forms_pair import scores
from svclib.stats.linking.methods import WITH_ANCHOR, WITHOUT_ANCHOR
from svclib.stats.linking.smoothing import choose, smooth

R = json.loads((Path(__file__).parent / "reference" / "equating.json").read_text(encoding="utf-8"))["values"]
WHOLE = {"new_range": (0, 40), "old_range": (0, 40)}
ANCHORED = {"anchor": "anchor", "anchor_range": (0, 12), "weight": 0.5} | WHOLE
NEAT = {
    "tucker_mean": "tucker_mean", "tucker_linear": "tucker", "levine_linear": "levine", "levine_true": "levine_true",
    "braun_holland": "braun_holland", "chained_linear": "chained_linear",
}  # fmt: skip


@pytest.fixture(scope="module")
def forms(table):
    items = [f"A{k:02d}" for k in range(1, 13)]
    read = [table(f"forms_{form}").iloc[:, 1:] for form in "xy"]
    return [pd.DataFrame({"total": one.sum(axis=1), "anchor": one[items].sum(axis=1)}) for one in read]


@pytest.mark.parametrize("name", NEAT)
def test_lines_by_an_anchor_are_those_of_r(forms, name):
    made = stats.equate(*forms, "total", method=NEAT[name], **ANCHORED).frame
    np.testing.assert_allclose(made["equated"], R[name]["yx"], atol=1e-11)


def test_the_synthetic_weight_is_that_of_r(forms):
    made = stats.equate(*forms, "total", method="tucker", **ANCHORED | {"weight": 1}).frame
    np.testing.assert_allclose(made["equated"], R["tucker_linear_ws1"]["yx"], atol=1e-11)


@pytest.mark.parametrize(
    ("name", "tolerance"), [("chained_linear", 1e-10), ("tucker_linear", 2e-3), ("levine_linear", 2e-3)]
)
def test_errors_of_lines_are_those_of_r(forms, name, tolerance):
    made = stats.equate(*forms, "total", method=NEAT[name], **ANCHORED).frame
    np.testing.assert_allclose(made["std_error"], R[name]["se"]["g"], rtol=tolerance)  # see DIFFERENCES.md


@pytest.mark.parametrize("smoothed", [None, 4])
@pytest.mark.parametrize(("name", "method"), [("fe", "frequency"), ("chained", "chained_equipercentile")])
def test_percentiles_by_an_anchor_are_those_of_r(forms, name, method, smoothed):
    made = stats.equate(*forms, "total", method=method, smooth=smoothed, **ANCHORED).frame
    key = f"{name}_equipercentile" + ("_loglinear" if smoothed else "")
    # R rounds cumulative shares to 10 places
    np.testing.assert_allclose(made["equated"], R[key]["yx"], atol=1e-7)


@pytest.mark.parametrize(
    ("name", "method"), [("eg_mean", "mean"), ("eg_linear", "linear"), ("eg_equipercentile", "equipercentile")]
)
def test_equivalent_groups_are_those_of_r(forms, name, method):
    made = stats.equate(*forms, "total", method=method, **WHOLE).frame
    np.testing.assert_allclose(made["equated"], R[name]["yx"], atol=1e-8)


def test_the_smoothed_distribution_is_that_of_r(forms):
    made = stats.equate(*forms, "total", method="equipercentile", smooth=4, **WHOLE)
    np.testing.assert_allclose(made.frame["equated"], R["eg_equipercentile_loglinear"]["yx"], atol=1e-7)
    rows = made.smoothing[made.smoothing["form"] == "new"]
    np.testing.assert_allclose(rows["smoothed"] * 700, R["eg_smoothed_x"]["count"], atol=1e-6)


def test_the_smoothed_pairs_are_those_of_r(forms):
    from svclib.stats.linking.samples import read_sample

    sample = read_sample(forms[0], "total", "anchor", group="new", step=1, range_=(0, 40), anchor_range=(0, 12))
    made = smooth(sample, (4, 4, 1))
    np.testing.assert_allclose(made.shares.T.ravel() * 700, R["smoothed_x"], atol=1e-6)
    assert choose(sample, "bic")[0].degrees[2] in (1, 2)


def test_the_error_of_percentiles_is_lord_s_less_what_ties_take(forms):
    """R takes a score for continuous: F(1 − F) for the variance of a share, where ties leave f / 4 less."""
    made = stats.equate(*forms, "total", method="equipercentile", **WHOLE).frame
    new, old = (np.bincount(form["total"], minlength=41) / 700 for form in forms)
    rank = np.cumsum(new) - new / 2
    place = np.round(made["equated"]).astype(int).clip(0, 40)
    total = np.cumsum(old)
    held = np.array(
        [(total[k] - old[k] < p - 1e-9) and (p + 1e-9 < total[k]) for p, k in zip(rank, place, strict=True)]
    )
    assert held.sum() > 30
    lord = made["std_error"][held] ** 2 + new[held] / (4 * 700 * old[place[held]] ** 2)
    np.testing.assert_allclose(lord, np.array(R["eg_equipercentile"]["se"])[held] ** 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "method", "smoothed", "tolerance"),
    [
        ("identity", "identity", None, 1e-12), ("mean", "mean", None, 1e-11), ("linear", "linear", None, 1e-11),
        ("equip", "equipercentile", None, 1e-6), ("equip_loglin6", "equipercentile", 6, 1e-5),
        ("circ", "circle_arc", None, 1e-11),
    ],
)  # fmt: skip
def test_published_scores_are_those_of_r(published, name, method, smoothed, tolerance):
    values, read = published[0]("equate_actmath"), published[1]("ACTmath")
    new, old = (np.repeat(read["scale"], read[column]) for column in ("xcount", "ycount"))
    made = stats.equate(new, old, method=method, smooth=smoothed, **WHOLE).frame
    np.testing.assert_allclose(made["equated"], values[name]["yx"], atol=tolerance)
    if name == "linear":
        np.testing.assert_allclose(made["std_error"], values[name]["se"], rtol=5e-4)


def _moved(forms, method, options, shares, which, cell, step):
    from svclib.stats.linking.lines import Setting
    from svclib.stats.linking.methods import Plan
    from svclib.stats.linking.samples import read_sample

    samples = [
        read_sample(one, "total", options, group="g", step=1, range_=(0, 40), anchor_range=(0, 12)) for one in forms
    ]
    plan = Plan(method, *samples, Setting(0.3, True, (0, 40), (0, 40)))
    if shares is None:
        return plan, [smooth(one, (4, 4 if options else 0, 1 if options else 0)).shares for one in samples]
    given = [part.copy() for part in shares]
    other = (cell[0] + 3, cell[1])
    given[which][cell] += step
    given[which][other] -= step
    return plan.convert(*given)


@pytest.mark.parametrize("method", [*WITHOUT_ANCHOR[1:], *[f"{name}+" for name in WITH_ANCHOR]])
@pytest.mark.parametrize("which", [0, 1])
def test_derivatives_of_every_method_are_those_of_small_steps(forms, method, which):
    anchor = "anchor" if method.endswith("+") else None
    name = method.rstrip("+")
    plan, shares = _moved(forms, name, anchor, None, 0, None, 0)
    cell = (14, 4 if anchor else 0)
    up, down = (_moved(forms, name, anchor, shares, which, cell, step) for step in (1e-7, -1e-7))
    steps = plan.steps(*shares)[which]
    columns = shares[0].shape[1]
    ours = steps[:, cell[0] * columns + cell[1]] - steps[:, (cell[0] + 3) * columns + cell[1]]
    numeric = (up - down) / 2e-7
    np.testing.assert_allclose(ours, numeric, atol=2e-4 * max(np.abs(numeric).max(), 1))


@pytest.mark.parametrize("method", ["linear", "equipercentile", "circle_arc"])
def test_resampling_agrees_with_the_delta_method(forms, method):
    options = WHOLE | ({"smooth": 4} if method == "equipercentile" else {})
    plain = stats.equate(*forms, "total", method=method, **options).frame["std_error"]
    drawn = stats.equate(*forms, "total", method=method, replications=400, seed=3, **options).frame["std_error"]
    np.testing.assert_allclose(drawn[4:37], plain[4:37], rtol=0.15)


def test_resampling_is_repeatable(forms):
    one, two = (
        stats.equate(*forms, "total", method="frequency", replications=20, seed=5, **ANCHORED).frame for _ in range(2)
    )
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize("method", ["mean", "linear", "equipercentile", "circle_arc"])
def test_the_same_group_twice_is_identity(forms, method):
    made = stats.equate(forms[0], forms[0], "total", method=method, **WHOLE).frame
    seen = (made["score"] >= forms[0]["total"].min()) & (made["score"] <= forms[0]["total"].max())
    np.testing.assert_allclose(made["equated"][seen], made["score"][seen], atol=1e-9)


@pytest.mark.parametrize("method", ["tucker", "levine", "levine_true", "chained_linear", "braun_holland", "frequency"])
def test_the_same_group_twice_is_identity_by_an_anchor(forms, method):
    made = stats.equate(forms[0], forms[0], "total", method=method, **ANCHORED).frame
    np.testing.assert_allclose(made["equated"][3:39], made["score"][3:39], atol=1e-9)


@pytest.mark.parametrize("method", ["linear", "tucker", "levine", "chained_linear", "braun_holland"])
def test_lines_are_undone_by_the_way_back(forms, method):
    options = WHOLE if method == "linear" else ANCHORED
    there, back = (stats.equate(*pair, "total", method=method, **options) for pair in (forms, forms[::-1]))
    assert there.slope * back.slope == pytest.approx(1)
    assert there.slope * back.intercept + there.intercept == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("method", ["equipercentile", "frequency", "chained_equipercentile"])
def test_intervals_hold_the_equated_score(forms, method):
    options = WHOLE if method == "equipercentile" else ANCHORED
    made = stats.equate(*forms, "total", method=method, **options).frame.dropna(subset=["low"])
    assert len(made) > 35
    assert (made["low"] <= made["equated"]).all()
    assert (made["high"] >= made["equated"]).all()


def test_scores_in_half_points_are_equated_alike(forms):
    halves = [form / 2 for form in forms]
    whole = stats.equate(*forms, "total", method="equipercentile", **WHOLE).frame
    half = stats.equate(*halves, "total", method="equipercentile", step=0.5, new_range=(0, 20), old_range=(0, 20)).frame
    np.testing.assert_allclose(half["equated"], whole["equated"] / 2, atol=1e-9)
    np.testing.assert_allclose(half["std_error"], whole["std_error"] / 2, atol=1e-9)


@pytest.mark.parametrize("criterion", ["aic", "bic"])
def test_degrees_are_chosen(criterion):
    new, old = scores(400)
    made = stats.equate(new, old, "score", anchor="anchor", method="frequency", smooth=criterion)
    assert made.degrees.groupby("form")["chosen"].sum().tolist() == [1, 1]
    np.testing.assert_allclose(made.smoothing.groupby("form")["smoothed"].sum(), 1)


def test_smoothing_keeps_the_moments(forms):
    made = stats.equate(*forms, "total", method="equipercentile", smooth=3, **WHOLE).smoothing
    for power in (1, 2, 3):
        raw, smoothed = (
            (made[name] * made["score"] ** power).groupby(made["form"]).sum() for name in ("share", "smoothed")
        )
        np.testing.assert_allclose(raw, smoothed, rtol=1e-8)


def test_external_anchors_change_levine(forms):
    inside, outside = (
        stats.equate(*forms, "total", method="levine", internal=internal, **ANCHORED).frame["equated"]
        for internal in (True, False)
    )
    assert np.abs(inside - outside).max() > 0.01


def test_what_is_done_with_a_conversion():
    new, old = scores(600)
    made = stats.equate(new, old, "score", anchor="anchor", new_range=(0, 40), old_range=(0, 40))
    table = made.table()
    assert table["equated"].between(0, 40).all()
    assert (table["equated"] == table["equated"].round()).all()
    applied = made.apply(new["score"])
    assert list(applied.index) == list(new.index)
    assert made.apply(pd.Series([3.0, np.nan])).isna().tolist() == [False, True]
    row = made.verdicts(new["score"], 24).iloc[0]
    assert row["passed_equated"] == (applied >= 24).sum()
    assert row["gained"] - row["lost"] == row["passed_equated"] - row["passed"]
    assert row["new_cut"] == made.cut(24) == table["score"][made.frame["equated"] >= 24].min()
    assert np.isnan(made.cut(99))
    assert made.at(24)["score"] == 24
    assert "chained_linear" in repr(made)
