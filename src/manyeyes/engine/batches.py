"""Batches with a barrier: the next one starts when the whole batch has ended."""

from __future__ import annotations

from collections.abc import Callable

from manyeyes.pacing.budget import Budget


class Batches:
    """Cuts pictures into batches of `size`, or fewer where their bytes would not fit the budget.

    `complete` is called when a batch has ended and the next one begins.
    """

    def __init__(self, size: int, budget: Budget | None, complete: Callable[[], None]) -> None:
        self._size = size
        self._empty = budget
        self._budget = budget
        self._complete = complete
        self._taken = 0
        self._begun = self._taken_in_all = 0
        self._unfinished: set[int] = set()

    def try_take(self, position: int, size: int) -> bool:
        """Take a picture of `size` bytes into the batch if it has room, or if the next one may begin."""
        if not self._has_room(size):
            if self._unfinished:
                return False
            self._complete()
            self._taken, self._budget = 0, self._empty
        self._begun += not self._taken
        self._taken += 1
        self._taken_in_all += 1
        self._unfinished.add(position)
        if self._budget is not None:
            self._budget = self._budget.plus(size)
        return True

    @property
    def usual(self) -> int:
        """Pictures of a batch; where bytes cut them, of those so far."""
        if self._empty is None or not self._begun:
            return self._size
        return max(1, round(self._taken_in_all / self._begun))

    @property
    def under_way(self) -> int:
        """Pictures of the batch under way that have not ended, those among them that are yet to be taken."""
        return len(self._unfinished) + max(0, self.usual - self._taken) if self._unfinished else 0

    def _has_room(self, size: int) -> bool:
        return self._taken < self._size and (self._budget is None or self._budget.fits(size))

    def ended(self, position: int) -> bool:
        """Take note that a picture has ended; whether it was the last of those that were taken."""
        if position not in self._unfinished:
            return False
        self._unfinished.remove(position)
        return not self._unfinished
