"""How the respondents were drawn, as arrays: weights, and at each stage the units, their strata and the scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.design.blocks import Block
from svclib.stats.design.replicates import Replicates
from svclib.stats.marks import _

LONELY = ("fail", "remove", "adjust", "average")
_CERTAIN = 1e-7
"""A stratum of which a smaller part was left out was taken whole and adds no variance."""
_TABLE = 50_000_000
"""Largest table of units × groups in which the pairs that occur are ticked off."""


@dataclass(frozen=True)
class Stage:
    """One stage of sampling.

    Attributes
    ----------
    unit : (rows,) int
        Unit drawn at this stage that a row belongs to.
    stratum : (units,) int
        Stratum of a unit, within the unit of the stage before.
    size : (strata,) float
        Units drawn.
    scale : (strata,) float
        Factor of the squares around the stratum's mean: (1 - f) n / (n - 1), times the sampling fractions of
        the stages before.
    centred : (strata,) bool
        False where a single unit is measured from 0 (``lonely="adjust"``).
    """

    unit: Ints
    stratum: Ints
    size: Floats
    scale: Floats
    centred: Bools


@dataclass(frozen=True)
class Adjustment:
    """Weights were made to meet margins: the residuals lose their regression on the margins' columns.

    Attributes
    ----------
    blocks : tuple of Block
        The margins' columns, side by side.
    weights : (rows,) float
        Weights that meet the margins.
    share : (rows,) float
        Factor of a residual in its sums over the columns.
    inverse : (columns, columns) or (columns,) float
        Turns those sums into coefficients; a vector where it is diagonal.
    """

    blocks: tuple[Block, ...]
    weights: Floats
    share: Floats
    inverse: Floats

    @property
    def size(self) -> int:
        """Number of columns."""
        return sum(block.size for block in self.blocks)

    def coefficients(self, sums: Floats) -> Floats:
        """Give the coefficients (columns, cells) of residuals with these sums."""
        if self.inverse.ndim == 1:
            return self.inverse[:, None] * sums
        return np.asarray(self.inverse @ sums)


class Reweighting(Protocol):
    """A change of the weights that can be repeated on each set of replicate weights."""

    def reweigh(self, weights: Floats) -> Floats:
        """Give the changed weights, of shape (rows,) or (rows, replicates) as given."""

    def steps(self, old: Floats, new: Floats) -> tuple[list[Adjustment], int]:
        """Give what the change takes out of the residuals, and how many times over."""


@dataclass(frozen=True)
class Sampling:
    """Weights, stages and adjustments of a design.

    Attributes
    ----------
    inside : (rows,) bool
        The subpopulation looked at.
    adjustments : tuple of Adjustment
    order : tuple of int
        Adjustments as they act on the residuals, one after the other, repeated for raking.
    replicates : Replicates, optional
        Sets of weights from which variances are taken instead of from the stages.
    given : (rows,) float
        Weights before any adjustment.
    reweighted : tuple of Reweighting
        What led from them to `weights`.
    satterthwaite : bool
        Degrees of freedom follow from how much each stratum adds to a variance.
    """

    weights: Floats
    stages: tuple[Stage, ...]
    inside: Bools
    adjustments: tuple[Adjustment, ...] = ()
    order: tuple[int, ...] = ()
    replicates: Replicates | None = None
    given: Floats = field(default_factory=lambda: np.ones(0))
    reweighted: tuple[Reweighting, ...] = ()
    satterthwaite: bool = False

    def reweighed(self, change: Reweighting) -> Sampling:
        """Change the weights, and each set of replicate weights likewise."""
        weights, replicates = change.reweigh(self.weights), self.replicates
        if replicates is not None:
            replicates = replace(replicates, weights=change.reweigh(replicates.weights))
        steps, passes = change.steps(self.weights, weights)
        start = len(self.adjustments)
        return replace(
            self,
            weights=weights,
            replicates=replicates,
            adjustments=(*self.adjustments, *steps),
            order=(*self.order, *(tuple(range(start, start + len(steps))) * passes)),
            reweighted=(*self.reweighted, change),
        )


@dataclass(frozen=True)
class Columns:
    """Names of the columns that describe a design, one a stage."""

    weights: str | None
    strata: tuple[str, ...]
    cluster: tuple[str, ...]
    fpc: tuple[str, ...]


def read_sampling(data: pd.DataFrame, columns: Columns, *, nest: bool, lonely: str) -> Sampling:
    """Read and check the columns of a design."""
    _check_plan(check_frame(data), columns, lonely)
    if not (columns.strata or columns.cluster):
        lonely = "remove"  # a single respondent: the estimates say that there is no interval
    stages: list[Stage] = []
    parent = np.zeros(len(data), dtype=np.int64)
    carry, drawn = np.ones(len(data)), np.ones(len(data))
    for level in range(max(1, len(columns.fpc))):
        stratum, unit = _units(data, columns, level, parent, nest)
        size, population = _sizes(data, columns, level, stratum, unit)
        stages.append(_stage(stratum, unit, parent, size, population, carry, lonely))
        fraction = (size / population)[stratum]
        carry, drawn, parent = carry * fraction, drawn * fraction, unit
    weights = _weights(data, columns.weights) if columns.weights else 1 / drawn if columns.fpc else np.ones(len(data))
    return Sampling(weights, tuple(stages), np.ones(len(data), dtype=np.bool_), given=weights)


def _check_plan(data: pd.DataFrame, columns: Columns, lonely: str) -> None:
    if lonely not in LONELY:
        raise InvalidInput(
            _('lonely is "{lonely}"; choose one of {known}.'), lonely=str(lonely), known=", ".join(LONELY)
        )
    if not len(data):
        raise InvalidInput(_("The frame has no rows: a design needs respondents."))
    check_columns(data, [*columns.strata, *columns.cluster, *columns.fpc])
    _check_present(data, [*columns.strata, *columns.cluster])
    stages = max(1, len(columns.cluster))
    if columns.fpc and len(columns.fpc) != stages:
        raise InvalidInput(
            _("fpc names {given} columns for {stages} stages; give one population column for each stage."),
            given=len(columns.fpc),
            stages=stages,
        )
    if len(columns.strata) > stages:
        raise InvalidInput(
            _("strata names {given} columns for {stages} stages; give at most one for each stage."),
            given=len(columns.strata),
            stages=stages,
        )


def _check_present(data: pd.DataFrame, names: Sequence[str]) -> None:
    for name in names:
        if data[name].isna().any():
            raise InvalidInput(
                _('The column "{column}" of the design is empty in {count} rows; fill it or leave those rows out.'),
                column=name,
                count=int(data[name].isna().sum()),
            )


def _weights(data: pd.DataFrame, column: str) -> Floats:
    weights = numbers(data, column)
    bad = ~(weights > 0)
    if bad.any():
        raise InvalidInput(
            _(
                'The weights in "{column}" are missing, zero or negative in {count} rows (first in row {row}); '
                "give each respondent a weight above 0 or leave those rows out."
            ),
            column=column,
            count=int(bad.sum()),
            row=int(np.argmax(bad)) + 1,
        )
    return weights


def codes(series: pd.Series) -> Ints:
    """Number the values of a column."""
    return np.asarray(pd.factorize(series)[0], dtype=np.int64)


def _within(outer: Ints, inner: Ints) -> Ints:
    """Number the pairs of two codes."""
    return np.asarray(pd.factorize(outer * (int(inner.max()) + 1) + inner)[0], dtype=np.int64)


def _units(data: pd.DataFrame, columns: Columns, level: int, parent: Ints, nest: bool) -> tuple[Ints, Ints]:
    """Number the strata (within the parents) and the units (within the strata) of one stage."""
    stratum = parent
    if level < len(columns.strata):
        stratum = _within(parent, codes(data[columns.strata[level]]))
    if not columns.cluster:
        return stratum, np.arange(len(data), dtype=np.int64)
    cluster = codes(data[columns.cluster[level]])
    unit = _within(stratum, cluster)
    if level == 0 and not nest and unit.max() > cluster.max():
        _not_nested(data, columns, stratum, cluster)
    return stratum, unit


def _not_nested(data: pd.DataFrame, columns: Columns, stratum: Ints, cluster: Ints) -> None:
    home = np.zeros(cluster.max() + 1, dtype=np.int64)
    home[cluster] = stratum
    row = int(np.argmax(home[cluster] != stratum))
    raise InvalidInput(
        _(
            'The cluster "{value}" of "{cluster}" lies in several strata of "{strata}"; give nest=True if cluster '
            "names start anew in each stratum, or mend the column."
        ),
        value=str(data[columns.cluster[0]].iloc[row]),
        cluster=columns.cluster[0],
        strata=columns.strata[0],
    )


def _sizes(data: pd.DataFrame, columns: Columns, level: int, stratum: Ints, unit: Ints) -> tuple[Floats, Floats]:
    """Count the units drawn in each stratum, and those there are (infinite without fpc)."""
    home = _homes(stratum, unit)
    size = np.bincount(home).astype(float)
    if level >= len(columns.fpc):
        return size, np.full(len(size), np.inf)
    name = columns.fpc[level]
    given = numbers(data, name)
    _check_present(data, [name])
    _check_fpc(given, name)
    population = np.zeros(len(size))
    population[stratum] = given
    if (population[stratum] != given).any():
        _varies(name)
    population = size / population if (given <= 1).all() else population
    if (population < size * (1 - 1e-12)).any():
        raise InvalidInput(
            _(
                'The population in "{column}" is smaller than the {drawn:g} units drawn from a stratum; give the '
                "number of units in the stratum, or the sampling fraction."
            ),
            column=name,
            drawn=float(size[np.argmax(population < size)]),
        )
    return size, population


def _homes(stratum: Ints, unit: Ints) -> Ints:
    home = np.zeros(int(unit.max()) + 1, dtype=np.int64)
    home[unit] = stratum
    return home


def _check_fpc(given: Floats, name: str) -> None:
    if (given <= 0).any() or ((given < 1).any() and (given > 1).any()):
        raise InvalidInput(
            _(
                'The column "{column}" mixes sampling fractions and population counts, or holds 0 or less; give '
                "fractions up to 1 everywhere, or counts of 1 or more."
            ),
            column=name,
        )


def _varies(name: str) -> None:
    raise InvalidInput(
        _('The population in "{column}" differs within a stratum; give the same number in all its rows.'), column=name
    )


def _stage(
    stratum: Ints, unit: Ints, parent: Ints, size: Floats, population: Floats, carry: Floats, lonely: str
) -> Stage:
    left_out = 1 - size / population
    certain = left_out < _CERTAIN
    alone = (size == 1) & ~certain
    if alone.any() and lonely == "fail":
        raise InvalidInput(
            _(
                "{count} strata have a single cluster, so their variance cannot be told; merge strata, or give "
                'lonely="adjust", "average" or "remove".'
            ),
            count=int(alone.sum()),
        )
    scale = np.where(certain, 0.0, left_out * np.where(size > 1, ratio(size, size - 1), 1.0))
    before = np.ones(len(size))
    before[stratum] = carry
    if lonely == "average":
        scale = np.where(alone, 0.0, scale) * _averaging(stratum, parent, alone)
    centred = ~alone if lonely == "adjust" else np.ones(len(size), dtype=np.bool_)
    return Stage(unit, _homes(stratum, unit), size, scale * before, centred)


def _averaging(stratum: Ints, parent: Ints, alone: Bools) -> Floats:
    """Let strata of a single unit count as the average of the others of the same parent: all / others."""
    above = np.zeros(len(alone), dtype=np.int64)
    above[stratum] = parent
    others = np.bincount(above, ~alone)
    if (others == 0).any():
        raise InvalidInput(
            _('Every stratum has a single cluster: there is nothing to average; give lonely="adjust" or "remove".')
        )
    return np.asarray((np.bincount(above) / others)[above], dtype=np.float64)


def stage_names(given: str | Sequence[str] | None, role: str) -> tuple[str, ...]:
    """Give the columns of one role as a tuple, one a stage."""
    if given is not None and not isinstance(given, str | list | tuple):
        raise InvalidInput(
            _("{role} must be the name of a column, or a list of names, one for each stage; not {kind}."),
            role=role,
            kind=type(given).__name__,
        )
    return tuple(names_of(given))


def degrees_of_freedom(sampling: Sampling, valid: Bools, group: Ints, groups: int) -> Floats:
    """Clusters less strata among the `valid` rows of each group (first stage)."""
    first = sampling.stages[0]
    if groups == 1 and valid.all():
        return np.array([float(len(first.stratum) - len(first.size))])
    _stratum, of, clusters = stratum_clusters(first, valid, group, groups)
    return np.bincount(of, clusters - 1, groups).astype(np.float64)


def stratum_clusters(first: Stage, valid: Bools, group: Ints, groups: int) -> tuple[Ints, Ints, Floats]:
    """Find the strata in which each group has rows: stratum, group, and the number of clusters there."""
    pairs = _distinct(first.unit[valid], group[valid], groups, len(first.stratum))
    cells = first.stratum[pairs // groups] * groups + pairs % groups
    found, clusters = np.unique(cells, return_counts=True) if len(first.size) * groups > _TABLE else _ticked(cells)
    return found // groups, found % groups, clusters.astype(np.float64)


def _ticked(cells: Ints) -> tuple[Ints, Ints]:
    counts = np.bincount(cells)
    found = np.flatnonzero(counts)
    return found, counts[found]


def _distinct(code: Ints, group: Ints, groups: int, size: int) -> Ints:
    """Give the pairs code × groups + group that occur."""
    pairs = code * groups + group
    if size * groups > _TABLE:
        return np.asarray(pd.unique(pairs), dtype=np.int64)
    there: Bools = np.zeros(size * groups, dtype=np.bool_)
    there[pairs] = True
    return np.flatnonzero(there)
