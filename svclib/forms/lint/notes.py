"""Collect findings with their place."""

from __future__ import annotations

from typing import Any, Literal

from svclib.forms.base import Path, Source
from svclib.forms.findings import Finding


class Notes:
    """The findings in one definition; each is told at its node's line and column."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.findings: list[Finding] = []

    def error(self, code: str, path: Path, text: str, **fields: Any) -> None:
        """Note what must be mended."""
        self._add("error", code, path, text, fields)

    def warning(self, code: str, path: Path, text: str, **fields: Any) -> None:
        """Note what should be looked at."""
        self._add("warning", code, path, text, fields)

    def _add(
        self, severity: Literal["error", "warning"], code: str, path: Path, text: str, fields: dict[str, Any]
    ) -> None:
        line, column = self.source.at(path)
        self.findings.append(Finding(severity, code, text, fields, self.source.file, line, column))

    def in_order(self) -> list[Finding]:
        """Give the findings in the order of the file."""
        return sorted(self.findings, key=lambda finding: (finding.line or 0, finding.column or 0))
