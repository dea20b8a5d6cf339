import numpy as np
import pandas as pd
import pytest
from test_fairness_dif import exam_of

from svclib import stats
from svclib.errors import InvalidInput


@pytest.fixture(scope="module")
def unfair():
    scores, groups = exam_of(n=2000, lean=1.2, impact=0.5)
    return stats.dif(scores, groups, reference="g0")


def test_points_and_passes_that_an_item_costs(unfair):
    effects = stats.dif_effects(unfair, cut=0.5)
    row = effects.frame.iloc[0]
    assert row["items"] == 1
    assert row["low"] < row["estimate"] < row["high"] < 0
    assert row["moved"] == pytest.approx(row["n"] * row["estimate"])
    assert row["points"] == pytest.approx(effects.candidates["points"].mean())
    assert abs(row["as_is"] - row["pass_rate"]) < 0.03
    assert len(effects.candidates) == row["n"]
    assert effects.levels["n"].sum() == row["n"]
    assert (effects.candidates["points"] <= 0).all()
    assert effects.items["estimate"].iloc[0] == pytest.approx(row["estimate"])
    assert -0.35 < row["points"] < -0.1


def test_the_slope_of_the_interval_is_that_of_a_small_step(unfair):
    from svclib.stats.fairness.effects import _Case
    from svclib.stats.fairness.shifts import passing, shift_of

    setting, pair = unfair.setting, unfair.setting.pairs[0]
    anchors = np.array([name in unfair.anchors for name in setting.responses.names])
    shift = shift_of(setting, unfair._matching, 4, pair, anchors, 0.95)
    need, _share, _passed = passing(setting, setting.rows_of(pair)[0], [4], 0.5)
    case = _Case([shift], need, setting.unit, 0.95)
    moved = shift.beta + np.array([1e-5, 0])
    expected = (need.chance([shift.chances(moved)]).mean() - case.p_then.mean()) / 1e-5
    assert case._slope(0, case.then)[0] == pytest.approx(expected, rel=1e-3)


def test_nobody_moves_without_unfair_items():
    scores, groups = exam_of(n=800)
    found = stats.dif(scores, groups)
    row = stats.dif_effects(found, cut=0.6).frame.iloc[0]
    assert row["items"] == 0
    assert row["note"]
    asked = stats.dif_effects(found, cut=0.6, items=["q2"]).frame.iloc[0]
    assert asked["low"] < 0 < asked["high"]


def test_graded_items_and_drawn_items():
    scores, groups = exam_of(n=2000, graded=3, lean=1.0)
    found = stats.dif(scores, groups, reference="g0")
    row = stats.dif_effects(found, cut=0.5, items=["q4", "q9"]).frame.iloc[0]
    assert row["items"] == 2
    assert np.isfinite(row["estimate"])
    halves = scores.astype(float).assign(**{name: scores[name] / 2 for name in ("q7", "q8", "q9")})
    again = stats.dif_effects(stats.dif(halves, groups, reference="g0"), cut=0.5, items=["q4", "q9"]).frame.iloc[0]
    assert again["n"] == row["n"]
    holes = scores.where(np.random.default_rng(1).random(scores.shape) < 0.7)
    drawn = stats.dif_effects(stats.dif(holes, groups, reference="g0"), cut=0.5, items=["q4"])
    assert drawn.frame["points"].iloc[0] < 0
    assert drawn.candidates.loc[holes["q4"].isna().reindex(drawn.candidates.index), "points"].abs().max() == 0


def test_passing_follows_the_score():
    """Where the flagged item can decide nothing, the chance to pass is 0 or 1."""
    scores, groups = exam_of(n=2000, lean=1.2)
    found = stats.dif(scores, groups, reference="g0")
    each = stats.dif_effects(found, cut=0.5, items=["q4"]).candidates
    other = scores.drop(columns="q4").sum(axis=1).reindex(each.index)
    assert (each.loc[other >= 5, "p_pass"] == 1).all()
    assert (each.loc[other < 4, "p_pass"] == 0).all()
    assert each.loc[other == 4, "p_pass"].between(0.01, 0.99).all()


@pytest.mark.parametrize("cut", [0, 60, "a", True, np.nan])
def test_a_cut_that_is_no_share(unfair, cut):
    with pytest.raises(InvalidInput, match="cut"):
        stats.dif_effects(unfair, cut=cut)


def test_other_bad_input(unfair):
    with pytest.raises(InvalidInput, match="q77"):
        stats.dif_effects(unfair, cut=0.5, items=["q77"])
    with pytest.raises(InvalidInput, match=r"stats\.dif"):
        stats.dif_effects(pd.DataFrame(), cut=0.5)
    every = stats.dif_effects(unfair, cut=0.5, items=list(unfair.setting.responses.names))
    assert every.frame["note"].iloc[0]
