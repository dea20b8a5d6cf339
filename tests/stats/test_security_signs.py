import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import multivariate_normal

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.security.adjusting import adjusted
from svclib.stats.security.tails import tails


def exam(n=120, items=40, seed=0):
    random = np.random.default_rng(seed)
    right = random.random((n, items)) < expit(random.normal(size=(n, 1)) - np.linspace(-1.5, 1.5, items))
    wrong = random.choice(list("BCD"), (n, items), p=[0.5, 0.3, 0.2])
    return pd.DataFrame(np.where(right, "A", wrong), columns=[f"q{one}" for one in range(items)])


KEY = {f"q{one}": "A" for one in range(40)}
BANK = pd.DataFrame({"item": list(KEY), "a": 1.0, "b": np.linspace(-1.5, 1.5, 40)})


def marks(data):
    return (data == "A").astype(float)


def test_tails_by_convolution():
    hits = np.random.default_rng(1).random((50, 30))
    least = np.arange(50) % 32
    above, exactly = tails(hits, least)
    for row in range(50):
        whole = np.array([1.0])
        for hit in hits[row]:
            whole = np.convolve(whole, [1 - hit, hit])
        assert above[row] == pytest.approx(whole[least[row] :].sum(), abs=1e-12)
        assert exactly[row] == pytest.approx(whole[least[row]] if least[row] < 31 else 0, abs=1e-12)


def test_adjusting():
    p = np.array([0.01, 0.02, 0.03, 0.5])
    assert adjusted(p, 4, "bh") == pytest.approx([0.04, 0.04, 0.04, 0.5])
    assert adjusted(p[:2], 4, "holm") == pytest.approx([0.04, 0.06])


@pytest.mark.parametrize("method", ["omega", "gbt"])
def test_copied_answers_are_found_and_linked(method):
    data = exam()
    data.iloc[3, :36], data.iloc[4, 4:] = data.iloc[2, :36], data.iloc[2, 4:]
    found = stats.answer_similarity(data, KEY, method=method)
    linked = stats.answer_clusters(found)
    assert linked.loc[0, "candidates"] == [2, 3, 4]
    again = stats.answer_similarity(data.sample(frac=1, random_state=1), KEY, method=method, calibrate=False)
    plain = stats.answer_similarity(data, KEY, method=method, calibrate=False)
    assert again.frame["p"].to_numpy() == pytest.approx(plain.frame["p"].to_numpy(), rel=1e-6)


def test_screening_loses_no_pair():
    data = exam(60)
    whole = stats.answer_similarity(data, KEY, method="gbt").frame
    part = stats.answer_similarity(data, KEY, method="gbt", keep=0.01).frame
    assert part["p"].to_numpy() == pytest.approx(whole.loc[whole["p"] <= 0.01, "p"].to_numpy())


def test_rooms_and_given_pairs():
    data, rooms = exam(60), pd.Series(np.arange(60) % 6)
    found = stats.answer_similarity(data, KEY, within=rooms)
    assert found.compared == 6 * 45 and found.frame["together"].all()
    one = stats.answer_similarity(data, KEY, pairs=pd.DataFrame({"first": [0], "second": [9]}))
    assert len(one.frame) == 1 and one.frame["first"].iloc[0] == 0


def test_calibrated_items_and_scores():
    data = exam()
    given = stats.answer_similarity(data, KEY, items=BANK).frame
    scored = stats.answer_similarity(data, scores=marks(data), items=BANK).frame
    assert given["p"].to_numpy() == pytest.approx(scored["p"].to_numpy())
    assert not given["flag"].any()


@pytest.mark.parametrize(
    ("change", "key", "text"),
    [
        (lambda data: data.set_axis([0, 0, *range(2, 120)]), KEY, "there twice"),
        (lambda data: data, {**KEY, "q3": "Z"}, "no option"),
        (lambda data: data, {"q0": "A"}, "no entry"),
        (lambda data: data, None, "Nothing tells"),
        (lambda data: data.mask(data.notna()), KEY, "No cell"),
        (lambda data: data.head(1), KEY, "too few"),
        (lambda data: data[[]], KEY, "no items"),
    ],
)
def test_answers_that_cannot_be(change, key, text):
    with pytest.raises(InvalidInput, match=text):
        stats.answer_similarity(change(exam()), key)


def test_settings_that_cannot_be():
    data = exam(20)
    for options in ({"method": "guess"}, {"adjust": "x"}, {"rate": 2}, {"pairs": "some"}, {"within": [1, 2]}):
        with pytest.raises(InvalidInput):
            stats.answer_similarity(data, KEY, **options)
    for pair in ({"first": [0], "second": [0]}, {"first": [0], "second": [99]}):
        with pytest.raises(InvalidInput):
            stats.answer_similarity(data, KEY, pairs=pd.DataFrame(pair))


def test_small_and_constant_exams():
    constant = pd.DataFrame("A", index=range(5), columns=[f"q{one}" for one in range(12)])
    found = stats.answer_similarity(constant, dict.fromkeys(constant.columns, "A")).frame
    assert not found["flag"].any() and found["p"].notna().all()
    two = stats.answer_similarity(exam(2).iloc[:, :2], KEY).frame
    assert "too few" in two["note"].iloc[0]
    holes = exam(30)
    holes.iloc[0] = np.nan
    assert not stats.answer_similarity(holes, KEY).frame["flag"].any()


def seconds(n=300, items=20, seed=0):
    random = np.random.default_rng(seed)
    log = np.linspace(3, 4, items) - random.normal(0, 0.3, (n, 1)) + random.normal(0, 0.4, (n, items))
    return pd.DataFrame(np.exp(log), columns=[f"q{one}" for one in range(items)])


def test_lognormal_likelihood_and_fast_answers():
    times = seconds()
    fitted = stats.response_times(times)
    noise = np.diag(fitted.items["discrimination"] ** -2.0)
    normal = multivariate_normal(fitted.items["intensity"], noise + fitted.speed_sd**2)
    assert fitted.loglik == pytest.approx(normal.logpdf(np.log(times)).sum(), abs=1e-6)
    assert fitted.converged and not fitted.candidates["flag"].any()
    times.iloc[0, ::2] = 1.5
    fitted = stats.response_times(times, (times > 30).astype(float))
    assert fitted.candidates["flag"].to_numpy().nonzero()[0].tolist() == [0]
    assert fitted.fast.iloc[0, ::2].sum() >= 8 and not fitted.fast.iloc[0, 1::2].any()


def test_mixture_threshold_lies_in_the_valley():
    times = seconds(1000)
    times.iloc[:150, 5] = np.exp(np.random.default_rng(3).normal(0.7, 0.3, 150))
    found = stats.rapid_guessing(times, method="mixture").items
    assert 3 < found.loc[5, "threshold"] < 12 and found.loc[5, "rapid"] == pytest.approx(150, abs=5)
    assert found["note"].iloc[0].startswith("no valley")


def test_effort_moderated_ability():
    data = exam(300)
    times = pd.DataFrame(40.0, index=data.index, columns=data.columns)
    times.iloc[0, 20:] = 1.0
    data.iloc[0, 20:] = "B"
    found = stats.rapid_guessing(times, marks(data), items=BANK, options=4).candidates
    assert found.loc[0, "flag"] and found.loc[0, "ability_effort"] > found.loc[0, "ability"]
    assert found.loc[1, "ability_effort"] == pytest.approx(found.loc[1, "ability"])


@pytest.mark.parametrize("verb", [stats.rapid_guessing, stats.response_times])
def test_times_that_cannot_be(verb):
    times = seconds(20)
    with pytest.raises(InvalidInput, match="negative"):
        verb(-times)
    with pytest.raises(InvalidInput, match="no time"):
        verb(times.mask(times > 0))
    with pytest.raises(InvalidInput, match="twice"):
        verb(times.set_axis([0] * 20))


@pytest.mark.parametrize("bank", [BANK, None])
def test_a_leaked_item_is_found_with_its_moment(bank):
    data = marks(exam(500, seed=4))
    data.iloc[250:, 30] = (np.random.default_rng(5).random(250) < 0.85).astype(float)
    found = stats.item_compromise(data, items=bank)
    assert found.items.loc[found.items["flag"], "item"].tolist() == ["q30"]
    row = found.items.set_index("item").loc["q30"]
    assert row["change_low"] <= 251 <= row["change_high"] and row["after"] > row["before"]
    again = stats.item_compromise(data.sample(frac=1, random_state=1), pd.Series(range(500)), items=bank)
    assert again.items["statistic"].to_numpy() == pytest.approx(found.items["statistic"].to_numpy())


def test_foreknowledge():
    data, watched = marks(exam(300)), [f"q{one}" for one in range(28, 40)]
    data.loc[0, watched] = 1.0
    data.iloc[0, :28] = data.iloc[:, :28].median().to_numpy() * (np.arange(28) < 12)
    found = stats.preknowledge(data, watched, BANK)
    assert found["flag"].to_numpy().nonzero()[0].tolist() == [0]
    assert found["p"].between(0, 1).all() and found.loc[0, "statistic"] > 3
    for subset in (["nothing"], [], list(data.columns)):
        with pytest.raises(InvalidInput):
            stats.preknowledge(data, subset, BANK)


def test_summary_of_all_signs():
    data, times = exam(300), seconds(300, 40)
    weak = int(marks(data).sum(axis=1).argmin())
    data.iloc[(weak + 1) % 300] = data.iloc[weak]
    times.iloc[5, ::2] = 1.0
    found = stats.exam_security(data, KEY, times=times, order=pd.Series(range(300)), items=BANK, known=["q38", "q39"])
    assert set(found.frame["sign"]) == {"similar", "times"}
    assert found.signs["rate"].sum() == pytest.approx(0.05)
    honest = stats.exam_security(exam(100, seed=9), KEY)
    assert not len(honest.frame) and not len(honest.clusters)
