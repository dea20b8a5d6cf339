"""Scores of a group on one form as counts: of each score, or of each pair of score and anchor score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import check_columns, numbers
from svclib.stats.marks import _

Range = tuple[float, float]
_MOST = 20_000
"""Points of a scale; more is a mistake of step or range."""


@dataclass(frozen=True)
class Scale:
    """Scores lowest, lowest + step, … highest."""

    lowest: float
    highest: float
    step: float

    @property
    def points(self) -> Floats:
        """Every score."""
        return np.asarray(self.lowest + self.step * np.arange(len(self)))

    def __len__(self) -> int:
        return round((self.highest - self.lowest) / self.step) + 1

    def at(self, scores: Floats) -> Any:
        """Give the place of each score on the scale, NaN as −1."""
        place = np.round((scores - self.lowest) / self.step)
        return np.where(np.isnan(place), -1, place).astype(int)


@dataclass(frozen=True, eq=False)
class Sample:
    """Counts of one group.

    Attributes
    ----------
    counts : array, shape (scores, anchor scores) — one column without an anchor
    scale, anchor : Scale
    left_out : int
        Rows without a score.
    """

    counts: Floats
    scale: Scale
    anchor: Scale
    left_out: int

    @property
    def n(self) -> int:
        """Candidates counted."""
        return int(self.counts.sum())

    @property
    def shares(self) -> Floats:
        """Counts as shares of 1."""
        return np.asarray(self.counts / self.counts.sum())


NO_ANCHOR = Scale(0.0, 0.0, 1.0)


def read_sample(
    data: Any,
    score: str | None,
    anchor: str | None,
    *,
    group: str,
    step: float,
    range_: Range | None,
    anchor_range: Range | None,
) -> Sample:
    """Read a group's scores; `group` names it in complaints.

    Raises
    ------
    InvalidInput
        If fewer than two candidates have a score, a score is off the step or out of range, or all are equal.
    """
    scores, anchors = _columns(data, score, anchor, group)
    known = ~np.isnan(scores) & (True if anchors is None else ~np.isnan(anchors))
    if known.sum() < 2:
        raise InvalidInput(
            _("The {group} form has {n} candidates with scores; at least 2 are needed."),
            group=group,
            n=int(known.sum()),
        )
    scale = _scale(scores[known], step, range_, f"{group} {score or 'score'}")
    if np.ptp(scores[known]) == 0:
        raise InvalidInput(
            _("All candidates of the {group} form have the score {score}; scores that do not vary cannot be equated."),
            group=group,
            score=f"{scores[known][0]:g}",
        )
    if anchors is None:
        counts = np.bincount(scale.at(scores[known]), minlength=len(scale)).astype(float)[:, None]
        return Sample(counts, scale, NO_ANCHOR, int((~known).sum()))
    on_anchor = _scale(anchors[known], step, anchor_range, f"{group} {anchor}")
    cell = scale.at(scores[known]) * len(on_anchor) + on_anchor.at(anchors[known])
    counts = np.bincount(cell, minlength=len(scale) * len(on_anchor)).astype(float)
    return Sample(counts.reshape(len(scale), len(on_anchor)), scale, on_anchor, int((~known).sum()))


def _columns(data: Any, score: str | None, anchor: str | None, group: str) -> tuple[Floats, Floats | None]:
    if isinstance(data, pd.DataFrame):
        if score is None and len(data.columns) == 1 and anchor is None:
            score = str(data.columns[0])
        if score is None:
            raise InvalidInput(
                _("score: name the column of the {group} form's scores among {known}."),
                group=group,
                known=", ".join(str(name) for name in data.columns)[:200],
            )
        check_columns(data, [score, *([anchor] if anchor is not None else [])])
        return numbers(data, score), None if anchor is None else numbers(data, anchor)
    if anchor is not None:
        raise InvalidInput(_("anchor: give frames with the columns of score and anchor, not bare scores."))
    if not isinstance(data, Iterable):
        raise InvalidInput(
            _("{group}: give the scores of a group (a column, a list or a frame), not {kind}."),
            group=group,
            kind=type(data).__name__,
        )
    frame = pd.DataFrame({"score": list(data)}) if not isinstance(data, pd.Series) else data.to_frame("score")
    return numbers(frame, "score"), None


def _scale(values: Floats, step: float, given: Range | None, name: str) -> Scale:
    if not step > 0:
        raise InvalidInput(_("step is {step}; give the distance of neighbouring scores, such as 1 or 0.5."), step=step)
    low, high = (min(0.0, float(values.min())), float(values.max())) if given is None else _ends(given, name)
    if not (np.isfinite(low) and np.isfinite(high) and low <= high) or (high - low) / step > _MOST:
        raise InvalidInput(
            _("The range of {name}, {low} to {high} in steps of {step}, is impossible; give lowest and highest score."),
            name=name, low=f"{low:g}", high=f"{high:g}", step=f"{step:g}",
        )  # fmt: skip
    outside = values[(values < low) | (values > high)]
    if len(outside):
        raise InvalidInput(
            _("{name} holds {value}, outside its range {low} to {high}; mend the score or the range."),
            name=name, value=f"{outside[0]:g}", low=f"{low:g}", high=f"{high:g}",
        )  # fmt: skip
    places = (values - low) / step
    off = values[np.abs(places - np.round(places)) > 1e-6]
    if len(off):
        raise InvalidInput(
            _("{name} holds {value}, between the scores of steps of {step}; give step= or round the scores."),
            name=name, value=f"{off[0]:g}", step=f"{step:g}",
        )  # fmt: skip
    return Scale(float(low), float(low + step * np.floor((high - low) / step + 1e-9)), float(step))


def _ends(given: Range, name: str) -> Range:
    try:
        low, high = given
        return float(low), float(high)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            _("The range of {name} is no pair of numbers; give (lowest, highest)."), name=name
        ) from error


def same_anchor(new: Sample, old: Sample) -> tuple[Sample, Sample]:
    """Bring both groups' anchor scores onto one scale."""
    low, high = min(new.anchor.lowest, old.anchor.lowest), max(new.anchor.highest, old.anchor.highest)
    whole = Scale(low, high, new.anchor.step)
    return _widened(new, whole), _widened(old, whole)


def _widened(sample: Sample, whole: Scale) -> Sample:
    first = int(whole.at(np.array([sample.anchor.lowest]))[0])
    counts = np.zeros((len(sample.scale), len(whole)))
    counts[:, first : first + len(sample.anchor)] = sample.counts
    return Sample(counts, sample.scale, whole, sample.left_out)
