"""Commands about people: accounts, personal tokens, signing in from a notebook's machine."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from svclib.cli.speech import language, say, table
from svclib.cli.speech import store as open_store
from svclib.errors import InvalidInput, NotFound
from svclib.i18n import _, local, translate


def _help(text: str) -> str:
    return translate(text, language())


users = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
units = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
PAGE = 1000
Login = Annotated[str, typer.Argument(metavar="LOGIN")]
Role = Annotated[str, typer.Argument(metavar="ROLE")]
UnitId = Annotated[str, typer.Argument(metavar="UNIT")]


@users.command("add", help=_help(_("Add a person; prints a one-time password.")))
def add(
    login: Login,
    name: Annotated[str, typer.Option(help=_help(_("Full name.")))],
    unit: Annotated[str, typer.Option(help=_help(_("Unit id.")))] = "head",
    role: Annotated[list[str] | None, typer.Option(help=_help(_("Role over the unit; may be repeated.")))] = None,
    staff_number: Annotated[str | None, typer.Option(help=_help(_("Staff number.")))] = None,
) -> None:
    """Add a person."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        made = people.create(store, system_actor(), login=login, name=name, unit=unit, staff_number=staff_number)
        for one in role or []:
            people.grant(store, system_actor(), person=login, role=one, unit=unit)
    say(_("Added {login}. One-time password: {password}"), login=login, password=made.password)


@users.command("list", help=_help(_("List people.")))
def list_(
    search: Annotated[str, typer.Argument(help=_help(_("Part of a name, log-in or staff number.")))] = "",
    unit: Annotated[str | None, typer.Option(help=_help(_("Unit id.")))] = None,
) -> None:
    """List people."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        rows = people.list_(store, system_actor(), unit=unit, search=search, limit=5000)
    state = {True: _help(_("active")), False: _help(_("disabled"))}
    shown = [[one.login, one.name, one.staff_number, one.unit_id, state[one.active]] for one in rows]
    table([_("Log-in"), _("Name"), _("Staff number"), _("Unit"), _("Account")], shown)


@users.command("disable", help=_help(_("Disable an account; its sessions and tokens end at once.")))
def disable(login: Login, reason: Annotated[str, typer.Option(help=_help(_("Why; kept in the trail.")))]) -> None:
    """Disable an account."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        people.disable(store, system_actor(), person=login, reason=reason)
    say(_("Disabled {login}."), login=login)


@users.command("enable", help=_help(_("Enable a disabled account again.")))
def enable(login: Login) -> None:
    """Enable an account."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        people.enable(store, system_actor(), person=login)
    say(_("Enabled {login}."), login=login)


@users.command("grant", help=_help(_("Give somebody a role over a unit and all below it.")))
def grant(login: Login, role: Role, unit: UnitId = "head") -> None:
    """Give a role."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        people.grant(store, system_actor(), person=login, role=role, unit=unit)
    say(_("{login} has the role {role} over {unit} now."), login=login, role=role, unit=unit)


@users.command("revoke", help=_help(_("Take a role over a unit back; it ends with the next request.")))
def revoke(login: Login, role: Role, unit: UnitId = "head") -> None:
    """Take a role back."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        held = people.grants_of(store, system_actor(), person=login)
        found = [one for one in held if (one.role, one.unit_id) == (role, unit)]
        if not found:
            raise NotFound(_("{login} does not have the role {role} over {unit}."), login=login, role=role, unit=unit)
        for one in found:
            people.revoke(store, system_actor(), grant=one.id)
    say(_("{login} does not have the role {role} over {unit} any more."), login=login, role=role, unit=unit)


@users.command("roles", help=_help(_("List somebody's roles.")))
def roles(login: Login) -> None:
    """List a person's roles."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        held = people.grants_of(store, system_actor(), person=login)
    shown = [[one.role, one.unit_id, one.valid_from, one.valid_until] for one in held]
    table([_("Role"), _("Unit"), _("From"), _("Until")], shown)


@users.command("import", help=_help(_("Add the people of an Excel or CSV roster: all, or with an error none.")))
def import_(
    file: Annotated[Path, typer.Argument()],
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_help(_("Check only.")))] = False,
) -> None:
    """Add the people of a roster; `passwords` lets them sign in."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    try:
        content = base64.b64encode(file.read_bytes()).decode()
    except (OSError, ValueError) as fault:
        raise NotFound(_("{path} cannot be read: {detail}."), path=file, detail=fault) from None
    with open_store() as store:
        number = people.import_roster(store, system_actor(), file_name=file.name, content=content, dry_run=dry_run)
    done = _("{count} people can be added.") if dry_run else _("Added {count} people.")
    say(done, count=number)


@users.command("reset-password", help=_help(_("Give somebody a new one-time password.")))
def reset_password(login: Login) -> None:
    """Issue a one-time password."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        issued = people.reset_password(store, system_actor(), person=login)
    say(_("One-time password of {login}: {password}"), login=login, password=issued.password)


@units.command("add", help=_help(_("Add a branch or an outlet below a unit.")))
def add_unit(
    unit: Annotated[str, typer.Argument(metavar="ID")],
    chinese: Annotated[str, typer.Option("--zh", help=_help(_("Name in Chinese.")))],
    english: Annotated[str, typer.Option("--en", help=_help(_("Name in English.")))],
    parent: Annotated[str, typer.Option(help=_help(_("Id of the unit above.")))] = "head",
    kind: Annotated[str, typer.Option(metavar="branch|outlet", help=_help(_("Kind of unit.")))] = "branch",
) -> None:
    """Add a unit."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    name = {"zh-CN": chinese, "en": english}
    with open_store() as store:
        people.create_unit(store, system_actor(), id=unit, parent=parent, kind=kind, name=name)
    say(_("Added the unit {unit}."), unit=unit)


@units.command("list", help=_help(_("List units in the order of the tree.")))
def list_units() -> None:
    """List units."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        rows = people.units_(store, system_actor())
    shown = [[one.path, one.kind, local(one.name, language())] for one in rows]
    table([_("Unit"), _("Kind of unit"), _("Name")], shown)


@users.command(
    "passwords", help=_help(_("Give everybody of a unit who has no password a one-time password, into a file."))
)
def passwords(
    file: Annotated[Path, typer.Argument()],
    unit: Annotated[str, typer.Option(help=_help(_("Unit id.")))] = "head",
) -> None:
    """Write log-in, unit and one-time password of all who cannot sign in yet, as CSV for its owner alone."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store, _new_private_file(file) as out:
        known = _everybody(partial(people.list_, store, system_actor(), unit=unit))
        waiting = [one for one in known if one.active and not one.can_sign_in]
        out.write("login,unit,password\n")
        for one in waiting:
            issued = people.reset_password(store, system_actor(), person=one.id)
            out.write(f"{one.login},{one.unit_id},{issued.password}\n")
            out.flush()  # what has been issued is in the file, whatever happens to the rest
    say(
        _("{count} one-time passwords are in {path}. Hand them out, then delete the file."),
        count=len(waiting),
        path=file,
    )


def _everybody(page: Callable[..., list[Any]]) -> Iterator[Any]:
    for offset in count(0, PAGE):
        rows = page(limit=PAGE, offset=offset)
        yield from rows
        if len(rows) < PAGE:
            return


def _new_private_file(file: Path) -> IO[str]:
    try:
        return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    except (OSError, ValueError) as fault:
        raise InvalidInput(
            _("{path} cannot be written: {detail}."), path=file, detail=getattr(fault, "strerror", fault)
        ) from None


def token(
    login: Login,
    label: Annotated[str, typer.Option(help=_help(_("What the token is for.")))] = "svc token",
    days: Annotated[int, typer.Option(min=1, max=366, help=_help(_("Days of validity.")))] = 90,
) -> None:
    """Make a token for a person of the store that one owns."""
    from svclib.operations import accounts, people, tokens
    from svclib.operations.actor import system_actor

    with open_store() as store:
        person = people.get(store, system_actor(), person=login)
        made = tokens.create(store, accounts.actor_of(store, person.id), label=label, days=days)
    say(_("Token of {login}, shown once, valid until {day}:"), login=login, day=made.expires_at.date())
    typer.echo(made.token)


def login(
    server: Annotated[str, typer.Argument(help=_help(_("Address of the server.")))] = "http://127.0.0.1:8866",
    user: Annotated[str | None, typer.Option(help=_help(_("Log-in name.")))] = None,
    password: Annotated[
        str | None, typer.Option(envvar="SVC_PASSWORD", help=_help(_("Password; asked for when not given.")))
    ] = None,
    label: Annotated[str, typer.Option(help=_help(_("What the token is for.")))] = "svc login",
    days: Annotated[int, typer.Option(min=1, max=366, help=_help(_("Days of validity.")))] = 30,
) -> None:
    """Sign in, make a personal token and keep it for `svclib.connect()`."""
    from svclib.cli import signing_in

    user = user or typer.prompt(_help(_("Log-in name")))
    password = password or typer.prompt(_help(_("Password")), hide_input=True)
    path = signing_in.sign_in(server, str(user), str(password), label, days)
    say(_("Signed in as {login}. The token lies in {path}; svclib.connect() finds it."), login=user, path=path)
