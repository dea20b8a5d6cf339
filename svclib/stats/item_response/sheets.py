"""Answer sheets beside calibrated items: what scores and diagnostics are worked out from.

Likelihoods are taken in blocks of candidates, so that memory grows with a block and not with the candidates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.parameters import ItemParameters, items_of
from svclib.stats.item_response.responses import Codes, Responses, read_responses
from svclib.stats.marks import _

STEP = 0.1
"""Distance of the abilities at which posteriors are taken: finer than the posterior of a test of 200 items."""
REACH = 6.0
_CELLS = 2**18
_FLOOR = 1e-300
_MOST_NODES = 601


@dataclass(frozen=True, eq=False)
class Sheet:
    """Candidates × items with the items' parameters and the population each candidate comes from.

    Attributes
    ----------
    items : ItemParameters
        J items.
    codes : array of int8, shape (N, J)
        Scores; −1 where the cell tells nothing.
    index : Index
    means, sds : array, shape (G,)
        Normal distribution of ability in each group.
    group : array of int, shape (N,)
    labels : tuple
        Names of the groups.
    """

    items: ItemParameters
    codes: Codes
    index: pd.Index
    means: Floats
    sds: Floats
    group: Ints
    labels: tuple[Any, ...] = ("",)

    @property
    def mean(self) -> Floats:
        """Mean ability of each candidate's group, shape (N,)."""
        return self.means[self.group]

    @property
    def sd(self) -> Floats:
        """Standard deviation of ability in each candidate's group, shape (N,)."""
        return self.sds[self.group]

    @property
    def answered(self) -> Ints:
        """How many items of each candidate count, shape (N,)."""
        return (self.codes >= 0).sum(axis=1)

    @property
    def totals(self) -> Ints:
        """Sum score of each candidate over the items that count."""
        return np.where(self.codes >= 0, self.codes, 0).sum(axis=1, dtype=np.int64)

    @property
    def complete(self) -> Bools:
        """Who answered every item."""
        return np.asarray((self.codes >= 0).all(axis=1))

    def nodes(self) -> Floats:
        """Abilities at which posteriors are taken: to six standard deviations on both sides of every group."""
        low = min(-REACH, float((self.means - REACH * self.sds).min()))
        high = max(REACH, float((self.means + REACH * self.sds).max()))
        count = int(np.ceil((high - low) / (STEP * min(1.0, float(self.sds.min()))))) + 1
        return np.linspace(low, high, min(count, _MOST_NODES))

    def prior(self, theta: Floats) -> Floats:
        """Weights of the groups at `theta`, G × Q, each row summing to 1."""
        log = -0.5 * ((theta[None, :] - self.means[:, None]) / self.sds[:, None]) ** 2
        raw = np.exp(log - log.max(axis=1, keepdims=True))
        return np.asarray(raw / raw.sum(axis=1, keepdims=True))

    def take(self, rows: Any) -> Sheet:
        """Give the candidates at `rows`."""
        return Sheet(
            self.items, self.codes[rows], self.index[rows], self.means, self.sds, self.group[rows], self.labels
        )

    def blocks(self, width: int) -> Iterator[slice]:
        """Cut the candidates into blocks of so many rows that a table of `width` columns stays small."""
        rows = max(_CELLS // max(width, 1), 64)
        return (slice(start, start + rows) for start in range(0, len(self.codes), rows))

    def posteriors(self, theta: Floats) -> Iterator[tuple[slice, Floats]]:
        """Give the posterior weights of each block of candidates at `theta`, rows × Q, each row summing to 1."""
        logs, prior = log_chances(self.items, theta), np.log(np.maximum(self.prior(theta), _FLOOR))
        for rows in self.blocks(len(theta)):
            weights = log_likelihood(self.codes[rows], logs)
            weights += prior[self.group[rows]]
            weights -= weights.max(axis=1, keepdims=True)
            np.exp(weights, out=weights)
            weights /= weights.sum(axis=1, keepdims=True)
            yield rows, weights


def log_chances(items: ItemParameters, theta: Floats) -> Floats:
    """Logarithms of the category probabilities, J × K × Q; impossible ones are very small instead of −∞."""
    return np.asarray(np.log(np.maximum(probabilities(items, theta), _FLOOR)))


def log_likelihood(codes: Codes, logs: Floats) -> Floats:
    """Log-likelihood of candidates at abilities, N × Q, from `log_chances`."""
    return by_category(codes, logs)


def by_category(codes: Codes, values: Floats) -> Floats:
    """Sum over the items of the value that belongs to each candidate's category: N × Q from J × K × Q."""
    there = codes >= 0
    first = values[:, 0, :]
    out = np.broadcast_to(first.sum(axis=0), (len(codes), values.shape[2])) if there.all() else there @ first
    out = np.array(out, dtype=float)
    for category in range(1, values.shape[1]):
        chosen = codes == category
        used = chosen.any(axis=0)
        if used.any():
            out += chosen[:, used].astype(float) @ (values[used, category] - first[used])
    return out


def read_sheet(
    responses: Any,
    items: Any,
    *,
    states: pd.DataFrame | None = None,
    mean: Any = 0.0,
    sd: Any = 1.0,
) -> Sheet:
    """Read responses beside the items that were calibrated; items nobody was given may be absent.

    `mean` and `sd` of ability are numbers, or one for each candidate.

    Raises
    ------
    InvalidInput
        If an item has not been calibrated, a score lies above the item's highest, `sd` is not positive, or the means
        do not fit the candidates.
    """
    known = items_of(items)
    if not isinstance(responses, Responses):
        names = [str(name) for name in getattr(responses, "columns", ())]
        highest = known.named(names).highest if names else None
        responses = read_responses(responses, states, highest=highest)
    used = known.named(responses.names)
    means, sds = _population(mean, len(responses.codes), "mean"), _population(sd, len(responses.codes), "sd")
    if not (sds > 0).all():
        raise InvalidInput(_("sd is {sd}; give a positive standard deviation of ability."), sd=f"{sds.min():g}")
    if not len(means):
        raise InvalidInput(_("There are no candidates: give a frame with one row each."))
    population, group = np.column_stack([means[:1], sds[:1]]), np.zeros(len(means), dtype=int)
    if (means != means[0]).any() or (sds != sds[0]).any():
        population, group = np.unique(np.column_stack([means, sds]), axis=0, return_inverse=True)
    labels = tuple(range(1, len(population) + 1)) if len(population) > 1 else ("all",)
    centres, spreads = population.T
    return Sheet(used, responses.codes, responses.index, centres, spreads, group.reshape(-1), labels)


def _population(value: Any, count: int, name: str) -> Floats:
    given = np.asarray(value, dtype=float).reshape(-1)
    if len(given) not in (1, count) or not np.isfinite(given).all():
        raise InvalidInput(
            _("{name} must be a number, or one for each of the {count} candidates."), name=name, count=count
        )
    return np.broadcast_to(given, (count,)) if len(given) == 1 else given


def sheet_of(fit: Any) -> Sheet:
    """Give the sheet of a fit: its responses, items, and the distribution of ability in its groups."""
    responses, groups = fit.responses, fit.groups
    group = np.asarray(fit.group, dtype=int).reshape(-1)
    return Sheet(
        items_of(fit).named(responses.names), responses.codes, responses.index, groups["mean"].to_numpy(dtype=float),
        groups["sd"].to_numpy(dtype=float), group, tuple(groups["group"]),
    )  # fmt: skip
