"""Puts the ends of calls back into the order in which they were sent.

While the number of calls in flight grows, the first to end are the short ones. A mean over calls as they
end is then far too low (survivor bias); over calls as they were sent it is fair. A call that goes on for
longer than anyone has patience is passed on as it stands, so that it holds nobody up.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from manyeyes.pacing.limit import Ending, Sample


@dataclass(slots=True)
class Call:
    """One that has been sent, and its end once that is known."""

    sent_at: float
    in_flight: int
    sample: Sample | None = None


class SendOrder:
    """Holds calls that cannot be told yet: those in flight, and those that ended before an earlier one."""

    def __init__(self) -> None:
        self._waiting: deque[Call] = deque()

    def sent(self, sent_at: float, in_flight: int) -> Call:
        """A call has been sent; its sample is to be set when it ends."""
        call = Call(sent_at, in_flight)
        self._waiting.append(call)
        return call

    def due(self, now: float, patience: float) -> list[Sample]:
        """Those that can be told: all before the first that goes on and is younger than `patience`."""
        waiting, told = self._waiting, []
        while waiting:
            call = waiting[0]
            sample = call.sample
            if sample is None:
                if now - call.sent_at < patience:
                    break
                sample = Sample(call.sent_at, now, call.in_flight, Ending.SAYS_NOTHING, censored=True)
            waiting.popleft()
            told.append(sample)
        return told
