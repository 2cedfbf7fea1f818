"""Pictures whose answers other processes are buying: waited for together, holding nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from manyeyes.engine.bell import Bell
from manyeyes.engine.claims import Claims
from manyeyes.engine.job import Picture
from manyeyes.engine.pause import Pause
from manyeyes.model.event import Event, Waiting
from manyeyes.model.ticket import Held, Key
from manyeyes.store.values import Begun

#: Seconds between looks at answers that other processes are buying.
HELD_SECONDS = 0.5
#: Seconds after which whoever watches is told what is waited for.
TOLD_AFTER = 10.0

#: Takes a picture whose wait is over, with what came of it.
ComeBack = Callable[[Picture, Key, Begun], None]


class Elsewhere:
    """Looks now and then at claims that others hold. No more pictures wait here than others have in hand.

    While the run is paused nobody looks: what others give up is not ours to take then.
    """

    def __init__(self, claims: Claims, pause: Pause, tell: Callable[[Event], None]) -> None:
        self._claims = claims
        self._pause = pause
        self._tell = tell
        self._pictures: dict[Key, Picture] = {}
        #: Rings for the loop that looks: someone has come, or a pause has ended.
        self.arrival = Bell()
        #: Seconds that somebody has been waiting here without a break; None once that was told.
        self._waited: float | None = 0.0

    @property
    def count(self) -> int:
        """Pictures that wait."""
        return len(self._pictures)

    def put(self, picture: Picture, key: Key) -> None:
        """A picture waits for the answer to `key`."""
        self._pictures[key] = picture
        self.arrival.ring()

    async def watch(self, come_back: ComeBack) -> None:
        """Until cancelled. Raises StoreError."""
        while True:
            while self._pause.is_on or not self._pictures:
                self._waited = 0.0
                await self.arrival.wait()
            await asyncio.sleep(HELD_SECONDS)
            if self._pause.is_on:
                continue
            holder = await self._look(come_back)
            self._tell_if_long(holder)

    async def _look(self, come_back: ComeBack) -> str:
        """Send back whoever need not wait any more; who holds the others up."""
        keys, holder = list(self._pictures), ""
        for key, begun in zip(keys, await asyncio.gather(*map(self._claims.begin, keys)), strict=True):
            if isinstance(begun, Held):
                holder = begun.by
            else:
                come_back(self._pictures.pop(key), key, begun)
        return holder

    def _tell_if_long(self, holder: str) -> None:
        if self._waited is None or not self._pictures:
            return
        self._waited += HELD_SECONDS
        if self._waited >= TOLD_AFTER:
            self._waited = None
            self._tell(Waiting(self.count, holder, asyncio.get_running_loop().time()))
