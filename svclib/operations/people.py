"""People, units, rights: who there is and what each may do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select, update

from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound
from svclib.i18n import LANGUAGES, Language, _
from svclib.operations import passwords, rosters
from svclib.operations.accounts import end_all
from svclib.operations.actor import ROLES, ROLES_OF_RIGHT, Actor
from svclib.operations.directory import (
    check_login,
    check_text,
    check_unused,
    decode_file,
    escape_like,
    find_person,
    forbid_stronger,
    known_person,
    unit_path,
    within,
)
from svclib.operations.registry import operation, record
from svclib.store import Store, new_id
from svclib.store.schema import grants, people, units

LONGEST = {"name": 200, "staff_number": 64, "position": 100, "email": 254}  # as the table holds them
ROSTER_COLUMNS = {
    "login": ("login", "user name", "登录名", "账号"),
    "name": ("name", "姓名"),
    "staff_number": ("staff_number", "staff number", "工号", "员工号"),
    "unit": ("unit", "unit id", "机构", "机构号", "单位"),
    "position": ("position", "岗位", "职务"),
}


@dataclass(frozen=True)
class Unit:
    """One organisation unit."""

    id: str
    parent_id: str | None
    path: str
    kind: str
    name: dict[str, str]


@dataclass(frozen=True)
class Person:
    """One person as the desks show them."""

    id: str
    login: str
    name: str
    staff_number: str | None
    unit_id: str
    unit_name: dict[str, str]
    position: str | None
    active: bool
    can_sign_in: bool


@dataclass(frozen=True)
class Me:
    """Who is signed in, with what they may do."""

    person_id: str
    login: str
    name: str
    unit_id: str
    roles: list[str]
    rights: list[str]
    language: str | None
    theme: str | None
    must_change_password: bool


@dataclass(frozen=True)
class Issued:
    """A new person, or a new password for one; `password` is shown once and is to be changed at the first log-in."""

    person_id: str
    login: str
    password: str | None


@dataclass(frozen=True)
class GrantRow:
    """A role that a person holds over a unit's subtree."""

    id: str
    person_id: str
    role: str
    unit_id: str
    valid_from: datetime | None
    valid_until: datetime | None


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@operation(right=None)
def me(store: Store, actor: Actor) -> Me:
    """Tell who is signed in."""
    with store.read() as connection:
        found = connection.execute(select(people).where(people.c.id == actor.person_id)).mappings().first()
    rights = [right for right in ROLES_OF_RIGHT if actor.may(right)]
    row: Any = found or {}
    return Me(
        actor.person_id, actor.login, actor.name, actor.unit_id, list(actor.roles), rights,
        row.get("language"), row.get("theme"), bool(row.get("must_change_password")),
    )  # fmt: skip


@operation(right=None, audit=None)
def units_(store: Store, actor: Actor) -> list[Unit]:
    """List all active units in the order of the tree."""
    with store.read() as connection:
        rows = connection.execute(select(units).where(units.c.active).order_by(units.c.path)).mappings().all()
    return [Unit(row["id"], row["parent_id"], row["path"], row["kind"], row["name"]) for row in rows]


@operation(right="people.read")
def list_(
    store: Store, actor: Actor, *, unit: str | None = None, search: str = "", limit: int = 200, offset: int = 0
) -> list[Person]:
    """List people in the actor's subtrees, by unit and a part of name, log-in or staff number."""
    condition = [within(people.c.unit_id, actor.scope("people.read"))]
    if unit:
        condition.append(people.c.unit_id.in_(select(units.c.id).where(units.c.path.contains(f"/{unit}/"))))
    if search:
        like = f"%{escape_like(search)}%"
        columns = (people.c.name, people.c.login, people.c.staff_number)
        condition.append(or_(*(column.ilike(like, escape="\\") for column in columns)))
    query = select(people, units.c.name.label("unit_name")).join(units, units.c.id == people.c.unit_id)
    query = query.where(*condition).order_by(people.c.login).limit(min(max(limit, 1), 5000)).offset(max(offset, 0))
    with store.read() as connection:
        return [_person(row) for row in connection.execute(query).mappings()]


@operation(right="people.read")
def get(store: Store, actor: Actor, *, person: str) -> Person:
    """Show one person by id, log-in or staff number."""
    with store.read() as connection:
        return _person(find_person(connection, actor, person, "people.read"))


@operation(right="people.read")
def grants_of(store: Store, actor: Actor, *, person: str) -> list[GrantRow]:
    """List the roles in force or to come of a person."""
    with store.read() as connection:
        row = find_person(connection, actor, person, "people.read")
        found = connection.execute(
            select(grants).where(grants.c.person_id == row["id"], grants.c.revoked_at.is_(None))
        ).mappings()
        return [
            GrantRow(g["id"], g["person_id"], g["role"], g["unit_id"], g["valid_from"], g["valid_until"]) for g in found
        ]


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@operation(right="people.manage", audit="Created the person {login}")
def create(
    store: Store, actor: Actor, *, login: str, name: str, unit: str, staff_number: str | None = None,
    position: str | None = None, email: str | None = None, issue_password: bool = True,
) -> Issued:  # fmt: skip
    """Add a person to a unit, with a one-time password unless they sign in otherwise."""
    check_login(login)
    _check_words(name=name, staff_number=staff_number, position=position, email=email)
    password = passwords.one_time() if issue_password else None
    hashed = passwords.hash_password(password) if password else None

    def work(tx: Connection) -> Issued:
        actor.require("people.manage", unit_path(tx, unit))
        check_unused(tx, login, staff_number)
        person_id = new_id()
        tx.execute(people.insert().values(
            id=person_id, login=login, name=name, staff_number=staff_number, unit_id=unit, position=position,
            email=email, password_hash=hashed, must_change_password=bool(password), active=True, created_at=store.now(),
        ))  # fmt: skip
        record(store, tx, actor, "people.create", person_id, login=login)
        return Issued(person_id, login, password)

    return store.write(work)


def _check_words(**words: str | None) -> None:
    for field, value in words.items():
        if value is not None:
            check_text(field, value, LONGEST[field])


@operation(right="people.manage", audit="Imported {count} people from {file}")
def import_roster(store: Store, actor: Actor, *, file_name: str, content: str, dry_run: bool = False) -> int:
    """Add the people of an Excel or CSV roster (base64 in `content`): all of them or, with an error, none.

    Columns: log-in, name, staff number, unit; the header may be Chinese or English. Gives the number of people.
    """
    rows = rosters.read_table(file_name, decode_file(content), ROSTER_COLUMNS, {"login", "name", "unit"})

    def add(tx: Connection, values: dict[str, str]) -> None:
        check_login(values["login"])
        _check_words(**{field: values[field] or None for field in ("name", "staff_number", "position")})
        actor.require("people.manage", unit_path(tx, values["unit"]))
        number = values.get("staff_number") or None
        check_unused(tx, values["login"], number)
        tx.execute(people.insert().values(
            id=new_id(), login=values["login"], name=values["name"], unit_id=values["unit"], staff_number=number,
            position=values.get("position") or None, active=True, must_change_password=False, created_at=store.now(),
        ))  # fmt: skip

    def work(tx: Connection) -> int:
        faults = []
        for row in rows:
            try:
                add(tx, row.values)
            except (InvalidInput, NotFound, Conflict, AccessDenied) as fault:
                faults.append(rosters.RowFault(row.number, fault))
        if faults:
            raise rosters.RosterError(file_name, faults)
        if dry_run:
            raise rosters.DryRun(len(rows))
        record(store, tx, actor, "people.import_roster", "people", count=len(rows), file=file_name)
        return len(rows)

    try:
        return store.write(work)
    except rosters.DryRun as tried:
        return tried.count


@operation(right="people.manage", audit="Disabled the account {login}: {reason}")
def disable(store: Store, actor: Actor, *, person: str, reason: str) -> None:
    """Disable an account; its sessions and tokens end at once."""
    check_text("reason", reason)

    def work(tx: Connection) -> None:
        row = find_person(tx, actor, person, "people.manage")
        if row["id"] == actor.person_id:
            raise Conflict(_("You cannot disable your own account."))
        tx.execute(update(people).where(people.c.id == row["id"]).values(active=False))
        end_all(store, tx, row["id"])
        record(store, tx, actor, "people.disable", row["id"], login=row["login"], reason=reason)

    store.write(work)


@operation(right="people.manage", audit="Enabled the account {login}")
def enable(store: Store, actor: Actor, *, person: str) -> None:
    """Enable a disabled account again."""

    def work(tx: Connection) -> None:
        row = find_person(tx, actor, person, "people.manage")
        tx.execute(update(people).where(people.c.id == row["id"]).values(active=True))
        record(store, tx, actor, "people.enable", row["id"], login=row["login"])

    store.write(work)


@operation(right="people.manage", audit="Gave {login} a new one-time password")
def reset_password(store: Store, actor: Actor, *, person: str) -> Issued:
    """Give a person a new one-time password; every session of theirs ends."""
    password = passwords.one_time()
    hashed = passwords.hash_password(password)

    def work(tx: Connection) -> Issued:
        row = find_person(tx, actor, person, "people.manage")
        forbid_stronger(tx, store, actor, row["id"])
        tx.execute(update(people).where(people.c.id == row["id"]).values(
            password_hash=hashed, must_change_password=True))  # fmt: skip
        end_all(store, tx, row["id"])
        record(store, tx, actor, "people.reset_password", row["id"], login=row["login"])
        return Issued(row["id"], row["login"], password)

    return store.write(work)


@operation(right=None, audit="Changed the own password")
def change_password(store: Store, actor: Actor, *, old: str, new: str) -> None:
    """Change one's own password; all of one's sessions end."""
    with store.read() as connection:
        known = connection.scalar(select(people.c.password_hash).where(people.c.id == actor.person_id))
    if not known or not passwords.matches(known, old):
        raise InvalidInput(_("The present password is not right."), field="old")
    passwords.check_strength(new, actor.login)
    if new == old:
        raise InvalidInput(_("The new password must differ from the present one."), field="new")
    hashed = passwords.hash_password(new)

    def work(tx: Connection) -> None:
        values = {"password_hash": hashed, "must_change_password": False}
        tx.execute(update(people).where(people.c.id == actor.person_id).values(**values))
        end_all(store, tx, actor.person_id)
        record(store, tx, actor, "people.change_password", actor.person_id)

    store.write(work)


@operation(right="people.grant", audit="Gave {login} the role {role} over {unit}")
def grant(
    store: Store, actor: Actor, *, person: str, role: str, unit: str,
    valid_from: datetime | None = None, valid_until: datetime | None = None,
) -> GrantRow:  # fmt: skip
    """Give a person a role over a unit's subtree, for a period; nobody gives themselves one."""
    if role not in ROLES:
        raise InvalidInput(
            _("There is no role {role}; take one of {roles}."), role=role, roles=", ".join(sorted(ROLES))
        )

    def work(tx: Connection) -> GrantRow:
        row = find_person(tx, actor, person, "people.grant")
        actor.require("people.grant", unit_path(tx, unit))
        if row["id"] == actor.person_id:
            raise Conflict(_("You cannot give yourself a role; ask a second administrator."))
        made = GrantRow(new_id(), row["id"], role, unit, valid_from, valid_until)
        tx.execute(grants.insert().values(
            id=made.id, person_id=made.person_id, role=role, unit_id=unit, valid_from=valid_from,
            valid_until=valid_until, granted_by=known_person(actor),
        ))  # fmt: skip
        record(store, tx, actor, "people.grant", row["id"], login=row["login"], role=role, unit=unit)
        return made

    return store.write(work)


@operation(right="people.grant", audit="Took the role {role} from {login}")
def revoke(store: Store, actor: Actor, *, grant: str) -> None:
    """Take a role back; it ends with the next request."""

    def work(tx: Connection) -> None:
        row = tx.execute(select(grants).where(grants.c.id == grant)).mappings().first()
        if row is None:
            raise NotFound(_("There is no such role given."))
        actor.require("people.grant", unit_path(tx, row["unit_id"]))
        person = tx.execute(select(people).where(people.c.id == row["person_id"])).mappings().one()
        tx.execute(update(grants).where(grants.c.id == grant).values(revoked_at=store.now()))
        record(store, tx, actor, "people.revoke", person["id"], login=person["login"], role=row["role"])

    store.write(work)


@operation(right="people.security", audit="Added the unit {unit}")
def create_unit(store: Store, actor: Actor, *, id: str, parent: str | None, kind: str, name: dict[str, str]) -> Unit:
    """Add a unit to the tree."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}", id):
        raise InvalidInput(_("{value} is no unit id: use letters, digits, - and _."), value=id, field="id")
    if kind not in {"head_office", "branch", "outlet"}:
        raise InvalidInput(_("A unit is a head_office, a branch or an outlet, not {value}."), value=kind, field="kind")
    for language in LANGUAGES:
        check_text("name", name.get(language, ""), LONGEST["name"])
    name = {language: name[language] for language in LANGUAGES}

    def work(tx: Connection) -> Unit:
        above = "/" if parent is None else unit_path(tx, parent)
        actor.require("people.security", above)
        if tx.scalar(select(units.c.id).where(units.c.id == id)):
            raise Conflict(_("The unit {unit} exists already."), unit=id)
        made = Unit(id, parent, f"{above}{id}/", kind, name)
        tx.execute(units.insert().values(id=id, parent_id=parent, path=made.path, kind=kind, name=name, active=True))
        record(store, tx, actor, "people.create_unit", id, unit=id)
        return made

    return store.write(work)


@operation(right=None)
def preferences(store: Store, actor: Actor, *, language: Language | None = None, theme: str | None = None) -> None:
    """Remember one's own language and theme (light, dark or auto)."""
    if theme not in {None, "light", "dark", "auto"}:
        raise InvalidInput(_("The theme is light, dark or auto, not {value}."), value=theme, field="theme")
    values = {name: value for name, value in (("language", language), ("theme", theme)) if value}
    if values:
        store.write(lambda tx: tx.execute(update(people).where(people.c.id == actor.person_id).values(**values)))


def _person(row: Any) -> Person:
    return Person(
        row["id"], row["login"], row["name"], row["staff_number"], row["unit_id"], row["unit_name"], row["position"],
        row["active"], bool(row["password_hash"]),
    )  # fmt: skip
