"""What `svc init` does: keys, tables, a head office, the first administrator."""

from __future__ import annotations

from sqlalchemy import select

from svclib.errors import Conflict
from svclib.i18n import _
from svclib.operations import accounts, passwords, people
from svclib.operations.actor import system_actor
from svclib.operations.directory import check_login, check_text
from svclib.settings import Settings
from svclib.store import Store, schema
from svclib.store.migrate import migrate, schema_state


def require_empty(url: str) -> None:
    """Raise Conflict when the store holds anything: it is never initialised twice.

    Tables without a person are what an interrupted `svc init` or `svc migrate` leaves; they count as empty.
    """
    state = schema_state(url)
    if state == "empty":
        return
    if state == "current":
        with Store.open(url) as store, store.read() as connection:
            if connection.scalar(select(schema.people.c.id).limit(1)) is None:
                return
    raise Conflict(_("The store {url} is not empty. `svc init` is for new ones; set SVC_HOME or SVC_STORE to another."),
                   url=_without_password(url))  # fmt: skip


def found(
    settings: Settings, *, login: str, name: str, password: str, unit: str = "head", unit_name: str | None = None
) -> None:
    """Make keys and tables, the unit at the head of the tree, and an administrator over it."""
    check_login(login)
    check_text("name", name)
    passwords.check_strength(password, login)
    require_empty(settings.store)
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    migrate(settings.store)
    with Store.open(settings.store, settings=settings) as store:
        store.keys.create()
        _administrator(store, login, name, password, unit, unit_name)


def _administrator(store: Store, login: str, name: str, password: str, unit: str, unit_name: str | None) -> None:
    system = system_actor()
    title = {"zh-CN": unit_name or "总行", "en": unit_name or "Head office"}
    with store.read() as connection:
        known = connection.scalar(select(schema.units.c.id).where(schema.units.c.id == unit))
    if known is None:
        people.create_unit(store, system, id=unit, parent=None, kind="head_office", name=title)
    issued = people.create(store, system, login=login, name=name, unit=unit)
    people.grant(store, system, person=login, role="administrator", unit=unit)
    actor = accounts.actor_of(store, issued.person_id)
    people.change_password(store, actor, old=str(issued.password), new=password)


def _without_password(url: str) -> str:
    from svclib.store.engine import parse_url

    return parse_url(url).render_as_string(hide_password=True)
