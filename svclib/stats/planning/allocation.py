"""Spreading answers over strata: proportional, Neyman's, power allocation; the design effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.columns import check_columns, check_frame, numbers
from svclib.stats.intervals import normal_quantile
from svclib.stats.marks import _
from svclib.stats.planning.plans import checked

METHODS = ("proportional", "neyman", "power", "equal")


def allocate(
    strata: pd.DataFrame,
    n: int,
    *,
    size: str = "size",
    sd: str | None = None,
    mean: str | None = None,
    method: str = "neyman",
    exponent: float = 0.5,
    least: int = 2,
) -> pd.DataFrame:
    """Spread `n` answers over strata.

    Parameters
    ----------
    strata : DataFrame
        A row a stratum (branch, segment).
    n : int
        Answers in all.
    size : str
        Column of the strata's population N_h.
    sd : str, optional
        Column of the standard deviations S_h of one answer (1 in all strata without it).
    mean : str, optional
        Column of the strata's expected means, for the relative errors of ``power``.
    method : {"neyman", "proportional", "power", "equal"}
        n_h ∝ N_h S_h (the smallest error of the whole; Neyman 1934), ∝ N_h, ∝ S_h N_h^exponent or, with `mean`,
        ∝ CV_h (N_h mean_h)^exponent (Bankier 1988: from 0, the same precision in each stratum, to 1, Neyman), or alike.
    exponent : float
        Of the power allocation, 0 to 1.
    least : int
        Answers in each stratum at least (but for its population).

    Returns
    -------
    DataFrame
        `strata` with ``n, fraction, weight`` (N_h / n_h) and ``std_error`` (of the stratum's mean); a stratum is never
        asked for more than there are, the rest goes to the others. What that gives for the whole tells
        `stats.allocation_error`.

    Raises
    ------
    InvalidInput
        Naming the column or option that cannot be, or if `n` is below `least` a stratum or above the population.

    Examples
    --------
    >>> plan = pd.DataFrame({"branch": ["a", "b", "c"], "size": [5000, 3000, 100], "sd": [1.0, 0.5, 1.2]})
    >>> allocate(plan, 200, sd="sd", least=10)["n"].tolist()
    [146, 44, 10]
    """
    sizes, spreads = _read(strata, size, sd)
    checked("exponent", exponent, 0, 1)
    floor = np.minimum(float(checked("least", least, 0, np.inf)[0]), sizes)
    total = float(checked("n", n, 1, np.inf)[0])
    if not floor.sum() <= total <= sizes.sum():
        raise InvalidInput(
            _("n is {n:g}; with at least {least} in each of {strata} strata give {low:g} to {high:g}."),
            n=total,
            least=least,
            strata=len(sizes),
            low=float(floor.sum()),
            high=float(sizes.sum()),
        )
    share = _shares(strata, sizes, spreads, mean, method, exponent)
    counts = _whole(_filled(share, total, floor, sizes), floor, sizes, int(total))
    error = spreads * np.sqrt(ratio(1, counts) * (1 - counts / sizes))
    return strata.assign(
        n=counts.astype(np.int64), fraction=counts / sizes, weight=ratio(sizes, counts), std_error=error
    )


def allocation_error(
    plan: pd.DataFrame, *, size: str = "size", sd: str | None = None, level: float = 0.95
) -> pd.Series:
    """Tell what an allocation gives for the whole: the stratified mean's error, its margin, and the design effect.

    Parameters
    ----------
    plan : DataFrame
        Of `stats.allocate` (its column ``n``).
    size, sd : str
        As there.
    level : float

    Returns
    -------
    Series
        ``std_error`` √Σ W_h² S_h² (1 − f_h) / n_h, ``margin`` at `level`, ``n``, and ``deff``: its variance over that
        of a simple random sample of the same size with no difference between the strata's means.
    """
    sizes, spreads = _read(plan, size, sd)
    counts = numbers(plan, "n")
    weight = sizes / sizes.sum()
    if (counts[sizes > 0] <= 0).any():
        raise InvalidInput(_('A stratum has no answers in "n"; raise least, so that each can be estimated.'))
    variance = float((weight**2 * spreads**2 * (1 - counts / sizes) / counts).sum())
    n, simple = float(counts.sum()), float((weight * spreads**2).sum())
    deff = ratio(variance, simple / n * (1 - n / sizes.sum()))
    error = np.sqrt(variance)
    return pd.Series({"std_error": error, "margin": normal_quantile(level) * error, "n": n, "deff": float(deff)})


def _read(strata: pd.DataFrame, size: str, sd: str | None) -> tuple[Floats, Floats]:
    check_columns(check_frame(strata), [size])
    if not len(strata):
        raise InvalidInput(_("There are no strata: give a frame with a row for each."))
    sizes = numbers(strata, size)
    spreads = np.ones(len(sizes)) if sd is None else numbers(strata, sd)
    _positive(size, sizes, sizes >= 1)
    if sd is not None:
        _positive(sd, spreads, spreads >= 0)
    return sizes, spreads


def _positive(column: str, values: Floats, fine: Bools) -> None:
    if not fine.all():
        raise InvalidInput(
            _(
                'The column "{column}" is {value} in row {row}; give each stratum its number (populations from 1, '
                "spreads from 0)."
            ),
            column=column,
            value=f"{values[int(np.argmin(fine))]:g}",
            row=int(np.argmin(fine)) + 1,
        )


def _shares(
    strata: pd.DataFrame, sizes: Floats, spreads: Floats, mean: str | None, method: str, exponent: float
) -> Floats:
    if method not in METHODS:
        raise InvalidInput(_('method is "{method}"; choose one of {known}.'), method=method, known=", ".join(METHODS))
    if method == "proportional":
        return sizes
    if method == "equal":
        return np.ones(len(sizes))
    if method == "neyman":
        share = sizes * spreads
    elif mean is None:
        share = spreads * sizes**exponent
    else:
        level = np.abs(numbers(strata, mean))
        _positive(mean, level, level > 0)
        share = spreads / level * (sizes * level) ** exponent
    return share if share.sum() > 0 else sizes


def _filled(share: Floats, total: float, floor: Floats, ceiling: Floats) -> Floats:
    """Spread `total` in proportion to `share` between the floors and the ceilings (found by halving the factor)."""

    def spread(factor: float) -> Floats:
        return np.clip(factor * share, floor, ceiling)

    low, high = 0.0, 1.0
    while spread(high).sum() < total and (spread(high) < ceiling)[share > 0].any():
        high *= 2
    for _halving in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if spread(middle).sum() < total else (low, middle)
    found = spread(high)
    rest = total - found.sum()  # strata without a share of their own take what the full ones leave
    room = ceiling - found
    return found + (rest * room / room.sum() if rest > 1e-6 and room.sum() > 0 else 0)


def _whole(real: Floats, floor: Floats, ceiling: Floats, total: int) -> Floats:
    """Round to whole numbers of the same sum, by the largest remainders."""
    base = np.floor(real + 1e-9)
    left = round(total - float(base.sum()))
    order = np.argsort(-(real - base), kind="stable")
    for place in order[: max(left, 0)]:
        base[place] += base[place] < np.floor(ceiling[place])
    return np.clip(base, np.floor(floor), np.floor(ceiling))


def design_effect(
    *, cluster_size: float = 1.0, icc: float = 0.0, weight_cv: float = 0.0, cluster_cv: float = 0.0
) -> float:
    """Guess the design effect of a plan, (1 + CV² of the weights) (1 + ((1 + CV² of the clusters) m − 1) ρ).

    Parameters
    ----------
    cluster_size : float
        Mean answers a cluster, m (a branch, a day at a counter).
    icc : float
        Intraclass correlation ρ of answers from the same cluster; 0.02 to 0.1 is usual for branches.
    weight_cv : float
        Coefficient of variation of the weights.
    cluster_cv : float
        Coefficient of variation of the cluster sizes (Eldridge, Ashby and Kerry 2006).

    Returns
    -------
    float
        See Kish (1965, ch. 5; 1987). It multiplies the variance, and so the number of answers needed.

    Examples
    --------
    >>> round(design_effect(cluster_size=20, icc=0.05, weight_cv=0.4), 3)
    2.262
    """
    m = float(checked("cluster_size", cluster_size, 1, np.inf)[0])
    rho = float(checked("icc", icc, 0, 1)[0])
    unequal = float(checked("weight_cv", weight_cv, 0, np.inf)[0])
    uneven = float(checked("cluster_cv", cluster_cv, 0, np.inf)[0])
    return (1 + unequal**2) * (1 + ((1 + uneven**2) * m - 1) * rho)
