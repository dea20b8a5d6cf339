"""What charts show, in words, one module a subpackage of `svclib.stats`.

A sentence names the size, the direction, the uncertainty and whether chance could explain it.
"""

from svclib.reports.sentences import items, notes, satisfaction

__all__ = ["items", "notes", "satisfaction"]
