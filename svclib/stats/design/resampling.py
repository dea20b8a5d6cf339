"""Making replicate weights: jackknife, bootstrap, balanced half-samples (Wolter 2007; Rao, Wu and Yue 1992)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.linalg import hadamard

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import numbers
from svclib.stats.design.replicates import Replicates
from svclib.stats.design.sampling import Sampling, Stage
from svclib.stats.marks import _

METHODS = ("jk1", "jkn", "bootstrap", "brr")
_LARGEST = 150_000_000
"""Numbers that a table of replicate weights may hold (1.2 GB)."""


def replicated(sampling: Sampling, method: str, replicates: int, seed: int) -> Sampling:
    """Make replicates of the first stage's units and repeat on each what was done to the weights."""
    check_method(method)
    if not isinstance(replicates, int | np.integer) or replicates < 2:
        raise InvalidInput(_("replicates is {count}; give a whole number of 2 or more."), count=str(replicates))
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidInput(_("seed is {seed}; give a whole number of 0 or more."), seed=str(seed))
    stage = sampling.stages[0]
    if method != "jkn" and not stage.centred.all():
        raise InvalidInput(
            _('{method} cannot measure a lonely stratum from the mean of all; take method="jkn", or lonely="remove".'),
            method=method,
        )
    _check_room(len(sampling.weights), replicates if method == "bootstrap" else len(stage.stratum))
    table, made = _MAKERS[method](stage, replicates, seed)
    return with_replicates(sampling, replace(made, weights=sampling.given[:, None] * table[stage.unit], kind=method))


def with_replicates(sampling: Sampling, replicates: Replicates) -> Sampling:
    """Give the design its replicates, each adjusted like the design's own weights."""
    weights = replicates.weights
    for change in sampling.reweighted:
        weights = change.reweigh(weights)
    return replace(sampling, replicates=replace(replicates, weights=weights))


def check_method(method: str) -> None:
    """Raise `InvalidInput` unless `method` is one of `METHODS`."""
    if method not in METHODS:
        raise InvalidInput(
            _('method is "{method}"; choose one of {known}.'), method=str(method), known=", ".join(METHODS)
        )


def _check_room(rows: int, replicates: int) -> None:
    if rows * replicates > _LARGEST:
        raise InvalidInput(
            _(
                "{replicates} sets of weights for {rows} rows do not fit; take the bootstrap with fewer replicates, or "
                "the linearised errors (no replicates)."
            ),
            replicates=replicates,
            rows=rows,
        )


def _blank(replicates: int) -> Replicates:
    return Replicates(np.zeros((0, replicates)), 1.0, np.ones(replicates))


def _jk1(stage: Stage, _replicates: int, _seed: int) -> tuple[Floats, Replicates]:
    """Leave out one unit at a time."""
    units = len(stage.stratum)
    if len(stage.size) > 1:
        raise InvalidInput(_('The design has strata, which "jk1" would forget; take method="jkn".'))
    _check_units(units)
    table = np.full((units, units), units / (units - 1))
    np.fill_diagonal(table, 0.0)
    scale = float(stage.scale[0]) * ((units - 1) / units) ** 2
    return table, replace(_blank(units), scale=scale)


def _check_units(units: int) -> None:
    if units < 2:
        raise InvalidInput(_("A single cluster cannot be left out; replicates need at least two."))


def _jkn(stage: Stage, _replicates: int, _seed: int) -> tuple[Floats, Replicates]:
    """Leave out one unit at a time, the others of its stratum standing in for it.

    A lonely unit that is measured from the mean of all is left out of the whole.
    """
    strata, sizes = len(stage.size), stage.size[stage.stratum]
    lonely = ~stage.centred[stage.stratum]
    dropped = np.flatnonzero(((sizes > 1) & (stage.scale[stage.stratum] > 0)) | (lonely & (strata > 1)))
    if not len(dropped):
        raise InvalidInput(_("No stratum has two clusters to leave one out of; there is no variance to tell."))
    table = np.ones((len(stage.stratum), len(dropped)))
    home = stage.stratum[dropped]
    same = stage.stratum[:, None] == home
    table[same] = np.broadcast_to(ratio(sizes[dropped], sizes[dropped] - 1), table.shape)[same]
    alone = lonely[dropped]
    table[:, alone] = strata / (strata - 1) if strata > 1 else 1.0
    table[dropped, np.arange(len(dropped))] = 0.0
    shrink = np.where(alone, (strata - 1) / strata, ((sizes - 1) / sizes)[dropped] ** 2)
    return table, replace(_blank(len(dropped)), factors=stage.scale[home] * shrink)


def _bootstrap(stage: Stage, replicates: int, seed: int) -> tuple[Floats, Replicates]:
    """Draw n - 1 of a stratum's n units with replacement and rescale, 1 - λ + λ n / (n - 1) times drawn.

    λ² is the part of the stratum that was not drawn; a lonely unit keeps its weight.
    """
    generator = np.random.default_rng(seed)
    table = np.ones((len(stage.stratum), replicates))
    for stratum in range(len(stage.size)):
        units, n = np.flatnonzero(stage.stratum == stratum), int(stage.size[stratum])
        if n < 2:
            continue
        spread = np.sqrt(stage.scale[stratum] * (n - 1) / n)
        if spread > 1 + 1e-12:
            raise InvalidInput(_('The bootstrap cannot average lonely strata; take method="jkn", or lonely="remove".'))
        drawn = generator.multinomial(n - 1, np.full(n, 1 / n), size=replicates).T
        table[units] = 1 - spread + spread * n / (n - 1) * drawn
    if (stage.size < 2).all():
        _check_units(1)
    return table, replace(_blank(replicates), scale=1 / (replicates - 1))


def _brr(stage: Stage, _replicates: int, _seed: int) -> tuple[Floats, Replicates]:
    """Take one of the two units of each stratum, balanced over the replicates by a Hadamard matrix."""
    if (stage.size != 2).any():
        raise InvalidInput(
            _('"brr" needs two clusters in every stratum; {count} strata have another number; take method="jkn".'),
            count=int((stage.size != 2).sum()),
        )
    if not np.allclose(stage.scale, 2.0):
        raise InvalidInput(_('"brr" knows no finite population (fpc); take method="jkn" or "bootstrap".'))
    strata = len(stage.size)
    signs = hadamard(1 << int(strata).bit_length())[:, 1 : strata + 1].T
    seen: Any = pd.Series(stage.stratum).groupby(stage.stratum).cumcount().to_numpy()
    table = 1.0 + signs[stage.stratum] * np.where(seen == 0, 1.0, -1.0)[:, None]
    return table, replace(_blank(table.shape[1]), scale=1 / table.shape[1])


_MAKERS = {"jk1": _jk1, "jkn": _jkn, "bootstrap": _bootstrap, "brr": _brr}


def supplied(
    data: pd.DataFrame,
    sampling: Sampling,
    columns: Sequence[str],
    *,
    method: str,
    combined: bool,
    scale: float | None,
    factors: Sequence[float] | None,
) -> Sampling:
    """Read replicate weights from columns; without `scale` and `factors` those of the method."""
    check_method(method)
    table = np.column_stack([numbers(data, name) for name in columns])
    for name, values in zip(columns, table.T, strict=True):
        if not (values >= 0).all() or not values.any():
            raise InvalidInput(
                _('Replicate weights in "{column}" are missing, negative or all 0; give each row one of 0 or more.'),
                column=name,
            )
    weights = table if combined else table * sampling.given[:, None]
    count = len(columns)
    factor = np.ones(count) if factors is None else np.asarray(factors, dtype=float)
    if count < 2 or factor.shape != (count,) or not (factor >= 0).all():
        raise InvalidInput(
            _("{count} replicates need at least two columns and as many factors of 0 or more, not {factors}."),
            count=count,
            factors=factor.size,
        )
    if scale is None:
        scale = _usual_scale(method, count, factors)
    made = Replicates(weights, float(scale), factor, kind=method, supplied=True)
    return with_replicates(sampling, made)


def _usual_scale(method: str, count: int, factors: Sequence[float] | None) -> float:
    if method == "jkn" and factors is None:
        raise InvalidInput(_('Replicates of method "jkn" need factors=, one a column: (n - 1) / n of the stratum.'))
    return {"jk1": (count - 1) / count, "jkn": 1.0, "bootstrap": 1 / (count - 1), "brr": 1 / count}[method]
