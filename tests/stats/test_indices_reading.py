import numpy as np
import pandas as pd
import pytest

from svclib import stats
from svclib.errors import InvalidInput
from svclib.stats.design.reading import of_responses
from svclib.stats.design.results import OPT_IN


@pytest.fixture
def responses():
    """Two sampled branches, and volunteers of whom nothing is known."""
    return pd.DataFrame(
        {
            "stratum": pd.Categorical(["b1", "b1", "b1", "b2", "b2", None, None]),
            "cluster": pd.Categorical(["d1", "d1", "d2", "d1", "d2", None, None]),
            "weight": [2.0, 2, 2, 3, 3, 1, 1],
            "fpc": [90.0, 90, 90, 80, 80, np.nan, np.nan],
            "source": pd.Categorical(["probability"] * 5 + ["opt-in"] * 2, ["probability", "census", "opt-in"]),
            "score": [5.0, 4, 4, 3, 2, 5, 5],
        },
        index=pd.Index(list("abcdefg"), name="response_id"),
    )


def test_who_has_no_stratum_is_in_that_of_the_source(responses):
    design = of_responses(responses, weights="weight", strata="stratum", source=["probability", "opt-in"])
    assert design.frame["stratum"].tolist()[-3:] == ["b2", "opt-in", "opt-in"]
    assert responses["stratum"].isna().sum() == 2
    assert (design.mean("score").frame["note"] == OPT_IN).all()


def test_a_sampled_source_alone_has_a_sampling_error(responses):
    sampled = responses[responses["source"] == "probability"]
    ours = of_responses(sampled, weights="weight", strata="stratum", source=["probability"])
    expected = stats.Design(sampled, weights="weight", strata="stratum").mean("score").frame
    pd.testing.assert_frame_equal(ours.mean("score").frame, expected)


def test_clusters_of_the_same_name_in_two_strata_are_two(responses):
    design = of_responses(responses, strata="stratum", cluster="cluster", source=["probability", "opt-in"])
    assert design.degrees_of_freedom == 6 - 3  # b1: 2, b2: 2, volunteers: one each


def test_population_sizes_count_where_all_have_one(responses):
    assert of_responses(responses, strata="stratum", fpc="fpc").fpc is None
    assert of_responses(responses.head(5), strata="stratum", fpc="fpc").fpc == "fpc"


def test_a_lonely_stratum_is_no_error(responses):
    design = of_responses(responses.iloc[[0, 1, 3]], strata="stratum")
    assert design.mean("score").frame["std_error"].item() > 0


def test_no_plan_is_a_simple_random_sample(responses):
    ours, plain = of_responses(responses).mean("score").frame, stats.Design(responses).mean("score").frame
    pd.testing.assert_frame_equal(ours, plain)


def test_no_responses_are_refused(responses):
    with pytest.raises(InvalidInput, match="no rows"):
        of_responses(responses.iloc[:0], strata="stratum")
