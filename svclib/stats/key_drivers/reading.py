"""The columns of a driver analysis: outcome, controls and drivers, and how well the drivers are rated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_range, names_of, numbers
from svclib.stats.design.survey import Design
from svclib.stats.marks import _
from svclib.stats.models.categories import read_categories
from svclib.stats.terms import Terms, check_independent, read_terms

Groups = Mapping[str, Sequence[str]]
LARGEST = 1e50


@dataclass(frozen=True)
class Players:
    """Who shares the explained variance: a column, or a group of columns that are judged together.

    Attributes
    ----------
    names : tuple of str
    columns : tuple of tuple of str
        Columns of the data behind each name.
    """

    names: tuple[str, ...]
    columns: tuple[tuple[str, ...], ...]

    @property
    def every(self) -> list[str]:
        """All columns, player by player."""
        return [one for columns in self.columns for one in columns]


def read_players(drivers: str | Sequence[str], groups: Groups | None) -> Players:
    """Join the columns of a group to one player, at the place of its first column.

    Raises
    ------
    InvalidInput
        Naming a driver that is named twice, is in two groups, or is grouped but no driver.
    """
    listed, grouped = names_of(drivers), {name: names_of(columns) for name, columns in (groups or {}).items()}
    if not listed:
        raise InvalidInput(_("Name at least one driver, such as a rating of an aspect of the service."))
    twice = [name for name in listed if listed.count(name) > 1]
    if twice:
        raise InvalidInput(_('The driver "{column}" is named twice; name each once.'), column=twice[0])
    home = _homes(listed, grouped)
    names = list(dict.fromkeys(home.get(one, one) for one in listed))
    return Players(tuple(names), tuple(tuple(grouped.get(name, [name])) for name in names))


def _homes(listed: list[str], grouped: Mapping[str, list[str]]) -> dict[str, str]:
    home: dict[str, str] = {}
    for name, columns in grouped.items():
        for one in columns:
            if one not in listed:
                raise InvalidInput(
                    _('The group "{group}" holds "{column}", which is no driver; name it among the drivers too.'),
                    group=name,
                    column=one,
                )
            if one in home:
                raise InvalidInput(
                    _('The driver "{column}" is in two groups, "{first}" and "{second}"; leave it in one.'),
                    column=one,
                    first=home[one],
                    second=name,
                )
            home[one] = name
        if not columns or (name in listed and name not in columns):
            raise InvalidInput(
                _('The group "{group}" is empty or named like another driver; rename it or name its columns.'),
                group=name,
            )
    return home


@dataclass(frozen=True)
class Reading:
    """Columns of a driver analysis for all rows of the design.

    Attributes
    ----------
    players : Players
    widths : tuple of int
        Terms of each player (a column of categories has several).
    controls : int
        Terms of the controls, which come first.
    sources : tuple of str
        Columns of the data: controls, then drivers.
    terms : tuple of str
        Names of the columns of `matrix` but the last.
    matrix : (rows, terms + 1) float
        Standardised, the outcome last; 0 where missing.
    there : (rows, terms + 1) bool
        Where there is an answer.
    used : (rows,) bool
        Rows of the subpopulation with every answer; of answers in pairs those with one to the outcome.
    n : int
        Complete rows; of answers in pairs the fewest that a driver shares with the outcome.
    left_out : float
        Share of the answers to the outcome that are not used.
    scale : (terms + 1,) float
        Standard deviations that were divided by.
    weights : (rows,) float
        0 outside the subpopulation.
    """

    outcome: str
    players: Players
    widths: tuple[int, ...]
    controls: int
    sources: tuple[str, ...]
    terms: tuple[str, ...]
    matrix: Floats
    there: Bools
    used: Bools
    scale: Floats
    weights: Floats
    n: int
    left_out: float

    @property
    def wide(self) -> list[str]:
        """Players of several terms."""
        return [name for name, width in zip(self.players.names, self.widths, strict=True) if width > 1]


def read(
    design: Design,
    name: str,
    players: Players,
    controls: Sequence[str],
    *,
    pairwise: bool = False,
    ordinal: bool = False,
) -> Reading:
    """Read and check the columns.

    Parameters
    ----------
    pairwise : bool
        Use every answer, not only those of complete rows.
    ordinal : bool
        The outcome is one of ordered categories; it is read as their codes.

    Raises
    ------
    InvalidInput
        Naming a column that is absent, does not vary, or follows from others; or where there are too few rows.
    """
    sources = [*controls, *players.every]
    _check_sides(name, sources)
    check_sizes(design.frame, [name, *sources])
    outcome, data, inside = _outcome(design.frame, name, ordinal), design.frame, design.sampling.inside
    whole = read_terms(data, sources)
    _check_told(sources, whole.columns)
    answered = ~np.isnan(outcome) & inside
    used = answered if pairwise else answered & whole.known
    values, there = _each(data, whole) if pairwise else (whole.matrix[:, 1:], np.ones((len(data), 1), dtype=np.bool_))
    there = np.column_stack([np.broadcast_to(there, values.shape), answered]) & (inside if pairwise else used)[:, None]
    if pairwise:
        _check_varied(values, there, whole.names[1:])
        _check_shared(there, whole.columns[1:])
    else:
        check_independent(replace(whole, matrix=_centred(whole.matrix, used)), used)
    _check_outcome(outcome[used], name)
    weights, owners = design.sampling.weights * inside, whole.columns[1:]
    matrix, scale = _standardised(np.column_stack([values, np.nan_to_num(outcome)]), there, weights)
    scale[-1] = 1.0 if ordinal else scale[-1]
    n = int((there & there[:, -1:]).sum(axis=0).min())
    return Reading(
        name, players, tuple(sum(owners.count(one) for one in columns) for columns in players.columns),
        sum(owners.count(one) for one in controls), tuple(sources), whole.names[1:], matrix, there, used, scale,
        weights, n, 0.0 if pairwise else 1 - n / max(int(answered.sum()), 1),
    )  # fmt: skip


def check_sizes(data: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise `InvalidInput` for numbers of which squares leave the range of floats; no answer is one."""
    for column in columns:
        if column in data.columns and pd.api.types.is_numeric_dtype(data[column].dtype):
            values = numbers(data, column)
            values = values[~np.isnan(values)]
            if len(values) and (np.abs(values).max() > LARGEST or 0 < np.ptp(values) < 1 / LARGEST):
                raise InvalidInput(
                    _('The column "{column}" holds numbers beyond 1e50, or that differ by less than 1e-50; mend them.'),
                    column=column,
                )


def _centred(matrix: Floats, rows: Bools) -> Floats:
    """Take the mean out of the columns behind the intercept, so that far-off numbers are judged by their spread."""
    out = matrix.copy()
    if rows.any():
        out[:, 1:] -= matrix[rows, 1:].mean(axis=0)
    return out


def _check_sides(outcome: str, sources: Sequence[str]) -> None:
    for column in sources:
        if outcome in (column, *column.split(":")):
            raise InvalidInput(
                _('The outcome "{column}" cannot be its own driver; leave it out of the drivers and controls.'),
                column=outcome,
            )


def _outcome(data: pd.DataFrame, name: str, ordinal: bool) -> Floats:
    if not ordinal:
        return numbers(data, name)
    codes = read_categories(data, name)[0]
    return np.where(codes < 0, np.nan, codes.astype(np.float64))


def _check_told(columns: Sequence[str], told: Sequence[str]) -> None:
    for column in columns:
        if column not in told:
            raise InvalidInput(
                _('The column "{column}" has a single category or no answers: it cannot drive anything; leave it out.'),
                column=column,
            )


def _each(data: pd.DataFrame, whole: Terms) -> tuple[Floats, Bools]:
    """Read each column by itself, so that a missing answer to one does not take the others."""
    names = list(dict.fromkeys(whole.columns[1:]))
    parts = [read_terms(data, [name], intercept=False, levels=whole.levels) for name in names]
    there = [np.repeat(part.known[:, None], part.matrix.shape[1], axis=1) for part in parts]
    return np.hstack([part.matrix for part in parts]), np.hstack(there)


def _check_varied(values: Floats, there: Bools, names: Sequence[str]) -> None:
    for position, name in enumerate(names):
        answers = values[there[:, position], position]
        if not len(answers) or np.ptp(answers) == 0:
            raise InvalidInput(
                _('The column "{column}" has the same value in all its answers, or none; leave it out.'), column=name
            )


def _check_shared(there: Bools, names: Sequence[str]) -> None:
    shared = (there[:, :-1] & there[:, -1:]).sum(axis=0)
    if shared.min() <= len(names) + 1:
        raise InvalidInput(
            _('"{column}" shares only {rows} answers with the outcome, too few for {terms} terms; leave it out.'),
            column=names[int(shared.argmin())],
            rows=int(shared.min()),
            terms=len(names),
        )


def _check_outcome(values: Floats, name: str) -> None:
    if not len(values) or np.ptp(values) == 0:
        raise InvalidInput(
            _(
                'The outcome "{column}" has the same value in all complete rows: there is nothing to explain; choose '
                "another column."
            ),
            column=name,
        )


def _standardised(values: Floats, counted: Bools, weights: Floats) -> tuple[Floats, Floats]:
    """Give columns of weighted mean 0 and variance 1, and their standard deviations."""
    weight = weights[:, None] * counted
    total = weight.sum(axis=0)
    apart = np.where(counted, values - ratio((weight * values).sum(axis=0), total), 0.0)
    scale = np.sqrt((weight * apart**2).sum(axis=0) / total)
    return apart / scale, scale


@dataclass(frozen=True)
class Ratings:
    """How well the drivers are rated, column by column.

    Attributes
    ----------
    values : (rows, columns) float
        The answers, or 1 and 0 for in and below the top boxes; NaN where missing.
    owner : (columns,) int
        The player of a column.
    """

    values: Floats
    owner: Ints
    players: int

    def columns(self, weights: Floats) -> list[Floats]:
        """Columns whose sums give the means: weighted answers and their weights."""
        there = ~np.isnan(self.values) & (weights > 0)[:, None]
        top = np.where(there, np.nan_to_num(self.values) * weights[:, None], 0.0)
        return [*top.T, *(there * weights[:, None]).T]

    def means(self, sums: Floats) -> Floats:
        """Mean rating of each player from those sums (draws, 2 × columns): (players, draws); NaN without numbers."""
        size = self.values.shape[1]
        each = ratio(sums[:, :size], sums[:, size:]).T
        found = np.full((self.players, len(sums)), np.nan)
        for player in range(self.players):
            own = self.owner == player
            if own.any():
                found[player] = each[own].mean(axis=0)
        return found


def read_ratings(
    data: pd.DataFrame, players: Players, *, top: tuple[int, int, int] | None = None, needed: bool = False
) -> Ratings:
    """Read the drivers as ratings; those with categories have none.

    Parameters
    ----------
    top : (lowest, highest, boxes), optional
        Give shares of the top boxes of this scale instead of means.
    needed : bool
        Raise `InvalidInput` for a driver that is no number.
    """
    found, owner = [], []
    for player, columns in enumerate(players.columns):
        numeric = [one for one in columns if one in data.columns and _is_rating(data[one])]
        if len(numeric) < len(columns):
            if needed:
                check_columns(data, columns)
                raise InvalidInput(
                    _('The driver "{column}" is no rating, so it has no place on the map; leave it out or control it.'),
                    column=next(one for one in columns if one not in numeric),
                )
            continue
        for one in numeric:
            values = numbers(data, one)
            if top is not None:
                check_range(values, one, top[0], top[1])
                values = np.where(np.isnan(values), np.nan, (values > top[1] - top[2]).astype(float))
            found.append(values)
            owner.append(player)
    values = np.column_stack(found) if found else np.zeros((len(data), 0))
    return Ratings(values, np.array(owner, dtype=np.int64), len(players.names))


def _is_rating(series: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(series.dtype))
