"""How many answers show a difference, and how surely so many will."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import nctdtr, ndtr, stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.intervals import normal_quantile
from svclib.stats.marks import _
from svclib.stats.planning.plans import (
    MOST,
    Answers,
    Number,
    answers_for,
    checked,
    effective,
    expected_answers,
    smallest_number,
    together,
)
from svclib.stats.planning.precision import for_margin

BEYOND = _("no number of answers reaches it")
WHOLE = _("nearly the whole population is needed: ask everybody")


@dataclass(frozen=True)
class Contrast:
    """Two groups or waves that are compared; `kept` is the part of the variance that their overlap leaves."""

    answers: Answers
    difference: float
    level: float
    kept: float


def sample_size(
    kind: str,
    *,
    margin: Number = None,
    difference: Number = None,
    power: Number = 0.8,
    sd: float | None = None,
    share: float = 0.5,
    promoters: float = 0.5,
    detractors: float = 0.2,
    population: Number = None,
    deff: Number = 1.0,
    response: Number = 1.0,
    overlap: float = 0.0,
    correlation: float = 0.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Tell how many answers are needed: for an interval of ± `margin`, or to show a `difference` of two groups.

    Parameters
    ----------
    kind : {"mean", "proportion", "nps"}
    margin : float or list of float
        Half the width that the interval may have: in the unit of the answers, as a share (0.03), or in NPS points.
    difference : float or list of float
        Instead of `margin`: the smallest difference between two groups or waves that matters, in the same unit.
    power : float or list of float
        Probability of showing that difference, if it is there.
    sd, share, promoters, detractors
        What one answer is expected to be, as in `stats.expected_width`; of two groups the first.
    population : int or list of int, optional
        Customers there are (in each group).
    deff : float or list of float
        Design effect: `stats.design_effect`.
    response : float or list of float
        Share of the invited who will answer.
    overlap, correlation : float
        Share of respondents who answer in both waves, and the correlation of their two answers.
    level : float
        Of the interval, or of the two-sided test.

    Returns
    -------
    DataFrame
        A row a plan: ``kind, margin, difference, power, n`` (answers, in each group of a difference), ``groups``,
        ``invitations`` (in each group), ``deff, population, response, level, method, note``.

    Raises
    ------
    InvalidInput
        Naming the option that cannot be; if neither or both of `margin` and `difference` are given.

    Notes
    -----
    Margins: half the expected width of the interval that `stats.mean`, `csat` or `nps` will give. Differences: of
    means the noncentral t (R's power.t.test, strict), of shares Fleiss, Levin and Paik (2003, ch. 4; R's
    power.prop.test), of NPS the normal test with the variance p + d − (p − d)². Design effects and finite populations
    scale the variance (Cochran 1977).

    Examples
    --------
    >>> sample_size("proportion", margin=0.05, share=0.85)["n"].tolist()
    [194]
    >>> sample_size("mean", difference=0.3, sd=1.0, power=0.9)["n"].tolist()
    [235]
    """
    answers = expected_answers(kind, sd=sd, share=share, promoters=promoters, detractors=detractors)
    _one_of(margin, difference)
    plan = _plan(margin, difference, power, population, deff, response)
    checked("level", level, 0, 1, low_open=True, high_open=True)
    if difference is None:
        worth = np.array([for_margin(answers, one, level) for one in plan["margin"]])
    else:
        kept = 1 - float(checked("overlap", overlap, 0, 1)[0]) * float(checked("correlation", correlation, 0, 1)[0])
        wanted = zip(plan["difference"], plan["power"], strict=True)
        worth = np.array([_for_power(Contrast(answers, d, level, kept), p) for d, p in wanted])
    return _needed(kind, plan, worth, level, 1 if difference is None else 2)


def _one_of(margin: Number, difference: Number) -> None:
    if (margin is None) == (difference is None):
        raise InvalidInput(_("Give margin (an interval so narrow) or difference (of two groups), one of the two."))


def _plan(
    margin: Number, difference: Number, power: Number, population: Number, deff: Number, response: Number
) -> dict[str, Floats]:
    nothing = np.array([np.nan])
    open_ends = {"low_open": True, "high_open": True}
    return together(
        margin=nothing if margin is None else checked("margin", margin, 0, np.inf, **open_ends),
        difference=nothing if difference is None else _differences(difference),
        power=nothing if difference is None else checked("power", power, 0, 1, **open_ends),
        population=checked("population", np.inf if population is None else population, 2, np.inf),
        deff=checked("deff", deff, 0, np.inf, **open_ends),
        response=checked("response", response, 0, 1, low_open=True),
    )


def _differences(given: Number) -> Floats:
    values = checked("difference", given, -np.inf, np.inf, low_open=True, high_open=True)
    if (values == 0).any():
        raise InvalidInput(_("difference is 0, which no number of answers shows; give the smallest one that matters."))
    return values


def _needed(kind: str, plan: dict[str, Floats], worth: Floats, level: float, groups: int) -> pd.DataFrame:
    found = np.isfinite(worth)
    n = answers_for(np.where(found, worth, 1.0), plan["deff"], plan["population"])
    n = np.where(found, np.maximum(n, 2), np.nan)
    whole = found & np.isfinite(plan["population"]) & (n > 0.9 * plan["population"])
    notes = np.where(whole, WHOLE, np.where(found, "", BEYOND))
    invited = np.ceil(np.round(n / plan["response"], 9))
    frame = pd.DataFrame({
        "kind": kind,
        **{name: plan[name] for name in ("margin", "difference", "power")},
        "n": pd.array(n, dtype="Float64").astype("Int64"),
        "groups": groups,
        "invitations": pd.array(invited, dtype="Float64").astype("Int64"),
        **{name: plan[name] for name in ("deff", "population", "response")},
        "level": level,
    })  # fmt: skip
    methods = {"mean": "noncentral t", "proportion": "normal, pooled share", "nps": "normal"}
    widths = {"mean": "t, expected width", "proportion": "Wilson, expected width", "nps": "score, expected width"}
    return frame.assign(method=methods[kind] if groups == 2 else widths[kind], note=notes)


def power(
    kind: str,
    n: Number,
    difference: Number,
    *,
    n_second: Number = None,
    sd: float | None = None,
    share: float = 0.5,
    promoters: float = 0.5,
    detractors: float = 0.2,
    population: Number = None,
    deff: Number = 1.0,
    overlap: float = 0.0,
    correlation: float = 0.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Tell how probable it is that `n` answers in each of two groups show a `difference`.

    Parameters
    ----------
    kind, difference, sd, share, promoters, detractors, population, deff, overlap, correlation, level
        As in `stats.sample_size`.
    n : int or list of int
        Answers of the first group.
    n_second : int or list of int, optional
        Answers of the second; as many, if left out.

    Returns
    -------
    DataFrame
        A row a plan: ``kind, n, n_second, difference, power, deff, population, level``.

    Examples
    --------
    >>> power("mean", 20, 1.0, sd=1.0)["power"].round(4).item()
    0.869
    """
    answers = expected_answers(kind, sd=sd, share=share, promoters=promoters, detractors=detractors)
    first = checked("n", n, 2, MOST)
    plan = together(
        n=first,
        n_second=first if n_second is None else checked("n_second", n_second, 2, MOST),
        difference=_differences(difference),
        population=checked("population", np.inf if population is None else population, 2, np.inf),
        deff=checked("deff", deff, 0, np.inf, low_open=True, high_open=True),
    )
    checked("level", level, 0, 1, low_open=True, high_open=True)
    kept = 1 - float(checked("overlap", overlap, 0, 1)[0]) * float(checked("correlation", correlation, 0, 1)[0])
    worth = [effective(plan[name], plan["deff"], plan["population"]) for name in ("n", "n_second")]
    found = [
        power_of(Contrast(answers, d, level, kept), a, b) for d, a, b in zip(plan["difference"], *worth, strict=True)
    ]
    told = {"kind": kind, "n": plan["n"].astype(np.int64), "n_second": plan["n_second"].astype(np.int64)}
    frame = pd.DataFrame({**told, "difference": plan["difference"], "power": found})
    return frame.assign(deff=plan["deff"], population=plan["population"], level=level)


def power_of(contrast: Contrast, first: float, second: float) -> float:
    """Power from `first` and `second` answers of simple random samples."""
    if np.isinf(first) and np.isinf(second):
        return 1.0
    each = 1 / first + 1 / second
    size = abs(contrast.difference) / contrast.answers.unit
    if contrast.answers.kind == "mean":
        return _t_power(
            size / (contrast.answers.sd * np.sqrt(each * contrast.kept)), first + second - 2, contrast.level
        )
    null, alternative = _variances(contrast)
    z, scale = normal_quantile(contrast.level), np.sqrt(each * contrast.kept)
    reach = z * np.sqrt(null) * scale
    error = np.sqrt(alternative[0] / first + alternative[1] / second) * np.sqrt(contrast.kept)
    if error == 0:
        return float(size > reach)
    return float(ndtr((size - reach) / error) + ndtr((-size - reach) / error))


def _t_power(noncentrality: float, df: float, level: float) -> float:
    edge = float(stdtrit(df, (1 + level) / 2))
    # far from the edge the distribution function cannot be computed: it is 0 there
    below, other_side = np.nan_to_num([nctdtr(df, noncentrality, edge), nctdtr(df, noncentrality, -edge)])
    return float(1 - below + other_side)


def _variances(contrast: Contrast) -> tuple[float, tuple[float, float]]:
    """Variance of one answer without a difference, and of the two groups with it."""
    answers = contrast.answers
    if answers.kind == "nps":
        return answers.sd**2, (answers.sd**2, answers.sd**2)
    other = answers.share + contrast.difference
    if not 0 <= other <= 1:
        raise InvalidInput(
            _("A share of {share:g} and a difference of {difference:g} lead to {other:g}, which is no share."),
            share=answers.share,
            difference=contrast.difference,
            other=other,
        )
    pooled = (answers.share + other) / 2
    return pooled * (1 - pooled), (answers.share * (1 - answers.share), other * (1 - other))


def _for_power(contrast: Contrast, wanted: float) -> float:
    """Answers in each group that reach the power, as a real number; infinite if none does."""
    return smallest_number(lambda n: power_of(contrast, n, n) >= wanted, step=1e-6)


def detectable_difference(
    kind: str,
    n: Number,
    *,
    power: float = 0.8,
    sd: float | None = None,
    share: float = 0.5,
    promoters: float = 0.5,
    detractors: float = 0.2,
    deff: Number = 1.0,
    population: Number = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Tell the smallest difference of two groups of `n` answers each that will be shown with `power`.

    Of shares the difference downwards from `share`, for what must not be missed is a fall.

    Parameters
    ----------
    kind, n, power, sd, share, promoters, detractors, deff, population, level
        As in `stats.power`.

    Returns
    -------
    DataFrame
        ``kind, n, difference`` (missing where even the largest is not shown), ``power, deff, population, level``.

    Examples
    --------
    >>> detectable_difference("nps", [50, 400])["difference"].round(1).tolist()
    [43.8, 15.5]
    """
    answers = expected_answers(kind, sd=sd, share=share, promoters=promoters, detractors=detractors)
    wanted = float(checked("power", power, 0, 1, low_open=True, high_open=True)[0])
    checked("level", level, 0, 1, low_open=True, high_open=True)
    plan = together(
        n=checked("n", n, 2, MOST),
        deff=checked("deff", deff, 0, np.inf, low_open=True, high_open=True),
        population=checked("population", np.inf if population is None else population, 2, np.inf),
    )
    worth = effective(plan["n"], plan["deff"], plan["population"])
    found = [_detectable(answers, one, wanted, level) for one in worth]
    frame = pd.DataFrame({"kind": kind, "n": plan["n"].astype(np.int64), "difference": found})
    return frame.assign(power=wanted, deff=plan["deff"], population=plan["population"], level=level)


def _detectable(answers: Answers, worth: float, wanted: float, level: float) -> float:
    largest = {"mean": 1e6 * answers.sd, "proportion": answers.share, "nps": 200.0}[answers.kind]
    sign = -1.0 if answers.kind == "proportion" else 1.0

    def shown(size: float) -> bool:
        return power_of(Contrast(answers, sign * size, level, 1.0), worth, worth) >= wanted

    low, high = 0.0, largest
    if largest <= 0 or not shown(largest):
        return float(np.nan)
    for _halving in range(80):
        middle = (low + high) / 2
        low, high = (low, middle) if shown(middle) else (middle, high)
    return high
