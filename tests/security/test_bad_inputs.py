"""Bad inputs in every door they fit: a clear error in both languages, nothing stored, the server goes on."""

from __future__ import annotations

import base64
import io
import json
import urllib.parse
import zipfile
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

import pytest
from bad_inputs import BODIES, FILES, FORMULAS, GOOD, SURVEY, TEXTS, UNPRINTABLE
from fortress import check_json_error, check_page_error

pytestmark = pytest.mark.usefixtures("untouched")
LANGUAGES = ("en", "zh-CN")


def both(call):
    """The same call as an English and as a Chinese caller."""
    return tuple(call(language) for language in LANGUAGES)


# ── definition files ─────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", FILES)
def test_definition_file_is_refused_by_publishing(fortress, name):
    quality = fortress.visitor("quality")
    check_json_error(*both(lambda language: quality.api("definitions.publish", language=language, text=FILES[name])))


@pytest.mark.parametrize("name", FILES)
def test_definition_file_is_told_by_the_command(name, tmp_path, capsys):
    from svclib.cli.main import run

    file = tmp_path / "bad.yaml"
    file.write_bytes(FILES[name].encode("utf-8", "surrogatepass"))
    code = run(["check", str(file)])
    told = "".join(capsys.readouterr())
    assert code == 1
    assert "bad.yaml" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("field", ["survey", "page", "name"])
@pytest.mark.parametrize("name", TEXTS)
def test_bad_text_is_no_name(fortress, name, field):
    text = SURVEY.format(**{**GOOD, field: json.dumps(TEXTS[name])})
    quality = fortress.visitor("quality")
    check_json_error(*both(lambda language: quality.api("definitions.publish", language=language, text=text)))


@pytest.mark.parametrize("name", sorted(UNPRINTABLE))
def test_unprintable_text_is_no_title(fortress, name):
    text = SURVEY.format(**{**GOOD, "title": json.dumps(TEXTS[name])})
    quality = fortress.visitor("quality")
    check_json_error(*both(lambda language: quality.api("definitions.publish", language=language, text=text)))


@pytest.mark.parametrize("name", TEXTS)
def test_bad_file_name_is_only_a_name(fortress, name):
    quality = fortress.visitor("quality")
    given = {"text": FILES["unknown key"], "file_name": TEXTS[name]}
    answers = both(lambda language: quality.api("definitions.publish", language=language, **given))
    check_json_error(*answers)


# ── rosters ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def csv_of(**changes):
    values = {"login": "n.attack", "name": "New", "unit": "b01", "position": "teller", **changes}
    quoted = ['"' + value.replace('"', '""') + '"' for value in values.values()]
    return f"{','.join(values)}\n{','.join(quoted)}\n".encode()


OFFICE = "http://schemas.openxmlformats.org"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
RELATION = '<Relationship Id="r1" Type="{0}/officeDocument/2006/relationships/{1}" Target="{2}"/>'
RELATIONS = '<Relationships xmlns="{0}/package/2006/relationships">{1}</Relationships>'
PART = '<Override PartName="/xl/{0}.xml" ContentType="{1}.{2}+xml"/>'
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{OFFICE}/package/2006/content-types"><Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/>'
    + PART.format("workbook", KIND, "sheet.main")
    + PART.format("worksheets/sheet1", KIND, "worksheet")
    + "</Types>",
    "_rels/.rels": RELATIONS.format(OFFICE, RELATION.format(OFFICE, "officeDocument", "xl/workbook.xml")),
    "xl/_rels/workbook.xml.rels": RELATIONS.format(
        OFFICE, RELATION.format(OFFICE, "worksheet", "worksheets/sheet1.xml")
    ),
    "xl/workbook.xml": f'<workbook xmlns="{OFFICE}/spreadsheetml/2006/main" xmlns:r="{OFFICE}/officeDocument/2006/'
    'relationships"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
}
CELL = '<c t="inlineStr"><is><t>{}</t></is></c>'


def xlsx_of(**changes):
    """Written part by part: a library would refuse what an attacker would not."""
    values = {"login": "n.attack", "name": "New", "unit": "b01", "position": "teller", **changes}
    cells = ("".join(CELL.format(escape(cell)) for cell in row) for row in (values.keys(), values.values()))
    rows = "".join(f"<row>{row}</row>" for row in cells)
    sheet = f'<worksheet xmlns="{OFFICE}/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in {**PARTS, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, content)
    return file.getvalue()


MAKERS = {"people.csv": csv_of, "people.xlsx": xlsx_of}


def imported(fortress, file_name, data, dry_run=False):
    hr = fortress.visitor("hr")
    content = base64.b64encode(data).decode()
    given = {"file_name": file_name, "content": content, "dry_run": dry_run}
    return both(lambda language: hr.api("people.import_roster", language=language, **given))


@pytest.mark.parametrize("file_name", MAKERS)
@pytest.mark.parametrize("column", ["name", "position"])
@pytest.mark.parametrize("name", sorted(UNPRINTABLE | FORMULAS))
def test_roster_with_a_bad_cell_is_refused(fortress, file_name, column, name):
    check_json_error(*imported(fortress, file_name, MAKERS[file_name](**{column: TEXTS[name]})))


@pytest.mark.parametrize("file_name", MAKERS)
@pytest.mark.parametrize("column", ["login", "unit"])
@pytest.mark.parametrize("name", [name for name in TEXTS if name != "device name"])
def test_roster_with_a_bad_login_or_unit_is_refused(fortress, file_name, column, name):
    check_json_error(*imported(fortress, file_name, MAKERS[file_name](**{column: TEXTS[name]})))


@pytest.mark.parametrize("file_name", MAKERS)
def test_good_roster_would_be_taken(fortress, file_name):
    for answer in imported(fortress, file_name, MAKERS[file_name](), dry_run=True):
        assert answer.status == 200, answer.text


WHOLE_FILES = {
    "unknown heading": b"login,name,unit,template\nn.attack,New,b01,nope\n",
    "heading twice": b"login,name,unit,name\nn.attack,New,b01,Old\n",
    "same login twice": b"login,name,unit\nn.attack,New,b01\nn.attack,Old,b01\n",
    "NUL": b"login,name,unit\nn.attack,N\0w,b01\n",
    "half a character": b"login,name,unit\nn.attack,N\xed\xa0\x80w,b01\n",
    "not text": bytes(range(256)) * 8,
    "an open quote": b'login,name,unit\nn.attack,"New,b01\n',
    "a cell of 7 MB": b"login,name,unit\nn.attack," + b"x" * (7 * 2**20) + b",b01\n",
    "more values than headings": b"login,name,unit\nn.attack,New,b01,x\n",
    "empty": b"",
    "a file that is no workbook": b"PK\x03\x04 not a zip",
}


ENDINGS = ("csv", "xlsx", "exe", "csv/../../x")
# What is large is sent once.
ROSTERS = [(name, ending) for name in WHOLE_FILES for ending in ENDINGS if name != "a cell of 7 MB" or ending == "csv"]


@pytest.mark.parametrize(("name", "ending"), ROSTERS)
def test_roster_that_cannot_be_read_is_refused(fortress, name, ending):
    check_json_error(*imported(fortress, f"people.{ending}", WHOLE_FILES[name]))


def test_request_beyond_every_limit_is_cut_off(fortress):
    stranger = fortress.stranger()
    try:
        answer = stranger.post("/api/v1/people/me", b'"' + b"x" * (13 * 2**20) + b'"')
        assert answer.status in {400, 413}
    except OSError:
        pass  # the connection ended before everything was sent


def test_entities_of_a_workbook_are_not_expanded(fortress):
    packed = io.BytesIO(xlsx_of())
    bomb = io.BytesIO()
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            content = source.read(part)
            if part.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + content.replace(b"New", b"&e;")
            target.writestr(part, content)
    for answer in imported(fortress, "people.xlsx", bomb.getvalue()):
        assert "root:" not in answer.text
    check_json_error(*imported(fortress, "people.xlsx", bomb.getvalue()))


def test_archive_that_unpacks_to_gigabytes_is_refused(fortress):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (70 * 2**20))
    check_json_error(*imported(fortress, "people.xlsx", bomb.getvalue()))


# ── the API ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def window():
    now = datetime.now(UTC)
    return {"opens_at": now.isoformat(), "closes_at": (now + timedelta(hours=1)).isoformat()}


# Door: who calls, which operation, which field holds the text, the other fields.
TEXT_DOORS = {
    "a person's name": ("hr", "people.create", "name", {"login": "n.attack", "unit": "b01"}),
    "a position": ("hr", "people.create", "position", {"login": "n.attack", "unit": "b01", "name": "New"}),
    "a sitting's name": ("hr", "exams.schedule", "name", {"exam": "trap", "unit": "b01", **window()}),
    "a link's name": ("quality", "surveys.open_collector", "name", {"survey": "probe", "unit": "head"}),
    "a token's label": ("staff", "tokens.create", "label", {}),
    "a reason": ("hr", "exams.withdraw", "reason", {"sitting": "nowhere", "person": "nobody"}),
}
NAME_DOORS = {
    "a log-in": ("hr", "people.create", "login", {"name": "New", "unit": "b01"}),
    "a unit": ("hr", "people.create", "unit", {"name": "New", "login": "n.attack"}),
    "a new unit's id": ("admin", "people.create_unit", "id",
                        {"parent": "head", "kind": "branch", "name": {"zh-CN": "新", "en": "New"}}),
    "an exam": ("hr", "exams.schedule", "exam", {"name": "x", **window()}),
    "a sitting": ("hr", "exams.progress", "sitting", {}),
    "a person": ("hr", "people.get", "person", {}),
    "an assignment": ("staff", "exams.attempt_feedback", "assignment", {}),
    "a survey": ("quality", "surveys.open_collector", "survey", {"name": "x", "unit": "head"}),
    "a survey of frames": ("researcher", "frames.responses", "survey", {}),
    "an exam of frames": ("researcher", "frames.scores", "exam", {}),
    "a format": ("quality", "frames.export", "format", {"name": "probe"}),
    "a collector": ("quality", "surveys.link", "collector", {}),
    "a bank": ("author", "items.get", "bank", {"item": "aml-001"}),
    "an item": ("author", "items.get", "item", {"bank": "aml"}),
    "a language": ("staff", "people.preferences", "language", {}),
    "a role": ("security", "people.grant", "role", {"person": "staff", "unit": "b01"}),
    "a moment": ("hr", "exams.schedule", "opens_at", {"exam": "trap", "name": "x", "closes_at": window()["closes_at"]}),
    "a number": ("hr", "people.list", "limit", {}),
    "the trail's head": ("auditor", "audit.verify", "against", {}),
    "a definition": ("quality", "definitions.export", "name", {"kind": "survey"}),
}  # fmt: skip


@pytest.mark.parametrize("door", TEXT_DOORS)
@pytest.mark.parametrize("name", sorted(UNPRINTABLE))
def test_unprintable_text_is_refused_by_the_api(fortress, door, name):
    login, operation, field, more = TEXT_DOORS[door]
    visitor, given = fortress.visitor(login), {**more, field: TEXTS[name]}
    check_json_error(*both(lambda language: visitor.api(operation, given, language)))


@pytest.mark.parametrize("door", TEXT_DOORS)
@pytest.mark.parametrize("text", ["", " \n", "x" * 20_000], ids=["empty", "blank", "long"])
def test_empty_or_overlong_text_is_refused_by_the_api(fortress, door, text):
    login, operation, field, more = TEXT_DOORS[door]
    visitor, given = fortress.visitor(login), {**more, field: text}
    check_json_error(*both(lambda language: visitor.api(operation, given, language)))


# People and units may be called as a device is: no file bears their name.
NAMED = [
    (door, name)
    for door in NAME_DOORS
    for name in TEXTS
    if name != "device name" or door not in {"a log-in", "a new unit's id"}
]


@pytest.mark.parametrize(("door", "name"), NAMED)
def test_bad_text_names_nothing_of_the_api(fortress, door, name):
    login, operation, field, more = NAME_DOORS[door]
    visitor, given = fortress.visitor(login), {**more, field: TEXTS[name]}
    check_json_error(*both(lambda language: visitor.api(operation, given, language)))


SENT = [
    (door, name)
    for door in [*TEXT_DOORS, "a log-in", "a number", "a moment"]
    for name in BODIES
    if name != "ten megabytes" or door == "a reason"
]


@pytest.mark.parametrize(("door", "name"), SENT)
def test_bad_json_is_refused_by_the_api(fortress, door, name):
    login, operation, field, more = (TEXT_DOORS | NAME_DOORS)[door]
    body = json.dumps(more)[:-1].encode() + (b", " if more else b"") + f'"{field}": '.encode() + BODIES[name] + b"}"
    visitor = fortress.visitor(login)
    check_json_error(*both(lambda language: visitor.api(operation, body, language)))


# A position may be missing; seconds since 1970 are a moment, long before the window.
WRONG_TYPES = [
    (door, value)
    for door in [*TEXT_DOORS, "a log-in", "a moment", "a sitting"]
    for value in [None, True, 5, 1.5, [], {}, ["x"], {"a": 1}]
    if not (door == "a position" and value is None) and not (door == "a moment" and repr(value) in {"5", "1.5"})
]


@pytest.mark.parametrize(("door", "value"), WRONG_TYPES, ids=repr)
def test_wrong_type_is_refused_by_the_api(fortress, door, value):
    login, operation, field, more = (TEXT_DOORS | NAME_DOORS)[door]
    visitor, given = fortress.visitor(login), {**more, field: value}
    check_json_error(*both(lambda language: visitor.api(operation, given, language)))


def test_missing_and_doubled_fields_are_named(fortress):
    hr = fortress.visitor("hr")
    check_json_error(*both(lambda language: hr.api("people.create", {}, language)))
    doubled = b'{"login": "n.attack", "name": "New", "unit": "b01", "unit": "head"}'
    check_json_error(*both(lambda language: hr.api("people.create", doubled, language)))


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────
PREFIXES = ("/", "/apps/", "/exam/", "/s/", "/reports/", "/static/", "/voila/static/0123456789/", "/voila/render/",
            "/voila/templates/lab/static/", "/voila/labextensions/0123456789/", "/voila/api/themes/", "/api/kernels/",
            "/verify/", "/preferences/", "/api/v1/", "/api/v1/people/")  # fmt: skip


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("login", ["quality", None])
def test_bad_addresses_find_nothing(fortress, prefix, login):
    visitor = fortress.visitor(login) if login else fortress.stranger()
    extra = [
        "%ed%a0%80",
        "%00",
        "..%2f..%2fkeys%2flink",
        "....//....//svc.sqlite",
        "%252e%252e%252fsvc.sqlite",
        "x" * 4000,
    ]
    for text in [*(urllib.parse.quote(one, safe="%./?=") for one in TEXTS.values()), *extra]:
        answer = visitor.get(prefix + text)
        if answer.status in {302, 401} and login is None:
            continue  # who is nobody is asked to sign in before anything is looked for
        if prefix == "/" and text.startswith("?template"):
            assert answer.status == 422
        assert 400 <= answer.status < 500, (prefix + text, answer.status)
        assert "Traceback" not in answer.text
        assert "root:" not in answer.text
        if answer.headers["Content-Type"].startswith("text/html"):
            check_page_error(answer)
        else:
            assert set(answer.error) == {"code", "message", "fields"}


QUERIES = ("template=nope", "theme=dark", "token=x", "next=//evil.example", "x=%00", "x=%ed%a0%80", "?template=",
           "start=1&start=2&template=", "%3Cscript%3E=1")  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("path", ["/", "/apps/take_quiz", "/exam", "/reports/", "/password", "/healthz"])
def test_unknown_query_is_refused(fortress, path, query):
    path = fortress.ids["trap_hr"] if path == "/exam" else path
    answer = fortress.visitor("hr").get(f"{path}?{query}")
    assert answer.status in {400, 422}, (path, query, answer.status)
    assert "<script>=1" not in answer.text


@pytest.mark.parametrize("text", [text for text in TEXTS.values() if "\0" not in text])
def test_login_and_preferences_lead_nowhere_else(fortress, text):
    visitor = fortress.stranger()
    visitor.get("/login")
    token = visitor.cookies["_xsrf"]
    for path, form in (("/login", {"login": text, "password": text, "next": text}),
                       ("/preferences", {"language": text, "theme": text, "next": text})):  # fmt: skip
        body = urllib.parse.urlencode({"_xsrf": token, **form}).encode()
        answer = visitor.send("POST", path, body, Content_Type="application/x-www-form-urlencoded")
        check_page_error(answer, (400, 401, 422, 429))
        assert text.startswith(("..", "%", "C")) or "<img src=x" not in answer.text


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────
class TestAnswers:
    """A sheet of each kind; each bad answer is refused as a whole batch."""

    @pytest.fixture(scope="class")
    def opened(self, fortress):
        """Opened before anything is counted."""
        visitors = {"probe": fortress.stranger(), "probe_anonymous": fortress.stranger()}
        visitors["attack_viewer"] = fortress.visitor("viewer")
        found = {}
        for name, visitor in visitors.items():
            answer = visitor.open(fortress.ids[name])
            assert answer.status == 200, answer.text
            found[name] = (visitor, fortress.ids[name], answer.json)
        return found

    @pytest.fixture(params=["probe", "probe_anonymous", "attack_viewer"])
    def sheet(self, request, opened):
        return opened[request.param]

    NAMES = {"survey": {"choice_one": "word", "overall": "number", "amount": "number", "mail": "word", "day": "word",
                        "remarks": "text"},
             "exam": {"t-single": "word", "t-multiple": "list", "t-true": "word", "t-numeric": "number",
                      "t-ordering": "list", "t-matching": "map", "t-short": "text"}}  # fmt: skip

    @pytest.mark.parametrize("name", [*TEXTS])
    def test_bad_text_is_no_answer(self, fortress, sheet, name):
        visitor, source, opened = sheet
        before = fortress.counts()
        for question, kind in self.NAMES[opened["kind"]].items():
            if kind == "text" and name not in UNPRINTABLE:
                continue
            shapes = {"list": [TEXTS[name]], "map": {"l1": TEXTS[name]}}
            event = {"seq": 1, "kind": "answer", "name": question, "value": shapes.get(kind, TEXTS[name])}
            answers = both(lambda language, event=event: visitor.save(source, opened, event, language=language))
            check_json_error(*answers, (422,))
            assert name == "NUL" or answers[0].error["fields"]["name"] == question  # JSON with NUL is not read at all
        assert fortress.counts() == before

    @pytest.mark.parametrize("name", [*TEXTS])
    def test_bad_text_is_no_question_no_kind_and_no_client(self, sheet, name):
        visitor, source, opened = sheet
        for change in ({"name": TEXTS[name]}, {"kind": TEXTS[name]}, {"seq": TEXTS[name]}):
            event = {"seq": 1, "kind": "answer", "name": "overall", "value": 1, **change}
            check_json_error(
                *both(lambda language, event=event: visitor.save(source, opened, event, language=language))
            )
        for change in ({"client": TEXTS[name]}, {"session": TEXTS[name]}, {"lease": TEXTS[name]}):
            event = {"seq": 1, "kind": "page", "page": 0}
            check_json_error(
                *both(lambda language, e=event, c=change: visitor.save(source, opened, e, language=language, **c)),
                (404, 422),
            )

    @pytest.mark.parametrize("name", BODIES)
    def test_bad_json_is_no_answer(self, sheet, name):
        visitor, source, opened = sheet
        known = {name: opened[name] for name in ("session", "lease")} | {"client": "tabtabtabtab"}
        body = json.dumps(known)[:-1].encode()
        question = b"remarks" if opened["kind"] == "survey" else b"t-short"
        body += (
            b', "events": [{"seq": 1, "kind": "answer", "name": "' + question + b'", "value": ' + BODIES[name] + b"}]}"
        )
        path = source.partition("?")[0] + "/answers"
        check_json_error(*both(lambda language: visitor.post(path, body, Accept_Language=language)))

    @pytest.mark.parametrize(
        "value", [True, False, 1.5, -1, 99, 2**62, [], {}, [[]], ["a", "a"], {"l1": {}}, "nothing", "x" * 200_000],
        ids=lambda value: str(value)[:20],
    )  # fmt: skip
    def test_unknown_option_or_wrong_shape_is_no_answer(self, sheet, value):
        visitor, source, opened = sheet
        question = "choice_one" if opened["kind"] == "survey" else "t-single"
        event = {"seq": 1, "kind": "answer", "name": question, "value": value}
        check_json_error(*both(lambda language: visitor.save(source, opened, event, language=language)), (422,))

    def test_ten_megabytes_are_too_large(self, sheet):
        visitor, source, opened = sheet
        event = {"seq": 1, "kind": "answer", "name": "remarks", "value": "x" * (10 * 2**20)}
        check_json_error(*both(lambda language: visitor.save(source, opened, event, language=language)), (413, 422))

    def test_nothing_of_a_batch_with_one_bad_answer_is_kept(self, fortress, sheet):
        visitor, source, opened = sheet
        good = {"seq": 1, "kind": "page", "page": 0}
        bad = {"seq": 2, "kind": "answer", "name": "nothing", "value": 1}
        before = fortress.counts()
        check_json_error(*both(lambda language: visitor.save(source, opened, good, bad, language=language)), (422,))
        assert fortress.counts() == before
