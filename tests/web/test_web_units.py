"""Small parts by themselves: back-off, the sliding hour, strict JSON, local paths, safe files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svclib.errors import InvalidInput, TooMany
from svclib.web.base import local_path
from svclib.web.static import find
from svclib.web.strict_json import parse
from svclib.web.throttle import HourlyLimit, Throttle


class Seconds:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_waiting_time_doubles_and_ends():
    seconds = Seconds()
    throttle = Throttle(seconds, free=2)
    waits = []
    for _try in range(4):
        throttle.failed("a")
        try:
            throttle.check("a")
            waits.append(0)
        except TooMany as refused:
            waits.append(refused.fields["seconds"])
            seconds.now += refused.fields["seconds"]
    assert waits == [0, 6, 11, 21]
    throttle.check("a")


def test_success_forgets_failures():
    throttle = Throttle(Seconds(), free=1)
    throttle.failed("a")
    throttle.succeeded("a")
    throttle.check("a")


def test_one_key_does_not_slow_another():
    throttle = Throttle(Seconds(), free=0)
    throttle.failed("a")
    throttle.check("b")


def test_hour_slides():
    seconds = Seconds()
    limit = HourlyLimit(seconds)
    limit.take("a", 2)
    seconds.now = 1800
    limit.take("a", 2)
    with pytest.raises(TooMany) as refused:
        limit.take("a", 2)
    assert refused.value.fields["seconds"] == 1801
    seconds.now = 3601
    limit.take("a", 2)


WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_good_json_is_read_as_it_was_written(value):
    assert parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body):
    try:
        parse(body)
    except InvalidInput as refused:
        assert refused.render("en")


@given(st.text(max_size=30))
def test_next_page_is_always_local(text):
    path = local_path(text)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert "\\" not in path


@pytest.mark.parametrize("path", ["../a", "a/../../b", ".git/config", "", "a//b", "/etc/passwd", "a\\b", "x\0"])
def test_no_path_leads_outside(tmp_path, path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "a").write_text("x")
    assert find((root,), path) is None


def test_link_to_the_outside_is_no_file(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("x")
    (root / "link").symlink_to(tmp_path / "secret")
    assert find((root.resolve(),), "link") is None
