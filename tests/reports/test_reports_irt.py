import re

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts
from svclib.reports.sentences import irt as say
from svclib.stats.item_response.parameters import items_of
from svclib.stats.item_response.person_chance import draw_codes
from svclib.stats.item_response.scoring import ScoreNote

LATIN = re.compile(r"[A-Za-z]{4,}")
KNOWN = {"RMSEA", "outfit", "infit", "rasch"}


@pytest.fixture(scope="module")
def fit():
    random = np.random.default_rng(1)
    items = pd.DataFrame({"item": [f"q{one:02d}" for one in range(12)], "a": random.uniform(0.8, 2, 12)})
    items["b"] = random.normal(size=12)
    items.loc[3, "a"] = -1.2
    items["model"] = "2pl"
    graded = pd.DataFrame({"item": ["g1", "g2"], "a": 1.4, "b1": -1.0, "b2": 0.8, "model": "grm"})
    known = items_of(pd.concat([items.rename(columns={"b": "b1"}), graded], ignore_index=True))
    answers = pd.DataFrame(draw_codes(known, random.normal(size=900), random), columns=known.names)
    answers.iloc[:30] = 0
    return stats.irt(answers)


def told(fit, language):
    fitted = fit.item_fit()
    rows = say.to_mend(fit.items, fitted).to_dict("records")
    return [
        say.calibration(fit, language), *[say.mend(row, language) for row in rows], say.item_fit(fitted, language),
        say.item_fit(fitted.assign(p_value=np.nan), language), say.score(fit.scores().iloc[50], "A", language),
        say.score({"estimate": np.inf, "note": str(ScoreNote.ALL_RIGHT)}, "A", language),
        say.information(fit.information(), 2.5, language), say.information(fit.information(), language=language),
        say.reliability(stats.score_reliability(fit).iloc[0], language), say.person_fit(fit.person_fit(), language),
        say.person_fit(fit.person_fit().iloc[:0], language), say.dependence(fit.local_dependence(), language),
        say.dimensionality(fit.dimensionality(), language),
        say.comparison(fit.compare(stats.irt(fit_answers(fit), "rasch")), language),
    ]  # fmt: skip


def fit_answers(fit):
    return pd.DataFrame(fit.responses.codes, columns=list(fit.responses.names))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_result_has_its_sentence(fit, language):
    for text in told(fit, language):
        assert text.endswith("." if language == "en" else "。")
        assert "{" not in text and "nan" not in text
        if language == "zh-CN":
            assert set(LATIN.findall(text)) <= KNOWN, text


def test_a_wrong_key_is_said(fit):
    first = say.to_mend(fit.items).iloc[0]
    assert (first["item"], first["reason"]) == ("q03", "negative")
    assert say.mend(first) == "q03: the better candidates answer it wrong more often: check the key."
    assert say.item(fit.items.iloc[3]).startswith("q03: the better candidates")
    assert "tells candidates apart" in say.item(fit.items.iloc[0])


def test_patterns_are_never_accused(fit):
    text = say.person_fit(fit.person_fit())
    assert not re.search("cheat|fraud|dishonest|guilty", text)


@pytest.mark.parametrize("width", [360, 660])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_charts_hold_for_phone_and_page(fit, language, width):
    options = {"language": language, "width": width}
    for chart in (
        charts.characteristic_curves(fit, **options),
        charts.characteristic_curves(fit, ["q03"], title="One", **options),
        charts.category_curves(fit, "g1", **options),
        charts.information_curve(fit, cut=0.5, **options),
        charts.wright_map(fit, fit.scores(), **options),
        charts.wright_map(fit, fit.scores("ml"), title="Map", **options),
        charts.item_fit_curve(fit, "g1", **options),
        charts.item_fit_curve(fit, "q03", **options),
    ):
        drawn = chart.to_dict()
        assert drawn["$schema"]
        if language == "zh-CN":
            assert any(ord(letter) > 0x2E80 for letter in str(drawn))


def test_charts_of_incomplete_answers_are_empty_not_broken(fit):
    answers = fit_answers(fit).astype(float)
    answers.iloc[::2, 0], answers.iloc[1::2, 1] = np.nan, np.nan
    other = stats.irt(answers, std_errors=None)
    assert charts.item_fit_curve(other, "q03").to_dict()["$schema"]
    assert charts.wright_map(other, other.scores().iloc[:0]).to_dict()["$schema"]
