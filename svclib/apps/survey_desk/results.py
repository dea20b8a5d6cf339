"""First results of a survey: CSAT, NPS and CES with intervals, for the whole and by branch, small cells hidden.

Frames in, frozen results out; the screen draws them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import pandas as pd

from svclib import stats
from svclib.reports.words import RATING, SCORE, SHARE, Unit

SAMPLED = "sampled"
OPT_IN = "opt-in"
UNITS: dict[str, Unit] = {"csat": SHARE, "nps": SCORE, "ces": RATING}
LEVEL = 0.95


@dataclass(frozen=True)
class Measured:
    """One measure of one question.

    Attributes
    ----------
    measure : {"csat", "nps", "ces"}
    question : str
        Name of the question.
    title : dict
        Its wording, in both languages.
    overall : dict
        The estimate of all answers (see `svclib.stats.estimate`); hidden when there are too few.
    branches : DataFrame
        One row a branch, small ones hidden; column ``branch`` holds the unit's id.
    below : tuple of str
        Branches below the whole by more than chance allows, all comparisons together; never told of opt-in answers.
    """

    measure: str
    question: str
    title: Mapping[str, str]
    overall: Mapping[str, Any]
    branches: pd.DataFrame
    below: tuple[str, ...] = ()

    @property
    def unit(self) -> Unit:
        """How the measure is written."""
        return UNITS[self.measure]

    @property
    def hidden(self) -> int:
        """How many branches with answers are not shown."""
        rows = self.branches
        return int((rows["estimate"].isna() & (rows["note"] != "no answers")).sum())


@dataclass(frozen=True)
class Results:
    """The measures of one way of coming to answer (`source`: sampled or opt-in)."""

    source: str
    answers: int
    measures: tuple[Measured, ...]


def sources(responses: pd.DataFrame) -> list[str]:
    """Tell which of sampled and opt-in answers there are, sampled ones first."""
    found = set(_source(responses))
    return [name for name in (SAMPLED, OPT_IN) if name in found]


def results(survey: Any, responses: pd.DataFrame, source: str) -> Results:
    """Estimate every measure of the survey from the answers of one source.

    Parameters
    ----------
    survey : svclib.forms.Survey
        Says which question is which measure, and its scale.
    responses : DataFrame
        As `svc.frames.responses` gives it: one row a response.
    source : {"sampled", "opt-in"}
        Random samples and censuses together, or those who came by themselves; the two are never pooled.
    """
    chosen = responses[_source(responses) == source]
    asked = [
        question
        for question in survey.questions.values()
        if getattr(question, "measure", None) in UNITS and question.name in chosen.columns
    ]
    return Results(source, len(chosen), tuple(_measured(question, chosen, source) for question in asked))


def _source(responses: pd.DataFrame) -> pd.Series:
    given = responses["source"].astype("object")
    return given.where(given == OPT_IN, SAMPLED)


def _measured(question: Any, chosen: pd.DataFrame, source: str) -> Measured:
    whole = stats.suppress(_estimate(question, chosen)).iloc[0].to_dict()
    placed = chosen[chosen["branch"].notna()]
    branches = stats.suppress(_estimate(question, placed, by="branch")) if len(placed) else _no_branches()
    below = () if source == OPT_IN else _below(branches, whole)
    return Measured(question.measure, question.name, question.title, whole, branches, below)


def _estimate(question: Any, chosen: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    data = chosen.assign(**{by: chosen[by].astype("object")}) if by else chosen
    given = {"by": by, "weights": _weights(chosen), "level": LEVEL}
    if question.measure == "nps":
        return stats.nps(data, question.name, **given)
    scale = {"lowest": question.rate_min, "highest": question.rate_max}
    return getattr(stats, question.measure)(data, question.name, **scale, **given)


def _weights(chosen: pd.DataFrame) -> str | None:
    """Weights count where they differ and every response has one."""
    if "weight" not in chosen.columns or chosen["weight"].isna().any():
        return None
    return "weight" if chosen["weight"].nunique() > 1 else None


def _below(branches: pd.DataFrame, whole: Mapping[str, Any]) -> tuple[str, ...]:
    """Branches whose estimate lies below the whole by more than Bonferroni's bound of one-sided 2.5 %."""
    shown = branches[branches["estimate"].notna() & (branches["std_error"].fillna(0) > 0)]
    if shown.empty or pd.isna(whole["estimate"]):
        return ()
    bound = NormalDist().inv_cdf(1 - (1 - LEVEL) / 2 / len(shown))
    distance = (shown["estimate"] - whole["estimate"]) / shown["std_error"]
    return tuple(shown.loc[distance < -bound, "branch"])


def _no_branches() -> pd.DataFrame:
    return pd.DataFrame(columns=["branch", "estimate", "std_error", "low", "high", "n", "note"])
