"""Pass marks by judges and by groups: values of R, properties, bad input."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.cutscores.angoff import PanelNote
from svclib.stats.cutscores.groups import GroupNote

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "standard_setting.json").read_text(encoding="utf-8"))["values"]
ITEMS = pd.DataFrame({"item": [f"q{k}" for k in range(8)], "a": 1.2, "b": np.linspace(-2, 2, 8)})


@pytest.fixture(scope="module")
def ratings(table):
    return table("angoff").melt(["judge", "item"], var_name="round", value_name="rating")


@pytest.fixture(scope="module")
def mark(ratings):
    return stats.angoff(ratings, round="round")


def test_cuts_and_their_errors_are_those_of_r(mark):
    told = mark.frame[mark.frame["term"] == "cut"].set_index("round")
    assert told["estimate"].tolist() == pytest.approx([R["cut_round1"], R["cut_round2"]], rel=1e-12)
    assert told["std_error"].tolist() == pytest.approx([R["se_cut"]["round1"], R["se_cut"]["round2"]], rel=1e-12)
    assert mark.cut == pytest.approx(R["cut_round2"])
    for name in ("round1", "round2"):
        judges = mark.judges[mark.judges["round"] == name].set_index("judge")["cut"]
        assert judges.to_dict() == pytest.approx(R[f"judge_cut_{name}"], rel=1e-12)


def test_agreement_of_the_judges_is_that_of_psych(mark):
    for row in mark.agreement.to_dict("records"):
        icc = R[f"icc_{row['round']}"]["ICC"]
        assert [row["icc_single"], row["icc_mean"], row["alpha"]] == pytest.approx([icc[1], icc[4], icc[5]], abs=1e-9)


def test_each_judge_is_compared_with_the_others_as_in_r(mark):
    second = mark.judges[mark.judges["round"] == "round2"]
    assert second["r_panel"].tolist() == pytest.approx(R["judge_rest_r_round2"], abs=1e-12)
    first = mark.judges[mark.judges["round"] == "round1"].set_index("judge")
    assert first.loc["J10", "flags"] == "stricter"
    assert first.loc["J10", "cut_without"] == pytest.approx(first["cut"].drop("J10").mean())


def test_items_and_the_change_between_rounds_are_those_of_r(mark):
    items = mark.items[mark.items["round"] == "round2"].set_index("item")
    assert (items["mean"] * 100).to_dict() == pytest.approx(R["item_means_round2"], abs=1e-9)
    assert (items["sd"] * 100).to_dict() == pytest.approx(R["item_sd_round2"], abs=1e-9)
    row, paired = mark.changes.iloc[0], R["paired_rounds"]
    assert row["estimate"] == pytest.approx(paired["estimate"]["mean difference"], abs=1e-12)
    assert [row["low"], row["high"]] == pytest.approx(paired["ci"], abs=1e-9)
    assert [row["sd_first"], row["sd_second"]] == pytest.approx(list(R["sd_judges"].values()), rel=1e-12)


def test_points_weigh_the_items_and_percent_is_told_from_shares(ratings):
    second = ratings[ratings["round"] == "round2"]
    points = {item: 1 + (place % 3) for place, item in enumerate(dict.fromkeys(second["item"]))}
    weighted = stats.angoff(second, points=points)
    means = second.groupby("item")["rating"].mean() / 100
    assert weighted.cut == pytest.approx(sum(means[item] * worth for item, worth in points.items()))
    assert weighted.highest == sum(points.values())
    shares = stats.angoff(second.assign(rating=second["rating"] / 100), points=points)
    assert shares.cut == pytest.approx(weighted.cut)


def test_missing_ratings_do_not_make_a_judge_mild(ratings):
    second = ratings[ratings["round"] == "round2"]
    gone = (second["judge"] == "J01") & second["item"].isin(["I01", "I02", "I03", "I04"])
    told = stats.angoff(second[~gone])
    row = told.judges.set_index("judge").loc["J01"]
    assert row["n"] == 26
    assert row["flags"] == "incomplete"
    assert row["cut"] == pytest.approx(R["judge_cut_round2"]["J01"], abs=0.4)
    assert told.agreement["filled"].item() == 4


def test_a_second_round_of_some_items_keeps_the_other_ratings(ratings):
    later = (ratings["round"] == "round2") & (ratings["item"] != "I01")
    told = stats.angoff(ratings[(ratings["round"] == "round1") | later], round="round")
    assert told.agreement["kept"].tolist() == [0, 10]
    whole = ratings.pivot(index="item", columns=["round", "judge"], values="rating")
    expected = (whole["round2"].drop("I01").to_numpy().sum() + whole["round1"].loc["I01"].sum()) / 1000
    assert told.cut == pytest.approx(expected)


def test_difficulties_and_borderline_candidates(ratings):
    second = ratings[ratings["round"] == "round2"]
    means = second.groupby("item")["rating"].mean() / 100
    told = stats.angoff(second, difficulties=means, borderline=means + 0.3)
    assert (told.judges["r_difficulty"] > 0.9).all()
    own = second[second["judge"] == "J01"].set_index("item")["rating"] / 100
    assert told.judges["error_borderline"].iloc[0] == pytest.approx((own - (means + 0.3)).abs().mean())
    assert told.items["flags"].str.contains("far_from_data").all()


@pytest.mark.parametrize("judges", [1, 3])
def test_too_few_judges_are_told(ratings, judges):
    some = ratings[(ratings["round"] == "round2") & ratings["judge"].isin([f"J{k:02d}" for k in range(1, judges + 1)])]
    row = stats.angoff(some).frame.iloc[0]
    assert row["note"] == (PanelNote.ONE if judges == 1 else PanelNote.FEW)
    assert np.isnan(row["low"]) == (judges == 1)


def test_a_judge_without_ratings_and_an_unrated_item(ratings):
    second = ratings[ratings["round"] == "round2"].reset_index(drop=True)
    silent = second.assign(rating=second["rating"].where(second["judge"] != "J02").astype(float))
    told = stats.angoff(silent)
    assert told.judges.set_index("judge").loc["J02", "flags"] == "no_ratings"
    assert told.frame["n"].tolist() == [9, 9]
    unrated = stats.angoff(second.assign(rating=second["rating"].where(second["item"] != "I01").astype(float)))
    assert unrated.frame["note"].tolist() == [PanelNote.UNRATED] * 2
    assert np.isnan(unrated.cut)
    nothing = stats.angoff(second.assign(rating=np.nan))
    assert nothing.frame["note"].iloc[0] == PanelNote.NOBODY


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: f.assign(rating=f["rating"] + 90), "holds a rating of"),
        (lambda f: f.assign(rating=-f["rating"]), "holds a rating of"),
        (lambda f: pd.concat([f, f.head(1)]), "twice"),
        (lambda f: f.drop(columns="judge"), '"judge"'),
        (lambda f: f.assign(rating="good"), "no number"),
        (lambda f: f.head(0), "no ratings"),
        (lambda f: f.assign(item=None), "names no item"),
    ],
)
def test_bad_ratings(ratings, change, told):
    with pytest.raises(InvalidInput, match=told):
        stats.angoff(change(ratings[ratings["round"] == "round2"]))


def test_points_that_do_not_fit(ratings):
    with pytest.raises(InvalidInput, match="I02"):
        stats.angoff(ratings, round="round", points={"I01": 1})
    with pytest.raises(InvalidInput, match="no points above 0"):
        stats.angoff(ratings, round="round", points=dict.fromkeys(ratings["item"], 0))


def test_nedelsky_and_ebel():
    seen = pd.DataFrame({"item": ["q1", "q2", "q1", "q2"], "judge": list("aabb"), "eliminated": [2, 1, 3, 0]})
    assert stats.nedelsky(seen, options=4).judges["cut"].tolist() == pytest.approx([1 / 2 + 1 / 3, 1 + 1 / 4])
    with pytest.raises(InvalidInput, match="4 options are eliminated"):
        stats.nedelsky(seen.assign(eliminated=4), options=4)
    classes = pd.DataFrame({"item": ["q1", "q2", "q3"], "category": ["must", "must", "nice"]})
    shares = pd.DataFrame({"judge": list("aabb"), "category": ["must", "nice"] * 2, "share": [90, 50, 80, 40]})
    assert stats.ebel(classes, shares).judges["cut"].tolist() == pytest.approx([2.3, 2.0])
    with pytest.raises(InvalidInput, match='"nice"'):
        stats.ebel(classes, shares[shares["category"] == "must"])


def test_hofstee_meets_the_curve():
    judges = pd.DataFrame(
        {"lowest_cut": [50, 52], "highest_cut": [70, 72], "lowest_fail": [5, 4], "highest_fail": [45, 43]}
    )
    scores = np.linspace(30, 100, 501)
    told = stats.hofstee(judges, scores, highest=100)
    limit = told.limits
    line = (
        limit["highest_fail"] - (limit["highest_fail"] - limit["lowest_fail"]) * (told.cut - limit["lowest_cut"]) / 20
    )
    assert (scores < told.cut).mean() == pytest.approx(line, abs=0.005)
    with pytest.raises(InvalidInput, match="limits are"):
        stats.hofstee(judges.assign(lowest_cut=90), scores, highest=100)


def test_booklet_orders_items_and_steps():
    items = pd.DataFrame(
        {"item": ["x", "y", "z", "w"], "model": ["2pl", "3pl", "gpcm", "2pl"], "a": [1.0, 1.5, 0.8, -0.5],
         "d1": [0.0, -1.0, 0.5, 0.0], "d2": [np.nan, np.nan, -1.0, np.nan], "c": [0, 0.2, 0, 0]}
    )  # fmt: skip
    booklet = stats.ordered_booklet(items)
    told = booklet.set_index(["item", "score"])["theta"]
    assert told["x", 1] == pytest.approx(np.log(2))
    assert 0.2 + 0.8 * expit(1.5 * told["y", 1] - 1) == pytest.approx(2 / 3)
    steps = np.cumsum([0, 0.8 * told["z", 2] + 0.5, 0.8 * told["z", 2] - 1])
    assert np.exp(steps[2]) / np.exp(steps).sum() == pytest.approx(2 / 3)
    assert booklet["page"].tolist()[:4] == [1, 2, 3, 4]
    assert booklet.set_index("item").loc["w", "note"].startswith("better candidates")


def test_bookmark_gives_median_and_mean():
    placed = pd.DataFrame({"judge": range(7), "page": [3, 4, 4, 5, 5, 5, 8]})
    told = stats.bookmark(placed, ITEMS)
    theta = told.booklet["theta"].to_numpy()[placed["page"] - 1]
    rows = told.frame.set_index("term")
    assert rows.loc["theta, median", "estimate"] == pytest.approx(np.median(theta))
    assert rows.loc["theta, mean", "std_error"] == pytest.approx(theta.std(ddof=1) / np.sqrt(7))
    assert told.cut == pytest.approx(expit(1.2 * (np.median(theta) - ITEMS["b"])).sum())
    assert [rows.loc["theta, median", "low"], rows.loc["theta, median", "high"]] == pytest.approx([theta[0], theta[6]])
    missed = stats.bookmark(placed.assign(page=placed["page"] + 1), ITEMS, placed="first_missed")
    assert missed.cut == pytest.approx(told.cut)


def test_bookmark_bad_input():
    placed = pd.DataFrame({"judge": [1, 2], "page": [3, 9]})
    with pytest.raises(InvalidInput, match="marks page 9"):
        stats.bookmark(placed, ITEMS)
    with pytest.raises(InvalidInput, match="twice"):
        stats.bookmark(placed.assign(judge=1, page=2), ITEMS)
    with pytest.raises(InvalidInput, match="response_probability"):
        stats.bookmark(placed.assign(page=2), ITEMS, response_probability=1.2)
    one = stats.bookmark(placed.assign(page=[2, np.nan]), ITEMS)
    assert one.frame["note"].iloc[0] == PanelNote.ONE
    assert one.judges["note"].iloc[1]


def test_contrasting_groups_meet_in_the_middle():
    rng = np.random.default_rng(2)
    scores = np.concatenate([rng.normal(50, 10, 4000), rng.normal(65, 10, 4000)])
    told = stats.contrasting_groups(scores, np.repeat(["no", "yes"], 4000), qualified="yes", replicates=50)
    cuts = told.frame.set_index("term")["estimate"]
    assert cuts[["equal_errors", "logistic", "densities"]].tolist() == pytest.approx([57.5] * 3, abs=0.6)
    assert cuts["least_cost"] == pytest.approx(57.5, abs=2.5)
    dear = stats.contrasting_groups(
        scores, np.repeat(["no", "yes"], 4000), qualified="yes", cost_false_pass=3, replicates=0
    )
    assert (dear.frame.set_index("term")["estimate"] - cuts)[["logistic", "densities", "least_cost"]].min() > 3
    expected = 57.5 + np.log(3) * 100 / 15
    assert dear.frame.set_index("term").loc["densities", "estimate"] == pytest.approx(expected, abs=0.6)


def test_logistic_cut_is_that_of_a_regression():
    rng = np.random.default_rng(3)
    scores = np.concatenate([rng.normal(50, 10, 60), rng.normal(62, 9, 40)]).round()
    yes = np.repeat([False, True], [60, 40])
    told = stats.contrasting_groups(scores, yes, replicates=0).frame.set_index("term").loc["logistic", "estimate"]
    fit = stats.glm(pd.DataFrame({"yes": yes.astype(float), "score": scores}), "yes", ["score"], family="binomial")
    terms = fit.frame.set_index("term")["estimate"]
    assert told == pytest.approx(-terms.iloc[0] / terms["score"], abs=1e-3)


def test_groups_that_do_not_fit():
    scores = pd.Series([40, 45, 50, 60, 65, 70])
    apart = stats.contrasting_groups(scores, [False] * 3 + [True] * 3)
    assert (apart.frame["note"] == GroupNote.APART).all()
    assert 50 < apart.cut <= 60
    backwards = stats.contrasting_groups(scores, [True] * 3 + [False] * 3)
    assert (backwards.frame["note"] == GroupNote.REVERSED).all()
    with pytest.raises(InvalidInput, match="Nobody is judged"):
        stats.contrasting_groups(scores, [True] * 6)
    with pytest.raises(InvalidInput, match="6 scores and 2 judgements"):
        stats.contrasting_groups(scores, [True, False])
    with pytest.raises(InvalidInput, match="cost_false_pass"):
        stats.contrasting_groups(scores, [False] * 3 + [True] * 3, cost_false_pass=0)


def test_borderline_group():
    row = stats.borderline_group(pd.Series([55.0, 60, 61, np.nan]), ["b", "b", "c", "b"], borderline="b").iloc[0]
    assert row["estimate"] == 57.5
    assert row["note"] == GroupNote.FEW_BORDERLINE
    assert stats.borderline_group(pd.Series([55.0]), ["c"], borderline="b")["note"].item() == GroupNote.NOBODY
