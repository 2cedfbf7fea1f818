"""Wakes a loop that waits for something to have changed."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Bell:
    """One loop waits for it; whoever changes something rings it.

    The loop looks at how things stand, and waits only if nothing is to be done. Between the look and the
    wait it never yields, so no ring is lost.
    """

    def __init__(self) -> None:
        self._rung: asyncio.Future[None] | None = None

    def ring(self) -> None:
        """Something has changed."""
        if self._rung is not None and not self._rung.done():
            self._rung.set_result(None)

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for the next ring, or at most so many seconds."""
        self._rung = asyncio.get_running_loop().create_future()
        if seconds is None:
            await self._rung
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung
