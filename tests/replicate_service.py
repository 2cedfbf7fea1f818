"""A small HTTP server for tests: it answers by a script and remembers what it was asked."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from aiohttp import web

from manyeyes.analyzers.prompt import default_ask, full_prompt
from manyeyes.analyzers.replicate import Replicate
from manyeyes.model.ask import Reply
from manyeyes.model.errors import AnalyzerError
from manyeyes.model.image import ImageRef, Locator, PreparedImage
from manyeyes.model.ticket import Intent, Key, Ticket

T = TypeVar("T")
Step = Callable[[web.Request], Awaitable[web.StreamResponse]]

TOKEN = "r8_secret0123456789"
VERSION = "a1" * 32
ID = "94p6hekpwnrme0ctc1kb2c6j18"
LOGS = (
    "Generating text with gemini-2.5-flash...\nProcessing 1 images...\n"
    "Text generation completed in 10.57s\nInput token count: 263\nOutput token count: 515"
)
DATA = b"\xff\xd8\xff jpeg bytes"
IMAGE = PreparedImage(
    ImageRef("a.jpg", Locator("/private/a.jpg"), "1", len(DATA)),
    "ab" * 32,
    DATA,
    "jpeg",
    768,
    512,
    4000,
    3000,
)
ASK = default_ask()
INTENT = Intent("0123456789abcdefghijklmnop", Key("ab" * 32, "cd" * 16), time.time(), 300.0)
TICKET = Ticket(INTENT, ID)
CREATE = "/v1/models/google/gemini-2.5-flash/predictions"
QUOTA = {"ratelimit-remaining": "599", "ratelimit-reset": "1"}


def prediction(status: str = "succeeded", **fields: Any) -> dict[str, Any]:
    """A prediction as recorded: a terminal one has output, logs and metrics."""
    body: dict[str, Any] = {
        "id": ID,
        "model": "google/gemini-2.5-flash",
        "version": "hidden",
        "input": {"prompt": full_prompt(ASK, INTENT.mark), "max_output_tokens": 1024, "images": ["data:,"]},
        "logs": "",
        "error": None,
        "status": status,
        "created_at": "2025-11-07T22:18:39.205000Z",
        "data_removed": False,
        "urls": {
            "cancel": f"https://elsewhere.test/v1/predictions/{ID}/cancel",
            "get": f"https://elsewhere.test/v1/predictions/{ID}",
        },
    }
    if status == "succeeded":
        body |= {"output": ['{"garment_type": "dr', 'ess"}'], "logs": LOGS, "metrics": {"predict_time": 10.6}}
    return body | fields


@dataclass
class Received:
    """A request as the service saw it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Service:
    """Answers requests in the order of its script; the last answer is repeated."""

    script: list[Step]
    received: list[Received] = field(default_factory=list)
    origin: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(request.method, request.path_qs, headers, await request.read()))
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        return await step(request)


def says(
    body: object = None, status: int = 201, *, text: str | None = None, headers: dict[str, str] | None = None
) -> Step:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status,
            text=json.dumps(body) if text is None else text,
            content_type="application/json" if text is None else "text/html",
            headers=headers,
        )

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def stalls(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"id": ')
    assert request.transport is not None
    request.transport.abort()
    return response


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[Service]:
    app = web.Application(client_max_size=64 * 2**20)
    app.router.add_route("*", "/{path:.*}", service.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.01)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()


def run(
    steps: list[Step],
    use: Callable[[Replicate], Awaitable[T]],
    **settings: Any,
) -> tuple[T, list[Received]]:
    """What `use` gives on an adapter whose service follows `steps`, and what the service received."""

    async def main() -> tuple[T, list[Received]]:
        async with serving(Service(steps)) as service:
            suffix, token = settings.pop("suffix", ""), settings.pop("token", TOKEN)
            async with Replicate(token, base_url=service.origin + suffix, **settings) as replicate:
                return await use(replicate), service.received

    return asyncio.run(main())


async def start(replicate: Replicate) -> Reply | Ticket:
    return await replicate.start(IMAGE, ASK, INTENT)


async def start_twice(replicate: Replicate) -> Reply | Ticket:
    await replicate.start(IMAGE, ASK, INTENT)
    return await replicate.start(IMAGE, ASK, INTENT)


def start_error(*steps: Step, **settings: Any) -> AnalyzerError:
    """The error that a start ends in; every message is for people and keeps the token to itself."""
    with pytest.raises(AnalyzerError) as caught:
        run(list(steps), start, **settings)
    assert TOKEN not in str(caught.value)
    assert str(caught.value).endswith(".")
    return caught.value
