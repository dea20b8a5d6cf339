"""Means and shares of a sample."""

from svclib.stats.design.descriptive import mean, proportion

__all__ = ["mean", "proportion"]
