"""Replicate, standing in on this machine: its routes, and how to serve them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Thread

from aiohttp import web

from manyeyes.stand_in import catalog, creates, reads, uploads
from manyeyes.stand_in.front import SERVICE, front
from manyeyes.stand_in.journal import Entry
from manyeyes.stand_in.service import Service
from manyeyes.stand_in.world import ReplicateWorld

HOST = "127.0.0.1"

_ROUTES = (
    web.post("/v1/predictions", creates.create_by_version),
    web.post("/v1/models/{owner}/{name}/predictions", creates.create_by_model),
    web.get("/v1/predictions", reads.list_predictions),
    web.get("/v1/predictions/{id}", reads.get_prediction),
    web.post("/v1/predictions/{id}/cancel", reads.cancel_prediction),
    web.get("/v1/streams/{stream}", reads.stream_output),
    web.post("/v1/files", uploads.create_file),
    web.get("/v1/files", uploads.list_files),
    web.get("/v1/files/{id}", uploads.get_file),
    web.delete("/v1/files/{id}", uploads.delete_file),
    web.get("/v1/files/{id}/download", uploads.download_file),
    web.get("/v1/account", catalog.account),
    web.get("/v1/webhooks/default/secret", catalog.webhook_secret),
    web.get("/v1/models/{owner}/{name}", catalog.model),
    web.get("/v1/models/{owner}/{name}/versions/{version}", catalog.version),
)


class ReplicateServer:
    """A stand-in that is being served."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`, without `/v1`."""
        return self._service.showing.origin

    @property
    def world(self) -> ReplicateWorld:
        """What it is like now."""
        return self._service.world

    @property
    def journal(self) -> Sequence[Entry]:
        """All that happened so far, in order."""
        return self._service.journal.entries

    @property
    def counts(self) -> Counter[str]:
        """How often each event of the journal has happened."""
        return self._service.journal.counts

    def change(self, world: ReplicateWorld) -> None:
        """Be like `world` from the next request and the next free slot on."""
        self._service.change(world)


@asynccontextmanager
async def serve_replicate(
    world: ReplicateWorld | None = None, port: int = 0, journal: Path | None = None
) -> AsyncIterator[ReplicateServer]:
    """Serve `world` on the loopback interface while the block runs; `port` 0 takes a free one.

    `journal` is appended to. Raises `OSError` where the port is taken or the journal cannot be written, and
    `ValueError` for a throttle form that is none.
    """
    service = Service(world or ReplicateWorld(), journal)
    # Sizes are checked by the routes, which answer as the service does.
    app = web.Application(middlewares=[front], client_max_size=2**40)
    app[SERVICE] = service
    app.add_routes(_ROUTES)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    with service.journal:
        try:
            await runner.setup()
            await web.TCPSite(runner, HOST, port).start()
            service.move_to(f"http://{HOST}:{runner.addresses[0][1]}")
            yield ReplicateServer(service)
        finally:
            service.runner.close()
            await runner.cleanup()


def run_replicate(
    world: ReplicateWorld,
    port: int,
    ready: Callable[[str], object],
    journal: Path | None = None,
    *,
    ends_with_input: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM; `ready` is called with the origin once requests are taken.

    With `ends_with_input`, also until standard input ends: so it outlives nobody who holds the other end.
    Raises as `serve_replicate` does.
    """
    asyncio.run(_serve_until_stopped(world, port, ready, journal, ends_with_input=ends_with_input))


async def _serve_until_stopped(
    world: ReplicateWorld,
    port: int,
    ready: Callable[[str], object],
    journal: Path | None,
    *,
    ends_with_input: bool,
) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if ends_with_input:
        # A thread, since not everything that can be an input can be waited for in a loop.
        Thread(target=_read_to_the_end, args=(loop, stopped.set), daemon=True).start()
    async with serve_replicate(world, port, journal) as server:
        ready(server.origin)
        await stopped.wait()


def _read_to_the_end(loop: asyncio.AbstractEventLoop, then: Callable[[], object]) -> None:
    # By its number: an end in mid-read would find Python's own stream locked.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(then)
