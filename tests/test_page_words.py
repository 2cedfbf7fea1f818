"""A model puts a portfolio into words: ordered on the page and through the API, bought once, shown to all."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial, wraps
from pathlib import Path
from typing import Any, ParamSpec

import pytest

from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.scripted import SCRIPTED, After, Lost, Scripted, Step
from manyeyes.model.errors import AccessDenied, Refused
from manyeyes.store.writings import newest
from page_place import A_DRESS, OWN_PAGE, Page, server

SAID = "Quiet <script>alert(1)</script> dresses, floral and calm."
ANSWER = json.dumps({"summary": SAID})
PAID = replace(SCRIPTED, adapter="replicate", model="some/model", paid=True)
P = ParamSpec("P")
TOKEN = {"replicate_api_token": "r8_0123456789"}


def in_a_loop(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """A test that is carried out in an event loop of its own."""

    @wraps(test)
    def carried_out(*given: P.args, **named: P.kwargs) -> None:
        asyncio.run(_awaited(test(*given, **named)))

    return carried_out


async def _awaited(work: Awaitable[None]) -> None:
    await work


@dataclass
class Bought:
    """Analyzers that answer by a script, and the contact sheets that they were asked about."""

    steps: list[Step]
    made: list[Scripted] = field(default_factory=list)

    def make(self) -> Analyzer:
        script: dict[str, Any] = {"*": A_DRESS, "contact sheet": self.steps[0]}
        if len(self.steps) > 1:
            self.steps.pop(0)
        self.made.append(Scripted(script, traits=PAID))
        return self.made[-1]

    async def asked(self) -> None:
        """Wait until somebody was asked for words."""
        while not self.sheets:  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0)

    @property
    def sheets(self) -> int:
        calls = [call for made in self.made for call in made.calls]
        return sum(call.method == "start" and call.name == "contact sheet" for call in calls)


@asynccontextmanager
async def analyzed(place: Path, *steps: Step, **settings: object) -> AsyncIterator[tuple[Page, str, Bought]]:
    """A server with a portfolio of two pictures that were analyzed, and who is asked for words."""
    bought = Bought([A_DRESS, *(steps or (ANSWER,))])
    async with server(place, bought.make, **{**TOKEN, **settings}) as page:
        portfolio = await page.portfolio("a.png", "b.png")
        await page.run(portfolio)
        yield page, portfolio, bought


async def order(page: Page, portfolio: str, key: str | None = None, **asked: object) -> dict[str, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = await page.client.post(
        f"/api/portfolios/{portfolio}/words", json={"analyzer": "replicate", **asked}, headers=headers
    )
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def settled(page: Page, portfolio: str) -> dict[str, Any]:
    await page.site.writing.wait_ended()
    told: dict[str, Any] = await page.get(f"/api/portfolios/{portfolio}/words")
    return told


async def html(page: Page, path: str, *, stays: bool = False) -> str:
    """A page; unless who looked `stays`, what comes next comes from a program without a cookie."""
    answer = await page.client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200, answer.text
    if not stays:
        page.client.cookies.clear()
    return answer.text


async def form_of(page: Page, portfolio: str) -> dict[str, str]:
    """The fields of the form that orders words."""
    shown = await html(page, f"/portfolios/{portfolio}/profile", stays=True)
    found = re.search(rf'<form[^>]* action="/portfolios/{portfolio}/words".*?</form>', shown, re.DOTALL)
    assert found is not None, shown
    assert "Have it put into words" in found.group()
    assert "one call" in found.group()
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', found.group()))


@in_a_loop
async def test_words_are_kept_marked_and_shown_escaped_to_everybody(tmp_path: Path) -> None:
    async with analyzed(tmp_path) as (page, portfolio, bought):
        assert (await order(page, portfolio))["state"] in ("writing", "written")
        told = await settled(page, portfolio)
        assert (told["state"], told["words"]["text"]) == ("written", SAID)
        assert {**told["words"], "at": ""} == {
            "text": SAID, "by": "replicate", "model": "some/model", "at": "", "stale": False,
        }  # fmt: skip
        share = (await page.client.post(f"/api/portfolios/{portfolio}/shares", json={})).json()["token"]
        for base in (f"/api/portfolios/{portfolio}", f"/api/shared/{share}"):
            assert (await page.get(f"{base}/profile"))["profile"]["words"] == told["words"]
        for path in (
            f"/portfolios/{portfolio}/profile", f"/shared/{share}/profile",
            f"/portfolios/{portfolio}/profile.html",
        ):  # fmt: skip
            shown = await html(page, path)
            assert "Quiet &lt;script&gt;alert(1)&lt;/script&gt; dresses" in shown
            assert "<script>alert" not in shown
            assert re.search(r"Written by replicate some/model on \d+ \w+ \d{4} from the figures", shown)
        assert bought.sheets == 1


@in_a_loop
async def test_a_form_orders_them_without_javascript_and_sent_twice_it_buys_once(tmp_path: Path) -> None:
    async with analyzed(tmp_path) as (page, portfolio, bought):
        form = await form_of(page, portfolio)
        send = partial(
            page.client.post, f"/portfolios/{portfolio}/words", data=form, headers=OWN_PAGE,
            follow_redirects=False,
        )  # fmt: skip
        answers = await asyncio.gather(send(), send())
        assert [answer.status_code for answer in answers] == [303, 303]
        assert (await settled(page, portfolio))["state"] == "written"
        assert bought.sheets == 1
        shown = await html(page, f"/portfolios/{portfolio}/profile")
        assert "Have it put into words" not in shown


@in_a_loop
async def test_orders_without_any_key_at_one_moment_buy_once_too(tmp_path: Path) -> None:
    async with analyzed(tmp_path) as (page, portfolio, bought):
        await asyncio.gather(*(order(page, portfolio) for _ in range(3)))
        assert (await settled(page, portfolio))["state"] == "written"
        again = await order(page, portfolio)
        assert (await settled(page, portfolio))["words"] == again["words"]
        assert bought.sheets == 1


@in_a_loop
async def test_words_are_said_to_be_old_once_the_portfolio_has_changed_and_are_offered_anew(
    tmp_path: Path,
) -> None:
    later = json.dumps({"summary": "More of them."})
    async with analyzed(tmp_path, ANSWER, A_DRESS, later) as (page, portfolio, bought):
        await order(page, portfolio)
        await settled(page, portfolio)
        await page.upload(portfolio, {"c.png": (await page.client.get("/static/icon.svg")).content})
        picture = (await page.get(f"/api/portfolios/{portfolio}/images"))["images"][0]["id"]
        await page.client.put(f"/api/images/{picture}/corrections/garment_type", json={"value": "coat"})
        assert (await page.get(f"/api/portfolios/{portfolio}/words"))["words"]["stale"] is True
        shown = await html(page, f"/portfolios/{portfolio}/profile")
        assert "The portfolio has changed since." in shown
        assert "Have it put into words anew" in shown
        bought.steps[:] = [later]
        await order(page, portfolio)
        words = (await settled(page, portfolio))["words"]
        assert (words["text"], words["stale"]) == ("More of them.", False)
        assert bought.sheets == 2


@in_a_loop
async def test_a_link_shows_words_and_cannot_order_any(tmp_path: Path) -> None:
    async with analyzed(tmp_path) as (page, portfolio, bought):
        share = (await page.client.post(f"/api/portfolios/{portfolio}/shares", json={})).json()["token"]
        assert "Have it put into words" not in await html(page, f"/shared/{share}/profile")
        for path in (f"/api/shared/{share}/words", f"/shared/{share}/words"):
            assert (await page.client.post(path, headers=OWN_PAGE)).status_code in (403, 404, 405)
        assert bought.sheets == 0


@in_a_loop
async def test_while_they_are_written_the_page_says_so_and_looks_again(tmp_path: Path) -> None:
    async with analyzed(tmp_path, After(3600.0, ANSWER)) as (page, portfolio, bought):
        assert (await order(page, portfolio))["state"] == "writing"
        await bought.asked()
        shown = await html(page, f"/portfolios/{portfolio}/profile")
        assert "Being written by replicate some/model" in shown
        assert '<noscript><meta http-equiv="refresh"' in shown
        assert "Have it put into words" not in shown
        assert "1 image" not in shown
        runs = (await page.get(f"/api/portfolios/{portfolio}/runs"))["runs"]
        assert len(runs) == 1, "words are no run"
        page.site.runs.end_now()


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (AccessDenied("REPLICATE_API_TOKEN is not valid: set another"), "REPLICATE_API_TOKEN is not valid"),
        (Refused("The model refuses to look at this picture."), "refuses to look"),
        ('{"garment_type": "dress"}', "could not be used"),
        ('{"summary": "** **"}', "could not be used"),
    ],
)
@in_a_loop
async def test_what_went_wrong_is_said_with_what_to_do_and_it_can_be_asked_again(
    tmp_path: Path, step: Step, said: str
) -> None:
    async with analyzed(tmp_path, step, ANSWER) as (page, portfolio, _):
        await order(page, portfolio)
        told = await settled(page, portfolio)
        assert told["state"] == "failed"
        assert said in told["message"]
        assert said in await html(page, f"/portfolios/{portfolio}/profile")
        await order(page, portfolio)
        assert (await settled(page, portfolio))["words"]["text"] == SAID


@in_a_loop
async def test_an_answer_that_was_lost_on_its_way_is_found_and_not_bought_again(tmp_path: Path) -> None:
    async with analyzed(tmp_path, Lost(ANSWER)) as (page, portfolio, bought):
        await order(page, portfolio)
        assert (await settled(page, portfolio))["state"] == "written"
        assert bought.sheets == 1


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"analyzer": "local"}, "local"), ({"analyzer": "nobody"}, "nobody")],
)
@in_a_loop
async def test_who_cannot_write_is_refused_by_a_sentence_that_names_those_who_can(
    tmp_path: Path, asked: dict[str, str], said: str
) -> None:
    async with analyzed(tmp_path) as (page, portfolio, _):
        answer = await page.client.post(f"/api/portfolios/{portfolio}/words", json=asked)
        assert answer.status_code == 409
        assert said in answer.json()["detail"]
        assert "openai" in answer.json()["remedy"]
        assert "replicate" in answer.json()["remedy"]


@in_a_loop
async def test_nothing_is_written_about_pictures_that_nobody_has_looked_at(tmp_path: Path) -> None:
    async with server(tmp_path, Bought([ANSWER]).make, **TOKEN) as page:
        portfolio = await page.portfolio("a.png")
        answer = await page.client.post(f"/api/portfolios/{portfolio}/words", json={"analyzer": "replicate"})
        assert (answer.status_code, answer.json()["title"]) == (409, "Not analyzed")


@in_a_loop
async def test_forgetting_a_portfolio_forgets_its_words(tmp_path: Path) -> None:
    async with analyzed(tmp_path) as (page, portfolio, _):
        await order(page, portfolio)
        await settled(page, portfolio)
        assert (await page.client.delete(f"/api/portfolios/{portfolio}")).status_code == 204
        assert await page.house.store.carry_out(partial(newest, portfolio=portfolio)) is None


@in_a_loop
async def test_a_server_that_starts_again_goes_on_with_what_was_ordered(tmp_path: Path) -> None:
    async with analyzed(tmp_path, After(3600.0, ANSWER)) as (page, portfolio, bought):
        await order(page, portfolio)
        await bought.asked()
        page.site.runs.end_now()
    found = Found(bought.made[-1])
    async with server(tmp_path, found.make, **TOKEN) as page:
        assert (await settled(page, portfolio))["words"]["text"] == SAID
    assert found.starts == 0


@dataclass
class Found:
    """An analyzer that knows what another one was asked for, and is done with it by now."""

    other: Scripted
    made: list[Scripted] = field(default_factory=list)

    def make(self) -> Analyzer:
        made = Scripted({"*": A_DRESS}, traits=PAID)
        made._work = {id_: replace(work, done_at=0.0) for id_, work in self.other._work.items()}
        self.made.append(made)
        return made

    @property
    def starts(self) -> int:
        return sum(call.method == "start" for made in self.made for call in made.calls)
