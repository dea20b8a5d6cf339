"""Equating of sum scores from calibrated items, as a result of `stats.equate`."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.linking.item_scores import Form, ItemEquating, observed_scores, true_scores
from svclib.stats.linking.link import Link, Quadrature, nodes
from svclib.stats.linking.notes import LinkNote
from svclib.stats.linking.parameters import calibrated
from svclib.stats.linking.results import Equating
from svclib.stats.linking.samples import Scale
from svclib.stats.marks import _

METHODS = ("irt_true", "irt_observed")


def equate_items(
    new: Any, old: Any, method: str, *, link: Link | None, quadrature: Quadrature, weight: float | None, level: float
) -> Equating:
    """Equate by items; see `svclib.stats.linking.equate.equate`."""
    first, second, cov = forms(new, old, link)
    if method == "irt_true":
        found = true_scores(first, second)
    else:
        found = observed_scores(first, second, *nodes(quadrature), share_of(weight, 0.5))
    return _result(found, first, second, cov, method, level, () if link is None else link.notes)


def share_of(weight: Any, default: float) -> float:
    """Read the new group's share of the population."""
    if weight is None:
        return default
    if not isinstance(weight, Real) or not 0 <= float(weight) <= 1:
        raise InvalidInput(
            _("weight is {weight}; give the new group's share of the population, from 0 to 1."), weight=str(weight)
        )
    return float(weight)


def forms(new: Any, old: Any, link: Link | None) -> tuple[Form, Form, Floats | None]:
    """Give both forms on the common scale and the covariance of all free parameters."""
    if link is None:
        parts = [calibrated(part) for part in (new, old)]
        size = len(parts[0]) + len(parts[1])
        none = np.zeros((2, size))
        pair = Form(parts[0], 0, 1.0, 0.0, none), Form(parts[1], len(parts[0]), 1.0, 0.0, none)
        return (*pair, None)
    if not isinstance(link, Link):
        raise InvalidInput(_("link is {kind}; give a result of stats.link."), kind=type(link).__name__)
    _check_same(new, link, "new")
    _check_same(old, link, "old")
    size = link.jacobian.shape[1]
    made = Form(link.pair.new, 0, link.slope, link.intercept, link.jacobian)
    there = Form(link.pair.old, len(link.pair.new), 1.0, 0.0, np.zeros((2, size)))
    return made, there, link.pair.cov if link.pair.known else None


def _check_same(given: Any, link: Link, which: str) -> None:
    held = (link.pair.new if which == "new" else link.pair.old).items
    if calibrated(given).items.names != held.names:
        raise InvalidInput(
            _("link: the {group} form has other items than the one that was linked; give the same calibrations."),
            group=which,
        )


def _result(
    found: ItemEquating, new: Form, old: Form, cov: Floats | None, method: str, level: float, notes: tuple[str, ...]
) -> Equating:
    scores = np.arange(len(found.equated), dtype=float)
    error = np.full(len(scores), np.nan)
    if cov is not None:
        error = np.sqrt(np.maximum(np.einsum("kp,pq,kq->k", found.steps, cov, found.steps, optimize=True), 0))
    wide = ndtri((1 + level) / 2) * error
    frame = pd.DataFrame(
        {
            "score": scores, "equated": found.equated, "std_error": error, "low": found.equated - wide,
            "high": found.equated + wide, "n": np.zeros(len(scores), dtype="int64"), "level": level, "method": method,
            "note": _row_notes(found, scores),
        }
    )  # fmt: skip
    top = float(old.items.highest.sum())
    said = list(notes)
    if cov is None and LinkNote.NO_COVARIANCE not in said:
        said.append(str(LinkNote.NO_COVARIANCE))
    return Equating(
        frame, method, Scale(0.0, scores[-1], 1.0), Scale(0.0, top, 1.0), level, notes=tuple(said)
    )  # fmt: skip


def _row_notes(found: ItemEquating, scores: Floats) -> list[str]:
    notes = np.full(len(scores), "", dtype=object)
    notes[found.slope <= 1e-9] = str(LinkNote.NOT_RISING)
    notes[found.above], notes[found.below] = str(LinkNote.CEILING), str(LinkNote.CHANCE)
    notes[(found.below & (scores == 0)) | (found.above & (scores == scores[-1]))] = str(LinkNote.FIXED_END)
    return list(notes)


def cut_of(link: Link, cut: float) -> float:
    """Give the score of the new form, fractions allowed, whose true score equates to `cut` on the old one."""
    new, old, _cov = forms(link.pair.new.items, link.pair.old.items, link)
    top = float(old.items.highest.sum())
    if not 0 <= cut <= top:
        raise InvalidInput(
            _("cut is {cut}; give a sum score of the old form, from 0 to {top}."), cut=cut, top=f"{top:g}"
        )
    found = true_scores(new, old).equated
    return float(np.interp(cut, found, np.arange(len(found))))
