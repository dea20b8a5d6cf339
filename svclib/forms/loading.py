"""Definitions from files and text: read, modelled, every fault with its line."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from svclib.errors import NotFound
from svclib.forms.bank import Bank
from svclib.forms.base import Source
from svclib.forms.exam import Exam
from svclib.forms.faults import findings_of
from svclib.forms.findings import Finding, InvalidDefinition
from svclib.forms.reading import MAX_BYTES, MAX_FINDINGS, read_yaml
from svclib.forms.survey import Survey
from svclib.i18n import _

Kind = Literal["survey", "bank", "exam"]
AnyDefinition = Survey | Bank | Exam
KINDS: dict[Kind, type[AnyDefinition]] = {"survey": Survey, "bank": Bank, "exam": Exam}
D = TypeVar("D", Survey, Bank, Exam)


def parse_definition(text: str, name: str = "") -> AnyDefinition:
    """Make a survey, bank or exam from YAML text.

    Parameters
    ----------
    text : str
        The file's content; its first key (``survey``, ``bank``, ``exam``) tells the kind.
    name : str
        The file's name, for messages.

    Raises
    ------
    InvalidDefinition
        With all findings: file, line, column, what is wrong and how to mend it.

    Examples
    --------
    >>> parse_definition("survey: a\\nversion: 1", "a.yaml")
    Traceback (most recent call last):
    svclib.forms.findings.InvalidDefinition: a.yaml:1:1: “title” is missing: add it.
    a.yaml:1:1: “pages” is missing: add it.
    """
    data, source = read_yaml(text, name)
    return model_of(kind_of(data, source), data, source)


def kind_of(data: Any, source: Source) -> Kind:
    """Tell what `data` defines."""
    # An exam names its bank, too: its own key comes first.
    for kind in ("survey", "exam", "bank"):
        if isinstance(data, dict) and kind in data:
            return kind  # type: ignore[return-value]
    text = _("This is no definition: begin with “survey: id”, “bank: id” or “exam: id”.")
    raise InvalidDefinition([Finding("error", "no_definition", text, {}, source.file, 1, 1)])


def model_of(kind: Kind, data: Any, source: Source) -> AnyDefinition:
    """Make the model of `data`; faults are told with their place in `source`."""
    try:
        definition = KINDS[kind].model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)[:MAX_FINDINGS]
        raise InvalidDefinition(findings_of(details, data, source)) from None
    definition.read_from(source)
    return definition


def load_definition(path: str | FilePath) -> AnyDefinition:
    """Read a survey, bank or exam from a YAML file (UTF-8); see `parse_definition`."""
    file = FilePath(path)
    try:
        if file.stat().st_size > MAX_BYTES + 3:
            text = _("The file is larger than {megabytes} MB: split it.")
            raise InvalidDefinition(
                [Finding("error", "too_large", text, {"megabytes": MAX_BYTES // 1_000_000}, str(path), 1, 1)]
            )
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        sentence = _("The file is not UTF-8 text: save it as UTF-8.")
        raise InvalidDefinition([Finding("error", "encoding", sentence, {}, str(path), 1, 1)]) from None
    except (OSError, ValueError):
        raise NotFound(_("There is no readable file {file}."), file=str(path)) from None
    return parse_definition(text, str(path))


def load_survey(path: str | FilePath) -> Survey:
    """Read a survey from a YAML file."""
    return _expect(load_definition(path), Survey, "survey")


def load_bank(path: str | FilePath) -> Bank:
    """Read an item bank from a YAML file."""
    return _expect(load_definition(path), Bank, "bank")


def load_exam(path: str | FilePath) -> Exam:
    """Read an exam from a YAML file."""
    return _expect(load_definition(path), Exam, "exam")


def _expect(definition: AnyDefinition, model: type[D], kind: Kind) -> D:
    if not isinstance(definition, model):
        text = _("This file defines a {found}, not a {expected}.")
        fields = {"found": definition.kind, "expected": kind}
        raise InvalidDefinition([Finding("error", "other_kind", text, fields, definition.source.file, 1, 1)])
    return definition
