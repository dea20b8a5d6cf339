"""kill -9 of the server under load: what was acknowledged is there, once."""

import pytest

from benchmarks.kills import kill_often
from svclib.demo import build

TIMES = 10


@pytest.mark.slow
def test_ten_kills_lose_and_double_nothing(settings):
    build(settings, scale=0.02)
    found = kill_often(settings, TIMES)
    assert found["acknowledged"] > 100
    assert (found["lost"], found["doubled"], found["findings of verify"]) == (0, 0, 0)
