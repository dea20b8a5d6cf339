"""Strict YAML 1.2: text → plain data and the line and column of every node.

No anchors, aliases, tags, directives, second documents or duplicate keys; bounded in size and depth. Only the core
schema's scalars are known: ``1:30``, ``yes`` and ``2024-01-01`` stay strings.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from svclib.forms.base import FORBIDDEN, Path, Source
from svclib.forms.findings import Finding, InvalidDefinition
from svclib.i18n import _

MAX_BYTES = 2_000_000
MAX_DEPTH = 24
MAX_FINDINGS = 50

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}  # type: ignore[dict-item]


def read_yaml(text: str, name: str) -> tuple[Any, Source]:
    """Read strict YAML.

    Parameters
    ----------
    text : str
    name : str
        The file's name, for messages.

    Returns
    -------
    tuple of the plain data (dict, list, str, int, float, bool, None) and its `Source`

    Raises
    ------
    InvalidDefinition
        With every finding of the reader.
    """
    _bounded(text, name)
    reader = _Reader(name)
    try:
        data = reader.read(text)
    except MarkedYAMLError as error:
        raise InvalidDefinition([*reader.findings, _syntax(error, name)]) from None
    except (YAMLError, RecursionError, ValueError):
        broken = Finding("error", "yaml", _("This is not YAML: check quotes, indentation and colons."), {}, name, 1, 1)
        raise InvalidDefinition([*reader.findings, broken]) from None
    if reader.findings:
        raise InvalidDefinition(reader.findings)
    return data, Source(name, reader.positions)


def is_plain_text(text: str) -> bool:
    """Whether a scalar without quotes is read as this text, as far as its kind goes."""
    return text not in _WORDS and not _INTEGER.match(text) and not _FLOAT.match(text)


def _bounded(text: str, name: str) -> None:
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        limit = {"megabytes": MAX_BYTES // 1_000_000}
        sentence = _("The file is larger than {megabytes} MB: split it.")
        raise InvalidDefinition([Finding("error", "too_large", sentence, limit, name, 1, 1)])
    found = [match for match in FORBIDDEN.finditer(text.removeprefix("\ufeff")) if match[0] != "\r"]
    if found:
        raise InvalidDefinition([_forbidden(text, match, name) for match in found[:MAX_FINDINGS]])


def _forbidden(text: str, match: re.Match[str], name: str) -> Finding:
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - text.rfind("\n", 0, match.start())
    sentence = _("The character {character} is not allowed: remove it.")
    return Finding("error", "character", sentence, {"character": f"U+{ord(match[0]):04X}"}, name, line, column)


def _syntax(error: MarkedYAMLError, name: str) -> Finding:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    sentence = _("This is not YAML: check quotes, indentation and colons.")
    return Finding("error", "yaml", sentence, {}, name, line, column)


class _Reader:
    """Build plain data from parser events; collect what is not allowed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.positions: dict[Path, tuple[int, int]] = {}
        self.findings: list[Finding] = []

    def read(self, text: str) -> Any:
        yaml = YAML(typ="safe", pure=True)
        yaml.version = (1, 2)  # type: ignore[assignment]
        self.events = iter(yaml.parse(text))
        data, documents = None, 0
        for event in self.events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                self._document(event, documents)
                data = self._node(next(self.events), ())
        return data

    def _document(self, event: DocumentStartEvent, documents: int) -> None:
        if documents > 1:
            self._found(
                event, "documents", _("A file holds one definition: put the second document into its own file.")
            )
        if event.tags or (event.version and tuple(event.version) != (1, 2)):
            self._found(event, "directive", _("Directives (%YAML, %TAG) are not allowed: remove them."))

    def _node(self, event: Any, path: Path) -> Any:
        self.positions[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, AliasEvent):
            self._found(event, "alias", _("Aliases (*name) are not allowed: write the text out."))
            return None
        self._plain_node(event)
        if len(path) > MAX_DEPTH:
            self._found(event, "depth", _("Nested deeper than {depth} levels: flatten it."), depth=MAX_DEPTH)
            raise InvalidDefinition(self.findings)
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        return self._mapping(path) if isinstance(event, MappingStartEvent) else self._sequence(path)

    def _plain_node(self, event: Any) -> None:
        if event.anchor is not None:
            self._found(
                event, "anchor", _("Anchors (&name) are not allowed: remove “&{anchor}”."), anchor=str(event.anchor)
            )
        if event.tag is not None:
            self._found(event, "tag", _("Tags (!name) are not allowed: remove “{tag}”."), tag=str(event.tag))

    def _mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self._key(event, path)
            value = self._node(next(self.events), (*path, key))
            self.positions[(*path, key)] = (event.start_mark.line + 1, event.start_mark.column + 1)
            if key in mapping:
                self._found(event, "duplicate_key", _("The key “{key}” stands twice: remove one."), key=key)
            mapping[key] = value
        return mapping

    def _key(self, event: Any, path: Path) -> str:
        if isinstance(event, ScalarEvent):
            self._plain_node(event)
            return str(event.value)
        self._found(event, "key", _("A key must be a word: write key: value."))
        self._node(event, (*path, "?"))
        return "?"

    def _sequence(self, path: Path) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            values.append(self._node(event, (*path, len(values))))
        return values

    def _scalar(self, event: ScalarEvent) -> Any:
        text = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
        return text

    def _found(self, event: Any, code: str, text: str, **fields: Any) -> None:
        if len(self.findings) < MAX_FINDINGS:
            mark = event.start_mark
            self.findings.append(Finding("error", code, text, fields, self.name, mark.line + 1, mark.column + 1))
