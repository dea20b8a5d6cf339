"""Chromium for the benchmarks and the browser tests: Debian's, quiet, one page at a time."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A running headless Chromium (``SVC_TEST_CHROMIUM`` or the one on the path)."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("SVC_TEST_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


def sign_in(page: Any, address: str, login: str, password: str) -> None:
    """Sign in by the form."""
    page.goto(f"{address}/login")
    page.fill("#login", login)
    page.fill("#password", password)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{address}/**")
