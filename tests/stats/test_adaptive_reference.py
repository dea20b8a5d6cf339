"""Adaptive tests against R's catR: paths exactly, abilities to what its searches end at."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats

GRID = {"points": 33, "bounds": (-4, 4)}
RULES = {
    "MFI": "information", "bOpt": "difficulty", "KL": "kullback", "MEPV": "posterior_variance",
    "MEI": "expected_information", "MLWI": "likelihood_weighted",
}  # fmt: skip


@pytest.fixture(scope="module")
def cat():
    path = Path(__file__).parent / "reference" / "cat_mfi.json"
    return json.loads(path.read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def bank(cat):
    frame = pd.DataFrame(cat["bank"][".matrix"], columns=["a", "b", "c", "upper"])
    return frame.assign(item=cat["bank"][".rownames"])


def taken(test, answers):
    """Let a candidate with these answers (item → score) take the test."""
    state = test.begin(1)
    while (item := test.next(state)) is not None:
        state = test.answer(state, item, answers[item])
    return state


@pytest.mark.parametrize("method", ["BM", "EAP"])
@pytest.mark.parametrize("pattern", ["high", "low", "mixed"])
def test_paths(cat, bank, method, pattern):
    told = cat[method][pattern]
    test = stats.Adaptive(bank, score={"BM": "map", "EAP": "eap"}[method], stop=10, **GRID)
    state = taken(test, dict(zip(bank["item"], cat["patterns"][pattern], strict=True)))
    assert state["items"] == [bank["item"][at - 1] for at in told["items"]]
    assert state["scores"] == told["responses"]
    path = test.path(state)
    close = {"BM": 4e-5, "EAP": 1e-9}[method]  # catR ends its search for BM early
    np.testing.assert_allclose(path["theta"], told["theta"], atol=close)
    np.testing.assert_allclose(path["se"], told["se"], atol=close)
    assert test.verdict(state)["done"]


@pytest.mark.parametrize("method", ["BM", "ML", "WL", "EAP"])
@pytest.mark.parametrize("pattern", ["high", "low", "mixed"])
def test_scores_of_ten(cat, bank, method, pattern):
    held = cat["score10"][pattern]
    at = held[".colnames"].index(method)
    score = {"BM": "map", "ML": "ml", "WL": "wle", "EAP": "eap"}[method]
    test = stats.Adaptive(bank, score=score, stop=10, start=list(bank["item"][:10]), **GRID)
    state = taken(test, dict(zip(bank["item"], cat["patterns"][pattern], strict=True)))
    said = test.verdict(state)
    assert said["theta"] == pytest.approx(held[".matrix"][0][at], abs=3e-5)
    assert said["se"] == pytest.approx(held[".matrix"][1][at], abs=1e-5)


def test_next_items(cat, bank):
    for rule, place in cat["next_from_theta.3"].items():
        test = stats.Adaptive(bank.iloc[5:], select=rule, start=0.3, stop=5)
        assert test.next(test.begin(1)) == bank["item"][place - 1]


@pytest.fixture(scope="module")
def tcals():
    if not os.environ.get("SVC_REFERENCE"):
        pytest.skip("SVC_REFERENCE is not set")
    real = Path(os.environ["SVC_REFERENCE"]) / "real"
    values = json.loads((real / "cat_tcals.json").read_text(encoding="utf-8"))["values"]
    frame = pd.read_csv(real / "data" / "tcals.csv").rename(columns={"d": "upper", "Group": "content"})
    return values, frame.assign(item=[f"q{at}" for at in range(1, len(frame) + 1)])


@pytest.mark.reference
def test_four_parameters_path(tcals):
    values, bank = tcals
    told = values["cat_path"]
    answers = dict(zip(bank["item"], [1, 0, 1, 1, 0] * 17, strict=True))
    test = stats.Adaptive(bank, score="map", start=["q1"], stop=15)
    state = taken(test, answers)
    assert state["items"] == [f"q{at}" for at in told["items"]]
    path = test.path(state)
    np.testing.assert_allclose(path["theta"], told["theta"], atol=4e-5)
    np.testing.assert_allclose(path["se"], told["se"], atol=1e-5)


@pytest.mark.reference
@pytest.mark.parametrize("method", ["BM", "ML", "WL", "EAP"])
def test_four_parameters_scores(tcals, method):
    values, bank = tcals
    first = [f"q{at}" for at in values["idx"]]
    test = stats.Adaptive(
        bank, score={"BM": "map", "ML": "ml", "WL": "wle", "EAP": "eap"}[method], start=first, stop=20, **GRID
    )
    said = test.verdict(taken(test, dict(zip(first, values["x"], strict=True))))
    assert said["theta"] == pytest.approx(values[f"th_{method}"], abs=2e-5)
    assert said["se"] == pytest.approx(values[f"se_{method}"], abs=2e-5)


@pytest.mark.reference
@pytest.mark.parametrize("rule", list(RULES))
def test_four_parameters_next_item(tcals, rule):
    values, bank = tcals
    if rule in ("MFI", "bOpt"):
        test = stats.Adaptive(bank.iloc[5:], select=rule, start=0.3, stop=5)
        assert test.next(test.begin(1)) == f"q{values[f'next_{rule}']}"
        return
    first = [f"q{at}" for at in values["idx"]]
    test = stats.Adaptive(bank, select=RULES[rule], score="map", start=first, stop=21, **GRID)
    state = test.begin(1)
    for item, score in zip(first, values["x"], strict=True):
        state = test.answer(state, item, score)
    assert test.next(state) == f"q{values[f'next_{rule}']}"
