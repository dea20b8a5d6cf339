"""Strict YAML 1.2: what is read, what is refused, and where."""

from __future__ import annotations

import pytest

from svclib.errors import NotFound
from svclib.forms import InvalidDefinition, load_bank, load_definition, load_survey, parse_definition
from svclib.forms.reading import MAX_BYTES, read_yaml

HEAD = "survey: s\nversion: 1\ntitle: {zh-CN: 甲, en: A}\n"
PAGES = "pages:\n  - name: p\n    elements:\n      - {type: boolean, name: q, title: {zh-CN: 甲, en: A}}\n"


def refused(text: str) -> InvalidDefinition:
    with pytest.raises(InvalidDefinition) as caught:
        parse_definition(text, "file.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("1:30", "1:30"),
        ("yes", "yes"),
        ("no", "no"),
        ("2024-01-01", "2024-01-01"),
        ("0o17", "0o17"),
        ("~", None),
        ("true", True),
        ("12", 12),
        ("1e3", 1000.0),
        ("-0.5", -0.5),
        ("'12'", "12"),
        (".inf", ".inf"),
        ("0x10", "0x10"),
    ],
)
def test_only_core_scalars_are_more_than_words(scalar, value):
    data, _source = read_yaml(f"a: {scalar}", "f")
    assert data == {"a": value} and type(data["a"]) is type(value)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        (HEAD + "version: 2\n" + PAGES, "duplicate_key", 4, 1),
        (HEAD + "x: &a 1\n" + PAGES, "anchor", 4, 4),
        (HEAD + "x: !!python/object:os.system 1\n" + PAGES, "tag", 4, 4),
        (HEAD + "x: !!str 1\n" + PAGES, "tag", 4, 4),
        ("%YAML 1.1\n---\n" + HEAD + PAGES, "directive", 2, 1),
        (HEAD + PAGES + "---\na: 1\n", "documents", 8, 1),
        (HEAD + "? [a]\n: 1\n" + PAGES, "key", 4, 3),
        (HEAD + 'x: "unclosed\n', "yaml", 5, 1),
        (HEAD + "x: \x00\n", "character", 4, 4),
        (HEAD + "x: a\u202eb\n", "character", 4, 5),
        (HEAD + "x: \ud800\n", "character", 4, 4),
        (HEAD + "x: " + "[" * 60 + "]" * 60 + "\n", "depth", 4, 28),
        ("", "no_definition", 1, 1),
        ("- a\n", "no_definition", 1, 1),
        ("quiz: a\n", "no_definition", 1, 1),
    ],
)
def test_what_is_not_allowed_is_told_with_its_place(text, code, line, column):
    finding = refused(text).findings[0]
    assert (finding.code, finding.line, finding.column, finding.file) == (code, line, column, "file.yaml")


def test_an_alias_bomb_is_refused_at_its_first_anchor():
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    findings = refused("\n".join(lines)).findings
    assert findings[0].code == "anchor" and len(findings) <= 51


def test_aliases_are_refused():
    assert {finding.code for finding in refused("a: &x 1\nb: *x\n").findings} == {"anchor", "alias"}


def test_escapes_cannot_bring_in_forbidden_characters():
    finding = refused(HEAD.replace("A}", '"\\u202eA"}') + PAGES).findings[0]
    assert (finding.code, finding.line) == ("character", 3)


def test_a_large_file_is_refused():
    assert refused("a: " + "x" * MAX_BYTES).findings[0].code == "too_large"


def test_several_faults_are_told_at_once_in_the_order_of_the_file():
    text = HEAD.replace("1", "one") + "colour: red\n" + PAGES.replace("boolean", "signature")
    found = [(finding.code, finding.line) for finding in refused(text).findings]
    assert found == [("int_type", 2), ("extra_forbidden", 4), ("union_tag_invalid", 8)]


def test_an_error_names_file_line_column_and_mend_in_both_languages():
    error = refused(HEAD + "colour: red\n" + PAGES)
    assert error.render("en") == "file.yaml:4:1: “colour” is not known here: remove it or check its spelling."
    assert error.render("zh-CN") == "file.yaml:4:1: 此处不能使用“colour”，请删除或检查拼写。"
    assert (error.fields["file"], error.fields["line"], error.fields["column"]) == ("file.yaml", 4, 1)


def test_the_finding_travels_as_plain_data():
    finding = refused(HEAD + "colour: red\n" + PAGES).findings[0].to_json()
    assert finding["message"].keys() == {"zh-CN", "en"} and finding["line"] == 4


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = tmp_path / "网点 survey.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + PAGES).encode())
    assert load_survey(path).survey == "s"


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_bytes((HEAD + PAGES).encode("gb18030"))
    with pytest.raises(InvalidDefinition, match="UTF-8"):
        load_definition(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(NotFound, match=r"nothing\.yaml"):
        load_definition(tmp_path / "nothing.yaml")


@pytest.mark.parametrize("path", ["a\x00b", "."])
def test_a_path_that_is_no_file_is_told(path):
    with pytest.raises(NotFound):
        load_definition(path)


def test_another_kind_of_file_is_told(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(HEAD + PAGES, encoding="utf-8")
    with pytest.raises(InvalidDefinition, match="defines a survey, not a bank"):
        load_bank(path)
