"""Items of a bank as drafts: written by an author, approved by another person, published as the bank's next version."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, select, update

from svclib import forms
from svclib.errors import Conflict, InvalidInput, NotFound
from svclib.forms.base import Source
from svclib.i18n import _
from svclib.operations import definitions as published
from svclib.operations.actor import Actor
from svclib.operations.directory import check_text
from svclib.operations.registry import operation, record
from svclib.store import Store, new_id
from svclib.store.schema import drafts, people

EDITABLE = ("draft", "rejected")
OPEN = ("draft", "rejected", "in_review", "approved")


@dataclass(frozen=True)
class Bank:
    """A published bank with what is being changed in it."""

    name: str
    version: int
    title: dict[str, str]
    topics: dict[str, dict[str, str]]
    items: int
    by_status: dict[str, int]
    drafts: dict[str, int]


@dataclass(frozen=True)
class ItemRow:
    """One item in the list of a bank: as published, or with an open draft."""

    id: str
    type: str
    topic: str
    level: str
    status: str
    stem: dict[str, str]
    draft: str | None
    author: str | None


@dataclass(frozen=True)
class ItemDraft:
    """An item as it stands for editing."""

    bank: str
    id: str
    body: dict[str, Any]
    status: str
    revision: int
    author: str | None
    review_note: str | None
    updated_at: datetime | None


@operation(right="items.read")
def banks(store: Store, actor: Actor) -> list[Bank]:
    """List the published banks with the number of items by status and of open drafts."""
    rows = published.list_(store, actor, kind="bank")
    with store.read() as connection:
        return [_bank(connection, row.name) for row in rows]


@operation(right="items.read")
def list_(store: Store, actor: Actor, *, bank: str, topic: str | None = None) -> list[ItemRow]:
    """List the items of a bank, with open drafts in the place of what they change."""
    with store.read() as connection:
        body = published.latest(connection, "bank", bank)["body"]
        open_drafts = {row["item_id"]: row for row in _open(connection, bank)}
    merged = {item["id"]: (item, None) for item in body["items"]}
    merged |= {item_id: (row["body"], row) for item_id, row in open_drafts.items()}
    rows = (_item_row(item, row) for item, row in merged.values())
    return sorted((row for row in rows if topic in {None, row.topic}), key=lambda row: row.id)


@operation(right="items.read")
def get(store: Store, actor: Actor, *, bank: str, item: str) -> ItemDraft:
    """Give an item for editing: its open draft, or the published one as revision 0."""
    with store.read() as connection:
        row = _draft(connection, bank, item)
        if row is not None:
            return _item_draft(row)
        body = published.latest(connection, "bank", bank)["body"]
    for one in body["items"]:
        if one["id"] == item:
            return ItemDraft(bank, item, one, one["status"], 0, one.get("author"), None, None)
    raise NotFound(_("The bank {bank} has no item {item}."), bank=bank, item=item)


@operation(right="items.write", audit="Saved a draft of the item {item} of {bank}")
def save(store: Store, actor: Actor, *, bank: str, item: str, body: dict[str, Any], revision: int) -> ItemDraft:
    """Save a draft; `revision` is the one that was read, so that nobody overwrites a colleague's words.

    A draft may be incomplete; it must be whole when it goes to review.
    """
    body = {**body, "id": item, "status": "draft"}
    if len(str(body)) > 50_000:
        raise InvalidInput(_("The item {item} is longer than an item can be."), item=item)

    def work(tx: Connection) -> ItemDraft:
        published.latest(tx, "bank", bank)
        row = _draft(tx, bank, item)
        _check_revision(row, revision, item)
        values = {
            "body": body, "status": "draft", "revision": revision + 1, "author_id": actor.person_id,
            "reviewer_id": None, "review_note": None, "updated_at": store.now(),
        }  # fmt: skip
        if row is None:
            tx.execute(drafts.insert().values(id=new_id(), kind="item", name=bank, item_id=item, **values))
        else:
            tx.execute(update(drafts).where(drafts.c.id == row["id"]).values(**values))
        record(store, tx, actor, "items.save", f"{bank}/{item}", bank=bank, item=item)
        return _item_draft(_draft(tx, bank, item))

    return store.write(work)


@operation(right="items.read")
def preview(store: Store, actor: Actor, *, bank: str, body: dict[str, Any]) -> dict[str, Any]:
    """Show an item as a candidate would see it: the form's definition, without the key.

    Gives ``definition`` (for the form), ``findings`` of the lint about this item in both languages, each with the
    ``field`` of the item that it is about.
    """
    whole = _bank_with(store, bank, body)
    item = whole.by_id[body["id"]]
    place = {"id": item.id, "points": item.points, "options": list(item.options)}
    form = forms.ExamForm.model_validate({
        "exam": bank, "version": 1, "bank": bank, "bank_version": whole.version, "title": whole.title,
        "seed": "preview", "items": [place],
    })  # fmt: skip
    return {"definition": forms.exam_form(form, whole), "findings": _findings(whole, item.id)}


@operation(right="items.write", audit="Sent the item {item} of {bank} to review")
def submit(store: Store, actor: Actor, *, bank: str, item: str, revision: int) -> ItemDraft:
    """Send a draft to review; it must be whole and pass the lint."""
    draft = get(store, actor, bank=bank, item=item)
    _bank_with(store, bank, draft.body)

    def work(tx: Connection) -> ItemDraft:
        row = _draft(tx, bank, item)
        if row is None or row["status"] not in EDITABLE:
            raise Conflict(_("The item {item} is not a draft."), item=item)
        _check_revision(row, revision, item)
        tx.execute(update(drafts).where(drafts.c.id == row["id"]).values(status="in_review", updated_at=store.now()))
        record(store, tx, actor, "items.submit", f"{bank}/{item}", bank=bank, item=item)
        return _item_draft(_draft(tx, bank, item))

    return store.write(work)


@operation(right="items.review", audit="Reviewed the item {item} of {bank}: {decision}")
def review(
    store: Store, actor: Actor, *, bank: str, item: str, revision: int, decision: str, note: str = ""
) -> ItemDraft:
    """Approve or reject an item in review; nobody reviews their own."""
    if decision not in {"approved", "rejected"}:
        raise InvalidInput(_("The decision is approved or rejected, not {value}."), value=decision, field="decision")
    if decision == "rejected":
        check_text("note", note)

    def work(tx: Connection) -> ItemDraft:
        row = _draft(tx, bank, item)
        if row is None or row["status"] != "in_review":
            raise Conflict(_("The item {item} is not in review."), item=item)
        _check_revision(row, revision, item)
        if row["author_id"] == actor.person_id:
            raise Conflict(_("Who wrote an item does not approve it."), code="four_eyes")
        tx.execute(update(drafts).where(drafts.c.id == row["id"]).values(
            status=decision, reviewer_id=actor.person_id, review_note=note or None, updated_at=store.now(),
        ))  # fmt: skip
        record(store, tx, actor, "items.review", f"{bank}/{item}", bank=bank, item=item, decision=decision)
        return _item_draft(_draft(tx, bank, item))

    return store.write(work)


@operation(right="definitions.publish", audit="Published the bank {bank} version {version} with {count} changed items")
def publish(store: Store, actor: Actor, *, bank: str) -> published.Published:
    """Publish the approved drafts of a bank as its next version."""

    def work(tx: Connection) -> published.Published:
        body = dict(published.latest(tx, "bank", bank)["body"])
        approved = [row for row in _open(tx, bank) if row["status"] == "approved"]
        if not approved:
            raise Conflict(_("The bank {bank} has no approved drafts to publish."), bank=bank)
        names = dict(tx.execute(select(people.c.id, people.c.login)).all())
        for row in approved:
            body = _replaced(body, _approved_item(row, names))
        body["version"] += 1
        made = published.publish_parsed(store, tx, actor, forms.from_body("bank", body), bank)
        done = drafts.c.id.in_([row["id"] for row in approved])
        tx.execute(update(drafts).where(done).values(status="published", updated_at=store.now()))
        record(store, tx, actor, "items.publish", bank, bank=bank, version=made.version, count=len(approved))
        return made

    return store.write(work)


def _findings(bank: Any, item: str) -> list[dict[str, Any]]:
    """Lint a bank and give what is said of one item; "lines" stand for items, "columns" for their fields."""
    number = next(place for place, one in enumerate(bank.items) if one.id == item)
    fields = list(type(bank.items[number]).model_fields)
    places: dict[Any, tuple[int, int]] = {("items", place): (place + 1, 0) for place in range(len(bank.items))}
    places |= {("items", number, field): (number + 1, column) for column, field in enumerate(fields, start=1)}
    bank.read_from(Source("", places))
    about = [one for one in forms.check(bank) if one.line == number + 1]
    return [
        {**one.to_json(), "line": None, "column": None, "field": fields[one.column - 1] if one.column else ""}
        for one in about
    ]


def _bank_with(store: Store, bank: str, body: dict[str, Any]) -> Any:
    with store.read() as connection:
        known = dict(published.latest(connection, "bank", bank)["body"])
    return forms.from_body("bank", _replaced(known, body))


def _replaced(bank: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    kept = [one for one in bank["items"] if one["id"] != item["id"]]
    return {**bank, "items": sorted([*kept, item], key=lambda one: str(one["id"]))}


def _approved_item(row: Any, logins: dict[str, str]) -> dict[str, Any]:
    reviewed = {"author": logins[row["author_id"]], "reviewer": logins[row["reviewer_id"]]}
    return {**row["body"], "status": "approved", **reviewed}


def _open(connection: Connection, bank: str) -> Any:
    mine = and_(drafts.c.kind == "item", drafts.c.name == bank, drafts.c.status.in_(OPEN))
    return connection.execute(select(drafts).where(mine).order_by(drafts.c.item_id)).mappings().all()


def _draft(connection: Connection, bank: str, item: str) -> Any:
    found = [row for row in _open(connection, bank) if row["item_id"] == item]
    return found[0] if found else None


def _check_revision(row: Any, revision: int, item: str) -> None:
    present = 0 if row is None else row["revision"]
    if present != revision:
        raise Conflict(
            _("The item {item} was changed meanwhile; load it again and repeat your change."),
            code="stale_revision", item=item, revision=present,
        )  # fmt: skip


def _bank(connection: Connection, name: str) -> Bank:
    row = published.latest(connection, "bank", name)
    body = row["body"]
    by_status = Counter(item["status"] for item in body["items"])
    counted = Counter(draft["status"] for draft in _open(connection, name))
    return Bank(name, row["version"], row["title"], body["topics"], len(body["items"]), dict(by_status), dict(counted))


def _item_row(item: dict[str, Any], row: Any) -> ItemRow:
    texts = ("id", "type", "topic", "level", "status")
    draft, author = (None, item.get("author")) if row is None else (row["status"], row["author_id"])
    known = {name: str(item.get(name, "")) for name in texts}
    return ItemRow(**known, stem=item.get("stem") or {}, draft=draft, author=author)


def _item_draft(row: Any) -> ItemDraft:
    names = ("name", "item_id", "body", "status", "revision", "author_id", "review_note", "updated_at")
    return ItemDraft(*(row[name] for name in names))
