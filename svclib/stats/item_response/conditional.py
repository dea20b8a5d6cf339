"""The Rasch model by conditional maximum likelihood: ability leaves the likelihood with the candidates' sum scores.

With easiness ε_j = exp(d_j) the chance of a pattern given its sum r is Π ε_j^{x_j} / γ_r(ε), γ_r the elementary
symmetric functions. They and the functions without one or two items are added up from positive terms only, which loses
no digits. Candidates are taken together by the items they met. Andersen (1970, 1973).

Shapes: J items, R = J + 1 sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import chi2, norm

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints
from svclib.stats.item_response.calibration_notes import IrtNote
from svclib.stats.item_response.responses import MISSING, Codes, Responses, read_responses
from svclib.stats.item_response.screening import Screened
from svclib.stats.marks import _

_STEPS = 60
_CLOSE = 1e-9
_MOST = 250
_ROWS = 20_000
_CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class Conditional:
    """Easiness of the items, adding up to 0.

    Attributes
    ----------
    easiness : array, shape (J,)
    vcov : array, shape (J, J)
        Of rank J − 1.
    loglik : float
        The conditional one.
    converged : bool
    """

    easiness: Floats
    vcov: Floats
    loglik: float
    converged: bool


@dataclass(frozen=True, eq=False)
class _Form:
    """Candidates who met the same items: how many had each sum, and how often each item was right."""

    items: Ints
    sums: Floats
    right: Floats


def symmetric(easiness: Floats) -> tuple[Floats, Floats]:
    """Give γ (R,) and γ without each item (J, R).

    >>> symmetric(np.array([1.0, 2.0]))[0].tolist()
    [1.0, 3.0, 2.0]
    """
    size = len(easiness)
    whole, one = np.zeros(size + 1), np.zeros((size, size + 1))
    whole[0], one[:, 0] = 1, 1
    for at, value in enumerate(easiness):
        whole[1:] += value * whole[:-1]
        others = np.arange(size) != at
        one[others, 1:] += value * one[others, :-1]
    return whole, one


def _pairs(easiness: Floats, share: Floats) -> Floats:
    """Give Σ_r share_r γ_{r−2} without each pair (J, J), by one pass forth and one back; the diagonal means nothing.

    The derivative of Σ_r share_r γ_{r−1} without i by the easiness of j: J³ steps, and only positive terms.
    """
    size = len(easiness)
    found = np.empty((size, size))
    width = max(1, _CELLS // (size * (size + 1)))
    for first in range(0, size, width):
        rows = np.arange(first, min(first + width, size))
        values = np.tile(easiness, (len(rows), 1))
        values[np.arange(len(rows)), rows] = 0.0
        before = np.zeros((size + 1, len(rows), size + 1))
        before[0, :, 0] = 1.0
        for at in range(size):
            before[at + 1] = before[at]
            before[at + 1, :, 1:] += values[:, [at]] * before[at, :, :-1]
        after = np.zeros((len(rows), size + 1))
        after[:, :-1] = share[1:]
        for at in reversed(range(size)):
            found[rows, at] = np.einsum("ir,ir->i", before[at, :, :-1], after[:, 1:])
            after[:, :-1] += values[:, [at]] * after[:, 1:]
    return found


def linked(codes: Codes) -> Bools:
    """Tell which items (J,) have a finite maximum together: the largest set in which each leads to each.

    An item leads to another where somebody had it right and the other wrong (Fischer 1981).

    >>> linked(np.array([[1, 0, 0], [0, 1, 0]], dtype=np.int8)).tolist()
    [True, True, False]
    """
    size = codes.shape[1]
    leads, count, label = np.zeros((size, size)), size, np.arange(size)
    for first in range(0, len(codes), _ROWS):
        block = codes[first : first + _ROWS]
        leads += (block == 1).astype(np.float32).T @ (block == 0).astype(np.float32)
        count, label = connected_components(csr_array(leads > 0), connection="strong")
        if count == 1:
            return np.ones(size, dtype=bool)
    # Of sets of one size, the one that more answers tell of.
    sets = [label == at for at in range(count)]
    return max(sets, key=lambda held: (held.sum(), leads[np.ix_(held, held)].sum()))


def only(screened: Screened, held: Bools) -> Screened:
    """Leave out the items that are not `held`, with their note.

    Raises
    ------
    InvalidInput
        If fewer than two are left.
    """
    names = screened.responses.names
    kept = [name for name, there in zip(names, held, strict=True) if there]
    if len(kept) < 2:
        raise InvalidInput(
            _(
                "No two items can be compared: for each pair, some candidates must have one right and the other wrong, "
                "directly or through other items, in both directions."
            )
        )
    out = dict.fromkeys((name for name in names if name not in kept), IrtNote.UNLINKED)
    return replace(
        screened, responses=screened.responses.take(kept), model=screened.model[held],
        left_out={**screened.left_out, **out},
    )  # fmt: skip


def conditional(codes: Codes, weights: Floats) -> Conditional:
    """Estimate the easiness of items that are all `linked` from right and wrong answers, candidates × items."""
    forms = list(_forms(codes, weights))
    size = codes.shape[1]
    d = np.zeros(size)
    loglik, slope, bend = _evaluate(forms, d)
    converged = False
    for _turn in range(_STEPS):
        step = np.linalg.lstsq(bend + 1.0 / size, slope, rcond=None)[0]
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-300))
        following = _evaluate(forms, d + step)
        while following[0] < loglik - 1e-9 * abs(loglik) and np.abs(step).max() > _CLOSE:
            step = step / 2
            following = _evaluate(forms, d + step)
        d = d + step - (d + step).mean()
        loglik, slope, bend = following
        if np.abs(step).max() < _CLOSE:
            converged = True
            break
    centre = np.eye(size) - 1.0 / size
    vcov = centre @ np.linalg.inv(bend + 1.0 / size) @ centre
    return Conditional(d, vcov, loglik, converged)


def _forms(codes: Codes, weights: Floats) -> Iterator[_Form]:
    for rows, items in _met(codes):
        size, count = len(items), len(codes) if isinstance(rows, slice) else len(rows)
        sums, right = np.zeros(size + 1), np.zeros(size)
        for first in range(0, count, _ROWS):
            part = slice(first, first + _ROWS) if isinstance(rows, slice) else rows[first : first + _ROWS]
            block, weight = codes[part][:, items], weights[part]
            total = block.sum(axis=1, dtype=np.int64)
            # All right or all wrong: the pattern follows from the sum and tells nothing.
            told = np.where((total > 0) & (total < size), weight, 0.0)
            sums += np.bincount(total, weights=told, minlength=size + 1)
            right += told @ block.astype(float)
        if sums.any():
            yield _Form(items, sums, right)


def _met(codes: Codes) -> Iterator[tuple[Any, Ints]]:
    """Give the rows of the candidates who met the same items, and these items."""
    there = codes != MISSING
    if there.all():
        yield slice(None), np.arange(codes.shape[1])
        return
    packed = np.ascontiguousarray(np.packbits(there, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _kinds, which, counts = np.unique(keys, return_inverse=True, return_counts=True)
    for rows in np.split(np.argsort(which.ravel(), kind="stable"), np.cumsum(counts)[:-1]):
        yield rows, np.flatnonzero(there[rows[0]])


def _evaluate(forms: list[_Form], d: Floats) -> tuple[float, Floats, Floats]:
    loglik, slope, bend = 0.0, np.zeros(len(d)), np.zeros((len(d), len(d)))
    for form in forms:
        mine = d[form.items]
        shift = float(mine.mean())
        easiness = np.exp(mine - shift)
        whole, one = symmetric(easiness)
        size = len(mine)
        with np.errstate(divide="ignore"):
            logs = np.log(whole) + shift * np.arange(size + 1)
        loglik += float(form.right @ mine - form.sums @ logs)
        share = form.sums / whole
        chance = easiness * (one[:, :-1] @ share[1:])
        both = np.outer(easiness, easiness) * _pairs(easiness, share)
        by_sum = easiness[:, None] * one[:, :-1] / whole[1:]
        both[np.diag_indices(size)] = chance
        slope[form.items] += form.right - chance
        bend[np.ix_(form.items, form.items)] += both - (by_sum * form.sums[1:]) @ by_sum.T
    return loglik, slope, bend


def right_wrong(codes: Codes) -> None:
    """Raise `InvalidInput` unless all scores are 0 or 1 and the items are not too many."""
    if codes.max(initial=0) > 1:
        raise InvalidInput(_('Conditional estimation is for items that are right or wrong; leave out method="cml".'))
    if codes.shape[1] > _MOST:
        raise InvalidInput(
            _('Conditional estimation takes at most {most} items, not {count}; leave out method="cml".'),
            most=_MOST, count=codes.shape[1],
        )  # fmt: skip


def andersen(responses: pd.DataFrame, split: Any = "median", *, states: pd.DataFrame | None = None) -> pd.DataFrame:
    """Test whether the items of a Rasch model keep their difficulties in parts of the candidates.

    Parameters
    ----------
    responses : DataFrame
        Candidates × items, right or wrong; missing is not presented.
    split : "median" or Series or list
        The parts: those whose share of right answers is up to the median and above, or a group for each candidate, a
        Series by its index. Candidates without a group are left out everywhere.

    Returns
    -------
    DataFrame
        One row: ``statistic, df, p_value, n, items, left_out``. `left_out` names the items that cannot be calibrated in
        every part (`svclib.stats.item_response.conditional.linked`), such as those all right or all wrong in one.

    Raises
    ------
    InvalidInput
        If scores are not 0 or 1, the split cannot be read, or fewer than two parts or items are left.

    Notes
    -----
    Andersen (1973): twice the gain of conditional log-likelihood.

    Examples
    --------
    >>> draws = np.random.default_rng(1)
    >>> right = draws.random((400, 3)) < 1 / (1 + np.exp(-draws.normal(size=(400, 1))))
    >>> andersen(pd.DataFrame(right.astype(int)).add_prefix("q"))["df"].tolist()
    [2]
    """
    read, parts, _labels, kept = _parts(responses, split, states)
    blocks = [block[:, kept] for block in parts]
    blocks = [block[(block != MISSING).any(axis=1)] for block in blocks]
    whole, *fits = [conditional(block, np.ones(len(block))) for block in [np.concatenate(blocks), *blocks]]
    statistic = 2 * (sum(fit.loglik for fit in fits) - whole.loglik)
    df = (int(kept.sum()) - 1) * (len(parts) - 1)
    left_out = ", ".join(name for name, there in zip(read.names, kept, strict=True) if not there)
    return pd.DataFrame(
        [{"statistic": statistic, "df": df, "p_value": float(chi2.sf(statistic, df)),
          "n": sum(len(block) for block in blocks), "items": int(kept.sum()), "left_out": left_out}]
    )  # fmt: skip


def wald_items(responses: pd.DataFrame, split: Any = "median", *, states: pd.DataFrame | None = None) -> pd.DataFrame:
    """Test for each item of a Rasch model whether two parts of the candidates find it equally difficult.

    Parameters
    ----------
    responses : DataFrame
        Candidates × items, right or wrong; missing is not presented.
    split : "median" or Series or list
        Two parts, as for `andersen`.

    Returns
    -------
    DataFrame
        One row an item: ``item, group_1, b_1, se_1, group_2, b_2, se_2, difference, z, p_value, note``. Difficulties
        add up to 0 in each part, the difference is that of the second from the first. Items that cannot be calibrated
        in both parts have a note and no numbers.

    Raises
    ------
    InvalidInput
        As for `andersen`, and if there are more than two parts.

    Notes
    -----
    Fischer & Scheiblechner (1970). The p values are of single items: with many items some are small by chance.

    Examples
    --------
    >>> draws = np.random.default_rng(1)
    >>> right = draws.random((400, 3)) < 1 / (1 + np.exp(-draws.normal(size=(400, 1))))
    >>> wald_items(pd.DataFrame(right.astype(int)).add_prefix("q"))["z"].round(1).tolist()
    [-0.0, 0.2, -0.2]
    """
    read, parts, labels, kept = _parts(responses, split, states)
    if len(parts) != 2:
        raise InvalidInput(
            _("The test of single items compares two parts of candidates, not {count}."), count=len(parts)
        )
    frame = pd.DataFrame({"item": list(read.names)})
    for at, (block, label) in enumerate(zip(parts, labels, strict=True), start=1):
        fit = conditional(block[:, kept], np.ones(len(block)))
        frame[f"group_{at}"] = label
        frame.loc[kept, f"b_{at}"] = -fit.easiness
        frame.loc[kept, f"se_{at}"] = np.sqrt(np.diag(fit.vcov))
    frame["difference"] = frame["b_2"] - frame["b_1"]
    frame["z"] = frame["difference"] / np.hypot(frame["se_1"], frame["se_2"])
    frame["p_value"] = 2 * norm.sf(frame["z"].abs())
    frame["note"] = np.where(kept, "", str(IrtNote.UNLINKED))
    return frame


def _parts(responses: Any, split: Any, states: Any) -> tuple[Responses, list[Codes], list[str], Bools]:
    """Give the answers of each part, its name, and the items that can be calibrated in all."""
    read = read_responses(responses, states)
    right_wrong(read.codes)
    part, labels = _median(read.codes) if isinstance(split, str) and split == "median" else _read_split(split, read)
    part = np.where((read.codes != MISSING).any(axis=1), part, -1)
    parts = [(read.codes[part == at], label) for at, label in enumerate(labels)]
    parts = [(block, label) for block, label in parts if len(block)]
    kept = np.ones(len(read.names), dtype=bool)
    while True:
        before = int(kept.sum())
        for block, _label in parts:
            if kept.sum() > 1:
                kept[kept] = linked(block[:, kept])
        if kept.sum() in (before, 0, 1):
            break
    if len(parts) < 2 or kept.sum() < 2:
        raise InvalidInput(_("Andersen's test needs two parts of candidates and two items that vary in each."))
    return read, [block for block, _label in parts], [label for _block, label in parts], kept


def _median(codes: Codes) -> tuple[Ints, list[str]]:
    """Split at the median share of right answers: of the answered ones, as forms differ in length."""
    met = (codes != MISSING).sum(axis=1)
    share = (codes == 1).sum(axis=1) / np.maximum(met, 1)
    middle = np.median(share[met > 0]) if met.any() else 0.0
    return (share > middle).astype(np.int64), ["low", "high"]


def _read_split(split: Any, read: Responses) -> tuple[Ints, list[str]]:
    if isinstance(split, str) or np.ndim(split) != 1:
        raise InvalidInput(
            _('split is "{split}"; give "median" or a group for each candidate, in a series of their index.'),
            split=split if isinstance(split, str) else type(split).__name__,
        )  # fmt: skip
    if isinstance(split, pd.Series) and not split.index.equals(read.index):
        if split.index.has_duplicates or not read.index.isin(split.index).all():
            raise InvalidInput(
                _("{name} does not fit the responses: give one value for each candidate, in a series of their index."),
                name="split",
            )  # fmt: skip
        split = split.reindex(read.index)
    values = split if isinstance(split, pd.Series) else pd.Series(list(split))
    if len(values) != len(read.codes):
        raise InvalidInput(
            _("{name} has {count} values for {candidates} candidates; give one each."),
            name="split", count=len(values), candidates=len(read.codes),
        )  # fmt: skip
    place, names = pd.factorize(values, sort=True)
    return place.astype(np.int64), [str(name) for name in names]
