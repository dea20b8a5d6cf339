"""Each headline with all responses and without the flagged ones, and how far it moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, ratio
from svclib.stats.columns import check_columns, names_of
from svclib.stats.design.linear import mean_column
from svclib.stats.design.results import OPT_IN
from svclib.stats.design.survey import Design, design_of
from svclib.stats.design.values import Data, Names, answers_of, frame_of, means
from svclib.stats.estimate import MIN_MEAN, Note, check_level, estimates
from svclib.stats.intervals import difference, normal_quantile, wilson
from svclib.stats.marks import _
from svclib.stats.quality.answers import check_taken
from svclib.stats.quality.own import Own, own_estimates
from svclib.stats.scales import satisfaction

ROWS = ("all", "without", "difference")
NONE_FLAGGED = _("nothing is flagged here: the headline stays as it is")
ALL_FLAGGED = _("everything is flagged here: nothing is left to estimate from")
ONE_FLAGGED = _("a single answer is flagged: how far it moves the headline has no interval")


@dataclass(frozen=True)
class Headline:
    """One measure of one column.

    Attributes
    ----------
    measure, column : str
    verb : function
        ``verb(data, by=, weights=, level=, min_n=)`` gives its estimates.
    bounds : function
        The same with an interval that holds where the answers are few or all alike.
    score : function
        Answers to what the headline is the mean of.
    """

    measure: str
    column: str
    verb: Callable[..., pd.DataFrame]
    bounds: Callable[..., pd.DataFrame]
    score: Callable[[Floats], Floats]


@dataclass(frozen=True)
class Asked:
    """Options that every headline shares."""

    by: list[str]
    weights: str | None
    level: float
    min_n: int


def with_and_without(
    data: Data,
    flagged: Any,
    *,
    csat: Names | None = None,
    nps: Names | None = None,
    ces: Names | None = None,
    mean: Names | None = None,
    estimate: Mapping[str, Callable[[pd.DataFrame], float]] | None = None,
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
    seed: int = 1,
) -> pd.DataFrame:
    """Estimate headlines from all responses and without the flagged ones.

    Parameters
    ----------
    data : DataFrame or Design
        One row a response.
    flagged : Series, array or str
        One yes or no for each row, missing counts as no; or the column that holds it.
    csat, nps, ces, mean : str or list of str, optional
        Columns for the measures of `svclib.stats.csat` (1-5), `nps` (0-10), `ces` (1-7), `mean`.
    estimate : dict, optional
        Name → function of a frame that gives a number, for estimates of one's own (smooth ones: no quantiles).
    by : str or list of str, optional
        One block of rows a group.
    weights : str, optional
        Column of weights, of a frame.
    level : float
    min_n : int
        Estimates from fewer answers carry a note.
    seed : int
        Of the parts that are left out in turn.

    Returns
    -------
    DataFrame
        The `by` columns, ``measure`` (csat, nps, ces, mean, own), ``rows`` (all, without, difference), then see
        `svclib.stats.estimate`; ``term`` is the column or the name. ``difference`` is without - all; its ``n`` the
        number of flagged answers.

    Raises
    ------
    InvalidInput
        Naming the column that is absent or leaves its scale; if `flagged` is not one yes or no a row; if nothing is
        to be estimated.

    Notes
    -----
    Flags that look at the answers themselves (unusual combinations) take dissatisfied customers away along with
    careless ones; a headline without them is biased upwards. Leave out by how responses came about: speed, copies,
    devices, units that call for a look.

    Both estimates share the unflagged answers, so the difference is f (kept - flagged), f the flagged share. Its
    interval combines those of the two separate groups and Wilson's of f (square and add: Newcombe 1998, Zou and Donner
    2008), which holds where the flagged are few or all alike. With weights or a design it is
    linearised, and only the part of f has Wilson's limits. Own
    estimates: delete-a-group jackknife (Kott 2001) of 60 groups, of a design of its clusters.

    Examples
    --------
    >>> visits = pd.DataFrame({"overall": [5.0, 4, 3, 2, 4, 3, 4, 5, 5, 5]})
    >>> rows = with_and_without(visits, [False] * 8 + [True] * 2, csat="overall")
    >>> rows[["rows", "estimate", "n"]].round(3).values.tolist()
    [['all', 0.7, 10], ['without', 0.625, 8], ['difference', -0.075, 2]]
    """
    check_level(level)
    frame = frame_of(data)
    flag = _flag(frame, flagged)
    check_taken(names_of(by), ["measure", "rows"])
    wanted = [
        *(_csat(name) for name in names_of(csat)),
        *(_nps(name) for name in names_of(nps)),
        *(_ces(name) for name in names_of(ces)),
        *(_mean(data, name) for name in names_of(mean)),
    ]
    if not wanted and not estimate:
        raise InvalidInput(_("Name what to estimate: csat, nps, ces, mean, or an estimate of your own."))
    check_columns(frame, [one.column for one in wanted])
    asked = Asked(names_of(by), weights, level, min_n)
    parts = [_headline(data, flag, one, asked) for one in wanted]
    for name, function in (estimate or {}).items():
        parts.append(own_estimates(Own(name, function, flag, seed), data, asked.by, level, min_n))
    return pd.concat(parts, ignore_index=True)


def _flag(frame: pd.DataFrame, flagged: Any) -> Bools:
    """Read one yes or no for each row."""
    if isinstance(flagged, str):
        check_columns(frame, [flagged])
        flagged = frame[flagged]
    if isinstance(flagged, pd.Series) and not flagged.index.equals(frame.index):
        raise InvalidInput(_("The flags are of other rows than the data: make both from the same frame."))
    given = pd.Series(np.asarray(flagged, dtype=object) if not isinstance(flagged, pd.Series) else flagged.to_numpy())
    kinds = given.dropna().map(type).unique()
    if len(given) != len(frame) or not all(issubclass(kind, bool | np.bool_) for kind in kinds):
        raise InvalidInput(_("flagged needs one yes or no for each of the {rows} rows."), rows=len(frame))
    return given.fillna(False).to_numpy(dtype=bool)


def _csat(column: str) -> Headline:
    verb = satisfaction.csat
    return Headline("csat", column, verb, verb, lambda values: satisfaction.top_boxes(values, 1, 5, 2))


def _nps(column: str) -> Headline:
    verb = satisfaction.nps
    return Headline("nps", column, verb, verb, lambda values: 100 * satisfaction.nps_scores(values))


def _ces(column: str) -> Headline:
    verb = satisfaction.ces
    return Headline("ces", column, verb, verb, lambda values: values)


def _mean(data: Data, column: str) -> Headline:
    """The mean; few answers that are all alike get the score interval between the lowest and the highest answer."""
    told = answers_of(data, column)
    told = told[~np.isnan(told)]
    ends = (float(told.min()), float(told.max())) if len(told) and told.min() < told.max() else None

    def verb(part: Data, name: str, **options: Any) -> pd.DataFrame:
        return means(part, answers_of(part, name), name, **options)

    def bounds(part: Data, name: str, **options: Any) -> pd.DataFrame:
        return means(part, answers_of(part, name), name, scale=ends, **options)

    return Headline("mean", column, verb, bounds, lambda values: values)


def _headline(data: Data, flag: Bools, one: Headline, asked: Asked) -> pd.DataFrame:
    """All, without and difference of one headline."""
    options: dict[str, Any] = {
        "by": asked.by or None, "weights": asked.weights, "level": asked.level, "min_n": asked.min_n,
    }  # fmt: skip
    whole = one.verb(data, one.column, **options)
    kept = one.verb(_part(data, one.column, ~flag), one.column, **options)
    keys = whole[asked.by] if asked.by else pd.DataFrame(index=range(1))
    if isinstance(data, Design) or asked.weights is not None:
        moved = _linearised(data, flag, one, asked, keys)
    else:
        groups = [one.bounds(_part(data, one.column, rows), one.column, **options) for rows in (~flag, flag)]
        moved = _combined(one, keys, *groups, level=asked.level)
    parts = []
    for rows, part in zip(ROWS, (whole, kept, moved), strict=True):
        part = part.drop(columns="deff", errors="ignore")
        part.insert(len(asked.by), "measure", one.measure)
        part.insert(len(asked.by) + 1, "rows", rows)
        parts.append(part)
    joined = pd.concat(parts, ignore_index=True)
    order = np.argsort(np.tile(np.arange(len(keys)), len(ROWS)), kind="stable")
    return joined.iloc[order].reset_index(drop=True)


def _part(data: Data, column: str, rows: Bools) -> Data:
    """The same data, with the answers of the other rows taken away; the groups stay."""
    if isinstance(data, Design):
        return data.subpopulation(rows)
    return data.assign(**{column: data[column].where(rows)})


def _combined(
    one: Headline, keys: pd.DataFrame, kept: pd.DataFrame, out: pd.DataFrame, *, level: float
) -> pd.DataFrame:
    """Difference f (kept - flagged), its interval from those of the two groups and the error of f."""
    names = ("estimate", "low", "high", "n", "std_error")
    inside, outside = ({name: part[name].to_numpy(dtype=float) for name in names} for part in (kept, out))
    total = inside["n"] + outside["n"]
    share = ratio(outside["n"], total)
    apart = inside["estimate"] - outside["estimate"]
    low, high = difference(
        outside["estimate"], outside["low"], outside["high"], inside["estimate"], inside["low"], inside["high"]
    )
    down, up = _share_reach(apart, share, *wilson(share, total, level))
    estimate = share * apart
    spread = inside["std_error"] ** 2 + outside["std_error"] ** 2
    columns = {
        "estimate": estimate,
        "std_error": np.sqrt(share**2 * spread + apart**2 * share * (1 - share) * ratio(1, total)),
        "low": estimate - np.hypot(share * (apart - low), down),
        "high": estimate + np.hypot(share * (high - apart), up),
    }
    return _difference_frame(one, keys, columns, inside["n"], outside["n"], level=level, method="square and add")


def _share_reach(apart: Floats, share: Floats, few: Floats, many: Floats) -> tuple[Floats, Floats]:
    """How far the limits of the flagged share move the difference down and up.

    Where the flagged lie above the kept, a larger share of them moves it further down.
    """
    below, above = np.abs(apart) * (share - few), np.abs(apart) * (many - share)
    return np.where(apart >= 0, below, above), np.where(apart >= 0, above, below)


def _linearised(data: Data, flag: Bools, one: Headline, asked: Asked, keys: pd.DataFrame) -> pd.DataFrame:
    """Difference of the two weighted means with its linearised error: both have the unflagged answers in them.

    Of that error the part that comes from the flagged share has Wilson's limits instead, with the effective number of
    answers that the design leaves for it: a small share is not known to ± the same.
    """
    design = design_of(data, asked.weights)
    score = one.score(answers_of(design, one.column))
    parts = design.domains(asked.by or None)
    whole, marked = mean_column("", score, parts), mean_column("", np.where(np.isnan(score), np.nan, flag), parts)
    kept = mean_column("", score, design.subpopulation(~flag).domains(asked.by or None))
    vcov = parts.variance([np.where(kept.valid, kept.residual, 0.0) - whole.residual, marked.residual])
    moved, share_variance = np.diag(vcov)[::2], np.diag(vcov)[1::2]
    estimate, df, share = kept.estimate - whole.estimate, parts.degrees(whole.valid), marked.estimate
    apart = ratio(estimate, share)
    t = stdtrit(np.where(df >= 1, df, np.nan), (1 + asked.level) / 2)
    effective = ratio(share * (1 - share), share_variance) * (normal_quantile(asked.level) / t) ** 2
    down, up = _share_reach(apart, share, *wilson(share, effective, asked.level))
    rest = t * np.sqrt(np.maximum(moved - apart**2 * share_variance, 0))
    columns = {
        "estimate": estimate,
        "std_error": np.sqrt(np.maximum(moved, 0)),
        "low": estimate - np.hypot(rest, down),
        "high": estimate + np.hypot(rest, up),
        "df": df,
    }
    n = [parts.sum(rows.astype(float)) for rows in (kept.valid, whole.valid & ~kept.valid)]
    method, usual = "t, linearised", OPT_IN if parts.opt_in else ""
    return _difference_frame(one, keys, columns, n[0], n[1], level=asked.level, method=method, usual=usual)


def _difference_frame(
    one: Headline,
    keys: pd.DataFrame,
    columns: dict[str, Floats],
    kept: Floats,
    out: Floats,
    *,
    level: float,
    method: str,
    usual: str = "",
) -> pd.DataFrame:
    """Give differences as estimates: exactly 0 where nothing is flagged, nothing where all is."""
    for name in ("estimate", "std_error", "low", "high"):
        columns[name] = np.where(out == 0, np.where(kept > 0, 0.0, np.nan), np.where(kept > 0, columns[name], np.nan))
    notes = [
        Note.NO_ANSWERS if k + f == 0 else NONE_FLAGGED if f == 0 else ALL_FLAGGED if k == 0 else
        ONE_FLAGGED if np.isnan(low) else usual
        for k, f, low in zip(kept, out, columns["low"], strict=True)
    ]  # fmt: skip
    return estimates(keys, term=one.column, n=out, level=level, method=method, note=notes, **columns)
