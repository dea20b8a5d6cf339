"""Rubin's rules (1987): one estimate from those of several completed frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import check_columns, check_frame
from svclib.stats.estimate import COLUMNS, Note, check_level, estimates
from svclib.stats.intervals import normal_quantile, wilson
from svclib.stats.marks import _

MUCH = _("more than half of the information is missing: the result rests on the imputation")
HALF = 0.5


def pool(frames: Sequence[pd.DataFrame], *, level: float = 0.95) -> pd.DataFrame:
    """Pool the estimates of completed frames.

    T = Ū + (1 + 1/m) B, the mean of the squared errors and the variance between the estimates; degrees of freedom of
    Barnard and Rubin (1999), with those of the estimates as the complete ones. Shares with Wilson intervals get
    Wilson's interval for imputations (Lott and Reiter 2020), others one of t.

    Parameters
    ----------
    frames : list of DataFrame
        Estimates (see `svclib.stats.estimate`) of the same rows, one frame a completed data set.
    level : float

    Returns
    -------
    DataFrame
        An estimate; last ``fmi`` (fraction of missing information, with Rubin's correction for few draws), ``riv``
        (relative increase of the variance) and ``draws``.

    Raises
    ------
    InvalidInput
        If there are fewer than two frames, or if their rows do not match.

    Examples
    --------
    >>> from svclib.stats import mean
    >>> frames = [mean(pd.DataFrame({"score": [4.0, 3, 5, 4, last]}), "score") for last in (3, 4, 5)]
    >>> pool(frames)[["estimate", "std_error", "fmi"]].round(3).values.tolist()
    [[4.0, 0.424, 0.587]]
    """
    check_level(level)
    first = _checked(frames)
    values = np.array([frame["estimate"].to_numpy(dtype=float) for frame in frames])
    errors = np.array([frame["std_error"].to_numpy(dtype=float) for frame in frames])
    df = np.array([frame["df"].to_numpy(dtype=float) for frame in frames]).mean(axis=0)
    m = len(frames)
    estimate, within = values.mean(axis=0), (errors**2).mean(axis=0)
    between = (1 + 1 / m) * values.var(axis=0, ddof=1)
    total, riv = within + between, ratio(between, within)
    freedom = _degrees(between, total, df, m)
    wilson_like = first["method"].astype(str).str.startswith("Wilson").to_numpy()
    low, high = _interval(estimate, total, freedom, wilson_like, level)
    fmi = (riv + 2 / (freedom + 3)) / (1 + riv)
    keys = first[_keys(first)]
    out = estimates(
        keys,
        term=first["term"].to_numpy(),
        estimate=estimate,
        std_error=np.sqrt(total),
        low=low,
        high=high,
        n=first["n"].to_numpy(),
        level=level,
        df=freedom,
        method="",
        note=_notes(frames, estimate, total, fmi),
    )
    out["method"] = np.where(wilson_like, "Wilson, multiple imputation", "t, multiple imputation")
    return out.assign(fmi=np.where(between > 0, fmi, 0.0), riv=riv, draws=m)


def _checked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    if len(frames) < 2:
        raise InvalidInput(_("Pooling needs the estimates of at least two completed frames."))
    first = check_frame(frames[0])
    check_columns(first, COLUMNS)
    rows = [*_keys(first), "term"]
    for frame in frames[1:]:
        check_columns(check_frame(frame), [*rows, *COLUMNS])
        if len(frame) != len(first) or _labels(frame, rows) != _labels(first, rows):
            raise InvalidInput(
                _("The estimates of the completed frames have different rows; group by a column that is complete.")
            )
    return first


def _keys(frame: pd.DataFrame) -> list[str]:
    """Columns before ``term``: the groups."""
    return list(frame.columns[: list(frame.columns).index("term")])


def _labels(frame: pd.DataFrame, rows: list[str]) -> list[list[str]]:
    return [frame[name].astype(str).tolist() for name in rows]


def _degrees(between: Floats, total: Floats, complete: Floats, m: int) -> Floats:
    share = ratio(between, total)
    old = np.where(share > 0, (m - 1) / np.where(share > 0, share, 1.0) ** 2, np.inf)
    finite = np.isfinite(complete)
    known = np.where(finite, complete, 1.0)
    observed = np.where(finite, (known + 1) / (known + 3) * known * (1 - share), np.inf)
    both = np.isfinite(old) & np.isfinite(observed)
    product = np.where(both, old, 1.0) * np.where(both, observed, 1.0)
    return np.where(
        both, product / (np.where(both, old, 1.0) + np.where(both, observed, 1.0)), np.minimum(old, observed)
    )


def _interval(
    estimate: Floats, total: Floats, freedom: Floats, wilson_like: np.ndarray, level: float
) -> tuple[Floats, Floats]:
    t = np.where(
        np.isfinite(freedom),
        stdtrit(np.where(np.isfinite(freedom) & (freedom > 0), freedom, 1.0), (1 + level) / 2),
        normal_quantile(level),
    )
    reach = t * np.sqrt(total)
    low, high = estimate - reach, estimate + reach
    if wilson_like.any():
        share = np.clip(np.where(wilson_like, estimate, 0.5), 0, 1)
        worth = ratio(share * (1 - share), total) * (normal_quantile(level) / t) ** 2
        low_share, high_share = wilson(share, worth, level)
        low, high = np.where(wilson_like, low_share, low), np.where(wilson_like, high_share, high)
    return low, high


def _notes(frames: Sequence[pd.DataFrame], estimate: Floats, total: Floats, fmi: Floats) -> list[str]:
    """Keep the reason of any frame; else say how much rests on the imputation."""
    said = []
    for row in range(len(estimate)):
        own = next((str(frame["note"].iloc[row]) for frame in frames if frame["note"].iloc[row]), "")
        if not own and np.isnan(total[row]):
            own = Note.ALL_EQUAL.value
        said.append(own or (MUCH if fmi[row] > HALF else ""))
    return said
