"""How often a caller may do something, such as try to sign in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

#: Callers that are told apart at once; the one unheard of for longest goes first.
MOST_CALLERS = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and then so many a second."""

    burst: float
    per_second: float


class Rates:
    """Counts what callers do against one rate: a bucket each, which fills up again with time."""

    def __init__(self, rate: Rate, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, caller: str) -> float:
        """Count one more; 0 where it may be done, else the seconds until the next may."""
        now = self._clock()
        level, at = self._buckets.pop(caller, (self._rate.burst, now))
        level = min(self._rate.burst, level + (now - at) * self._rate.per_second)
        done = level >= 1
        self._buckets[caller] = (level - done, now)
        if len(self._buckets) > MOST_CALLERS:
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if done else (1 - level) / self._rate.per_second
