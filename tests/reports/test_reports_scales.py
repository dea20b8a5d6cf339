from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, sentences, theme
from svclib.stats.scales.factor_fit import JUST_FITS, NO_TEST
from svclib.stats.scales.factors import HEYWOOD

told = sentences.scales


@pytest.fixture(scope="module")
def answers():
    """Nine items of three dimensions with a general factor, and an item that runs the other way."""
    random = np.random.default_rng(7)
    service, parts = random.normal(size=(500, 1)), random.normal(size=(500, 3))
    whole = np.repeat(0.6 * service + 0.5 * parts, 3, axis=1) + 0.6 * random.normal(size=(500, 9))
    frame = pd.DataFrame(np.clip(np.round(3 + 1.2 * whole), 1, 5), columns=[f"q{i}" for i in range(1, 10)])
    return frame.assign(q9=6 - frame["q9"])


@pytest.fixture(scope="module")
def table(answers):
    return stats.scale_items(answers)


@pytest.fixture(scope="module")
def fit(answers):
    return stats.efa(answers, factors=3)


def row(**changed):
    known = {"term": "alpha", "estimate": 0.85, "low": 0.82, "high": 0.88, "n": 300, "level": 0.95, "note": ""}
    return known | changed


@pytest.mark.parametrize("width", [660, 330])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_charts_of_scales_fit_their_width(answers, table, fit, language, width):
    rows = pd.concat([stats.omega(answers, factors=3), stats.split_half(answers)])
    pictures = {
        "items": charts.item_rest(table, alpha=0.8, language=language, width=width),
        "scree": charts.scree(stats.parallel_analysis(answers), language=language, width=width),
        "factors": charts.scree(stats.parallel_analysis(answers), kind="factor", language=language, width=width),
        "loadings": charts.factor_loadings(fit, language=language, width=width),
        "reliabilities": charts.reliabilities(rows, language=language, width=width),
    }
    drawn = {name: theme.svg(chart) for name, chart in pictures.items()}
    for one in drawn.values():
        assert 0.6 * width <= float(one.split('width="')[1].split('"')[0]) <= width + 12
    assert (">特征值<" if language == "zh-CN" else ">eigenvalue<") in drawn["scree"]
    assert (">总 ω<" if language == "zh-CN" else ">omega total<") in drawn["reliabilities"]
    assert ("删除该题后的 α" if language == "zh-CN" else "alpha without the item") in drawn["items"]


def test_loadings_are_written_into_their_cells(fit):
    picture = theme.svg(charts.factor_loadings(fit, labels={"F1": "Staff", "q1": "Waiting"}))
    largest = f"{fit.items['loading'].abs().max():.2f}"
    assert f">{largest}<" in picture.replace("−", "")
    assert ">Staff<" in picture
    assert ">Waiting<" in picture


def test_many_factors_on_a_phone_are_written_with_one_digit(answers):
    noise = pd.DataFrame(np.random.default_rng(1).normal(size=(200, 14))).add_prefix("i")
    picture = theme.svg(charts.factor_loadings(stats.efa(noise, factors=5, starts=1), width=330))
    assert ">0.0<" in picture
    assert ">0.00<" not in picture


def test_marked_items_are_drawn_in_the_warning_colour(table):
    warning = theme.colors()["danger"]
    assert warning in theme.svg(charts.item_rest(table))
    assert warning not in theme.svg(charts.item_rest(table.assign(flags="")))


def test_reliabilities_without_any_number_are_an_empty_picture():
    rows = stats.alpha(pd.DataFrame({"a": [1.0], "b": [1.0]}))
    assert "<svg" in theme.svg(charts.reliabilities(rows))


@pytest.mark.parametrize(
    ("changed", "english", "chinese"),
    [
        (
            {},
            "Service: reliability (alpha) is 0.85 (95% interval 0.82 to 0.88), enough to describe single persons or "
            "branches.",
            "Service：信度（α 系数）为 0.85（95% 置信区间 0.82 至 0.88），足以描述单个个人或网点。",
        ),
        (
            {"estimate": 0.78, "low": 0.74, "high": 0.81, "term": "omega_total"},
            "Service: reliability (omega total) is 0.78 (95% interval 0.74 to 0.81), enough to compare groups, not "
            "surely enough to describe single persons.",
            "Service：信度（总 ω）为 0.78（95% 置信区间 0.74 至 0.81），足以比较群体，但不一定足以描述个人。",
        ),
        (
            {"estimate": 0.5, "low": 0.42, "high": 0.57},
            "Service: reliability (alpha) is 0.50 (95% interval 0.42 to 0.57), too low to compare anything; look at "
            "the items.",
            "Service：信度（α 系数）为 0.50（95% 置信区间 0.42 至 0.57），过低，不宜作任何比较；请检查题目。",
        ),
        (
            {"estimate": 0.7, "low": 0.5, "high": 0.83},
            "Service: reliability (alpha) is 0.70 (95% interval 0.50 to 0.83); whether that is enough to compare "
            "groups cannot be told from so few answers.",
            "Service：信度（α 系数）为 0.70（95% 置信区间 0.50 至 0.83）；现有回答数不足以判断能否用于比较群体。",
        ),
        (
            {"estimate": np.nan, "low": np.nan, "high": np.nan, "note": "no answers"},
            "Service: no reliability can be told (no answers).",
            "Service：无法给出信度（没有答卷）。",
        ),
    ],
)
def test_reliability_says_what_a_score_is_good_for(changed, english, chinese):
    assert told.reliability(row(**changed), "Service") == english
    found = told.reliability(row(**changed), "Service", "zh-CN")
    assert found.split("（没有")[0] == chinese.split("（没有")[0]


def test_a_reliability_without_interval_says_why(answers):
    rows = stats.split_half(answers).set_index("term", drop=False)
    text = told.reliability(rows.loc["split_max"].to_dict(), "Service")
    assert text.endswith("; no interval (the extreme of many splits, lifted by chance: no interval).")


def test_a_note_follows_the_verdict():
    text = told.reliability(row(note="some items run against the others: reverse them or check the key"), "Service")
    assert text.endswith("branches. (some items run against the others: reverse them or check the key)")


def test_items_to_look_at_are_counted_and_named(table):
    assert told.items(table) == "1 of 9 items call for a look, first q9."
    assert told.items(table, labels={"q9": "Empathy"}).endswith("first Empathy.")
    assert "1" in told.items(table, "zh-CN")
    assert told.item(table.iloc[8]).startswith("It runs against the other items: reverse it")
    assert told.item(table.iloc[8], "zh-CN").startswith("与其他题目方向相反：请反向计分")


def test_items_that_hang_together_call_for_nothing(answers):
    frame = stats.scale_items(answers.assign(q9=6 - answers["q9"]))
    assert told.items(frame) == "The 9 items hang together; none calls for a look."
    assert told.items(frame, "zh-CN") == "9 个题目内部一致，没有需要关注的题目。"


def test_items_nobody_answered_are_said_to_be_so():
    frame = stats.scale_items(pd.DataFrame({"a": [np.nan, np.nan], "b": [np.nan, np.nan]}))
    assert told.items(frame) == "There are no answers yet."


def test_the_number_of_factors_is_told(answers):
    found = replace(stats.parallel_analysis(answers), components=3)
    assert told.number_of_factors(found) == "3 factors lie above what chance alone would give (500 respondents)."
    assert told.number_of_factors(found, "zh-CN") == "有 3 个因子高于随机水平（500 名受访者）。"
    one = replace(found, factors=1, components=1)
    assert told.number_of_factors(one) == "One factor lies above what chance alone would give (500 respondents)."
    noise = pd.DataFrame(np.random.default_rng(1).normal(size=(300, 8))).add_prefix("i")
    assert told.number_of_factors(stats.parallel_analysis(noise)).startswith("Nothing binds the items together")


def test_components_and_factors_that_differ_are_both_told(answers):
    text = told.number_of_factors(stats.parallel_analysis(answers))
    assert text.startswith("3 factors (counted as components: 1) lie above what chance alone would give")


def test_factorability_is_told(answers):
    found = stats.factorability(answers)
    assert told.factorability(found).startswith("The items have much in common (KMO 0.8")
    assert told.factorability(found, "zh-CN").startswith("题目之间共同成分较多（KMO 0.8")
    copied = stats.factorability(answers[["q1", "q2"]].assign(copy=answers["q1"]))
    assert told.factorability(copied).startswith("Whether the items are worth a factor analysis cannot be told")
    noise = pd.DataFrame(np.random.default_rng(1).normal(size=(300, 8))).add_prefix("i")
    assert "little in common" in told.factorability(stats.factorability(noise))


def test_factors_are_told_with_their_fit(fit):
    text = told.factors(fit)
    assert text.startswith("3 factors carry ")
    assert "They reproduce the correlations closely (RMSEA 0.000" in text
    assert told.factors(fit, "zh-CN").startswith("3 个因子共解释题目方差的 ")


def test_too_few_factors_do_not_fit_and_leave_items_over(answers):
    text = told.factors(stats.efa(answers, factors=1))
    assert text.startswith("One factor carries ")
    assert "try more factors" in text


def test_items_on_no_factor_are_named(answers):
    noisy = answers.assign(odd=np.random.default_rng(1).normal(size=500))
    assert "On no factor: odd." in told.factors(stats.efa(noisy, factors=3))


def test_items_on_two_factors_are_named(answers):
    double = answers.assign(both=answers["q1"] + answers["q4"])
    assert "On two factors: " in told.factors(stats.efa(double, factors=3))


def test_fits_that_cannot_be_judged_say_why(answers):
    polychoric = told.factors(stats.efa(answers, factors=3, correlations="polychoric"))
    assert f"RMSEA cannot be told ({NO_TEST})." in polychoric
    assert polychoric.count(NO_TEST) == 1
    assert JUST_FITS in told.factors(stats.efa(answers, ["q1", "q2", "q3"], factors=1))


def test_a_heywood_case_is_told():
    wanted = np.array([[1, 0.7, 0.7], [0.7, 1, 0.3], [0.7, 0.3, 1]])
    data = pd.DataFrame(
        np.random.default_rng(1).multivariate_normal(np.zeros(3), wanted, size=500), columns=list("abc")
    )
    fit = stats.efa(data, factors=1)
    assert "Without any variance of its own (Heywood case): a; take fewer factors" in told.factors(fit)
    assert HEYWOOD not in told.factors(fit)
    assert "没有自身方差（Heywood 现象）：a；" in told.factors(fit, "zh-CN")


def test_a_general_factor_speaks_for_or_against_a_total(answers):
    rows = stats.omega(answers.assign(q9=6 - answers["q9"]), factors=3)
    sure, never = rows.assign(low=0.75, high=0.85), rows.assign(low=0.4, high=0.6)
    assert told.general_factor(sure).endswith("one total score stands for the items.")
    assert told.general_factor(never).endswith("report the dimensions, not a total.")
    assert told.general_factor(rows.assign(low=0.6, high=0.8)).endswith("report the dimensions beside the total.")
    assert told.general_factor(sure, "zh-CN").endswith("可用一个总分代表全部题目。")
    assert "cannot be told (no answers)" in told.general_factor(rows.assign(estimate=np.nan, note="no answers"))


@pytest.mark.parametrize(
    ("low", "high", "english"),
    [
        (0.4, 0.6, "a and b go together: 0.50 (0.40 to 0.60); chance alone would hardly explain it."),
        (-0.1, 0.6, "a and b correlate by 0.50 (−0.10 to 0.60); chance alone could explain it."),
    ],
)
def test_correlations_say_whether_chance_could_explain_them(low, high, english):
    assert told.correlation({"first": "a", "second": "b", "estimate": 0.5, "low": low, "high": high}) == english


def test_correlations_against_each_other_and_perfect_ones():
    frame = stats.polychoric(pd.DataFrame({"a": [0, 1] * 40, "b": [1, 0] * 35 + [0, 1] * 5})).frame
    assert "go against each other: −0.9" in told.correlation(frame.iloc[0])
    assert "方向相反：−0.9" in told.correlation(frame.iloc[0], "zh-CN")
    perfect = stats.polychoric(pd.DataFrame({"a": [0, 1] * 9, "b": [0, 1] * 9})).frame.iloc[0]
    assert told.correlation(perfect).startswith("a and b: 1.00 (two items are perfectly associated")
