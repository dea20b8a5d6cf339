"""The survey desk: publish, links, QR posters, live counts, first results, export."""

from svclib.apps.survey_desk.desk import SurveyDesk
from svclib.apps.survey_desk.model import SurveyDeskModel

__all__ = ["SurveyDesk", "SurveyDeskModel"]
