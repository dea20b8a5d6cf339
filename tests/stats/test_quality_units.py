import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.compare.adjustment import adjusted
from svclib.stats.quality import moments, units
from svclib.stats.quality.scenarios import CHOICES, RATINGS, bank
from svclib.stats.quality.similarity import Sheets, matches, packed
from svclib.stats.quality.units import UnitNote, outlying

ITEMS = [*RATINGS, *CHOICES]


@pytest.fixture(scope="module")
def small():
    return bank(units=3, answers=10, seed=1)


def look(data, **options):
    return stats.fabrication(data, ITEMS, by="branch", at="day", comments="comment", **options)


@pytest.fixture(scope="module")
def cheating():
    return bank(units=20, answers=90, cheats=2, share=0.5, seed=21)


@pytest.fixture(scope="module")
def found(cheating):
    return look(cheating)


def test_units_that_differ_honestly_are_flagged_at_the_stated_rate():
    generator = np.random.default_rng(1)
    alarms = []
    for run in range(120):
        error = np.exp(generator.normal(0, 0.4, 25))
        values = generator.normal(0, np.sqrt(error**2 + 1))
        alarms.append((adjusted(outlying(values, error, seed=run).p_value, "holm") < 0.05).any())
    # 120 banks: a share of 0.05 has a standard error of 0.02
    assert np.mean(alarms) <= 0.1


def test_overdispersion_is_estimated_and_not_taken_from_a_few_strange_units():
    generator = np.random.default_rng(2)
    error = np.full(400, 0.5)
    values = generator.normal(0, np.sqrt(0.25 + 0.64), 400)
    assert outlying(values, error, seed=1).between == pytest.approx(0.8, abs=0.1)
    values[:20] += 6
    assert outlying(values, error, seed=1).between == pytest.approx(0.8, abs=0.2)


def test_without_overdispersion_the_spread_between_units_is_0():
    generator = np.random.default_rng(4)
    found = [outlying(generator.normal(0, 1, 60), np.ones(60), seed=1).between for _run in range(20)]
    assert np.median(found) < 0.3


def test_deviations_do_not_change_with_the_scale():
    generator = np.random.default_rng(5)
    values, error = generator.normal(size=20), np.full(20, 0.4)
    plain, scaled = outlying(values, error, seed=1), outlying(10 * values + 3, 10 * error, seed=1)
    np.testing.assert_allclose(scaled.z, plain.z, rtol=1e-6)


def test_a_covariate_takes_out_what_honest_units_depend_on():
    generator = np.random.default_rng(6)
    level = generator.normal(size=60)
    values = 2 * level + 0.3 * generator.normal(size=60)
    found = outlying(values, np.full(60, 0.2), level, seed=1)
    assert found.between < 0.4
    assert abs(np.corrcoef(found.z, level)[0, 1]) < 0.25


def test_among_few_units_nothing_is_told():
    assert np.isnan(outlying(np.arange(7.0), np.ones(7), seed=1).p_value).all()


def test_cheating_branches_are_found_and_honest_ones_left_alone(found):
    flagged = set(found.units.loc[found.units["flagged"] > 0, "branch"])
    assert flagged == {"b01", "b02"}
    assert "month_end" in found.units.iloc[0]["signs"]


def test_the_responses_that_carry_a_sign_are_named(cheating, found):
    made_up = cheating["made_up"].to_numpy()
    assert found.responses.loc[made_up, "month_end"].all()
    assert found.responses.loc[made_up, "similar"].mean() > 5 * found.responses.loc[~made_up, "similar"].mean()


def test_expected_shares_are_those_of_the_other_units(found):
    ends = found.frame[(found.frame["sign"] == "month_end") & ~found.frame["branch"].isin(["b01", "b02"])]
    assert ends["expected"].mean() == pytest.approx(ends["observed"].mean(), abs=0.02)
    spread = found.frame[found.frame["sign"] == "spread"]
    assert spread["expected"].mean() == pytest.approx(spread["observed"].mean(), abs=0.03)


def test_an_honest_bank_is_hardly_ever_flagged():
    alarms = [(look(bank(units=15, answers=50, seed=500 + run), seed=run).units["flagged"] > 0).any()
              for run in range(5)]  # fmt: skip
    # at 0.05 two alarms or more in five banks have a chance of 0.02
    assert sum(alarms) <= 1


def test_without_moments_and_texts_the_other_signs_are_told(cheating):
    signs = set(stats.fabrication(cheating, ITEMS, by="branch").frame["sign"])
    assert signs == {"similar", "spread", "extremes", "perfect", "omitted", "together"}


def test_dates_show_no_hours_and_say_so(cheating, found):
    assert found.dates_only
    assert "rapid" not in set(found.frame["sign"])


def test_hours_show_sheets_minutes_apart_and_closed_branches():
    data = bank(units=15, answers=80, cheats=1, share=0.5, hours=True, seed=8)
    found = look(data, hours=(9, 17))
    signs = found.frame[found.frame["branch"] == "b01"].set_index("sign")
    assert not found.dates_only
    assert signs.loc["closed", "flagged"]
    assert signs.loc["rapid", "observed"] > 2 * signs.loc["rapid", "expected"]


def test_small_units_are_not_judged_but_listed():
    data = pd.concat([bank(units=10, answers=80, seed=3), bank(units=1, answers=8, seed=4).assign(branch="tiny")])
    found = look(data.reset_index(drop=True))
    row = found.units.set_index("branch").loc["tiny"]
    assert (row["note"], row["flagged"]) == (UnitNote.FEW_ANSWERS, 0)
    assert found.frame.loc[found.frame["branch"] == "tiny", "flagged"].isna().all()


def test_few_units_get_the_reason():
    found = look(bank(units=4, answers=60, seed=3))
    assert set(found.units["note"]) == {UnitNote.FEW_UNITS}


def test_rows_of_no_unit_are_left_out(cheating, found):
    lost = pd.concat([cheating, cheating.head(30).assign(branch=None)], ignore_index=True)
    again = look(lost)
    assert again.responses.iloc[-30:].isna().all().all()
    assert again.frame.loc[:, ["branch", "observed"]].equals(found.frame.loc[:, ["branch", "observed"]])


def test_the_order_of_rows_does_not_matter(cheating, found):
    again = look(cheating.sample(frac=1, random_state=1)).frame
    # what all signs come to together follows from simulations, which meet the rows in another order
    one, other = (frame.loc[frame["sign"] != "together", "observed"] for frame in (again, found.frame))
    np.testing.assert_allclose(one, other, rtol=1e-9)


def test_units_of_two_columns():
    data = bank(units=10, answers=60, seed=3)
    data["area"] = np.where(data["branch"] < "b06", "east", "west")
    found = stats.fabrication(data, ITEMS, by=["area", "branch"])
    assert list(found.units.columns[:2]) == ["area", "branch"]
    assert len(found.units) == 10


def test_bursts_name_the_days_of_the_busiest_window():
    data = bank(units=12, answers=60, seed=2)
    extra = data[data["branch"] == "b03"].head(30).assign(day=pd.Timestamp("2025-05-14"))
    found = stats.bursts(pd.concat([data, extra], ignore_index=True), "day", by="branch")
    row = found[(found["branch"] == "b03") & (found["sign"] == "burst")].iloc[0]
    assert row["flagged"]
    assert row["start"] <= pd.Timestamp("2025-05-14") <= row["end"]
    assert row["observed"] >= 30 > 5 * row["expected"]


def test_a_window_of_all_answers_has_no_likelihood_ratio_against_it():
    counts = np.array([[0.0, 4, 0, 0]])
    start, best = moments._best(counts, np.full((1, 4), 0.25), 1)
    assert start.tolist() == [1]
    assert best[0] == pytest.approx(4 * np.log(4))


def test_pairs_minutes_apart_are_counted_within_the_day_and_the_unit():
    minute = np.array([600.0, 605, 620, 1440 + 2, 1439])
    close, _expected = moments.pairs_within(minute, np.zeros(5, dtype=int), 1, 10)
    assert close.tolist() == [1]
    near = moments.close_to_another(minute, np.array([0, 0, 0, 0, 1]), 10)
    assert near.tolist() == [True, True, False, False, False]


def test_moments_are_read_in_the_zone_of_the_column():
    late = pd.Series(pd.to_datetime(["2025-01-31 17:00", "2025-01-31 15:00"])).dt.tz_localize("UTC")
    read = moments.read_moments(pd.DataFrame({"at": late.dt.tz_convert("Asia/Shanghai")}), "at")
    assert read.to_end.tolist() == [27, 0]
    assert not read.dates_only


def test_a_match_counts_the_answers_that_both_gave():
    codes = np.array([[0, 1, 2, -1], [0, 1, 0, 3]])
    assert matches(packed(codes), packed(codes))[0, 1] == pytest.approx(2 / 3)


def test_of_sheets_that_share_few_questions_no_match_is_told():
    codes = np.array([[0, 1, -1, -1, -1], [0, 1, 2, 3, 4]])
    assert matches(packed(codes), packed(codes))[0, 1] == 0


def test_the_nearest_sheet_is_one_of_the_own_unit():
    codes = np.array([[0, 0, 0], [0, 0, 1], [0, 0, 0], [1, 1, 1]])
    nearest = Sheets(packed(codes)).nearest(np.arange(4), np.array([0, 0, 1, 1]))
    assert nearest.tolist() == pytest.approx([2 / 3, 2 / 3, 0, 0])


def test_honest_units_bunch_by_the_variance_of_the_days():
    generator = np.random.default_rng(3)
    multiplier = generator.gamma(2, 0.5, size=(200, 300))
    counts = generator.poisson(multiplier).astype(float)
    expected = counts.sum(axis=1, keepdims=True) * moments._others_pattern(counts)
    assert moments._clumping(counts, expected) == pytest.approx(0.5, abs=0.05)


def test_the_spread_of_clipped_normal_variables_is_known():
    clipped = np.clip(np.random.default_rng(1).normal(size=400_000), -units.CLIP, units.CLIP)
    assert units._clipped_variance() == pytest.approx(np.mean(clipped**2), rel=0.01)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"by": "brunch"}, 'no column "brunch"'),
        ({"by": []}, "by names no column"),
        ({"items": ["q1", "purpose"]}, "Only 1 of the items are ratings"),
        ({"items": ["q1"]}, "1 items are named"),
        ({"at": "q1"}, '"q1" holds no dates'),
        ({"at": "comment"}, '"comment" holds no dates'),
        ({"comments": "remarks"}, 'no column "remarks"'),
        ({"device": "client"}, 'no column "client"'),
        ({"last_days": 0}, "last_days is 0"),
        ({"window": 400}, "window is 400"),
        ({"minutes": 0}, "minutes is 0"),
        ({"hours": (17, 9)}, "hours must be"),
        ({"closed_days": [9]}, "closed_days"),
        ({"rate": 2}, "rate is 2"),
        ({"adjust": "mine"}, 'adjust is "mine"'),
    ],
)
def test_what_cannot_be_is_named_with_the_mend(small, options, match):
    given = {"items": ITEMS, "by": "branch", "at": "day", **options}
    with pytest.raises(InvalidInput, match=match):
        stats.fabrication(small, given.pop("items"), **given)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"branch": None}, '"branch" names no unit'),
        ({"q1": np.nan}, '"q1" was answered by nobody'),
        ({"day": pd.NaT}, '"day" holds no date at all'),
    ],
)
def test_empty_columns_are_named_with_the_mend(small, change, match):
    with pytest.raises(InvalidInput, match=match):
        look(small.assign(**change))


def test_a_unit_column_named_like_one_of_the_result_is_refused(small):
    with pytest.raises(InvalidInput, match='"sign" cannot be grouped by'):
        stats.fabrication(small.rename(columns={"branch": "sign"}), ITEMS, by="sign")


def test_lists_cannot_be_units(small):
    with pytest.raises(InvalidInput, match='"purpose" holds lists'):
        stats.fabrication(small.assign(purpose=[["a"]] * len(small)), ITEMS, by="purpose")


def test_equal_answers_everywhere_are_no_sign():
    data = pd.DataFrame({"branch": np.repeat([f"b{n}" for n in range(10)], 30), "q1": 5.0, "q2": 5.0})
    found = stats.fabrication(data, ["q1", "q2"], by="branch")
    assert not found.frame["flagged"].fillna(False).any()
    assert found.frame.loc[found.frame["flagged"].isna(), "note"].ne("").all()
