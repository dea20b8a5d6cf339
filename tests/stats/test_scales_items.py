import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import Note
from svclib.stats.scales.items import SINGULAR

Q = [f"q{i}" for i in range(1, 7)]
TOPICS = json.loads((Path(__file__).parent / "reference" / "scales.json").read_text(encoding="utf-8"))["topics"]
R = TOPICS["reliability"]["values"]
COLUMNS = {
    "n": "n",
    "item_total": "raw.r",
    "item_total_standard": "std.r",
    "item_total_corrected": "r.cor",
    "item_rest": "r.drop",
    "mean": "mean",
    "sd": "sd",
}


@pytest.fixture(scope="module")
def visits(table):
    return table("visits")


@pytest.mark.parametrize(("missing", "suffix"), [("pairwise", ""), ("complete", "_complete")])
@pytest.mark.parametrize("column", COLUMNS)
def test_item_statistics_are_those_of_psych(visits, missing, suffix, column):
    found = stats.scale_items(visits, Q, missing=missing)[column]
    np.testing.assert_allclose(found, R[f"item_stats{suffix}"][COLUMNS[column]], rtol=1e-10)


@pytest.mark.parametrize(("missing", "suffix"), [("pairwise", ""), ("complete", "_complete")])
def test_alpha_without_an_item_is_that_of_psych(visits, missing, suffix):
    found = stats.scale_items(visits, Q, missing=missing)["alpha_if_deleted"]
    np.testing.assert_allclose(found, R[f"alpha_drop{suffix}"]["raw_alpha"], rtol=1e-10)


def test_squared_multiple_correlations_are_those_of_regressions(visits):
    data = visits[Q].dropna()
    x = np.column_stack([np.ones(len(data)), data[Q[1:]]])
    fitted = x @ np.linalg.lstsq(x, data["q1"], rcond=None)[0]
    assert stats.scale_items(visits, Q)["smc"][0] == pytest.approx(np.var(fitted) / np.var(data["q1"]), rel=1e-10)


def test_the_rest_is_the_sum_of_the_others(visits):
    data = visits[Q].dropna()
    expected = np.corrcoef(data["q3"], data[Q].sum(axis=1) - data["q3"])[0, 1]
    assert stats.scale_items(visits, Q)["item_rest"][2] == pytest.approx(expected, rel=1e-12)


def test_floor_and_ceiling_are_shares_of_the_ends(visits):
    row = stats.scale_items(visits, Q, scale=(1, 5)).iloc[0]
    known = visits["q1"].dropna()
    assert (row["floor"], row["ceiling"]) == (np.mean(known == 1), np.mean(known == 5))
    assert row["missing"] == visits["q1"].isna().mean()


def test_an_item_turned_round_is_flagged(visits):
    turned = visits[Q].assign(q2=6 - visits["q2"])
    flags = stats.scale_items(turned).set_index("item")["flags"]
    assert flags["q2"].split()[0] == "reversed"
    assert not flags.drop("q2").str.contains("reversed").any()


def test_an_item_of_noise_is_weak_and_the_scale_better_without_it(visits):
    noisy = visits[Q].assign(noise=np.random.default_rng(1).normal(size=len(visits)))
    assert stats.scale_items(noisy).set_index("item")["flags"]["noise"] == "weak better_without"


def test_ends_and_gaps_are_flagged():
    random = np.random.default_rng(2)
    base = random.integers(1, 6, 200).astype(float)
    data = pd.DataFrame({"a": base, "b": base, "high": np.where(random.random(200) < 0.7, 5, base)})
    data["low"] = np.where(random.random(200) < 0.7, 1, base)
    data["gap"] = np.where(random.random(200) < 0.3, np.nan, base)
    flags = stats.scale_items(data, missing="pairwise").set_index("item")["flags"]
    assert "ceiling" in flags["high"]
    assert "floor" in flags["low"]
    assert "often_missing" in flags["gap"]


def test_an_item_everybody_answers_alike_is_told_apart_from_the_rest(visits):
    frame = stats.scale_items(visits[Q].assign(same=3.0)).set_index("item")
    assert frame.loc["same", "flags"].startswith("no_variance")
    assert frame.loc["same", "note"] == Note.ALL_EQUAL
    assert frame.loc[Q, "item_total_corrected"].notna().all()


def test_copies_leave_no_multiple_correlations():
    x = np.arange(8.0)
    frame = stats.scale_items(pd.DataFrame({"a": x, "b": x, "c": x**2}))
    assert frame["smc"].isna().all()
    assert (frame["note"] == SINGULAR).all()
    assert frame["item_rest"].notna().all()


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ({"a": [1.0, 2.0, 3.0]}, Note.TWO_NEEDED),
        ({"a": [np.nan] * 3, "b": [1.0, 2, 3]}, Note.NO_ANSWERS),
        ({"a": [1.0, np.nan], "b": [np.nan, 2.0]}, Note.NO_ANSWERS),
    ],
)
def test_what_cannot_be_told_is_missing_with_a_note(data, note):
    frame = stats.scale_items(pd.DataFrame(data))
    assert frame["note"][0] == note
    assert frame["item_rest"].isna().all()


def test_more_items_than_respondents_still_have_item_rest_correlations():
    frame = stats.scale_items(pd.DataFrame(np.random.default_rng(1).normal(size=(5, 9))).add_prefix("q"))
    assert frame["item_rest"].notna().all()
    assert (frame["note"] == SINGULAR).all()


def test_frequencies_count_each_answer(visits):
    frame = stats.response_frequencies(visits, Q)
    expected = visits["q4"].value_counts(normalize=True).sort_index()
    np.testing.assert_allclose(frame.loc[3, ["1", "2", "3", "4", "5"]].astype(float), expected)
    assert frame["missing"].tolist() == visits[Q].isna().mean().tolist()


def test_frequencies_of_answers_between_whole_numbers():
    frame = stats.response_frequencies(pd.DataFrame({"a": [0.5, 0.5, 1.0, 1.5], "b": [1.0, 1.0, np.nan, np.nan]}))
    assert frame.columns.tolist() == ["item", "n", "0.5", "1", "1.5", "missing"]
    assert frame["1"].tolist() == [0.25, 1.0]


def test_frequencies_of_a_measurement_are_refused():
    with pytest.raises(InvalidInput, match='"wait" has 40 different answers'):
        stats.response_frequencies(pd.DataFrame({"wait": np.arange(40) / 3}))


def test_frequencies_of_nobody_are_missing():
    frame = stats.response_frequencies(pd.DataFrame({"a": [1.0, 2.0], "b": [np.nan, np.nan]}))
    assert frame.loc[1, ["1", "2"]].isna().all()
    assert frame.loc[1, "missing"] == 1


@pytest.mark.reference
def test_item_statistics_of_published_personality_items(published):
    values, data = published
    expected = values("psych_alpha_bfi_A")
    frame = data("bfi")[["A1", "A2", "A3", "A4", "A5"]]
    frame["A1"] = 7 - frame["A1"]
    found = stats.scale_items(frame, missing="pairwise")
    for column, name in COLUMNS.items():
        if column != "mean":
            np.testing.assert_allclose(found[column], expected["item_stats"][name], rtol=1e-10)
    np.testing.assert_allclose(found["alpha_if_deleted"], expected["alpha_drop"]["raw_alpha"], rtol=1e-10)
