"""Files in and out: an upload with a limit, a download that needs no other address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import traitlets as t

from svclib.apps.pieces.piece import Piece, script
from svclib.apps.pieces.voice import Voice
from svclib.i18n import _

LARGEST = 5 * 2**20  # as much as the server reads of a table
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Upload(Piece):
    """Takes one file; `on_file` is called with its name and its content in base64, as the operations take it.

    The page refuses a larger file before anything is sent; the kernel checks again.
    """

    _esm = script("upload")
    label = t.Unicode("").tag(sync=True)
    hint = t.Unicode("").tag(sync=True)
    accept = t.Unicode("").tag(sync=True)
    largest = t.Int(LARGEST).tag(sync=True)
    too_large = t.Unicode("").tag(sync=True)
    file_name = t.Unicode("").tag(sync=True)

    def __init__(
        self,
        voice: Voice,
        label: str,
        *,
        accept: Sequence[str] = (".xlsx", ".csv"),
        hint: str = "",
        on_file: Callable[[str, str], Any] | None = None,
        largest: int = LARGEST,
    ) -> None:
        self.on_file = on_file
        words = voice(_("The file is larger than {limit} MB: split it."), limit=largest // 2**20)
        super().__init__(label=label, hint=hint, accept=",".join(accept), largest=largest, too_large=words)

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Take a file."""
        name, content = message.get("name"), message.get("content")
        if not isinstance(name, str) or not isinstance(content, str) or len(content) > self.largest * 4 // 3 + 4:
            return
        self.file_name = name[:200]
        self.tell(self.on_file, self.file_name, content)

    def clear(self) -> None:
        """Forget the file."""
        self.file_name = ""


class Download(Piece):
    """Hands bytes to the browser as a file.

    Examples
    --------
    >>> download = Download()
    >>> download.hand("results.csv", b"a,b", "text/csv")
    >>> download.handed
    'results.csv'
    """

    _esm = script("download")

    def __init__(self) -> None:
        self.handed = ""
        super().__init__()

    def hand(self, name: str, content: bytes, kind: str = XLSX) -> None:
        """Start the download of `content` under `name`."""
        self.handed = name
        self.send({"name": name, "kind": kind}, buffers=[content])
