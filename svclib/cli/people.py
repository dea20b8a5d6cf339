"""Commands about people: accounts, personal tokens, signing in from a notebook's machine."""

from __future__ import annotations

from typing import Annotated

import typer

from svclib.cli.speech import language, say, table
from svclib.cli.speech import store as open_store
from svclib.i18n import _, translate


def _help(text: str) -> str:
    return translate(text, language())


users = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
Login = Annotated[str, typer.Argument(metavar="LOGIN")]


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


@users.command("reset-password", help=_help(_("Give somebody a new one-time password.")))
def reset_password(login: Login) -> None:
    """Issue a one-time password."""
    from svclib.operations import people
    from svclib.operations.actor import system_actor

    with open_store() as store:
        issued = people.reset_password(store, system_actor(), person=login)
    say(_("One-time password of {login}: {password}"), login=login, password=issued.password)


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
