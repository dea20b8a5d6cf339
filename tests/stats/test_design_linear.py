import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib.errors import InvalidInput
from svclib.frames import design as keywords_of
from svclib.stats import Design

REFERENCE = Path(__file__).parent / "reference"
EXACT = {"rel": 1e-10, "abs": 1e-12}


@pytest.fixture(scope="module")
def r():
    return json.loads((REFERENCE / "survey_design.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits():
    data = pd.read_csv(REFERENCE / "visits.csv")
    scores = 100.0 * ((data["nps"] >= 9).astype(int) - (data["nps"] <= 6).astype(int))
    return data.assign(satisfied=(data["csat"] >= 4).astype(int), nps_score=scores, one=1)


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


@pytest.fixture(scope="module")
def no_fpc(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch")


def same(rows, expected, column="estimate"):
    assert rows[column].tolist() == pytest.approx(expected, **EXACT)


FOUR = ["csat", "nps", "effort", "wait_minutes"]
TWO = ["csat", "wait_minutes"]


def test_means_with_strata_clusters_and_fpc_equal_survey(design, r):
    rows = design.mean(FOUR).frame
    same(rows, r["mean"]["est"])
    same(rows, r["mean"]["se"], "std_error")
    matrix = np.array(r["mean_ci_t"][".matrix"])
    same(rows, matrix[:, 0], "low")
    same(rows, matrix[:, 1], "high")


def test_covariance_of_means_equals_survey(design, r):
    np.testing.assert_allclose(design.mean(FOUR).vcov, r["vcov"][".matrix"], rtol=1e-10)


@pytest.mark.parametrize(
    ("keywords", "name"),
    [
        ({"strata": "region", "cluster": "branch"}, "mean_nofpc"),
        ({"strata": "region"}, "mean_stratified_only"),
        ({}, "mean_weights_only"),
    ],
)
def test_means_of_simpler_designs_equal_survey(visits, r, keywords, name):
    rows = Design(visits, weights="weight", **keywords).mean(TWO).frame
    same(rows, r[name]["est"])
    same(rows, r[name]["se"], "std_error")


def test_degrees_of_freedom_equal_survey(visits, design, r):
    assert design.degrees_of_freedom == r["degf"]["des"]
    assert Design(visits, strata="region").degrees_of_freedom == r["degf"]["str"]
    assert Design(visits).degrees_of_freedom == r["degf"]["srs"]


def test_rows_without_an_answer_are_a_subpopulation(visits, design, r):
    both = visits[["q1", "q6"]].notna().all(axis=1)
    rows = design.subpopulation(both).mean(["q1", "q6"]).frame
    same(rows, r["mean_narm"]["est"])
    same(rows, r["mean_narm"]["se"], "std_error")


def test_design_effects_equal_survey(design, r):
    rows = design.mean(["csat", "nps", "wait_minutes"]).frame
    same(rows, [r["deff"][name] for name in rows["term"]], "deff")


def test_totals_equal_survey(design, r):
    rows = design.total(["satisfied", "wait_minutes"]).frame
    same(rows, r["total"]["est"])
    same(rows, r["total"]["se"], "std_error")


def test_totals_by_domain_equal_survey(design, r):
    rows = design.total("one", by="segment").frame
    same(rows, r["total_segment"]["est"])
    same(rows, r["total_segment"]["se"], "std_error")


def test_variance_equals_survey(design, r):
    row = design.variance("csat").frame
    same(row, [r["variance"]["est"]])
    same(row, [r["variance"]["se"]], "std_error")


def test_ratio_equals_survey(design, r):
    rows = design.ratio("wait_minutes", "effort").frame
    same(rows, [r["ratio"]["est"]])
    same(rows, [r["ratio"]["se"]], "std_error")


@pytest.mark.parametrize(
    ("column", "by", "name"),
    [("csat", "period", "by_period"), ("nps_score", "channel", "nps_by_channel")],
)
def test_domains_equal_survey(design, r, column, by, name):
    rows = design.mean(column, by=by).frame
    assert rows[by].tolist() == r[name][by]
    same(rows, r[name][column])
    same(rows, r[name]["se"], "std_error")


def test_domains_that_are_strata_equal_survey(design, r):
    rows = design.mean(TWO, by="region").frame
    for name in TWO:
        same(rows[rows["term"] == name], r["by_region"][name])
        same(rows[rows["term"] == name], r["by_region"][f"se.{name}"], "std_error")


def test_crossed_domains_equal_survey(design, r):
    rows = design.mean("csat", by=["age_band", "segment"]).frame
    same(rows, r["by_segment_age"]["csat"])
    same(rows, r["by_segment_age"]["se"], "std_error")


def test_contrast_of_domains_has_their_covariance(design, r):
    row = design.mean("csat", by="channel").contrast({"app": 1, "branch": -1})
    same(row, [r["contrast_app_minus_branch"]["est"]])
    same(row, [r["contrast_app_minus_branch"]["se"]], "std_error")


def test_a_subpopulation_is_the_domain(visits, design, r):
    row = design.subpopulation(visits["channel"] == "app").mean("csat").frame
    same(row, [r["domain_app"]["se"]], "std_error")


def test_sparse_and_full_sums_agree(design, monkeypatch):
    full = design.mean(TWO, by="period").vcov
    monkeypatch.setattr("svclib.stats.design.variance._DENSE", 0)
    np.testing.assert_allclose(design.mean(TWO, by="period").vcov, full, rtol=1e-9, atol=1e-14)


LONELY = pd.DataFrame(
    {"h": [1, 1, 1, 2, 2, 3, 3], "c": [1, 1, 2, 3, 3, 4, 5], "w": [1.0, 2, 1, 1, 1, 2, 2], "y": [3.0, 5, 4, 9, 8, 1, 2]}
)


def by_hand(y, centre_lonely):
    total = LONELY["w"].sum()
    z = LONELY["w"] * (y - (LONELY["w"] * y).sum() / total) / total
    units = z.groupby([LONELY["h"], LONELY["c"]]).sum()
    parts = {h: 2 * ((t - t.mean()) ** 2).sum() for h, t in units.groupby(level=0)}
    parts[2] = 0.0 if centre_lonely else float(units.loc[2].iloc[0] ** 2)
    return parts


def test_a_single_cluster_in_a_stratum_is_an_error_unless_told():
    with pytest.raises(InvalidInput, match=r'1 strata have a single cluster.*lonely="adjust"'):
        Design(LONELY, weights="w", strata="h", cluster="c")


@pytest.mark.parametrize("lonely", ["remove", "adjust", "average"])
def test_a_lonely_stratum_counts_as_told(lonely):
    design = Design(LONELY, weights="w", strata="h", cluster="c", lonely=lonely)
    parts = by_hand(LONELY["y"], lonely != "adjust")
    expected = sum(parts.values()) * (3 / 2 if lonely == "average" else 1)
    assert design.mean("y").vcov[0, 0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_impossible_weights_name_column_and_row(visits, bad):
    broken = visits.assign(weight=visits["weight"].where(visits.index != 2, bad))
    with pytest.raises(InvalidInput, match=r'"weight" are missing, zero or negative in 1 rows .first in row 3.'):
        Design(broken, weights="weight")


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"weights": "channel"}, '"channel" holds .*no number'),
        ({"weights": "wieght"}, 'no column "wieght".*weight'),
        ({"strata": "q5"}, '"q5" of the design is empty in'),
        ({"cluster": "period", "strata": "region"}, "nest=True"),
        ({"fpc": "wait_minutes"}, "mixes sampling fractions"),
        ({"fpc": "nps_score"}, "0 or less"),
        ({"fpc": "N_stratum"}, "differs within a stratum"),
        ({"fpc": "N_stratum", "strata": "region"}, "smaller than the"),
        ({"fpc": ["N_stratum", "N_stratum"], "cluster": "branch"}, "one population column for each stage"),
        ({"lonely": "ignore"}, "choose one of fail, remove"),
    ],
)
def test_columns_that_make_no_design_are_named(visits, keywords, said):
    with pytest.raises(InvalidInput, match=said):
        Design(visits, **keywords)


def test_text_cannot_be_averaged(design):
    with pytest.raises(InvalidInput, match='"channel" holds'):
        design.mean("channel")


def test_nested_cluster_names_are_told_apart(visits, design):
    numbered = visits.assign(number=visits.groupby("region")["branch"].transform(lambda b: pd.factorize(b)[0]))
    again = Design(numbered, weights="weight", strata="region", cluster="number", fpc="N_stratum", nest=True)
    assert again.mean("csat").vcov == pytest.approx(design.mean("csat").vcov, rel=1e-12)


def test_sampling_fractions_are_as_good_as_counts(visits, design):
    drawn = visits.groupby("region")["branch"].transform("nunique")
    again = Design(
        visits.assign(f=drawn / visits["N_stratum"]), weights="weight", strata="region", cluster="branch", fpc="f"
    )
    assert again.mean("csat").vcov == pytest.approx(design.mean("csat").vcov, rel=1e-12)


def test_a_domain_without_answers_says_so(visits, design):
    labelled = visits.assign(channel=pd.Categorical(visits["channel"], ["app", "branch", "phone", "web", "post"]))
    rows = Design(labelled, weights="weight", strata="region", cluster="branch").mean("csat", by="channel").frame
    assert rows["note"].tolist() == ["", "", "", "", "no answers"]
    assert rows["estimate"].isna().tolist() == [False] * 4 + [True]


def test_equal_answers_have_no_interval(visits, design):
    row = Design(visits, cluster="branch").mean("one").frame.iloc[0]
    assert (row["std_error"], row["note"]) == (0, "all answers are equal: no spread to judge by")
    assert np.isnan(row["low"])


def test_one_cluster_of_a_domain_gives_no_interval(visits, design):
    row = design.subpopulation(visits["branch"] == visits["branch"].iloc[0]).mean("csat").frame.iloc[0]
    assert row["note"] == "too few clusters: no interval can be told"
    assert np.isnan(row["low"])


def test_one_respondent_gives_a_mean_and_no_interval():
    row = Design(pd.DataFrame({"score": [3.0]})).mean("score").frame.iloc[0]
    assert (row["estimate"], row["note"]) == (3, "one answer: no interval can be told")
    assert np.isnan(row["low"])


def test_volunteers_have_no_sampling_error(visits):
    row = Design(visits, source=["opt-in"]).mean("csat").frame.iloc[0]
    assert row["note"] == "volunteers answered: the interval tells of spread, not of sampling error"


def test_the_keywords_of_a_frame_make_its_design():
    frame = pd.DataFrame(
        {
            "weight": pd.array([1.0, 2.0, 1.5, 1.0]),
            "stratum": pd.Categorical(["n", "n", "s", "s"]),
            "cluster": pd.Categorical([None] * 4),
            "fpc": pd.array([10, 10, 20, 20], dtype="Float64"),
            "source": pd.Categorical(["probability"] * 4, ["probability", "census", "opt-in"]),
            "score": [4.0, 5.0, 3.0, 2.0],
        }
    )
    design = Design(frame, **keywords_of(frame))
    assert repr(design) == "Design(4 rows, weights='weight', strata='stratum', fpc='fpc', source=['probability'])"
    assert design.mean("score").frame["estimate"][0] == pytest.approx(20.5 / 5.5)


def test_a_contrast_names_one_row(design):
    found = design.mean(TWO, by="channel")
    with pytest.raises(InvalidInput, match=r'"app" names 2 rows.*app/csat'):
        found.contrast({"app": 1})
    with pytest.raises(InvalidInput, match="2 coefficients for 8 rows"):
        found.contrast([1, -1])
    assert found.contrast({("app", "csat"): 1})["std_error"][0] == pytest.approx(found.frame["std_error"][0])


@pytest.mark.reference
def test_published_designs_equal_survey(published):
    read, table = published
    expected = read("survey_api_open")
    designs = {
        "strat": Design(table("apistrat"), strata="stype", weights="pw", fpc="fpc"),
        "c2": Design(table("apiclus2"), cluster=["dnum", "snum"], fpc=["fpc1", "fpc2"]),
    }
    for name, design in designs.items():
        values = expected[f"means_{name}"]
        columns = [one for one in ("api00", "api99", "enroll") if values["mean"].get(one) is not None]
        assert design.degrees_of_freedom == expected["degf"][name]
        design = design.subpopulation(design.frame[columns].notna().all(axis=1)) if name == "c2" else design
        rows = design.mean(columns).frame
        same(rows, [values["mean"][one] for one in columns])
        same(rows, [values["se"][one] for one in columns], "std_error")
        same(rows, [values["deff"][one] for one in columns], "deff")


@pytest.mark.reference
def test_two_stage_totals_and_ratios_equal_survey(published):
    read, table = published
    expected = read("survey_api_open")
    design = Design(table("apiclus2"), cluster=["dnum", "snum"], fpc=["fpc1", "fpc2"])
    same(design.total("enroll").frame, [expected["total_c2"]["est"]["enroll"]])
    same(design.total("enroll").frame, [expected["total_c2"]["se"][".matrix"][0]], "std_error")
    same(design.ratio("api.stu", "enroll").frame, [expected["ratio_c2"]["est"]["api.stu/enroll"]])
    same(design.ratio("api.stu", "enroll").frame, [expected["ratio_c2"]["se"]["api.stu/enroll"]], "std_error")
