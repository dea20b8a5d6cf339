"""The verbs of a design that change its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.design.sampling import Sampling
from svclib.stats.design.weighting import check_totals, poststratified, raked, read_margin
from svclib.stats.marks import _

if TYPE_CHECKING:
    from svclib.stats.design.survey import Design


class Adjusting:
    """Post-stratification, raking: each gives a new design."""

    frame: pd.DataFrame
    sampling: Sampling

    if TYPE_CHECKING:

        def with_sampling(self, sampling: Sampling) -> Design:
            """Give the same design with other arrays."""

    def poststratify(self, column: str, population: Mapping[Any, float] | pd.Series) -> Design:
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
        return self.with_sampling(poststratified(self.sampling, read_margin(self.frame, column, population)))

    def rake(
        self,
        margins: Mapping[str, Mapping[Any, float] | pd.Series],
        *,
        tolerance: float = 1e-10,
        rounds: int = 200,
    ) -> Design:
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
        return self.with_sampling(raked(self.sampling, read, tolerance=tolerance, rounds=rounds))
