import numpy as np
import pandas as pd
import pytest
from test_fairness_dif import exam_of

from svclib import stats
from svclib.demo.fairness import EASIER, HARDER, exam
from svclib.errors import InvalidInput
from svclib.reports import charts
from svclib.reports.sentences import fairness as say

LABELS = {"county": "county branches", "city": "city branches"}
ACCUSING = ("cheat", "bias", "discriminat", "guilty", "作弊", "歧视", "偏见")


@pytest.fixture(scope="module")
def found():
    scores, people = exam()
    return stats.dif(scores, people["kind"], reference="city")


def test_the_planted_items_are_found(found):
    flagged = found.flagged.set_index("item")
    assert set(HARDER) | set(EASIER) == set(flagged.index)
    assert (flagged.loc[list(HARDER), "estimate"] < 0).all()
    assert (flagged.loc[list(EASIER), "estimate"] > 0).all()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_sentences_flag_and_never_accuse(found, language):
    effects = stats.dif_effects(found, 0.6)
    told = [say.overview(found, language), say.ability(found, language, LABELS)]
    told += [say.item(row, language, LABELS) for row in found.frame.to_dict("records")]
    told += [say.passing(effects.frame.iloc[0], language, LABELS), say.who(effects.levels, language, LABELS)]
    for text in told:
        assert text
        assert "{" not in text
        assert "nan" not in text
        assert not any(word in text for word in ACCUSING), text
    assert ("not a proof" if language == "en" else "并不证明不公平") in told[0]
    assert ("no unfairness" if language == "en" else "并不意味着不公平") in told[1]


def test_the_words_of_an_item_name_size_direction_and_what_to_check(found):
    row = found.frame.set_index("item", drop=False).loc["q07"]
    text = say.item(row, labels=LABELS)
    assert text.startswith("q07 is harder for county branches than for equally able candidates of city branches (")
    assert "class C" in text
    assert "wording or translation" in text
    calm = say.item(found.frame.set_index("item", drop=False).loc["q01"])
    assert "no difference" in calm
    lost = say.item({**row, "p_value": np.nan, "note": "nobody in one of the groups met the item"})
    assert "cannot be compared (nobody" in lost


def test_words_where_nothing_is_found():
    scores, groups = exam_of(n=300)
    calm = stats.dif(scores, groups)
    assert "none treats" in say.overview(calm)
    row = stats.dif_effects(calm, 0.6).frame.iloc[0]
    assert "no item is flagged" in say.passing(row)
    assert say.who(stats.dif_effects(calm, 0.6).levels) == ""
    constant = pd.DataFrame(1, index=scores.index, columns=["a", "b", "c"])
    assert "No item could be compared" in say.overview(stats.dif(constant, groups))
    with pytest.raises(InvalidInput, match="No item is flagged"):
        charts.dif_points(stats.dif_effects(calm, 0.6))
    with pytest.raises(InvalidInput, match="No item is flagged"):
        charts.dif_pass_rates(stats.dif_effects(calm, 0.6))


def test_groups_that_are_too_few_are_named():
    scores, people = exam()
    branches = stats.dif(scores, people["branch"])
    assert "too few candidates were not judged" in say.overview(branches)
    assert "All groups taken together" in say.overview(branches)
    assert "everybody else" in say.item(branches.frame.iloc[0])


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("width", [360, 660])
def test_charts_can_be_drawn(found, language, width):
    effects = stats.dif_effects(found, 0.6)
    look = {"labels": LABELS, "language": language, "width": width, "title": "x"}
    for chart in (
        charts.dif_sizes(found, **look),
        charts.dif_curves(found, "q07", **look),
        charts.dif_pass_rates(effects, **look),
        charts.dif_points(effects, **look),
    ):
        assert chart.to_dict()["width"] <= width
    with pytest.raises(InvalidInput, match="nowhere"):
        charts.dif_sizes(found, "nowhere")
    with pytest.raises(InvalidInput, match="nowhere"):
        charts.dif_curves(found, "q07", "nowhere")


def test_shares_have_no_zones():
    scores, groups = exam_of(n=300)
    with pytest.raises(InvalidInput, match="zones"):
        charts.dif_sizes(stats.dif(scores, groups, method="standardization"))
