"""Figures over time."""

from svclib.stats.time.trend import against_target, changes

__all__ = ["against_target", "changes"]
