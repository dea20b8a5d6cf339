"""The schema files beside this module."""

from __future__ import annotations

import json
from pathlib import Path

from svclib.forms.compiling import json_schema
from svclib.forms.loading import KINDS

FOLDER = Path(__file__).parent


def schema_path(kind: str) -> Path:
    """Give the file of a kind's schema."""
    return FOLDER / f"{kind}.schema.json"


def schema_text(kind: str) -> str:
    """Give what the file must hold."""
    return json.dumps(json_schema(kind), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write_schemas() -> None:
    """Write the schemas of all kinds."""
    for kind in KINDS:
        schema_path(kind).write_text(schema_text(kind), encoding="utf-8")
