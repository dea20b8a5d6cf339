"""A design from the reserved columns of a survey's responses."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from svclib.stats.columns import check_columns, check_frame
from svclib.stats.design.survey import Design


def of_responses(
    frame: pd.DataFrame,
    *,
    weights: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    fpc: str | None = None,
    source: Sequence[str] = (),
) -> Design:
    """Make the design of responses from several sources, each of which tells what it knows of its sampling.

    A response without a stratum is in the stratum of its source, one without a cluster is a cluster of its own, and
    population sizes count only where all responses have one. A stratum with a single cluster is measured from the mean
    of all (``lonely="adjust"``), which errs on the side of caution.

    Parameters
    ----------
    frame : DataFrame
        Responses, one a row, with a column ``source``.
    weights, strata, cluster, fpc : str, optional
        Columns that say something.
    source : list of str
        The sources that occur; with ``"opt-in"`` every estimate says that it has no sampling error.

    Examples
    --------
    >>> answers = pd.DataFrame({"stratum": ["b1", "b1", None], "source": ["census", "census", "opt-in"]})
    >>> of_responses(answers, strata="stratum", source=["census", "opt-in"]).frame["stratum"].tolist()
    ['b1', 'b1', 'opt-in']
    """
    check_frame(frame)
    check_columns(frame, [name for name in (weights, strata, cluster, fpc) if name])
    filled = {}
    if strata:
        check_columns(frame, ["source"])
        filled[strata] = _filled(frame[strata], frame["source"].astype(object))
    if cluster:
        filled[cluster] = _filled(frame[cluster], pd.Series(frame.index.astype(str), index=frame.index, dtype=object))
    counted = fpc if fpc and frame[fpc].notna().all() else None
    return Design(
        frame.assign(**filled),
        weights=weights,
        strata=strata,
        cluster=cluster,
        fpc=counted,
        nest=bool(strata and cluster),
        lonely="adjust",
        source=list(source),
    )


def _filled(column: pd.Series, instead: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), instead)
