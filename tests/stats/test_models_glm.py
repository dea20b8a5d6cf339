import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats import Design

REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="module")
def r():
    return json.loads((REFERENCE / "survey_design.json").read_text(encoding="utf-8"))["values"]


@pytest.fixture(scope="module")
def visits(table):
    data = table("visits")
    return data.assign(satisfied=(data["csat"] >= 4).astype(int))


@pytest.fixture(scope="module")
def design(visits):
    return Design(visits, weights="weight", strata="region", cluster="branch", fpc="N_stratum")


def coefficients(fit):
    return fit.frame[["estimate", "std_error", "statistic", "p_value"]].to_numpy()


def test_a_linear_model_of_a_design_equals_svyglm(design, r):
    fit = stats.glm(design, "csat", ["wait_minutes", "segment", "channel"])
    np.testing.assert_allclose(coefficients(fit), r["glm_gaussian"][".matrix"], rtol=1e-10)


def test_the_outcome_cannot_explain_itself(visits):
    with pytest.raises(InvalidInput, match='"csat" cannot explain itself'):
        stats.glm(visits, "csat", ["wait_minutes", "csat:segment"])


def test_text_as_outcome_names_the_mend():
    with pytest.raises(InvalidInput, match="success='yes'"):
        stats.glm(pd.DataFrame({"y": ["yes", "no"] * 5, "x": range(10)}), "y", "x", family="binomial")
