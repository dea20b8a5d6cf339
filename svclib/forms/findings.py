"""What is wrong with a definition: where, what, and how to mend it, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from svclib.errors import DefinitionError
from svclib.i18n import _, translate


@dataclass(frozen=True)
class Finding:
    """One thing to mend in a definition.

    Attributes
    ----------
    severity : "error" or "warning"
    code : str
        Stable name of the kind of finding.
    text : str
        Marked English sentence whose places are filled from `fields`.
    file : str
    line, column : int or None
        Counted from 1.
    """

    severity: Literal["error", "warning"]
    code: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    file: str = ""
    line: int | None = None
    column: int | None = None

    def render(self, language: str = "en") -> str:
        """Give the sentence in `language`, after the place in the file."""
        return f"{self.place}{self.message(language)}"

    def message(self, language: str = "en") -> str:
        """Give the sentence alone."""
        return translate(self.text, language, **self.fields)

    @property
    def place(self) -> str:
        """Give ``file:line:column: ``, as far as known."""
        parts = [self.file, *(str(part) for part in (self.line, self.column) if part is not None)]
        return ":".join(part for part in parts if part) + ": " if any(parts) else ""

    def to_json(self) -> dict[str, Any]:
        """Give a plain mapping with the message in both languages."""
        both = {"zh-CN": self.message("zh-CN"), "en": self.message("en")}
        place = {"file": self.file, "line": self.line, "column": self.column}
        return {"severity": self.severity, "code": self.code, **place, "message": both}


class InvalidDefinition(DefinitionError):
    """A definition with everything that was found wrong in it.

    `findings` holds all of them; `fields` holds file, line, column and message of the first.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        first = findings[0]
        fields: dict[str, Any] = {
            "file": first.file,
            "line": first.line,
            "column": first.column,
            "count": len(findings) - 1,
        }
        fields["findings"] = [finding.to_json() for finding in findings]
        place = {"place": first.place, "message": {"zh-CN": first.message("zh-CN"), "en": first.message("en")}}
        text = _("{place}{message}") if len(findings) == 1 else _("{place}{message} (and {count} more)")
        super().__init__(text, **(fields | place))
        self.findings = tuple(findings)

    def render(self, language: str = "en") -> str:
        """Give all findings in `language`, one a line."""
        return "\n".join(finding.render(language) for finding in self.findings)
