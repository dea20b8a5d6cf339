"""Figures over time."""

from svclib.stats.time.charts import p_chart, u_chart, xmr_chart
from svclib.stats.time.drift import cusum_chart, ewma_chart
from svclib.stats.time.trend import against_target, changes

__all__ = ["against_target", "changes", "cusum_chart", "ewma_chart", "p_chart", "u_chart", "xmr_chart"]
