"""Making reports: one at a time, in a process of its own, which tells how far it is."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from dataclasses import dataclass
from typing import Any

from svclib.errors import Conflict
from svclib.i18n import _, translate
from svclib.settings import Settings
from svclib.web.processes import die_with_parent

FORMATS = ("html", "pdf")

log = logging.getLogger("svclib.web")


@dataclass
class Progress:
    """The report that is being made, or was made last.

    Attributes
    ----------
    person_id : str
        Who asked for it.
    month, branch, language : str
    done, count : int
        Cells of the notebook.
    state : {"running", "done", "failed"}
    error : str
        What went wrong, in the language of who asked.
    """

    person_id: str
    month: str
    branch: str
    language: str
    done: int = 0
    count: int = 0
    state: str = "running"
    error: str = ""


class Maker:
    """Renders reports for the pages; only one at a time, so that answers and exams keep the machine."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.latest: Progress | None = None
        self._task: asyncio.Task[None] | None = None

    def require_free(self) -> None:
        """Raise Conflict while a report is being made."""
        if self.latest and self.latest.state == "running":
            raise Conflict(_("A report is being made; ask for the next one when it is ready."))

    def start(self, report: str, progress: Progress, reader: str) -> None:
        """Begin making `report`; `reader` is the language of what may go wrong."""
        self.require_free()
        self.latest = progress
        self._task = asyncio.get_running_loop().create_task(self._make(report, progress, reader))

    async def _make(self, report: str, progress: Progress, reader: str) -> None:
        failure = translate(_("The report could not be made; the server's log says why."), reader)
        try:
            await self._run(json.dumps(self._asked(report, progress, reader)).encode(), progress)
        except Exception as fault:  # noqa: BLE001 - shown on the page as a failure, whatever it was
            log.error("the report %s could not be made: %s: %s", report, type(fault).__name__, fault)
        if progress.state == "running":
            progress.state, progress.error = "failed", failure

    def _asked(self, report: str, progress: Progress, reader: str) -> dict[str, Any]:
        chosen = {"month": progress.month, "branch": progress.branch, "language": progress.language}
        return {
            "name": report, "home": str(self.settings.home), "to": FORMATS, "language": reader,
            "parameters": {key: value for key, value in chosen.items() if value},
            "connect_env": {"SVC_URL": self.settings.store, "SVC_TZ": self.settings.timezone},
        }  # fmt: skip

    async def _run(self, asked: bytes, progress: Progress) -> None:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "svclib.reports", stdin=pipe, stdout=pipe, stderr=pipe, preexec_fn=die_with_parent
        )  # fmt: skip
        try:
            if process.stdin is None or process.stdout is None or process.stderr is None:
                raise RuntimeError("the process has no pipes")
            noise = asyncio.ensure_future(process.stderr.read())
            process.stdin.write(asked)
            process.stdin.close()
            async for line in process.stdout:
                _note(progress, json.loads(line))
            if await process.wait():
                log.error("the report's process ended with %s: %s", process.returncode, (await noise)[-2000:].decode())
        finally:
            if process.returncode is None:
                process.kill()


def _note(progress: Progress, message: dict[str, Any]) -> None:
    """Take over what the process told."""
    if "error" in message:
        progress.state, progress.error = "failed", message["error"]
    elif "files" in message:
        progress.state = "done"
    else:
        progress.done, progress.count = message["done"], message["count"]
