"""Portfolios over the API: made, listed, renamed, deleted, shared."""

from __future__ import annotations

import asyncio
from pathlib import Path

from manyeyes.model.image import Locator
from manyeyes.store.portfolios import NewPicture, add_pictures, create
from page_place import Page, picture, served


@served()
async def test_a_portfolio_is_made_found_renamed_and_listed_newest_first(page: Page) -> None:
    first, second = await page.portfolio(name="Autumn"), await page.portfolio(name="Spring 春")
    renamed = await page.client.patch(f"/api/portfolios/{first}", json={"name": "  Autumn \u202e 2027 "})
    assert renamed.json()["name"] == "Autumn \u202e 2027"
    assert (await page.get(f"/api/portfolios/{second}"))["name"] == "Spring 春"
    listed = await page.get("/api/portfolios")
    assert [each["id"] for each in listed["portfolios"]] == [second, first]
    assert listed["after"] is None


@served()
async def test_portfolios_are_listed_page_by_page(page: Page) -> None:
    made = [await page.portfolio(name=f"No. {number}") for number in range(5)]
    seen, after = [], ""
    while True:
        listed = await page.get(f"/api/portfolios?limit=2{after}")
        seen += [each["id"] for each in listed["portfolios"]]
        if listed["after"] is None:
            break
        after = f"&after={listed['after']}"
    assert seen == made[::-1]


@served()
async def test_ids_cannot_be_guessed_from_each_other(page: Page) -> None:
    first, second = await page.portfolio(), await page.portfolio()
    alike = sum(one == other for one, other in zip(first, second, strict=True))
    assert alike < len(first) / 2


@served()
async def test_an_unknown_portfolio_is_a_problem_that_says_where_to_look(page: Page) -> None:
    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/images"),
        ("GET", "/runs"),
        ("GET", "/facets"),
    ):
        answer = await page.client.request(method, f"/api/portfolios/{'a' * 26}{path}")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["type"] == "urn:manyeyes:problem:not-found"
        assert (told["title"], told["status"]) == ("Not found", 404)
        assert "GET /api/portfolios" in told["remedy"]


@served()
async def test_a_name_without_anything_to_be_seen_is_refused(page: Page) -> None:
    for name in ("", " ", "\n\t", "x" * 201, 7, None):
        answer = await page.client.post("/api/portfolios", json={"name": name})
        assert answer.status_code == 422, name


@served()
async def test_a_field_that_is_not_known_is_refused_rather_than_passed_over(page: Page) -> None:
    answer = await page.client.post("/api/portfolios", json={"name": "Spring", "nmae": "Spring"})
    assert answer.status_code == 422
    assert "nmae" in answer.json()["detail"]


@served()
async def test_a_parameter_that_is_not_known_is_refused_and_those_there_are_named(page: Page) -> None:
    portfolio = await page.portfolio()
    told = await page.get(f"/api/portfolios/{portfolio}/images?colour=red", 422)
    assert "'colour'" in told["detail"]
    assert "color_palette" in told["remedy"]


@served()
async def test_deleting_a_portfolio_takes_its_pictures_thumbnails_and_answers_with_it(page: Page) -> None:
    portfolio = await page.portfolio("a.png", "b.png")
    await page.run(portfolio)
    image = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"][0]
    assert (await page.client.get(image["thumbnail"])).status_code == 200
    assert (await page.client.delete(f"/api/portfolios/{portfolio}")).status_code == 204
    assert await page.get(f"/api/portfolios/{portfolio}", 404)
    left = [each for each in page.house.data.rglob("*") if each.suffix in (".png", ".webp")]
    assert left == []


@served()
async def test_deleting_a_portfolio_of_the_command_line_leaves_the_files_alone(page: Page) -> None:
    theirs = page.house.data.parent / "theirs"
    theirs.mkdir()
    file = theirs / "a.png"
    file.write_bytes(picture("a.png"))

    def made(connection: object) -> str:
        portfolio = create(connection, "theirs", str(theirs))  # type: ignore[arg-type]
        add_pictures(connection, portfolio, [NewPicture(Locator(str(file)), "a.png", "1", 9, "0" * 64)])  # type: ignore[arg-type]
        return portfolio.id

    portfolio = await page.house.store.carry_out(made)
    assert (await page.client.delete(f"/api/portfolios/{portfolio}")).status_code == 204
    assert file.exists()


@served()
async def test_one_picture_is_deleted_with_its_file(page: Page) -> None:
    portfolio = await page.portfolio("a.png", "b.png")
    images = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    assert (await page.client.delete(f"/api/images/{images[0]['id']}")).status_code == 204
    left = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    assert [each["name"] for each in left] == ["b.png"]
    assert [each.name for each in page.house.data.rglob("*.png")] == ["b.png"]


@served()
async def test_a_link_shows_one_portfolio_and_nothing_else(page: Page) -> None:
    portfolio, other = await page.portfolio("a.png"), await page.portfolio("b.png", name="Other")
    await page.run(portfolio)
    made = (await page.client.post(f"/api/portfolios/{portfolio}/shares", json={"days": 7})).json()
    below = f"/api/shared/{made['token']}"
    assert (await page.get(below))["name"] == "Spring"
    [image] = (await page.get(f"{below}/images"))["images"]
    assert image["descriptor"]["garment_type"] == "dress"
    assert image["run"] is None
    assert (await page.client.get(image["thumbnail"])).status_code == 200
    assert (await page.get(f"{below}/facets"))["fields"]["garment_type"][0]["value"] == "dress"
    [theirs] = (await page.get(f"/api/portfolios/{other}/images"))["images"]
    assert (await page.client.get(f"{below}/images/{theirs['id']}/thumbnail")).status_code == 404
    assert (await page.client.get(f"{below}/images/{image['id']}/original")).status_code == 404
    assert (await page.client.get(f"/api/shared/{'x' * 43}")).status_code == 404


@served()
async def test_a_link_that_was_withdrawn_opens_nothing(page: Page) -> None:
    portfolio = await page.portfolio("a.png")
    made = (await page.client.post(f"/api/portfolios/{portfolio}/shares")).json()
    assert made["expires"] is None
    answer = await page.client.delete(f"/api/portfolios/{portfolio}/shares/{made['id']}")
    assert answer.status_code == 204
    assert (await page.client.get(f"/api/shared/{made['token']}")).status_code == 404
    [listed] = (await page.get(f"/api/portfolios/{portfolio}/shares"))["shares"]
    assert listed["withdrawn"] is not None
    assert "token" not in listed


def test_no_token_of_a_link_is_kept(tmp_path: Path) -> None:
    tokens: list[str] = []

    @served()
    async def share(page: Page) -> None:
        portfolio = await page.portfolio("a.png")
        made = await page.client.post(f"/api/portfolios/{portfolio}/shares")
        tokens.append(made.json()["token"])
        await asyncio.sleep(0)

    share(tmp_path)
    kept = b"".join(each.read_bytes() for each in tmp_path.glob("manyeyes.db*"))
    assert tokens[0].encode() not in kept
