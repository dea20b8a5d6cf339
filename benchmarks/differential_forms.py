"""Python's validator against the real survey-core on random surveys and answers.

Run ``python benchmarks/differential_forms.py 50000``: prints the cases tried, the differences and the time. A
difference is printed with its seed; ``python benchmarks/differential_forms.py --seed N`` shows that case.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from py_mini_racer import MiniRacer

from svclib.forms import Survey, check, from_body, survey_form, validate
from svclib.forms.expressions import Compare, parse, walk

ORACLE = Path(__file__).parents[1] / "frontend" / "dist-oracle" / "oracle.js"
TEXT = {"zh-CN": "问", "en": "Q"}
WORDS = ["a", "A ", "Queue was long", "等候", "5", "05", "1e2", "TRUE", "'x'", "0x10", "", "  ", "1,5", "long", "-"]
EMAILS = [
    "a@example.com",
    "a.b@mail.example.org",
    "no",
    "a@b",
    "@example.com",
    "a b@example.com",
    "a@example.c",
    "x@1.2",
]
DAYS = ["2024-01-01", "2024-02-29", "2023-12-31", "2025-06-30"]
TYPES = ["radiogroup", "dropdown", "checkbox", "rating", "boolean", "text", "comment", "matrix", "ranking"]
INPUTS = ["text", "number", "date", "email"]


def engine() -> MiniRacer:
    """Start survey-core."""
    context = MiniRacer()
    context.eval(ORACLE.read_text(encoding="utf-8"))
    return context


class Case:
    """One random survey and two sheets of answers, made from a seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.asked: list[dict[str, Any]] = []
        self.survey: Survey = from_body("survey", self._body())
        self.sheets = [self._sheet(), self._sheet()]

    def _body(self) -> dict[str, Any]:
        pages = [self._page(number) for number in range(self.random.randint(1, 3))]
        return {"survey": "s", "version": 1, "title": TEXT, "pages": pages}

    def _page(self, number: int) -> dict[str, Any]:
        page: dict[str, Any] = {"name": f"page_{number}", **self._visible(0.25)}
        page["elements"] = [self._element() for _ in range(self.random.randint(1, 4))]
        return page

    def _element(self) -> dict[str, Any]:
        chance = self.random.random()
        if chance < 0.1:
            return {"type": "html", "name": f"h{self.random.random():.12f}".replace(".", "_"), "html": TEXT}
        if chance < 0.25:
            panel = {"type": "panel", "name": f"p{self.random.random():.12f}".replace(".", "_"), **self._visible(0.5)}
            return panel | {"elements": [self._question() for _ in range(self.random.randint(1, 3))]}
        return self._question()

    def _question(self) -> dict[str, Any]:
        kind = self.random.choice(TYPES)
        question: dict[str, Any] = {"type": kind, "name": f"q{len(self.asked)}", "title": TEXT}
        question |= self._visible(0.5) | getattr(self, f"_{kind}", self._plain)()
        if self.random.random() < 0.4:
            question["isRequired"] = True
        elif self.random.random() < 0.3 and self.asked:
            question["requiredIf"] = self._condition()
        self.asked.append(question)
        return question

    def _plain(self) -> dict[str, Any]:
        return {}

    def _choices(self, low: int = 1) -> list[dict[str, Any]]:
        values = self.random.sample(["a", "b", "1", "2", "10", "x_1", "none_of_it"], self.random.randint(low, 5))
        return [{"value": value, "text": TEXT} for value in values]

    def _flip(self) -> bool:
        return self.random.random() < 0.3

    def _radiogroup(self) -> dict[str, Any]:
        return {"choices": self._choices(), "showOtherItem": self._flip(), "dontKnow": self._flip()}

    _dropdown = _radiogroup

    def _checkbox(self) -> dict[str, Any]:
        question = self._radiogroup()
        low = self.random.randint(0, 1 if question["dontKnow"] else len(question["choices"]))
        return question | {"minSelectedChoices": low, "maxSelectedChoices": self.random.choice([0, max(low, 2)])}

    def _rating(self) -> dict[str, Any]:
        low = self.random.choice([0, 1, -2])
        return {"rateMin": low, "rateMax": low + self.random.randint(1, 10)}

    def _text(self) -> dict[str, Any]:
        kind = self.random.choice(INPUTS)
        bounds = {"number": {"min": -3, "max": 7.5}, "date": {"min": "2024-01-01", "max": "2024-12-31"}}.get(kind, {})
        return {"inputType": kind} | (bounds if self.random.random() < 0.5 else {})

    def _matrix(self) -> dict[str, Any]:
        rows = [{"value": value, "text": TEXT} for value in ["r1", "2", "staff"][: self.random.randint(1, 3)]]
        columns = [{"value": value, "text": TEXT} for value in self.random.choice([[1, 2, 3], ["lo", "hi"]])]
        return {"rows": rows, "columns": columns, "isAllRowRequired": self._flip(), "dontKnow": self._flip()}

    def _ranking(self) -> dict[str, Any]:
        return {"choices": self._choices(2)}

    def _visible(self, chance: float) -> dict[str, Any]:
        return {"visibleIf": self._condition()} if self.asked and self.random.random() < chance else {}

    def _condition(self, depth: int = 0) -> str:
        chance = self.random.random()
        if depth < 3 and chance < 0.35:
            word = self.random.choice(["and", "or"])
            return f"{self._group(depth)} {word} {self._group(depth)}"
        if depth < 3 and chance < 0.45:
            return f"!({self._condition(depth + 1)})"
        return self._leaf()

    def _group(self, depth: int) -> str:
        inner = self._condition(depth + 1)
        return f"({inner})" if self.random.random() < 0.5 else inner

    def _leaf(self) -> str:
        question = self.random.choice(self.asked)
        name, kind = question["name"], question["type"]
        if kind == "matrix" and self.random.random() < 0.8:
            return self._cell(question)
        if kind in {"ranking", "matrix"} or self.random.random() < 0.2:
            return "{" + name + "} " + self.random.choice(["empty", "notempty"])
        return "{" + name + "} " + self._test(question)

    def _cell(self, question: dict[str, Any]) -> str:
        row = self.random.choice(question["rows"])["value"]
        values = [column["value"] for column in question["columns"]]
        ordered = isinstance(values[0], int) and not question.get("dontKnow")
        operator = self.random.choice(["=", "!=", "<", ">="] if ordered else ["=", "!="])
        return "{" + f"{question['name']}.{row}" + "} " + f"{operator} {self.random.choice(values)!r}"

    def _test(self, question: dict[str, Any]) -> str:
        kind = question.get("inputType", question["type"])
        pick = self.random.choice
        if kind == "boolean":
            return pick(["= true", "!= true", "= false", "!= false"])
        if kind in {"rating", "number"}:
            numbers = (
                [-2, 0, 1, 2, 5, 7.5] if kind == "number" else list(range(question["rateMin"], question["rateMax"] + 1))
            )
            return f"{pick(['=', '!=', '<', '>', '<=', '>=', '<>', '=='])} {pick(numbers)}"
        if kind == "date":
            return f"{pick(['=', '!=', '<', '>', '<=', '>='])} '{pick(DAYS)}'"
        if kind in {"comment", "email"} or question["type"] == "text":
            return f"{pick(['=', '!=', 'contains', 'notcontains'])} '{pick(['a', 'LONG', '等', 'queue was long'])}'"
        values = [choice["value"] for choice in question["choices"]]
        if kind == "checkbox" and self.random.random() < 0.5:
            return f"{pick(['contains', 'notcontains'])} '{pick(values)}'"
        chosen = self.random.sample(values, self.random.randint(1, len(values)))
        if kind == "checkbox" or self.random.random() < 0.4:
            return f"{pick(['anyof', 'noneof', 'allof'] if kind == 'checkbox' else ['anyof', 'noneof'])} {chosen!r}"
        return f"{pick(['=', '!='])} '{pick(values)}'"

    def _sheet(self) -> dict[str, Any]:
        sheet: dict[str, Any] = {}
        for question in self.asked:
            if self.random.random() < 0.8:
                value = sheet[question["name"]] = self._value(question)
                if value == "other" or (isinstance(value, list) and "other" in value):
                    sheet[question["name"] + "-Comment"] = self.random.choice(["words", "", "其他"])
        return {name: value for name, value in sheet.items() if value not in ("", [], {})}

    def _value(self, question: dict[str, Any]) -> Any:
        kind, pick = question["type"], self.random.choice
        if kind in {"radiogroup", "dropdown"}:
            return pick(self._options(question))
        if kind == "checkbox":
            options = self._options(question)
            # The page does not let one choose more than the most.
            most = question["maxSelectedChoices"] or len(options)
            chosen = self.random.sample(options, self.random.randint(0, min(most, len(options))))
            return ["dont_know"] if "dont_know" in chosen else chosen
        if kind == "rating":
            return self.random.randint(question["rateMin"], question["rateMax"])
        if kind == "boolean":
            return pick([True, False])
        if kind == "ranking":
            return self.random.sample(
                *[[choice["value"] for choice in question["choices"]]] * 1, len(question["choices"])
            )
        if kind == "matrix":
            return self._cells(question)
        values = {"number": [-5, 0, 1, 2, 5, 7.5, 8], "date": [*DAYS, "2030-01-01"], "email": EMAILS}
        return pick(values.get(question.get("inputType", ""), WORDS))

    def _options(self, question: dict[str, Any]) -> list[str]:
        extra = ["other"] * question["showOtherItem"] + ["dont_know"] * question["dontKnow"]
        return [choice["value"] for choice in question["choices"]] + extra

    def _cells(self, question: dict[str, Any]) -> dict[str, Any]:
        columns = [column["value"] for column in question["columns"]] + ["dont_know"] * question["dontKnow"]
        rows = [row["value"] for row in question["rows"] if self.random.random() < 0.8]
        return {row: self.random.choice(columns) for row in rows}


def request(case: Case) -> dict[str, Any]:
    """What survey-core is asked: the first sheet, and the second filled in over it."""
    return {"form": survey_form(case.survey), "sheets": case.sheets}


def differences(case: Case, replies: list[dict[str, Any]]) -> list[str]:
    """Tell where Python and survey-core differ."""
    found = [f"{code.code}: {code.render()}" for code in check(case.survey) if code.code in FAULTS]
    first, second = replies
    found += _compare(case, first, case.sheets[0])
    if not any(_outside(case, sheet) for sheet in case.sheets):
        found += _compare(case, second, second["data"])
    return found


def _outside(case: Case, sheet: dict[str, Any]) -> set[str]:
    """Name the numbers and dates outside their range: survey-core takes such a value out of the data at once."""
    problems = validate(case.survey, sheet, complete=False).problems
    return {problem.name for problem in problems if problem.code == "range"}


FAULTS = {"mixed_types", "no_choice", "later_reference", "unknown_reference", "invalid_expression"}


def _compare(case: Case, reply: dict[str, Any], sheet: dict[str, Any]) -> list[str]:
    ours = validate(case.survey, sheet, complete=True)
    outside = [problem.name for problem in ours.problems if problem.code == "range"]
    if outside:
        # What follows from a value that survey-core took out is another sheet: only the first is compared.
        return [] if outside[0] in reply["wrong"] else [f"range: ours {outside} theirs {reply['wrong']}"]
    wrong = {problem.name.removesuffix("-Comment") for problem in ours.problems}
    pairs = {
        "visible": (list(ours.visible), reply["visible"]),
        "wrong": (sorted(wrong), sorted(reply["wrong"])),
        "data": (ours.answers, reply["data"]),
    }
    return [f"{key}: ours {mine} theirs {theirs}" for key, (mine, theirs) in pairs.items() if mine != theirs]


def run(seeds: range, context: MiniRacer | None = None, batch: int = 100) -> Iterator[tuple[Case, list[str]]]:
    """Try cases; give each with its differences."""
    context = context or engine()
    for start in range(0, len(seeds), batch):
        cases = [Case(seed) for seed in seeds[start : start + batch]]
        text = json.dumps([request(case) for case in cases])
        replies = json.loads(str(context.call("checkSheets", text)))
        for case, states in zip(cases, replies, strict=True):
            yield case, differences(case, states)


def leaves(survey: Survey) -> int:
    """Count the comparisons in a survey's conditions."""
    conditions = [placed.element.visible_if for placed in survey.placed if placed.element.visible_if]
    return sum(isinstance(node, Compare) for condition in conditions for node in walk(parse(condition)))


def main(full: bool = True) -> dict[str, float]:
    """Try 50,000 cases; 2,000 where not `full`."""
    begun, number = time.perf_counter(), 50_000 if full else 2_000
    tried = [(leaves(case.survey), bool(found)) for case, found in run(range(number))]
    return {
        "cases": len(tried), "comparisons in conditions": sum(count for count, _found in tried),
        "differences": sum(found for _count, found in tried), "seconds": time.perf_counter() - begun,
    }  # fmt: skip


def command() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=50_000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    start = time.perf_counter()
    seeds = (
        range(options.start, options.start + options.count)
        if options.seed is None
        else range(options.seed, options.seed + 1)
    )
    different = tests = 0
    for case, found in run(seeds):
        tests += leaves(case.survey)
        if found:
            different += 1
            print(f"seed {case.seed}: {found}")
        if options.seed is not None:
            print(case.survey, case.sheets)
    seconds = time.perf_counter() - start
    print(f"{len(seeds)} cases, {tests} comparisons, {different} differences, {seconds:.0f} s")


if __name__ == "__main__":
    command()
