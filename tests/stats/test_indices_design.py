import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.design.bounded import METHOD, bounded_interval
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.intervals import wilson

R = json.loads((Path(__file__).parent / "reference" / "indices.json").read_text(encoding="utf-8"))["values"]
ratings = st.lists(st.integers(1, 5), min_size=2, max_size=40)


@pytest.fixture(scope="module")
def panel(table):
    return table("panel")


@pytest.fixture(scope="module")
def design(panel):
    return stats.Design(panel, weights="weight", strata="region", cluster="psu")


def frame(values, **more):
    return pd.DataFrame({"x": np.array(values, dtype=float), **more})


def alike(column, ours, theirs):
    np.testing.assert_allclose(ours[column].to_numpy(float), theirs[column].to_numpy(float), rtol=1e-12)


# ── the verbs take a design ────────────────────────────────────────────────────────────────────────────────────────
INDICES = {
    "csat": lambda data, **more: stats.csat(data, "overall", **more),
    "nps": lambda data, **more: stats.nps(data, "recommend", **more),
    "ces": lambda data, **more: stats.ces(data, "overall", highest=5, interval="t", **more),
    "ces share": lambda data, **more: stats.ces(data, "overall", highest=5, boxes=2, **more),
    "ces score": lambda data, **more: stats.ces(data, "overall", highest=5, **more),
    "mean": lambda data, **more: stats.mean(data, "overall", **more),
    "proportion": lambda data, **more: stats.proportion(data, "overall", success=5, **more),
}


def test_nps_of_a_design_has_the_error_of_r(design):
    row = stats.nps(design, "recommend").iloc[0]
    expected = [R["nps_all"]["estimate"], np.sqrt(R["nps_all"]["vcov"][0][0])]
    assert [row["estimate"], row["std_error"]] == pytest.approx(expected, rel=1e-10)
    assert row["df"] == R["degf"][1]


def test_nps_of_a_design_takes_the_effective_number_of_its_error(design):
    row = stats.nps(design, "recommend").iloc[0]
    weights, answers = design.row_weights, design.frame["recommend"].to_numpy()
    up, down = (weights[hit].sum() / weights.sum() for hit in (answers >= 9, answers <= 6))
    from scipy.special import stdtrit

    from svclib.stats.intervals import share_difference

    effective = 1e4 * (up + down - (up - down) ** 2) / row["std_error"] ** 2
    effective *= (stdtrit(row["n"] - 1, 0.975) / stdtrit(row["df"], 0.975)) ** 2
    low, high = share_difference(np.array([up]), np.array([down]), np.array([effective]), 0.95)
    assert [row["low"], row["high"]] == pytest.approx([100 * low[0], 100 * high[0]], rel=1e-9)


@pytest.mark.parametrize(("verb", "method"), [("csat", "proportion"), ("mean", "mean"), ("ces", "mean")])
def test_other_indices_are_the_designs_own_verbs(design, verb, method):
    rows = INDICES[verb](design, by="wave")
    given = {"success": [4, 5]} if method == "proportion" else {}
    expected = getattr(design, method)("overall", by="wave", **given).frame
    pd.testing.assert_frame_equal(rows, expected)


@pytest.mark.parametrize("name", INDICES)
def test_a_design_gives_an_estimate_and_its_effect(design, name):
    rows = INDICES[name](design, by="region")
    assert rows.columns.tolist() == ["region", *COLUMNS, "deff"]
    assert rows["low"].notna().all()


@pytest.mark.parametrize("name", INDICES)
def test_a_design_of_nothing_but_rows_is_nearly_the_frame(panel, name):
    ours, plain = INDICES[name](stats.Design(panel), by="wave"), INDICES[name](panel, by="wave")
    alike("estimate", ours, plain)
    np.testing.assert_allclose(ours["low"], plain["low"], rtol=0.03, atol=0.01)
    np.testing.assert_allclose(ours["high"], plain["high"], rtol=0.03, atol=0.01)


@pytest.mark.parametrize("name", INDICES)
def test_a_domain_is_a_subpopulation(design, panel, name):
    west = (panel["region"] == "west").to_numpy()
    by, part = INDICES[name](design, by="region"), INDICES[name](design.subpopulation(west))
    row = by[by["region"] == "west"].iloc[0]
    for column in ("estimate", "std_error", "low", "high", "n", "df"):
        assert part[column].item() == pytest.approx(row[column], rel=1e-10)


@pytest.mark.parametrize("name", INDICES)
def test_weights_of_a_design_are_its_own(design, name):
    with pytest.raises(InvalidInput, match="weights of its own"):
        INDICES[name](design, weights="weight")


@pytest.mark.parametrize("name", INDICES)
def test_volunteers_carry_the_note(panel, name):
    assert (INDICES[name](stats.Design(panel, source="opt-in"))["note"] == OPT_IN).all()


@pytest.mark.parametrize("name", INDICES)
def test_one_cluster_has_no_interval_and_says_why(panel, name):
    design = stats.Design(panel.head(20).assign(psu="one"), cluster="psu", lonely="remove")
    row = INDICES[name](design).iloc[0]
    assert np.isnan(row["low"])
    assert row["note"] == NO_DEGREES


@pytest.mark.parametrize("name", ["csat", "nps", "ces score", "ces share"])
def test_answers_all_equal_still_have_an_interval(panel, name):
    design = stats.Design(panel.assign(overall=5, recommend=10), cluster="psu")
    row = INDICES[name](design).iloc[0]
    assert row["low"] < row["estimate"] <= row["high"]
    assert row["note"] == ""


@pytest.mark.parametrize("name", INDICES)
def test_small_cells_of_a_design_are_noted(design, panel, name):
    three = np.zeros(len(panel), dtype=bool)
    three[[0, 40, 80]] = True
    assert INDICES[name](design.subpopulation(three))["note"].item() == Note.TOO_FEW


def test_a_distribution_of_a_design_needs_eight(design, panel):
    seven = np.zeros(len(panel), dtype=bool)
    seven[np.arange(0, 175, 25)] = True
    part = design.subpopulation(seven)
    assert (stats.proportion(part, "overall")["note"] == Note.TOO_FEW).all()
    assert (stats.proportion(part, "overall", success=5)["note"] == "").all()


def test_answers_off_the_scale_are_named_inside_the_subpopulation_only(panel):
    data = panel.copy()
    data.loc[0, "overall"] = 9
    design = stats.Design(data)
    with pytest.raises(InvalidInput, match="outside the scale"):
        stats.csat(design, "overall")
    assert stats.csat(design.subpopulation(np.arange(len(data)) > 0), "overall")["n"].item() == len(data) - 1


def test_raking_keeps_its_gain_in_nps(panel):
    margin = panel.groupby("region")["weight"].sum().to_dict()
    plain = stats.Design(panel, weights="weight")
    raked = plain.rake({"region": margin})
    assert stats.nps(raked, "recommend")["std_error"].item() < stats.nps(plain, "recommend")["std_error"].item()


# ── totals, ratios, variances, quantiles ───────────────────────────────────────────────────────────────────────────
def test_totals_and_ratios_are_those_of_r(design):
    for row, name in (
        (stats.total(design, "overall"), "total"),
        (stats.ratio(design, "recommend", "overall"), "effort_ratio"),
    ):
        expected = [R[name]["estimate"], np.sqrt(R[name]["vcov"][0][0])]
        assert [row["estimate"].item(), row["std_error"].item()] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    ("verb", "given"),
    [("total", ["x"]), ("ratio", ["x", "h"]), ("variance", ["x"]), ("quantile", ["x", [0.25, 0.5]])],
)
def test_a_frame_is_a_simple_random_sample(verb, given):
    data = frame([5, 4, 3, 5, 2, 4, 4, 1], h=np.arange(1.0, 9), g=list("aabbaabb"), w=[1.0, 2] * 4)
    ours = getattr(stats, verb)(data, *given, by="g", weights="w")
    theirs = getattr(stats.Design(data, weights="w"), verb)(*given, by="g")
    pd.testing.assert_frame_equal(ours, theirs if isinstance(theirs, pd.DataFrame) else theirs.frame)


# ── the score interval on a scale ──────────────────────────────────────────────────────────────────────────────────
def test_on_a_scale_of_two_points_it_is_wilsons_with_t():
    share, n = 0.8, 20
    error = np.sqrt(share * (1 - share) / n)
    many = np.array([1e9])
    told = bounded_interval(np.array([share]), np.array([error]), many, np.array([n]), (0, 1), 0.95)
    np.testing.assert_allclose(told, wilson(np.array([share]), np.array([float(n)]), 0.95), rtol=1e-6)


def test_many_answers_in_the_middle_give_the_t_interval():
    data = frame(np.tile([2, 3, 4], 4000))
    score, t = stats.mean(data, "x", scale=(1, 5)).iloc[0], stats.mean(data, "x").iloc[0]
    assert [score["low"], score["high"]] == pytest.approx([t["low"], t["high"]], rel=1e-4)
    assert (score["method"], score["std_error"]) == (METHOD, t["std_error"])


@settings(max_examples=60, deadline=None)
@given(ratings)
def test_it_stays_on_the_scale_and_holds_the_mean(values):
    row = stats.mean(frame(values), "x", scale=(1, 5)).iloc[0]
    assert 1 - 1e-9 <= row["low"] <= row["estimate"] + 1e-9
    assert row["estimate"] - 1e-9 <= row["high"] <= 5 + 1e-9


@settings(max_examples=40, deadline=None)
@given(ratings)
def test_it_turns_with_the_scale(values):
    row, turned = (stats.mean(frame(v), "x", scale=(1, 5)).iloc[0] for v in (values, [6 - v for v in values]))
    assert [row["low"], row["high"]] == pytest.approx([6 - turned["high"], 6 - turned["low"]], rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(ratings)
def test_it_moves_with_units(values):
    data = frame(values)
    row = stats.mean(data, "x", scale=(1, 5)).iloc[0]
    other = stats.mean(data * 25 - 25, "x", scale=(0, 100)).iloc[0]
    assert [25 * row["low"] - 25, 25 * row["high"] - 25] == pytest.approx([other["low"], other["high"]], abs=1e-7)


@pytest.mark.parametrize(("values", "note"), [([], Note.NO_ANSWERS), ([4], Note.ONE_ANSWER), ([5] * 6, "")])
def test_what_it_cannot_tell_has_a_reason(values, note):
    row = stats.mean(frame(values), "x", scale=(1, 5)).iloc[0]
    assert row["note"] == note
    assert np.isnan(row["low"]) == bool(note)


@pytest.mark.parametrize("scale", [(5, 1), (1, 1), (1,), "1-5", 5])
def test_a_scale_has_two_ends(scale):
    with pytest.raises(InvalidInput, match=r"such as \(1, 5\)"):
        stats.mean(frame([1, 2]), "x", scale=scale)


def test_an_answer_off_the_scale_names_the_column():
    with pytest.raises(InvalidInput, match='"x" holds 7'):
        stats.mean(frame([1, 7]), "x", scale=(1, 5))


# ── effort ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_low_effort_as_a_share_has_the_interval_of_csat():
    data = frame([7, 6, 5, 4, 2, 7])
    share, same = stats.ces(data, "x", boxes=3), stats.csat(data, "x", highest=7, boxes=3)
    pd.testing.assert_frame_equal(share, same)


@pytest.mark.parametrize("boxes", [0, 7, -1])
def test_boxes_lie_on_the_scale(boxes):
    with pytest.raises(InvalidInput, match="from 1 to 6"):
        stats.ces(frame([7, 6]), "x", boxes=boxes)


def test_an_unknown_interval_is_named():
    with pytest.raises(InvalidInput, match="t, score"):
        stats.ces(frame([7, 6]), "x", interval="wald")


@pytest.mark.parametrize("name", INDICES)
def test_something_else_than_a_frame_or_a_design_is_refused(name):
    with pytest.raises(InvalidInput, match="frame is needed"):
        INDICES[name]([1, 2, 3])
