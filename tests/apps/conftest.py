"""The hall for tests of the exam apps: ``from exam_hall import …`` finds the helper beside this file."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def hall(file_store, clock):
    from exam_hall import Hall

    return Hall(file_store, clock)
