import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.estimate import COLUMNS, Note
from svclib.stats.quality.mode import ModeNote
from svclib.stats.quality.propensity import multinomial
from svclib.stats.terms import read_terms

R = json.loads((Path(__file__).parent / "reference" / "response_quality.json").read_text(encoding="utf-8"))["values"]
WHO = ["segment", "wait_minutes"]


@pytest.fixture(scope="module")
def visits(table):
    return table("visits")


def test_differences_and_robust_errors_are_those_of_sandwich(visits):
    rows = stats.mode_effects(visits, "csat", mode="channel", adjust=WHO, reference="app").set_index("mode")
    theirs = R["hc3"]
    for mode in ("branch", "phone", "web"):
        expected = [theirs["coef"][f"channel{mode}"], theirs["se"][f"channel{mode}"], theirs["p"][f"channel{mode}"]]
        assert rows.loc[mode, ["estimate", "std_error", "p_value"]].tolist() == pytest.approx(expected, rel=1e-8)
    assert rows["df"].unique().tolist() == [theirs["df"]]


def test_differences_of_a_design_are_those_of_survey(visits):
    design = stats.Design(visits, weights="weight", strata="region", cluster="branch")
    rows = stats.mode_effects(design, "csat", mode="channel", adjust=WHO, reference="app").set_index("mode")
    theirs = R["svyglm"]
    for mode in ("branch", "phone", "web"):
        expected = [theirs["coef"][f"channel{mode}"], theirs["se"][f"channel{mode}"]]
        assert rows.loc[mode, ["estimate", "std_error"]].tolist() == pytest.approx(expected, rel=1e-8)
    assert rows["df"].unique().tolist() == [theirs["df"]]


def test_propensities_are_those_of_nnet(visits):
    levels = R["multinom"]["levels"]
    chosen = np.column_stack([visits["channel"] == level for level in levels]).astype(float)
    chance = multinomial(read_terms(visits, WHO).matrix, chosen, np.ones(len(visits)))
    np.testing.assert_allclose(chance[:10], R["multinom"]["probabilities"], rtol=1e-4)


def test_weighted_means_are_those_of_the_propensities(visits):
    rows = stats.mode_effects(visits, "csat", mode="channel", adjust=WHO, reference="app", method="weighting")
    means = R["multinom"]["hajek"]
    expected = [means[mode] - means["app"] for mode in rows["mode"]]
    assert rows["estimate"].tolist() == pytest.approx(expected, rel=1e-4)


def test_without_covariates_both_methods_compare_means(visits):
    means = visits.groupby("channel")["csat"].mean()
    for method in ("regression", "weighting"):
        rows = stats.mode_effects(visits, "csat", mode="channel", reference="web", method=method)
        assert rows["estimate"].tolist() == pytest.approx([means[mode] - means["web"] for mode in rows["mode"]])
        assert rows["estimate"].tolist() == pytest.approx(rows["unadjusted"].tolist())


def test_the_frame_has_the_columns_of_an_estimate(visits):
    rows = stats.mode_effects(visits, ["csat", "effort"], mode="channel", adjust=WHO)
    extra = ["unadjusted", "effect", "effect_low", "effect_high", "statistic", "p_value", "p_adjusted"]
    assert list(rows.columns) == ["mode", "reference", *COLUMNS, *extra]
    assert len(rows) == 6
    assert (rows["p_adjusted"] >= rows["p_value"]).all()


def test_the_effect_is_the_difference_in_standard_deviations_within_modes(visits):
    row = stats.mode_effects(visits, "csat", mode="channel", reference="web").set_index("mode").loc["phone"]
    within = visits["csat"] - visits.groupby("channel")["csat"].transform("mean")
    spread = np.sqrt((within**2).sum() / (len(visits) - 4))
    assert row["effect"] == pytest.approx(row["estimate"] / spread)


@pytest.mark.parametrize("method", ["regression", "weighting"])
def test_what_only_the_users_differ_in_is_no_effect_of_the_mode(method):
    generator = np.random.default_rng(1)
    inside = []
    for _run in range(40):
        age = generator.integers(0, 3, 700)
        phone = generator.random(700) < 0.25 + 0.25 * age
        overall = np.clip(np.round(3 + 0.6 * age + generator.normal(size=700)), 1, 5)
        data = pd.DataFrame({"age": age.astype(str), "phone": phone, "overall": overall})
        row = stats.mode_effects(data, "overall", mode="phone", adjust="age", reference=False, method=method).iloc[0]
        inside.append(row["low"] <= 0 <= row["high"])
        assert row["unadjusted"] > 0.15
    assert np.mean(inside) >= 0.85


def test_weights_of_1_make_no_difference_to_the_estimate(visits):
    one = visits.assign(one=1.0)
    plain = stats.mode_effects(one, "csat", mode="channel", adjust=WHO)
    weighted = stats.mode_effects(one, "csat", mode="channel", adjust=WHO, weights="one")
    np.testing.assert_allclose(weighted["estimate"], plain["estimate"], rtol=1e-10)
    np.testing.assert_allclose(weighted["std_error"], plain["std_error"], rtol=0.02)


def test_a_question_of_yes_and_no_gives_differences_of_shares(visits):
    data = visits.assign(solved=visits["csat"] >= 4)
    rows = stats.mode_effects(data, "solved", mode="channel", reference="web").set_index("mode")
    shares = data.groupby("channel")["solved"].mean()
    assert rows.loc["app", "estimate"] == pytest.approx(shares["app"] - shares["web"])


def frame(**columns):
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("data", "options", "note"),
    [
        (frame(m=["a"] * 9, y=np.arange(9.0)), {}, None),
        (frame(m=list("aaabbb"), y=[2.0] * 6), {}, ModeNote.ALIKE),
        (frame(m=list("aaaaaabbbbbb"), y=np.arange(12.0), x=[0.0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15]),
         {"adjust": "x", "method": "weighting"}, ModeNote.SEPARATE),
        (frame(m=list("aaaaaaabb"), y=np.arange(9.0)), {}, Note.TOO_FEW),
        (frame(m=list("aabb"), y=[1.0, 2, None, None]), {}, ModeNote.ONE_MODE),
    ],
)  # fmt: skip
def test_what_cannot_be_told_is_missing_with_a_note(data, options, note):
    rows = stats.mode_effects(data, "y", mode="m", **options)
    assert rows["note"].tolist() == ([] if note is None else [note])
    assert (rows.loc[rows["low"].isna(), "note"] != "").all()


def test_rows_without_a_covariate_are_left_out_and_said_so(visits):
    holed = visits.assign(wait_minutes=visits["wait_minutes"].where(np.arange(len(visits)) % 4 > 0))
    rows = stats.mode_effects(holed, "csat", mode="channel", adjust="wait_minutes")
    assert set(rows["note"]) == {Note.ROWS_LEFT_OUT}


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"mode": "chanel"}, 'no column "chanel"'),
        ({"adjust": "channel"}, "both the mode and a covariate"),
        ({"reference": "fax"}, 'in the mode "fax"'),
        ({"method": "guess"}, 'method is "guess"'),
        ({"columns": []}, "Name at least one question"),
        ({"columns": "region"}, '"region" holds'),
        ({"adjust": ["constant"]}, '"constant" has the same value'),
        ({"adjust": ["segment", "copy"]}, '"copy.*" follows exactly'),
        ({"multiple": "mine"}, 'adjust is "mine"'),
    ],
)
def test_what_cannot_be_is_named_with_the_mend(visits, options, match):
    data = visits.assign(constant=1.0, copy=visits["segment"])
    with pytest.raises(InvalidInput, match=match):
        stats.mode_effects(data, **{"columns": "csat", "mode": "channel", **options})


def test_styles_are_shares_of_the_persons_answers():
    data = pd.DataFrame({"a": [1.0, 3, 5], "b": [5.0, 3, None], "c": [5.0, 2, 4]})
    found = stats.response_styles(data, ["a", "b", "c"], scale=(1, 5))
    assert found["extreme"].tolist() == pytest.approx([1, 0, 0.5])
    assert found["middle"].tolist() == pytest.approx([0, 2 / 3, 0])
    assert found["top"].tolist() == pytest.approx([2 / 3, 0, 0.5])
    assert found["level"].tolist() == pytest.approx([2 / 3, 5 / 12, 7 / 8])


def test_places_in_the_list_show_primacy():
    options = pd.Categorical(["first", "last", None, "middle"], categories=["first", "middle", "last"])
    found = stats.response_styles(pd.DataFrame({"a": [1.0] * 4, "why": options}), ["a"], choices="why")
    assert found["place"].tolist()[:2] + found["place"].tolist()[3:] == [0, 1, 0.5]
    assert found["first"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize(
    ("options", "match"),
    [({"choices": "a"}, '"a" has no order of options'), ({"scale": (2, 5)}, '"a" has answers outside the scale 2–5')],
)
def test_styles_that_cannot_be_are_named_with_the_mend(options, match):
    with pytest.raises(InvalidInput, match=match):
        stats.response_styles(pd.DataFrame({"a": [1.0, 2]}), ["a"], **options)
