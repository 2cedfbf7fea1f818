"""Batches with a barrier: the next one starts when the whole batch has ended."""

from __future__ import annotations

from manyeyes.model.event import Ended, Event
from manyeyes.pacing.budget import Budget


class Batches:
    """Cuts pictures into batches of `size`, or fewer where their bytes would not fit the budget."""

    def __init__(self, size: int, budget: Budget | None) -> None:
        self._size = size
        self._empty = budget
        self._budget = budget
        self._taken = 0
        self._unfinished: set[int] = set()

    def try_take(self, position: int, size: int) -> bool:
        """Take a picture of `size` bytes into the batch, if it has room or the next may begin."""
        if not self._has_room(size) and not self._unfinished:
            self._taken, self._budget = 0, self._empty
        if not self._has_room(size):
            return False
        self._taken += 1
        self._unfinished.add(position)
        if self._budget is not None:
            self._budget = self._budget.plus(size)
        return True

    def _has_room(self, size: int) -> bool:
        return self._taken < self._size and (self._budget is None or self._budget.fits(size))

    def after(self, event: Event) -> bool:
        """Take note of an ending; True where it was the last of all that were taken."""
        if not isinstance(event, Ended) or event.outcome.position not in self._unfinished:
            return False
        self._unfinished.discard(event.outcome.position)
        return not self._unfinished
