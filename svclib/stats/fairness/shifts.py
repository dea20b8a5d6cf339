"""Chances of the focal group on flagged items: as they are, and as they would be were the items alike for both groups.

The focal group's own curve gives the chances as they are; the difference of log odds at equal ability, estimated with
the item in the matching score, is taken off for the fair ones. So a difference of ability between the groups stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.fairness import logistic, ordered
from svclib.stats.fairness.matching import Matching
from svclib.stats.fairness.reading import Setting
from svclib.stats.fairness.tables import table_of
from svclib.stats.intervals import normal_quantile
from svclib.stats.models.cumulative import CUMULATIVE, Cumulative, maximise

_MOST = 1000
_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Shift:
    """An item's effect on the focal group's candidates.

    Attributes
    ----------
    item : int
    logits : (n, K − 1) float
        Log odds of score k and more as they are; −∞ for who did not meet the item.
    columns : (n, 2) float
        1 and the matching score.
    beta : (2,) float
        Difference of log odds: constant, and by matching score.
    vcov : (2, 2) float
    """

    item: int
    logits: Floats
    columns: Floats
    beta: Floats
    vcov: Floats

    def chances(self, beta: Floats | None = None) -> Floats:
        """Probability of each score, (n, K): as they are, or with the difference `beta` taken off."""
        off = 0.0 if beta is None else (self.columns @ beta)[:, None]
        above = expit(self.logits - off)
        ends = np.ones((len(above), 1)), np.zeros((len(above), 1))
        whole = np.concatenate([ends[0], above, ends[1]], axis=1)
        return np.asarray(whole[:, :-1] - whole[:, 1:])


def shift_of(
    setting: Setting, matching: Matching, item: int, pair: tuple[int, int], anchors: Bools, level: float
) -> Shift | None:
    """Estimate an item's effect; None where it has no finite size."""
    table = table_of(setting, matching, item, anchors, fine=True)
    focal, reference = table.sides([pair])
    maker = logistic.nested if focal.shape[-1] == 2 else ordered.nested
    found = maker(focal, reference, table.value)
    if not abs(found.uniform[0]) < logistic.SEPARATED or not np.isfinite(found.beta).all():
        return None
    crossed = bool(found.wald("nonuniform")[0] > normal_quantile(level) ** 2)
    beta, vcov = np.array([found.uniform[0], 0.0]), np.diag([found.uniform_error[0] ** 2, 0.0])
    if crossed:
        beta, vcov = found.beta[0, 2:], found.vcov[0, 2:, 2:]
    rows = setting.rows_of(pair)[0]
    with_item, alone = matching.strata(item, anchors, fine=True), matching.strata(None, anchors, fine=True)
    logits = _own_logits(setting, item, rows, alone.value[alone.code], alone.code >= 0)
    if logits is None:
        return None
    score = with_item.value[np.maximum(with_item.code[rows], 0)]
    return Shift(item, logits, np.column_stack([np.ones_like(score), score]), beta, vcov)


def _own_logits(setting: Setting, item: int, rows: Bools, ability: Floats, known: Bools) -> Floats | None:
    """Fit the focal group's curve on its anchor scores; −∞ for who did not meet the item."""
    score = setting.responses.codes[rows, item].astype(np.int64)
    at, met = ability[rows], (score >= 0) & known[rows]
    top = int(setting.responses.highest[item])
    seen, category = np.unique(score[met], return_inverse=True)
    if len(seen) < 2:
        return None
    centre, scale = float(at[met].mean()), float(at[met].std()) or 1.0
    z = (at - centre) / scale
    cells, where = np.unique(np.column_stack([z[met], category]), axis=0, return_inverse=True)
    weight = np.bincount(where.ravel()).astype(float)
    try:
        with np.errstate(all="ignore"):
            fit = maximise(Cumulative(cells[:, :1], cells[:, 1].astype(np.int64), weight, CUMULATIVE["logit"]))
    except np.linalg.LinAlgError:
        return None
    logits = np.full((len(at), top), -np.inf)
    for k in range(1, top + 1):
        threshold = int(np.searchsorted(seen, k)) - 1  # the step below the lowest score seen that is k or more
        if threshold < 0:
            logits[:, k - 1] = np.inf
        elif threshold < len(seen) - 1:
            logits[:, k - 1] = fit.coefficients[0] * z - fit.coefficients[1 + threshold]
    logits[~met] = -np.inf
    return logits


@dataclass(frozen=True, eq=False)
class Passing:
    """What each candidate of the focal group needs from the flagged items to pass.

    Attributes
    ----------
    needed : (n,) int
        Steps of the grid; 0 or less where the other items are enough.
    steps : (items,) int
        Steps of the grid that one step of each flagged item is worth.
    """

    needed: Ints
    steps: Ints

    def chance(self, chances: list[Floats]) -> Floats:
        """Probability of passing, (n,), from the probabilities of each item's scores, independent given ability."""
        n = len(self.needed)
        spread = np.ones((n, 1))
        for each, step in zip(chances, self.steps, strict=True):
            wide = np.zeros((n, spread.shape[1] + int(step) * (each.shape[1] - 1)))
            for k in range(each.shape[1]):
                wide[:, k * step : k * step + spread.shape[1]] += spread * each[:, [k]]
            spread = wide
        reach = np.arange(spread.shape[1]) >= self.needed[:, None]
        return np.asarray((spread * reach).sum(axis=1))


def passing(setting: Setting, rows: Bools, items: list[int], cut: float) -> tuple[Passing, Floats, Bools]:
    """Give what is needed to pass, each candidate's share of the points, and who passed."""
    codes = setting.responses.codes[rows]
    there = codes >= 0
    points = np.where(there, codes, 0) * setting.unit
    most = there @ (setting.unit * setting.responses.highest)
    total = points.sum(axis=1)
    others = np.delete(points, items, axis=1).sum(axis=1)
    units = setting.unit[items]
    step = _grid(units, float((setting.unit * setting.responses.highest).sum()))
    needed = np.ceil((cut * most - others) / step - 1e-6).astype(np.int64)
    share = np.divide(total, most, out=np.full(len(total), np.nan), where=most > 0)
    passed = (total >= cut * most - _TINY * np.maximum(most, 1)) & (most > 0)
    return Passing(needed, np.maximum(np.round(units / step).astype(np.int64), 1)), share, passed


def _grid(units: Floats, whole: float) -> float:
    """Largest step that all units are whole multiples of; a thousandth of the test where there is none."""
    for parts in range(1, 13):
        step = float(units.min()) / parts
        if np.abs(units / step - np.round(units / step)).max() < 1e-6:
            return step
    return whole / _MOST
