import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.quality.duplicates import normalised, poisson_tail
from svclib.stats.quality.scenarios import CHOICES, RATINGS, bank

ITEMS = ["a", "b", "c", "d", "e"]


def sheets(*rows, **columns):
    return pd.DataFrame([list(row) for row in rows], columns=ITEMS, dtype=float).assign(**columns)


def test_equal_sheets_find_each_other():
    found = stats.duplicates(sheets("12345", "54321", "12345", "12344"), ITEMS).frame
    assert found["same"].tolist() == [1, 0, 1, 0]
    assert found["twin"].tolist()[0] == 2
    assert found["match"].tolist() == pytest.approx([1, 0.2, 1, 0.8])


def test_sheets_of_one_mark_are_left_to_other_indices():
    found = stats.duplicates(sheets("55555", "55555", "12345", "54321"), ITEMS)
    assert found.flags["same_answers"].isna().tolist() == [True, True, False, False]


def test_sheets_are_compared_within_their_unit():
    data = sheets("12345", "12345", "12345", "54213", unit=list("xyxy"))
    assert stats.duplicates(data, ITEMS, by="unit").frame["same"].tolist() == [1, 0, 1, 0]


def test_what_is_common_elsewhere_is_no_duplicate():
    generator = np.random.default_rng(1)
    common = [generator.permutation(list("54554")) for _row in range(200)]
    odd = ["12413", "12413", "12413"]
    data = sheets(*common, *odd, unit=[f"u{n % 20}" for n in range(200)] + ["u0"] * 3)
    flags = stats.duplicates(data, ITEMS, by="unit").flags["same_answers"]
    assert flags[200:].all()
    assert flags[:200].mean() < 0.05


def test_honest_sheets_are_flagged_at_about_the_rate():
    shares = [stats.duplicates(bank(units=20, answers=60, seed=run), [*RATINGS, *CHOICES], by="branch")
              .flags["same_answers"].mean() for run in range(6)]  # fmt: skip
    assert np.mean(shares) <= 0.015


def test_copied_sheets_are_found():
    data = bank(units=20, answers=100, cheats=2, share=0.4, variations=1, seed=5)
    flags = stats.duplicates(data, [*RATINGS, *CHOICES], by="branch").flags["same_answers"]
    assert flags[data["made_up"]].mean() > 0.5


def test_texts_are_compared_without_case_and_punctuation():
    data = sheets("12345", "54321", "11223", text=["Very good service!", "very good, SERVICE", "fine"])
    found = stats.duplicates(data, ITEMS, texts="text")
    assert found.frame["same_text"].tolist() == [1, 1, 0]
    assert found.flags["same_text"].tolist() == [True, True, pd.NA]


@pytest.mark.parametrize(
    ("text", "plain"), [("服务　很好！", "服务很好"), ("ＯＫ, thanks_", "okthanks"), ("...", ""), ("Straße", "strasse")]
)
def test_normalised_texts(text, plain):
    assert normalised(text) == plain


def test_the_first_sheet_of_a_person_is_no_resubmission():
    data = sheets(
        "12345", "54321", "11223", who=["p", "p", None], day=pd.to_datetime(["2025-02-02", "2025-02-01", None])
    )
    found = stats.duplicates(data, ITEMS, person="who", at="day")
    assert found.flags["resubmitted"].tolist() == [True, False, pd.NA]


def test_the_chance_of_so_many_twins_is_poissons():
    assert poisson_tail(np.array([1.0, 2.0, 0.0]), np.full(3, 0.5)).tolist() == pytest.approx(
        [1 - np.exp(-0.5), 1 - 1.5 * np.exp(-0.5), 1]
    )


def test_sheets_with_hardly_an_answer_are_not_compared():
    data = sheets("12345", "12345")
    data.iloc[1, 1:] = np.nan
    assert stats.duplicates(data, ITEMS).flags["same_answers"].isna().all()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"least": 0}, "least is 0"),
        ({"texts": "words"}, 'no column "words"'),
        ({"person": "who"}, 'no column "who"'),
        ({"by": "unit"}, 'no column "unit"'),
        ({"rate": 0.9}, "rate is 0.9"),
    ],
)
def test_what_cannot_be_is_named_with_the_mend(options, match):
    with pytest.raises(InvalidInput, match=match):
        stats.duplicates(sheets("12345", "54321"), ITEMS, **options)


def test_no_rows_and_one_row_give_no_duplicates():
    assert stats.duplicates(sheets("12345"), ITEMS).flags["same_answers"].isna().all()
    assert stats.duplicates(sheets("12345").iloc[:0], ITEMS).frame.empty


def devices(counts):
    return pd.DataFrame({"client": np.repeat([f"c{n}" for n in range(len(counts))], counts)})


def test_a_device_that_answers_all_the_time_is_found():
    counts = np.random.default_rng(1).geometric(0.85, 600)
    counts[0] = 25
    found = stats.shared_devices(devices(counts), "client")
    assert found.frame.loc[0, ["device", "n"]].tolist() == ["c0", 25]
    assert found.frame["flagged"].sum() == 1
    assert found.flags["shared_device"].sum() == 25


def test_honest_devices_that_differ_are_hardly_ever_flagged():
    generator = np.random.default_rng(2)
    alarms = []
    for _run in range(60):
        counts = generator.geometric(1 - generator.beta(1, 9, 1500))
        alarms.append(stats.shared_devices(devices(counts), "client").frame["flagged"].any())
    assert np.mean(alarms) <= 0.1


def test_a_kiosk_is_listed_and_never_flagged():
    counts = np.random.default_rng(1).geometric(0.85, 600)
    counts[0] = 25
    found = stats.shared_devices(devices(counts), "client", kiosks=["c0"])
    assert found.frame.loc[0, "kiosk"]
    assert not found.frame["flagged"].fillna(False).any()
    assert found.flags["shared_device"].isna().sum() == 25


def test_a_window_counts_only_uses_that_are_near_each_other():
    days = pd.to_datetime(["2025-01-01", "2025-01-02", "2025-01-03", "2025-03-01"])
    data = pd.DataFrame({"client": "x", "day": days, "branch": list("aabb")})
    row = stats.shared_devices(data, "client", at="day", window=3, by="branch").frame.iloc[0]
    assert row[["n", "most", "units"]].tolist() == [4, 3, 2]
    assert (row["first"], row["last"]) == (days[0], days[3])


def test_unknown_devices_are_not_told():
    data = pd.DataFrame({"client": ["x", "x", None]})
    assert stats.shared_devices(data, "client").flags["shared_device"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("data", "options", "match"),
    [
        ({"client": [None, None]}, {}, "names no device at all"),
        ({"other": [1]}, {}, 'no column "client"'),
        ({"client": ["x"]}, {"window": 3}, "A window needs at"),
    ],
)
def test_devices_that_cannot_be_are_named_with_the_mend(data, options, match):
    with pytest.raises(InvalidInput, match=match):
        stats.shared_devices(pd.DataFrame(data), "client", **options)
