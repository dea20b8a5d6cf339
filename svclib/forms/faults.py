"""What pydantic says, in words for authors: every fault with the key, what is wrong and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from svclib.forms.base import TEXT_FORM, Path, Source, shortened
from svclib.forms.findings import Finding
from svclib.i18n import _

_SENTENCES = {
    "missing": _("“{key}” is missing: add it."),
    "extra_forbidden": _("“{key}” is not known here: remove it or check its spelling."),
    "string_type": _("“{key}” must be text: write it in quotes."),
    "int_type": _("“{key}” must be a whole number."),
    "int_from_float": _("“{key}” must be a whole number."),
    "float_type": _("“{key}” must be a number."),
    "finite_number": _("“{key}” must be a finite number."),
    "bool_type": _("“{key}” must be true or false."),
    "list_type": _("“{key}” must be a list: write [a, b] or lines that begin with “- ”."),
    "tuple_type": _("“{key}” must be a list: write [a, b] or lines that begin with “- ”."),
    "dict_type": _("“{key}” must be a mapping; texts are written {form}."),
    "model_type": _("“{key}” must be a mapping of keys to values."),
    "model_attributes_type": _("“{key}” must be a mapping of keys to values."),
    "literal_error": _("“{key}” must be one of {expected}."),
    "union_tag_invalid": _("“{tag}” is no type; the types are {expected_tags}."),
    "union_tag_not_found": _("“type” is missing: add it."),
    "string_pattern_mismatch": _(
        "“{input}” is no valid id: use small letters, digits and “_”, beginning with a letter where it is a name."
    ),
    "string_too_long": _("“{key}” is too long: at most {max_length} characters."),
    "string_too_short": _("“{key}” is empty: fill it in."),
    "too_short": _("“{key}” has too few entries: at least {min_length}."),
    "too_long": _("“{key}” has too many entries: at most {max_length}."),
    "greater_than": _("“{key}” must be above {gt}."),
    "greater_than_equal": _("“{key}” must be {ge} or more."),
    "less_than_equal": _("“{key}” must be {le} or less."),
}
_OTHER = _("“{key}” is not valid: check its value.")


def findings_of(details: Sequence[Any], data: Any, source: Source) -> list[Finding]:
    """Translate pydantic's error details into findings, in the order of the file."""
    # A list counts as too short when its entries are wrong: those are told, the list is not.
    paths = [_path(detail["loc"], data) for detail in details]
    kept: dict[Path, Finding] = {}
    for detail, path in zip(details, paths, strict=True):
        inside = any(len(other) > len(path) and other[: len(path)] == path for other in paths)
        if path not in kept and not (detail["type"] == "too_short" and inside):
            kept[path] = finding_of(detail, data, source)
    return sorted(kept.values(), key=lambda finding: (finding.line or 0, finding.column or 0))


def finding_of(detail: Any, data: Any, source: Source) -> Finding:
    """Translate one of pydantic's error details into a finding at its place in the file."""
    path = _path(detail["loc"], data)
    line, column = source.at(path)
    kind, context = detail["type"], detail.get("ctx") or {}
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    fields = {
        "key": key,
        "form": TEXT_FORM,
        "input": shortened(detail.get("input")),
        **{name: str(value).replace(" or ", ", ") for name, value in context.items()},
    }
    if kind == "svc":
        return Finding("error", context["code"], context["text"], context["fields"], source.file, line, column)
    return Finding("error", kind, _SENTENCES.get(kind, _OTHER), fields, source.file, line, column)


def _path(location: tuple[Any, ...], data: Any) -> Path:
    """Drop the parts that are no keys of the data (tags of unions, names of validators)."""
    path: list[str | int] = []
    for number, part in enumerate(location):
        if (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        ):
            path.append(part)
            data = data[part]
        elif number == len(location) - 1 and isinstance(data, dict):
            path.append(part)
    return tuple(path)
