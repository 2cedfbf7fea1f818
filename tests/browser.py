"""Chromium at a page, with everything written down that it asks for and that its console says."""

from __future__ import annotations

import base64
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, sync_playwright

#: Milliseconds after which what was waited for will not come any more.
PATIENCE = 20_000
#: The only host that may be asked; `blob:` and `data:` never leave the page.
HERE = "127.0.0.1"
#: What every page must hold to, of axe's rules: WCAG 2.2 A and AA, and what is held for good practice.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

DROP = """async ([selector, files]) => {
  const transfer = new DataTransfer();
  for (const { name, type, data } of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  const target = document.querySelector(selector);
  for (const kind of ["dragenter", "dragover", "drop"])
    target.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""

#: What there is to be seen beyond the width of the window.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .map((each) => [each.tagName + "." + each.className, Math.round(each.getBoundingClientRect().right)])
    .filter(([, right]) => right > width + 1).map(([name, right]) => `${name}: ${right}`);
}"""


@contextmanager
def chromium_of_the_system() -> Iterator[Browser]:
    """A browser, or a skipped test that says why there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("without chromium: install it, such as with `apt-get install chromium`")
    with sync_playwright() as playwright:
        try:
            # Chromium refuses to be root in its sandbox; anybody else is to have one.
            browser = playwright.chromium.launch(
                executable_path=program,
                chromium_sandbox=os.geteuid() != 0,
                # What names a host is written down; should it be missed, it still goes nowhere.
                args=[f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HERE}"],
            )
        except Error as error:
            pytest.skip(f"chromium does not start here: {error.message.splitlines()[0]}")
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visitor:
    """One person's browser: pages that share cookies, and what these pages did."""

    context: BrowserContext
    origin: str
    page: Page
    #: Everything said in the consoles of the pages, in order.
    said: list[str] = field(default_factory=list)
    #: What is wrong with that: errors, warnings, breaches of the security policy, exceptions.
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    #: Complaints that the test itself brings about, as patterns.
    forgiven: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Write down what this page does."""
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.wrong.append(f"exception: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))

    def _hear(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)
        if message.type in ("error", "warning", "assert"):
            self.wrong.append(f"{message.type}: {message.text}")

    def go(self, path: str) -> Page:
        """Open a page of the server."""
        self.page.goto(self.origin + path)
        return self.page

    def another(self) -> Page:
        """A second tab."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        self.listen(page)
        return page

    def drop(self, files: Sequence[Path], onto: str = "main") -> None:
        """Drag files from the desktop onto the page."""
        told = [
            {"name": each.name, "type": "", "data": base64.b64encode(each.read_bytes()).decode()}
            for each in files
        ]
        self.page.evaluate(DROP, [onto, told])

    def forgive(self, pattern: str) -> None:
        """Complaints like this one are what the test is about."""
        self.forgiven.append(pattern)

    @property
    def progress(self) -> list[str]:
        """The lines about how far the run is."""
        return [line for line in self.said if line.startswith("Analysis progress:")]

    def too_wide(self) -> list[str]:
        """What one would have to scroll sideways for."""
        found: list[str] = self.page.evaluate(TOO_WIDE)
        return found

    def violations(self) -> list[str]:
        """What axe finds wrong with the page as it stands: rule, element and remedy."""
        self.page.evaluate(AXE_SCRIPT)
        found: dict[str, Any] = self.page.evaluate(
            "(tags) => axe.run({resultTypes: ['violations'], runOnly: {type: 'tag', values: tags}})",
            list(RULES),
        )
        return [
            f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def check(self) -> None:
        """Nothing was complained of, and nobody else was asked."""
        wrong = [line for line in self.wrong if not any(re.search(each, line) for each in self.forgiven)]
        assert wrong == []
        others = [url for url in self.asked if not url.startswith(("blob:", "data:"))]
        elsewhere = [url for url in others if urlsplit(url).hostname != HERE]
        assert elsewhere == []


@contextmanager
def visiting(browser: Browser, origin: str, **options: Any) -> Iterator[Visitor]:
    """Somebody with a browser of their own, looked after until they leave. Options are Playwright's."""
    options.setdefault("viewport", {"width": 1280, "height": 900})
    with browser.new_context(accept_downloads=True, **options) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        visitor = Visitor(context, origin, page)
        visitor.listen(page)
        yield visitor
        visitor.check()
