"""What `stats.dif` gives: the rows, the groups, the anchors, and empirical curves of an item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.fairness.matching import Matching
from svclib.stats.fairness.reading import Setting
from svclib.stats.fairness.tables import table_of
from svclib.stats.intervals import wilson
from svclib.stats.marks import _


@dataclass(frozen=True, eq=False)
class Dif:
    """Differential item functioning of each item.

    Attributes
    ----------
    frame : DataFrame
        One row an item and focal group: ``item, focal, reference, n_focal, n_reference, statistic, df, p_value,
        p_adjusted, estimate, std_error, low, high``, the method's own columns, ``class`` (A, B, C), ``flagged``,
        ``direction``, ``note``. An estimate below 0 is to the focal group's disadvantage.
    omnibus : DataFrame
        One row an item where more than two groups are compared: ``item, statistic, df, p_value, p_adjusted, note``;
        otherwise empty, as for ``breslow_day`` and ``lord``.
    groups : DataFrame
        ``group, n, score, note``: who was compared and who was too few. Differences of ``score`` are differences of
        ability as far as this test can tell, not unfairness.
    anchors : tuple of str
        Items on which candidates were matched (each item is matched on itself too).
    rounds : int
        Rounds of purification.
    method : str
    matching : str
        ``score``, ``score by items met``, ``ability``, ``given`` or, where items are calibrated, ``model``.
    level : float
    note : str
        What is to be said of the purification; empty if nothing.
    setting : Setting
        The responses and groups as read.
    """

    frame: pd.DataFrame
    omnibus: pd.DataFrame
    groups: pd.DataFrame
    anchors: tuple[str, ...]
    rounds: int
    method: str
    matching: str
    level: float
    note: str
    setting: Setting
    _matching: Matching

    @property
    def flagged(self) -> pd.DataFrame:
        """The rows that call for a look, the largest effects first."""
        rows = self.frame[self.frame["flagged"]]
        return rows.iloc[np.argsort(-rows["estimate"].abs().fillna(np.inf).to_numpy(), kind="stable")]

    def __repr__(self) -> str:
        """Give the rows flagged, or all where they are few."""
        shown = self.flagged if len(self.frame) > 30 else self.frame
        names = [
            one
            for one in ("item", "focal", "reference", "statistic", "p_adjusted", "estimate", "class", "flagged")
            if one in shown
        ]
        head = f"Dif({self.method}; {len(self.frame)} rows, {int(self.frame['flagged'].sum())} flagged)"
        return head + ("\n" + shown[names].to_string(index=False) if len(shown) else "")

    def curves(self, item: str, *, bands: int = 8, pair: int = 0) -> pd.DataFrame:
        """Give the empirical curves of an item: its mean score by ability, in both groups of a pair.

        Parameters
        ----------
        item : str
        bands : int
            Classes of equally many candidates, both groups together.
        pair : int
            Which pair of groups, in order of the frame.

        Returns
        -------
        DataFrame
            ``group, role`` (``focal`` or ``reference``), ``band``, ``match`` (mean matching score of both groups),
            ``estimate`` (mean share of the item's maximum), ``low, high, n``.
        """
        return empirical_curves(self, item, bands, pair)


def empirical_curves(found: Dif, item: str, bands: int, pair: int) -> pd.DataFrame:
    """Work out `Dif.curves`."""
    setting = found.setting
    if item not in setting.responses.names:
        raise InvalidInput(_('There is no item "{item}" in the responses.'), item=item)
    if bands < 2:
        raise InvalidInput(_("bands is {bands}; give at least 2."), bands=bands)
    at = setting.responses.names.index(item)
    anchors = np.isin(np.array(setting.responses.names), found.anchors)
    table = table_of(setting, found._matching, at, anchors, fine=not found._matching.complete)
    one, two = setting.pairs[pair]
    focal, reference = (side[:, 0] for side in table.sides([(one, two)]))
    order = np.argsort(table.value, kind="stable")
    weight = (focal + reference).sum(axis=1)[order]
    share = (np.cumsum(weight) - weight / 2) / max(weight.sum(), 1)
    band = np.minimum((share * bands).astype(int), bands - 1)
    parts = []
    centre = ratio(np.bincount(band, weight * table.value[order], bands), np.bincount(band, weight, bands))
    for role, counts, label in (
        ("focal", focal[order], setting.labels[one]),
        ("reference", reference[order], setting.reference_name(two)),
    ):
        parts.append(_curve(counts, band, bands, centre, found.level).assign(group=label, role=role))
    rows = pd.concat(parts, ignore_index=True)
    return rows[["group", "role", "band", "match", "estimate", "low", "high", "n"]]


def _curve(counts: Floats, band: Any, bands: int, centre: Floats, level: float) -> pd.DataFrame:
    top = counts.shape[1] - 1
    n = np.bincount(band, counts.sum(axis=1), bands).astype(float)
    points = np.bincount(band, counts @ np.arange(top + 1.0), bands)
    share = ratio(points, n * top)
    low, high = wilson(share, n, level)
    rows = pd.DataFrame(
        {"band": np.arange(bands), "match": centre, "estimate": share, "low": low, "high": high, "n": n}
    )
    return rows[rows["n"] > 0].astype({"n": "int64"})
