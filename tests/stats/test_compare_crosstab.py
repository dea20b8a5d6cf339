import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.compare.groups import CompareNote
from svclib.stats.estimate import Note

R = json.loads((Path(__file__).parent / "reference" / "group_comparisons.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits(table):
    data = table("visits")
    return data.assign(happy=data["csat"] >= 4)


@pytest.fixture(scope="module")
def two(visits):
    return visits[visits["channel"].isin(["app", "branch"])]


def crossed(counts):
    """Answers whose table is `counts` (rows × columns)."""
    cells = [(f"r{i}", f"c{j}") for i, line in enumerate(counts) for j, count in enumerate(line) for _ in range(count)]
    return pd.DataFrame(cells, columns=["row", "col"])


def above(counts, **options):
    cells = stats.crosstab(crossed(counts), "row", "col", **options).cells
    return cells.pivot(index="term", columns="column", values="above").to_numpy().tolist()


def test_chi_square_and_cramers_v_are_those_of_r(visits):
    row = stats.crosstab(visits, "segment", "happy", level=0.9).tests.loc[0]
    expected = [R["chisq"]["statistic"], R["chisq"]["df"], R["chisq"]["p"], R["cramers_v"]["Cramers_v"]]
    assert [row["statistic"], row["df"], row["p_value"], row["estimate"]] == pytest.approx(expected, rel=1e-10)
    assert row["low"] == pytest.approx(R["cramers_v"]["CI_low"], rel=1e-5)


def test_expected_counts_and_residuals_are_those_of_r(visits):
    cells = stats.crosstab(visits, "segment", "happy").cells
    np.testing.assert_allclose(cells["expected"], np.ravel(R["chisq_expected"][".matrix"]), rtol=1e-12)
    np.testing.assert_allclose(cells["residual"], np.ravel(R["chisq_stdres"][".matrix"]), rtol=1e-10)


@pytest.mark.parametrize(
    ("method", "name"), [("chi-square", "chisq_2x2"), ("chi-square, continuity corrected", "chisq_2x2_yates")]
)
def test_two_by_two_with_and_without_correction_is_that_of_r(two, method, name):
    row = stats.crosstab(two, "channel", "happy").tests.set_index("method").loc[method]
    assert [row["statistic"], row["p_value"]] == pytest.approx([R[name]["statistic"], R[name]["p"]], rel=1e-9)
    assert row["estimate"] == pytest.approx(R["phi"]["phi"], rel=1e-10)


def test_fisher_is_that_of_r(two):
    flipped = two.assign(unhappy=~two["happy"])
    row = stats.crosstab(flipped, "channel", "unhappy").tests.set_index("term").loc["odds_ratio"]
    theirs = R["fisher_2x2"]
    assert row["p_value"] == pytest.approx(theirs["p"], rel=1e-6)
    # the columns are turned here, so the odds ratio is the inverse
    mine = [1 / row[name] for name in ("estimate", "high", "low")]
    assert mine == pytest.approx([theirs["estimate"]["odds ratio"], *theirs["ci"]], rel=1e-4)


def test_fishers_interval_turns_with_the_columns(two):
    row = stats.crosstab(two, "channel", "happy").tests.set_index("term").loc["odds_ratio"]
    assert row["estimate"] == pytest.approx(R["fisher_2x2"]["estimate"]["odds ratio"], rel=1e-4)


@pytest.mark.parametrize("weights", [None, "weight"])
def test_cells_are_the_proportions_by_column(visits, weights):
    cells = stats.crosstab(visits, "segment", "channel", weights).cells
    mass = cells[cells["term"] == "mass"].reset_index(drop=True)
    alone = stats.proportion(
        visits.assign(is_mass=visits["segment"] == "mass"), "is_mass", by="channel", weights=weights, success=True
    )
    for name in ("estimate", "std_error", "low", "high", "n"):
        np.testing.assert_allclose(mass[name], alone[name], rtol=1e-12, err_msg=name)


def test_shares_of_a_column_sum_to_one(visits):
    cells = stats.crosstab(visits, "segment", "channel", "weight").cells
    np.testing.assert_allclose(cells.groupby("column")["estimate"].sum(), 1)
    assert cells["count"].sum() == len(visits)


def test_letters_name_the_columns_that_a_share_is_above():
    assert above([[60, 40, 58], [40, 60, 42]]) == [["B", "", "B"], ["", "AC", ""]]


def test_letters_allow_for_the_number_of_columns():
    counts = [[60, 46, 55, 55, 55], [40, 54, 45, 45, 45]]
    assert above(counts, adjust="none")[0][0] == "B"
    assert above(counts, adjust="bonferroni")[0][0] == ""


def test_small_columns_win_no_letters():
    cells = stats.crosstab(crossed([[60, 0], [40, 9]]), "row", "col").cells
    assert set(cells["above"]) == {""}
    assert set(cells["note"]) == {CompareNote.NOT_COMPARED}


def test_a_column_of_few_answers_should_not_be_published():
    cells = stats.crosstab(crossed([[60, 2], [40, 3]]), "row", "col").cells
    assert set(cells.loc[cells["column"] == "c1", "note"]) == {Note.TOO_FEW}


def test_small_expected_counts_are_noted():
    tests = stats.crosstab(crossed([[3, 1], [2, 4]]), "row", "col").tests
    assert tests["note"].tolist() == [CompareNote.SMALL_EXPECTED, CompareNote.SMALL_EXPECTED, ""]


def test_an_odds_ratio_without_counterexample_has_one_open_end():
    row = stats.crosstab(crossed([[5, 0], [0, 5]]), "row", "col").tests.set_index("term").loc["odds_ratio"]
    assert row["p_value"] == pytest.approx(2 / 252)
    assert np.isinf(row["high"])
    assert row["low"] > 1


def test_equal_weights_give_nearly_the_test_without_weights(visits):
    plain = stats.crosstab(visits, "segment", "channel").tests.loc[0]
    weighted = stats.crosstab(visits.assign(w=3.0), "segment", "channel", "w").tests.loc[0]
    assert weighted["p_value"] == pytest.approx(plain["p_value"], abs=0.01)
    assert weighted["estimate"] == pytest.approx(plain["estimate"])


def test_uneven_weights_hold_the_rate_of_false_alarms():
    generator = np.random.default_rng(20260101)
    alarms = 0
    for _ in range(120):
        row, col = generator.integers(0, 3, 300), generator.integers(0, 2, 300)
        weight = np.where(generator.random(300) < 0.1, 10.0, 1.0)
        data = pd.DataFrame({"row": row, "col": col, "w": weight})
        alarms += stats.crosstab(data, "row", "col", "w").tests.loc[0, "p_value"] < 0.05
    assert alarms <= 13


@pytest.mark.parametrize("counts", [[], [[5, 7]], [[5], [7]]])
def test_a_table_of_one_line_has_no_association(counts):
    assert stats.crosstab(crossed(counts), "row", "col").tests["note"].tolist() == [CompareNote.TWO_VALUES]


def test_an_empty_category_stays_with_a_note():
    data = crossed([[30, 20], [20, 30]])
    data["col"] = pd.Categorical(data["col"], ["c0", "c1", "c2"])
    found = stats.crosstab(data, "row", "col")
    assert found.cells.loc[found.cells["column"] == "c2", "note"].tolist() == [Note.NO_ANSWERS] * 2
    assert found.tests.loc[0, "df"] == 1


def test_answers_to_one_question_only_are_left_out():
    data = crossed([[30, 20], [20, 30]])
    holed = pd.concat([data, data.head(5).assign(row=None), data.head(5).assign(col=None)])
    pd.testing.assert_frame_equal(
        stats.crosstab(holed, "row", "col").cells, stats.crosstab(data, "row", "col").cells, check_dtype=False
    )


def test_a_column_cannot_be_crossed_with_itself(visits):
    with pytest.raises(InvalidInput, match='"channel" cannot be crossed with itself'):
        stats.crosstab(visits, "channel", "channel")


def test_a_column_of_too_many_values_is_named(visits):
    with pytest.raises(InvalidInput, match='"id" has 1500 values'):
        stats.crosstab(visits, "id", "channel")


def test_negative_weights_are_named(visits):
    with pytest.raises(InvalidInput, match='weights in "w"'):
        stats.crosstab(visits.assign(w=-1.0), "segment", "channel", "w")
