"""Altair charts of estimates, one module a subpackage of `svclib.stats`; importing them turns our look on."""

from svclib.reports.charts.items import difficulty_discrimination, option_bars
from svclib.reports.charts.satisfaction import ranking, trend
from svclib.reports.theme import enable_theme

enable_theme()

__all__ = ["difficulty_discrimination", "option_bars", "ranking", "trend"]
