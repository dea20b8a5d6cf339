"""Closed by default: every route of the running server against every role, headers everywhere, bad addresses."""

import re
import signal
from pathlib import Path

import pytest
from tornado.web import RedirectHandler

from svclib.operations.actor import ROLES_OF_RIGHT
from svclib.web import routes
from svclib.web.rules import PERSON, PUBLIC

EVERYBODY = {
    "admin": "administrator", "wang": "hr", "chen": "quality", "zhou": "author", "liu": "reviewer", "sun": "auditor",
    "ma": "manager", "xu": "researcher", "lin": None,
}  # fmt: skip
KERNEL = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """The handlers as the server registers them."""
    from svclib.settings import Settings
    from svclib.store import Store
    from svclib.web.app import make_server

    before = signal.getsignal(signal.SIGTERM)
    with Store.open("sqlite://") as store:
        settings = Settings(home=tmp_path_factory.mktemp("home"), store="sqlite://")
        yield routes.handlers(make_server(settings, store))
    signal.signal(signal.SIGTERM, before)


def sample(pattern: str) -> str:
    """An address that the route's pattern takes."""
    path = re.sub(r"\(\?P<kernel_id>.*?\)(?=/|$)", KERNEL, pattern)
    path = re.sub(r"\(\?P<version>.*?\)", "0123456789", path)
    path = re.sub(r"\(\?P<path>.*?\)", "app.js", path).replace("(open|answers|submit)", "open")
    path = path.replace("([a-z_]+)/([a-z_]+)", "people/me").replace("([a-z0-9_]+)", "exam_desk")
    return re.sub(r"\([^)]*\)", "x" * 22, path).replace("\\.", ".")


def knock(browser, kind, path):
    if "GET" in kind.SUPPORTED_METHODS and kind.get.__name__ != "_unimplemented_method":
        return browser.get(path)
    return browser.post(path, {}, X_XSRFToken=browser.cookie("_xsrf"))


def test_every_route_has_a_rule(live):
    assert len(live) > 20
    assert all(route[1] is RedirectHandler or route[1].rule is not None for route in live)


def test_nothing_of_voilas_own_doors_is_there(live):
    names = {route[1].__name__ for route in live}
    assert not names & {
        "TornadoVoilaTreeHandler", "VoilaContentsHandler", "RequestInfoSocketHandler", "AllowListFileHandler",
        "TornadoVoilaHandler", "TemplateStaticFileHandler", "VoilaLoginHandler",
    }  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["/voila/tree", "/voila/files/x", "/voila/api/contents", "/voila/render/exam_desk.ipynb", "/api/kernels",
     "/api/contents", "/api/kernelspecs", "/api/sessions", "/api/terminals", "/voila/query/" + KERNEL,
     "/voila/execution/" + KERNEL,
     "/metrics", "/tree", "/lab", "/nbconvert/html/x", "/files/x", "/api/status",
     "/voila/templates/lab/static/index.css"],
)  # fmt: skip
def test_doors_of_jupyter_do_not_exist(server, path):
    assert server.browser("admin").get(path).status == 404


def test_strangers_pass_public_routes_alone(server, live):
    stranger = server.browser()
    for pattern, kind, *_rest in live:
        if kind is RedirectHandler:
            continue
        answer = knock(stranger, kind, sample(pattern))
        turned_away = answer.status == 401 or "/login" in (answer.headers["Location"] or "")
        assert turned_away == (kind.rule != PUBLIC) or kind.__name__ == "Logout", (pattern, answer.status)


@pytest.mark.parametrize("login", EVERYBODY)
def test_roles_pass_what_their_rights_open(server, live, login):
    browser, role = server.browser(login), EVERYBODY[login]
    for pattern, kind, *_rest in live:
        if kind is RedirectHandler or kind.__name__ in {"Logout", "App"}:
            continue
        answer = knock(browser, kind, sample(pattern))
        right = kind.rule.right
        allowed = kind.rule in {PUBLIC, PERSON} or role in ROLES_OF_RIGHT[right]
        assert (answer.status == 403) == (not allowed), (pattern, answer.status)
        assert answer.status < 500, (pattern, answer.status)


def test_desks_open_to_their_roles_alone(server):
    assert server.browser("lin").get("/apps/exam_desk").status == 403
    assert server.browser("chen").get("/apps/exam_desk").status == 403
    assert server.browser("lin").get("/apps/nothing").status == 404


@pytest.mark.parametrize(
    "path", ["/", "/login", "/healthz", "/nowhere", "/api/v1/x/y", "/s/xxxxxxxxxxxxxxxxxxxxxx", "/static/site.css"]
)
def test_headers_are_everywhere(server, path):
    headers = server.browser().get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert "camera=()" in headers["Permissions-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Server"] is None


@pytest.mark.parametrize(
    "path",
    ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fsettings.py", "/static/%2e%2e%2f%2e%2e%2fx.py",
     "/static//etc/passwd", "/static/%00", "/static/forms%5c..%5capp.py", "/static/.hidden", "/static/CON",
     "/reports/../svc.sqlite", "/reports/%2e%2e/svc.sqlite", "/reports/..%2fkeys", "/apps/..%2fexam_desk", "/exam/%00",
     "/exam/..%2f..", "/s/%ed%a0%80", "/s/%e2%80%ae", "/s/'; DROP TABLE people", "/s/{{7*7}}", "/apps/%3Cscript%3E",
     "/%2e%2e%2f%2e%2e%2fetc/passwd", "/s/javascript:alert(1)"],
)  # fmt: skip
def test_bad_addresses_find_nothing(server, path):
    answer = server.browser("wang").get(path.replace(" ", "%20"))
    assert answer.status in {400, 404}
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text
    assert "49" not in re.findall(r"<p>(.*?)</p>", answer.text)


@pytest.mark.parametrize("query", ["template=nope", "token=abc", "theme=dark", "x=%00", "exam=" + "a" * 500])
def test_unknown_or_long_query_is_refused(server, query):
    answer = server.browser("wang").get(f"/apps/exam_desk?{query}")
    assert answer.status == 422
    assert "<main" in answer.text


def test_error_page_speaks_the_visitors_language(server):
    chinese = server.browser().get("/nowhere", Accept_Language="zh-CN").text
    english = server.browser().get("/nowhere", Accept_Language="en").text
    assert 'lang="zh-CN"' in chinese
    assert "does not exist" in english
    assert "does not exist" not in chinese


def test_static_files_cache_and_compress(server):
    page = server.browser().get("/login").text
    address = re.search(r'href="(/static/site\.css\?v=[0-9a-f]+)"', page)[1]
    answer = server.browser().get(address, Accept_Encoding="gzip")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    again = server.browser().get("/static/site.css", If_None_Match=answer.headers["Etag"])
    assert again.status == 304


def test_reports_are_listed_and_served_in_a_sandbox(server):
    folder = server.settings.home / "reports"
    folder.mkdir(exist_ok=True)
    (folder / "月报 2025-05.html").write_text("<!doctype html><title>x</title><script>alert(1)</script>", "utf-8")
    (folder / "secret.txt").write_text("no", "utf-8")
    browser = server.browser("chen")
    page = browser.get("/reports/").text
    link = re.search(r'href="(/reports/[^"]+html)"', page)[1]
    report = browser.get(link)
    assert report.status == 200
    assert report.headers["Content-Security-Policy"].startswith("sandbox;")
    assert browser.get("/reports/secret.txt").status == 404
    assert server.browser("lin").get(link).status == 403


def test_home_folder_is_closed_to_other_accounts(server):
    assert Path(server.settings.home).stat().st_mode & 0o077 == 0


def test_handler_without_a_rule_stops_the_start(monkeypatch, live):
    from svclib.web.base import Handler

    monkeypatch.setattr(routes, "_pages", lambda: [("/open", type("Forgotten", (Handler,), {}))])
    monkeypatch.setattr(routes, "_apps", lambda _voila: [])
    with pytest.raises(LookupError, match="/open"):
        routes.handlers(None)
