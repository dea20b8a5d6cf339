"""Definitions as YAML for people: what names a thing first, a text's languages on lines of their own."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import SafeRepresenter

from svclib.forms.compiling import body_of
from svclib.forms.loading import AnyDefinition
from svclib.forms.reading import is_plain_text

_FIRST = ("survey", "bank", "exam", "id", "type", "name", "value", "version", "languages", "title", "stem", "text")
_LAST = ("pages", "elements", "topics", "stimuli", "items", "blueprint")
_RANK = {key: n - len(_FIRST) for n, key in enumerate(_FIRST)} | {key: n + 1 for n, key in enumerate(_LAST)}
_LANGUAGES = frozenset({"zh-CN", "en"})


def dump_yaml(definition: AnyDefinition) -> str:
    """Write a definition as YAML that parses to an equal one."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 4096
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.StringIO()
    yaml.dump(_ordered(body_of(definition)), stream)
    return stream.getvalue()


def _ordered(value: Any) -> Any:
    if isinstance(value, list):
        return [_ordered(part) for part in value]
    if not isinstance(value, dict):
        return value
    rank = {"zh-CN": 0, "en": 1} if _is_text(value) else _RANK
    return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: rank.get(key, 0))}


def _is_text(value: dict[str, Any]) -> bool:
    return value.keys() <= _LANGUAGES and all(isinstance(part, str) for part in value.values())


class _Representer(SafeRepresenter):
    """Quote what would be read as something else than text; repeat, never refer."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> Any:
        style = None if is_plain_text(data) else '"'
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Representer.add_representer(str, _Representer.represent_str)
