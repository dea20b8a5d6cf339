import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t
from statsmodels.stats.inter_rater import cohens_kappa

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.agreement.ratings import AgreementNote

VALUES = json.loads((Path(__file__).parent / "reference" / "agreement.json").read_text(encoding="utf-8"))["values"]
TOPICS = [f"topic_{i}" for i in range(1, 5)]


@pytest.fixture
def raters(table):
    return table("raters")


@pytest.mark.parametrize(
    ("weights", "name"),
    [(None, "kappa_unweighted"), ("linear", "kappa_linear"), ("quadratic", "kappa_quadratic")],
)
def test_kappa_of_two_raters_is_that_of_irr(raters, weights, name):
    row = stats.kappa(raters, ["grade_1", "grade_2"], weights=weights).iloc[0]
    assert row["estimate"] == pytest.approx(VALUES[name]["value"], rel=1e-12)
    assert row["n"] == 60


def test_the_error_of_kappa_is_that_of_psych_and_its_interval_that_of_fishers_scale(raters):
    row = stats.kappa(raters, ["grade_1", "grade_2"]).iloc[0]
    assert row["std_error"] ** 2 == pytest.approx(VALUES["psych_kappa_var"][0], rel=1e-10)
    assert row["estimate"] == pytest.approx(VALUES["psych_kappa_ci"][".matrix"][0][1], rel=1e-10)
    reach = t.ppf(0.975, row["n"] - 1) * row["std_error"] / (1 - row["estimate"] ** 2)
    expected = np.tanh(np.arctanh(row["estimate"]) + np.array([-reach, reach]))
    assert [row["low"], row["high"]] == pytest.approx(expected.tolist(), rel=1e-10)


def test_ratings_in_one_category_are_said():
    calls = pd.DataFrame({"a": ["ok"] * 40 + ["bad"] * 5, "b": ["ok"] * 41 + ["bad"] * 4})
    assert stats.kappa(calls)["note"].item() == AgreementNote.RARE
    assert stats.kappa(pd.concat([calls, calls.replace({"ok": "bad", "bad": "ok"})]))["note"].item() == ""


@pytest.mark.parametrize(("weights", "name"), [(None, None), ("linear", "linear"), ("quadratic", "quadratic")])
def test_the_error_of_kappa_is_that_of_statsmodels(raters, weights, name):
    pair = raters[["grade_1", "grade_2"]]
    table = pd.crosstab(pair["grade_1"], pair["grade_2"]).reindex(index=range(1, 6), columns=range(1, 6), fill_value=0)
    expected = cohens_kappa(table.to_numpy(), wt=name)
    row = stats.kappa(pair, weights=weights, categories=[1, 2, 3, 4, 5]).iloc[0]
    assert row["std_error"] == pytest.approx(expected.std_kappa, rel=1e-10)


def test_kappa_of_more_raters_is_that_of_fleiss(raters):
    row = stats.kappa(raters, TOPICS).iloc[0]
    assert row["estimate"] == pytest.approx(VALUES["fleiss"]["value"], rel=1e-12)
    assert row["low"] < row["estimate"] < row["high"]


def leave_one_out_error(data, coefficient):
    pseudo = [coefficient(data.drop(index=i))["estimate"].item() for i in data.index]
    n = len(data)
    return np.sqrt((n - 1) ** 2 / n * np.var(pseudo, ddof=1))


@pytest.mark.parametrize("coefficient", [stats.kappa, stats.gwet])
def test_the_error_is_close_to_the_jackknife(raters, coefficient):
    data = raters[TOPICS]
    assert coefficient(data)["std_error"].item() == pytest.approx(leave_one_out_error(data, coefficient), rel=0.02)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_the_error_of_weighted_kappa_is_close_to_the_jackknife(raters, weights):
    def weighted(frame):
        return stats.kappa(frame, weights=weights, categories=[1, 2, 3, 4, 5])

    data = raters[["grade_1", "grade_2"]]
    assert weighted(data)["std_error"].item() == pytest.approx(leave_one_out_error(data, weighted), rel=0.06)


def test_the_error_with_missing_ratings_is_close_to_the_jackknife(raters):
    data = raters[[f"partial_{i}" for i in range(1, 5)]]
    assert data.isna().any().any()
    for coefficient in (stats.kappa, stats.gwet):
        expected = leave_one_out_error(data, coefficient)
        assert coefficient(data)["std_error"].item() == pytest.approx(expected, rel=0.05)


def test_ac1_of_two_raters_follows_the_formula():
    data = pd.DataFrame({"a": list("xxxxyyz"), "b": list("xxxyyzz")})
    shares = np.array([7, 4, 3]) / 14
    chance = (shares * (1 - shares)).sum() / 2
    row = stats.gwet(data).iloc[0]
    assert row["estimate"] == pytest.approx((5 / 7 - chance) / (1 - chance), rel=1e-12)
    assert row["term"] == "AC1"


def test_a_category_nobody_chose_lowers_the_chance_of_ac1(raters):
    more = stats.gwet(raters, TOPICS, categories=["fees", "fraud", "service", "technical", "other"])
    assert more["estimate"].item() > stats.gwet(raters, TOPICS)["estimate"].item()


def test_ac2_with_weights_is_named_so_and_is_higher_for_near_misses(raters):
    plain = stats.gwet(raters, ["grade_1", "grade_2"])
    weighted = stats.gwet(raters, ["grade_1", "grade_2"], weights="quadratic")
    assert weighted["term"].item() == "AC2"
    assert weighted["estimate"].item() > plain["estimate"].item()


def test_the_order_of_the_raters_does_not_matter(raters):
    first = stats.kappa(raters, TOPICS)["std_error"].item()
    assert stats.kappa(raters, TOPICS[::-1])["std_error"].item() == pytest.approx(first, rel=1e-12)


def test_a_subject_with_one_rating_counts_for_the_shares_alone():
    data = pd.DataFrame({"a": list("xxyy"), "b": list("xyyy"), "c": list("xxyx")})
    more = pd.concat([data, pd.DataFrame({"a": ["x"]})], ignore_index=True)
    first, second = stats.kappa(data).iloc[0], stats.kappa(more).iloc[0]
    assert second["observed"] == first["observed"]
    assert second["n"] == 4
    assert second["chance"] != first["chance"]


def test_an_ordered_categorical_can_be_weighted():
    kind = pd.CategoricalDtype(["poor", "fair", "good"], ordered=True)
    data = pd.DataFrame({"a": ["poor", "good", "fair", "good"], "b": ["poor", "fair", "fair", "good"]}).astype(kind)
    assert stats.kappa(data, weights="linear")["estimate"].item() == pytest.approx((3.5 / 4 - 9 / 16) / (1 - 9 / 16))


@pytest.mark.parametrize("coefficient", [stats.kappa, stats.gwet])
@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"a": ["x", "y"]}, AgreementNote.TWO_NEEDED),
        ({"a": ["x"], "b": ["y"]}, AgreementNote.TWO_NEEDED),
        ({"a": ["x", None, "y"], "b": [None, "x", "y"]}, AgreementNote.TWO_NEEDED),
        ({"a": [], "b": []}, AgreementNote.TWO_NEEDED),
        ({"a": ["x"] * 5, "b": ["x"] * 5}, AgreementNote.ALL_ALIKE),
        ({"a": ["x"] * 5, "b": ["x"] * 5, "c": ["x"] * 5}, AgreementNote.ALL_ALIKE),
    ],
)
def test_what_cannot_be_told_is_empty_with_a_note(coefficient, values, note):
    row = coefficient(pd.DataFrame(values)).iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == note


@pytest.mark.parametrize("coefficient", [stats.kappa, stats.gwet])
def test_entire_agreement_is_one_without_an_interval(coefficient):
    row = coefficient(pd.DataFrame({"a": list("xyz"), "b": list("xyz"), "c": list("xyz")})).iloc[0]
    assert row["estimate"] == 1
    assert row["note"] == AgreementNote.ENTIRE


def test_entire_agreement_in_one_of_two_categories_is_an_ac1_of_one():
    row = stats.gwet(pd.DataFrame({"a": ["ok"] * 4, "b": ["ok"] * 4}), categories=["bad", "ok"]).iloc[0]
    assert row["estimate"] == 1


def test_groups_share_the_categories_and_are_estimated_apart(raters):
    data = raters[TOPICS].assign(branch=["east", "west"] * 30)
    rows = stats.kappa(data, by="branch").set_index("branch")
    alone = stats.kappa(raters.iloc[::2], TOPICS)
    assert rows.loc["east", "estimate"] == pytest.approx(alone["estimate"].item())
    assert rows["n"].tolist() == [30, 30]


def test_text_without_an_order_cannot_be_weighted(raters):
    with pytest.raises(InvalidInput, match=r'"topic_1" are text without an order.*categories='):
        stats.kappa(raters, TOPICS, weights="linear")


def test_numbers_among_text_name_the_column():
    data = pd.DataFrame({"a": ["x", "y"], "b": ["x", 3]})
    with pytest.raises(InvalidInput, match='"b" holds 3'):
        stats.kappa(data)


def test_a_rating_outside_the_categories_names_the_column(raters):
    with pytest.raises(InvalidInput, match="is not among the categories"):
        stats.kappa(raters, ["grade_1", "grade_2"], categories=[1, 2, 3])


def test_unknown_weights_are_refused(raters):
    with pytest.raises(InvalidInput, match=r'weights is .cubic.; give "linear"'):
        stats.kappa(raters, ["grade_1", "grade_2"], weights="cubic")


def test_the_interval_of_kappa_covers_in_a_small_simulation():
    random = np.random.default_rng(5)
    hits, runs, n = 0, 300, 60
    for _ in range(runs):
        truth = random.integers(0, 3, n)
        noise = random.integers(0, 3, (n, 2))
        codes = np.where(random.random((n, 2)) < 0.8, truth[:, None], noise)
        row = stats.kappa(pd.DataFrame(codes)).iloc[0]
        hits += row["low"] <= 0.64 <= row["high"]
    assert hits / runs >= 0.92


@pytest.mark.parametrize("values", [[[1], [2]], pd.to_datetime(["2026-01-01", "2026-02-01"])])
def test_what_is_neither_number_nor_text_names_the_column(values):
    with pytest.raises(InvalidInput, match=r'"b" holds .* neither a number nor a text'):
        stats.kappa(pd.DataFrame({"a": [1, 2], "b": values}))


def test_nullable_strings_are_read():
    data = pd.DataFrame({"a": ["x", None, "y", "y"], "b": ["x", "y", "y", "x"]}, dtype="string")
    assert stats.kappa(data)["n"].item() == 3


@pytest.mark.reference
def test_published_diagnoses_of_six_psychiatrists(published):
    values, data = published
    expected = values("agreement_irr")
    ratings = data("diagnoses")
    row = stats.kappa(ratings).iloc[0]
    assert row["estimate"] == pytest.approx(expected["fleiss"]["value"], rel=1e-12)
    assert row["std_error"] == pytest.approx(expected["cac_fleiss"]["coeff.se"], abs=6e-6)
    ac1 = stats.gwet(ratings).iloc[0]
    assert ac1["estimate"] == pytest.approx(expected["gwet"]["coeff.val"], abs=6e-6)
    assert ac1["std_error"] == pytest.approx(expected["gwet"]["coeff.se"], abs=6e-6)
    assert [round(ac1["low"], 3), round(ac1["high"], 3)] == [0.334, 0.562]
    pair = stats.kappa(ratings.iloc[:, 1:3])["estimate"].item()
    assert pair == pytest.approx(expected["kappa2"]["value"], rel=1e-12)


@pytest.mark.reference
def test_published_weighted_kappa_is_that_of_psych(published):
    expected = published[0]("agreement_kappa_icc")
    row = stats.kappa(pd.DataFrame(expected["ratings"]), weights="quadratic").iloc[0]
    assert row["estimate"] == pytest.approx(expected["wkappa"], rel=1e-12)
