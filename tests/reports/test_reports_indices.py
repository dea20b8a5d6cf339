# ruff: noqa: E501 - sentences by exact text
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, sentences, theme, words
from svclib.reports.charts.gaps import _wrapped

REFERENCE = Path(__file__).parents[1] / "stats" / "reference"
DIMENSIONS = {"tangibles": ["01", "02", "03"], "reliability": ["05", "06", "07"]}
NAMES = {"zh-CN": {"tangibles": "环境设施", "reliability": "可靠", "01": "柜面和自助设备是先进的。"},
         "en": {"tangibles": "Premises", "reliability": "Reliability", "01": "The equipment is up to date."}}  # fmt: skip
WIDTHS, LANGUAGES = (660, 330), ("en", "zh-CN")


@pytest.fixture(scope="module")
def gaps():
    data = pd.read_csv(REFERENCE / "servqual.csv")
    data = data.assign(e01=data["p01"], e02=data["p02"], e03=np.where(np.arange(600) % 2, data["p03"], 4))
    return stats.servqual(data.assign(w_tangibles=40.0, w_reliability=60.0), DIMENSIONS, importance="w_{}")


@pytest.fixture(scope="module")
def found():
    panel = pd.read_csv(REFERENCE / "panel.csv")
    return stats.waves(panel, "overall", "wave", respondent="respondent", kind="share", success=[4, 5])


def size(drawn):
    return float(drawn.split('width="')[1].split('"')[0])


def row(**given):
    base = {"estimate": 0.062, "low": 0.021, "high": 0.103, "previous": 0.8, "first": 2025, "second": 2026,
            "overlap": 0, "direction": "up", "level": 0.95, "note": ""}  # fmt: skip
    return base | given


# ── charts ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_gaps_are_drawn_by_dimension_with_their_words(gaps, width, language):
    drawn = theme.svg(charts.servqual_gaps(gaps, labels=NAMES[language], language=language, width=width))
    assert 0.75 * width <= size(drawn) <= width * 1.02
    assert f">{NAMES[language]['tangibles']}<" in drawn
    assert (">期望<" if language == "zh-CN" else ">expected<") in drawn
    assert theme.colors()["danger"] in drawn


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_intervals_of_gaps_name_dimensions_and_the_whole(gaps, width, language):
    drawn = theme.svg(charts.gap_intervals(gaps, labels=NAMES[language], language=language, width=width))
    assert 0.75 * width <= size(drawn) <= width * 1.02
    assert (">全部维度<" if language == "zh-CN" else ">all dimensions<") in drawn
    assert (">按重要性加权<" if language == "zh-CN" else "weighted by") in drawn


def test_gaps_without_answers_are_still_a_chart(gaps):
    empty = gaps.assign(estimate=np.nan, perception=np.nan, expectation=np.nan)
    assert theme.svg(charts.servqual_gaps(empty)).startswith("<svg")
    assert theme.svg(charts.gap_intervals(empty)).startswith("<svg")


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("Short", 100, ["Short"]),
        ("We get your transactions right the first time.", 200, ["We get your transactions", "right the first time."]),
        ("本行能够一次就把您的业务办对。", 110, ["本行能够一次就把", "您的业务办对。"]),
        ("When something goes wrong with your account or card", 110, ["When something", "goes wrong with…"]),
        ("Incomprehensibilities", 60, ["Incomprehensibilities", ""]),
    ],
)
def test_labels_are_broken_into_two_lines(text, width, lines):
    assert _wrapped(text, width).split("\n") == lines


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_waves_are_drawn_with_their_changes(found, width, language):
    drawn = theme.svg(charts.waves(found.frame, found.changes(), "wave", language=language, width=width))
    assert 0.8 * width <= size(drawn) <= width * 1.02
    assert ("与上一轮相比的变化" if language == "zh-CN" else "change from the wave before") in drawn
    assert drawn.count(">2025<") == 1


@pytest.mark.parametrize("width", WIDTHS)
def test_only_groups_that_moved_are_named(width):
    levels = pd.DataFrame({"branch": ["b1", "b1", "b2", "b2"], "wave": [1, 2, 1, 2], "n": 30})
    levels = levels.assign(estimate=[0.9, 0.6, 0.8, 0.82], low=0.5, high=0.95)
    changes = pd.DataFrame({"branch": ["b1", "b2"], "direction": ["down", "steady"]})
    drawn = theme.svg(charts.slopes(levels, changes, "branch", "wave", width=width))
    assert ">b1<" in drawn
    assert ">b2<" not in drawn
    assert size(drawn) <= width * 1.02


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_volunteers_are_drawn_without_an_interval(width, language):
    rows = source_rows(0.92).assign(low=[0.81, 0.9], high=[0.88, 0.94])
    drawn = theme.svg(charts.sources(rows, language=language, width=width))
    assert (">自愿作答者<" if language == "zh-CN" else ">volunteers<") in drawn
    lines = [part for part in drawn.split("<line")[1:] if f'stroke="{theme.palette()[0]}"' in part.split(">")[0]]
    assert len(lines) == 1
    assert 0.75 * width <= size(drawn) <= width * 1.02


# ── sentences: gaps ────────────────────────────────────────────────────────────────────────────────────────────────
def gap_row(**given):
    base = {"estimate": -0.8, "low": -1.0, "high": -0.6, "perception": 5.2, "expectation": 6.0, "n": 120,
            "level": 0.95, "note": ""}  # fmt: skip
    return base | given


@pytest.mark.parametrize(
    ("given", "en", "zh"),
    [
        (
            {},
            "Speed falls short of what customers expect by 0.80 scale points (95% interval of the gap −1.00 to −0.60; "
            "120 answers): found 5.20, expected 6.00; chance alone would hardly explain it.",
            "速度低于客户期望 0.80 分（差距的 95% 区间 −1.00 至 −0.60，120 份答卷）：感知 5.20，期望 6.00，难以仅用偶然解释。",
        ),
        (
            {"estimate": -0.1, "low": -0.3, "high": 0.1},
            "Speed: found 5.20, expected 6.00 (95% interval of the gap −0.30 to +0.10; 120 answers); chance alone could "
            "explain the difference.",
            "速度：感知 5.20，期望 6.00（差距的 95% 区间 −0.30 至 +0.10，120 份答卷），差异可能只是偶然波动。",
        ),
        (
            {"estimate": 0.4, "low": 0.2, "high": 0.6},
            "Speed exceeds what customers expect by 0.40 scale points (95% interval of the gap +0.20 to +0.60; 120 "
            "answers): found 5.20, expected 6.00; chance alone would hardly explain it.",
            "速度高于客户期望 0.40 分（差距的 95% 区间 +0.20 至 +0.60，120 份答卷）：感知 5.20，期望 6.00，难以仅用偶然解释。",
        ),
        (
            {"estimate": np.nan, "low": np.nan, "note": "no answers"},
            "Speed: no number (no answers).",
            "速度：无法计算（没有答卷）。",
        ),
        (
            {"low": np.nan, "high": np.nan, "note": "all answers are equal: no spread to judge by"},
            "Speed: found 5.20, expected 6.00; no interval (all answers are equal: no spread to judge by).",
            None,
        ),
        (
            {"note": "volunteers answered: the interval tells of spread, not of sampling error"},
            "Speed: among the 120 who chose to answer found 5.20, expected 6.00; no sampling error can be told.",
            "速度：在 120 位自愿作答者中，感知 5.20，期望 6.00；不给出抽样误差。",
        ),
    ],
)
def test_a_gap_in_words(given, en, zh):
    assert sentences.gaps.gap(gap_row(**given), "Speed") == en
    if zh:
        assert sentences.gaps.gap(gap_row(**given), "速度", "zh-CN") == zh


def overview_rows():
    parts = {"term": ["speed", "care", "overall", "weighted"], "dimension": ["speed", "care", "overall", "weighted"]}
    numbers = {"estimate": [-0.8, 0.05, -0.4, -0.6], "low": [-1.0, -0.1, -0.5, -0.8], "high": [-0.6, 0.2, -0.3, -0.4]}
    return pd.DataFrame(parts | numbers).assign(perception=5.5, expectation=5.9, n=80, level=0.95, note="")


def test_gaps_in_words_name_the_worst_and_what_is_open():
    assert sentences.gaps.overview(overview_rows(), {"speed": "Speed", "care": "Care"}) == (
        "Service as a whole falls short of what customers expect by 0.40 scale points (95% interval of the gap −0.50 to "
        "−0.30; 80 answers): found 5.50, expected 5.90; chance alone would hardly explain it. Weighted by what matters to "
        "each customer, the gap is −0.60 (95% interval −0.80 to −0.40). Beyond chance it falls short in, worst first: "
        "Speed (−0.80). Not shown to fall short: Care."
    )
    assert sentences.gaps.overview(overview_rows(), {"speed": "及时", "care": "关怀"}, "zh-CN") == (
        "整体服务低于客户期望 0.40 分（差距的 95% 区间 −0.50 至 −0.30，80 份答卷）：感知 5.50，期望 5.90，难以仅用偶然解释。"
        "按每位客户所看重的程度加权后，差距为 −0.60（95% 区间 −0.80 至 −0.40）。超出偶然、低于期望的维度（由差到好）："
        "及时（−0.80）。尚不能说明低于期望的维度：关怀。"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_volunteers_no_dimension_is_said_to_fall_short_beyond_chance(language):
    note = "volunteers answered: the interval tells of spread, not of sampling error"
    told = sentences.gaps.overview(overview_rows().assign(note=note), language=language)
    assert "chance" not in told
    assert "偶然" not in told
    assert "区间" not in told


def test_reliability_of_gaps_in_words():
    rows = pd.DataFrame({"dimension": ["a", "b", "c"], "term": "difference", "estimate": [0.85, 0.7, 0.2]})
    rows = rows.assign(low=[0.8, 0.6, 0.0], high=[0.9, 0.8, 0.4], note="")
    assert sentences.gaps.reliability(rows) == (
        "The gap of a single customer can be relied on (0.70 or more) in: a (0.85; 0.80 to 0.90). Whether it can is "
        "open, the interval holds 0.70, in: b (0.70; 0.60 to 0.80). A single customer's gap is mostly noise in: c (0.20; "
        "0.00 to 0.40). Compare means of many customers there, or perceptions alone."
    )
    silent = rows.assign(low=np.nan, note="no answers")
    assert sentences.gaps.reliability(silent, language="zh-CN") == "差距分的信度：无法计算（没有答卷）。"


# ── sentences: waves ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("given", "among", "en", "zh"),
    [
        (
            {},
            1,
            "CSAT rose from 80.0% in 2025 to 86.2% in 2026, by 6.2 percentage points (95% interval +2.1 to +10.3); chance "
            "alone would hardly explain it.",
            "CSAT由 2025 的 80.0% 升至 2026 的 86.2%，上升 6.2 个百分点（95% 区间 +2.1 至 +10.3），难以仅用偶然解释。",
        ),
        (
            {"overlap": 45},
            11,
            "CSAT rose from 80.0% in 2025 to 86.2% in 2026, by 6.2 percentage points (95% interval +2.1 to +10.3); even "
            "among 11 changes chance alone would hardly explain it. 45 answered both times, which the interval takes into "
            "account.",
            "CSAT由 2025 的 80.0% 升至 2026 的 86.2%，上升 6.2 个百分点（95% 区间 +2.1 至 +10.3）；即使同时比较 11 项变化，"
            "也难以仅用偶然解释。其中 45 人两轮均作答，区间已计入这一重叠。",
        ),
        (
            {"estimate": -0.01, "low": -0.05, "high": 0.03, "direction": "steady"},
            1,
            "CSAT fell from 80.0% in 2025 to 79.0% in 2026, by 1.0 percentage points (95% interval −5.0 to +3.0); chance "
            "alone could explain it.",
            "CSAT由 2025 的 80.0% 降至 2026 的 79.0%，下降 1.0 个百分点（95% 区间 −5.0 至 +3.0），可能只是偶然波动。",
        ),
        (
            {"direction": "unknown", "note": "one answer: no interval can be told"},
            1,
            "CSAT: 2026 cannot be compared with 2025 (one answer: no interval can be told).",
            None,
        ),
        (
            {"note": "volunteers answered: the interval tells of spread, not of sampling error"},
            1,
            "CSAT moved from 80.0% in 2025 to 86.2% in 2026 among those who chose to answer; no sampling error can be "
            "told.",
            "在自愿作答者中，CSAT由 2025 的 80.0% 变为 2026 的 86.2%；不给出抽样误差。",
        ),
    ],
)
def test_a_change_between_waves_in_words(given, among, en, zh):
    assert sentences.waves.change(row(**given), "CSAT", words.SHARE, among=among) == en
    if zh:
        assert sentences.waves.change(row(**given), "CSAT", words.SHARE, "zh-CN", among=among) == zh


def test_clusters_in_both_waves_are_no_people():
    told = sentences.waves.change(row(overlap=40), "CSAT", words.SHARE, clusters=True)
    assert told.endswith("40 clusters are in both waves, which the interval takes into account.")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({}, "CSAT goes up by 6.2 percentage points from wave to wave (95% interval +2.1 to +10.3); chance alone would "
             "hardly explain it."),
        ({"direction": "steady"}, "CSAT shows no trend beyond chance (95% interval of the change from wave to wave +2.1 "
                                  "to +10.3)."),
        ({"direction": "unknown", "note": "no answers"}, "CSAT: no trend can be told (no answers)."),
    ],
)  # fmt: skip
def test_a_trend_in_words(given, text):
    assert sentences.waves.trend(row(**given), "CSAT", words.SHARE) == text


def test_groups_that_moved_in_words():
    rows = pd.DataFrame({"branch": list("abc"), "estimate": [-0.2, 0.1, 0.01], "direction": ["down", "up", "steady"]})
    assert sentences.waves.moved(rows, "branch", words.SHARE) == (
        "Fell beyond chance: a (−20.0). Rose beyond chance: b (+10.0). 3 changes were looked at together."
    )
    assert sentences.waves.moved(rows.tail(1), "branch", words.SHARE, "zh-CN") == (
        "共比较 1 项变化，没有一项超出如此多项比较下的偶然波动。"
    )
    assert sentences.waves.moved(rows.assign(direction="unknown"), "branch", words.SHARE) == (
        "No group can be compared from wave to wave: too few answers."
    )


# ── sentences: sources, indices ────────────────────────────────────────────────────────────────────────────────────
def source_rows(opt_in):
    rows = pd.DataFrame({"source": ["probability", "opt-in"], "estimate": [0.85, opt_in], "n": [300, 900]})
    return rows.assign(low=[0.81, np.nan], high=[0.88, np.nan], level=0.95, note="")


@pytest.mark.parametrize(
    ("opt_in", "last"),
    [
        (0.92, "Volunteers are kinder by 7.0 percentage points: read the sample's figure."),
        (0.7, "Volunteers are harsher by 15.0 percentage points: read the sample's figure."),
        (0.86, "The two agree as far as the sample can tell."),
    ],
)
def test_sample_and_volunteers_in_words(opt_in, last):
    told = sentences.satisfaction.sources(source_rows(opt_in), "satisfaction", words.SHARE)
    assert told.startswith(
        "In the sample satisfaction is 85.0% (95% interval 81.0% to 88.0%; 300 answers). Among the 900"
    )
    assert told.endswith(last)


def test_volunteers_have_no_interval_in_words():
    frame = pd.DataFrame({"overall": [5, 4, 5, 3, 5, 5]})
    volunteers = stats.csat(stats.Design(frame, source="opt-in"), "overall").iloc[0]
    told = sentences.satisfaction.level(volunteers, "CSAT", words.SHARE)
    assert told == "CSAT was 83.3% among the 6 who chose to answer; no sampling error can be told."
    assert sentences.satisfaction.level(volunteers, "CSAT", words.SHARE, "zh-CN") == (
        "在 6 位自愿作答者中，CSAT为 83.3%；不给出抽样误差。"
    )


def test_an_index_in_words():
    index = stats.acsi(pd.DataFrame({"a": [8, 9, 7, 10, 8], "b": [7, 9, 6, 9, 8]}), ["a", "b"]).iloc[0]
    told = sentences.satisfaction.level(index, "The index", sentences.satisfaction.INDEX)
    assert told == "The index was 78.9 (95% interval 59.0 to 90.6; 5 answers)."
