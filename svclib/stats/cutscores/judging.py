"""Tables of the judges and of the items they rated: severity, consistency, disagreement."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtr

from svclib.stats.arrays import Floats, ratio
from svclib.stats.cutscores.panel import completed
from svclib.stats.cutscores.ratings import Round
from svclib.stats.marks import _

FLAGS: MappingProxyType[str, str] = MappingProxyType(
    {
        "no_ratings": _("Rated nothing in this round: left out."),
        "incomplete": _("Did not rate every item: the rest is filled in by judge and item effects."),
        "stricter": _("Much stricter than the others: ask for the reasons before the next round."),
        "milder": _("Much milder than the others: ask for the reasons before the next round."),
        "other_order": _("Sees the items in another order than the panel: talk the ratings over."),
        "not_difficulty": _(
            "The ratings hardly follow how difficult the items proved: show the figures and talk it over."
        ),
        "flat": _("Rates all items alike: explain the task again."),
        "disagreed": _("The judges are far apart on this item: discuss it, the stem may be read in two ways."),
        "far_from_data": _("The panel's rating is far from what borderline candidates did: discuss it."),
        "unrated": _("Nobody rated this item in this round."),
    }
)
"""What each code of ``flags`` means, and what to do."""

_LOW_R, _FAR, _CHANCE = 0.3, 0.25, 0.05
_JUDGE = (
    "round", "judge", "n", "cut", "severity", "severity_t", "r_panel", "r_difficulty", "error_borderline",
    "cut_without", "effect", "change", "flags", "note",
)  # fmt: skip
_ITEM = (
    "round", "item", "points", "n", "mean", "sd", "lowest", "highest", "difficulty", "borderline", "flags", "note",
)  # fmt: skip


def judge_table(
    one: Round, points: Floats, difficulty: Floats, borderline: Floats, before: Floats | None
) -> pd.DataFrame:
    """Describe each judge of a round; `before` holds the judges' cuts of the round before."""
    ratings, there = one.ratings, ~np.isnan(one.ratings)
    active, rated = np.asarray(there.any(axis=1)), np.asarray(there.any(axis=0))
    full = np.full(ratings.shape, np.nan)
    if active.any():
        full[np.ix_(active, rated)] = completed(ratings[np.ix_(active, rated)])
    cuts = np.where(active, np.where(rated, full * points, 0).sum(axis=1), np.nan)
    count = int(active.sum())
    panel = cuts[active].mean() if count else np.nan
    others = ratio(panel * count - cuts, count - 1 if count > 1 else 0)
    rows = []
    for place, name in enumerate(one.judges):
        rest = active & (np.arange(len(active)) != place)
        own = ratings[place]
        row: dict[str, Any] = {
            "round": one.name,
            "judge": name,
            "n": int(there[place].sum()),
            "cut": cuts[place],
            "severity": cuts[place] - panel,
            "severity_t": _studentized(cuts[place], cuts[rest]),
            "r_panel": _r(own, full[rest].mean(axis=0)) if rest.any() else np.nan,
            "r_difficulty": _r(own, difficulty),
            "error_borderline": _error(own, borderline),
            "cut_without": others[place] if active[place] else np.nan,
            "effect": others[place] - panel if active[place] else np.nan,
            "change": np.nan if before is None else cuts[place] - before[place],
        }
        codes = _judge_flags(row, own, int(rest.sum()), len(points))
        rows.append(row | {"flags": " ".join(codes), "note": " ".join(FLAGS[code] for code in codes)})
    return pd.DataFrame(rows, columns=list(_JUDGE))


def item_table(one: Round, points: Floats, difficulty: Floats, borderline: Floats, spread: float) -> pd.DataFrame:
    """Describe each item of a round; those whose ratings have a standard deviation above `spread` are flagged."""
    ratings, there = one.ratings, ~np.isnan(one.ratings)
    n = there.sum(axis=0)
    filled = np.where(there, ratings, 0)
    mean = ratio(filled.sum(axis=0), n)
    sd = np.sqrt(ratio(np.where(there, (ratings - mean) ** 2, 0).sum(axis=0), np.where(n > 1, n - 1, 0)))
    lowest = np.where(n > 0, np.where(there, ratings, np.inf).min(axis=0, initial=np.inf), np.nan)
    highest = np.where(n > 0, np.where(there, ratings, -np.inf).max(axis=0, initial=-np.inf), np.nan)
    frame = pd.DataFrame(
        {
            "round": one.name, "item": one.items, "points": points, "n": n, "mean": mean, "sd": sd,
            "lowest": lowest, "highest": highest, "difficulty": difficulty, "borderline": borderline,
        }
    )  # fmt: skip
    codes = [
        [
            name
            for name, there_is in (
                ("unrated", count == 0),
                ("disagreed", apart > spread),
                ("far_from_data", abs(level - known) > _FAR),
            )
            if there_is
        ]
        for count, apart, level, known in zip(n, sd, mean, borderline, strict=True)
    ]
    frame["flags"] = [" ".join(one) for one in codes]
    frame["note"] = [" ".join(FLAGS[name] for name in one) for one in codes]
    return frame[list(_ITEM)]


def _studentized(own: float, others: Floats) -> float:
    """How far a judge's cut lies from those of the others, in errors of a further judge's cut."""
    if np.isnan(own) or len(others) < 3:
        return np.nan
    sd = float(others.std(ddof=1))
    return float((own - others.mean()) / (sd * np.sqrt(1 + 1 / len(others)))) if sd > 1e-12 else np.nan


def _judge_flags(row: dict[str, Any], own: Floats, others: int, items: int) -> list[str]:
    if not row["n"]:
        return ["no_ratings"]
    codes = ["incomplete"] if row["n"] < items else []
    if np.isfinite(row["severity_t"]):
        p = 2 * float(stdtr(others - 1, -abs(row["severity_t"]))) * (others + 1)
        codes += ["stricter" if row["severity"] > 0 else "milder"] if p < _CHANCE else []
    if row["n"] > 2 and np.nanmax(own) - np.nanmin(own) < 1e-9:
        return [*codes, "flat"]
    codes += ["other_order"] if row["r_panel"] < _LOW_R else []
    return codes + (["not_difficulty"] if row["r_difficulty"] < _LOW_R else [])


def _r(x: Floats, y: Floats) -> float:
    both = ~np.isnan(x) & ~np.isnan(y)
    if both.sum() < 3:
        return np.nan
    a, b = x[both] - x[both].mean(), y[both] - y[both].mean()
    spread = float(np.sqrt((a @ a) * (b @ b)))
    return float(np.clip(a @ b / spread, -1, 1)) if spread > 1e-12 else np.nan


def _error(own: Floats, borderline: Floats) -> float:
    apart = np.abs(own - borderline)
    return float(np.nanmean(apart)) if np.isfinite(apart).any() else np.nan
