"""Mending a key without the screen: the statistics of the items, the change, who it would concern."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from svclib import stats
from svclib.apps.exam_desk.model import ExamDeskModel
from svclib.errors import InvalidInput, NotFound
from svclib.i18n import _
from svclib.reports import sentences

CHOSEN_FROM_OPTIONS = ("single", "true_false")
TRUE_FALSE = ("true", "false")


class RescoreModel:
    """Items of the exam at hand, one of them chosen, and a change to its key.

    Parameters
    ----------
    desk : ExamDeskModel
        Whose sitting it is about.
    """

    def __init__(self, desk: ExamDeskModel) -> None:
        self.desk = desk
        self.item: str | None = None
        self.preview: Any = None
        self.change: dict[str, Any] | None = None

    @cached_property
    def bank(self) -> dict[str, dict[str, Any]]:
        """The items of the bank as the sitting was scored by it, by id, keys included: for those who may see them."""
        get, sitting = self.desk.svc.definitions.get, self.desk.sitting
        exam = get(kind="exam", name=sitting.exam, version=sitting.version)["body"]
        body = get(kind="bank", name=exam["bank"], version=sitting.bank_version)["body"]
        return {item["id"]: item for item in body["items"]}

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of first attempts at all sittings of the exam; empty where the user may not see them."""
        if not self.desk.may("frames.exams"):
            return pd.DataFrame()
        try:
            return self.desk.svc.frames.scores(exam=self.desk.sitting.exam, attempts="first")
        except NotFound:
            return pd.DataFrame()

    @cached_property
    def choices(self) -> pd.DataFrame:
        """What was chosen, in the shape of `scores`."""
        return self.desk.svc.frames.choices(exam=self.desk.sitting.exam, attempts="first")

    @cached_property
    def states(self) -> pd.DataFrame:
        """Why cells of `scores` are empty: omitted items count 0, items not reached do not count."""
        return self.desk.svc.frames.states(name=self.desk.sitting.exam, kind="exam", attempts="first")

    @cached_property
    def analysis(self) -> pd.DataFrame:
        """The item table of `svclib.stats.item_analysis`; empty without scores."""
        if not len(self.scores):
            return pd.DataFrame(columns=["item", "flags"])
        return stats.item_analysis(self.scores, states=self.states)

    def rows(self) -> list[dict[Any, Any]]:
        """One row an item: those to look at first, then in the bank's order; without statistics all of the bank."""
        if self.analysis.empty:
            return [{"item": name, "flags": ""} for name in self.bank]
        look = sentences.items.to_look_at(self.analysis)
        rest = self.analysis.loc[~self.analysis["item"].isin(look["item"])]
        return pd.concat([look, rest]).to_dict("records")

    def overview(self) -> str:
        """The sentence about all items."""
        if not self.desk.may("frames.exams"):
            return self.desk.voice(_("Item statistics are shown to HR; choose the item you were told about."))
        return sentences.items.overview(self.analysis, self.desk.voice.language)

    def choose(self, item: str) -> None:
        """Turn to an item; a change to another one is forgotten."""
        if item not in self.bank:
            raise NotFound(_("There is no item {item} in the bank."), item=item)
        if item != self.item:
            self.item, self.preview, self.change = item, None, None

    @property
    def chosen(self) -> dict[str, Any]:
        """The item at hand."""
        if self.item is None:
            raise InvalidInput(_("Choose an item first."))
        return self.bank[self.item]

    def options(self) -> list[tuple[str, str]]:
        """The options of the item at hand as fields show them."""
        if self.chosen["type"] == "true_false":
            return [("true", self.desk.voice(_("True"))), ("false", self.desk.voice(_("False")))]
        texts = self.chosen.get("choices") or {}
        return [(name, f"{name}. {self.desk.voice.local(text)}") for name, text in texts.items()]

    def distractors(self) -> pd.DataFrame:
        """Who chose which option, with flags; empty without choices."""
        if not len(self.scores) or self.item not in self.scores.columns:
            return pd.DataFrame(columns=["item", "option"])
        return stats.distractors(self.choices[[self.item]], scores=self.scores, states=self.states)

    def flagged(self) -> str:
        """What the options' statistics say, such as that the key is probably another."""
        found = self.distractors()
        told = [sentences.items.option(row, self.desk.voice.language) for row in found.to_dict("records")]
        gap = "" if self.desk.voice.language == "zh-CN" else " "
        return gap.join(text for text in told if text)

    # ── the change ───────────────────────────────────────────────────────────────────────────────────────────────────
    def read(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Make the change of the form's values: ``kind``, and ``key``, ``keys`` or ``words`` by the item's type."""
        kind = str(values["kind"])
        if kind in {"drop", "credit_all"}:
            return {"kind": kind}
        kept = self.chosen["type"]
        if kept in CHOSEN_FROM_OPTIONS:
            given = values.get("keys", []) if kind == "two_keys" else [values.get("key")]
            keys = [_true_false(one) if kept == "true_false" else one for one in given]
        elif kept == "multiple" and kind == "new_key":
            keys = [list(values.get("keys", []))]
        else:
            keys = [_key(kept, part) for part in str(values.get("words", "")).split(";") if part.strip()]
        if not keys or (kind == "two_keys" and len(keys) < 2):
            raise InvalidInput(_("Give the new key; for several keys two or more."), field="key")
        return {"kind": kind, "key": keys if kind == "two_keys" else keys[0]}

    def rehearse(self, values: Mapping[str, Any]) -> Any:
        """Ask who would change."""
        change = self.read(values)
        self.preview = self.desk.svc.exams.preview_rescore(
            sitting=self.desk.chosen, item=self.chosen["id"], change=change
        )
        self.change = change
        return self.preview

    def propose(self, reason: str) -> str:
        """Propose the change that was rehearsed; another person decides."""
        if self.change is None:
            raise InvalidInput(_("Look first who would change."))
        made = self.desk.svc.exams.propose_rescore(
            sitting=self.desk.chosen, item=self.chosen["id"], change=self.change, reason=reason
        )
        self.preview, self.change = None, None
        return str(made)


def _true_false(value: Any) -> bool:
    if value not in TRUE_FALSE:
        raise InvalidInput(_("Give the new key; for several keys two or more."), field="key")
    return bool(value == "true")


def _key(kind: str, text: str) -> Any:
    """Read a key as it is written: ``a,c``, ``c>a>b``, ``a=x,b=y``, a number, or words.

    >>> _key("ordering", "c > a > b"), _key("matching", "a=x, b=y"), _key("numeric", "12.5")
    (['c', 'a', 'b'], {'a': 'x', 'b': 'y'}, 12.5)
    """
    words = text.strip()
    if kind == "multiple":
        return [part.strip() for part in words.split(",") if part.strip()]
    if kind == "ordering":
        return [part.strip() for part in words.split(">") if part.strip()]
    if kind == "matching":
        pairs = (part.partition("=") for part in words.split(","))
        return {left.strip(): right.strip() for left, _sign, right in pairs}
    if kind == "numeric":
        try:
            return float(words)
        except ValueError:
            raise InvalidInput(_("“{value}” is no number."), value=words[:40], field="words") from None
    return words
