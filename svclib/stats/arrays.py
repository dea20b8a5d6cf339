"""Names of array types used by the formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Objects = NDArray[Any]


def ratio(numerator: Any, denominator: Any) -> Floats:
    """Divide, giving NaN (and no warning) where the denominator is 0.

    >>> ratio([1, 1], [2, 0]).tolist()
    [0.5, nan]
    """
    top, bottom = np.asarray(numerator, dtype=float), np.asarray(denominator, dtype=float)
    out = np.full(np.broadcast_shapes(top.shape, bottom.shape), np.nan)
    return np.divide(top, bottom, out=out, where=bottom != 0)
