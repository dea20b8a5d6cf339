"""Mode and language effects: what the way of asking does to the answers, apart from who is asked that way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools, Floats, Ints, ratio
from svclib.stats.columns import check_columns, names_of, numbers
from svclib.stats.compare.adjustment import Adjustment, adjusted, check_adjustment
from svclib.stats.design.results import NO_DEGREES, OPT_IN
from svclib.stats.design.survey import Design, design_of
from svclib.stats.estimate import MIN_MEAN, Note, check_level, estimates
from svclib.stats.marks import _
from svclib.stats.quality.propensity import by_propensity
from svclib.stats.quality.regression import Differences, by_regression, mode_terms
from svclib.stats.terms import INTERCEPT, Terms, read_terms

Method = Literal["regression", "weighting"]
LEFT_OUT = 0.1


class ModeNote(StrEnum):
    """What a comparison of modes cannot tell, or how it must be read."""

    NONE = ""
    ONE_MODE = _("all answers came in one mode: there is nothing to compare")
    OVERLAP = _("the modes hardly share users: the difference rests on few answers")
    SEPARATE = _("the columns tell the modes apart (almost) perfectly: use fewer of them")
    NO_REFERENCE = _("nobody answered in the mode to compare with")
    ALIKE = _("all answers are equal: no difference and no spread to judge by")


@dataclass(frozen=True)
class Modes:
    """The column of the mode and what it is adjusted by.

    Attributes
    ----------
    name : str
    codes : (rows,) int
        -1 where unknown.
    labels : list
    first : int
        Code of the reference.
    covariates : Terms
    """

    name: str
    codes: Ints
    labels: list[Any]
    first: int
    covariates: Terms


@dataclass(frozen=True)
class Plan:
    """What is compared, and how.

    Attributes
    ----------
    plain : bool
        A frame without weights: errors are HC3.
    """

    design: Design
    modes: Modes
    method: str
    plain: bool
    level: float
    min_n: int

    @property
    def others(self) -> list[int]:
        """Codes of the modes other than the reference."""
        return [one for one in range(len(self.modes.labels)) if one != self.modes.first]

    @property
    def keys(self) -> pd.DataFrame:
        """The modes compared, a row each."""
        labels = self.modes.labels
        return pd.DataFrame({"mode": [labels[one] for one in self.others], "reference": labels[self.modes.first]})

    @property
    def words(self) -> str:
        """The method as the frame names it."""
        errors = "HC3" if self.plain and self.method == "regression" else "linearised"
        return f"{self.method}, {errors}"


def mode_effects(
    data: pd.DataFrame | Design,
    columns: str | Sequence[str],
    *,
    mode: str,
    adjust: str | Sequence[str] = (),
    reference: Any = None,
    method: Method = "regression",
    weights: str | None = None,
    multiple: Adjustment = "holm",
    level: float = 0.95,
    min_n: int = MIN_MEAN,
) -> pd.DataFrame:
    """Estimate how answers differ between modes, languages or layouts, adjusted for who uses them.

    Parameters
    ----------
    data : DataFrame or Design
        One row a respondent.
    columns : str or list of str
        Questions: numbers, or booleans (then differences of shares).
    mode : str
        Column of the mode: channel, language, layout.
    adjust : str or list of str
        Columns that say who the respondents are: numbers or categories.
    reference : optional
        Mode that the others are compared with; by default the most frequent one.
    method : {"regression", "weighting"}
        Least squares on mode and covariates; or means weighted by the inverse of each person's propensity of the mode
        (multinomial logit), which asks nothing of how answers depend on the covariates.
    weights : str, optional
        Column of survey weights, of a frame.
    multiple : {"holm", "bh", "bonferroni", "none"}
        How ``p_adjusted`` allows for the number of rows.
    level : float
    min_n : int
        Modes with fewer answers carry a note.

    Returns
    -------
    DataFrame
        One row a question and mode: ``mode, reference``, then see `svclib.stats.estimate` (``term`` is the question,
        ``estimate`` the adjusted difference mode - reference, ``n`` the answers of both), then ``unadjusted``,
        ``effect, effect_low, effect_high`` (the difference in standard deviations within modes), ``statistic,
        p_value, p_adjusted``.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, constant or follows from others, or the reference that does not occur.

    Notes
    -----
    Regression: errors robust to unequal spreads, HC3 (MacKinnon and White 1985), of a design linearised (Binder 1983);
    t with n less terms degrees of freedom, of a design clusters less strata less terms. Weighting: Hájek means over
    all respondents; the linearised errors allow for the estimated propensities (Lunceford and Davidian 2004). The
    difference is one of modes only as far as the covariates tell who uses them: nobody was assigned a mode.

    Examples
    --------
    >>> g = np.random.default_rng(1)
    >>> old = g.integers(0, 2, 600)
    >>> channel = np.where(g.random(600) < 0.3 + 0.4 * old, "phone", "web")
    >>> visits = pd.DataFrame({"channel": channel, "old": old, "overall": 3.5 + 0.5 * old + g.normal(size=600)})
    >>> row = mode_effects(visits, "overall", mode="channel", adjust="old", reference="web").iloc[0]
    >>> bool(row["unadjusted"] > 0.15), bool(row["low"] < 0 < row["high"])
    (True, True)
    """
    check_level(level)
    check_adjustment(multiple)
    if method not in get_args(Method):
        raise InvalidInput(_('method is "{method}"; choose "regression" or "weighting".'), method=str(method))
    design = design_of(data, weights)
    names = names_of(columns)
    if not names:
        raise InvalidInput(_("Name at least one question to compare."))
    modes = _modes(design.frame, mode, names_of(adjust), reference)
    plan = Plan(design, modes, method, not isinstance(data, Design) and weights is None, level, min_n)
    frame = pd.concat([_question(plan, name) for name in names], ignore_index=True)
    frame["p_adjusted"] = adjusted(frame["p_value"].to_numpy(dtype=float), multiple)
    return frame


def _modes(data: pd.DataFrame, mode: str, adjust: list[str], reference: Any) -> Modes:
    check_columns(data, [mode])
    if mode in adjust:
        raise InvalidInput(_('The column "{column}" is both the mode and a covariate; name it once.'), column=mode)
    series = data[mode].astype("category").cat.remove_unused_categories()
    labels, codes = list(series.cat.categories), np.asarray(series.cat.codes, dtype=np.int64)
    if not labels:
        raise InvalidInput(_('The column "{column}" names no mode in any row; choose another one.'), column=mode)
    if reference is None:
        first = int(np.bincount(codes[codes >= 0]).argmax())
    elif reference in labels:
        first = labels.index(reference)
    else:
        raise InvalidInput(
            _('Nobody answered in the mode "{reference}"; choose one of {known}.'),
            reference=str(reference),
            known=", ".join(map(str, labels[:8])),
        )
    one = Terms((INTERCEPT,), np.ones((len(data), 1)), np.ones(len(data), dtype=np.bool_))
    return Modes(mode, codes, labels, first, read_terms(data, adjust) if adjust else one)


def _question(plan: Plan, name: str) -> pd.DataFrame:
    """Compare all modes on one question."""
    modes = plan.modes
    values = _values(plan.design.frame, name)
    answered = ~np.isnan(values) & (modes.codes >= 0) & plan.design.sampling.inside
    used = answered & modes.covariates.known
    note = _impossible(values[used], modes.codes[used], modes.first)
    found = None if note else _fitted(plan, np.nan_to_num(values), used)
    if found is None:
        return _untold(plan, name, used, str(note or ModeNote.SEPARATE))
    left_out = bool(used.sum() < (1 - LEFT_OUT) * answered.sum())
    return _told(plan, name, values, used, found, left_out=left_out)


def _values(data: pd.DataFrame, name: str) -> Floats:
    check_columns(data, [name])
    if pd.api.types.is_bool_dtype(data[name].dtype):
        return np.asarray(data[name].astype("Float64").to_numpy(dtype=float, na_value=np.nan))
    return numbers(data, name)


def _impossible(values: Floats, codes: Ints, first: int) -> str:
    there = np.unique(codes)
    if len(there) < 2:
        return ModeNote.ONE_MODE
    if first not in there:
        return ModeNote.NO_REFERENCE
    return ModeNote.ALIKE if np.ptp(values) == 0 else ModeNote.NONE


def _fitted(plan: Plan, values: Floats, used: Bools) -> Differences | None:
    weights, modes = plan.design.sampling.weights, plan.modes
    if plan.method == "weighting":
        return by_propensity(values, weights, used, modes.codes, modes.first, modes.covariates)
    there, labels = np.unique(modes.codes[used]), [str(one) for one in modes.labels]
    terms = mode_terms(modes.covariates, modes.codes, modes.first, there, labels, modes.name)
    return by_regression(values, weights, used, modes.codes, modes.first, terms, plain=plan.plain)


def _errors(plan: Plan, found: Differences) -> Floats:
    """Standard errors of the differences: HC3, or linearised over the design."""
    influence = found.influence[:, plan.others]
    if plan.plain and plan.method == "regression":
        return np.sqrt((influence**2).sum(axis=0))
    return np.sqrt(np.maximum(np.diag(plan.design.domains(None).variance(list(influence.T))), 0))


def _told(plan: Plan, name: str, values: Floats, used: Bools, found: Differences, *, left_out: bool) -> pd.DataFrame:
    """The frame of one question."""
    others, codes = plan.others, plan.modes.codes
    df = float(plan.design.domains(None).degrees(used)[0]) + 1 - found.parameters
    counts = np.bincount(codes[used], minlength=len(plan.modes.labels))
    estimate, error = found.estimate[others], _errors(plan, found)
    error = np.where(np.isnan(estimate) | (df < 1), np.nan, error)
    means, spread = _within(values, plan.design.sampling.weights, codes, used, len(counts))
    t = stdtrit(df, (1 + plan.level) / 2) if df >= 1 else np.nan
    statistic = ratio(estimate, error)
    effect = estimate / spread
    effect_error = np.sqrt(ratio(error**2, spread**2) + effect**2 / (2 * max(df, 1.0)))
    frame = estimates(
        plan.keys, term=name, estimate=estimate, std_error=error, low=estimate - t * error, high=estimate + t * error,
        n=counts[others] + counts[plan.modes.first], level=plan.level, df=df, method=plan.words,
        note=_notes(plan, found, counts, df, left_out=left_out),
    )  # fmt: skip
    return frame.assign(
        unadjusted=means[others] - means[plan.modes.first],
        effect=effect,
        effect_low=effect - t * effect_error,
        effect_high=effect + t * effect_error,
        statistic=statistic,
        p_value=2 * stdtr(max(df, 1.0), -np.abs(statistic)) if df >= 1 else np.nan,
    )


def _within(values: Floats, weights: Floats, codes: Ints, used: Bools, modes: int) -> tuple[Floats, float]:
    """Weighted mean of each mode, and the standard deviation within modes."""
    weight, place = weights[used], codes[used]
    total = np.bincount(place, weight, modes)
    means = ratio(np.bincount(place, weight * values[used], modes), total)
    squares = (weight * (values[used] - means[place]) ** 2).sum() / weight.sum()
    left = len(place) - len(np.unique(place))
    spread = float(np.sqrt(squares * len(place) / max(left, 1)))
    return means, spread if spread > 0 else np.nan


def _notes(plan: Plan, found: Differences, counts: Ints, df: float, *, left_out: bool) -> list[str]:
    said, volunteers = [], plan.design.domains(None).opt_in
    for one in plan.others:
        least = min(int(counts[one]), int(counts[plan.modes.first]))
        note: str = Note.ROWS_LEFT_OUT if left_out else OPT_IN if volunteers else ModeNote.NONE
        if found.thin[one] or found.thin[plan.modes.first]:
            note = ModeNote.OVERLAP
        if least < plan.min_n:
            note = Note.TOO_FEW if counts[one] else Note.NO_ANSWERS
        if df < 1:
            note = NO_DEGREES
        said.append(str(note))
    return said


def _untold(plan: Plan, name: str, used: Bools, note: str) -> pd.DataFrame:
    counts = np.bincount(plan.modes.codes[used], minlength=len(plan.modes.labels))
    frame = estimates(
        plan.keys, term=name, estimate=np.nan, std_error=np.nan, low=np.nan, high=np.nan, df=np.nan,
        n=counts[plan.others] + counts[plan.modes.first], level=plan.level, method=plan.words,
        note=[note] * len(plan.others),
    )  # fmt: skip
    names = ("unadjusted", "effect", "effect_low", "effect_high", "statistic", "p_value")
    return frame.assign(**dict.fromkeys(names, np.nan))
