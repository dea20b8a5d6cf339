"""The exam room for tests of exams: ``from exam_room import …`` finds the helper beside this file."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def room(store, clock):
    from exam_room import Room

    return Room(store, clock)
