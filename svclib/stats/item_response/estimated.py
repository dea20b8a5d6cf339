"""How many parameters a fit has estimated: what tests take off their degrees of freedom."""

from __future__ import annotations

from typing import Any

import numpy as np

from svclib.stats.arrays import Ints
from svclib.stats.item_response.layout import FIXED
from svclib.stats.item_response.parameters import ItemParameters, items_of


def estimated_counts(fit: Any) -> tuple[Ints, int]:
    """Give the number of parameters estimated of each item of a fit, and of its populations.

    Of anything that does not tell what it has estimated, all parameters of the items count and none of populations.
    """
    layout = getattr(fit, "layout", None)
    if layout is None:
        return parameters_of(items_of(fit)), 0
    return (layout.slots != FIXED).sum(axis=1), int((layout.latent_slots != FIXED).sum())


def parameters_of(items: ItemParameters) -> Ints:
    """Count the parameters of each item that a calibration would estimate.

    >>> import pandas as pd
    >>> parameters_of(items_of(pd.DataFrame({"item": ["q"], "a": [1.0], "b": [0.0], "model": ["3pl"]}))).tolist()
    [3]
    """
    slopes = ~np.isin(items.model.astype(str), ("rasch", "pcm"))
    guesses = items.model.astype(str) == "3pl"
    return np.asarray(items.highest + slopes + guesses, dtype=np.int64)
