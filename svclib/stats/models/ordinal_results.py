"""What an ordinal model is handed over in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints
from svclib.stats.columns import check_frame, names_of
from svclib.stats.design.results import Estimates
from svclib.stats.estimate import check_level
from svclib.stats.marks import _
from svclib.stats.models.changes import Recipe
from svclib.stats.models.cumulative import CumulativeFit, maximise
from svclib.stats.models.estimation import LOST, SLOW
from svclib.stats.models.inference import Coefficients
from svclib.stats.models.proportional import proportional_rows
from svclib.stats.terms import Terms

if TYPE_CHECKING:
    from svclib.stats.design.survey import Design


@dataclass(frozen=True, eq=False)
class OrdinalBasis:
    """What the estimates of an ordinal model rest on.

    Attributes
    ----------
    terms : Terms
        Without an intercept.
    rows : (n,) int
        Complete rows of the design's frame.
    categories, dropped : tuple
        Categories of the outcome in order, and those that nobody chose.
    kind : {"model", "design"}
        Where the covariance comes from.
    """

    design: Design
    name: str
    terms: Terms
    recipe: Recipe
    rows: Ints
    fit: CumulativeFit
    categories: tuple[Any, ...]
    dropped: tuple[Any, ...]
    kind: str

    def refit(self, weights: Floats) -> CumulativeFit:
        """Fit again with other weights of all rows.

        Raises
        ------
        InvalidInput
            If these weights leave a category or a term without rows.
        """
        try:
            fit = maximise(replace(self.fit.problem, weights=weights[self.rows]), self.fit.coefficients)
        except np.linalg.LinAlgError:
            raise InvalidInput(LOST) from None
        if not fit.converged or fit.rounds > SLOW:
            raise InvalidInput(LOST)
        return fit

    def again(self, weights: Floats) -> Floats:
        """Coefficients with other weights."""
        return self.refit(weights).coefficients


@dataclass(frozen=True, eq=False)
class Ordinal(Coefficients):
    """A fitted ordinal model.

    Attributes
    ----------
    frame : DataFrame
        See `svclib.stats.estimate`: a row a coefficient, then a row a threshold (``low|high`` category), then
        ``statistic, p_value`` and, with the logit link, ``effect, effect_low, effect_high``: exp of a coefficient is
        the ratio of the odds of a higher answer, exp of a threshold the odds of an answer up to it.
    vcov : (rows, rows) float
    """

    basis: OrdinalBasis = field(kw_only=True)

    @property
    def outcome(self) -> str:
        """The column explained."""
        return self.basis.name

    @property
    def link(self) -> str:
        """Name of the link."""
        return self.basis.fit.problem.link.name

    @property
    def errors(self) -> str:
        """Where the errors come from: model or design."""
        return self.basis.kind

    @property
    def categories(self) -> tuple[Any, ...]:
        """Categories in order."""
        return self.basis.categories

    @property
    def dropped(self) -> tuple[Any, ...]:
        """Categories that nobody chose, left out."""
        return self.basis.dropped

    @property
    def n(self) -> int:
        """Complete rows."""
        return len(self.basis.rows)

    @property
    def coefficients(self) -> pd.Series:
        """Coefficients and thresholds by term."""
        return pd.Series(self.basis.fit.coefficients, index=list(self.frame["term"]))

    @property
    def df(self) -> float:
        """Degrees of freedom of the intervals."""
        return float(self.frame["df"].iloc[0])

    @property
    def converged(self) -> bool:
        """Whether the search ended."""
        return self.basis.fit.converged

    @property
    def rounds(self) -> int:
        """Rounds of the search."""
        return self.basis.fit.rounds

    @property
    def deviance(self) -> float:
        """−2 log-likelihood; weights count with their mean as 1."""
        return -2 * self.basis.fit.loglik

    @property
    def null_deviance(self) -> float:
        """Deviance of the thresholds alone."""
        problem = self.basis.fit.problem
        shares = np.bincount(problem.category, problem.weights) / problem.weights.sum()
        return float(-2 * problem.weights @ np.log(shares[problem.category]))

    @property
    def r2(self) -> float:
        """McFadden's share of the null deviance explained, 1 − deviance / null deviance."""
        return 1 - self.deviance / self.null_deviance

    @property
    def loglik(self) -> float:
        """Log-likelihood.

        Raises
        ------
        InvalidInput
            For a design, which has none.
        """
        self._check_likelihood()
        return self.basis.fit.loglik

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return 2 * len(self.frame) - 2 * self.loglik

    @property
    def bic(self) -> float:
        """Schwarz's criterion."""
        return float(np.log(self.n)) * len(self.frame) - 2 * self.loglik

    def likelihood_ratio(self, columns: str | Sequence[str] | None = None) -> pd.DataFrame:
        """Test whether columns explain anything, by the likelihood without them.

        Parameters
        ----------
        columns : str or list of str, optional
            Left out together. Without it each column by itself.

        Returns
        -------
        DataFrame
            ``term, statistic, df, df2, p_value, method, n, note``.

        Raises
        ------
        InvalidInput
            For a design: its test is `wald`.
        """
        self._check_likelihood()
        named = list(dict.fromkeys(self.basis.terms.columns))
        sets = [names_of(columns)] if columns is not None else [[one] for one in named]
        rows = []
        for left_out in sets:
            missing = [one for one in left_out if one not in named]
            if missing:
                raise InvalidInput(
                    _('The fit has no term "{term}"; it has {known}.'), term=str(missing[0]), known=", ".join(named)
                )
            kept = [place for place, one in enumerate(self.basis.terms.columns) if one not in left_out]
            problem = self.basis.fit.problem
            without = maximise(replace(problem, matrix=problem.matrix[:, kept]))
            statistic, df = 2 * (self.basis.fit.loglik - without.loglik), float(problem.terms - len(kept))
            rows.append((" + ".join(left_out), statistic, df, np.inf, float(chdtrc(df, statistic))))
        frame = pd.DataFrame(rows, columns=["term", "statistic", "df", "df2", "p_value"])
        return frame.assign(method="likelihood ratio", n=self.n, note=self._said)

    def proportional_odds(self) -> pd.DataFrame:
        """Test whether each column has the same effect at all thresholds.

        Returns
        -------
        DataFrame
            A row a column, then one for all together (``term`` "all"): ``term, statistic, df, df2, p_value, method,
            n, note``. From a frame the likelihood ratio against the model in which the column's effect differs by
            threshold (R's nominal_test) and Wald tests of the binary fits at each threshold (Brant 1990); from a
            design only these, with its covariance.
        """
        return proportional_rows(self.basis, self.df, self._said)

    def predict(self, frame: pd.DataFrame, *, at_least: Any = None, level: float | None = None) -> pd.DataFrame:
        """Estimate the probability of each category, or of `at_least` some category, for other rows.

        Parameters
        ----------
        frame : DataFrame
            The columns that explain.
        at_least : category, optional
            One probability a row, that of this category or a higher one (4 of 1 to 5: the top two).
        level : float, optional

        Returns
        -------
        DataFrame
            See `svclib.stats.estimate`, behind ``row`` (the index of `frame`): a row for each category (``term``).
            The interval is made on the log-odds of the probability.
        """
        from svclib.stats.models.ordinal_effects import predictions

        return predictions(self, check_frame(frame), at_least, check_level(self._level(level)))

    def effects(
        self, columns: str | Sequence[str] | None = None, *, at_least: Any = None, level: float | None = None
    ) -> Estimates:
        """Estimate average marginal effects: by how much the probability of each category changes.

        Parameters
        ----------
        columns : str or list of str, optional
            Columns that explain; all of them by default.
        at_least : category, optional
            Only the probability of this category or a higher one.
        level : float, optional

        Returns
        -------
        Estimates
            As of `Glm.effects`, behind ``category``.
        """
        from svclib.stats.models.ordinal_effects import average_effects

        return average_effects(self, columns, at_least, check_level(self._level(level)))

    def _level(self, level: float | None) -> float:
        return float(self.frame["level"].iloc[0]) if level is None else level

    @property
    def _said(self) -> str:
        return str(self.frame["note"].iloc[0])

    def _check_likelihood(self) -> None:
        if self.errors == "design":
            raise InvalidInput(_("This fit has no likelihood; compare models with wald()."))
