import numpy as np
import pandas as pd
import pytest
import synthetic_bank

from svclib import stats
from svclib.reports import charts, theme
from svclib.reports.words import SCORE, SHARE

WIDTHS = (660, 330)


@pytest.fixture(scope="module")
def data():
    frame = synthetic_bank.responses()
    return frame.assign(month=frame["submitted_at"].dt.strftime("%Y-%m"))


@pytest.fixture(scope="module")
def exam():
    return synthetic_bank.exam()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_ranking_names_the_branches_best_first(data, width):
    rows = stats.csat(data, "overall", by="branch")
    rows = rows.assign(name=[synthetic_bank.BRANCHES[branch] for branch in rows["branch"]])
    drawn = theme.svg(
        charts.ranking(rows, "name", title="满意客户比例", reference=0.8, reference_label="总体", width=width)
    )
    order = rows.sort_values("estimate", ascending=False)["name"]
    places = [drawn.index(f">{name}<") for name in order]
    assert places == sorted(places)


def test_hidden_branches_are_not_drawn(data):
    rows = stats.suppress(stats.csat(data, "overall", by="branch"), min_n=40)
    drawn = theme.svg(charts.ranking(rows, "branch"))
    assert ">qd<" not in drawn


@pytest.mark.parametrize("width", WIDTHS)
def test_a_trend_fits_its_width(data, width):
    rows = stats.nps(data, "recommend", by="month")
    drawn = theme.svg(charts.trend(rows, unit=SCORE, target=50, language="zh-CN", width=width))
    size = float(drawn.split('width="')[1].split('"')[0])
    assert width * 0.8 <= size <= width
    assert ">目标<" in drawn


def test_a_month_without_a_number_leaves_a_gap(data):
    rows = stats.csat(data, "overall", by="month")
    whole = theme.svg(charts.trend(rows, unit=SHARE))
    rows.loc[5, ["estimate", "low", "high"]] = np.nan
    broken = theme.svg(charts.trend(rows, unit=SHARE))
    line = [part for part in broken.split("<path") if "stroke-width" in part and "M" in part]
    assert max(part.split('d="')[1].split('"')[0].count("M") for part in line if 'd="' in part) >= 2
    assert whole != broken


@pytest.mark.parametrize("width", WIDTHS)
def test_flagged_items_are_named(exam, width):
    scores, _choices = exam
    drawn = theme.svg(charts.difficulty_discrimination(stats.item_analysis(scores), width=width))
    assert f">{synthetic_bank.WRONG_KEY}<" in drawn
    assert ">aml-001<" not in drawn


def test_the_keyed_option_is_ticked(exam):
    scores, choices = exam
    options = stats.distractors(choices, scores=scores)
    drawn = theme.svg(charts.option_bars(options, "aml-001", language="zh-CN"))
    assert ">a ✓<" in drawn
    assert ">高分组<" in drawn


def test_charts_use_the_shipped_font_and_our_colours(data):
    drawn = theme.svg(charts.trend(stats.csat(data, "overall", by="month")))
    assert theme.FONT in drawn
    assert theme.palette()[0] in drawn


def test_the_shipped_font_has_every_character_of_gb2312():
    from fontTools.ttLib import TTFont

    from svclib.reports import fonts

    known = set(TTFont(fonts.FOLDER / "SvclibSans-Regular.otf", lazy=True).getBestCmap())
    chars = {bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)}
    assert {ord(char) for char in chars if char} <= known


def test_the_fonts_stay_small_and_carry_their_licence():
    from svclib.reports import fonts

    assert sum(path.stat().st_size for path in fonts.FOLDER.glob("*.otf")) < 4_000_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts.FOLDER / "OFL.txt").read_text(encoding="utf-8")


def test_an_empty_ranking_is_still_a_chart():
    rows = stats.csat(pd.DataFrame({"x": pd.Series(dtype=float), "b": pd.Series(dtype=str)}), "x", by="b")
    assert theme.svg(charts.ranking(rows, "b")).startswith("<svg")
