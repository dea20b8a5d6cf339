"""Take a quiz: one's own exams, the form, what came of it."""

from svclib.apps.take_quiz.model import TakeQuizModel
from svclib.apps.take_quiz.quiz import TakeQuiz

__all__ = ["TakeQuiz", "TakeQuizModel"]
