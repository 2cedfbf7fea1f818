"""Chromium, as the benchmarks of the page drive it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

#: Milliseconds of a task from which on a person feels that the page hangs (web.dev, "Long tasks").
LONG = 50.0
_PAINT = """() => new Promise((done) => new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.name === "first-contentful-paint") done(entry.startTime);
}).observe({ type: "paint", buffered: true }))"""
#: What a trace has to tell: each task of the main thread, and what scripts ran in it.
_CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline", "v8", "v8.execute"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. Ends the process where there is none."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("without chromium there is nothing to measure: `apt-get install chromium`")
    with sync_playwright() as playwright:
        root = os.geteuid() == 0
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=not root)
        yield browser
        browser.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page with nothing in its cache."""
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        yield page


def first_paint(page: Page, address: str) -> float:
    """Milliseconds from asking for a page to its first contentful paint."""
    page.goto(address)
    milliseconds: float = page.evaluate(_PAINT)
    return milliseconds


class Traced:
    """What the main thread of a page did while the block was carried out."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self._browser = browser
        self._page = page
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Traced:
        self._browser.start_tracing(page=self._page, categories=_CATEGORIES)
        return self

    def __exit__(self, *_: object) -> None:
        self.events = json.loads(self._browser.stop_tracing())["traceEvents"]

    def long_tasks(self, script: str) -> list[float]:
        """Milliseconds of each task longer than `LONG` in which the script of that name ran."""
        ours = [
            (each["pid"], each["tid"], each["ts"])
            for each in self.events
            if each.get("ph") == "X" and script in _address(each)
        ]
        return [
            each["dur"] / 1000
            for each in self.events
            if each.get("ph") == "X"
            and each["name"].endswith("RunTask")
            and each.get("dur", 0) > 1000 * LONG
            and any(
                (pid, tid) == (each["pid"], each["tid"]) and each["ts"] <= ts <= each["ts"] + each["dur"]
                for pid, tid, ts in ours
            )
        ]

    def scripted(self, script: str) -> int:
        """How many times the script of that name was called: none means that nothing was looked at."""
        return sum(each.get("ph") == "X" and script in _address(each) for each in self.events)


def _address(event: dict[str, Any]) -> str:
    data = event.get("args", {}).get("data", {})
    return str(data.get("url", "")) if isinstance(data, dict) else ""
