"""Scales: satisfaction, loyalty, effort, reliability, SERVQUAL."""

from svclib.stats.scales.reliability import alpha
from svclib.stats.scales.satisfaction import ces, csat, nps
from svclib.stats.scales.servqual import servqual

__all__ = ["alpha", "ces", "csat", "nps", "servqual"]
