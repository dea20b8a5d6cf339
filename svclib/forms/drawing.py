"""Exam forms drawn from a bank: the blueprint filled, enemies kept apart, cases kept together, by a stored seed.

Draws are reproducible across Python versions: only ``random.Random(str)`` and its ``random()`` are used, both of which
Python keeps stable; shuffles sort by the drawn numbers.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, TypeVar

from svclib.errors import InvalidInput
from svclib.forms.bank import Bank, Item, Matching, Multiple, Ordering, Single
from svclib.forms.exam import BlueprintRow, Exam, ExamForm, FormItem
from svclib.i18n import _

T = TypeVar("T")
TRIES = 200


class BlueprintShortage(InvalidInput):
    """The bank cannot fill a row of the blueprint; fields: row, wanted, found."""

    code = "blueprint_shortage"


def draw(exam: Exam, bank: Bank, seed: int | str) -> ExamForm:
    """Draw a form.

    Parameters
    ----------
    exam : Exam
    bank : Bank
        Only its approved items are drawn.
    seed : int or str
        The same exam, bank and seed give the same form. A fixed exam has the same items for every seed; their order and
        that of the options depend on it only where the exam shuffles.

    Raises
    ------
    BlueprintShortage
        If approved items do not fill a row, naming the row and what is missing.
    """
    key = "fixed" if exam.form == "fixed" else str(seed)
    chosen = _choose(exam, bank, key)
    order = _arranged(chosen, bank, exam.shuffle_items, f"{seed}/items")
    places = [_place(bank.by_id[id], chosen[id], exam.shuffle_choices, str(seed)) for id in order]
    return ExamForm(
        exam=exam.exam, version=exam.version, bank=bank.bank, bank_version=bank.version, title=exam.title,
        seed=str(seed), items=tuple(places),
    )  # fmt: skip


def matches(item: Item, row: BlueprintRow) -> bool:
    """Whether an item may stand in a row of the blueprint (approved, and of its topic, level and type)."""
    wanted = ((row.topic, item.topic), (row.level, item.level), (row.type, item.type))  # type: ignore[attr-defined]
    return item.status == "approved" and all(want is None or want == has for want, has in wanted)


def _choose(exam: Exam, bank: Bank, key: str) -> dict[str, float]:
    """Give the chosen items' points by id; rows with the least choice are filled first."""
    pools = [[item for item in bank.items if matches(item, row)] for row in exam.blueprint]
    by_scarcity = sorted(range(len(pools)), key=lambda number: len(pools[number]) - exam.blueprint[number].count)
    short: tuple[int, int] = (0, 0)
    for attempt in range(TRIES):
        chosen: dict[str, float] = {}
        for number in by_scarcity:
            row = exam.blueprint[number]
            found = _fill(shuffled(pools[number], f"{key}/{attempt}/{number}"), row.count, chosen, bank)
            if len(found) < row.count:
                short = (number, len(found))
                break
            chosen |= {item.id: row.points or item.points for item in found}
        else:
            return chosen
    raise _shortage(exam, *short)


def _fill(pool: list[Any], count: int, chosen: dict[str, float], bank: Bank) -> list[Item]:
    taken: list[Item] = []
    barred = {enemy for id in chosen for enemy in bank.enemies[id]}
    for item in pool:
        if len(taken) == count:
            break
        if item.id not in chosen and item.id not in barred:
            taken.append(item)
            barred |= bank.enemies[item.id]
    return taken


def _shortage(exam: Exam, number: int, found: int) -> BlueprintShortage:
    row = exam.blueprint[number]
    wanted = ", ".join(str(part) for part in (row.topic, row.level, row.type) if part) or "*"
    text = _(
        "Row {row} of the blueprint ({wanted}) needs {count} approved items; the bank can give {found}: {missing} more."
    )
    fields: dict[str, Any] = {
        "row": number + 1,
        "wanted": wanted,
        "count": row.count,
        "found": found,
        "missing": row.count - found,
    }
    return BlueprintShortage(text, **fields)


def _arranged(chosen: dict[str, float], bank: Bank, shuffle: bool, seed: str) -> list[str]:
    """Order the items: as in the bank or shuffled, those of one stimulus together in the bank's order."""
    groups: dict[str, list[str]] = {}
    for item in bank.items:
        if item.id in chosen:
            groups.setdefault(f"={item.stimulus}" if item.stimulus else item.id, []).append(item.id)
    cases = list(groups.values())
    return [id for case in (shuffled(cases, seed) if shuffle else cases) for id in case]


def _place(item: Any, points: float, shuffle: bool, seed: str) -> FormItem:
    options = list(item.options)
    # An ordering task shown in the key's own order would be solved already.
    shuffle = (shuffle and isinstance(item, Single | Multiple | Matching)) or isinstance(item, Ordering)
    if shuffle and not item.fixed_order:
        options = shuffled(options, f"{seed}/{item.id}")
    return FormItem(id=item.id, points=points, options=tuple(options))


def shuffled(values: Iterable[T], seed: str) -> list[T]:
    """Give `values` in an order that depends on `seed` alone.

    >>> shuffled("abcdef", "1/items") == shuffled("abcdef", "1/items")
    True
    """
    generator = random.Random(seed)
    return [
        value for _number, value in sorted(((generator.random(), value) for value in values), key=lambda pair: pair[0])
    ]
