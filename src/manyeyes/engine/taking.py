"""Takes listed pictures in hand: a loop waits for room, a task prepares each picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from manyeyes.engine.admission import Admission
from manyeyes.engine.backlog import Backlog
from manyeyes.engine.batches import Batches
from manyeyes.engine.elsewhere import Elsewhere
from manyeyes.engine.job import Job, Picture
from manyeyes.engine.preparing import Preparing
from manyeyes.model.errors import StoreError
from manyeyes.model.ticket import Key
from manyeyes.store.values import Begun

#: Pictures that the store is asked about at once.
WINDOW = 32
#: Seconds that a short listing is waited for, so that the total stands from the first picture on.
LISTING_GRACE = 1.0


class Taking:
    """Moves pictures from the backlog to admission, no more of them than `capacity` says."""

    def __init__(
        self,
        backlog: Backlog,
        preparing: Preparing,
        admission: Admission,
        elsewhere: Elsewhere,
        *,
        batches: Batches | None,
        capacity: Callable[[], int],
        stop: Callable[[str], None],
    ) -> None:
        self._backlog = backlog
        self._preparing = preparing
        self._admission = admission
        self._elsewhere = elsewhere
        self._batches = batches
        self._capacity = capacity
        self._stop = stop
        self._room = admission.departure
        self._position = 0
        self._in_preparation = 0
        self._taken_all = False
        self._stopped = False
        self._tasks: asyncio.TaskGroup | None = None
        self._watching: asyncio.Task[None] | None = None

    async def run(self, tasks: asyncio.TaskGroup) -> None:
        """Until every listed picture is prepared or has ended, or `stop`."""
        self._tasks = tasks
        self._watching = tasks.create_task(self._watch())
        with suppress(TimeoutError):
            async with asyncio.timeout(LISTING_GRACE):
                await self._backlog.wait_closed()
        try:
            while not self._stopped and (images := await self._backlog.take(WINDOW)):
                unanswered = await self._preparing.unanswered(images, self._position)
                self._position += len(images)
                for picture in unanswered:
                    await self._prepare_when_there_is_room(picture)
        except (StoreError, OSError) as error:
            self._stop(str(error))
        self._taken_all = True
        self._close_if_done()

    @property
    def has_more(self) -> bool:
        """Whether pictures are being prepared, or are listed and not yet taken in hand."""
        return bool(self._in_preparation) or not self._taken_all

    def stop(self) -> None:
        """Take no more in hand."""
        self._stopped = True
        self._backlog.close()
        self._room.ring()
        if self._watching is not None:
            self._watching.cancel()

    def ended(self, position: int) -> None:
        """A picture has ended; the barrier may open."""
        if self._batches is not None and self._batches.ended(position):
            self._room.ring()

    async def _prepare_when_there_is_room(self, picture: Picture) -> None:
        while not self._stopped and not self._try_take(picture):
            await self._room.wait()
        if not self._stopped:
            self._begin(picture, self._preparing.prepare(picture, lambda: self._stopped))

    async def _watch(self) -> None:
        try:
            await self._elsewhere.watch(self._come_back)
        except StoreError as error:
            self._stop(str(error))

    def _come_back(self, picture: Picture, key: Key, begun: Begun) -> None:
        """Nobody else buys this answer any more. Its picture does not wait for room: it has waited."""
        self._begin(picture, self._preparing.resume(picture, key, begun))

    def _begin(self, picture: Picture, preparing: Coroutine[Any, Any, Job | Key | None]) -> None:
        assert self._tasks is not None
        self._in_preparation += 1
        self._tasks.create_task(self._prepare(picture, preparing))

    def _try_take(self, picture: Picture) -> bool:
        if self._in_preparation + self._admission.fresh >= self._capacity():
            return False
        return self._batches is None or self._batches.try_take(picture.position, picture.image.size)

    async def _prepare(self, picture: Picture, preparing: Coroutine[Any, Any, Job | Key | None]) -> None:
        try:
            match await preparing:
                case Job() as job:
                    self._admission.add(job)
                case Key() as key:
                    self._elsewhere.put(picture, key)
        except StoreError as error:
            self._stop(str(error))
        finally:
            self._in_preparation -= 1
            self._room.ring()
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._taken_all and not self._in_preparation and not self._elsewhere.count:
            self._admission.close()
            if self._watching is not None:
                self._watching.cancel()
