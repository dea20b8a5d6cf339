"""The item author's words: what types, levels, states and fields are called."""

from __future__ import annotations

from svclib.apps.pieces.markup import Tone
from svclib.i18n import _

TYPE_NAMES = {
    "single": _("Single choice"),
    "multiple": _("Multiple choice"),
    "true_false": _("True or false"),
    "numeric": _("Number"),
    "ordering": _("Ordering"),
    "matching": _("Matching"),
    "short_text": _("Short text"),
}
LEVEL_NAMES = {
    "remember": _("Remember"),
    "understand": _("Understand"),
    "apply": _("Apply"),
    "analyse": _("Analyse"),
}
STATES = {
    "draft": _("Draft"),
    "in_review": _("In review"),
    "rejected": _("Sent back"),
    "approved": _("Approved"),
    "reviewed": _("Reviewed"),
    "retired": _("Retired"),
}
TONES: dict[str, Tone] = {
    "draft": "info",
    "in_review": "warning",
    "rejected": "danger",
    "approved": "success",
    "reviewed": "success",
    "retired": "",
}
SCORING_NAMES = {
    "strict": _("All or nothing"),
    "partial": _("Part for some right and none wrong"),
}
FIELD_NAMES = {
    "stem": _("Question"),
    "choices": _("Choices"),
    "left": _("Entries on the left"),
    "right": _("Entries on the right"),
    "key": _("Right answer"),
    "scoring": _("Scoring"),
    "tolerance": _("Tolerance (±)"),
    "unit": _("Unit of the number"),
    "accepted": _("Accepted spellings"),
    "rationale": _("Rationale"),
    "source": _("Source (rule or document)"),
    "topic": _("Topic"),
    "level": _("Level"),
    "points": _("Points"),
    "stimulus": _("Case"),
    "enemies": _("Not together with"),
    "fixed_order": _("Keep the choices in this order"),
    "id": _("Item id"),
    "type": _("Type"),
}
