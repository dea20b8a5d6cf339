"""What a design's estimates are handed over in: a frame with the covariance of its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.estimate import Note, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _

NO_DEGREES = _("too few clusters: no interval can be told")
OPT_IN = _("volunteers answered: the interval tells of spread, not of sampling error")
OPT_IN_FEW = _("too few answers to publish; volunteers answered, so there is no sampling error either")


def opt_in_note(note: str) -> str:
    """Give the note of an estimate from volunteers, whose interval must not pass for a sampling error."""
    if note == Note.TOO_FEW:
        return OPT_IN_FEW
    return note or OPT_IN


@dataclass(frozen=True, eq=False)
class Estimates:
    """Estimates of a design and how they vary together.

    Attributes
    ----------
    frame : DataFrame
        See `svclib.stats.estimate`; behind its columns ``deff``, the design effect, where it is defined.
    vcov : (rows, rows) float
        Covariance matrix of the rows of `frame`; NaN for rows without an estimate.
    keys : tuple of str
        The `by` columns.
    variance : str
        Where the variances come from: linearised, or the kind of the replicates.
    """

    frame: pd.DataFrame
    vcov: Floats
    keys: tuple[str, ...] = ()
    variance: str = "linearised"

    def contrast(self, coefficients: Mapping[Any, float] | Sequence[float], *, level: float = 0.95) -> pd.DataFrame:
        """Estimate a linear combination of rows, such as the difference of two domains.

        Parameters
        ----------
        coefficients : dict or sequence of float
            A number for each row in order, or only for the rows that count: named by the group, by the term, or by
            the tuple (group…, term).
        level : float

        Returns
        -------
        DataFrame
            One row; its variance is c' V c, its degrees of freedom the fewest of the rows that count.

        Examples
        --------
        >>> from svclib.stats.design.survey import Design
        >>> visits = pd.DataFrame({"channel": ["app", "branch"] * 4, "score": [5.0, 3, 4, 2, 5, 4, 4, 3]})
        >>> rows = Design(visits).mean("score", by="channel").contrast({"app": 1, "branch": -1})
        >>> rows[["estimate", "std_error"]].round(3).values.tolist()
        [[1.5, 0.463]]
        """
        weights = self._coefficients(coefficients)
        used = [int(row) for row in np.flatnonzero(weights)]
        estimate = weights[used] @ self.frame["estimate"].to_numpy(dtype=float)[used]
        variance = float(weights[used] @ self.vcov[np.ix_(used, used)] @ weights[used])
        error = np.array([np.sqrt(max(variance, 0.0)) if variance == variance else np.nan])
        df = np.array([self.frame["df"].to_numpy(dtype=float)[used].min(initial=np.inf)])
        low, high = t_interval(np.array([estimate]), error, df, level)
        known = bool(np.isfinite(error[0]))
        return estimates(
            pd.DataFrame(index=range(1)),
            term=" ".join(f"{weights[row]:+g}·{'/'.join(map(str, self._name(row)))}" for row in used),
            estimate=[estimate],
            std_error=error,
            low=low,
            high=high,
            n=[int(self.frame["n"].iloc[used].sum())],
            level=level,
            df=df,
            method=f"t, {self.variance}",
            note=[Note.NO_ANSWERS if not known else self._note(used) if df[0] >= 1 else NO_DEGREES],
        )

    def _note(self, rows: Sequence[int]) -> str:
        volunteers = self.frame["note"].iloc[list(rows)].isin([OPT_IN, OPT_IN_FEW]).any()
        return OPT_IN if volunteers else Note.NONE

    def _name(self, row: int) -> tuple[Any, ...]:
        return tuple(self.frame[column].iloc[row] for column in (*self.keys, "term"))

    def _coefficients(self, given: Mapping[Any, float] | Sequence[float]) -> Floats:
        if isinstance(given, Mapping):
            weights = np.zeros(len(self.frame))
            for name, value in given.items():
                weights[self._row(name)] += value
            return weights
        weights = np.asarray(given, dtype=float)
        if weights.shape != (len(self.frame),):
            raise InvalidInput(
                _("The contrast has {given} coefficients for {rows} rows; give one for each row, or name the rows."),
                given=weights.size,
                rows=len(self.frame),
            )
        return weights

    def _row(self, name: Any) -> int:
        wanted = name if isinstance(name, tuple) else (name,)
        names = [self._name(row) for row in range(len(self.frame))]
        found = [row for row, one in enumerate(names) if wanted in (one, one[:-1], one[-1:])]
        if len(found) != 1:
            raise InvalidInput(
                _('"{name}" names {count} rows of the estimates; name one of them, such as {known}.'),
                name="/".join(map(str, wanted)),
                count=len(found),
                known=", ".join("/".join(map(str, one)) for one in names[:5]),
            )
        return found[0]
