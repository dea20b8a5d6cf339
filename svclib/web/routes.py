"""All routes of the server, each with its rule. What is not listed here does not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tornado.web import RedirectHandler

from svclib.web.api import Api, OpenApi
from svclib.web.apps import App
from svclib.web.base import Guarded, Missing
from svclib.web.health import Health
from svclib.web.kernels import KernelEnd, KernelSocket, KernelState
from svclib.web.login import Login, Logout, Password, Preferences
from svclib.web.pages import STATIC
from svclib.web.portal import Portal
from svclib.web.reports import Making, RenderedReport, Reports
from svclib.web.rules import PERSON
from svclib.web.sheets import Exam, ExamPage, Survey, SurveyPage
from svclib.web.static import StaticFiles
from svclib.web.trail import Trail, TrailCheck

KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"
CALL = "(open|answers|submit)"
ID = "([A-Za-z0-9_-]+)"
VERSION = "(?P<version>[0-9a-f]{10})"

__all__ = ["Missing", "handlers"]


class VoilaFiles(StaticFiles):
    """Voila's own bundle and the widgets' extensions: the same for everybody, but for people who are signed in."""

    rule = PERSON
    anonymous = False


def handlers(voila: Any) -> list[Any]:
    """Give the routes of the server; every handler must have a rule.

    Raises
    ------
    LookupError
        A handler has no rule: it would be closed to everybody, which is never meant.
    """
    found = [*_pages(), *_sheets(), *_api(), *_apps(voila)]
    for route in found:
        kind = route[1]
        if kind is not RedirectHandler and not (issubclass(kind, Guarded) and kind.rule is not None):
            raise LookupError(f"the route {route[0]} has no rule")
    return found


def _pages() -> list[Any]:
    return [
        (r"/", Portal),
        (r"/login", Login),
        (r"/logout", Logout),
        (r"/password", Password),
        (r"/preferences", Preferences),
        (r"/healthz", Health),
        (r"/reports", RedirectHandler, {"url": "/reports/"}),
        (r"/reports/", Reports),
        (r"/reports/making", Making),
        (r"/reports/(.+)", RenderedReport),
        (r"/trail", Trail),
        (r"/trail/check", TrailCheck),
        (r"/static/(?P<path>.+)", StaticFiles, {"roots": [STATIC]}),
    ]


def _sheets() -> list[Any]:
    return [
        (rf"/exam/{ID}", ExamPage),
        (rf"/exam/{ID}/{CALL}", Exam),
        (rf"/s/{ID}", SurveyPage),
        (rf"/s/{ID}/{CALL}", Survey),
    ]


def _api() -> list[Any]:
    return [(r"/api/v1/openapi.json", OpenApi), (r"/api/v1/([a-z_]+)/([a-z_]+)", Api)]


def _apps(voila: Any) -> list[Any]:
    extensions = [path for path in map(Path, voila.labextensions_path) if path.is_dir()]
    statics = [path for path in map(Path, voila.static_paths) if path.is_dir()]
    return [
        (r"/apps/([a-z0-9_]+)", App),
        (rf"/api/kernels/{KERNEL}", KernelState),
        (rf"/api/kernels/{KERNEL}/channels", KernelSocket),
        (rf"/voila/api/shutdown/{KERNEL}", KernelEnd),
        (rf"/voila/static/{VERSION}/(?P<path>.+)", VoilaFiles, {"roots": statics}),
        (rf"/voila/labextensions/{VERSION}/(?P<path>.+)", VoilaFiles, {"roots": extensions}),
        (r"/voila/api/themes/(?P<path>.+)", VoilaFiles, {"roots": [Path(voila.themes_dir)]}),
    ]
