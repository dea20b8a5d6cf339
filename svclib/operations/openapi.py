"""The OpenAPI document, made from the registered operations."""

from __future__ import annotations

import inspect
import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from svclib import __version__
from svclib.operations.registry import Operation

ARROW = "application/vnd.apache.arrow.stream"
_REF = "#/components/schemas/{model}"
_ERRORS = {
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "The person does not hold the right.",
    "404": "What was asked for does not exist, or is not this person's to see.",
    "409": "The state of things does not allow it.",
    "422": "An argument is missing, unknown or wrong.",
}
_ERROR_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "fields"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "fields": {"type": "object"},
            },
        }
    },
}


def document(operations: dict[str, Operation]) -> dict[str, Any]:
    """Describe the public operations as OpenAPI 3.1.

    Parameters
    ----------
    operations : dict
        As `svclib.operations.registry.operations` gives them.
    """
    schemas: dict[str, Any] = {"Error": _ERROR_SCHEMA}
    public = {name: operation for name, operation in operations.items() if operation.public}
    paths = {f"/api/v1/{name.replace('.', '/')}": {"post": _post(found, schemas)} for name, found in public.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "svclib", "version": __version__, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _SECURITY},
        "security": [{"token": []}, {"session": [], "forgery": []}],
    }


_SECURITY = {
    "token": {"type": "http", "scheme": "bearer", "description": "A personal token, made by svc login."},
    "session": {"type": "apiKey", "in": "cookie", "name": "svc_session"},
    "forgery": {"type": "apiKey", "in": "header", "name": "X-XSRFToken"},
}


def document_bytes(operations: dict[str, Operation]) -> bytes:
    """Give the document as JSON."""
    return json.dumps(document(operations), ensure_ascii=False).encode()


def _post(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    text = inspect.getdoc(operation.function) or operation.name
    summary = text.split("\n\n")[0].replace("\n", " ")
    right = f"\n\nAsks for the right `{operation.right}`." if operation.right else ""
    return {
        "operationId": operation.name,
        "tags": [operation.name.split(".")[0]],
        "summary": summary,
        "description": text + right,
        "requestBody": {"required": True, "content": {"application/json": {"schema": _request(operation, schemas)}}},
        "responses": {"200": _answer(operation, schemas), **_errors()},
    }


def _request(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = operation.model.model_json_schema(ref_template=_REF, mode="validation")
    return _lifted(schema, schemas)


def _answer(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    if operation.result is None:
        return {"description": "A frame.", "content": {ARROW: {"schema": {"type": "string", "format": "binary"}}}}
    schema = operation.result.json_schema(ref_template=_REF, mode="serialization", schema_generator=_Tolerant)
    return {"description": "The result.", "content": {"application/json": {"schema": _lifted(schema, schemas)}}}


class _Tolerant(GenerateJsonSchema):
    """What JSON Schema has no word for is described as anything."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> dict[str, Any]:
        """Describe it as anything."""
        return {}


def _lifted(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    for name, definition in schema.pop("$defs", {}).items():
        schemas.setdefault(name, definition)
    return schema


def _errors() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {status: {"description": text, "content": content} for status, text in _ERRORS.items()}
