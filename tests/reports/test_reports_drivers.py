from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, sentences, theme
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.key_drivers.matrix import QUADRANTS, Quadrant
from svclib.stats.key_drivers.notes import DriverNote

WIDTHS = (660, 330)
LANGUAGES = ("en", "zh-CN")
LEVELS = {"waiting": 2.6, "staff": 4.2, "rooms": 2.8, "parking": 4.0}
CHINESE = {"waiting": "等候时间", "staff": "服务态度", "rooms": "网点环境", "parking": "停车", "gold": "金卡客户"}
SAY = sentences.drivers


@pytest.fixture(scope="module")
def visits():
    random = np.random.default_rng(1)
    felt = 0.5 * random.normal(size=(400, 1)) + random.normal(size=(400, 4))
    data = pd.DataFrame(np.clip(np.round(list(LEVELS.values()) + felt), 1, 5), columns=list(LEVELS))
    data["tier"] = np.resize(["gold", "standard", "standard"], 400)
    overall = felt @ [0.6, 0.5, 0.1, 0.1] + 0.5 * felt[:, 0] * (data["tier"] == "gold") + 0.7 * random.normal(size=400)
    return data.assign(overall=np.clip(np.round(3.5 + overall), 1, 5), branch=random.integers(0, 8, 400))


@pytest.fixture(scope="module")
def found(visits):
    return stats.drivers(visits, "overall", list(LEVELS), bootstraps=400)


@pytest.fixture(scope="module")
def matrix(visits):
    return stats.importance_performance(visits, "overall", list(LEVELS), bootstraps=400)


def size(drawn):
    return float(drawn.split('width="')[1].split('"')[0])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_importance_is_drawn_in_order(found, width, language):
    drawn = theme.svg(charts.importance(found, labels=CHINESE, language=language, width=width))
    places = [drawn.index(f">{CHINESE[name]}<") for name in found.frame["term"]]
    assert places == sorted(places)
    assert 0.6 * width <= size(drawn) <= width + 2


def test_ties_are_joined_and_explained(found):
    frame = found.frame.assign(tied_with=["staff", "waiting", "parking", "rooms"], term=list(LEVELS))
    drawn = theme.svg(charts.importance(SimpleNamespace(frame=frame), language="zh-CN"))
    assert "依现有答卷无法分出高下" in drawn
    assert drawn.count('stroke-linecap="round"') == 2


def test_without_ties_nothing_is_joined(found):
    drawn = theme.svg(charts.importance(SimpleNamespace(frame=found.frame.assign(tied_with=""))))
    assert "tell apart" not in drawn
    assert 'stroke-linecap="round"' not in drawn


def test_overlapping_ties_have_lanes_of_their_own(found):
    tied = ["staff", "waiting, rooms", "staff, parking", "rooms"]
    frame = found.frame.assign(term=list(LEVELS), tied_with=tied)
    drawn = theme.svg(charts.importance(SimpleNamespace(frame=frame)))
    assert drawn.count('stroke-linecap="round"') == 3


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_matrix_names_quadrants_and_drivers(matrix, width, language):
    drawn = theme.svg(charts.strategy_matrix(matrix, labels=CHINESE, language=language, width=width))
    assert all(f">{CHINESE[name]}<" in drawn for name in LEVELS)
    names = ["优势区", "修补区", "机会区", "维持区"] if language == "zh-CN" else [one.value for one in QUADRANTS]
    assert all(f">{name}<" in drawn for name in names)
    assert 0.6 * width <= size(drawn) <= width + 2


def test_a_sure_verdict_is_never_certain(matrix):
    drawn = theme.svg(charts.strategy_matrix(matrix))
    assert "improve first &gt;99%" in drawn
    assert "100%" not in drawn


def test_a_matrix_without_draws_is_drawn_without_regions(visits):
    told = stats.importance_performance(visits, "overall", list(LEVELS), bootstraps=0)
    drawn = theme.svg(charts.strategy_matrix(told))
    assert drawn.count(">cannot be told<") == 4


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_slopes_are_drawn_by_segment(visits, width, language):
    told = stats.moderation(visits, "overall", ["waiting", "staff"], "tier")
    drawn = theme.svg(charts.segment_slopes(told, "tier", labels=CHINESE, language=language, width=width))
    assert drawn.count(">金卡客户<") == 2
    assert ">等候时间<" in drawn
    assert 0.6 * width <= size(drawn) <= width + 2


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_gains_say_that_they_are_associations(visits, width, language):
    rows = stats.what_if(visits, "overall", list(LEVELS), bootstraps=200)
    drawn = theme.svg(charts.gains(rows, labels=CHINESE, language=language, width=width))
    assert ("仅为关联，并非效果" if language == "zh-CN" else "association, not effect") in drawn
    assert 0.6 * width <= size(drawn) <= width + 2


def told(ranks, tied, *, note="", left_out=0.0):
    count = len(ranks)
    share = np.linspace(0.4, 0.1, count)
    frame = pd.DataFrame({"term": list(LEVELS)[:count], "share": share, "tied_with": tied, "note": note})
    frame[["rank_low", "rank_high"]] = pd.DataFrame(ranks, dtype="Int64")
    fit = pd.DataFrame({"estimate": [0.64], "low": [0.6], "high": [0.68], "level": [0.95], "n": [1036]})
    return SimpleNamespace(frame=frame, fit=fit, left_out=left_out)


def test_a_clear_lead_is_told():
    said = SAY.overview(told([[1, 1], [2, 3], [2, 3]], ["", "rooms", "staff"]), "satisfaction")
    assert said == (
        "3 drivers together account for 64.0% of the differences in satisfaction (95% interval 60.0% to 68.0%; 1,036 "
        "answers). waiting matters most (40.0% of it); chance alone would hardly explain its lead."
    )


def test_a_lead_that_chance_could_turn_is_told_in_chinese():
    found = told([[1, 2], [1, 2], [3, 3]], ["staff", "waiting", ""], left_out=0.31)
    assert SAY.overview(found, "总体满意度", labels=CHINESE, language="zh-CN") == (
        "3 个驱动因素合计可解释总体满意度差异的 64.0%（95% 置信区间 60.0% 至 68.0%；1,036 份答卷）。其中“等候时间”占"
        "比"
        "最大（40.0%）；但居首的也可能是服务态度，偶然即可改变次序。有 31.0% 的答卷因其他题目未作答而未被使用。"
    )


def test_volunteers_have_no_sampling_error():
    found = told([[1, 3], [1, 3], [1, 3]], ["", "", ""], note=OPT_IN)
    said = SAY.overview(found, "satisfaction")
    assert "but the order of the drivers could be chance." in said
    assert said.endswith("Volunteers answered: no sampling error is claimed.")


def test_no_interval_says_why():
    found = told([[pd.NA, pd.NA]] * 2, ["", ""], note=NO_DEGREES)
    found.fit[["low", "high"]] = np.nan
    assert SAY.overview(found, "satisfaction") == (
        "2 drivers together account for 64.0% of the differences in satisfaction (1,036 answers). The largest part "
        "goes "
        "with waiting (40.0% of it); how sure that is cannot be told (too few clusters: no interval can be told)."
    )


def pairs(*ends):
    return pd.DataFrame(ends, columns=["low", "high"], dtype=float)


def test_ties_say_what_is_sure_and_what_is_open():
    found = told([[1, 1], [2, 2], [3, 4], [3, 4]], ["", "", "parking", "rooms"])
    found.differences = pairs((0.1, 0.2), (0.1, 0.2), (0.1, 0.3), (0.1, 0.2), (0.1, 0.2), (-0.1, 0.2))
    assert SAY.ties(found) == (
        "5 of 6 pairs of drivers differ by more than chance would explain. The place of waiting, staff is sure. "
        "Which of "
        "rooms, parking matters least is open."
    )
    assert SAY.ties(found, labels=CHINESE, language="zh-CN") == (
        "6 对驱动因素中，有 5 对的差异难以仅用偶然解释。等候时间、服务态度的位次是确定的。网点环境、停车之中何者最不"
        "重要，"
        "尚无定论。"
    )


def test_no_order_is_to_be_read_where_all_are_tied():
    found = told([[1, 2], [1, 2]], ["staff", "waiting"])
    found.differences = pairs((-0.1, 0.2))
    assert SAY.ties(found) == "No two drivers can be told apart: do not read their order."


DRIVER = {
    "term": "waiting", "share": 0.226, "share_low": 0.194, "share_high": 0.262, "rank_low": 1, "rank_high": 3,
    "slope": 0.246, "slope_low": 0.2, "slope_high": 0.291, "direction": "positive", "level": 0.95, "note": "",
}  # fmt: skip


def test_a_driver_is_told_with_rank_and_slope():
    assert SAY.driver(DRIVER, "satisfaction", name="Waiting") == (
        "Waiting: 22.6% of what is explained (95% interval 19.4% to 26.2%), rank 1 to 3. One point more, all others "
        "equal, goes with 0.25 scale points more of satisfaction (95% interval +0.20 to +0.29); chance alone would "
        "hardly explain it."
    )
    assert SAY.driver(DRIVER | {"rank_high": 1}, "总体满意度", name="等候时间", language="zh-CN") == (
        "等候时间：占解释量的 22.6%（95% 置信区间 19.4% 至 26.2%），排名第 1。其他条件相同时，评分每高 1 分，总体满"
        "意度相应"
        "高出 0.25 分（95% 置信区间 +0.20 至 +0.29）；难以仅用偶然解释。"
    )


def test_a_driver_that_works_downwards_or_not_surely():
    down = {"slope": -0.2, "slope_low": -0.3, "slope_high": -0.1, "direction": "negative"}
    assert "0.20 scale points less of satisfaction" in SAY.driver(DRIVER | down, "satisfaction")
    open_ = {"slope_low": -0.1, "direction": "unclear"}
    assert "a change of satisfaction that chance alone could explain" in SAY.driver(DRIVER | open_, "satisfaction")


def test_a_driver_without_interval_says_why():
    row = DRIVER | {"share_low": np.nan, "note": NO_DEGREES}
    assert SAY.driver(row, "satisfaction") == (
        "waiting: 22.6% of what is explained; no interval (too few clusters: no interval can be told)."
    )


def mapped(*rows, note=""):
    frame = pd.DataFrame(rows, columns=["term", "verdict", "p_improve_first"]).assign(note=note)
    frame[["p_advantage", "p_opportunity", "p_maintain"]] = 0.1
    return SimpleNamespace(frame=frame, sure=0.9)


def test_what_to_improve_first_is_told_with_its_probability():
    found = mapped(
        ("waiting", Quadrant.IMPROVE_FIRST, 0.97),
        ("staff", Quadrant.ADVANTAGE, 0.0),
        ("rooms", Quadrant.UNCLEAR, 0.4),
    )
    assert SAY.priorities(found) == (
        "Improve first, because it matters and is rated badly: waiting (probability 97%). Keep up, because it "
        "matters and "
        "is rated well: staff. These answers do not tell the place of rooms; more answers may."
    )
    assert SAY.priorities(found, labels=CHINESE, language="zh-CN") == (
        "重要但评价较低，应优先改进：等候时间（概率 97%）。重要且评价较高，应继续保持：服务态度。依现有答卷无法判定"
        "网点环境"
        "所处的象限；增加答卷后或可判定。"
    )


def test_luck_makes_no_priority():
    found = mapped(("waiting", Quadrant.UNCLEAR, 0.7), ("staff", Quadrant.MAINTAIN, 0.0))
    assert SAY.priorities(found).startswith(
        "No driver is one to improve first with a probability of 90%; the nearest is waiting (70%)."
    )
    calm = mapped(("staff", Quadrant.MAINTAIN, 0.0), note=OPT_IN)
    assert SAY.priorities(calm) == (
        "No driver both matters much and is rated badly. Volunteers answered: no sampling error is claimed."
    )


def test_no_probability_says_why():
    found = mapped(("waiting", Quadrant.UNCLEAR, np.nan), note=NO_DEGREES)
    found.frame[["p_advantage", "p_opportunity", "p_maintain"]] = np.nan
    assert SAY.priorities(found) == "What to improve first cannot be told (too few clusters: no interval can be told)."


def compared(p_adjusted, note=""):
    tests = pd.DataFrame({"term": ["waiting"], "p_value": [p_adjusted], "p_adjusted": [p_adjusted]})
    rows = pd.DataFrame(
        {"first": ["standard", "silver"], "second": ["gold", "gold"], "term": "waiting", "estimate": [-0.3, -0.4],
         "low": [-0.4, -0.9], "high": [-0.2, 0.1], "level": 0.95, "p_value": [0.001, 0.1]}
    )  # fmt: skip
    return SimpleNamespace(tests=tests.assign(delta_r2=0.021, note=note), differences=rows)


def test_a_driver_that_matters_more_to_some_is_told_with_size():
    assert SAY.moderated(compared(0.001), "waiting", "satisfaction", labels={"waiting": "Waiting"}) == (
        "Waiting matters to segments differently; chance alone would hardly explain it. Clearest gap: one point "
        "more goes "
        "with 0.30 scale points more of satisfaction for gold than for standard (95% interval +0.20 to +0.40). "
        "Letting it "
        "differ explains 2.1% more of the differences."
    )


def test_segments_that_chance_could_explain_are_told_in_chinese():
    said = SAY.moderated(
        compared(0.3), "waiting", "满意度", labels=CHINESE | {"standard": "普通客户"}, language="zh-CN"
    )
    assert said == (
        "等候时间：各细分群体之间的差异仅用偶然即可解释。差异最明显的是金卡客户与普通客户之间，相差 0.30 分（95% 置"
        "信区间 "
        "+0.20 至 +0.40）。"
    )


def test_segments_that_cannot_be_compared_say_why():
    said = SAY.moderated(compared(np.nan, NO_DEGREES), "waiting", "satisfaction")
    assert said == "waiting: the segments cannot be compared (too few clusters: no interval can be told)."


GAIN = {
    "term": "waiting", "scenario": "step", "estimate": 0.48, "low": 0.41, "high": 0.54, "level": 0.95, "now": 2.8,
    "then": 3.8, "to": "", "note": "",
}  # fmt: skip


def test_a_gain_is_an_association():
    assert SAY.gain(GAIN, "satisfaction", name="Waiting") == (
        "Waiting rated 1.00 scale points higher, all others equal: satisfaction is 0.48 scale points higher (95% "
        "interval "
        "+0.41 to +0.54); chance alone would hardly explain it. This is an association in the answers, not a "
        "promised "
        "effect."
    )


def test_a_target_names_both_levels_and_a_step_too_large_is_told():
    assert SAY.gain(GAIN | {"scenario": "target"}, "y").startswith(
        "waiting rated 3.80 instead of 2.80, all others equal:"
    )
    said = SAY.gain(GAIN | {"note": DriverNote.BEYOND.value}, "y")
    assert said.endswith("So large a step would lead beyond the scale.")


def test_a_gain_at_the_best_unit_names_it():
    row = GAIN | {"scenario": "best unit", "to": "朝阳支行", "low": -0.1}
    assert SAY.gain(row, "总体满意度", name="等候时间", language="zh-CN") == (
        "若等候时间的评分由 2.80 变为 3.80（即最佳单位“朝阳支行”的水平），其他条件相同：总体满意度相应变化 0.48 分（95"
        "% 置信区间 "
        "−0.10 至 +0.54），仅用偶然即可解释。这是答卷中的关联，并非承诺的效果。"
    )


def test_a_fall_and_a_missing_gain():
    assert "is 0.48 scale points lower" in SAY.gain(
        GAIN | {"estimate": -0.48, "low": -0.6, "high": -0.3}, "satisfaction"
    )
    row = GAIN | {"estimate": np.nan, "low": np.nan, "note": NO_DEGREES}
    assert SAY.gain(row, "satisfaction").startswith("waiting: what a better rating goes with cannot be told (too few")
