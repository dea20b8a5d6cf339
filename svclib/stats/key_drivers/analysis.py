"""One driver analysis: its numbers for the sample, and for every draw of the bootstrap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, TypedDict, get_args

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import names_of
from svclib.stats.design.results import NO_DEGREES
from svclib.stats.design.survey import Design
from svclib.stats.estimate import check_level
from svclib.stats.key_drivers.bootstrap import check_bootstraps, units_of
from svclib.stats.key_drivers.limits import Limiter
from svclib.stats.key_drivers.metrics import MEASURES, Method, check_method, inflation
from svclib.stats.key_drivers.moments import Complete, Pairwise, Source, check_consistent
from svclib.stats.key_drivers.notes import DriverNote
from svclib.stats.key_drivers.ordinal import latent
from svclib.stats.key_drivers.reading import Groups, Ratings, Reading, read, read_players, read_ratings
from svclib.stats.key_drivers.shapley import EXACT, order_gains, random_orders, sampled_shapley, shapley
from svclib.stats.key_drivers.sweeping import regress, sweep_out
from svclib.stats.marks import _

Missing = Literal["complete", "pairwise"]
Top = tuple[int, int, int] | Literal["mean"] | None
_LEAST_ORDERS, _MOST_ORDERS = 100, 1_000_000
_ORDERS_A_DRAW = 20
"""Orders of a draw where they are sampled; the same in all draws, so that they add little to the spread."""


@dataclass(frozen=True)
class Numbers:
    """What is told of each draw; the sample itself is a single draw.

    Attributes
    ----------
    importance : (drivers, draws) float
        In parts of the outcome's variance.
    r2, controls : (draws,) float
        Variance that all explain, and the controls alone.
    slopes : (terms, draws) float
        Change of the outcome for one unit of each driver's term, the others unchanged.
    performance : (drivers, draws) float
        Mean rating.
    """

    importance: Floats
    r2: Floats
    controls: Floats
    slopes: Floats
    performance: Floats

    @property
    def told(self) -> Ints:
        """Draws in which the shares and slopes are finite."""
        return np.flatnonzero(np.isfinite(self.importance).all(axis=0) & np.isfinite(self.r2))

    def chosen(self, draws: Ints) -> Numbers:
        """Keep some draws."""
        return Numbers(*(getattr(self, one.name)[..., draws] for one in fields(self)))


@dataclass(frozen=True)
class Shares:
    """How importance is measured.

    Attributes
    ----------
    orders : (orders, drivers) int, optional
        Sampled orders, where all subsets are too many.
    """

    method: str
    widths: tuple[int, ...]
    orders: Ints | None

    @classmethod
    def of(cls, method: str, widths: tuple[int, ...], orders: int, seed: int) -> Shares:
        """Choose exact shares for up to `EXACT` drivers, sampled orders beyond."""
        if method != "lmg" or len(widths) <= EXACT:
            return cls(method, widths, None)
        return cls(method, widths, random_orders(len(widths), orders, np.random.default_rng(seed)))

    def draws(self, moments: Floats) -> Floats:
        """Shares of the outcome's variance in each draw: (drivers, draws)."""
        if self.method != "lmg":
            return MEASURES[self.method](moments, self.widths)
        if self.orders is None:
            return shapley(moments, self.widths)
        return sampled_shapley(moments, self.widths, self.orders[:_ORDERS_A_DRAW])

    def sample(self, moments: Floats) -> tuple[Floats, Floats]:
        """Shares (drivers, 1) of the sample, from all the orders, and their Monte-Carlo errors (drivers,)."""
        if self.orders is None:
            return self.draws(moments), np.zeros(len(self.widths))
        gains = order_gains(moments[:, :, 0], self.widths, self.orders)
        pairs = (gains[:, 0::2] + gains[:, 1::2]) / 2
        return gains.mean(axis=1)[:, None], pairs.std(axis=1, ddof=1) / np.sqrt(pairs.shape[1])


@dataclass(frozen=True)
class Request:
    """What is asked of an analysis; see `svclib.stats.key_drivers.importance.drivers`."""

    method: Method = "lmg"
    controls: str | Sequence[str] | None = None
    groups: Groups | None = None
    missing: Missing = "complete"
    ordinal: bool = False
    bootstraps: int = 1000
    orders: int = 4000
    seed: int = 1
    level: float = 0.95

    def check(self) -> None:
        """Raise `InvalidInput` naming an option that cannot be."""
        check_level(self.level)
        check_bootstraps(self.bootstraps)
        if self.missing not in get_args(Missing):
            raise InvalidInput(
                _('missing is "{missing}"; choose one of {known}.'),
                missing=str(self.missing),
                known=", ".join(get_args(Missing)),
            )
        if self.missing == "pairwise" and self.ordinal:
            raise InvalidInput(_('An ordinal outcome needs complete rows; leave out missing="pairwise".'))
        if not _LEAST_ORDERS <= self.orders <= _MOST_ORDERS:
            raise InvalidInput(
                _("orders is {orders}; give a number from {fewest} to {most}."),
                orders=self.orders,
                fewest=_LEAST_ORDERS,
                most=_MOST_ORDERS,
            )


class How(TypedDict, total=False):
    """Keywords of `Request`, for verbs that rest on an analysis."""

    method: Method
    controls: str | Sequence[str] | None
    groups: Groups | None
    missing: Missing
    ordinal: bool
    bootstraps: int
    orders: int
    seed: int
    level: float


@dataclass(frozen=True)
class Analysis:
    """A driver analysis.

    Attributes
    ----------
    own : Numbers
        Of the sample.
    draws : Numbers, optional
        Of the bootstrap.
    limiter : Limiter, optional
        How draws become intervals; None without draws.
    monte_carlo, inflation : (drivers,) float
        Error by sampled orders; variance inflation.
    df : float
        Clusters less strata.
    reason : str
        Why there are no draws.
    opt_in : bool
        Some respondents chose themselves.
    """

    request: Request
    reading: Reading
    own: Numbers
    draws: Numbers | None
    limiter: Limiter | None
    monte_carlo: Floats
    inflation: Floats
    df: float
    reason: str
    opt_in: bool

    @property
    def terms(self) -> Ints:
        """The single term of each driver, −1 where it has several."""
        start = np.cumsum(self.reading.widths) - self.reading.widths
        return np.where(np.array(self.reading.widths) == 1, start, -1)

    @property
    def floor(self) -> float:
        """The least that a driver can have: Pratt's measure may be negative."""
        return -np.inf if self.request.method == "pratt" else 0.0

    @property
    def method(self) -> str:
        """How importance is measured and its interval made."""
        return f"{self.request.method}, bias-corrected bootstrap"


def analyse(design: Design, outcome: str, drivers: str | Sequence[str], request: Request, top: Top = None) -> Analysis:
    """Read the columns, compute the analysis and its draws.

    Parameters
    ----------
    top : (lowest, highest, boxes) or "mean", optional
        What the ratings are told by, where each driver must have one.
    """
    request.check()
    players = read_players(drivers, request.groups)
    pairwise, controls = request.missing == "pairwise", names_of(request.controls)
    reading = read(design, outcome, players, controls, pairwise=pairwise, ordinal=request.ordinal)
    check_method(request.method, reading.wide)
    needed, boxes = top is not None, None if top == "mean" else top
    ratings = read_ratings(design.frame, players, top=boxes, needed=needed)
    shares = Shares.of(request.method, reading.widths, request.orders, request.seed)
    calculation = _Calculation(reading, source_of(design, reading, request), ratings, shares)
    units = units_of(design.sampling, request.seed)
    sums = units.sums([*calculation.source.columns(), *ratings.columns(reading.weights)])
    moments = calculation.moments(sums.sum(axis=0)[None])
    own, shift, error = calculation.sample(sums.sum(axis=0)[None])
    df = float(design.domains(None).degrees(reading.used)[0])
    draws = None
    if request.bootstraps and df >= 1:
        draws = _joined((calculation(one @ sums) for one in units.draws(request.bootstraps, request.seed)), shift)
    reason = _reason(request, draws, df)
    return Analysis(
        request, reading, own, None if reason else draws, None if reason else _limiter(reading, request, df), error,
        inflation(moments, _blocks(reading), range(reading.controls)), df, reason, "opt-in" in names_of(design.source),
    )  # fmt: skip


def _reason(request: Request, draws: Numbers | None, df: float) -> str:
    if not request.bootstraps:
        return DriverNote.NO_DRAWS.value
    if draws is None:
        return NO_DEGREES
    return DriverNote.FEW_DRAWS.value if draws.r2.size < request.bootstraps / 2 else ""


def _limiter(reading: Reading, request: Request, df: float) -> Limiter:
    return Limiter.of(request.level, df, reading.n, reading.matrix.shape[1] - 1)


def _blocks(reading: Reading) -> list[list[int]]:
    ends = reading.controls + np.cumsum(reading.widths)
    return [list(range(end - width, end)) for end, width in zip(ends, reading.widths, strict=True)]


def _joined(drawn: Iterable[Numbers], shift: Floats) -> Numbers:
    """Put batches of draws together; `shift` moves shares of few orders to those of all the orders."""
    batches = list(drawn)
    whole = Numbers(
        *(np.concatenate([getattr(one, part.name) for one in batches], axis=-1) for part in fields(Numbers))
    )
    moved = replace(whole, importance=whole.importance + shift)
    return moved.chosen(moved.told)


@dataclass(frozen=True)
class _Calculation:
    """From sums (draws, columns) to numbers."""

    reading: Reading
    source: Source
    ratings: Ratings
    shares: Shares

    def moments(self, sums: Floats) -> Floats:
        """Centred moments of the draws, controls first and the outcome last."""
        return self.source.moments(sums[:, : sums.shape[1] - self._rated])

    @property
    def _rated(self) -> int:
        return 2 * self.ratings.values.shape[1]

    def sample(self, sums: Floats) -> tuple[Numbers, Floats, Floats]:
        """Numbers of the sample, what they differ by from a draw's few orders, and their Monte-Carlo errors."""
        moments = self.moments(sums)
        if isinstance(self.source, Pairwise):
            check_consistent(moments)
        total, found = moments[-1, -1], self(sums)
        shares, error = self.shares.sample(sweep_out(moments, self.reading.controls))
        return replace(found, importance=shares / total), shares / total - found.importance, error / total[0]

    def __call__(self, sums: Floats) -> Numbers:
        """Numbers of the draws with these sums (draws, columns)."""
        moments, first = self.moments(sums), self.reading.controls
        total, inner = moments[-1, -1], sweep_out(moments, first)
        solved = regress(inner, len(inner) - 1)
        return Numbers(
            importance=ratio(self.shares.draws(inner), total),
            r2=1 - ratio(solved[-1, -1], total),
            controls=1 - ratio(inner[-1, -1], total),
            slopes=solved[:-1, -1] * (self.reading.scale[-1] / self.reading.scale[first:-1])[:, None],
            performance=self.ratings.means(sums[:, sums.shape[1] - self._rated :]),
        )


def source_of(design: Design, reading: Reading, request: Request) -> Source:
    """Choose where the moments come from."""
    if request.ordinal:
        return latent(design, reading)
    return Pairwise(reading) if request.missing == "pairwise" else Complete(reading)
