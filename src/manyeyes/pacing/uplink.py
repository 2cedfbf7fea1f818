"""Spaces what is sent, so that the line's upload is not filled beyond a share someone has set."""

from __future__ import annotations

import asyncio


class Uplink:
    """A line that takes so many bytes a second; None for one without a cap.

    Each sending is given its time in the order of asking: it may start when all before it would have
    gone through at the capped rate.
    """

    def __init__(self, bytes_per_second: float | None = None) -> None:
        self._bytes_per_second = bytes_per_second
        self._free_at = float("-inf")

    async def wait_room(self, size: int) -> None:
        """Wait until `size` bytes may be sent."""
        if self._bytes_per_second is None:
            return
        now = asyncio.get_running_loop().time()
        start = max(now, self._free_at)
        self._free_at = start + size / self._bytes_per_second
        await asyncio.sleep(start - now)
