"""Secrets of one installation: 32 random bytes a name, in files under ``SVC_HOME/keys``, never in the database."""

from __future__ import annotations

import os
import re
import secrets
import tempfile
from pathlib import Path
from threading import Lock

from svclib.errors import Unavailable
from svclib.i18n import _

KEY_BYTES = 32
NAMES = ("sessions", "contexts", "certificates", "pseudonyms")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class Keys:
    """The secrets in one folder; without a folder they live as long as the object (tests, stores in memory).

    Examples
    --------
    >>> keys = Keys(None)
    >>> keys.get("sessions") == keys.get("sessions"), len(keys.get("sessions"))
    (True, 32)
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._known: dict[str, bytes] = {}
        self._lock = Lock()

    def get(self, name: str) -> bytes:
        """Give the secret `name`, made at the first use.

        Raises
        ------
        ValueError
            The name is no file-safe identifier.
        Unavailable
            The file cannot be read or made, or holds something else.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a key's name: {name!r}")
        with self._lock:
            if name not in self._known:
                self._known[name] = secrets.token_bytes(KEY_BYTES) if self.folder is None else self._load(name)
            return self._known[name]

    def create(self) -> None:
        """Make all secrets that the platform uses and that are not there yet."""
        for name in NAMES:
            self.get(name)

    def _load(self, name: str) -> bytes:
        path = Path(self.folder or "") / name
        try:
            _create(path)
            key = path.read_bytes()
        except OSError as fault:
            raise Unavailable(
                _("The key file {path} cannot be read or made ({detail}). Check the folder's owner and permissions."),
                path=path, detail=fault.strerror,
            ) from fault  # fmt: skip
        if len(key) != KEY_BYTES:
            raise Unavailable(_("The key file {path} is damaged. Restore the last backup's keys."), path=path)
        return key


def _create(path: Path) -> None:
    """Write a new secret unless there is one; a link makes it appear whole or not at all, and the first one wins."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        _publish(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)


def _publish(new: Path, path: Path) -> None:
    try:
        os.link(new, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        new.replace(path)
