import pandas as pd
import pytest

from svclib import stats
from svclib.reports import charts, sentences, theme
from svclib.reports.words import RATING

SIZES = [30, 60, 120, 250, 500, 1000]


@pytest.fixture
def plan():
    strata = pd.DataFrame(
        {"branch": ["朝阳支行", "海淀支行", "浦东支行"], "size": [5000, 3000, 400], "sd": [0.9, 0.8, 1.2]}
    )
    return stats.allocate(strata, 600, sd="sd", least=30)


@pytest.mark.parametrize("width", [660, 330])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_curves_and_allocations_fit_their_width(plan, width, language):
    drawn = [
        theme.svg(chart)
        for chart in (
            charts.margin_curve(stats.expected_width("proportion", SIZES), target=0.05, language=language, width=width),
            charts.power_curve(stats.power("nps", SIZES, 10), language=language, width=width),
            charts.allocation(plan, "branch", language=language, width=width),
        )
    ]
    for one in drawn:
        assert 0.7 * width <= float(one.split('width="')[1].split('"')[0]) <= width + 2
        assert (">答卷数<" if language == "zh-CN" else ">answers<") in one
    assert (">± 百分点<" if language == "zh-CN" else ">± percentage points<") in drawn[0]


def test_a_plan_says_answers_and_invitations():
    row = stats.sample_size("proportion", margin=0.05, share=0.85, response=0.2).iloc[0].to_dict()
    assert sentences.planning.needed(row) == (
        "For a 95% interval of about ± 5.0 percentage points, 194 answers are needed (970 invitations)."
    )
    assert sentences.planning.needed(row, "zh-CN") == (
        "要使 95% 置信区间约为 ± 5.0 个百分点，需要 194 份答卷（邀请 970 人）。"
    )


def test_a_difference_says_its_power():
    row = stats.sample_size("mean", difference=0.3, sd=1.0, power=0.9).iloc[0].to_dict()
    assert sentences.planning.needed(row) == (
        "To show a difference of 0.30 scale points with a probability of 90% each group needs 235 answers "
        "(235 invitations)."
    )


def test_what_cannot_be_planned_says_why():
    row = stats.sample_size("proportion", margin=1e-7).iloc[0].to_dict()
    assert sentences.planning.needed(row) == "The plan cannot be met (no number of answers reaches it)."
    row = stats.sample_size("proportion", margin=0.01, population=500).iloc[0].to_dict()
    assert sentences.planning.needed(row).endswith("nearly the whole population is needed: ask everybody.")


def test_a_weak_comparison_is_called_so():
    weak, strong = (row for row in stats.power("nps", [11, 1000], 10).to_dict("records"))
    assert "more often be missed than seen" in sentences.planning.chance_to_show(weak)
    assert "更可能被漏掉" in sentences.planning.chance_to_show(weak, "zh-CN")
    assert "will be seen with a probability of 82%" in sentences.planning.chance_to_show(strong)


def test_the_width_of_so_many_answers_is_told():
    row = stats.expected_width("nps", 11).iloc[0].to_dict()
    assert sentences.planning.width(row).startswith("With 11 answers the 95% interval will reach about 4")


def test_an_allocation_is_told_by_its_ends(plan):
    whole = stats.allocation_error(plan, sd="sd")
    told = sentences.planning.allocation(plan, "branch", whole, RATING, "zh-CN")
    assert told.startswith("3 个层共 600 份答卷，各层从 ")
    assert "朝阳支行" in told
