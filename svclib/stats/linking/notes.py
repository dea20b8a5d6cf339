"""What a link or an equating should be taken with care for."""

from __future__ import annotations

from enum import StrEnum

from svclib.stats.marks import _

FEW_ANCHORS = 5
"""Fewer anchors carry their own chance errors into every score."""
ANCHOR_SHARE = 0.2
"""An anchor test should hold at least this share of the test (Kolen & Brennan 2014, section 8.1)."""
WIDE_GROUPS = 0.3
"""Groups whose anchor means differ by more standard deviations make the methods disagree (their section 8.3)."""
FEW_LINEAR, FEW_SMOOTHED, FEW_RAW = 50, 200, 400
"""Fewer candidates on a form are few for a line, for a smoothed and for a raw distribution."""
FEW_AT = 5
"""A raw percentile near fewer candidates rests on them alone."""


class LinkNote(StrEnum):
    """Why a row is empty, or how far a result can be trusted."""

    NONE = ""
    FEW_ANCHORS = _("fewer than 5 anchor items: the link rests on each of them")
    SHORT_ANCHOR = _("the anchor is shorter than a fifth of the test: it may not measure what the test measures")
    WIDE_GROUPS = _("the groups differ by more than 0.3 standard deviations on the anchor: methods may disagree")
    FEW_CANDIDATES = _("few candidates for this method: take a simpler one, or smooth")
    NO_COVARIANCE = _("no standard error: the calibrations have no covariances")
    UNSEEN_ANCHORS = _("some anchor scores occur in one group only: they were left out")
    NOT_CONVERGED = _("the search for the link did not settle")
    ANCHORS_DRIFT = _("some anchors drifted: look at the drift before using the link")
    FIXED_END = _("end of the scale: equal by definition")
    CHANCE = _("below what guessing gives: on a line between the lowest scores")
    CEILING = _("above what the model reaches: on a line between the highest scores")
    NOBODY = _("nobody in the new group scored so low: no percentile")
    NOBODY_ABOVE = _("nobody in the new group scored so high: no percentile")
    NO_LINE = _("the anchor does not rise with the score: no line can be told")
    THIN = _("fewer than 5 candidates near this score")
    NOT_RISING = _("the expected score does not rise here: an item runs against the others")
    NO_SLOPE = _("no threshold: the item does not discriminate")
    NO_DELTA = _("all or none were right, or nobody answered: no delta")
    TOO_FEW_LEFT = _("kept: too few anchors would be left")
