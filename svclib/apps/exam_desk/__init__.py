"""The exam desk: assign, watch live, extend, void, rescore, results."""

from svclib.apps.exam_desk.desk import ExamDesk
from svclib.apps.exam_desk.model import ExamDeskModel

__all__ = ["ExamDesk", "ExamDeskModel"]
