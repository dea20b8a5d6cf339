"""What charts show, in words, one module a subpackage of `svclib.stats`.

A sentence names the size, the direction, the uncertainty and whether chance could explain it.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

__all__ = [module.name for module in pkgutil.iter_modules(__path__)]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"svclib.reports.sentences.{name}")
    raise AttributeError(f"module 'svclib.reports.sentences' has no attribute {name!r}")
