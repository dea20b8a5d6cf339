import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import Note
from svclib.stats.intervals import feldt
from svclib.stats.scales import reliability as room
from svclib.stats.scales.reliability import CONSTANT, IDENTICAL, alpha_of, covariance, if_deleted, reliability

Q = [f"q{i}" for i in range(1, 7)]


def test_alpha_and_its_error_are_those_of_psych(reference, exam):
    row = stats.alpha(exam, interval="feldt").iloc[0]
    assert row["estimate"] == pytest.approx(reference["ctt_exam"]["alpha"], rel=1e-12)
    assert row["std_error"] == pytest.approx(reference["ctt_exam"]["alpha_total"]["ase"], rel=1e-9)


def test_the_interval_is_the_feldt_interval_of_psych(reference, table):
    row = stats.alpha(table("visits"), Q, missing="pairwise", interval="feldt").iloc[0]
    expected = list(reference["reliability"]["feldt"].values())
    assert [row["low"], row["estimate"], row["high"]] == pytest.approx(expected, rel=1e-9)


def test_complete_respondents_are_the_default_and_the_loss_is_noted(reference, table):
    row = stats.alpha(table("visits"), Q).iloc[0]
    assert row["estimate"] == pytest.approx(reference["reliability"]["total_complete"]["raw_alpha"], rel=1e-12)
    assert row["n"] == reference["reliability"]["n_complete"]
    assert row["note"] == Note.ROWS_LEFT_OUT


def test_alpha_without_an_item_is_that_of_psych(reference, table):
    deleted = reliability(table("visits")[Q].to_numpy(float), "pairwise").if_deleted
    np.testing.assert_allclose(deleted, reference["reliability"]["alpha_drop"]["raw_alpha"], rtol=1e-9)


def test_an_item_everybody_answers_right_is_allowed(reference, exam):
    row = stats.alpha(exam.assign(I31=1)).iloc[0]
    assert row["estimate"] == pytest.approx(reference["ctt_exam"]["with_perfect_item_alpha"], rel=1e-12)


def test_alpha_by_dimension_is_that_of_psych(reference, table):
    data = table("servqual")
    for name, first, last in (("tangibles", 1, 4), ("empathy", 18, 22)):
        row = stats.alpha(data, [f"p{i:02d}" for i in range(first, last + 1)], term=name)
        expected = reference["reliability"]["servqual_alpha_by_dimension"][name]
        assert row["estimate"].item() == pytest.approx(expected, rel=1e-10)
        assert row["term"].item() == name


def test_covariances_are_those_of_complete_rows(reference, table):
    mine = covariance(table("visits")[Q].dropna().to_numpy(float))
    np.testing.assert_allclose(mine, reference["reliability"]["cov_complete"][".matrix"], rtol=1e-10)


def test_the_interval_of_alpha_0_is_the_f_quantile():
    low, high = feldt(0.0, 41, 5, 0.95)
    assert low < 0 < high


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"a": [1.0], "b": [2.0]}, Note.TWO_NEEDED),
        ({"a": [1.0, 2.0, 3.0]}, Note.TWO_NEEDED),
        ({"a": [2.0] * 9, "b": [3.0] * 9}, Note.NO_VARIANCE),
        ({"a": [np.nan] * 3, "b": [1.0] * 3}, Note.NO_ANSWERS),
        ({"a": [1.0, 2, 3, 4, 5, 6], "b": [6.0, 5, 4, 3, 2, 2], "c": [1.0, 2, 3, 4, 5, 6]}, Note.REVERSED),
    ],
)
def test_what_cannot_be_told_or_looks_wrong_is_noted(values, note):
    assert stats.alpha(pd.DataFrame(values))["note"].item() == note


def test_an_empty_frame_gives_a_row_with_a_note():
    row = stats.alpha(pd.DataFrame({"a": [], "b": []}, dtype=float)).iloc[0]
    assert row["note"] == Note.NO_ANSWERS


def test_a_frame_without_items_is_refused():
    with pytest.raises(InvalidInput, match="no items"):
        stats.alpha(pd.DataFrame())


def test_groups_are_estimated_apart(table):
    data = table("visits")
    rows = stats.alpha(data[[*Q, "channel"]], by="channel")
    alone = stats.alpha(data.loc[data["channel"] == "app", Q])
    assert rows.set_index("channel").loc["app", "estimate"] == pytest.approx(alone["estimate"].item())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 100))
def test_alpha_is_free_of_scale_and_order(seed, scale):
    random = np.random.default_rng(seed)
    base = random.normal(size=(20, 1)) + random.normal(size=(20, 4))
    data = pd.DataFrame(base, columns=list("abcd"))
    first = stats.alpha(data)["estimate"].item()
    assert stats.alpha(data * scale)["estimate"].item() == pytest.approx(first, rel=1e-8)
    assert stats.alpha(data[list("dbca")].iloc[::-1])["estimate"].item() == pytest.approx(first, rel=1e-8)


def test_identical_items_have_an_alpha_of_one():
    x = np.arange(10.0)
    assert stats.alpha(pd.DataFrame({"a": x, "b": x, "c": x}))["estimate"].item() == pytest.approx(1)


def test_the_interval_covers_in_a_small_simulation():
    random = np.random.default_rng(3)
    truth, hits, runs = 4 * 0.5 / (1 + 3 * 0.5), 0, 400
    for _ in range(runs):
        values = np.sqrt(0.5) * random.normal(size=(30, 1)) + np.sqrt(0.5) * random.normal(size=(30, 4))
        low, high = feldt(reliability(values).alpha, 30, 4, 0.95)
        hits += low <= truth <= high
    assert hits / runs >= 0.92


def test_copies_of_an_item_are_told():
    x = np.arange(10.0)
    row = stats.alpha(pd.DataFrame({"a": x, "b": x, "c": x})).iloc[0]
    assert row["note"] == IDENTICAL
    assert (row["low"], row["high"]) == (1, 1)


def test_the_robust_interval_is_never_narrower_than_feldts(table):
    for rows in (25, 200, 900):
        data = table("visits")[Q].dropna().head(rows)
        robust, classical = stats.alpha(data).iloc[0], stats.alpha(data, interval="feldt").iloc[0]
        assert robust["low"] <= classical["low"]
        assert robust["high"] >= classical["high"]
        assert robust["estimate"] == pytest.approx(classical["estimate"], rel=1e-12)


def top_heavy(seed, n=150):
    """Six items of which 80 % give the best answer."""
    random = np.random.default_rng(seed)
    values = 0.65 * random.normal(size=(n, 1)) + np.sqrt(1 - 0.65**2) * random.normal(size=(n, 6))
    return pd.DataFrame(np.digitize(values, [-2.33, -1.88, -1.48, -0.84]) + 1.0).add_prefix("q")


def test_where_most_give_the_best_answer_the_robust_interval_is_far_wider():
    data = top_heavy(1, n=4000)
    robust, classical = stats.alpha(data).iloc[0], stats.alpha(data, interval="feldt").iloc[0]
    assert robust["high"] - robust["low"] > 1.3 * (classical["high"] - classical["low"])


def test_the_jackknife_is_leaving_out_one_after_the_other():
    data = top_heavy(2, n=60)
    each = np.array([stats.alpha(data.drop(index=row), interval="feldt")["estimate"].item() for row in range(60)])
    logs = np.log1p(-each)
    row = stats.alpha(data).iloc[0]
    error = np.sqrt(59 / 60 * ((logs - logs.mean()) ** 2).sum()) * (1 - row["estimate"])
    assert row["std_error"] == pytest.approx(error, rel=1e-9)


def test_a_selection_of_many_respondents_tells_the_error(monkeypatch):
    data = top_heavy(3, n=6000)
    whole = stats.alpha(data).iloc[0]
    monkeypatch.setattr(room, "_MOST_RESPONDENTS", 2000)
    some = stats.alpha(data).iloc[0]
    assert some["estimate"] == whole["estimate"]
    assert some["std_error"] == pytest.approx(whole["std_error"], rel=0.25)


def test_pairwise_answers_without_gaps_are_complete_ones(table):
    data = table("visits")[Q].dropna()
    columns = ["estimate", "std_error", "low", "high"]
    pd.testing.assert_frame_equal(stats.alpha(data)[columns], stats.alpha(data, missing="pairwise")[columns], rtol=1e-9)


def test_alpha_of_polychoric_correlations_is_that_of_what_lies_behind(table):
    data = table("visits")
    row = stats.alpha(data, Q, correlations="polychoric").iloc[0]
    matrix = stats.polychoric(data, Q).matrix.to_numpy()
    assert row["estimate"] == pytest.approx(6 / 5 * (1 - 6 / matrix.sum()), rel=1e-12)
    assert row["low"] < row["estimate"] < row["high"]
    assert row["estimate"] > stats.alpha(data, Q)["estimate"].item()


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ({"a": [1.0, 2, 3], "b": [2.0, 2, 2]}, CONSTANT),
        ({"a": [1.0], "b": [2.0]}, Note.TWO_NEEDED),
        ({"a": [np.nan], "b": [2.0]}, Note.NO_ANSWERS),
        ({"a": [1.0, 1, 2, 2], "b": [2.0, 2, 1, 1]}, Note.NO_VARIANCE),
    ],
)
def test_alpha_of_polychoric_correlations_that_cannot_be_told(data, note):
    row = stats.alpha(pd.DataFrame(data), correlations="polychoric").iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == note


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"interval": "bonett"}, "robust"),
        ({"correlations": "spearman"}, "polychoric"),
        ({"missing": "mean"}, "pairwise"),
    ],
)
def test_an_unknown_option_is_named(options, why):
    with pytest.raises(InvalidInput, match=why):
        stats.alpha(pd.DataFrame({"a": [1, 2], "b": [1, 2]}), **options)


def test_alpha_without_an_item_is_that_of_the_others():
    cov = np.cov(top_heavy(4).to_numpy().T)
    each = [alpha_of(np.delete(np.delete(cov, item, 0), item, 1)) for item in range(6)]
    np.testing.assert_allclose(if_deleted(cov), each, rtol=1e-12)


@pytest.mark.reference
def test_alpha_of_published_personality_items(published):
    values, data = published
    expected = values("psych_alpha_bfi_A")
    frame = data("bfi")[["A1", "A2", "A3", "A4", "A5"]]
    frame["A1"] = 7 - frame["A1"]
    row = stats.alpha(frame, missing="pairwise", interval="feldt").iloc[0]
    assert row["estimate"] == pytest.approx(expected["total"]["raw_alpha"], rel=1e-10)
    assert [row["low"], row["high"]] == pytest.approx(list(expected["feldt"].values())[::2], rel=1e-4)
