import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import Note
from svclib.stats.scales.design_alpha import NO_SPREAD

TOPICS = json.loads((Path(__file__).parent / "reference" / "scales.json").read_text(encoding="utf-8"))["topics"]
R = TOPICS["design"]["values"]
Q = [f"q{i}" for i in range(1, 7)]


@pytest.fixture(scope="module")
def visits(table):
    return table("visits")


@pytest.fixture(scope="module")
def design(visits):
    return stats.Design(visits, weights="weight", strata="region", cluster="branch")


def test_alpha_of_a_design_is_that_of_survey(design):
    assert stats.alpha(design, Q)["estimate"].item() == pytest.approx(R["alpha"], rel=1e-10)


def test_without_weights_or_clusters_alpha_is_that_of_the_frame(visits):
    plain, row = stats.alpha(visits, Q).iloc[0], stats.alpha(stats.Design(visits), Q).iloc[0]
    assert row["estimate"] == pytest.approx(plain["estimate"], rel=1e-12)
    assert row["std_error"] == pytest.approx(plain["std_error"], rel=0.01)
    assert row["low"] < row["estimate"] < row["high"]


def test_replicates_give_nearly_the_linearised_error(design):
    linear, replicated = stats.alpha(design, Q).iloc[0], stats.alpha(design.replicates("jkn"), Q).iloc[0]
    assert replicated["std_error"] == pytest.approx(linear["std_error"], rel=0.03)
    assert replicated["method"] == "replicates, complete"


def test_groups_are_subpopulations(visits, design):
    rows = stats.alpha(design, Q, by="channel").set_index("channel")
    part = design.subpopulation((visits["channel"] == "app").to_numpy())
    alone = stats.alpha(part, Q).iloc[0]
    for column in ("estimate", "std_error", "n"):
        assert rows.loc["app", column] == pytest.approx(alone[column], rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_weights_that_count_rows_are_rows(seed):
    random = np.random.default_rng(seed)
    data = pd.DataFrame(random.normal(size=(40, 1)) + random.normal(size=(40, 3)), columns=list("abc"))
    data["w"] = random.integers(1, 4, size=40).astype(float)
    repeated = data.loc[data.index.repeat(data["w"].astype(int)), list("abc")]
    weighted = stats.alpha(stats.Design(data, weights="w"), list("abc"))["estimate"].item()
    # Variances of n and of n − 1 have the same ratio.
    assert weighted == pytest.approx(stats.alpha(repeated)["estimate"].item(), rel=1e-9)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ({"a": [1.0, np.nan, 2], "b": [np.nan, 2.0, np.nan]}, Note.NO_ANSWERS),
        ({"a": [2.0] * 6, "b": [3.0] * 6}, Note.NO_VARIANCE),
        ({"a": [1.0, 2, 3, 4], "b": [1.0, 2, 3, 4]}, NO_SPREAD),
    ],
)
def test_what_cannot_be_told_is_missing_with_a_note(data, note):
    row = stats.alpha(stats.Design(pd.DataFrame(data)), ["a", "b"]).iloc[0]
    assert np.isnan(row["low"])
    assert row["note"] == note


@pytest.mark.parametrize(
    ("items", "options", "why"),
    [
        (None, {}, "Name the items"),
        (["q1"], {}, "at least two items"),
        (Q, {"interval": "feldt"}, "the design's interval"),
        (Q, {"missing": "pairwise"}, "the design's interval"),
        ([*Q, "region"], {}, '"region" holds'),
    ],
)
def test_what_does_not_go_with_a_design_is_named(design, items, options, why):
    with pytest.raises(InvalidInput, match=why):
        stats.alpha(design, items, **options)
