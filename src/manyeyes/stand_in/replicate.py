"""Replicate, standing in on this machine: its routes, and how to serve them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from manyeyes.stand_in import catalog, creates, reads, uploads
from manyeyes.stand_in.front import SERVICE, front
from manyeyes.stand_in.journal import Entry
from manyeyes.stand_in.service import Service
from manyeyes.stand_in.serving import listening, serve_until_stopped
from manyeyes.stand_in.world import ReplicateWorld

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
    with service.journal:
        async with listening(app, port) as origin:
            service.move_to(origin)
            try:
                yield ReplicateServer(service)
            finally:
                service.runner.close()


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
    serving = serve_replicate(world, port, journal)
    told = serve_until_stopped(serving, lambda server: ready(server.origin), ends_with_input=ends_with_input)
    asyncio.run(told)
