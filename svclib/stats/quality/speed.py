"""Speeding: how much faster than usual a respondent went through the questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import check_columns, check_frame, names_of, numbers
from svclib.stats.marks import _
from svclib.stats.quality.answers import check_draws, check_index, check_rate
from svclib.stats.quality.nonresponse import aligned
from svclib.stats.quality.screening import Index, Screening, check_cut, screen
from svclib.stats.samples import groups

SPEED = Index("speed", True, 2.0, "Leiner 2019")
MOST = 3.0
"""A page seen three times as fast as usual counts no more than that: one page skipped is not a survey sped through."""
LEAST_GROUP = 30
"""Medians of smaller groups are those of all respondents."""
_MAD = 1.4826
"""Median absolute deviation to standard deviation of a normal distribution."""


@dataclass(frozen=True)
class Speeds:
    """The speed index of respondents and of simulated attentive ones.

    Attributes
    ----------
    observed, simulated : (rows,), (draws,) float
    seconds : (rows,) float
        In view altogether; NaN where nothing was measured.
    relative : (rows, columns) float
        Median over the person's seconds, above 1 for the fast.
    """

    observed: Floats
    simulated: Floats
    seconds: Floats
    relative: Floats


def speeding(
    data: pd.DataFrame,
    times: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    characters: Mapping[str, float] | None = None,
    rate: float = 0.01,
    cut: str = "simulated",
    draws: int = 10_000,
    seed: int = 1,
) -> Screening:
    """Look for respondents who went through the questions much faster than usual.

    Parameters
    ----------
    data : DataFrame
        One row a response; its index names the rows of `times`.
    times : DataFrame
        Seconds in view, one column an item or a page (``frames.item_times``, ``frames.page_times``); missing or 0
        where nothing was measured.
    by : str or list of str, optional
        Columns of `data` within which the usual time is taken: texts differ by language, screens by layout.
    characters : dict, optional
        Column of `times` → length of its text in characters: adds ``per_100``, seconds per 100 characters.
    rate : float
        Share of attentive respondents that may be flagged.
    cut : {"simulated", "literature"}
        A cut that holds `rate` by simulation, or 2 (Leiner 2019).
    draws : int
        Attentive respondents that are simulated.
    seed : int

    Returns
    -------
    Screening
        ``speed`` is the relative speed index: the mean over the columns of median seconds / own seconds, each at most
        3; then ``seconds`` altogether and, with `characters`, ``per_100``.

    Raises
    ------
    InvalidInput
        If times are negative, are no numbers, or belong to no response; if `characters` lacks a column.

    Notes
    -----
    Relative speed index: Leiner (2019), after Rossmann (2010). Attentive respondents are simulated from the lognormal
    model of van der Linden (2006), log seconds = item - person + error, its spreads taken from medians of absolute
    deviations, which up to a quarter of speeders hardly move.

    Examples
    --------
    >>> g = np.random.default_rng(1)
    >>> seconds = pd.DataFrame(np.exp(g.normal(2, 0.4, size=(300, 8)) + g.normal(0, 0.2, size=(300, 1))))
    >>> seconds.iloc[0] = 0.8
    >>> found = speeding(pd.DataFrame(index=seconds.index), seconds)
    >>> bool(found.flags.loc[0, "speed"]), int(found.flags["speed"].sum())
    (True, 7)
    """
    check_rate(rate)
    check_cut(cut)
    check_index(check_frame(data))
    generator = np.random.default_rng(seed)
    found = speed_indices(data, times, by=by, draws=check_draws(draws), generator=generator)
    columns = {"seconds": found.seconds}
    if characters is not None:
        columns["per_100"] = per_100(data, times, characters)
    extra = pd.DataFrame(columns, index=data.index)
    return screen([SPEED], {"speed": found.observed}, {"speed": found.simulated}, extra, rate=rate, cut=cut, notes={})


def speed_indices(
    data: pd.DataFrame,
    times: object,
    *,
    by: str | Sequence[str] | None,
    draws: int,
    generator: np.random.Generator,
) -> Speeds:
    """Compute the index of the respondents and of simulated ones."""
    seconds = read_times(times, data.index)
    group = groups(data, names_of(by))[0] if by is not None else np.zeros(len(data), dtype=np.int64)
    logs = np.log(np.where(seconds > 0, seconds, np.nan))
    relative = _usual(logs, group) - logs
    simulated = _simulated(relative, draws, generator)
    told = ~np.isnan(seconds).all(axis=1)
    return Speeds(
        _index(relative), _index(simulated), np.where(told, np.nansum(seconds, axis=1), np.nan), np.exp(relative)
    )


def read_times(times: object, index: pd.Index) -> Floats:
    """Read seconds, rows × columns; 0 counts as not measured."""
    frame = aligned(times, index, "times")
    if not frame.columns.size:
        raise InvalidInput(_("times has no columns: give seconds, one column an item or page."))
    seconds = np.column_stack([numbers(frame, name) for name in frame.columns])
    for name, column in zip(frame.columns, seconds.T, strict=True):
        if (column < 0).any():
            raise InvalidInput(
                _('The times of "{column}" are negative in {count} rows; give seconds of 0 or more.'),
                column=str(name),
                count=int((column < 0).sum()),
            )
    return np.where(seconds > 0, seconds, np.nan)


def _usual(logs: Floats, group: Ints) -> Floats:
    """Median log seconds of each column in each row's group; of all where the group is small."""
    usual = np.broadcast_to(_medians(logs), logs.shape).copy()
    for code in np.unique(group):
        rows = group == code
        if rows.sum() >= LEAST_GROUP:
            own = _medians(logs[rows])
            usual[rows] = np.where(np.isnan(own), usual[rows], own)
    return usual


def _medians(values: Floats, axis: int = 0) -> Floats:
    """Medians without NaN, NaN where nothing is told."""
    told = ~np.isnan(values)
    out = np.full(values.shape[1 - axis], np.nan)
    some = told.any(axis=axis)
    out[some] = np.nanmedian(values[:, some] if axis == 0 else values[some], axis=axis)
    return out


def _index(relative: Floats) -> Floats:
    """Mean over the columns of median / own seconds, each at most `MOST`."""
    told = ~np.isnan(relative)
    clipped = np.where(told, np.minimum(np.exp(np.minimum(np.nan_to_num(relative), np.log(MOST))), MOST), 0.0)
    return ratio(clipped.sum(axis=1), told.sum(axis=1))


def _simulated(relative: Floats, draws: int, generator: np.random.Generator) -> Floats:
    """Draw log speeds of attentive respondents: a person's pace and an error, with the observed gaps."""
    told = ~np.isnan(relative)
    rows = np.flatnonzero(told.any(axis=1))
    if not len(rows):
        return np.full((draws, relative.shape[1]), np.nan)
    pace = _medians(relative, axis=1)
    count = told.sum(axis=1)
    # A median of k errors takes about 1.57 / k of their variance along.
    left = np.where(count[:, None] > 2, relative - pace[:, None], np.nan)
    spread = _MAD * np.nan_to_num(_medians(np.abs(left))) / np.sqrt(1 - 1 / max(2.0, float(np.median(count[rows]))))
    noise = (np.pi / 2) * float((spread**2).mean()) / max(1.0, float(np.median(count[rows])))
    middle = float(np.median(pace[rows]))
    total = float(_MAD * np.median(np.abs(pace[rows] - middle)))
    person = np.sqrt(max(total**2 - noise, 0.0))
    chosen = told[rows[generator.integers(len(rows), size=draws)]]
    drawn = middle + person * generator.standard_normal((draws, 1)) + spread * generator.standard_normal(chosen.shape)
    return np.where(chosen, drawn, np.nan)


def per_100(data: pd.DataFrame, times: pd.DataFrame, characters: Mapping[str, float]) -> Floats:
    """Seconds per 100 characters over the columns that were measured.

    Raises
    ------
    InvalidInput
        If a column of `times` has no length above 0.
    """
    check_columns(times, list(characters))
    lengths = np.array([float(characters.get(name, np.nan)) for name in times.columns])
    if not (lengths > 0).all():
        missing = [str(name) for name, length in zip(times.columns, lengths, strict=True) if not length > 0]
        raise InvalidInput(
            _('characters has no length above 0 for "{column}"; give the number of characters of its text.'),
            column=missing[0],
        )
    seconds = read_times(times, data.index)
    told = ~np.isnan(seconds)
    return ratio(100 * np.nansum(seconds, axis=1), (told * lengths).sum(axis=1))
