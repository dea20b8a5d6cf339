"""Every way to equate observed scores, as one function of both groups' shares and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.linking import lines
from svclib.stats.linking.lines import Setting
from svclib.stats.linking.percentiles import rank_steps, ranks, ranks_at, score_steps, scores_at
from svclib.stats.linking.populations import synthetic, synthetic_steps
from svclib.stats.linking.samples import Sample
from svclib.stats.marks import _

PERCENTILE = ("equipercentile", "frequency", "chained_equipercentile")
WITHOUT_ANCHOR = (*lines.WITHOUT_ANCHOR, "equipercentile")
WITH_ANCHOR = (*lines.WITH_ANCHOR, "frequency", "chained_equipercentile")


@dataclass(frozen=True, eq=False)
class Plan:
    """What is equated, and how."""

    method: str
    new: Sample
    old: Sample
    setting: Setting

    def convert(self, new: Floats, old: Floats) -> Floats:
        """Equate every score of the new scale for shares … × scores × anchor scores: … × scores."""
        if self.method in PERCENTILE:
            return self._old_scale(self._positions(new, old))
        first, second = self._moments(new, old)
        with np.errstate(divide="ignore", invalid="ignore"):  # samples drawn anew may not vary
            return np.asarray(lines.convert(self._line, self.new.scale.points, first, second, self.setting))

    @property
    def _line(self) -> str:
        return "linear" if self.method == "braun_holland" else self.method

    def _old_scale(self, position: Floats) -> Floats:
        return self.old.scale.lowest + self.old.scale.step * position

    def _moments(self, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        if self.method != "braun_holland":
            return lines.moments(new, self.new), lines.moments(old, self.old)
        return tuple(
            _plain(part, sample) for part, sample in zip(self._populations(new, old), (self.new, self.old), strict=True)
        )  # type: ignore[return-value]

    def _populations(self, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        weight = self.setting.weight
        return synthetic(new, old, weight), synthetic(old, new, 1 - weight)

    def coefficients(self, new: Floats, old: Floats) -> tuple[float, float] | None:
        """Slope and intercept of a linear method."""
        if self.method in (*PERCENTILE, "circle_arc"):
            return None
        slope, intercept = lines.line(self._line, *self._moments(new, old), self.setting)
        return float(slope), float(intercept)

    def last_step(self, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        """Give the ranks and the old form's distribution in which a percentile method looks them up."""
        if self.method == "chained_equipercentile":
            on_anchor = scores_at(ranks(new.sum(axis=-1)), new.sum(axis=-2))
            return ranks_at(on_anchor, old.sum(axis=-2)), old.sum(axis=-1)
        first, second = self._margins(new, old)
        return ranks(first), second

    def _positions(self, new: Floats, old: Floats) -> Floats:
        return scores_at(*self.last_step(new, old))

    def _margins(self, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        return self._populations(new, old) if self.method == "frequency" else (new.sum(axis=-1), old.sum(axis=-1))

    def steps(self, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        """Differentiate `convert` of one pair of shares by the cells of each: scores × cells, twice."""
        if self.method == "chained_equipercentile":
            parts = self._chained_steps(new, old)
        elif self.method in PERCENTILE:
            parts = self._percentile_steps(new, old)
        else:
            return self._line_steps(new, old)
        return self.old.scale.step * parts[0], self.old.scale.step * parts[1]

    def _line_steps(self, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        first, second = self._moments(new, old)
        x, setting = self.new.scale.points, self.setting
        by_new, by_old = lines.derivatives(lambda a, b: lines.convert(self._line, x, a, b, setting), first, second)
        if self.method != "braun_holland":
            return by_new @ lines.moment_steps(new, self.new), by_old @ lines.moment_steps(old, self.old)
        margins = self._populations(new, old)
        outer = [
            by @ _plain_steps(part, sample)
            for by, part, sample in zip((by_new, by_old), margins, (self.new, self.old), strict=True)
        ]
        return self._carry(outer[0], outer[1], new, old)

    def _carry(self, outer: Floats, outer_old: Floats, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        """Carry derivatives by both synthetic distributions to the cells of both groups."""
        weight = self.setting.weight
        mine, theirs = synthetic_steps(outer, new, old, weight)
        back, forth = synthetic_steps(outer_old, old, new, 1 - weight)
        return mine + forth, theirs + back

    def _percentile_steps(self, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        first, second = self._margins(new, old)
        by_rank, by_old = score_steps(ranks(first), second)
        by_new = by_rank[:, None] * rank_steps(len(first))
        if self.method == "frequency":
            return self._carry(by_new, by_old, new, old)
        return np.repeat(by_new, new.shape[1], axis=1), np.repeat(by_old, old.shape[1], axis=1)

    def _chained_steps(self, new: Floats, old: Floats) -> tuple[Floats, Floats]:
        on_new, on_old = new.sum(axis=0), old.sum(axis=0)
        rank = ranks(new.sum(axis=1))
        position = scores_at(rank, on_new)
        by_rank, by_anchor = score_steps(rank, on_new)
        whole = np.clip(np.floor(position + 0.5).astype(int), 0, len(on_old) - 1)
        cells = np.arange(len(on_old))
        part = np.clip(position - (whole - 0.5), 0, 1)[:, None]
        held = (cells < whole[:, None]) + part * (cells == whole[:, None])
        last_rank, last = score_steps(ranks_at(position, on_old), old.sum(axis=1))
        along = last_rank * on_old[whole]
        mine = (along * by_rank)[:, None] * rank_steps(len(rank))
        whole_new = mine[:, :, None] + (along[:, None] * by_anchor)[:, None, :]
        whole_old = last[:, :, None] + (last_rank[:, None] * held)[:, None, :]
        return whole_new.reshape(len(rank), -1), whole_old.reshape(len(rank), -1)


def _plain(shares: Floats, sample: Sample) -> Floats:
    x = sample.scale.points
    mean = shares @ x
    nothing = mean * 0
    return np.stack([mean, shares @ x**2 - mean**2, nothing, nothing + 1, nothing], axis=-1)


def _plain_steps(shares: Floats, sample: Sample) -> Floats:
    x = sample.scale.points - shares @ sample.scale.points
    nothing = np.zeros(len(x))
    return np.stack([x, x**2 - shares @ x**2, nothing, nothing, nothing])


def check_method(method: str, anchored: bool) -> str:
    """Return `method` if it is one with (or without) an anchor."""
    known = WITH_ANCHOR if anchored else WITHOUT_ANCHOR
    if method not in known:
        text = _('method: "{method}" is no way to equate without an anchor; choose among {known}.')
        if anchored:
            text = _('method: "{method}" is no way to equate by an anchor; choose among {known}.')
        raise InvalidInput(text, method=method, known=", ".join(known))
    return method
