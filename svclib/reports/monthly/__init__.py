"""The monthly quality report: what its notebook calls, cell by cell."""

from svclib.reports.monthly.book import Book, read
from svclib.reports.monthly.branches import branches
from svclib.reports.monthly.coverage import coverage, method
from svclib.reports.monthly.exams import exams
from svclib.reports.monthly.measures import by_month, headline
from svclib.reports.monthly.opening import opening, targets

__all__ = ["Book", "branches", "by_month", "coverage", "exams", "headline", "method", "opening", "read", "targets"]
