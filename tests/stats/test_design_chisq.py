import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats import Design
from svclib.stats.compare.groups import CompareNote
from svclib.stats.design.chisquare import SMALL_EXPECTED
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.estimate import COLUMNS

REFERENCE = Path(__file__).parent / "reference"
ALL = ["F", "Chisq", "saddlepoint", "Wald", "adjWald"]


def values(name):
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))["values"]


R, PUBLIC = values("models_tests"), values("survey_design")


@pytest.fixture(scope="module")
def visits(table):
    data = table("visits")
    return data.assign(satisfied=(data["csat"] >= 4).astype(int), app=(data["channel"] == "app").astype(int))


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


@pytest.fixture(scope="module")
def no_fpc(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch")


def same(row, expected, rel=1e-10):
    df = np.atleast_1d(np.array(expected["df"], dtype=float))
    told = [row["statistic"], row["p_value"], *row[["df", "df2"]].tolist()[: len(df[~np.isnan(df)])]]
    assert told == pytest.approx([expected["statistic"], expected["p"], *df[~np.isnan(df)]], rel=rel)


@pytest.mark.parametrize("statistic", ["F", "Chisq", "Wald", "adjWald"])
def test_a_table_of_two_rows_equals_svychisq(design, statistic):
    same(design.chisq("satisfied", "segment", statistic=statistic).iloc[0], PUBLIC[f"chisq_{statistic}"])


@pytest.mark.parametrize("statistic", ALL)
def test_a_larger_table_equals_svychisq(design, statistic):
    row = design.chisq("channel", "segment", statistic=statistic).iloc[0]
    # R finds the saddlepoint to 1e-8
    same(row, R[f"chisq_{statistic}"], rel=1e-6 if statistic == "saddlepoint" else 1e-9)


def test_a_domain_equals_svychisq(design):
    rows = design.chisq("satisfied", "app", by="region")
    same(rows[rows["region"] == "East"].iloc[0], R["chisq_domain"])
    assert len(rows) == 5


def test_replicates_equal_svychisq(no_fpc):
    row = no_fpc.replicates("jkn").chisq("satisfied", "segment").iloc[0]
    same(row, R["chisq_replicates"])
    assert row["method"] == "Rao–Scott F, jkn"


def test_raked_weights_equal_svychisq(no_fpc):
    segment = {"mass": 97500, "affluent": 33000, "sme": 19500}
    age = {"18-29": 30000, "30-44": 48000, "45-59": 42000, "60+": 30000}
    raked = no_fpc.rake({"segment": segment, "age_band": age})
    same(raked.chisq("satisfied", "channel").iloc[0], R["chisq_raked"], rel=1e-7)


@pytest.mark.reference
def test_the_open_school_design_equals_svychisq(published):
    read, tables = published
    r, design = read("survey_api_open"), Design(tables("apiclus1"), cluster="dnum", weights="pw", fpc="fpc")
    first = design.chisq("sch.wide", "stype", statistic="Chisq").iloc[0]
    assert [first["statistic"], first["df"], first["p_value"]] == pytest.approx(
        list(r["chisq_Chisq"].values()), rel=1e-9
    )
    wald = design.chisq("sch.wide", "stype", statistic="adjWald").iloc[0]
    assert wald[["statistic", "df", "df2", "p_value"]].tolist() == pytest.approx(list(r["chisq_adjWald"].values()))
    tail = design.chisq("sch.wide", "stype", statistic="saddlepoint").iloc[0]
    assert tail["p_value"] == pytest.approx(r["chisq_saddle"]["p.value"], rel=1e-6)


def test_weights_alone_give_the_test_of_the_crosstab(visits):
    row = Design(visits, weights="weight").chisq("channel", "segment").iloc[0]
    other = stats.crosstab(visits, "channel", "segment", weights="weight").tests.iloc[0]
    shared = ["estimate", "low", "high", "statistic", "df", "df2", "p_value"]
    assert row[shared].tolist() == pytest.approx(other[shared].tolist(), rel=1e-10)


def test_without_weights_the_first_order_is_near_pearson(visits):
    row = Design(visits).chisq("channel", "segment", statistic="Chisq").iloc[0]
    plain = stats.crosstab(visits, "channel", "segment").tests.iloc[0]
    assert row["statistic"] == pytest.approx(plain["statistic"], rel=1e-10)
    assert row["p_value"] == pytest.approx(plain["p_value"], rel=0.15)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(ALL))
def test_order_of_rows_and_of_the_questions_do_not_matter(seed, statistic):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({"a": rng.integers(0, 3, 120), "b": rng.integers(0, 2, 120), "c": np.repeat(np.arange(24), 5)})
    columns = ["estimate", "low", "high", "statistic", "df", "df2", "p_value"]
    one = Design(data, cluster="c").chisq("a", "b", statistic=statistic)[columns]
    turned = Design(data.sample(frac=1, random_state=1), cluster="c").chisq("b", "a", statistic=statistic)[columns]
    np.testing.assert_allclose(one.astype(float), turned.astype(float), rtol=1e-7, atol=1e-12)


def test_missing_answers_are_left_out(visits):
    holed = visits.assign(satisfied=visits["satisfied"].where(visits.index % 7 > 0))
    row = Design(holed, cluster="branch").chisq("satisfied", "segment").iloc[0]
    kept = visits.index.to_numpy() % 7 > 0
    part = Design(visits, cluster="branch").subpopulation(kept)
    assert row["n"] == kept.sum()
    assert row["p_value"] == pytest.approx(part.chisq("satisfied", "segment").iloc[0]["p_value"], rel=1e-10)


def test_the_frame_has_the_columns_of_a_comparison(design):
    frame = design.chisq("satisfied", "app", by="region")
    assert list(frame.columns) == ["region", "first", "second", *COLUMNS, "statistic", "df2", "p_value"]


def test_what_cannot_be_told_is_missing_with_a_note(visits):
    few = Design(visits[visits["branch"].isin(visits["branch"].unique()[:1])], cluster="branch", lonely="remove")
    assert few.chisq("satisfied", "app").iloc[0]["note"] == NO_DEGREES
    three = Design(visits[visits["branch"].isin(visits["branch"].unique()[:3])], cluster="branch")
    row = three.chisq("csat", "channel", statistic="adjWald").iloc[0]
    assert (row["note"], np.isnan(row["p_value"])) == (NO_DEGREES, True)
    same_answer = Design(visits.assign(one=1), cluster="branch").chisq("one", "app").iloc[0]
    assert (same_answer["note"], np.isnan(same_answer["estimate"])) == (CompareNote.TWO_VALUES, True)


def test_a_domain_without_cases_says_so(visits):
    data = visits.assign(region=pd.Categorical(visits["region"], [*visits["region"].unique(), "Nowhere"]))
    rows = Design(data, cluster="branch").chisq("satisfied", "app", by="region").set_index("region")
    assert rows.loc["Nowhere", "note"] == CompareNote.TWO_VALUES


def test_small_expected_counts_are_noted(visits):
    rows = Design(visits.iloc[:40]).chisq("csat", "channel")
    assert rows["note"].tolist() == [SMALL_EXPECTED]
    assert rows["p_value"].notna().all()


def test_volunteers_are_named(visits):
    assert Design(visits, source="opt-in").chisq("satisfied", "app")["note"].tolist() == [OPT_IN]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("satisfied", "satisfied", "F"), "cannot be crossed with itself"),
        (("satisfied", "sex", "F"), 'no column "sex"'),
        (("satisfied", "app", "G"), "choose one of F, Chisq, saddlepoint, Wald, adjWald"),
        (("satisfied", "wait_minutes", "F"), "too many for a test; join values to at most 400"),
    ],
)
def test_what_cannot_be_tested_names_the_mend(design, call, message):
    with pytest.raises(InvalidInput, match=message):
        design.chisq(*call[:2], statistic=call[2])
