"""First results: each measure with its interval, sources apart, small cells hidden."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import forms, stats
from svclib.apps.survey_desk import posters as posters
from svclib.apps.survey_desk import results as first

SURVEY = forms.load_survey(Path(__file__).parents[2] / "surveys" / "branch_visit.yaml")
NAMES = {question.measure: question.name for question in SURVEY.questions.values() if question.measure}


def frame(sizes, source="probability", seed=1):
    """Responses of branches of given sizes."""
    random = np.random.default_rng(seed)
    branch = np.repeat(list(sizes), list(sizes.values()))
    n = len(branch)
    ces = SURVEY.questions[NAMES["ces"]]
    return pd.DataFrame(
        {
            "branch": pd.Categorical(branch), "weight": 1.0, "source": pd.Categorical([source] * n, first_sources()),
            NAMES["csat"]: random.integers(1, 6, n).astype(float),
            NAMES["nps"]: random.integers(0, 11, n).astype(float),
            NAMES["ces"]: random.integers(ces.rate_min, ces.rate_max + 1, n).astype(float),
        },
        index=pd.Index([f"r{number}" for number in range(n)], name="response_id"),
    )  # fmt: skip


def first_sources():
    return ["probability", "census", "opt-in"]


def measured(results, measure):
    return next(one for one in results.measures if one.measure == measure)


def test_the_three_measures_are_those_of_the_statistics():
    data = frame({"b01": 40, "b02": 60})
    found = first.results(SURVEY, data, "sampled")
    assert found.answers == 100
    assert {one.measure for one in found.measures} == {"csat", "nps", "ces"}
    for measure in ("csat", "nps"):
        reference = getattr(stats, measure)(data, NAMES[measure]).iloc[0]
        whole = measured(found, measure).overall
        assert (whole["estimate"], whole["low"], whole["n"]) == (reference.estimate, reference.low, 100)


def test_sampled_and_opt_in_answers_are_never_pooled():
    data = pd.concat([frame({"b01": 30}), frame({"b01": 50}, "opt-in")])
    assert first.sources(data) == ["sampled", "opt-in"]
    assert first.results(SURVEY, data, "opt-in").answers == 50
    assert measured(first.results(SURVEY, data, "sampled"), "nps").overall["n"] == 30


def test_small_branches_are_hidden_and_cannot_be_worked_out():
    found = measured(first.results(SURVEY, frame({"b01": 3, "b02": 9, "b03": 40}), "sampled"), "csat")
    shown = found.branches.set_index("branch")["estimate"].notna()
    assert shown.to_dict() == {"b01": False, "b02": False, "b03": True} and found.hidden == 2


def test_too_few_answers_altogether_give_no_number():
    found = measured(first.results(SURVEY, frame({"b01": 4}), "sampled"), "nps")
    assert pd.isna(found.overall["estimate"]) and found.overall["note"]


def test_no_answers_give_no_measures_but_no_fault():
    found = first.results(SURVEY, frame({"b01": 4}).iloc[:0], "sampled")
    assert found.answers == 0
    assert all(pd.isna(one.overall["estimate"]) for one in found.measures)


def test_a_bad_branch_is_named_only_where_a_sample_was_drawn():
    for source, expected in (("probability", ("b01",)), ("opt-in", ())):
        data = frame({"b01": 80, "b02": 200, "b03": 200}, source)
        data.loc[data["branch"] == "b01", NAMES["csat"]] = [1.0] * 78 + [5.0] * 2
        found = first.results(SURVEY, data, first.sources(data)[0])
        assert measured(found, "csat").below == expected


def test_unequal_weights_count():
    data = frame({"b01": 40, "b02": 60})
    data["weight"] = np.where(data["branch"] == "b01", 3.0, 1.0)
    whole = measured(first.results(SURVEY, data, "sampled"), "nps").overall
    assert whole["estimate"] == pytest.approx(stats.nps(data, NAMES["nps"], weights="weight")["estimate"].item())


def poster(text):
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="148mm" height="210mm" viewBox="0 0 740 1050" '
        "font-family=\"'Noto Sans SC',sans-serif\">"
        f'<text x="100" y="100">{text}</text></svg>'
    )


def test_posters_make_a_page_each_with_our_font():
    assert len(posters.document([poster("网点一"), poster("网点二")]).pages) == 2
    made = posters.pdf([poster("网点一")])
    assert made.startswith(b"%PDF") and len(made) > 5000
