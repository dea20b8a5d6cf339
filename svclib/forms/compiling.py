"""Definitions as canonical JSON keyed by its hash, and back from it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from svclib.forms.base import Source, shortened
from svclib.forms.findings import Finding, InvalidDefinition
from svclib.forms.loading import KINDS, AnyDefinition, Kind, model_of
from svclib.i18n import _


@dataclass(frozen=True)
class Compiled:
    """A definition ready for the store.

    Attributes
    ----------
    kind : "survey", "bank" or "exam"
    id : str
    version : int
    hash : str
        ``sha256:`` and the digest of the canonical JSON of `body`.
    body : dict
        Plain data without defaults; `from_body` makes the model of it.
    """

    kind: Kind
    id: str
    version: int
    hash: str
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """The canonical JSON that was hashed."""
        return canonical_json(self.body)


def compile_definition(definition: AnyDefinition) -> Compiled:
    """Compile a definition; equal content gives an equal hash, whatever the order of keys in the file."""
    body = body_of(definition)
    return Compiled(definition.kind, definition.id, definition.version, hash_of(body), body)


def body_of(definition: AnyDefinition) -> dict[str, Any]:
    """Give the plain data of a definition: defaults left out, whole numbers as integers."""
    return _plain(definition.model_dump(mode="json", by_alias=True, exclude_defaults=True))  # type: ignore[no-any-return]


def hash_of(body: Any) -> str:
    """Hash plain data: SHA-256 of its canonical JSON, with the algorithm's name before it."""
    return "sha256:" + hashlib.sha256(canonical_json(body).encode()).hexdigest()


def canonical_json(body: Any) -> str:
    """Write plain data as JSON with sorted keys, no spaces and whole numbers as integers.

    >>> canonical_json({"b": 2.0, "a": "é"})
    '{"a":"é","b":2}'
    """
    return json.dumps(_plain(body), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def from_body(kind: str, body: dict[str, Any]) -> AnyDefinition:
    """Make the model of a compiled definition's body (no YAML is parsed).

    Raises
    ------
    InvalidDefinition
        If the body is not a definition of this kind.
    """
    name = f"{kind} {body.get(kind, '')}" if isinstance(body, dict) else kind
    if kind not in KINDS:
        text = _("“{kind}” is no kind of definition; the kinds are survey, bank and exam.")
        raise InvalidDefinition([Finding("error", "no_definition", text, {"kind": shortened(kind)}, shortened(name))])
    return model_of(kind, body, Source(name))  # type: ignore[arg-type]


def json_schema(kind: str) -> dict[str, Any]:
    """Give the JSON Schema of a kind of file, for editors."""
    schema = KINDS[kind].model_json_schema(by_alias=True)  # type: ignore[index]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
