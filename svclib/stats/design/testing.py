"""The verbs of a design that explain and compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

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
        [5.08, -0.45]
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

    def chisq(
        self,
        rows: str,
        columns: str,
        *,
        statistic: str = "F",
        by: str | Sequence[str] | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Test whether two questions hang together, and measure how strongly.

        Parameters
        ----------
        rows, columns : str
        statistic : {"F", "Chisq", "saddlepoint", "Wald", "adjWald"}
            Pearson's chi-square with the correction of Rao and Scott: of second order (F), of first order
            (chi-square), with the tail of its distribution by the saddlepoint; Wald tests of the cells, plain and
            adjusted for few clusters. As R's svychisq.
        by : str or list of str, optional
            Domains.
        level : float

        Returns
        -------
        DataFrame
            A row a domain, as of `svclib.stats.compare.groups`, behind the `by` columns: ``estimate`` is Cramér's V of
            the weighted table with the interval of the noncentral F of second order;
            ``statistic, df, df2, p_value`` the test.

        Raises
        ------
        InvalidInput
            Naming a column that is absent, and if the table has more than 400 cells.

        Examples
        --------
        >>> import pandas as pd
        >>> from svclib.stats import Design
        >>> visits = pd.DataFrame(
        ...     {"branch": list("abcdefgh") * 9, "app": [0, 1, 1] * 24, "happy": [0, 1, 1] * 20 + [1, 0] * 6}
        ... )
        >>> Design(visits, cluster="branch").chisq("app", "happy")[["term", "estimate"]].round(2).values.tolist()
        [['cramers_v', 0.82]]
        """
        from svclib.stats.design.chisquare import chisq_rows

        given: Any = self
        return chisq_rows(given, rows, columns, statistic=statistic, by=by, level=level)

    def compare(
        self, column: str, by: str, *, method: str = "t", ties: str = "middle", level: float = 0.95
    ) -> pd.DataFrame:
        """Compare groups: by how much they differ, and whether chance could explain it.

        Parameters
        ----------
        column : str
            Column of numbers.
        by : str
            Column of groups.
        method : {"t", "wilcoxon", "median", "vanderwaerden"}
            Means (R's svyttest), or ranks (svyranktest): their mean, the share above the common median, the normal
            scores.
        ties : {"middle", "order"}
            Where equal answers stand among all: in the middle of their weights, or, as svyranktest has it, at the
            mean of their places in the order of the rows (which then matters; for comparison with R).
        level : float

        Returns
        -------
        DataFrame
            See `svclib.stats.compare.groups`. Two groups: one row, ``term`` being ``difference`` (first − second),
            ``superiority`` (the probability that an answer of the first is above one of the second, ties counted
            half: ½ + R's difference in mean rank), ``above_median`` (difference of shares above the common median)
            or ``normal_score`` (difference of means). More: a row ``eta2`` (of ranks ``epsilon2``), the share of
            variance between the groups, with the F test of all; then each group against all together, not adjusted
            for their number: ``superiority`` is the probability of being above an answer of anybody.

        Notes
        -----
        The test takes the ranks as given, which is right where the groups do not differ (Lumley and Scott 2013). The
        interval of the size also allows for their estimation; that of ``superiority`` is Newcombe's (2006) stretched
        to the design's error, those of the common median take it as given.

        Examples
        --------
        >>> import pandas as pd
        >>> from svclib.stats import Design
        >>> waits = pd.DataFrame(
        ...     {"app": [1, 0] * 6, "wait": [4.0, 6, 5, 7, 5, 9, 8, 7, 4, 9, 3, 6], "w": [1, 2, 2] * 4}
        ... )
        >>> Design(waits, weights="w").compare("wait", "app")[["first", "second", "estimate"]].round(2).values.tolist()
        [[0, 1, 2.6]]
        """
        from svclib.stats.design.comparing import compare_rows

        given: Any = self
        return compare_rows(given, column, by, method=method, ties=ties, level=level)
