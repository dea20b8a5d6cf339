"""What may stand in a report's page: an allow-list for HTML, another for SVG. Script never runs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree as ET

_SVG = "http://www.w3.org/2000/svg"


def _names(*lines: str) -> frozenset[str]:
    """Read names separated by blanks."""
    return frozenset(" ".join(lines).split())


_TAGS = _names(
    "a abbr b blockquote br caption code col colgroup dd details div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i",
    " li ol p pre s section small span strong sub summary sup table tbody td tfoot th thead tr u ul",
)
_ATTRIBUTES = {
    "*": ["class", "lang", "title"],
    "a": ["href"],
    "div": ["role", "tabindex", "aria-label"],
    "th": ["scope", "colspan", "rowspan", "style"],
    "td": ["colspan", "rowspan", "style"],
    "col": ["span"],
    "ol": ["start"],
}
_STYLES = ["text-align", "font-weight", "color", "background-color", "width"]
_DROPPED = re.compile(r"<(style|script)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)

_DRAWING = _names("svg g path rect line circle ellipse polygon polyline text tspan defs clipPath title desc")
_GRADIENTS = frozenset(("linearGradient", "radialGradient", "stop"))
_DRAWN = _names(
    "class width height viewBox fill fill-opacity stroke stroke-width stroke-opacity stroke-dasharray",
    " stroke-dashoffset stroke-linecap stroke-linejoin stroke-miterlimit opacity transform d x y x1 y1 x2 y2 cx cy r",
    " rx ry dx dy points text-anchor dominant-baseline font-family font-size font-weight font-style id clip-path",
    " display offset stop-color gradientUnits",
)
_LOCAL = re.compile(r"url\(\s*['\"]?#[\w\-]+['\"]?\s*\)")


@lru_cache(maxsize=1)
def _cleaner() -> Any:
    from bleach.css_sanitizer import CSSSanitizer
    from bleach.sanitizer import Cleaner

    return Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        protocols=["http", "https", "mailto"],
        css_sanitizer=CSSSanitizer(allowed_css_properties=_STYLES),
        strip=True,
        strip_comments=True,
    )


def html(text: str) -> str:
    """Keep the allowed elements and attributes of a piece of HTML; styles and scripts go with their content.

    >>> html('<p onclick="x()">hello<script>alert(1)</script></p>')
    '<p>hello</p>'
    """
    cleaned: str = _cleaner().clean(_DROPPED.sub("", text))
    return cleaned


def svg(text: str) -> str:
    """Keep the shapes and texts of an SVG drawing; an unreadable one becomes nothing.

    >>> svg('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect width="3" onload="x()"/></svg>')
    '<svg xmlns="http://www.w3.org/2000/svg"><rect width="3" /></svg>'
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root = fromstring(text)
    except (ET.ParseError, DefusedXmlException, ValueError):
        return ""
    if _name(root) != "svg":
        return ""
    _clean(root)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _name(element: Any) -> str:
    """Local name of an SVG element, nothing for elements of other namespaces."""
    tag = element.tag
    return tag.removeprefix(f"{{{_SVG}}}") if isinstance(tag, str) and tag.startswith(f"{{{_SVG}}}") else ""


def _clean(element: Any) -> None:
    for name, value in list(element.attrib.items()):
        foreign = "url(" in value.lower() and not _LOCAL.fullmatch(value.strip())
        if name not in _DRAWN or foreign:
            del element.attrib[name]
    for child in list(element):
        if _name(child) in _DRAWING | _GRADIENTS:
            _clean(child)
        else:
            element.remove(child)
