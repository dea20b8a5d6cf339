"""Why a driver's row has no interval, or how it must be read."""

from __future__ import annotations

from enum import StrEnum

from svclib.stats.marks import _

HIGH_INFLATION = 10.0
"""Variance inflation beyond which a driver is hardly told apart from the others (Marquardt 1970)."""


class DriverNote(StrEnum):
    """Why a driver's row has no interval, or how it must be read."""

    NO_DRAWS = _("no intervals asked for (bootstraps=0)")
    FEW_DRAWS = _("most draws of the bootstrap cannot be fitted: too few answers for an interval")
    COLLINEAR = _("shares most of its variance with the other drivers: its own slope can hardly be told")
    CATEGORIES = _("a column of categories: no mean and no single slope")
    GROUP = _("several columns judged together: no single slope")
    BEYOND = _("beyond the scale: no answer lies so high or so low")
