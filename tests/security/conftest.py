"""One server for all attacks; helpers beside this file: ``from fortress import …``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2]))

AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def fortress() -> Iterator[Any]:
    """The server on a small demonstration bank with traps in it; at its end no request may have failed inside."""
    from fortress import Fortress, furnish

    from benchmarks.server import demonstration, start

    with demonstration(0.02) as settings:
        ids = furnish(settings)
        server = start(settings)
        try:
            yield Fortress(server.address, settings, server.process.pid, ids, server.said)
        finally:
            server.stop()
    assert "Traceback" not in "".join(server.said)


@pytest.fixture
def untouched(fortress: Any) -> Iterator[None]:
    """Nothing may have been stored, and the server still answers."""
    before = fortress.counts()
    yield
    assert fortress.counts() == before
    assert fortress.stranger().get("/healthz").status == 200


@pytest.fixture(scope="session")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in frontend")
    return AXE.read_text("utf-8")


@pytest.fixture
def tab(chromium: Any, fortress: Any) -> Iterator[Any]:
    """Open tabs by role; none may ask another host, none may be stopped by its policy, no script may fail."""
    contexts, asked, faults = [], set(), []

    def open_tab(login: str | None = None, language: str = "en", width: int = 1280, theme: str = "light") -> Any:
        context = chromium.new_context(
            locale=language, viewport={"width": width, "height": 900}, color_scheme=theme, base_url=fortress.address,
            reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(20_000)
        contexts.append(context)
        if login:
            cookies = fortress.visitor(login).cookies
            context.add_cookies(
                [{"name": name, "value": value, "url": fortress.address} for name, value in cookies.items()]
            )
        page = context.new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert asked - {""} <= {urlsplit(fortress.address).netloc}
    assert faults == []
