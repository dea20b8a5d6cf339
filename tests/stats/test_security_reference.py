"""Against CopyDetect and base R, where their inputs are known."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from svclib import stats

ITEMS = [f"I{one:02d}" for one in range(1, 21)]
METHODS = {"omega": "W", "gbt": "GBT", "k": "K", "k1": "K1", "k2": "K2", "s1": "S1"}


def values(name):
    told = json.loads((Path(__file__).parent / "reference" / "security.json").read_text("utf-8"))
    return told["topics"][name]["values"]


@pytest.fixture
def copying():
    return values("answer_copying")


def pairs_of(copying):
    return pd.DataFrame(copying["pairs"])[["copier", "source"]]


@pytest.mark.parametrize("method", METHODS)
def test_right_and_wrong_answers(copying, table, method):
    exam = table("exam").set_index("id")[ITEMS]
    given = np.array(copying["item_par"][".matrix"])
    bank = pd.DataFrame({"item": copying["item_par"][".rownames"], "a": given[:, 0], "b": given[:, 1]})
    theta = pd.Series(copying["theta_all"], index=exam.index)
    options = {"pairs": pairs_of(copying), "calibrate": False, "adjust": "none"}
    found = stats.answer_similarity(exam, items=bank, abilities=theta, method=method, **options).frame
    ours = norm.sf(found["statistic"]) if method == "omega" else found["p"]
    theirs = np.array(copying["dichotomous_pvalues"][f"{METHODS[method]}.pvalue"])
    # R's K counts the source among those of the same score (see DIFFERENCES.md)
    same = np.array([0, 2, 4]) if method == "k" else np.zeros(0, int)
    apart = np.delete(np.abs(np.asarray(ours) - theirs), same)
    assert apart.max() < 1e-9


@pytest.mark.parametrize("method", ["k1", "k2", "s1"])
def test_options(copying, table, method):
    raw, key = table("exam_raw", dtype=str).set_index("id"), table("key", dtype=str).set_index("item")["key"]
    options = {"pairs": pairs_of(copying), "calibrate": False, "adjust": "none", "method": method}
    found = stats.answer_similarity(raw[ITEMS].replace("*", np.nan), key, **options).frame
    theirs = copying["nominal_pvalues"][f"{METHODS[method]}.pvalue"]
    assert found["p"].tolist() == pytest.approx(theirs, abs=1e-9)


def test_planted_pairs_stand_out(copying, table):
    raw, key = table("exam_raw", dtype=str).set_index("id"), table("key", dtype=str).set_index("item")["key"]
    choices = raw[ITEMS].replace("*", np.nan)
    found = stats.answer_similarity(choices, key, context=raw["centre"]).frame
    top = [set(pair) for pair in found.head(3)[["first", "second"]].to_numpy()]
    planted = [set(pair) for pair in pairs_of(copying).to_numpy()[:5]]
    assert all(pair in planted for pair in top)
    assert found.loc[found["flag"]].shape[0] >= 1
    given = stats.answer_similarity(choices, key, pairs=pairs_of(copying)).frame
    assert given["flag"].tolist() == [True] * 5 + [False] * 2


def test_rapid_guessing(table):
    told = values("rapid_guessing")
    names = [f"I{one:02d}" for one in range(1, 31)]
    exam, times = (table(one).set_index("id")[names] for one in ("exam", "exam_times"))
    found = stats.rapid_guessing(times, exam)
    assert found.items["threshold"].tolist() == pytest.approx(told["nt10"], abs=1e-10)
    assert found.items["rapid"].tolist() == list(told["rapid_count_item"].values())
    assert found.candidates["effort"].head(200).tolist() == pytest.approx(told["RTE"], abs=1e-12)
    assert found.candidates["flag"].sum() == told["n_RTE_below_90"]
    accuracy = found.behaviour["accuracy"].tolist()
    assert accuracy == pytest.approx([told["accuracy_rapid"], told["accuracy_solution"]], abs=1e-12)
    fitted = stats.response_times(times, exam)
    assert set(fitted.candidates.index[fitted.candidates["flag"]]) == set(times.index[found.candidates["flag"]])
