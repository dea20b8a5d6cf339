"""The item author's model: a bank, its items, the one that is open; everything by the operations of `svc.items`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from svclib.apps.item_author import editing
from svclib.apps.item_author.editing import Body, FieldProblem
from svclib.apps.item_author.words import LEVEL_NAMES, STATES, TYPE_NAMES
from svclib.apps.pieces.voice import Voice
from svclib.errors import Conflict, InvalidInput
from svclib.i18n import _


@dataclass(frozen=True)
class Editing:
    """The item that is open.

    Attributes
    ----------
    saved : dict
        As it was read; what differs from it is not saved yet.
    revision : int
        Of the draft that was read; 0 for the published item or a new one.
    status : str
        ``approved``, ``draft``, ``in_review``, ``rejected`` …
    author : str or None
        Person id of a draft's author, log-in of a published item's.
    note : str
        What the reviewer wrote.
    """

    bank: str
    id: str
    body: Body
    saved: Body
    revision: int
    status: str
    author: str | None = None
    note: str = ""
    new: bool = False

    @property
    def changed(self) -> bool:
        """Whether something is not saved."""
        return self.new or editing.tidy(self.body) != editing.tidy(self.saved)


@dataclass(frozen=True)
class Row:
    """One item in the list, in the reader's language."""

    id: str
    stem: str
    type: str
    topic: str
    level: str
    state: str
    state_code: str


@dataclass(frozen=True)
class Filter:
    """What the list is narrowed to; empty means all."""

    words: str = ""
    topic: str = ""
    type: str = ""
    state: str = ""


@dataclass(frozen=True)
class Preview:
    """The form as a candidate sees it (None while the item is not whole), and what the lint says."""

    definition: dict[str, Any] | None
    findings: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Stale:
    """A colleague saved the item while it was open here: their version, and the fields in which it differs."""

    theirs: Editing
    fields: tuple[str, ...] = field(default_factory=tuple)


class ItemAuthorModel:
    """What the item author's screen shows and does.

    Parameters
    ----------
    svc : client
        As `svclib.connect` gives it.
    voice : Voice, optional
        Speaks the user's language.
    """

    def __init__(self, svc: Any, voice: Voice | None = None) -> None:
        self.svc = svc
        self.voice = voice or Voice.of(self.me)
        self.bank: str | None = None
        self.open_item: Editing | None = None
        self.stale: Stale | None = None
        self._body: dict[str, Any] = {}
        self._items: list[Any] = []

    # ── rights ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def me(self) -> Any:
        """Who is signed in."""
        return self.svc.people.me()

    def may(self, right: str) -> bool:
        """Whether the signed-in person holds a right anywhere."""
        return right in self.me.rights

    @property
    def may_write(self) -> bool:
        """Whether the person may write items."""
        return self.may("items.write")

    @property
    def may_publish(self) -> bool:
        """Whether the person may publish a bank."""
        return self.may("definitions.publish")

    @property
    def may_review(self) -> bool:
        """Whether the open item waits for a decision that this person may make."""
        item = self.open_item
        waits = item is not None and item.status == "in_review" and not item.changed
        return waits and self.may("items.review") and not self.is_own

    @property
    def is_own(self) -> bool:
        """Whether the signed-in person wrote the open draft."""
        return self.open_item is not None and self.open_item.author in {self.me.person_id, self.me.login}

    # ── the bank ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def banks(self) -> list[tuple[str, str]]:
        """List title and name of the banks."""
        return [(self.voice.local(bank.title), bank.name) for bank in self.svc.items.banks()]

    def choose(self, bank: str) -> None:
        """Go to a bank; nothing is open there yet."""
        self._body = dict(self.svc.definitions.get(kind="bank", name=bank)["body"])
        self.bank = bank
        self.open_item = self.stale = None
        self.refresh()

    def refresh(self) -> None:
        """Read the list again."""
        self._items = list(self.svc.items.list(bank=self.bank)) if self.bank else []

    @property
    def version(self) -> int:
        """Number of the bank's published version."""
        return int(self._body.get("version", 0))

    @property
    def topics(self) -> list[tuple[str, str]]:
        """Title and id of the bank's topics."""
        return [(self.voice.local(text), name) for name, text in self._body.get("topics", {}).items()]

    @property
    def stimuli(self) -> list[tuple[str, str]]:
        """Title and id of the bank's cases."""
        named = self._body.get("stimuli", {}).items()
        return [(self.voice.local(case.get("title") or name), name) for name, case in named]

    def stimulus(self, name: str) -> dict[str, str]:
        """Give the text of a case, in both languages."""
        return dict(self._body.get("stimuli", {}).get(name, {}).get("text", {}))

    def rows(self, wanted: Filter = Filter()) -> list[Row]:
        """List the items that fit the filter."""
        return [self._row(item) for item in self._items if self._fits(item, wanted)]

    def _row(self, item: Any) -> Row:
        state = item.draft or item.status
        topics = {name: title for title, name in self.topics}
        return Row(
            item.id, self.voice.local(item.stem), self.voice(TYPE_NAMES.get(item.type, item.type)),
            topics.get(item.topic, item.topic), self.voice(LEVEL_NAMES.get(item.level, item.level)),
            self.voice(STATES.get(state, state)), state,
        )  # fmt: skip

    def _fits(self, item: Any, wanted: Filter) -> bool:
        stated = wanted.state in {"", item.draft or item.status}
        kinds = wanted.topic in {"", item.topic} and wanted.type in {"", item.type}
        words = " ".join([item.id, *dict(item.stem).values()]).casefold()
        return stated and kinds and all(word in words for word in wanted.words.casefold().split())

    @property
    def waiting(self) -> dict[str, int]:
        """How many items are in each state."""
        states = [item.draft or item.status for item in self._items]
        return {state: states.count(state) for state in dict.fromkeys(states)}

    @property
    def approved_drafts(self) -> int:
        """How many approved drafts wait to be published."""
        return sum(item.draft == "approved" for item in self._items)

    @property
    def proposed_id(self) -> str:
        """The id that goes on from the bank's."""
        return editing.next_id([item.id for item in self._items])

    # ── one item ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def open(self, item: str) -> Editing:
        """Open an item for reading and editing."""
        self.stale = None
        self.open_item = self._read(item)
        return self.open_item

    def begin(self, kind: str, topic: str, item: str = "") -> Editing:
        """Begin a new item; without an id it gets the next of the bank.

        Raises
        ------
        InvalidInput
            The id is taken.
        """
        taken = [one.id for one in self._items]
        chosen = item.strip() or editing.next_id(taken)
        if chosen in taken:
            raise InvalidInput(_("The bank has an item {item} already; choose another id."), item=chosen, field="id")
        body = editing.blank(kind, chosen, topic)
        self.stale = None
        self.open_item = Editing(self._bank, chosen, body, body, 0, "draft", self.me.person_id, new=True)
        return self.open_item

    def change(self, body: Body) -> None:
        """Take what was written so far; nothing is saved yet."""
        self.open_item = replace(self._open, body=body)

    def close(self) -> None:
        """Close the item; what is not saved is given up."""
        self.open_item = self.stale = None

    def problems(self) -> tuple[FieldProblem, ...]:
        """Tell what keeps the open item from being whole, field by field."""
        return editing.problems(self._open.body, self.voice.language)

    def preview(self) -> Preview:
        """Show the open item as a candidate would see it, with what the lint says."""
        if self.problems():
            return Preview(None)
        try:
            shown = self.svc.items.preview(bank=self._bank, body=self._kept())
        except InvalidInput as fault:
            return Preview(None, tuple(fault.fields.get("findings") or ({"severity": "error", "message": str(fault)},)))
        return Preview(shown["definition"], tuple(shown["findings"]))

    def save(self) -> Editing:
        """Save a draft of the open item.

        Raises
        ------
        Conflict
            A colleague saved it meanwhile; `stale` then holds their version.
        """
        item = self._open
        try:
            made = self.svc.items.save(bank=item.bank, item=item.id, body=self._kept(), revision=item.revision)
        except Conflict as fault:
            if fault.code == "stale_revision":
                theirs = self._read(item.id)
                self.stale = Stale(theirs, editing.differing(item.body, theirs.body))
            raise
        return self._took(made)

    def take_theirs(self) -> Editing:
        """Go on with the colleague's version; what was written here is given up."""
        self.open_item, self.stale = self._stale.theirs, None
        return self.open_item

    def keep_mine(self) -> Editing:
        """Save what was written here as the revision after the colleague's."""
        theirs = self._stale.theirs
        self.open_item = replace(self._open, revision=theirs.revision, saved=theirs.body, new=False)
        self.stale = None
        return self.save()

    def submit(self) -> Editing:
        """Save what is not saved, and send the item to review.

        Raises
        ------
        InvalidInput
            The item is not whole; `problems` says where.
        """
        found = self.problems()
        if found:
            raise InvalidInput(_("{count} fields are to be mended before the item can go to review."),
                               count=len({(one.field, one.part) for one in found}))  # fmt: skip
        if self._open.changed or self._open.revision == 0:
            self.save()
        item = self._open
        return self._took(self.svc.items.submit(bank=item.bank, item=item.id, revision=item.revision))

    def decide(self, decision: str, note: str = "") -> Editing:
        """Approve or reject the open item."""
        item = self._open
        given = {"bank": item.bank, "item": item.id, "revision": item.revision, "decision": decision}
        return self._took(self.svc.items.review(**given, note=note.strip()))

    def publish(self) -> int:
        """Publish the approved drafts as the bank's next version, and give its number."""
        made = self.svc.items.publish(bank=self._bank)
        opened = self.open_item.id if self.open_item and not self.open_item.changed else None
        self.choose(self._bank)
        if opened:
            self.open(opened)
        return int(made.version)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _bank(self) -> str:
        if self.bank is None:
            raise InvalidInput(_("Choose a bank first."))
        return self.bank

    @property
    def _open(self) -> Editing:
        if self.open_item is None:
            raise InvalidInput(_("Open an item first."))
        return self.open_item

    @property
    def _stale(self) -> Stale:
        if self.stale is None:
            raise InvalidInput(_("There is no other version to choose from."))
        return self.stale

    def _kept(self) -> Body:
        return editing.tidy(self._open.body)

    def _read(self, item: str) -> Editing:
        return _editing(self.svc.items.get(bank=self._bank, item=item))

    def _took(self, made: Any) -> Editing:
        self.open_item = _editing(made)
        self.refresh()
        return self.open_item


def _editing(read: Any) -> Editing:
    body = dict(read.body)
    return Editing(read.bank, read.id, body, body, int(read.revision), read.status, read.author, read.review_note or "")
