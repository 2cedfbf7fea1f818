"""Runs as they go, for any number of watchers: a frame is made once, a slow watcher gets the newest."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Self

import orjson
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.types import Send

from manyeyes.model.errors import ManyeyesError
from manyeyes.web.problems import Problem

logger = logging.getLogger(__name__)

#: Seconds between frames at least; between looks, where nobody says that there is news, at a run of this
#: process and at one of another; and of silence until a comment shows that the line holds.
COALESCED, TICK, LOOK, HEARTBEAT = 0.1, 1.0, 0.5, 15.0
#: Seconds more between frames for each watcher: two hundred get six a second, and leave the run its time.
EACH = 0.0003
#: Milliseconds after which a browser whose line broke connects again.
_RETRY = 2000
BEAT = b": still here\n\n"


@dataclass(frozen=True, slots=True)
class Sight:
    """A run at one moment."""

    #: What a frame tells of it.
    told: dict[str, object]
    #: Nothing more will come.
    ended: bool


Look = Callable[[], Awaitable[Sight]]


class Channel:
    """The frames of one run. Alive while somebody watches it."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._news = asyncio.Event()
        self._woken = asyncio.Event()
        self._told: dict[str, object] | None = None
        self._series = secrets.token_hex(4)
        self._number = 0
        self.watchers = 0
        self.frame, self.id = b"", ""
        self.ended = False
        #: Heartbeats that were due.
        self.beats = 0
        self.task: asyncio.Task[None] | None = None

    def hear(self) -> None:
        """Something has happened in the run."""
        self._news.set()

    async def wait_woken(self) -> None:
        """Until there is a new frame, or a heartbeat is due."""
        await self._woken.wait()

    async def publish(self, every: float) -> None:
        """Make frames until the run has ended, at least every so many seconds where it changes."""
        clock = asyncio.get_running_loop().time
        silent_since = clock()
        while not self.ended:
            self._news.clear()
            if await self._has_news():
                silent_since = clock()
            elif clock() - silent_since >= HEARTBEAT:
                silent_since = clock()
                self.beats += 1
                self._wake()
            pause = COALESCED + EACH * self.watchers
            await asyncio.sleep(pause)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, every - pause)):
                    await self._news.wait()

    async def _has_news(self) -> bool:
        """Make a frame where anything has changed; whether it has."""
        try:
            sight = await self._look()
        except ManyeyesError:
            # The store may be locked for a while; what was told last stands.
            return False
        except Problem:
            # Deleted while it was watched: there is nothing more to tell.
            self.end()
            return False
        except Exception as error:  # noqa: BLE001 - what fails one run's watchers is not to end the server
            logger.error("a run can be watched no more by a fault of ours: %r", error)  # noqa: TRY400
            self.end()
            return False
        if sight.told == self._told and not sight.ended:
            return False
        self._told = sight.told
        self._number += 1
        self.id = f"{self._series}-{self._number}"
        data = orjson.dumps(sight.told).decode()
        self.frame = format_sse_event(data_str=data, event="progress", id=self.id, retry=_RETRY)
        if sight.ended:
            self.frame += format_sse_event(data_str=data, event="ended", id=self.id)
            self.ended = True
        self._wake()
        return True

    def close(self) -> None:
        """Make no more frames, and let every watcher go."""
        if self.task is not None:
            self.task.cancel()
        self.end()

    def end(self) -> None:
        """Let every watcher go once it has the newest frame."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        woken, self._woken = self._woken, asyncio.Event()
        woken.set()


class Live:
    """Frames of server-sent events for whoever watches a run; works for as long as it is entered."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        self.close()
        await self._tasks.__aexit__(*raised)

    def hear(self, run: str) -> None:
        """Something has happened in a run of this process. Costs next to nothing where nobody watches."""
        if (channel := self._channels.get(run)) is not None:
            channel.hear()

    def close(self) -> None:
        """Let every watcher go: the server ends."""
        for channel in self._channels.values():
            channel.close()

    @property
    def watchers(self) -> int:
        """How many watch."""
        return sum(channel.watchers for channel in self._channels.values())

    async def frames(
        self, run: str, look: Look, *, mine: bool, seen: str | None = None
    ) -> AsyncGenerator[bytes]:
        """Encoded frames until the run has ended; the newest one first, unless it has been `seen`.

        `mine`: a run of this process, which says when there is news. Others are looked at now and then.
        Close it (`aclosing`) when its watcher has gone.
        """
        channel = self._joined(run, look, mine)
        channel.watchers += 1
        beats = channel.beats
        try:
            while True:
                if channel.id not in ("", seen):
                    seen = channel.id
                    yield channel.frame
                elif channel.beats != beats:
                    yield BEAT
                beats = channel.beats
                if channel.ended:
                    return
                if channel.id in ("", seen):
                    await channel.wait_woken()
        finally:
            channel.watchers -= 1
            if not channel.watchers:
                channel.close()
                if self._channels.get(run) is channel:
                    del self._channels[run]

    def _joined(self, run: str, look: Look, mine: bool) -> Channel:
        channel = self._channels.get(run)
        if channel is None or channel.ended:
            self._channels[run] = channel = Channel(look)
            channel.task = self._tasks.create_task(channel.publish(TICK if mine else LOOK))
        return channel


class Frames(EventSourceResponse):
    """An answer that is a stream of frames, closed at once when its watcher goes."""

    def __init__(self, frames: AsyncGenerator[bytes]) -> None:
        # Proxies are not to hold frames back (nginx reads X-Accel-Buffering).
        super().__init__(frames, headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        self._frames = frames

    async def stream_response(self, send: Send) -> None:
        """Send each frame as it comes."""
        async with aclosing(self._frames):
            await super().stream_response(send)
