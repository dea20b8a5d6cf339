"""The client against the server and in process: the same calls, the same results, the same errors."""

import inspect
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

import svclib
from svclib.client import error_of, kept_tokens, tokens_file
from svclib.errors import AccessDenied, Conflict, InvalidInput, NotFound, NotSignedIn, SvcError, TooMany, Unavailable


@pytest.fixture
def remote(server, monkeypatch):
    monkeypatch.delenv("SVC_LANG", raising=False)
    with svclib.connect(server.address, token=server.ids["zhao_token"]) as svc:
        yield svc


def test_call_gives_plain_values(remote):
    me = remote.people.me()
    assert me.login == me["login"] == "zhao"


def test_errors_come_back_as_they_were_raised(remote):
    with pytest.raises(AccessDenied) as refused:
        remote.people.list()
    assert refused.value.fields["right"] == "people.read"
    with pytest.raises(InvalidInput):
        remote.people.me(colour="blue")
    with pytest.raises(NotFound):
        remote.people.nothing()


def test_documentation_and_signature_come_from_the_server(remote):
    assert "people" in dir(remote)
    assert "me" in dir(remote.people)
    assert "signed in" in remote.people.me.__doc__
    assert "language" in inspect.signature(remote.people.preferences).parameters


def test_moments_travel(remote):
    remote.people.preferences(language="en")
    with pytest.raises(AccessDenied):
        remote.exams.schedule(exam="x", name="x", opens_at=datetime.now(UTC), closes_at=datetime.now(UTC))


def test_nan_is_refused_before_it_is_sent(remote):
    with pytest.raises(InvalidInput, match="NaN"):
        remote.people.list(limit=float("nan"))


def test_bad_token_is_said(server):
    with svclib.connect(server.address, token="nonsense") as svc, pytest.raises(NotSignedIn):
        svc.people.me()


def test_silent_server_is_said():
    with svclib.connect("http://127.0.0.1:9", token="x") as svc, pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        svc.people.me()


@pytest.mark.parametrize("address", ["http://", "https:///x"])
def test_bad_address_is_said(address):
    with pytest.raises(InvalidInput):
        svclib.connect(address, token="x")


def test_kept_token_is_found(server, monkeypatch, tmp_path):
    for name in ("SVC_TOKEN", "SVC_URL", "SVC_KERNEL_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(NotSignedIn):
        svclib.connect()
    tokens_file().parent.mkdir()
    tokens_file().write_text(json.dumps({server.address: server.ids["zhao_token"]}))
    assert kept_tokens() == {server.address: server.ids["zhao_token"]}
    with svclib.connect() as svc:
        assert svc.people.me().login == "zhao"


def test_connection_is_opened_again_when_the_server_closed_it(remote):
    assert remote.people.me().login == "zhao"
    remote._way._local.connection.sock.close()
    remote._way.close()
    assert remote.people.me().login == "zhao"


def test_frame_keeps_its_types(server):
    with svclib.connect(server.address, token=server.ids["xu_token"]) as svc:
        frame = svc.frames.responses(survey="branch_visit")
    assert str(frame["channel"].dtype) in {"category", "str", "string", "object"}
    assert frame.index.name == "response_id"
    assert any(str(kind) == "category" for kind in frame.dtypes)


def test_own_store_is_opened_in_process():
    with svclib.connect("sqlite://") as svc:
        assert svc.people.me().login == "system"
        with pytest.raises(NotFound):
            svc.people.get(person="nobody")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(401, "not_signed_in", NotSignedIn), (409, "read_only", Conflict), (429, "too_many", TooMany),
     (422, "odd", InvalidInput), (500, "server_error", SvcError), (403, "access_denied", AccessDenied)],
)  # fmt: skip
def test_error_of_a_status(status, code, kind):
    told = {"error": {"code": code, "message": "Braces {stay} here", "fields": {"text": "x"}}}
    error = error_of(status, json.dumps(told).encode())
    assert type(error) is kind
    assert error.code == code
    assert str(error) == "Braces {stay} here"


def test_answer_of_something_else_is_an_error_too():
    assert str(error_of(502, b"<html>Bad gateway</html>")) == "HTTP 502"


def test_import_is_light():
    heavy = ("sqlalchemy", "tornado", "pandas", "pyarrow", "pydantic", "fcntl", "pwd")
    code = f"import sys, svclib.client; print([one for one in {heavy} if one in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert answer.stdout.strip() == "[]"
