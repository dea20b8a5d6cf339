"""Case items that share a stimulus: their sum as one item of several scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.item_response.responses import MISSING, read_responses
from svclib.stats.marks import _


def super_items(
    responses: pd.DataFrame, states: pd.DataFrame | None, model: Any, testlets: Mapping[Any, Any]
) -> tuple[pd.DataFrame, Any]:
    """Put the items of each testlet together: their sum, missing where one of them is.

    Give the frame, and the model (of the testlet's first item where `model` names one for each).

    >>> frame = pd.DataFrame({"q1": [0, 1], "q2": [1, 1], "q3": [0, 1]})
    >>> super_items(frame, None, "grm", {"q1": "case", "q2": "case"})[0].to_dict("list")
    {'case': [1, 2], 'q3': [0, 1]}
    """
    read = read_responses(responses, states)
    home = {str(item): str(testlet) for item, testlet in testlets.items()}
    lost = [name for name in home if name not in read.names]
    if lost:
        raise InvalidInput(_('The item "{item}" of a testlet is not among the responses.'), item=lost[0])
    clash = [name for name in read.names if name not in home and name in home.values()]
    if clash:
        raise InvalidInput(_('The testlet "{item}" is called like an item; rename it.'), item=clash[0])
    names = list(dict.fromkeys(home.get(name, name) for name in read.names))
    columns: dict[str, Any] = {}
    kinds: dict[str, Any] = {}
    for name in names:
        members = [at for at, item in enumerate(read.names) if home.get(item, item) == name]
        codes = read.codes[:, members]
        total, holes = codes.sum(axis=1, dtype=np.int64), (codes == MISSING).any(axis=1)
        columns[name] = np.where(holes, np.nan, total) if holes.any() else total
        kinds[name] = model.get(read.names[members[0]]) if isinstance(model, Mapping) else model
    chosen = {name: kind for name, kind in kinds.items() if kind} if isinstance(model, Mapping) else model
    return pd.DataFrame(columns, index=read.index), chosen
