"""Short names of flags, signs, indices and states of response quality, for axes and sentences."""

from __future__ import annotations

from svclib.i18n import _, translate

FLAGS = {
    "longstring": _("long string"),
    "average_string": _("average string"),
    "straight_lined": _("straight-lining"),
    "irv": _("little variation"),
    "even_odd": _("even–odd consistency"),
    "synonyms": _("synonym consistency"),
    "antonyms": _("antonym consistency"),
    "mahalanobis_p": _("unusual combination"),
    "person_total": _("against the others"),
    "omitted": _("questions left out"),
    "speed": _("speeding"),
    "same_answers": _("near copy"),
    "same_text": _("same text"),
    "resubmitted": _("resubmission"),
    "shared_device": _("shared device"),
    "unit_similar": _("unit: near twins"),
    "unit_perfect": _("unit: top marks"),
    "unit_month_end": _("unit: end of month"),
    "unit_burst": _("unit: burst"),
    "unit_rapid": _("unit: minutes apart"),
    "unit_closed": _("unit: closed hours"),
    "unit_devices": _("unit: devices"),
}
INDICES = {
    "longstring": _("longest run of the same answer"),
    "average_string": _("average run of the same answer"),
    "straight_lined": _("blocks answered alike"),
    "irv": _("standard deviation of a person's answers"),
    "even_odd": _("consistency of the halves of scales"),
    "synonyms": _("correlation over questions that mean the same"),
    "antonyms": _("correlation over questions that mean the opposite"),
    "mahalanobis_p": _("chance of the combination of answers"),
    "person_total": _("correlation with the answers of the others"),
    "omitted": _("share of questions left empty"),
    "speed": _("speed, as a multiple of the usual"),
}
SIGNS = {
    "similar": _("near twins"),
    "spread": _("little spread"),
    "extremes": _("few extreme answers"),
    "perfect": _("top marks throughout"),
    "omitted": _("few questions left out"),
    "comments": _("few comments"),
    "month_end": _("end of month"),
    "burst": _("burst"),
    "rapid": _("minutes apart"),
    "closed": _("closed hours"),
    "devices": _("repeated devices"),
    "together": _("all signs together"),
}
STATES = {
    "omitted": _("left empty"),
    "dont_know": _("don't know"),
    "broke_off": _("broken off before"),
    "not_reached": _("not reached"),
    "not_shown": _("not asked"),
}


def flag_name(name: str, language: str) -> str:
    """Give the short name of a flag; one of one's own stays as it is."""
    return translate(FLAGS[name], language) if name in FLAGS else str(name)


def index_name(name: str, language: str) -> str:
    """Give what an index measures."""
    return translate(INDICES[name], language) if name in INDICES else str(name)


def sign_name(name: str, language: str) -> str:
    """Give the short name of a sign."""
    return translate(SIGNS[name], language) if name in SIGNS else str(name)


def state_name(name: str, language: str) -> str:
    """Give the short name of a state of a cell."""
    return translate(STATES[name], language) if name in STATES else str(name)
