import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.missing.mechanism import COMPLETE, FEW
from svclib.stats.missing.pooling import MUCH

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "missing.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture
def answers():
    return pd.read_csv(REFERENCE / "missing.csv")


@pytest.fixture
def visits():
    """Satisfaction falls with waiting; who waited long often leaves the score out."""
    random = np.random.default_rng(5)
    n = 400
    wait = random.gamma(3, 4, n)
    channel = pd.Categorical(random.choice(["app", "counter", "phone"], n))
    score = np.clip(np.round(5.2 - wait / 8 + random.normal(0, 0.6, n)), 1, 5)
    frame = pd.DataFrame({"wait": wait, "channel": channel, "score": score, "again": score >= 4})
    frame["again"] = frame["again"].astype("boolean")
    lost = random.random(n) < np.where(wait > 12, 0.6, 0.1)
    frame.loc[lost, ["score", "again"]] = [np.nan, pd.NA]
    frame.loc[random.random(n) < 0.1, "channel"] = np.nan
    return frame


def test_littles_test_is_that_of_lavaans_moments(answers):
    row = stats.little_test(answers).iloc[0]
    assert row["statistic"] == pytest.approx(R["statistic"], rel=1e-6)
    assert row["df"] == R["df"]
    assert row["p_value"] == pytest.approx(R["p_value"], rel=1e-6)
    assert row["patterns"] == R["patterns"]


def test_littles_test_knows_no_unit_and_no_order_of_columns(answers):
    first = stats.little_test(answers)["statistic"].item()
    moved = answers[answers.columns[::-1]] * [1, 10, 0.01, 1000] + 50
    assert stats.little_test(moved)["statistic"].item() == pytest.approx(first, rel=1e-6)


def test_littles_test_holds_its_rate_of_false_alarms():
    random = np.random.default_rng(8)
    alarms = 0
    for _run in range(200):
        values = random.normal(size=(150, 3)) @ np.array([[1, 0.5, 0.3], [0, 1, 0.4], [0, 0, 1]])
        values[random.random(values.shape) < 0.15] = np.nan
        alarms += stats.little_test(pd.DataFrame(values, columns=list("abc")))["p_value"].item() < 0.05
    assert alarms / 200 < 0.1


def test_complete_answers_need_no_test(answers):
    row = stats.little_test(answers.dropna()).iloc[0]
    assert np.isnan(row["p_value"])
    assert row["note"] == COMPLETE


def test_columns_that_follow_from_others_are_named(answers):
    with pytest.raises(InvalidInput, match="follow exactly from others"):
        stats.little_test(answers.assign(twice=2 * answers["p01"]))


@pytest.mark.parametrize("column", ["empty", "same"])
def test_a_column_without_different_answers_is_named(answers, column):
    data = answers.assign(empty=np.nan, same=3.0)[["p01", "p02", column]]
    with pytest.raises(InvalidInput, match=f'"{column}" has no two different answers'):
        stats.little_test(data)


def test_what_is_missing_is_counted_by_column(answers):
    rows = stats.missing_summary(answers).set_index("column")
    assert rows["missing"].tolist() == answers.isna().sum().tolist()
    assert rows.loc["p01", "share"] == 0


def test_reasons_are_told_and_questions_not_shown_do_not_count():
    data = pd.DataFrame({"q": [1.0, None, None, None]})
    states = pd.DataFrame({"q": ["answered", "omitted", "not_shown", "dont_know"]})
    row = stats.missing_summary(data, states=states).iloc[0]
    assert [row["asked"], row["missing"], row["omitted"], row["dont_know"]] == [3, 2, 1, 1]


def test_patterns_add_up_to_the_respondents(answers):
    rows = stats.missing_patterns(answers)
    assert rows["n"].sum() == len(answers)
    assert rows["n"].iloc[0] == rows["n"].max()
    assert (rows[list(answers.columns)].to_numpy().sum(axis=1) == rows["missing"]).all()


def test_those_without_the_answer_are_compared_with_the_others(visits):
    rows = stats.missing_differences(visits, "score", ["wait", "channel"]).set_index("term")
    lost = visits["score"].isna()
    assert rows.loc["wait", "estimate"] == pytest.approx(visits["wait"][lost].mean() - visits["wait"][~lost].mean())
    assert rows.loc["wait", "p_adjusted"] < 0.001
    assert {"channel[counter]", "channel[phone]"} <= set(rows.index)


def test_too_few_without_the_answer_are_said(visits):
    data = visits.assign(score=np.where(np.arange(len(visits)) < 2, np.nan, 3.0))
    assert stats.missing_differences(data, "score", ["wait"])["note"].item() == FEW


def test_pooling_is_that_of_mice():
    estimates = [3.9, 4.05, 4.1, 3.95, 4.02]
    errors = np.sqrt([0.010, 0.012, 0.011, 0.0105, 0.0115])
    frames = [
        pd.DataFrame(
            [["y", q, u, np.nan, np.nan, 60, 0.95, 59.0, "t", ""]],
            columns=list(COLUMNS),
        )
        for q, u in zip(estimates, errors, strict=True)
    ]
    row = stats.pool(frames).iloc[0]
    expected = R["pool"]
    assert row["estimate"] == pytest.approx(expected["qbar"], rel=1e-10)
    assert row["std_error"] ** 2 == pytest.approx(expected["t"], rel=1e-10)
    assert row["df"] == pytest.approx(expected["df"], rel=1e-10)
    assert row["riv"] == pytest.approx(expected["r"], rel=1e-10)
    assert row["fmi"] == pytest.approx(expected["fmi"], rel=1e-10)


def test_equal_estimates_pool_to_themselves(visits):
    complete = stats.mean(visits, "wait", by="channel")
    pooled = stats.pool([complete, complete, complete])
    assert pooled["std_error"].tolist() == pytest.approx(complete["std_error"].tolist(), nan_ok=True)
    assert (pooled["fmi"] == 0).all()


def test_estimates_of_other_rows_are_refused(visits):
    frames = [stats.mean(visits, "wait", by="channel"), stats.mean(visits.dropna(), "wait")]
    with pytest.raises(InvalidInput, match=r"different rows|no column"):
        stats.pool(frames)
    with pytest.raises(InvalidInput, match="at least two"):
        stats.pool(frames[:1])


def test_imputation_mends_the_mean_that_complete_answers_get_wrong():
    random = np.random.default_rng(1)
    wait = random.normal(10, 3, 1500)
    score = 5 - wait / 5 + random.normal(0, 0.5, 1500)
    visits = pd.DataFrame({"wait": wait, "score": np.where(wait > 11, np.nan, score)})
    pooled = stats.impute(visits, draws=10, methods={"score": "normal"}).estimate(lambda f: stats.mean(f, "score"))
    row = pooled.iloc[0]
    assert row["low"] < score.mean() < row["high"]
    assert visits["score"].mean() > row["high"]


def test_only_missing_answers_change_and_only_answers_that_occur_are_drawn(visits):
    for frame in stats.impute(visits, draws=3, rounds=3).frames:
        assert frame.notna().all().all()
        there = visits["score"].notna()
        assert frame.loc[there, "score"].tolist() == visits.loc[there, "score"].tolist()
        assert set(frame["score"]) <= {1.0, 2.0, 3.0, 4.0, 5.0}
        assert frame.dtypes.tolist() == visits.dtypes.tolist()


def test_the_same_seed_gives_the_same_draws(visits):
    first, second, other = (stats.impute(visits, draws=2, rounds=2, seed=seed).frames[1] for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, second)
    assert not first.equals(other)


def test_shares_are_pooled_with_an_interval_inside_0_and_1(visits):
    row = stats.impute(visits, draws=5, rounds=3).estimate(lambda f: stats.csat(f, "score")).iloc[0]
    assert row["method"] == "Wilson, multiple imputation"
    assert 0 < row["low"] < row["estimate"] < row["high"] < 1
    assert row["fmi"] > 0.1


def test_a_design_is_estimated_on_each_frame(visits):
    data = visits.assign(branch=np.arange(len(visits)) % 20)
    pooled = stats.impute(data, ["wait", "score"], draws=4, rounds=3).estimate(
        lambda frame: stats.Design(frame, cluster="branch").mean("score")
    )
    assert pooled["df"].item() < 19


def test_much_missing_information_is_said():
    random = np.random.default_rng(3)
    data = pd.DataFrame({"x": random.normal(size=100), "y": random.normal(size=100)})
    data.loc[20:, "y"] = np.nan
    pooled = stats.impute(data, draws=20, rounds=2).estimate(lambda frame: stats.mean(frame, "y"))
    assert pooled["note"].item() == MUCH


def test_perfectly_predicted_categories_do_no_harm():
    random = np.random.default_rng(3)
    x = random.normal(size=120)
    kind = np.where(x > 0, "up", "down").astype(object)
    kind[::7] = None
    data = pd.DataFrame({"x": x, "kind": kind})
    frame = stats.impute(data, draws=2, rounds=2).frames[0]
    assert (frame["kind"] == np.where(x > 0, "up", "down")).mean() > 0.95


def test_equal_answers_and_a_doubled_column_do_no_harm(visits):
    data = visits.assign(double=2 * visits["wait"], same=np.where(visits["wait"] > 15, np.nan, 4.0))
    frame = stats.impute(data, draws=2, rounds=2).frames[0]
    assert (frame["same"] == 4).all()
    pooled = stats.impute(data, draws=2, rounds=2).estimate(lambda f: stats.mean(f, "same"))
    assert pooled["note"].item() == Note.ALL_EQUAL


@pytest.mark.parametrize(
    ("change", "keywords", "match"),
    [
        ({"when": pd.Timestamp("2026-01-01")}, {}, '"when" holds dates'),
        ({"score": np.nan}, {}, '"score" has 0 answers'),
        ({"words": [f"text {i}" for i in range(400)]}, {}, '"words" has 400 different texts'),
        ({}, {"draws": 1}, "draws is 1"),
        ({}, {"rounds": 0}, "rounds is 0"),
        ({}, {"methods": {"score": "logit"}}, 'method of "score" is "logit"'),
        ({}, {"methods": {"other": "pmm"}}, 'methods names "other"'),
        ({}, {"columns": ["wait", "scores"]}, 'no column "scores"'),
    ],
)
def test_what_cannot_be_imputed_is_named(visits, change, keywords, match):
    with pytest.raises(InvalidInput, match=match):
        stats.impute(visits.assign(**change), **keywords)
