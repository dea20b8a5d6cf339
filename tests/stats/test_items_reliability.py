import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import items_of
from svclib.stats.items.components import components, drawn_sums

ITEMS = [f"I{i:02d}" for i in range(1, 21)]
PARTS = {name: "ABC"[place % 3] for place, name in enumerate(ITEMS)}
EMPTY = [
    pd.DataFrame({"a": [], "b": []}, dtype=float),
    pd.DataFrame({"a": [1.0], "b": [0.0]}),
    pd.DataFrame({"a": [1.0, 0.0]}),
    pd.DataFrame({"a": [1.0, 1.0], "b": [1.0, 1.0]}),
    pd.DataFrame({"a": [np.nan, np.nan], "b": [np.nan, np.nan]}),
    pd.DataFrame({"a": [np.nan, np.nan, np.nan], "b": [1.0, 0.0, 1.0]}),
]


def of(frame, term, part=""):
    rows = frame.loc[(frame["term"] == term) & (frame.get("part", part) == part)]
    return rows.iloc[0]


# ── reliability ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_alpha_and_the_error_are_those_of_r(reference, exam):
    found = stats.exam_reliability(exam)
    assert of(found, "alpha")["estimate"] == pytest.approx(reference["ctt_exam"]["alpha"], rel=1e-12)
    assert of(found, "kr20")["estimate"] == of(found, "alpha")["estimate"]
    assert of(found, "sem")["estimate"] == pytest.approx(1.8239840832636938, rel=1e-12)


def test_an_item_all_got_right_changes_alpha_as_in_r(exam):
    assert of(stats.exam_reliability(exam.assign(I31=1)), "alpha")["estimate"] == pytest.approx(0.8032981194501977)


@pytest.mark.reference
def test_alpha_of_open_data_is_that_of_r(published):
    values, data = published
    found = of(stats.exam_reliability(data("CTTdata_scored")), "alpha")["estimate"]
    assert found == pytest.approx(values("ctt_items")["alpha"], rel=1e-12)


def test_stratified_alpha_by_hand(exam):
    found = stats.exam_reliability(exam, strata=PARTS, points=2)
    total = (2 * exam.sum(axis=1)).var()
    error = 0.0
    for part in "ABC":
        names = [name for name in ITEMS if PARTS[name] == part]
        alpha = stats.alpha(exam[names])["estimate"].item()
        assert of(found, "alpha", part)["estimate"] == pytest.approx(alpha)
        error += (2 * exam[names].sum(axis=1)).var() * (1 - alpha)
    assert of(found, "stratified_alpha")["estimate"] == pytest.approx(1 - error / total)
    assert of(found, "sem")["estimate"] == pytest.approx(np.sqrt(error))


def test_kr21_by_hand(exam):
    total = exam.sum(axis=1)
    mean, variance = total.mean(), total.var(ddof=0)
    expected = 20 / 19 * (1 - mean * (20 - mean) / (20 * variance))
    assert of(stats.exam_reliability(exam), "kr21")["estimate"] == pytest.approx(expected)


def test_graded_items_have_no_kuder_richardson(exam):
    assert "kr20" not in set(stats.exam_reliability(exam.assign(I01=exam["I01"] / 2))["term"])


def test_drawn_forms_are_sent_to_generalizability(exam):
    holes = exam.mask(np.random.default_rng(1).random(exam.shape) < 0.5)
    found = stats.exam_reliability(holes)
    assert found["estimate"].isna().all()
    assert found["note"].str.contains("generalizability").all()


def test_a_part_of_one_item_counts_as_error(exam):
    found = stats.exam_reliability(exam, strata={name: "one" if name == "I01" else "rest" for name in ITEMS})
    assert "one item" in of(found, "alpha", "one")["note"]
    assert of(found, "stratified_alpha")["estimate"] > 0.7


@pytest.mark.parametrize("scores", EMPTY)
def test_odd_exams_have_a_note_instead_of_a_number(scores):
    for found in (
        stats.exam_reliability(scores),
        stats.generalizability(scores, cut=0.6).frame,
        stats.conditional_sem(scores),
        stats.conditional_sem(scores, "keats"),
        stats.conditional_sem(scores, "feldt", strata={"a": "x", "b": "x"}),
    ):
        assert found.loc[found.iloc[:, 3 if "sem" in found else 2].isna(), "note"].ne("").all()


def test_strata_and_points_name_the_item(exam):
    with pytest.raises(InvalidInput, match='"I01" belongs to no part'):
        stats.exam_reliability(exam, strata={"I02": "A"})
    with pytest.raises(InvalidInput, match='"I02" has no points'):
        stats.exam_reliability(exam, points={"I01": 1})


# ── generalizability ─────────────────────────────────────────────────────────────────────────────────────────────────
def crossed(rng, persons=60, items=12):
    return (rng.random((persons, items)) < rng.beta(4, 2, (persons, 1)) * rng.uniform(0.6, 1, items)).astype(float)


def test_all_cells_give_the_analysis_of_variance():
    x = crossed(np.random.default_rng(1))
    persons, items = x.shape
    p, i = items * x.mean(axis=1).var(ddof=1), persons * x.mean(axis=0).var(ddof=1)
    e = ((x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean()) ** 2).sum() / ((persons - 1) * (items - 1))
    found = stats.generalizability(pd.DataFrame(x))
    values = found.frame.set_index("term")["estimate"]
    assert values["variance_person"] == pytest.approx((p - e) / items)
    assert values["variance_item"] == pytest.approx((i - e) / persons)
    assert values["variance_residual"] == pytest.approx(e)
    assert values["generalizability"] == pytest.approx(stats.alpha(pd.DataFrame(x))["estimate"].item())
    assert values["phi"] < values["generalizability"]


def test_items_of_ones_own_give_the_one_way_analysis():
    rng = np.random.default_rng(2)
    x = crossed(rng, 40, 6)
    own = np.full((40, 240), np.nan)
    for person in range(40):
        own[person, 6 * person : 6 * person + 6] = x[person]
    values = stats.generalizability(pd.DataFrame(own)).frame.set_index("term")["estimate"]
    between, within = 6 * x.mean(axis=1).var(ddof=1), x.var(axis=1, ddof=1).mean()
    assert values["variance_person"] == pytest.approx((between - within) / 6)
    assert values["variance_item_in_person"] == pytest.approx(within)
    assert np.isnan(values["variance_item"])
    assert values["phi"] == values["generalizability"]


@pytest.mark.parametrize("parts", [1, 3])
def test_the_jackknife_leaves_each_candidate_out(parts):
    rng = np.random.default_rng(3)
    x = np.where(rng.random((30, 12)) < 0.4, np.nan, crossed(rng, 30))
    part = np.arange(12) % parts
    every = components(drawn_sums(x.T, part, parts))
    for left in (0, 17):
        without = components(drawn_sums(np.delete(x, left, axis=0).T, part, parts))
        for name in ("person", "item", "residual", "within", "overlap", "mean", "length"):
            assert getattr(every, name)[left + 1] == pytest.approx(getattr(without, name)[0], abs=1e-12)


def test_unequal_parts_are_no_error_where_they_are_fixed():
    rng = np.random.default_rng(4)
    easy = np.repeat([0.9, 0.4], 30)
    x = (rng.random((400, 60)) < easy * rng.beta(9, 1, (400, 1))).astype(float)
    order = rng.random((400, 2, 30)).argsort(axis=2).argsort(axis=2).reshape(400, 60)
    scores = pd.DataFrame(np.where(order < 10, x, np.nan))
    strata = {str(i): "easy" if i < 30 else "hard" for i in range(60)}
    plain, parted = stats.generalizability(scores), stats.generalizability(scores, strata=strata)
    error = [one.frame.set_index("term").loc["sem_absolute", "estimate"] for one in (plain, parted)]
    assert error[1] < 0.9 * error[0]


def test_dependability_is_lowest_at_the_mean_and_rises_with_length():
    found = stats.generalizability(pd.DataFrame(crossed(np.random.default_rng(5), 200)), cut=0.5)
    curve = found.at([0.2, found.mean, 0.9])
    assert curve["estimate"].idxmin() == 1
    assert (curve["low"] <= curve["estimate"]).all()
    longer = found.lengths([12, 24, 48], cut=0.5)
    assert longer["phi"].is_monotonic_increasing
    assert longer["phi"][0] == pytest.approx(found.frame.set_index("term").loc["phi", "estimate"])


def test_impossible_cuts_and_lengths_are_refused():
    scores = pd.DataFrame(crossed(np.random.default_rng(5)))
    with pytest.raises(InvalidInput, match="cut is 60"):
        stats.generalizability(scores, cut=60)
    with pytest.raises(InvalidInput, match="0 items is impossible"):
        stats.generalizability(scores).lengths([0])


def test_one_item_each_is_said_to_be_too_few():
    scores = pd.DataFrame(np.where(np.eye(6) == 1, 1.0, np.nan))
    assert stats.generalizability(scores).frame["note"].str.contains("one item a part").all()


# ── forms ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def bank(rng, items=90):
    names = [f"b{place}" for place in range(items)]
    part = {name: "xyz"[place % 3] for place, name in enumerate(names)}
    return pd.DataFrame({"item": names, "difficulty": rng.beta(4, 2, items)}), part


def test_the_spread_of_forms_is_that_of_forms_drawn():
    items, part = bank(np.random.default_rng(1))
    points = {name: {"x": 1, "y": 2, "z": 3}[place] for name, place in part.items()}
    found = stats.form_spread(items, {"x": 6, "y": 8, "z": 4}, strata=part, points=points)
    drawn = found.simulate(20000, seed=2)
    assert drawn.mean() == pytest.approx(found.mean, abs=0.001)
    assert drawn.std() == pytest.approx(found.sd, rel=0.03)
    ends = found.frame.iloc[-1]
    assert np.mean((drawn > ends["low"]) & (drawn < ends["high"])) == pytest.approx(0.9, abs=0.015)


def test_the_error_of_difficulties_is_taken_off():
    rng = np.random.default_rng(2)
    items, _part = bank(rng, 400)
    true = stats.form_spread(items, 30).sd
    seen = items.assign(n=25, difficulty=rng.binomial(25, items["difficulty"]) / 25)
    assert stats.form_spread(seen.drop(columns="n"), 30).sd > 1.05 * true
    assert stats.form_spread(seen, 30).sd == pytest.approx(true, rel=0.08)


def test_pass_rates_move_with_the_form():
    rng = np.random.default_rng(3)
    items, _part = bank(rng)
    found = stats.form_spread(items, 10, cut=0.6, totals=rng.beta(7, 4, 2000))
    rates = found.passing.set_index("form")["pass_rate"]
    assert rates["hard"] < rates["average"] < rates["easy"]
    assert 0 < found.by_form < 0.5


def test_a_whole_bank_has_one_form():
    items, _part = bank(np.random.default_rng(3))
    found = stats.form_spread(items, 90, cut=0.5, totals=[0.4, 0.7])
    assert found.sd == 0
    assert found.by_form == 0


def test_impossible_blueprints_say_which_part():
    items, part = bank(np.random.default_rng(3))
    with pytest.raises(InvalidInput, match='40 items cannot be drawn from the 30 of the part "x"'):
        stats.form_spread(items, {"x": 40, "y": 1, "z": 1}, strata=part)
    with pytest.raises(InvalidInput, match='"z" is missing in draw='):
        stats.form_spread(items, {"x": 4, "y": 1}, strata=part)
    with pytest.raises(InvalidInput, match='"w" is missing in strata='):
        stats.form_spread(items, {"x": 4, "y": 1, "z": 1, "w": 3}, strata=part)
    with pytest.raises(InvalidInput, match="3 parts"):
        stats.form_spread(items, 5, strata=part)
    with pytest.raises(InvalidInput, match="different points"):
        stats.form_spread(items, 5, points={name: place + 1 for place, name in enumerate(items["item"])})
    with pytest.raises(InvalidInput, match="totals="):
        stats.form_spread(items, 5, cut=0.6)
    with pytest.raises(InvalidInput, match="No item has a difficulty"):
        stats.form_spread(items.assign(difficulty=np.nan), 5)


# ── error at each score ──────────────────────────────────────────────────────────────────────────────────────────────
def test_lords_error_is_the_binomials(exam):
    x = np.arange(21)
    np.testing.assert_allclose(stats.conditional_sem(exam)["sem"], np.sqrt(x * (20 - x) / 19))
    assert stats.conditional_sem(exam)["n"].sum() == len(exam)


def test_keats_error_agrees_with_alpha(exam):
    found = stats.conditional_sem(exam, "keats").set_index("score")["sem"]
    mean = (found.loc[exam.sum(axis=1)] ** 2).mean()
    assert np.sqrt(mean) == pytest.approx(of(stats.exam_reliability(exam), "sem")["estimate"])


def test_feldts_error_by_hand(exam):
    variance = 0.0
    for part in "ABC":
        names = [name for name in ITEMS if PARTS[name] == part]
        score = exam[names].sum(axis=1)
        variance = variance + score * (len(names) - score) / (len(names) - 1)
    by_score = np.sqrt(variance.groupby(exam.sum(axis=1)).mean())
    found = stats.conditional_sem(exam, "feldt", strata=PARTS).set_index("score")["sem"]
    assert np.abs(found.loc[4:16] - by_score.loc[4:16]).max() < 0.04
    whole = stats.conditional_sem(exam, "feldt", strata=dict.fromkeys(ITEMS, "one"))["sem"]
    np.testing.assert_allclose(whole, stats.conditional_sem(exam)["sem"], atol=1e-6)


def test_the_error_by_ability_averages_to_the_models():
    items = items_of(pd.DataFrame({"item": ITEMS, "a": np.linspace(0.6, 2, 20), "b": np.linspace(-2, 2, 20)}))
    found = stats.conditional_sem(items, "irt")
    theta = np.random.default_rng(1).normal(size=40000)
    p = probabilities(items, theta)[:, 1]
    score = (np.random.default_rng(2).random(p.shape) < p).sum(axis=0)
    mean = (found.set_index("score")["sem"].loc[score] ** 2).mean()
    assert mean == pytest.approx((p * (1 - p)).sum(axis=0).mean(), rel=0.01)


def test_points_scale_the_error(exam):
    one, two = stats.conditional_sem(exam, at=12), stats.conditional_sem(exam, at=24, points=2)
    assert two["sem"].item() == pytest.approx(2 * one["sem"].item())
    assert two["share"].item() == one["share"].item()


def test_drawn_forms_of_one_length_have_the_binomials_error(exam):
    rng = np.random.default_rng(1)
    drawn = exam.where(rng.random(exam.shape).argsort(axis=1).argsort(axis=1) < 10)
    assert stats.conditional_sem(drawn, at=6)["sem"].item() == pytest.approx(np.sqrt(6 * 4 / 9))


def test_bad_questions_are_refused(exam):
    with pytest.raises(InvalidInput, match="lies outside the scale 0–20"):
        stats.conditional_sem(exam, at=60)
    with pytest.raises(InvalidInput, match="method is"):
        stats.conditional_sem(exam, "thorndike")
    with pytest.raises(InvalidInput, match="strata="):
        stats.conditional_sem(exam, "feldt")
    with pytest.raises(InvalidInput, match="leave out points="):
        stats.conditional_sem(pd.DataFrame({"item": ["q"], "a": [1.0], "b": [0.0]}), "irt", points=2)
