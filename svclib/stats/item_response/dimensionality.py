"""Whether one ability is enough for the answers: M2 or C2 with its indices, and the eigenvalues of the correlations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import chdtrc
from scipy.stats import ncx2

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.item_response.curves import probabilities
from svclib.stats.item_response.layout import FIXED
from svclib.stats.item_response.limited_information import (
    Moments,
    Shape,
    expected_moments,
    observed_moments,
    quadratic,
    shape_of,
    slopes,
)
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.responses import Codes
from svclib.stats.item_response.sheets import Sheet, sheet_of
from svclib.stats.marks import _
from svclib.stats.scales.parallel import parallel_analysis
from svclib.stats.scales.polychoric import polychoric_core

MOST_MOMENTS = 4000
"""Of more moments (some 90 items) the covariance would be too large a matrix."""
FEWEST = 100
_NUDGE = 1e-5
_DRAWS = 20


class FitNote(StrEnum):
    """Why an index is missing, or what it rests on."""

    NONE = ""
    NOT_COMPLETE = _("needs candidates who were given every item; fewer than 100 were")
    ONLY_COMPLETE = _("of those who were given every item only")
    NO_DF = _("more parameters than moments: nothing is left to test")
    TOO_MANY = _("too many items for the matrix this needs")
    SINGULAR = _("the answers leave no variance to test by")
    NO_BASELINE = _("items hardly hang together: no baseline to compare with")
    NO_CORRELATIONS = _("the correlations of the items cannot be told")


@dataclass(frozen=True, eq=False)
class Dimensionality:
    """Whether one ability is enough.

    Attributes
    ----------
    frame : DataFrame
        ``term, estimate, low, high, df, p_value, note`` of ``m2`` (or ``c2``: items of several categories), ``rmsea``
        (with its 90 % interval), ``srmsr, tli, cfi``, ``first_eigenvalue, second_eigenvalue, ratio`` of the tetrachoric
        or polychoric correlations, and ``components`` beyond chance (parallel analysis).
    eigenvalues : DataFrame
        ``position, eigenvalue`` of the tetrachoric or polychoric correlations; ``product_moment, chance`` of the plain
        ones and the 95th percentile of those of shuffled answers.
    n : int
        Candidates that count.
    """

    frame: pd.DataFrame
    eigenvalues: pd.DataFrame
    n: int

    def __repr__(self) -> str:
        return f"Dimensionality({self.n} candidates)\n{self.frame.to_string(index=False)}"


def dimensionality(fit: Any, *, parallel: bool = True, seed: int = 1) -> Dimensionality:
    """Judge whether one ability is enough for the answers of a fit.

    M2 (C2 where items have more than two scores) tests whether the model reproduces the answers to items and pairs
    (Maydeu-Olivares & Joe 2006; Cai & Monroe 2014); in large samples it finds every trifle, so that RMSEA (at
    most 0.05 close, 0.089 adequate: Maydeu-Olivares & Joe 2014), SRMSR (0.05) and CFI say how much it matters. Groups
    share their items; their moments are stacked.

    Parameters
    ----------
    fit
        A result of `svclib.stats.irt`.
    parallel : bool
        Whether to shuffle the answers for the eigenvalues to expect by chance; takes the longest.
    seed : int

    Returns
    -------
    Dimensionality
    """
    layout = getattr(fit, "layout", None)
    sheet = sheet_of(fit)
    if layout is None:
        raise InvalidInput(_("Give the result of a calibration: only that tells which parameters were estimated."))
    return sheet_dimensionality(
        sheet, layout.slots != FIXED, layout.latent_slots != FIXED, parallel=parallel, seed=seed
    )


def sheet_dimensionality(
    sheet: Sheet, free: Bools, latent: Bools, *, parallel: bool = True, seed: int = 1
) -> Dimensionality:
    """Judge a sheet; which parameters of items (J × places) and populations (G × 2) were estimated tell the df."""
    whole = sheet.take(np.flatnonzero(sheet.complete))
    n = len(whole.codes)
    rows = _limited(whole, free, latent, FEWEST if n < len(sheet.codes) else 2)
    if n < len(sheet.codes):
        for row in rows:
            row["note"] = row["note"] or str(FitNote.ONLY_COMPLETE)
    more, eigenvalues = _eigenvalues(sheet, parallel, seed)
    frame = pd.DataFrame(rows + more, columns=["term", "estimate", "low", "high", "df", "p_value", "note"])
    return Dimensionality(frame, eigenvalues, n)


def _row(term: str, estimate: float = np.nan, note: str = "", **more: Any) -> dict[str, Any]:
    blank = {"low": np.nan, "high": np.nan, "df": np.nan, "p_value": np.nan}
    return {"term": term, "estimate": estimate, **blank, **more, "note": str(note)}


def _limited(sheet: Sheet, free: Bools, latent: Bools, fewest: int) -> list[dict[str, Any]]:
    """Rows of M2 or C2 and its indices."""
    name = "m2" if (sheet.items.categories == 2).all() else "c2"
    terms = (name, "rmsea", "srmsr", "tli", "cfi")
    shape = shape_of(sheet.items.highest)
    groups = [place for place in range(len(sheet.labels)) if (sheet.group == place).any()]
    moments = len(groups) * (len(shape.item) + len(shape.first))
    df = moments - int(free.sum()) - int(latent.sum())
    n = len(sheet.codes)
    wrong = (
        FitNote.NOT_COMPLETE if n < fewest else FitNote.TOO_MANY if moments > MOST_MOMENTS * len(groups)
        else FitNote.NO_DF if df <= 0 else FitNote.NONE
    )  # fmt: skip
    if wrong:
        return [_row(term, note=wrong) for term in terms]
    try:
        found = _statistic(sheet, shape, free, latent, groups)
    except np.linalg.LinAlgError:
        return [_row(term, note=FitNote.SINGULAR) for term in terms]
    return _indices(name, found, df, n, len(groups) * len(shape.first))


@dataclass(frozen=True)
class _Found:
    chi: float
    baseline: float
    srmsr: float


def _statistic(sheet: Sheet, shape: Shape, free: Bools, latent: Bools, groups: list[int]) -> _Found:
    theta, chi, baseline, misfit = sheet.nodes(), 0.0, 0.0, 0.0
    apart, spreads, directions = [], [], []
    for place in groups:
        codes = sheet.codes[sheet.group == place]
        prior = sheet.prior(theta)[place]
        seen, correlations = observed_moments(codes, shape)
        found = expected_moments(probabilities(sheet.items, theta), prior, shape)
        corner = (shape.first, shape.second)
        share = len(codes) / len(sheet.codes)
        misfit += share * float(np.mean((correlations - found.correlations())[corner] ** 2))
        root = np.sqrt(len(codes))
        apart.append(root * (seen.vector - found.moments.vector))
        spreads.append(found.covariance())
        inner = np.hstack([slopes(sheet.items, free, theta, found), _by_population(sheet, shape, theta, latent, place)])
        directions.append(root * inner)
        baseline += len(codes) * _independent(seen, shape, sheet.items)
    chi = _stacked(apart, spreads, np.vstack(directions))
    return _Found(chi, baseline, float(np.sqrt(misfit)))


def _stacked(apart: list[Floats], spreads: list[Floats], directions: Floats) -> float:
    """Distance of all groups together: groups are independent but share parameters."""
    if len(apart) == 1:
        return quadratic(apart[0], spreads[0], directions)
    size = [len(part) for part in apart]
    whole = np.zeros((sum(size), sum(size)))
    start = 0
    for part, length in zip(spreads, size, strict=True):
        whole[start : start + length, start : start + length] = part
        start += length
    return quadratic(np.concatenate(apart), whole, directions)


def _by_population(sheet: Sheet, shape: Shape, theta: Floats, latent: Bools, place: int) -> Floats:
    """Derivatives of a group's moments by the means and spreads that were estimated; 0 for the other groups'."""
    columns = []
    chances = probabilities(sheet.items, theta)
    for group, kind in np.argwhere(latent):
        if group != place:
            columns.append(np.zeros(len(shape.item) + len(shape.first)))
            continue
        ends = []
        for size in (_NUDGE, -_NUDGE):
            mean = sheet.means[place] + (size if kind == 0 else 0)
            sd = sheet.sds[place] * (np.exp(size) if kind == 1 else 1)
            log = -0.5 * ((theta - mean) / sd) ** 2
            weights = np.exp(log - log.max())
            ends.append(expected_moments(chances, weights / weights.sum(), shape).moments.vector)
        columns.append((ends[0] - ends[1]) / (2 * _NUDGE))
    return np.column_stack(columns) if columns else np.zeros((len(shape.item) + len(shape.first), 0))


def _independent(seen: Moments, shape: Shape, items: ItemParameters) -> float:
    """Distance per candidate of a model in which the items have nothing in common: the baseline of CFI and TLI."""
    chances = np.zeros((len(items), int(items.categories.max()), 1))
    chances[shape.item, shape.score, 0] = seen.shares
    chances[:, 0, 0] = 1 - chances[:, 1:, 0].sum(axis=1)
    found = expected_moments(chances, np.ones(1), shape)
    directions = np.zeros((len(shape.item) + len(shape.first), len(shape.item)))
    directions[: len(shape.item)] = np.eye(len(shape.item))
    mean = found.mean[:, 0]
    for at, (item, score) in enumerate(zip(shape.item, shape.score, strict=True)):
        left, right = shape.first == item, shape.second == item
        directions[len(shape.item) :, at] = score * (
            np.where(left, mean[shape.second], 0) + np.where(right, mean[shape.first], 0)
        )
    return quadratic(seen.vector - found.moments.vector, found.covariance(), directions)


def _indices(name: str, found: _Found, df: int, n: int, base_df: int) -> list[dict[str, Any]]:
    chi, base = max(found.chi, 0.0), max(found.baseline, 0.0)
    low, high = _noncentral(chi, df, 0.95), _noncentral(chi, df, 0.05)
    scale = df * max(n - 1, 1)
    rmsea = float(np.sqrt(max(chi - df, 0) / scale))
    limits: dict[str, Any] = {"low": float(np.sqrt(low / scale)), "high": float(np.sqrt(high / scale))}
    gap = base - base_df
    note = FitNote.NONE if gap > 0 and base > chi else FitNote.NO_BASELINE
    tli = float(ratio(base / base_df - chi / df, base / base_df - 1)) if not note else np.nan
    cfi = 1 - max(chi - df, 0) / max(gap, chi - df) if not note else np.nan
    return [
        _row(name, chi, df=df, p_value=float(chdtrc(df, chi))), _row("rmsea", rmsea, **limits),
        _row("srmsr", found.srmsr), _row("tli", tli, note), _row("cfi", cfi, note),
    ]  # fmt: skip


def _noncentral(chi: float, df: int, share: float) -> float:
    """Noncentrality at which a share of `share` lies below the statistic; 0 where even none puts less below it."""

    def short(value: float) -> float:
        return float(ncx2.cdf(chi, df, value)) - share

    if chi <= 0 or float(1 - chdtrc(df, chi)) < share:
        return 0.0
    top = max(chi, 1.0)
    while short(top) > 0:
        top *= 2
    return float(brentq(short, 1e-12, top, xtol=1e-9))


def _eigenvalues(sheet: Sheet, parallel: bool, seed: int) -> tuple[list[dict[str, Any]], pd.DataFrame]:
    """Rows of the eigenvalues, and all of them."""
    terms = ("first_eigenvalue", "second_eigenvalue", "ratio", "components")
    empty = pd.DataFrame(columns=["position", "eigenvalue", "product_moment", "chance"])
    whole = sheet.complete
    codes = sheet.codes[whole] if whole.sum() >= FEWEST else sheet.codes
    matrix = polychoric_core(codes.astype(np.int64), sheet.items.categories)[1] if len(codes) > 1 else None
    if matrix is None or len(matrix) < 2 or not np.isfinite(matrix).all():
        return [_row(term, note=FitNote.NO_CORRELATIONS) for term in terms], empty
    own = np.linalg.eigvalsh(matrix)[::-1]
    chance, kept, note = _by_chance(sheet, codes, seed) if parallel else (np.full((2, len(own)), np.nan), np.nan, "")
    values_of = (own[0], own[1], float(ratio(own[0], own[1])), kept)
    told = [_row(term, float(value)) for term, value in zip(terms, values_of, strict=True)]
    told[-1]["note"] = str(note)
    return told, pd.DataFrame(
        {"position": np.arange(1, len(own) + 1), "eigenvalue": own, "product_moment": chance[0], "chance": chance[1]}
    )


def _by_chance(sheet: Sheet, codes: Codes, seed: int) -> tuple[Floats, float, str]:
    """Eigenvalues of the answers and of answers shuffled among the candidates, and how many components lie above."""
    values = np.where(codes < 0, np.nan, codes.astype(float))
    answers = pd.DataFrame(values, columns=list(sheet.items.names))
    try:
        found = parallel_analysis(answers, missing="pairwise", chance="permuted", draws=_DRAWS, seed=seed)
    except InvalidInput:
        return np.full((2, codes.shape[1]), np.nan), np.nan, FitNote.NO_CORRELATIONS
    rows = found.frame[found.frame["kind"] == "component"]
    return rows[["eigenvalue", "random_high"]].to_numpy(dtype=float).T, float(found.components), ""
