"""Puts the ends of calls back into the order in which they were sent.

While the number of calls in flight grows, the first to end are the short ones. A mean over calls as they
end is then far too low (survivor bias); over calls as they were sent it is fair. A call that goes on for
longer than anyone has patience is passed on as it stands, so that it holds nobody up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from manyeyes.pacing.limit import Ending, Sample


@dataclass(slots=True)
class _Call:
    seq: int
    sent_at: float
    in_flight: int
    sample: Sample | None = None


class SendOrder:
    """Holds calls that cannot be told yet: those in flight, and those that ended before an earlier one."""

    def __init__(self) -> None:
        self._waiting: deque[_Call] = deque()
        self._by_seq: dict[int, _Call] = {}

    def sent(self, seq: int, sent_at: float, in_flight: int) -> None:
        """A call has been sent."""
        call = _Call(seq, sent_at, in_flight)
        self._waiting.append(call)
        self._by_seq[seq] = call

    def ended(self, seq: int, sample: Sample) -> None:
        """It has ended."""
        if (call := self._by_seq.pop(seq, None)) is not None:
            call.sample = sample

    def due(self, now: float, patience: float) -> Iterator[Sample]:
        """Those that can be told: all before the first that goes on and is younger than `patience`."""
        waiting = self._waiting
        while waiting:
            call = waiting[0]
            if call.sample is None and now - call.sent_at < patience:
                return
            waiting.popleft()
            if call.sample is not None:
                yield call.sample
            else:
                del self._by_seq[call.seq]
                yield Sample(call.sent_at, now, call.in_flight, Ending.SAYS_NOTHING, censored=True)
