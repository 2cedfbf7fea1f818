"""Addresses of one request: several fetched at once, told in the order asked, given up with their asker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from manyeyes.model.arrival import Fetched, Refused
from page_place import Page, picture, served, server
from stand_in_client import until


class Lying:
    """Pictures at addresses; those in `held` come once they are let go."""

    def __init__(self, *held: str) -> None:
        self.held = {url: asyncio.Event() for url in held}
        self.asked: list[str] = []
        self.given_up: list[str] = []
        self.most = self.now = 0

    async def fetch(self, url: str, folder: Path) -> Fetched | Refused:
        """As a `Fetcher` does."""
        self.asked.append(url)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.held[url].wait() if url in self.held else await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.given_up.append(url)
            raise
        finally:
            self.now -= 1
        if "bad" in url:
            return Refused(url, "no picture")
        place = folder / f".arriving-{len(self.asked)}-{abs(hash(url))}"
        place.write_bytes(picture(url.rpartition("/")[2]))
        return Fetched(url, url.rpartition("/")[2], str(place))


def lies_at(page: Page, lying: Lying) -> None:
    page.site.uploads._house = replace(page.house, fetch=lying.fetch)


def urls(count: int) -> list[str]:
    return [f"https://pictures.test/{number:02}.png" for number in range(count)]


@served()
async def test_several_addresses_are_fetched_at_once_and_told_in_the_order_asked(page: Page) -> None:
    portfolio, asked = await page.portfolio(), [*urls(12), "https://pictures.test/bad.png"]
    lying = Lying(*asked[:3])
    lies_at(page, lying)
    answer = asyncio.ensure_future(
        page.client.post(f"/api/portfolios/{portfolio}/images", json={"urls": asked})
    )
    await until(lambda: lying.now == 3 and len(lying.asked) == 8)
    assert lying.asked == asked[:8], "no more are fetched ahead than fit"
    for url in reversed(asked[:3]):
        lying.held[url].set()
    told = (await answer).json()
    assert told["added"] == [url.rpartition("/")[2] for url in asked[:12]]
    assert [one["name"] for one in told["refused"]] == [asked[12]]
    assert 3 <= lying.most <= 8


@served()
async def test_of_the_same_picture_at_two_addresses_the_first_asked_is_taken(page: Page) -> None:
    portfolio, twice = await page.portfolio(), ["https://a.test/one.png", "https://b.test/one.png"]
    lies_at(page, Lying())
    told = (await page.client.post(f"/api/portfolios/{portfolio}/images", json={"urls": twice})).json()
    assert told["added"] == ["one.png"]
    assert told["duplicates"] == [{"name": "one.png", "of": "one.png"}]


async def asked_and_left(page: Page, path: str, body: bytes, leave: asyncio.Event) -> None:
    """Send a request, and go once told to."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, object]:
        if messages:
            return messages.pop()
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        """Nobody is there to hear it."""

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    app: Callable[..., Awaitable[None]] = page.client._transport.app  # type: ignore[attr-defined]
    await app(scope, receive, send)


def test_what_is_fetched_for_someone_who_has_gone_is_given_up_and_nothing_is_left(tmp_path: Path) -> None:
    async def scene() -> None:
        async with server(tmp_path) as page:
            portfolio, asked = await page.portfolio(), urls(10)
            lying, leave = Lying(*asked[1:]), asyncio.Event()
            lies_at(page, lying)
            body = ('{"urls": ["' + '", "'.join(asked) + '"]}').encode()
            path = f"/api/portfolios/{portfolio}/images"
            request = asyncio.ensure_future(asked_and_left(page, path, body, leave))
            await until(lambda: len(lying.asked) == 9)
            leave.set()
            async with asyncio.timeout(10):
                await request
            assert sorted(lying.given_up) == asked[1:9]
            assert len(lying.asked) == 9, "the last one is not asked for any more"
            assert (await page.get(f"/api/portfolios/{portfolio}"))["pictures"] == 1
            assert not list((tmp_path / "arriving").glob("*"))

    asyncio.run(scene())
