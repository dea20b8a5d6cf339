"""How far raters agree: intraclass correlation, kappa, Krippendorff's alpha, Gwet's coefficient."""

from svclib.stats.agreement.chance import gwet, kappa
from svclib.stats.agreement.disagreement import krippendorff
from svclib.stats.agreement.intraclass import icc

__all__ = ["gwet", "icc", "kappa", "krippendorff"]
