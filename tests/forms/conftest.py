"""Small definitions that the tests of this room share."""

from __future__ import annotations

import copy
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from svclib.forms import Bank, Exam, Survey, from_body

T = {"zh-CN": "问题", "en": "Question"}
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "differential_forms.py"


def text(english: str, chinese: str | None = None) -> dict[str, str]:
    return {"zh-CN": chinese or f"文{english}", "en": english}


def choice(value: Any) -> dict[str, Any]:
    return {"value": value, "text": text(f"Choice {value}")}


def item(id: str, kind: str, **more: Any) -> dict[str, Any]:
    body = {"id": id, "type": kind, "topic": "t", "level": "apply", "status": "approved", "stem": text(f"Stem {id}")}
    return body | {"rationale": text(f"Because of rule {id}"), "source": "Rule 1"} | more


OPTIONS = {key: text(f"Option {key}") for key in "abcd"}
ITEMS = [
    item("i-1", "single", choices=OPTIONS, key="b"),
    item("i-2", "multiple", choices=OPTIONS, key=["a", "c"], scoring="partial"),
    item("i-3", "true_false", key=True),
    item("i-4", "numeric", key=12.5, tolerance=0.1, unit=text("%")),
    item("i-5", "ordering", choices=OPTIONS, key=["c", "a", "d", "b"]),
    item("i-6", "matching", left={"a": text("L a"), "b": text("L b")}, right=OPTIONS, key={"a": "c", "b": "d"}),
    item("i-7", "short_text", accepted=["due diligence", "尽职调查"]),
]
BANK = {"bank": "b", "version": 1, "title": T, "topics": {"t": text("Topic")}, "items": ITEMS}
EXAM = {"exam": "e", "version": 1, "title": T, "bank": "b", "minutes": 30, "pass_mark": 60} | {
    "form": "random",
    "shuffle_items": True,
    "shuffle_choices": True,
    "blueprint": [{"topic": "t", "count": 7}],
}
ELEMENTS = [
    {
        "type": "rating",
        "name": "overall",
        "title": T,
        "rateMin": 0,
        "rateMax": 10,
        "isRequired": True,
        "measure": "nps",
    },
    {"type": "comment", "name": "why", "title": text("Why {overall}?"), "visibleIf": "{overall} <= 6"},
    {"type": "radiogroup", "name": "channel", "title": T, "choices": [choice("app"), choice("branch")]}
    | {"showOtherItem": True, "dontKnow": True},
    {"type": "checkbox", "name": "topics", "title": T, "choices": [choice("a"), choice("b"), choice("c")]}
    | {"maxSelectedChoices": 2, "dontKnow": True},
    {"type": "matrix", "name": "grid", "title": T, "rows": [choice("r1"), choice("r2")], "dontKnow": True}
    | {"columns": [choice(1), choice(2), choice(3)], "isAllRowRequired": True, "visibleIf": "{topics} contains 'a'"},
    {"type": "ranking", "name": "order", "title": T, "choices": [choice("x"), choice("y"), choice("z")]},
    {"type": "boolean", "name": "again", "title": T, "requiredIf": "{overall} >= 9"},
    {"type": "text", "name": "visits", "title": T, "inputType": "number", "min": 0, "max": 99.5},
    {"type": "text", "name": "day", "title": T, "inputType": "date", "min": "2024-01-01"},
    {"type": "text", "name": "mail", "title": T, "inputType": "email"},
    {"type": "text", "name": "city", "title": T, "maxLength": 10},
    {"type": "dropdown", "name": "branch", "title": T, "choices": [choice("1"), choice("2")]},
    {"type": "html", "name": "note", "html": T},
]
SURVEY = {"survey": "s", "version": 1, "title": T, "pages": [{"name": "page", "elements": ELEMENTS}]}


@pytest.fixture
def survey() -> Survey:
    return from_body("survey", copy.deepcopy(SURVEY))


@pytest.fixture
def bank() -> Bank:
    return from_body("bank", copy.deepcopy(BANK))


@pytest.fixture
def exam() -> Exam:
    return from_body("exam", copy.deepcopy(EXAM))


@pytest.fixture
def make_survey() -> Callable[..., Survey]:
    """Make a survey of elements, each on one page."""

    def make(*elements: dict[str, Any], **more: Any) -> Survey:
        filled = [{"title": T} | element if element["type"] != "html" else element for element in elements]
        return from_body("survey", SURVEY | {"pages": [{"name": "page", "elements": filled}]} | more)

    return make


@pytest.fixture
def make_bank() -> Callable[..., Bank]:
    def make(*items: dict[str, Any], **more: Any) -> Bank:
        return from_body("bank", BANK | {"items": list(items)} | more)

    return make


@pytest.fixture(scope="session")
def differential() -> Any:
    """The differential test's module, shared with the benchmark."""
    spec = importlib.util.spec_from_file_location("differential_forms", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def oracle(differential: Any) -> Any:
    """The real survey-core."""
    return differential.engine()
