"""What the monthly report is made from, read once through the client."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from svclib.errors import AccessDenied, InvalidInput, NotFound
from svclib.i18n import Language, _, language_of, local, translate

SURVEY = "branch_visit"
MONTHS = 12


@dataclass(frozen=True)
class Book:
    """The frames and the choices of one report.

    Attributes
    ----------
    month : str
        ``YYYY-MM``.
    months : tuple of str
        The months up to it that have answers, twelve at most.
    branch : str or None
        Unit the report is about; None for all that the reader may see.
    responses : DataFrame
        Responses of `months`, with ``month`` and ``branch``.
    results : DataFrame
        Scored attempts up to the month.
    coverage, certified : DataFrame
        Served, invited and answered by channel and month; staff and certified staff by unit.
    names : mapping
        Name of a unit in the reader's language.
    labels : mapping
        Wording of a question in the reader's language.
    titles : mapping
        Title of an exam in the reader's language.
    frames : object
        The client's frames, for the exams' items.
    """

    month: str
    months: tuple[str, ...]
    branch: str | None
    language: Language
    responses: pd.DataFrame
    results: pd.DataFrame
    coverage: pd.DataFrame
    certified: pd.DataFrame
    names: dict[str, str]
    labels: dict[str, str]
    titles: dict[str, str]
    frames: Any = field(repr=False)

    def say(self, text: str, **fields: Any) -> str:
        """Translate a marked text into the reader's language."""
        return translate(text, self.language, **fields)

    def name(self, unit: Any) -> str:
        """Name a unit; its id where it has no name."""
        return self.names.get(str(unit), str(unit))

    def exam(self, exam: Any) -> str:
        """Title of an exam; its id where it has none."""
        return self.titles.get(str(exam), str(exam))

    @property
    def now(self) -> pd.DataFrame:
        """Responses of the month that the report is about: the branch's, or all."""
        rows = self.responses.loc[self.responses["month"] == self.month]
        return rows if self.branch is None else rows.loc[rows["branch"].astype(str) == self.branch]

    @property
    def subject(self) -> str:
        """What the report is about."""
        return self.name(self.branch) if self.branch else self.say(_("All branches"))


def read(
    svc: Any, *, month: str | None = None, branch: str | None = None, language: str = "zh-CN", survey: str = SURVEY
) -> Book:
    """Read what the report needs.

    Parameters
    ----------
    svc : client
        What `svclib.connect` gives; the report holds what its user may see.
    month : str, optional
        ``YYYY-MM``; the last one with answers if left out.
    branch : str, optional
        Id of a unit.
    language : {"zh-CN", "en"}
    survey : str
        The survey whose answers the report is about.

    Raises
    ------
    InvalidInput
        If the month or the branch has no answers; the message names those that have.
    """
    chosen = language_of(language)
    responses = with_months(allowed(svc.frames.responses, survey=survey))
    last = _month(responses, month, chosen)
    months = tuple(sorted(code for code in responses["month"].dropna().unique() if code <= last))[-MONTHS:]
    kept = responses.loc[responses["month"].isin(months)]
    _check_branch(kept, branch, chosen)
    results = with_months(allowed(svc.frames.results))
    return Book(
        month=last,
        months=months,
        branch=branch,
        language=chosen,
        responses=kept,
        results=results.loc[results["month"] <= last] if len(results) else results,
        coverage=allowed(svc.frames.coverage),
        certified=allowed(svc.frames.certified),
        names=_names(svc, chosen),
        labels=_labels(svc, survey, chosen),
        titles=_titles(svc, chosen),
        frames=svc.frames,
    )


def allowed(call: Callable[..., Any], **arguments: Any) -> pd.DataFrame:
    """Call for a frame; an empty one where the reader may not see it or there is none."""
    try:
        frame = call(**arguments)
    except (AccessDenied, NotFound):
        return pd.DataFrame()
    return pd.DataFrame() if frame is None else frame


def with_months(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the month of ``submitted_at``, by the calendar of `SVC_TZ`."""
    if "submitted_at" not in frame.columns:
        return frame.assign(month=pd.Series(index=frame.index, dtype=object))
    moment = pd.to_datetime(frame["submitted_at"])
    if moment.dt.tz is not None:
        moment = moment.dt.tz_convert(os.environ.get("SVC_TZ") or "Asia/Shanghai")
    return frame.assign(month=moment.dt.strftime("%Y-%m"))


def _month(responses: pd.DataFrame, month: str | None, language: Language) -> str:
    known = sorted(responses["month"].dropna().unique())
    if not known:
        raise _refused(language, _("There are no answers yet; the report can be made when the first have come in."))
    if month is None:
        return str(known[-1])
    if month not in known:
        raise _refused(
            language,
            _("There are no answers in the month {month}; there are some from {first} to {last}, written as YYYY-MM."),
            month=month,
            first=known[0],
            last=known[-1],
        )
    return month


def _check_branch(responses: pd.DataFrame, branch: str | None, language: Language) -> None:
    if branch is not None and branch not in set(responses["branch"].astype(str)):
        known = ", ".join(sorted(set(responses["branch"].dropna().astype(str)))[:5])
        text = _("There are no answers of the branch {branch}; try {known}.")
        raise _refused(language, text, branch=branch, known=known)


def _refused(language: Language, text: str, **fields: Any) -> InvalidInput:
    """An error that speaks the report's language already: a kernel's errors travel as finished sentences."""
    return InvalidInput(translate(text, language, **fields))


def _names(svc: Any, language: Language) -> dict[str, str]:
    """Read the units' names; ids stand in where they cannot be read."""
    try:
        units = svc.people.units()
    except (AccessDenied, NotFound):
        return {}
    return {str(unit["id"]): local(unit["name"], language) for unit in units}


def _labels(svc: Any, survey: str, language: Language) -> dict[str, str]:
    """Read the questions' wording from the codebook."""
    book = allowed(svc.frames.codebook, name=survey)
    title = "title_zh" if language == "zh-CN" else "title_en"
    if book.empty or title not in book.columns:
        return {}
    rows = book.drop_duplicates("column")
    return dict(zip(rows["column"].astype(str), rows[title].astype(str), strict=True))


def _titles(svc: Any, language: Language) -> dict[str, str]:
    """Read the exams' titles."""
    return {str(exam["name"]): local(exam["title"], language) for exam in svc.definitions.list(kind="exam")}
