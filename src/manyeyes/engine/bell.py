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
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something has changed."""
        self._rung.set()

    async def wait(self, seconds: float | None = None) -> None:
        """Wait for the next ring, or at most so many seconds."""
        self._rung.clear()
        if seconds is None:
            await self._rung.wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._rung.wait()
