"""Service quality on Jupyter: surveys, certification exams, their statistics and the records around them."""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "connect": "svclib.client",
    "load_survey": "svclib.forms",
    "load_bank": "svclib.forms",
    "load_exam": "svclib.forms",
}
__all__ = ["connect", "load_bank", "load_exam", "load_survey", "reports", "stats"]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    if name in {"stats", "reports", "forms"}:
        return importlib.import_module(f"svclib.{name}")
    raise AttributeError(f"module 'svclib' has no attribute {name!r}")
