"""The answers of a factor model: items as numbers, by group, with what forbids a model named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.columns import check_columns, matrix, names_of
from svclib.stats.design.sampling import Sampling, degrees_of_freedom
from svclib.stats.design.survey import Design, design_of
from svclib.stats.factor_models.categories import merged
from svclib.stats.factor_models.normal import Patterns, read_patterns
from svclib.stats.factor_models.ordered import ordered_codes
from svclib.stats.marks import _
from svclib.stats.samples import groups as group_codes

COMPLETE, FIML, PAIRWISE = "complete", "fiml", "pairwise"
ML, MLR, WLSMV, DWLS = "ml", "mlr", "wlsmv", "dwls"
ESTIMATORS, ORDINAL = (ML, MLR, WLSMV, DWLS), (WLSMV, DWLS)


@dataclass(frozen=True)
class Answers:
    """Answers to the items, by group.

    Attributes
    ----------
    items : tuple of str
    groups : str
        Column of groups; empty without.
    labels : tuple
        Values of that column; one without name if there is none.
    values : tuple of (rows, items) float
        NaN where missing.
    weights : tuple of (rows,) float
        Of mean 1 over all rows.
    rows : tuple of (rows,) int
        Where they lie in the frame.
    frame : DataFrame
    sampling : Sampling, optional
        How the respondents were drawn, if `data` was a design.
    asked : int
        Rows that answered any item.
    degrees : float
        Clusters less strata of a design; infinite without one.
    opt_in : bool
        Some respondents chose themselves.
    """

    items: tuple[str, ...]
    groups: str
    labels: tuple[Any, ...]
    values: tuple[Floats, ...]
    weights: tuple[Floats, ...]
    rows: tuple[Ints, ...]
    frame: pd.DataFrame
    sampling: Sampling | None
    asked: int
    degrees: float = np.inf
    opt_in: bool = False

    @property
    def sizes(self) -> list[int]:
        """Rows of each group."""
        return [len(one) for one in self.values]

    @property
    def size(self) -> int:
        """Rows of all groups."""
        return sum(self.sizes)

    def patterns(self) -> list[Patterns]:
        """Sort each group by what is there."""
        return [read_patterns(values, weights) for values, weights in zip(self.values, self.weights, strict=True)]


def read_answers(
    data: pd.DataFrame | Design,
    items: Sequence[str],
    *,
    groups: str | None = None,
    missing: str = COMPLETE,
    estimator: str = ML,
    merge: int = 0,
) -> Answers:
    """Read the items of a frame or a design; see `svclib.stats.factor_models.fit.cfa`.

    Raises
    ------
    InvalidInput
        Naming a column that is absent or holds no numbers; if nobody answered, or fewer than two groups are there.
    """
    design = design_of(data)
    given = design.sampling if isinstance(data, Design) else None
    if given is not None and estimator == ML:
        raise InvalidInput(
            _('A survey design needs sandwich errors; give estimator="mlr" (or "wlsmv" for ordinal items).')
        )
    _names, values = matrix(ordered_codes(design.frame, items) if estimator in ORDINAL else design.frame, items)
    code, labels = _groups(design.frame, groups)
    answered = ~np.isnan(values)
    asked = answered.any(axis=1) & (code >= 0) & design.sampling.inside & (design.row_weights > 0)
    kept = asked & answered.all(axis=1) if missing == COMPLETE else asked
    if merge and estimator in ORDINAL:
        values = np.column_stack([merged(column, np.where(kept, code, -1), merge) for column in values.T])
    _check_answered(items, answered[asked], int(kept.sum()), ordinal=estimator in ORDINAL)
    weights = design.row_weights * kept
    weights = weights * kept.sum() / weights.sum()
    rows = [np.flatnonzero(kept & (code == group)) for group in range(len(labels))]
    return Answers(
        items=tuple(items),
        groups=groups or "",
        labels=labels,
        values=tuple(values[one] for one in rows),
        weights=tuple(weights[one] for one in rows),
        rows=tuple(rows),
        frame=design.frame,
        sampling=given,
        asked=int(asked.sum()),
        degrees=_degrees(given, kept),
        opt_in="opt-in" in names_of(design.source),
    )


def _degrees(sampling: Sampling | None, kept: Bools) -> float:
    """Degrees of freedom of the rows used: clusters less strata, infinite without a design."""
    if sampling is None:
        return float("inf")
    return float(degrees_of_freedom(sampling, kept, np.zeros(len(kept), dtype=np.int64), 1)[0])


def _groups(data: pd.DataFrame, column: str | None) -> tuple[Ints, tuple[Any, ...]]:
    """Number the groups; −1 for rows without one."""
    if column is None:
        return np.zeros(len(data), dtype=np.int64), ("",)
    names = names_of(column)
    if len(names) != 1:
        raise InvalidInput(_("groups must be the name of one column; join several columns into one first."))
    check_columns(data, names)
    code, keys = group_codes(data, names)
    known = np.flatnonzero(keys[names[0]].notna())
    held = [at for at in known if (code == at).any()]
    if len(held) < 2:
        raise InvalidInput(
            _('The column "{column}" has fewer than two groups; choose another or leave out groups.'), column=names[0]
        )
    place = np.full(len(keys), -1, dtype=np.int64)
    place[held] = np.arange(len(held))
    return place[code], tuple(keys[names[0]].iloc[np.array(held)])


def _check_answered(items: Sequence[str], answered: Bools, rows: int, *, ordinal: bool) -> None:
    for at, item in enumerate(items):
        if not answered[:, at].any():
            raise InvalidInput(_('Nobody answered the item "{item}"; leave it out.'), item=item)
    if not rows:
        raise InvalidInput(
            _('No respondent answered every item; give missing="{missing}" to use the answers there are.'),
            missing=PAIRWISE if ordinal else FIML,
        )


def where_of(answers: Answers, group: int) -> str:
    """Name a group in a message: empty without groups."""
    return f" ({answers.groups} = {answers.labels[group]})" if answers.groups else ""


def check_spread(answers: Answers) -> None:
    """Raise `InvalidInput` for an item that does not vary, or follows from others, in a group of complete answers.

    Also if there are no more rows than items.
    """
    for group, values in enumerate(answers.values):
        said = where_of(answers, group)
        if len(values) <= len(answers.items) and not np.isnan(values).any():
            raise InvalidInput(
                _("{rows} complete rows cannot carry {items} items{group}; gather more answers or take fewer items."),
                rows=len(values),
                items=len(answers.items),
                group=said,
            )
        for at, item in enumerate(answers.items):
            _check_item(values[:, at], item, said)
        if not np.isnan(values).any():
            _check_dependence(values, answers.items, said)
        else:
            _check_together(values, answers.items, said)


def _check_item(values: Floats, item: str, group: str) -> None:
    told = values[~np.isnan(values)]
    if not len(told):
        raise InvalidInput(_('Nobody answered the item "{item}"{group}; leave it out.'), item=item, group=group)
    if np.ptp(told) == 0:
        raise InvalidInput(
            _('Everybody gave the item "{item}" the same answer{group}; leave it out.'), item=item, group=group
        )


def _check_dependence(values: Floats, items: Sequence[str], group: str) -> None:
    """Find an item that the items before it explain exactly."""
    centred = values - values.mean(axis=0)
    scaled = centred / np.linalg.norm(centred, axis=0)
    related = scaled.T @ scaled
    if np.linalg.eigvalsh(related)[0] > 1e-9:
        return
    exact = np.flatnonzero(np.abs(np.diag(np.linalg.qr(scaled, mode="r"))) < 1e-7)
    if len(exact):
        raise InvalidInput(
            _('The item "{item}" follows exactly from the items before it{group}; leave one of them out.'),
            item=items[exact[0]],
            group=group,
        )


def _check_together(values: Floats, items: Sequence[str], group: str) -> None:
    """Find two items that nobody answered both."""
    there = (~np.isnan(values)).astype(float)
    pairs = np.argwhere(there.T @ there < 2)
    if len(pairs):
        first, second = pairs[0]
        raise InvalidInput(
            _(
                'Fewer than two respondents answered both "{first}" and "{second}"{group}: their covariance cannot be '
                "told; leave one of them out."
            ),
            first=items[first],
            second=items[second],
            group=group,
        )
