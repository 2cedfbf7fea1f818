"""Servers that browser tests look at, the services behind them, and pictures to drop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from browser import PATIENCE
from command_line import provider_process
from manyeyes.lab.sample import draw_garment
from web_server import Server, serving

#: Keeps every message that the head of a run shows, in order.
LISTEN = """() => {
  window.messages = [];
  const look = () => {
    const text = document.querySelector("#run-title")?.textContent.trim();
    if (text && text !== window.messages.at(-1)) window.messages.push(text);
  };
  look();
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true });
}"""

expect.set_options(timeout=PATIENCE)


def garments(folder: Path, count: int) -> list[Path]:
    """So many drawn garments of a size that is soon uploaded, no two alike."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for number in range(1, count + 1):
        picture = draw_garment(number)[0].convert("RGB")
        picture.thumbnail((480, 480))
        drawn.append(folder / f"look-{number:02}.jpg")
        picture.save(drawn[-1], "JPEG", quality=85)
    return drawn


@contextmanager
def paid_service(place: Path, *weather: str, **environment: str) -> Iterator[Server]:
    """A server whose analyzer is Replicate unless somebody says otherwise, and a stand-in behind it.

    The stand-in's journal is `journal.jsonl`; it answers after `--median` seconds, the same for each.
    """
    with (
        provider_process(place, "--cv", "0", *weather) as there,
        serving(place, MANYEYES_ANALYZER="replicate", **there, **environment) as server,
    ):
        yield server


def command_environment(server: Server) -> dict[str, str]:
    """What the command line needs to share the server's store and analyzer."""
    return {**server.environment, "MANYEYES_DATA": str(server.data)}


def portfolio_of(page: Page) -> str:
    """The id in the address of the page."""
    found = re.search(r"/portfolios/([^/?#]+)", page.url)
    assert found is not None, page.url
    return found[1]


def run_of(page: Page) -> str:
    """The run that the page shows."""
    run = page.locator("#run").get_attribute("data-run")
    assert run is not None
    return run


def wait_for_end(page: Page) -> None:
    """Until the page says that its run has ended."""
    expect(page.locator("#run[data-state]:not([data-state=running])")).to_be_attached()


def first_choice(page: Page) -> Locator:
    """The first value of the first facet, unfolded where it was folded away."""
    for folded in (page.locator("#filters > details"), page.locator("details.facet").first):
        if folded.get_attribute("open") is None:
            folded.locator("summary").first.click()
    return page.locator("details.facet").first.locator("input").first


def counted(page: Page) -> int:
    """How many pictures have ended, by the page's bar."""
    value = page.locator("#run progress").get_attribute("value")
    return int(value or 0)
