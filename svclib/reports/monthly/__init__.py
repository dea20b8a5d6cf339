"""The monthly quality report: what its notebook calls, cell by cell."""

from svclib.reports.monthly.answering import coverage, method
from svclib.reports.monthly.book import Book, read
from svclib.reports.monthly.branch_ranking import branches
from svclib.reports.monthly.exam_results import exams
from svclib.reports.monthly.front import opening, targets
from svclib.reports.monthly.measures import by_month, headline

__all__ = ["Book", "branches", "by_month", "coverage", "exams", "headline", "method", "opening", "read", "targets"]
