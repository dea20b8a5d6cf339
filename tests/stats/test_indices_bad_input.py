"""What issue 3 calls bad input: an error that names the column and the mend, or a row that says why it is empty."""

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput

ITEMS = ["a", "b", "c"]


def frame(n=12, **more):
    random = np.random.default_rng(5)
    ratings = {name: random.integers(3, 6, n).astype(float) for name in (*ITEMS, "p1", "p2", "e1", "e2")}
    data = pd.DataFrame(ratings | {"branch": (["x", "y"] * n)[:n], "wave": np.arange(n) % 3, "who": np.arange(n)})
    return data.assign(**more)


PARTS = {"d": ["1", "2"]}
VERBS = {
    "mean": lambda data, **more: stats.mean(data, "a", **more),
    "mean on a scale": lambda data, **more: stats.mean(data, "a", scale=(1, 7), **more),
    "csat": lambda data, **more: stats.csat(data, "a", **more),
    "nps": lambda data, **more: stats.nps(data, "a", **more),
    "ces": lambda data, **more: stats.ces(data, "a", interval="t", **more),
    "ces score": lambda data, **more: stats.ces(data, "a", **more),
    "acsi": lambda data, **more: stats.acsi(data, ITEMS, **more),
    "acsi component": lambda data, **more: stats.acsi(data, ITEMS, item_weights="component", **more),
    "servqual": lambda data, **more: stats.servqual(data, PARTS, **more),
    "gap_reliability": lambda data, **more: stats.gap_reliability(data, PARTS, **more),
    "waves": lambda data, **more: stats.waves(data, "a", "wave", respondent="who", **more).changes("all"),
    "waves of a share": lambda data, **more: stats.waves(data, "a", "wave", kind="share", success=5, **more).changes(),
    "trend": lambda data, **more: stats.waves(data, "a", "wave", respondent="who", **more).trend(),
    "total": lambda data, **more: stats.total(data, "a", **more),
    "variance": lambda data, **more: stats.variance(data, "a", **more),
    "quantile": lambda data, **more: stats.quantile(data, "a", **more),
}


def told(rows):
    """Every row has its number and interval, or says why not."""
    lost = rows[["estimate", "low", "high"]].isna().any(axis=1)
    return (rows.loc[lost, "note"] != "").all()


def asked(verb, data, **more):
    """The rows, or None where the question is refused by name."""
    try:
        return VERBS[verb](data, **more)
    except InvalidInput as refused:
        assert "{" not in str(refused)
        return None


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_few_respondents_are_told_or_refused(verb, size):
    rows = asked(verb, frame().head(size))
    assert rows is None or told(rows)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("value", [np.nan, 5.0])
def test_no_answers_and_answers_all_equal_are_told(verb, value):
    rows = asked(verb, frame(**dict.fromkeys((*ITEMS, "p1", "p2", "e1", "e2"), value)))
    assert rows is not None
    assert told(rows)


@pytest.mark.parametrize("verb", VERBS)
def test_a_domain_without_cases_is_a_row_that_says_so(verb):
    data = frame(branch=pd.Categorical(["x"] * 12, ["x", "y"]))
    by = VERBS[verb](data, by="branch")
    assert told(by)
    if "waves" not in verb and verb != "trend":
        assert set(by["branch"]) == {"x", "y"}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("weight", [-1.0, np.nan])
def test_weights_that_cannot_be_are_refused_by_column(verb, weight):
    data = frame(w=[weight, *[1.0] * 11])
    with pytest.raises(InvalidInput, match='"w"'):
        VERBS[verb](data, weights="w")


@pytest.mark.parametrize("verb", VERBS)
def test_text_is_refused_by_column(verb):
    data = frame().astype(dict.fromkeys((*ITEMS, "p1"), object))
    data.loc[3, [*ITEMS, "p1"]] = "good"
    if verb == "waves of a share":
        assert told(VERBS[verb](data))
    else:
        with pytest.raises(InvalidInput, match=r'"(a|p1)" holds'):
            VERBS[verb](data)


@pytest.mark.parametrize("verb", VERBS)
def test_an_infinite_answer_is_refused_by_column(verb):
    data = frame()
    data.loc[3, [*ITEMS, "p1"]] = np.inf
    if verb == "waves of a share":
        assert told(VERBS[verb](data))
    else:
        with pytest.raises(InvalidInput, match=r'"(a|p1)" holds an infinite'):
            VERBS[verb](data)


@pytest.mark.parametrize("verb", VERBS)
def test_a_lonely_cluster_is_told(verb):
    design = stats.Design(frame(psu=["one"] * 6 + ["two"] * 6), cluster="psu", strata="psu", lonely="remove")
    rows = asked(verb, design)
    assert rows is not None
    assert told(rows)


@pytest.mark.parametrize("verb", VERBS)
def test_a_subpopulation_without_cases_is_told(verb):
    design = stats.Design(frame(psu=np.arange(12) // 2), cluster="psu").subpopulation(np.zeros(12, dtype=bool))
    rows = asked(verb, design)
    assert rows is not None
    assert told(rows)
