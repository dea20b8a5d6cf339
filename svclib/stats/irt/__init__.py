"""Item response models: calibration, scores, information, fit."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    """``stats.irt`` is the verb, whether or not a module of this room was imported before (until the room is renamed)."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        from svclib.stats.irt.fit import irt

        return irt(*args, **options)


sys.modules[__name__].__class__ = _Room
