"""The zone of tolerance: between the service that is just good enough and the one that is wished for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import numpy as np
import pandas as pd

from svclib.stats.columns import names_of
from svclib.stats.design.values import Data, Names
from svclib.stats.estimate import COLUMNS, MIN_MEAN
from svclib.stats.scales.servqual import servqual


class Zone(StrEnum):
    """Where perceptions lie; unknown means that an interval holds an end of the zone."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"
    UNKNOWN = "unknown"


def zone_of_tolerance(
    data: Data,
    dimensions: Mapping[str, Sequence[str]],
    *,
    perception: str = "p{}",
    adequate: str = "a{}",
    desired: str = "d{}",
    by: Names | None = None,
    weights: str | None = None,
    level: float = 0.95,
    min_n: int = MIN_MEAN,
    scale: Sequence[float] | None = None,
) -> pd.DataFrame:
    """Estimate how far perceptions lie above what is adequate and below what is desired.

    Service adequacy is perception less adequate level, service superiority perception less desired level
    (Parasuraman, Zeithaml and Berry 1994).

    Parameters
    ----------
    data, dimensions, perception, by, weights, level, min_n, scale
        As in `svclib.stats.servqual`.
    adequate, desired : str
        Columns of the two levels, as `perception`.

    Returns
    -------
    DataFrame
        The `by` columns, ``dimension``, ``measure`` (``adequacy`` or ``superiority``), then the columns of an estimate;
        ``term`` is the item, the dimension or ``overall``. Then the means ``perception``, ``adequate``, ``desired``
        and ``zone`` (`Zone`): within means that both intervals lie inside the zone.

    Raises
    ------
    InvalidInput
        As `svclib.stats.servqual`.

    Examples
    --------
    >>> rows = pd.DataFrame({"p1": [5, 6, 5, 6], "a1": [4, 4, 3, 4], "d1": [7, 7, 7, 6], "p2": [5, 5, 6, 6]})
    >>> rows = rows.assign(a2=[3, 4, 4, 4], d2=[7, 6, 7, 7])
    >>> zone_of_tolerance(rows, {"reliability": ["1", "2"]})["zone"].iloc[-1]
    'within'
    """
    both = [
        servqual(
            data, dimensions, perception=perception, expectation=other, by=by, weights=weights, level=level,
            min_n=min_n, scale=scale,
        )
        for other in (adequate, desired)
    ]  # fmt: skip
    zone = _zones(*both)
    levels = {"adequate": both[0]["expectation"], "desired": both[1]["expectation"]}
    rows = [
        frame.assign(measure=name, zone=zone, **levels)
        for name, frame in zip(("adequacy", "superiority"), both, strict=True)
    ]
    stacked = pd.concat(rows).sort_index(kind="stable").reset_index(drop=True)
    return stacked[[*names_of(by), "dimension", "measure", *COLUMNS, "perception", "adequate", "desired", "zone"]]


def _zones(adequacy: pd.DataFrame, superiority: pd.DataFrame) -> list[str]:
    low, high = (adequacy[name].to_numpy(dtype=float) for name in ("low", "high"))
    above, below = (superiority[name].to_numpy(dtype=float) for name in ("low", "high"))
    names = np.select(
        [high < 0, above > 0, (low >= 0) & (below <= 0)], [Zone.BELOW, Zone.ABOVE, Zone.WITHIN], default=Zone.UNKNOWN
    )
    return [str(name) for name in names]
