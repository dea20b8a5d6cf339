"""From what the user gives to a layout of parameters and cells to calibrate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, Objects
from svclib.stats.item_response.layout import FIXED, LOG_SD, MEAN, SLOPE, Layout
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.item_response.responses import MISSING, Codes, Responses
from svclib.stats.item_response.screening import Screened
from svclib.stats.marks import _

GUESS_PRIOR = (-1.386, 0.5)
"""Mean and sd of the logit of the lower asymptote: about 0.2."""
ONE_SLOPE = ("rasch", "pcm")
FREE_KINDS = ("all", "intercepts", "slope")


@dataclass(frozen=True, eq=False)
class Groups:
    """Which group each candidate belongs to: `names`, and `index` of shape (N,)."""

    names: tuple[str, ...]
    index: Ints


def read_groups(groups: Any, index: pd.Index, reference: Any = None) -> Groups:
    """Read one group a candidate; without `groups` all are of one, called ``all``."""
    if groups is None:
        return Groups(("all",), np.zeros(len(index), dtype=np.int64))
    series = _aligned(groups, index, "groups")
    if series.isna().any():
        raise InvalidInput(
            _('The candidate "{candidate}" has no group; give every candidate one.'),
            candidate=series.index[series.isna()][0],
        )
    kept = series.cat.remove_unused_categories() if isinstance(series.dtype, pd.CategoricalDtype) else series
    place, names = pd.factorize(kept, sort=True)
    order = [str(name) for name in names]
    if reference is not None:
        if str(reference) not in order:
            raise InvalidInput(
                _('There is no group "{group}"; the groups are {known}.'), group=reference, known=", ".join(order)
            )
        first = order.index(str(reference))
        turn = [first, *[at for at in range(len(order)) if at != first]]
        order, place = [order[at] for at in turn], np.argsort(turn)[place]
    return Groups(tuple(order), place.astype(np.int64))


def read_weights(weights: Any, index: pd.Index) -> Floats:
    """Read a weight of 0 or more for each candidate; without, 1."""
    if weights is None:
        return np.ones(len(index))
    values = pd.to_numeric(_aligned(weights, index, "weights"), errors="coerce").to_numpy(dtype=float)
    wrong = ~np.isfinite(values) | (values < 0)
    if wrong.any():
        raise InvalidInput(
            _('The candidate "{candidate}" has no weight of 0 or more; give every candidate one.'),
            candidate=index[wrong][0],
        )
    if not values.sum() > 0:
        raise InvalidInput(_("All weights are 0; give some candidates a weight."))
    return values


def _aligned(given: Any, index: pd.Index, name: str) -> pd.Series:
    if isinstance(given, pd.Series) and not given.index.equals(index):
        lost = index[~index.isin(given.index)]
        if len(lost) or given.index.has_duplicates:
            raise InvalidInput(
                _("{name} does not fit the responses: give one value for each candidate, in a series of their index."),
                name=name,
            )
        return given.reindex(index)
    if len(given) != len(index):
        raise InvalidInput(
            _("{name} has {count} values for {candidates} candidates; give one each."),
            name=name, count=len(given), candidates=len(index),
        )  # fmt: skip
    return pd.Series(given.array if isinstance(given, pd.Series) else given, index=index)


def read_fixed(fixed: Any, names: Sequence[str]) -> ItemParameters | None:
    """Give the items of `fixed` that are among `names`; none there raises `InvalidInput`."""
    if fixed is None:
        return None
    known = items_of(fixed)
    here = [name for name in known.names if name in set(names)]
    if not here:
        raise InvalidInput(
            _("None of the fixed items is among the responses; the items are called {known}."),
            known=", ".join(list(names)[:8]),
        )
    return known.named(here)


def read_free(free: Any, names: Sequence[str]) -> dict[str, str]:
    """Read which items differ by group: names, or a mapping of names to `FREE_KINDS`."""
    if free is None:
        return {}
    asked = [free] if isinstance(free, str) else free
    chosen = dict(asked) if isinstance(asked, Mapping) else dict.fromkeys(asked, "all")
    for name, kind in chosen.items():
        if str(name) not in names:
            raise InvalidInput(_('The item "{item}" is to differ by group but is not there.'), item=name)
        if kind not in FREE_KINDS:
            raise InvalidInput(
                _('"{kind}" of item "{item}" cannot be free; choose among {known}.'),
                kind=kind, item=name, known=", ".join(FREE_KINDS),
            )  # fmt: skip
    return {str(name): kind for name, kind in chosen.items()}


@dataclass(frozen=True, eq=False)
class Columns:
    """Items as they are calibrated: one column each, or one a group where the item differs by group.

    Attributes
    ----------
    responses : Responses
        As many columns as there are entries below.
    source : array of int
        Column of the screened responses behind each.
    group : array of int
        Its group, or −1 for all.
    """

    responses: Responses
    source: Ints
    group: Ints


def divided(screened: Screened, free: Mapping[str, str], groups: Groups) -> Columns:
    """Give items that differ by group one column a group, in which the others are missing."""
    kept, codes, names, source, which = screened.responses, [], [], [], []
    for at, name in enumerate(kept.names):
        parts = range(len(groups.names)) if name in free and len(groups.names) > 1 else [FIXED]
        for group in parts:
            column = kept.codes[:, at]
            codes.append(column if group == FIXED else np.where(groups.index == group, column, MISSING).astype(np.int8))
            names.append(name if group == FIXED else f"{name} [{groups.names[group]}]")
            source.append(at)
            which.append(group)
    whole = kept.codes if not free else np.column_stack(codes)
    origin = np.array(source, dtype=np.int64)
    return Columns(
        Responses(tuple(names), whole, kept.highest[origin], kept.index), origin, np.array(which, dtype=np.int64)
    )


def build(
    columns: Columns, model: Objects, fixed: ItemParameters | None, free: Mapping[str, str], groups: Groups,
    priors: Mapping[str, tuple[float, float]],
) -> Layout:  # fmt: skip
    """Lay out the parameters: `model` names the model of each column."""
    names, categories = columns.responses.names, columns.responses.highest + 1
    places = int(categories.max()) + 1
    values = np.full((len(names), places), -np.inf)
    slots = np.full((len(names), places), FIXED)
    upper = np.ones(len(names))
    _starting_values(values, columns, model, groups)
    known = {} if fixed is None else {name: at for at, name in enumerate(fixed.names)}
    counter = _Counter(len(names))
    for at, name in enumerate(names):
        if name in known and fixed is not None:
            _hold(values[at], fixed, known[name])
            upper[at] = fixed.upper[known[name]]
            continue
        base = int(columns.source[at])
        tie = free.get(name.rpartition(" [")[0], "all") if columns.group[at] != FIXED else "all"
        if model[at] not in ONE_SLOPE:
            slots[at, SLOPE] = counter.take(base, SLOPE, shared=tie == "intercepts")
        for place in range(1, int(categories[at])):
            slots[at, place] = counter.take(base, place, shared=tie == "slope")
        if model[at] == "3pl":
            slots[at, -1] = counter.take(base, places, shared=tie != "all")
    latent, latent_slots = _latent(groups, model, fixed is not None, counter)
    prior_mean, prior_sd = _priors(slots, priors)
    return Layout(
        names, model, categories, values, slots, upper, groups.names, latent, latent_slots, prior_mean, prior_sd
    )


class _Counter:
    """Numbers parameters; a shared one of the same item keeps its number."""

    def __init__(self, items: int) -> None:
        self.next, self.shared = 0, {}  # type: ignore[var-annotated]

    def take(self, item: int, place: int, *, shared: bool = False) -> int:
        if shared and (item, place) in self.shared:
            return int(self.shared[item, place])
        self.shared[item, place] = self.next
        self.next += 1
        return self.next - 1


def _hold(row: Floats, fixed: ItemParameters, at: int) -> None:
    row[SLOPE] = fixed.slope[at]
    steps = fixed.intercepts[at, : int(fixed.categories[at]) - 1]
    row[1 : 1 + len(steps)] = steps
    if fixed.lower[at] > 0:
        row[-1] = np.log(fixed.lower[at] / (1 - fixed.lower[at]))


def _latent(groups: Groups, model: Objects, anchored: bool, counter: _Counter) -> tuple[Floats, Ints]:
    latent = np.zeros((len(groups.names), 2))
    slots = np.full(latent.shape, FIXED)
    one_slope = bool(np.isin(model.astype(str), ONE_SLOPE).any())
    for group in range(len(groups.names)):
        if group or anchored:
            slots[group, MEAN] = counter.take(-1, 2 * group)
        if group or anchored or one_slope:
            slots[group, LOG_SD] = counter.take(-1, 2 * group + 1)
    return latent, slots


def _priors(slots: Ints, priors: Mapping[str, tuple[float, float]]) -> tuple[Floats, Floats]:
    mean, sd = np.zeros(slots.shape), np.full(slots.shape, np.inf)
    places = {"a": slice(SLOPE, 1), "d": slice(1, slots.shape[1] - 1), "c": slice(-1, None)}
    for what, where in places.items():
        if what in priors:
            free = slots[:, where] != FIXED
            mean[:, where] = np.where(free, priors[what][0], 0)
            sd[:, where] = np.where(free, priors[what][1], np.inf)
    return mean, sd


def read_priors(priors: Any) -> dict[str, tuple[float, float]]:
    """Read normal priors of slopes (``a``), intercepts (``d``) and the logit of the lower asymptote (``c``)."""
    if priors is None:
        return {"c": GUESS_PRIOR}
    for name, pair in dict(priors).items():
        if name not in ("a", "d", "c") or len(pair) != 2 or not pair[1] > 0:
            raise InvalidInput(
                _('The prior of "{name}" cannot be read; give (mean, sd) with sd above 0, for a, d or c.'), name=name
            )
    return {str(name): (float(pair[0]), float(pair[1])) for name, pair in dict(priors).items()}


def _starting_values(values: Floats, columns: Columns, model: Objects, groups: Groups) -> None:
    """Slopes from the correlations with the other items' scores, intercepts from the cumulative shares."""
    codes, highest = columns.responses.codes, columns.responses.highest
    step = max(len(codes) // 5000, 1)
    part = codes[::step]
    there = part != MISSING
    shares = np.where(there, part / highest, 0.0)
    met = there.sum(axis=1)
    average = shares.sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    centred = np.where(there, shares - average, 0.0)
    rest = (centred.sum(axis=1, keepdims=True) - centred) / np.maximum(met[:, None] - 1, 1)
    top = (centred * rest).sum(axis=0)
    bottom = np.sqrt((centred**2).sum(axis=0) * (np.where(there, rest, 0) ** 2).sum(axis=0))
    r = np.clip(top / np.maximum(bottom, 1e-12), -0.75, 0.75)
    slope = 1.7 * 1.2 * r / np.sqrt(1 - r**2)
    slope = np.where(np.abs(slope) < 0.15, 0.15, slope)
    for at in range(len(highest)):
        one = model[at] in ONE_SLOPE
        values[at, SLOPE] = 1.0 if one else slope[at]
        known = codes[:, at][codes[:, at] != MISSING] if step == 1 else part[there[:, at], at]
        values[at, 1 : 1 + int(highest[at])] = _intercepts(known, int(highest[at]), str(model[at]), values[at, SLOPE])
        if model[at] == "3pl":
            values[at, -1] = GUESS_PRIOR[0]


def _intercepts(known: Codes, highest: int, model: str, slope: float) -> Floats:
    counts = np.bincount(known, minlength=highest + 1)[: highest + 1] + 0.5
    stretch = np.sqrt(1 + 0.35 * slope**2)
    if model in ("gpcm", "pcm") and highest > 1:
        return np.asarray(np.log(counts[1:] / counts[:-1]))
    above = np.cumsum(counts[::-1])[::-1][1:] / counts.sum()
    if model == "3pl":
        above = np.clip((above - 0.2) / 0.8, 0.03, 0.97)
    return np.asarray(np.log(above / (1 - above)) * stretch)


def known_rows(responses: Responses, weights: Floats) -> Bools:
    """Which candidates have an answer and a weight."""
    return np.asarray((responses.codes != MISSING).any(axis=1) & (weights > 0))


def listed(names: Iterable[str]) -> str:
    """Put names in a row, at most eight."""
    return ", ".join(list(names)[:8])
