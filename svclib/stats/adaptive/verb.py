"""Adaptive tests: the verb."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.adaptive import session
from svclib.stats.adaptive.exposure import sympson_hetter
from svclib.stats.adaptive.plan import Plan, read_plan
from svclib.stats.adaptive.session import State
from svclib.stats.adaptive.shadow import read_shadow
from svclib.stats.adaptive.simulation import Simulation, given_answers, read_abilities, run, simulated_answers
from svclib.stats.assembly.pool import read_pool
from svclib.stats.marks import _


class Adaptive:
    """An adaptive test: each next item is chosen for what is known of the candidate.

    Parameters
    ----------
    items : DataFrame, fit or ItemParameters
        Calibrated items (``item, a, b`` …; see `svclib.stats.item_response.parameters.items_of`) with the columns
        that the rules below name.
    select : str
        ``information`` (the most at the present estimate), ``randomesque`` (one of the best `top` by chance),
        ``difficulty``, ``kullback``, ``kullback_posterior``, ``likelihood_weighted``, ``posterior_weighted``,
        ``posterior_variance``, ``expected_information``, ``progressive`` or ``random``; catR's short names do, too.
    top : int, optional
        Number of best items among which chance decides; 5 for ``randomesque``, else 1.
    score : {"eap", "map", "ml", "wle"}
    start : float, list of str or dict, optional
        Ability at which the first item is chosen (without it the prior's mean), first items that all get, or
        ``{"theta": …, "items": […]}``.
    content : dict, optional
        Label → share of the test (adding up to 1): the next item comes from the content that lags behind most.
        Items of other labels are not given.
    content_column : str, optional
        Column of the labels; without it ``content``, else ``topic``.
    enemies : str or list, optional
        Items of which a candidate gets at most one: as in `svclib.stats.assemble`.
    exposure : DataFrame or dict, optional
        Sympson–Hetter parameters (``item, exposure``), as `calibrate_exposure` finds them.
    shadow : dict, optional
        Rules of `svclib.stats.assemble` on the whole test (``content, levels, limits, means, information, expected,
        enemies, sets, per_set, n_sets, must, must_not``; its length is that of `stop`). At each step a full test that
        meets them all and holds what was given is assembled at the present estimate, and the next item is its best;
        items of a set that was begun follow one another. Goes with ``information`` only, not with `content`.
    stop : int or dict
        ``length`` (items at most), ``min_length``; ``std_error`` or ``information`` (1 / error²) that is enough; or a
        ``cut`` with ``rule`` "ci" (the interval of ``level`` lies on one side) or "sprt" (Wald's ratio of
        cut ± ``delta`` with error rates ``alpha`` of passing wrongly and ``beta`` of failing wrongly). A number is a
        length.
    prior : (mean, sd)
        Normal prior of EAP and MAP, from which simulated candidates are drawn, too.
    bounds : (low, high)
        Abilities are looked for between these.
    points : int
        Grid points of EAP and of the integrals.
    gap : float
        A shadow test may fall short of the best by this share of its information.

    Raises
    ------
    InvalidInput
        If an item has no parameters, a label or column is unknown, the bank is smaller than the test, the stop rule
        is never met, or the shadow's rules cannot be met.

    Examples
    --------
    >>> bank = pd.DataFrame({"item": [f"q{i}" for i in range(9)], "a": 1.2, "b": np.linspace(-2, 2, 9)})
    >>> test = Adaptive(bank, stop={"length": 4})
    >>> state = test.begin(seed=7)
    >>> test.next(state)
    'q4'
    >>> state = test.answer(state, "q4", 1)
    >>> test.next(state), round(test.verdict(state)["theta"], 2)
    ('q5', 0.47)
    """

    def __init__(
        self,
        items: Any,
        *,
        select: str = "information",
        top: int | None = None,
        score: str = "eap",
        start: Any = None,
        content: Any = None,
        content_column: str | None = None,
        enemies: Any = None,
        exposure: Any = None,
        shadow: Any = None,
        stop: Any = 30,
        prior: tuple[float, float] = (0.0, 1.0),
        bounds: tuple[float, float] = (-4.0, 4.0),
        points: int = 61,
        gap: float = 0.005,
    ) -> None:
        plan = read_plan(
            read_pool(items), select=select, top=top, score=score, start=start, content=content,
            content_column=content_column, enemies=enemies, exposure=exposure, stop=stop, prior=prior, bounds=bounds,
            points=points,
        )  # fmt: skip
        self.plan: Plan = read_shadow(plan, shadow, gap)

    def __repr__(self) -> str:
        plan = self.plan
        return f"Adaptive({len(plan.pool)} items, {plan.select}, {plan.scorer.method}, {plan.stop.length} at most)"

    @property
    def exposure(self) -> pd.DataFrame:
        """Exposure parameters: ``item, exposure``."""
        return pd.DataFrame({"item": list(self.plan.pool.names), "exposure": self.plan.exposure})

    def begin(self, seed: int) -> State:
        """Give the state of a candidate who begins; all chance in the test follows from `seed`."""
        return session.start(seed)

    def next(self, state: State) -> str | None:
        """Give the item to show next, None where the test is over; `state` is not changed."""
        at, _group = session.following(self.plan, state)
        return None if at < 0 else self.plan.pool.names[at]

    def answer(self, state: State, item: str, score: int) -> State:
        """Give the state after an answer; an item other than `next` gives raises `InvalidInput`."""
        return session.answered(self.plan, state, item, score)

    def verdict(self, state: State) -> dict[str, Any]:
        """Say where a candidate stands: ``theta, se, n, done, reason``; with a cut ``cut, above, certain``, too."""
        return session.verdict(self.plan, state)

    def path(self, state: State) -> pd.DataFrame:
        """Give the way so far, one row an answer: ``step, item, score, theta, se``."""
        rows = []
        for step in range(1, len(state["items"]) + 1):
            part = {"seed": state["seed"], "items": state["items"][:step], "scores": state["scores"][:step]}
            group = session.group_of(self.plan, part)
            rows.append((step, part["items"][-1], part["scores"][-1], float(group.theta[0]), float(group.se[0])))
        return pd.DataFrame(rows, columns=["step", "item", "score", "theta", "se"])

    def simulate(self, theta: Any = 1000, *, seed: int = 1, replications: int = 1, responses: Any = None) -> Simulation:
        """Let simulated candidates take the test.

        Parameters
        ----------
        theta : int or list of float
            How many candidates to draw from the prior, or their abilities.
        seed : int
            Each candidate gets a seed of their own from it (in ``candidates``), with which `begin` replays the path.
        replications : int
            Candidates of each ability.
        responses : DataFrame, optional
            Scores of real candidates (a row each, a column an item) that answer instead; items they were not given
            are not offered. `theta` then is their abilities, or not given.

        Returns
        -------
        Simulation
            ``summary``, ``conditional`` on ability, ``items`` (exposure), ``overlap``, ``classification`` at the cut,
            ``candidates`` and ``paths``.

        Examples
        --------
        >>> bank = pd.DataFrame({"item": [f"q{i}" for i in range(40)], "a": 1.5, "b": np.linspace(-2, 2, 40)})
        >>> found = Adaptive(bank, stop=10).simulate(200, seed=1)
        >>> found.candidates["n"].unique().tolist(), bool(abs(found.summary["estimate"][0]) < 0.1)
        ([10], True)
        """
        plan, barred = self.plan, None
        prior = (plan.scorer.mean, plan.scorer.sd)
        if responses is None:
            true, seeds = read_abilities(theta, seed, replications, prior)
            answers = simulated_answers(plan, true, seeds)
        else:
            answers, barred = given_answers(plan, responses)
            known = not isinstance(theta, int | np.integer)
            true, seeds = read_abilities(theta if known else len(barred), seed, 1, prior)
            true = true if known else np.full(len(barred), np.nan)
            if len(true) != len(barred):
                raise InvalidInput(
                    _("There are {n} abilities and {m} rows of responses; give one a row."), n=len(true), m=len(barred)
                )
        return Simulation(plan, true, run(plan, seeds, answers, barred=barred))

    def calibrate_exposure(
        self, max_rate: float = 0.25, *, candidates: int = 1000, rounds: int = 15, seed: int = 1
    ) -> Adaptive:
        """Find Sympson–Hetter parameters so that no item is given to more than `max_rate` of the candidates.

        Parameters
        ----------
        max_rate : float
            At least the test's length over the bank's.
        candidates, rounds, seed : int
            Of the simulations; candidates are drawn from the prior.

        Returns
        -------
        Adaptive
            The same test with exposure parameters (``.exposure``).
        """
        plan = self.plan
        if plan.shadow is not None:
            raise InvalidInput(_("Exposure parameters are calibrated without a shadow test; leave one of them out."))
        least = plan.stop.length / len(plan.pool)
        if not least <= max_rate <= 1:
            raise InvalidInput(
                _("With {length} of {n} items no rate below {least} is possible; give a greater one, at most 1."),
                length=plan.stop.length,
                n=len(plan.pool),
                least=f"{least:.3f}",
            )
        if candidates < 1 or rounds < 1:
            raise InvalidInput(_("A simulation needs at least one candidate."))
        found, _history = sympson_hetter(plan, float(max_rate), int(candidates), int(rounds), int(seed))
        return _with(self, plan.with_exposure(found))


def _with(test: Adaptive, plan: Plan) -> Adaptive:
    other = object.__new__(type(test))
    other.plan = plan
    return other
