"""Commands that start something: the server, a new store, the demonstration, JupyterLab."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svclib.cli.speech import language, say, settings
from svclib.i18n import _, translate

if TYPE_CHECKING:
    from svclib.settings import Settings


def _help(text: str) -> str:
    return translate(text, language())


Password = Annotated[
    str | None, typer.Option(envvar="SVC_ADMIN_PASSWORD", help=_help(_("Password; asked for when not given.")))
]


def serve(
    host: Annotated[str | None, typer.Option(help=_help(_("Address to listen on (SVC_HOST).")))] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help=_help(_("Port (SVC_PORT).")))] = None,
    demo: Annotated[
        bool,
        typer.Option("--demo", help=_help(_("Prepare the store first; fill an empty one with the demonstration."))),
    ] = False,
) -> None:
    """Serve until a signal."""
    chosen = settings(host=host, port=port)
    if demo:
        from svclib.cli import preparing

        preparing.prepare(chosen)

    def listening(address: str) -> None:
        say(_("Listening on {address}"), address=address)
        if demo:
            logins(chosen)

    from svclib.web import app

    app.serve(chosen, ready=listening)


def init(
    login: Annotated[str | None, typer.Option(help=_help(_("Log-in name of the first administrator.")))] = None,
    name: Annotated[str | None, typer.Option(help=_help(_("Full name of the first administrator.")))] = None,
    password: Password = None,
    unit: Annotated[str, typer.Option(help=_help(_("Id of the head office.")))] = "head",
    unit_name: Annotated[str | None, typer.Option(help=_help(_("Name of the head office.")))] = None,
) -> None:
    """Prepare an empty production store."""
    from svclib.cli import founding

    chosen = settings()
    founding.require_empty(chosen.store)
    login = login or typer.prompt(_help(_("Log-in name")))
    name = name or typer.prompt(_help(_("Full name")), default=login)
    password = password or typer.prompt(_help(_("Password")), hide_input=True, confirmation_prompt=True)
    founding.found(chosen, login=login, name=name, password=password, unit=unit, unit_name=unit_name)
    say(_("The store is ready. Start the server with `svc serve` and sign in as {login}."), login=login)


def demo(
    scale: Annotated[float, typer.Option(min=0.01, max=1, help=_help(_("Share of the full size.")))] = 1.0,
) -> None:
    """Build the demonstration bank and tell its log-ins."""
    from svclib.cli import preparing

    chosen = settings()
    preparing.build_demo(chosen, scale)
    logins(chosen)


def logins(chosen: Settings) -> None:
    """Tell the demonstration's log-ins, if the store holds the demonstration."""
    from svclib.demo import LOGINS, PASSWORD, is_demo
    from svclib.store import Store

    with Store.open(chosen.store, settings=chosen) as store:
        if not is_demo(store):
            return
    say(_("Demonstration log-ins, all with the password {password}:"), password=PASSWORD)
    say("  {names}", names="  ".join(one.login for one in LOGINS))


def lab(
    folder: Annotated[Path, typer.Argument(help=_help(_("Folder of notebooks.")))] = Path("notebooks"),
    port: Annotated[int, typer.Option(min=0, max=65535, help=_help(_("Port.")))] = 8888,
) -> None:
    """Run JupyterLab in a process of its own, without what only the server may know."""
    import os
    import subprocess
    import sys

    from svclib.errors import NotFound

    if not folder.is_dir():
        raise NotFound(_("There is no folder {path}."), path=folder)
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", "--ip=127.0.0.1", str(folder)]
    try:
        raise typer.Exit(subprocess.call(command, env=_open_to_notebooks(dict(os.environ))))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


NOTEBOOKS_MAY_KNOW = frozenset({"SVC_URL", "SVC_TOKEN", "SVC_LANG", "SVC_TZ"})


def _open_to_notebooks(environ: dict[str, str]) -> dict[str, str]:
    """The environment without where the store and the keys lie and without passwords."""
    ours = {name for name in environ if name.startswith("SVC_")} - NOTEBOOKS_MAY_KNOW
    return {name: value for name, value in environ.items() if name not in ours | {"PGPASSWORD", "PGPASSFILE"}}
