"""Svclib Sans (Noto Sans CJK SC, cut down; see OFL.txt and deploy/fonts/build.py)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent
FAMILY = "Svclib Sans"
WEIGHTS: MappingProxyType[str, int] = MappingProxyType({"Regular": 400, "Bold": 700})
"""Style of a file → CSS weight."""

FIRST_CHINESE = 0x2E80
"""From here on characters need a Chinese font."""


def path(style: str) -> Path:
    """Give the file of a style."""
    return FOLDER / f"SvclibSans-{style}.otf"


def face_rules() -> str:
    """Give CSS that takes the fonts from their files, whatever the machine has installed."""
    rules = (
        f"@font-face{{font-family:'{FAMILY}';font-weight:{weight};src:url({path(style).as_uri()}) format('opentype')}}"
        for style, weight in WEIGHTS.items()
    )
    return "".join(rules)


def subset(style: str, characters: Iterable[str]) -> bytes:
    """Cut a font down to `characters`, as WOFF2.

    Characters the font has not are left to the reader's fonts.
    """
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(hinting=False, notdef_outline=True, layout_features=[])
    options.drop_tables += ["GPOS", "GSUB"]
    font = TTFont(path(style), lazy=True)
    cut = Subsetter(options)
    cut.populate(unicodes=[ord(letter) for letter in characters])
    cut.subset(font)
    font.flavor = "woff2"
    target = io.BytesIO()
    font.save(target)
    return target.getvalue()
