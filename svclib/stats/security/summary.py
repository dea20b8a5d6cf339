"""One look at an exam: which pairs, candidates and items call for a closer one, on which signs. Never a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.marks import _
from svclib.stats.security.adjusting import check_rate
from svclib.stats.security.answers import check_candidates, read_answers
from svclib.stats.security.clusters import answer_clusters
from svclib.stats.security.compromise import Compromise, item_compromise
from svclib.stats.security.lognormal import ResponseTimes, response_times
from svclib.stats.security.preknowledge import preknowledge
from svclib.stats.security.rapid import RapidGuessing, rapid_guessing
from svclib.stats.security.similarity import Similarity, answer_similarity

SIGNS = ("similar", "times", "foreknowledge", "compromised")
"""Signs that share the rate of false alarms. Low effort is no sign of dishonesty and is told apart."""
_LEAST_ITEMS = 10


@dataclass(frozen=True, eq=False)
class ExamSecurity:
    """What calls for a look.

    Attributes
    ----------
    frame : DataFrame
        One row a sign and whom or what it is about: ``sign, about`` (pair, candidate or item), ``first, second``
        (candidates, or the item), ``p, p_adjusted, note``, the most striking first.
    signs : DataFrame
        ``sign, looked, flagged, rate``: what was looked for, in how many, how many call for a look, and the chance
        that an honest exam shows any.
    clusters : DataFrame
        See `answer_clusters`.
    similarity, times, rapid, compromise, foreknowledge
        The results behind, None where the data were not there.
    """

    frame: pd.DataFrame
    signs: pd.DataFrame
    clusters: pd.DataFrame
    similarity: Similarity | None = None
    times: ResponseTimes | None = None
    rapid: RapidGuessing | None = None
    compromise: Compromise | None = None
    foreknowledge: pd.DataFrame | None = None

    def __repr__(self) -> str:
        """Show what calls for a look."""
        return repr(self.frame)


def exam_security(
    choices: pd.DataFrame,
    key: Mapping[Any, Any] | pd.Series | None = None,
    *,
    scores: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
    times: pd.DataFrame | None = None,
    order: Any = None,
    items: Any = None,
    known: Sequence[str] = (),
    within: Any = None,
    context: Any = None,
    rate: float = 0.05,
    seed: int = 0,
) -> ExamSecurity:
    """Look for all signs that the data allow, with one rate of false alarms for all of them together.

    Parameters
    ----------
    choices, key, scores, states, within, context, seed
        As in `answer_similarity`.
    times : DataFrame, optional
        Seconds by candidate and item: uneven times, and quick answers.
    order : Series, optional
        Moment at which each candidate took the exam: items that became easier.
    items : fit, ItemParameters or DataFrame, optional
        Calibrated items.
    known : list of str
        Items that may be known beforehand (needs `items`).
    rate : float
        Chance that an honest exam shows any sign at all; shared evenly by the signs looked for.

    Returns
    -------
    ExamSecurity

    Raises
    ------
    InvalidInput
        As the verbs behind; if `known` is given without `items`.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> answers = pd.DataFrame(random.choice(list("ABCD"), (60, 40)), columns=[f"q{n}" for n in range(40)])
    >>> answers.iloc[1] = answers.iloc[0]
    >>> exam_security(answers, dict.fromkeys(answers.columns, "A")).frame[["sign", "first", "second"]].values.tolist()
    [['similar', 0, 1]]
    """
    check_rate(rate)
    if len(known) and items is None:
        raise InvalidInput(_("Foreknowledge needs calibrated items; give items=."))
    check_candidates(choices, least=2)
    read = read_answers(choices, key, scores, states)
    marks = pd.DataFrame(read.right, index=choices.index, columns=choices.columns)
    wanted = [True, times is not None, len(known) > 0, order is not None]
    share = rate / sum(wanted)
    enough = choices.shape[1] >= _LEAST_ITEMS
    pairs = _similar(choices, key, scores, states, items, within, context, share, seed) if enough else None
    spent = None if times is None else response_times(times, marks, items=items, rate=share)
    rapid = None if times is None else rapid_guessing(times, marks, items=items)
    ahead = preknowledge(marks, known, items, rate=share) if len(known) else None
    watch = None if order is None else item_compromise(marks, order, items=items, rate=share, seed=seed)
    found = [_pairs(pairs), _people("times", spent), _people("foreknowledge", ahead), _items(watch)]
    looked = [0 if pairs is None else pairs.compared, len(choices), len(choices), choices.shape[1]]
    signs = pd.DataFrame(
        {
            "sign": SIGNS, "looked": np.where(wanted, looked, 0), "flagged": [len(one) for one in found],
            "rate": np.where(wanted, share, 0.0),
        }
    )  # fmt: skip
    frame = pd.concat([one for one in found if len(one)] or found[:1], ignore_index=True)
    frame = frame.sort_values("p_adjusted", kind="stable", ignore_index=True)
    linked = answer_clusters(pairs.frame if pairs is not None else pd.DataFrame(columns=["first", "second", "flag"]))
    return ExamSecurity(frame, signs, linked, pairs, spent, rapid, watch, ahead)


_COLUMNS = ("sign", "about", "first", "second", "p", "p_adjusted", "note")


def _similar(
    choices: Any, key: Any, scores: Any, states: Any, items: Any, within: Any, context: Any, rate: float, seed: int
) -> Similarity:
    return answer_similarity(
        choices, key, scores=scores, states=states, items=items, within=within, context=context, rate=rate, seed=seed
    )


def _pairs(found: Similarity | None) -> pd.DataFrame:
    if found is None:
        return pd.DataFrame(columns=list(_COLUMNS))
    return found.frame[found.frame["flag"]].assign(sign="similar", about="pair")[list(_COLUMNS)]


def _people(sign: str, found: Any) -> pd.DataFrame:
    if found is None:
        return pd.DataFrame(columns=list(_COLUMNS))
    table = found.candidates if isinstance(found, ResponseTimes) else found
    held = table[table["flag"].astype(bool)]
    return held.assign(sign=sign, about="candidate", first=held.index.astype(object), second=None)[list(_COLUMNS)]


def _items(found: Compromise | None) -> pd.DataFrame:
    if found is None:
        return pd.DataFrame(columns=list(_COLUMNS))
    held = found.items[found.items["flag"]]
    return held.assign(sign="compromised", about="item", first=held["item"], second=None)[list(_COLUMNS)]
