import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, theme
from svclib.reports.charts.path_places import places
from svclib.reports.sentences import factor_models as said
from svclib.reports.sentences import invariance as told

WIDTHS = (660, 330)
LANGUAGES = ("en", "zh-CN")
REFERENCE = Path(__file__).parents[1] / "stats" / "reference"
WORDS = {name: [f"{name.lower()}{number}" for number in range(1, 5)] for name in "ABC"}
CHINESE = {"A": "有形性", "B": "可靠性", "C": "响应性", "b2": "一次办对业务", "en": "英文", "zh-CN": "中文"}


@pytest.fixture(scope="module")
def answers():
    return pd.read_csv(REFERENCE / "factor_models.csv")


@pytest.fixture(scope="module")
def fit(answers):
    return stats.cfa(answers, WORDS, missing="fiml")


@pytest.fixture(scope="module")
def joined(answers):
    return stats.cfa(answers, {"all": [item for items in WORDS.values() for item in items]}, missing="fiml")


@pytest.fixture(scope="module")
def levels(answers):
    return stats.invariance(answers, WORDS, groups="language", estimator="mlr", missing="fiml")


@pytest.fixture(scope="module")
def partial(answers):
    options = {"groups": "language", "estimator": "mlr", "missing": "fiml"}
    return stats.invariance(answers, WORDS, free=["b2~1", "C=~c2"], **options)


def width_of(drawn):
    return float(drawn.split('width="')[1].split('"')[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_fit_their_width_in_both_languages(fit, levels, partial, width, language):
    labels = CHINESE if language == "zh-CN" else None
    drawn = [
        theme.svg(chart)
        for chart in (
            charts.model_loadings(fit, labels=labels, language=language, width=width),
            charts.model_loadings(levels.fit("configural"), labels=labels, language=language, width=width),
            charts.path_diagram(fit, labels=labels, width=width),
            charts.path_diagram(levels.fit("metric"), group="zh-CN", labels=labels, width=width),
            charts.invariance_levels(levels, language=language, width=width),
            charts.latent_differences(partial.latent_means(), labels=labels, language=language, width=width),
        )
    ]
    for one in drawn:
        assert width * 0.75 <= width_of(one) <= width
    assert ("标准化载荷" in drawn[0]) == (language == "zh-CN")
    assert ("可靠性" in drawn[2]) == (language == "zh-CN")
    assert ("截距等值" in drawn[4]) == (language == "zh-CN")


def test_loadings_stand_under_their_factor_with_a_line_at_a_half(fit):
    drawn = theme.svg(charts.model_loadings(fit))
    for names in (("a1", "a4", "b1", "c4"), ("A", "B", "C"), ("a4", "A", "b1")):
        places_of = [drawn.index(f">{name}<") for name in names]
        assert places_of == sorted(places_of)
    assert drawn.count("stroke-dasharray") >= 3


def test_an_item_that_is_surely_weak_has_the_warning_colour(answers):
    noise = answers.assign(a4=np.random.default_rng(1).integers(1, 6, 600).astype(float))
    weak = theme.svg(charts.model_loadings(stats.cfa(noise, WORDS, missing="fiml")))
    assert theme.colors()["danger"] in weak
    assert theme.colors()["danger"] not in theme.svg(charts.model_loadings(stats.cfa(answers, {"B": WORDS["B"]})))


def test_the_path_diagram_writes_every_loading_and_correlation(fit):
    drawn = theme.svg(charts.path_diagram(fit))
    numbers = re.findall(r">(−?\d\.\d\d)<", drawn)
    # a halo below and the number above
    assert len(numbers) == 2 * (12 + 3)
    for row in fit.loadings.to_dict("records"):
        assert f"{row['standardised']:.2f}" in numbers


def test_the_path_diagram_keeps_items_apart_and_arcs_inside(fit):
    for width in WIDTHS:
        found = places(fit, None, None, width)
        assert (found.boxes["y"].diff().dropna() > 20).all()
        assert found.arcs["x"].min() > 0
        assert found.boxes["x2"].max() <= width
        assert found.factors["x2"].max() < found.boxes["x"].min()


def test_a_crossed_item_has_one_box_and_two_lines(answers):
    crossed = stats.cfa(answers, {**WORDS, "A": [*WORDS["A"], "c4"]}, std_lv=True)
    found = places(crossed, None, None, 660)
    assert len(found.boxes) == 12
    assert len(found.arms) == 13


def test_long_names_are_cut_to_their_box(fit):
    found = places(fit, None, {"a1": "柜面和自助设备先进而且一直都很好用"}, 330)
    assert found.texts["text"].str.contains("…").sum() == 1


def test_the_structure_is_told_with_its_fit_and_whether_chance_explains_the_rest(fit, joined):
    assert said.structure(fit) == (
        "The structure (3 dimensions, 12 items, 600 answers) fits the answers well: CFI 0.994, RMSEA 0.022 (90% "
        "interval 0.000 to 0.037), SRMR 0.025. Chance alone could explain what is left (χ² = 65.2, 51 degrees of "
        "freedom, p = 0.087)."
    )
    assert said.structure(joined, "zh-CN") == (
        "该结构（单一维度，12 道题目，600 份答卷）与数据不符：CFI 0.628，RMSEA 0.165（90% 区间 0.155 至 0.174），"
        "SRMR 0.116。剩余的偏差难以仅用偶然解释（χ² = 886.0，自由度 54，p < 0.001）。"
    )


def test_a_model_without_anything_to_test_says_so(answers):
    fit = stats.cfa(answers, {"A": ["a1", "a2", "a3"]})
    assert said.structure(fit) == "The model leaves nothing to test: give it more items than it needs."


def test_dimensions_that_can_be_told_apart(fit):
    assert said.distinct(fit).startswith("All dimensions can be told apart: the highest correlation, of B and C, is ")
    assert said.distinct(fit, labels=CHINESE, language="zh-CN").startswith("各维度可以区分：相关最高的是可靠性与响应性")


def test_dimensions_that_cannot_be_told_apart(answers):
    halves = {"one": ["b1", "b2"], "two": ["b3", "b4"]}
    text = said.distinct(stats.cfa(answers, halves, missing="fiml"))
    assert text.startswith("1 of 1 correlations between dimensions reach 0.85; the highest is that of one and two")
    assert text.endswith("report them together.")


def test_a_single_dimension_has_nothing_to_be_told_from(joined):
    assert said.distinct(joined) == ""


def test_weak_items_are_named_or_the_weakest_is(fit, joined):
    assert re.fullmatch(
        r"Every item loads 0\.5 or more; the weakest, a4, 0\.\d\d \(95% interval 0\.\d\d to 0\.\d\d\)\.",
        said.weak_items(fit),
    )
    text = said.weak_items(joined, labels=CHINESE, language="zh-CN")
    assert text.startswith("载荷低于 0.5 的有：a4 (0.")
    assert text.endswith("这样的题目难以反映其所属维度。")


def test_one_dimension_is_told_to_fit_worse_than_three(fit, joined):
    text = said.against(fit.against(joined).iloc[0], "One dimension", "three dimensions")
    assert re.fullmatch(
        r"One dimension fits worse than three dimensions \(CFI −0\.\d{3}; difference of χ² \d+\.\d, 3 degrees of "
        r"freedom, p < 0\.001\); chance alone would hardly explain it\.",
        text,
    )
    row = {"p_value": 0.4, "difference": 2.1, "df": 2, "delta_cfi": 0.0002}
    assert said.against(row, "一个维度", "三个维度", "zh-CN") == (
        "一个维度的拟合并不比三个维度差到偶然无法解释的程度（CFI 0.000；χ² 之差 2.1，自由度 2，p = 0.400）："
        "宜选更简单的模型。"
    )


def test_groups_whose_items_start_differently_are_not_to_be_compared(levels):
    assert told.comparable(levels) == (
        "The items hang together alike in en, zh-CN, but some start higher in one group: do not compare means. What "
        "stands most against it: the intercept of b2 (p < 0.001); free b2~1 and look again."
    )
    assert "一次办对业务的截距" in told.comparable(levels, labels=CHINESE, language="zh-CN")


def test_groups_whose_items_work_alike_may_be_compared(partial):
    assert told.comparable(partial) == "The items work alike in en, zh-CN: their scores and means may be compared."
    assert (
        told.comparable(partial, labels=CHINESE, language="zh-CN")
        == "题目在英文、中文中的作用相同：其得分与均值可以比较。"
    )


def test_what_was_not_tested_is_said(answers):
    only = stats.invariance(answers, WORDS, groups="language", levels=["configural"])
    assert told.comparable(only) == "Whether means may be compared in en, zh-CN has not been tested."


def test_each_level_is_told_with_its_change(levels):
    texts = [told.level(row) for row in levels.frame.to_dict("records")]
    assert texts[0].startswith("same pattern: fits (CFI 0.994, RMSEA 0.021, p = 0.186); chance alone could")
    assert texts[1].startswith("same loadings: holds (CFI −0.002, RMSEA +0.003; difference of χ² 14.9, 9 degrees")
    assert texts[2].endswith("p < 0.001); chance alone would hardly explain the difference.")
    assert texts[3].endswith("too small to matter.")
    assert told.level(levels.frame.to_dict("records")[2], "zh-CN").startswith("截距等值：不成立（")


def test_a_level_that_tests_nothing_says_so(levels):
    row = {**levels.frame.to_dict("records")[1], "verdict": "equivalent", "level": "thresholds"}
    assert told.level(row).startswith("same thresholds: nothing is tested")


def test_a_latent_mean_is_told_with_size_direction_and_chance(partial, levels):
    rows = partial.latent_means().to_dict("records")
    assert told.latent_mean(rows[0]) == (
        "A is 0.32 standard deviations lower in zh-CN than in en (95% interval −0.50 to −0.14); chance alone would "
        "hardly explain it."
    )
    assert told.latent_mean(rows[1], labels=CHINESE, language="zh-CN").startswith("中文的有形性比英文低 0.22 分（")
    assert told.latent_mean(rows[2]).endswith("chance alone could explain it.")
    distorted = levels.latent_means().to_dict("records")[0]
    assert told.latent_mean(distorted).endswith("part of this difference comes from the questions.")


def test_what_is_wrong_with_a_solution_is_told_by_name():
    draw = np.random.default_rng(4)
    factor, noise = draw.normal(size=(40, 1)), draw.normal(size=(40, 6))
    data = pd.DataFrame(factor + noise * [0.05, 1.5, 1.5, 1, 1, 1], columns=list("abcdef"))
    fit = stats.cfa(data, {"one": ["a", "b", "c"], "two": ["d", "e", "f"]})
    english, chinese = said.problems(fit), said.problems(fit, labels={"a": "题一"}, language="zh-CN")
    assert any(text.startswith("a: a negative variance") for text in english)
    assert any(text.startswith("题一：方差为负") for text in chinese)
    assert len(english) == len(chinese)


def test_a_clean_solution_has_no_problems(fit):
    assert said.problems(fit) == []


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("A=~a1", "the loading of a1 on A"),
        ("a1~~a1", "the variance of a1"),
        ("a1~~a2", "the covariance of a1 and a2"),
        ("a1|t2", "threshold 2 of a1"),
        ("a1", "a1"),
    ],
)
def test_terms_are_put_into_words(term, text):
    assert said.parameter(term) == text


def test_a_comparison_of_groups_is_told_at_once(partial):
    texts = told.overview(partial, language="en")
    assert texts[0].startswith("The items work alike")
    assert len(texts) == 1 + 4 + 3
    assert all("scale points" not in text for text in texts)


def test_a_small_loss_of_fit_is_called_small():
    row = {"p_value": 0.016, "difference": 21.8, "df": 10, "delta_cfi": -0.006}
    assert said.against(row, "One dimension", "five dimensions").endswith(
        "prefer the simpler unless theory speaks for the other."
    )


def test_items_are_called_by_code_and_text():
    codebook = pd.DataFrame(
        {
            "column": ["tangibles__t1", "tangibles__t1", "aspects__login", "overall"],
            "part": ["t1", "t1", "login", None],
            "construct": ["tangibles", "tangibles", "digital", None],
            "title_zh": ["您同意吗？ – 设备先进。"] * 2 + ["登录方便。", "总体"],
            "title_en": ["Do you agree? – Up to date."] * 2 + ["Easy to log in.", "Overall"],
        }
    )
    found = said.labels(codebook, "zh-CN")
    assert (found["tangibles__t1"], found["aspects__login"]) == ("t1 设备先进", "登录方便")
    assert (found["tangibles"], found["qr"], found["en"]) == ("有形性", "二维码", "英文")
    assert "overall" not in found
