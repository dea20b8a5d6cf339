"""What the answers say: frames in, tidy frames out (see `svclib.stats.estimate` for their columns).

Names are imported when first used, so that a notebook loads only what it calls.
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "mean": "design.descriptive",
    "proportion": "design.descriptive",
    "Design": "design.survey",
    "csat": "scales.satisfaction",
    "nps": "scales.satisfaction",
    "ces": "scales.satisfaction",
    "alpha": "scales.reliability",
    "servqual": "scales.servqual",
    "changes": "time.trend",
    "against_target": "time.trend",
    "item_analysis": "items.analysis",
    "distractors": "items.distractors",
    "icc": "agreement.intraclass",
    "kappa": "agreement.chance",
    "gwet": "agreement.chance",
    "krippendorff": "agreement.disagreement",
    "p_chart": "time.charts",
    "u_chart": "time.charts",
    "xmr_chart": "time.charts",
    "compare_means": "compare.means",
    "pairwise_means": "compare.means",
    "compare_ranks": "compare.ranks",
    "pairwise_ranks": "compare.ranks",
    "crosstab": "compare.crosstab",
    "rank_units": "compare.ranking",
    "equivalence": "compare.equivalence",
    "ewma_chart": "time.drift",
    "cusum_chart": "time.drift",
    "suppress": "disclosure",
}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"svclib.stats.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'svclib.stats' has no attribute {name!r}")
