"""Agreement in categories beyond chance: Cohen's and Fleiss' kappa, Gwet's AC1 and AC2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.agreement.ratings import AgreementNote, Ratings, one_sided, rater_columns, read_ratings
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import names_of
from svclib.stats.estimate import check_level, estimates
from svclib.stats.intervals import correlation_interval, t_interval
from svclib.stats.marks import _
from svclib.stats.samples import groups

Weights = Literal["linear", "quadratic"]
Formula = Callable[[Ratings, Floats], "Agreement"]


def kappa(
    data: pd.DataFrame,
    raters: Sequence[str] | None = None,
    *,
    weights: Weights | None = None,
    categories: Sequence[Any] | None = None,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate kappa: Cohen's for two raters, Fleiss' for more, with a standard error and an interval.

    κ = (observed − chance) / (1 − chance) agreement. For two raters chance is that of each rater's own shares of the
    categories (Cohen 1960, 1968), the standard error that of Fleiss, Cohen and Everitt (1969); a subject counts if both
    rated it. For more raters chance is that of the mean shares (Fleiss 1971), the
    standard error that of subjects drawn at random (Gwet 2008, 2021); ratings may be missing: a subject counts for
    the agreement if two rated it, for the shares if one did. The interval is one of t on Fisher's scale.

    Parameters
    ----------
    data : DataFrame
        One row a subject, one column a rater; numbers or text.
    raters : list of str, optional
        The raters' columns; without them all columns but those of `by`.
    weights : {"linear", "quadratic"}, optional
        Count a near miss as part of an agreement, falling with the distance, or its square, between the positions of
        the two categories. Needs categories in an order.
    categories : list, optional
        The categories in order; without them those that occur.
    by : str or list of str, optional
    level : float

    Returns
    -------
    DataFrame
        See `svclib.stats.estimate`; ``term`` is ``kappa``, ``n`` the subjects that two raters rated. Last
        ``observed`` and ``chance``, the two agreements behind it.

    Raises
    ------
    InvalidInput
        Weights with text that has no order, or a rating that is not among the categories.

    Notes
    -----
    Coverage at 95 % by simulation, 30 to 50 subjects: 0.93 to 0.97; the usual normal interval of Cohen's kappa falls
    to 0.90. Where nearly all ratings fall into one category every interval is too narrow, and the note says so.

    Examples
    --------
    >>> calls = pd.DataFrame({"r1": ["ok", "ok", "bad", "bad"], "r2": ["ok", "ok", "bad", "ok"]})
    >>> kappa(calls)[["estimate", "chance"]].values.tolist()
    [[0.5, 0.5]]
    """

    def formula(ratings: Ratings, weight: Floats) -> Agreement:
        return _cohen(ratings, weight) if ratings.codes.shape[1] == 2 else _fleiss(ratings, weight)

    return _estimate(data, raters, formula, "kappa", weights, categories, by, level, correlation_interval)


def gwet(
    data: pd.DataFrame,
    raters: Sequence[str] | None = None,
    *,
    weights: Weights | None = None,
    categories: Sequence[Any] | None = None,
    by: str | Sequence[str] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate Gwet's AC1 (AC2 with `weights`) of two raters or more, with an interval of t.

    Chance agreement is Σ weights · Σ π(1 − π) / (q(q − 1)) of the mean shares π of the q categories (Gwet 2008), so
    that, unlike kappa, the coefficient stays high where nearly all ratings fall into one category. The standard error
    is that of subjects drawn at random.

    Parameters
    ----------
    data, raters, weights, by, level
        As in `kappa`.
    categories : list, optional
        Every category that could be chosen: one that never was counts too. Without them those that occur.

    Returns
    -------
    DataFrame
        As of `kappa`; ``term`` is ``AC1`` or ``AC2``.

    Examples
    --------
    >>> calls = pd.DataFrame({"r1": ["ok"] * 9 + ["bad"], "r2": ["ok"] * 10})
    >>> gwet(calls)["estimate"].round(3).item(), kappa(calls)["estimate"].item()
    (0.89, 0.0)
    """
    return _estimate(data, raters, _gwet, "AC2" if weights else "AC1", weights, categories, by, level, t_interval)


@dataclass(frozen=True)
class Agreement:
    """One group's coefficient."""

    estimate: float
    std_error: float
    n: int
    df: float
    observed: float
    chance: float
    method: str
    note: str = ""


def _estimate(
    data: pd.DataFrame,
    raters: Sequence[str] | None,
    formula: Formula,
    term: str,
    weights: Weights | None,
    categories: Sequence[Any] | None,
    by: str | Sequence[str] | None,
    level: float,
    interval: Callable[[Floats, Floats, Floats, float], tuple[Floats, Floats]],
) -> pd.DataFrame:
    check_level(level)
    names = rater_columns(data, raters, by)
    ratings = read_ratings(data, names, categories)
    weight = _weights(weights, ratings, names)
    group, keys = groups(data, names_of(by))
    parts = [Ratings(ratings.codes[group == row], ratings.categories, True) for row in range(len(keys))]
    found = pd.DataFrame([vars(_one(part, weight, formula)) for part in parts], columns=list(_FIELDS))
    estimate, std_error = found["estimate"].to_numpy(dtype=float), found["std_error"].to_numpy(dtype=float)
    low, high = interval(estimate, std_error, found["df"].to_numpy(dtype=float), level)
    out = estimates(
        keys,
        term=term,
        method="",
        level=level,
        low=np.maximum(low, -1),
        high=np.minimum(high, 1),
        **{name: found[name].to_numpy() for name in ("estimate", "std_error", "n", "df", "note")},
    )
    out["method"] = [f"{method}, {weights} weights" if weights else method for method in found["method"]]
    return out.assign(observed=found["observed"].to_numpy(), chance=found["chance"].to_numpy())


_FIELDS = tuple(Agreement.__dataclass_fields__)


def _weights(weights: Weights | None, ratings: Ratings, raters: Sequence[str]) -> Floats:
    """How much of an agreement each pair of categories is: 1 on the diagonal."""
    if weights not in (None, "linear", "quadratic"):
        raise InvalidInput(_('weights is {value}; give "linear" or "quadratic", or leave it out.'), value=repr(weights))
    q = len(ratings.categories)
    if weights is None:
        return np.eye(q)
    if not ratings.ordered:
        raise InvalidInput(
            _(
                'The ratings in "{column}" are text without an order, so they cannot be weighted; name the categories '
                "in order (categories=[…])."
            ),
            column=raters[0],
        )
    distance = np.abs(np.subtract.outer(np.arange(q), np.arange(q))) / max(q - 1, 1)
    return 1 - (distance if weights == "linear" else distance**2)


def _one(ratings: Ratings, weight: Floats, formula: Formula) -> Agreement:
    rated = (ratings.codes >= 0).sum(axis=1)
    n = int((rated >= 2).sum())
    if n < 2:
        return _nothing(n, AgreementNote.TWO_NEEDED)
    found = formula(ratings, weight)
    return replace(found, note=AgreementNote.RARE.value) if not found.note and one_sided(ratings.counts()) else found


def _nothing(n: int, note: str) -> Agreement:
    return Agreement(np.nan, np.nan, n, np.nan, np.nan, np.nan, "", str(note))


def _finish(
    observed: float, chance: float, influence: Callable[[float], float], n: int, df: float, method: str
) -> Agreement:
    """Put a coefficient together; `influence` gives the standard error at an estimate."""
    if 1 - chance < 1e-12:
        return _nothing(n, AgreementNote.ALL_ALIKE)
    estimate = (observed - chance) / (1 - chance)
    if 1 - observed < 1e-12:
        return Agreement(1.0, np.nan, n, df, observed, chance, method, AgreementNote.ENTIRE.value)
    return Agreement(estimate, influence(estimate), n, df, observed, chance, method)


def _cohen(ratings: Ratings, weight: Floats) -> Agreement:
    both = ratings.codes[(ratings.codes >= 0).all(axis=1)]
    n, q = len(both), len(ratings.categories)
    table = np.bincount(both[:, 0] * q + both[:, 1], minlength=q * q).reshape(q, q) / n
    first, second = table.sum(axis=1), table.sum(axis=0)
    chance = float(first @ weight @ second)

    def error(estimate: float) -> float:
        mean_weights = (weight @ second)[:, None] + (first @ weight)[None, :]
        squares = float((table * (weight - mean_weights * (1 - estimate)) ** 2).sum())
        variance = (squares - (estimate - chance * (1 - estimate)) ** 2) / (n * (1 - chance) ** 2)
        return float(np.sqrt(max(variance, 0)))

    return _finish(float((table * weight).sum()), chance, error, n, n - 1.0, "Cohen, t on Fisher's scale")


@dataclass(frozen=True)
class _Counts:
    """Subjects × categories of the subjects that were rated at all, and what all raters' coefficients share."""

    counts: Floats
    raters: Floats
    agreement: Floats
    twice: Floats

    @property
    def shares(self) -> Floats:
        """Mean share of each category over the subjects."""
        return np.asarray((self.counts / self.raters[:, None]).mean(axis=0))

    def error(self, estimate: float, chance: float, chance_by_subject: Floats) -> float:
        """Standard error by linearisation: each subject's own coefficient less its pull on the chance agreement."""
        n = len(self.counts)
        own = n / self.twice.sum() * (self.agreement - chance * self.twice) / (1 - chance)
        pulled = own - 2 * (1 - estimate) * (chance_by_subject - chance) / (1 - chance)
        return float(np.sqrt(((pulled - estimate) ** 2).sum() / (n * (n - 1))))

    @property
    def observed(self) -> float:
        """Mean share of agreeing pairs over the subjects with two ratings or more."""
        return float(self.agreement.sum() / self.twice.sum())


def _counts(ratings: Ratings, weight: Floats) -> _Counts:
    counts = ratings.counts()
    counts = counts[counts.sum(axis=1) > 0]
    raters = counts.sum(axis=1)
    agreeing = (counts * (counts @ weight - 1)).sum(axis=1)
    agreement = np.nan_to_num(ratio(agreeing, raters * (raters - 1)))
    return _Counts(counts, raters, agreement, (raters >= 2).astype(float))


def _fleiss(ratings: Ratings, weight: Floats) -> Agreement:
    found = _counts(ratings, weight)
    shares = found.shares
    chance = float(shares @ weight @ shares)
    by_subject = found.counts @ (weight @ shares) / found.raters

    def error(estimate: float) -> float:
        return found.error(estimate, chance, by_subject)

    return _finish(
        found.observed, chance, error, int(found.twice.sum()), len(found.counts) - 1.0, "Fleiss, t on Fisher's scale"
    )


def _gwet(ratings: Ratings, weight: Floats) -> Agreement:
    q = len(ratings.categories)
    found = _counts(ratings, weight)
    if q < 2:
        return _nothing(int(found.twice.sum()), AgreementNote.ALL_ALIKE)
    share_of_pairs = float(weight.sum()) / (q * (q - 1))
    shares = found.shares
    chance = share_of_pairs * float((shares * (1 - shares)).sum())
    by_subject = share_of_pairs * (found.counts @ (1 - shares)) / found.raters

    def error(estimate: float) -> float:
        return found.error(estimate, chance, by_subject)

    return _finish(found.observed, chance, error, int(found.twice.sum()), len(found.counts) - 1.0, "Gwet, t")
