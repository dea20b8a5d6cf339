import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.demo.forms_pair import calibrations, scores
from svclib.errors import InvalidInput
from svclib.stats.linking.methods import WITH_ANCHOR, WITHOUT_ANCHOR

GOOD = [0, 1, 2, 2, 3, 4]


@pytest.mark.parametrize(
    ("new", "old", "options", "message"),
    [
        ([3], GOOD, {}, "new form has 1"),
        (GOOD, [], {}, "old form has 0"),
        ([2, 2, 2], GOOD, {}, "All candidates of the new form"),
        ([0, 1.5, 2], GOOD, {}, "1.5"),
        ([0, 1, 2], GOOD, {"new_range": (1, 5)}, "outside its range"),
        ([0, 1, 9], GOOD, {"new_range": (0, 5)}, "9"),
        (GOOD, GOOD, {"new_range": (5, 0)}, "impossible"),
        (GOOD, GOOD, {"step": 0}, "step"),
        (GOOD, GOOD, {"step": 1e-9}, "impossible"),
        (GOOD, ["a", "b"], {}, "score"),
        ([0, np.inf], GOOD, {}, "infinite"),
        (GOOD, GOOD, {"method": "tucker"}, "tucker"),
        (GOOD, GOOD, {"method": "equipercentile", "smooth": 9}, "degree 9"),
        (GOOD, GOOD, {"method": "equipercentile", "smooth": 0}, "smooth"),
        (GOOD, GOOD, {"method": "equipercentile", "smooth": "chi"}, "chi"),
        (GOOD, GOOD, {"replications": 10}, "seed"),
        (GOOD, GOOD, {"replications": 1, "seed": 1}, "replications"),
        (GOOD, GOOD, {"level": 1}, "level"),
        (GOOD, GOOD, {"anchor": "v"}, "anchor"),
        (None, GOOD, {}, "new: give the scores"),
        (GOOD, GOOD, {"new_range": (0,)}, "no pair"),
        (GOOD, GOOD, {"old_range": ("a", 3)}, "no pair"),
        (GOOD, GOOD, {"method": "equipercentile", "smooth": 2.5}, "smooth is 2.5"),
        (GOOD, GOOD, {"weight": "x"}, "weight is x"),
    ],
)
def test_complaints_name_the_field(new, old, options, message):
    with pytest.raises(InvalidInput, match=message):
        stats.equate(new, old, **options)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"anchor": 3}, {}, "same anchor score"),
        ({"anchor": 3.5}, {}, "between the scores"),
        ({}, {"score": None}, "name the column"),
        ({}, {"score": "zzz"}, "zzz"),
        ({}, {"anchor": "zzz"}, "zzz"),
        ({}, {"weight": 3}, "weight"),
        ({}, {"method": "linear"}, "linear"),
        ({}, {"smooth": [4, 4, 1, 1]}, "smooth"),
    ],
)
def test_complaints_about_anchors_name_the_field(change, options, message):
    new, old = scores(100)
    with pytest.raises(InvalidInput, match=message):
        stats.equate(new.assign(**change), old, **{"score": "score", "anchor": "anchor"} | options)


def test_missing_scores_are_left_out_and_counted():
    new, old = scores(300)
    new.loc[:9, "score"] = np.nan
    made = stats.equate(new, old, "score", anchor="anchor")
    assert made.groups["left_out"].tolist() == [10, 0]
    assert made.groups["n"].tolist() == [290, 300]


def test_no_row_is_silently_missing():
    """A row without an error has a note, whatever the method, even with two candidates."""
    tiny = pd.DataFrame({"score": [1, 3], "anchor": [0, 2]})
    for new, old in ((tiny, tiny), scores(30), scores(500)):
        for method in ("frequency", "chained_equipercentile", "circle_arc", "tucker", "braun_holland"):
            made = stats.equate(new, old, "score", anchor="anchor", method=method)
            lost = made.frame["std_error"].isna() | made.frame["equated"].isna()
            assert (made.frame.loc[lost, "note"] != "").all(), (method, made.frame[lost])


def test_short_anchors_different_groups_and_few_candidates_are_noted():
    new, old = scores(40)
    short = [part.assign(anchor=(part["anchor"] > cut).astype(int)) for part, cut in ((new, 7), (old, 4))]
    made = stats.equate(*short, "score", anchor="anchor", method="chained_equipercentile")
    text = " ".join(made.notes)
    for part in ("fewer than 5", "shorter than a fifth", "few candidates"):
        assert part in text
    apart = stats.equate(new.assign(anchor=(new["anchor"] + 4).clip(upper=12)), old, "score", anchor="anchor")
    assert any("differ by more" in note for note in apart.notes)


def test_anchor_scores_of_one_group_only_are_noted():
    new, old = scores(60)
    made = stats.equate(new[new["anchor"] > 3], old[old["anchor"] < 10], "score", anchor="anchor", method="frequency")
    assert any("one group only" in note for note in made.notes)
    assert np.isfinite(made.frame["equated"]).all()


def test_scores_that_are_not_of_the_form_are_refused():
    made = stats.equate(GOOD, GOOD)
    for wrong in (5, -1, 0.5):
        with pytest.raises(InvalidInput, match="none of the new form"):
            made.apply([wrong])


def test_scores_below_zero_are_a_scale_too():
    made = stats.equate([-2, -1, 0, 1], [0, 1, 2, 3], method="mean")
    np.testing.assert_allclose(made.frame["equated"], [0, 1, 2, 3])


@pytest.mark.parametrize("method", ["levine", "levine_true", "tucker", "chained_linear"])
def test_an_anchor_against_the_score_ends_in_numbers_or_notes(method):
    new, old = scores(100)
    made = stats.equate(new.assign(anchor=12 - new["anchor"]), old, "score", anchor="anchor", method=method)
    lost = made.frame["equated"].isna()
    assert (made.frame.loc[lost, "note"] != "").all()


@pytest.mark.parametrize("method", WITHOUT_ANCHOR)
def test_two_candidates_a_form_are_equated_with_a_note(method):
    made = stats.equate([0, 1], [3, 5], method=method)
    assert made.frame["equated"].notna().all()
    assert made.notes or method == "identity"


@pytest.mark.parametrize("method", WITH_ANCHOR)
def test_three_candidates_a_form_are_drawn_anew(method):
    new, old = (part.head(4) for part in scores(100))
    made = stats.equate(new, old, "score", anchor="anchor", method=method, replications=20, seed=1)
    assert any("few candidates" in note for note in made.notes)


def test_item_methods_name_what_is_wrong():
    new, old = calibrations()
    with pytest.raises(InvalidInput, match="give a result of"):
        stats.equate(new, old, method="irt_true", link="x")
    with pytest.raises(InvalidInput, match="frame"):
        stats.equate([1, 2], [2, 3], method="irt_true")
    with pytest.raises(InvalidInput, match="threshold"):
        stats.anchor_drift(new, old, threshold=-1)


def test_curves_that_tell_no_scale_end_in_a_note():
    new, old = calibrations()
    assert any("did not settle" in note for note in stats.link(new.assign(a=-new["a"]), old).notes)
    steep = stats.link(new.assign(a=new["a"] * 1e6), old)
    assert np.isfinite(steep.slope)
    against = stats.equate(new.assign(a=-new["a"]), old, method="irt_true").frame
    assert (against.loc[against["std_error"].isna() & (against["note"] == ""), "equated"].notna()).all()


def test_a_group_of_two_can_be_drawn_anew():
    made = stats.equate([0, 2], GOOD, replications=50, seed=1)
    assert made.frame["std_error"].notna().all()
