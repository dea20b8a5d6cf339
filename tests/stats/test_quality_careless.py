import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.quality.screening import CutNote, simulated_cut

COLUMNS = [f"q{n:02}" for n in range(20)]
SCALES = {f"s{n}": COLUMNS[4 * n : 4 * n + 4] for n in range(5)}


def attentive(generator, rows=800):
    """Graded responses to five correlated scales."""
    general, own = generator.normal(size=(rows, 1)), generator.normal(size=(rows, 5))
    load = np.linspace(0.5, 0.85, 20)
    trait = np.sqrt(0.5) * general + np.sqrt(0.5) * own[:, np.repeat(np.arange(5), 4)]
    place = load * trait + np.sqrt(1 - load**2) * generator.normal(size=(rows, 20))
    answers = 1.0 + (place[:, :, None] > np.array([-2.2, -1.4, -0.6, 0.3])).sum(axis=2)
    answers[generator.random(answers.shape) < 0.04] = np.nan
    return pd.DataFrame(answers, columns=COLUMNS)


@pytest.fixture(scope="module")
def honest_shares():
    found = [stats.careless(attentive(np.random.default_rng(100 + run)), COLUMNS, scales=SCALES, draws=6000, seed=run)
             for run in range(8)]  # fmt: skip
    return pd.concat([one.flags for one in found]).astype(float).mean()


def test_attentive_respondents_are_flagged_at_the_stated_rate_or_less(honest_shares):
    # 6,400 respondents: a share of 0.01 has a standard error of 0.0012, its cut another of 0.0005
    assert (honest_shares <= 0.0135).all()
    assert honest_shares["mahalanobis_p"] >= 0.004


@pytest.fixture(scope="module")
def mixed():
    generator = np.random.default_rng(7)
    data = attentive(generator)
    data.iloc[:40] = generator.integers(1, 6, size=(40, 20)).astype(float)
    data.iloc[40:80] = generator.choice([2.0, 3, 4], size=(40, 1))
    return data


def test_random_and_straight_answers_are_found_and_the_others_left_alone(mixed):
    flags = stats.careless(mixed, COLUMNS, scales=SCALES).flags
    assert flags.loc[:39, "mahalanobis_p"].mean() > 0.7
    assert flags.loc[40:79, "longstring"].mean() > 0.9
    assert flags.loc[40:79, "irv"].all()
    assert flags.loc[80:].astype(float).mean().max() <= 0.015


def test_how_many_are_flagged_at_once_is_told_for_honest_respondents_too(mixed):
    together = stats.careless(mixed, COLUMNS, scales=SCALES).together
    assert together["at_least"].tolist() == list(range(1, len(together) + 1))
    assert (together["honest"].diff().dropna() <= 0).all()
    assert together.loc[1, "observed"] > 3 * together.loc[1, "honest"]


def test_where_honest_people_give_one_answer_throughout_there_is_no_cut():
    generator = np.random.default_rng(3)
    feeling = generator.normal(size=(500, 1)) + 0.3 * generator.normal(size=(500, 4))
    data = pd.DataFrame(np.where(feeling > -0.5, 5.0, 4.0), columns=list("abcd"))
    cuts = stats.careless(data, list("abcd")).cuts.set_index("index")
    assert np.isnan(cuts.loc["longstring", "cut"])
    assert cuts.loc["longstring", "note"] == CutNote.COMMON
    assert "longstring" not in stats.careless(data, list("abcd")).flags


def test_the_literatures_cuts_come_with_what_they_do_to_honest_respondents(mixed):
    cuts = stats.careless(mixed, COLUMNS, scales=SCALES, cut="literature").cuts.set_index("index")
    assert cuts.loc["longstring", ["cut", "source"]].tolist() == [10, "Curran 2016"]
    assert cuts.loc["even_odd", "honest"] > 0.1
    assert cuts.loc["irv", "note"] == CutNote.NO_LITERATURE


def test_scales_of_different_length_are_said_so(mixed):
    cuts = stats.careless(mixed.assign(q05=2 * mixed["q05"]), COLUMNS, draws=500).cuts.set_index("index")
    assert cuts.loc["irv", "note"] == CutNote.MIXED
    assert cuts.loc["mahalanobis_p", "note"] == CutNote.NONE


def test_flags_are_missing_where_nothing_can_be_told(mixed):
    data = mixed.copy()
    data.iloc[100, 2:] = np.nan
    found = stats.careless(data, COLUMNS, scales=SCALES)
    assert found.flags.loc[100, ["longstring", "irv", "mahalanobis_p"]].isna().all()
    assert found.flags.loc[100, "omitted"]
    assert found.frame.loc[100, "answered"] == 0


def test_turned_items_count_for_consistency_but_not_for_strings(mixed):
    turned = mixed.assign(**{name: 6 - mixed[name] for name in COLUMNS[1::4]})
    plain = stats.careless(mixed, COLUMNS, scales=SCALES).frame
    found = stats.careless(turned, COLUMNS, scales=SCALES, reverse=COLUMNS[1::4]).frame
    for name in ("even_odd", "mahalanobis", "person_total"):
        np.testing.assert_allclose(found[name], plain[name], rtol=1e-8, atol=1e-10)
    assert not found["longstring"].equals(plain["longstring"])


def test_states_tell_omitted_questions_from_those_not_shown(mixed):
    states = pd.DataFrame("answered", index=mixed.index, columns=COLUMNS)
    states.iloc[0, :15], states.iloc[1, :12], states.iloc[2, 10:] = "not_shown", "omitted", "broke_off"
    found = stats.careless(mixed, COLUMNS, states=states).frame
    assert found["omitted"].iloc[:3].tolist() == [0, 0.6, 0]
    assert found["not_shown"].iloc[0] == 0.75
    assert found["broke_off"].iloc[2] == 0.5


def test_robust_distances_keep_a_crowd_of_strange_rows_far_away():
    generator = np.random.default_rng(9)
    data = attentive(generator, 600).fillna(4.0)
    data.iloc[:100] = generator.integers(1, 6, size=(100, 20)).astype(float)
    plain, robust = (stats.careless(data, COLUMNS, robust=way) for way in (False, True))
    apart = [
        one.frame["mahalanobis"][:100].median() / one.frame["mahalanobis"][100:].median() for one in (plain, robust)
    ]
    assert apart[1] > 1.2 * apart[0]
    assert robust.flags["mahalanobis_p"][:100].mean() > plain.flags["mahalanobis_p"][:100].mean()
    assert robust.flags["mahalanobis_p"][100:].mean() <= 0.02


def test_the_same_seed_gives_the_same_cuts(mixed):
    first, second = (stats.careless(mixed, COLUMNS, draws=500).cuts for _run in range(2))
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(("values", "high", "cut"), [([1, 2, 3, 4, 5], True, 5), ([1, 2, 3, 4, 5], False, 1)])
def test_a_cut_lets_at_most_the_rate_reach_it(values, high, cut):
    assert simulated_cut(np.array(values, dtype=float), 0.2, high=high) == cut


SECONDS = [f"q{n}" for n in range(10)]


def timed(generator, rows=1500):
    pace = generator.normal(0, 0.3, size=(rows, 1))
    return pd.DataFrame(np.exp(generator.normal(1.6, 0.5, size=(rows, 10)) + pace), columns=SECONDS)


def test_speeders_are_found_at_the_stated_rate_of_false_alarms():
    generator = np.random.default_rng(11)
    shares = []
    for _run in range(6):
        seconds = timed(generator)
        seconds.iloc[:100] *= 0.3
        flags = stats.speeding(pd.DataFrame(index=seconds.index), seconds, draws=4000).flags["speed"]
        shares.append([flags.iloc[:100].mean(), flags.iloc[100:].mean()])
    found, honest = np.mean(shares, axis=0)
    assert found > 0.7
    assert honest <= 0.012


def test_the_speed_index_is_the_mean_of_medians_over_seconds_each_at_most_three():
    seconds = pd.DataFrame({"a": [2.0, 4, 4], "b": [1.0, 6, 12]})
    found = stats.speeding(pd.DataFrame(index=range(3)), seconds)
    assert found.frame["speed"].tolist() == pytest.approx([(4 / 2 + 3) / 2, 1.0, (1 + 0.5) / 2])
    assert found.frame["seconds"].tolist() == [3, 10, 16]


def test_languages_have_a_usual_time_of_their_own():
    generator = np.random.default_rng(2)
    seconds = timed(generator, 400)
    seconds.iloc[200:] *= 3
    data = pd.DataFrame({"language": ["zh-CN"] * 200 + ["en"] * 200})
    own, shared = (stats.speeding(data, seconds, by=by).frame["speed"] for by in ("language", None))
    assert own[:200].mean() == pytest.approx(own[200:].mean(), abs=0.12)
    assert shared[:200].mean() > 1.3 * shared[200:].mean()


def test_seconds_per_hundred_characters_use_the_columns_that_were_measured():
    seconds = pd.DataFrame({"a": [10.0, 10], "b": [20.0, np.nan]})
    found = stats.speeding(pd.DataFrame(index=range(2)), seconds, characters={"a": 50, "b": 100})
    assert found.frame["per_100"].tolist() == [20, 20]


def test_careless_answers_come_with_their_times(mixed):
    seconds = pd.DataFrame(2.0, index=mixed.index, columns=COLUMNS)
    found = stats.careless(mixed, COLUMNS, times=seconds, characters=dict.fromkeys(COLUMNS, 40), draws=500).frame
    assert found.loc[0, ["speed", "seconds", "per_100"]].tolist() == [1, 40, 5]


def test_responses_without_times_are_not_told():
    seconds = timed(np.random.default_rng(1), 50).iloc[:40]
    found = stats.speeding(pd.DataFrame(index=range(50)), seconds)
    assert found.flags["speed"].iloc[40:].isna().all()


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"items": ["q00", "nobody"]}, 'no column "nobody"'),
        ({"items": ["q00"]}, "1 items are named and at least 2"),
        ({"items": ["q00", "q00", "q01"]}, '"q00" is named twice'),
        ({"scales": {"s": ["q00", "other"]}}, '"other" of "s" is not among'),
        ({"scales": {"s": ["q00"]}}, '"s" needs at least two'),
        ({"matrices": ["q00"]}, "matrices must be a dict"),
        ({"reverse": ["other"]}, '"other" of reverse'),
        ({"rate": 0}, "rate is 0"),
        ({"cut": "mine"}, 'cut is "mine"'),
        ({"draws": 5}, "draws is 5"),
        ({"critical": 2}, "critical is 2"),
    ],
)
def test_what_cannot_be_is_named_with_the_mend(mixed, options, match):
    with pytest.raises(InvalidInput, match=match):
        stats.careless(mixed, **{"items": COLUMNS, **options})


def frames():
    text = pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2]})
    return [
        (text, '"a" holds'),
        (pd.DataFrame({"a": [np.inf, 1], "b": [1.0, 2]}), "infinite"),
        (pd.DataFrame({"a": [1e9, 1], "b": [1.0, 2]}), "beyond a million"),
        (pd.DataFrame({"a": [], "b": []}, dtype=float), "no rows"),
        (pd.DataFrame({"a": [1.0, 2], "b": [1.0, 2]}, index=[3, 3]), "3 is there twice"),
    ]


@pytest.mark.parametrize(("data", "match"), frames())
def test_bad_columns_are_named_with_the_mend(data, match):
    with pytest.raises(InvalidInput, match=match):
        stats.careless(data, ["a", "b"])


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        (pd.DataFrame({"a": [3.0] * 30, "b": [3.0] * 30, "c": [3.0] * 30}), {"mahalanobis_p": CutNote.PLANE}),
        (pd.DataFrame({"a": [np.nan] * 9, "b": [np.nan] * 9}), {"longstring": CutNote.NOT_TOLD}),
        (pd.DataFrame({"a": [1.0], "b": [2.0], "c": [3.0]}), {"even_odd": CutNote.NOT_TOLD}),
    ],
)
def test_constant_empty_and_single_answers_give_notes_not_warnings(data, notes):
    cuts = stats.careless(data, list(data.columns), draws=200).cuts.set_index("index")
    assert {name: cuts.loc[name, "note"] for name in notes} == notes


@pytest.mark.parametrize(
    ("times", "options", "match"),
    [
        (pd.DataFrame({"a": [-1.0, 2]}), {}, '"a" are negative in 1 rows'),
        (pd.DataFrame({"a": ["x", "y"]}), {}, '"a" holds'),
        (pd.DataFrame(index=range(2)), {}, "no columns"),
        (pd.DataFrame({"a": [1.0, 2]}, index=[7, 8]), {}, "No row of times"),
        (pd.DataFrame({"a": [1.0, 2], "b": [1.0, 2]}), {"characters": {"a": 5}}, 'no length above 0 for "b"'),
    ],
)
def test_bad_times_are_named_with_the_mend(times, options, match):
    with pytest.raises(InvalidInput, match=match):
        stats.speeding(pd.DataFrame(index=range(2)), times, **options)


def test_nonresponse_is_told_by_item_and_reason():
    data = pd.DataFrame({"a": [1.0, None, 2, None], "b": [1.0, 1, None, None]})
    states = pd.DataFrame(
        {"a": ["answered", "omitted", "answered", "not_shown"], "b": ["answered", "answered", "dont_know", "broke_off"]}
    )
    rows = stats.item_nonresponse(data, ["a", "b"], states=states).set_index(["term", "state"])
    assert rows.loc[("a", "omitted"), ["estimate", "n"]].tolist() == [pytest.approx(1 / 3), 3]
    assert rows.loc[("a", "not_shown"), ["estimate", "n"]].tolist() == [0.25, 4]
    assert rows.loc[("b", "dont_know"), "estimate"] == rows.loc[("b", "broke_off"), "estimate"] == 0.25


def test_nonresponse_by_groups_and_weights():
    data = pd.DataFrame({"a": [1.0, None, 2, None], "g": list("xxyy"), "w": [1.0, 3, 1, 1]})
    rows = stats.item_nonresponse(data, ["a"], by="g", weights="w")
    assert rows[["g", "state", "term", "estimate"]].values.tolist() == [
        ["x", "omitted", "a", 0.75],
        ["y", "omitted", "a", 0.5],
    ]


def test_an_unknown_state_is_named():
    data = pd.DataFrame({"a": [1.0]})
    with pytest.raises(InvalidInput, match='states holds "lost"'):
        stats.item_nonresponse(data, ["a"], states=pd.DataFrame({"a": ["lost"]}))


def test_a_column_named_state_cannot_be_grouped_by():
    with pytest.raises(InvalidInput, match='"state" cannot be grouped by'):
        stats.item_nonresponse(pd.DataFrame({"a": [1.0], "state": ["x"]}), ["a"], by="state")
