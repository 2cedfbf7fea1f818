"""Room for originals in memory: so many bytes at once, in the order of those who wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from manyeyes.pacing.budget import Budget


class Room:
    """Holds back whoever would bring more bytes than fit; an item larger than all the room goes alone."""

    def __init__(self, limit: int) -> None:
        self._budget = Budget(limit)
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        """Wait until `size` bytes fit, and keep their place for as long as the block lasts."""
        await self._enter(size)
        try:
            yield
        finally:
            self._budget = self._budget.minus(size)
            self._let_in()

    async def _enter(self, size: int) -> None:
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
