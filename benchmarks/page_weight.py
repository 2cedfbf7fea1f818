"""What each page weighs on the wire without its pictures, in a browser that has never been there.

The portfolio has 60 drawn garments, analyzed by `local`. Counted is every byte of
every answer that a page brings about, headers too, as the browser received them; pictures are left out.

    python benchmarks/page_weight.py

Exits with 1 where a page is too heavy.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from machine import machine
from web_browser import chromium, fresh_page
from web_world import Server, archive_of, garments, serving

#: Bytes.
GOAL = 60_000
PICTURES = 60


def pages_of(server: Server, place: Path) -> Mapping[str, str]:
    """Every kind of page, by what it is."""
    archive = archive_of(place / "shop.zip", garments(PICTURES))
    empty = server.ask("POST", "/api/portfolios", {"name": "empty"})["id"]
    portfolio = server.portfolio("shop", archive)
    run = server.run(portfolio, analyzer="local")
    server.ended(run)
    image = server.ask("GET", f"/api/portfolios/{portfolio}/images")["images"][0]["id"]
    base = f"/portfolios/{portfolio}"
    return {
        "portfolios": "/",
        "an empty portfolio": f"/portfolios/{empty}",
        "gallery": base,
        "style profile": f"{base}/profile",
        "review": f"{base}/review",
        "failures": f"{base}/failures",
        "runs": f"{base}/runs",
        "one run": f"/runs/{run}",
        "one picture": f"/images/{image}",
        "rename, share, delete": f"{base}/edit",
        "an error": "/portfolios/nothing",
        "sign in": "/sign-in",
    }


def weight(browser: Browser, address: str) -> Counter[str]:
    """Bytes received for a page, by kind."""
    kinds: dict[str, str] = {}
    bytes_of: Counter[str] = Counter()
    with fresh_page(browser) as page:

        def answered(event: dict[str, Any]) -> None:
            kinds[event["requestId"]] = event["type"]

        def loaded(event: dict[str, Any]) -> None:
            bytes_of[kinds.get(event["requestId"], "Other")] += int(event["encodedDataLength"])

        wire = page.context.new_cdp_session(page)
        wire.on("Network.responseReceived", answered)
        wire.on("Network.loadingFinished", loaded)
        wire.send("Network.enable")
        page.goto(address, wait_until="networkidle")
    return bytes_of


def main() -> int:
    """Print a row for each page; 1 where one is too heavy."""
    print(machine())
    heaviest = 0
    print("| page | document | style | script | other | without pictures | pictures |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server, chromium() as browser:
        for name, path in pages_of(server, Path(folder)).items():
            found = weight(browser, server.origin + path)
            pictures = found.pop("Image", 0)
            whole = sum(found.values())
            parts = [found.pop(kind, 0) for kind in ("Document", "Stylesheet", "Script")]
            shown = [*parts, sum(found.values()), whole, pictures]
            print(f"| {name} | {' | '.join(f'{each / 1000:.1f} KB' for each in shown)} |")
            heaviest = max(heaviest, whole)
    print(f"\nThe heaviest page: {heaviest / 1000:.1f} KB; goal: under {GOAL / 1000:.0f} KB.")
    return int(heaviest >= GOAL)


if __name__ == "__main__":
    sys.exit(main())
