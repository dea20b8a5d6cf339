"""Sessions, replays, rules of choice, and simulations."""

import json

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput


@pytest.fixture(scope="module")
def bank():
    rng = np.random.default_rng(1)
    n = 120
    return pd.DataFrame(
        {
            "item": [f"q{at:03d}" for at in range(n)], "a": rng.lognormal(0, 0.3, n), "b": rng.normal(size=n),
            "c": rng.uniform(0.1, 0.3, n), "topic": np.array(["aml", "credit", "cards"])[np.arange(n) % 3],
            "case": [f"s{at // 4}" if at < 24 else None for at in range(n)],
            "foe": [f"g{at // 2}" if at < 60 else None for at in range(n)],
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def graded():
    rng = np.random.default_rng(2)
    steps = np.sort(rng.normal(size=(30, 3)), axis=1)
    frame = pd.DataFrame(steps, columns=["b1", "b2", "b3"])
    return frame.assign(item=[f"g{at}" for at in range(30)], a=1.5, model=["grm", "gpcm"] * 15)


def replayed(test, found, who):
    """Take a simulated candidate's way again from the seed."""
    row = found.candidates.iloc[who]
    path = found.paths[found.paths["candidate"] == who + 1]
    state = json.loads(json.dumps(test.begin(int(row["seed"]))))
    for item, score in zip(path["item"], path["score"], strict=True):
        assert test.next(state) == item
        before = json.dumps(state)
        after = test.answer(state, item, int(score))
        assert json.dumps(state) == before  # nothing changed in place
        state = json.loads(json.dumps(after))
    said = test.verdict(state)
    assert test.next(state) is None and said["done"]
    assert said["theta"] == row["estimate"] and said["se"] == row["se"] and said["reason"] == row["reason"]
    return said


@pytest.mark.parametrize(
    "options",
    [
        {}, {"score": "map"}, {"score": "wle"}, {"score": "ml"}, {"select": "randomesque"}, {"select": "kullback"},
        {"select": "posterior_variance"}, {"select": "progressive"}, {"select": "random"},
        {"select": "likelihood_weighted"}, {"select": "difficulty", "top": 3}, {"select": "expected_information"},
        {"content": {"aml": 0.5, "credit": 0.3, "cards": 0.2}}, {"enemies": "foe"},
        {"exposure": {f"q{at:03d}": 0.3 for at in range(120)}},
        {"stop": {"length": 20, "std_error": 0.4}}, {"stop": {"length": 20, "cut": 0.3}},
        {"stop": {"length": 20, "cut": 0.3, "rule": "sprt"}}, {"start": ["q005", "q006"]},
        {"shadow": {"content": {"aml": 4, "credit": (2, 3)}, "enemies": "foe"}},
        {"shadow": {"sets": "case", "n_sets": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_replay_is_equal(bank, options):
    test = stats.Adaptive(bank, **{"stop": 10, **options})
    found = test.simulate(25, seed=3)
    for who in (0, 7, 24):
        replayed(test, found, who)


def test_graded_items(graded):
    test = stats.Adaptive(graded, stop=8)
    found = test.simulate(200, seed=1)
    replayed(test, found, 5)
    assert found.paths["score"].max() == 3
    assert found.summary["estimate"][3] > 0.9


def test_content_enemies_and_shadow(bank):
    topic, foe = bank.set_index("item")["topic"], bank.set_index("item")["foe"]
    shared = stats.Adaptive(bank, stop=20, content={"aml": 0.5, "credit": 0.3, "cards": 0.2}, enemies="foe")
    for found in (
        shared,
        stats.Adaptive(bank, stop=20, shadow={"content": {"aml": 10, "credit": 6}, "enemies": "foe"}),
    ):
        paths = found.simulate(20, seed=1).paths
        counts = paths.groupby("candidate")["item"].apply(lambda one: topic[one].value_counts())
        assert counts.unstack()[["aml", "credit", "cards"]].drop_duplicates().to_numpy().tolist() == [[10, 6, 4]]
        assert paths.assign(foe=paths["item"].map(foe)).groupby(["candidate", "foe"]).size().max() == 1


def test_shadow_sets_follow_one_another(bank):
    paths = stats.Adaptive(bank, stop=12, shadow={"sets": "case", "n_sets": 1}).simulate(5, seed=2).paths
    case = paths["item"].map(bank.set_index("item")["case"])
    for _candidate, rows in case.groupby(paths["candidate"]):
        at = np.flatnonzero(rows.notna())
        assert len(at) == 4 and (np.diff(at) == 1).all()


def test_exposure_is_held(bank):
    plain = stats.Adaptive(bank, stop=10)
    held = plain.calibrate_exposure(0.3, candidates=400, rounds=8, seed=1)
    assert plain.simulate(400, seed=9).items["rate"].max() == 1
    assert held.simulate(400, seed=9).items["rate"].max() < 0.42
    assert held.simulate(400, seed=9).overlap < plain.simulate(400, seed=9).overlap
    again = stats.Adaptive(bank, stop=10, exposure=held.exposure)
    assert again.simulate(5, seed=1).paths.equals(held.simulate(5, seed=1).paths)


def test_simulation_tables(bank):
    found = stats.Adaptive(bank, stop={"length": 15, "cut": 0.2}).simulate([-2, 0, 2], replications=60, seed=1)
    assert found.conditional["n"].tolist() == [60, 60, 60]
    rates = found.classification.set_index("measure")["estimate"]
    assert rates["wrongly classified"] < 0.2
    assert found.items["given"].sum() == len(found.paths) == found.candidates["n"].sum()
    given = stats.Adaptive(bank, stop=15).simulate(1, seed=1)
    assert np.isnan(given.overlap) and len(given.conditional) == 1


def test_blocks_do_not_matter(bank, monkeypatch):
    from svclib.stats.adaptive import simulation

    test = stats.Adaptive(bank, stop=10, select="kullback")
    whole = test.simulate(100, seed=1)
    monkeypatch.setattr(simulation, "_CELLS", 120 * 17)
    parts = test.simulate(100, seed=1)
    assert parts.paths.equals(whole.paths)


def test_real_answers(bank):
    rng = np.random.default_rng(1)
    answers = pd.DataFrame(rng.integers(0, 2, (6, 120)).astype(float), columns=bank["item"])
    answers.iloc[:, ::2] = np.nan
    found = stats.Adaptive(bank, stop=10).simulate(responses=answers)
    assert found.paths["item"].isin(answers.columns[1::2]).all()
    assert found.candidates["theta"].isna().all()
    with pytest.raises(InvalidInput, match="q001"):
        stats.Adaptive(bank, stop=10).simulate(responses=answers.assign(q001=7))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"stop": 500}, "120 items, fewer"),
        ({"stop": {"std_error": 0.01}}, "never met"),
        ({"stop": {}}, "when the test stops"),
        ({"stop": {"min_length": 3}}, "when the test stops"),
        ({"stop": {"length": 5, "min_length": 9}}, "mend the lengths"),
        ({"stop": {"length": 5, "std_error": -1}}, "std_error"),
        ({"stop": {"length": 5, "rule": "sprt"}}, "cut"),
        ({"stop": {"length": 5, "until": 3}}, "until"),
        ({"select": "luck"}, "luck"),
        ({"score": "iq"}, "iq"),
        ({"content": {"aml": 0.5, "karaoke": 0.5}}, "karaoke"),
        ({"content": {"aml": 0.5, "cards": 0.1}}, "add up"),
        ({"exposure": {"q001": 0}}, "probability"),
        ({"start": ["nothing"]}, "nothing"),
        ({"start": ["q001", "q001"]}, "twice"),
        ({"shadow": {"content": {"aml": 50}}, "stop": 10}, "cannot hold together"),
        ({"shadow": {"length": 5}, "stop": 10}, "length"),
        ({"prior": (0, 0)}, "prior"),
        ({"bounds": (4, -4)}, "bounds"),
    ],
)
def test_bad_input(bank, options, words):
    with pytest.raises(InvalidInput, match=words):
        stats.Adaptive(bank, **{"stop": 10, **options})


def test_bad_states(bank):
    test = stats.Adaptive(bank, stop=2)
    with pytest.raises(InvalidInput, match="no slope"):
        stats.Adaptive(bank.assign(b=bank["b"].where(bank.index > 0)), stop=2)
    with pytest.raises(InvalidInput, match="no parameters"):
        stats.Adaptive(bank.drop(columns=["a", "b"]), stop=2)
    with pytest.raises(InvalidInput, match="seed"):
        test.begin(-1)
    state = test.begin(1)
    due = test.next(state)
    other = next(name for name in bank["item"] if name != due)
    with pytest.raises(InvalidInput, match=other):
        test.answer(state, other, 1)
    for score in (2, -1, "a", None, 0.5, float("nan")):
        with pytest.raises(InvalidInput, match="from 0 to 1"):
            test.answer(state, due, score)
    for wrong in ({}, {"seed": 1, "items": ["q001"], "scores": []}, {"seed": 1, "items": ["x"], "scores": [1]}):
        with pytest.raises(InvalidInput):
            test.next(wrong)
    for _step in range(2):
        state = test.answer(state, test.next(state), 1)
    with pytest.raises(InvalidInput, match="over"):
        test.answer(state, "q001", 1)
    with pytest.raises(InvalidInput, match="no rate below"):
        test.calibrate_exposure(0.001)
    with pytest.raises(InvalidInput, match="at least one candidate"):
        test.simulate(0)
