"""Response styles: how a person uses scales and lists, whatever the question."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, ratio
from svclib.stats.columns import check_columns, check_frame, names_of
from svclib.stats.marks import _
from svclib.stats.quality.answers import read_answers


def response_styles(
    data: pd.DataFrame,
    items: Sequence[str],
    *,
    choices: str | Sequence[str] = (),
    scale: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Describe how each respondent uses scales and lists; compare modes by it with `mode_effects`.

    Parameters
    ----------
    data : DataFrame
        One row a respondent.
    items : list of str
        Ratings.
    choices : str or list of str
        Single choices as Categoricals, categories in the order in which they were shown.
    scale : (float, float), optional
        Ends of the rating scale; by default each item's lowest and highest answer.

    Returns
    -------
    DataFrame
        Indexed as the data, shares of the person's answers: ``extreme`` (at either end), ``middle`` (the midpoint),
        ``top`` (the upper end), ``level`` (mean answer, 0 to 1), ``spread`` (standard deviation of the scaled
        answers), and with `choices` ``first`` and ``last`` (first or last of the list: primacy, recency) and
        ``place`` (mean place in the list, 0 for the first and 1 for the last). NaN where nothing is answered.

    Raises
    ------
    InvalidInput
        Naming the column that is absent, holds no numbers, leaves the scale, or has no order of options.

    Notes
    -----
    Extreme and midpoint responding as in Van Vaerenbergh and Thomas (2013); primacy on what is read and recency on
    what is heard: Krosnick and Alwin (1987).

    Examples
    --------
    >>> visits = pd.DataFrame({"a": [5.0, 3, 1], "b": [5.0, 3, None]})
    >>> response_styles(visits, ["a", "b"], scale=(1, 5))[["extreme", "middle"]].values.tolist()
    [[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
    answers = read_answers(data, items, least=1)
    low, high = _ends(answers.values, scale, answers.names)
    scaled = (answers.values - low) / np.where(high > low, high - low, np.nan)
    given = ~np.isnan(scaled)
    count = given.sum(axis=1)
    level = ratio(np.nansum(scaled, axis=1), count)
    squares = np.nansum(np.where(given, (scaled - level[:, None]) ** 2, 0.0), axis=1)
    columns = {
        "extreme": _share((scaled == 0) | (scaled == 1), count),
        "middle": _share(np.isclose(scaled, 0.5), count),
        "top": _share(scaled == 1, count),
        "level": level,
        "spread": np.sqrt(ratio(squares, count - 1)),
    }
    frame = pd.DataFrame(columns, index=answers.index)
    return frame if not names_of(choices) else frame.assign(**_places(data, names_of(choices)))


def _share(hit: np.ndarray, count: np.ndarray) -> Floats:
    return ratio(hit.sum(axis=1), count)


def _ends(values: Floats, scale: tuple[float, float] | None, names: Sequence[str]) -> tuple[Floats, Floats]:
    told = ~np.isnan(values)
    low = np.where(told, values, np.inf).min(axis=0)
    high = np.where(told, values, -np.inf).max(axis=0)
    if scale is None:
        return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)
    outside = (low < scale[0]) | (high > scale[1])
    if outside.any():
        raise InvalidInput(
            _('The item "{column}" has answers outside the scale {lowest}–{highest}; mend them or the scale.'),
            column=names[int(np.argmax(outside))],
            lowest=f"{scale[0]:g}",
            highest=f"{scale[1]:g}",
        )
    return np.full(values.shape[1], float(scale[0])), np.full(values.shape[1], float(scale[1]))


def _places(data: pd.DataFrame, names: list[str]) -> dict[str, Floats]:
    """Places of the chosen options in their lists."""
    check_columns(check_frame(data), names)
    places = np.full((len(data), len(names)), np.nan)
    for column, name in enumerate(names):
        series = data[name]
        if not isinstance(series.dtype, pd.CategoricalDtype) or len(series.cat.categories) < 2:
            raise InvalidInput(
                _('The column "{column}" has no order of options: make it a Categorical with them as they were shown.'),
                column=name,
            )
        code = series.cat.codes.to_numpy(dtype=float)
        places[:, column] = np.where(code < 0, np.nan, code / (len(series.cat.categories) - 1))
    count = (~np.isnan(places)).sum(axis=1)
    return {
        "first": _share(places == 0, count),
        "last": _share(places == 1, count),
        "place": ratio(np.nansum(places, axis=1), count),
    }
