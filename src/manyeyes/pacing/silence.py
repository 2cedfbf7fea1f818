"""Refusals that name no wait: are too many calls in flight, or has a quota run dry?"""

from __future__ import annotations

from collections import deque

#: Seconds for which a refusal that names no wait is waited out, where it is a quota's.
WAIT = 1.0
#: Answered calls with as many in flight as a refused one, from which on it cannot have been their number; and
#: seconds for which they count.
ENOUGH, LATELY = 3, 30.0
#: Calls of either kind that are remembered.
REMEMBERED = 64


class Silence:
    """Judges by contradiction: a cap that lets so many in flight does not refuse fewer a moment later.

    Refused calls count as in flight here until their refusal has come, but not at the provider: they are left
    out of all numbers.
    """

    def __init__(self) -> None:
        #: When answered calls were sent, and how many were in flight then.
        self._answered: deque[tuple[float, int]] = deque(maxlen=REMEMBERED)
        #: When refused ones were sent, and when their refusals came.
        self._refused: deque[tuple[float, float]] = deque(maxlen=REMEMBERED)

    def answered(self, sent_at: float, in_flight: int) -> None:
        """A call was answered."""
        self._answered.append((sent_at, in_flight))

    def is_quota(self, sent_at: float, in_flight: int, now: float) -> bool:
        """Whether a refusal that comes now is a quota's."""
        there = self._at_the_provider(sent_at, in_flight)
        as_many = sum(
            self._at_the_provider(sent, count) >= there
            for sent, count in self._answered
            if sent > now - LATELY
        )
        self._refused.append((sent_at, now))
        return as_many >= ENOUGH

    def _at_the_provider(self, at: float, in_flight: int) -> int:
        return in_flight - sum(sent <= at < heard for sent, heard in self._refused)
