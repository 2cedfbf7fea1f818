"""A web server on loopback that pictures are fetched from, and names that lead to it, or astray."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Names(AbstractResolver):
    """Looks names up in a table; one that stands for several addresses has another at each look-up."""

    table: Mapping[str, tuple[str, ...]]
    #: Names in the order in which they were looked up.
    asked: list[str] = field(default_factory=list)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self.table.get(host, ())
        if not addresses:
            raise OSError(None, "no such name")
        address = addresses[self.asked.count(host) % len(addresses)]
        self.asked.append(host)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Server:
    """What was asked of it, and where it is."""

    port: int = 0
    seen: list[web.Request] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.seen]

    def url(self, path: str, host: str = "pictures.test") -> str:
        return f"http://{host}:{self.port}{path}"


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Server]:
    """A server that answers everything so, for as long as the block lasts."""
    server = Server()

    async def noted(request: web.Request) -> web.StreamResponse:
        server.seen.append(request)
        return await answer(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", noted)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


def gives(data: bytes, **headers: str) -> Answer:
    """An answer with these bytes; `_` in a header's name stands for `-`."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            body=data, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    return answer


async def never(_: web.Request) -> web.StreamResponse:
    """Nothing at all, until the other side has had enough."""
    await asyncio.Event().wait()
    raise AssertionError
