"""Figures over time."""

from svclib.stats.time.charts import p_chart, u_chart, xmr_chart
from svclib.stats.time.trend import against_target, changes

__all__ = ["against_target", "changes", "p_chart", "u_chart", "xmr_chart"]
