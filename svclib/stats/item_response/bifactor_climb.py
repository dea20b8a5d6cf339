"""Marginal maximum likelihood of the bifactor model: EM to come near, then quasi-Newton steps with the exact slope."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.item_response.bifactor_design import FIXED, Design
from svclib.stats.item_response.bifactor_estep import Curve, Expected, Sheets, candidate_scores, curve, curves, expect

_EM = 40
_NEAR = 0.02
"""The steps of Newton begin when EM changes no parameter by more."""
_INNER = 4
_REACH = 1.0
_GAIN = 1e-8
"""The climb ends when a step promises less than this of log-likelihood."""
_STUCK = 1e-5
"""No step rises and none promises more than this: the top, as far as the numbers tell."""
_DAMPING = (1e-4, 0.02, 0.1, 0.5, 2.0)
_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Point:
    """The log-likelihood at `free`, its slope, and what the E step gave."""

    free: Floats
    values: Floats
    loglik: float
    gradient: Floats
    known: dict[int, Curve]
    expected: Expected


@dataclass(frozen=True, eq=False)
class Problem:
    """A design and the answers."""

    plan: Design
    sheets: Sheets

    def at(self, free: Floats) -> Point | None:
        """Evaluate; None where the values are impossible."""
        values = self.plan.spread(free)
        if not np.isfinite(free).all() or not self.plan.possible(values):
            return None
        known = curves(self.plan, self.sheets, values)
        found = expect(self.sheets, known)
        places = np.zeros(values.shape)
        for item, count in found.counts.items():
            places[item, : len(known[item].slopes)] = np.einsum("skp,kp->s", known[item].slopes, count)
        return Point(free, values, found.loglik, self.plan.total(places), known, found)

    def complete(self, point: Point) -> Floats:
        """Information about the free parameters if all factors were seen."""
        out = np.zeros((self.plan.size, self.plan.size))
        for item, known in point.known.items():
            slots = self.plan.slots[item, : len(known.slopes)]
            there = np.flatnonzero(slots != FIXED)
            told = _complete(known, point.expected.counts[item])
            out[np.ix_(slots[there], slots[there])] += told[np.ix_(there, there)]
        return out

    def crossed(self, point: Point) -> Floats:
        """Sum of the squared slopes of the candidates: near the top the information."""
        out = np.zeros((self.plan.size, self.plan.size))
        for rows, scores in candidate_scores(self.plan, self.sheets, point.known):
            out += (scores * self.sheets.weights[rows, None]).T @ scores
        return out

    def observed(self, point: Point) -> Floats:
        """Minus the second derivatives, by central differences of the exact slope."""
        size = self.plan.size
        out = np.zeros((size, size))
        for at in np.flatnonzero(~self.plan.held(point.free)):
            move = np.zeros(size)
            move[at] = _STEP * max(1.0, abs(point.free[at]))
            high, low = self.at(point.free + move), self.at(point.free - move)
            if high is None or low is None:
                return np.full((size, size), np.nan)
            out[at] = (low.gradient - high.gradient) / (2 * move[at])
        return (out + out.T) / 2


def _complete(known: Curve, counts: Floats) -> Floats:
    chance = np.exp(known.log_p) * counts.sum(axis=0)
    flat = known.slopes.reshape(len(known.slopes), -1)
    return np.asarray((flat * chance.reshape(-1)) @ flat.T)


@dataclass(frozen=True, eq=False)
class Summit:
    """Where the climb ended."""

    point: Point
    iterations: int
    converged: bool


def climb(problem: Problem, start: Floats, iterations: int = 500) -> Summit:
    """Find the highest log-likelihood from `start`."""
    first = problem.at(start)
    if first is None:
        raise FloatingPointError("the starting values are impossible")
    point, turns = _em(problem, first, min(_EM, iterations))
    matrix, fresh = problem.crossed(point), True
    for turn in range(turns + 1, iterations + 1):
        step, gain = _step(problem, point, matrix)
        if gain < _GAIN:
            return Summit(point, turn, True)
        following = problem.at(problem.plan.bounded(point.free + step))
        if following is None or following.loglik < point.loglik - 1e-12 * abs(point.loglik):
            following = _rescue(problem, point, step)
            if following.loglik <= point.loglik + _GAIN:
                return Summit(point, turn, gain < _STUCK)
            matrix, fresh = problem.crossed(following), True
        elif not fresh and _slow(following, point, matrix):
            matrix, fresh = problem.crossed(following), True
        else:
            matrix = _secant(matrix, following.free - point.free, point.gradient - following.gradient)
            fresh = False
        point = following
    return Summit(point, iterations, False)


def _em(problem: Problem, point: Point, turns: int) -> tuple[Point, int]:
    for turn in range(turns):
        following = em_step(problem, point)
        change = float(np.abs(following.free - point.free).max(initial=0.0))
        point = following
        if change < _NEAR:
            return point, turn + 1
    return point, turns


def em_step(problem: Problem, point: Point) -> Point:
    """One step of EM; the point itself where the step is impossible."""
    plan, values = problem.plan, point.values.copy()
    specific = {item: bundle.specific for bundle in problem.sheets.bundles for item in bundle.items}
    theta = {item: bundle.theta for bundle in problem.sheets.bundles for item in bundle.items}
    for item, counts in point.expected.counts.items():
        free: Ints = np.flatnonzero(plan.slots[item] != FIXED)
        for _turn in range(_INNER):
            known = curve(values[item], int(plan.categories[item]), theta[item], specific[item])
            slope = np.einsum("skp,kp->s", known.slopes, counts)[free]
            told = _complete(known, counts)[np.ix_(free, free)]
            moved = _safe(values[item], free, np.linalg.solve(told + 1e-8 * np.eye(len(free)), slope))
            values[item] = moved
            if np.abs(slope).max() < 1e-3:
                break
    following = problem.at(plan.bounded(plan.gather(values)))
    return following if following is not None and following.loglik >= point.loglik else point


def _safe(values: Floats, free: Ints, step: Floats) -> Floats:
    """Take as much of a step as keeps it short and the intercepts falling."""
    step = step * min(1.0, _REACH / max(float(np.abs(step).max()), 1e-12))
    last = int(np.max(free)) + 1
    for factor in (1.0, 0.5, 0.25, 0.1, 0.0):
        moved = values.copy()
        moved[free] += factor * step
        if (np.diff(moved[2:last]) < 0).all():
            return moved
    return values


def _step(problem: Problem, point: Point, matrix: Floats) -> tuple[Floats, float]:
    """The step and what it promises; a little of the complete information keeps the matrix from being singular."""
    held = problem.plan.held(point.free, point.gradient)
    slope = np.where(held, 0.0, point.gradient)
    complete = _apart(problem.complete(point), held)
    for damping in _DAMPING:
        try:
            step = cho_solve(cho_factor(_apart(matrix, held) + damping * complete), slope)
        except LinAlgError:
            continue
        gain = float(step @ slope) / 2
        return np.asarray(step * min(1.0, _REACH / max(float(np.abs(step).max()), 1e-12))), gain
    scale = np.maximum(np.diag(complete), 1e-8)
    step = np.clip(slope / scale, -_REACH, _REACH)
    return step, float(step @ slope) / 2


def _apart(matrix: Floats, held: Bools) -> Floats:
    """Take parameters that stand at a bound out of the matrix."""
    out = np.where(held[:, None] | held, 0.0, matrix)
    out[held, held] = 1.0
    return np.asarray(out)


def _rescue(problem: Problem, point: Point, step: Floats) -> Point:
    for factor in (0.5, 0.25, 0.1):
        shorter = problem.at(problem.plan.bounded(point.free + factor * step))
        if shorter is not None and shorter.loglik > point.loglik:
            return shorter
    for _turn in range(5):
        point = em_step(problem, point)
    return point


def _slow(following: Point, point: Point, matrix: Floats) -> bool:
    scale = np.maximum(np.diag(matrix), 1e-12)
    left, right = (float(np.sum(at.gradient**2 / scale)) for at in (following, point))
    return left > 0.25 * right


def _secant(matrix: Floats, moved: Floats, lost: Floats) -> Floats:
    """Correct the matrix so that it explains the change of the slope (BFGS)."""
    seen, reached = float(moved @ lost), matrix @ moved
    if seen <= 1e-10 * float(moved @ moved):
        return matrix
    return np.asarray(matrix + np.outer(lost, lost) / seen - np.outer(reached, reached) / float(moved @ reached))
