"""The form of surveys and exams inside an app: the same bundle as on the pages, imported by its address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import traitlets as t

from svclib.apps.pieces.piece import Piece, script

FORMS = Path(__file__).parents[2] / "web" / "static" / "forms"


class Form(Piece):
    """Shows a sheet. Answers go from the page to the server by HTTP; they never cross the kernel.

    Parameters
    ----------
    source : str
        Address of a sheet (``/exam/ID``, ``/s/TOKEN``; a query such as ``?start=2`` goes along as its context); with
        ``mode="preview"`` what `preview_source` makes.
    locale : str
        ``zh-CN`` or ``en``.
    mode : {"live", "preview", "display"}
        Preview sends nothing; display is read only.

    Attributes
    ----------
    status : str
        What the page reports: ``saved``, ``saving``, ``unsaved``, ``offline``, ``read_only``, ``submitted``,
        ``closed``, ``error``.
    """

    _esm = script("form")
    source = t.Unicode("").tag(sync=True)
    locale = t.Unicode("zh-CN").tag(sync=True)
    mode = t.Unicode("live").tag(sync=True)
    status = t.Unicode("").tag(sync=True)

    def __init__(self, source: str = "", locale: str = "zh-CN", mode: str = "live", status: str = "") -> None:
        super().__init__(source=source, locale=locale, mode=mode, status=status)
        self.add_class("app-form-sheet")

    def heard(self, message: dict[str, Any], buffers: list[Any]) -> None:
        """Hand the bundle over where no platform serves it (JupyterLab)."""
        if message.get("need") == "bundle":
            self.send({"bundle": True}, buffers=[(FORMS / name).read_bytes() for name in ("form.js", "form.css")])


def preview_source(definition: dict[str, Any], answers: dict[str, Any] | None = None) -> str:
    """Make the source of a preview from a form's JSON (``svclib.forms.survey_form`` and the like).

    >>> preview_source({"pages": []})
    '{"definition": {"pages": []}, "answers": {}}'
    """
    return json.dumps({"definition": definition, "answers": answers or {}}, ensure_ascii=False)
