"""One item's rows: what each method says of each pair of groups, from the item's table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from svclib.stats.arrays import Bools, Floats, Objects, ratio
from svclib.stats.fairness import classes, logistic, mantel, ordered
from svclib.stats.fairness.notes import Direction, FairNote
from svclib.stats.fairness.tables import Table
from svclib.stats.intervals import normal_quantile

Row = dict[str, Any]
_MIDDLE = (0.05, 0.95)
"""Abilities between which curves that meet are said to cross."""


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    level: float
    correct: bool
    kind: str


RowMaker = Callable[[Floats, Floats, Table, Options], Row]


def _blank(pairs: int) -> Row:
    numbers = ("statistic", "df", "p_value", "estimate", "std_error", "low", "high")
    row: Row = {name: np.full(pairs, np.nan) for name in numbers}
    return row | {name: np.full(pairs, "", dtype=object) for name in ("class", "direction")}


def mantel_haenszel(focal: Floats, reference: Floats, table: Table, options: Options) -> Row:
    """Mantel and Haenszel (graded items: Mantel, Liu and Agresti) with the classes of ETS."""
    statistic = mantel.mantel(focal, reference, correct=options.correct)
    found = mantel.odds(focal, reference)
    p = chdtrc(1.0, statistic)
    shares = mantel.standardised(focal, reference)
    return {
        "statistic": statistic,
        "df": np.where(np.isnan(statistic), np.nan, 1.0),
        "p_value": p,
        **_effect(found.delta, found.error, options.level),
        "alpha": found.alpha,
        "log_odds": -found.delta / mantel.ETS,
        "difference": shares.difference / (focal.shape[-1] - 1),
        "class": classes.ets(found.delta, found.error, p, options.level),
        "direction": _direction(found.delta, p, options.level),
    }


def _effect(estimate: Floats, error: Floats, level: float) -> Row:
    reach = normal_quantile(level) * error
    return {"estimate": estimate, "std_error": error, "low": estimate - reach, "high": estimate + reach}


def _direction(effect: Floats, p: Floats, level: float) -> Objects:
    out = np.full(len(effect), Direction.NONE.value, dtype=object)
    told = p < 1 - level
    out[told & (effect < 0)] = Direction.HARDER.value
    out[told & (effect > 0)] = Direction.EASIER.value
    return out


def standardization(focal: Floats, reference: Floats, table: Table, options: Options) -> Row:
    """Standardised differences; the estimate is a share of the item's maximum."""
    found, top = mantel.standardised(focal, reference), focal.shape[-1] - 1
    statistic = ratio(found.difference, found.error) ** 2
    p = chdtrc(1.0, statistic)
    effect = ratio(found.difference, found.spread)
    cuts = classes.SHARES if top == 1 else classes.GRADED
    size = found.difference if top == 1 else effect
    return {
        "statistic": statistic,
        "df": np.where(np.isnan(statistic), np.nan, 1.0),
        "p_value": p,
        **_effect(found.difference / top, found.error / top, options.level),
        "effect_size": effect,
        "class": classes.by_size(size, p, options.level, cuts),
        "direction": _direction(found.difference, p, options.level),
    }


def logistic_regression(focal: Floats, reference: Floats, table: Table, options: Options) -> Row:
    """Logistic regression (graded items: proportional odds); the estimate is the uniform effect on the delta scale."""
    maker = logistic.nested if focal.shape[-1] == 2 else ordered.nested
    found = maker(focal, reference, table.value)
    tests = {kind: found.statistic(kind) for kind in logistic.CONTRASTS}
    p = {kind: chdtrc(float(logistic.DEGREES[kind]), tests[kind]) for kind in tests}
    change, ran_away = found.r2_change(options.kind), _ran_away(found, table)
    uniform = np.where(ran_away, np.nan, found.uniform)
    chosen = p[options.kind]
    size = np.where(ran_away, np.nan, _size(found, focal, table, options.kind))
    row = {
        "statistic": tests[options.kind],
        "df": np.where(np.isnan(chosen), np.nan, float(logistic.DEGREES[options.kind])),
        "p_value": chosen,
        **_effect(mantel.ETS * uniform, mantel.ETS * found.uniform_error, options.level),
        "p_uniform": p["uniform"],
        "p_nonuniform": p["nonuniform"],
        "wald": found.wald(options.kind),
        "size": size,
        "r2_change": change,
        "class": classes.by_size(size, chosen, options.level, classes.DELTA),
        "class_jodoin_gierl": classes.by_size(change, chosen, options.level, classes.JODOIN_GIERL),
        "class_zumbo_thomas": classes.by_size(change, chosen, options.level, classes.ZUMBO_THOMAS),
        "kind": _kind(p, options.level),
    }
    row["direction"] = _direction(found.uniform, chosen, options.level)
    crossing = (p["nonuniform"] < 1 - options.level) & (chosen < 1 - options.level) & _cross(found, focal, table)
    row["direction"][crossing] = Direction.CROSSING.value
    row |= {name: found.beta[:, at] for at, name in enumerate(("b_intercept", "b_score", "b_group", "b_product"))}
    return row


def _size(found: logistic.Nested, focal: Floats, table: Table, kind: str) -> Floats:
    """Mean distance of the curves at the focal group's abilities, on the delta scale."""
    if kind == "uniform":
        return np.asarray(mantel.ETS * np.abs(found.uniform))
    weight = focal.sum(axis=-1)
    apart = np.abs(found.beta[:, 2] + found.beta[:, 3] * table.value[:, None])
    return mantel.ETS * ratio((weight * apart).sum(axis=0), weight.sum(axis=0))


def _ran_away(found: logistic.Nested, table: Table) -> Bools:
    return np.asarray(~(np.abs(found.uniform) < logistic.SEPARATED))


def _kind(p: dict[str, Floats], level: float) -> Objects:
    uniform, other = p["uniform"] < 1 - level, p["nonuniform"] < 1 - level
    return np.select([uniform & other, uniform, other], ["both", "uniform", "nonuniform"], "").astype(object)


def _cross(found: logistic.Nested, focal: Floats, table: Table) -> Bools:
    """Whether the two curves meet where the focal group's scores lie."""
    weight = focal.sum(axis=-1)
    share = np.cumsum(weight, axis=0) / np.maximum(weight.sum(axis=0), 1)
    order = np.argsort(table.value, kind="stable")
    if len(np.unique(table.value)) < len(table.value):  # classes by items met: scores repeat
        share = np.cumsum(weight[order], axis=0) / np.maximum(weight.sum(axis=0), 1)
    values = table.value[order]
    low = values[np.minimum((share < _MIDDLE[0]).sum(axis=0), len(values) - 1)]
    high = values[np.minimum((share < _MIDDLE[1]).sum(axis=0), len(values) - 1)]
    meet = ratio(-found.beta[:, 2], found.beta[:, 3])
    return np.asarray((meet > low) & (meet < high))


def breslow_day(focal: Floats, reference: Floats, table: Table, options: Options) -> Row:
    """Breslow and Day's test that the odds ratio is the same at all abilities; the estimate is Mantel-Haenszel's."""
    if focal.shape[-1] > 2:
        return _blank(focal.shape[1]) | {"note": np.full(focal.shape[1], FairNote.GRADED.value, dtype=object)}
    found, odds = mantel.breslow_day(focal, reference, table.value), mantel.odds(focal, reference)
    different = np.where(found.trend_p < 1 - options.level, Direction.CROSSING.value, "").astype(object)
    return {
        "statistic": found.statistic,
        "df": found.df,
        "p_value": found.p_value,
        **_effect(odds.delta, odds.error, options.level),
        "trend": found.trend,
        "p_trend": found.trend_p,
        "direction": different,
    }


METHODS: dict[str, RowMaker] = {
    "mantel_haenszel": mantel_haenszel,
    "standardization": standardization,
    "logistic": logistic_regression,
    "breslow_day": breslow_day,
}


def rows_of(method: str, table: Table, pairs: list[tuple[int, int]], options: Options) -> Row:
    """Give one item's columns, (C,) each, with counts and notes."""
    focal, reference = table.sides(pairs)
    n_focal, n_reference = focal.sum(axis=(0, 2)), reference.sum(axis=(0, 2))
    whole = (focal + reference).sum(axis=0)
    constant = (whole > 0).sum(axis=-1) < 2
    empty = (n_focal == 0) | (n_reference == 0)
    usable = ~(constant | empty)
    row: Row = {"n_focal": n_focal.astype(np.int64), "n_reference": n_reference.astype(np.int64)}
    found = _on_usable(method, focal, reference, table, options, usable)
    notes = np.asarray(found.pop("note", np.full(len(pairs), "", dtype=object)), dtype=object)
    statistic = found["statistic"]
    notes = np.where((notes == "") & np.isnan(statistic), FairNote.NO_OVERLAP.value, notes)
    one_sided = np.isnan(found["estimate"]) & ~np.isnan(statistic)
    notes = np.where((notes == "") & one_sided, FairNote.ONE_SIDED.value, notes)
    notes = np.where(constant, FairNote.CONSTANT.value, notes)
    notes = np.where(empty, FairNote.NOBODY.value, notes)
    return row | found | {"note": notes.astype(object)}


def _on_usable(method: str, focal: Floats, reference: Floats, table: Table, options: Options, usable: Bools) -> Row:
    """Work on the pairs that can be compared; the others get NaN and empty texts."""
    if usable.all():
        return METHODS[method](focal, reference, table, options)
    if not usable.any():
        return _blank(len(usable))
    found = METHODS[method](focal[:, usable], reference[:, usable], table, options)
    out: Row = {}
    for name, part in found.items():
        text = part.dtype == object
        out[name] = np.full(len(usable), "" if text else np.nan, dtype=object if text else float)
        out[name][usable] = part
    return out


def omnibus_of(method: str, table: Table, groups: list[int], options: Options) -> tuple[float, float]:
    """Test all groups at once: statistic and degrees of freedom, NaN where there is no such test."""
    counts = table.counts[:, groups]
    met = counts.sum(axis=(0, 2)) > 0
    counts = counts[:, met]
    if met.sum() < 2 or (counts.sum(axis=(0, 1)) > 0).sum() < 2 or method == "breslow_day":
        return float("nan"), float("nan")
    if method == "logistic":
        maker = logistic.omnibus if counts.shape[-1] == 2 else ordered.omnibus
        statistic, df = maker(counts, table.value, options.kind)
    else:
        statistic, df = mantel.generalised(counts)
    return statistic, float(df) if df else float("nan")
