"""The API's doors: who, what, in which shape, and what is refused."""

import json

import jsonschema
import pytest
from jsonschema import Draft202012Validator


def test_session_calls_an_operation(server):
    answer = server.browser("wang").api("people.me")
    assert answer.status == 200
    assert answer.json["login"] == "wang"


def test_nobody_is_told_to_sign_in(server):
    answer = server.browser().post("/api/v1/people/me", {})
    assert answer.status == 401
    assert answer.error["code"] == "not_signed_in"


def test_session_without_forgery_token_is_refused(server):
    assert server.browser("wang").post("/api/v1/people/me", {}).status == 403


def test_other_sites_are_refused_even_with_the_token(server):
    browser = server.browser("wang")
    answer = browser.post("/api/v1/people/me", {}, X_XSRFToken=browser.cookie("_xsrf"), Sec_Fetch_Site="cross-site")
    assert answer.status == 403


def test_personal_token_needs_nothing_else(server):
    answer = server.browser().post("/api/v1/people/me", {}, Authorization=f"Bearer {server.ids['zhao_token']}")
    assert answer.json["login"] == "zhao"


@pytest.mark.parametrize("header", ["Bearer nonsense", "Kernel nonsense", "Bearer "])
def test_bad_credentials_are_refused(server, header):
    assert server.browser().post("/api/v1/people/me", {}, Authorization=header).status == 401


def test_missing_right_is_named(server):
    answer = server.browser("lin").api("people.list")
    assert answer.status == 403
    assert answer.error["fields"]["right"] == "people.read"


def test_unknown_operation(server):
    assert server.browser("lin").api("people.nothing").status == 404


def test_operation_of_the_server_itself_is_not_served(server):
    answer = server.browser("lin").api("exams.open_sheet", assignment="x", client="aaaaaaaa")
    assert answer.status == 404


def test_unknown_field_is_named(server):
    answer = server.browser("wang").api("people.list", colour="blue")
    assert answer.status == 422
    assert answer.error["fields"]["field"] == "colour"


def test_message_is_in_the_callers_language(server):
    browser = server.browser("lin")
    token = browser.cookie("_xsrf")
    chinese = browser.post("/api/v1/people/list", {}, X_XSRFToken=token, Accept_Language="zh-CN,zh;q=0.9")
    english = browser.post("/api/v1/people/list", {}, X_XSRFToken=token, Accept_Language="en")
    assert "right" in english.error["message"]
    assert chinese.error["message"] != english.error["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"search": NaN}', b'{"limit": Infinity}', b'{"limit": 1e999}',
        b'{"search": "\\u0000"}', b'{"search": "\\ud800"}', b'{"search": "a", "search": "b"}', b'{"search": "\x00"}',
        b'{"limit": 99999999999999999999999}', b'{"limit": ' + b"9" * 5000 + b"}", b"[" * 5000, b'{"a":' * 2000,
        b'{"search": 5}', b'{"limit": "x"}', b'{"limit": {}}',
    ],
)  # fmt: skip
def test_bad_bodies_are_refused_kindly(server, body):
    browser = server.browser("wang")
    answer = browser.post("/api/v1/people/list", body, X_XSRFToken=browser.cookie("_xsrf"))
    assert answer.status == 422
    assert answer.error["message"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("text", ["'; DROP TABLE people; --", "{{7*7}}", "<img onerror=alert(1)>", "\u202eabc", "%_\\"])
def test_strange_texts_are_only_texts(server, text):
    answer = server.browser("wang").api("people.list", search=text)
    assert answer.status == 200
    assert answer.json == []


def test_large_body_is_refused(server):
    browser = server.browser("wang")
    body = json.dumps({"search": "x" * (2**20)}).encode()
    answer = browser.post("/api/v1/people/list", body, X_XSRFToken=browser.cookie("_xsrf"))
    assert answer.status == 413


def test_only_json_is_taken(server):
    browser = server.browser("wang")
    answer = browser.post("/api/v1/people/me", b"{}", X_XSRFToken=browser.cookie("_xsrf"), Content_Type="text/plain")
    assert answer.status == 422


def test_only_post_is_taken(server):
    assert server.browser("wang").get("/api/v1/people/me").status == 405


@pytest.fixture(scope="module")
def document(server):
    answer = server.browser("lin").get("/api/v1/openapi.json")
    assert answer.status == 200
    return answer.json


def test_openapi_names_every_public_operation(document):
    paths = document["paths"]
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/people/me" in paths
    assert "/api/v1/exams/assign" in paths
    assert "/api/v1/exams/open_sheet" not in paths
    assert all(one["post"]["summary"] for one in paths.values())


def test_openapi_schemas_are_valid_and_whole(document):
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    references = set()

    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                references.add(value["$ref"])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(document)
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references <= known


def test_openapi_describes_what_is_answered(document, server):
    post = document["paths"]["/api/v1/people/me"]["post"]
    schema = post["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document["components"]}
    jsonschema.validate(server.browser("wang").api("people.me").json, whole)


def test_health_tells_store_schema_and_version(server):
    answer = server.browser().get("/healthz")
    assert answer.status == 200
    assert answer.json["store"] is True
    assert answer.json["schema_current"] is True
    assert answer.json["version"]
