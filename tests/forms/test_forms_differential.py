"""Python's validator against the real survey-core on random surveys and answers."""

from __future__ import annotations

import os

CASES = int(os.environ.get("SVC_DIFFERENTIAL", "1000"))


def test_no_difference_from_survey_core(differential, oracle):
    different = {case.seed: found for case, found in differential.run(range(CASES), oracle) if found}
    assert different == {}


def test_the_oracle_sees_a_wrong_validator(differential, oracle, monkeypatch):
    monkeypatch.setattr("svclib.forms.validation._required", lambda question, shown: False)
    assert any(found for _case, found in differential.run(range(60), oracle))
