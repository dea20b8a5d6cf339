"""Classical analysis of exam items."""

from svclib.stats.items.analysis import item_analysis
from svclib.stats.items.distractors import distractors

__all__ = ["distractors", "item_analysis"]
