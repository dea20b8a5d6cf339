"""How far raters agree: intraclass correlation, kappa, Krippendorff's alpha, Gwet's coefficient."""

from svclib.stats.agreement.intraclass import icc

__all__ = ["icc"]
