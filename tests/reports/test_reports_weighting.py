from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, theme
from svclib.reports.sentences import weighting

WIDTHS = (660, 330)
LANGUAGES = ("en", "zh-CN")
AGES = {"<40": 300.0, "40-59": 400.0, "60+": 300.0}
VISITS = Path(__file__).parents[1] / "stats" / "reference" / "visits.csv"


@pytest.fixture(scope="module")
def design():
    data = pd.DataFrame({"age": ["<40"] * 50 + ["40-59"] * 30 + ["60+"] * 20, "channel": ["app", "desk"] * 50})
    return stats.Design(data)


@pytest.fixture(scope="module")
def raked(design):
    return design.rake({"age": AGES, "channel": {"app": 450, "desk": 550}})


@pytest.fixture(scope="module")
def scanned():
    people = pd.DataFrame({"age": ["<40"] * 40 + ["40-59"] * 30 + ["60+"] * 30})
    answers = pd.DataFrame({"age": ["<40"] * 60 + ["40-59"] * 30 + ["60+"] * 10})
    return stats.propensity_weights(answers, people, "age")


@pytest.fixture(scope="module")
def indicators():
    visits = pd.read_csv(VISITS).assign(answered=lambda rows: (rows["wait_minutes"] + rows["effort"] > 9).astype(int))
    return stats.r_indicator(visits, responded="answered", columns=["channel", "segment"])


def width_of(drawn):
    return float(drawn.split('width="')[1].split('"')[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_fit_their_width_in_both_languages(raked, indicators, width, language):
    known = {"age": AGES, "channel": {"app": 450, "desk": 550}}
    drawn = [
        theme.svg(charts.weight_distribution(raked, language=language, width=width)),
        theme.svg(charts.margins(raked.balance(known), language=language, width=width)),
        theme.svg(charts.r_partials(indicators, language=language, width=width)),
    ]
    assert all(0.75 * width <= width_of(one) <= width + 2 for one in drawn)


def test_weights_are_shown_before_and_after(raked, design):
    drawn = theme.svg(charts.weight_distribution(raked, language="zh-CN"))
    assert ">加权前<" in drawn
    assert ">加权后<" in drawn
    assert ">加权前<" not in theme.svg(charts.weight_distribution(design, language="zh-CN"))


def test_margins_name_columns_and_categories_and_leave_numbers_out(design):
    frame = design.frame.assign(wait=1.0)
    balance = stats.Design(frame).balance({"age": AGES, "wait": 1000.0})
    drawn = theme.svg(charts.margins(balance, names={"age": "Age of the customer", "wait": "Wait"}))
    assert ">Age of the customer<" in drawn
    assert ">40-59<" in drawn
    assert ">Wait<" not in drawn


def test_partial_indicators_are_drawn_for_each_category(indicators):
    drawn = theme.svg(charts.r_partials(indicators, names={"channel": "渠道"}, language="zh-CN"))
    assert all(f">{name}<" in drawn for name in ("app", "web", "mass", "渠道"))
    assert theme.palette()[0] in drawn


def test_what_weighting_did(raked):
    assert weighting.effect(raked) == (
        "The answer with the largest weight counts 1.6 times as much as the average one; for means the 100 answers "
        "tell as much as 85 of equal weight would (the weights cost 15% of the precision, unless they go with what is "
        "asked)."
    )
    assert weighting.effect(raked, "zh-CN") == (
        "权数最大的答卷是平均权数的 1.6 倍；就均值而言，100 份答卷的信息量相当于 85 份等权答卷"
        "（除非权数与所问内容相关，加权使精度损失 15%）。"
    )


def test_equal_weights_need_few_words(design):
    assert weighting.effect(design) == "All 100 answers count the same."
    assert weighting.effect(design, "zh-CN") == "全部 100 份答卷权数相同。"


def test_trimmed_weights_are_counted(raked):
    assert weighting.effect(raked.trim(upper=13)).endswith(" 35 weights were trimmed.")


def test_weights_that_hang_on_few_answers_are_warned_of():
    data = pd.DataFrame({"w": [1.0] * 30 + [60.0]})
    told = weighting.effect(stats.Design(data, weights="w"))
    assert "A few answers decide much" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_volunteers_are_told_without_a_sampling_error(scanned, language):
    words = {"en": "no sampling error is claimed", "zh-CN": "不给出抽样误差"}[language]
    assert words in weighting.volunteers(scanned, language)
    assert words in weighting.effect(scanned.design, language)
    assert words in weighting.effect(scanned.design.trim(upper=2.5), language)


def test_volunteers_in_numbers(scanned):
    told = weighting.volunteers(scanned)
    assert told.startswith(
        "Weighted against the reference, the 100 volunteers tell as much as 68 of equal weight; 100.0% of the "
        "population resemble somebody who answered."
    )


def test_a_population_unlike_the_volunteers_is_warned_of():
    people = pd.DataFrame({"x": np.linspace(0, 10, 100)})
    found = stats.propensity_weights(people[people["x"] < 4], people, "x")
    assert "Take care: part of the population is unlike everybody who answered" in weighting.volunteers(found)
    assert "请注意：总体中有一部分人与所有回答者都不相似" in weighting.volunteers(found, "zh-CN")


def test_balance_names_the_group_that_is_furthest(raked):
    told = weighting.balance(raked.balance({"age": AGES}), {"age": "age"})
    assert told == (
        "Furthest from the population: age <40, 50.0% of the answers but 30.0% of the population. After weighting all "
        "groups have their share."
    )


def test_balance_says_what_is_left(design):
    rows = design.balance({"age": {"<40": 45, "40-59": 30, "60+": 25}})
    assert weighting.balance(rows, language="zh-CN") == (
        "与总体相差最大的是age <40：占答卷的 50.0%，占总体的 45.0%。加权后，各群体的占比与总体相差不超过 5.0 个百分点。"
    )
    missing = design.balance({"age": {"<40": 42, "40-59": 28, "60+": 30}})
    assert "only 20.0% of the answers but 30.0%" in weighting.balance(missing)


def test_balance_without_anything_to_say(design):
    assert "already" in weighting.balance(design.balance({"channel": {"app": 1, "desk": 1}}))
    numbers = stats.Design(design.frame.assign(wait=1.0)).balance({"wait": 100.0})
    assert weighting.balance(numbers) == "No shares of groups can be compared with the population."


def test_uneven_answers_name_the_groups(indicators):
    told = weighting.representativity(indicators, {"channel": "channel", "segment": "segment"})
    assert told.startswith("51.6% of 1,500 answered; the R-indicator is 0.29 (95% interval 0.26 to 0.32; 1 is even).")
    assert "Chance alone would hardly explain it" in told
    assert "Answered more: channel branch" in told
    assert "难以仅用偶然解释" in weighting.representativity(indicators, language="zh-CN")


def test_even_answers_may_be_chance():
    data = pd.DataFrame({"age": ["a"] * 40 + ["b"] * 40, "answered": [1, 0] * 40})
    told = weighting.representativity(stats.r_indicator(data, responded="answered", columns="age"))
    assert told.endswith("Chance alone could explain the unevenness by these features.")


def test_uneven_volunteers_have_no_interval():
    data = pd.DataFrame({"age": ["a"] * 40 + ["b"] * 40, "answered": [1, 0] * 30 + [0] * 20})
    found = stats.r_indicator(stats.Design(data, source="opt-in"), responded="answered", columns="age")
    told = weighting.representativity(found)
    assert "interval" not in told
    assert "no sampling error is claimed" in told
