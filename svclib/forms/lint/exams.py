"""The lint of exams: rules that contradict each other, and a blueprint the bank cannot fill."""

from __future__ import annotations

from svclib.forms.bank import Bank
from svclib.forms.drawing import BlueprintShortage, draw
from svclib.forms.exam import Exam
from svclib.forms.lint.notes import Notes
from svclib.i18n import _

SECONDS_PER_ITEM = 15
DAYS_PER_MONTH = 28


def check_exam(exam: Exam, bank: Bank | None, notes: Notes) -> None:
    """Lint an exam; with its bank, try the blueprint."""
    _rules(exam, notes)
    if bank is None:
        return
    if bank.bank != exam.bank:
        text = _("The exam is over the bank “{wanted}”, not “{found}”: check it with its own bank.")
        notes.error("other_bank", ("bank",), text, wanted=exam.bank, found=bank.bank)
        return
    for number, row in enumerate(exam.blueprint):
        if row.topic and row.topic not in bank.topics:
            text = _("The bank has no topic “{topic}”: check the spelling.")
            notes.error("unknown_topic", ("blueprint", number, "topic"), text, topic=row.topic)
    _drawable(exam, bank, notes)


def _drawable(exam: Exam, bank: Bank, notes: Notes) -> None:
    try:
        draw(exam, bank, "check")
    except BlueprintShortage as shortage:
        path = ("blueprint", int(shortage.fields["row"]) - 1)
        notes.error("blueprint", path, shortage.text, **shortage.fields)


def _rules(exam: Exam, notes: Notes) -> None:
    count = sum(row.count for row in exam.blueprint)
    if exam.minutes * 60 < count * SECONDS_PER_ITEM:
        text = _("{minutes} minutes for {count} items leave less than {seconds} seconds each: give more time.")
        notes.warning("time", ("minutes",), text, minutes=exam.minutes, count=count, seconds=SECONDS_PER_ITEM)
    if exam.attempts > 1 and exam.feedback != "score_only" and exam.feedback_from == "submitted":
        text = _("Feedback after the first of {attempts} attempts shows what is right: set feedback_from last_attempt.")
        notes.warning("feedback", ("feedback_from",), text, attempts=exam.attempts)
    certificate = exam.certificate
    if certificate and certificate.renew_from_days > certificate.valid_months * DAYS_PER_MONTH:
        notes.error(
            "certificate",
            ("certificate", "renew_from_days"),
            _("Renewal would begin before the certificate does: lower renew_from_days."),
        )
