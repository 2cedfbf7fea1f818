"""Who goes next: fresh pictures and due retries, in turn."""

from __future__ import annotations

import heapq
import itertools
from collections import deque

from manyeyes.engine.job import Job

#: Retries that may go before a fresh picture that waits.
RETRIES_IN_A_ROW = 2


class Admission:
    """Pictures that wait for a call: prepared ones in order, and retries by the time they are due.

    Nobody sleeps here, and nobody holds a permit: a retry is a row with a time.
    """

    def __init__(self) -> None:
        self._fresh: deque[Job] = deque()
        self._parked: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._retries_in_a_row = 0

    @property
    def fresh(self) -> int:
        """Prepared pictures that wait."""
        return len(self._fresh)

    @property
    def parked(self) -> int:
        """Retries that wait."""
        return len(self._parked)

    def add(self, job: Job) -> None:
        """A picture is prepared."""
        self._fresh.append(job)

    def park(self, job: Job, due: float) -> None:
        """A picture is to be tried again, not before `due` (seconds of the loop's clock)."""
        heapq.heappush(self._parked, (due, next(self._order), job))

    def due_in(self, now: float, *, only_retries: bool = False) -> float | None:
        """Seconds until someone can go; 0 for at once, None while nobody waits."""
        if self._fresh and not only_retries:
            return 0.0
        return max(0.0, self._parked[0][0] - now) if self._parked else None

    def next(self, now: float, *, only_retries: bool = False) -> Job | None:
        """Whose turn it is: retries first, but two in a row at most while a fresh one waits."""
        due = bool(self._parked) and self._parked[0][0] <= now
        fresh = bool(self._fresh) and not only_retries
        if due and (self._retries_in_a_row < RETRIES_IN_A_ROW or not fresh):
            self._retries_in_a_row += 1
            return heapq.heappop(self._parked)[2]
        self._retries_in_a_row = 0
        return self._fresh.popleft() if fresh else None

    def drain(self) -> list[Job]:
        """Everyone who waits, when nobody is admitted any more."""
        waiting = [*self._fresh, *(job for _, _, job in self._parked)]
        self._fresh.clear()
        self._parked.clear()
        return waiting
