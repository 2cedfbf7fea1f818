"""What pages are made of: nothing inline, nothing from elsewhere, and every strange name as text."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from manyeyes.analyzers.scripted import Scripted
from manyeyes.web.pages.rendering import WEB, environment
from page_place import Page, picture, served
from plain_browser import Browser, Seen, browsing

TEMPLATES = sorted((WEB / "templates").glob("*.html"))
STATIC = sorted((WEB / "static").iterdir())

HOSTILE = (
    "<img src=x onerror=alert(1)>.png",
    '"><script>alert(2)</script>.png',
    "'{{ 7 * 7 }}{% raw %}.png",
    "\u202eשמלה אדומה 👗.png",
    "very " + "long " * 40 + ".png",
)
#: Words of a model that would be markup.
HOSTILE_ANSWER = (
    '{"garment_type": "dress", "background": "<script>alert(3)</script>", "confidence": 0.2,'
    ' "style_labels": [{"name": "<b onmouseover=alert(4)>bold", "score": 0.5}],'
    ' "embellishments": ["</textarea><script>alert(5)</script>"],'
    ' "color_palette": [{"name": "\\"red", "hex": "#aa0000", "share": 1}],'
    ' "reasoning": "</p><iframe src=//evil.example>", "other": "<svg onload=alert(6)>"}'
)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_a_style_or_a_script_of_its_own(template: Path) -> None:
    source = template.read_text("utf-8")
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|<style|javascript:", source, re.IGNORECASE)
    for script in re.findall(r"<script[^>]*>.*?</script>", source, re.DOTALL):
        assert 'src="{{ static(' in script
        assert script.endswith("></script>")
    assert "|safe" not in source.replace(" ", "")
    assert "autoescape" not in source


@pytest.mark.parametrize("path", [*TEMPLATES, *STATIC], ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text("utf-8"))
    # The namespace of SVG is a name.
    assert set(addresses) <= {"http://www.w3.org"}
    assert not re.search(r"@import|url\(", path.read_text("utf-8"))


def test_all_that_templates_are_told_is_escaped() -> None:
    assert environment().autoescape is True
    assert environment().from_string("{{ it }}").render(it="<b>") == "&lt;b&gt;"


def check_markup(seen: Seen) -> None:
    """Only tags that our templates hold, none with a style or a script of its own."""
    assert seen.status == 200, seen.path
    for tag, told in seen.tags:
        assert tag not in ("iframe", "style", "object", "embed"), seen.path
        assert not [name for name in told if name.startswith("on") or name == "style"], (seen.path, tag, told)
        if tag == "script":
            assert told["src"].startswith("/static/page.js")
        if tag == "img":
            assert told["src"].startswith("/api/")
            assert "alt" in told


async def every_page(page: Page, browser: Browser, portfolio: str) -> list[Seen]:
    """All pages of a portfolio that was analyzed."""
    base = f"/portfolios/{portfolio}"
    [run, *_] = (await page.get(f"/api{base}/runs"))["runs"]
    images = (await page.get(f"/api{base}/images"))["images"]
    paths = ["/", base, f"{base}?style_labels=%3Cb%3E&q=%3Cscript%3E", f"/runs/{run['id']}"]
    paths += [f"{base}/{name}" for name in ("profile", "review", "failures", "runs", "edit")]
    paths += [f"/images/{one['id']}?q=%22%3E%3Cscript%3E" for one in images]
    return [await browser.see(path) for path in paths]


@served(lambda: Scripted(HOSTILE_ANSWER))
async def test_names_and_answers_that_hold_markup_are_shown_as_text_everywhere(page: Page) -> None:
    portfolio = await page.portfolio(name='<i>"Spring"</i> & שמלה')
    answer = await page.upload(portfolio, {name: picture(name) for name in HOSTILE})
    assert answer.json()["refused"] == []
    await page.run(portfolio)
    async with browsing(page) as browser:
        pages = await every_page(page, browser, portfolio)
        for seen in pages:
            check_markup(seen)
        gallery = pages[1].text
        assert '<i>"Spring"</i> & שמלה' in gallery
        assert "onerror=alert(1)>.png" in gallery
        assert "{{ 7 * 7 }}" in gallery
        of_pictures = " ".join(seen.markup for seen in pages if seen.path.startswith("/images"))
        assert "&lt;/textarea&gt;&lt;script&gt;alert(5)" in of_pictures
        for seen in pages:
            assert "alert(2)</script>" not in seen.markup


@served()
async def test_every_name_says_its_own_direction(page: Page) -> None:
    for name in ("春", "👗", "صيف"):
        assert name in (await page.get(f"/api/portfolios/{await page.portfolio(name=name)}"))["name"]
    portfolio = await page.portfolio("שמלה.png", name="אביב")
    async with browsing(page) as browser:
        seen = await browser.see(f"/portfolios/{portfolio}")
        assert {told.get("dir") for tag, told in seen.tags if tag == "bdi"} == {"auto"}
        assert re.search(r'<bdi dir="auto"[^>]*>שמלה\.png</bdi>', seen.markup)
        assert re.search(r'<h1><bdi dir="auto">אביב</bdi></h1>', seen.markup)


@served()
async def test_a_page_has_one_main_heading_and_its_landmarks(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    await page.run(portfolio)
    async with browsing(page) as browser:
        for seen in await every_page(page, browser, portfolio):
            tags = [tag for tag, _ in seen.tags]
            assert tags.count("h1") == 1, seen.path
            assert (tags.count("main"), tags.count("header"), tags.count("footer")) == (1, 1, 1)
            labelled = {told.get("for") for tag, told in seen.tags if tag == "label"}
            named = [
                told
                for tag, told in seen.tags
                if tag in ("input", "select", "textarea")
                and told.get("type") not in ("hidden", "checkbox")
                and "aria-label" not in told
            ]
            assert [told for told in named if told.get("id") not in labelled] == [], seen.path


@served()
async def test_what_is_not_there_is_said_on_a_page_that_leads_on(page: Page) -> None:
    async with browsing(page) as browser:
        for path in ("/nothing", "/portfolios/none", "/images/none", "/runs/none", "/shared/none"):
            seen = await browser.see(path)
            assert seen.status == 404
            assert seen.tags[0][0] == "html"
            assert "404" in seen.text
        assert "/" in (await browser.see("/nothing")).links


@served()
async def test_the_fullest_page_is_light(page: Page) -> None:
    names = [f"{number:03}.png" for number in range(60)]
    portfolio = await page.portfolio(*names)
    await page.run(portfolio)
    async with browsing(page) as browser:
        seen = await browser.see(f"/portfolios/{portfolio}")
    assert sum("card" in told.get("class", "").split() for _, told in seen.tags) == 60
    parts = [seen.markup.encode(), *(path.read_bytes() for path in STATIC)]
    assert sum(len(gzip.compress(part)) for part in parts) < 40_000


@served()
async def test_assets_are_compressed_and_kept_for_good_under_their_stamp(page: Page) -> None:
    async with browsing(page) as browser:
        seen = await browser.see("/")
        linked = [told.get("href") or told["src"] for tag, told in seen.tags if tag in ("link", "script")]
        assert len(linked) == 3
        for address in linked:
            answer = await browser.client.get(address)
            assert answer.status_code == 200
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["content-encoding"] == "gzip"
            plain = await browser.client.get(address, headers={"accept-encoding": "identity"})
            assert plain.content == answer.content
            stale = await browser.client.get(address.partition("?")[0])
            assert stale.headers["cache-control"] == "no-cache"
        for name in ("nothing.css", "..%2fapp.py", "%2e%2e/app.py"):
            assert (await browser.client.get(f"/static/{name}")).status_code == 404
