"""Places at a server: so many calls are worked on at once, the others queue in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from manyeyes.stand_in.prediction import Clock
from manyeyes.stand_in.world import Weather


class Slots:
    """`weather` is read anew at every decision, so that it may change at any moment."""

    def __init__(self, clock: Clock, weather: Callable[[], Weather]) -> None:
        self._clock = clock
        self._weather = weather
        self._queue: deque[asyncio.Future[None]] = deque()
        self._taken = 0
        self._warm_at: float | None = None

    @property
    def is_full(self) -> bool:
        """Whether a call that came now would have to wait for another's end."""
        capacity = self._weather().capacity
        return bool(capacity) and self._taken + len(self._queue) >= capacity

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A place of one's own, once those who came before have theirs and the model is warm."""
        await self._boot()
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        self.admit()
        try:
            await place
            yield
        finally:
            if place.done() and not place.cancelled():
                self._taken -= 1
            else:
                # It may have been passed over already.
                with suppress(ValueError):
                    self._queue.remove(place)
            self.admit()

    def admit(self) -> None:
        """Give free places to those who have waited longest. To be called when there are more, too."""
        capacity = self._weather().capacity
        while self._queue and (not capacity or self._taken < capacity):
            place = self._queue.popleft()
            if not place.cancelled():
                self._taken += 1
                place.set_result(None)

    async def _boot(self) -> None:
        weather = self._weather()
        if self._warm_at is None:
            self._warm_at = self._clock.now() + weather.cold_boot * weather.time_factor
        if (cold := self._warm_at - self._clock.now()) > 0:
            await asyncio.sleep(cold)
