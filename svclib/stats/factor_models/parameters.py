"""The parameters of a factor model as one table: which are free, which are fixed, which are equal between groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.marks import _


class Kind(IntEnum):
    """What a parameter is; the comment shows its term, in lavaan's notation (Rosseel 2012)."""

    LOADING = 0  # factor=~item
    FACTOR = 1  # factor~~factor
    RESIDUAL = 2  # item~~item
    INTERCEPT = 3  # item~1
    MEAN = 4  # factor~1
    THRESHOLD = 5  # item|t1
    SCALE = 6  # item~*~item


EQUAL = {
    "loadings": Kind.LOADING,
    "intercepts": Kind.INTERCEPT,
    "residuals": Kind.RESIDUAL,
    "thresholds": Kind.THRESHOLD,
}
"""What may be set equal between groups."""


@dataclass(frozen=True)
class Plan:
    """What the table is made from.

    Attributes
    ----------
    dimensions : tuple of (factor, items)
    correlated : tuple of (item, item)
        Pairs whose residuals correlate.
    groups : int
    std_lv : bool
        Factors have variance 1; otherwise the first loading of each factor is 1.
    means : bool
        Whether intercepts belong to the model.
    categories : tuple of int
        Categories of each item; empty for continuous items.
    theta : bool
        Ordinal items are scaled by their residual variance, not by their total one (Muthén's delta).
    equal : frozenset of str
        Names of `EQUAL`.
    released : frozenset of str
        Terms that stay free in each group though their kind is equal.
    """

    dimensions: tuple[tuple[str, tuple[str, ...]], ...]
    correlated: tuple[tuple[str, str], ...] = ()
    groups: int = 1
    std_lv: bool = False
    means: bool = False
    categories: tuple[int, ...] = ()
    theta: bool = False
    equal: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors."""
        return tuple(name for name, _items in self.dimensions)

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items, each once."""
        return tuple(dict.fromkeys(item for _name, items in self.dimensions for item in items))

    def shared(self, kind: Kind, term: str) -> bool:
        """Whether a parameter is the same in all groups."""
        return any(EQUAL[name] == kind for name in self.equal) and term not in self.released


@dataclass(frozen=True, eq=False)
class Table:
    """One row a parameter of a group.

    Attributes
    ----------
    group, kind, row, column : (rows,) int
        ``row`` counts items (factors for `Kind.FACTOR` and `Kind.MEAN`), ``column`` factors, items or thresholds.
    value : (rows,) float
        Value of a fixed parameter, start of a free one.
    free : (rows,) int
        Place among the free parameters, −1 if fixed; equal parameters share one.
    terms : tuple of str
    """

    plan: Plan
    group: Ints
    kind: Ints
    row: Ints
    column: Ints
    value: Floats
    free: Ints
    terms: tuple[str, ...]

    @property
    def count(self) -> int:
        """Number of free parameters."""
        return int(self.free.max(initial=-1)) + 1

    @property
    def estimated(self) -> Bools:
        """Rows that are free."""
        return np.asarray(self.free >= 0, dtype=np.bool_)

    def of(self, kind: Kind) -> Ints:
        """Rows of a kind."""
        return np.flatnonzero(self.kind == kind)

    def filled(self, theta: Floats) -> Floats:
        """Values of all rows at the free parameters `theta`."""
        return np.where(self.estimated, theta[self.free], self.value)

    def start(self) -> Floats:
        """Values of the free parameters; of equal ones the mean."""
        rows = np.flatnonzero(self.estimated)
        total = np.bincount(self.free[rows], self.value[rows], self.count)
        return np.asarray(total / np.bincount(self.free[rows], minlength=self.count))

    def with_values(self, value: Floats) -> Table:
        """Give the same table with other values."""
        return replace(self, value=value)

    def spread(self, jacobian: Floats, rows: Ints) -> Floats:
        """Add up the columns of a jacobian by row into one by free parameter."""
        out = np.zeros((jacobian.shape[0], self.count))
        kept = np.flatnonzero(self.free[rows] >= 0)
        np.add.at(out.T, self.free[rows[kept]], jacobian[:, kept].T)
        return out

    def expand(self, matrix: Floats) -> Floats:
        """Repeat a covariance of the free parameters for the rows that are free."""
        place = self.free[self.estimated]
        return matrix[np.ix_(place, place)]


@dataclass
class _Rows:
    """Rows as they are collected."""

    plan: Plan
    found: list[tuple[int, int, int, int, float, int]]
    terms: list[str]
    places: dict[str, int]

    def add(self, group: int, kind: Kind, row: int, column: int, *, fixed: float | None = None) -> None:
        """Add a parameter: fixed at a value, or free."""
        term, place = term_of(self.plan, kind, row, column), -1
        if fixed is None:
            name = term if self.plan.shared(kind, term) else f"{group}:{term}"
            place = self.places.setdefault(name, len(self.places))
        self.found.append((group, kind, row, column, 0.0 if fixed is None else fixed, place))
        self.terms.append(term)


def term_of(plan: Plan, kind: Kind, row: int, column: int) -> str:
    """Name a parameter in lavaan's notation."""
    items, factors = plan.items, plan.factors
    names = {
        Kind.LOADING: lambda: f"{factors[column]}=~{items[row]}",
        Kind.FACTOR: lambda: f"{factors[column]}~~{factors[row]}",
        Kind.RESIDUAL: lambda: f"{items[column]}~~{items[row]}",
        Kind.INTERCEPT: lambda: f"{items[row]}~1",
        Kind.MEAN: lambda: f"{factors[row]}~1",
        Kind.THRESHOLD: lambda: f"{items[row]}|t{column + 1}",
        Kind.SCALE: lambda: f"{items[row]}~*~{items[row]}",
    }
    return names[kind]()


def build(plan: Plan) -> Table:
    """Make the table of a plan; values of free parameters are still 0.

    Equal thresholds leave each group's intercepts and scales free but those of the first, equal loadings the
    variances of the factors, equal intercepts their means (Millsap and Yun-Tein 2004; Wu and Estabrook 2016).
    """
    rows = _Rows(plan, [], [], {})
    for group in range(plan.groups):
        _add_loadings(rows, group)
        _add_covariances(rows, group)
        for item in range(len(plan.items)):
            (_add_category_rows if plan.categories else _add_continuous_rows)(rows, group, item)
        if plan.means:
            moved = group > 0 and "intercepts" in plan.equal
            for factor in range(len(plan.factors)):
                rows.add(group, Kind.MEAN, factor, 0, fixed=None if moved else 0.0)
    columns = list(zip(*rows.found, strict=True))
    _check_released(plan, rows.terms)
    return Table(
        plan=plan,
        group=np.array(columns[0], dtype=np.int64),
        kind=np.array(columns[1], dtype=np.int64),
        row=np.array(columns[2], dtype=np.int64),
        column=np.array(columns[3], dtype=np.int64),
        value=np.array(columns[4], dtype=np.float64),
        free=np.array(columns[5], dtype=np.int64),
        terms=tuple(rows.terms),
    )


def _add_loadings(rows: _Rows, group: int) -> None:
    plan, place = rows.plan, {item: at for at, item in enumerate(rows.plan.items)}
    for factor, (_name, items) in enumerate(plan.dimensions):
        for at, item in enumerate(items):
            marker = at == 0 and not plan.std_lv
            rows.add(group, Kind.LOADING, place[item], factor, fixed=1.0 if marker else None)


def _add_covariances(rows: _Rows, group: int) -> None:
    plan, place = rows.plan, {item: at for at, item in enumerate(rows.plan.items)}
    for factor in range(len(plan.factors)):
        rows.add(group, Kind.FACTOR, factor, factor, fixed=1.0 if _unit_variance(plan, group, factor) else None)
        for other in range(factor):
            rows.add(group, Kind.FACTOR, factor, other)
    for first, second in plan.correlated:
        one, two = sorted((place[first], place[second]))
        rows.add(group, Kind.RESIDUAL, two, one)


def _unit_variance(plan: Plan, group: int, factor: int) -> bool:
    """Whether a factor's variance is fixed at 1: in the first group, and while nothing ties the groups' loadings."""
    if not plan.std_lv or group == 0 or "loadings" not in plan.equal:
        return plan.std_lv
    if not plan.categories or "intercepts" in plan.equal:
        return False
    place = {item: at for at, item in enumerate(plan.items)}
    return all(anchors(plan, place[item]) < 2 for item in plan.dimensions[factor][1])


def anchors(plan: Plan, item: int) -> int:
    """Count the thresholds of an item that are the same in all groups."""
    if "thresholds" not in plan.equal:
        return 0
    terms = [term_of(plan, Kind.THRESHOLD, item, at) for at in range(plan.categories[item] - 1)]
    return sum(term not in plan.released for term in terms)


def _add_continuous_rows(rows: _Rows, group: int, item: int) -> None:
    rows.add(group, Kind.RESIDUAL, item, item)
    if rows.plan.means:
        rows.add(group, Kind.INTERCEPT, item, 0)


def _add_category_rows(rows: _Rows, group: int, item: int) -> None:
    """Thresholds, the intercept and the scale of an ordinal item.

    Two equal thresholds tell a group's scale and intercept; a single one tells the intercept, and the scale only once
    the loading is equal too.
    """
    plan = rows.plan
    for at in range(plan.categories[item] - 1):
        rows.add(group, Kind.THRESHOLD, item, at)
    held = anchors(plan, item) if group else 0
    term = term_of(plan, Kind.INTERCEPT, item, 0)
    moved = held >= 1 and not ("intercepts" in plan.equal and term not in plan.released)
    rows.add(group, Kind.INTERCEPT, item, 0, fixed=None if moved else 0.0)
    loading = all(plan.shared(Kind.LOADING, f"{name}=~{plan.items[item]}") for name in _factors_of(plan, item))
    error = term_of(plan, Kind.RESIDUAL, item, item)
    scaled = (held >= 2 or (held == 1 and loading)) and not ("residuals" in plan.equal and error not in plan.released)
    rows.add(group, Kind.RESIDUAL if plan.theta else Kind.SCALE, item, item, fixed=None if scaled else 1.0)


def _factors_of(plan: Plan, item: int) -> list[str]:
    return [name for name, items in plan.dimensions if plan.items[item] in items]


def _check_released(plan: Plan, terms: Sequence[str]) -> None:
    unknown = [term for term in plan.released if term not in terms]
    if unknown:
        raise InvalidInput(
            _('free names "{term}", which is no parameter; write it as in the frame of the fit, such as {known}.'),
            term=unknown[0],
            known=", ".join(dict.fromkeys(terms[:3])),
        )


def read_dimensions(dimensions: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Check a mapping of factors to items.

    Raises
    ------
    InvalidInput
        If there is no factor, a factor has a single item, names an item twice, or is named like an item.
    """
    if not isinstance(dimensions, Mapping) or not dimensions or not all(len(items) for items in dimensions.values()):
        raise InvalidInput(_("dimensions is empty; give the items of each dimension."))
    read = tuple((str(name), _names(items)) for name, items in dimensions.items())
    for name, items in read:
        _check_factor(name, items)
    every = {item for _name, items in read for item in items}
    clash = [name for name, _items in read if name in every]
    if clash:
        raise InvalidInput(_('"{name}" names a factor and an item; rename one of them.'), name=clash[0])
    return read


def _names(items: str | Sequence[str]) -> tuple[str, ...]:
    return (items,) if isinstance(items, str) else tuple(str(item) for item in items)


def _check_factor(name: str, items: tuple[str, ...]) -> None:
    repeated = [item for item in items if items.count(item) > 1]
    if repeated:
        raise InvalidInput(
            _('The factor "{factor}" names the item "{item}" twice; name each once.'), factor=name, item=repeated[0]
        )
    if len(items) < 2:
        raise InvalidInput(
            _(
                'The factor "{factor}" has one item, so its loading cannot be told from its error; give it two items '
                "or more, or leave it out."
            ),
            factor=name,
        )


def read_correlated(pairs: Sequence[tuple[str, str]], items: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Check the pairs of items whose residuals correlate."""
    read = []
    for pair in pairs:
        if isinstance(pair, str) or len(pair) != 2 or pair[0] == pair[1] or not set(pair) <= set(items):
            raise InvalidInput(
                _("correlated holds {pair}; give pairs of two different items of the model."), pair=str(pair)
            )
        read.append((str(pair[0]), str(pair[1])))
    seen = [frozenset(pair) for pair in read]
    if len(set(seen)) < len(seen):
        raise InvalidInput(_("correlated names a pair twice; name each once."))
    return tuple(read)
