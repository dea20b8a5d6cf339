import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.demo.forms_pair import calibrations
from svclib.errors import InvalidInput
from svclib.stats.item_response.fit import irt
from svclib.stats.linking.item_scores import observed_scores, true_scores
from svclib.stats.linking.items import cut_of, forms
from svclib.stats.linking.link import nodes

R = json.loads((Path(__file__).parent / "reference" / "linking.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def linked(table):
    fits = [irt(table(f"forms_{form}").iloc[:, 1:], model="2pl") for form in "xy"]
    return fits, stats.link(*fits, quadrature=30)


def errors(found, cov):
    return np.sqrt(np.einsum("kp,pq,kq->k", found.steps, cov, found.steps))


def test_true_scores_and_their_errors_are_those_of_r(linked):
    new, old, cov = forms(*linked[0], linked[1])
    found = true_scores(old, new)  # R gives the old form's scores in points of the new one
    np.testing.assert_allclose(found.equated[1:], R["tse"]["X.as.Y"], atol=1e-5)
    np.testing.assert_allclose(errors(found, cov)[1:-1], np.array(R["tse"]["StdErr"], float)[:-1], atol=1e-5)


def test_observed_scores_and_their_errors_are_those_of_r(linked):
    new, old, cov = forms(*linked[0], linked[1])
    found = observed_scores(old, new, *nodes(30), 0.5)
    np.testing.assert_allclose(found.equated, R["ose"]["X.as.Y"], atol=1e-5)
    np.testing.assert_allclose(errors(found, cov), R["ose"]["StdErr"], atol=1e-5)


@pytest.mark.parametrize("method", ["irt_true", "irt_observed"])
def test_the_public_verb_counts_the_link(linked, method):
    fits, link = linked
    made = stats.equate(*fits, method=method, link=link).frame
    assert made["std_error"][1:40].between(0.01, 1).all()
    assert made["equated"].is_monotonic_increasing
    bare = stats.equate(link, fits[1], method=method)
    np.testing.assert_allclose(bare.frame["equated"], made["equated"], atol=2e-3 if method == "irt_true" else 0.3)
    assert any("no covariances" in note for note in bare.notes)


def test_a_fit_of_three_parameters_has_errors(linked):
    new, old = (part.assign(c=0.2) for part in calibrations(noise=0))
    made = stats.equate(new, old, method="irt_true", link=stats.link(new, old)).frame
    chance = 0.2 * 40
    below = made[(made["score"] <= chance) & (made["score"] > 0)]
    np.testing.assert_allclose(below["equated"], below["score"], atol=1e-9)  # equal sums: the line is identity
    assert below["note"].str.contains("guessing").all()
    assert made["equated"].iloc[-1] == 40


def test_below_chance_scores_lie_on_a_line():
    new, old = (part.assign(c=c) for part, c in zip(calibrations(noise=0), (0.1, 0.25), strict=True))
    made = stats.equate(new, old, method="irt_true").frame
    np.testing.assert_allclose(made["equated"][:5], np.arange(5) * 2.5, atol=1e-6)
    np.testing.assert_allclose(made["equated"][40], 40)


def test_a_form_equates_to_itself():
    old = calibrations()[1]
    for method in ("irt_true", "irt_observed"):
        made = stats.equate(old, old, method=method).frame
        np.testing.assert_allclose(made["equated"], made["score"], atol=1e-7)


def test_items_of_more_categories_equate():
    rng = np.random.default_rng(2)
    new, old = (
        pd.DataFrame(
            {"item": [f"{letter}{k}" for k in range(6)], "model": "gpcm", "a": rng.uniform(0.8, 1.5, 6)}
        ).assign(b1=rng.normal(-0.5, 0.3, 6), b2=rng.normal(0.5, 0.3, 6))
        for letter in "xy"
    )
    true, seen = (stats.equate(new, old, method=method).frame for method in ("irt_true", "irt_observed"))
    assert len(true) == 13
    np.testing.assert_allclose(true["equated"], seen["equated"], atol=0.5)


def test_the_pass_mark_is_carried_back():
    new, old = calibrations()
    link = stats.link(new, old)
    cut = cut_of(link, 24)
    made = stats.equate(new, old, method="irt_true", link=link).frame
    assert np.interp(cut, made["score"], made["equated"]) == pytest.approx(24)
    with pytest.raises(InvalidInput, match="cut"):
        cut_of(link, 41)


def test_other_items_than_the_linked_ones_are_refused():
    new, old = calibrations()
    link = stats.link(new, old)
    with pytest.raises(InvalidInput, match="other items"):
        stats.equate(new.iloc[1:], old, method="irt_true", link=link)
    with pytest.raises(InvalidInput, match="weight"):
        stats.equate(new, old, method="irt_observed", link=link, weight=2)
