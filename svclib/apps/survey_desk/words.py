"""The survey desk's words: kinds, channels, sources and states of the ways to answer."""

from __future__ import annotations

from svclib.apps.pieces.markup import Tone
from svclib.i18n import _

KINDS = {
    "open": _("One link for everybody (QR code, web page)"),
    "personal": _("Personal links, each for one answer"),
}
KIND_NAMES = {"open": _("Open link"), "personal": _("Personal links")}
CHANNELS = {
    "qr": _("QR code"),
    "web": _("Web page"),
    "phone": _("Telephone interview"),
    "kiosk": _("Kiosk at the branch"),
    "email": _("E-mail"),
    "sms": _("Text message"),
}
SOURCES = {
    "opt-in": _("Whoever wants to answers (opt-in)"),
    "probability": _("A random sample was invited"),
    "census": _("Everybody was invited"),
}
SOURCE_NAMES = {"opt-in": _("Opt-in"), "probability": _("Random sample"), "census": _("Everybody")}
STATES = {"waiting": _("Not open yet"), "open": _("Open"), "closed": _("Closed")}
TONES: dict[str, Tone] = {"waiting": "info", "open": "success", "closed": ""}
MEASURES = {
    "csat": _("Satisfaction (CSAT)"),
    "nps": _("Recommendation (NPS)"),
    "ces": _("Effort (CES)"),
}
EXPLAINED = {
    "csat": _("Share of answers in the two best points of the scale."),
    "nps": _("Share of promoters (9–10) less share of detractors (0–6), from −100 to +100."),
    "ces": _("Mean answer on the scale of the question."),
}
OPT_IN = _(
    "These people chose to answer by themselves, so no sampling error is claimed: the numbers speak of those who "
    "answered, not of all customers. The interval only shows how much chance there is in so few answers."
)
FORMATS = {"xlsx": "Excel (.xlsx)", "csv": "CSV (.csv)", "sav": "SPSS (.sav)", "parquet": "Parquet (.parquet)"}
VARIANTS = {
    "share": _("To share: without free text and sensitive questions"),
    "full": _("Full: with everything you may see"),
}
