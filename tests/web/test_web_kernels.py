"""Kernels behind apps: whose they are, what may be said to them, what they know, and that none is left."""

import asyncio
import json
import os
import re
import signal
import struct
import subprocess
import uuid

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect


def open_app(browser, name="exam_desk"):
    page = browser.get(f"/apps/{name}")
    assert page.status == 200, page.text
    return page, json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page.text, re.S)[1])["kernelId"]


@pytest.fixture(scope="module")
def desk(server):
    browser = server.browser("wang")
    page, kernel = open_app(browser)
    return browser, page, kernel


def channels(server, browser, kernel, protocol=None, **headers):
    address = f"{server.address.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id=s1"
    sent = {"Cookie": f"svc_session={browser.cookie('svc_session')}", **headers}
    return websocket_connect(HTTPRequest(address, headers=sent), subprotocols=[protocol] if protocol else None)


def message(kind, content, channel="shell"):
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": kind,
        "username": "",
        "session": "s1",
        "date": "2025-01-01T00:00:00Z",
        "version": "5.3",
    }
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": channel,
        "buffers": [],
    }


def framed(given):
    parts = [
        given["channel"].encode(),
        *(json.dumps(given[name]).encode() for name in ("header", "parent_header", "metadata", "content")),
    ]
    offsets = [8 * (len(parts) + 2)]
    for part in parts:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(parts)


def header_of(frame):
    if isinstance(frame, str):
        return json.loads(frame)["header"], json.loads(frame)["parent_header"]
    count = int.from_bytes(frame[:8], "little")
    offsets = [int.from_bytes(frame[8 * (n + 1) : 8 * (n + 2)], "little") for n in range(count)]
    return tuple(json.loads(frame[offsets[n] : offsets[n + 1]]) for n in (1, 2))


async def answered(socket, ids, seconds):
    """Ids of messages that were answered within `seconds`."""
    found = set()
    try:
        async with asyncio.timeout(seconds):
            while ids - found:
                frame = await socket.read_message()
                if frame is None:
                    break
                found.add(header_of(frame)[1].get("msg_id"))
    except TimeoutError:
        pass
    return ids & found


@pytest.mark.parametrize("protocol", ["v1.kernel.websocket.jupyter.org", None])
def test_widgets_may_speak_and_code_may_not(server, desk, protocol, tmp_path):
    browser, _page, kernel = desk
    marker = tmp_path / "ran"
    code = {"code": f"open({str(marker)!r}, 'w').close()", "silent": False, "user_expressions": {}}
    wanted = message("kernel_info_request", {})
    evaluate = {"seq": 1, "type": "request", "command": "evaluate", "arguments": {"expression": "1"}}
    refused = [
        message("execute_request", code),
        message("execute_request", code, "control"),
        message("shutdown_request", {"restart": False}, "control"),
        message("debug_request", evaluate, "control"),
        message("inspect_request", {"code": "svc", "cursor_pos": 1}),
        message("complete_request", {"code": "sv", "cursor_pos": 2}),
        message("history_request", {}),
        message("input_reply", {"value": "x"}, "stdin"),
        message("interrupt_request", {}, "control"),
    ]

    async def talk():
        socket = await channels(server, browser, kernel, protocol)
        assert socket.selected_subprotocol == protocol
        for one in [*refused, wanted]:
            await socket.write_message(framed(one) if protocol else json.dumps(one), binary=bool(protocol))
        for broken in ("{", "[]", "null", '{"header": 5}', "x" * 100):
            await socket.write_message(broken.encode() if protocol else broken, binary=bool(protocol))
        first = await answered(socket, {wanted["header"]["msg_id"]}, 10)
        others = await answered(socket, {one["header"]["msg_id"] for one in refused}, 0.7)
        socket.close()
        return first, others

    first, others = asyncio.run(talk())
    assert first == {wanted["header"]["msg_id"]}
    assert others == set()
    assert not marker.exists()


def test_anothers_kernel_does_not_exist(server, desk):
    _browser, _page, kernel = desk
    other = server.browser("zhao")
    assert other.get(f"/api/kernels/{kernel}").status == 404
    assert other.send("POST", f"/voila/api/shutdown/{kernel}", b"").status == 404
    with pytest.raises(HTTPClientError) as refused:
        asyncio.run(_connected(server, other, kernel))
    assert refused.value.code == 404


def test_socket_of_another_site_is_refused(server, desk):
    browser, _page, kernel = desk
    with pytest.raises(HTTPClientError) as refused:
        asyncio.run(_connected(server, browser, kernel, Origin="https://evil.example"))
    assert refused.value.code == 403


async def _connected(server, browser, kernel, **headers):
    return await channels(server, browser, kernel, **headers)


def test_own_kernel_is_seen(server, desk):
    browser, _page, kernel = desk
    answer = browser.get(f"/api/kernels/{kernel}?1700000000000")
    assert answer.status == 200
    assert answer.json["id"] == kernel


def test_kernel_cannot_be_deleted_or_restarted_over_http(server, desk):
    browser, _page, kernel = desk
    token = browser.cookie("_xsrf")
    assert browser.send("DELETE", f"/api/kernels/{kernel}", X_XSRFToken=token).status == 405
    assert browser.send("POST", f"/api/kernels/{kernel}/restart", b"", X_XSRFToken=token).status == 404


def test_page_carries_nonce_policy_and_no_source(desk):
    _browser, page, _kernel = desk
    policy = page.headers["Content-Security-Policy"]
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    assert f'nonce="{nonce}"' in page.text
    assert "svclib.connect" not in page.text
    assert "http://" not in re.sub(r"http://www\.w3\.org/\S+", "", page.text)
    assert "cdn" not in page.text


def test_kernel_speaks_for_its_user(desk):
    _browser, page, _kernel = desk
    assert "hello wang" in page.text or "application/vnd.jupyter.widget-view+json" in page.text


def test_kernel_knows_no_store_no_home_no_key(server, desk):
    environment = _environments(server.process.pid)
    assert environment
    for one in environment:
        assert "SVC_STORE" not in one
        assert "SVC_HOME" not in one
        assert str(server.settings.home) not in " ".join(one.values())
        assert one["SVC_URL"] == server.address
        assert len(one["SVC_KERNEL_SECRET"]) >= 32


def _environments(parent):
    found = []
    for child in _children(parent):
        raw = open(f"/proc/{child}/environ", "rb").read().decode().split("\0")  # noqa: SIM115, PTH123
        named = dict(pair.split("=", 1) for pair in raw if "=" in pair)
        if "SVC_KERNEL_SECRET" in named:
            found.append(named)
    return found


def _children(parent):
    answer = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False)
    return [int(one) for one in answer.stdout.split()]


def test_secret_opens_the_users_rows_alone_and_ends_with_the_kernel(server):
    browser = server.browser("zhao")
    before = {one["SVC_KERNEL_SECRET"] for one in _environments(server.process.pid)}
    _page, kernel = open_app(browser, "take_quiz")
    secret = next(
        one["SVC_KERNEL_SECRET"] for one in _environments(server.process.pid) if one["SVC_KERNEL_SECRET"] not in before
    )
    stranger = server.browser()
    assert stranger.post("/api/v1/people/me", {}, Authorization=f"Kernel {secret}").json["login"] == "zhao"
    assert stranger.post("/api/v1/people/list", {}, Authorization=f"Kernel {secret}").status == 403
    assert browser.send("POST", f"/voila/api/shutdown/{kernel}", b"", Sec_Fetch_Site="same-origin").status == 204
    assert stranger.post("/api/v1/people/me", {}, Authorization=f"Kernel {secret}").status == 401


def test_closing_beacon_of_another_site_ends_nothing(server, desk):
    browser, _page, kernel = desk
    assert browser.send("POST", f"/voila/api/shutdown/{kernel}", b"", Sec_Fetch_Site="cross-site").status == 403
    assert browser.get(f"/api/kernels/{kernel}").status == 200


def test_failing_cell_is_told_kindly(server):
    page, _kernel = open_app(server.browser("lin"), "take_quiz")
    assert "ZeroDivisionError" not in page.text
    assert "show_tracebacks" not in page.text
    assert page.text.count('role="alert"') >= 2


def test_too_many_desks_are_refused(server):
    browser = server.browser("liu")
    statuses = [browser.get("/apps/take_quiz").status for _n in range(5)]
    assert statuses == [200] * 4 + [429]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_server(second_server, number):
    browser = second_server.browser("wang")
    open_app(browser)
    children = _children(second_server.process.pid)
    assert children
    os.kill(second_server.process.pid, number)
    second_server.process.wait(15)
    assert wait_until(lambda: not any(_alive(child) for child in children), 8)


def _alive(process):
    try:
        with open(f"/proc/{process}/stat") as file:  # noqa: PTH123
            return file.read().split(") ")[1][0] != "Z"
    except OSError:
        return False


def wait_until(check, seconds):
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.1)
    return False
