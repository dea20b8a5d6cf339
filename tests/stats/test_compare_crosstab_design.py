import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtr

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats import Design
from svclib.stats.compare.design_cells import design_cells
from svclib.stats.compare.groups import CompareNote
from svclib.stats.design.results import OPT_IN
from svclib.stats.estimate import Note


@pytest.fixture(scope="module")
def visits(table):
    data = table("visits")
    return data.assign(satisfied=(data["csat"] >= 4).astype(int))


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


def test_shares_have_the_intervals_of_the_design(design):
    cells = stats.crosstab(design, "csat", "channel").cells.sort_values(["column", "term"])
    rows = design.proportion("csat", by="channel").frame.sort_values(["channel", "term"])
    for name in ("estimate", "std_error", "low", "high", "n", "df"):
        np.testing.assert_allclose(cells[name].astype(float), rows[name].astype(float), rtol=1e-10)


def test_weights_alone_give_the_cells_of_the_frame(visits):
    by_weights = stats.crosstab(visits, "csat", "channel", weights="weight").cells
    by_design = stats.crosstab(Design(visits, weights="weight"), "csat", "channel").cells
    assert list(by_weights.columns) == list(by_design.columns)
    same = ["column", "term", "estimate", "n", "count", "weighted", "expected", "letter", "above"]
    pd.testing.assert_frame_equal(by_weights[same], by_design[same])


def test_columns_differ_by_the_contrast_of_the_design(design):
    _cells, p_values = design_cells(design, "satisfied", "channel", 0.95)
    shares = design.mean("satisfied", by="channel")
    row = shares.contrast({"app": 1, "branch": -1}).iloc[0]
    expected = 2 * stdtr(design.degrees_of_freedom, -abs(row["estimate"] / row["std_error"]))
    assert p_values[1, 0] == pytest.approx(expected, rel=1e-10)
    assert p_values[0, 0] == pytest.approx(expected, rel=1e-10)


def test_the_association_is_the_test_of_the_design(design):
    tests = stats.crosstab(design, "satisfied", "channel").tests
    pd.testing.assert_frame_equal(tests, design.chisq("satisfied", "channel"))


def test_residuals_of_two_by_two_are_one_number(visits):
    two = Design(visits[visits["channel"].isin(["app", "web"])], cluster="branch")
    residual = stats.crosstab(two, "satisfied", "channel").cells["residual"].to_numpy()
    np.testing.assert_allclose(np.abs(residual), np.abs(residual[0]), rtol=1e-8)
    wald = two.chisq("satisfied", "channel", statistic="Wald").iloc[0]
    assert residual[0] ** 2 == pytest.approx(wald["statistic"], rel=1e-8)


def test_one_cluster_more_alike_has_wider_intervals(visits):
    plain = stats.crosstab(visits, "satisfied", "channel").cells
    clustered = stats.crosstab(Design(visits, cluster="branch"), "satisfied", "channel").cells
    assert (clustered["high"] - clustered["low"]).mean() > (plain["high"] - plain["low"]).mean()


def test_a_small_column_is_not_compared(visits):
    few = visits.assign(channel=visits["channel"].where(visits.index > 5, "kiosk"))
    cells = stats.crosstab(Design(few, cluster="branch"), "csat", "channel").cells
    kiosk = cells[cells["column"] == "kiosk"]
    assert set(kiosk["note"]) == {Note.TOO_FEW}
    rare = cells[(cells["term"] == 1) & (cells["column"] == "kiosk")]
    assert not cells[cells["column"] != "kiosk"]["above"].str.contains(rare["letter"].iloc[0]).any()


def test_shares_too_rare_for_any_comparison_say_so(visits):
    rare = visits.assign(csat=np.where(visits.index < 3, 0, visits["csat"]))
    cells = stats.crosstab(Design(rare, cluster="branch"), "csat", "channel").cells
    assert set(cells.loc[cells["term"] == 0, "note"]) == {CompareNote.NOT_COMPARED}


def test_volunteers_are_named(visits):
    table = stats.crosstab(Design(visits, source="opt-in"), "satisfied", "channel")
    assert set(table.cells["note"]) == {OPT_IN}
    assert table.tests["note"].tolist() == [OPT_IN]


def test_a_design_has_weights_of_its_own(design):
    with pytest.raises(InvalidInput, match="weights of its own"):
        stats.crosstab(design, "csat", "channel", "weight")


def test_a_column_is_not_crossed_with_itself(design):
    with pytest.raises(InvalidInput, match="cannot be crossed with itself"):
        stats.crosstab(design, "csat", "csat")
