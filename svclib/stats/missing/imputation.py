"""Multiple imputation by chained equations (van Buuren 2018, ch. 4), and the pooled estimates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _
from svclib.stats.missing.draws import draw_category, draw_matched, draw_normal
from svclib.stats.missing.encoding import Variable, block, decoded, read_variables
from svclib.stats.missing.pooling import pool

METHODS = ("pmm", "normal", "logit")


@dataclass(frozen=True, eq=False)
class Imputations:
    """Completed frames.

    Attributes
    ----------
    frames : tuple of DataFrame
        Each as `data`, every missing answer of `columns` drawn; other columns untouched.
    columns : tuple of str
        The columns of the equations; those with missing answers were completed.
    trace : DataFrame
        ``draw, round, column, mean, spread`` of the imputed values: lines that still climb after the last round ask
        for more rounds.
    """

    data: pd.DataFrame
    frames: tuple[pd.DataFrame, ...]
    columns: tuple[str, ...]
    trace: pd.DataFrame

    def estimate(self, call: Callable[[pd.DataFrame], Any], *, level: float = 0.95) -> pd.DataFrame:
        """Estimate on every completed frame, and pool by Rubin's rules.

        Parameters
        ----------
        call : function of a frame
            Gives estimates (a frame, or an object with ``.frame``), such as ``lambda f: stats.csat(f, "overall")``.
        level : float

        Returns
        -------
        DataFrame
            See `stats.pool`.
        """
        found = [call(frame) for frame in self.frames]
        return pool([one if isinstance(one, pd.DataFrame) else one.frame for one in found], level=level)


def impute(
    data: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    draws: int = 20,
    rounds: int = 10,
    methods: Mapping[str, str] | None = None,
    seed: int = 1,
) -> Imputations:
    """Draw the missing answers several times over, each column from all the others.

    Numbers are drawn by predictive mean matching (only values that were answered), categories and booleans by a
    (multinomial) logit with a weak prior. Name as `columns` what tells of the missing answers, also variables that the
    analysis leaves out, and the outcome itself.

    Parameters
    ----------
    data : DataFrame
        One row a respondent.
    columns : list of str, optional
        Columns of the equations; all without it.
    draws : int
        Completed frames, at least 2; as many as the percent of missing information (White, Royston and Wood 2011).
    rounds : int
        Times the equations go round.
    methods : dict, optional
        Column → ``pmm``, ``normal`` (numbers) or ``logit``; the default is told by the column.
    seed : int
        The same seed gives the same frames.

    Returns
    -------
    Imputations

    Raises
    ------
    InvalidInput
        Naming the column that holds dates or texts or has fewer than 10 answers, or an unknown method.

    Notes
    -----
    The draws are right if what is missing depends on what is known (missing at random). That cannot be tested: say
    what the result would be if those who did not answer were less satisfied (add to `frames` and pool again).

    Examples
    --------
    >>> random = np.random.default_rng(2)
    >>> wait = random.normal(10, 3, 200)
    >>> visits = pd.DataFrame({"wait": wait, "score": 5 - wait / 5 + random.normal(0, 0.5, 200)})
    >>> visits.loc[visits["wait"] > 11, "score"] = np.nan
    >>> from svclib.stats import mean
    >>> pooled = impute(visits, draws=5, methods={"score": "normal"}).estimate(lambda frame: mean(frame, "score"))
    >>> bool(abs(pooled["estimate"].item() - 3) < 0.2), bool(visits["score"].mean() > 3.3)
    (True, True)
    """
    _check(draws, rounds)
    variables = read_variables(data, columns)
    drawers = [_method(one, (methods or {}).get(one.name)) for one in variables]
    _check_named(methods or {}, [one.name for one in variables])
    generators = np.random.default_rng(seed).spawn(draws)
    chains = [_chain(variables, drawers, rounds, random) for random in generators]
    frames = tuple(_completed(data, variables, values) for values, _trace in chains)
    trace = pd.DataFrame(
        [(draw, *row) for draw, (_values, rows) in enumerate(chains, 1) for row in rows],
        columns=["draw", "round", "column", "mean", "spread"],
    )
    return Imputations(data, frames, tuple(one.name for one in variables), trace)


def _check(draws: int, rounds: int) -> None:
    if not 2 <= draws <= 1000:
        raise InvalidInput(_("draws is {draws}; give a number from 2 to 1000."), draws=draws)
    if not 1 <= rounds <= 1000:
        raise InvalidInput(_("rounds is {rounds}; give a number from 1 to 1000."), rounds=rounds)


def _check_named(methods: Mapping[str, str], names: list[str]) -> None:
    strangers = [name for name in methods if name not in names]
    if strangers:
        raise InvalidInput(
            _('methods names "{column}", which is not among the columns of the equations.'), column=strangers[0]
        )


def _method(variable: Variable, wanted: str | None) -> str:
    usual = "logit" if variable.labels else "pmm"
    if wanted is None:
        return usual
    if wanted not in METHODS or (wanted == "logit") != bool(variable.labels):
        raise InvalidInput(
            _('The method of "{column}" is "{method}"; give "pmm" or "normal" for numbers, "logit" for categories.'),
            column=variable.name,
            method=str(wanted),
        )
    return wanted


_Trace = list[tuple[int, str, float, float]]


def _chain(
    variables: list[Variable], drawers: list[str], rounds: int, random: np.random.Generator
) -> tuple[list[Floats], _Trace]:
    """One completed set of values: start from answers drawn at random, then go round the equations."""
    values = [_started(one, random) for one in variables]
    blocks = [block(one, variable.labels) for one, variable in zip(values, variables, strict=True)]
    order = [place for place in np.argsort([one.lost.sum() for one in variables]) if variables[place].lost.any()]
    trace: _Trace = []
    for round_ in range(1, rounds + 1):
        for place in order:
            variable = variables[place]
            others = [part for other, part in enumerate(blocks) if other != place]
            values[place] = _redrawn(variable, drawers[place], values[place], others, random)
            blocks[place] = block(values[place], variable.labels)
            drawn = values[place][variable.lost]
            trace.append((round_, variable.name, float(drawn.mean()), float(drawn.std())))
    return values, trace


def _started(variable: Variable, random: np.random.Generator) -> Floats:
    lost, out = variable.lost, variable.values.copy()
    out[lost] = random.choice(out[~lost], int(lost.sum()))
    return out


def _redrawn(
    variable: Variable, drawer: str, values: Floats, others: list[Floats], random: np.random.Generator
) -> Floats:
    lost = variable.lost
    x = np.column_stack([np.ones(len(values)), *others])
    known, new, y = x[~lost], x[lost], values[~lost]
    out = values.copy()
    if np.ptp(y) == 0:
        out[lost] = y[0]
    elif drawer == "logit":
        out[lost] = draw_category(known, y, new, len(variable.labels), random)
    else:
        out[lost] = (draw_matched if drawer == "pmm" else draw_normal)(known, y, new, random)
    return out


def _completed(data: pd.DataFrame, variables: list[Variable], values: list[Floats]) -> pd.DataFrame:
    filled = {
        one.name: decoded(data[one.name], one, part)
        for one, part in zip(variables, values, strict=True)
        if one.lost.any()
    }
    return data.assign(**filled)
