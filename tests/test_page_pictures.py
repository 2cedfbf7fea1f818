"""Pictures over the API: the gallery and its filters, small versions, corrections, likenesses, exports."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path

from PIL import Image

from drawn_pictures import encoded, quarters
from manyeyes.analyzers.scripted import Scripted
from page_place import Page, picture, served, server

SCRIPT = {
    "dress.png": '{"garment_type": "dress", "pattern": "floral", "color_palette": ["red"], "confidence": 1}',
    "coat.png": '{"garment_type": "coat", "pattern": "solid", "color_palette": ["navy"], "confidence": 0.4}',
    "skirt.png": '{"garment_type": "skirt", "pattern": "solid", "color_palette": ["red"], "confidence": 0.6}',
}


def varied() -> Scripted:
    """An analyzer that sees something else in each."""
    return Scripted(SCRIPT)


async def analyzed(page: Page) -> str:
    """A portfolio of three different garments."""
    portfolio = await page.portfolio(*SCRIPT)
    await page.run(portfolio)
    return portfolio


async def names(page: Page, portfolio: str, query: str = "") -> list[str]:
    """What the gallery shows."""
    return [each["name"] for each in (await page.get(f"/api/portfolios/{portfolio}/images{query}"))["images"]]


@served(varied)
async def test_the_gallery_is_filtered_searched_and_sorted(page: Page) -> None:
    portfolio = await analyzed(page)
    assert await names(page, portfolio, "?garment_type=dress&garment_type=coat") == ["coat.png", "dress.png"]
    assert await names(page, portfolio, "?color_palette=red&pattern=solid") == ["skirt.png"]
    assert await names(page, portfolio, "?q=flor") == ["dress.png"]
    assert await names(page, portfolio, "?sort=confidence") == ["coat.png", "skirt.png", "dress.png"]
    assert await names(page, portfolio, "?below=0.5") == ["coat.png"]
    assert await names(page, portfolio, "?status=failed") == []


@served(varied)
async def test_the_gallery_is_paged_by_cursor(page: Page) -> None:
    portfolio = await analyzed(page)
    first = await page.get(f"/api/portfolios/{portfolio}/images?limit=2")
    assert (len(first["images"]), first["total"]) == (2, 3)
    second = await page.get(f"/api/portfolios/{portfolio}/images?limit=2&cursor={first['cursor']}")
    assert [each["name"] for each in second["images"]] == ["skirt.png"]
    assert second["cursor"] is None
    lost = await page.get(f"/api/portfolios/{portfolio}/images?cursor=nowhere", 404)
    assert lost["type"] == "urn:manyeyes:problem:no-such-page"


@served(varied)
async def test_facets_count_with_the_other_fields_filters_applied(page: Page) -> None:
    portfolio = await analyzed(page)
    told = (await page.get(f"/api/portfolios/{portfolio}/facets?pattern=solid&garment_type=coat"))["fields"]
    counts = {each["value"]: each["count"] for each in told["garment_type"]}
    assert counts == {"coat": 1, "skirt": 1}
    assert {each["value"]: each["count"] for each in told["pattern"]} == {"solid": 1}


@served(varied)
async def test_a_correction_is_shown_everywhere_and_the_models_words_stay(page: Page) -> None:
    portfolio = await analyzed(page)
    [image] = (await page.get(f"/api/portfolios/{portfolio}/images?garment_type=coat"))["images"]
    path = f"/api/images/{image['id']}/corrections/garment_type"
    answer = await page.client.put(path, json={"value": "Jacket"})
    assert (answer.json()["descriptor"]["garment_type"], answer.json()["corrected"]) == (
        "jacket",
        ["garment_type"],
    )
    assert await names(page, portfolio, "?garment_type=jacket") == ["coat.png"]
    assert await names(page, portfolio, "?corrected=true") == ["coat.png"]
    whole = await page.get(f"/api/images/{image['id']}")
    assert json.loads(whole["looks"][0]["raw"])["garment_type"] == "coat"
    wrong = await page.client.put(path, json={"value": "spaceship"})
    assert wrong.status_code == 422
    assert "dress" in wrong.json()["detail"]
    back = await page.client.delete(path)
    assert (back.json()["descriptor"]["garment_type"], back.json()["corrected"]) == ("coat", [])


@served(varied)
async def test_a_field_that_cannot_be_corrected_is_refused(page: Page) -> None:
    portfolio = await analyzed(page)
    image = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"][0]
    answer = await page.client.put(f"/api/images/{image['id']}/corrections/confidence", json={"value": 1})
    assert answer.status_code == 422


@served(varied)
async def test_a_thumbnail_is_made_once_and_kept_by_browsers(page: Page) -> None:
    portfolio = await page.portfolio()
    await page.upload(portfolio, {"big.png": encoded(quarters(2000, 1000), "PNG")})
    [image] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    answers = await asyncio.gather(*(page.client.get(image["thumbnail"]) for _ in range(5)))
    for answer in answers:
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert Image.open(io.BytesIO(answers[0].content)).size == (320, 160)
    large = await page.client.get(f"{image['thumbnail']}&size=1280")
    assert Image.open(io.BytesIO(large.content)).size == (1280, 640)
    etag = answers[0].headers["etag"]
    again = await page.client.get(image["thumbnail"], headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    unversioned = await page.client.get(f"/api/images/{image['id']}/thumbnail")
    assert unversioned.headers["cache-control"] == "private, no-cache"
    assert len(list((page.house.data / "thumbnails").rglob("*.webp"))) == 2
    assert (await page.client.get(f"/api/images/{image['id']}/thumbnail?size=321")).status_code == 422


@served(varied)
async def test_a_picture_whose_file_is_gone_says_so(page: Page) -> None:
    portfolio = await page.portfolio("a.png")
    [image] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    for file in page.house.data.rglob("a.png"):
        file.unlink()
    for what in ("original", "thumbnail"):
        answer = await page.client.get(f"/api/images/{image['id']}/{what}")
        assert answer.status_code == 409
        assert "a.png" in answer.json()["detail"]


@served(varied)
async def test_the_original_comes_back_byte_for_byte(page: Page) -> None:
    portfolio = await page.portfolio("a.png")
    [image] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    assert (await page.client.get(f"/api/images/{image['id']}/original")).content == picture("a.png")


@served(varied)
async def test_pictures_that_look_alike_are_found_nearest_first(page: Page) -> None:
    portfolio = await page.portfolio()
    red, reddish, blue = (Image.new("RGB", (60, 60), colour) for colour in ("red", (245, 10, 5), "blue"))
    files = {f"{number}.png": encoded(image, "PNG") for number, image in enumerate((red, reddish, blue))}
    await page.upload(portfolio, files)
    image = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"][0]
    near = (await page.get(f"/api/images/{image['id']}/alike"))["images"]
    assert [each["image"]["name"] for each in near] == ["1.png", "2.png"]
    assert near[0]["distance"] < near[1]["distance"]
    assert (await page.get(f"/api/images/{image['id']}/alike?limit=1"))["images"] == near[:1]


@served(varied)
async def test_results_are_exported_as_lines_and_as_a_sheet(page: Page) -> None:
    portfolio = await analyzed(page)
    path = f"/api/portfolios/{portfolio}/export"
    lines = await page.client.get(path)
    assert lines.headers["content-disposition"].startswith('attachment; filename="Spring.jsonl"')
    told = [json.loads(line) for line in lines.text.splitlines()]
    assert sorted(each["name"] for each in told) == sorted(SCRIPT)
    assert "raw" not in told[0]
    sheet = await page.client.get(f"{path}?format=csv&garment_type=coat&raw=true")
    [row] = csv.DictReader(io.StringIO(sheet.text))
    assert (row["name"], row["garment_type"]) == ("coat.png", "coat")
    assert json.loads(row["raw"])["pattern"] == "solid"


def test_figures_of_runs_are_served_for_prometheus(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path, varied) as page:
            await analyzed(page)
            figures = (await page.client.get("/metrics")).text
            assert 'manyeyes_pictures_total{outcome="analyzed"} 3.0' in figures
            assert "manyeyes_calls_in_flight 0.0" in figures

    asyncio.run(scene())


@served(varied)
async def test_a_server_whose_disk_cannot_be_written_is_not_ready(page: Page) -> None:
    assert (await page.client.get("/readyz")).status_code == 200
    moved = page.house.data.with_name("moved")
    page.house.data.rename(moved)
    try:
        answer = await page.client.get("/readyz")
    finally:
        moved.rename(page.house.data)
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:manyeyes:problem:not-ready"


@served(varied)
async def test_the_analyzers_that_can_be_chosen_say_what_they_lack(page: Page) -> None:
    told = await page.get("/api/analyzers")
    by_name = {each["name"]: each for each in told["analyzers"]}
    assert (by_name["local"]["lacks"], by_name["local"]["pricePerCall"]) == ("", 0)
    assert "REPLICATE_API_TOKEN" in by_name["replicate"]["lacks"]
    assert (told["default"], told["concurrency"]) == ("local", "auto")
