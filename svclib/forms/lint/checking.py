"""The lint of a definition."""

from __future__ import annotations

from svclib.forms.bank import Bank
from svclib.forms.compiling import body_of
from svclib.forms.exam import Exam
from svclib.forms.findings import Finding
from svclib.forms.lint.banks import check_bank
from svclib.forms.lint.exams import check_exam
from svclib.forms.lint.notes import Notes
from svclib.forms.lint.surveys import check_survey
from svclib.forms.lint.texts import check_texts
from svclib.forms.survey import Survey


def check(definition: Survey | Bank | Exam, bank: Bank | None = None) -> list[Finding]:
    """Lint a definition.

    Parameters
    ----------
    definition : Survey, Bank or Exam
    bank : Bank, optional
        The bank of an exam; with it the blueprint is tried.

    Returns
    -------
    list of Finding
        In the order of the file. An error must be mended before the definition can be published.
    """
    notes = Notes(definition.source)
    languages = ("zh-CN", "en") if isinstance(definition, Exam) else definition.languages
    check_texts(body_of(definition), languages, notes)
    if isinstance(definition, Survey):
        check_survey(definition, notes)
    elif isinstance(definition, Bank):
        check_bank(definition, notes)
    else:
        check_exam(definition, bank, notes)
    return notes.in_order()
