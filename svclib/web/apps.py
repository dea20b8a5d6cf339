"""``/apps/NAME``: a notebook as a page. Voila runs the cells; the frame, the rights and the kernel's world are ours."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

from tornado.iostream import StreamClosedError
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config

from svclib.errors import AccessDenied, InvalidInput, NotFound
from svclib.i18n import _, translate
from svclib.web import headers
from svclib.web.base import Handler
from svclib.web.desks import QUERY_KEYS, Desk, desk
from svclib.web.kernels import Kernels
from svclib.web.pages import context, environment, static_url
from svclib.web.rules import PERSON

HEARTBEAT_SECONDS = 10.0  # proxies close what is silent
LONGEST_VALUE = 200
TEMPLATES = Path(__file__).parent / "voila_template"


class App(Handler):
    """Runs a desk's notebook for the visitor and streams the page."""

    rule = PERSON
    query_keys: ClassVar[frozenset[str]] = QUERY_KEYS

    async def get(self, name: str) -> None:
        """Start a kernel and send the page as its cells finish."""
        found = desk(name)
        if found is None:
            raise NotFound(_("This page does not exist."))
        if not found.opens_to(self.signed_in):
            raise AccessDenied(_("This desk is not open to you. Ask your administrator for the role."))
        variables = self._variables()
        renderer = await self._renderer(found)
        kernels: Kernels = self.settings["kernel_manager"]
        home = Path(self.settings["kernel_home"])
        kernel_id = await kernels.start_for(self.signed_in.person_id, variables, home)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")
        try:
            await self._stream(renderer, kernel_id, kernels)
        except (StreamClosedError, asyncio.CancelledError):
            await kernels.shutdown_kernel(kernel_id, now=True)

    async def _stream(self, renderer: Any, kernel_id: str, kernels: Kernels) -> None:
        kernel = kernels.get_kernel(kernel_id)
        pieces = renderer.generate_content_generator(kernel_id, _ready(kernel))
        async for html in _with_heartbeat(pieces):
            self.write(html)
            await self.flush()

    def _variables(self) -> dict[str, str]:
        query = self.request.query
        if any(len(value) > LONGEST_VALUE for key in self.request.query_arguments
               for value in self.get_query_arguments(key)):  # fmt: skip
            raise InvalidInput(_("The address is too long."))
        return {
            "QUERY_STRING": query, "SVC_LANG": self.language, "SVC_THEME": self.theme,
            "SVC_ADDRESS": f"{self.request.protocol}://{self.request.host}",  # for links that an app gives away
            "VOILA_BASE_URL": "/", "VOILA_SERVER_URL": "/", "VOILA_PREHEAT": "False",
        }  # fmt: skip

    async def _renderer(self, found: Desk) -> NotebookRenderer:
        settings, voila = self.settings, self.settings["voila"]
        nonce = secrets.token_urlsafe(16)
        socket = ("wss://" if self.request.protocol == "https" else "ws://") + self.request.host
        self.set_header("Content-Security-Policy", headers.app_policy(nonce, socket))
        renderer = NotebookRenderer(
            request_handler=self, voila_configuration=voila.voila_configuration, traitlet_config=voila.config,
            notebook_path=f"{found.name}.ipynb", template_paths=[str(TEMPLATES), *voila.template_paths],
            config_manager=settings["config_manager"], contents_manager=settings["contents_manager"], base_url="/",
            kernel_spec_manager=settings["kernel_spec_manager"], mathjax_config=None, mathjax_url=None,
            page_config=self._page_config(found, nonce),
        )  # fmt: skip
        await renderer.initialize()
        return renderer

    def _page_config(self, found: Desk, nonce: str) -> dict[str, Any]:
        voila = self.settings["voila"]
        config = get_page_config("/", self.settings, voila.log, voila.voila_configuration)
        version = self.settings["assets_version"]
        config["fullStaticUrl"] = f"/voila/static/{version}"
        config["fullLabextensionsUrl"] = f"/voila/labextensions/{version}"
        config["settingsUrl"] = ""
        language = self.language
        title = translate(found.title, language)
        config["svc"] = {
            "nonce": nonce, "language": language, "theme": self.theme, "title": title,
            "header": _header(self, title), "static": static_url, "version": version,
            "words": {name: translate(text, language) for name, text in WORDS.items()},
        }  # fmt: skip
        return config


WORDS = {
    "brand": _("Service quality"),
    "skip": _("Skip to the content"),
    "starting": _("Opening …"),
    "running": _("Step {number} of {count}"),
    "failed": _("This part could not be shown. Reload the page; if it happens again, tell your administrator."),
    "script": _("This page needs JavaScript. Allow it for this site and reload the page."),
    "lost": _("The connection to this page has ended. Reload the page to go on; what was saved is kept."),
    "reload": _("Reload"),
}


def _header(handler: Handler, title: str) -> str:
    macros: Any = environment().get_template("header.html").make_module(context(handler))
    return str(macros.bar(title=title))


async def _ready(kernel: Any) -> Any:
    return kernel


async def _with_heartbeat(pieces: AsyncIterator[tuple[str, Any]]) -> AsyncIterator[str]:
    iterator = pieces.__aiter__()
    while True:
        step = asyncio.ensure_future(anext(iterator))
        while not (await asyncio.wait({step}, timeout=HEARTBEAT_SECONDS))[0]:
            yield "<!-- -->\n"
        try:
            html, _resources = step.result()
        except StopAsyncIteration:
            return
        yield html
