"""What a sheet of exam answers scores: exact fractions inside, plain numbers outside."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from pydantic import ValidationError

from svclib.errors import InvalidInput
from svclib.forms.bank import Bank, Item, Matching, Multiple, Numeric, Ordering, ShortText, Single, TrueFalse
from svclib.forms.base import shortened
from svclib.forms.evaluation import is_empty
from svclib.forms.exam import ExamForm
from svclib.forms.values import validate_value
from svclib.i18n import _


@dataclass(frozen=True)
class Amendment:
    """A mended key, for rescoring.

    Attributes
    ----------
    item : str
        The item's id.
    action : "key", "keys", "drop" or "credit"
        One new key; several keys, each right; the item taken out of the maximum; full points for everybody.
    key
        The new key (for ``keys`` a list of keys), written as in the bank.
    """

    item: str
    action: Literal["key", "keys", "drop", "credit"]
    key: Any = None


@dataclass(frozen=True)
class ItemScore:
    """One item's score; `share` is the earned part of its points, `counted` is false for a dropped item."""

    id: str
    points: float
    maximum: float
    share: Fraction
    answered: bool
    counted: bool = True

    @property
    def right(self) -> bool:
        """Whether it earned all of its points."""
        return self.share == 1


@dataclass(frozen=True)
class Score:
    """A scored sheet.

    Attributes
    ----------
    points, maximum : float
    percent : float
        Of 100, rounded down to two decimals, so that comparing it with a pass mark never passes who did not.
    items : tuple of ItemScore
    """

    points: float
    maximum: float
    percent: float
    items: tuple[ItemScore, ...]

    def to_json(self) -> dict[str, Any]:
        """Give a plain mapping."""
        keys = ("id", "points", "maximum", "right", "answered", "counted")
        items = [{key: getattr(item, key) for key in keys} for item in self.items]
        return {"points": self.points, "maximum": self.maximum, "percent": self.percent, "items": items}


def score(
    exam_form: ExamForm, bank: Bank, answers: dict[str, Any], amendments: Sequence[Amendment | dict[str, Any]] = ()
) -> Score:
    """Score the answers to a form.

    Parameters
    ----------
    exam_form : ExamForm
    bank : Bank
    answers : dict
        Item id → value; what is missing earns nothing.
    amendments : sequence of Amendment or equal mappings
        Of two amendments to one item the later counts.

    Returns
    -------
    Score
    """
    mended = {amendment.item: amendment for amendment in map(amendment_of, amendments)}
    for amendment in mended.values():
        _check(amendment, bank)
    items = [
        _item_score(bank.by_id[place.id], place.points, answers.get(place.id), mended.get(place.id))
        for place in exam_form.items
    ]
    points = sum((exact(item.maximum) * item.share for item in items if item.counted), Fraction(0))
    maximum = sum((exact(item.maximum) for item in items if item.counted), Fraction(0))
    percent = points * 100 / maximum if maximum else Fraction(0)
    return Score(float(points), float(maximum), float(Fraction(int(percent * 100), 100)), tuple(items))


def amendment_of(given: Amendment | dict[str, Any]) -> Amendment:
    """Make an `Amendment` of a plain mapping.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    if isinstance(given, Amendment):
        return given
    try:
        amendment = Amendment(**given)
    except TypeError:
        raise InvalidInput(_("An amendment has item, action and key.")) from None
    if amendment.action not in {"key", "keys", "drop", "credit"}:
        raise InvalidInput(
            _("An amendment's action is key, keys, drop or credit, not {action}."), action=str(amendment.action)
        )
    return amendment


def item_share(item: Item, answer: Any, keys: Sequence[Any] | None = None) -> Fraction:
    """Give the part of an item's points that an answer earns, from 0 to 1.

    Parameters
    ----------
    item : Item
    answer : plain data
    keys : sequence, optional
        Keys that replace the item's; the best counts.
    """
    if is_empty(answer) or validate_value(item, answer):
        return Fraction(0)
    mark = _MARKS[type(item)]
    own = item.accepted if isinstance(item, ShortText) else item.key  # type: ignore[attr-defined]
    return max(mark(item, answer, key) for key in (keys or [own]))


def exact(number: float) -> Fraction:
    """Give the fraction a decimal number is written as.

    >>> exact(0.1)
    Fraction(1, 10)
    """
    return Fraction(Decimal(str(number)))


def normalised(words: str) -> str:
    """Give words as short answers are compared: NFKC, case folded, white space single.

    >>> normalised("  ＫＹＣ  Check")
    'kyc check'
    """
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())


def _check(amendment: Amendment, bank: Bank) -> None:
    item = bank.by_id.get(amendment.item)
    if item is None:
        raise InvalidInput(_("There is no item {item} in the bank."), item=shortened(amendment.item))
    for key in _keys(amendment) or []:
        try:
            type(item).model_validate(item.model_dump() | _key_of(item, key))
        except ValidationError:
            text = _("“{key}” cannot be a key of item {item}.")
            raise InvalidInput(text, key=shortened(key), item=item.id) from None


def _key_of(item: Item, key: Any) -> dict[str, Any]:
    if isinstance(item, ShortText):
        return {"accepted": [key] if isinstance(key, str) else key}
    return {"key": key}


def _keys(amendment: Amendment) -> list[Any] | None:
    """Give the keys that replace the item's own, if the amendment has any."""
    if amendment.action == "key":
        return [amendment.key]
    if amendment.action != "keys":
        return None
    if not isinstance(amendment.key, list | tuple) or not amendment.key:
        raise InvalidInput(_("The action “keys” needs a list of keys."))
    return list(amendment.key)


def _item_score(item: Item, points: float, answer: Any, amendment: Amendment | None) -> ItemScore:
    answered = not is_empty(answer)
    if amendment and amendment.action in {"drop", "credit"}:
        credit = amendment.action == "credit"
        share = Fraction(int(credit))
        return ItemScore(item.id, points if credit else 0.0, points, share, answered, counted=credit)
    share = item_share(item, answer, _keys(amendment) if amendment else None)
    return ItemScore(item.id, float(exact(points) * share), points, share, answered)


def _whole(right: bool) -> Fraction:
    return Fraction(int(right))


def _single(_item: Single, answer: Any, key: Any) -> Fraction:
    return _whole(answer == key)


def _true_false(_item: TrueFalse, answer: Any, key: Any) -> Fraction:
    return _whole(str(answer).lower() == str(key).lower())


def _multiple(item: Multiple, answer: Any, key: Any) -> Fraction:
    chosen, keyed = set(answer), set(key)
    if item.scoring == "partial" and chosen <= keyed:
        return Fraction(len(chosen), len(keyed))
    return _whole(chosen == keyed)


def _numeric(item: Numeric, answer: Any, key: Any) -> Fraction:
    # Decimal as written, so that both bounds are included exactly: 12.4 is within 12.5 ± 0.1.
    return _whole(abs(exact(answer) - exact(key)) <= exact(item.tolerance))


def _ordering(_item: Ordering, answer: Any, key: Any) -> Fraction:
    return _whole(list(answer) == list(key))


def _matching(_item: Matching, answer: Any, key: Any) -> Fraction:
    return _whole(dict(answer) == dict(key))


def _short_text(_item: ShortText, answer: Any, key: Any) -> Fraction:
    accepted = [key] if isinstance(key, str) else key
    return _whole(normalised(str(answer)) in {normalised(words) for words in accepted})


_MARKS: dict[type, Callable[[Any, Any, Any], Fraction]] = {
    Single: _single,
    TrueFalse: _true_false,
    Multiple: _multiple,
    Numeric: _numeric,
    Ordering: _ordering,
    Matching: _matching,
    ShortText: _short_text,
}
