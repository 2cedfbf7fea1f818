"""The pages without JavaScript: each state of a portfolio is shown, and every form does what it says."""

from __future__ import annotations

import asyncio
from pathlib import Path

from manyeyes.analyzers.scripted import Scripted
from manyeyes.model.errors import Refused
from manyeyes.web.pages.remedies import advice_on
from page_place import A_DRESS, Page, picture, served, server
from plain_browser import browsing

UNSURE = '{"garment_type": "coat", "fabric": "wool", "confidence": 0.3}'


@served()
async def test_an_empty_front_page_teaches_what_to_do(page: Page) -> None:
    async with browsing(page) as browser:
        seen = await browser.see("/")
        assert seen.status == 200
        for step in ("Drop", "Watch", "Use"):
            assert step in seen.text
        assert {"files", "urls", "name"} <= {told.get("name", "") for _, told in seen.tags}


@served()
async def test_a_portfolio_is_made_of_what_a_form_brings(page: Page) -> None:
    async with browsing(page) as browser:
        form = (await browser.see("/")).form("/portfolios")
        seen = await browser.send(form, [("one.png", picture("one"))], name="Spring")
        assert seen.path.startswith("/portfolios/")
        assert "Spring" in seen.text
        assert "1 picture" in seen.text
        assert "Analyze 1 picture" in seen.text


@served()
async def test_what_is_not_taken_is_named_with_its_reason(page: Page) -> None:
    async with browsing(page) as browser:
        form = (await browser.see("/")).form("/portfolios")
        files = [("one.png", picture("one")), ("again.png", picture("one")), ("notes.txt", b"words")]
        seen = await browser.send(form, files)
        assert "1 picture added" in seen.text
        assert "notes.txt" in seen.text
        assert "again.png" in seen.text
        assert "is there as one.png" in seen.text


@served()
async def test_a_form_that_no_page_of_ours_held_does_nothing(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    async with browsing(page) as browser:
        for action in ("rename", "delete", "runs", "share"):
            form = (await browser.see(f"/portfolios/{portfolio}/edit")).forms[-1]
            form.action = f"/portfolios/{portfolio}/{action}"
            seen = await browser.send(form, csrf="forged", name="Mine")
            assert seen.status == 403, action
    assert (await page.get(f"/api/portfolios/{portfolio}"))["name"] == "Spring"


@served()
async def test_a_run_is_started_watched_and_shown_when_it_has_ended(page: Page) -> None:
    portfolio = await page.portfolio("one.png", "two.png")
    async with browsing(page) as browser:
        form = (await browser.see(f"/portfolios/{portfolio}")).form("/runs")
        await browser.send(form, analyzer="", concurrency="2")
        [run] = (await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]
        await page.ended(run["id"])
        seen = await browser.see(f"/portfolios/{portfolio}")
        assert "Complete! Analyzed 2 images." in seen.text
        assert "Dress" in seen.text
        of_run = await browser.see(f"/runs/{run['id']}")
        assert "Complete! Analyzed 2 images." in of_run.text
        assert "Pictures at once 2" in of_run.text


@served()
async def test_a_form_that_is_sent_twice_starts_one_run(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    async with browsing(page) as browser:
        form = (await browser.see(f"/portfolios/{portfolio}")).form("/runs")
        await asyncio.gather(browser.send(form), browser.send(form))
        [run] = (await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]
        await page.ended(run["id"])


@served()
async def test_an_order_that_cannot_be_carried_out_says_what_is_wrong(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    async with browsing(page) as browser:
        form = (await browser.see(f"/portfolios/{portfolio}")).form("/runs")
        for wrong, says in (("2.5", "2.5"), ("abc", "abc"), ("0", "0")):
            seen = await browser.send(form, concurrency=wrong)
            assert seen.status == 409
            assert says in seen.text
        seen = await browser.send(form, most_calls="many")
        assert "calls at most is a whole number" in seen.text.lower()


@served()
async def test_an_estimate_is_told_before_the_button_is_pressed(page: Page) -> None:
    portfolio = await page.portfolio("one.png", "two.png")
    async with browsing(page) as browser:
        seen = await browser.see(f"/portfolios/{portfolio}?estimate=1&concurrency=3")
        assert "2 pictures to look at" in seen.text
        assert seen.form("/runs").fields["concurrency"] == "3"
        told = await browser.client.get(f"/portfolios/{portfolio}/estimate?concurrency=abc")
        assert "abc" in told.text


@served()
async def test_a_portfolio_is_renamed_and_deleted(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    async with browsing(page) as browser:
        edit = await browser.see(f"/portfolios/{portfolio}/edit")
        assert "1 picture" in edit.text
        seen = await browser.send(edit.form("/rename"), name="  Autumn  ")
        assert "Autumn" in seen.text
        gone = await browser.send(edit.form("/delete"))
        assert gone.path == "/"
        assert (await browser.see(f"/portfolios/{portfolio}")).status == 404


@served()
async def test_a_descriptor_is_corrected_by_hand_and_a_correction_undone(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    await page.run(portfolio)
    [card] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    async with browsing(page) as browser:
        seen = await browser.see(f"/images/{card['id']}")
        form = seen.form(f"/images/{card['id']}")
        assert form.fields["garment_type"] == "dress"
        form.fields |= {
            "color_palette.0.name": "navy",
            "color_palette.0.hex": "#1b2a4a",
            "color_palette.0.share": "80",
        }
        seen = await browser.send(
            form,
            garment_type="coat",
            embellishments="buttons\r\n\r\nbelt",
            style_labels="minimal 0.8",
        )
        assert "The model said dress" in seen.text
        told = (await page.get(f"/api/images/{card['id']}"))["descriptor"]
        assert told["garment_type"] == "coat"
        assert told["embellishments"] == ["buttons", "belt"]
        assert told["style_labels"] == [{"name": "minimal", "score": 0.8}]
        assert told["color_palette"] == [{"name": "navy", "hex": "#1b2a4a", "share": 0.8}]
        # Sent again as it is, the form changes nothing more.
        seen = await browser.send(seen.form(f"/images/{card['id']}"))
        assert (await page.get(f"/api/images/{card['id']}"))["descriptor"] == told
        seen = await browser.send(seen.form(f"/images/{card['id']}"), undo="garment_type")
        assert "The model said dress" not in seen.text
        assert (await page.get(f"/api/images/{card['id']}"))["descriptor"]["garment_type"] == "dress"


@served()
async def test_what_a_field_cannot_be_is_refused_with_what_it_can(page: Page) -> None:
    portfolio = await page.portfolio("one.png")
    await page.run(portfolio)
    [card] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    async with browsing(page) as browser:
        form = (await browser.see(f"/images/{card['id']}")).form(f"/images/{card['id']}")
        seen = await browser.send(form, fabric="granite", pose="standing")
        assert seen.status == 422
        assert "granite" in seen.text
        assert "linen" in seen.text
        # All or nothing.
        assert (await page.get(f"/api/images/{card['id']}"))["descriptor"]["pose"] is None


@served(lambda: Scripted(UNSURE))
async def test_the_least_sure_are_reviewed_one_after_another(page: Page) -> None:
    portfolio = await page.portfolio("one.png", "two.png", "three.png")
    await page.run(portfolio)
    async with browsing(page) as browser:
        seen = await browser.see(f"/portfolios/{portfolio}/review")
        assert "3 pictures to look at" in seen.text
        skipped = seen.form("/review").fields["picture"]
        seen = await browser.send(seen.form("/review"), verdict="skip")
        assert seen.form("/review").fields["picture"] != skipped
        seen = await browser.send(seen.form("/review"), verdict="keep", fabric="tweed")
        assert "2 pictures to look at" in seen.text
        seen = await browser.send(seen.form("/review"), verdict="keep")
        assert "You skipped some" in seen.text
        seen = await browser.see(f"/portfolios/{portfolio}/review")
        assert seen.form("/review").fields["picture"] == skipped
        seen = await browser.send(seen.form("/review"), verdict="keep")
        assert "Nothing left to review" in seen.text
    corrected = await page.get(f"/api/portfolios/{portfolio}/images?corrected=true")
    assert corrected["total"] == 3


def refusing() -> Scripted:
    return Scripted(Refused("the provider will not look at this picture"))


def test_failures_are_shown_by_cause_with_what_to_do(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path, refusing) as page, browsing(page) as browser:
            portfolio = await page.portfolio("one.png", "two.png")
            run = await page.run(portfolio)
            seen = await browser.see(f"/portfolios/{portfolio}/failures")
            assert "2 pictures failed" in seen.text
            assert advice_on("refused") in seen.text
            gallery = await browser.see(f"/portfolios/{portfolio}?status=failed")
            assert "Could not be analyzed" in gallery.text
            [first, *_] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
            picture_page = await browser.see(f"/images/{first['id']}")
            assert "the provider will not look" in picture_page.text
            await browser.send(picture_page.form("/retry"))
            again = (await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]
            assert len(again) == 2
            for one in again:
                await page.ended(one["id"])
            assert run["state"] == "complete"

    asyncio.run(scene())


@served()
async def test_a_shared_portfolio_is_looked_at_and_changed_by_nobody(page: Page) -> None:
    portfolio, other = await page.portfolio("one.png"), await page.portfolio("two.png", name="Secret")
    await page.run(portfolio)
    [card] = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"]
    [foreign] = (await page.get(f"/api/portfolios/{other}/images"))["images"]
    async with browsing(page) as browser:
        edit = await browser.see(f"/portfolios/{portfolio}/edit")
        made = await browser.send(edit.form("/share"))
        link = next(told["value"] for tag, told in made.tags if told.get("id") == "share-link")
        shared = await browser.see(link)
        assert "Dress" in shared.text
        of_picture = await browser.see(f"{link}/images/{card['id']}")
        for seen in (shared, of_picture, await browser.see(f"{link}/profile")):
            assert seen.status == 200
            assert [form.action for form in seen.forms if form.method == "post"] == ["/theme"]
            assert not [
                href for href in seen.links if href.startswith(("/portfolios", "/images", "/runs", "/api"))
            ]
        assert (await browser.see(f"{link}/images/{foreign['id']}")).status == 404
        await browser.send(made.form("/withdraw"))
        assert (await browser.see(link)).status == 404


def test_signing_in_leads_back_to_where_one_wanted_to_go(tmp_path: Path) -> None:
    async def scene() -> None:
        secret = "a-token-of-many-letters"
        async with server(tmp_path, token=secret) as page, browsing(page) as browser:
            seen = await browser.see("/portfolios/none")
            assert "Sign in" in seen.text
            wrong = await browser.send(seen.form("/sign-in"), token="not this one")
            assert wrong.status == 403
            assert "MANYEYES_TOKEN" in wrong.text
            away = await browser.client.post(
                "/sign-in", data=seen.form("/sign-in").fields | {"token": secret, "next": "//evil.example"}
            )
            assert away.headers["location"] == "/"
            inside = await browser.see("/")
            assert "Drop a portfolio" in inside.text
            out = await browser.send(inside.form("/sign-out"))
            assert "Sign in" in out.text

    asyncio.run(scene())


@served()
async def test_light_and_dark_are_remembered(page: Page) -> None:
    async with browsing(page) as browser:
        seen = await browser.see("/")
        for theme in ("light", "dark", ""):
            form = seen.form("/theme")
            seen = await browser.send(form, theme=form.buttons[0][1])
            assert next(told for tag, told in seen.tags if tag == "html").get("data-theme", "") == theme


@served()
async def test_pictures_are_gone_through_in_the_order_of_the_gallery_they_were_found_in(page: Page) -> None:
    portfolio = await page.portfolio("b.png", "a.png", "c.png")
    await page.run(portfolio)
    async with browsing(page) as browser:
        gallery = await browser.see(f"/portfolios/{portfolio}?garment_type=dress&q=png")
        ids = [
            told["id"].removeprefix("picture-") for tag, told in gallery.tags if told.get("class") == "card"
        ]
        assert len(ids) == 3
        seen = await browser.see(f"/images/{ids[1]}?garment_type=dress")
        turns = {told["rel"]: told["href"] for tag, told in seen.tags if told.get("rel") in ("prev", "next")}
        assert turns == {
            "prev": f"/images/{ids[0]}?garment_type=dress",
            "next": f"/images/{ids[2]}?garment_type=dress",
        }


@served(lambda: Scripted(A_DRESS))
async def test_the_style_profile_is_shown_with_its_tables_and_taken_along(page: Page) -> None:
    portfolio = await page.portfolio("one.png", "two.png")
    async with browsing(page) as browser:
        assert "Nothing to tell yet" in (await browser.see(f"/portfolios/{portfolio}/profile")).text
        await page.run(portfolio)
        seen = await browser.see(f"/portfolios/{portfolio}/profile")
        assert "dress" in seen.text
        assert "table" in {tag for tag, _ in seen.tags}
        files = [href for href in seen.links if href.endswith((".html", ".svg", ".png"))]
        assert len(files) >= 3
        for href in files:
            answer = await browser.client.get(href)
            assert answer.status_code == 200, href
            assert answer.headers["content-disposition"].startswith("attachment")
