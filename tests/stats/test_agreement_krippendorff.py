import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.agreement.ratings import AgreementNote

VALUES = json.loads((Path(__file__).parent / "reference" / "agreement.json").read_text(encoding="utf-8"))["values"]
SCALES = ["nominal", "ordinal", "interval", "ratio"]


@pytest.fixture
def partial(table):
    return table("raters")[[f"partial_{i}" for i in range(1, 5)]]


@pytest.mark.parametrize("scale", SCALES)
def test_alpha_with_missing_ratings_is_that_of_irr(partial, scale):
    row = stats.krippendorff(partial, scale=scale).iloc[0]
    assert row["estimate"] == pytest.approx(VALUES["kripp"][scale], rel=1e-12)


@pytest.mark.parametrize("scale", SCALES)
def test_the_error_is_that_of_the_estimates_without_each_subject(partial, scale):
    paired = partial[partial.notna().sum(axis=1) >= 2]
    n = len(paired)
    left = [stats.krippendorff(paired.drop(index=row), scale=scale)["estimate"].item() for row in paired.index]
    row = stats.krippendorff(partial, scale=scale).iloc[0]
    assert row["std_error"] == pytest.approx(np.sqrt((n - 1) ** 2 / n * np.var(left, ddof=1)), rel=1e-9)
    assert row["df"] == n - 1


def test_few_subjects_are_said(partial):
    rows = [stats.krippendorff(partial.iloc[:n], scale="ordinal")["note"].item() for n in (15, 60)]
    assert rows == [AgreementNote.FEW, ""]


def test_many_subjects_are_left_out_in_parts(partial):
    many = pd.concat([partial] * 30, ignore_index=True)
    whole, few = (stats.krippendorff(data, scale="interval").iloc[0] for data in (many, partial))
    assert whole["df"] == 499
    assert whole["std_error"] == pytest.approx(few["std_error"] / np.sqrt(30), rel=0.2)


def test_the_interval_holds_the_estimate(partial):
    row = stats.krippendorff(partial, scale="ordinal").iloc[0]
    assert row["low"] < row["estimate"] < row["high"]
    assert row["ratings"] == partial[partial.notna().sum(axis=1) >= 2].notna().sum().sum()


def test_blocks_of_samples_do_not_change_the_interval(partial, monkeypatch):
    whole = stats.krippendorff(partial)
    monkeypatch.setattr("svclib.stats.agreement.disagreement._CELLS", 700)
    pd.testing.assert_frame_equal(stats.krippendorff(partial), whole)


def test_a_subject_with_one_rating_changes_nothing(partial):
    more = pd.concat([partial, pd.DataFrame({"partial_1": [5]})], ignore_index=True)
    pd.testing.assert_frame_equal(stats.krippendorff(more), stats.krippendorff(partial))


def test_alpha_of_complete_pairs_is_scotts_pi_with_a_small_sample_correction(table):
    data = table("raters")[["topic_1", "topic_2"]]
    shares = pd.concat([data["topic_1"], data["topic_2"]]).value_counts(normalize=True)
    chance = (shares**2).sum()
    pi = ((data["topic_1"] == data["topic_2"]).mean() - chance) / (1 - chance)
    expected = 1 - (1 - pi) * (120 - 1) / 120
    assert stats.krippendorff(data)["estimate"].item() == pytest.approx(expected, rel=1e-12)


def test_interval_scale_is_free_of_shift_and_unit(partial):
    first = stats.krippendorff(partial, scale="interval")["estimate"].item()
    moved = stats.krippendorff(partial * 100 + 1e6, scale="interval")["estimate"].item()
    assert moved == pytest.approx(first, rel=1e-9)


def test_text_in_an_order_is_ordinal(partial):
    words = partial.replace({1: "e", 2: "d", 3: "c", 4: "b", 5: "a"}).astype(object)
    row = stats.krippendorff(words, scale="ordinal", categories=list("edcba")).iloc[0]
    assert row["estimate"] == pytest.approx(VALUES["kripp"]["ordinal"], rel=1e-12)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"a": [1.0, 2.0, 3.0]}, AgreementNote.TWO_NEEDED),
        ({"a": [1.0], "b": [2.0]}, AgreementNote.TWO_NEEDED),
        ({"a": [], "b": []}, AgreementNote.TWO_NEEDED),
        ({"a": [np.nan] * 3, "b": [np.nan] * 3}, AgreementNote.TWO_NEEDED),
        ({"a": [0.3] * 5, "b": [0.3] * 5}, AgreementNote.ALL_ALIKE),
    ],
)
def test_what_cannot_be_told_is_empty_with_a_note(scale, values, note):
    row = stats.krippendorff(pd.DataFrame(values, dtype=float), scale=scale).iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == note


@pytest.mark.parametrize("scale", SCALES)
def test_entire_agreement_is_one_without_an_interval(scale):
    row = stats.krippendorff(pd.DataFrame({"a": [0.1, 0.2, 0.7], "b": [0.1, 0.2, 0.7]}), scale=scale).iloc[0]
    assert row["estimate"] == pytest.approx(1)
    assert row["note"] == AgreementNote.ENTIRE


def test_ratings_of_zero_are_allowed_on_a_ratio_scale():
    row = stats.krippendorff(pd.DataFrame({"a": [0, 0, 3, 8], "b": [0, 1, 3, 7]}), scale="ratio").iloc[0]
    assert 0 < row["estimate"] < 1


def test_groups_are_estimated_apart(partial):
    data = partial.assign(branch=["east", "west"] * 30)
    rows = stats.krippendorff(data, scale="ordinal", by="branch").set_index("branch")
    alone = stats.krippendorff(partial.iloc[1::2], scale="ordinal")
    assert rows.loc["west", "estimate"] == pytest.approx(alone["estimate"].item())


def test_text_is_no_interval_scale(table):
    with pytest.raises(InvalidInput, match=r'"topic_1" holds .* no number'):
        stats.krippendorff(table("raters")[["topic_1", "topic_2"]], scale="interval")


def test_text_without_an_order_is_not_ordinal(table):
    with pytest.raises(InvalidInput, match=r'"topic_1" are text without an order'):
        stats.krippendorff(table("raters")[["topic_1", "topic_2"]], scale="ordinal")


def test_negative_numbers_are_no_ratio_scale():
    with pytest.raises(InvalidInput, match=r'"b" holds the negative number -2'):
        stats.krippendorff(pd.DataFrame({"a": [1, 2], "b": [1, -2]}), scale="ratio")


def test_an_unknown_scale_is_refused(partial):
    with pytest.raises(InvalidInput, match='give "nominal"'):
        stats.krippendorff(partial, scale="circular")


def test_a_scale_given_as_the_level_is_explained(partial):
    with pytest.raises(InvalidInput, match="as scale='ordinal'"):
        stats.krippendorff(partial, level="ordinal")


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_the_unit_does_not_matter(partial, unit):
    first = stats.krippendorff(partial, scale="interval")["estimate"].item()
    moved = stats.krippendorff(partial * unit, scale="interval")["estimate"].item()
    assert moved == pytest.approx(first, rel=1e-9)


@pytest.mark.reference
def test_the_example_of_krippendorff(published):
    expected = published[0]("agreement_irr")
    data = pd.DataFrame(np.array(expected["kripp_matrix"][".matrix"], dtype=float).T)
    for scale in SCALES:
        row = stats.krippendorff(data, scale=scale).iloc[0]
        assert row["estimate"] == pytest.approx(expected[f"kripp_{scale}"], rel=1e-12)
