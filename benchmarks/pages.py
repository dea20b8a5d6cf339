"""A customer's survey page in Chromium: from navigation to the first question that can be answered.

Aim: ≤ 1 s. Every visit has an empty browser cache; the median counts.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

from benchmarks.browser import chromium
from benchmarks.saves import collector_token
from benchmarks.server import demonstration, start
from svclib.store import Store

VISITS = 15
FIRST = '#form input[type="radio"]'


def visit(browser: Any, address: str, *, phone: bool) -> tuple[float, int, int]:
    """Open the page once with an empty cache: seconds, bytes received, requests to other hosts."""
    size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 900}
    context = browser.new_context(viewport=size, locale="zh-CN")
    page = context.new_page()
    elsewhere: list[str] = []
    own = address.split("/s/")[0]
    page.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(own) else None)
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector(FIRST, state="attached")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => done()))")
    seconds = time.perf_counter() - begun
    sizes = "performance.getEntries().reduce((sum, one) => sum + (one.transferSize || 0), 0)"
    received = int(page.evaluate(sizes))
    context.close()
    return seconds, received, len(elsewhere)


def main(full: bool = False) -> dict[str, float]:
    """Measure `VISITS` cold visits on a phone's and on a desktop's screen."""
    with demonstration(0.02) as settings:
        with Store.open(settings.store, settings=settings) as store:
            token = collector_token(store)
        server = start(settings)
        try:
            with chromium() as browser:
                address = f"{server.address}/s/{token}"
                visit(browser, address, phone=True)
                phones = [visit(browser, address, phone=True) for _visit in range(VISITS)]
                desktops = [visit(browser, address, phone=False) for _visit in range(VISITS)]
        finally:
            server.stop()
    return {
        "phone, median s": statistics.median(seconds for seconds, _bytes, _other in phones),
        "phone, slowest s": max(seconds for seconds, _bytes, _other in phones),
        "desktop, median s": statistics.median(seconds for seconds, _bytes, _other in desktops),
        "kB received": phones[0][1] / 1000,
        "requests elsewhere": sum(other for _seconds, _bytes, other in phones + desktops),
    }
