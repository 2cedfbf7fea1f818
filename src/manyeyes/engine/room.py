"""Room for originals in memory: so many bytes at once, in the order of those who wait."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import AbstractAsyncContextManager

from manyeyes.pacing.budget import Budget


class Room:
    """Holds back whoever would bring more bytes than fit; an item larger than all the room goes alone."""

    def __init__(self, limit: int) -> None:
        self._budget = Budget(limit)
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    def taken(self, size: int) -> AbstractAsyncContextManager[None]:
        """Wait until `size` bytes fit, and keep their place for as long as the block lasts."""
        return _Place(self, size)

    def leave(self, size: int) -> None:
        """So many bytes are free again."""
        self._budget = self._budget.minus(size)
        self._let_in()

    async def enter(self, size: int) -> None:
        """Wait until `size` bytes fit, and take their place."""
        if not self._waiting and self._budget.fits(size):
            self._budget = self._budget.plus(size)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting.remove((size, turn))
            else:
                self._budget = self._budget.minus(size)
            self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._budget.fits(self._waiting[0][0]):
            size, turn = self._waiting[0]
            if turn.cancelled():
                # It leaves as soon as it runs.
                return
            self._waiting.popleft()
            self._budget = self._budget.plus(size)
            turn.set_result(None)


class _Place(AbstractAsyncContextManager[None]):
    """Bytes in a room; one for each picture, so that a generator would be dear."""

    def __init__(self, room: Room, size: int) -> None:
        self._room = room
        self._size = size

    async def __aenter__(self) -> None:
        await self._room.enter(self._size)

    async def __aexit__(self, *_: object) -> None:
        self._room.leave(self._size)
