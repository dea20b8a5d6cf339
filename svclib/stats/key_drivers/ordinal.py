"""Second moments with the hidden outcome of a cumulative probit model in the place of ordered answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.design.survey import Design
from svclib.stats.key_drivers.moments import centred, cross_products, symmetric
from svclib.stats.key_drivers.reading import Reading
from svclib.stats.marks import _
from svclib.stats.models.ordinal import ordinal


@dataclass(frozen=True)
class Latent:
    """Moments of the drivers with the hidden outcome y* = xβ + e, e ~ N(0, 1), in units of its standard deviation.

    Its explained part is the R² of McKelvey and Zavoina (1975). A draw of the bootstrap takes one step from the fit
    with the draw's scores (Kline and Santos 2012), instead of a fit of its own.

    Attributes
    ----------
    slopes : (terms,) float
        β of the standardised columns.
    influence : (rows, terms) float
        How they hang on the weight of each row, times the weight.
    """

    reading: Reading
    slopes: Floats
    influence: Floats

    def columns(self) -> Iterator[Floats]:
        """Products of the columns without the outcome, then the influences."""
        yield from cross_products(self.reading.matrix[:, :-1], self.reading.weights * self.reading.used)
        yield from self.influence.T

    def moments(self, sums: Floats) -> Floats:
        """Covariances of the columns, and those with the hidden outcome that their slopes mean."""
        terms = len(self.slopes)
        inner = centred(symmetric(sums, terms + 1))
        slopes = (self.slopes + sums[:, -terms:]).T
        beside = np.einsum("ijd,jd->id", inner, slopes)
        total = np.einsum("id,id->d", slopes, beside) + 1
        out = np.ones((terms + 1, terms + 1, len(sums)))
        out[:-1, :-1] = inner
        out[-1, :-1] = out[:-1, -1] = ratio(beside, np.sqrt(total))
        return out


def latent(design: Design, reading: Reading) -> Latent:
    """Fit the cumulative probit model.

    Raises
    ------
    InvalidInput
        If the outcome has no known order or fewer than three categories, or if no finite fit is best.
    """
    fit = ordinal(design, reading.outcome, reading.sources, link="probit")
    if not fit.converged:
        raise InvalidInput(
            _('The ordinal model of "{column}" did not converge; merge rare answers or name fewer drivers.'),
            column=reading.outcome,
        )
    terms, scale = len(reading.terms), reading.scale[:-1]
    influence = np.zeros((len(reading.weights), terms))
    influence[fit.basis.rows] = fit.basis.fit.influence[:, :terms] * scale
    return Latent(reading, fit.basis.fit.coefficients[:terms] * scale, influence)
