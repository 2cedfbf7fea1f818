"""A run at a server, watched until it has ended, through broken lines and the server's restarts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

from manyeyes.model.errors import ServerError
from manyeyes.model.progress import Progress
from manyeyes.remote.answers import understood
from manyeyes.remote.frames import frames
from manyeyes.remote.server import Request, Server

RUNNING = "running"
#: States of a run that its server takes up again when it starts.
LEFT = ("interrupted", "broken off")
#: Seconds between two looks; and of silence, within which a heartbeat is due.
LOOK, SILENCE = 1.0, 45.0
#: Looks within which a server that is back takes up what it left.
GRACE = 10
#: Times that events are asked for in vain.
IN_VAIN = 2


@dataclass(frozen=True, slots=True)
class Sight:
    """A run as it was told last."""

    run: str
    state: str
    progress: Progress
    #: The run that goes on with this one.
    continued_by: str | None = None
    #: It was begun by way of a server, which takes it up again should it break off.
    has_order: bool = False

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state != RUNNING

    @property
    def may_go_on(self) -> bool:
        """Whether its server may take it up again."""
        return self.state in LEFT and self.has_order


async def look(server: Server, run: str) -> Sight:
    """A run as it stands. Raises ServerError and SettingsError."""
    return seen(server, await server.get(f"/api/runs/{run}"))


def seen(server: Server, told: Mapping[str, Any]) -> Sight:
    """What the server tells of a run. Raises ServerError."""
    with understood(server.address):
        state = str(told["state"])
        stopped = told["stopped"] or (state if state in LEFT else None)
        fields = {**told["progress"], "paused": told["paused"]}
        return Sight(
            str(told["id"]),
            state,
            Progress.from_json(fields, finished=state not in (RUNNING, "interrupted"), stopped=stopped),
            told["continuedBy"],
            told["order"] is not None,
        )


async def watch(server: Server, run: str) -> AsyncGenerator[Sight]:
    """How a run goes, until it has ended; the last is how it ended. Where its server left it and took it up
    again, the run that goes on with it is watched from then on.

    Raises ServerError where the server stays away.
    """
    while True:
        async with aclosing(_until_ended(server, run)) as sights:
            async for sight in sights:
                yield sight
        last = await _followed(server, run)
        if last.continued_by is None:
            yield last
            return
        run = last.continued_by


async def _followed(server: Server, run: str) -> Sight:
    """How a run ended; one that its server may take up again is waited for a while."""
    last = await look(server, run)
    for _ in range(GRACE):
        if not last.may_go_on or last.continued_by is not None:
            break
        await asyncio.sleep(LOOK)
        last = await look(server, run)
    return last


async def _until_ended(server: Server, run: str) -> AsyncGenerator[Sight]:
    """By events; and where none come, by looking now and then."""
    news = _News(server, run)
    while True:
        if news.may_come:
            async with aclosing(news.until_broken()) as sights:
                async for sight in sights:
                    yield sight
                    if sight.ended:
                        return
        # This waits for a server that is away.
        sight = await look(server, run)
        yield sight
        if sight.ended:
            return
        await asyncio.sleep(LOOK)


class _News:
    """The events of a run, for as long as they come."""

    def __init__(self, server: Server, run: str) -> None:
        self._server = server
        self._path = f"/api/runs/{run}/events"
        self._last_id = ""
        self._in_vain = 0

    @property
    def may_come(self) -> bool:
        """Whether it is worth asking: some proxies hold back all that streams."""
        return self._in_vain < IN_VAIN

    async def until_broken(self) -> AsyncGenerator[Sight]:
        """What is told until the line breaks."""
        self._in_vain += 1
        told = {"Accept": "text/event-stream"}
        if self._last_id:
            told["Last-Event-ID"] = self._last_id
        with suppress(ServerError):
            async with self._server.opened(
                Request("GET", self._path, headers=told), silence=SILENCE
            ) as response:
                await self._server.check(response)
                async for frame in frames(response.content.iter_any()):
                    self._in_vain = 0
                    if frame is not None and frame.event == "progress":
                        self._last_id = frame.id
                        yield _framed(self._server, frame.data)


def _framed(server: Server, data: str) -> Sight:
    with understood(server.address):
        told = json.loads(data)
        return Sight(str(told["run"]), str(told["state"]), Progress.from_json(told))
