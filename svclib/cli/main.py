"""Puts the commands together, and turns every error into one line without a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import typer

from svclib.cli import definitions, people, platform, safety
from svclib.cli.speech import complain, language
from svclib.errors import SvcError
from svclib.i18n import _, translate

app = typer.Typer(
    name="svc", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]},
    help=translate(_("Service quality on Jupyter: surveys, certification exams, statistics and reports."), language()),
)  # fmt: skip
COMMANDS: dict[str, tuple[Callable[..., Any], str]] = {
    "serve": (platform.serve, _("Serve the platform until Ctrl-C.")),
    "init": (platform.init, _("Prepare an empty store for production, with its first administrator.")),
    "demo": (platform.demo, _("Fill an empty store with the synthetic demonstration bank.")),
    "lab": (platform.lab, _("Start JupyterLab on the notebooks.")),
    "migrate": (safety.migrate, _("Bring the store to this version's schema, after a backup.")),
    "backup": (safety.backup, _("Write store and keys into one file, while the server runs.")),
    "restore": (safety.restore, _("Put a backup in the place of the store.")),
    "verify": (safety.verify, _("Check the audit trail, every answer's chain, and what was made of them.")),
    "check": (definitions.check, _("Lint definition files.")),
    "import": (definitions.import_, _("Publish definition files.")),
    "export": (definitions.export, _("Write a published definition as its YAML file.")),
    "report": (definitions.report, _("Render a report notebook to HTML or PDF.")),
    "login": (people.login, _("Sign in to a server, for notebooks and scripts.")),
    "token": (people.token, _("Make a personal token for somebody, for notebooks and scripts.")),
}
for _name, (_function, _help) in COMMANDS.items():
    app.command(_name, help=translate(_help, language()))(_function)
app.add_typer(people.users, name="user", help=translate(_("People: accounts, roles, passwords."), language()))
app.add_typer(people.units, name="unit", help=translate(_("Units of the organisation: add, list."), language()))


def main() -> None:
    """Run the command line."""
    sys.exit(run())


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and give the exit code: 0 well, 1 something was found, 2 it could not be done."""
    try:
        app(arguments)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except SvcError as fault:
        sys.stderr.write(fault.render(language()) + "\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - the reader of the pipe has gone
        return 0
    except Exception as fault:
        if os.environ.get("SVC_DEBUG"):
            raise
        _say_unexpected(fault)
        return 2
    return 0


def _say_unexpected(fault: Exception) -> None:
    if isinstance(fault, OSError) and fault.filename:
        complain(
            _("{path} cannot be used: {detail}. Check SVC_HOME, permissions and free space."),
            path=os.fsdecode(fault.filename), detail=fault.strerror,
        )  # fmt: skip
        return
    complain(
        _("This should not have happened: {kind}: {detail}. SVC_DEBUG=1 shows where."),
        kind=type(fault).__name__, detail=" ".join(str(fault).split())[:300],
    )  # fmt: skip
