"""Families and links of generalised linear models (McCullagh and Nelder 1989)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, logit, ndtr, ndtri, xlog1py, xlogy

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.marks import _

_EDGE = float(np.finfo(float).eps)
"""A fitted share stays this far from 0 and 1, so that its variance is not 0."""
_LARGEST = 700.0
"""exp of more overflows."""


@dataclass(frozen=True)
class Link:
    """How the mean hangs on the linear predictor.

    Attributes
    ----------
    forward, inverse : function
        Mean → predictor, and back.
    slope, curve : function
        First and second derivative of `inverse`.
    effect : str
        What exp(coefficient) is; empty where it is nothing.
    """

    name: str
    forward: Callable[[Floats], Floats]
    inverse: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    curve: Callable[[Floats], Floats]
    effect: str = ""


def _share(mean: Floats) -> Floats:
    return np.clip(mean, _EDGE, 1 - _EDGE)


def _exp(predictor: Floats) -> Floats:
    return np.exp(np.clip(predictor, -_LARGEST, _LARGEST))


def _normal(predictor: Floats) -> Floats:
    return np.exp(-(predictor**2) / 2) / np.sqrt(2 * np.pi)


def _gompertz(predictor: Floats) -> Floats:
    """Derivative of 1 − exp(−exp(x))."""
    return np.exp(np.minimum(predictor, _LARGEST) - _exp(predictor))


def _logistic(predictor: Floats) -> Floats:
    return np.asarray(expit(predictor) * expit(-predictor))


LINKS = {
    "identity": Link("identity", lambda mean: mean, lambda eta: eta, np.ones_like, np.zeros_like),
    "log": Link("log", np.log, _exp, _exp, _exp, effect="ratio"),
    "logit": Link(
        "logit",
        logit,
        lambda eta: _share(expit(eta)),
        _logistic,
        lambda eta: _logistic(eta) * (expit(-eta) - expit(eta)),
        effect="odds ratio",
    ),
    "probit": Link("probit", ndtri, lambda eta: _share(ndtr(eta)), _normal, lambda eta: -eta * _normal(eta)),
    "cloglog": Link(
        "cloglog",
        lambda mean: np.log(-np.log1p(-mean)),
        lambda eta: _share(-np.expm1(-_exp(eta))),
        _gompertz,
        lambda eta: _gompertz(eta) * (1 - _exp(eta)),
        effect="hazard ratio",
    ),
}


@dataclass(frozen=True)
class Family:
    """A distribution of the outcome around its mean.

    Attributes
    ----------
    links : tuple of str
        The links it can have, its usual one first.
    variance : function of (rows,) means
    deviance : function of outcomes and means
        Of each row, not yet doubled for the sign.
    fixed : bool
        The dispersion is 1 by assumption, not estimated.
    loglik : function of outcomes, means, weights and dispersion, optional
        Of each row; None for quasi families, which have none.
    """

    name: str
    links: tuple[str, ...]
    variance: Callable[[Floats], Floats]
    deviance: Callable[[Floats, Floats], Floats]
    fixed: bool
    loglik: Callable[[Floats, Floats, float], Floats] | None = None


def _binomial_deviance(outcome: Floats, mean: Floats) -> Floats:
    happened = outcome == 1
    if (happened | (outcome == 0)).all():
        return -2 * np.log(np.where(happened, mean, 1 - mean))
    gained = xlogy(outcome, mean) + xlog1py(1 - outcome, -mean)
    return 2 * (xlogy(outcome, outcome) + xlog1py(1 - outcome, -outcome) - gained)


def _poisson_deviance(outcome: Floats, mean: Floats) -> Floats:
    return 2 * (xlogy(outcome, outcome) - xlogy(outcome, mean) - outcome + mean)


def _gaussian_loglik(outcome: Floats, mean: Floats, dispersion: float) -> Floats:
    return -((outcome - mean) ** 2) / (2 * dispersion) - np.log(2 * np.pi * dispersion) / 2


def _binomial_loglik(outcome: Floats, mean: Floats, _dispersion: float) -> Floats:
    return np.asarray(xlogy(outcome, mean) + xlog1py(1 - outcome, -mean))


def _poisson_loglik(outcome: Floats, mean: Floats, _dispersion: float) -> Floats:
    return np.asarray(xlogy(outcome, mean) - mean - gammaln(outcome + 1))


_BINARY = ("logit", "probit", "cloglog")


def _spread(mean: Floats) -> Floats:
    return mean * (1 - mean)


FAMILIES = {
    "gaussian": Family(
        "gaussian", ("identity", "log"), np.ones_like, lambda y, mean: (y - mean) ** 2, False, _gaussian_loglik
    ),
    "binomial": Family("binomial", _BINARY, _spread, _binomial_deviance, True, _binomial_loglik),
    "poisson": Family("poisson", ("log",), lambda mean: mean, _poisson_deviance, True, _poisson_loglik),
    "quasibinomial": Family("quasibinomial", _BINARY, _spread, _binomial_deviance, False),
    "quasipoisson": Family("quasipoisson", ("log",), lambda mean: mean, _poisson_deviance, False),
}


def family_and_link(family: str, link: str | None) -> tuple[Family, Link]:
    """Find a family and one of its links by name.

    Raises
    ------
    InvalidInput
        Naming those there are.
    """
    if family not in FAMILIES:
        raise InvalidInput(
            _('family is "{family}"; choose one of {known}.'), family=str(family), known=", ".join(FAMILIES)
        )
    chosen = FAMILIES[family]
    name = chosen.links[0] if link is None else link
    if name not in chosen.links:
        raise InvalidInput(
            _('link is "{link}"; the {family} family takes {known}.'),
            link=str(link),
            family=family,
            known=", ".join(chosen.links),
        )
    return chosen, LINKS[name]
