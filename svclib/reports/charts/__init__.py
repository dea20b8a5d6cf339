"""Altair charts of estimates, one module a subpackage of `svclib.stats`; using one turns our look on."""

from __future__ import annotations

import importlib
from typing import Any

_ROOMS = {
    "adaptive": "candidate_path conditional_errors exposure_rates",
    "assembly": "blueprint_fulfilment form_information",
    "agreement": "coefficients",
    "clocks": "hazard_ratios incidence survival",
    "compare": "crossed differences rank_probabilities",
    "cutscores": "bookmarks consequences contrasting judge_severity pass_mark",
    "drivers": "gains importance segment_slopes strategy_matrix",
    "factor_models": "invariance_levels latent_differences model_loadings path_diagram",
    "fairness": "dif_curves dif_pass_rates dif_points dif_sizes",
    "gaps": "servqual_gaps gap_intervals",
    "item_curves": "conditional_error dependability form_difficulties option_curves",
    "irt": "category_curves characteristic_curves information_curve item_fit_curve wright_map",
    "items": "difficulty_discrimination option_bars",
    "learning": "before_after branch_effects certified_satisfied",
    "linking": "anchor_scatter conversion smoothed_scores",
    "missing": "imputed missing_bars missing_map missing_who",
    "models": "model_coefficients model_effects predicted_shares",
    "planning": "allocation margin_curve power_curve",
    "quality": "flag_bars flag_overlap index_histogram mode_differences nonresponse_bars with_without",
    "quality_units": "burst_calendar invitation_map unit_signs unit_similarity",
    "satisfaction": "ranking sources trend",
    "scales": "factor_loadings item_rest reliabilities scree",
    "security": "compromise_path effort_scores rapid_thresholds similarity_network similarity_pvalues",
    "wave_levels": "waves slopes",
    "time": "change_point control interruption seasons",
    "weighting": "margins r_partials weight_distribution",
}
_WHERE = {name: room for room, names in _ROOMS.items() for name in names.split()}
__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'svclib.reports.charts' has no attribute {name!r}")
    from svclib.reports.theme import enable_theme

    enable_theme()
    return getattr(importlib.import_module(f"svclib.reports.charts.{_WHERE[name]}"), name)
