import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.design.results import OPT_IN
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.intervals import wilson
from svclib.stats.time.waves import TWO_WAVES

R = json.loads((Path(__file__).parent / "reference" / "indices.json").read_text(encoding="utf-8"))["values"]
REST = ["previous", "overlap", "correlation", "statistic", "p_value", "p_adjusted", "direction"]


@pytest.fixture(scope="module")
def panel(table):
    return table("panel")


@pytest.fixture(scope="module")
def sampled(panel):
    return stats.Design(panel, weights="weight", strata="region")


def two(first, second, *, shared=True):
    """Two waves; respondents are the same or not."""
    who = [*range(len(first)), *(range(len(second)) if shared else range(100, 100 + len(second)))]
    wave = [2025] * len(first) + [2026] * len(second)
    return pd.DataFrame({"who": who, "wave": wave, "y": np.array([*first, *second], dtype=float)})


FIRST, SECOND = [3, 4, 4, 5, 2, 4, 3, 5], [4, 4, 5, 5, 3, 5, 3, 4]


# ── special cases: textbook tests ──────────────────────────────────────────────────────────────────────────────────
def test_everybody_in_both_waves_is_the_paired_t_test():
    row = stats.waves(two(FIRST, SECOND), "y", "wave", respondent="who").changes().iloc[0]
    expected = scipy_stats.ttest_rel(SECOND, FIRST)
    told = [row["statistic"], row["df"], row["p_value"], row["low"], row["high"]]
    interval = expected.confidence_interval()
    assert told == pytest.approx([expected.statistic, expected.df, expected.pvalue, *interval], rel=1e-10)
    assert row["overlap"] == 8


@pytest.mark.parametrize("respondent", [None, "who"])
def test_nobody_in_both_waves_is_welchs_t_test(respondent):
    data = two(FIRST, [*SECOND, 1, 5], shared=False)
    row = stats.waves(data, "y", "wave", respondent=respondent).changes().iloc[0]
    expected = scipy_stats.ttest_ind([*SECOND, 1, 5], FIRST, equal_var=False)
    told = [row["statistic"], row["df"], row["p_value"]]
    assert told == pytest.approx([expected.statistic, expected.df, expected.pvalue], rel=1e-10)
    assert row["overlap"] == 0


def test_half_the_panel_lies_between_the_two():
    data = pd.concat([two(FIRST, SECOND), two([2, 4, 5], [3, 4, 5], shared=False).assign(who=range(200, 206))])
    row = stats.waves(data, "y", "wave", respondent="who").changes().iloc[0]
    apart = stats.waves(data, "y", "wave").changes().iloc[0]
    n, overlap, alone = 11, 8, 6
    welch = apart["df"]
    assert row["df"] == pytest.approx(overlap - 1 + (welch - overlap + 1) / (alone + 2 * overlap) * alone, rel=1e-10)
    assert row["std_error"] < apart["std_error"]
    both = np.cov(FIRST, SECOND)[0, 1] * 7  # sum of products about the pairs' means
    centre = np.array([np.mean([*FIRST, 2, 4, 5]), np.mean([*SECOND, 3, 4, 5])])
    both += 8 * (np.mean(FIRST) - centre[0]) * (np.mean(SECOND) - centre[1])
    assert row["std_error"] ** 2 == pytest.approx(apart["std_error"] ** 2 - 2 * both / (n * (n - 1)), rel=1e-10)


def test_the_change_of_a_share_without_overlap_is_newcombes():
    data = two([5] * 30 + [2] * 10, [5] * 38 + [2] * 4, shared=False)
    ours = stats.waves(data, "y", "wave", kind="share", success=[4, 5]).changes().iloc[0]
    theirs = stats.changes(stats.csat(data, "y", by="wave"), over="wave").iloc[1]
    assert [ours["low"], ours["high"]] == pytest.approx([theirs["low"], theirs["high"]], rel=1e-10)


def test_the_change_of_a_share_in_a_panel_is_newcombes_for_pairs():
    first, second = np.repeat([1, 1, 0, 0], [20, 12, 2, 16]), np.repeat([1, 0, 1, 0], [20, 12, 2, 16])
    row = stats.waves(two(first, second), "y", "wave", respondent="who", kind="share", success=1).changes().iloc[0]
    low, high = (np.array(ends) for ends in wilson(np.array([0.64, 0.44]), np.array([50.0, 50.0]), 0.95))
    phi = (20 * 16 - 12 * 2) / np.sqrt(32 * 18 * 22 * 28)  # Newcombe 1998, paired, method 8
    below = np.array([high[0] - 0.64, 0.44 - low[1]])
    above = np.array([0.64 - low[0], high[1] - 0.44])
    reach = [np.sqrt((side**2).sum() - 2 * phi * side.prod()) for side in (below, above)]
    assert row["correlation"] == pytest.approx(phi, rel=1e-12)
    assert [row["low"], row["high"]] == pytest.approx([-0.2 - reach[0], -0.2 + reach[1]], rel=1e-10)


@pytest.mark.parametrize("given", [{"kind": "share", "success": [4, 5]}, {"scale": (1, 5)}, {}])
def test_a_panel_tells_more_than_two_samples(given):
    data = two(FIRST * 3, SECOND * 3)
    panel, apart = (stats.waves(data, "y", "wave", respondent=who, **given).changes().iloc[0] for who in ("who", None))
    assert panel["high"] - panel["low"] < 0.95 * (apart["high"] - apart["low"])


# ── R's survey: stacked waves ──────────────────────────────────────────────────────────────────────────────────────
def test_a_panel_of_a_design_has_the_covariances_of_r(sampled):
    found = stats.waves(sampled, "overall", "wave", respondent="respondent")
    np.testing.assert_allclose(found.frame["estimate"], R["panel_mean"]["estimate"], rtol=1e-12)
    np.testing.assert_allclose(found.vcov, R["panel_mean"]["vcov"], rtol=1e-10)


def test_changes_and_slope_of_a_panel_are_those_of_r(sampled):
    found = stats.waves(sampled, "overall", "wave", respondent="respondent")
    row, slope = found.changes().iloc[1], found.trend().iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx(list(R["panel_change"].values()), rel=1e-10)
    assert [slope["estimate"], slope["std_error"]] == pytest.approx(list(R["panel_slope"].values()), rel=1e-10)


def test_waves_in_the_same_clusters_are_those_of_r(panel):
    design = stats.Design(panel, weights="weight", strata="region", cluster="psu")
    found = stats.waves(design, "recommend", "wave", kind="nps")
    np.testing.assert_allclose(found.vcov, R["cluster_nps"]["vcov"], rtol=1e-10)
    row = found.changes("first").iloc[1]
    assert [row["estimate"], row["std_error"]] == pytest.approx(list(R["cluster_nps_change"].values()), rel=1e-10)
    assert row["overlap"] == panel["psu"].nunique()
    share = stats.waves(design, "overall", "wave", kind="share", success=[4, 5])
    np.testing.assert_allclose(share.vcov, R["cluster_top"]["vcov"], rtol=1e-10)
    np.testing.assert_allclose(share.frame["estimate"], R["cluster_top"]["estimate"], rtol=1e-12)


def test_independent_waves_count_their_strata_within_the_wave(sampled):
    found = stats.waves(sampled, "overall", "wave")
    np.testing.assert_allclose(found.vcov, R["independent_mean"]["vcov"], rtol=1e-10, atol=1e-17)
    row = found.changes().iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx(list(R["independent_change"].values()), rel=1e-10)


def test_degrees_of_freedom_are_clusters_less_strata_of_both_waves(panel, sampled):
    first = stats.waves(sampled, "overall", "wave", respondent="respondent").changes().iloc[0]
    there = panel.loc[panel["wave"] < 2026, "respondent"].nunique()
    assert first["df"] == there - 3
    assert first["overlap"] == (panel[panel["wave"] < 2026].groupby("respondent").size() == 2).sum()


def test_degrees_of_freedom_follow_the_designs_rule(panel):
    counted, own = (
        stats.waves(
            stats.Design(panel, weights="weight", strata="region", cluster="psu", degrees=rule), "overall", "wave"
        )
        for rule in ("clusters", "satterthwaite")
    )
    assert (counted.changes()["df"] == 15).all()
    assert (own.changes()["df"] <= 15).all()
    assert own.changes()["df"].to_numpy() == pytest.approx(
        np.minimum(own.frame["df"][1:], own.frame["df"][:-1].to_numpy())
    )


def test_a_jackknife_knows_what_goes_together(panel):
    design = stats.Design(panel, weights="weight", cluster="psu")
    ours, again = (stats.waves(one, "overall", "wave").changes() for one in (design, design.replicates("jk1")))
    np.testing.assert_allclose(ours["std_error"], again["std_error"], rtol=0.1)
    assert (ours["df"] == again["df"]).all()


def test_raked_weights_keep_their_gain_over_the_waves(panel):
    margin = panel.groupby("region")["weight"].sum().to_dict()
    raked = stats.Design(panel, weights="weight").rake({"region": margin})
    plain = stats.Design(panel, weights="weight")
    errors = [
        stats.waves(one, "overall", "wave", respondent="respondent").frame["std_error"].sum() for one in (raked, plain)
    ]
    assert errors[0] < errors[1]


# ── frames ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("kind", "verb"), [("mean", stats.mean), ("nps", stats.nps), ("share", lambda *a, **k: stats.csat(*a, **k))]
)
def test_levels_are_those_of_the_index(panel, kind, verb):
    column = "recommend" if kind == "nps" else "overall"
    success = [4, 5] if kind == "share" else None
    found = stats.waves(panel, column, "wave", kind=kind, success=success, weights="weight")
    pd.testing.assert_frame_equal(found.frame, verb(panel, column, by="wave", weights="weight"))


def test_the_frame_of_changes_has_its_columns(panel):
    rows = stats.waves(panel, "overall", "wave", by="region").changes("all")
    assert list(rows.columns) == ["region", "first", "second", *COLUMNS, *REST]
    assert len(rows) == 3 * 3


def test_groups_are_followed_one_by_one(panel):
    rows = stats.waves(panel, "overall", "wave", by="region", respondent="respondent").changes()
    alone = stats.waves(panel[panel["region"] == "west"], "overall", "wave", respondent="respondent").changes()
    west = rows[rows["region"] == "west"].drop(columns="region").reset_index(drop=True)
    pd.testing.assert_frame_equal(west, alone, check_column_type=False)


def test_a_column_of_true_and_false_is_its_own_success(panel):
    data = panel.assign(top=panel["overall"] >= 4)
    one = stats.waves(data, "top", "wave", kind="share").frame
    other = stats.waves(data, "overall", "wave", kind="share", success=[4, 5]).frame
    np.testing.assert_allclose(one["estimate"], other["estimate"])


def test_a_contrast_names_its_rows(panel):
    found = stats.waves(panel, "overall", "wave", respondent="respondent")
    row = found.contrast({2024: -1, 2025: 1}).iloc[0]
    change = found.changes().iloc[0]
    assert [row["estimate"], row["low"], row["high"]] == pytest.approx(
        [change["estimate"], change["low"], change["high"]]
    )
    assert row["term"] == "-1·2024/overall +1·2025/overall"


def test_a_contrast_at_another_level_is_refused(panel):
    with pytest.raises(InvalidInput, match=r"level 0\.95"):
        stats.waves(panel, "overall", "wave").contrast({2024: -1, 2025: 1}, level=0.9)


def test_a_line_through_the_waves_uses_their_years():
    data = pd.concat([two([y], [y + 1]).assign(who=who) for who, y in enumerate([1, 2, 3])])
    data = pd.concat([data, data[data["wave"] == 2026].assign(wave=2028, y=lambda rows: rows["y"] + 2)])
    assert stats.waves(data, "y", "wave", respondent="who").trend()["estimate"].item() == pytest.approx(1.0)
    named = data.assign(wave=data["wave"].map({2025: "a", 2026: "b", 2028: "c"}))
    assert stats.waves(named, "y", "wave", respondent="who").trend()["estimate"].item() == pytest.approx(1.5)


def test_two_waves_have_no_trend():
    row = stats.waves(two(FIRST, SECOND), "y", "wave").trend().iloc[0]
    assert (row["note"], row["direction"]) == (TWO_WAVES, "unknown")


def test_holm_allows_for_the_number_of_changes(panel):
    found = stats.waves(panel, "overall", "wave", respondent="respondent")
    plain, held = found.changes("all"), found.changes("all", adjust="holm")
    assert held["p_adjusted"].to_numpy() == pytest.approx(_holm(plain["p_value"].to_numpy()), rel=1e-12)
    assert set(plain["direction"]) >= set(held["direction"])


def _holm(p):
    order = np.argsort(p)
    out = np.empty_like(p)
    out[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return out


@pytest.mark.parametrize("kind", ["mean", "share", "nps"])
def test_a_p_value_below_five_percent_is_an_interval_without_0(panel, kind):
    column, success = ("recommend", None) if kind == "nps" else ("overall", [4, 5])
    rows = stats.waves(panel, column, "wave", kind=kind, success=success, by="psu", min_n=2).changes()
    told = rows[rows["p_value"].notna()]
    assert len(told) > 20
    away = (told["low"] > 0) | (told["high"] < 0)
    assert ((told["p_value"] < 0.05) == away).all()


# ── what cannot be told ────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("first", "second", "note"),
    [
        ([5, 4, 5, 4, 3], [5, 4], Note.TOO_FEW),
        ([5, 4, 5], [4], Note.ONE_ANSWER),
        ([5, 4, 5], [np.nan], Note.NO_ANSWERS),
        ([5, 5, 5, 5, 5], [4, 4, 4, 4, 4], Note.ALL_EQUAL),
        ([1, 2, 3, 4, 5], [0, 1, 2, 3, 4], Note.ALL_EQUAL),
    ],
)
def test_a_gap_has_a_reason(first, second, note):
    row = stats.waves(two(first, second), "y", "wave", respondent="who").changes().iloc[0]
    assert row["note"] == note
    assert np.isnan(row["low"]) == (note != Note.TOO_FEW)


def test_a_scale_tells_a_change_where_all_answers_are_equal():
    row = stats.waves(two([5] * 8, [4] * 8, shared=False), "y", "wave", scale=(1, 5)).changes().iloc[0]
    assert -3 < row["low"] < -1 < row["high"] < 1
    assert row["note"] == ""


def test_volunteers_have_no_sampling_error(panel):
    rows = stats.waves(stats.Design(panel, source="opt-in"), "overall", "wave").changes()
    assert (rows["note"] == OPT_IN).all()


def test_who_answered_twice_in_a_wave_is_named():
    data = two([5, 4, 3], [4, 4, 5])
    data.loc[1, "who"] = 0
    with pytest.raises(InvalidInput, match=r'respondent "0" of "who" answered twice'):
        stats.waves(data, "y", "wave", respondent="who")


def test_a_nameless_respondent_is_somebody_else():
    data = two(FIRST, SECOND).assign(who=None)
    assert stats.waves(data, "y", "wave", respondent="who").changes()["overlap"].item() == 0


def test_a_respondent_in_two_clusters_is_named(panel):
    moved = panel.copy()
    moved.loc[moved.index[-1], "psu"] = "west0" if moved["psu"].iloc[-1] != "west0" else "west1"
    moved.loc[moved.index[-1], "region"] = "west"
    with pytest.raises(InvalidInput, match="two clusters"):
        stats.waves(stats.Design(moved, cluster="psu"), "overall", "wave", respondent="respondent")


def test_a_missing_wave_is_counted():
    data = two(FIRST, SECOND).astype({"wave": float})
    data.loc[0, "wave"] = np.nan
    with pytest.raises(InvalidInput, match='"wave" of the waves is empty in 1 rows'):
        stats.waves(data, "y", "wave")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "median"}, "mean, share, nps"),
        ({"kind": "share"}, "needs success"),
        ({"by": "wave"}, "both the wave and a group"),
        ({"respondent": "whom"}, 'no column "whom"'),
        ({"scale": (5, 1)}, "lowest and the highest"),
        ({"scale": (1, 4)}, "outside the scale"),
        ({"level": 95}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_asked_says_how_to_ask(given, message):
    with pytest.raises(InvalidInput, match=message):
        stats.waves(two(FIRST, SECOND), "y", "wave", **given)


@pytest.mark.parametrize("column", ["z", "y"])
def test_an_absent_column_is_named(column):
    data = two(FIRST, SECOND)[["wave", "who"]] if column == "y" else two(FIRST, SECOND)
    with pytest.raises(InvalidInput, match=f'no column "{column}"'):
        stats.waves(data, column, "wave", kind="share", success=1)


def test_unknown_pairs_and_adjustments_are_named():
    found = stats.waves(two(FIRST, SECOND), "y", "wave")
    with pytest.raises(InvalidInput, match="consecutive, first, all"):
        found.changes("next")
    with pytest.raises(InvalidInput, match="holm"):
        found.changes(adjust="tukey")


# ── invariants ─────────────────────────────────────────────────────────────────────────────────────────────────────
answers = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(1, 5)), min_size=6, max_size=40)


@settings(max_examples=30, deadline=None)
@given(answers, st.randoms())
def test_the_order_of_rows_and_weights_of_one_change_nothing(rows, random):
    data = pd.DataFrame(rows, columns=["who", "wave", "y"]).drop_duplicates(["who", "wave"]).assign(w=1.0)
    shuffled = data.sample(frac=1, random_state=random.randint(0, 99))
    first = stats.waves(data, "y", "wave", respondent="who").changes("all")
    for other in (shuffled, data):
        again = stats.waves(other, "y", "wave", respondent="who", weights="w").changes("all")
        for name in ("estimate", "std_error", "low", "high", "df", "p_value"):
            np.testing.assert_allclose(first[name].to_numpy(float), again[name].to_numpy(float), rtol=1e-8, atol=1e-10)


@settings(max_examples=30, deadline=None)
@given(answers)
def test_the_covariances_are_those_of_some_variables(rows):
    data = pd.DataFrame(rows, columns=["who", "wave", "y"]).drop_duplicates(["who", "wave"])
    vcov = stats.waves(data, "y", "wave", respondent="who").vcov
    known = ~np.isnan(np.diag(vcov))
    values = np.linalg.eigvalsh(vcov[np.ix_(known, known)]) if known.any() else np.zeros(1)
    assert values.min() >= -1e-12
