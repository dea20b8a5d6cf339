"""Equating: what a score on a new form means on the old one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.estimate import check_level
from svclib.stats.linking import notes as need
from svclib.stats.linking.errors import delta_errors, limits, resampled_errors
from svclib.stats.linking.items import METHODS as ITEM_METHODS
from svclib.stats.linking.items import equate_items, share_of
from svclib.stats.linking.lines import Setting, moments
from svclib.stats.linking.link import POINTS, Link, Quadrature
from svclib.stats.linking.methods import PERCENTILE, Plan, check_method
from svclib.stats.linking.notes import LinkNote
from svclib.stats.linking.percentiles import inside, ranks
from svclib.stats.linking.results import Equating
from svclib.stats.linking.samples import Range, Sample, read_sample, same_anchor
from svclib.stats.linking.smoothing import CRITERIA, Degrees, Smoothed, choose, smooth
from svclib.stats.marks import _

Smooth = int | Sequence[int] | str | None


def equate(
    new: Any,
    old: Any,
    score: str | None = None,
    *,
    anchor: str | None = None,
    method: str | None = None,
    internal: bool = True,
    weight: float | None = None,
    smooth: Smooth = None,
    step: float = 1.0,
    new_range: Range | None = None,
    old_range: Range | None = None,
    anchor_range: Range | None = None,
    link: Link | None = None,
    quadrature: Quadrature = POINTS,
    replications: int = 0,
    seed: int | None = None,
    level: float = 0.95,
) -> Equating:
    r"""Equate scores of a new form to the scale of an old one.

    Parameters
    ----------
    new, old : Series, array, list or DataFrame
        One row a candidate: the scores of the group that took the form. For ``irt_true`` and ``irt_observed`` the
        forms' calibrated items (fits, item frames) on one scale.
    score : str, optional
        Column of the scores where frames are given.
    anchor : str, optional
        Column of the scores on common items; without it the groups are taken to be equivalent (drawn at random).
    method : str, optional
        Equivalent groups: ``identity, mean, linear`` (default)\ ``, circle_arc, equipercentile``. By an anchor:
        ``tucker, tucker_mean, levine, levine_mean, levine_true, braun_holland, chained_linear`` (default)\ ``,
        chained_mean, circle_arc`` (its middle by chained means)\ ``, frequency`` (frequency estimation)\ ``,
        chained_equipercentile``. By items: ``irt_true, irt_observed``.
    internal : bool
        Whether the anchor items count in the score (Levine).
    weight : float, optional
        Share of the new group in the population that means are taken over; without it by the groups' sizes
        (0.5 for ``irt_observed``).
    smooth : int, list of int, {"aic", "bic"}, optional
        Log-linear smoothing before equating: the degree of the score, or (score, anchor, products); one number takes
        it for both and the product of first powers. Chosen by the criterion where it is named.
    step : float
        Distance of neighbouring scores, such as 0.5.
    new_range, old_range, anchor_range : (lowest, highest), optional
        Ends of the scales; without them from 0 (or the lowest score) to the highest that occurs.
    link : Link, optional
        For item methods: a result of `stats.link`, which carries `new` to the scale of `old`; errors then count those
        of the parameters.
    quadrature : int or (nodes, weights)
        For ``irt_observed``: abilities of each group on its own form's scale; a number means so many points of a
        standard normal distribution.
    replications : int
        Standard errors from so many bootstrap samples instead of the delta method; `seed` is needed then.
    seed : int, optional
    level : float

    Returns
    -------
    Equating
        ``.frame`` (``score, equated, std_error, low, high, n, level, method, note``) ``.table() .apply(scores)
        .cut(pass mark) .verdicts(scores, pass mark) .notes``.

    Raises
    ------
    InvalidInput
        For a group of one, scores that do not vary, lie off the step or out of range, an unknown method, a degree
        that cannot be fitted.

    Notes
    -----
    Kolen & Brennan (2014). Percentiles take a score as spread evenly over its step. Errors are those of the delta
    method over the multinomial counts, through the smoothing where there is one (von Davier, Holland & Thayer 2004);
    they hold the degrees chosen for given. Intervals of percentiles are those of the ranks (Woodruff 1952).

    Examples
    --------
    >>> made = equate([0, 1, 2, 2, 3], [1, 2, 3, 3, 4], method="mean")
    >>> made.apply([2]).round(3).tolist()
    [3.0]
    """
    check_level(level)
    if method in ITEM_METHODS:
        return equate_items(new, old, method, link=link, quadrature=quadrature, weight=weight, level=level)
    method = check_method(method or ("linear" if anchor is None else "chained_linear"), anchor is not None)
    samples = [
        read_sample(part, score, anchor, group=name, step=step, range_=range_, anchor_range=anchor_range)
        for part, name, range_ in ((new, "new", new_range), (old, "old", old_range))
    ]
    first, second = same_anchor(*samples) if anchor is not None else samples
    _check_anchor(first, second, anchor)
    plan = Plan(method, first, second, _setting(first, second, weight, internal))
    smoothed, tried = _smoothed(plan, smooth)
    shares = [made.shares if made else part.shares for made, part in zip(smoothed, (first, second), strict=True)]
    if replications:
        error = resampled_errors(plan, smoothed, replications, seed)
    else:
        error = delta_errors(plan, smoothed, shares)
    return _result(plan, smoothed, shares, error, tried, level)


def _check_anchor(new: Sample, old: Sample, anchor: str | None) -> None:
    if anchor is None:
        return
    for sample, name in ((new, "new"), (old, "old")):
        if (sample.counts.sum(axis=0) > 0).sum() < 2:
            raise InvalidInput(
                _('All candidates of the {group} form have the same anchor score; "{column}" cannot link the groups.'),
                group=name,
                column=anchor,
            )


def _setting(new: Sample, old: Sample, weight: float | None, internal: bool) -> Setting:
    share = share_of(weight, new.n / (new.n + old.n))
    ends = [(part.scale.lowest, part.scale.highest) for part in (new, old)]
    return Setting(share, internal, *ends)


def _smoothed(plan: Plan, wanted: Smooth) -> tuple[list[Smoothed | None], pd.DataFrame]:
    if wanted is None:
        return [None, None], pd.DataFrame()
    made: list[Smoothed | None] = []
    tried = []
    for sample, name in ((plan.new, "new"), (plan.old, "old")):
        if isinstance(wanted, str):
            if wanted not in CRITERIA:
                raise InvalidInput(
                    _('smooth: "{criterion}" is no criterion; choose aic, bic or degrees.'), criterion=wanted
                )
            fit, rows = choose(sample, wanted)
            tried.append(rows.assign(form=name, chosen=_is(rows, fit.degrees)))
        else:
            fit = smooth(sample, _degrees(wanted, sample.counts.shape[1] > 1))
        made.append(fit)
    return made, pd.concat(tried, ignore_index=True) if tried else pd.DataFrame()


def _is(rows: pd.DataFrame, degrees: Degrees) -> Any:
    return (rows[["score", "anchor", "cross"]].to_numpy() == np.array(degrees)).all(axis=1)


def _degrees(wanted: Any, anchored: bool) -> Degrees:
    given = list(wanted) if isinstance(wanted, Sequence | np.ndarray) else [wanted]
    if not 1 <= len(given) <= 3 or any(not isinstance(one, int | np.integer) or one < 1 for one in given):
        raise InvalidInput(
            _("smooth is {smooth}; give a degree, or degrees of score, anchor and products."), smooth=str(wanted)
        )
    if not anchored:
        return int(given[0]), 0, 0
    margin = int(given[1]) if len(given) > 1 else int(given[0])
    return int(given[0]), margin, int(given[2]) if len(given) > 2 else 1


def _result(
    plan: Plan, smoothed: list[Smoothed | None], shares: list[Floats], error: Floats, tried: pd.DataFrame, level: float
) -> Equating:
    equated = plan.convert(shares[0], shares[1])
    low, high = limits(plan, shares, error, level)
    n = plan.new.counts.sum(axis=1)
    frame = pd.DataFrame(
        {
            "score": plan.new.scale.points, "equated": equated, "std_error": error, "low": low, "high": high,
            "n": n.astype("int64"), "level": level, "method": plan.method,
            "note": np.where(np.isnan(equated), str(LinkNote.NO_LINE), _row_notes(plan, smoothed, shares)),
        }
    )  # fmt: skip
    line = plan.coefficients(shares[0], shares[1]) or (np.nan, np.nan)
    return Equating(
        frame, plan.method, plan.new.scale, plan.old.scale, level, _groups(plan), _smoothing(plan, smoothed), tried,
        *line, _notes(plan, smoothed),
    )  # fmt: skip


def _row_notes(plan: Plan, smoothed: list[Smoothed | None], shares: list[Floats]) -> list[str]:
    notes = np.full(len(plan.new.scale), "", dtype=object)
    ends = plan.new.scale.points
    if plan.method == "circle_arc":
        notes[(ends == ends[0]) | (ends == ends[-1])] = LinkNote.FIXED_END
    if plan.method not in PERCENTILE:
        return [str(note) for note in notes]
    n = plan.new.counts.sum(axis=1)
    if smoothed[0] is None:
        near = n + np.append(n[1:], 0) + np.append(0, n[:-1])
        notes[near < need.FEW_AT] = LinkNote.THIN
    rank = ranks(shares[0].sum(axis=1))
    notes[~inside(rank) & (rank < 0.5)] = LinkNote.NOBODY
    notes[~inside(rank) & (rank >= 0.5)] = LinkNote.NOBODY_ABOVE
    return [str(note) for note in notes]


def _groups(plan: Plan) -> pd.DataFrame:
    rows = []
    for sample, name in ((plan.new, "new"), (plan.old, "old")):
        mean, variance, mean_v, variance_v, both = moments(sample.shares, sample)
        row = {"form": name, "n": sample.n, "mean": mean, "sd": np.sqrt(variance)}
        if len(sample.anchor) > 1:
            spread = np.sqrt(variance * variance_v)
            row |= {"anchor_mean": mean_v, "anchor_sd": np.sqrt(variance_v), "correlation": both / spread}
        rows.append(row | {"left_out": sample.left_out})
    return pd.DataFrame(rows)


def _smoothing(plan: Plan, smoothed: list[Smoothed | None]) -> pd.DataFrame:
    rows = [
        pd.DataFrame(
            {
                "form": name, "score": sample.scale.points, "share": sample.shares.sum(axis=1),
                "smoothed": made.shares.sum(axis=1),
            }
        )
        for made, sample, name in zip(smoothed, (plan.new, plan.old), ("new", "old"), strict=True)
        if made is not None
    ]  # fmt: skip
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def _notes(plan: Plan, smoothed: list[Smoothed | None]) -> tuple[str, ...]:
    least = need.FEW_LINEAR
    if plan.method in PERCENTILE:
        least = need.FEW_RAW if smoothed[0] is None else need.FEW_SMOOTHED
    found = [(min(plan.new.n, plan.old.n) < least and plan.method != "identity", LinkNote.FEW_CANDIDATES)]
    if len(plan.new.anchor) > 1:
        found += _anchor_notes(plan)
    return tuple(str(note) for there, note in found if there)


def _anchor_notes(plan: Plan) -> list[tuple[bool, LinkNote]]:
    anchor = plan.new.anchor
    length = anchor.highest - anchor.lowest
    longest = max(part.scale.highest - part.scale.lowest for part in (plan.new, plan.old))
    read = [moments(part.shares, part) for part in (plan.new, plan.old)]
    pooled = np.sqrt((plan.new.n * read[0][3] + plan.old.n * read[1][3]) / (plan.new.n + plan.old.n))
    seen = [part.counts.sum(axis=0) > 0 for part in (plan.new, plan.old)]
    unmatched = plan.method in ("frequency", "braun_holland") and bool((seen[0] != seen[1]).any())
    return [
        (length < need.FEW_ANCHORS * anchor.step, LinkNote.FEW_ANCHORS),
        (length < need.ANCHOR_SHARE * longest - 1e-9, LinkNote.SHORT_ANCHOR),
        (bool(abs(read[0][2] - read[1][2]) > need.WIDE_GROUPS * pooled), LinkNote.WIDE_GROUPS),
        (unmatched, LinkNote.UNSEEN_ANCHORS),
    ]
