"""Make the fonts that reports and charts ship: Noto Sans CJK SC, cut down to what a bank writes.

    python deploy/fonts/build.py [FOLDER OF NotoSansCJK-*.ttc] [TARGET]

Needs fonttools and the package fonts-noto-cjk. Takes the Simplified Chinese face out of each collection, keeps
ASCII, Latin-1, GB 2312 and the symbols of reports, and renames the family, so that a page that asks for it gets this
file and no installed one.
The fonts stay under the SIL Open Font License 1.1 (OFL.txt beside them).
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto")
TARGET = Path(__file__).parents[2] / "svclib" / "reports" / "fonts"
FAMILY = "Svclib Sans"
FACE = "Noto Sans CJK SC"
SYMBOLS = "–—‘’“”•…‰′″※€™←↑→↓↔⇒−×÷≈≠≤≥±∞√∑∆∂∫⌀■□▲△▼▽◆◇○●★☆✓✗✔✘①②③④⑤⑥⑦⑧⑨⑩￥¥%"


def gb2312() -> set[int]:
    """Code points of GB 2312: rows 1–9 and 16–87 of 94 cells."""
    found = set()
    for row in (*range(0xA1, 0xAA), *range(0xB0, 0xF8)):
        for cell in range(0xA1, 0xFF):
            try:
                found.add(ord(bytes((row, cell)).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return found


def characters() -> set[int]:
    """Give every code point the fonts keep."""
    return set(range(0x20, 0x7F)) | set(range(0xA0, 0x100)) | gb2312() | {ord(letter) for letter in SYMBOLS}


def face(path: Path) -> TTFont:
    """Take the Simplified Chinese face out of a collection."""
    for font in TTCollection(path, lazy=True).fonts:
        if font["name"].getDebugName(1) == FACE:
            return font
    raise SystemExit(f"{path} has no face {FACE}")


def cut(font: TTFont) -> None:
    """Keep the characters and what typesetting them needs: kerning (forms of other languages would double the file)."""
    options = Options(hinting=False, desubroutinize=False, notdef_outline=True, glyph_names=False)
    options.layout_features = ["kern", "mark", "mkmk", "ccmp"]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14]
    options.name_languages = [0x409]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)


def rename(font: TTFont, style: str) -> None:
    """Give the family its own name in the name table and in CFF."""
    post = f"{FAMILY.replace(' ', '')}-{style}"
    for number, text in ((1, FAMILY), (2, style), (3, f"{post};2.004"), (4, f"{FAMILY} {style}"), (6, post)):
        font["name"].setName(text, number, 3, 1, 0x409)
    cff = font["CFF "].cff
    cff.fontNames[0] = post
    cff[0].FullName, cff[0].FamilyName = f"{FAMILY} {style}", FAMILY


def main(source: Path = SOURCE, target: Path = TARGET) -> None:
    """Write one OTF a weight."""
    for style in ("Regular", "Bold"):
        font = face(source / f"NotoSansCJK-{style}.ttc")
        cut(font)
        rename(font, style)
        path = target / f"SvclibSans-{style}.otf"
        font.save(path)
        sys.stdout.write(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {len(font.getBestCmap())} characters\n")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:3]))
