"""A gallery of many pictures beside one of few: the first paint, and whether scrolling hangs.

Both are portfolios of drawn garments, analyzed by `local`, in the same store. Each paint is that of a
browser with nothing in its cache, few and many in turns; small pictures have been made before. A scroll
turns the wheel by a window's height and waits for the pictures that it brings; of each ten, the tasks
longer than 50 ms are counted in which the page's own script ran, as the browser's trace tells.

    python benchmarks/gallery_page.py [--many 10000] [--few 50] [--rounds 5]

Exits with 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from machine import machine, spread
from web_browser import Traced, chromium, first_paint, fresh_page
from web_world import Server, archive_of, garments, serving

#: First paint of many over that of few.
GOAL = 2.0
SCROLLS = 10
SCRIPT = "page.js"
_STILL = """() => [...document.images].every((image) => {
  const { top, bottom } = image.getBoundingClientRect();
  return bottom < 0 || top > innerHeight || image.complete;
})"""
#: There is a window's height left to scroll by, as the next cards have come.
_MORE = "() => document.documentElement.scrollHeight - innerHeight - scrollY > 900"


def filled(server: Server, place: Path, count: int) -> str:
    """The page of a portfolio of so many analyzed pictures."""
    archive = archive_of(place / f"{count}.zip", garments(count))
    portfolio = server.portfolio(f"{count} garments", archive)
    begun = time.monotonic()
    server.ended(server.run(portfolio, analyzer="local"))
    print(f"{count:,} pictures analyzed in {time.monotonic() - begun:.0f} s")
    return f"{server.origin}/portfolios/{portfolio}"


def painted(browser: Browser, address: str) -> float:
    """Milliseconds to the first paint, in a browser that has never been there."""
    with fresh_page(browser) as page:
        return first_paint(page, address)


def scrolled(browser: Browser, address: str) -> tuple[list[float], int]:
    """Milliseconds of the long tasks of ten scrolls, and how many cards there were at the end."""
    with fresh_page(browser) as page:
        page.goto(address)
        page.wait_for_function(_STILL)
        page.mouse.move(900, 600)
        with Traced(browser, page) as traced:
            for _ in range(SCROLLS):
                page.wait_for_function(_MORE)
                before = page.evaluate("() => scrollY")
                page.mouse.wheel(0, 900)
                page.wait_for_function(f"() => scrollY >= {before} + 850")
                page.wait_for_function(_STILL)
        if not traced.scripted(SCRIPT):
            raise RuntimeError(f"{SCRIPT} did not run while scrolling: nothing was measured")
        return traced.long_tasks(SCRIPT), page.locator("#cards > li").count()


def main() -> int:
    """Print the figures; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--many", type=int, default=10_000)
    parser.add_argument("--few", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, chromium() as browser:
        pages = {count: filled(server, Path(folder), count) for count in (options.few, options.many)}
        for address in pages.values():
            # The small pictures are made, and the modules of the server are there.
            scrolled(browser, address) if address == pages[options.many] else painted(browser, address)
        paints: dict[int, list[float]] = {count: [] for count in pages}
        for _ in range(options.rounds):
            for count, address in pages.items():
                paints[count].append(painted(browser, address))
        scrolls = [scrolled(browser, pages[options.many]) for _ in range(options.rounds)]
    few, many = paints[options.few], paints[options.many]
    ratio = statistics.median(many) / statistics.median(few)
    hangs = [len(tasks) for tasks, _ in scrolls]
    longest = max((task for tasks, _ in scrolls for task in tasks), default=0.0)
    print("| what | figure | goal |\n|---|---|---|")
    print(f"| first paint, {options.few:,} pictures | {spread(few)} ms | |")
    print(f"| first paint, {options.many:,} pictures | {spread(many)} ms | |")
    print(f"| many over few | {ratio:.2f} | ≤ {GOAL:g} |")
    print(f"| long tasks of our script in {SCROLLS} scrolls | {spread(hangs)} | 0 |")
    print(f"| the longest of them | {longest:.0f} ms | |")
    print(f"| pictures on the page after the last scroll | {scrolls[-1][1]} | |")
    return int(ratio > GOAL or statistics.median(hangs) > 0)


if __name__ == "__main__":
    sys.exit(main())
