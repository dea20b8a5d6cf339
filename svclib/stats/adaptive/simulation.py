"""How an adaptive test works out on simulated candidates, who all step together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.adaptive.bank import at
from svclib.stats.adaptive.draws import RESPONSE, uniform
from svclib.stats.adaptive.engine import ABOVE, BELOW, EXHAUSTED, REASONS, Group, begin, offer, record, score
from svclib.stats.adaptive.plan import Plan
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import check_frame, numbers
from svclib.stats.marks import _

Answers = Callable[[Ints, Ints], Ints]
"""Scores of candidates (rows) on items."""

_CELLS = 1_500_000
"""Candidates × items that are worked on at once."""
_GROUPS, _VALUES = 10, 25
MEASURES = (
    _("bias"), _("RMSE"), _("mean standard error"), _("correlation with the true ability"), _("mean length"),
    _("shortest test"), _("longest test"), _("highest exposure rate"), _("share of items never used"),
    _("share of items two candidates have in common"),
)  # fmt: skip
CLASSES = (_("wrongly above the cut"), _("wrongly below the cut"), _("wrongly classified"), _("decided with certainty"))


@dataclass(frozen=True, eq=False)
class Simulation:
    """What a simulation found; see `svclib.stats.Adaptive.simulate`."""

    plan: Plan
    theta: Floats
    group: Group

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """One row a candidate.

        ``candidate, seed, theta`` (true; missing for given responses), ``estimate, se, n, reason`` and, with a cut,
        ``above, certain``.
        """
        group, n = self.group, len(self.theta)
        told = pd.DataFrame(
            {
                "candidate": np.arange(1, n + 1), "seed": group.seeds, "theta": self.theta, "estimate": group.theta,
                "se": group.se, "n": group.n, "reason": np.array(REASONS, dtype=object)[group.reason],
            }
        )  # fmt: skip
        if self.plan.stop.cut is None:
            return told
        above = (group.reason == ABOVE) | ((group.reason != BELOW) & (group.theta >= self.plan.stop.cut))
        return told.assign(above=above, certain=np.isin(group.reason, (ABOVE, BELOW)))

    @cached_property
    def paths(self) -> pd.DataFrame:
        """One row an answer: ``candidate, step, item, score, theta`` (as estimated after it) and ``se``."""
        group = self.group
        who, step = np.nonzero(group.items >= 0)
        return pd.DataFrame(
            {
                "candidate": who + 1, "step": step + 1,
                "item": np.array(self.plan.pool.names, dtype=object)[group.items[who, step]],
                "score": group.scores[who, step], "theta": group.thetas[who, step], "se": group.errors[who, step],
            }
        )  # fmt: skip

    @cached_property
    def items(self) -> pd.DataFrame:
        """One row an item: ``item, given`` (how often), ``rate`` (share of the candidates)."""
        given = np.bincount(self.group.items[self.group.items >= 0], minlength=len(self.plan.pool))
        return pd.DataFrame({"item": list(self.plan.pool.names), "given": given, "rate": given / len(self.theta)})

    @cached_property
    def overlap(self) -> float:
        """Mean share of a test that two candidates have in common; NaN of one candidate."""
        given, n = self.items["given"].to_numpy(float), len(self.theta)
        pairs = (given * (given - 1)).sum() / max(n * (n - 1), 1)
        return float(pairs / self.group.n.mean()) if n > 1 else np.nan

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row a measure: ``measure, estimate`` and ``error``, what chance of the simulation does to it."""
        miss, n, length = self.group.theta - self.theta, len(self.theta), self.group.n
        spread = _sd(miss)
        rate = self.items["rate"].to_numpy()
        values = [
            miss.mean(), np.sqrt((miss**2).mean()), self.group.se.mean(), _correlation(self.group.theta, self.theta),
            length.mean(), length.min(), length.max(), rate.max(), (rate == 0).mean(), self.overlap,
        ]  # fmt: skip
        errors = [spread / np.sqrt(n), _sd(miss**2) / np.sqrt(n) / (2 * max(values[1], 1e-12)),
                  _sd(self.group.se) / np.sqrt(n), np.nan, _sd(length) / np.sqrt(n)]  # fmt: skip
        errors += [np.nan] * (len(values) - len(errors))
        return pd.DataFrame({"measure": list(MEASURES), "estimate": np.array(values, dtype=float), "error": errors})

    @cached_property
    def conditional(self) -> pd.DataFrame:
        """One row a group of abilities (the values given, or tenths of the candidates).

        ``theta`` (mean), ``n, bias, bias_error`` (Monte Carlo), ``sd`` (of the estimates about their mean), ``rmse``,
        ``se`` (as reported, root mean square), ``length`` (mean).
        """
        values = np.unique(self.theta)
        if len(values) <= _VALUES:
            at_ = np.searchsorted(values, self.theta)
        else:
            at_ = pd.qcut(self.theta, min(_GROUPS, len(values)), labels=False, duplicates="drop")
        frame = pd.DataFrame({"theta": self.theta, "miss": self.group.theta - self.theta, "n": self.group.n})
        frame["square"], frame["variance"] = frame["miss"] ** 2, self.group.se**2
        held = frame.groupby(at_, observed=True)
        told = held["theta"].mean().to_frame("theta")
        told["n"], told["bias"], told["sd"] = held.size(), held["miss"].mean(), held["miss"].std()
        told["bias_error"] = told["sd"] / np.sqrt(told["n"])
        told["rmse"], told["se"] = np.sqrt(held["square"].mean()), np.sqrt(held["variance"].mean())
        told["length"] = held["n"].mean()
        columns = ["theta", "n", "bias", "bias_error", "sd", "rmse", "se", "length"]
        return told.reset_index(drop=True)[columns]

    @cached_property
    def classification(self) -> pd.DataFrame:
        """Decisions at the cut: ``measure, n`` (of whom), ``estimate, error``; no rows without a cut."""
        if self.plan.stop.cut is None or np.isnan(self.theta).all():
            return pd.DataFrame({"measure": [], "n": [], "estimate": [], "error": []})
        true = self.theta >= self.plan.stop.cut
        above, certain = self.candidates["above"].to_numpy(), self.candidates["certain"].to_numpy()
        counts = [(above & ~true).sum(), (~above & true).sum(), (above != true).sum(), certain.sum()]
        of = np.array([(~true).sum(), true.sum(), len(true), len(true)])
        share = ratio(counts, of)
        return pd.DataFrame(
            {"measure": list(CLASSES), "n": of, "estimate": share, "error": np.sqrt(ratio(share * (1 - share), of))}
        )


def _sd(values: Any) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


def _correlation(one: Floats, other: Floats) -> float:
    if len(one) < 3 or not np.std(one) > 0 or not np.std(other) > 0:
        return np.nan
    return float(np.corrcoef(one, other)[0, 1])


def run(plan: Plan, seeds: Ints, answers: Answers, *, barred: Any = None, count: bool = False) -> Group:
    """Let candidates take the test, in blocks that bound the memory."""
    block = max(16, _CELLS // len(plan.pool))
    parts = []
    for start in range(0, len(seeds), block):
        rows = np.arange(start, min(start + block, len(seeds)))
        group = begin(plan, seeds[rows])
        if barred is not None:
            group.barred |= barred[rows]
        _to_the_end(plan, group, rows, answers, count=count)
        parts.append(group)
    return parts[0] if len(parts) == 1 else _joined(parts)


def _to_the_end(plan: Plan, group: Group, rows: Ints, answers: Answers, *, count: bool) -> None:
    for _step in range(plan.stop.length):
        who = np.flatnonzero(group.reason == 0)
        if not len(who):
            return
        items = offer(plan, group, who, count=count)
        lost = items < 0
        group.reason[who[lost]] = EXHAUSTED
        who, items = who[~lost], items[~lost]
        if len(who):
            record(plan, group, who, items, answers(rows[who], items))
            score(plan, group, who)


_KEPT = ("seeds", "items", "scores", "n", "theta", "se", "thetas", "errors", "reason")


def _joined(parts: list[Group]) -> Group:
    """Join blocks, without what only a running test needs."""
    first, none = parts[0], np.zeros((0, 0))
    whole: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _KEPT}
    selected = np.sum([part.selected for part in parts], axis=0)
    blank: dict[str, Any] = dict.fromkeys(("loglik", "taken", "barred", "allowed", "passed", "counts", "ratio"), none)
    return type(first)(**whole, **blank, selected=selected, shadows=[])


def simulated_answers(plan: Plan, theta: Floats, seeds: Ints) -> Answers:
    """Answer as the model says."""
    parameters = plan.curves.parameters

    def answers(rows: Ints, items: Ints) -> Ints:
        p = at(parameters, items, theta[rows])[0]
        chance = uniform(seeds[rows], RESPONSE, 0, items[:, None])
        return np.asarray((chance >= np.cumsum(p, axis=1)[:, :-1]).sum(axis=1))

    return answers


def given_answers(plan: Plan, responses: Any) -> tuple[Answers, Any]:
    """Answer as real candidates did; items without an answer are barred."""
    frame = check_frame(responses)
    table = np.column_stack([numbers(frame, name) for name in plan.pool.names])
    highest = plan.curves.parameters.highest
    wrong = (table < 0) | (table > highest) | (table != np.round(table)) & ~np.isnan(table)
    if wrong.any():
        row, item = np.argwhere(wrong)[0]
        raise InvalidInput(
            _('The score of "{item}" is {value}; it runs from 0 to {highest}.'),
            item=plan.pool.names[item],
            value=f"{table[row, item]:g}",
            highest=int(highest[item]),
        )
    codes = np.where(np.isnan(table), -1, table).astype(int)
    return lambda rows, items: codes[rows, items], codes < 0


def read_abilities(theta: Any, seed: Any, replications: int, prior: tuple[float, float]) -> tuple[Floats, Ints]:
    """Give the true abilities (drawn where `theta` is a number of candidates) and the candidates' seeds."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidInput(_('"seed" is {value}; give a whole number from 0 on.'), value=repr(seed)[:60])
    if not isinstance(replications, int | np.integer) or replications < 1:
        raise InvalidInput(_('"replications" is {value}; give 1 or more.'), value=repr(replications)[:60])
    random = np.random.default_rng(int(seed))
    if isinstance(theta, int | np.integer) and not isinstance(theta, bool):
        if theta < 1:
            raise InvalidInput(_("A simulation needs at least one candidate."))
        true = random.normal(prior[0], prior[1], int(theta))
    else:
        true = np.asarray(theta, dtype=float).reshape(-1)
        if not len(true) or not np.isfinite(true).all():
            raise InvalidInput(_('"theta" is a number of candidates, or abilities without missing ones.'))
    true = np.repeat(true, int(replications))
    return true, random.integers(0, 2**53, len(true))
