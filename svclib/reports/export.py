"""A run notebook as one page: our template, sanitised outputs, styles and fonts inside."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from svclib.i18n import Language, _, translate
from svclib.reports import fonts, sanitise
from svclib.reports.theme import colors, palette

TEMPLATE = Path(__file__).parent / "template" / "svc"
_TAGS = re.compile(r"<[^>]+>")
_HEADING = re.compile(r"<h1[^>]*>(.*?)</h1>(?:\s*<p class=\"subtitle\"[^>]*>(.*?)</p>)?", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page before fonts are added: for the screen they are embedded, for paper they come from files."""

    html: str
    language: Language

    def with_styles(self, extra: str) -> str:
        """Give the page with more styles in its head."""
        return self.html.replace("/* fonts */", extra, 1)


def page(notebook: Any, *, language: Language, name: str) -> Page:
    """Export a notebook that was run; code cells show their outputs only.

    Markdown, HTML outputs and charts are sanitised, every other kind of output is left out or shown as text.
    """
    from nbconvert.exporters.templateexporter import TemplateExporter
    from nbconvert.filters import markdown2html

    # Not its subclass for HTML: that parses and writes the whole page once more and changes the drawings.
    exporter = TemplateExporter(
        template_name=TEMPLATE.name,
        extra_template_basedirs=[str(TEMPLATE.parent)],
        file_extension=".html",
        filters={"safe_html": sanitise.html, "safe_svg": sanitise.svg, "markdown2html": markdown2html},
    )
    resources = {"svc": _resources(notebook, language, name)}
    body, _resources_out = exporter.from_notebook_node(notebook, resources=resources)
    return Page(body, language)


def _resources(notebook: Any, language: Language, name: str) -> dict[str, Any]:
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return {
        "language": language,
        "title": _title(notebook) or name,
        "css": styles(),
        "made": translate(_("Made {time}"), language, time=made),
        "skip": translate(_("To the content"), language),
    }


def _title(notebook: Any) -> str:
    """First heading among the outputs, and what stands below it: of which branch."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            found = _HEADING.search(str(output.get("data", {}).get("text/html", "")))
            if found:
                return " · ".join(_TAGS.sub("", part) for part in found.groups() if part)
    return ""


def styles() -> str:
    """Give the template's styles with the tokens as variables."""
    variables = {**colors(), **{f"chart-{number}": value for number, value in enumerate(palette(), start=1)}}
    root = ":root{" + "".join(f"--{name}:{value};" for name, value in variables.items()) + "}"
    return root + (TEMPLATE / "style.css").read_text(encoding="utf-8")


def self_contained(shown: Page) -> str:
    """Embed the characters of the shipped font that the page uses, where it uses any that are not Latin.

    A reader's machine has a font for Latin text; whether it has a Chinese one nobody knows.
    """
    text = _TAGS.sub("", shown.html.split("<body", 1)[-1])
    used = {letter for letter in text if letter.isprintable()}
    if not any(ord(letter) >= fonts.FIRST_CHINESE for letter in used):
        return shown.with_styles("")
    faces = [(weight, fonts.subset(style, used)) for style, weight in fonts.WEIGHTS.items()]
    return shown.with_styles("".join(_face(weight, data) for weight, data in faces))


def _face(weight: int, data: bytes) -> str:
    source = f"url(data:font/woff2;base64,{base64.b64encode(data).decode()}) format('woff2')"
    return f"@font-face{{font-family:'{escape(fonts.FAMILY)}';font-weight:{weight};src:{source}}}"
