"""Looking up people and units, and the checks that several topics share."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, or_, select

from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound
from svclib.i18n import _
from svclib.operations.actor import Actor
from svclib.store import Store
from svclib.store.schema import people, units

LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}")
MOST_TEXT = 2000
# Right-to-left overrides make one text look like another.
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def unit_path(connection: Connection, unit: str) -> str:
    """Give the path of the unit with id `unit`."""
    path = connection.scalar(select(units.c.path).where(units.c.id == unit))
    if path is None:
        raise NotFound(_("There is no unit {unit}."), unit=unit)
    return str(path)


def below(scope: Iterable[str]) -> ColumnElement[bool]:
    """Condition on ``units``: the unit lies in one of the subtrees."""
    conditions = [units.c.path.startswith(path, autoescape=True) for path in scope]
    return or_(*conditions) if conditions else false()


def within(column: ColumnElement[Any], scope: Iterable[str]) -> ColumnElement[bool]:
    """Condition that the unit id in `column` lies in one of the subtrees of `scope`."""
    scope = tuple(scope)
    return column.is_not(None) if "/" in scope else column.in_(select(units.c.id).where(below(scope)))


def find_person(connection: Connection, actor: Actor, person: str, right: str) -> Any:
    """Find a person by id, log-in or staff number within the actor's subtrees; the row has ``unit_path, unit_name``."""
    named = or_(people.c.id == person, people.c.login == person, people.c.staff_number == person)
    query = select(people, units.c.path.label("unit_path"), units.c.name.label("unit_name"))
    row = connection.execute(query.join(units, units.c.id == people.c.unit_id).where(named)).mappings().first()
    if row is None or not actor.may(right, row["unit_path"]):
        raise NotFound(_("There is no person {person} in your area."), person=person)
    return row


def forbid_stronger(tx: Connection, store: Store, actor: Actor, person_id: str) -> None:
    """Refuse to take over an account that may do what the actor may not (a new password is a way in)."""
    from svclib.operations.accounts import grants_in_force

    for grant in grants_in_force(tx, person_id, store.now()):
        administers = grant.role in {"administrator", "security"}
        if administers and not actor.may("people.security", grant.path):
            raise AccessDenied(_("Only an administrator may do this to an administrator's account."))


def known_person(actor: Actor) -> str | None:
    """The actor's person id for a foreign key; None for the platform itself."""
    return None if actor.person_id == "system" else actor.person_id


def check_unused(tx: Connection, login: str, staff_number: str | None) -> None:
    """Refuse a log-in or staff number that somebody has."""
    if tx.scalar(select(people.c.id).where(people.c.login == login)):
        raise Conflict(_("The log-in {login} is taken."), login=login)
    if staff_number and tx.scalar(select(people.c.id).where(people.c.staff_number == staff_number)):
        raise Conflict(_("The staff number {staff_number} is taken."), staff_number=staff_number)


def check_login(login: str) -> None:
    """Refuse what is no log-in name."""
    if not LOGIN.fullmatch(login):
        raise InvalidInput(
            _("{value} is no log-in name: use 2 to 64 letters, digits and . _ - @."), value=login[:80], field="login"
        )


def check_text(field: str, value: str, most: int = MOST_TEXT) -> None:
    """Refuse an empty or overlong text, control characters, lone surrogates and direction overrides."""
    if not value.strip():
        raise InvalidInput(_("The field {field} is empty."), field=field)
    if len(value) > most:
        raise InvalidInput(_("The field {field} is longer than {most} characters."), field=field, most=most)
    if any(c in DIRECTIONS or (unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t") for c in value):
        raise InvalidInput(_("The field {field} holds characters that cannot be shown."), field=field)


def decode_file(content: str) -> bytes:
    """Decode an uploaded file from base64."""
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(_("The file did not arrive whole; send it again."), field="content") from None


def escape_like(text: str) -> str:
    """Take the wildcards of LIKE literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
