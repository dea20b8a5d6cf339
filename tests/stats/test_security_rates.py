"""Known truths come back, honest exams raise few alarms, and what cannot be is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import binom

from svclib import stats
from svclib.errors import InvalidInput

NAMES = [f"q{one}" for one in range(30)]
BANK = pd.DataFrame({"item": NAMES, "a": 1.2, "b": np.linspace(-2, 2, 30)})
RUNS = 20


def marks(seed, n=200):
    random = np.random.default_rng(seed)
    logit = 1.2 * (random.normal(size=(n, 1)) - BANK["b"].to_numpy())
    return pd.DataFrame((random.random(logit.shape) < expit(logit)).astype(float), columns=NAMES)


def times(seed, n=200):
    random = np.random.default_rng(seed)
    log = np.linspace(3, 4, 30) - random.normal(0, 0.35, (n, 1)) + random.normal(0, 0.5, (n, 30))
    return pd.DataFrame(np.exp(log), columns=NAMES)


def test_lognormal_parameters_and_speeds_are_recovered():
    random, n = np.random.default_rng(7), 4000
    intensity, noise = np.linspace(2.8, 4.4, 30), np.linspace(0.3, 0.7, 30)
    speed = random.normal(0, 0.35, n)
    log = intensity - speed[:, None] + random.normal(size=(n, 30)) * noise
    log[random.random(log.shape) < 0.2] = np.nan
    fitted = stats.response_times(pd.DataFrame(np.exp(log), columns=NAMES))
    error = (fitted.items["intensity"] - intensity) / fitted.items["se_intensity"]
    assert error.abs().max() < 4.5
    assert np.abs(fitted.items["discrimination"] * noise - 1).max() < 0.06
    assert fitted.speed_sd == pytest.approx(0.35, abs=0.015)
    people = fitted.candidates
    inside = (people["speed"] - speed).abs() < 1.96 * people["std_error"]
    assert inside.mean() == pytest.approx(0.95, abs=0.015)


CHECKS = {
    "similarity": lambda run: stats.answer_similarity(marks(run, 120), items=BANK).frame["flag"].any(),
    "preknowledge": lambda run: stats.preknowledge(marks(run), NAMES[18:], BANK)["flag"].any(),
    "compromise": lambda run: stats.item_compromise(marks(run), items=BANK).items["flag"].any(),
    "compromise without items": lambda run: stats.item_compromise(marks(run)).items["flag"].any(),
    "times": lambda run: stats.response_times(times(run)).candidates["flag"].any(),
}


@pytest.mark.parametrize("sign", CHECKS)
def test_honest_exams_raise_few_alarms(sign):
    alarms = sum(bool(CHECKS[sign](run)) for run in range(RUNS))
    assert alarms <= binom.ppf(0.9995, RUNS, 0.05)


def test_single_p_values_of_foreknowledge_are_not_too_small():
    p = stats.preknowledge(marks(3, 4000), NAMES[20:], BANK, calibrate=False)["p"]
    assert all((p <= level).mean() <= level + 4 * np.sqrt(level / 4000) for level in (0.2, 0.05, 0.01))


def test_one_candidate_and_one_item():
    one = marks(0, 1)
    assert not stats.preknowledge(one, NAMES[20:], BANK)["flag"].any()
    assert not stats.item_compromise(one, items=BANK).items["flag"].any()
    assert not stats.item_compromise(marks(0)[["q0"]], items=BANK).items["flag"].any()
    assert len(stats.rapid_guessing(times(0, 1)).candidates) == 1
    assert len(stats.rapid_guessing(times(0)[["q0"]]).items) == 1
    for small in (times(0, 1), times(0)[["q0"]]):
        with pytest.raises(InvalidInput, match="at least two"):
            stats.response_times(small)


def test_missing_rows_and_columns_get_a_note():
    holes = marks(0)
    holes.iloc[0] = np.nan
    holes["q3"] = np.nan
    people = stats.preknowledge(holes, NAMES[20:], BANK)
    assert people.loc[0, "note"] and np.isnan(people.loc[0, "p"]) and not people.loc[0, "flag"]
    row = stats.item_compromise(holes, items=BANK).items.set_index("item").loc["q3"]
    assert row["n"] == 0 and row["note"] and not row["flag"]
    spent = times(0).mask(holes.isna())
    fitted, quick = stats.response_times(spent), stats.rapid_guessing(spent)
    assert fitted.candidates.loc[0, "note"] and quick.candidates.loc[0, "note"]
    assert quick.items.set_index("item").loc["q3", "note"] == "no times"


def test_an_exam_without_any_answer_raises_no_alarm():
    nothing = marks(0).mask(marks(0).notna())
    assert not stats.preknowledge(nothing, NAMES[20:], BANK)["flag"].any()
    assert not stats.item_compromise(nothing, items=BANK).items["flag"].any()
    assert not stats.item_compromise(nothing).items["flag"].any()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda data: data.set_axis([0] * len(data)), "twice"),
        (lambda data: data.set_axis(["q0"] * 30, axis=1), "twice"),
        (lambda data: data + 1, "from 0 to 1"),
        (lambda data: data[[]], "no items"),
        (lambda data: data.set_axis([f"x{one}" for one in range(30)], axis=1), "x0|x1"),
    ],
)
def test_scores_that_cannot_be(change, text):
    data = change(marks(0))
    with pytest.raises(InvalidInput, match=text):
        stats.item_compromise(data, items=BANK)
    with pytest.raises(InvalidInput, match=text):
        stats.preknowledge(data, list(data.columns[20:]) or ["q0"], BANK)


def test_settings_that_cannot_be():
    data = marks(0)
    for options in ({"rate": 0}, {"shift": -1}, {"method": "cusum"}, {"order": [1, 2]}, {"adjust": "x"}):
        with pytest.raises(InvalidInput):
            stats.item_compromise(data, **options)
    for options in ({"share": 2}, {"most": 0}, {"method": "x"}, {"options": 0}, {"least_effort": 3}):
        with pytest.raises(InvalidInput):
            stats.rapid_guessing(times(0), **options)
    for adjust in ("x", ""):
        with pytest.raises(InvalidInput):
            stats.preknowledge(data, NAMES[20:], BANK, adjust=adjust)
        with pytest.raises(InvalidInput):
            stats.response_times(times(0), adjust=adjust)
