"""A dry run of an exam: answers of candidates of known ability to items of known difficulty."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from svclib.forms.bank import Bank, Item, Matching, Multiple, Numeric, Ordering, ShortText, Single, TrueFalse
from svclib.forms.exam import ExamForm

Chance = Callable[[Item, float], float]
_LEVELS = {"remember": -1.2, "understand": -0.6, "apply": 0.0, "analyse": 0.6}


@lru_cache(maxsize=10_000)
def _parameters(id: str, level: str) -> tuple[float, float]:
    drawn = random.Random(f"difficulty/{id}")
    difficulty = _LEVELS[level] + drawn.gauss(0, 0.5)
    return difficulty, math.exp(drawn.gauss(0.1, 0.3))


def usual_chance(item: Item, ability: float) -> float:
    """Probability of a right answer by the three-parameter logistic model.

    Difficulty rises with the item's level and varies by its id; guessing is one over the number of options.
    """
    difficulty, discrimination = _parameters(item.id, item.level)
    guessing = 1 / len(item.options) if isinstance(item, Single | TrueFalse) else 0.02
    return guessing + (1 - guessing) / (1 + math.exp(-1.7 * discrimination * (ability - difficulty)))


def simulate_exam(
    form: ExamForm,
    bank: Bank,
    n: int,
    seed: int | str = 0,
    latent: Sequence[float] | None = None,
    *,
    chance: Chance = usual_chance,
    truth: Mapping[str, Any] | None = None,
    omit: float = 0.01,
) -> list[dict[str, Any]]:
    """Make `n` candidates' answers to a form; every one validates.

    Parameters
    ----------
    form : ExamForm
    bank : Bank
    n : int
    seed : int or str
    latent : sequence of float, optional
        The candidates' abilities in standard deviations; normal by default.
    chance : callable
        Item and ability → probability of a right answer.
    truth : mapping, optional
        Item id → what able candidates hold to be right, where it is not the key (a wrong key to be found).
    omit : float
        Share of items left unanswered.
    """
    generator = random.Random(f"{seed}/{form.exam}")
    abilities = latent if latent is not None else [generator.gauss(0, 1) for _ in range(n)]
    believed = {place.id: (truth or {}).get(place.id, key_of(bank.by_id[place.id])) for place in form.items}
    return [_candidate(form, bank, generator, abilities[number], chance, believed, omit) for number in range(n)]


def key_of(item: Any) -> Any:
    """Give an answer that earns full points."""
    if isinstance(item, ShortText):
        return item.accepted[0]
    if isinstance(item, TrueFalse):
        return str(item.key).lower()
    return list(item.key) if isinstance(item.key, tuple) else item.key


def _candidate(
    form: ExamForm,
    bank: Bank,
    generator: random.Random,
    ability: float,
    chance: Chance,
    believed: dict[str, Any],
    omit: float,
) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for place in form.items:
        item = bank.by_id[place.id]
        if generator.random() < omit:
            continue
        knows = generator.random() < chance(item, ability)
        answers[item.id] = believed[item.id] if knows else _WRONG[type(item)](item, believed[item.id], generator)
    return answers


def _other_option(item: Any, key: str, generator: random.Random) -> str:
    options = [option for option in item.options if option != key]
    return generator.choices(options, [1 / (1 + number) for number in range(len(options))])[0]


def _other_set(item: Multiple, key: list[str], generator: random.Random) -> list[str]:
    chosen = set(key) ^ {generator.choice(list(item.choices))}
    return [option for option in item.choices if option in chosen] or [_other_option(item, key[0], generator)]


def _other_number(item: Numeric, key: float, generator: random.Random) -> float:
    away = max(3 * item.tolerance, abs(key) * 0.1, 1.0)
    return round(key + generator.choice((-1, 1)) * away * generator.uniform(1, 3), 4)


def _other_order(_item: Ordering, key: list[str], generator: random.Random) -> list[str]:
    order = list(key)
    place = generator.randrange(len(order) - 1)
    order[place], order[place + 1] = order[place + 1], order[place]
    return order


def _other_pairs(item: Matching, key: dict[str, str], generator: random.Random) -> dict[str, str]:
    left = generator.choice(list(item.left))
    return {**key, left: _other_option(item, key[left], generator)}


def _other_words(_item: ShortText, key: str, generator: random.Random) -> str:
    return key[::-1] if key[::-1] != key else key + key


_WRONG: dict[type, Callable[[Any, Any, random.Random], Any]] = {
    Single: _other_option,
    TrueFalse: _other_option,
    Multiple: _other_set,
    Numeric: _other_number,
    Ordering: _other_order,
    Matching: _other_pairs,
    ShortText: _other_words,
}
