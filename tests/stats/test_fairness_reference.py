import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.stats.item_response.fit import irt

REFERENCE = Path(__file__).parent / "reference"
R = json.loads((REFERENCE / "dif_exam.json").read_text(encoding="utf-8"))["values"]
OURS = json.loads((REFERENCE / "fairness.json").read_text(encoding="utf-8"))["values"]
CLOSED = {"rtol": 1e-9, "atol": 1e-10}
CHI = 3.841458820694124


@pytest.fixture(scope="module")
def group(table):
    return table("exam")["group"]


def run(exam, group, method="mantel_haenszel", **options):
    options = {"purify": False, "reference": "reference", **options}
    return stats.dif(exam, group, method=method, **options)


def corrected(theirs, uncorrected, variance):
    """R lets the correction of ½ overshoot 0; here it stops there."""
    return np.where(np.sqrt(np.array(uncorrected) * variance) < 0.5, 0.0, theirs)


def test_mantel_haenszel_is_that_of_r(exam, group):
    frame = run(exam, group).frame
    plain = run(exam, group, correct=False).frame
    np.testing.assert_allclose(plain["statistic"], R["MH_no_correction"], **CLOSED)
    np.testing.assert_allclose(frame["alpha"], R["MH"]["alphaMH"], **CLOSED)
    np.testing.assert_allclose(frame["std_error"] / 2.35, np.sqrt(R["MH"]["varLambda"]), **CLOSED)
    np.testing.assert_allclose(frame["estimate"], R["ETS_delta"], **CLOSED)
    higher = np.array(R["MH"]["MH"]) > plain["statistic"]
    np.testing.assert_allclose(frame["statistic"][~higher], np.array(R["MH"]["MH"])[~higher], **CLOSED)
    assert (frame["statistic"][higher] == 0).all()
    np.testing.assert_allclose(frame["p_value"][~higher], np.array(R["MH"]["p.value"])[~higher], **CLOSED)
    assert [int(item[1:]) for item in frame.loc[frame["statistic"] > CHI, "item"]] == R["MH"]["DIFitems"]


def test_purification_is_that_of_r(exam, group):
    found = run(exam, group, purify="significance")
    assert found.rounds == R["MH_purified"]["nrPur"]
    out = [int(name[1:]) for name in exam.columns if name not in found.anchors]
    assert out == R["MH_purified"]["DIFitems"]
    same = np.abs(found.frame["statistic"] - R["MH_purified"]["MH"]) < 1e-9
    assert (same | (found.frame["statistic"] == 0)).all()
    logistic = run(exam, group, "logistic", purify="significance")
    np.testing.assert_allclose(logistic.frame["statistic"], R["logistic_purified"]["Logistik"], rtol=1e-8)
    assert logistic.rounds == R["logistic_purified"]["nrPur"]


def test_standardisation_is_that_of_r(exam, group):
    np.testing.assert_allclose(run(exam, group, "standardization").frame["estimate"], R["standardization"], **CLOSED)
    np.testing.assert_allclose(run(exam, group).frame["difference"], R["standardization"], **CLOSED)


def test_breslow_day_is_that_of_r(exam, group):
    frame = run(exam, group, "breslow_day").frame
    np.testing.assert_allclose(frame[["statistic", "df", "p_value"]], R["breslow_day"][".matrix"], atol=5.1e-5)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("both", "logistic_both"), ("uniform", "logistic_uniform"), ("nonuniform", "logistic_nonuniform")],
)
def test_logistic_regression_is_that_of_r(exam, group, kind, name):
    frame = run(exam, group, "logistic", kind=kind).frame
    np.testing.assert_allclose(frame["statistic"], R[name]["Logistik"], rtol=1e-8, atol=1e-9)
    if kind == "both":
        shown = np.array(R[name]["logitPar"][".matrix"])
        full = shown[:, 3] != 0
        ours = frame[["b_intercept", "b_score", "b_group", "b_product"]].to_numpy()
        np.testing.assert_allclose(ours[full], shown[full], rtol=1e-6)
    if kind != "nonuniform":
        change, theirs = frame["r2_change"].to_numpy(), np.array(R[name]["deltaR2"])
        ratio = theirs / change  # where R's exp(-deviance / 2) underflows it gives Cox and Snell's R² instead
        assert ((np.abs(ratio - 1) < 1e-6) | ((ratio > 0.6) & (ratio < 0.76))).all()
        assert (np.abs(ratio - 1) < 1e-6).sum() >= 8


def test_several_groups_are_those_of_r(exam, table):
    three = table("exam")["centre"].str[1:].astype(int) % 3
    found = stats.dif(exam, three, purify=False, correct=False)
    np.testing.assert_allclose(found.omnibus["statistic"], OURS["gmh"], rtol=1e-9)
    assert (found.omnibus["df"] == 2).all()
    assert set(found.frame["reference"]) == {"everybody else"}
    for kind in ("both", "uniform", "nonuniform"):
        omnibus = stats.dif(exam, three, method="logistic", kind=kind, purify=False).omnibus
        np.testing.assert_allclose(omnibus["statistic"], OURS[f"logistic_{kind}"], rtol=1e-7, atol=1e-8)


def test_graded_items_are_those_of_r(exam, group):
    graded = pd.DataFrame({f"G{k}": exam.iloc[:, 2 * k] + exam.iloc[:, 2 * k + 1] for k in range(10)})
    both = run(graded, group, "logistic").frame
    uniform = run(graded, group, "logistic", kind="uniform").frame
    np.testing.assert_allclose(both["statistic"], OURS["graded_both"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(uniform["statistic"], OURS["graded_uniform"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(uniform["estimate"] / 2.35, OURS["graded_coefficient"], rtol=1e-3, atol=1e-4)


def test_the_likelihood_ratio_is_between_the_fits_of_mirt(exam, group):
    """Freeing the three planted items together moves the log-likelihood as in mirt; one of them alone is ours."""
    planted = ["I05", "I11", "I16"]
    wide = irt(exam, "2pl", groups=group, reference="reference", free=planted, std_errors=None)
    narrow = irt(exam, "2pl", groups=group, reference="reference", std_errors=None)
    assert wide.loglik == pytest.approx(R["multigroup_logLik"], abs=1e-4)
    assert narrow.loglik == pytest.approx(R["constrained_logLik"], abs=1e-4)
    some = exam[[*planted, *exam.columns[:4]]]
    found = run(some, group, "likelihood_ratio").frame
    base = irt(some, "2pl", groups=group, reference="reference", std_errors=None)
    free = irt(some, "2pl", groups=group, reference="reference", free=["I05"], std_errors=None)
    row = found[found["item"] == "I05"].iloc[0]
    assert row["statistic"] == pytest.approx(2 * (free.loglik - base.loglik), rel=1e-6)
    assert row["df"] == 2
    assert row["estimate"] < -1


def test_the_open_data_give_the_values_of_difr(published):
    values, read = published
    theirs, data = values("dif_verbal_difR"), read("verbal")
    items = data.iloc[:, :24]
    frame = run(items, data["Gender"], reference=0).frame
    plain = run(items, data["Gender"], reference=0, correct=False).frame
    np.testing.assert_allclose(plain["statistic"], theirs["mh_nocorrect"], **CLOSED)
    same = np.abs(frame["statistic"] - theirs["mh"]["MH"]) < 1e-8
    assert (same | (frame["statistic"] == 0)).all()
    np.testing.assert_allclose(frame["alpha"], theirs["mh"]["alphaMH"], **CLOSED)
    np.testing.assert_allclose(frame["estimate"], theirs["delta"], **CLOSED)
    np.testing.assert_allclose(
        run(items, data["Gender"], "standardization", reference=0).frame["estimate"], theirs["std"], **CLOSED
    )
    logistic = run(items, data["Gender"], "logistic", reference=0).frame
    np.testing.assert_allclose(logistic["statistic"], theirs["logistic_both"]["Logistik"], rtol=1e-8)
    np.testing.assert_allclose(logistic["r2_change"], theirs["logistic_both"]["deltaR2"], rtol=1e-6)
    np.testing.assert_allclose(logistic["wald"], theirs["logistic_wald"], rtol=4e-4)
    found = run(items, data["Gender"], "logistic", reference=0, purify="significance")
    np.testing.assert_allclose(found.frame["statistic"], theirs["logistic_purified"]["Logistik"], rtol=1e-8)
    assert found.rounds == theirs["logistic_purified"]["nrPur"]
    assert run(items, data["Gender"], reference=0, purify="significance").rounds == theirs["mh_purified"]["nrPur"]
    frame = run(items, data["Gender"], "breslow_day", reference=0).frame
    np.testing.assert_allclose(frame[["statistic", "df", "p_value"]], theirs["bd"][".matrix"], atol=5.1e-5)


def test_lord_and_raju_are_those_of_difr(published):
    """R's ltm fixes slopes and sd at 1: here a tight prior on the slopes does the same."""
    from svclib.stats.fairness.lord import lord
    from svclib.stats.fairness.reading import read_setting

    values, read = published
    theirs, data = values("dif_verbal_difR"), read("verbal")
    items = data.iloc[:, :24]
    setting = read_setting(items, data["Gender"], states=None, reference=0, focal=1, min_group=30)
    fits = []
    for code in (1, 0):
        rows = (data["Gender"] == code).to_numpy()
        fits.append(irt(items[rows], "2pl", priors={"a": (1.0, 1e-3)}, fallback=False))
    found = lord(setting, [tuple(fits)], np.ones(24, dtype=bool), 0.95)
    np.testing.assert_allclose(found["z_area"][:, 0], list(theirs["raju_1pl"]["RajuZ"].values()), rtol=0.01, atol=0.01)
    np.testing.assert_allclose(found["z_area"][:, 0] ** 2, theirs["lord_1pl"]["LordChi"], rtol=0.02, atol=0.01)
