"""Every marked text has its Chinese, with the same places; no catalogue holds what the code no longer says."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from babel.messages.pofile import read_po

CATALOGUES = Path("svclib/locale/zh_CN/LC_MESSAGES")
PLACE = re.compile(r"{(\w*)")


def marked(tree: ast.AST) -> set[str]:
    """Texts given to ``_``, and the audit sentences of operations."""
    texts = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        arguments = node.args[:1] if name == "_" else []
        if name == "operation":
            arguments = [word.value for word in node.keywords if word.arg == "audit"]
        texts |= {one.value for one in arguments if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return texts


def templates() -> set[str]:
    """Texts marked in the page templates."""
    call = re.compile(r"""_\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
    found = set()
    for path in Path("svclib").rglob("*"):
        if path.suffix in {".html", ".j2"} and path.is_file():
            found |= {double or single for double, single in call.findall(path.read_text("utf-8"))}
    return found


def main() -> int:
    """Compare code and catalogues; the number of faults is the exit code."""
    said = templates()
    for path in Path("svclib").rglob("*.py"):
        said |= marked(ast.parse(path.read_text("utf-8")))
    found: list[str] = []
    known: dict[str, str] = {}
    for path in sorted(CATALOGUES.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if not message.id:
                    continue
                text, chinese = str(message.id), str(message.string)
                if known.setdefault(text, chinese) != chinese:
                    found.append(f"{path}: another translation elsewhere of {text!r}")
                if not chinese:
                    found.append(f"{path}: no translation of {text!r}")
                elif set(PLACE.findall(text)) != set(PLACE.findall(chinese)):
                    found.append(f"{path}: other places in the translation of {text!r}")
                if text not in said:
                    found.append(f"{path}: nobody says {text!r} any more")
    found += [f"no translation of {text!r}" for text in sorted(said - set(known))]
    sys.stdout.write("\n".join([*found, f"{len(said)} texts, {len(found)} faults"]) + "\n")
    return min(len(found), 99)


if __name__ == "__main__":
    sys.exit(main())
