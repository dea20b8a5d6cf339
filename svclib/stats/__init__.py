"""What the answers say: frames in, tidy frames out (see `svclib.stats.estimate` for their columns).

Names are imported when first used, so that a notebook loads only what it calls.
"""

from __future__ import annotations

import importlib
from typing import Any

_ROOMS = {
    "adaptive.verb": "Adaptive",
    "agreement.chance": "kappa gwet",
    "agreement.disagreement": "krippendorff",
    "agreement.intraclass": "icc",
    "clocks.causes": "cumulative_incidence",
    "clocks.cox": "cox",
    "clocks.durations": "clock",
    "clocks.gray": "gray",
    "clocks.pairs": "pairwise_logrank",
    "clocks.ranks": "logrank",
    "clocks.subdistribution": "fine_gray",
    "clocks.survival": "kaplan_meier",
    "compare.crosstab": "crosstab",
    "compare.equivalence": "equivalence",
    "compare.means": "compare_means pairwise_means",
    "compare.ranking": "rank_units",
    "compare.ranks": "compare_ranks pairwise_ranks",
    "design.propensity": "propensity_weights response_propensity",
    "design.representativity": "r_indicator",
    "design.survey": "Design",
    "design.verbs": "mean proportion total ratio variance quantile",
    "disclosure": "suppress",
    "factor_models.categories": "merge_rare",
    "factor_models.fit": "cfa",
    "factor_models.invariance": "invariance",
    "irt.information": "test_information",
    "irt.scoring": "abilities",
    "items.analysis": "item_analysis",
    "irt.fit": "irt",
    "items.distractors": "distractors",
    "key_drivers.gain": "what_if",
    "key_drivers.importance": "drivers",
    "key_drivers.matrix": "importance_performance",
    "key_drivers.moderation": "moderation",
    "learning.gains": "gain",
    "learning.service": "service_link",
    "learning.training": "training_effect",
    "linking.drift": "anchor_drift",
    "linking.equate": "equate",
    "linking.link": "link",
    "models.glm": "glm",
    "models.ordinal": "ordinal",
    "missing.imputation": "impute",
    "missing.mechanism": "little_test missing_differences",
    "missing.patterns": "missing_patterns missing_summary",
    "missing.pooling": "pool",
    "planning.allocation": "allocate allocation_error design_effect",
    "planning.power": "sample_size power detectable_difference",
    "planning.precision": "expected_width",
    "quality.bursts": "bursts",
    "quality.careless": "careless",
    "quality.comparing": "with_and_without",
    "quality.devices": "shared_devices",
    "quality.duplicates": "duplicates",
    "quality.fabrication": "fabrication",
    "quality.flags": "quality_flags",
    "quality.invitation": "selective_invitation",
    "quality.mode": "mode_effects",
    "quality.nonresponse": "item_nonresponse",
    "quality.speed": "speeding",
    "quality.styles": "response_styles",
    "scales.acsi": "acsi acsi_weights",
    "scales.factorability": "factorability map_test",
    "scales.factors": "efa",
    "scales.gap_reliability": "gap_reliability",
    "scales.items": "scale_items response_frequencies",
    "scales.omega": "omega",
    "scales.ordinal": "polychoric tetrachoric",
    "scales.parallel": "parallel_analysis",
    "scales.polyserial": "polyserial",
    "scales.reliability": "alpha",
    "scales.satisfaction": "csat nps ces",
    "scales.schmid_leiman": "schmid_leiman",
    "scales.servqual": "servqual",
    "scales.splits": "split_half",
    "scales.tolerance": "zone_of_tolerance",
    "time.change_point": "change_point",
    "time.charts": "p_chart u_chart xmr_chart",
    "time.drift": "ewma_chart cusum_chart",
    "time.interruption": "interrupted_series",
    "time.seasonal": "seasonal",
    "time.trend": "changes against_target",
    "time.waves": "waves",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"svclib.stats.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'svclib.stats' has no attribute {name!r}")
