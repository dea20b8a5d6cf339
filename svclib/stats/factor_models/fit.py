"""A confirmatory factor model fitted to answers, and the verb that fits it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.design.results import Estimates
from svclib.stats.design.survey import Design
from svclib.stats.estimate import check_level
from svclib.stats.factor_models import frames, indices
from svclib.stats.factor_models.equality import equality_frame
from svclib.stats.factor_models.modification import modification_frame
from svclib.stats.factor_models.nested import difference_frame
from svclib.stats.factor_models.notes import faults
from svclib.stats.factor_models.parameters import EQUAL, Kind, Plan, read_correlated, read_dimensions
from svclib.stats.factor_models.reading import COMPLETE, ESTIMATORS, FIML, ML, ORDINAL, PAIRWISE, read_answers
from svclib.stats.factor_models.scores import score_frame
from svclib.stats.factor_models.solution import Solution, prepare, solve
from svclib.stats.factor_models.validity import correlation_ratios, fornell_larcker, reliability_frame
from svclib.stats.marks import _


@dataclass(frozen=True, eq=False, repr=False)
class ConfirmatoryFit:
    """A fitted factor model.

    Frames of parameters are in the shape of an estimate (`svclib.stats.estimate`), behind the column of groups where
    there are groups; behind them ``p_value`` and the standardised value with its error and interval (Fisher's z).

    Attributes
    ----------
    solution : Solution
        The parameters as arrays.
    estimator : str
        As asked for.
    level : float
        Level of all intervals but that of RMSEA, which is 90 % as usual.
    """

    solution: Solution
    estimator: str
    level: float

    def __repr__(self) -> str:
        answers = self.solution.estimator.answers
        said = "" if self.converged else ", not converged"
        return (
            f"ConfirmatoryFit({len(self.items)} items, {len(self.factors)} factors, "
            f"n={answers.size}, {self.estimator}: chisq={self.chisq:.2f}, df={self.df}{said})"
        )

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors."""
        return self.solution.table.plan.factors

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items."""
        return self.solution.table.plan.items

    @property
    def groups(self) -> tuple[Any, ...]:
        """Values of the column of groups; the first is the one the others are compared with."""
        return self.solution.estimator.answers.labels if self.solution.estimator.answers.groups else ()

    @property
    def n(self) -> int:
        """Respondents."""
        return self.solution.estimator.answers.size

    @property
    def converged(self) -> bool:
        """Whether the search ended at a minimum."""
        return self.solution.converged

    @property
    def chisq(self) -> float:
        """The test statistic; for robust estimators the scaled one."""
        return self.solution.test.adjusted

    @property
    def df(self) -> int:
        """Moments less free parameters."""
        return self.solution.test.df

    @property
    def p_value(self) -> float:
        """Probability of a larger `chisq` if the model holds; NaN without degrees of freedom."""
        return self.solution.test.p_value

    @cached_property
    def frame(self) -> pd.DataFrame:
        """All free parameters, terms as in lavaan (``factor=~item``, ``a~~b``, ``a~1``, ``item|t1``)."""
        return frames.free_frame(self.solution, self.level)

    @cached_property
    def vcov(self) -> Floats:
        """Covariance matrix of the rows of `frame`."""
        return self.solution.table.expand(self.solution.vcov)

    def contrast(self, coefficients: Mapping[Any, float] | Sequence[float], *, level: float = 0.95) -> pd.DataFrame:
        """Estimate a linear combination of the rows of `frame`; as `svclib.stats.design.results.Estimates.contrast`."""
        keys = (self.solution.estimator.answers.groups,) if self.groups else ()
        return Estimates(self.frame, self.vcov, keys).contrast(coefficients, level=level)

    @cached_property
    def loadings(self) -> pd.DataFrame:
        """Loadings with ``factor`` and ``item``; the one that sets the scale has no error."""
        return frames.loading_frame(self.solution, self.level)

    @cached_property
    def covariances(self) -> pd.DataFrame:
        """Covariances of factors, and of errors, between ``first`` and ``second``; standardised: correlations."""
        return frames.covariance_frame(self.solution, self.level)

    @cached_property
    def variances(self) -> pd.DataFrame:
        """Variances of factors and errors by ``name``; standardised: the share that the factors leave unexplained."""
        return frames.variance_frame(self.solution, self.level)

    @cached_property
    def intercepts(self) -> pd.DataFrame:
        """Intercepts by ``item``; empty where the means are not part of the model."""
        return frames.item_frame(self.solution, Kind.INTERCEPT, self.level)

    @cached_property
    def thresholds(self) -> pd.DataFrame:
        """Thresholds by ``item`` and ``threshold``; empty for continuous items."""
        return frames.item_frame(self.solution, Kind.THRESHOLD, self.level)

    @cached_property
    def means(self) -> pd.DataFrame:
        """Means of the factors by ``factor``; those of the first group are 0."""
        return frames.item_frame(self.solution, Kind.MEAN, self.level)

    @cached_property
    def fit_indices(self) -> pd.DataFrame:
        """Indices of fit.

        Columns: ``index`` (chisq, baseline_chisq, cfi, tli, rmsea, srmr, parameters, n, logl, aic, bic), ``version``
        (standard; scaled and robust where the estimator is robust), ``value``, ``low, high, level`` (RMSEA), ``df``,
        ``p_value`` (of the chi-squares; of RMSEA the probability of close fit, RMSEA ≤ .05), ``note`` (why a value is
        missing).
        """
        return indices.fit_indices(self.solution)

    def fit_index(self, index: str) -> float:
        """Give one index in its best version: robust, else scaled, else standard."""
        return indices.value_of(self.fit_indices, index)

    @cached_property
    def notes(self) -> pd.DataFrame:
        """What is wrong with the solution: ``term`` and ``note`` (behind the group); empty if nothing is."""
        return faults(self.solution)

    def modification_indices(self, top: int | None = 10) -> pd.DataFrame:
        """What freeing a cross-loading or a covariance of errors would gain, one at a time.

        Parameters
        ----------
        top : int, optional
            How many rows; None for all.

        Returns
        -------
        DataFrame
            ``term``; ``index``, the fall of chi-square to expect (Sörbom 1989), ``robust_index`` and its ``p_value``
            with the sandwich's variance, ``change`` and ``standardised_change`` to expect of the parameter. Largest
            index first. Hundreds are looked at: believe none that has no reason in the wording of the items.
        """
        return modification_frame(self.solution, top if self.converged else 0)

    def equality_indices(self, top: int | None = 10) -> pd.DataFrame:
        """What letting one group have a parameter of its own would gain, one at a time.

        Returns
        -------
        DataFrame
            The group, ``term``, ``index``, ``robust_index``, its ``p_value`` and ``change`` (of the group's parameter),
            as in `modification_indices`; largest ``robust_index`` first. Empty without ``equal``.
        """
        return equality_frame(self.solution, top if self.converged else 0)

    def against(self, narrower: ConfirmatoryFit) -> pd.DataFrame:
        """Test a narrower model of the same items, such as one factor instead of five, against this one.

        Parameters
        ----------
        narrower : ConfirmatoryFit
            A model that follows from this one by restrictions: factors joined, correlations of errors left out.

        Returns
        -------
        DataFrame
            One row: ``difference`` of the chi-squares (scaled as in `invariance`), ``df, p_value, method``, and
            ``delta_cfi, delta_rmsea, delta_srmr, delta_aic, delta_bic``, narrower less this one (NaN where there is no
            likelihood).
        """
        return difference_frame(self.solution, narrower.solution)

    def residuals(self, group: Any = None) -> pd.DataFrame:
        """Observed less implied correlations, item × item; the mean residuals are left out.

        Parameters
        ----------
        group : optional
            Value of the column of groups; the first without.
        """
        place = self._place(group)
        matrix = indices.standardised_residuals(self.solution, place)[1]
        return pd.DataFrame(matrix, index=list(self.items), columns=list(self.items))

    def scores(self) -> pd.DataFrame:
        """Score the respondents used, indexed as the data: a column a factor, then ``<factor>_error``.

        Regression scores; for ordinal items the most probable value given the answers.
        """
        return score_frame(self.solution)

    def reliability(self, *, observed: bool = True) -> pd.DataFrame:
        """Average variance extracted and composite reliability (omega) of each factor.

        Parameters
        ----------
        observed : bool
            Whether reliability is a share of the observed variance of the items' sum, or of the one that the model
            implies.

        Returns
        -------
        DataFrame
            Behind the group and ``factor`` an estimate: ``term`` is ``variance_extracted`` or
            ``composite_reliability``; of ordinal items for the normal variables behind the answers.
        """
        return reliability_frame(self.solution, self.level, observed=observed)

    def fornell_larcker(self, group: Any = None) -> pd.DataFrame:
        """Correlations of the factors, √AVE on the diagonal, which should exceed its row (Fornell and Larcker 1981)."""
        return fornell_larcker(self.solution, self._place(group))

    def htmt(self, group: Any = None) -> pd.DataFrame:
        """Heterotrait–monotrait ratios of correlations: below .85 factors differ (Henseler and others 2015)."""
        return correlation_ratios(self.solution, self._place(group))

    def _place(self, group: Any) -> int:
        if group is None:
            return 0
        known = [str(label) for label in self.groups]
        if str(group) not in known:
            raise InvalidInput(
                _('There is no group "{group}"; choose one of {known}.'),
                group=str(group),
                known=", ".join(known) or "–",
            )
        return known.index(str(group))


def cfa(
    data: pd.DataFrame | Design,
    dimensions: Mapping[str, Sequence[str]],
    *,
    estimator: str = ML,
    missing: str = COMPLETE,
    groups: str | None = None,
    equal: Sequence[str] = (),
    free: Sequence[str] = (),
    correlated: Sequence[tuple[str, str]] = (),
    std_lv: bool = False,
    means: bool = False,
    merge: int = 0,
    level: float = 0.95,
) -> ConfirmatoryFit:
    """Fit a confirmatory factor model: each item loads on the factors that name it, factors correlate freely.

    Parameters
    ----------
    data : DataFrame or Design
        One row a respondent. A design (weights, strata, clusters) needs a robust estimator.
    dimensions : mapping of str to list of str
        Items of each factor; an item may belong to several (a cross-loading).
    estimator : {"ml", "mlr", "wlsmv", "dwls"}
        Maximum likelihood; the same with sandwich errors and Yuan and Bentler's scaled test, for answers that are not
        normal; for ordinal items (up to 15 categories) diagonally weighted least squares of the polychoric correlations
        with sandwich errors and the scaled and shifted test, or with the test scaled to its mean alone.
    missing : {"complete", "fiml", "pairwise"}
        Respondents with every item; for "ml" and "mlr" the likelihood of the answers there are (missing at random);
        for ordinal items each pair's respondents (missing completely at random).
    groups : str, optional
        Column of groups, each with a model of its own.
    equal : list of {"loadings", "intercepts", "residuals", "thresholds"}
        What is the same in all groups. Equal intercepts free the factors' means in all groups but the first.
    free : list of str
        Terms, such as ``"factor=~item"`` or ``"item~1"``, that stay free in each group though their kind is equal.
    correlated : list of (item, item)
        Pairs of items whose errors correlate.
    std_lv : bool
        Factors have variance 1; otherwise the first loading of each factor is 1.
    means : bool
        Whether intercepts count as parameters, as they always do with groups, "fiml" and ordinal items.
    merge : int
        Of ordinal items, answers that fewer respondents of a group gave are merged with a neighbour (`merge_rare`).
    level : float

    Returns
    -------
    ConfirmatoryFit

    Raises
    ------
    InvalidInput
        For items that are absent, text, constant or exactly dependent, a factor of one item, a model that is not
        identified, categories that a group never chose; the message names them and the mend.

    Notes
    -----
    Numbers equal those of R's lavaan 0.6-14 (Rosseel 2012). Limits of robust estimators are wider than
    estimate ± z · error where small samples ask for it, and those of a design use t with its degrees of freedom. A
    solution that cannot be (a negative variance, a correlation beyond 1) is returned as it is and named in ``notes``.

    Examples
    --------
    >>> import numpy as np
    >>> draw = np.random.default_rng(1)
    >>> trust, speed = draw.normal(size=(2, 300))
    >>> answers = pd.DataFrame({f"t{i}": trust + draw.normal(size=300) for i in (1, 2, 3)})
    >>> answers = answers.assign(**{f"s{i}": speed + draw.normal(size=300) for i in (1, 2, 3)})
    >>> fit = cfa(answers, {"trust": ["t1", "t2", "t3"], "speed": ["s1", "s2", "s3"]})
    >>> fit.df, bool(fit.fit_index("cfi") > 0.95), fit.loadings["standardised"].between(0.5, 0.9).all().item()
    (8, True, True)
    """
    check_level(level)
    read = read_dimensions(dimensions)
    check_options(estimator, missing, equal, groups)
    items = Plan(read).items
    answers = read_answers(data, items, groups=groups, missing=missing, estimator=estimator, merge=merge)
    plan = Plan(
        dimensions=read,
        correlated=read_correlated(correlated, items),
        groups=len(answers.labels),
        std_lv=std_lv,
        means=means,
        equal=frozenset(equal),
        released=frozenset([free] if isinstance(free, str) else free),
    )
    return ConfirmatoryFit(solve(prepare(answers, plan, estimator, missing), plan), estimator, level)


def check_options(estimator: str, missing: str, equal: Sequence[str], groups: str | None) -> None:
    """Raise `InvalidInput` for an option that is unknown or does not go with the others."""
    if estimator not in ESTIMATORS:
        raise InvalidInput(
            _('estimator is "{given}"; choose one of {known}.'), given=str(estimator), known=", ".join(ESTIMATORS)
        )
    known = (COMPLETE, PAIRWISE) if estimator in ORDINAL else (COMPLETE, FIML)
    if missing not in known:
        raise InvalidInput(
            _('missing is "{given}"; with estimator="{estimator}" choose one of {known}.'),
            given=str(missing),
            estimator=estimator,
            known=", ".join(known),
        )
    wrong = [name for name in equal if name not in EQUAL]
    if isinstance(equal, str) or wrong:
        raise InvalidInput(
            _('equal holds "{given}"; give a list of some of {known}.'),
            given=wrong[0] if wrong and not isinstance(equal, str) else str(equal),
            known=", ".join(EQUAL),
        )
    if equal and groups is None:
        raise InvalidInput(_("equal sets parameters equal between groups; name the column of groups too."))
