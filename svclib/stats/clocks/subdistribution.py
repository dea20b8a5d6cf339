"""Fine and Gray's regression: what makes one way to end more likely, the other ways left as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.clocks.causes import read_causes
from svclib.stats.clocks.newton import Likelihood, Summit, climb
from svclib.stats.clocks.regression import check_terms, new_terms, ratio_frame, read_explaining, without_endless
from svclib.stats.clocks.spells import Spells, make_spells
from svclib.stats.columns import names_of
from svclib.stats.design.results import Estimates
from svclib.stats.estimate import check_level
from svclib.stats.marks import _


def fine_gray(
    data: pd.DataFrame,
    time: str,
    cause: str,
    terms: str | Sequence[str],
    *,
    of: Any,
    still_open: Any = None,
    level: float = 0.95,
) -> FineGray:
    """Regress the cumulative incidence of one way to end on `terms`.

    Parameters
    ----------
    data, time, cause, still_open
        As in `svclib.stats.cumulative_incidence`.
    terms : str or list of str
        Columns that explain; see `svclib.stats.terms.read_terms`.
    of : value of `cause`
        The way to end that is explained.
    level : float

    Returns
    -------
    FineGray

    Raises
    ------
    InvalidInput
        Naming the column that cannot be read, does not vary, or follows from others; or `of`, if nobody ended so.

    Notes
    -----
    Proportional subdistribution hazards (Fine and Gray 1999): cases that ended otherwise stay at risk with the share
    of them that would still be followed, from the Kaplan–Meier curve of the open cases. The errors allow for that
    curve being estimated, as R's cmprsk (crr) does; ties after Breslow.

    Examples
    --------
    >>> cases = pd.DataFrame(
    ...     {
    ...         "size": [0, 0, 1, 1, 0, 1, 1, 0],
    ...         "days": [1, 2, 4, 5, 3, 7, 6, 8],
    ...         "end": ["solved", "solved", "solved", "left", "left", "solved", None, None],
    ...     }
    ... )
    >>> fit = fine_gray(cases, "days", "end", "size", of="solved")
    >>> fit.frame[["term", "hazard_ratio"]].round(3).values.tolist()
    [['size', 0.784]]
    """
    check_level(level)
    names = tuple(names_of(terms))
    causes = read_causes(data, cause, still_open)
    labels = [str(label) for label in causes.labels]
    if str(of) not in labels:
        raise InvalidInput(
            _('Nobody ended with "{of}" in "{column}"; give one of {known}.'),
            of=str(of),
            column=cause,
            known=", ".join(labels),
        )
    code = np.where(causes.code == labels.index(str(of)) + 1, 1.0, np.where(causes.code > 0, 2.0, 0.0))
    read = read_explaining(data, names)
    spells = make_spells(data, time, np.where(read.known, code, np.nan))
    check_terms(read, spells.rows)
    matrix = read.matrix[spells.rows]
    centre = matrix.mean(axis=0)
    board = make_board(spells, matrix - centre)
    fit = climb(_likelihood(board))
    vcov = without_endless(_sandwich(board, fit), fit.endless)
    frame = ratio_frame(
        read.names,
        fit.beta,
        vcov,
        fit.endless,
        df=np.inf,
        n=len(spells.time),
        events=int((spells.event == 1).sum()),
        level=level,
        method="Breslow, normal, robust",
    )
    return FineGray(frame, vcov, fit, board, centre, data, names)


@dataclass(frozen=True, eq=False, repr=False)
class FineGray:
    """A fitted regression of a cumulative incidence.

    Attributes
    ----------
    frame : DataFrame
        As of `svclib.stats.cox`; a ratio above 1: more cases end in that way.
    vcov : (terms, terms) float
    """

    frame: pd.DataFrame
    vcov: Floats
    fit: Summit[State]
    board: Board
    centre: Floats
    data: pd.DataFrame
    terms: tuple[str, ...]

    def __repr__(self) -> str:
        return f"FineGray({len(self.board.x)} cases, {len(self.board.deaths)} ended so, {len(self.frame)} terms)"

    @property
    def loglik(self) -> tuple[float, float]:
        """Log pseudo-likelihood without and with the terms."""
        return self.fit.null_loglik, self.fit.loglik

    def contrast(self, coefficients: Mapping[Any, float] | Sequence[float], *, level: float = 0.95) -> pd.DataFrame:
        """Estimate a linear combination of coefficients; see `svclib.stats.design.results.Estimates.contrast`."""
        return Estimates(self.frame, self.vcov).contrast(coefficients, level=level)

    def predict(self, new: pd.DataFrame, times: float | Sequence[float] | None = None) -> pd.DataFrame:
        """Predict the cumulative incidence for cases with the terms of `new`.

        Returns
        -------
        DataFrame
            ``row`` (position in `new`), ``time, incidence``; without `times` at every time at which a case ended so.
        """
        matrix = new_terms(self.data, new, self.terms, list(self.frame["term"])) - self.centre
        moments = self.board.times
        wanted = moments if times is None else np.atleast_1d(np.asarray(times, dtype=float))
        hazard = np.concatenate([[0.0], np.cumsum(self.fit.state.hazard)])
        passed = hazard[np.searchsorted(moments, wanted, side="right")]
        found = 1 - np.exp(-np.outer(np.exp(matrix @ self.fit.beta), passed))
        rows = np.repeat(np.arange(len(matrix)), len(wanted))
        return pd.DataFrame({"row": rows, "time": np.tile(wanted, len(matrix)), "incidence": found.ravel()})


@dataclass(frozen=True)
class Board:
    """Cases sorted by time, and what does not depend on the coefficients.

    Attributes
    ----------
    x : (cases, terms) float
    event : (cases,) int
        1 ended so, 2 ended otherwise, 0 open.
    deaths : (deaths,) int
        Cases that ended so.
    times, count : (moments,) float
        Times at which cases ended so, and how many.
    first : (moments,) int
        First case still followed then.
    followed : (moments,) float
        Share that would still be followed just before, were there only open cases (G).
    kept : (cases,) float
        1 / G at a case's end if it ended otherwise, else 0.
    moment : (cases,) int
        Moments up to a case's own time.
    """

    x: Floats
    time: Floats
    event: Ints
    deaths: Ints
    times: Floats
    count: Floats
    first: Ints
    followed: Floats
    kept: Floats
    moment: Ints


@dataclass(frozen=True)
class State:
    """The pseudo-likelihood at some coefficients; `hazard` (moments,) and `means` (moments, terms) of the risk sets."""

    loglik: float
    score: Floats
    risk: Floats
    hazard: Floats
    means: Floats


def make_board(spells: Spells, x: Floats) -> Board:
    """Sort the cases and find who is followed how long."""
    order = np.argsort(spells.time, kind="stable")
    time, event = spells.time[order], spells.event[order]
    deaths = np.flatnonzero(event == 1)
    times, count = np.unique(time[deaths], return_counts=True)
    open_times, share = _followed(time, event)
    at_end = share[np.searchsorted(open_times, time)]
    kept = np.where(event == 2, ratio(1, at_end), 0.0)
    return Board(
        x=x[order],
        time=time,
        event=event,
        deaths=deaths,
        times=times,
        count=count.astype(np.float64),
        first=np.searchsorted(time, times),
        followed=share[np.searchsorted(open_times, times)],
        kept=np.nan_to_num(kept),
        moment=np.searchsorted(times, time, side="right"),
    )


def _followed(time: Floats, event: Ints) -> tuple[Floats, Floats]:
    """Kaplan–Meier curve of staying open and followed: the times, and the share before each and after the last."""
    times, where = np.unique(time, return_inverse=True)
    left = len(time) - np.searchsorted(time, times)
    lost = np.bincount(where, event == 0, len(times))
    return times, np.concatenate([[1.0], np.cumprod(1 - lost / left)])


def _likelihood(board: Board) -> Likelihood[State]:
    def value(beta: Floats) -> tuple[float, State]:
        state = evaluate(board, beta)
        return state.loglik, state

    def slope(state: State) -> tuple[Floats, Floats]:
        passed = _exposure(board, state.hazard)
        second = board.x.T @ ((state.risk * passed)[:, None] * board.x)
        spread = state.means.T @ (board.count[:, None] * state.means)
        return state.score, second - spread

    return Likelihood(value, slope, board.x)


def evaluate(board: Board, beta: Floats) -> State:
    """Evaluate the log pseudo-likelihood and its slope."""
    linear = board.x @ beta
    risk = np.exp(linear)
    columns = np.column_stack([risk, risk[:, None] * board.x])
    sums = _in_risk_set(board, columns)
    means = sums[:, 1:] / sums[:, :1]
    loglik = float(linear[board.deaths].sum() - board.count @ np.log(sums[:, 0]))
    score = board.x[board.deaths].sum(axis=0) - board.count @ means
    return State(loglik, score, risk, board.count / sums[:, 0], means)


def _in_risk_set(board: Board, columns: Floats) -> Floats:
    """Sum columns over those still followed, and over those that ended otherwise with the share still followed."""
    total = np.cumsum(np.vstack([np.zeros(columns.shape[1]), columns]), axis=0)
    gone = np.cumsum(np.vstack([np.zeros(columns.shape[1]), columns * board.kept[:, None]]), axis=0)
    return np.asarray(total[-1] - total[board.first] + board.followed[:, None] * gone[board.first])


def _exposure(board: Board, values: Floats) -> Floats:
    """Add up values of moments over the time that a case is at risk, by its weight."""
    total, later = _both_ways(board, values)
    kept = board.kept.reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray(total[board.moment] + kept * later[board.moment])


def _both_ways(board: Board, values: Floats) -> tuple[Floats, Floats]:
    """Sums of values up to each moment, and of values × G from each moment on."""
    zero = np.zeros((1, *values.shape[1:]))
    total = np.concatenate([zero, np.cumsum(values, axis=0)])
    followed = board.followed.reshape(-1, *([1] * (values.ndim - 1)))
    later = np.concatenate([np.cumsum((followed * values)[::-1], axis=0)[::-1], zero])
    return total, later


def _sandwich(board: Board, fit: Summit[State]) -> Floats:
    """Covariance of the coefficients that allows for G being estimated (Fine and Gray 1999, section 3.2)."""
    state = fit.state
    moved = state.hazard[:, None] * state.means
    drift = board.x * _exposure(board, state.hazard)[:, None] - _exposure(board, moved)
    parts = -state.risk[:, None] * drift
    place = board.moment[board.deaths] - 1
    parts[board.deaths] += board.x[board.deaths] - state.means[place]
    parts += _of_following(board, state, moved)
    meat = parts.T @ parts
    return np.asarray(fit.vcov @ meat @ fit.vcov)


def _of_following(board: Board, state: State, moved: Floats) -> Floats:
    """What each case's being open adds to the score through G: ∫ q / n dM, M of the open cases."""
    times, where = np.unique(board.time, return_inverse=True)
    left = (len(board.time) - np.searchsorted(board.time, times)).astype(np.float64)
    weighted = board.kept * state.risk
    gone = np.cumsum(np.column_stack([weighted, weighted[:, None] * board.x]), axis=0)
    before = np.vstack([np.zeros(gone.shape[1]), gone])[np.searchsorted(board.time, times)]
    place = np.searchsorted(board.times, times)
    later, later_means = (_both_ways(board, values)[1][place] for values in (state.hazard, moved))
    q = before[:, 1:] * later[:, None] - before[:, :1] * later_means
    lost = np.bincount(where, board.event == 0, len(times))
    step = q / left[:, None]
    hazard = np.cumsum(step * (lost / left)[:, None], axis=0)
    return np.asarray(np.where((board.event == 0)[:, None], step[where], 0.0) - hazard[where])
