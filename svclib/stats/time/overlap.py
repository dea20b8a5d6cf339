"""How the estimates of several waves vary together: through respondents, or clusters, that are in more than one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from svclib.errors import InvalidInput
from svclib.stats.arrays import Floats, Ints, ratio
from svclib.stats.columns import check_columns
from svclib.stats.design.linear import Column, Domains, linear_estimates, mean_column
from svclib.stats.design.sampling import Columns, codes, read_sampling, stage_names
from svclib.stats.design.survey import Design
from svclib.stats.marks import _
from svclib.stats.samples import Sample, groups, with_values

_CROSSED = "stratum and wave"


@dataclass(frozen=True)
class Together:
    """Cells (a wave, or a group's wave) two by two.

    Attributes
    ----------
    vcov : (cells, cells) float
    overlap : (cells, cells) float
        Respondents (in a design: clusters) in both; on the diagonal those in the cell.
    df : (cells, cells) float
        Degrees of freedom of the difference of two cells.
    """

    vcov: Floats
    overlap: Floats
    df: Floats


def of_frame(
    data: pd.DataFrame, values: Floats, by: list[str], weights: str | None, respondent: str | None
) -> Together:
    """See the cells of a frame: rows of the same respondent go together.

    With residuals r = w (y − ȳ) / Σw · √(n / (n − 1)) the covariance of two means is the sum of r · r' over who is in
    both: s² / n on the diagonal, and s₁₂ / n where all are in both. The degrees of freedom are those of Derrick, Russ,
    Toher and White (2017): n − 1 where all are in both (the paired t test), Welch's where nobody is.
    """
    answers, unit = _units(data, values, by, weights, respondent)
    cells, n = len(answers.keys), answers.n
    away = answers.values - answers.mean(answers.values)[answers.group]
    scale = np.sqrt(ratio(n, n - 1)) * ratio(1, answers.total(np.ones_like(answers.values)))
    table = _table(unit, answers.group, cells, answers.weights * away * scale[answers.group])
    vcov = (table.T @ table).toarray()
    unknown = n < 2
    vcov[unknown, :], vcov[:, unknown] = np.nan, np.nan
    overlap = _shared(_table(unit, answers.group, cells))
    return Together(vcov, overlap, _derrick(np.diag(vcov), n, overlap))


def _units(
    data: pd.DataFrame, values: Floats, by: list[str], weights: str | None, respondent: str | None
) -> tuple[Sample, Ints]:
    """Read the answers and number the respondents; without a column, or a name, each row is one of its own."""
    answers = with_values(data, values, by, weights)
    if respondent is None:
        return answers, np.arange(len(answers.values), dtype=np.int64)
    known = with_values(data, np.where(np.isnan(values), np.nan, persons(data, respondent)), by, weights)
    unit = known.values.astype(np.int64)
    twice = pd.DataFrame({"unit": unit, "cell": known.group}).duplicated()
    if twice.any():
        _answered_twice(data, respondent, int(unit[int(np.argmax(twice.to_numpy()))]))
    return answers, unit


def persons(data: pd.DataFrame, respondent: str) -> Floats:
    """Number the respondents; a row without a name is a respondent of its own."""
    check_columns(data, [respondent])
    found = codes(data[respondent]).astype(float)
    nameless = found < 0
    found[nameless] = found.max(initial=0) + 1 + np.arange(nameless.sum())
    return found


def _answered_twice(data: pd.DataFrame, respondent: str, number: int) -> None:
    row = int(np.argmax(persons(data, respondent) == number))
    raise InvalidInput(
        _(
            'The respondent "{value}" of "{column}" answered twice in a wave; keep one answer each, or give a '
            "stats.Design with cluster={column}."
        ),
        value=str(data[respondent].iloc[row]),
        column=respondent,
    )


def _table(unit: Ints, cell: Ints, cells: int, values: Floats | None = None) -> Any:
    """Sum the values by unit and cell; without values: 1 where a unit is in a cell."""
    size = (int(unit.max(initial=-1)) + 1, cells)
    table = sparse.csr_matrix((np.ones(len(unit)) if values is None else values, (unit, cell)), shape=size)
    if values is None:
        table.data[:] = 1.0
    return table


def _shared(table: Any) -> Floats:
    return np.asarray((table.T @ table).toarray(), dtype=np.float64)


def _derrick(variance: Floats, n: Floats, overlap: Floats) -> Floats:
    """Between the degrees of freedom of the paired and of Welch's test, by the share of unpaired answers."""
    part = ratio(variance**2, n - 1)
    welch = ratio((variance[:, None] + variance) ** 2, part[:, None] + part)
    alone = n[:, None] + n - 2 * overlap
    paired = overlap - 1
    return np.where(alone > 0, paired + ratio(welch - paired, alone + 2 * overlap) * alone, paired)


def stacked(design: Design, wave: str, respondent: str | None) -> Design:
    """Give the design its clusters and strata over several waves.

    Without clusters the respondents are the clusters. Waves that share no cluster are independent samples: their
    strata are counted within each wave. Replicate weights know what goes together and stay as they are.
    """
    if design.sampling.replicates is not None:
        return design
    frame, cluster = design.frame, stage_names(design.cluster, "cluster")
    if respondent is not None:
        person = persons(frame, respondent)
        if cluster:
            _check_home(design, respondent, person)
        else:
            frame, cluster = frame.assign(**{respondent: person}), (respondent,)
    given = Columns(design.weights, stage_names(design.strata, "strata"), cluster, stage_names(design.fpc, "fpc"))
    unit = codes(frame[cluster[0]]) if cluster else np.arange(len(frame), dtype=np.int64)
    if not _meets(unit, codes(frame[wave])):
        return _restaged(design, *_crossed(frame, given, wave), "adjust" if design.lonely == "fail" else design.lonely)
    return (
        design if cluster == stage_names(design.cluster, "cluster") else _restaged(design, frame, given, design.lonely)
    )


def _meets(unit: Ints, wave: Ints) -> bool:
    """Whether a unit is in two waves."""
    pairs: Any = pd.unique(unit * (int(wave.max()) + 1) + wave)
    return len(pairs) > len(pd.unique(unit))


def _check_home(design: Design, respondent: str, person: Floats) -> None:
    """A respondent belongs to one cluster, or two clusters would not be independent."""
    homes = pd.DataFrame({"person": person, "cluster": design.sampling.stages[0].unit}).drop_duplicates()
    moved = homes["person"].duplicated()
    if moved.any():
        row = int(np.argmax(person == homes.loc[moved, "person"].iloc[0]))
        raise InvalidInput(
            _(
                'The respondent "{value}" of "{column}" is in two clusters of the design; leave respondent out if '
                "the clusters are not the same units in each wave, or mend the column."
            ),
            value=str(design.frame[respondent].iloc[row]),
            column=respondent,
        )


def _crossed(frame: pd.DataFrame, given: Columns, wave: str) -> tuple[pd.DataFrame, Columns]:
    first = codes(frame[given.strata[0]]) if given.strata else np.zeros(len(frame), dtype=np.int64)
    wave_code = codes(frame[wave])
    crossed = frame.assign(**{_CROSSED: first * (int(wave_code.max()) + 1) + wave_code})
    return crossed, replace(given, strata=(_CROSSED, *given.strata[1:]))


def _restaged(design: Design, frame: pd.DataFrame, given: Columns, lonely: str) -> Design:
    stages = read_sampling(frame, given, nest=design.nest or _CROSSED in given.strata, lonely=lonely).stages
    return design.with_sampling(replace(design.sampling, stages=stages))


def of_design(design: Design, values: Floats, by: list[str]) -> Together:
    """See the cells of a stacked design: what its clusters and strata leave of each difference."""
    parts = design.domains(by)
    column = mean_column("", values, parts)
    found = linear_estimates([column], parts, level=0.95, min_n=1, method="")
    first, valid = design.sampling.stages[0], column.valid
    clusters = _shared(_table(first.unit[valid], parts.group[valid], parts.groups))
    strata = _shared(_table(first.stratum[first.unit[valid]], parts.group[valid], parts.groups))
    vcov = found.vcov.copy()
    alone = parts.sum(valid.astype(float)) < 2
    vcov[alone, :], vcov[:, alone] = np.nan, np.nan
    return Together(vcov, clusters, _union_degrees(design, parts, column, clusters, strata))


def _union_degrees(design: Design, parts: Domains, column: Column, clusters: Floats, strata: Floats) -> Floats:
    """Clusters less strata of both cells; where the design counts otherwise, the fewer of the two cells' own."""
    union = [np.diag(shared)[:, None] + np.diag(shared) - shared for shared in (clusters, strata)]
    counted = np.maximum(union[0] - union[1], 0)
    replicates, own = design.sampling.replicates, parts.column_degrees(column)
    fewer = np.minimum(own[:, None], own)
    if replicates is not None and replicates.supplied:
        return fewer
    return np.minimum(counted, fewer) if design.sampling.satterthwaite else counted


def check_wave(frame: pd.DataFrame, wave: str, by: list[str]) -> None:
    """See that there is a wave in each row, and groups beside it."""
    check_columns(frame, [wave, *by])
    missing = int(frame[wave].isna().sum())
    if missing:
        raise InvalidInput(
            _('The column "{column}" of the waves is empty in {count} rows; fill it or leave those rows out.'),
            column=wave,
            count=missing,
        )
    if wave in by:
        raise InvalidInput(_('The column "{column}" cannot be both the wave and a group; name another.'), column=wave)


def keys_of(frame: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Give the cells' keys, in order."""
    return groups(frame, by)[1]
