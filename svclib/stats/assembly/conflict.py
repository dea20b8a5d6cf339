"""Why no form meets a blueprint: which rules cannot hold together, and by how much the nearest form misses them.

All rows get slack at a price (elastic program). Rules that need slack are made firm one round after the other until
nothing is left to give (Chinneck's elastic filter); of those, each that can be dropped without making the rest
possible is dropped (deletion filter). What remains cannot hold together, and would without any one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.assembly.problem import Named, Program, Row
from svclib.stats.marks import _

_TINY = 1e-6
_ROUNDS = 12
CONFLICT = _(
    "No form meets the blueprint. These rules cannot hold together: {conflict}. The nearest form misses: {misses}."
)
MISS = _("{rule} by {by}")


class ImpossibleBlueprint(InvalidInput):
    """No form meets the rules; ``conflict`` are those that cannot hold together, ``misses`` (rule, by how much)."""

    code = "impossible_blueprint"

    def __init__(self, conflict: list[Named], misses: list[tuple[Named, float]]) -> None:
        self.conflict, self.misses = conflict, misses
        super().__init__(CONFLICT, conflict=self._conflict("en"), misses=self._misses("en"))

    def _conflict(self, language: str) -> str:
        return "; ".join(in_words(rule, language) for rule in self.conflict)

    def _misses(self, language: str) -> str:
        told = [
            InvalidInput(MISS, rule=in_words(rule, language), by=f"{by:.4g}").render(language)
            for rule, by in self.misses
        ]
        return "; ".join(told)

    def render(self, language: str = "en") -> str:
        """Give the message with the rules in `language`."""
        fields = {"conflict": self._conflict(language), "misses": self._misses(language)}
        return InvalidInput(self.text, **fields).render(language)


def in_words(rule: Named, language: str = "en") -> str:
    """Name a rule."""
    return InvalidInput(rule.text, **rule.fields).render(language)


@dataclass(frozen=True)
class Nearest:
    """The nearest forms: `x` of the program's own columns, and what each rule misses."""

    x: Floats
    missed: Floats


def nearest(program: Program, firm: set[int], seconds: float) -> Nearest | None:
    """Minimise what rules other than `firm` miss, in units of one item each; None where even that is impossible."""
    rows: list[Row] = []
    extra: list[tuple[int, float]] = []
    for row in program.rows:
        if row.rule in firm or row.rule < 0:
            rows.append(row)
            continue
        columns, values = row.columns, row.values
        for end, sign in ((row.low, 1.0), (row.high, -1.0)):
            if np.isfinite(end):
                columns, values = np.append(columns, program.n + len(extra)), np.append(values, sign)
                extra.append((row.rule, 1 / program.rules[row.rule].unit))
        rows.append(row._replace(columns=columns, values=values))
    k = len(extra)
    wide = Program(
        np.concatenate([np.zeros(program.n), [price for _rule, price in extra]]),
        np.concatenate([program.lower, np.zeros(k)]), np.concatenate([program.upper, np.full(k, np.inf)]),
        np.concatenate([program.integer, np.zeros(k, dtype=int)]), rows, program.rules,
    )  # fmt: skip
    found = wide.solve(seconds=seconds, gap=0.01)
    if found.x is None:
        return None
    missed = np.zeros(len(program.rules))
    np.add.at(missed, [rule for rule, _price in extra], found.x[program.n :])
    return Nearest(found.x[: program.n], missed)


def explain(program: Program, seconds: float = 5.0) -> tuple[list[Named], list[tuple[Named, float]], Floats | None]:
    """Give the rules that cannot hold together, the misses of the nearest forms, and those forms."""
    plain = replace(program, cost=np.zeros(program.n))
    first = nearest(plain, set(), seconds)
    if first is None:
        return [], [], None
    misses = [(plain.rules[at], float(first.missed[at])) for at in np.flatnonzero(first.missed > _TINY)]
    firm: set[int] = set()
    found: Nearest | None = first
    for _round in range(_ROUNDS):
        if found is None:
            break
        needy = set(np.flatnonzero(found.missed > _TINY).tolist())
        if not needy:
            return [], misses, first.x
        firm |= needy
        found = nearest(plain, firm, seconds)
    return [plain.rules[at] for at in _irreducible(plain, sorted(firm), seconds)], misses, first.x


def _irreducible(program: Program, rules: list[int], seconds: float) -> list[int]:
    kept = list(rules)
    for rule in rules:
        rest = [one for one in kept if one != rule]
        rows = [row for row in program.rows if row.rule in rest or row.rule < 0]
        if replace(program, rows=rows).solve(seconds=seconds).status == "impossible":
            kept = rest
    return kept
