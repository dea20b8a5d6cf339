"""What nobody expects in data: every verb of response quality says what is wrong, or why a result is empty."""

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import Note
from svclib.stats.quality.scenarios import CHOICES, RATINGS, bank

ITEMS = [*RATINGS, *CHOICES]


@pytest.fixture(scope="module")
def sheets():
    data = bank(units=9, answers=40, seed=6)
    return data.assign(
        channel=pd.Categorical(np.where(np.arange(len(data)) % 3, "web", "phone"), ["phone", "web", "fax"]),
        flag=np.arange(len(data)) % 10 == 0,
        client=[f"c{n}" for n in range(len(data))],
        weight=1.0,
    )


VERBS = {
    "careless": lambda data: stats.careless(data, list(RATINGS), draws=200).cuts,
    "speeding": lambda data: stats.speeding(data, data[["q1", "q2"]]).cuts,
    "duplicates": lambda data: stats.duplicates(data, ITEMS, by="branch").frame[["match", "expected"]].isna(),
    "fabrication": lambda data: stats.fabrication(data, ITEMS, by="branch", at="day", comments="comment").frame,
    "bursts": lambda data: stats.bursts(data, "day", by="branch"),
    "shared_devices": lambda data: stats.shared_devices(data, "client").frame,
    "item_nonresponse": lambda data: stats.item_nonresponse(data, list(RATINGS)),
    "mode_effects": lambda data: stats.mode_effects(data, ["q1", "q2"], mode="channel"),
    "response_styles": lambda data: stats.response_styles(data, list(RATINGS)),
    "quality_flags": lambda data: stats.quality_flags(data, {"speed": data["flag"]}),
    "with_and_without": lambda data: stats.with_and_without(data, "flag", csat="q1", mean="q2"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_single_respondent_gives_no_warning_and_a_reason(sheets, verb):
    found = VERBS[verb](sheets.head(1))
    if "note" in found.columns and "p_value" in found.columns:
        assert (found.loc[found["p_value"].isna(), "note"] != "").all()


@pytest.mark.parametrize("verb", VERBS)
def test_equal_answers_everywhere_give_no_warning_and_a_reason(sheets, verb):
    found = VERBS[verb](sheets.assign(**dict.fromkeys(RATINGS, 5.0)))
    if "note" in found.columns and "p_value" in found.columns:
        assert (found.loc[found["p_value"].isna(), "note"] != "").all()


@pytest.mark.parametrize("verb", [one for one in VERBS if one not in ("shared_devices", "quality_flags", "bursts")])
def test_no_rows_are_refused_or_give_no_rows(sheets, verb):
    try:
        found = VERBS[verb](sheets.head(0))
    except InvalidInput:
        return
    assert found.empty or (found["note"] != "").all() or verb == "speeding"


@pytest.mark.parametrize("verb", ["careless", "fabrication", "duplicates", "item_nonresponse", "response_styles"])
def test_what_is_no_frame_is_refused(verb):
    with pytest.raises(InvalidInput, match="A pandas frame is needed, not list"):
        VERBS[verb]([1, 2, 3])


@pytest.mark.parametrize("bad", [-1.0, np.nan])
@pytest.mark.parametrize(
    "verb",
    [
        lambda data: stats.item_nonresponse(data, ["q1"], weights="weight"),
        lambda data: stats.mode_effects(data, "q1", mode="channel", weights="weight"),
        lambda data: stats.with_and_without(data, "flag", mean="q1", weights="weight"),
    ],
)
def test_impossible_weights_name_their_column(sheets, verb, bad):
    data = sheets.copy()
    data.loc[4, "weight"] = bad
    with pytest.raises(InvalidInput, match='"weight"'):
        verb(data)


def test_two_hundred_covariates_on_fifty_rows_are_refused(sheets):
    many = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 200)), columns=[f"x{n}" for n in range(200)])
    data = sheets.head(50).reset_index(drop=True).join(many)
    with pytest.raises(InvalidInput, match="cannot be told from"):
        stats.mode_effects(data, "q1", mode="channel", adjust=list(many))


def test_a_mode_that_nobody_used_is_no_row(sheets):
    assert stats.mode_effects(sheets, "q1", mode="channel")["mode"].tolist() == ["phone"]


def test_a_group_without_cases_stays_with_its_reason(sheets):
    rows = stats.with_and_without(sheets, "flag", csat="q1", by="channel").set_index(["channel", "rows"])
    assert rows.loc[("fax", "all"), "note"] == Note.NO_ANSWERS
    assert rows.loc[("fax", "difference"), "note"] == Note.NO_ANSWERS
    assert np.isnan(rows.loc[("fax", "difference"), "estimate"])


def test_a_stratum_with_a_single_cluster_is_refused_by_the_design(sheets):
    with pytest.raises(InvalidInput, match="single cluster"):
        stats.with_and_without(stats.Design(sheets, strata="branch", cluster="branch"), "flag", mean="q1")


def test_volunteers_get_no_sampling_error(sheets):
    design = stats.Design(sheets.assign(source="opt-in"), source="opt-in")
    for rows in (
        stats.with_and_without(design, "flag", mean="q1"),
        stats.mode_effects(design, "q1", mode="channel"),
        stats.item_nonresponse(design, ["q1"]),
    ):
        assert rows["note"].str.contains("volunteers").all()
