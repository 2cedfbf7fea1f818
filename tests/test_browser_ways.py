"""Other ways to be at the page: a phone, keys alone, no JavaScript, a password, a link, odd names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from browser import visiting
from browser_world import first_choice, garments, paid_service, portfolio_of, wait_for_end
from web_server import Server, serving, wait_until

pytestmark = [pytest.mark.takes_long, pytest.mark.timeout(180)]

TOKEN = "a token that nobody guesses"
#: Names that would do harm, or look wrong, were they shown as they are.
MARKUP = '"><img src=x onerror=alert(1)><b>bold.jpg'
HEBREW = "שמלה אדומה.jpg"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str]]]:
    """A server with an analyzed portfolio, and the address of each kind of page."""
    place = tmp_path_factory.mktemp("shop")
    with serving(place) as server:
        garments(place / "spring", 12)
        (place / "spring" / HEBREW).write_bytes((place / "spring" / "look-03.jpg").read_bytes() + b"\0")
        (place / "spring" / ("long " * 40 + ".jpg")).write_bytes(b"\xff\xd8\xff\xe0 broken")
        portfolio = server.portfolio("Spring " + "and summer " * 12, place / "spring")
        run = server.run(portfolio)
        server.wait_for_end(run)
        picture = server.get(f"/portfolios/{portfolio}/images")["images"][0]["id"]
        base = f"/portfolios/{portfolio}"
        below = {name: f"{base}/{name}" for name in ("profile", "review", "failures", "runs", "edit")}
        yield (
            server,
            {"front": "/", "gallery": base, "picture": f"/images/{picture}", "run": f"/runs/{run}", **below},
        )


@pytest.mark.parametrize("width", [320, 390, 768, 2560])
def test_no_page_is_wider_than_its_window(
    chromium: Browser, shop: tuple[Server, dict[str, str]], width: int
) -> None:
    server, pages = shop
    with visiting(chromium, server.origin, viewport={"width": width, "height": 844}) as visitor:
        wide = {}
        for name, path in pages.items():
            visitor.go(path)
            wide[name] = visitor.too_wide()
        assert {name: found for name, found in wide.items() if found} == {}


def test_on_a_phone_a_portfolio_is_chosen_analyzed_and_filtered(chromium: Browser, tmp_path: Path) -> None:
    phone: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with serving(tmp_path) as server, visiting(chromium, server.origin, **phone) as visitor:
        page = visitor.go("/")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose pictures or a ZIP").tap()
        chooser.value.set_files(garments(tmp_path / "spring", 8))
        page.wait_for_url("**/portfolios/*")
        page.get_by_role("button", name="Analyze", exact=True).tap()
        wait_for_end(page)
        expect(page.locator("#run-title")).to_have_text("Complete! Analyzed 8 images.")
        first_choice(page).tap()
        expect(page.locator("#found")).to_contain_text("of 8")
        assert visitor.too_wide() == []


def focused(page: Page) -> str:
    """What has the focus, in a few words."""
    told: str = page.evaluate(
        "() => `${document.activeElement.tagName} ${document.activeElement.id} "
        "${document.activeElement.name ?? ''} ${document.activeElement.textContent.trim().slice(0, 60)}`"
    )
    return told


def tab_to(page: Page, pattern: str, most: int = 120) -> None:
    """Press Tab until something like this has the focus."""
    seen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        seen.append(focused(page))
        if re.search(pattern, seen[-1]):
            return
    raise AssertionError(f"no Tab leads to {pattern!r}: {seen}")


def test_with_the_keyboard_alone_one_uploads_analyzes_filters_corrects_and_reviews(
    chromium: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path) as server, visiting(chromium, server.origin) as visitor:
        page = visitor.go("/")
        page.keyboard.press("Tab")
        assert "Skip to the content" in focused(page)
        with page.expect_file_chooser() as chooser:
            # Inside: Chromium takes note of who waits for the chooser later than of a key.
            tab_to(page, "Choose pictures")
            page.keyboard.press("Enter")
        chooser.value.set_files(garments(tmp_path / "spring", 8))
        page.wait_for_url("**/portfolios/*")
        tab_to(page, "BUTTON.*Analyze$")
        page.keyboard.press("Enter")
        wait_for_end(page)
        tab_to(page, "^INPUT  (pattern|color_palette) ")
        page.keyboard.press("Space")
        expect(page.locator("#found")).to_contain_text("of 8")
        page.goto(f"{visitor.origin}/portfolios/{portfolio_of(page)}")
        tab_to(page, "^A .*", 60)
        page.locator("#cards > li a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/images/*")
        first = page.url
        page.keyboard.press("ArrowRight")
        page.wait_for_url(lambda url: "/images/" in url and url != first)
        page.keyboard.press("ArrowLeft")
        page.wait_for_url(first)
        tab_to(page, "field-neckline")
        page.keyboard.type("halter")
        tab_to(page, "Save corrections")
        page.keyboard.press("Enter")
        expect(page.locator(".field.corrected #field-neckline")).to_have_value("halter")


def test_what_has_the_focus_can_be_seen(chromium: Browser, shop: tuple[Server, dict[str, str]]) -> None:
    server, pages = shop
    with visiting(chromium, server.origin) as visitor:
        page = visitor.go(pages["gallery"])
        for _ in range(25):
            page.keyboard.press("Tab")
            shown = page.evaluate(
                """() => {
                  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(document.activeElement);
                  return (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none";
                }"""
            )
            assert shown, focused(page)


def test_without_javascript_one_uploads_analyzes_watches_filters_and_corrects(
    chromium: Browser, tmp_path: Path
) -> None:
    with (
        paid_service(tmp_path, "--median", "1.0", ANALYSIS_CONCURRENCY="4") as server,
        visiting(chromium, server.origin, java_script_enabled=False) as visitor,
    ):
        page = visitor.go("/")
        page.get_by_label("Name of the portfolio").fill("By form")
        page.locator("#upload-files").set_input_files(garments(tmp_path / "spring", 12))
        page.get_by_role("button", name="Upload", exact=True).click()
        page.wait_for_url("**/portfolios/*")
        expect(page.get_by_role("heading", level=1)).to_have_text("By form")
        expect(page.locator("#cards > li")).to_have_count(12)
        page.get_by_role("button", name="What will it take?").click()
        expect(page.locator("#estimate")).to_contain_text("12")
        page.get_by_role("button", name="Analyze", exact=True).click()
        # The page is loaded anew every few seconds, by itself.
        expect(page.locator("#run-title")).to_have_text(re.compile(r"^Analyzing image \d+ of 12\.\.\.$"))
        expect(page.locator("#run-title")).to_have_text("Complete! Analyzed 12 images.")
        first_choice(page).check()
        page.get_by_role("button", name="Show these").click()
        expect(page.locator("#found")).to_contain_text("of 12")
        page.locator("#cards > li a").first.click()
        page.locator("#field-neckline").select_option("halter")
        page.get_by_role("button", name="Save corrections").click()
        expect(page.locator(".field.corrected #field-neckline")).to_have_value("halter")
        page.goto(f"{visitor.origin}/portfolios/{server.get('/portfolios')['portfolios'][0]['id']}/edit")
        page.get_by_label("Name", exact=True).fill("Renamed")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Renamed")


def test_whoever_wants_no_motion_gets_none(chromium: Browser, shop: tuple[Server, dict[str, str]]) -> None:
    server, pages = shop
    with visiting(chromium, server.origin, reduced_motion="reduce") as visitor:
        for name in ("front", "gallery", "picture", "profile"):
            page = visitor.go(pages[name])
            moving = page.evaluate(
                """() => [...document.querySelectorAll("*")].filter((each) => {
                  const style = getComputedStyle(each);
                  const longest = (list) => Math.max(...list.split(",").map((each) => parseFloat(each)));
                  return longest(style.transitionDuration) > 0.01 || longest(style.animationDuration) > 0.01;
                }).map((each) => each.tagName + "." + each.className)"""
            )
            assert moving == [], name


def test_a_server_with_a_token_shows_nothing_before_it_is_given(chromium: Browser, tmp_path: Path) -> None:
    with serving(tmp_path, MANYEYES_TOKEN=TOKEN) as server:
        server.headers["Authorization"] = f"Bearer {TOKEN}"
        garments(tmp_path / "spring", 3)
        portfolio = server.portfolio("Spring", tmp_path / "spring")
        with visiting(chromium, server.origin) as visitor:
            page = visitor.go(f"/portfolios/{portfolio}")
            assert "/sign-in" in page.url
            page.get_by_label("Token").fill("not this one")
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("alert")).to_be_visible()
            page.get_by_label("Token").fill(TOKEN)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(f"**/portfolios/{portfolio}")
            expect(page.locator("#cards > li")).to_have_count(3)
            page.get_by_role("button", name="Analyze", exact=True).click()
            wait_for_end(page)
            (cookie,) = [each for each in visitor.context.cookies() if each["httpOnly"]]
            assert cookie["sameSite"] == "Strict"
            assert TOKEN not in page.content() + str(visitor.context.cookies())
            page.get_by_role("button", name="Sign out").click()
            visitor.go("/")
            assert "/sign-in" in page.url
            visitor.forgive("401|403|status of 4")


def test_a_shared_link_shows_the_portfolio_and_lets_nothing_be_changed(
    chromium: Browser, tmp_path: Path
) -> None:
    with serving(tmp_path, MANYEYES_TOKEN=TOKEN) as server:
        server.headers["Authorization"] = f"Bearer {TOKEN}"
        garments(tmp_path / "spring", 5)
        portfolio = server.portfolio("Spring", tmp_path / "spring")
        server.wait_for_end(server.run(portfolio))
        made = server.post(f"/portfolios/{portfolio}/shares")
        with visiting(chromium, server.origin) as client:
            page = client.go(made["path"])
            expect(page.locator("#cards > li")).to_have_count(5)
            wait_until(
                lambda: page.evaluate("() => [...document.images].every((each) => each.naturalWidth > 0)"),
                "the pictures",
            )
            for words in ("Analyze", "Rename", "Delete", "Share", "Add pictures", "Save corrections"):
                expect(page.get_by_text(words, exact=True)).to_have_count(0)
            page.get_by_role("link", name="Style profile").click()
            expect(page.locator("figure.plotted").first).to_be_visible()
            page.get_by_role("link", name="Gallery").click()
            page.locator("#cards > li a").first.click()
            expect(page.locator("form#descriptor")).to_have_count(0)
            assert page.locator("form[method=post]:not([data-theme-form])").count() == 0
            server.ask("DELETE", f"/api/portfolios/{portfolio}/shares/{made['id']}")
            client.forgive("status of 4")
            client.go(made["path"])
            expect(page.locator("#cards")).to_have_count(0)


def test_names_with_markup_are_shown_as_they_are_and_do_nothing(chromium: Browser, tmp_path: Path) -> None:
    data = garments(tmp_path / "spring", 2)
    with serving(tmp_path) as server, visiting(chromium, server.origin) as visitor:
        alerts: list[str] = []

        def alerted(dialog: Dialog) -> None:
            alerts.append(dialog.message)
            dialog.dismiss()

        visitor.page.on("dialog", alerted)
        portfolio = server.post("/portfolios", {"name": "<script>alert(1)</script> & co"})["id"]
        files = [
            ("files", (name, path.read_bytes())) for name, path in zip((MARKUP, HEBREW), data, strict=True)
        ]
        receipt = server.ask("POST", f"/api/portfolios/{portfolio}/images", files=files).json()
        assert len(receipt["added"]) == 2
        server.wait_for_end(server.run(portfolio))
        page = visitor.go(f"/portfolios/{portfolio}")
        expect(page.get_by_role("heading", level=1)).to_have_text("<script>alert(1)</script> & co")
        named = page.locator("#cards > li", has_text="onerror")
        expect(named).to_contain_text("<img src=x onerror=alert(1)>")
        assert page.locator("img[src=x], img[onerror]").count() == 0
        hebrew = page.locator("#cards > li bdi", has_text="שמלה")
        assert hebrew.evaluate("(each) => getComputedStyle(each).direction") == "rtl"
        for path in ("/", f"/portfolios/{portfolio}/profile", f"/portfolios/{portfolio}/failures"):
            visitor.go(path)
            assert page.locator("img[src=x], img[onerror], main script").count() == 0
        visitor.go(f"/portfolios/{portfolio}")
        named.locator("a").first.click()
        expect(page.locator(".seen")).to_contain_text("onerror=alert(1)")
        assert alerts == []


def test_the_theme_is_chosen_and_kept(chromium: Browser, shop: tuple[Server, dict[str, str]]) -> None:
    server, pages = shop
    with visiting(chromium, server.origin) as visitor:
        page = visitor.go(pages["gallery"])
        button = page.locator("[data-theme-button]")
        while page.locator("html").get_attribute("data-theme") != "dark":
            button.click()
        dark = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == dark
