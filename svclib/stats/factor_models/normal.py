"""The normal likelihood of answers of which some are missing, by pattern of what is there.

Complete answers are a single pattern. Moments are (μ, vech Σ), or vech Σ alone where the means are left free; formulas
as in Savalei (2010) and Yuan and Bentler (2000).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.factor_models.moments import Layout

_LOG_2PI = float(np.log(2 * np.pi))
_BLOCK = 2_000_000
"""Numbers of one block of patterns' matrices that are held at once."""


@dataclass(frozen=True, eq=False)
class Patterns:
    """Answers of one group by pattern.

    Attributes
    ----------
    answers : (rows, items) float
        NaN where missing.
    weights : (rows,) float
        Of mean 1 over all groups.
    pattern : (rows,) int
    there : (patterns, items) bool
    n : (patterns,) float
        Sum of weights.
    means : (patterns, items) float
        0 where missing.
    spread : (patterns, items, items) float
        Covariances about the pattern's mean, divisor n; 0 where missing.
    """

    answers: Floats
    weights: Floats
    pattern: Ints
    there: Bools
    n: Floats
    means: Floats
    spread: Floats

    @property
    def total(self) -> float:
        """Weighted number of respondents."""
        return float(self.n.sum())

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.there.all())


def read_patterns(answers: Floats, weights: Floats) -> Patterns:
    """Sort the answers of a group by pattern."""
    known = ~np.isnan(answers)
    if known.all():
        return _complete(answers, weights)
    there, pattern = np.unique(known, axis=0, return_inverse=True)
    pattern = pattern.reshape(-1).astype(np.int64)
    n = np.bincount(pattern, weights, len(there)).astype(np.float64)
    filled = np.where(known, answers, 0.0)
    means = _sums(pattern, filled * weights[:, None], len(there)) / n[:, None]
    off = np.where(known, answers - means[pattern], 0.0)
    spread = np.empty((len(there), answers.shape[1], answers.shape[1]))
    order = np.argsort(pattern, kind="stable")
    ends = np.cumsum(np.bincount(pattern, minlength=len(there)))
    for at, rows in enumerate(np.split(order, ends[:-1])):
        part = off[rows]
        spread[at] = (part * weights[rows, None]).T @ part / n[at]
    return Patterns(answers, weights, pattern, there, n, means, spread)


def _complete(answers: Floats, weights: Floats) -> Patterns:
    """The single pattern of answers of which none is missing."""
    total = weights.sum()
    mean = weights @ answers / total
    off = answers - mean
    spread = (off * weights[:, None]).T @ off / total
    pattern = np.zeros(len(answers), dtype=np.int64)
    there = np.ones((1, answers.shape[1]), dtype=np.bool_)
    return Patterns(answers, weights, pattern, there, np.array([total]), mean[None, :], spread[None, :, :])


def _sums(code: Ints, values: Floats, size: int) -> Floats:
    out = np.zeros((size, values.shape[1]))
    np.add.at(out, code, values)
    return out


def moment_matrices(where: Layout, moments: Floats, data: Patterns) -> tuple[Floats, Floats]:
    """Give μ and Σ of a vector of moments; without means in it μ is the mean of the answers."""
    items = data.there.shape[1]
    sigma = np.empty((items, items))
    pairs = moments[where.means :]
    sigma[where.first, where.second] = sigma[where.second, where.first] = pairs
    return (moments[:items] if where.means else data.n @ data.means / data.total), sigma


@dataclass(frozen=True, eq=False)
class Precision:
    """What the likelihood needs of every pattern: Σ⁻¹ of what is there (0 elsewhere), log|Σ|, squares about μ."""

    mean: Floats
    inverse: Floats
    logdet: Floats
    off: Floats
    squares: Floats


def precision(where: Layout, moments: Floats, data: Patterns) -> Precision | None:
    """Invert Σ for every pattern; nothing if it is not positive definite."""
    mu, sigma = moment_matrices(where, moments, data)
    there = data.there.astype(float)
    both = there[:, :, None] * there[:, None, :]
    padded = sigma * both
    items = np.arange(len(sigma))
    padded[:, items, items] += 1 - there
    try:
        np.linalg.cholesky(sigma)
        inverse = np.linalg.inv(padded) * both
    except np.linalg.LinAlgError:
        return None
    logdet = np.linalg.slogdet(padded)[1]
    off = np.where(data.there, data.means - mu, 0.0)
    return Precision(mu, inverse, logdet, off, data.spread + off[:, :, None] * off[:, None, :])


def loglik(parts: Precision | None, data: Patterns) -> float:
    """Log-likelihood; −∞ where Σ is not positive definite."""
    if parts is None:
        return -np.inf
    traces = np.einsum("jab,jab->j", parts.inverse, parts.squares)
    return float(-0.5 * data.n @ (data.there.sum(axis=1) * _LOG_2PI + parts.logdet + traces))


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of the log-likelihood by μ and by Σ (symmetric, dl = tr(G dΣ))."""

    mean: Floats
    covariance: Floats

    def vector(self, where: Layout) -> Floats:
        """By the moments."""
        pairs = self.covariance[where.first, where.second] * multiplicity(where)
        return np.concatenate([self.mean[: where.means], pairs])


def multiplicity(where: Layout) -> Floats:
    """How often a covariance stands in Σ: 1 on the diagonal, 2 off it."""
    return np.where(where.first == where.second, 1.0, 2.0)


def slopes(parts: Precision, data: Patterns) -> Slopes:
    """Differentiate the log-likelihood."""
    mean = np.einsum("j,jab,jb->a", data.n, parts.inverse, parts.off)
    inner = parts.inverse @ parts.squares @ parts.inverse - parts.inverse
    return Slopes(mean, 0.5 * np.einsum("j,jab->ab", data.n, inner))


def information(where: Layout, parts: Precision, data: Patterns, *, observed: bool) -> Floats:
    """Information of the group's answers about the moments, expected or observed (the negative second derivative)."""
    mean = np.einsum("j,jab->ab", data.n, parts.inverse)
    if len(data.n) == 1 and not observed:
        return _joined(where, mean, data.n[0] * pair_information(where, parts.inverse[0]))
    if len(data.n) == 1:
        return _single_information(where, parts, data)
    size = data.there.shape[1]
    outer = np.zeros((size * size, size * size))
    cross = np.zeros((size * size, size))
    step = max(1, _BLOCK // (size * size))
    for begin in range(0, len(data.n), step):
        some = slice(begin, begin + step)
        inverse, n = parts.inverse[some], data.n[some]
        flat = (inverse * n[:, None, None]).reshape(len(n), -1)
        right = inverse
        if observed:
            right = _right(inverse, parts.squares[some])
            cross += flat.T @ np.einsum("jab,jb->ja", inverse, parts.off[some])
        outer += flat.T @ right.reshape(len(n), -1)
    pairs = _pair_information(where, outer.reshape(size, size, size, size), observed=observed)
    return _joined(where, mean, pairs, _mixed_information(where, cross.reshape(size, size, size)))


def _right(inverse: Floats, squares: Floats) -> Floats:
    """WMW − W/2, which stands beside W in the observed information."""
    return np.asarray(inverse @ squares @ inverse - 0.5 * inverse)


def _joined(where: Layout, mean: Floats, pairs: Floats, mixed: Floats | None = None) -> Floats:
    """Put the information about means and covariances together; that about covariances alone where means are free."""
    if not where.means:
        return pairs
    corner = np.zeros((where.means, len(pairs))) if mixed is None else mixed
    return np.block([[mean, corner], [corner.T, pairs]])


def _single_information(where: Layout, parts: Precision, data: Patterns) -> Floats:
    """Observed information of complete answers."""
    a, b, n, inverse = where.first, where.second, data.n[0], parts.inverse[0]
    right, twice = _right(inverse, parts.squares[0]), multiplicity(where)
    found = inverse[np.ix_(a, a)] * right[np.ix_(b, b)] + inverse[np.ix_(b, b)] * right[np.ix_(a, a)]
    crossed = inverse[np.ix_(a, b)] * right[np.ix_(a, b)].T
    pairs = n * (found + crossed + crossed.T) * np.outer(twice, twice / 4)
    cross = n * inverse[:, :, None] * (inverse @ parts.off[0])
    return _joined(where, n * inverse, pairs, _mixed_information(where, cross))


def pair_information(where: Layout, inverse: Floats) -> Floats:
    """Expected information of one complete answer about the covariances, from Σ⁻¹."""
    a, b, twice = where.first, where.second, multiplicity(where)
    same = inverse[np.ix_(a, a)] * inverse[np.ix_(b, b)]
    crossed = inverse[np.ix_(a, b)]
    return np.asarray((same + crossed * crossed.T) * np.outer(twice, twice / 4))


def _pair_information(where: Layout, outer: Floats, *, observed: bool) -> Floats:
    """Information about the covariances from Σ n W ⊗ W, or from Σ n W ⊗ (WMW − W/2) for the observed one."""
    a, b = where.first[:, None], where.second[:, None]
    c, d = where.first[None, :], where.second[None, :]
    twice = multiplicity(where)
    found = outer[a, c, b, d] + outer[a, d, b, c]
    if observed:
        found = found + outer[b, d, a, c] + outer[b, c, a, d]
    return np.asarray(found * twice[:, None] * twice[None, :] / 4)


def _mixed_information(where: Layout, cross: Floats) -> Floats:
    a, b = where.first, where.second
    return np.asarray((cross[:, a, b] + cross[:, b, a]) * multiplicity(where) / 2)


def scores(where: Layout, parts: Precision, data: Patterns) -> Floats:
    """Derivative of each row's log-likelihood by the moments, unweighted: (rows, moments)."""
    off = np.where(np.isnan(data.answers), 0.0, data.answers - parts.mean)
    pulled = np.empty_like(off)
    if len(data.n) == 1:
        pulled[:] = off @ parts.inverse[0]
    else:
        step = max(1, _BLOCK // parts.inverse[0].size)
        for begin in range(0, len(off), step):
            some = slice(begin, begin + step)
            pulled[some] = np.einsum("iab,ib->ia", parts.inverse[data.pattern[some]], off[some])
    pairs = pulled[:, where.first] * pulled[:, where.second]
    pairs -= parts.inverse[:, where.first, where.second][data.pattern]
    pairs *= multiplicity(where) / 2
    return np.concatenate([pulled[:, : where.means], pairs], axis=1)


def margins(data: Patterns) -> tuple[Floats, Floats]:
    """Mean and variance of each item over the answers there are."""
    there = data.there.astype(float)
    count = data.n @ there
    mu = data.n @ data.means / count
    off = np.where(data.there, data.means - mu, 0.0)
    return mu, (np.einsum("j,jaa->a", data.n, data.spread) + data.n @ off**2) / count


def available_moments(data: Patterns) -> tuple[Floats, Floats]:
    """Means and covariances of complete answers; else a first guess by the EM algorithm (Dempster and others 1977)."""
    if data.complete:
        return data.means[0], data.spread[0]
    mu, variances = margins(data)
    return _expected_moments(data, mu, np.diag(variances))


def _expected_moments(data: Patterns, mu: Floats, sigma: Floats, steps: int = 12) -> tuple[Floats, Floats]:
    there = data.there.astype(float)
    both = there[:, :, None] * there[:, None, :]
    eye = np.arange(len(mu))
    for _step in range(steps):
        padded = sigma * both
        padded[:, eye, eye] += 1 - there
        inverse = np.linalg.inv(padded) * both
        slope = sigma @ inverse
        off = np.where(data.there, data.means - mu, 0.0)
        filled = mu + np.einsum("jab,jb->ja", slope, off)
        left = sigma - slope @ sigma
        spread = slope @ data.spread @ slope.transpose(0, 2, 1) + left
        new = data.n @ filled / data.total
        apart = filled - new
        sigma = np.einsum("j,jab->ab", data.n, spread) + (apart * data.n[:, None]).T @ apart
        mu, sigma = new, sigma / data.total
    return mu, sigma
