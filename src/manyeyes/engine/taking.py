"""Takes listed pictures in hand: a loop waits for room, a task prepares each picture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from manyeyes.engine.admission import Admission
from manyeyes.engine.ahead import WINDOW, Ahead
from manyeyes.engine.backlog import Backlog
from manyeyes.engine.batches import Batches
from manyeyes.engine.elsewhere import Elsewhere
from manyeyes.engine.job import Job, Picture
from manyeyes.engine.looked import Looked
from manyeyes.engine.pause import Pause
from manyeyes.engine.preparing import Preparing
from manyeyes.model.errors import StoreError
from manyeyes.model.ticket import Key
from manyeyes.pacing.limiter import Limiter
from manyeyes.store.values import Begun

#: Rounds of calls: so near the end of a portfolio, the largest pictures go first, lest one of them be last.
LAST_ROUNDS = 8
#: Seconds that a short listing is waited for, so that the total stands from the first picture on.
LISTING_GRACE = 1.0


class Taking:
    """Moves pictures from the backlog to admission, no more of them than `capacity` says, nor more bytes than
    the budget of those `ahead`."""

    def __init__(
        self,
        backlog: Backlog,
        ahead: Ahead,
        preparing: Preparing,
        admission: Admission,
        elsewhere: Elsewhere,
        *,
        batches: Batches | None,
        limiter: Limiter,
        pause: Pause,
        spare: int,
        stop: Callable[[str], None],
    ) -> None:
        """`spare`: pictures that wait prepared beside those that may be in flight."""
        self._backlog = backlog
        self._ahead = ahead
        self._preparing = preparing
        self._admission = admission
        self._elsewhere = elsewhere
        self._batches = batches
        self._limiter = limiter
        self._pause = pause
        self._spare = spare
        self._stop = stop
        self._room = admission.departure
        #: Pictures taken from the backlog.
        self._position = 0
        self.looked = Looked()
        self._sorted = batches is not None
        self._in_preparation = 0
        self._taken_all = False
        self._stopped = False
        #: The only pictures that are meant, by the sha256 of their bytes; None where all are.
        self._meant: set[str] | None = None
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
            while not self._is_done:
                if len(self._ahead) < WINDOW and not self._pause.is_on:
                    await self._look_ahead()
                    # Whoever stops in the meantime rings for nobody.
                    if self._is_done or not (self._ahead or self._pause.is_on):
                        break
                if not self._try_take():
                    await self._room.wait()
        except (StoreError, OSError) as error:
            self._stop(str(error))
        self._taken_all = True
        self._close_if_done()

    async def _look_ahead(self) -> None:
        """Have enough ahead to choose from: a window, or all towards the end. Waits for the first picture."""
        while not self._is_held and (len(self._ahead) < WINDOW or self._is_near_the_end):
            if self._ahead and self._backlog.is_empty:
                break
            if not (images := await self._backlog.take(WINDOW)):
                break
            unanswered = await self._preparing.unanswered(images, self._position)
            self._ahead.add(unanswered)
            self._position += len(images)
            self.looked.at(len(images), len(unanswered))
        if self._is_near_the_end and not self._sorted:
            self._sorted = True
            if self._limiter.work.slope != 0:
                self._ahead.sort()

    @property
    def _is_near_the_end(self) -> bool:
        """All is listed, and what is left comes to a few rounds of calls."""
        left = self._backlog.count - self._position + len(self._ahead)
        return self._backlog.is_closed and left <= LAST_ROUNDS * self._limiter.limit.value

    @property
    def _is_held(self) -> bool:
        return self._stopped or self._pause.is_on

    def _try_take(self) -> bool:
        if self._pause.is_on or not self._has_room or (picture := self._ahead.next(self._may_go)) is None:
            return False
        self._begin(picture, self._preparing.prepare(picture, lambda: self._is_done, self._is_meant))
        return True

    @property
    def is_full(self) -> bool:
        """Whether the bytes in hand are all that may be, so that pictures wait for them."""
        return self._ahead.is_full

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

    def narrow(self, meant: frozenset[str]) -> None:
        """Take only pictures in hand whose bytes have one of these sha256, whatever batch they are of."""
        self._meant = set(meant)
        self._room.ring()

    @property
    def _is_done(self) -> bool:
        return self._stopped or self._meant == set()

    def _is_meant(self, sha256: str) -> bool:
        if self._meant is None:
            return True
        meant = sha256 in self._meant
        self._meant.discard(sha256)
        return meant

    def set_aside(self, position: int) -> None:
        """A picture in hand is for another run: its bytes are free."""
        self._ahead.free(position)
        self._room.ring()

    def ended(self, position: int) -> None:
        """A picture has ended: its bytes are free, and the barrier may open."""
        self._ahead.free(position)
        opens = self._batches is not None and self._batches.ended(position)
        if opens or self._ahead.is_full:
            self._room.ring()

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

    @property
    def _has_room(self) -> bool:
        return self._in_preparation + self._admission.fresh < self._limiter.limit.value + self._spare

    def _may_go(self, picture: Picture) -> bool:
        if self._batches is None or self._meant is not None:
            return True
        return self._batches.try_take(picture.position, picture.image.size)

    async def _prepare(self, picture: Picture, preparing: Coroutine[Any, Any, Job | Key | None]) -> None:
        done = None
        try:
            done = await preparing
            self._ahead.free(picture.position)
            match done:
                case Job() as job:
                    self._ahead.hold(job.picture.position, len(job.prepared.data))
                    self._admission.add(job)
                case Key() as key:
                    self._elsewhere.put(picture, key)
        except StoreError as error:
            self._stop(str(error))
        finally:
            self._in_preparation -= 1
            # One that is prepared takes as much room as before, though not as many bytes.
            if not isinstance(done, Job) or self._ahead.is_full:
                self._room.ring()
            self._close_if_done()

    def _close_if_done(self) -> None:
        if self._taken_all and not self._in_preparation and not self._elsewhere.count:
            self._admission.close()
            if self._watching is not None:
                self._watching.cancel()
