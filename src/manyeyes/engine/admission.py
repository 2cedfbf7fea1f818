"""Who goes next: fresh pictures and due retries, in turn."""

from __future__ import annotations

import heapq
import itertools
from collections import deque

from manyeyes.engine.bell import Bell
from manyeyes.engine.job import Job

#: Retries that may go before a fresh picture that waits.
RETRIES_IN_A_ROW = 2
#: Seconds. What is due sooner is due: no timer could be told to wait for it.
SHORTEST_WAIT = 1e-7


class Admission:
    """Pictures that wait for a call: prepared ones in order, and retries by the time they are due.

    Nobody sleeps here, and nobody holds a permit: a retry is a row with a time.
    """

    def __init__(self) -> None:
        self._fresh: deque[Job] = deque()
        self._parked: list[tuple[float, int, Job]] = []
        self._order = itertools.count()
        self._retries_in_a_row = 0
        #: No more prepared pictures will come.
        self.closed = False
        #: Rings for the loop that admits: someone has come, or nobody more will.
        self.arrival = Bell()
        #: Rings for the loop that takes pictures in hand: one has gone to its call.
        self.departure = Bell()

    @property
    def fresh(self) -> int:
        """Prepared pictures that wait."""
        return len(self._fresh)

    @property
    def waiting(self) -> int:
        """All who wait."""
        return len(self._fresh) + len(self._parked)

    @property
    def parked(self) -> int:
        """Retries that wait."""
        return len(self._parked)

    @property
    def is_over(self) -> bool:
        """Nobody waits, and no more prepared pictures will come."""
        return self.closed and not self._fresh and not self._parked

    def add(self, job: Job) -> None:
        """A picture is prepared."""
        self._fresh.append(job)
        self.arrival.ring()

    def park(self, job: Job, due: float) -> None:
        """A picture is to be tried again, not before `due` (seconds of the loop's clock)."""
        heapq.heappush(self._parked, (due, next(self._order), job))
        self.arrival.ring()

    def drop_unbought(self) -> list[Job]:
        """Those who wait, but for whom nothing may have been bought yet, wait no more; who they were."""
        dropped = [job for job in self._fresh if not job.left]
        dropped += [job for _, _, job in self._parked if not job.left]
        self._fresh = deque(job for job in self._fresh if job.left)
        self._parked = [waiting for waiting in self._parked if waiting[2].left]
        heapq.heapify(self._parked)
        self.arrival.ring()
        self.departure.ring()
        return dropped

    def close(self) -> None:
        """No more prepared pictures will come."""
        self.closed = True
        self.arrival.ring()

    def due_in(self, now: float, *, only_retries: bool = False) -> float | None:
        """Seconds until someone can go; 0 for at once, None while nobody waits."""
        if self._fresh and not only_retries:
            return 0.0
        if not self._parked:
            return None
        wait = self._parked[0][0] - now
        return wait if wait > SHORTEST_WAIT else 0.0

    def next(self, now: float, *, only_retries: bool = False) -> Job:
        """Whose turn it is, where `due_in` was 0: retries first, but two in a row at most while a fresh
        picture waits."""
        fresh = bool(self._fresh) and not only_retries
        due = bool(self._parked) and self._parked[0][0] - now <= SHORTEST_WAIT
        if due and (self._retries_in_a_row < RETRIES_IN_A_ROW or not fresh):
            self._retries_in_a_row += 1
            return heapq.heappop(self._parked)[2]
        self._retries_in_a_row = 0
        self.departure.ring()
        return self._fresh.popleft()
