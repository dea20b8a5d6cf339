"""Pass marks from people whose standing is known: contrasting groups and the borderline group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats
from svclib.stats.cutscores.bookmark import median_limits
from svclib.stats.cutscores.overlap import Prices, densities, equal_errors, errors_at, least_cost, logistic
from svclib.stats.cutscores.reading import Scores, read_totals
from svclib.stats.estimate import check_level, estimates
from svclib.stats.marks import _

_FEW = 15
_TERMS = ("equal_errors", "least_cost", "logistic", "densities")


class GroupNote(StrEnum):
    """Why a mark is missing or rests on little."""

    NONE = ""
    FEW = _("fewer than 15 people in a group: the mark is rough")
    REVERSED = _("the qualified do not score higher than the others: the exam or the judgement does not fit")
    APART = _("the groups do not overlap: any mark between them decides alike")
    NO_CROSSING = _("the densities do not cross between the groups' means")
    NOBODY = _("nobody was judged to be borderline")
    FEW_BORDERLINE = _("fewer than 6 borderline people: no interval can be told")


@dataclass(frozen=True, eq=False, repr=False)
class ContrastingGroups:
    """Marks between those judged qualified and those judged not.

    Attributes
    ----------
    frame : DataFrame
        An estimate a method: ``equal_errors`` (as large a share of the unqualified passes as of the qualified
        fails), ``least_cost`` (least cost in the sample; rough), ``logistic`` (where the regression of being
        qualified says that passing and failing cost the same), ``densities`` (where the two normal curves cross).
    curve : DataFrame
        ``cut, false_pass, false_fail`` (shares of the unqualified who pass, of the qualified who fail), ``cost``.
    scores : DataFrame
        ``score, qualified``: what it was told from.
    """

    frame: pd.DataFrame
    curve: pd.DataFrame
    scores: pd.DataFrame

    @property
    def cut(self) -> float:
        """The mark by logistic regression, or by equal errors where there is none."""
        told = self.frame.set_index("term")["estimate"]
        return float(told["logistic"] if np.isfinite(told["logistic"]) else told["equal_errors"])

    def __repr__(self) -> str:
        n = self.scores["qualified"]
        return f"ContrastingGroups(cut {self.cut:.2f}, {int(n.sum())} qualified, {int((~n).sum())} not)"


def contrasting_groups(
    scores: Any,
    group: Any,
    *,
    qualified: Any = True,
    cost_false_pass: float = 1.0,
    cost_false_fail: float = 1.0,
    share_qualified: float | None = None,
    points: Mapping[Any, float] | pd.Series | None = None,
    level: float = 0.95,
    replicates: int = 400,
    seed: int = 1,
) -> ContrastingGroups:
    """Set a pass mark between people judged qualified and people judged not, apart from the exam.

    Parameters
    ----------
    scores : Series, array or DataFrame
        Total scores, or candidates × items.
    group : Series or array
        The judgement on each candidate, in the same order (or index); missing ones are left out.
    qualified
        The value of `group` that means qualified; any other means not.
    cost_false_pass, cost_false_fail : float
        What passing an unqualified, failing a qualified candidate costs.
    share_qualified : float, optional
        Share of the qualified among future candidates; without it that of the sample.
    points, level, replicates, seed
        As of `classification`; the bootstrap draws within the groups.

    Returns
    -------
    ContrastingGroups

    Raises
    ------
    InvalidInput
        If a group is empty, a cost is not above 0, or the lengths differ.

    Notes
    -----
    Livingston and Zieky (1982).

    Examples
    --------
    >>> scores = pd.Series([40, 45, 52, 55, 58, 60, 57, 62, 66, 71, 75, 80])
    >>> mark = contrasting_groups(scores, [False] * 6 + [True] * 6, replicates=0)
    >>> mark.frame.set_index("term")["estimate"].round(1).to_dict()
    {'equal_errors': 60.0, 'least_cost': 61.0, 'logistic': 59.5, 'densities': 60.1}
    """
    check_level(level)
    for name, cost in (("cost_false_pass", cost_false_pass), ("cost_false_fail", cost_false_fail)):
        if not 0 < cost < np.inf:
            raise InvalidInput(_("{name} is {value}; give a number above 0."), name=name, value=cost)
    if share_qualified is not None and not 0 < share_qualified < 1:
        raise InvalidInput(_("share_qualified is {value}; give a number between 0 and 1."), value=share_qualified)
    read = read_totals(scores, points=points)
    known, yes = _judged(read, group, qualified)
    prices = Prices(cost_false_pass, cost_false_fail, share_qualified)
    values, code = np.unique(known, return_inverse=True)
    low, high = (np.bincount(code[mask], minlength=len(values)).astype(float) for mask in (~yes, yes))
    rng = np.random.default_rng(seed)
    lows, highs = (
        np.vstack([one, rng.multinomial(int(one.sum()), one / one.sum(), replicates)]) for one in (low, high)
    )
    found = {
        "equal_errors": equal_errors(values, lows, highs),
        "least_cost": least_cost(values, lows, highs, prices),
        "logistic": logistic(values, lows, highs, prices),
        "densities": densities(values, lows, highs, prices),
    }
    frame = _frame(found, known, yes, level, replicates)
    shown = pd.DataFrame({"score": known, "qualified": yes})
    return ContrastingGroups(frame, _curve(values, low[None, :], high[None, :], prices), shown)


def _judged(read: Scores, group: Any, qualified: Any) -> tuple[Floats, Bools]:
    """Give the scores of those judged, and who of them is qualified."""
    if isinstance(group, pd.Series) and not group.index.equals(read.index) and read.index.isin(group.index).all():
        group = group.reindex(read.index)
    labels = pd.Series(np.asarray(group, dtype=object).ravel())
    if len(labels) != len(read.total):
        raise InvalidInput(
            _("There are {scores} scores and {judgements} judgements; give one judgement a candidate."),
            scores=len(read.total),
            judgements=len(labels),
        )
    there = ~np.isnan(read.total) & labels.notna().to_numpy()
    yes = (labels == qualified).to_numpy(dtype=bool)[there]
    if not yes.any():
        raise InvalidInput(
            _("Nobody is judged qualified: two groups are needed; say with qualified= which value means qualified.")
        )
    if yes.all():
        raise InvalidInput(
            _("Nobody is judged unqualified: two groups are needed, those who are qualified and others.")
        )
    return read.total[there], yes


def _frame(found: dict[str, Floats], known: Floats, yes: Bools, level: float, replicates: int) -> pd.DataFrame:
    reversed_ = known[yes].mean() <= known[~yes].mean()
    apart = known[yes].min() > known[~yes].max()
    few = min(int(yes.sum()), int((~yes).sum())) < _FEW
    rows = []
    for term in _TERMS:
        values = found[term]
        estimate = np.nan if reversed_ else float(values[0])
        drawn = values[1:][np.isfinite(values[1:])]
        told = np.isfinite(estimate) and not apart and len(drawn) >= max(0.9 * replicates, 20)
        limits = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) if told else (np.nan, np.nan)
        error = float(drawn.std(ddof=1)) if told else np.nan
        if reversed_:
            note = GroupNote.REVERSED
        elif np.isnan(estimate):
            note = GroupNote.APART if apart else GroupNote.NO_CROSSING
        else:
            note = GroupNote.APART if apart else GroupNote.FEW if few else GroupNote.NONE
        rows.append((term, estimate, error, *limits, str(note)))
    table = pd.DataFrame(rows, columns=["term", "estimate", "std_error", "low", "high", "note"])
    given = {name: table[name].to_numpy() for name in table.columns}
    return estimates(
        pd.DataFrame(index=range(len(rows))), n=len(known), level=level, method=f"bootstrap {replicates}", **given
    )


def _curve(values: Floats, low: Floats, high: Floats, prices: Prices) -> pd.DataFrame:
    passed, failed = errors_at(low, high)
    share_low, share_high = prices.shares(low, high)
    cost = prices.false_pass * share_low[0] * passed[0] + prices.false_fail * share_high[0] * failed[0]
    frame = pd.DataFrame(
        {"cut": np.append(values, np.inf), "false_pass": passed[0], "false_fail": failed[0], "cost": cost}
    )
    return frame.iloc[:-1]


def borderline_group(
    scores: Any,
    group: Any = None,
    *,
    borderline: Any = True,
    points: Mapping[Any, float] | pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Set a pass mark at the median score of people judged to be just at the border (Livingston and Zieky 1982).

    Parameters
    ----------
    scores : Series, array or DataFrame
    group : Series or array, optional
        The judgement on each; without it all are borderline.
    borderline
        The value of `group` that means borderline.
    points, level
        As of `classification`.

    Returns
    -------
    DataFrame
        An estimate of the ``median`` (interval of the sign test) and one row.

    Examples
    --------
    >>> borderline_group(pd.Series([55, 58, 59, 60, 61, 62, 64, 70]))[["estimate", "low", "high"]].values.tolist()
    [[60.5, 55.0, 70.0]]
    """
    check_level(level)
    read = read_totals(scores, points=points)
    known = read.known
    if group is not None:
        labels = (
            group.reindex(read.index) if isinstance(group, pd.Series) and read.index.isin(group.index).all() else group
        )
        mask = np.asarray(pd.Series(np.asarray(labels, dtype=object).ravel()) == borderline, dtype=bool)
        if len(mask) != len(read.total):
            raise InvalidInput(
                _("There are {scores} scores and {judgements} judgements; give one judgement a candidate."),
                scores=len(read.total),
                judgements=len(mask),
            )
        known = read.total[mask & ~np.isnan(read.total)]
    n = len(known)
    low, high = median_limits(known, level)
    error = 1.2533 * float(known.std(ddof=1)) / np.sqrt(n) if n > 1 else np.nan
    few = GroupNote.FEW_BORDERLINE if np.isnan(low) else GroupNote.FEW if n < _FEW else GroupNote.NONE
    return estimates(
        pd.DataFrame(index=range(1)), term="median", estimate=float(np.median(known)) if n else np.nan, std_error=error,
        low=low, high=high, n=n, level=level, method="sign test", note=[str(few if n else GroupNote.NOBODY)],
    )  # fmt: skip
