import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.agreement.ratings import AgreementNote

VALUES = json.loads((Path(__file__).parent / "reference" / "agreement.json").read_text(encoding="utf-8"))["values"]
FORMS = ["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]


@pytest.fixture
def scores(table):
    return table("raters")[[f"score_{i}" for i in range(1, 5)]]


def assert_is_psych(rows, expected):
    assert rows["term"].tolist() == FORMS
    for mine, theirs in {
        "estimate": "ICC",
        "low": "lower bound",
        "high": "upper bound",
        "f": "F",
        "df": "df1",
        "df2": "df2",
    }.items():
        np.testing.assert_allclose(rows[mine], expected[theirs], rtol=1e-10, err_msg=mine)


def test_the_six_forms_and_their_intervals_are_those_of_psych(scores):
    assert_is_psych(stats.icc(scores), VALUES["ICC"])


@pytest.mark.parametrize(
    ("form", "name"), [("ICC(1,1)", "icc_oneway"), ("ICC(2,1)", "icc_agreement"), ("ICC(3,1)", "icc_consistency")]
)
def test_single_ratings_are_those_of_irr(scores, form, name):
    row = stats.icc(scores).set_index("term").loc[form]
    expected = [VALUES[name][key] for key in ("value", "lbound", "ubound")]
    assert [row["estimate"], row["low"], row["high"]] == pytest.approx(expected, rel=1e-10)


def test_a_subject_without_all_ratings_is_left_out(scores):
    holed = pd.concat([scores, scores.iloc[:1].assign(score_2=np.nan)])
    pd.testing.assert_frame_equal(stats.icc(holed), stats.icc(scores))


def test_many_subjects_left_out_are_noted(scores):
    holed = scores.astype(float)
    holed.iloc[:20, 0] = np.nan
    rows = stats.icc(holed)
    assert set(rows["n"]) == {40}
    assert set(rows["note"]) == {AgreementNote.LEFT_OUT}


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"a": [1.0, 2.0, 3.0]}, AgreementNote.TWO_NEEDED),
        ({"a": [1.0], "b": [2.0]}, AgreementNote.TWO_NEEDED),
        ({"a": [np.nan, 1.0], "b": [2.0, np.nan]}, AgreementNote.TWO_NEEDED),
        ({"a": [0.1] * 7, "b": [0.1] * 7}, AgreementNote.ALL_ALIKE),
    ],
)
def test_what_cannot_be_told_is_empty_with_a_note(values, note):
    rows = stats.icc(pd.DataFrame(values))
    assert rows["estimate"].isna().all()
    assert set(rows["note"]) == {note}


def test_entire_agreement_is_one_without_an_interval():
    rows = stats.icc(pd.DataFrame({"a": [1.1, 2.3, 3.7], "b": [1.1, 2.3, 3.7]}))
    assert rows["estimate"].tolist() == [1.0] * 6
    assert set(rows["note"]) == {AgreementNote.ENTIRE}


def test_a_severe_rater_costs_agreement_but_not_consistency():
    rows = stats.icc(pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [3.0, 4, 5, 6]})).set_index("term")["estimate"]
    assert rows["ICC(3,1)"] == pytest.approx(1)
    assert rows["ICC(2,1)"] < 0.5


@pytest.mark.parametrize(
    "values",
    [
        {"a": [1.0, 2.0], "b": [2.0, 1.0]},
        {"a": [1.0, 1.0, 1.0], "b": [2.0, 2.0, 2.0]},
        {"a": [5.0, 1.0, 3.0], "b": [1.0, 5.0, 3.0]},
    ],
)
def test_ratings_against_each_other_never_leave_an_unexplained_gap(values):
    rows = stats.icc(pd.DataFrame(values))
    missing = rows[["estimate", "low", "high"]].isna().any(axis=1)
    assert (rows.loc[missing, "note"] != "").all()


def test_groups_are_estimated_apart(scores):
    data = scores.assign(branch=["east", "west"] * 30)
    rows = stats.icc(data, by="branch")
    alone = stats.icc(scores.iloc[1::2])
    np.testing.assert_allclose(rows.loc[rows["branch"] == "west", "low"], alone["low"])


def test_text_names_the_column_and_the_mend(table):
    with pytest.raises(InvalidInput, match=r'"topic_1" holds .* convert it'):
        stats.icc(table("raters")[["topic_1", "topic_2"]])


def test_an_absent_rater_is_named(scores):
    with pytest.raises(InvalidInput, match='no column "score_9"'):
        stats.icc(scores, ["score_1", "score_9"])


def test_a_frame_without_raters_is_refused():
    with pytest.raises(InvalidInput, match="no raters"):
        stats.icc(pd.DataFrame(index=range(3)))


def test_an_empty_frame_gives_rows_with_a_note():
    rows = stats.icc(pd.DataFrame({"a": [], "b": []}, dtype=float))
    assert set(rows["note"]) == {AgreementNote.TWO_NEEDED}


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_the_unit_does_not_matter(scores, unit):
    np.testing.assert_allclose(stats.icc(scores * unit)["low"], stats.icc(scores)["low"], rtol=1e-9)


@pytest.mark.reference
def test_the_table_of_shrout_and_fleiss(published):
    values, data = published
    assert_is_psych(stats.icc(data("shrout_fleiss")), values("agreement_kappa_icc")["ICC"])
