"""What a calibration has to say of itself and of each item."""

from __future__ import annotations

from enum import StrEnum

from svclib.stats.marks import _


class IrtNote(StrEnum):
    """Why something is missing, was simplified, or should be looked at."""

    NONE = ""
    NO_RESPONSES = _("nobody met this item: it cannot be calibrated")
    ALL_RIGHT = _("everybody answered alike, all with the full score: it cannot be calibrated")
    ALL_WRONG = _("everybody answered alike, all with a score of 0: it cannot be calibrated")
    CONSTANT = _("everybody has the same score: it cannot be calibrated")
    UNLINKED = _("no chain of right and wrong answers ties it to the other items: it cannot be calibrated")
    NEGATIVE = _("the better candidates answer it worse: the key is probably wrong")
    FLAT = _("it hardly tells strong from weak candidates")
    EXTREME = _("so easy or so hard that its difficulty is a guess")
    RUNAWAY = _("its slope runs away: too few answers disagree with the others to hold it")
    MERGED = _("scores that fewer than five candidates had were put together with a neighbour")
    UNUSED = _("scores that nobody had were left out")
    WANTS_CATEGORIES = _("it has more than two scores: the graded (or partial credit) model was taken")
    TO_RASCH = _("fewer than 200 candidates: a Rasch model was fitted, whose items share one slope")
    TO_PARTIAL = _("fewer than 200 candidates: a partial credit model was fitted, whose items share one slope")
    TO_2PL = _("fewer than 1,000 candidates: a model without guessing (2PL) was fitted")
    SMALL = _("fewer than 50 candidates: take the parameters as a first look only")
    NOT_CONVERGED = _("the calculation did not come to rest: do not use these numbers")
    NO_ERRORS = _("the standard errors could not be told: the data do not hold all parameters")
    EMPTY_ROWS = _("candidates without any answer were left out")
    SMALL_GROUP = _("a group of fewer than 30 candidates: its mean and spread are uncertain")
