import pytest

from svclib import stats
from svclib.demo.forms_pair import administrations, calibrations, scores
from svclib.reports import charts
from svclib.reports.sentences import linking as say

LANGUAGES = ["en", "zh-CN"]


@pytest.fixture(scope="module")
def made():
    new, old = scores(400)
    return new, stats.equate(new, old, "score", anchor="anchor", method="frequency", smooth=4)


def test_a_score_is_explained(made):
    said = say.meaning(made[1], 24)
    assert said.startswith("24 on the new form is worth")
    assert "95% interval" in said
    assert "旧卷" in say.meaning(made[1], 24, "zh-CN")


def test_without_errors_it_is_said_so():
    new, old = calibrations()
    bare = stats.equate(new, old, method="irt_true")
    assert "cannot be told" in say.meaning(bare, 24)
    assert "Take care" in say.cautions(bare)


def test_an_equal_form_is_equally_hard():
    same = stats.equate([0, 1, 2, 3], [0, 1, 2, 3], method="mean")
    assert "equally hard" in say.meaning(same, 2)
    assert "chance alone" in say.largest(same)


@pytest.mark.parametrize("language", LANGUAGES)
def test_verdicts_count_candidates(made, language):
    row = made[1].verdicts(made[0]["score"], 24).iloc[0]
    said = say.verdicts(row, language)
    assert f"{row['gained']:g}" in said
    assert f"{row['new_cut']:g}" in said


def test_an_unreachable_pass_mark_is_said(made):
    row = made[1].verdicts(made[0]["score"], 200).iloc[0]
    assert "nobody can pass" in say.verdicts(row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_drift_names_items_and_accuses_nobody(language):
    found = stats.anchor_drift(*calibrations(drift={"A03": 0.9}), cut=24)
    said = say.drift(found, language)
    assert "A03" in said
    assert ("无关" if language == "zh-CN" else "nothing about any candidate") in said
    still = say.drift(stats.anchor_drift(*calibrations()), language)
    assert "12" in still


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_are_told(language):
    link = stats.link(*calibrations(drift={"A03": 0.9}))
    assert "12" in say.linked(link, language)
    assert say.cautions(link, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [340, 660])
def test_charts_are_drawn(made, language, width):
    found = [
        charts.conversion(made[1], cut=24, language=language, width=width),
        charts.smoothed_scores(made[1], language=language, width=width),
        charts.anchor_scatter(stats.anchor_drift(*calibrations()), language=language, width=width),
        charts.anchor_scatter(stats.anchor_drift(*administrations(300)), language=language, width=width),
        charts.smoothed_scores(stats.equate([0, 1, 2], [0, 1, 3]), language=language, width=width),
    ]
    assert all(chart.to_dict() for chart in found)
