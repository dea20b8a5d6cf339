"""Differential item functioning: do equally able candidates of different groups have equal chances on an item?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from svclib.errors import InvalidInput
from svclib.stats.arrays import Bools
from svclib.stats.columns import check_frame
from svclib.stats.compare.adjustment import adjusted, check_adjustment
from svclib.stats.estimate import check_level
from svclib.stats.fairness.logistic import CONTRASTS
from svclib.stats.fairness.matching import Matching, given_match
from svclib.stats.fairness.notes import FairNote
from svclib.stats.fairness.purify import LEAST_ANCHORS, purified
from svclib.stats.fairness.reading import REST, Setting, read_groups, read_setting
from svclib.stats.fairness.results import Dif
from svclib.stats.fairness.rows import METHODS, Options, omnibus_of, rows_of
from svclib.stats.fairness.tables import table_of
from svclib.stats.marks import _

LATENT = ("likelihood_ratio", "lord")
_FIRST = (
    "n_focal", "n_reference", "statistic", "df", "p_value", "p_adjusted", "estimate", "std_error", "low", "high",
)  # fmt: skip
ALONE = ("breslow_day", "lord")
"""Methods without a test of all groups at once."""
PURIFICATION = ("class", "significance")
Stacked = dict[str, Any]


def dif(
    responses: pd.DataFrame,
    groups: Any,
    *,
    method: str = "mantel_haenszel",
    reference: Any = None,
    focal: Any = None,
    states: pd.DataFrame | None = None,
    match: Any = None,
    anchors: Sequence[str] | None = None,
    purify: bool | str = True,
    kind: str = "both",
    model: str = "2pl",
    correct: bool = True,
    adjust: str | None = "holm",
    level: float = 0.95,
    min_group: int = 30,
) -> Dif:
    """Compare equally able candidates of different groups, item by item.

    Parameters
    ----------
    responses : DataFrame
        Candidates × items: scores 0, 1, 2 … or shares of the maximum; items of two and of more scores may be mixed.
    groups : Series or list
        One label a candidate, a Series matched by its index. Who has none is left out.
    method : {"mantel_haenszel", "standardization", "logistic", "breslow_day", "likelihood_ratio", "lord"}
        Mantel–Haenszel with the classes of ETS (graded items: Mantel's test, the odds ratio of Liu and Agresti);
        differences of the share right, standardised to the focal group; logistic regression (graded items:
        proportional odds), which also sees items that favour the able of one group and the weak of the other; Breslow
        and Day's test for the latter alone. ``likelihood_ratio`` calibrates with the item free and equal
        (`svclib.stats.irt`), ``lord`` calibrates each group alone and compares the parameters on one scale: both need
        some 200 candidates a group, and ``likelihood_ratio`` calibrates once for each item, pair of groups and round:
        name `focal` where there are many groups.
    reference, focal : label or list of labels, optional
        Two groups are compared with each other, the smaller against the larger; several each with `reference`, or with
        everybody else where none is named. `focal` limits whom is looked at.
    states : DataFrame, optional
        As in `svclib.stats.item_analysis`: omitted counts 0, what was not met tells nothing.
    match : Series or list, optional
        What candidates are matched on, such as an ability of `svclib.stats.irt`; without it their score on the
        anchors and the item itself. Where items were drawn, see `Dif.matching`: sums within equal sets of items, or an
        ability that counts the difficulty of the items met.
    anchors : list of str, optional
        Items known to be fair; without it all, purified.
    purify : bool, "class" or "significance"
        Whether items that look unfair are taken out of the matching score, in rounds: those of class B or C (``True``,
        "class"), or all that are significant, as R's difR does.
    kind : {"both", "uniform", "nonuniform"}
        What ``logistic`` tests.
    model : str
        Model of ``likelihood_ratio`` and ``lord``, as in `svclib.stats.irt`.
    correct : bool
        Whether Mantel and Haenszel's chi-square has its correction for continuity.
    adjust : {"holm", "bh", "bonferroni"} or None
        How ``p_adjusted`` allows for the number of rows; classes follow from the plain p values, as ETS has them.
    level : float
        Of intervals; 1 − level is the chance of a false alarm.
    min_group : int
        Smaller groups are set aside, with a note in `Dif.groups`.

    Returns
    -------
    Dif
        Its ``frame`` has ``estimate, std_error, low, high`` on the delta scale of ETS (−2.35 log odds ratio; below 0:
        harder for the focal group), for ``standardization`` in shares of the item's maximum. ``flagged`` is beyond
        chance after adjustment and not of class A. Own columns: ``alpha, log_odds, difference`` (P-DIF) of
        Mantel–Haenszel; ``p_uniform, p_nonuniform, wald``, ``size`` (mean distance of the two curves on the delta
        scale, which gives ``class``), ``r2_change`` (Nagelkerke) with ``class_jodoin_gierl`` and
        ``class_zumbo_thomas``, ``kind`` and the coefficients ``b_…`` of logistic regression; ``trend, p_trend`` of
        Breslow–Day (``p_adjusted`` and ``flagged`` follow the trend, whose chi-square holds with few candidates too);
        ``effect_size`` (difference over the item's spread) of standardisation; ``size`` of ``likelihood_ratio`` and
        ``lord``, and the signed ``area`` of Raju with ``z_area`` of ``lord`` (above 0: harder for the focal group).

    Raises
    ------
    InvalidInput
        If groups and responses do not fit, one group only is large enough, fewer than two anchors are left or named,
        or an option is not known.

    Notes
    -----
    A difference is no proof of unfairness: it says where to look (wording, translation, practice that differs between
    branches). That one group scores lower on all items is a difference of ability, and is not flagged.

    Sources: Holland and Thayer (1988), Dorans and Kulick (1986), Swaminathan and Rogers (1990), Zumbo (1999), Zwick
    and Thayer (1996), Penfield and Algina (2003); equal to R's difR within rounding.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> group, able = np.repeat(["east", "west"], 300), rng.normal(size=(600, 1))
    >>> chance = 1 / (
    ...     1 + np.exp(-(able - np.linspace(-1, 1, 10) - 1.2 * (np.arange(10) == 4) * (group == "west")[:, None]))
    ... )
    >>> scores = pd.DataFrame((rng.random((600, 10)) < chance).astype(int), columns=[f"q{i}" for i in range(10)])
    >>> dif(scores, group, reference="east").flagged[["item", "class", "direction"]].values.tolist()
    [['q4', 'C', 'harder for the focal group than for equally able others']]
    """
    _check_options(method, kind, purify)
    check_level(level)
    check_adjustment(adjust or "none")
    frame = check_frame(responses)
    known = read_groups(groups, frame).notna().to_numpy()
    setting = read_setting(frame, groups, states=states, reference=reference, focal=focal, min_group=min_group)
    outside = given_match(match, frame.index)
    matching = Matching(setting.responses, None if outside is None else outside[known], setting.group)
    start = _anchors(setting, anchors, matching)
    options = Options(level, correct, kind)
    rule = "class" if purify is True else purify
    if method == "breslow_day" and rule:
        rule = "significance"

    evaluate = _evaluation(method, setting, matching, options, model)
    still = anchors is not None or outside is not None or not rule
    done = purified(
        len(setting.responses.names),
        evaluate,
        (lambda found: ~start) if still else (lambda found: _suspects(found, str(rule), level) | ~start),
        start,
    )
    return _assemble(setting, matching, done, (method, adjust or "none", level))


def _evaluation(
    method: str, setting: Setting, matching: Matching, options: Options, model: str
) -> Callable[[Bools], Stacked]:
    """Give the function of the anchors that works out all rows; calibrations are loaded when they are asked for."""
    if method == "lord":
        from svclib.stats.fairness.lord import calibrations, lord

        fits = calibrations(setting, model)
        return lambda anchors: lord(setting, fits, anchors, options.level)
    if method == "likelihood_ratio":
        from svclib.stats.fairness.likelihood import likelihood_ratio

        return lambda anchors: likelihood_ratio(setting, model, anchors, options.level)
    return lambda anchors: _all_items(method, setting, matching, anchors, options)


def _check_options(method: str, kind: str, purify: bool | str) -> None:
    for name, value, known in (
        ("method", method, (*METHODS, *LATENT)),
        ("kind", kind, tuple(CONTRASTS)),
        ("purify", purify, (True, False, *PURIFICATION)),
    ):
        if value not in known:
            raise InvalidInput(
                _('{name} is "{value}"; give one of {known}.'), name=name, value=value, known=", ".join(map(str, known))
            )


def _anchors(setting: Setting, anchors: Sequence[str] | None, matching: Matching) -> Bools:
    names = setting.responses.names
    if anchors is None:
        if matching.given is None and len(names) < LEAST_ANCHORS:
            raise InvalidInput(
                _("{items} items are too few to match candidates on; give at least {least}, or match=."),
                items=len(names),
                least=LEAST_ANCHORS,
            )
        return _telling(setting)
    chosen = [anchors] if isinstance(anchors, str) else [str(name) for name in anchors]
    for name in chosen:
        if name not in names:
            raise InvalidInput(_('The anchor "{item}" is not among the responses; check its name.'), item=name)
    if len(set(chosen)) < 2:
        raise InvalidInput(
            _("{given} anchors are too few to tell who is equally able; name at least two."), given=len(set(chosen))
        )
    return np.isin(np.array(names), chosen)


def _telling(setting: Setting) -> Bools:
    """Say which items can tell abilities apart: not all the same score, and met by more than one group."""
    codes, there = setting.responses.codes, setting.responses.there
    varied = codes.max(axis=0, initial=-1) > np.where(there, codes, 127).min(axis=0, initial=127)
    met = np.stack([there[setting.group == at].any(axis=0) for at in np.unique(setting.group)]).sum(axis=0)
    return np.asarray(varied & (met > 1))


def _all_items(method: str, setting: Setting, matching: Matching, anchors: Bools, options: Options) -> Stacked:
    """Give every column as (J, C), and the omnibus test as (J,)."""
    compared = sorted({at for pair in setting.pairs for at in pair if at != REST})
    if any(two == REST for _one, two in setting.pairs):
        compared = list(range(len(setting.labels)))
    rows, omnibus = [], []
    for item in range(len(anchors)):
        table = table_of(setting, matching, item, anchors, fine=method == "logistic")
        rows.append(rows_of(method, table, setting.pairs, options))
        omnibus.append(omnibus_of(method, table, compared, options) if len(setting.pairs) > 1 else (np.nan, np.nan))
    width = len(setting.pairs)
    names = max((list(row) for row in rows), key=len)
    stacked = {name: np.stack([row.get(name, _missing(rows, name, width)) for row in rows]) for name in names}
    statistic, df = (np.array(part) for part in zip(*omnibus, strict=True))
    return stacked | {"omnibus": statistic, "omnibus_df": df}


def _missing(rows: list[Stacked], name: str, width: int) -> Any:
    text = next(row[name].dtype.kind for row in rows if name in row) == "O"
    return np.full(width, "" if text else np.nan, dtype=object if text else float)


def _suspects(found: Stacked, rule: str, level: float) -> Bools:
    """Say which items look unfair: in any pair, and for several groups in the test of all at once too."""
    several = ~np.isnan(found["omnibus"])
    overall = np.where(several, chdtrc(found["omnibus_df"], found["omnibus"]) < 1 - level, True)
    tested = found["p_trend"] if "p_trend" in found else found["p_value"]
    significant = (tested < 1 - level).any(axis=1)
    if rule == "significance":
        return np.where(several, overall, significant)
    return np.asarray(overall & np.isin(found["class"], ["B", "C"]).any(axis=1))


def _assemble(setting: Setting, matching: Matching, done: Any, asked: tuple[str, str, float]) -> Dif:
    method, adjust, level = asked
    found, names = done.result, np.array(setting.responses.names, dtype=object)
    items, pairs = found["p_value"].shape
    frame = pd.DataFrame(
        {
            "item": np.repeat(names, pairs),
            "focal": [setting.labels[one] for one, _two in setting.pairs] * items,
            "reference": [setting.reference_name(two) for _one, two in setting.pairs] * items,
        }
    )
    columns = {name: part.ravel() for name, part in found.items() if not name.startswith("omnibus")}
    tested = "p_trend" if "p_trend" in columns else "p_value"
    columns["p_adjusted"] = adjusted(columns[tested], adjust)  # type: ignore[arg-type]
    sized = columns.get("class", np.full(items * pairs, "", dtype=object))
    columns["flagged"] = (columns["p_adjusted"] < 1 - level) & (sized != "A")
    last = ("class", "flagged", "direction", "note")
    middle = [name for name in columns if name not in _FIRST + last]
    frame = frame.assign(**{name: columns[name] for name in (*_FIRST, *middle, *last) if name in columns})
    several = pairs if method not in ALONE else 1
    return Dif(
        frame, _omnibus(names, found, several, adjust), setting.table, tuple(names[done.anchors]), done.rounds,
        method, _matched(method, matching), level, done.note, setting, matching,
    )  # fmt: skip


def _matched(method: str, matching: Matching) -> str:
    return "model" if method in LATENT else matching.name(fine=method == "logistic")


def _omnibus(names: Any, found: Stacked, pairs: int, adjust: str) -> pd.DataFrame:
    told = pd.DataFrame({"item": names, "statistic": found["omnibus"], "df": found["omnibus_df"]})
    told["p_value"] = chdtrc(found["omnibus_df"], found["omnibus"])
    told["p_adjusted"] = adjusted(told["p_value"].to_numpy(), adjust)  # type: ignore[arg-type]
    told["note"] = np.where(told["p_value"].isna(), FairNote.NO_OVERLAP.value, "")
    return told if pairs > 1 else told.iloc[:0]
