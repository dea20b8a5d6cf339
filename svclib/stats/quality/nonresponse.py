"""Questions left empty: by respondent, and by item with the reason why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Objects, ratio
from svclib.stats.columns import check_columns, check_frame, names_of
from svclib.stats.design.values import Data, Names, frame_of, shares
from svclib.stats.estimate import MIN_MEAN, check_level
from svclib.stats.marks import _
from svclib.stats.quality.answers import Answers, check_index, check_taken, item_names
from svclib.stats.quality.screening import Index

OMITTED = Index("omitted", True, 0.5, "AAPOR 2016")
"""Who leaves half of the questions empty broke off (AAPOR Standard Definitions, 9th edition)."""
STATES = ("answered", "omitted", "not_reached", "not_presented", "not_shown", "dont_know", "broke_off")
NEVER = ("not_presented", "not_shown")
"""The question did not stand before the respondent."""
EMPTY = ("omitted", "dont_know", "broke_off", "not_reached")
"""It did, and there is no answer."""


def aligned(frame: object, index: pd.Index, role: str) -> pd.DataFrame:
    """Give the rows of `frame` (states, times) in the order of `index`.

    Raises
    ------
    InvalidInput
        If it is no frame, names a row twice, or shares none with the answers.
    """
    found = check_frame(frame)
    check_index(found)
    if len(index) and not found.index.isin(index).any():
        raise InvalidInput(_("No row of {role} belongs to a response: index both by the response's id."), role=role)
    return found.reindex(index)


def read_states(states: object, names: Sequence[str], index: pd.Index) -> Objects:
    """Read the states of the items, rows × items; rows without states are missing."""
    frame = aligned(states, index, "states")
    check_columns(frame, names)
    read = frame[list(names)].astype(object).to_numpy()
    strangers = {str(one) for one in pd.unique(read.ravel()) if not pd.isna(one)} - set(STATES)
    if strangers:
        raise InvalidInput(
            _('states holds "{value}"; a state is one of {known}.'), value=sorted(strangers)[0], known=", ".join(STATES)
        )
    return read


def respondent_shares(answers: Answers, states: object = None) -> dict[str, Floats]:
    """Give each respondent's share of omitted questions among those shown, and with states the other reasons.

    Without states an empty cell counts as omitted.
    """
    if states is None:
        return {"omitted": 1 - answers.count / len(answers.names)}
    read = read_states(states, answers.names, answers.index)
    known = np.array([[not pd.isna(cell) for cell in row] for row in read])
    shown = known & ~np.isin(read, NEVER)
    found = {"omitted": ratio(((read == "omitted") & shown).sum(axis=1), shown.sum(axis=1))}
    for state in ("dont_know", "not_shown", "broke_off"):
        found[state] = ratio((read == state).sum(axis=1), known.sum(axis=1))
    return found


def item_nonresponse(
    data: Data,
    items: str | Sequence[str],
    *,
    states: pd.DataFrame | None = None,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate how often each question stays empty, and why.

    Parameters
    ----------
    data : DataFrame or Design
        One row a respondent.
    items : list of str
        Columns of any kind.
    states : DataFrame, optional
        Why cells are empty (``frames.states``). Without it an empty cell counts as omitted.
    by : str or list of str, optional
        One row a group.
    weights : str, optional
        Column of weights, of a frame.
    level : float
    min_n : int
        Cells of fewer respondents carry a note.

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; before its columns ``state``: ``omitted, dont_know, broke_off`` (and
        ``not_reached``), shares of those before whom the question stood, and ``not_shown``, the share of all. ``term``
        is the item. States that never occur have no row, except ``omitted``.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, or the state that is unknown.

    Examples
    --------
    >>> visits = pd.DataFrame({"overall": [5.0, 4, None, 3], "staff": [4.0, None, None, 5]})
    >>> item_nonresponse(visits, ["overall", "staff"])[["term", "state", "estimate"]].values.tolist()
    [['overall', 'omitted', 0.25], ['staff', 'omitted', 0.5]]
    """
    check_level(level)
    frame = frame_of(data)
    names = item_names(frame, items)
    check_taken(names_of(by), ["state"])
    read = _empty(frame, names) if states is None else read_states(states, names, frame.index)
    parts = []
    for position, name in enumerate(names):
        for state, hits in _states_of(read[:, position]).items():
            rows = shares(data, hits, name, by=by, weights=weights, level=level, min_n=min_n)
            rows.insert(len(names_of(by)), "state", state)
            parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def _empty(frame: pd.DataFrame, names: Sequence[str]) -> Objects:
    there = frame[list(names)].notna().to_numpy()
    return np.where(there, "answered", "omitted").astype(object)


def _states_of(cells: Objects) -> dict[str, Floats]:
    """For each state that occurs: 1, 0, or NaN where the question does not count."""
    known = np.array([not pd.isna(cell) for cell in cells], dtype=bool)
    never: Bools = np.isin(cells, NEVER)
    found = {
        state: np.where(known & ~never, (cells == state).astype(float), np.nan)
        for state in EMPTY
        if state == "omitted" or (cells == state).any()
    }
    if (cells == "not_shown").any():
        found["not_shown"] = np.where(known, (cells == "not_shown").astype(float), np.nan)
    return found
