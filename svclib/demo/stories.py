"""What there is to find in the demonstration bank, and how satisfied people are apart from that.

1. Branch 07 has a waiting problem from the seventh month on: `waiting_time` falls, and `overall` with it.
2. In the tenth month a campaign with a prize drew many more people to the QR code, and kinder ones: a jump in the
   opt-in channel that the sampled channels do not show.
3. Version 1 of the money-laundering bank carries a wrong key on one item; version 2 mends it after the sitting.
4. What customers expect of an excellent bank is highest for keeping promises and serving promptly, and there the bank
   falls short most; branch 31 keeps its promises least of all.
5. At branch 23 staff fill in sheets of the QR code themselves on the last days of each month, from the fourth month on
   (see `svclib.demo.filled`): they are a little too many, too alike and too quick.

All numbers are shifts in standard deviations of a customer's feeling.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from svclib.forms import Survey
from svclib.forms.questions import Question

WAITING_BRANCH, WAITING_FROM = "b07", 6  # months are counted from 0
CAMPAIGN_MONTH, CAMPAIGN_FACTOR, CAMPAIGN_SHIFT = 9, 2.4, 0.55
MONTHS = 12

FILLED_BRANCH, FILLED_FROM, FILLED_SHARE = "b23", 3, 0.7
UNRELIABLE_BRANCH, UNRELIABLE_SHIFT = "b31", {"reliability": -1.4, "responsiveness": -0.9}

# Where answers lie by what a question measures; expectations are higher than what is found.
BY_MEASURE = {"csat": 1.5, "nps": 1.05, "ces": 0.95, "servqual-e": 1.35, "servqual-p": 0.95}
BY_CONSTRUCT = {"tangibles": 0.2, "reliability": 0.0, "responsiveness": -0.25, "assurance": 0.15, "empathy": -0.1}
EXPECTED = {"tangibles": -0.2, "reliability": 0.3, "responsiveness": 0.2, "assurance": 0.15, "empathy": -0.1}
IMPORTANCE = {"reliability": 6.0, "responsiveness": 4.0, "assurance": 3.0, "empathy": 2.0, "tangibles": 1.2}
USUAL = 1.1


@dataclass(frozen=True)
class Visit:
    """What a respondent met: where, when (month 0–11) and how they came to answer."""

    branch: str
    month: int
    source: str


def branch_effect(branch: str) -> float:
    """A branch's own level, the same in every survey (standard deviation 0.22)."""
    return random.Random(f"branch/{branch}").gauss(0, 0.22)


def leanings(survey: Survey, generator: random.Random) -> dict[tuple[str, str], float]:
    """How one respondent's expectations and findings differ from the person's usual level, by measure and dimension.

    Only where a survey asks for both: with one level for all a gap would be nothing but chance.
    """
    if not any(question.measure == "servqual-e" for question in survey.questions.values()):
        return {}
    common = {measure: generator.gauss(0, 0.35) for measure in ("servqual-e", "servqual-p")}
    return {(measure, name): common[measure] + generator.gauss(0, 0.55) for measure in common for name in BY_CONSTRUCT}


def tendency(
    visit: Visit, own: Mapping[tuple[str, str], float] | None = None
) -> Callable[[Question], float | Mapping[Any, float]]:
    """Where the answers of one visit lie, question by question; `own` are the respondent's `leanings`."""
    differs = own or {}
    level = branch_effect(visit.branch) + 0.012 * visit.month
    if visit.month == CAMPAIGN_MONTH and visit.source == "opt-in":
        level += CAMPAIGN_SHIFT
    waits = visit.branch == WAITING_BRANCH and visit.month >= WAITING_FROM

    def of(question: Question) -> float | Mapping[Any, float]:
        lean = differs.get((str(question.measure), str(question.construct)), 0.0)
        if question.measure == "servqual-e":  # of any excellent bank: whatever branch or month
            return BY_MEASURE["servqual-e"] + EXPECTED.get(str(question.construct), 0.0) + lean
        if question.name == "importance_order":
            return IMPORTANCE
        base = BY_MEASURE.get(str(question.measure), USUAL) + BY_CONSTRUCT.get(str(question.construct), 0.0)
        if waits and question.step == "queue.waiting":
            return base + level - 1.7
        if waits and question.measure in {"csat", "nps"}:
            return base + level - 1.1
        if waits and question.name == "reasons":
            return {value: 6.0 if "wait" in value else 1.0 for value in question.values}  # type: ignore[attr-defined]
        if visit.branch == UNRELIABLE_BRANCH and question.measure == "servqual-p":
            return base + level + lean + UNRELIABLE_SHIFT.get(str(question.construct), 0.0)
        return base + level + lean

    return of


def chance_of_use(branch: str, month: int, source: str) -> float:
    """How many times the usual number of people answer through a channel."""
    campaign = CAMPAIGN_FACTOR if month == CAMPAIGN_MONTH and source == "opt-in" else 1.0
    return campaign * (1 + 0.3 * random.Random(f"traffic/{branch}").uniform(-1, 1))


COMMENTS = {
    True: (
        "等了四十多分钟才叫到号", "窗口开得太少，排队很久", "叫号慢，大堂没有人引导", "排队的人多，没有座位",
        "Waited far too long for my turn", "Only two counters open at noon",
    ),
    False: (
        "柜员很耐心，讲得清楚", "业务办得快", "手续希望再简化一点", "环境整洁", "希望周末多开一个窗口", "没有意见",
        "手机银行帮忙设置好了，谢谢", "The staff explained everything well", "A little noisy, otherwise fine",
    ),
}  # fmt: skip


def words(visit: Visit) -> Callable[[Question, random.Random], str]:
    """What people write, in both languages; at the waiting branch they write of waiting."""
    waits = visit.branch == WAITING_BRANCH and visit.month >= WAITING_FROM
    return lambda question, generator: generator.choice(COMMENTS[waits and generator.random() < 0.7])
