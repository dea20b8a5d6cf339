import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.key_drivers.notes import DriverNote

REFERENCE = Path(__file__).parent / "reference"


def values(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))["values"]


R, OURS = values("relative_importance"), values("key_drivers")
ASPECTS = [f"q{number}" for number in range(1, 7)]


@pytest.fixture(scope="module")
def visits(table):
    return table("visits")


@pytest.fixture(scope="module")
def complete(visits):
    return visits.dropna(subset=ASPECTS)


@pytest.fixture(scope="module")
def found(visits):
    return stats.drivers(visits, "csat", ASPECTS, bootstraps=400)


def parts(found):
    return found.frame.set_index("term")["estimate"].to_dict()


def plain(data, drivers=("a", "b"), **options):
    return stats.drivers(data, "y", list(drivers), **({"bootstraps": 0} | options))


def ratings(n=200, seed=1, names="abc"):
    random = np.random.default_rng(seed)
    shared = random.normal(size=n)
    data = pd.DataFrame({name: shared + random.normal(size=n) for name in names})
    return data.assign(y=data[list(names)] @ np.arange(len(names), 0, -1) + 2 * random.normal(size=n))


@pytest.mark.parametrize("method", ["lmg", "last", "first", "betasq", "pratt", "genizi", "car"])
def test_measures_are_those_of_relaimpo(visits, method):
    told = parts(stats.drivers(visits, "csat", ASPECTS, method=method, bootstraps=0))
    assert told == pytest.approx(R[method], rel=1e-10)


@pytest.mark.reference
@pytest.mark.parametrize("method", ["lmg", "last", "first", "betasq", "pratt", "genizi", "car"])
def test_measures_of_swiss_fertility_are_those_of_relaimpo(published, method):
    read, table = published
    swiss, expected = table("swiss"), read("relaimpo_swiss")
    names = list(expected[method])
    swiss.columns = [name.replace("-", ".") for name in swiss.columns]
    told = stats.drivers(swiss, "Fertility", names, method=method, bootstraps=0)
    assert parts(told) == pytest.approx(expected[method], rel=1e-10)


def test_r2_shares_slopes_and_inflation_are_those_of_r(found):
    frame = found.frame.set_index("term").loc[ASPECTS]
    assert found.fit["estimate"].item() == pytest.approx(R["R2"], rel=1e-10)
    assert frame["share"].to_dict() == pytest.approx(R["lmg_rel"], rel=1e-10)
    assert frame["vif"].to_dict() == pytest.approx(R["vif"], rel=1e-10)
    assert frame["slope"].tolist() == pytest.approx([row[0] for row in R["lm"][".matrix"][1:]], rel=1e-10)


@pytest.mark.parametrize("method", ["lmg", "last", "first", "betasq", "pratt"])
def test_weighted_measures_are_those_of_relaimpo(complete, method):
    told = stats.drivers(complete, "csat", ASPECTS, method=method, weights="weight", bootstraps=0)
    assert parts(told) == pytest.approx(OURS[f"weighted_{method}"], rel=1e-10)


@pytest.mark.parametrize("method", ["lmg", "last", "first"])
def test_controls_come_first_as_in_relaimpo(complete, method):
    told = stats.drivers(complete, "csat", ["q1", "q2", "q3"], controls=["q4", "segment"], method=method, bootstraps=0)
    assert parts(told) == pytest.approx(OURS[f"always_{method}"], rel=1e-10)
    fit = told.fit.set_index("term")["estimate"]
    assert fit["r2"] == pytest.approx(OURS["always_r2"], rel=1e-10)
    assert fit["r2_drivers"] == pytest.approx(OURS["always_r2_decomp"], rel=1e-10)


@pytest.mark.parametrize("method", ["lmg", "last", "first"])
def test_groups_and_categories_are_single_drivers_as_in_relaimpo(complete, method):
    names = ["q1", "q2", "q3", "q4", "channel"]
    told = stats.drivers(complete, "csat", names, groups={"front": ["q1", "q2"]}, method=method, bootstraps=0)
    assert parts(told) == pytest.approx(OURS[f"groups_{method}"], rel=1e-10)


def test_the_hidden_outcome_is_that_of_rs_probit(complete):
    told = stats.drivers(complete, "csat", ASPECTS, ordinal=True, bootstraps=0)
    assert told.fit["estimate"].item() == pytest.approx(OURS["mckelvey_zavoina"], rel=1e-6)
    assert parts(told) == pytest.approx(dict(zip(ASPECTS, OURS["latent_lmg"], strict=True)), rel=1e-6)


def test_the_draws_spread_as_those_of_relaimpo(complete):
    told = stats.drivers(complete, "csat", ASPECTS, bootstraps=4000).analysis.draws.importance
    # 4,000 draws on both sides: their standard deviations agree to about 1.6 %
    np.testing.assert_allclose(told.std(axis=1), OURS["boot_sd"], rtol=0.05)
    np.testing.assert_allclose(told.mean(axis=1), OURS["boot_mean"], rtol=0.01)


def test_johnsons_relative_weights_are_genizis_measure(visits):
    johnson = stats.drivers(visits, "csat", ASPECTS, method="johnson", bootstraps=0)
    assert parts(johnson) == pytest.approx(R["genizi"], rel=1e-10)


@pytest.mark.parametrize("method", ["lmg", "pratt", "genizi", "car"])
def test_parts_add_up_to_r2(visits, method):
    told = stats.drivers(visits, "csat", ASPECTS, method=method, bootstraps=0)
    assert told.frame["estimate"].sum() == pytest.approx(told.fit["estimate"].item(), rel=1e-12)


def test_uncorrelated_drivers_have_their_squared_correlations():
    a, b, error = np.array([[1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1] * 2, [1, -1] * 4], dtype=float)
    told = plain(pd.DataFrame({"a": a, "b": b, "y": 2 * a + b + error}))
    assert parts(told) == pytest.approx({"a": 4 / 6, "b": 1 / 6}, rel=1e-12)


def test_two_drivers_share_by_the_formula_of_lindeman():
    data = ratings(names="ab")
    r = data.corr()
    whole = (r.y.a**2 + r.y.b**2 - 2 * r.y.a * r.y.b * r.a.b) / (1 - r.a.b**2)
    assert parts(plain(data))["a"] == pytest.approx((whole + r.y.a**2 - r.y.b**2) / 2, rel=1e-10)


def test_a_single_driver_has_all_of_r2():
    data = ratings(names="a")
    assert parts(plain(data, ["a"])) == pytest.approx({"a": data.corr().loc["a", "y"] ** 2}, rel=1e-12)


def test_the_frame_has_the_columns_of_an_estimate_first(found):
    assert tuple(found.frame.columns[: len(COLUMNS)]) == COLUMNS


def test_the_most_important_comes_first(found):
    assert found.frame["estimate"].is_monotonic_decreasing
    assert found.frame["rank"].tolist() == [1, 2, 3, 4, 5, 6]


def test_ties_are_mutual_and_leave_the_ranks_open(found):
    frame = found.frame.set_index("term")
    tied = {name: set(filter(None, text.split(", "))) for name, text in frame["tied_with"].items()}
    assert all(name in tied[other] for name in tied for other in tied[name])
    for name, row in frame.iterrows():
        assert row["rank_low"] <= row["rank"] <= row["rank_high"]
        assert row["rank_high"] - row["rank_low"] <= len(tied[name])


def test_drivers_apart_in_the_differences_are_not_tied(found):
    frame = found.frame.set_index("term")
    for row in found.differences.itertuples():
        apart = row.low > 0 or row.high < 0
        assert apart != (row.second in frame.loc[row.first, "tied_with"].split(", "))
        assert apart == (row.p_value < 0.05) or 0.03 < row.p_value < 0.07


def test_a_contrast_of_two_is_their_difference(found):
    row, pair = found.contrast({"q1": 1, "q2": -1}), found.differences.iloc[0]
    assert row["estimate"].item() == pytest.approx(pair["estimate"], rel=1e-12)
    assert row["std_error"].item() == pytest.approx(pair["std_error"], rel=1e-12)
    assert row["high"].item() - row["low"].item() < pair["high"] - pair["low"]


def test_errors_are_those_of_the_covariance(found):
    np.testing.assert_allclose(np.sqrt(np.diag(found.vcov)), found.frame["std_error"], rtol=1e-10)


def test_a_contrast_names_drivers(found):
    with pytest.raises(InvalidInput, match='"q7", which is no driver'):
        found.contrast({"q7": 1})


def test_a_driver_without_effect_may_have_no_share():
    random = np.random.default_rng(4)
    data = ratings(names="ab").assign(z=random.normal(size=200))
    row = stats.drivers(data, "y", ["a", "b", "z"], bootstraps=400).frame.set_index("term").loc["z"]
    assert row["low"] == 0 == row["share_low"]
    assert row["direction"] == "unclear"


def test_a_driver_that_works_downwards_is_told():
    data = ratings(names="ab")
    told = stats.drivers(data.assign(a=-data["a"]), "y", ["a", "b"], bootstraps=200).frame.set_index("term")
    assert told["direction"].to_dict() == {"a": "negative", "b": "positive"}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.permutations(list("abcd")), st.floats(0.01, 100), st.floats(-50, 50))
def test_order_and_units_do_not_matter(seed, order, factor, shift):
    data = ratings(60, seed, "abcd")
    moved = data.assign(a=factor * data["a"] + shift, y=factor * data["y"] - shift)
    assert parts(plain(moved, order)) == pytest.approx(parts(plain(data, "abcd")), rel=1e-8)


def test_numbers_far_from_zero_are_judged_by_their_spread():
    data = ratings()
    far = data.assign(a=data["a"].round(2) + 1e9)
    assert parts(plain(far)) == pytest.approx(parts(plain(data.assign(a=data["a"].round(2)))), rel=1e-5)


def test_weights_of_one_are_no_weights(complete):
    told = [
        stats.drivers(complete.assign(one=1.0), "csat", ASPECTS, weights=weights, bootstraps=200).frame
        for weights in (None, "one")
    ]
    pd.testing.assert_frame_equal(*told)


def test_doubled_weights_are_doubled_rows(complete):
    few = complete.head(80).assign(w=np.repeat([1.0, 2.0], 40))
    twice = pd.concat([few, few.tail(40)])
    assert parts(stats.drivers(few, "csat", ASPECTS, weights="w", bootstraps=0)) == pytest.approx(
        parts(stats.drivers(twice, "csat", ASPECTS, bootstraps=0)), rel=1e-10
    )


def test_the_same_seed_gives_the_same_intervals(complete):
    first, second, other = (
        stats.drivers(complete, "csat", ASPECTS, bootstraps=100, seed=seed).frame for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(first, second)
    assert (first["low"] != other["low"]).any()


def test_copies_of_a_respondent_tell_no_more_than_one():
    data = ratings(100).assign(person=range(100))
    copies = stats.Design(pd.concat([data] * 4), cluster="person")
    one, four = plain(data, "abc", bootstraps=2000), plain(copies, "abc", bootstraps=2000)
    assert parts(one) == pytest.approx(parts(four), rel=1e-10)
    # but for the factor √(n / (n − terms − 1)) and the noise of 2,000 draws
    np.testing.assert_allclose(four.frame["std_error"], one.frame["std_error"], rtol=0.08)
    assert four.frame["df"].iloc[0] == 99


def test_draws_vary_as_linearised_totals():
    data = ratings(120).assign(branch=np.arange(120) // 4, region=np.arange(120) // 40, w=1 + np.arange(120) % 3)
    data["size"] = 15
    design = stats.Design(data, weights="w", strata="region", cluster="branch", fpc="size")
    expected = design.mean(["a", "b"]).frame["std_error"].to_numpy()
    rated = plain(design, bootstraps=4000).analysis.draws.performance
    np.testing.assert_allclose(rated.std(axis=1), expected, rtol=0.05)


def test_draws_of_replicate_weights_vary_as_the_replicates():
    data = ratings(120).assign(branch=np.arange(120) // 4)
    design = stats.Design(data, cluster="branch").replicates("jk1")
    expected = design.mean(["a", "b"]).frame["std_error"].to_numpy()
    rated = plain(design, bootstraps=4000).analysis.draws.performance
    np.testing.assert_allclose(rated.std(axis=1), expected, rtol=0.05)


def test_a_subpopulation_has_the_shares_of_its_rows(visits):
    design = stats.Design(visits, strata="region", cluster="branch")
    app = (visits["channel"] == "app").to_numpy()
    told = stats.drivers(design.subpopulation(app), "csat", ASPECTS, bootstraps=0)
    assert parts(told) == pytest.approx(parts(stats.drivers(visits[app], "csat", ASPECTS, bootstraps=0)), rel=1e-10)


def test_rows_left_out_are_told(found, visits):
    assert found.left_out == pytest.approx(1 - R["n"] / len(visits))
    assert set(found.frame["note"]) == {Note.ROWS_LEFT_OUT.value}
    assert found.frame["n"].unique().tolist() == [R["n"]]


def test_pairs_use_every_answer(visits):
    told = stats.drivers(visits, "csat", ASPECTS, missing="pairwise", bootstraps=0)
    r = visits[[*ASPECTS, "csat"]].corr()
    whole = r["csat"][ASPECTS] @ np.linalg.solve(r.loc[ASPECTS, ASPECTS], r["csat"][ASPECTS])
    assert told.fit["estimate"].item() == pytest.approx(whole, rel=1e-10)
    assert told.left_out == 0
    assert told.frame["n"].iloc[0] == min(visits[name].notna().sum() for name in ASPECTS)


def test_pairs_of_complete_answers_are_complete_rows(complete):
    told = [
        stats.drivers(complete, "csat", ASPECTS, missing=one, bootstraps=100).frame for one in ("pairwise", "complete")
    ]
    np.testing.assert_allclose(told[0]["high"], told[1]["high"], rtol=1e-9)


def test_pairs_that_contradict_each_other_are_refused():
    a = np.array([1, 2, 3, 4] * 3, dtype=float)
    none = [np.nan] * 4
    data = pd.DataFrame(
        {"a": [*a[:8], *none], "b": [*a[:4], *none, *a[:4]], "c": [*none, *a[:4], *a[:4][::-1]], "y": a}
    )
    data = data.assign(y=[1.0, 2, 4, 3, 2, 1, 4, 3, 1, 3, 2, 4])
    with pytest.raises(InvalidInput, match="contradict each other"):
        plain(data, "abc", missing="pairwise")


def test_a_driver_with_few_answers_is_refused_in_pairs():
    data = ratings()
    data.loc[4:, "c"] = np.nan
    with pytest.raises(InvalidInput, match='"c" shares only 4 answers with the outcome'):
        plain(data, "abc", missing="pairwise")


def test_few_answers_are_noted():
    told = plain(ratings(4), "a", bootstraps=100)
    assert told.frame["note"].item() == Note.TOO_FEW


def test_few_clusters_have_shares_without_intervals():
    data = ratings().assign(branch=1)
    told = plain(stats.Design(data, cluster="branch", lonely="remove"), bootstraps=200)
    assert told.frame["low"].isna().all()
    assert set(told.frame["note"]) == {NO_DEGREES}


def test_volunteers_are_told():
    told = plain(stats.Design(ratings(), source="opt-in"), bootstraps=100)
    assert set(told.frame["note"]) == {OPT_IN}


def test_no_draws_no_intervals():
    told = plain(ratings(), "abc")
    assert told.frame[["low", "high", "share_low", "slope_low", "rank_low"]].isna().all(axis=None)
    assert set(told.frame["note"]) == {DriverNote.NO_DRAWS.value}
    assert told.contrast({"a": 1})["low"].isna().all()


def test_strong_overlap_is_noted():
    data = ratings(names="ab")
    data["twin"] = data["a"] + 0.1 * np.random.default_rng(2).normal(size=200)
    told = plain(data, ["a", "b", "twin"], bootstraps=100).frame.set_index("term")
    assert told["note"].to_dict() == {"a": DriverNote.COLLINEAR, "b": "", "twin": DriverNote.COLLINEAR}
    assert told.loc["twin", "vif"] > 10


def test_drivers_of_several_columns_have_no_single_slope():
    data = ratings().assign(channel=["app", "web", "branch", "phone"] * 50)
    told = plain(data, ["a", "b", "c", "channel"], groups={"both": ["a", "b"]}, bootstraps=100).frame.set_index("term")
    assert told["note"].to_dict() == {"both": DriverNote.GROUP, "c": "", "channel": DriverNote.CATEGORIES}
    assert told["slope"].isna().to_dict() == {"both": True, "c": False, "channel": True}
    assert told.loc["both", "performance"] == pytest.approx(data[["a", "b"]].mean().mean(), rel=1e-10)


@pytest.mark.parametrize(
    ("change", "options", "match"),
    [
        ({}, {"drivers": ["a", "d"]}, 'no column "d"'),
        ({}, {"drivers": ["a", "a"]}, 'driver "a" is named twice'),
        ({}, {"drivers": []}, "at least one driver"),
        ({}, {"drivers": ["a", "y"]}, '"y" cannot be its own driver'),
        ({}, {"controls": ["y"]}, '"y" cannot be its own driver'),
        ({"a": 3.0}, {}, 'column "a" has the same value'),
        ({"y": 3.0}, {}, '"y" has the same value in all complete rows'),
        ({"y": np.nan}, {}, "cannot be told from 0 complete rows"),
        ({"y": "good"}, {}, 'column "y" holds'),
        ({"a": "one"}, {}, '"a" has a single category'),
        ({"c": lambda data: data["a"] + data["b"]}, {"drivers": ["a", "b", "c"]}, '"c" follows exactly from a, b'),
        ({}, {"method": "shap"}, 'method is "shap"'),
        ({}, {"missing": "listwise"}, 'missing is "listwise"'),
        ({}, {"bootstraps": 10}, "bootstraps is 10"),
        ({}, {"orders": 5}, "orders is 5"),
        ({}, {"level": 95}, "level is 95"),
        ({}, {"groups": {"g": ["a", "z"]}}, 'holds "z", which is no driver'),
        ({}, {"groups": {"g": ["a"], "h": ["a", "b"]}}, '"a" is in two groups'),
        ({}, {"groups": {"b": ["a"]}}, "named like another driver"),
        ({}, {"groups": {"g": ["a", "b"]}, "method": "betasq"}, 'betasq takes drivers of one column each, and "g"'),
        ({}, {"ordinal": True, "missing": "pairwise"}, "needs complete rows"),
        ({}, {"ordinal": True}, "too many for ordered categories"),
        ({"w": 0.0}, {"weights": "w"}, 'weights in "w" are missing, zero or negative'),
        ({"w": np.nan}, {"weights": "w"}, 'weights in "w" are missing, zero or negative'),
        ({"a": np.inf}, {}, '"a" holds an infinite number'),
        ({"a": lambda data: 1e200 * data["a"]}, {}, '"a" holds numbers beyond 1e50'),
        ({"a": lambda data: 1e-200 * data["a"]}, {}, "differ by less than 1e-50"),
        ({"a": np.nan}, {"missing": "pairwise"}, '"a" has the same value in all its answers, or none'),
    ],
)
def test_bad_input_is_named_with_the_mend(change, options, match):
    with pytest.raises(InvalidInput, match=match):
        plain(ratings().assign(**change), **options)


def test_two_hundred_drivers_on_fifty_rows_are_refused():
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 201)), columns=[f"x{one}" for one in range(201)])
    with pytest.raises(InvalidInput, match="201 terms cannot be told from 50 complete rows"):
        stats.drivers(data, "x0", list(data.columns[1:]))


def test_a_single_respondent_is_refused():
    with pytest.raises(InvalidInput, match="cannot be told from 1 complete rows"):
        plain(ratings(1))


def test_no_frame_is_refused():
    with pytest.raises(InvalidInput, match="A pandas frame is needed"):
        plain([1, 2, 3])


def test_a_category_that_nobody_chose_is_no_term():
    data = ratings().assign(channel=pd.Categorical(["app", "web"] * 100, ["app", "web", "phone"]))
    assert parts(plain(data, ["a", "channel"])).keys() == {"a", "channel"}


def test_a_rare_category_may_be_absent_from_draws():
    data = ratings(60).assign(channel=["phone", *["app", "web"] * 29, "app"])
    told = plain(data, ["a", "channel"], bootstraps=200).frame
    assert told["low"].notna().all()
