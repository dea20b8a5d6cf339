import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, sentences, theme
from svclib.reports.term_names import term_name
from svclib.reports.words import RATING
from svclib.stats import Design
from svclib.stats.design.results import NO_DEGREES

WIDTHS = (660, 330)
LANGUAGES = ("en", "zh-CN")
CHINESE = {
    "wait": "等候时间",
    "channel": "渠道",
    "web": "网站",
    "branch": "网点",
    "app": "手机银行",
    "first": "首次到访",
}
SAY = sentences.models


@pytest.fixture(scope="module")
def visits():
    random = np.random.default_rng(3)
    data = pd.DataFrame(
        {
            "wait": random.gamma(2, 4, 500).round(1),
            "channel": random.choice(["app", "branch", "web"], 500),
            "first": random.random(500) < 0.3,
            "outlet": random.integers(0, 25, 500),
        }
    )
    felt = 1.2 - 0.12 * data["wait"] - 0.5 * (data["channel"] == "branch") + random.normal(size=500)
    csat = 1 + np.searchsorted([-2, -1, 0, 1], felt)
    return data.assign(csat=csat, happy=(csat >= 4).astype(int), calls=random.poisson(np.exp(0.05 * data["wait"])))


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, cluster="outlet")


@pytest.fixture(scope="module")
def logistic(design):
    return design.glm("happy", ["wait", "channel", "first"], family="binomial")


@pytest.fixture(scope="module")
def ordinal(design):
    return design.ordinal("csat", ["wait", "channel"])


def size(drawn):
    return float(drawn.split('width="')[1].split('"')[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("language", "title"), [("en", "odds ratio"), ("zh-CN", "优势比")])
def test_odds_ratios_are_drawn_without_the_constant(logistic, width, language, title):
    drawn = theme.svg(charts.model_coefficients(logistic, labels=CHINESE, language=language, width=width))
    assert f">{title}<" in drawn
    assert ">等候时间<" in drawn
    assert "intercept" not in drawn
    assert 0.6 * width <= size(drawn) <= width + 2


@pytest.mark.parametrize(
    ("family", "outcome", "title"), [("gaussian", "csat", "coefficient"), ("poisson", "calls", "ratio of rates")]
)
def test_the_axis_says_what_is_drawn(visits, family, outcome, title):
    fit = stats.glm(visits, outcome, ["wait", "channel"], family=family)
    assert f">{title}<" in theme.svg(charts.model_coefficients(fit))


def test_thresholds_are_not_drawn(ordinal):
    drawn = theme.svg(charts.model_coefficients(ordinal))
    assert ">ratio of the odds of a higher answer<" in drawn
    assert "1|2" not in drawn


def test_a_narrow_range_of_ratios_still_has_ticks(visits):
    drawn = theme.svg(charts.model_coefficients(stats.glm(visits, "calls", "wait", family="poisson")))
    assert ">1<" in drawn
    assert drawn.count("mark-text role-axis-label") >= 1


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("language", "title"), [("en", "change (percentage points)"), ("zh-CN", "变化（百分点）")])
def test_effects_are_drawn_against_their_reference(logistic, width, language, title):
    drawn = theme.svg(charts.model_effects(logistic.effects().frame, labels=CHINESE, language=language, width=width))
    assert f">{title}<" in drawn
    assert "网点 − 手机银行<" in drawn
    assert "True − False<" in drawn
    assert (">网点 − 手机银行<" in drawn) == (width == 330)


def test_effects_on_ratings_are_in_their_unit(visits):
    effects = stats.glm(visits, "csat", ["wait"]).effects().frame
    assert ">change<" in theme.svg(charts.model_effects(effects, unit=RATING))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("language", "title"), [("en", "answer (%)"), ("zh-CN", "答案（%）")])
def test_answers_are_stacked_over_a_number_and_over_categories(ordinal, width, language, title):
    numbers = pd.DataFrame({"wait": np.arange(0, 31, 5.0), "channel": "web"}, index=np.arange(0, 31, 5.0))
    names = pd.DataFrame({"wait": 5.0, "channel": ["app", "web"]}, index=["app", "web"])
    for frame in (numbers, names):
        rows = ordinal.predict(frame)
        drawn = theme.svg(charts.predicted_shares(rows, title="x", language=language, width=width))
        assert f">{title}<" in drawn
        assert all(f">{one}<" in drawn for one in range(1, 6))
        assert size(drawn) <= width + 2


@pytest.mark.parametrize("width", WIDTHS)
def test_one_share_is_a_line_with_its_interval_or_dots(logistic, ordinal, width):
    numbers = pd.DataFrame({"wait": [0.0, 10, 20, np.nan], "channel": "web", "first": True}, index=[0.0, 10, 20, 30])
    line = theme.svg(charts.predicted_shares(logistic.predict(numbers), width=width))
    assert "area" in line
    names = pd.DataFrame({"wait": 5.0, "channel": ["app", "web"]}, index=["app", "web"])
    dots = theme.svg(charts.predicted_shares(ordinal.predict(names, at_least=4), width=width))
    assert ">app<" in dots
    assert "area" not in dots


def row(**changes):
    told = {"term": "wait", "estimate": -0.013, "low": -0.017, "high": -0.009, "level": 0.95, "note": "",
            "column": "wait", "reference": "", "effect": 0.9, "effect_low": 0.85, "effect_high": 0.95}  # fmt: skip
    return told | changes


def category(**changes):
    return row(term="channel[web]", column="channel", reference="app", estimate=0.05, low=-0.01, high=0.11, **changes)


@pytest.mark.parametrize(
    ("told", "language", "said"),
    [
        (
            row(), "en",
            "Share satisfied: 1.3 percentage points lower for each minute more of wait, all else in the model equal "
            "(95% interval −1.7 to −0.9); chance alone would hardly explain it.",
        ),
        (
            row(), "zh-CN",
            "满意客户比例：在模型中其他条件相同时，等候时间每增加一分钟，平均低 1.3 个百分点"
            "（95% 置信区间：−1.7 至 −0.9）；仅凭偶然波动难以解释。",
        ),
        (
            category(), "en",
            "Share satisfied: 5.0 percentage points higher where channel is web than where it is app, all else in the "
            "model equal (95% interval −1.0 to +11.0); chance alone could explain it.",
        ),
        (
            category(), "zh-CN",
            "满意客户比例：在模型中其他条件相同时，渠道为网站比为手机银行平均高 5.0 个百分点"
            "（95% 置信区间：−1.0 至 +11.0）；仅凭偶然波动即可解释。",
        ),
        (
            row(low=np.nan, high=np.nan, note=NO_DEGREES), "en",
            "Share satisfied: 1.3 percentage points lower for each minute more of wait, all else in the model equal; "
            "how sure that is cannot be told (too few clusters: no interval can be told).",
        ),
        (
            row(estimate=np.nan, low=np.nan, high=np.nan, note="no answers"), "en",
            "Share satisfied: no effect of wait can be told (no answers).",
        ),
    ],
)  # fmt: skip
def test_an_effect_says_size_direction_and_chance(told, language, said):
    chinese = language == "zh-CN"
    subject, per = ("满意客户比例", "分钟") if chinese else ("Share satisfied", "minute")
    assert SAY.effect(told, subject, per=per, labels=CHINESE if chinese else None, language=language) == said


def test_yes_or_no_is_told_against_no(logistic):
    told = logistic.effects("first").frame.iloc[0].to_dict()
    labels = {"first": "the first visit", "True": "yes", "False": "no"}
    said = SAY.effect(told, "Share satisfied", labels=labels)
    assert "where the first visit is yes than where it is no" in said


def test_odds_come_with_percentage_points(logistic):
    terms, effects = logistic.frame.set_index("term"), logistic.effects().frame.set_index("term")
    told = [{"term": one, **table.loc[one].to_dict()} for table in (terms, effects) for one in ("channel[branch]",)]
    said = SAY.odds(told[0], "Share satisfied", told[1])
    assert said.startswith("Share satisfied: the odds are 0.")
    assert "where channel is branch as where it is app (95% interval" in said
    assert "On average that comes to" in said
    assert "percentage points less" in said


def test_odds_alone_are_told_against_the_reference():
    said = SAY.odds(row(term="channel[web]", estimate=-0.1), "满意客户比例", labels=CHINESE, language="zh-CN")
    assert said == (
        "满意客户比例：渠道：网站的优势（odds）是参照类别的 0.90 倍"
        "（95% 置信区间：0.85 至 0.95）；仅凭偶然波动难以解释。"
    )


def test_odds_that_cannot_be_told_say_why():
    assert SAY.odds(row(estimate=np.nan, note="no answers"), "Share") == (
        "Share: no odds ratio of wait can be told (no answers)."
    )


def test_the_overview_says_what_is_explained_and_by_what(logistic, visits):
    said = SAY.overview(logistic, "satisfaction")
    assert "of the deviance of satisfaction (500 answers). More than chance would explain: wait, channel." in said
    assert "Chance alone could explain what goes with first." in said
    linear = SAY.overview(stats.glm(visits, "csat", ["wait"]), "满意度", labels=CHINESE, language="zh-CN")
    assert linear.endswith("差异的 29.7%（500 份答卷）。作用超出偶然波动的有：等候时间。")


def test_too_few_clusters_leave_chance_open(visits):
    few = Design(visits[visits["outlet"] < 3], cluster="outlet").glm("csat", ["wait", "channel"])
    assert SAY.overview(few, "satisfaction").endswith("cannot be told (too few clusters: no interval can be told).")


def test_volunteers_get_no_word_of_chance(visits):
    volunteers = Design(visits, source="opt-in")
    fit = volunteers.glm("happy", ["wait", "channel"], family="binomial")
    effect = fit.effects().frame.iloc[0].to_dict()
    said = [
        SAY.overview(fit, "satisfaction"),
        SAY.effect(effect, "Share satisfied"),
        SAY.odds(fit.frame.iloc[1].to_dict(), "Share satisfied", effect),
        SAY.compared(volunteers.compare("csat", "first").iloc[0].to_dict(), "Satisfaction"),
        SAY.groups(volunteers.compare("csat", "channel"), "Satisfaction"),
    ]
    assert all("volunteers" in one.lower() for one in said)
    assert not any("chance" in one or "interval" in one for one in said)


def test_the_assumption_of_one_effect_is_told(ordinal, visits):
    rows = ordinal.proportional_odds()
    assert SAY.assumption(rows.assign(p_value=0.5)) == (
        "As far as these answers tell, each effect is the same at every step of the scale."
    )
    differing = SAY.assumption(rows.assign(p_value=[0.001, 0.4, 0.2]), labels=CHINESE, language="zh-CN")
    assert differing.startswith("等候时间的效应在量表各级之间的差别超出偶然波动")
    silent = SAY.assumption(rows.assign(p_value=np.nan, note="no answers"))
    assert silent.endswith("cannot be told (no answers).")


def group(**changes):
    told = {"first": "app", "second": "branch", "term": "superiority", "estimate": 0.61, "low": 0.57, "high": 0.65,
            "level": 0.95, "note": "", "statistic": 5.0, "p_value": 0.0}  # fmt: skip
    return told | changes


@pytest.mark.parametrize(
    ("told", "language", "said"),
    [
        (
            group(), "en",
            "Satisfaction: an answer from app is above one from branch with a probability of 61.0% (ties half) (95% "
            "interval 57.0% to 65.0%); chance alone would hardly explain it.",
        ),
        (
            group(low=0.48, high=0.72), "zh-CN",
            "Satisfaction：手机银行的答案高于网点的概率为 61.0%（相同者各计一半）"
            "（95% 置信区间：48.0% 至 72.0%）；仅凭偶然波动即可解释。",
        ),
        (
            group(term="difference", estimate=-0.3, low=-0.5, high=-0.1), "en",
            "Satisfaction: app is 0.30 scale points below branch (95% interval −0.50 to −0.10); chance alone would "
            "hardly explain it.",
        ),
        (
            group(term="above_median", estimate=0.1, low=-0.1, high=0.3), "en",
            "Satisfaction: the share above the common median is 10.0 percentage points higher for app than for branch "
            "(95% interval −10.0 to +30.0); chance alone could explain it.",
        ),
        (
            group(term="normal_score", estimate=-0.25, low=-0.4, high=-0.1), "zh-CN",
            "Satisfaction：手机银行比网点低 0.25 个标准单位（95% 置信区间：−0.40 至 −0.10）；仅凭偶然波动难以解释。",
        ),
        (
            group(estimate=np.nan, note="no answers"), "en",
            "Satisfaction: the groups cannot be compared (no answers).",
        ),
    ],
)  # fmt: skip
def test_two_groups_say_size_direction_and_chance(told, language, said):
    labels = CHINESE if language == "zh-CN" else None
    assert SAY.compared(told, "Satisfaction", labels=labels, language=language) == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("method", ["t", "wilcoxon", "median", "vanderwaerden"])
def test_several_groups_say_how_much_lies_between_them_and_who_stands_out(design, method, language):
    said = SAY.groups(design.compare("csat", "channel", method=method), "CSAT", labels=CHINESE, language=language)
    assert "网点" in said
    assert ("Furthest from all together is" in said) == (language == "en")
    assert ("与总体差距最大的是网点" in said) == (language == "zh-CN")
    share = 100 * design.compare("csat", "channel", method=method).iloc[0]["estimate"]
    assert f"{share:.1f}%" in said


def test_groups_that_cannot_be_compared_say_why(design):
    said = SAY.groups(design.subpopulation(np.zeros(500, dtype=bool)).compare("csat", "channel"), "CSAT")
    assert said == "CSAT: the groups cannot be compared (needs at least two groups with answers)."


def test_terms_have_the_names_of_their_columns_and_categories():
    assert term_name("channel[web]", CHINESE, "zh-CN") == "渠道：网站"
    assert term_name("intercept", None, "zh-CN") == "常数项"
    assert term_name("wait:channel[web]", {"channel[web]": "on the web"}) == "wait × on the web"
