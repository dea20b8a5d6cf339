"""Items that became easier, or quicker, from some moment on: they may have got out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.item_response.parameters import items_of
from svclib.stats.marks import _
from svclib.stats.security.adjusting import adjusted, check_rate
from svclib.stats.security.answers import check_candidates, earned
from svclib.stats.security.preknowledge import expected_right
from svclib.stats.security.score_curves import rest_curves

EASIER = _("easier from this moment on than ability explains; rest the item and look where it may have got out")
FEW = _("too few answers to tell")
METHODS = ("cusum", "change")
_LEAST = 40
_EDGE = 0.05
_RUNS = 120
_CELLS = 40_000_000
_SET = 7.352
"""−2 log(1 − √0.95): likelihood set of a change point that holds it in 95 of 100 (Siegmund 1988)."""
_CERTAIN = 1e-3


@dataclass(frozen=True, eq=False)
class Compromise:
    """Items over the sequence of candidates.

    Attributes
    ----------
    items : DataFrame
        See `item_compromise`.
    path : DataFrame
        ``item, position, moment, statistic, limit``: the statistic after each candidate.
    method : str
    """

    items: pd.DataFrame
    path: pd.DataFrame
    method: str

    def __repr__(self) -> str:
        """Show the items."""
        return repr(self.items)


def item_compromise(
    scores: pd.DataFrame,
    order: Any = None,
    *,
    items: Any = None,
    residuals: pd.DataFrame | None = None,
    shift: float = 1.0,
    method: str | None = None,
    rate: float = 0.05,
    adjust: str = "holm",
    seed: int = 0,
) -> Compromise:
    """Watch each item over the candidates in the order in which they took it.

    Parameters
    ----------
    scores : DataFrame
        Candidates × items: shares of the marks, missing where the item was not met.
    order : Series or array, optional
        Moment (time stamp, number) at which each candidate took the exam; without it the order of the rows. Equal
        moments keep the order of the rows.
    items : fit, ItemParameters or DataFrame, optional
        Items calibrated before they could be known.
    residuals : DataFrame, optional
        ``.residuals`` of `response_times`: that answers become quicker counts, too.
    shift : float
        Rise in logits that is looked for.
    method : {"cusum", "change"}, optional
        ``cusum`` (where `items` are given): sums the log-likelihood ratio of the item having become `shift` easier and
        starts anew at 0 (Page 1954); tells after each candidate. ``change`` (otherwise): the largest rise of accuracy
        between a first and a last part of the sequence, given the score on the other items; looks back.
    rate : float
        Of false alarms over all items and the whole sequence, held by simulation.
    adjust : {"holm", "bh", "bonferroni", "none"}
    seed : int
        Of the simulation.

    Returns
    -------
    Compromise
        Columns of ``.items``: ``item, n, statistic, p, p_adjusted, alarm`` (moment when the limit was passed, ``cusum``
        only), ``change, change_low, change_high`` (moment of the change with a 95 % set), ``before, after`` (accuracy
        above expectation before the change and from it on), ``flag, note``.

    Raises
    ------
    InvalidInput
        If moments are missing, a candidate is there twice, ``cusum`` has no items, or a setting is impossible.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> chance = np.full((400, 12), 0.5)
    >>> chance[250:, 0] = 0.9
    >>> marks = pd.DataFrame((random.random(chance.shape) < chance).astype(float), columns=[f"q{n}" for n in range(12)])
    >>> found = item_compromise(marks).items
    >>> found.loc[found["flag"], "item"].tolist()
    ['q0']
    """
    check_rate(rate)
    if not shift > 0:
        raise InvalidInput(_("shift is a rise in logits above 0, such as 1."))
    frame = check_candidates(scores)
    moments, sequence = _sequence(order, frame)
    right = earned(frame, frame)[sequence]
    names, chosen = [str(name) for name in frame.columns], method or ("change" if items is None else "cusum")
    if chosen not in METHODS or (chosen == "cusum" and items is None):
        raise InvalidInput(_('method is "cusum" (with calibrated items) or "change".'))
    chance = rest_curves(right) if items is None else expected_right(items_of(items).named(names), right)
    quick = _quick(residuals, frame)[sequence] if residuals is not None else None
    random = np.random.default_rng(seed)
    rows, paths = [], []
    for at, name in enumerate(names):
        known = ~np.isnan(right[:, at])
        if known.sum() < _LEAST:
            rows.append({"item": name, "n": int(known.sum()), "note": FEW})
            continue
        part = (right[known, at], chance[known, at], None if quick is None else quick[known, at])
        watch = _Watch(*part, shift, chosen, len(names), random)
        rows.append({"item": name, "n": int(known.sum()), **watch.row(moments[known], rate)})
        paths.append(watch.path(name, moments[known], rate))
    return Compromise(_table(rows, adjust, rate), _joined(paths), chosen)


def _sequence(order: Any, frame: pd.DataFrame) -> tuple[Any, Ints]:
    if order is None:
        return np.arange(1, len(frame) + 1), np.arange(len(frame))
    series = order.reindex(frame.index) if isinstance(order, pd.Series) else pd.Series(np.asarray(order))
    if len(series) != len(frame) or series.isna().any():
        raise InvalidInput(_("Each candidate needs a moment in the order; give a series with their index."))
    sequence = np.asarray(series.argsort(kind="stable"), dtype=np.int64)
    return series.to_numpy()[sequence], sequence


def _quick(residuals: pd.DataFrame, frame: pd.DataFrame) -> Floats:
    held = residuals.set_axis([str(name) for name in residuals.columns], axis=1)
    values = held.reindex(index=frame.index, columns=[str(name) for name in frame.columns]).to_numpy(dtype=float)
    return np.nan_to_num(np.clip(-values, -4, 4))


class _Watch:
    """One item over the candidates who met it."""

    def __init__(
        self,
        right: Floats,
        chance: Floats,
        quick: Floats | None,
        shift: float,
        method: str,
        number: int,
        random: np.random.Generator,
    ) -> None:
        self.right, self.chance = right, np.clip(chance, _CERTAIN, 1 - _CERTAIN)
        self.quick, self.shift, self.method, self.number = quick, shift, method, number
        runs = int(np.clip(_CELLS // (len(right) * number), 20, _RUNS))
        self.limit_of, self.level = np.zeros(0), 0.0
        self.statistic = self._running(self._steps(right[None, :], None if quick is None else quick[None, :]))[0]
        self.scale = self._scale(runs, random)

    def _steps(self, right: Floats, quick: Floats | None) -> Floats:
        """Log-likelihood ratios (cusum) or efficient scores (change) of the candidates, runs × n."""
        if self.method == "cusum":
            raised = expit(logit(self.chance) + self.shift)
            steps = right * np.log(raised / self.chance) + (1 - right) * np.log((1 - raised) / (1 - self.chance))
            return steps if quick is None else steps + 0.5 * quick - 0.125
        steps = right - self.chance
        return steps if quick is None else self.shift * steps + 0.5 * quick

    def _running(self, steps: Floats) -> Floats:
        if self.method == "cusum":
            sums = np.cumsum(steps, axis=1)
            return np.asarray(sums - np.minimum(np.minimum.accumulate(sums, axis=1), 0.0))
        return self._rises(steps)

    def _rises(self, steps: Floats) -> Floats:
        """Standardised difference of the last part from the first, at each place of a change (z, one-sided)."""
        n = steps.shape[1]
        centred = steps - steps.mean(axis=1, keepdims=True)
        weight = self.chance * (1 - self.chance)
        if self.quick is not None:
            weight = self.shift**2 * weight + 0.25
        share = np.cumsum(weight) / weight.sum()
        residual = centred / np.sqrt(weight)
        spread = np.sqrt((residual**2).mean(axis=1, keepdims=True) * weight.sum())
        total = np.cumsum(centred, axis=1)
        edge = max(int(_EDGE * n), 10)
        inside = (np.arange(1, n + 1) >= edge) & (np.arange(1, n + 1) <= n - edge)
        z = -total / (spread * np.sqrt(np.maximum(share * (1 - share), 1e-12)))
        return np.where(inside, np.maximum(z, 0), 0.0)

    def _scale(self, runs: int, random: np.random.Generator) -> float:
        """Rate A of the largest statistic: chance of a value above x is 1 − exp(−A · `_decay`(x))."""
        if self.method == "cusum":
            right = (random.random((runs, len(self.right))) < self.chance).astype(float)
            quick = None if self.quick is None else random.choice(self.quick, (runs, len(self.quick)))
            peaks = self._running(self._steps(right, quick)).max(axis=1)
        else:
            steps = self._steps(self.right[None, :], None if self.quick is None else self.quick[None, :])[0]
            weight = np.sqrt(self.chance * (1 - self.chance))
            pulls = steps / weight
            shuffled = np.stack([random.permutation(pulls) for _run in range(runs)]) * weight
            peaks = self._running(shuffled).max(axis=1)
        return float(runs / np.maximum(self._decay(peaks).sum(), 1e-12))

    def _decay(self, x: Any) -> Any:
        return np.exp(-np.asarray(x)) if self.method == "cusum" else _bridge(np.asarray(x, dtype=float))

    def chance_above(self, x: Any) -> Any:
        """Chance that an honest sequence passes x anywhere."""
        return -np.expm1(-self.scale * self._decay(x))

    def limit(self, rate: float) -> float:
        """Value that honest sequences of all items together pass with the chance `rate`."""
        candidates = np.linspace(0.5, 40 if self.method == "cusum" else 9, 2000)
        return float(candidates[np.argmax(self.chance_above(candidates) <= rate / self.number)])

    def row(self, moments: Any, rate: float) -> dict[str, Any]:
        """Give the columns of the item."""
        peak = int(self.statistic.argmax())
        beyond = np.flatnonzero(self.statistic > self.limit(rate))
        at, low, high = self._change(peak)
        rest = self.right - self.chance
        alarm = moments[beyond[0]] if len(beyond) and self.method == "cusum" else None
        return {
            "statistic": float(self.statistic[peak]), "p": float(self.chance_above(self.statistic[peak])),
            "alarm": alarm, "change": moments[at], "change_low": moments[low], "change_high": moments[high],
            "before": float(rest[:at].mean()) if at else np.nan, "after": float(rest[at:].mean()),
        }  # fmt: skip

    def _change(self, peak: int) -> tuple[int, int, int]:
        """Place of the first candidate after the change, with its likelihood set."""
        n = len(self.right)
        if self.method == "change":
            gain = self.statistic**2
            inside = np.flatnonzero(gain >= min(max(gain.max() - _SET, 1e-9), gain.max()))
            return min(int(gain.argmax()) + 1, n - 1), min(int(inside[0]) + 1, n - 1), min(int(inside[-1]) + 1, n - 1)
        steps = self._steps(self.right[None, :], None if self.quick is None else self.quick[None, :])[0]
        onwards = np.cumsum(steps[: peak + 1][::-1])[::-1]
        inside = np.flatnonzero(2 * (onwards.max() - onwards) <= _SET)
        return int(onwards.argmax()), int(inside[0]), int(inside[-1])

    def path(self, name: str, moments: Any, rate: float) -> pd.DataFrame:
        """Give the statistic after each candidate."""
        return pd.DataFrame(
            {
                "item": name,
                "position": np.arange(1, len(self.statistic) + 1),
                "moment": moments,
                "statistic": self.statistic,
                "limit": self.limit(rate),
            }
        )


def _bridge(x: Floats) -> Floats:
    """Tail shape of the largest standardised difference over all places of a change: x · exp(−x²/2), held below 1."""
    held = np.maximum(x, 1.0)
    return np.asarray(held * np.exp(-0.5 * held**2))


def _table(rows: list[dict[str, Any]], adjust: str, rate: float) -> pd.DataFrame:
    columns = ["item", "n", "statistic", "p", "p_adjusted", "alarm", "change", "change_low", "change_high", "before"]
    table = pd.DataFrame(rows)
    for name in (*columns[2:], "after", "note"):
        if name not in table.columns:
            table[name] = "" if name == "note" else None
    p: Floats = table["p"].to_numpy(dtype=np.float64, na_value=np.nan)
    known: Bools = ~np.isnan(p)
    beyond = np.full(len(p), np.nan)
    beyond[known] = adjusted(p[known], int(known.sum()), adjust)
    flag = known & (np.nan_to_num(beyond, nan=1.0) <= rate)
    note = [
        EASIER if hit else (text if isinstance(text, str) else "")
        for hit, text in zip(flag, table["note"], strict=True)
    ]
    table = table.assign(p_adjusted=beyond, flag=flag, note=note)
    return table[[*columns, "after", "flag", "note"]]


def _joined(paths: list[pd.DataFrame]) -> pd.DataFrame:
    if not paths:
        return pd.DataFrame(columns=["item", "position", "moment", "statistic", "limit"])
    return pd.concat(paths, ignore_index=True)
