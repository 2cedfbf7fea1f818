"""A little server that speaks the API, and has the faults that a whole one cannot show."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from manyeyes.model.progress import Progress
from manyeyes.remote.address import parse_address
from manyeyes.remote.answers import PREFIX
from manyeyes.remote.server import Server
from manyeyes.web.multipart import PartBegins, pieces

PORTFOLIO = "p" * 26
RUN = "r" * 26

#: What is done with a request instead of answering it; None for the usual answer.
Trick = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


def problem(status: int, kind: str, **more: object) -> web.Response:
    told = {"type": PREFIX + kind, "status": status, "detail": f"{kind} it is", "remedy": "do so"}
    return web.json_response({**told, **more}, status=status, content_type="application/problem+json")


def run_json(
    current: int, total: int = 3, state: str = "running", run: str = RUN, **more: Any
) -> dict[str, Any]:
    """A run as the API tells it."""
    progress = Progress(current=current, total=total, analyzed=current, at=float(current)).as_json()
    told = {"id": run, "state": state, "paused": False, "stopped": None, "progress": progress}
    return told | {"continuedBy": None, "order": {"limit": None}} | more


def frame(number: int, told: dict[str, Any]) -> bytes:
    """The same as a server-sent event."""
    data = json.dumps({"run": told["id"], "state": told["state"], "paused": False, **told["progress"]})
    return f"id: a-{number}\nevent: progress\ndata: {data}\n\n".encode()


@dataclass(slots=True)
class SmallServer:
    """What it holds, what it was asked, and the tricks that it plays, one a request, by route."""

    #: Names by SHA-256.
    pictures: dict[str, str] = field(default_factory=dict)
    #: Names of what was sent, each time it was, whether or not it was kept.
    sent: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    #: How the run stands at each look; the last stays.
    looks: list[dict[str, Any]] = field(default_factory=list)
    #: Events of each connection; where there are none left, there is no such route.
    news: list[list[bytes]] = field(default_factory=list)
    tricks: dict[str, list[Trick]] = field(default_factory=dict)
    origin: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        self.headers.append(dict(request.headers))
        act = request.path.rpartition("/")[2]
        if tricks := self.tricks.get(act):
            played = await tricks.pop(0)(request)
            if played is not None:
                return played
        answers = {"images": self._images, "held": self._held, "events": self._events}
        return await answers.get(act, self._look)(request)

    async def _images(self, request: web.Request) -> web.StreamResponse:
        added, duplicates = list[str](), list[str]()
        for name, data in await sent_files(request):
            self.sent.append(name)
            sha256 = hashlib.sha256(data).hexdigest()
            (duplicates if sha256 in self.pictures else added).append(name)
            self.pictures.setdefault(sha256, name)
        told = [{"name": name, "of": name} for name in duplicates]
        return web.json_response({"added": added, "duplicates": told, "refused": []}, status=201)

    async def _held(self, request: web.Request) -> web.StreamResponse:
        asked = (await request.json())["sha256"]
        return web.json_response({"held": {one: self.pictures[one] for one in asked if one in self.pictures}})

    async def _look(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self.looks.pop(0) if len(self.looks) > 1 else self.looks[0])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if not self.news:
            return problem(404, "not-found", detail="there is nothing at this address")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for piece in self.news.pop(0):
            await response.write(piece)
        return response


async def sent_files(request: web.Request) -> list[tuple[str, bytes]]:
    """Names and bytes of the files in a body."""

    async def body() -> AsyncIterator[bytes]:
        yield await request.read()

    found: list[tuple[str, bytes]] = []
    async for piece in pieces(request.headers["Content-Type"], body()):
        if isinstance(piece, PartBegins):
            found.append((piece.file or "", b""))
        elif isinstance(piece, bytes):
            found[-1] = (found[-1][0], found[-1][1] + piece)
    return found


async def hang_up(request: web.Request) -> web.StreamResponse | None:
    """Break the line before anything is answered."""
    assert request.transport is not None
    request.transport.abort()
    await asyncio.Event().wait()
    return None


async def hang_up_when_all_has_come(request: web.Request) -> web.StreamResponse | None:
    """Take the body, and then break the line."""
    await request.read()
    return await hang_up(request)


@asynccontextmanager
async def small_server(token: str | None = None) -> AsyncIterator[tuple[SmallServer, Server]]:
    """The server, and a line to it."""
    small = SmallServer()
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", small.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    small.origin = "http://{}:{}".format(*runner.addresses[0][:2])
    told: list[str] = []
    try:
        async with Server(parse_address(small.origin), token, told.append) as line:
            yield small, line
    finally:
        await runner.cleanup()
