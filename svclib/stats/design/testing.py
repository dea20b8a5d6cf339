"""The verbs of a design that explain and compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from svclib.stats.models.ordinal_results import Ordinal
    from svclib.stats.models.results import Glm, GlmDomains


class Testing:
    """Regressions and tests with the errors of the design."""

    def glm(
        self,
        outcome: str,
        terms: str | Sequence[str],
        *,
        family: str = "gaussian",
        link: str | None = None,
        by: str | Sequence[str] | None = None,
        success: Any = None,
        exposure: str | None = None,
        level: float = 0.95,
    ) -> Glm | GlmDomains:
        """Explain a column by others, with errors of the design; parameters as of `svclib.stats.glm`.

        Examples
        --------
        >>> import pandas as pd
        >>> from svclib.stats import Design
        >>> visits = pd.DataFrame({"branch": list("aabbccdd"), "wait": range(8), "score": [5.0, 5, 4, 3, 4, 3, 2, 2]})
        >>> Design(visits, cluster="branch").glm("score", "wait").frame["estimate"].round(2).tolist()
        [5.0, -0.43]
        """
        from svclib.stats.models.glm import glm

        given: Any = self  # a mixin of the design
        return glm(
            given, outcome, terms, family=family, link=link, by=by, success=success, exposure=exposure, level=level
        )

    def ordinal(self, outcome: str, terms: str | Sequence[str], *, link: str = "logit", level: float = 0.95) -> Ordinal:
        """Explain ordered categories by other columns, with errors of the design; see `svclib.stats.ordinal`."""
        from svclib.stats.models.ordinal import ordinal

        given: Any = self
        return ordinal(given, outcome, terms, link=link, level=level)
