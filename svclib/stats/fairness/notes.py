"""What a row says of itself: why it is empty, and which way an item leans."""

from __future__ import annotations

from enum import StrEnum

from svclib.stats.marks import _


class FairNote(StrEnum):
    """Why there is no number, or why it is to be read with care."""

    NONE = ""
    NOBODY = _("nobody in one of the groups met the item")
    CONSTANT = _("all candidates have the same score on this item: nothing to compare")
    NO_OVERLAP = _("no candidates of both groups with equal scores: nothing to compare")
    ONE_SIDED = _("at equal scores one group is always right: the size cannot be told")
    GRADED = _("this method needs items that are right or wrong")
    NO_FIT = _("the model did not settle: use another method")
    FEW = _("fewer than 200 candidates in a group: small effects are missed")
    SMALL = _("too few candidates: set aside")
    IN_USE = _("compared")
    UNUSED = _("not asked for")


class Direction(StrEnum):
    """Which way an item leans at equal ability."""

    NONE = ""
    HARDER = _("harder for the focal group than for equally able others")
    EASIER = _("easier for the focal group than for equally able others")
    CROSSING = _("harder for some of the focal group and easier for others, depending on ability")
    DIFFERENT = _("differs between the groups")
