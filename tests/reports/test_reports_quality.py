import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.i18n import chinese
from svclib.reports import charts, theme, words
from svclib.reports.quality_terms import FLAGS, INDICES, SIGNS, STATES
from svclib.reports.sentences import quality, quality_units
from svclib.stats.design.results import OPT_IN
from svclib.stats.quality.comparing import ALL_FLAGGED, NONE_FLAGGED
from svclib.stats.quality.flags import REASONS
from svclib.stats.quality.scenarios import CHOICES, RATINGS, bank
from svclib.stats.quality.screening import CutNote
from svclib.stats.quality.units import UnitNote
from svclib.stats.quality.verdicts import SIGNS as ALL_SIGNS

WIDTHS = (660, 330)
LANGUAGES = ("en", "zh-CN")
ITEMS = [*RATINGS, *CHOICES]


@pytest.fixture(scope="module")
def sheets():
    return bank(units=12, answers=60, cheats=1, share=0.6, seed=3)


@pytest.fixture(scope="module")
def screening(sheets):
    return stats.careless(sheets, list(RATINGS), draws=2000)


@pytest.fixture(scope="module")
def found(sheets):
    return stats.fabrication(sheets, ITEMS, by="branch", at="day", comments="comment")


@pytest.fixture(scope="module")
def flags(sheets, screening, found):
    return stats.quality_flags(sheets, screening, stats.duplicates(sheets, ITEMS, by="branch"), found)


@pytest.fixture(scope="module")
def compared(sheets, flags):
    return stats.with_and_without(sheets, flags["flagged"], csat="q1", mean=["q2"])


@pytest.fixture(scope="module")
def modes(sheets):
    data = sheets.assign(channel=np.where(np.arange(len(sheets)) % 3, "web", "phone"))
    return stats.mode_effects(data, ["q1", "q2"], mode="channel", adjust="age")


@pytest.fixture(scope="module")
def invited():
    counts = pd.DataFrame(
        [(f"b{unit}", hour, 100, 30 + unit % 3) for unit in range(10) for hour in range(9, 13)],
        columns=["branch", "hour", "served", "invited"],
    )
    counts.loc[0, "invited"], counts.loc[3, "invited"] = 80, 5
    return stats.selective_invitation(counts, by="branch", over="hour")


def drawn(chart, width):
    """Draw a chart and see that it fits."""
    svg = theme.svg(chart)
    size = float(svg.split('width="')[1].split('"')[0])
    assert width * 0.7 <= size <= width * 1.1
    return svg


@pytest.mark.parametrize("width", WIDTHS)
def test_flags_are_drawn_the_most_frequent_first(flags, width):
    svg = drawn(charts.flag_bars(flags, width=width), width)
    up = flags[["unit_month_end", "same_answers"]].fillna(False).sum().sort_values(ascending=False)
    places = [svg.index(f">{FLAGS[name]}<") for name in up.index]
    assert places == sorted(places)
    count = int(flags["same_answers"].fillna(False).sum())
    assert f">{count} ({100 * count / len(flags):.1f}%)<" in svg


@pytest.mark.parametrize("width", WIDTHS)
def test_flags_that_come_together_are_counted(flags, width):
    both = (flags["unit_month_end"].fillna(False) & flags["same_answers"].fillna(False)).sum()
    assert f">{both}<" in drawn(charts.flag_overlap(flags, language="zh-CN", width=width), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_an_index_is_drawn_with_its_cut_and_what_is_honest_beyond_it(screening, width):
    row = screening.cuts.set_index("index").loc["mahalanobis_p"]
    svg = drawn(charts.index_histogram(screening, "mahalanobis_p", width=width), width)
    assert f"{row['flagged']} flagged; " in svg
    assert theme.colors()["danger"] in svg


def test_an_index_without_a_cut_says_why(screening):
    svg = theme.svg(charts.index_histogram(screening, "longstring", language="zh-CN"))
    assert "不设界限" in svg
    assert theme.colors()["danger"] not in svg


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_headlines_are_drawn_with_and_without(compared, width, language):
    svg = drawn(charts.with_without(compared, names={"q1": "总体满意度"}, language=language, width=width), width)
    assert ">总体满意度<" in svg
    assert (">剔除被标记答卷<" if language == "zh-CN" else ">without the flagged<") in svg


def test_headlines_by_group_have_a_row_a_group(sheets, flags):
    rows = stats.with_and_without(sheets, flags["flagged"], csat="q1", by="branch")
    svg = theme.svg(charts.with_without(rows, label="branch"))
    assert all(f">b{number:02}<" in svg for number in range(1, 13))


@pytest.mark.parametrize("width", WIDTHS)
def test_modes_are_drawn_against_the_reference(modes, width):
    svg = drawn(
        charts.mode_differences(modes, names={"web": "网页", "q1": "总体"}, language="zh-CN", width=width), width
    )
    assert ">总体<" in svg
    assert "与“网页”相差的标准差" in svg


@pytest.mark.parametrize("width", WIDTHS)
def test_empty_answers_are_drawn_with_their_reason(sheets, width):
    rows = stats.item_nonresponse(sheets, list(RATINGS))
    assert ">漏答<" in drawn(charts.nonresponse_bars(rows, language="zh-CN", width=width), width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_signs_of_units_are_drawn_and_those_beyond_chance_ringed(found, width, language):
    svg = drawn(charts.unit_signs(found, language=language, width=width), width * 1.05)
    assert theme.colors()["danger"] in svg
    assert ">b01<" in svg


@pytest.mark.parametrize("width", WIDTHS)
def test_observed_shares_are_drawn_beside_expected_ones(found, width):
    svg = drawn(charts.unit_similarity(found, "month_end", names={"b01": "东城支行"}, width=width), width)
    assert ">东城支行<" in svg
    assert ">expected of an honest unit<" in svg


@pytest.mark.parametrize("width", WIDTHS)
def test_the_calendar_has_the_days_of_the_month(sheets, width):
    chart = charts.burst_calendar(
        sheets, "day", by="branch", units=["b01", "b02", "lost"], language="zh-CN", width=width
    )
    svg = drawn(chart, width)
    assert ">31<" in svg
    assert ">当月日期<" in svg
    assert ">lost<" not in svg


@pytest.mark.parametrize("width", WIDTHS)
def test_invitations_are_drawn_by_unit_and_stratum(invited, width):
    svg = drawn(charts.invitation_map(invited, width=width), width)
    assert ">b0<" in svg
    assert ">12<" in svg


def test_charts_of_nothing_are_still_charts(sheets):
    clean = stats.quality_flags(sheets, {"speed": np.zeros(len(sheets), dtype=bool)})
    assert theme.svg(charts.flag_bars(clean)).startswith("<svg")
    assert theme.svg(charts.flag_overlap(clean)).startswith("<svg")
    few = stats.fabrication(bank(units=3, answers=30, seed=1), ITEMS, by="branch")
    assert theme.svg(charts.unit_signs(few)).startswith("<svg")
    assert theme.svg(charts.unit_similarity(few)).startswith("<svg")


def test_every_flag_and_sign_has_a_name_in_both_languages():
    assert set(FLAGS) == set(REASONS)
    assert set(SIGNS) == set(ALL_SIGNS)
    assert set(INDICES) <= set(FLAGS)
    names = [*FLAGS.values(), *SIGNS.values(), *STATES.values(), *INDICES.values(), *REASONS.values()]
    assert [name for name in names if name not in chinese()] == []


CUT = {"index": "speed", "cut": 2.0, "flagged": 79, "told": 3155, "honest": 0.01, "note": ""}


@pytest.mark.parametrize(
    ("change", "language", "text"),
    [
        ({}, "en", "speeding: 79 of 3,155 respondents flagged (2.5%); of attentive ones 1.0% would be."),
        ({}, "zh-CN", "作答过快：3,155 位受访者中标记了 79 位（2.5%）；认真作答者中预期为 1.0%。"),
        (
            {"flagged": 30},
            "en",
            "speeding: 30 of 3,155 respondents flagged (1.0%); of attentive ones 1.0% would be. That is no more than "
            "chance makes.",
        ),
        (
            {"cut": float("nan"), "note": CutNote.NOT_TOLD.value},
            "zh-CN",
            "作答过快：无法标记任何人（无法对任何人判断：答案、量表或题目对过少）。",
        ),
        (
            {"honest": float("nan")},
            "en",
            "speeding: 79 of 3,155 respondents flagged (2.5%) by the cut of the literature.",
        ),
    ],
)
def test_an_index_is_told_with_what_attentive_people_do(change, language, text):
    assert quality.index({**CUT, **change}, language) == text


def test_flags_are_told_with_the_most_frequent():
    data = pd.DataFrame({"x": range(4)})
    flags = stats.quality_flags(data, {"speed": [True, True, False, False], "same_text": [True, False, False, False]})
    assert quality.flagged(flags) == (
        "2 of 4 responses are flagged (50.0%); most often: speeding 2, same text 1. Nothing is dropped: a flag calls "
        "for "
        "a look."
    )
    assert quality.flagged(flags, "zh-CN") == (
        "4 份答卷中有 2 份被标记（50.0%）；最常见的是：作答过快 2、文字相同 1。未剔除任何答卷：标记仅提示需要查看。"
    )
    assert quality.flagged(flags.assign(flagged=False)) == "None of the 4 responses is flagged."
    assert quality.flagged(flags.head(0)) == "There are no responses to flag."


def test_reasons_are_told_in_both_languages():
    row = {"reasons": "much faster than others; my own flag"}
    assert quality.reasons(row) == "much faster than others, my own flag"
    assert quality.reasons(row, "zh-CN") == "作答速度远快于其他人、my own flag"


def test_units_are_told_without_accusing(found):
    text = quality_units.units(found, {"b01": "East"})
    assert text == (
        "One of 12 units calls for a look: East. Where all units are honest, the chance that any is flagged is at most "
        "5.0%. A sign proves nothing: ask how these answers came about. Only dates are known: hours and minutes cannot "
        "be looked at."
    )
    assert quality_units.units(found, {"b01": "东城支行"}, "zh-CN").startswith(
        "12 个单位中有 1 个需要查看：东城支行。若所有单位均正常"
    )


def test_a_unit_is_told_with_what_is_expected_of_it(found):
    row = found.frame[(found.frame["branch"] == "b01") & (found.frame["sign"] == "month_end")].iloc[0]
    assert quality_units.unit(found, "b01").startswith("b01: ")
    assert (
        f"end of month ({100 * row['observed']:.1f}%, expected {100 * row['expected']:.1f}%, chance"
        in quality_units.unit(found, "b01")
    )
    assert quality_units.unit(found, "b05", language="zh-CN") == "b05：未见异常。"


def test_units_that_cannot_be_judged_are_told_why():
    few = stats.fabrication(bank(units=3, answers=30, seed=1), ITEMS, by="branch")
    assert quality_units.units(few) == f"No unit can be judged ({UnitNote.FEW_UNITS.value})."
    assert (
        quality_units.unit(few, "b01", language="zh-CN")
        == "b01：无法判断（至少需要八个单位，才能判断正常单位之间的差异）。"
    )


def headline(**change):
    whole = {
        "measure": "csat",
        "rows": "all",
        "estimate": 0.9,
        "low": 0.88,
        "high": 0.92,
        "n": 400,
        "level": 0.95,
        "note": "",
    }
    without = {**whole, "rows": "without", "estimate": 0.876, "n": 360}
    moved = {**whole, "rows": "difference", "estimate": -0.024, "low": -0.041, "high": -0.007, "n": 40, **change}
    return pd.DataFrame([whole, without, moved])


@pytest.mark.parametrize(
    ("change", "language", "text"),
    [
        (
            {},
            "en",
            "CSAT is 90.0%, without the 40 flagged answers 87.6%, 2.4 percentage points lower (95% interval −4.1 to "
            "−0.7). "
            "The flagged answers differ from the others by more than chance allows.",
        ),
        (
            {},
            "zh-CN",
            "CSAT为 90.0%，剔除被标记的 40 份答案后为 87.6%，下降 2.4 个百分点（95% 区间 −4.1 至 −0.7）。被标记答案与"
            "其余答案的差异"
            "超出偶然波动。",
        ),
        (
            {"high": 0.002},
            "en",
            "CSAT is 90.0%, without the 40 flagged answers 87.6%, 2.4 percentage points lower (95% interval −4.1 to "
            "+0.2). "
            "Chance alone could explain that the flagged answers differ.",
        ),
        ({"estimate": 0.0, "note": NONE_FLAGGED}, "en", "CSAT: 90.0%; nothing is flagged."),
        (
            {"estimate": np.nan, "low": np.nan, "high": np.nan, "note": ALL_FLAGGED},
            "zh-CN",
            "CSAT：无法比较（此处全部被标记：没有剩余答案可供估计）。",
        ),
        (
            {"low": np.nan, "high": np.nan},
            "en",
            "CSAT is 90.0%, without the 40 flagged answers 87.6% (too few for an interval of the change).",
        ),
        (
            {"estimate": 0.0001, "low": -0.001, "high": 0.001},
            "en",
            "CSAT is 90.0% with or without the 40 flagged answers (95% interval of the change −0.1 to +0.1). Chance "
            "alone "
            "could explain that the flagged answers differ.",
        ),
    ],
)
def test_a_headline_is_told_with_and_without(change, language, text):
    assert quality.headline(headline(**change), "CSAT", language) == text


MODE = {
    "mode": "sms", "reference": "qr", "estimate": -0.262, "low": -0.44, "high": -0.08, "level": 0.95, "effect": -0.105,
    "unadjusted": -0.378, "p_adjusted": 0.03, "note": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "language", "text"),
    [
        (
            {},
            "en",
            "Recommend: among people alike sms lies 0.26 scale points below qr (95% interval −0.44 to −0.08; 0.10 "
            "standard "
            "deviations; −0.38 before adjustment). Chance alone would hardly explain it, even among so many "
            "comparisons.",
        ),
        (
            {"estimate": 0.1, "p_adjusted": 0.4},
            "zh-CN",
            "Recommend：在同类人群中，sms比qr高 0.10 分（95% 区间 −0.44 至 −0.08；0.10 个标准差；调整前为 −0.38）。偶"
            "然波动即可解释"
            "这一差异。",
        ),
        (
            {"low": np.nan, "note": "too few answers to publish"},
            "en",
            "Recommend: sms and qr cannot be compared (too few answers to publish).",
        ),
    ],
)
def test_a_mode_is_told_with_size_and_chance(change, language, text):
    assert quality.mode({**MODE, **change}, "Recommend", language) == text


def test_of_volunteers_no_sampling_error_is_claimed():
    told = quality.mode({**MODE, "note": str(OPT_IN)}, "Recommend")
    assert told.startswith(
        "Recommend: among people alike sms lies 0.26 scale points below qr. These people answered of"
    )
    assert "interval" not in told
    rows = headline()
    rows["note"] = OPT_IN
    told = quality.headline(rows, "CSAT", "zh-CN")
    assert told.startswith("CSAT为 90.0%，剔除被标记的 40 份答案后为 87.6%。这些人是自愿作答的")
    assert "区间" not in told


def test_invitations_are_told_with_whom_they_favour(invited):
    assert quality_units.invitations(invited) == (
        "Invitations are more uneven than honest units differ by: b0 (most: 9; least: 12). Ask how invitations are "
        "given "
        "out before you compare these units."
    )
    assert quality_units.invitations(invited, language="zh-CN").startswith(
        "以下单位的邀请不均衡程度超出正常单位之间的差异：b0"
    )


def test_even_invitations_are_told_so(invited):
    even = type(invited)(invited.frame.assign(flagged=False), invited.strata, invited.by, invited.over)
    assert quality_units.invitations(even) == "None of 10 units invites more unevenly than honest units do."


def test_the_question_most_often_empty_is_told():
    rows = stats.item_nonresponse(pd.DataFrame({"a": [1.0, 2, None], "b": [1.0, 2, 3]}), ["a", "b"])
    assert quality.nonresponse(rows, {"a": "waiting"}) == (
        "Most often without an answer: waiting (left empty: 33.3%, 95% interval 6.1% to 79.2%; put to 3 people)."
    )
    assert quality.nonresponse(rows[rows["term"] == "b"], language="zh-CN") == "被询问者对所有题目均已作答。"


def test_several_indices_at_once_are_told(screening):
    text = quality.together(screening, 2)
    assert text.startswith("2 or more indices at once flag ")
    assert quality.together(screening, 99) == "There are not 99 indices with a cut."


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_says_significant_or_accuses(found, compared, modes, invited, flags, language):
    told = [
        quality_units.units(found, language=language),
        quality_units.unit(found, "b01", language=language),
        quality.headline(compared[compared["measure"] == "csat"], "CSAT", language, unit=words.SHARE),
        quality.mode(modes.iloc[0].to_dict(), "q1", language),
        quality_units.invitations(invited, language=language),
        quality.flagged(flags, language),
    ]
    for word in ("significant", "cheat", "fraud", "显著", "作弊", "造假"):
        assert word not in " ".join(told)
