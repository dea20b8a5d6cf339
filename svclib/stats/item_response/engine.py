"""Marginal maximum likelihood: EM to come near, then Newton's steps with the observed information.

EM rises from any start but crawls near the top; Newton's steps, whose matrix the sums of the E step give almost free,
need a handful of passes. Of many candidates a sample gives the start and the matrix, so that the whole data are read
only a few times. Single precision carries all passes but the last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import DTypeLike
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from svclib.stats.arrays import Floats
from svclib.stats.item_response import latent as ability
from svclib.stats.item_response.estep import Cells, Expected, expect
from svclib.stats.item_response.kernels import Curves, complete_information, ordered
from svclib.stats.item_response.layout import Layout
from svclib.stats.item_response.missing_information import score_sums
from svclib.stats.item_response.mstep import gathered, item_slopes, maximised
from svclib.stats.item_response.threads import one_matrix_thread

_SAMPLE = 5000
_EM = 40
_NEAR = 0.03
"""Newton's steps begin when EM changes no parameter by more."""
_REACH = 1.0
_DENSE = 4000
"""Most free parameters for which a whole matrix is kept."""
_DAMPING = (0.0, 0.05, 0.3, 1.0, 4.0)
_ORDERS = 3
_SINGLE = 5e-4
"""Single precision ends at steps of this size: what is left is of its own noise, and Newton's last step is taken."""
_LOOSE, _GAIN = 10, 1e-4
_LARGE = 400_000
_STEPS = 120
"""Up to so many thresholds a posterior is wide enough for half the points, for a start."""


@dataclass(frozen=True, eq=False)
class Point:
    """The log-likelihood (with the priors: `objective`) at `free`, its slope, and what the E step gave."""

    free: Floats
    values: Floats
    latent: Floats
    loglik: float
    objective: float
    gradient: Floats
    expected: Expected


@dataclass(frozen=True, eq=False)
class Summit:
    """Where the climb ended."""

    point: Point
    iterations: int
    converged: bool
    information: Floats | None = None


@dataclass(frozen=True, eq=False)
class Problem:
    """A layout, the responses and the points of ability."""

    layout: Layout
    cells: Cells
    theta: Floats
    dtype: DTypeLike = np.float64

    @property
    def large(self) -> bool:
        """Whether a pass over the responses takes long."""
        return self.cells.codes.size > _LARGE

    def at(self, free: Floats) -> Point | None:
        """Evaluate; None where the values are impossible."""
        values, latent = self.layout.spread(free)
        if not np.isfinite(free).all() or not ordered(self.layout, values).all():
            return None
        curves = Curves(self.layout, values, self.theta)
        expected = expect(self.cells, curves.log_p, ability.log_weights(latent, self.theta), self.dtype)
        items = item_slopes(self.layout, curves, expected.counts, values)
        groups = np.einsum("gq,gsq->gs", expected.nodes, ability.slopes(latent, self.theta))
        gradient = self.layout.total(items, groups)
        objective = expected.loglik + self.layout.log_prior(values)
        return Point(free, values, latent, expected.loglik, objective, gradient, expected)

    def complete(self, point: Point) -> Floats:
        """Information about the free parameters if ability were seen."""
        items = complete_information(Curves(self.layout, point.values, self.theta), point.expected.exposed)
        at = np.arange(items.shape[1])
        items[:, at, at] += 1 / self.layout.prior_sd**2
        groups = ability.complete_information(point.latent, self.theta, point.expected.nodes)
        return gathered(self.layout, items, groups)

    def information(self, point: Point) -> Floats:
        """Information about the free parameters, nearly the observed one."""
        sums = score_sums(
            self.layout, self.cells, point.values, point.latent, self.theta, orders=_ORDERS, dtype=np.float32
        )
        return self.complete(point) - sums.missing


@one_matrix_thread()
def climb(problem: Problem, start: Floats, tolerance: float = 1e-5, iterations: int = 500) -> Summit:
    """Find the highest log-likelihood from `start`."""
    cells = problem.cells
    step = sample_step(cells)
    begun, known = start, None
    if step > 1:
        part = replace(problem, cells=cells.every(step), theta=_coarse(problem), dtype=np.float32)
        low = _newton(part, _em(part, begun, iterations), 3e-3, iterations)
        begun = low.point.free
        if low.information is not None:
            known = low.information * (cells.total / part.cells.total)
    if problem.large:
        single = replace(problem, dtype=np.float32)
        high = _newton(single, _evaluated(single, begun, start, iterations), _SINGLE, iterations, known)
        begun, known = high.point.free, high.information
    near = _evaluated(problem, begun, start, iterations) if known is not None else _em(problem, begun, iterations)
    return _newton(problem, near, tolerance, iterations, known)


def _coarse(problem: Problem) -> Floats:
    few = int((problem.cells.categories - 1).sum()) <= _STEPS and len(problem.theta) % 2
    return problem.theta[::2] if few else problem.theta


def sample_step(cells: Cells) -> int:
    """Give the step at which candidates are sampled: 1 where the sample would be poor."""
    step = cells.codes.shape[1] // _SAMPLE
    if step < 3 or np.ptp(cells.weights) > 0:
        return 1
    part = cells.codes[:, ::step]
    seen = [(part == k).sum(axis=1)[cells.categories > k] for k in range(int(cells.categories.max()))]
    groups = np.bincount(cells.group[::step], minlength=cells.groups)
    return step if min(int(counts.min()) for counts in seen) >= 20 and groups.min() >= 500 else 1


def _evaluated(problem: Problem, free: Floats, start: Floats, iterations: int) -> Point:
    return problem.at(free) or _em(problem, start, iterations)


def _em(problem: Problem, start: Floats, iterations: int) -> Point:
    point = problem.at(start)
    if point is None:
        raise FloatingPointError("the starting values are impossible")
    for _turn in range(min(_EM, iterations)):
        following = _em_step(problem, point)
        change = np.abs(following.free - point.free).max(initial=0.0)
        point = following
        if change < _NEAR:
            break
    return point


def _em_step(problem: Problem, point: Point) -> Point:
    free = maximised(problem.layout, point.values, point.latent, problem.theta, point.expected)
    return problem.at(free) or point


def _newton(
    problem: Problem, point: Point, tolerance: float, iterations: int, known: Floats | None = None
) -> Summit:  # fmt: skip
    if problem.layout.size == 0:
        return Summit(point, 0, True)
    if problem.layout.size > _DENSE:
        return _crawl(problem, point, tolerance, iterations)
    matrix = problem.information(point) if known is None else known
    fresh = known is None
    for turn in range(1, iterations + 1):
        step = _step(problem, point, matrix)
        moved = float(np.abs(step / (1 + np.abs(point.free))).max())
        if moved < tolerance or (problem.large and _next_to_nothing(moved / tolerance, point, step)):
            return Summit(_last(problem, point, step, moved / tolerance), turn, True, matrix)
        following = problem.at(point.free + step)
        if following is None or following.objective < point.objective - _noise(problem, point):
            following = _rescue(problem, point, step)
            matrix, fresh = problem.information(following), True
        elif not fresh and _slow(following, point, matrix):
            matrix, fresh = problem.information(following), True
        else:
            matrix = _secant(matrix, following.free - point.free, point.gradient - following.gradient)
            fresh = False
        point = following
    return Summit(point, iterations, False, matrix)


def _next_to_nothing(tolerances: float, point: Point, step: Floats) -> bool:
    """Whether the last step is too small for another look at very many responses."""
    return tolerances < _LOOSE and 0.5 * float(step @ point.gradient) < _GAIN


def _last(problem: Problem, point: Point, step: Floats, tolerances: float) -> Point:
    """Take the last step: of many responses without another look, for its gain is known better than can be seen."""
    if not problem.large and problem.dtype != np.float32:
        last = problem.at(point.free + step) if tolerances > 0.01 else None
        return point if last is None or last.objective < point.objective - _noise(problem, point) else last
    free = point.free + step
    values, latent = problem.layout.spread(free)
    if not ordered(problem.layout, values).all():
        return point
    objective = point.objective + 0.5 * float(step @ point.gradient)
    loglik = objective - problem.layout.log_prior(values)
    return replace(point, free=free, values=values, latent=latent, loglik=loglik, objective=objective)


def _noise(problem: Problem, point: Point) -> float:
    return abs(point.objective) * (2e-7 if problem.dtype == np.float32 else 1e-12)


def _slow(following: Point, point: Point, matrix: Floats) -> bool:
    scale = np.maximum(np.diag(matrix), 1e-12)
    left, right = (float(np.sum(at.gradient**2 / scale)) for at in (following, point))
    return left > 0.25 * right


def _step(problem: Problem, point: Point, matrix: Floats) -> Floats:
    for damping in _DAMPING:
        try:
            whole = matrix + damping * problem.complete(point) if damping else matrix
            step = cho_solve(cho_factor(whole), point.gradient)
        except LinAlgError:
            continue
        size = float(np.abs(step).max())
        return np.asarray(step * min(1.0, _REACH / size) if size else step)
    scale = np.maximum(np.diag(problem.complete(point)), 1e-8)
    return np.asarray(np.clip(point.gradient / scale, -_REACH, _REACH))


def _rescue(problem: Problem, point: Point, step: Floats) -> Point:
    for factor in (0.5, 0.25, 0.1):
        shorter = problem.at(point.free + factor * step)
        if shorter is not None and shorter.objective > point.objective:
            return shorter
    for _turn in range(5):
        point = _em_step(problem, point)
    return point


def _secant(matrix: Floats, moved: Floats, lost: Floats) -> Floats:
    """Correct the matrix so that it explains the change of the slope (BFGS)."""
    seen, reached = float(moved @ lost), matrix @ moved
    if seen <= 1e-10 * float(moved @ moved):
        return matrix
    return np.asarray(matrix + np.outer(lost, lost) / seen - np.outer(reached, reached) / float(moved @ reached))


def _crawl(problem: Problem, point: Point, tolerance: float, iterations: int) -> Summit:
    for turn in range(1, iterations + 1):
        following = _em_step(problem, point)
        moved = float(np.abs((following.free - point.free) / (1 + np.abs(point.free))).max())
        point = following
        if moved < tolerance:
            return Summit(point, turn, True)
    return Summit(point, iterations, False)
