"""Difficulties of the same items in two administrations on Angoff's delta scale, 13 + 4 z of the share that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import check_frame, matrix
from svclib.stats.linking.notes import LinkNote
from svclib.stats.marks import _


@dataclass(frozen=True, eq=False)
class Administrations:
    """Deltas of the anchors.

    Attributes
    ----------
    names : tuple of str
    new, old : array
        Deltas, NaN where all or none were right.
    new_share, old_share : array
        Shares right.
    error : array
        Standard error of the difference of the deltas.
    """

    names: tuple[str, ...]
    new: Floats
    old: Floats
    new_share: Floats
    old_share: Floats
    error: Floats

    @property
    def notes(self) -> list[str]:
        """Why an item has no delta."""
        return [str(LinkNote.NO_DELTA) if np.isnan(one) else "" for one in self.new - self.old]

    def table(self, distance: Floats, spread: Floats) -> pd.DataFrame:
        """Give the statistics of each anchor."""
        return pd.DataFrame(
            {
                "item": list(self.names), "new": self.new, "old": self.old, "difference": self.new - self.old,
                "std_error": self.error, "robust_z": spread, "distance": distance, "new_share": self.new_share,
                "old_share": self.old_share,
            }
        )  # fmt: skip

    def effects(self) -> pd.DataFrame:
        """How the mean difference of the deltas changes without each anchor alone."""
        difference = self.new - self.old
        there = np.isfinite(difference)
        total, count = difference[there].sum(), there.sum()
        without = ratio(total - difference, count - 1)
        return pd.DataFrame({"item": list(self.names), "delta_change": without - (total / count if count else np.nan)})


def read_administrations(
    new: pd.DataFrame, old: pd.DataFrame, anchors: Sequence[str] | None, least: int
) -> Administrations:
    """Read the anchors of two sets of responses of 0 and 1; missing ones tell nothing."""
    held = {str(name) for name in check_frame(old).columns}
    found = [str(name) for name in check_frame(new).columns if str(name) in held]
    names = found if anchors is None else [str(name) for name in anchors]
    if len(names) < least:
        raise InvalidInput(
            _("anchors: {n} item in common, at least {least} are needed; give the forms more common items."),
            n=len(names),
            least=least,
        )
    parts = [_deltas(part, names) for part in (new, old)]
    error = np.sqrt(parts[0][2] + parts[1][2])
    return Administrations(tuple(names), parts[0][0], parts[1][0], parts[0][1], parts[1][1], error)


def _deltas(data: pd.DataFrame, names: Sequence[str]) -> tuple[Floats, Floats, Floats]:
    labels, values = matrix(data.set_axis([str(one) for one in data.columns], axis=1), names)
    wrong = ~np.isnan(values) & (values != 0) & (values != 1)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise InvalidInput(
            _('The anchor "{item}" holds {value}; deltas need answers of 0 and 1.'),
            item=labels[column],
            value=f"{values[row, column]:g}",
        )
    there = ~np.isnan(values)
    n = there.sum(axis=0)
    share = ratio(np.where(there, values, 0).sum(axis=0), n)
    inside = (share > 0) & (share < 1)
    z = ndtri(np.where(inside, 1 - share, 0.5))
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    variance = ratio(16 * share * (1 - share), n * density**2)
    return np.where(inside, 13 + 4 * z, np.nan), share, np.where(inside, variance, np.nan)
