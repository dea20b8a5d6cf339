"""Wald tests of several coefficients at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.columns import names_of
from svclib.stats.marks import _
from svclib.stats.terms import INTERCEPT

THRESHOLD = "threshold"
"""The column that the thresholds of an ordinal model belong to."""


def wald_rows(
    coefficients: Floats,
    vcov: Floats,
    names: Sequence[str],
    columns: Sequence[str],
    wanted: str | Sequence[str] | None,
    *,
    df2: float,
    n: int,
    note: str,
) -> pd.DataFrame:
    """Test the coefficients of columns: one row, or without `wanted` one for each column."""
    explaining = [one for one in dict.fromkeys(columns) if one not in (INTERCEPT, THRESHOLD)]
    sets = [names_of(wanted)] if wanted is not None else [[one] for one in explaining]
    rows = []
    for chosen in sets:
        places = _places(chosen, names, columns)
        statistic, p_value = wald(coefficients[places], vcov[np.ix_(places, places)], df2)
        rows.append((" + ".join(chosen), statistic, float(len(places)), df2, p_value))
    frame = pd.DataFrame(rows, columns=["term", "statistic", "df", "df2", "p_value"])
    return frame.assign(method="Wald chi-square" if np.isinf(df2) else "Wald F", n=n, note=note)


def wald(coefficients: Floats, vcov: Floats, df2: float) -> tuple[float, float]:
    """Wald statistic b' V⁻¹ b (over its degrees of freedom, if `df2` is finite) and its p value."""
    if np.isnan(coefficients).any() or np.isnan(vcov).any() or not df2 >= 1:
        return np.nan, np.nan
    square, df = float(coefficients @ np.linalg.pinv(vcov, hermitian=True) @ coefficients), len(coefficients)
    if np.isinf(df2):
        return square, float(chdtrc(df, square))
    return square / df, float(fdtrc(df, df2, square / df))


def _places(wanted: Sequence[str], names: Sequence[str], columns: Sequence[str]) -> list[int]:
    places: list[int] = []
    for name in wanted:
        found = [place for place in range(len(names)) if name in (columns[place], names[place])]
        if not found:
            raise InvalidInput(
                _('The fit has no term "{term}"; it has {known}.'),
                term=str(name),
                known=", ".join(dict.fromkeys(columns)),
            )
        places += [place for place in found if place not in places]
    return places
