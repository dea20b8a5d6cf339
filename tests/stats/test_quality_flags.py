import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.quality import comparing
from svclib.stats.quality.flags import REASONS
from svclib.stats.quality.scenarios import CHOICES, RATINGS, bank


@pytest.fixture(scope="module")
def cheating():
    return bank(units=15, answers=100, cheats=1, share=0.5, seed=3)


@pytest.fixture(scope="module")
def flags(cheating):
    ratings = list(RATINGS)
    return stats.quality_flags(
        cheating,
        stats.careless(cheating, ratings, draws=2000),
        stats.duplicates(cheating, [*ratings, *CHOICES], by="branch"),
        stats.fabrication(cheating, [*ratings, *CHOICES], by="branch", at="day", comments="comment"),
    )


def test_every_response_keeps_its_row(cheating, flags):
    assert flags.index.equals(cheating.index)


def test_flags_are_counted_and_named(flags):
    names = [name for name in flags.columns if name not in ("n_flags", "told", "flagged", "reasons")]
    assert (flags[names].fillna(False).sum(axis=1) == flags["n_flags"]).all()
    assert (flags["reasons"].str.split("; ").map(lambda parts: len([p for p in parts if p])) == flags["n_flags"]).all()


def test_only_responses_that_carry_the_sign_of_a_flagged_unit_are_flagged(cheating, flags):
    marked = flags["unit_month_end"].fillna(False)
    assert set(cheating.loc[marked, "branch"]) == {"b01"}
    assert marked[cheating["made_up"]].all()


def test_more_flags_can_be_asked_for(cheating):
    given = {
        "longstring": [True] * len(cheating),
        "speed": [True, False] * (len(cheating) // 2) + [False] * (len(cheating) % 2),
    }
    one, two = (stats.quality_flags(cheating, given, at_least=least)["flagged"].sum() for least in (1, 2))
    assert (one, two) == (len(cheating), len(cheating) // 2)


def test_what_is_not_told_is_missing_and_does_not_count():
    data = pd.DataFrame({"a": [1, 2]})
    found = stats.quality_flags(data, {"speed": pd.array([None, True], dtype="boolean")})
    assert found["told"].tolist() == [0, 1]
    assert found["reasons"].tolist() == ["", REASONS["speed"]]


@pytest.mark.parametrize(
    ("parts", "options", "match"),
    [
        ([], {}, "nothing to flag by"),
        ([{"a": [True]}], {}, "another number of rows"),
        ([{"a": np.array(["x", "y"])}], {}, "no column of yes and no"),
        ([{"a": [True, False]}, {"a": [True, True]}], {}, '"a" comes twice'),
        ([{"told": [True, False]}], {}, '"told" comes twice or has a name'),
        ([pd.DataFrame({"a": [True, False]}, index=[5, 6])], {}, "other rows"),
        ([7], {}, "not int"),
        ([{"a": [True, False]}], {"at_least": 3}, "at_least is 3"),
    ],
)
def test_flags_that_cannot_be_are_named_with_the_mend(parts, options, match):
    with pytest.raises(InvalidInput, match=match):
        stats.quality_flags(pd.DataFrame({"x": [1, 2]}), *parts, **options)


def visits(rows=400, flagged=0.1, seed=1):
    generator = np.random.default_rng(seed)
    mark = generator.random(rows) < flagged
    overall = np.where(mark, 5, generator.choice([1, 2, 3, 4, 5], rows, p=[0.05, 0.1, 0.2, 0.35, 0.3])).astype(float)
    data = pd.DataFrame(
        {"overall": overall, "recommend": np.clip(overall * 2 + generator.integers(-1, 2, rows), 0, 10)}
    )
    data["effort"] = np.clip(overall + generator.integers(0, 3, rows), 1, 7)
    data["branch"] = np.where(np.arange(rows) % 2, "east", "west")
    return data.assign(flag=mark)


def test_headlines_with_and_without_are_those_of_their_verbs():
    data = visits()
    rows = stats.with_and_without(data, "flag", csat="overall", nps="recommend", ces="effort", mean="overall")
    kept = data[~data["flag"]]
    for name, verb, column in (
        ("csat", stats.csat, "overall"), ("nps", stats.nps, "recommend"), ("ces", stats.ces, "effort"),
        ("mean", stats.mean, "overall"),
    ):  # fmt: skip
        block = rows[rows["measure"] == name].set_index("rows")
        for part, frame in (("all", data), ("without", kept)):
            whole = verb(frame, column)
            whole = (whole.frame if hasattr(whole, "frame") else whole).iloc[0]
            told = [*block.loc[part, ["estimate", "low", "high", "n"]]]
            assert told == pytest.approx([whole["estimate"], whole["low"], whole["high"], whole["n"]])
        apart = block.loc["without", "estimate"] - block.loc["all", "estimate"]
        assert block.loc["difference", "estimate"] == pytest.approx(apart)
        assert block.loc["difference", "low"] < apart < block.loc["difference", "high"]


def test_the_frame_has_the_columns_of_an_estimate():
    rows = stats.with_and_without(visits(), "flag", csat="overall", by="branch")
    assert list(rows.columns) == ["branch", "measure", "rows", *COLUMNS]
    assert rows["rows"].tolist() == ["all", "without", "difference"] * 2


def test_a_difference_has_an_interval_when_all_flagged_answers_are_alike():
    row = stats.with_and_without(visits(), "flag", mean="overall").iloc[2]
    assert np.isfinite([row["low"], row["high"]]).all()
    assert row["n"] == visits()["flag"].sum()


def test_with_nothing_flagged_the_headline_stays():
    row = stats.with_and_without(visits(), np.zeros(400, dtype=bool), csat="overall").iloc[2]
    assert row[["estimate", "low", "high"]].tolist() == [0, 0, 0]
    assert row["note"] == comparing.NONE_FLAGGED


def test_with_everything_flagged_nothing_is_left():
    rows = stats.with_and_without(visits(), np.ones(400, dtype=bool), csat="overall")
    assert rows["note"].tolist()[1:] == [Note.NO_ANSWERS, comparing.ALL_FLAGGED]


def test_a_single_flagged_mean_has_no_interval():
    rows = stats.with_and_without(visits(), np.arange(400) == 0, mean="overall")
    assert rows["note"].tolist()[2] == comparing.ONE_FLAGGED


def test_the_linearised_difference_of_a_simple_sample_is_the_textbooks():
    data = visits(300)
    row = stats.with_and_without(stats.Design(data), "flag", mean="overall").iloc[2]
    values, keep = data["overall"].to_numpy(), ~data["flag"].to_numpy()
    left = np.where(keep, (values - values[keep].mean()) / keep.sum(), 0) - (values - values.mean()) / len(values)
    error = np.sqrt(len(values) / (len(values) - 1) * ((left - left.mean()) ** 2).sum())
    assert row["std_error"] == pytest.approx(error, rel=1e-10)


def test_weights_of_1_leave_the_difference_as_it_is():
    data = visits().assign(one=1.0)
    plain = stats.with_and_without(data, "flag", nps="recommend")
    weighted = stats.with_and_without(data, "flag", nps="recommend", weights="one")
    assert weighted["estimate"].tolist() == pytest.approx(plain["estimate"].tolist())
    assert weighted["std_error"].tolist()[2] == pytest.approx(plain["std_error"].tolist()[2], rel=0.05)


def test_an_estimate_of_ones_own_is_told_with_the_jackknife():
    data = visits(600)
    rows = stats.with_and_without(
        data, "flag", mean="overall", estimate={"mine": lambda frame: frame["overall"].mean()}
    )
    mine, theirs = rows[rows["measure"] == "own"], rows[rows["measure"] == "mean"]
    assert mine["estimate"].tolist() == pytest.approx(theirs["estimate"].tolist())
    assert mine["std_error"].tolist() == pytest.approx(theirs["std_error"].tolist(), rel=0.3)


@pytest.mark.parametrize(
    ("flagged", "options", "match"),
    [
        ([True] * 3, {"csat": "overall"}, "one yes or no for each of the 400 rows"),
        (["x"] * 400, {"csat": "overall"}, "one yes or no"),
        ("flags", {"csat": "overall"}, 'no column "flags"'),
        (pd.Series([True] * 400, index=range(1, 401)), {"csat": "overall"}, "other rows"),
        ("flag", {}, "Name what to estimate"),
        ("flag", {"csat": "happy"}, 'no column "happy"'),
        ("flag", {"csat": "recommend"}, "outside the scale"),
        ("flag", {"estimate": {"mine": 3}}, '"mine" is no function'),
        ("flag", {"estimate": {"mine": lambda frame: frame}}, '"mine" gives no single number'),
        ("flag", {"csat": "overall", "by": "place"}, 'no column "place"'),
    ],
)
def test_what_cannot_be_is_named_with_the_mend(flagged, options, match):
    with pytest.raises(InvalidInput, match=match):
        stats.with_and_without(visits(), flagged, **options)


def test_missing_flags_count_as_no():
    flag = pd.array([True] + [None] * 399, dtype="boolean")
    assert stats.with_and_without(visits(), flag, csat="overall").iloc[1]["n"] == 399
