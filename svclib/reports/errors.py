"""What can go wrong when a report is rendered."""

from __future__ import annotations

from svclib.errors import InvalidInput, NotFound, SvcError, Unavailable


class UnknownReport(NotFound):
    """There is no report of that name."""

    code = "unknown_report"


class WrongParameter(InvalidInput):
    """A parameter the report does not take, or a value it cannot take."""

    code = "wrong_parameter"


class ReportFailed(SvcError):
    """A cell of the report's notebook failed."""

    status = 500
    code = "report_failed"


class NoPango(Unavailable):
    """PDF needs Pango, which this machine has not."""

    code = "no_pango"
