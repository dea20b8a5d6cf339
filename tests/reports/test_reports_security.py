"""Exam security in words and charts: both languages, flags that never accuse."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts
from svclib.reports.sentences import security as say
from svclib.reports.theme import svg

LANGUAGES = ("en", "zh-CN")


@pytest.fixture(scope="module")
def made() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Random options with two copiers, their marks with one item known late, and times with hurried candidates."""
    random = np.random.default_rng(5)
    names = [f"q{one:02d}" for one in range(30)]
    choices = pd.DataFrame(random.choice(list("ABCD"), (200, 30), p=[0.55, 0.15, 0.15, 0.15]), columns=names)
    choices.iloc[[1, 2], :28] = choices.iloc[[0, 0], :28].to_numpy()
    scores = (choices == "A").astype(float)
    scores.loc[100:, "q05"] = 1.0
    times = pd.DataFrame(random.lognormal(4, 0.4, scores.shape), columns=names)
    times.iloc[10:15, 10:] = 2.0
    return choices, scores, times


@pytest.mark.parametrize("language", LANGUAGES)
def test_pairs_and_clusters(made: tuple[pd.DataFrame, ...], language: str) -> None:
    found = stats.answer_similarity(made[0], dict.fromkeys(made[0].columns, "A"), method=["omega", "k"])
    flagged = found.frame[found.frame["flag"]].to_dict("records")
    assert flagged
    text = say.pair(flagged[0], language)
    assert ("Look at seating" in text) == (language == "en")
    assert ("请核对座位" in text) == (language == "zh-CN")
    assert "0, 1, 2" in say.cluster(stats.answer_clusters(found).iloc[0].to_dict(), language)
    for chart in (charts.similarity_network, charts.similarity_pvalues):
        assert "<svg" in svg(chart(found, language=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_quick_answers(made: tuple[pd.DataFrame, ...], language: str) -> None:
    found = stats.rapid_guessing(made[2], made[1])
    assert "5" in say.rapid(found, language)
    for chart in (
        charts.rapid_thresholds(found, language=language),
        charts.rapid_thresholds(found, "q05", language=language),
        charts.effort_scores(found, language=language),
    ):
        assert "<svg" in svg(chart)


@pytest.mark.parametrize("language", LANGUAGES)
def test_items(made: tuple[pd.DataFrame, ...], language: str) -> None:
    found = stats.item_compromise(made[1])
    row = found.items.set_index("item", drop=False).loc["q05"].to_dict()
    assert row["flag"]
    assert "q05" in say.item(row, language)
    assert "<svg" in svg(charts.compromise_path(found, "q05", language=language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_preknowledge(language: str) -> None:
    row = {"p_adjusted": 0.001, "score": 8.0, "expected": 3.2, "flag": True}
    assert "3.2" in say.known_items(row, "c1", language)
    assert "c1" in say.known_items(row | {"p_adjusted": np.nan}, "c1", language)
