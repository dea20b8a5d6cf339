"""Which drivers matter most: shares of explained variance with intervals, ranks and ties."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from svclib.stats.design.survey import Design, design_of
from svclib.stats.key_drivers.analysis import Missing, Request, analyse
from svclib.stats.key_drivers.metrics import Method
from svclib.stats.key_drivers.reading import Groups
from svclib.stats.key_drivers.results import Drivers, result


def drivers(
    data: pd.DataFrame | Design,
    outcome: str,
    drivers: str | Sequence[str],
    *,
    method: Method = "lmg",
    controls: str | Sequence[str] | None = None,
    groups: Groups | None = None,
    weights: str | None = None,
    missing: Missing = "complete",
    ordinal: bool = False,
    bootstraps: int = 1000,
    orders: int = 4000,
    seed: int = 1,
    level: float = 0.95,
) -> Drivers:
    """Tell how much of an outcome's variance each driver accounts for, and which drivers can be told apart.

    Parameters
    ----------
    data : DataFrame or Design
        With a design, clusters are drawn within strata, with their weights.
    outcome : str
        Column of numbers, such as overall satisfaction.
    drivers : str or list of str
        Columns that may drive it: ratings, other numbers, booleans, or text and categories (one driver of several
        terms).
    method : {"lmg", "first", "last", "pratt", "betasq", "genizi", "johnson", "car"}
        *lmg*: gain in R², averaged over all orders of the drivers (Lindeman, Merenda and Gold 1980; the Shapley
        value), exact for up to 16 drivers. *first*: R² alone. *last*: gain beside all others. *pratt*: coefficient
        times correlation (1987). *betasq*: squared standardised coefficient. *genizi* (1993), the same as *johnson*
        (relative weights, 2000), and *car* (Zuber and Strimmer 2011): by orthogonal stand-ins. Only lmg, pratt,
        genizi and car add up to R².
    controls : str or list of str, optional
        Columns that come first and get no share, such as the channel.
    groups : dict of str to list of str, optional
        Drivers that are judged together, by the name of the group.
    weights : str, optional
        Column of survey weights of a frame.
    missing : {"complete", "pairwise"}
        Rows with every answer, or for each two columns the rows with both.
    ordinal : bool
        Take the outcome's answers as ordered steps of a hidden scale: the variance is that of the hidden outcome in
        a cumulative probit model (its R² is McKelvey and Zavoina's, 1975), and slopes are in its standard
        deviations. Text needs ordered categories.
    bootstraps : int
        Draws for the intervals; 0 for none.
    orders : int
        Orders sampled beyond 16 drivers; ``monte_carlo`` tells their error.
    seed : int
    level : float

    Returns
    -------
    Drivers

    Raises
    ------
    InvalidInput
        Naming a column that is absent, constant, follows exactly from others or is named twice; where there are too
        few rows for so many drivers; or naming the option that is not known.

    Notes
    -----
    Equal to R's relaimpo. Shares speak of association: what moves together with the outcome, whichever causes which.
    The intervals allow for the upward bias of explained variance (see `svclib.stats.key_drivers.limits`). Calibrated
    weights are drawn as they are, not calibrated anew.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> visits = pd.DataFrame(rng.normal(size=(200, 2)), columns=["wait", "staff"])
    >>> visits["overall"] = visits["staff"] + 0.3 * visits["wait"] + rng.normal(size=200)
    >>> drivers(visits, "overall", ["wait", "staff"]).frame[["term", "rank_low", "rank_high"]].values.tolist()
    [['staff', 1, 1], ['wait', 2, 2]]
    """
    request = Request(method, controls, groups, missing, ordinal, bootstraps, orders, seed, level)
    return result(analyse(design_of(data, weights), outcome, drivers, request))
