import itertools

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.fairness import mantel
from svclib.stats.fairness.notes import Direction, FairNote
from svclib.stats.fairness.purify import ALTERNATES, purified

METHODS = ["mantel_haenszel", "standardization", "logistic", "breslow_day"]


def exam_of(n=600, items=10, groups=2, seed=1, lean=0.0, slope=0.0, impact=0.0, graded=0):
    """Right and wrong (and `graded` items of 0–2), the item q4 harder for the last group."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % groups
    last = group == groups - 1
    able = rng.normal(size=n) - impact * last
    columns = {}
    for j in range(items):
        b = np.linspace(-1.5, 1.5, items)[j]
        a = 1.0 + slope * (j == 4) * last
        logit = a * (able - b) - lean * (j == 4) * last
        u = rng.random(n)
        chance = 1 / (1 + np.exp(-logit))
        score = (u < chance).astype(int)
        if j >= items - graded:
            score = score + (u < 1 / (1 + np.exp(-(logit - 1.2)))).astype(int)
        columns[f"q{j}"] = score
    frame = pd.DataFrame(columns, index=[f"p{k}" for k in range(n)])
    return frame, pd.Series(np.array([f"g{k}" for k in group]), index=frame.index)


def test_a_planted_item_is_found_and_nothing_else():
    scores, groups = exam_of(n=2000, lean=1.0, impact=0.7)
    for method in ("mantel_haenszel", "logistic", "lord"):
        found = stats.dif(scores, groups, reference="g0", method=method)
        assert found.flagged["item"].tolist() == ["q4"], method
        assert found.flagged["direction"].tolist() == [Direction.HARDER]
        assert "q4" not in found.anchors


def test_a_difference_of_slope_is_seen_as_crossing():
    scores, groups = exam_of(n=6000, slope=1.5)
    found = stats.dif(scores, groups, reference="g0", method="logistic")
    row = found.frame[found.frame["item"] == "q4"].iloc[0]
    assert row["kind"] in ("nonuniform", "both")
    assert row["direction"] == Direction.CROSSING
    assert row["flagged"]
    trend = stats.dif(scores, groups, reference="g0", method="breslow_day").frame
    assert trend.loc[4, "p_trend"] < 1e-4


def test_the_odds_of_graded_items_are_sums_over_pairs_of_candidates():
    rng = np.random.default_rng(5)
    focal, reference = rng.integers(0, 5, (6, 1, 4)).astype(float), rng.integers(0, 5, (6, 1, 4)).astype(float)
    up = down = spread = 0.0
    strata = []
    for s in range(6):
        ref = np.repeat(np.arange(4), reference[s, 0].astype(int))
        foc = np.repeat(np.arange(4), focal[s, 0].astype(int))
        size = len(ref) + len(foc)
        strata.append((ref, foc, size))
        up += sum(max(i - k, 0) for i in ref for k in foc) / size
        down += sum(max(k - i, 0) for i in ref for k in foc) / size
    alpha = up / down
    for ref, foc, size in strata:
        phi = np.array([[max(i - k, 0) - alpha * max(k - i, 0) for k in foc] for i in ref])
        spread += ((phi.sum(0) ** 2).sum() + (phi.sum(1) ** 2).sum() - (phi**2).sum()) / size**2
    found = mantel.odds(focal, reference)
    assert found.alpha[0] == pytest.approx(alpha)
    assert found.variance[0] == pytest.approx(spread / up**2)


def test_the_test_of_all_groups_is_mantels_for_two():
    scores, groups = exam_of(graded=3)
    two = stats.dif(scores, groups, purify=False, correct=False).frame
    total = scores.sum(axis=1)
    counts = np.zeros((int(total.max()) + 1, 2, 3))
    np.add.at(counts, (total.to_numpy(), (groups == "g1").astype(int).to_numpy(), scores["q9"].to_numpy()), 1)
    statistic, df = mantel.generalised(counts)
    assert df == 1
    assert two.loc[9, "statistic"] == pytest.approx(statistic)


def test_swapping_the_groups_turns_the_signs():
    scores, groups = exam_of(lean=0.8, graded=2)
    for method in ("mantel_haenszel", "logistic"):
        one = stats.dif(scores, groups, reference="g0", method=method, purify=False).frame
        two = stats.dif(scores, groups, reference="g1", method=method, purify=False).frame
        np.testing.assert_allclose(one["statistic"], two["statistic"], rtol=1e-6, atol=1e-7)
        np.testing.assert_allclose(one["estimate"], -two["estimate"], rtol=1e-5, atol=1e-6)


def test_order_of_candidates_and_type_of_labels_do_not_matter():
    scores, groups = exam_of(lean=0.8)
    base = stats.dif(scores, groups, reference="g0").frame
    mixed = scores.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(base, stats.dif(mixed, groups, reference="g0").frame)
    labels = stats.dif(scores, groups.astype("category"), reference="g0").frame
    np.testing.assert_allclose(base["statistic"], labels["statistic"])
    shares = stats.dif(scores.astype(float), groups.to_numpy(), reference="g0").frame
    np.testing.assert_allclose(base["statistic"], shares["statistic"])


def test_forty_branches_some_of_size_one():
    rng = np.random.default_rng(3)
    scores, _groups = exam_of(n=3000)
    sizes = np.r_[np.ones(5, int), rng.integers(2, 20, 10), rng.integers(60, 160, 25)]
    branch = np.repeat([f"b{k:02d}" for k in range(40)], sizes)[:3000]
    branch = np.concatenate([branch, np.repeat("big", 3000 - len(branch))])
    for method in METHODS:
        found = stats.dif(scores, branch, method=method)
        small = found.groups[found.groups["n"] < 30]
        assert len(small) >= 15
        assert (small["note"] == FairNote.SMALL).all()
        assert found.flagged.empty
        assert len(found.frame) == 10 * (len(found.groups) - len(small))
    against = stats.dif(scores, branch, reference="big", focal=["b20", "b21"])
    assert set(against.frame["focal"]) == {"b20", "b21"}
    assert (against.omnibus["df"] == 2).all()


def test_items_drawn_are_matched_on_ability():
    """Three forms of unequal difficulty, the weaker group mostly on the hardest: no item is flagged."""
    rng = np.random.default_rng(4)
    n = 3000
    weak = rng.random(n) < 0.5
    able = rng.normal(size=n) - 0.8 * weak
    b = np.linspace(-2, 2, 30)
    scores = pd.DataFrame((rng.random((n, 30)) < 1 / (1 + np.exp(b - able[:, None]))).astype(float))
    scores.columns = [f"q{j}" for j in range(30)]
    form = np.where(weak, rng.choice(3, n, p=[0.1, 0.2, 0.7]), rng.choice(3, n, p=[0.6, 0.3, 0.1]))
    fixed = scores.copy()
    for f, kept in enumerate((range(20), range(5, 25), range(10, 30))):
        fixed.loc[form == f, [f"q{j}" for j in range(30) if j not in kept]] = np.nan
    found = stats.dif(fixed, weak)
    assert found.matching == "score by items met"
    assert found.flagged.empty
    drawn = scores.where(rng.random(scores.shape) < np.where(weak[:, None], b / 8 + 0.5, 0.5 - b / 8))
    found = stats.dif(drawn, weak)
    assert found.matching == "ability"
    assert found.flagged.empty
    assert stats.dif(drawn, weak, method="logistic").flagged.empty
    assert stats.dif(drawn, weak, match=able).matching == "given"


def test_states_tell_omitted_from_not_reached():
    scores, groups = exam_of()
    holes = scores.astype(float)
    states = pd.DataFrame("answered", index=scores.index, columns=scores.columns)
    holes.iloc[:40, 3], states.iloc[:40, 3] = np.nan, "omitted"
    filled = holes.fillna(0)
    omitted = stats.dif(holes, groups, states=states).frame
    np.testing.assert_allclose(omitted["statistic"], stats.dif(filled, groups).frame["statistic"])
    states.iloc[:40, 3] = "not_reached"
    later = stats.dif(holes, groups, states=states).frame
    assert later.loc[3, "n_focal"] + later.loc[3, "n_reference"] == 560


@pytest.mark.parametrize("method", [*METHODS, "lord", "likelihood_ratio"])
def test_odd_items_get_a_row_with_the_reason(method):
    scores, groups = exam_of(n=400, items=6)
    scores = scores.astype(float).assign(constant=1.0, empty=np.nan, one_sided=0.0)
    scores.loc[groups == "g0", "one_sided"] = np.nan
    frame = stats.dif(scores, groups, method=method).frame.set_index("item")
    assert frame.loc["constant", "note"] == FairNote.CONSTANT
    assert frame.loc["empty", "note"] != ""
    assert frame.loc["one_sided", "note"] != ""
    assert frame.loc[["constant", "empty", "one_sided"], "p_value"].isna().all()
    assert not frame["flagged"][["constant", "empty", "one_sided"]].any()
    assert frame.loc[["q0", "q1"], "p_value"].notna().all()


def test_a_group_that_is_always_right_has_no_size_but_a_test():
    scores, groups = exam_of(n=400)
    scores.loc[groups == "g0", "q4"] = 1
    for method in ("mantel_haenszel", "logistic"):
        row = stats.dif(scores, groups, method=method, reference="g0").frame.loc[4]
        assert row["flagged"], method
        assert row["note"] == FairNote.ONE_SIDED
        assert np.isnan(row["estimate"])


def test_tiny_exams_do_not_fall_over():
    scores = pd.DataFrame({"q1": [1, 0, 1, 0], "q2": [0, 0, 1, 1], "q3": [1, 1, 0, 0]})
    for method in METHODS:
        found = stats.dif(scores, ["a", "a", "b", "b"], method=method, min_group=1)
        assert len(found.frame) == 3
        assert not found.frame["flagged"].any()


def test_purification_ends_where_suspects_alternate():
    sets = itertools.cycle([np.array([1, 0, 0, 0, 0, 0]), np.array([0, 1, 0, 0, 0, 0])])
    done = purified(6, lambda anchors: next(sets).astype(bool), lambda found: found)
    assert done.note == ALTERNATES
    assert done.anchors.tolist() == [False, False, True, True, True, True]
    none = purified(6, lambda anchors: np.ones(6, bool), lambda found: found)
    assert none.anchors.all()
    assert none.note


def test_curves_count_everybody_once():
    scores, groups = exam_of(lean=1.0)
    curves = stats.dif(scores, groups, reference="g0").curves("q4")
    assert curves["n"].sum() == 600
    assert set(curves["role"]) == {"focal", "reference"}
    with pytest.raises(InvalidInput, match="q99"):
        stats.dif(scores, groups).curves("q99")


def _bad():
    scores, groups = exam_of(n=100)
    three = scores.iloc[:, :2]
    return {
        "one group": (scores, ["a"] * 100, {}, "one group only"),
        "sizes": (scores, list(range(100)), {}, "Fewer than two groups"),
        "short": (scores, ["a", "b"], {}, "2 group labels for 100"),
        "lost": (scores, groups.iloc[1:], {}, "p0"),
        "no labels": (scores, [None] * 100, {}, "No candidate has a group"),
        "frame": (scores, groups.to_frame(), {}, "one label for each"),
        "reference": (scores, groups, {"reference": "g7"}, "g7"),
        "same": (scores, groups, {"reference": "g0", "focal": "g0"}, "the same"),
        "method": (scores, groups, {"method": "magic"}, "magic"),
        "kind": (scores, groups, {"kind": "x"}, "kind"),
        "purify": (scores, groups, {"purify": "x"}, "purify"),
        "adjust": (scores, groups, {"adjust": "x"}, "adjust"),
        "level": (scores, groups, {"level": 95}, "level"),
        "no anchors": (scores, groups, {"anchors": []}, "0 anchors"),
        "one anchor": (scores, groups, {"anchors": ["q1"]}, "1 anchors"),
        "strange anchor": (scores, groups, {"anchors": ["q1", "q77"]}, "q77"),
        "two items": (three, groups, {}, "too few to match"),
        "match": (scores, groups, {"match": [1, 2]}, "match has 2"),
        "no match": (scores, groups, {"match": [np.nan] * 100}, "no number"),
        "scores": (scores + 0.3, groups, {}, "q0"),
        "twice": (pd.concat([scores, scores]), list(groups) * 2, {}, "twice"),
        "no frame": ([1, 2], groups, {}, "frame"),
    }


@pytest.mark.parametrize("case", _bad())
def test_bad_input_says_what_is_wrong(case):
    scores, groups, options, words = _bad()[case]
    with pytest.raises(InvalidInput, match=words) as caught:
        stats.dif(scores, groups, **options)
    assert caught.value.render("zh-CN") != str(caught.value)


@pytest.mark.parametrize("seed", range(30))
def test_small_odd_exams_give_rows_or_a_clear_error(seed):
    """Holes, constant and graded items, groups that met nothing: every row has a p value or says why not."""
    random = np.random.default_rng(seed)
    n, items, groups = (int(random.choice(sizes)) for sizes in ([5, 20, 80], [3, 5, 9], [2, 3, 6]))
    top = random.choice([1, 1, 2, 3], items)
    scores = np.floor(random.random((n, items)) * (top + 1))
    if seed % 2:
        scores[random.random(scores.shape) < random.choice([0.2, 0.8])] = np.nan
    group = random.integers(0, groups, n)
    if seed % 3 == 0:
        scores[:, 0] = random.choice([0, 1, np.nan])
        scores[group == 0, -1] = random.choice([0, np.nan])
    frame = pd.DataFrame(scores, columns=[f"q{j}" for j in range(items)])
    for method in METHODS:
        try:
            found = stats.dif(frame, group, method=method, min_group=int(random.choice([1, 5])))
        except InvalidInput as error:
            assert "group" in str(error)
            continue
        assert len(found.frame) == items * len(found.setting.pairs)
        assert (found.frame["p_value"].notna() | (found.frame["note"] != "")).all()
        assert not (found.frame["flagged"] & found.frame["p_value"].isna()).any()
        effects = stats.dif_effects(found, 0.5, items=["q1", "q2"]).frame
        assert (effects["estimate"].notna() | (effects["note"] != "")).all()
        assert repr(found)
        assert repr(effects)


def test_empty_exams_are_refused():
    for frame in (pd.DataFrame(), pd.DataFrame({"q1": [], "q2": [], "q3": []})):
        with pytest.raises(InvalidInput):
            stats.dif(frame, [])
