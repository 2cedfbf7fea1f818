"""Spaces what is sent, so that the line's upload is not filled beyond a share someone has set."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True, slots=True)
class Uplink:
    """A line that takes so many bytes a second; inf for one without a cap.

    A sending may start when all before it would have gone through at the capped rate; a rest saves
    nothing up.
    """

    bytes_per_second: float = inf
    free_at: float = -inf

    def wait(self, now: float) -> float:
        """Seconds until something may be sent; 0 where it may now."""
        return max(0.0, self.free_at - now)

    def taken(self, now: float, size: int) -> Uplink:
        """The line once `size` bytes are being sent, from `now` on or when it is free."""
        if self.bytes_per_second == inf:
            return self
        return Uplink(self.bytes_per_second, max(now, self.free_at) + size / self.bytes_per_second)
