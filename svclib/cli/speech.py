"""How the commands speak: the user's language, one clear line for what went wrong, progress for what takes time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from svclib.i18n import Language, language_of, translate

if TYPE_CHECKING:
    from svclib.settings import Settings
    from svclib.store import Store


def language(environ: Mapping[str, str] | None = None) -> Language:
    """The language of messages: ``SVC_LANG``, else Chinese where the system speaks Chinese, else English."""
    env = os.environ if environ is None else environ
    if env.get("SVC_LANG"):
        return language_of(env["SVC_LANG"], "en")
    system = env.get("LC_ALL") or env.get("LC_MESSAGES") or env.get("LANG") or ""
    return "zh-CN" if system.lower().startswith("zh") else "en"


def say(text: str, **fields: Any) -> None:
    """Print a marked sentence in the user's language."""
    sys.stdout.write(translate(text, language(), **fields) + "\n")


def complain(text: str, **fields: Any) -> None:
    """Print a marked sentence to standard error."""
    sys.stderr.write(translate(text, language(), **fields) + "\n")


def table(columns: list[str], rows: list[list[Any]]) -> None:
    """Print rows under marked headings."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        shown.add_column(translate(column, language()), overflow="fold")
    for row in rows:
        shown.add_row(*(Text("" if value is None else str(value)) for value in row))
    Console().print(shown)


@contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A bar that is told a marked sentence and the share done (0 to 1)."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=1.0)

        def tell(sentence: str, share: float) -> None:
            bar.update(task, description=translate(sentence, language()), completed=share)

        yield tell


def settings(**changes: Any) -> Settings:
    """Settings of the environment, with what the command line changes (None changes nothing)."""
    from dataclasses import replace

    from svclib.settings import Settings

    return replace(Settings.from_environment(), **{name: value for name, value in changes.items() if value is not None})


@contextmanager
def store() -> Iterator[Store]:
    """The store of the environment, of this version's schema."""
    from svclib.store import Store
    from svclib.store.migrate import require_current

    chosen = settings()
    with Store.open(chosen.store, settings=chosen) as opened:
        require_current(opened)
        yield opened
