"""The network is lost in an exam: nothing that was answered is."""

import pytest

from benchmarks import resume

pytestmark = pytest.mark.browser


def test_nothing_is_lost_and_one_goes_on_at_once(chromium, fortress):
    path = resume.prepare(fortress.settings)
    found = resume.play(chromium, fortress, path, 3.0)
    assert found.lost == 0
    assert found.unsent_shown == 3
    assert found.same_browser <= 5
    assert found.other_browser <= 5
    assert found.older_page_is_read_only
