"""What an equating gives: the conversion with its errors, and what is done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import numbers
from svclib.stats.linking.samples import Scale
from svclib.stats.marks import _


@dataclass(frozen=True, eq=False, repr=False)
class Equating:
    """What each score of the new form means on the old one.

    Attributes
    ----------
    frame : DataFrame
        ``score, equated, std_error, low, high, n`` (candidates of the new group with the score), ``level, method,
        note``.
    method : str
    groups : DataFrame
        One row a group: ``form, n, mean, sd, anchor_mean, anchor_sd, correlation, left_out``; empty for item methods.
    smoothing : DataFrame
        ``form, score, share, smoothed``; empty without smoothing.
    degrees : DataFrame
        What was tried where the degrees were chosen by a criterion.
    slope, intercept : float
        Of a linear method, else NaN.
    notes : tuple of str
        What to take care of.
    """

    frame: pd.DataFrame
    method: str
    new_scale: Scale
    old_scale: Scale
    level: float = 0.95
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    smoothing: pd.DataFrame = field(default_factory=pd.DataFrame)
    degrees: pd.DataFrame = field(default_factory=pd.DataFrame)
    slope: float = np.nan
    intercept: float = np.nan
    notes: tuple[str, ...] = ()

    def table(self, decimals: int = 0) -> pd.DataFrame:
        """Give the conversion to print: ``score, equated`` rounded (halves up) and kept on the old scale.

        >>> from svclib import stats
        >>> stats.equate([0, 1, 2, 2], [1, 2, 3, 3], method="mean").table()["equated"].tolist()
        [1.0, 2.0, 3.0]
        """
        return pd.DataFrame({"score": self.frame["score"], "equated": self._rounded(decimals)})

    def _rounded(self, decimals: int | None) -> Floats:
        values = self.frame["equated"].to_numpy(dtype=float)
        if decimals is None:
            return values
        scale = 10.0**decimals
        rounded = np.floor(values * scale + 0.5 + 1e-9) / scale
        return np.clip(rounded, self.old_scale.lowest, self.old_scale.highest)

    def apply(self, scores: Any, decimals: int | None = None) -> Any:
        """Turn scores of the new form to the old scale; missing ones stay missing, a Series keeps its index.

        Raises
        ------
        InvalidInput
            If a score is not on the new form's scale.
        """
        values = _values(scores)
        place = self._places(values)
        found = np.where(place < 0, np.nan, np.append(self._rounded(decimals), np.nan)[place])
        return pd.Series(found, index=scores.index, name=scores.name) if isinstance(scores, pd.Series) else found

    def _places(self, values: Floats) -> Any:
        scale = self.new_scale
        off = ~np.isnan(values) & (
            (values < scale.lowest - 1e-9)
            | (values > scale.highest + 1e-9)
            | (np.abs((values - scale.lowest) / scale.step - np.round((values - scale.lowest) / scale.step)) > 1e-6)
        )
        if off.any():
            raise InvalidInput(
                _("The score {value} is none of the new form, {low} to {high} in steps of {step}; mend it."),
                value=f"{values[off][0]:g}", low=f"{scale.lowest:g}", high=f"{scale.highest:g}", step=f"{scale.step:g}",
            )  # fmt: skip
        return scale.at(values)

    def cut(self, old_cut: float) -> float:
        """Give the lowest score of the new form that is worth `old_cut` on the old one; NaN if none is."""
        enough = self.frame["equated"].to_numpy(dtype=float) >= old_cut - 1e-9
        return float(self.frame["score"].iloc[int(np.argmax(enough))]) if enough.any() else float("nan")

    def verdicts(self, scores: Any, cut: float) -> pd.DataFrame:
        """Count whose verdict the equating changes, the pass mark of the old form being `cut`.

        Parameters
        ----------
        scores : Series, array or list
            Candidates of the new form.
        cut : float
            Pass mark on the old form's scale; without equating it would be asked on the new form, too.

        Returns
        -------
        DataFrame
            One row: ``cut, new_cut, n, passed, passed_equated, gained`` (pass only by the equating), ``lost`` (fail
            only by it), ``unsure`` (their equated score's interval holds the pass mark).
        """
        values = _values(scores)
        values = values[~np.isnan(values)]
        place = self._places(values)
        rows = self.frame.iloc[place]
        before, after = values >= cut - 1e-9, rows["equated"].to_numpy(dtype=float) >= cut - 1e-9
        unsure = (rows["low"].to_numpy(dtype=float) < cut) & (rows["high"].to_numpy(dtype=float) >= cut)
        known = rows["low"].notna().any() if len(rows) else False
        return pd.DataFrame(
            {
                "cut": [float(cut)], "new_cut": self.cut(cut), "n": len(values), "passed": int(before.sum()),
                "passed_equated": int(after.sum()), "gained": int((after & ~before).sum()),
                "lost": int((before & ~after).sum()), "unsure": float(unsure.sum()) if known else np.nan,
            }
        )  # fmt: skip

    def at(self, score: float) -> pd.Series:
        """Give the row of one score of the new form."""
        return self.frame.iloc[int(self._places(np.array([float(score)]))[0])]

    def __repr__(self) -> str:
        shown = self.frame[["score", "equated", "std_error", "low", "high", "n"]].round(3).to_string(index=False)
        return "\n".join([f"Equating by {self.method}", shown, *self.notes])


def _values(scores: Any) -> Floats:
    if isinstance(scores, pd.Series):
        return numbers(scores.to_frame("score"), "score")
    values: Sequence[Any] = [scores] if np.isscalar(scores) else list(scores)
    return numbers(pd.DataFrame({"score": values}), "score")
