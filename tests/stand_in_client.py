"""A little client for the tests of the Replicate stand-in."""

from __future__ import annotations

import asyncio
import io
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from PIL import Image

from manyeyes.stand_in.replicate import ReplicateServer, serve_replicate
from manyeyes.stand_in.world import world_from

FAST: dict[str, object] = {"median": 0.02, "cv": 0.0, "queue_seconds": 0.0}
NAVY = (25, 35, 80)
Json = dict[str, Any]


def data_uri(colour: tuple[int, int, int] = NAVY, size: tuple[int, int] = (640, 480)) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG")
    return f"data:image/jpeg;base64,{b64encode(buffer.getvalue()).decode()}"


class Client:
    """The least that speaks HTTP to the stand-in."""

    def __init__(self, server: ReplicateServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    async def call(
        self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any
    ) -> tuple[int, Any, Any]:
        """Status, headers and body of one request."""
        url = path if path.startswith("http") else self.server.origin + path
        async with self.session.request(method, url, headers=headers, **body) as response:
            raw = await response.read()
            return response.status, response.headers, json.loads(raw) if raw else None

    async def create(self, headers: dict[str, str] | None = None, **given: object) -> tuple[int, Any, Json]:
        """A create by model, of a navy picture and a prompt for JSON where `given` says nothing else."""
        asked = {"input": {"prompt": "Answer in JSON.", "images": [data_uri()]} | given}
        return await self.call("POST", "/v1/models/google/gemini-2.5-flash/predictions", headers, json=asked)

    async def ended(self, prediction: Json) -> Json:
        """Poll until it has ended."""
        while prediction["status"] in ("starting", "processing"):
            _, _, prediction = await self.call("GET", prediction["urls"]["get"])
        return prediction


async def until(happened: Callable[[], object]) -> None:
    """Let others go on until this has happened."""
    while not happened():  # noqa: ASYNC110 - the stand-in tells of what happens, and waits for nobody
        await asyncio.sleep(0)


async def given_up(call: asyncio.Task[Any]) -> None:
    """End a call as a client does that waits no longer."""
    call.cancel()
    with suppress(asyncio.CancelledError):
        await call


@asynccontextmanager
async def talking(settings: dict[str, object], token: str = "t") -> AsyncIterator[Client]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    world = world_from(FAST | settings)
    async with serve_replicate(world) as server, aiohttp.ClientSession(headers=headers) as session:
        yield Client(server, session)


def talk(scene: Callable[[Client], Awaitable[None]], settings: dict[str, object] | None = None) -> None:
    async def play() -> None:
        async with talking(settings or {}) as client:
            await scene(client)

    asyncio.run(play())
