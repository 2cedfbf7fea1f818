"""What pages say is true, and said in the words of the page rather than those of the command line."""

from __future__ import annotations

import re

import pytest

from drawn_pictures import encoded, quarters
from manyeyes.analyzers.base import Traits
from manyeyes.analyzers.scripted import Scripted
from manyeyes.model.errors import AnalyzerError, BadReply, ImageError, ManyeyesError, StoreError
from manyeyes.model.image import Preparation
from manyeyes.web.pages.remedies import advice_on
from page_place import A_DRESS, Page, served
from plain_browser import browsing

PAID = Traits("scripted", "scripted", "", Preparation(longest_edge=768), paid=True)


def kinds_below(error: type[ManyeyesError]) -> list[str]:
    """How errors of this class and those below it are spelt."""
    return [error.kind, *(kind for each in error.__subclasses__() for kind in kinds_below(each))]


#: Every way in which a picture can fail: two only gather others, and one is of a whole portfolio.
KINDS = [
    kind
    for root in (ImageError, AnalyzerError, BadReply, StoreError)
    for kind in kinds_below(root)
    if kind not in ("image_error", "analyzer_error", "not_written")
]


@pytest.mark.parametrize("kind", KINDS)
def test_what_to_do_about_a_failure_is_said_in_words_of_the_page(kind: str) -> None:
    assert advice_on(kind) != advice_on("of another version"), kind
    assert not re.search(r"--|command|\brun\b", advice_on(kind))


@served()
async def test_a_picture_that_cannot_be_decoded_is_named_and_not_shown_as_a_broken_one(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    torn = encoded(quarters(64, 48), "JPEG")
    await page.upload(portfolio, {"torn.jpg": torn})
    [path] = page.house.data.rglob("torn.jpg")
    path.write_bytes(torn[:300])
    await page.run(portfolio)
    images = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    [failed] = [each["id"] for each in images if each["status"] == "failed"]
    async with browsing(page) as browser:
        for path_ in (f"/portfolios/{portfolio}", "/", f"/images/{failed}"):
            seen = await browser.see(path_)
            shown = [told["src"] for tag, told in seen.tags if tag == "img"]
            assert not [src for src in shown if failed in src], path_
        assert "Failure(" not in seen.text
        assert "'torn.jpg' cannot be decoded" in seen.text
        failures = await browser.see(f"/portfolios/{portfolio}/failures")
        assert advice_on("unreadable_image") in failures.text


@served()
async def test_a_portfolio_without_pictures_offers_to_add_some_and_nothing_to_analyze(page: Page) -> None:
    portfolio = await page.portfolio()
    async with browsing(page) as browser:
        seen = await browser.see(f"/portfolios/{portfolio}")
        assert "Analyze" not in seen.text
        assert seen.links.count(f"/portfolios/{portfolio}/edit#add") == 2
        assert "No pictures yet" in (await browser.see("/")).text


@served(lambda: Scripted(A_DRESS, traits=PAID))
async def test_an_estimate_knows_of_the_cap_on_calls(page: Page) -> None:
    portfolio = await page.portfolio("one.png", "two.png", "three.png")
    path = f"/portfolios/{portfolio}/estimate"
    told = (await page.client.get(f"{path}?most_calls=2")).text
    assert told.startswith("3 pictures to look at")
    assert "of which at most 2 until your cap on calls is reached" in told
    assert "2 calls at most" in told
    asked = {"budget": 2}
    api = (await page.client.post(f"/api{path}", json=asked)).json()
    assert (api["calls"], api["mostCalls"]) == (2, 2)


@served()
async def test_the_form_names_what_the_server_was_set_up_with(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    async with browsing(page) as browser:
        seen = await browser.see(f"/portfolios/{portfolio}")
        of = {told["id"]: told for _, told in seen.tags if "id" in told}
        options = [told for tag, told in seen.tags if tag == "option" and "data-model" in told]
        assert options[0]["value"] == ""
        assert of["model"]["placeholder"] == options[0]["data-model"] == "measured-1"
        assert of["concurrency"]["placeholder"] == page.house.default_concurrency
        assert "local: free" in seen.text
