"""Counts of an item's scores by class of ability and group: what every method here but those of IRT works on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Floats
from svclib.stats.fairness.matching import Matching
from svclib.stats.fairness.reading import REST, Setting


@dataclass(frozen=True, eq=False)
class Table:
    """An item's scores.

    Attributes
    ----------
    counts : (S, G + 1, K) float
        By class, group (the last: who belongs to no group compared) and score.
    value : (S,) float
        Matching score of each class.
    """

    counts: Floats
    value: Floats

    def sides(self, pairs: list[tuple[int, int]]) -> tuple[Floats, Floats]:
        """Counts of the focal groups and of their references: each (S, C, K)."""
        focal = self.counts[:, [one for one, _two in pairs]]
        whole = self.counts.sum(axis=1, keepdims=True)
        named = self.counts[:, [max(two, 0) for _one, two in pairs]]
        rest = np.array([two == REST for _one, two in pairs])[None, :, None]
        return focal, np.where(rest, whole - focal, named)


def table_of(setting: Setting, matching: Matching, item: int, anchors: np.ndarray, *, fine: bool = False) -> Table:
    """Count the scores of an item."""
    strata = matching.strata(item, anchors, fine=fine)
    score, width = setting.responses.codes[:, item].astype(np.int64), int(setting.responses.highest[item]) + 1
    groups, size = len(setting.labels) + 1, len(strata.value)
    cell = (strata.code * groups + setting.group) * width + score
    told = (strata.code >= 0) & (score >= 0)
    flat = np.bincount(cell if told.all() else cell[told], minlength=size * groups * width)
    counts = flat.reshape(size, groups, width).astype(float)
    there = counts.any(axis=(1, 2))
    return Table(counts[there], strata.value[there])
