"""The verbs of a design that change its weights, or where its variances come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.columns import check_columns, names_of
from svclib.stats.design.balance import margin_balance
from svclib.stats.design.calibration import Calibrated
from svclib.stats.design.distances import read_distance
from svclib.stats.design.margins import check_totals, read_margin, read_margins
from svclib.stats.design.resampling import replicated, supplied
from svclib.stats.design.sampling import Sampling
from svclib.stats.design.trimming import trimmed, weight_summary
from svclib.stats.design.weighting import PostStratified, raked
from svclib.stats.marks import _

if TYPE_CHECKING:
    from svclib.stats.design.survey import Design

Population = Mapping[Any, float] | pd.Series


class Adjusting:
    """Post-stratification, raking, calibration, trimming, replicates: each gives a new design."""

    frame: pd.DataFrame
    sampling: Sampling

    if TYPE_CHECKING:

        def with_sampling(self, sampling: Sampling) -> Design:
            """Give the same design with other arrays."""

    def poststratify(self, column: str, population: Population) -> Design:
        """Scale the weights so that each category of `column` has its known size.

        Parameters
        ----------
        column : str
        population : dict or Series
            Category → number in the population; all categories that occur, and no other.

        Returns
        -------
        Design
            Its errors are those of the post-stratified estimator (R's postStratify).

        Raises
        ------
        InvalidInput
            Naming the category without a population, or without respondents.

        Examples
        --------
        >>> from svclib.stats import Design
        >>> visits = pd.DataFrame({"age": ["<40", "<40", "40+", "40+"], "score": [5.0, 3, 2, 4]})
        >>> Design(visits).poststratify("age", {"<40": 30, "40+": 10}).mean("score").frame["estimate"].tolist()
        [3.75]
        """
        return self.with_sampling(self.sampling.reweighed(PostStratified(read_margin(self.frame, column, population))))

    def rake(self, margins: Mapping[str, Population], *, tolerance: float = 1e-10, rounds: int = 200) -> Design:
        """Scale the weights so that several margins hold at once (iterative proportional fitting).

        Parameters
        ----------
        margins : dict
            Column → category → number in the population; all of the same total.
        tolerance : float
            Largest relative distance from a margin.
        rounds : int
            Give up, with an error, after so many.

        Raises
        ------
        InvalidInput
            If the margins disagree about the population, name or lack a category, or cannot be reached.
        """
        if not isinstance(margins, Mapping) or not margins:
            raise InvalidInput(_("Raking needs margins: a dict from column to the population of its categories."))
        read = [read_margin(self.frame, column, population) for column, population in margins.items()]
        check_totals(read)
        return self.with_sampling(self.sampling.reweighed(raked(read, tolerance=tolerance, rounds=rounds)))

    def calibrate(
        self,
        margins: Mapping[str, Population | float],
        *,
        method: str = "linear",
        bounds: tuple[float, float] | None = None,
        population: float | None = None,
    ) -> Design:
        """Change the weights as little as possible so that totals of categories and of numbers hold.

        Parameters
        ----------
        margins : dict
            Column → category → number in the population, or column of numbers → their total in the population.
        method : {"linear", "raking", "logit"}
            What "little" means: least squares (the generalised regression estimator), raking (never below 0), or
            between `bounds` on a logistic curve (Deville and Särndal 1992).
        bounds : (float, float), optional
            Smallest and largest factor of a weight. Weights that come to less than a 20th of the population (none
            were given) are scaled to it first.
        population : float, optional
            Size of the population, where only totals of numbers are given.

        Returns
        -------
        Design
            Its errors are those of the generalised regression estimator, g-weighted residuals (R's calibrate).

        Raises
        ------
        InvalidInput
            If the margins disagree, lack a category or name one that nobody has; if the bounds keep a margin out of
            reach (it is named, with what can be reached); if a linear calibration without bounds made a weight 0 or
            less.

        Examples
        --------
        >>> from svclib.stats import Design
        >>> visits = pd.DataFrame({"age": ["<40", "<40", "40+", "40+"], "wait": [5.0, 3, 2, 4]})
        >>> design = Design(visits).calibrate({"age": {"<40": 30, "40+": 10}, "wait": 140.0}, method="raking")
        >>> design.total("wait").frame["estimate"].round(6).tolist()
        [140.0]
        """
        read = read_margins(self.frame, margins)
        change = Calibrated(tuple(read), read_distance(method, bounds), check_totals(read, population))
        return self.with_sampling(self.sampling.reweighed(change))

    def trim(self, lower: float | None = None, upper: float | None = None, *, strict: bool = False) -> Design:
        """Cut off the weights below `lower` and above `upper`; the others share what is cut, all the same amount.

        The sum of the weights stays, margins met before do not: rake again after it where they must hold. Replicates
        take the factors of the weights.

        Parameters
        ----------
        lower, upper : float, optional
        strict : bool
            Again and again until no weight lies outside.

        Returns
        -------
        Design
            `weight_summary` tells how many weights were trimmed. Equal to R's trimWeights.

        Raises
        ------
        InvalidInput
            If the bounds leave no room for what is cut off.

        Examples
        --------
        >>> from svclib.stats import Design
        >>> visits = pd.DataFrame({"w": [1.0, 1, 1, 9], "score": [5.0, 3, 2, 4]})
        >>> Design(visits, weights="w").trim(upper=6).row_weights.tolist()
        [2.0, 2.0, 2.0, 6.0]
        """
        return self.with_sampling(self.sampling.reweighed(trimmed(self.sampling.weights, lower, upper, strict=strict)))

    def weight_summary(self) -> pd.DataFrame:
        """Describe the weights of the respondents, as given and (after adjustments) as they are now.

        Returns
        -------
        DataFrame
            A row for ``given`` and, after adjustments, for ``final`` ``weights``: ``n, sum, min, max``; ``cv``, their
            coefficient of variation; ``deff``, the factor by which unequal weights raise the variance of a mean that
            has nothing to do with them, 1 + cv² (Kish 1965); ``effective_n``, n / deff; and ``trimmed``, the weights
            that trimming cut off.

        Examples
        --------
        >>> from svclib.stats import Design
        >>> visits = pd.DataFrame({"w": [1.0, 1, 1, 9], "score": [5.0, 3, 2, 4]})
        >>> Design(visits, weights="w").weight_summary()[["n", "max", "deff", "effective_n"]].round(3).values.tolist()
        [[4.0, 9.0, 2.333, 1.714]]
        """
        return weight_summary(self.sampling)

    def balance(self, margins: Mapping[str, Population | float], *, population: float | None = None) -> pd.DataFrame:
        """Compare the respondents with the population, with their weights as given and as they are now.

        Parameters
        ----------
        margins, population
            As in `calibrate`.

        Returns
        -------
        DataFrame
            ``column, category, population, before, after``: the share of each category; of a column of numbers its
            mean, with an empty ``category``.

        Examples
        --------
        >>> from svclib.stats import Design
        >>> visits = pd.DataFrame({"age": ["<40", "<40", "<40", "40+"]})
        >>> ages = {"age": {"<40": 30, "40+": 30}}
        >>> Design(visits).rake(ages).balance(ages).values.tolist()
        [['age', '<40', 0.5, 0.75, 0.5], ['age', '40+', 0.5, 0.25, 0.5]]
        """
        read, inside = read_margins(self.frame, margins), self.sampling.inside
        size = check_totals(read, population)
        return margin_balance(read, size, self.sampling.given * inside, self.sampling.weights * inside)

    def replicates(
        self,
        method: str = "jkn",
        *,
        replicates: int = 500,
        seed: int = 1,
        columns: str | Sequence[str] | None = None,
        combined: bool = True,
        scale: float | None = None,
        factors: Sequence[float] | None = None,
    ) -> Design:
        """Take variances from replicate weights instead of from formulas.

        Each replicate leaves out or draws again units of the first stage; all that was done to the weights, before
        or after this call, is done again to each replicate, so that the errors know of it.

        Parameters
        ----------
        method : {"jkn", "jk1", "bootstrap", "brr"}
            Jackknife by strata, without strata, the bootstrap of Rao, Wu and Yue (1992) with n - 1 units drawn of n
            (rescaled for the finite population), or balanced half-samples of strata with two units.
        replicates : int
            Number of bootstrap samples.
        seed : int
            Of the bootstrap.
        columns : str or list of str, optional
            Replicate weights that came with the data, made by `method`; they belong to the weights as given.
        combined : bool
            The columns hold weights; False if they hold factors of the weights.
        scale, factors : float, list of float, optional
            Of the supplied replicates: variance is scale · Σ factor (θ - mean θ)². Without them those of the method.

        Returns
        -------
        Design
            Its degrees of freedom are clusters less strata; with supplied replicates the rank of their weights
            less 1 (as in R).

        Raises
        ------
        InvalidInput
            If the method does not suit the design, or the columns are no weights.

        Examples
        --------
        >>> from svclib.stats import Design
        >>> visits = pd.DataFrame({"branch": ["a", "a", "b", "b", "c", "c"], "score": [5.0, 4, 3, 3, 4, 5]})
        >>> design = Design(visits, cluster="branch").replicates("jk1")
        >>> design.mean("score").frame[["estimate", "std_error", "method"]].round(9).values.tolist()
        [[4.0, 0.5, 't, jk1']]
        """
        if columns is None:
            return self.with_sampling(replicated(self.sampling, method, replicates, seed))
        names = names_of(columns)
        check_columns(self.frame, names)
        made = supplied(
            self.frame, self.sampling, names, method=method, combined=combined, scale=scale, factors=factors
        )
        return self.with_sampling(made)
