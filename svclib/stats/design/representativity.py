"""How representative the answers are: R-indicators (Schouten, Cobben and Bethlehem 2009)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import names_of
from svclib.stats.design.balance import is_numeric
from svclib.stats.design.response import Model, response_model, single
from svclib.stats.design.results import opt_in_note
from svclib.stats.design.squares import Square, square_of_estimates
from svclib.stats.design.survey import Design, design_of
from svclib.stats.design.variance import Residuals, covariance
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import t_interval
from svclib.stats.marks import _

_MANY = 25
"""A column with more categories makes no classes that indicators could speak of."""


class RNote(StrEnum):
    """Why an indicator is at its end."""

    NONE = ""
    CHANCE = _("no more uneven than chance alone would make it")


def r_indicator(
    data: pd.DataFrame | Design,
    *,
    responded: str,
    columns: str | Sequence[str],
    success: Any = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Tell how evenly people with different features answered.

    R = 1 - 2 S, S the standard deviation of the propensities to answer: 1 if all are alike, 0 if half always answer
    and half never. Partial indicators tell which column, and which category, makes them uneven.

    Parameters
    ----------
    data : DataFrame or Design
        All who were invited, or all who were served; weights, strata and clusters of a design count.
    responded : str
        Column that tells who answered: booleans, 0 and 1, or a value named by `success`.
    columns : str or list of str
        Categories known of everybody; ``"a:b"`` lets the propensity differ by both together.
    success : value or list of values, optional
    level : float

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`, behind ``indicator, column, category``. Of ``indicator``:

        - ``response_rate``;
        - ``r``, the R-indicator;
        - ``cv``, S / response rate: the largest bias that unevenness can give a mean of the answers, in standard
          deviations of what is asked;
        - ``unconditional``, by column the standard deviation between its categories; by category its signed part,
          above 0 where more answered than on average;
        - ``conditional``, by column and category the standard deviation that is left within the groups of all other
          columns: what the column itself adds.

    Raises
    ------
    InvalidInput
        If a column is absent, empty somewhere or no set of categories; everybody answered or nobody; or columns tell
        who answered without error.

    Notes
    -----
    S² and the other squares are less their bias from estimating the propensities, tr BΣ, B the covariance of the
    propensities' derivatives (Shlomo, Skinner and Schouten 2012 do not centre these, and so take off one parameter too
    many: their R lies higher). Variances are theirs, Σ with the design's errors. Limits come from a noncentral
    chi-square, because the square of equal propensities is far from normal: they hold there too, and stay from 0 to 1.

    Examples
    --------
    >>> asked = pd.DataFrame({"age": ["<40"] * 100 + ["40+"] * 100})
    >>> asked["answered"] = [1] * 80 + [0] * 20 + [1] * 40 + [0] * 60
    >>> rows = r_indicator(asked, responded="answered", columns="age")
    >>> rows.loc[rows["indicator"] == "r", ["estimate", "low", "high"]].round(2).values.tolist()
    [[0.6, 0.47, 0.72]]
    """
    check_level(level)
    design = design_of(data)
    names = names_of(columns)
    factors = single(names)
    model = response_model(design, responded, names, success)
    frame = design.frame[design.sampling.inside]
    read = [_categories(frame, name) for name in factors]
    asked = _asked(design, model, [code for code, _labels in read])
    rows = asked.overall()
    for position, (name, (code, labels)) in enumerate(zip(factors, read, strict=True)):
        rows += [*asked.unconditional(code, name, labels), *asked.conditional(position, name, labels)]
    parts = design.domains(None)
    df = float(parts.degrees(design.sampling.inside)[0])
    return _frame(rows, df, level, opt_in=parts.opt_in)


@dataclass(frozen=True)
class _Row:
    """One indicator: a number with its variance, or the root of a square."""

    indicator: str
    column: str
    category: str
    n: int
    estimate: float = np.nan
    variance: float = np.nan
    square: Square | None = None


@dataclass(frozen=True)
class _Asked:
    """Everybody who was asked, with the propensities.

    Attributes
    ----------
    share : (rows,) float
        Weights that add up to 1.
    slopes : (rows, terms) float
        Derivative of the propensities by the coefficients.
    sigma : (terms, terms) float
        Covariance of the coefficients.
    codes : list of (rows,) int
        Category of each row in each column.
    """

    design: Design
    outcome: Floats
    share: Floats
    propensity: Floats
    slopes: Floats
    sigma: Floats
    codes: list[Ints]

    @property
    def rate(self) -> float:
        """Weighted share of those who answered."""
        return float(self.share @ self.outcome)

    def drawn(self, columns: Floats) -> Floats:
        """Covariance of totals of (rows, columns) that the design gives."""
        return design_covariance(self.design, columns)

    def overall(self) -> list[_Row]:
        """Response rate, R and coefficient of variation."""
        n, rate, apart = len(self.share), self.rate, self.propensity - self.rate
        mean = self.share @ self.slopes
        squares = self.share * (apart**2 - float(self.share @ apart**2))
        spread = self.drawn(np.column_stack([self.share * (self.outcome - rate), self.share * apart, squares]))
        square = square_of_estimates(
            apart, self.share, self.slopes - mean, self.sigma, float(spread[1, 1]), float(spread[2, 2])
        )
        # S / rate: the rate varies too, and with S
        pull = 2 * max(square.value, 0.0) / rate
        own, both = (2 * (self.share * apart) @ (self.slopes - mean) - part * mean for part in (0.0, pull))
        moved = float(both @ self.sigma @ both - own @ self.sigma @ own)
        moved += float(pull**2 * spread[1, 1] - 2 * pull * spread[1, 2])
        relative = Square(
            square.raw / rate**2, square.bias / rate**2, (square.linear + moved) / rate**4, square.curved / rate**4
        )
        return [
            _Row("response_rate", "", "", n, rate, float(spread[0, 0])),
            _Row("r", "", "", n, square=square),
            _Row("cv", "", "", n, square=relative),
        ]

    def unconditional(self, code: Ints, name: str, labels: Sequence[str]) -> list[_Row]:
        """Between the categories of a column: from their response rates, which the propensities reproduce."""
        hits = (code[:, None] == np.arange(len(labels))).astype(float)
        part = self.share @ hits
        rates = (self.share * self.outcome) @ hits / part
        apart = rates - self.rate
        own = self.share[:, None] * hits * (self.outcome[:, None] - rates) / part
        away = own - (self.share * (self.outcome - self.rate))[:, None]
        value = float(part @ apart**2)
        whole = self.share * ((apart**2)[code] - value) + 2 * own @ (part * apart)
        root = np.sqrt(part)
        signed = root * away + apart / (2 * root) * self.share[:, None] * (hits - part)
        spread = self.drawn(np.column_stack([away, whole, signed]))
        size = len(labels)
        turned = part[:, None] * spread[:size, :size]
        square = Square(value, float(np.trace(turned)), float(spread[size, size]), 2 * float(np.trace(turned @ turned)))
        counts = hits.sum(axis=0).astype(int)
        variances = np.diag(spread)[size + 1 :]
        return [
            _Row("unconditional", name, "", len(code), square=square),
            *(
                _Row("unconditional", name, label, int(counts[k]), float(root[k] * apart[k]), float(variances[k]))
                for k, label in enumerate(labels)
            ),
        ]

    def conditional(self, position: int, name: str, labels: Sequence[str]) -> list[_Row]:
        """Within the groups that all other columns make: what the column itself adds."""
        cell = np.zeros(len(self.share), dtype=np.int64)
        for other, code in enumerate(self.codes):
            if other != position:
                cell = np.asarray(pd.factorize(cell * (int(code.max()) + 1) + code)[0], dtype=np.int64)
        size = np.bincount(cell, self.share)
        apart = self.propensity - (np.bincount(cell, self.share * self.propensity) / size)[cell]
        means = np.stack([np.bincount(cell, self.share * column) / size for column in self.slopes.T], axis=1)
        slopes = self.slopes - means[cell]
        # drawing takes from the squares within a cell what its mean varies by
        grown = ratio(1, np.bincount(cell) - 1)[cell]
        code = self.codes[position]
        masks = [np.ones(len(code)), *((code == k).astype(float) for k in range(len(labels)))]
        squares = np.column_stack([self.share * (mask * apart**2 - self.share @ (mask * apart**2)) for mask in masks])
        sampling = np.diag(self.drawn(squares))
        rows = []
        for k, (label, mask) in enumerate(zip(["", *labels], masks, strict=True)):
            drawn = float(np.nansum(self.share * mask * apart**2 * grown))
            square = square_of_estimates(apart, self.share * mask, slopes, self.sigma, drawn, float(sampling[k]))
            rows.append(_Row("conditional", name, label, int(mask.sum()), square=square))
        return rows


def design_covariance(design: Design, columns: Floats) -> Floats:
    """Covariance of the totals of columns (rows of the subpopulation, columns)."""
    full = np.zeros((len(design.frame), columns.shape[1]))
    full[design.sampling.inside] = columns
    return covariance(design.sampling, Residuals(list(full.T), np.zeros(len(full), dtype=np.int64), 1))


def _asked(design: Design, model: Model, codes: list[Ints]) -> _Asked:
    share = model.weights / model.weights.sum()
    propensity = model.propensity
    slopes = model.terms.matrix * (propensity * (1 - propensity))[:, None]
    sigma: Floats = np.asarray(np.linalg.inv(model.information), dtype=np.float64)
    if design.weights or design.strata or design.cluster or design.fpc:
        sigma = sigma @ design_covariance(design, model.scores) @ sigma
    return _Asked(design, model.outcome, share, propensity, slopes, sigma, codes)


def _categories(frame: pd.DataFrame, column: str) -> tuple[Ints, list[str]]:
    """Number the categories of a column that occur."""
    series = frame[column]
    if is_numeric(series) and series.nunique() > _MANY:
        raise InvalidInput(
            _('"{column}" holds {count} different numbers; cut it into classes (pandas.cut) to see who answers.'),
            column=column,
            count=int(series.nunique()),
        )
    typed = series.astype("category").cat.remove_unused_categories()
    codes: Ints = np.asarray(typed.cat.codes, dtype=np.int64)
    return codes, [str(one) for one in typed.cat.categories]


def _frame(rows: Sequence[_Row], df: float, level: float, *, opt_in: bool) -> pd.DataFrame:
    told = [_numbers(row, df, level) for row in rows]
    keys = pd.DataFrame({name: [getattr(row, name) for row in rows] for name in ("indicator", "column", "category")})
    estimate, error, low, high, note = zip(*told, strict=True)
    return estimates(
        keys,
        term=[" ".join(part for part in (row.indicator, row.column, row.category) if part) for row in rows],
        estimate=np.array(estimate),
        std_error=np.array(error),
        low=np.array(low),
        high=np.array(high),
        n=[row.n for row in rows],
        level=level,
        df=df,
        method="linearised",
        note=[opt_in_note(one) if opt_in else one for one in note],
    )


def _numbers(row: _Row, df: float, level: float) -> tuple[float, float, float, float, str]:
    """Estimate, standard error, limits and note of an indicator."""
    if row.square is None:
        error = np.sqrt(np.array([max(row.variance, 0.0)]))
        low, high = t_interval(np.array([row.estimate]), error, np.array([df]), level)
        return row.estimate, float(error[0]), float(low[0]), float(high[0]), ""
    root, (least, most) = row.square.root, row.square.limits(df, level)
    note = str(RNote.CHANCE if row.square.value <= 0 else RNote.NONE)
    if row.indicator == "r":
        return 1 - 2 * root, 2 * row.square.error, max(1 - 2 * most, 0.0), 1 - 2 * least, note
    return root, row.square.error, least, most, note
