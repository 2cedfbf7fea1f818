"""Which pictures will need a call? As many of those to come as of those before."""

from __future__ import annotations

import math
from collections import deque

#: Latest windows, and latest calls, that tell more of what comes next than all together.
WINDOWS, CALLS = 2, 64
#: Calls from which on the latest tell anything.
FEWEST = 16


class Looked:
    """Counts, in two steps, who needs a call: the store knows some answers by place, and some by bytes.

    The share of all so far counts, unless the latest were surely otherwise, as after a run that had stopped
    half-way: what it has answered comes first, and then nothing is known.
    """

    def __init__(self) -> None:
        #: Pictures of which the store has said whether it knows them by their place.
        self.pictures = 0
        self._unanswered = 0
        self._windows: deque[tuple[int, int]] = deque(maxlen=WINDOWS)
        self._called = 0
        #: Pictures that ended without a call; and how many had when each of the latest calls began.
        self._without = 0
        self._at_calls: deque[int] = deque(maxlen=CALLS)

    def at(self, pictures: int, unanswered: int) -> None:
        """A window was looked at."""
        self.pictures += pictures
        self._unanswered += unanswered
        self._windows.append((pictures, unanswered))

    def called(self) -> None:
        """A picture's first call has begun."""
        self._called += 1
        self._at_calls.append(self._read_in_vain)

    def ended_without_call(self) -> None:
        """A picture has ended by what was known of it, or because it is no good."""
        self._without += 1

    def unseen(self, ready: int) -> float:
        """Share of the pictures that nobody has looked at that will need a call; `ready`: prepared ones that
        wait for theirs."""
        pictures = sum(window for window, _ in self._windows)
        latest = sum(unanswered for _, unanswered in self._windows)
        return _share(self._unanswered, self.pictures, latest, pictures) * self.seen(ready)

    def seen(self, ready: int) -> float:
        """The same of those that were looked at and have yet to be read."""
        in_vain, called, lately = self._read_in_vain, self._called + ready, len(self._at_calls) + ready
        if len(self._at_calls) < FEWEST:
            return _share(called, called + in_vain, 0, 0)
        # What a window brings is told before the window is, so that this may seem to shrink.
        since = max(0, in_vain - self._at_calls[0])
        return _share(called, called + in_vain, lately, lately + since)

    @property
    def _read_in_vain(self) -> int:
        """Pictures that had to be read before they ended without a call."""
        return max(0, self._without - (self.pictures - self._unanswered))


def _share(some: int, of: int, latest_some: int, latest_of: int) -> float:
    if not of:
        return 1.0
    share = some / of
    if not latest_of:
        return share
    latest = latest_some / latest_of
    return share if abs(latest - share) <= 1 / math.sqrt(latest_of) else latest
