"""Whether groups differ, by how much, and whether chance could explain it."""

from svclib.stats.compare.crosstab import crosstab
from svclib.stats.compare.equivalence import equivalence
from svclib.stats.compare.means import compare_means, pairwise_means
from svclib.stats.compare.ranking import rank_units
from svclib.stats.compare.ranks import compare_ranks, pairwise_ranks

__all__ = [
    "compare_means",
    "compare_ranks",
    "crosstab",
    "equivalence",
    "pairwise_means",
    "pairwise_ranks",
    "rank_units",
]
