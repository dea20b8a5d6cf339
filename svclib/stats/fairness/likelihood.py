"""Likelihood ratio: does a model whose item may differ between the groups fit better than one whose items are equal?"""

from __future__ import annotations

from typing import Any

import numpy as np

from svclib.stats.arrays import Bools
from svclib.stats.fairness.latent import (
    FOCAL,
    REFERENCE,
    Curves,
    calibrated,
    empty,
    few,
    frame_of,
    parameters_of,
    spread_of,
    write,
)
from svclib.stats.fairness.lord import _counts
from svclib.stats.fairness.notes import FairNote
from svclib.stats.fairness.reading import REST, Setting
from svclib.stats.item_response.fit import IrtFit


def likelihood_ratio(setting: Setting, model: str, anchors: Bools, level: float) -> dict[str, Any]:
    """Give the columns (J, C): each item free against equal, the other suspects (who is no anchor) free in both."""
    parts = [_pair(setting, pair, model, anchors, level) for pair in setting.pairs]
    stacked = {name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]}
    return stacked | _omnibus(setting, model, anchors)


def _pair(setting: Setting, pair: tuple[int, int], model: str, anchors: Bools, level: float) -> dict[str, Any]:
    names = setting.responses.names
    focal, reference = setting.rows_of(pair)
    rows = focal | reference
    labels = np.where(focal[rows], FOCAL, REFERENCE)
    out = empty(names) | _counts(setting, pair)
    found = _Ratios(setting, rows, labels, REFERENCE, model, anchors)
    for at, name in enumerate(names):
        wide, statistic, df = found.test(at)
        if wide is None or df == 0:
            out["note"][at] = found.reason(name)
            continue
        write(out, at, statistic, df, _curves(wide, name), level)
        out["note"][at] = few(setting, pair)
    return out


class _Ratios:
    """Tests items one after the other; the model that both share is fitted once."""

    def __init__(self, setting: Setting, rows: Bools, labels: Any, reference: str, model: str, anchors: Bools) -> None:
        self.names, self.anchors, self.model = setting.responses.names, anchors, model
        self.data, self.options = frame_of(setting, rows), {"groups": labels, "reference": reference}
        self.base = self._fit(~anchors)

    def _fit(self, free: Bools, *, errors: bool = True) -> IrtFit | None:
        named = [name for name, chosen in zip(self.names, free, strict=True) if chosen]
        kind = "oakes" if errors else None
        return calibrated(self.data, self.model, free=named or None, std_errors=kind, **self.options)

    def test(self, item: int, *, errors: bool = True) -> tuple[IrtFit | None, float, int]:
        """Give the wider fit, the statistic and its degrees of freedom."""
        other = ~self.anchors
        other[item] = self.anchors[item]
        again = self._fit(other, errors=errors and bool(self.anchors[item])) if self.base is not None else None
        wide, narrow = (again, self.base) if self.anchors[item] else (self.base, again)
        if wide is None or narrow is None:
            return None, float("nan"), 0
        return wide, max(2 * (wide.loglik - narrow.loglik), 0.0), wide.n_parameters - narrow.n_parameters

    def reason(self, name: str) -> str:
        """Say why an item has no test."""
        seen = self.base is not None and not any(one.split(" [")[0] == name for one in self.base.parameters.names)
        return FairNote.CONSTANT.value if seen else FairNote.NO_FIT.value


def _curves(fit: IrtFit, name: str) -> Curves | None:
    names = [f"{name} [{role}]" for role in (FOCAL, REFERENCE)]
    if any(one not in fit.parameters.names for one in names):
        return None
    (mine, labels), (theirs, others) = (parameters_of(fit, one) for one in names)
    if len(mine) != len(theirs):
        return None
    row = fit.groups[fit.groups["group"] == FOCAL].iloc[0]
    return Curves(mine, theirs, spread_of(fit, labels + others), float(row["mean"]), float(row["sd"]))


def _omnibus(setting: Setting, model: str, anchors: Bools) -> dict[str, Any]:
    """Test all groups at once, where there are several pairs."""
    statistic, df = np.full(len(anchors), np.nan), np.full(len(anchors), np.nan)
    if len(setting.pairs) > 1:
        named = any(two == REST for _one, two in setting.pairs)
        compared = range(len(setting.labels)) if named else {at for pair in setting.pairs for at in pair}
        rows = np.isin(setting.group, list(compared))
        labels = np.array([f"g{at:03d}" for at in setting.group[rows]])
        found = _Ratios(setting, rows, labels, min(labels), model, anchors)
        for at in range(len(anchors)):
            _wide, value, degrees = found.test(at, errors=False)
            statistic[at], df[at] = (value, degrees) if degrees else (np.nan, np.nan)
    return {"omnibus": statistic, "omnibus_df": df}
