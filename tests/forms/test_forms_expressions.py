"""The expression language: grammar, truth, and agreement with survey-core."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from svclib.forms.evaluation import evaluate
from svclib.forms.expressions import ExpressionError, Reference, parse, references, write


def holds(expression: str, **answers) -> bool:
    return evaluate(parse(expression), answers)


@pytest.mark.parametrize(
    ("expression", "answers", "truth"),
    [
        ("{a} = 1", {"a": 1}, True),
        ("{a} = 1", {}, False),
        ("{a} != 1", {}, True),
        ("{a} < 1", {}, False),
        ("{a} >= 2", {"a": 2}, True),
        ("2 < {a}", {"a": 3}, True),
        ("{a} = 'x'", {"a": " X"}, True),
        ("{a} contains 'x'", {"a": ["x", "y"]}, True),
        ("{a} notcontains 'x'", {}, True),
        ("{a} anyof ['x', 'y']", {"a": "y"}, True),
        ("{a} allof ['x', 'y']", {"a": ["y"]}, False),
        ("{a} noneof ['x']", {}, True),
        ("{m.r} = 2", {"m": {"r": 2}}, True),
        ("{m.r} empty", {"m": {}}, True),
        ("{a} empty", {"a": []}, True),
        ("{a} notempty", {"a": False}, True),
        ("{a} = true", {"a": True}, True),
        ("{a} = 1 or {a} = 2 and {b} = 3", {"a": 1}, True),
        ("({a} = 1 or {a} = 2) and {b} = 3", {"a": 1}, False),
        ("!({a} = 1)", {"a": 2}, True),
    ],
)
def test_truth(expression, answers, truth):
    assert holds(expression, **answers) is truth


@pytest.mark.parametrize(
    "expression",
    [
        "", "{a}", "{a} =", "1 = 1", "{a} = {b} = {c}", "iif({a} = 1, 2, 3)", "{a} + 1 = 2", "{A} = 1", "{a-b} = 1",
        "{a} = 'x", "{a} = 'it\\'s'", "today() > {a}", "{a} matches 'x'", "{a} = 1 and", "({a} = 1", "{a} = 1)",
        "{panel.a.b} = 1", "{a} = [", "{a} = []", "{a} = [{b}]", "not {a}", "{a} = 1; {b} = 2", "{a} = 01x",
        "{a} = null", "!{a} = 1", "{a}=1or{b}=2or", "(" * 25 + "{a} = 1" + ")" * 25, "{a} = 1" + " or {a} = 1" * 200,
    ],
)  # fmt: skip
def test_anything_else_is_refused(expression):
    with pytest.raises(ExpressionError) as caught:
        parse(expression)
    assert "position" in caught.value.fields and caught.value.render("zh-CN") != caught.value.render("en")


def test_references_are_given_in_order():
    found = references("{a} = 1 and ({m.r} > {b} or {c} empty)")
    assert found == [Reference("a"), Reference("m", "r"), Reference("b"), Reference("c")]


ANSWER = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
LITERAL = st.sampled_from(["1", "-2.5", "'x'", "true", "false", "['x', 'y']", "[1, 2]", "''"])
OPERATOR = st.sampled_from(["=", "!=", "<", ">", "<=", ">=", "contains", "notcontains", "anyof", "allof", "noneof"])
LEAF = st.builds("{{a}} {} {}".format, OPERATOR, LITERAL) | st.sampled_from(
    ["{a} empty", "{a.r} notempty", "{a} = {b}"]
)
CONDITION = st.recursive(
    LEAF,
    lambda inner: (
        st.builds("({}) and {}".format, inner, inner)
        | st.builds("{} or ({})".format, inner, inner)
        | st.builds("!({})".format, inner)
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(CONDITION, ANSWER, ANSWER)
def test_the_evaluator_is_total(condition, one, other):
    assert holds(condition, a=one, b=other) in {True, False}


@settings(max_examples=200, deadline=None)
@given(CONDITION)
def test_a_condition_written_out_parses_to_an_equal_truth(condition):
    again = parse(write(parse(condition)))
    for value in (None, 1, "x", ["x"], True):
        assert evaluate(again, {"a": value}) == evaluate(parse(condition), {"a": value})


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_the_parser_refuses_or_parses_anything(text):
    try:
        parse(text)
    except ExpressionError:
        return
    assert write(parse(text))


PAIRS = [
    ("number", [1, 2, 7.5, 0, -2, None], ["1", "2", "7.5", "0", "-2"], ["=", "!=", "<", ">", "<=", ">=", "<>", "=="]),
    ("word", ["a", "1", "x_1", None], ["'a'", "'1'", "'x_1'"], ["=", "!="]),
    ("word", ["a", "1", None], ["['a', '1']", "['b']"], ["anyof", "noneof"]),
    ("set", [["a"], ["a", "1"], [], None], ["'a'", "'1'"], ["contains", "notcontains"]),
    ("set", [["a"], ["a", "b", "1"], None], ["['a', '1']", "['b']"], ["anyof", "allof", "noneof"]),
    ("boolean", [True, False, None], ["true", "false"], ["=", "!="]),
    ("date", ["2024-01-01", "2023-12-31", None], ["'2024-01-01'"], ["=", "!=", "<", ">", "<=", ">="]),
    ("text", ["Long queue", "LONG", "等候时间", "5", "TRUE", "'q'", " a ", None], ["'long'", "'等候'", "'a'"],
     ["=", "!=", "contains", "notcontains"]),
]  # fmt: skip


def test_every_comparison_agrees_with_survey_core(oracle):
    cases = [
        (f"{{a}} {operator} {literal}", value)
        for _kind, values, literals, operators in PAIRS
        for value in values
        for literal in literals
        for operator in operators
    ]
    asked = [
        {"expression": write(parse(text), "#"), "values": {"a": value} if value is not None else {}}
        for text, value in cases
    ]
    theirs = json.loads(oracle.call("runConditions", json.dumps(asked)))
    ours = [holds(text, a=value) for text, value in cases]
    assert [(case, one) for case, one, other in zip(cases, ours, theirs, strict=True) if one != other] == []


def test_nested_conditions_agree_with_survey_core(oracle):
    generator = random.Random(1)

    def build(depth: int) -> str:
        if depth == 0 or generator.random() < 0.3:
            return f"{{{generator.choice('abc')}}} {generator.choice(['=', '!=', '<', '>='])} {generator.randint(0, 3)}"
        if generator.random() < 0.2:
            return f"!({build(depth - 1)})"
        joined = f"{build(depth - 1)} {generator.choice(['and', 'or'])} {build(depth - 1)}"
        return f"({joined})" if generator.random() < 0.5 else joined

    cases = [
        (build(4), {name: generator.randint(0, 3) for name in "abc" if generator.random() < 0.8}) for _ in range(500)
    ]
    theirs = json.loads(
        oracle.call("runConditions", json.dumps([{"expression": text, "values": values} for text, values in cases]))
    )
    assert [evaluate(parse(text), values) for text, values in cases] == theirs
