"""What ``make run`` does before it serves: fill an empty store, migrate an older one, publish new definitions."""

from __future__ import annotations

from svclib.cli.speech import complain, language, progress
from svclib.errors import SvcError, Unavailable
from svclib.i18n import _
from svclib.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def prepare(settings: Settings) -> None:
    """Make the store of `settings` ready to serve.

    Raises
    ------
    Unavailable
        The demonstration, whose password everybody knows, would listen beyond this machine.
    """
    from svclib.store.migrate import migrate, schema_state

    if settings.host not in LOOPBACK:
        raise Unavailable(
            _("The demonstration's password is in the README: it listens on this machine only, not on {host}."),
            host=settings.host,
        )
    state = schema_state(settings.store)
    if state == "empty":
        build_demo(settings)
    elif state == "older":
        migrate(settings.store, settings.home / "backups")
    publish_files(settings)


def build_demo(settings: Settings, scale: float = 1.0) -> None:
    """Build the demonstration bank, with a bar of progress."""
    from svclib.demo import build

    with progress() as tell:
        build(settings, tell, scale=scale)


def publish_files(settings: Settings) -> None:
    """Publish the versions in ``surveys/`` and ``quizzes/`` that are new; a wrong file is named and left out."""
    from svclib.demo.build import definitions_folder
    from svclib.operations import definitions
    from svclib.operations.actor import system_actor
    from svclib.store import Store

    folder = definitions_folder()
    paths = [*folder.glob("quizzes/banks/*.yaml"), *folder.glob("quizzes/*.yaml"), *folder.glob("surveys/*.yaml")]
    with Store.open(settings.store, settings=settings) as store:
        try:
            definitions.import_files(store, system_actor(), paths, seen=settings.home / "imports.json")
        except SvcError as fault:
            complain("{fault}", fault=fault.render(language()))
