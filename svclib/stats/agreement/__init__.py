"""How far raters agree: intraclass correlation, kappa, Gwet's coefficient."""

from svclib.stats.agreement.chance import gwet, kappa
from svclib.stats.agreement.intraclass import icc

__all__ = ["gwet", "icc", "kappa"]
