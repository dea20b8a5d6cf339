"""Canonical JSON and its hash, bodies and models, YAML there and back, schemas."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib.forms import InvalidDefinition, compile_definition, dump_yaml, from_body, hash_of, parse_definition
from svclib.forms.base import FORBIDDEN
from svclib.forms.loading import KINDS
from svclib.forms.schemas import schema_path, schema_text

from .conftest import BANK, EXAM, SURVEY, T

BODIES = {"survey": SURVEY, "bank": BANK, "exam": EXAM}


def shuffled(value, generator):
    if isinstance(value, dict):
        return {key: shuffled(value[key], generator) for key in generator.sample(list(value), len(value))}
    return [shuffled(part, generator) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_makes_the_definition_again(kind):
    definition = from_body(kind, BODIES[kind])
    compiled = compile_definition(definition)
    again = from_body(kind, json.loads(compiled.text))
    assert again == definition and compile_definition(again) == compiled


@pytest.mark.parametrize("kind", BODIES)
def test_yaml_there_and_back_is_equal(kind):
    definition = from_body(kind, BODIES[kind])
    assert parse_definition(dump_yaml(definition), "f") == definition


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_keys_never_changes_the_hash(kind, seed):
    mixed = shuffled(BODIES[kind], random.Random(seed))
    assert compile_definition(from_body(kind, mixed)).hash == compile_definition(from_body(kind, BODIES[kind])).hash


def test_a_default_written_out_never_changes_the_hash():
    plain = compile_definition(from_body("exam", EXAM)).hash
    assert compile_definition(from_body("exam", EXAM | {"attempts": 1, "pass_mark": 60.0})).hash == plain


def test_a_changed_text_changes_the_hash():
    plain = compile_definition(from_body("exam", EXAM)).hash
    assert compile_definition(from_body("exam", EXAM | {"title": T | {"en": "Other"}})).hash != plain


def test_a_hash_names_its_algorithm_and_is_stable():
    # Locked: published versions are found by it.
    assert hash_of({"b": 2.0, "a": ["é", None, True]}) == hash_of({"a": ["é", None, True], "b": 2})
    assert hash_of({"a": 1}) == "sha256:015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


def test_a_compiled_definition_knows_what_it_is(survey):
    compiled = compile_definition(survey)
    assert (compiled.kind, compiled.id, compiled.version) == ("survey", "s", 1)


WORDS = st.text(max_size=30).filter(lambda text: text.strip() and not FORBIDDEN.search(text) and "{" not in text)
TRICKY = st.sampled_from(
    ["yes", "null", "~", "1:30", "2024-01-01", "0x10", "1e3", "012", ": a", "- b", "# c", "a\n b\n", "'", '"', "&x"]
)


@settings(max_examples=60, deadline=None)
@given(WORDS | TRICKY, WORDS | TRICKY)
def test_any_text_survives_yaml(one, other):
    body = SURVEY | {"title": {"zh-CN": one, "en": other}, "thank_you": {"zh-CN": other, "en": one}}
    definition = from_body("survey", body)
    assert parse_definition(dump_yaml(definition), "f") == definition


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["1", "01", "0x1", "1e3", "null", "yes", "a_1"]), st.floats(0.01, 100), st.integers(0, 100))
def test_any_value_survives_yaml(value, points, mark):
    choices = {value: T, "z": {"zh-CN": "末", "en": "Last"}}
    items = [{**BANK["items"][0], "choices": choices, "key": value, "points": points}]
    for definition in (from_body("bank", BANK | {"items": items}), from_body("exam", EXAM | {"pass_mark": mark})):
        assert parse_definition(dump_yaml(definition), "f") == definition


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_files_are_current(kind):
    assert schema_path(kind).read_text(encoding="utf-8") == schema_text(kind), "run python -m svclib.forms.schemas"


def test_the_schemas_write_keys_as_the_files_do():
    assert "visibleIf" in schema_text("survey") and "visible_if" not in schema_text("survey")


@pytest.mark.parametrize(
    ("kind", "body"), [("quiz", SURVEY), ("survey", None), ("survey", []), ("bank", SURVEY), ("exam", {})]
)
def test_a_body_that_is_no_definition_is_refused(kind, body):
    with pytest.raises(InvalidDefinition):
        from_body(kind, body)
