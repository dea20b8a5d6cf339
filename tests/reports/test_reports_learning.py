"""Sentences and charts of learning: gains, training by branch, certificates beside satisfaction."""

import numpy as np
import pandas as pd
import pytest
from test_reports_exams import both, drawn

from svclib import stats
from svclib.reports import charts
from svclib.reports.sentences import learning


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(1)
    able = rng.normal(60, 10, 200)
    before = able + rng.normal(0, 4, 200)
    return pd.DataFrame({"before": before, "after": able + 5 + rng.normal(0, 4, 200), "low": before < 55})


def gained(people, **options):
    return stats.gain(people, "before", "after", sem=4.0, **options)


def test_gains_in_words(people):
    english, chinese = both(learning.gain, gained(people))
    assert english.startswith("200 people gained 5.5 points of the score on average (95% interval +4.7 to +6.3).")
    assert "chance alone would make 2.5% of either" in english and "Chance could explain it" not in english
    assert chinese.startswith("200 人平均进步 5.5 分")
    fell = people.assign(after=people["after"] - 12)
    assert both(learning.gain, gained(fell))[0].startswith("200 people lost 6.5 points")


def test_a_gain_that_chance_could_make_says_so(people):
    english, chinese = both(learning.gain, gained(people.iloc[:2]))
    assert "Chance could explain it." in english and "可能出于偶然。" in chinese


@pytest.mark.parametrize(("rows", "why"), [(0, "nobody has both results"), (1, "one person with both results")])
def test_no_gain_is_told_of_nobody(people, rows, why):
    assert why in both(learning.gain, gained(people.iloc[:rows]))[0]


def test_those_chosen_come_back_by_themselves(people):
    assert both(learning.gain, gained(people, chosen="low"))[0].endswith(": more than chance.")
    still = people.assign(after=people["after"] - 5)
    assert both(learning.gain, gained(still, chosen="low"))[0].endswith(": chance could explain it.")
    assert "Those chosen" not in both(learning.gain, gained(people.assign(low=False), chosen="low"))[0]


def staff(effect, *, spread=0.0):
    rng = np.random.default_rng(2)
    branch, trained = np.repeat(np.arange(12), 20), (rng.random(240) < 0.5).astype(float)
    before = rng.normal(60, 10, 240)
    own = (effect + rng.normal(0, spread, 12))[branch] if spread else effect
    after = before + own * trained + rng.normal(0, 5, 240)
    return pd.DataFrame({"after": after, "x": trained, "before": before, "branch": [f"{at}" for at in branch]})


def effect(data, **options):
    return stats.training_effect(data, "after", "x", **options)


WITHIN = {"before": "before", "branch": "branch"}


@pytest.mark.parametrize(("size", "word", "chance"), [(6, "higher", False), (-6, "lower", False), (0, "", True)])
def test_training_in_words(size, word, chance):
    names = {"before": "aml"}
    english, _chinese = both(learning.training, effect(staff(size), **WITHIN), names=names)
    assert english.startswith("At equal aml, trained people scored ") and f"of the score {word}" in english
    assert ("Chance could explain it." in english) == chance
    assert "An association" in english and english.endswith("cannot be ruled out.")


@pytest.mark.parametrize(("size", "word", "chinese"), [(20, "higher", "高"), (-20, "lower", "低")])
def test_training_with_nothing_held_equal_says_which_way(size, word, chinese):
    told = both(learning.training, effect(staff(size)))
    assert told[0].startswith("With nothing held equal, trained people scored ") and f"score {word} (" in told[0]
    assert f"受训人员{chinese} " in told[1]


def test_training_by_lot_and_by_branches_that_differ():
    assert "decided by lot: the difference is its effect" in both(
        learning.training, effect(staff(6), design="randomised")
    )[0]  # fmt: skip
    assert "The effect differs between branches" in both(learning.training, effect(staff(6, spread=20), **WITHIN),
                                                         names={"before": "aml"})[0]  # fmt: skip


def test_training_that_cannot_be_judged_says_why():
    found = effect(staff(6))
    found.frame[["low", "high"]] = np.nan
    found.frame["note"] = "trained and untrained people are needed in at least two branches"
    assert "cannot be judged (trained and untrained people" in both(learning.training, found)[0]


def served(slope, n=24):
    rng = np.random.default_rng(3)
    share = rng.uniform(0.3, 0.7, n)
    data = pd.DataFrame({"branch": [f"{at}" for at in range(n)], "s": share, "aml": rng.normal(size=n)})
    return data.assign(y=0.6 + slope * share + rng.normal(0, 0.02, n))


@pytest.mark.parametrize(("slope", "word"), [(0.5, "higher"), (-0.5, "lower")])
def test_certificates_in_words(slope, word):
    told = both(learning.service, stats.service_link(served(slope), "y", "s"))[0]
    assert f"percentage points {word} satisfaction" in told and "Nothing was held equal." in told
    assert told.endswith("nobody was certified by lot.")
    held = stats.service_link(served(slope), "y", "s", confounders=["aml"])
    assert "Held equal: aml." in both(learning.service, held)[0]


def test_an_unclear_link_keeps_its_sign():
    found = stats.service_link(served(0.0), "y", "s")
    found.frame[["estimate", "low", "high"]] = [-0.002, -0.01, 0.005]
    english, chinese = both(learning.service, found)
    assert "cannot be told: for 10 percentage points, satisfaction differs by −0.2" in english
    assert "−0.2" in chinese


def test_branches_over_time_whatever_the_index():
    rng = np.random.default_rng(4)
    rows = [served(0.3).assign(p=at, s=lambda one: one["s"] + rng.normal(0, 0.05, len(one))) for at in range(4)]
    stacked = pd.concat(rows)
    found = stats.service_link(stacked, "y", "s", period="p", confounders=["aml"])
    plain = stats.service_link(stacked.reset_index(drop=True), "y", "s", period="p", confounders=["aml"])
    pd.testing.assert_frame_equal(found.frame, plain.frame)
    assert "Where a branch's share rose by 10 percentage points more than elsewhere" in both(learning.service, found)[0]


@pytest.mark.parametrize("rows", [0, 1, 200])
def test_charts_of_gains(people, rows):
    labels = ["前一次得分", "后一次得分", "明确进步", "在测量误差之内", "明确退步"] if rows else []
    drawn(lambda **how: charts.before_after(gained(people.iloc[:rows]), **how), *labels)


@pytest.mark.parametrize("options", [WITHIN, {}])
def test_charts_of_branches(options):
    labels = [str(at) for at in range(12)] if options else []
    drawn(lambda **how: charts.branch_effects(effect(staff(6), **options), **how), "比未受训者多得的分数", *labels)


def test_charts_of_certificates():
    found = stats.service_link(served(0.5), "y", "s")
    drawn(lambda **how: charts.certified_satisfied(found, **how), "持证人员比例（%）", "满意度")
