"""Frames of exams come from real attempts: the exam room of the operations' tests."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "operations")]


@pytest.fixture
def room(store, clock):
    from exam_room import Room

    return Room(store, clock)


@pytest.fixture
def field(store):
    from survey_field import in_the_field

    return in_the_field(store)
