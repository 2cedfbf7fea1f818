"""A server in a test: the whole application over a folder of its own, asked without a socket."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx

from drawn_pictures import encoded, quarters
from manyeyes.analyzers.base import Analyzer
from manyeyes.analyzers.scripted import Scripted
from manyeyes.housing import house_of
from manyeyes.model.event import Event
from manyeyes.model.progress import Progress
from manyeyes.settings import Settings
from manyeyes.web.app import create_app
from manyeyes.web.house import House
from manyeyes.web.site import Site
from manyeyes.web.webhooks import Post

#: What a browser sends with a form of this very server.
OWN_PAGE = {"origin": "http://localhost", "sec-fetch-site": "same-origin"}
A_DRESS = '{"garment_type": "dress", "pattern": "floral", "confidence": 0.9}'


@dataclass(frozen=True, slots=True)
class Page:
    """A server at work, and who asks it."""

    client: httpx.AsyncClient
    site: Site
    house: House

    async def portfolio(self, *pictures: str, name: str = "Spring") -> str:
        """A portfolio with pictures of these names, each different; its id."""
        made = await self.client.post("/api/portfolios", json={"name": name})
        assert made.status_code == 201, made.text
        if pictures:
            answer = await self.upload(made.json()["id"], {each: picture(each) for each in pictures})
            assert answer.json()["added"] == list(pictures), answer.text
        return str(made.json()["id"])

    async def upload(self, portfolio: str, files: Mapping[str, bytes]) -> httpx.Response:
        """Send files of a form."""
        parts = [("files", each) for each in files.items()]
        return await self.client.post(f"/api/portfolios/{portfolio}/images", files=parts)

    async def run(self, portfolio: str, **asked: object) -> dict[str, Any]:
        """Start a run and wait for its end; the run as the API tells it."""
        started = await self.client.post(f"/api/portfolios/{portfolio}/runs", json=asked)
        assert started.status_code == 201, started.text
        return await self.ended(str(started.json()["id"]))

    async def ended(self, run: str) -> dict[str, Any]:
        """A run once it has ended."""
        async for _ in await self.site.runs.watch(run):
            """Until there is nothing more to watch."""
        told: dict[str, Any] = await self.get(f"/api/runs/{run}")
        return told

    async def get(self, path: str, status: int = 200) -> Any:
        """What is at an address, as JSON."""
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()


def picture(name: str, width: int = 64) -> bytes:
    """A PNG that no other name has."""
    image, mark = quarters(width, 48), hashlib.sha256(name.encode()).digest()
    image.putpixel((1, 1), (mark[0], mark[1], mark[2]))
    return encoded(image, "PNG")


def always(step: str = A_DRESS) -> Callable[[], Analyzer]:
    """Makes an analyzer that says the same of every picture."""
    return lambda: Scripted(step)


@asynccontextmanager
async def server(
    place: Path,
    analyzer: Callable[[], Analyzer] | None = None,
    *,
    post: object = None,
    **settings: object,
) -> AsyncIterator[Page]:
    """A server over `place` at work, until the block ends; `post` sends its webhooks."""
    chosen = Settings(_env_file=None, data=place, **settings)  # type: ignore[call-arg, arg-type]
    async with house_of(chosen, lambda: _unheard, analyzer=analyzer or always()) as built:
        house = built if post is None else replace(built, post=cast(Post, post))
        app = create_app(house)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            yield Page(client, app.state.site, house)


def _unheard(_: Event, __: Progress) -> None:
    """Where a test reads no log."""


def served(
    analyzer: Callable[[], Analyzer] | None = None, **settings: object
) -> Callable[[Callable[[Page], Awaitable[None]]], Callable[[Path], None]]:
    """A test that is carried out on a server of its own."""

    def wrapped(test: Callable[[Page], Awaitable[None]]) -> Callable[[Path], None]:
        def carried_out(tmp_path: Path) -> None:
            async def scene() -> None:
                async with server(tmp_path, analyzer, **settings) as page:
                    await test(page)

            asyncio.run(scene())

        carried_out.__name__ = test.__name__
        return carried_out

    return wrapped
