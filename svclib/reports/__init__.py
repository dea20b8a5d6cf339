"""Charts, sentences and tables of estimates; notebooks rendered to pages that can be mailed and printed."""

from __future__ import annotations

import importlib
import sys
from typing import Any

# Altair imports jsonschema, which would compile a grammar of international addresses that nobody here uses (0.8 s in
# every kernel and report); None in its place is read as "not installed".
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

_WHERE = {
    "render": "rendering",
    "Rendered": "rendering",
    "enable_theme": "theme",
    "svg": "theme",
    "table": "tables",
    "Figure": "parts",
    "Section": "parts",
    "Words": "parts",
    "audit_head": "audit",
}
_ROOMS = ("charts", "monthly", "sentences", "words")
__all__ = [*_WHERE, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"svclib.reports.{_WHERE[name]}"), name)
    if name in _ROOMS:
        return importlib.import_module(f"svclib.reports.{name}")
    raise AttributeError(f"module 'svclib.reports' has no attribute {name!r}")
