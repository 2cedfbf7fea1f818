"""No page has anything that axe finds wrong, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from browser import visiting
from browser_world import garments, paid_service
from web_server import Server, serving, wait_until

pytestmark = [pytest.mark.takes_long, pytest.mark.timeout(180)]

TOKEN = "a token that nobody guesses"
Scheme = Literal["light", "dark"]
both = pytest.mark.parametrize("scheme", ["light", "dark"])
PHONE, DESK = (390, 844), (1280, 900)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str]]]:
    """A server with portfolios in every state but one that goes on, and the address of each kind of page."""
    place = tmp_path_factory.mktemp("shop")
    with paid_service(place, "--median", "0.05") as server:
        garments(place / "spring", 14)
        portfolio = server.portfolio("Spring", place / "spring")
        server.wait_for_end(server.run(portfolio, analyzer="local", limit=6))
        for name in ("look-01.jpg", "look-09.jpg"):
            # Damaged on the disk after it was taken.
            (path,) = (server.data / "portfolios").rglob(name)
            path.write_bytes(path.read_bytes()[:400])
        run = server.run(portfolio, analyzer="replicate", limit=12)
        assert server.wait_for_end(run)["progress"]["failed"] == 2
        images = server.get(f"/portfolios/{portfolio}/images", limit=100)["images"]
        of = {image["status"]: image["id"] for image in images}
        empty = server.post("/portfolios", {"name": "Nothing yet"})["id"]
        shared = server.post(f"/portfolios/{portfolio}/shares")["path"]
        base = f"/portfolios/{portfolio}"
        yield (
            server,
            {
                "front": "/",
                "empty portfolio": f"/portfolios/{empty}",
                "profile of nothing": f"/portfolios/{empty}/profile",
                "review of nothing": f"/portfolios/{empty}/review",
                "failures of nothing": f"/portfolios/{empty}/failures",
                "gallery": base,
                "gallery, filtered": f"{base}?status=failed",
                "gallery, nothing found": f"{base}?q=zebra",
                "profile": f"{base}/profile",
                "review": f"{base}/review",
                "failures": f"{base}/failures",
                "runs": f"{base}/runs",
                "edit": f"{base}/edit",
                "run": f"/runs/{run}",
                **{f"a picture, {status}": f"/images/{image}" for status, image in of.items()},
                "not found": "/portfolios/nothing",
                "shared": shared,
                "shared profile": f"{shared}/profile",
            },
        )


@both
@pytest.mark.parametrize("window", [PHONE, DESK])
def test_axe_finds_nothing_on_any_page(
    chromium: Browser, shop: tuple[Server, dict[str, str]], window: tuple[int, int], scheme: Scheme
) -> None:
    server, pages = shop
    seen = {"width": window[0], "height": window[1]}
    with visiting(chromium, server.origin, color_scheme=scheme, viewport=seen) as visitor:
        visitor.forgive("status of 404|status of 409")
        wrong = {}
        for name, path in pages.items():
            page = visitor.go(path)
            # What is folded away is looked at, too.
            page.evaluate("() => document.querySelectorAll('details').forEach((each) => (each.open = true))")
            wrong[name] = visitor.violations()
        assert {name: found for name, found in wrong.items() if found} == {}


@both
def test_axe_finds_nothing_on_a_page_that_watches_a_run(
    chromium: Browser, tmp_path: Path, scheme: Scheme
) -> None:
    with (
        paid_service(tmp_path, "--median", "4", ANALYSIS_CONCURRENCY="2") as server,
        visiting(chromium, server.origin, color_scheme=scheme) as visitor,
    ):
        garments(tmp_path / "spring", 12)
        portfolio = server.portfolio("Spring", tmp_path / "spring")
        run = server.run(portfolio)
        server.wait_for(run, 2)
        for path in (f"/portfolios/{portfolio}", f"/runs/{run}"):
            page = visitor.go(path)
            expect(page.locator("#run progress")).to_be_visible()
            page.evaluate("() => document.querySelectorAll('details').forEach((each) => (each.open = true))")
            assert visitor.violations() == []
        server.post(f"/runs/{run}/pause")
        expect(page.get_by_role("button", name="Go on")).to_be_visible()
        assert visitor.violations() == []


@both
def test_axe_finds_nothing_in_the_dialogs(
    chromium: Browser, shop: tuple[Server, dict[str, str]], scheme: Scheme
) -> None:
    server, pages = shop
    with visiting(chromium, server.origin, color_scheme=scheme) as visitor:
        # What is damaged has no small picture.
        visitor.forgive("status of 409")
        page = visitor.go(pages["gallery"])
        for name in ("Add pictures", "Share", "Rename", "Delete"):
            page.get_by_role("link", name=name, exact=True).click()
            expect(page.locator("dialog[open]")).to_be_visible()
            assert visitor.violations() == [], name
            page.keyboard.press("Escape")
            expect(page.locator("dialog[open]")).to_have_count(0)


@both
def test_axe_finds_nothing_where_something_went_wrong(
    chromium: Browser, shop: tuple[Server, dict[str, str]], tmp_path: Path, scheme: Scheme
) -> None:
    server, pages = shop
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    with visiting(chromium, server.origin, color_scheme=scheme) as visitor:
        visitor.forgive("status of 4|ERR_FAILED")
        page = visitor.go(pages["gallery"])
        visitor.drop([notes])
        expect(page.locator("[data-told=refused]")).to_contain_text("notes.txt")
        assert visitor.violations() == []
        page.keyboard.press("Escape")
        page.route("**/runs", lambda route: route.abort())
        page.get_by_role("button", name="Analyze what waits").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        assert visitor.violations() == []


@both
def test_axe_finds_nothing_where_one_begins_and_signs_in(
    chromium: Browser, tmp_path: Path, scheme: Scheme
) -> None:
    with (
        serving(tmp_path, MANYEYES_TOKEN=TOKEN) as server,
        visiting(chromium, server.origin, color_scheme=scheme) as visitor,
    ):
        page = visitor.go("/")
        wait_until(lambda: "/sign-in" in page.url, "the page to sign in on")
        assert visitor.violations() == []
        page.get_by_label("Token").fill("not this one")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert visitor.violations() == []
        page.get_by_label("Token").fill(TOKEN)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Drop a portfolio")
        assert visitor.violations() == []
        visitor.forgive("status of 4")


def test_the_tab_one_is_on_is_in_sight_on_a_narrow_phone(
    chromium: Browser, shop: tuple[Server, dict[str, str]]
) -> None:
    server, pages = shop
    with visiting(chromium, server.origin, viewport={"width": 320, "height": 700}) as visitor:
        page = visitor.go(pages["runs"])
        expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)
