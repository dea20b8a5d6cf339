"""Kernels, notebooks and tokens: what runs for one person knows nothing of another, and no code from outside runs."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import stat
import struct
import uuid
from pathlib import Path

import pytest
from fortress import knocked, unpacked
from sqlalchemy import select
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

V1 = "v1.kernel.websocket.jupyter.org"
CONFIG = re.compile(r'id="jupyter-config-data"[^>]*>(.*?)</script>', re.S)


class Desk:
    """An open app: its page, its kernel, the kernel's process and secret."""

    def __init__(self, fortress, login, name):
        known = {secret for _process, secret in kernels_of(fortress.process)}
        self.login, self.visitor = login, fortress.visitor(login)
        page = self.visitor.get(f"/apps/{name}")
        assert page.status == 200, page.text
        self.kernel = json.loads(CONFIG.search(page.text)[1])["kernelId"]
        self.process, self.secret = next(one for one in kernels_of(fortress.process) if one[1] not in known)

    def close(self):
        answer = self.visitor.send("POST", f"/voila/api/shutdown/{self.kernel}", b"", Sec_Fetch_Site="same-origin")
        assert answer.status == 204


def environment_of(process):
    try:
        raw = Path(f"/proc/{process}/environ").read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    return dict(pair.split("=", 1) for pair in raw.split("\0") if "=" in pair)


def kernels_of(server):
    """Processes below the server that hold a kernel's secret."""
    found = []
    for process in below(server):
        secret = environment_of(process).get("SVC_KERNEL_SECRET")
        if secret:
            found.append((process, secret))
    return found


def below(process):
    children = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        children += [int(one) for one in task.read_text().split()]
    return [*children, *(one for child in children for one in below(child))]


@pytest.fixture(scope="module")
def staff_desk(fortress):
    desk = Desk(fortress, "staff", "take_quiz")
    yield desk
    desk.close()


@pytest.fixture(scope="module")
def hr_desk(fortress):
    desk = Desk(fortress, "hr", "exam_desk")
    yield desk
    desk.close()


# ── what a socket may say ────────────────────────────────────────────────────────────────────────────────────────────
def message(kind, content, channel="shell", **header):
    named = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "s1",
             "date": "2025-01-01T00:00:00Z", "version": "5.3", **header}  # fmt: skip
    return {"header": named, "parent_header": {}, "metadata": {}, "content": content, "channel": channel, "buffers": []}


def framed(given):
    names = ("header", "parent_header", "metadata", "content")
    parts = [given["channel"].encode(), *(json.dumps(given[name]).encode() for name in names)]
    offsets = list(itertools.accumulate((len(part) for part in parts), initial=8 * (len(parts) + 2)))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)


def headers_of(frame):
    if isinstance(frame, str):
        return json.loads(frame)["header"], json.loads(frame)["parent_header"]
    count = int.from_bytes(frame[:8], "little")
    offsets = [int.from_bytes(frame[8 * (n + 1) : 8 * (n + 2)], "little") for n in range(count)]
    return tuple(json.loads(frame[offsets[n] : offsets[n + 1]]) for n in (1, 2))


def forbidden(marker):
    code = {"code": f"open({str(marker)!r}, 'w').close()", "silent": False, "user_expressions": {}, "allow_stdin": True}
    evaluate = {"seq": 1, "type": "request", "command": "evaluate", "arguments": {"expression": "1"}}
    simple = {
        "inspect_request": {"code": "svclib", "cursor_pos": 3, "detail_level": 1},
        "complete_request": {"code": "import o", "cursor_pos": 8},
        "is_complete_request": {"code": "1"},
        "history_request": {"hist_access_type": "tail", "n": 9, "output": True, "raw": True},
        "connect_request": {},
        "input_reply": {"value": "x", "status": "ok"},
        "usage_request": {},
        "create_subshell_request": {},
    }
    everywhere = ("shell", "control", "stdin")
    found = [message("execute_request", code, channel) for channel in (*everywhere, "iopub", "heartbeat", "")]
    found += [message(kind, content, channel) for kind, content in simple.items() for channel in everywhere]
    found += [message("debug_request", evaluate, "control"), message("interrupt_request", {}, "control"),
              message("shutdown_request", {"restart": False}, "control"), message("shutdown_request", {}, "shell"),
              message("EXECUTE_REQUEST", code), message(" execute_request", code), message("execute_request\0", code),
              message(["execute_request"], code), message({"a": 1}, code), message(None, code)]  # fmt: skip
    disguised = message("comm_info_request", code)
    return [*found, {**disguised, "msg_type": "execute_request", "header": {**disguised["header"], "msg_type": 5}}]


def socket(fortress, visitor, kernel, protocol=None, **headers):
    address = f"{fortress.address.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id=s1"
    sent = {"Cookie": f"svc_session={visitor.cookies.get('svc_session', '')}", **headers}
    return websocket_connect(HTTPRequest(address, headers=sent), subprotocols=[protocol] if protocol else None)


async def talk(fortress, desk, messages, wanted, protocol):
    """Send `messages`, then `wanted`, and give the ids that were answered until a moment after `wanted` was."""
    connection = await socket(fortress, desk.visitor, desk.kernel, protocol)
    assert connection.selected_subprotocol == protocol
    for one in [*messages, wanted]:
        await connection.write_message(framed(one) if protocol else json.dumps(one), binary=bool(protocol))
    answered, end = set(), None
    loop = asyncio.get_running_loop()
    while end is None or loop.time() < end:
        try:
            frame = await asyncio.wait_for(
                connection.read_message(), 15 if end is None else max(0.01, end - loop.time())
            )
        except TimeoutError:
            break
        assert frame is not None
        answered.add(headers_of(frame)[1].get("msg_id"))
        if end is None and wanted["header"]["msg_id"] in answered:
            end = loop.time() + 0.5
    connection.close()
    return answered


@pytest.mark.parametrize("protocol", [V1, None], ids=["binary", "json"])
@pytest.mark.parametrize("whose", ["staff_desk", "hr_desk"])
def test_code_from_outside_never_runs(fortress, request, whose, protocol, tmp_path):
    desk = request.getfixturevalue(whose)
    marker, wanted = tmp_path / "ran", message("kernel_info_request", {})
    attacks = forbidden(marker)
    answered = asyncio.run(talk(fortress, desk, attacks, wanted, protocol))
    assert wanted["header"]["msg_id"] in answered
    assert not answered & {one["header"]["msg_id"] for one in attacks}
    assert not marker.exists()
    assert environment_of(desk.process)  # still there: nothing shut it down


@pytest.mark.parametrize("protocol", [V1, None], ids=["binary", "json"])
def test_anothers_kernel_does_not_exist(fortress, staff_desk, hr_desk, protocol):
    for mine, theirs in ((staff_desk, hr_desk), (hr_desk, staff_desk)):
        assert mine.visitor.get(f"/api/kernels/{theirs.kernel}").status == 404
        end = mine.visitor.send("POST", f"/voila/api/shutdown/{theirs.kernel}", b"", Sec_Fetch_Site="same-origin")
        assert end.status == 404
        with pytest.raises(HTTPClientError) as refused:
            asyncio.run(_opened(fortress, mine.visitor, theirs.kernel, protocol))
        assert refused.value.code == 404
    with pytest.raises(HTTPClientError) as refused:
        asyncio.run(_opened(fortress, fortress.stranger(), hr_desk.kernel, protocol))
    assert refused.value.code in {401, 403}


def test_kernels_secret_opens_no_kernel(fortress, staff_desk, hr_desk):
    visitor = fortress.kernel(staff_desk.secret)
    assert visitor.get(f"/api/kernels/{hr_desk.kernel}").status == 404


async def _opened(fortress, visitor, kernel, protocol):
    return await socket(fortress, visitor, kernel, protocol)


# ── what a kernel knows ──────────────────────────────────────────────────────────────────────────────────────────────
def test_environment_of_a_kernel_holds_no_secret_but_its_own(fortress, staff_desk, hr_desk):
    home = fortress.settings.home
    keys = [path.read_bytes() for path in (home / "keys").iterdir()]
    assert keys
    sessions = [fortress.visitor(login).cookies["svc_session"] for login in ("staff", "hr")]
    for mine, theirs in ((staff_desk, hr_desk), (hr_desk, staff_desk)):
        environment = environment_of(mine.process)
        whole = Path(f"/proc/{mine.process}/environ").read_bytes()
        assert not {name for name in environment if name in {"SVC_STORE", "SVC_HOME"} or "PASSWORD" in name}
        assert environment["SVC_KERNEL_SECRET"] == mine.secret
        assert theirs.secret.encode() not in whole
        assert str(home).encode() not in whole
        assert not [one for one in sessions if one.encode() in whole]
        assert not [key for key in keys if key in whole or key.hex().encode() in whole]


def test_kernel_has_no_file_of_the_store_open(fortress, staff_desk):
    home = str(fortress.settings.home)
    opened = [str(path.readlink()) for path in Path(f"/proc/{staff_desk.process}/fd").iterdir() if path.is_symlink()]
    assert not [path for path in opened if path.startswith(home)]
    assert home not in Path(f"/proc/{staff_desk.process}/maps").read_text()
    assert not str(Path(f"/proc/{staff_desk.process}/cwd").readlink()).startswith(home)


def test_kernels_secret_gives_nothing_of_another(fortress, staff_desk):
    visitor = fortress.kernel(staff_desk.secret)
    assert visitor.api("people.me", {}).json["login"] == "staff"
    private = _private(fortress, but="staff")
    for name, given, answer in knocked(visitor, fortress.ids):
        assert answer.status < 500
        assert not [one for one in private if one in unpacked(answer)], (name, given)
    for key in ("trap_manager", "attack_hr"):
        assert visitor.get(fortress.ids[key]).status == 404
        assert visitor.open(fortress.ids[key]).status == 404


def test_kernels_secret_ends_with_its_kernel(fortress):
    desk = Desk(fortress, "viewer", "take_quiz")
    visitor = fortress.kernel(desk.secret)
    assert visitor.api("people.me", {}).json["login"] == "viewer"
    desk.close()
    assert visitor.api("people.me", {}).status == 401


def test_notebook_source_is_never_served(fortress):
    quality = fortress.visitor("quality")
    for path in ("/apps/survey_desk.ipynb", "/voila/files/survey_desk.ipynb", "/notebooks/apps/survey_desk.ipynb",
                 "/files/notebooks/apps/survey_desk.ipynb", "/static/notebooks/apps/survey_desk.ipynb"):  # fmt: skip
        assert quality.get(path).status == 404


# ── JupyterLab ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_jupyterlab_is_told_nothing_of_the_server(monkeypatch, tmp_path):
    import subprocess

    from svclib.cli.main import run

    told = {}

    def call(_command, env):
        told.update(env)
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    secret = {"SVC_STORE": "postgresql://svc:secret@db/svc", "SVC_HOME": "/srv/svc", "SVC_ADMIN_PASSWORD": "secret",
              "SVC_KERNEL_SECRET": "secret", "PGPASSWORD": "secret"}  # fmt: skip
    for name, value in {**secret, "SVC_TOKEN": "mine", "SVC_LANG": "en"}.items():
        monkeypatch.setenv(name, value)
    assert run(["lab", str(tmp_path)]) == 0
    assert not secret.keys() & told.keys()
    assert "secret" not in " ".join(told.values())
    assert (told["SVC_TOKEN"], told["SVC_LANG"]) == ("mine", "en")


# ── a researcher's token ─────────────────────────────────────────────────────────────────────────────────────────────
def _private(fortress, but):
    """Names, ids and numbers of everybody else, as bytes."""
    from svclib.store.schema import people

    with fortress.store() as store, store.read() as connection:
        rows = connection.execute(select(people)).mappings().all()
    found = set()
    for row in rows:
        if row["login"] != but:
            found |= {row[name] for name in ("id", "name", "staff_number", "email") if row[name]}
            found |= {row["login"]} if re.fullmatch(r"s\d{4,}", row["login"]) else set()
    own = next(row["name"] for row in rows if row["login"] == but)
    return [value.encode() for value in found if value not in own]


def test_researcher_sees_pseudonyms_alone(fortress):
    visitor = fortress.holder(fortress.ids["researcher_token"])
    private = _private(fortress, "researcher")
    answers = knocked(visitor, fortress.ids)
    tables = 0
    for name, given, answer in answers:
        assert answer.status < 500, (name, given, answer.text)
        body = unpacked(answer)
        tables += name.startswith("frames.") and answer.status == 200
        assert not [one for one in private if one in body], (name, given)
    assert tables > 20


def test_token_ends_when_it_is_revoked_and_with_the_account(fortress):
    viewer = fortress.visitor("viewer")
    made = viewer.api("tokens.create", label="short").json
    holder = fortress.holder(made["token"])
    assert holder.api("people.me", {}).status == 200
    assert viewer.api("tokens.revoke", token=made["id"]).status == 200
    assert holder.api("people.me", {}).status == 401


def test_token_and_session_end_with_the_account(fortress):
    hr = fortress.visitor("hr")
    leaver = fortress.visitor("risk")
    token = leaver.api("tokens.create", label="kept").json["token"]
    assert hr.api("people.disable", person="risk", reason="left").status == 200
    try:
        assert leaver.api("people.me", {}).status == 401
        assert fortress.holder(token).api("people.me", {}).status == 401
    finally:
        assert hr.api("people.enable", person="risk").status == 200
    assert leaver.api("people.me", {}).status == 401, "a session ended for good"


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────
def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_home_and_keys_are_closed_to_other_accounts(fortress):
    home = fortress.settings.home
    assert mode(home) == 0o700
    assert mode(home / "keys") == 0o700
    files = list((home / "keys").iterdir())
    assert files
    assert {mode(path) for path in files} == {0o600}


def test_folder_of_kernels_is_closed_to_other_accounts(staff_desk):
    folder = Path(f"/proc/{staff_desk.process}/cwd").readlink()
    assert mode(folder) & 0o077 == 0
