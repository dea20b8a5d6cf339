"""Intervals of scales: reliability of skewed five-point items of unequal loadings, polychoric correlations, RMSEA."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from benchmarks.coverage import Case
from svclib import stats
from svclib.stats.scales.binormal import cdf
from svclib.stats.scales.extraction import extract
from svclib.stats.scales.factor_fit import degrees_of_freedom
from svclib.stats.scales.matrices import correlation_of
from svclib.stats.scales.schmid_leiman import general_of
from svclib.stats.scales.splits import lambda2, lambda6, stepped_up

LOADINGS = (0.45, 0.5, 0.6, 0.7, 0.75, 0.8)
"""Six items that hang together unequally: their true scores are no copies of each other."""
SHARES = {"usual": (0.05, 0.2, 0.5, 0.8), "skewed": (0.02, 0.06, 0.15, 0.4), "top-heavy": (0.01, 0.03, 0.07, 0.2)}
"""Cumulated shares of the five answers: 20, 60 and 80 % choose the best one."""
GENERAL, GROUP = 0.6, 0.5
"""Loadings of nine items on a general factor and on one of three others."""

_WIDER = "the wider of two intervals at each end"


def latent(loadings: tuple[float, ...] = LOADINGS) -> np.ndarray:
    """Correlations of the normal variables behind the items."""
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1)
    return matrix


def hierarchy() -> np.ndarray:
    """Correlations of nine items with a general factor above three others."""
    matrix = GENERAL**2 + np.kron(np.eye(3), np.full((3, 3), GROUP**2))
    np.fill_diagonal(matrix, 1)
    return matrix


def categories(values: np.ndarray, shape: str) -> np.ndarray:
    """Cut normal variables into five answers."""
    return np.digitize(values, ndtri(np.array(SHARES[shape]))) + 1.0


def item_covariance(matrix: np.ndarray, shape: str) -> np.ndarray:
    """Covariances of the answers, exactly: sums of the bivariate normal over the cuts."""
    if shape == "normal":
        return matrix
    cuts = ndtri(np.array(SHARES[shape]))
    # The answer is 5 less the number of cuts above the variable, so covariances are sums over pairs of cuts.
    both = cdf(cuts[:, None, None, None], cuts[None, :, None, None], np.minimum(matrix, 1)[None, None])
    return (both - np.multiply.outer(ndtr(cuts), ndtr(cuts))[:, :, None, None]).sum(axis=(0, 1))


def drawn(generator: np.random.Generator, matrix: np.ndarray, n: int, shape: str) -> pd.DataFrame:
    """Draw respondents; again where everybody answers an item alike, as nobody would analyse it."""
    while True:
        values = generator.multivariate_normal(np.zeros(len(matrix)), matrix, size=n, method="cholesky")
        answers = values if shape == "normal" else categories(values, shape)
        if (np.ptp(answers, axis=0) > 0).all():
            return pd.DataFrame(answers).add_prefix("q")


def omegas(cov: np.ndarray, factors: int) -> tuple[float, float]:
    """Omega total and hierarchical of a population."""
    found, spread = general_of(correlation_of(cov)[None], factors), np.sqrt(np.diag(cov))
    unique, general = (found.uniqueness[0] * spread**2).sum(), (found.general[0] * spread).sum() ** 2
    return float(1 - unique / cov.sum()), float(general / cov.sum())


@cache
def truths(shape: str) -> dict[str, float]:
    """The reliabilities of the population."""
    cov, odd = item_covariance(latent(), shape)[None], np.arange(6) % 2 == 0
    total, hierarchical = omegas(item_covariance(hierarchy(), shape), 3)
    k, normal = 6, latent()
    return {
        "alpha": float(k / (k - 1) * (1 - np.trace(cov[0]) / cov[0].sum())),
        "ordinal alpha": float(k / (k - 1) * (1 - k / normal.sum())),
        "omega": omegas(cov[0], 1)[0],
        "omega total of three": total,
        "omega hierarchical": hierarchical,
        "odd_even": float(stepped_up(cov, odd)[0]),
        "lambda2": float(lambda2(cov)[0]),
        "lambda6": float(lambda6(cov)[0]),
    }


Draw = Callable[[np.random.Generator], tuple[Any, Any, Any]]


def _alpha(generator: np.random.Generator, n: int, shape: str, holes: float = 0.0) -> tuple[Any, Any, Any]:
    data = drawn(generator, latent(), n, shape)
    if holes:
        data = data.mask(generator.random(data.shape) < holes)
    row = stats.alpha(data, missing="pairwise" if holes else "complete").iloc[0]
    return row["low"], row["high"], truths(shape)["alpha"]


def _ordinal_alpha(generator: np.random.Generator, n: int, shape: str) -> tuple[Any, Any, Any]:
    row = stats.alpha(drawn(generator, latent(), n, shape), correlations="polychoric").iloc[0]
    return row["low"], row["high"], truths(shape)["ordinal alpha"]


def _omega(generator: np.random.Generator, n: int, shape: str) -> tuple[Any, Any, Any]:
    row = stats.omega(drawn(generator, latent(), n, shape)).iloc[0]
    return row["low"], row["high"], truths(shape)["omega"]


def _hierarchical(generator: np.random.Generator, n: int, shape: str) -> tuple[Any, Any, Any]:
    rows = stats.omega(drawn(generator, hierarchy(), n, shape), factors=3)
    truth = truths(shape)
    return rows["low"], rows["high"], [truth["omega total of three"], truth["omega hierarchical"]]


def _split(generator: np.random.Generator, n: int, shape: str) -> tuple[Any, Any, Any]:
    rows = stats.split_half(drawn(generator, latent(), n, shape)).set_index("term")
    terms = ["odd_even", "lambda2", "lambda6"]
    return rows.loc[terms, "low"], rows.loc[terms, "high"], [truths(shape)[term] for term in terms]


def _polychoric(
    generator: np.random.Generator, n: int, shape: str, rho: float, method: str = "two_step"
) -> tuple[Any, Any, Any]:
    data = drawn(generator, latent((rho**0.5, rho**0.5)), n, shape)
    row = stats.polychoric(data, method=method).frame.iloc[0]
    return row["low"], row["high"], rho


def _thresholds(generator: np.random.Generator, n: int, shape: str) -> tuple[Any, Any, Any]:
    rows = stats.polychoric(drawn(generator, latent((0.7, 0.7)), n, shape)).thresholds
    rows = rows[(rows["item"] == "q0") & (rows["category"] >= "2")]
    truth = dict(zip("1234", ndtri(np.array(SHARES[shape])), strict=True))
    return rows["low"], rows["high"], [truth[one] for one in rows["category"]]


def _tetrachoric(generator: np.random.Generator, n: int, rho: float) -> tuple[Any, Any, Any]:
    values = generator.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=n)
    data = pd.DataFrame((values > ndtri(0.3)).astype(float)).add_prefix("q")
    row = stats.tetrachoric(data).frame.iloc[0]
    return row["low"], row["high"], rho


def _polyserial(generator: np.random.Generator, n: int, shape: str, rho: float) -> tuple[Any, Any, Any]:
    values = generator.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=n)
    data = pd.DataFrame({"wait": values[:, 0], "rating": categories(values[:, 1], shape)})
    row = stats.polyserial(data, "wait", "rating").iloc[0]
    return row["low"], row["high"], rho


def _clustered(generator: np.random.Generator, branches: int) -> tuple[Any, Any, Any]:
    """Branches of twelve with a part of the variance of both items, weights of 1 to 3."""
    rho, within = 0.5, 12
    shared = generator.normal(size=(branches, 1)) * 0.3
    mean = np.repeat(shared + generator.normal(size=(branches, 2)) * 0.2, within, axis=0)
    rest = np.array([[1 - 0.13, rho - 0.09], [rho - 0.09, 1 - 0.13]])
    values = mean + generator.multivariate_normal([0, 0], rest, size=branches * within)
    data = pd.DataFrame(categories(values, "skewed"), columns=["a", "b"])
    data["branch"] = np.repeat(np.arange(branches), within)
    data["weight"] = generator.integers(1, 4, size=len(data)).astype(float)
    row = stats.polychoric(stats.Design(data, weights="weight", cluster="branch"), ["a", "b"]).frame.iloc[0]
    return row["low"], row["high"], rho


def _clustered_alpha(generator: np.random.Generator, branches: int) -> tuple[Any, Any, Any]:
    """Branches of twelve that share a seventh of the satisfaction's variance, weights of 1 to 3."""
    loadings, within = np.array(LOADINGS), 12
    branch = np.repeat(np.arange(branches), within)
    service = np.sqrt(0.15) * generator.normal(size=branches)[branch]
    service += np.sqrt(0.85) * generator.normal(size=len(branch))
    noise = np.sqrt(1 - loadings**2) * generator.normal(size=(len(branch), 6))
    data = pd.DataFrame(categories(service[:, None] * loadings + noise, "skewed")).add_prefix("q")
    items = list(data.columns)
    data["branch"], data["weight"] = branch, generator.integers(1, 4, size=len(branch)).astype(float)
    row = stats.alpha(stats.Design(data, weights="weight", cluster="branch"), items).iloc[0]
    return row["low"], row["high"], truths("skewed")["alpha"]


@cache
def _misfit() -> tuple[np.ndarray, float]:
    """Correlations that one factor does not reproduce, and its RMSEA in the population."""
    matrix = latent((0.7, 0.7, 0.7, 0.7, 0.6, 0.6, 0.6, 0.6))
    matrix[0, 1] = matrix[1, 0] = matrix[0, 1] + 0.12
    matrix[4, 5] = matrix[5, 4] = matrix[4, 5] + 0.10
    objective = float(extract(matrix[None], 1, "ml").objective[0])
    return matrix, float(np.sqrt(objective / degrees_of_freedom(8, 1)))


def _rmsea(generator: np.random.Generator, n: int, method: str) -> tuple[Any, Any, Any]:
    matrix, truth = _misfit()
    fit = stats.efa(drawn(generator, matrix, n, "normal"), factors=1, method=method, rotation="none").fit
    return fit.rmsea_low, fit.rmsea_high, truth


def _case(name: str, draw: Draw, conservative: str = "", runs: int = 500) -> Case:
    return Case(name, draw, runs, conservative)


CASES = [
    *(
        _case(f"alpha: {shape}, n = {n}", partial(_alpha, n=n, shape=shape), _WIDER)
        for shape, n in (("normal", 30), ("usual", 30), ("usual", 100), ("skewed", 30), ("skewed", 100),
                         ("skewed", 300), ("top-heavy", 100), ("top-heavy", 300))
    ),
    _case("alpha: skewed, n = 150, one answer in ten missing", partial(_alpha, n=150, shape="skewed", holes=0.1)),
    _case("alpha: 40 branches of 12, weights", partial(_clustered_alpha, branches=40)),
    _case("alpha of polychoric correlations: skewed, n = 150",
          partial(_ordinal_alpha, n=150, shape="skewed"), runs=200),
    *(
        _case(f"omega total: {shape}, n = {n}", partial(_omega, n=n, shape=shape))
        for shape, n in (("normal", 60), ("usual", 100), ("skewed", 60), ("skewed", 150))
    ),
    _case("omega total and hierarchical: usual, n = 200", partial(_hierarchical, n=200, shape="usual"), runs=100),
    _case("split halves: skewed, n = 60", partial(_split, n=60, shape="skewed")),
    _case("split halves: usual, n = 100", partial(_split, n=100, shape="usual")),
    *(
        _case(f"polychoric: {shape}, n = {n}, ρ = {rho}", partial(_polychoric, n=n, shape=shape, rho=rho))
        for shape, n, rho in (("usual", 100, 0.5), ("skewed", 100, 0.5), ("skewed", 300, 0.7), ("skewed", 100, 0.0),
                              ("top-heavy", 200, 0.4))
    ),
    _case("polychoric, ml: skewed, n = 100, ρ = 0.5",
          partial(_polychoric, n=100, shape="skewed", rho=0.5, method="ml")),
    _case("polychoric: 40 branches of 12, weights", partial(_clustered, branches=40)),
    _case("thresholds: skewed, n = 100", partial(_thresholds, n=100, shape="skewed")),
    *(_case(f"tetrachoric: n = {n}, ρ = 0.5", partial(_tetrachoric, n=n, rho=0.5)) for n in (100, 300)),
    *(
        _case(f"polyserial: {shape}, n = {n}, ρ = 0.6", partial(_polyserial, n=n, shape=shape, rho=0.6))
        for shape, n in (("usual", 60), ("skewed", 100))
    ),
    _case("rmsea, ml: n = 300", partial(_rmsea, n=300, method="ml")),
    _case("rmsea, minres: n = 300", partial(_rmsea, n=300, method="minres")),
]  # fmt: skip
