"""Every sentence of this room has its Chinese, with the same places."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

import svclib.forms
from svclib.i18n import chinese


def marked():
    for path in sorted(Path(svclib.forms.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                yield ast.literal_eval(node.args[0])


def places(text):
    return sorted({name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name})


@pytest.mark.parametrize("text", sorted(set(marked())))
def test_a_sentence_is_translated(text):
    assert text in chinese() and places(chinese()[text]) == places(text)
