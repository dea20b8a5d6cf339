"""What is asked: surveys, item banks and exams; their files, answers, scores and forms in the browser."""

from svclib.forms.bank import Bank, Item
from svclib.forms.compiling import Compiled, compile_definition, from_body, hash_of, json_schema
from svclib.forms.drawing import BlueprintShortage, draw
from svclib.forms.exam import Exam, ExamForm
from svclib.forms.expressions import ExpressionError
from svclib.forms.findings import Finding, InvalidDefinition
from svclib.forms.lint import check
from svclib.forms.loading import load_bank, load_definition, load_exam, load_survey, parse_definition
from svclib.forms.scoring import Amendment, Score, score
from svclib.forms.simulation import simulate
from svclib.forms.simulation_exams import simulate_exam
from svclib.forms.survey import Survey
from svclib.forms.surveyjs import exam_form, survey_form
from svclib.forms.validation import Validation, validate
from svclib.forms.values import Problem, validate_value
from svclib.forms.writing import dump_yaml

__all__ = [
    "Amendment", "Bank", "BlueprintShortage", "Compiled", "Exam", "ExamForm", "ExpressionError", "Finding",
    "InvalidDefinition", "Item", "Problem", "Score", "Survey", "Validation", "check", "compile_definition", "draw",
    "dump_yaml", "exam_form", "from_body", "hash_of", "json_schema", "load_bank", "load_definition", "load_exam",
    "load_survey", "parse_definition", "score", "simulate", "simulate_exam", "survey_form", "validate",
    "validate_value",
]  # fmt: skip
