"""What is to be calibrated, read from what was asked: items, models, groups, weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats
from svclib.stats.item_response.parameters import ItemParameters
from svclib.stats.item_response.preparing import (
    Columns,
    Groups,
    divided,
    known_rows,
    read_fixed,
    read_free,
    read_groups,
    read_weights,
)
from svclib.stats.item_response.responses import Responses, read_responses
from svclib.stats.item_response.screening import Screened, read_models, screen
from svclib.stats.marks import _


@dataclass(frozen=True, eq=False)
class Case:
    """What was asked."""

    given: tuple[str, ...]
    screened: Screened
    columns: Columns
    models: Any
    fixed: ItemParameters | None
    free: dict[str, str]
    groups: Groups
    weights: Floats
    rows: Any


def read_case(
    responses: Any, model: Any, states: Any, items: Any, groups: Any, reference: Any, free: Any, fixed: Any,
    weights: Any, fallback: bool,
) -> Case:  # fmt: skip
    """Read the responses and all that was said of them; complaints name the item or group."""
    if items is not None and isinstance(responses, pd.DataFrame):
        lost = [name for name in items if name not in responses.columns]
        if lost:
            raise InvalidInput(_('The item "{item}" is not among the responses.'), item=lost[0])
        responses = responses[list(items)]
    read = read_responses(responses, states)
    if len(set(read.names)) < len(read.names):
        twice = next(name for name in read.names if read.names.count(name) > 1)
        raise InvalidInput(_('The item "{item}" is there twice; keep one column an item.'), item=twice)
    held = read_fixed(fixed, read.names)
    spec, weight = read_groups(groups, read.index, reference), read_weights(weights, read.index)
    rows = known_rows(read, weight)
    if not rows.any():
        raise InvalidInput(_("No candidate has an answer; there is nothing to calibrate."))
    models = read_models(model, read.names)
    tops: dict[str, int] = {}
    if held is not None:
        tops = dict(zip(held.names, (int(top) for top in held.highest), strict=True))
        kinds = dict(zip(held.names, held.model, strict=True))
        models = [str(kinds.get(name, kind)) for name, kind in zip(read.names, models, strict=True)]
        _check_tops(read, tops)
    screened = screen(read, models, tops, fallback=fallback, candidates=int(rows.sum()))
    if not screened.responses.names:
        raise InvalidInput(
            _('No item can be calibrated; of the first, "{item}": {reason}.'),
            item=read.names[0], reason=str(screened.left_out[read.names[0]]),
        )  # fmt: skip
    freed = {name: kind for name, kind in read_free(free, read.names).items() if name not in tops}
    columns = divided(screened, freed, spec)
    return Case(read.names, screened, columns, screened.model[columns.source], held, freed, spec, weight, rows)


def _check_tops(read: Responses, tops: Mapping[str, int]) -> None:
    for at, name in enumerate(read.names):
        if name in tops and int(read.codes[:, at].max(initial=0)) > tops[name]:
            raise InvalidInput(
                _('The item "{item}" has a score above its highest, {highest}; check the scores or the categories.'),
                item=name, highest=tops[name],
            )  # fmt: skip
