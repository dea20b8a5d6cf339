"""Sentences and charts of exams: scores, items, adaptive tests, assembled forms."""

import re

import altair as alt
import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts
from svclib.reports.sentences import adaptive, assembly, exam_scores, items
from svclib.reports.theme import svg

LANGUAGES = ["en", "zh-CN"]
LATIN = re.compile(r"[A-Za-z]{2,}")
NAMES = {"aml", "credit", "topic", "Lord", "Keats"}
CHINESE = re.compile("[\u4e00-\u9fff]")


def well_said(text, language):
    """Whether a text is a whole sentence of its language."""
    assert text.endswith("." if language == "en" else "。"), text
    assert not re.search(r"[{}]|\bnan\b|\binf\b", text), text
    if language == "zh-CN":
        assert {word for word in LATIN.findall(text) if not re.match("q$", word)} <= NAMES, text
    else:
        assert not CHINESE.search(text), text


def both(verb, *args, **options):
    """Say it in both languages; gives the English and the Chinese."""
    told = [verb(*args, language=language, **options) for language in LANGUAGES]
    for text, language in zip(told, LANGUAGES, strict=True):
        well_said(text, language)
    return told


def drawn(draw, *labels):
    """Draw at both widths in both languages; gives the texts of the Chinese chart on a phone."""
    for language in LANGUAGES:
        for width in (660, 330):
            text = svg(draw(language=language, width=width))
            assert 200 < float(re.search(r'width="([\d.]+)"', text).group(1)) <= width + 10
            told = re.findall(r">([^<>]+)</text>", text)
            assert not [one for one in told if re.search("nan|undefined|Infinity", one, re.IGNORECASE)]
            if language == "zh-CN":
                assert {word for one in told for word in LATIN.findall(one)} <= NAMES | {"q"}
            else:
                assert not [one for one in told if CHINESE.search(one)]
    missing = [label for label in labels if label not in told]
    assert not missing, told
    return told


@pytest.fixture(scope="module")
def scores():
    rng = np.random.default_rng(1)
    ability, hard = rng.normal(size=300), np.linspace(-1.5, 1.5, 20)
    right = rng.random((300, 20)) < 1 / (1 + np.exp(-(ability[:, None] - hard)))
    return pd.DataFrame(right.astype(float), columns=[f"q{at:02d}" for at in range(20)])


# ── scores ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_reliability_by_the_yardsticks(scores):
    row = {"part": "", "low": 0.73, "high": 0.81, "note": ""}
    found = pd.DataFrame([row | {"term": "alpha", "estimate": 0.77}, row | {"term": "sem", "estimate": 1.94}])
    english, chinese = both(exam_scores.reliability, found)
    assert english == (
        "Reliability (alpha) is 0.77 (95% interval 0.73 to 0.81): thin for decisions on persons. A score errs by 1.9 "
        "points as a rule (one standard error of measurement)."
    )
    assert chinese.startswith("信度（α 系数）为 0.77（95% 区间 0.73 至 0.81）") and "1.9 分" in chinese
    assert "high enough" in both(exam_scores.reliability, found.assign(low=0.8, high=0.9))[0]
    assert "too low" in both(exam_scores.reliability, found.assign(low=0.2, high=0.69))[0]
    parted = stats.exam_reliability(scores, strata={name: "ab"[at % 2] for at, name in enumerate(scores)})
    assert "stratified alpha" in both(exam_scores.reliability, parted)[0]


@pytest.mark.parametrize("rows", [0, 1])
def test_no_reliability_without_candidates(scores, rows):
    assert both(exam_scores.reliability, stats.exam_reliability(scores.iloc[:rows]))[0].startswith("Reliability: no")
    assert both(exam_scores.drawn_forms, stats.generalizability(scores.iloc[:rows]))[0].startswith("Dependability: no")


def test_dependability_says_the_verdict_at_the_pass_mark(scores):
    found = stats.generalizability(scores, cut=0.6)
    english, chinese = both(exam_scores.drawn_forms, found)
    assert "on forms of 20 items is 0.74 (95% interval 0.69 to 0.78)" in english
    assert english.endswith("thin; draw more items if much hangs on it.") and "20 题" in chinese
    assert "pass mark" not in both(exam_scores.drawn_forms, stats.generalizability(scores))[0]
    found.frame.loc[found.frame["term"] == "phi_cut", ["low", "high"]] = [0.82, 0.9]
    assert both(exam_scores.drawn_forms, found)[0].endswith(": dependable.")
    found.frame.loc[found.frame["term"] == "phi_cut", ["low", "high"]] = [0.3, 0.6]
    assert both(exam_scores.drawn_forms, found)[0].endswith("not dependable enough; draw more items.")


def test_dependability_without_an_interval_gives_no_verdict(scores):
    english, chinese = both(exam_scores.drawn_forms, stats.generalizability(scores.iloc[:2], cut=0.6))
    assert english.count("no interval can be told") == 2 and chinese.count("无法给出区间") == 2
    assert "thin" not in english and "—" not in english + chinese


def test_forms_by_the_luck_of_the_draw(scores):
    bank = stats.item_analysis(scores)
    english, chinese = both(exam_scores.forms, stats.form_spread(bank, 10))
    assert english.startswith("90% of the forms have an expected score between ") and "would pass" not in english
    assert "90% 的试卷" in chinese
    told = both(exam_scores.forms, stats.form_spread(bank, 10, cut=0.6, totals=scores.mean(axis=1)))[0]
    assert "On a hard form " in told and "two draws would decide differently" in told
    assert both(exam_scores.forms, stats.form_spread(bank, 20)) == [
        "All forms are equally difficult.", "各份试卷难度相同。",
    ]  # fmt: skip


def test_error_at_the_pass_mark(scores):
    row = {"score": 12.0, "sem": 2.24, "low": 7.61, "high": 16.39, "level": 0.95, "note": ""}
    assert both(exam_scores.at_the_mark, row)[0] == (
        "At 12 points the standard error is 2.2 points: who truly stands there scores between 7.6 and 16.4 in 95% of "
        "all sittings."
    )
    assert "At 12.5 points" in both(exam_scores.at_the_mark, row | {"score": 12.5})[0]
    lonely = stats.conditional_sem(scores.iloc[:1], "keats", at=12).iloc[0]
    assert "no number" in both(exam_scores.at_the_mark, lonely)[0]


# ── items ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_overview_of_items(scores):
    bad = stats.item_analysis(scores.assign(q05=1 - scores["q05"]))
    assert re.match(r"\d of 20 items call for a look, first q05", both(items.overview, bad)[0])
    calm = bad.assign(flags="")
    assert both(items.overview, calm)[0] == "None of the 20 items calls for a look."
    assert both(items.overview, bad.iloc[:0])[0] == "There are no results yet."
    few = stats.item_analysis(scores.iloc[:3])
    assert both(items.overview, few)[0] == "Too few candidates so far to judge the items."
    assert both(items.overview, stats.item_analysis(scores.iloc[:1]))[1] == "目前考生太少，尚无法评价试题。"


def test_an_item_is_read_and_its_matter_said(scores):
    changed = scores.assign(q03=np.nan, q04=1.0, q05=1 - scores["q05"])
    found = stats.item_analysis(changed).set_index("item", drop=False)
    assert both(items.reading, found.loc["q03"])[0] == "Nobody met this item."
    assert "cannot be told yet" in both(items.reading, found.loc["q04"])[0]
    assert "the wrong way round (−" in both(items.reading, found.loc["q05"])[0]
    assert "the key is probably wrong" in both(items.item, found.loc["q05"])[0]
    assert items.item({"flags": ""}, "zh-CN") == items.option({"flag": ""}, "zh-CN") == ""


# ── adaptive tests ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def bank():
    rows = {"item": [f"q{at:02d}" for at in range(60)], "a": 1.4, "b": np.linspace(-2, 2, 60)}
    return pd.DataFrame(rows).assign(topic=["aml", "credit"] * 30)


@pytest.fixture(scope="module")
def ran(bank):
    test = stats.Adaptive(bank, stop={"length": 12, "cut": 0.2})
    real = pd.DataFrame(np.random.default_rng(1).integers(0, 2, (30, 60)).astype(float), columns=bank["item"])
    plain = stats.Adaptive(bank, stop=12)
    return {
        "many": test.simulate(200, seed=2), "one": plain.simulate([0.5], seed=1), "real": plain.simulate(responses=real)
    }  # fmt: skip


def test_simulations_in_words(ran):
    assert both(adaptive.precision, ran["many"])[0].startswith("200 simulated candidates took ")
    assert "is unknown" in both(adaptive.precision, ran["real"])[0]
    assert "calibrate the exposure" in both(adaptive.exposure, ran["many"])[0]
    assert "calibrate" not in both(adaptive.exposure, ran["many"], highest=1.0)[0]
    assert "Two candidates" in both(adaptive.exposure, ran["many"])[0]
    assert "least exact at abilities near " in both(adaptive.conditional, ran["many"])[0]
    assert "of the decisions at the cut were wrong" in both(adaptive.classification, ran["many"])[0]
    assert both(adaptive.classification, ran["one"])[0] == "The test has no cut: it decides nothing."


def test_one_candidate_has_nobody_to_share_items_with(ran):
    english, chinese = both(adaptive.exposure, ran["one"])
    assert "Two candidates" not in english and "—" not in english + chinese


def test_abilities_nobody_knows_have_no_least_exact_place(ran):
    assert both(adaptive.conditional, ran["real"])[0].startswith("The true abilities are unknown")


def test_verdicts():
    said = {"n": 12, "theta": -0.23, "se": 0.4, "done": True, "reason": "the test has its full length"}
    assert both(adaptive.verdict, said)[0] == (
        "After 12 items the ability is estimated at −0.23 (standard error 0.40); the test ended: the test has its full "
        "length."
    )
    assert both(adaptive.verdict, said | {"done": False})[0].endswith("the test goes on.")
    cut = said | {"cut": 0.2, "above": False, "certain": False}
    assert both(adaptive.verdict, cut)[0].endswith("That is below the cut of 0.20, though not beyond doubt.")
    assert both(adaptive.verdict, cut | {"above": True, "certain": True})[0].endswith(
        "at or above the cut of 0.20, clearly so."
    )


# ── assembled forms ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def made(bank):
    options = {"length": 10, "seconds": 10}
    return {
        "none": stats.assemble(bank, **options),
        "most": stats.assemble(bank, targets=0, **options),
        "worst": stats.assemble(bank, forms=2, targets=[0], **options),
        "aimed": stats.assemble(bank, forms=2, targets={0: 3.0, 1: 2.0}, content={"aml": (3, 5)}, **options),
        "alike": stats.assemble(bank, forms=2, targets=[0, 1], goal="parallel", **options),
        "missed": stats.assemble(bank, content={"aml": 3, "credit": 3}, nearest=True, **options),
    }


def test_forms_in_words(made):
    told = {name: both(assembly.forms, one)[0] for name, one in made.items()}
    assert told["none"] == "1 form of 10 items that meet the rules; nothing was to be the best. Solution: optimal."
    assert "together they reach" in told["most"] and "the weakest reaches" in told["worst"]
    assert told["aimed"].startswith("2 forms of 10 items; the greatest distance from the targets is ")
    assert "distance between two of them" in told["alike"]
    assert "impossible: these forms are the nearest" in told["missed"]


def test_rules_in_words(made):
    assert both(assembly.rules, made["aimed"])[0].startswith("All ")
    assert both(assembly.conflict, made["aimed"])[0] == "All rules can hold together."
    english, chinese = both(assembly.rules, made["missed"])
    assert re.search(r" of 3 checks of the blueprint are missed: .* instead of ", english) and "3 项" in chinese
    assert both(assembly.conflict, made["missed"])[0].startswith("These rules cannot hold together: ")
    assert assembly.bounds(-np.inf, 5, "zh-CN") != assembly.bounds(-np.inf, 5, "en") == "at most 5"


# ── charts ───────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_charts_of_options(scores):
    rng = np.random.default_rng(3)
    chosen = np.where(scores == 1, "A", rng.choice(["B", "C", "D"], scores.shape))
    found = stats.option_curves(pd.DataFrame(chosen, columns=scores.columns), dict.fromkeys(scores, "A"), scores=scores)
    drawn(lambda **how: charts.option_curves(found, "q03", **how), "A ✓", "B", "C", "D", "其余试题得分率（%）")
    drawn(lambda **how: charts.option_curves(found.iloc[:0], "q03", **how))


def test_charts_of_errors(scores):
    lord, keats = (stats.conditional_sem(scores, method) for method in ("lord", "keats"))
    both_ways = pd.concat([lord, keats])
    drawn(lambda **how: charts.conditional_error(both_ways, cut=12, **how), "及格线", "二项模型（Lord）")
    drawn(lambda **how: charts.conditional_error(lord.iloc[:0], **how))
    drawn(lambda **how: charts.conditional_error(stats.conditional_sem(scores.iloc[:1], "keats"), **how))


@pytest.mark.parametrize("rows", [0, 1, 2, 300])
def test_charts_of_dependability(scores, rows):
    found = stats.generalizability(scores.iloc[:rows])
    drawn(lambda **how: charts.dependability(found, cut=0.6, **how), "及格线", "可靠性指数 Φ(λ)")


@pytest.mark.parametrize("length", [10, 20])
def test_charts_of_drawn_forms(scores, length):
    found = stats.form_spread(stats.item_analysis(scores), length)
    drawn(lambda **how: charts.form_difficulties(found, **how), "试卷（%）")


@pytest.mark.parametrize("which", ["many", "one", "real"])
def test_charts_of_simulations(ran, which):
    drawn(lambda **how: charts.exposure_rates(ran[which], **how), "见过各试题的考生比例")
    drawn(lambda **how: charts.conditional_errors(ran[which], **how), "偏差", "均方根误差", "报告的标准误")


def test_chart_of_a_way(bank, ran):
    path = ran["one"].paths
    drawn(lambda **how: charts.candidate_path(path, cut=0.2, **how), "未得分", "得分", "能力")
    test = stats.Adaptive(bank, stop=5)
    drawn(lambda **how: charts.candidate_path(test.path(test.begin(1)), **how), "已答题数")


@pytest.mark.parametrize("which", ["none", "aimed", "missed"])
def test_charts_of_forms(made, which):
    drawn(lambda **how: charts.form_information(made[which], **how), "试卷 1", "能力", "信息量")
    told = drawn(lambda **how: charts.blueprint_fulfilment(made[which], **how), "试题数", "已达标", "未满足")
    assert any(one.startswith("topic") for one in told) == (which != "none")


def test_targets_are_drawn_where_there_are_some(made):
    def crosses(one):
        return [layer for layer in one.to_dict()["layer"] if layer["mark"].get("shape") == "cross"]

    assert crosses(charts.form_information(made["aimed"])) and not crosses(charts.form_information(made["alike"]))
    assert isinstance(charts.form_information(made["alike"]), alt.LayerChart)
