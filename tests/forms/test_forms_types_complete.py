"""A question type that is missing in one of the tables is named here (docs/add-a-question-type.md)."""

from typing import get_args

import pytest

from svclib.forms import questions, simulation, surveyjs, values
from svclib.frames import columns

TYPES = [one for one in get_args(get_args(questions.Element)[0]) if issubclass(one, questions.Question)]


def name(kind):
    return get_args(kind.model_fields["type"].annotation)[0]


@pytest.mark.parametrize("kind", TYPES, ids=name)
def test_every_question_type_is_in_every_table(kind):
    tables = {
        "what the browser gets: surveyjs._OWN": surveyjs._OWN,
        "how a dry run answers: simulation._ANSWERS": simulation._ANSWERS,
        "which columns it makes: columns._COLUMNS": columns._COLUMNS,
    }
    missing = [table for table, entries in tables.items() if kind not in entries]
    missing += [] if name(kind) in values._CHECKS else ["what answers are possible: values._CHECKS"]
    assert missing == []
