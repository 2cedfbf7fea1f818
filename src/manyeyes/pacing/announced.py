"""What response headers say is left of a quota, counted on until newer headers come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Self

#: Seconds between two readings that tell how fast a quota is refilled, at least, and from which on the later
#: one takes the place of the earlier.
READINGS_APART, READINGS_LAST = 2.0, 10.0


#: Seconds to a refill from which on it is taken to bring more than one unit: a window begins.
FAR = 3.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What headers said, by the use that had been made of the quota when their request was sent."""

    at: float
    used: float
    remaining: float


@dataclass(frozen=True, slots=True)
class Announced:
    """What headers leave us. Nothing is refused until they have spoken.

    They say how much is left and when there is more, not at which rate. The rate follows from two
    readings: what is left now is what was left before, less what was used in between, and what was
    refilled. Until that is known one unit comes at each `reset`.
    """

    remaining: float = inf
    #: Seconds from one refill to the next, as announced.
    reset: float = 0.0
    refill_at: float = -inf
    #: Longest such time that was announced: the next refill may be on its way already, one after it is not.
    interval: float = 0.0
    #: Units a second that flow back; None while that is not known.
    rate: float | None = None
    #: When `remaining` was so much.
    at: float = -inf
    #: The use made of the quota when the request was sent whose headers are believed.
    heard_of: float = -1
    reading: Reading | None = None
    #: Most that was ever left: a full bucket refills nothing.
    most: float = 0.0

    def _left(self, now: float) -> float:
        if self.rate is None or now <= self.at:
            return self.remaining
        return min(max(self.most, self.remaining), self.remaining + (now - self.at) * self.rate)

    def wait(self, now: float, cost: float = 1) -> float:
        """Seconds until so much may be used; 0 where it may now."""
        left, wanted = self._left(now), min(cost, max(self.most, 1))
        if left >= wanted:
            return 0.0
        if self.rate and self.reset < FAR:
            return (wanted - left) / self.rate
        # Of tokens, services tell when all are there again.
        refills = 1 if self.reset >= FAR or cost > 1 else ceil(wanted - left)
        return max(0.0, self.refill_at + (refills - 1) * self.interval - now)

    def taken(self, now: float, cost: float = 1) -> Self:
        """What is left once so much is used at `now`."""
        if self.remaining == inf:
            return self
        left = self._left(now)
        if left >= cost:
            return replace(self, remaining=left - cost, at=now)
        # A refill has come, of which no more is known than that.
        return replace(self, remaining=min(left, 0.0), at=now, refill_at=now + self.interval)

    def heard(
        self,
        remaining: float,
        reset: float,
        *,
        used: float,
        sent_at: float,
        used_since: float,
        refused: bool = False,
    ) -> Self:
        """What is left by the headers of a request before which `used` had been used, itself included, and
        `used_since` after it.

        Headers that are older than those already believed change nothing. Those of a refusal say what is
        left, but nobody knows whether it used anything itself.
        """
        if used < self.heard_of:
            return self
        read = replace(self, reading=None) if refused else self._read(Reading(sent_at, used, remaining))
        return replace(
            read,
            remaining=remaining - used_since,
            reset=reset,
            interval=max(self.interval, reset),
            refill_at=sent_at + reset,
            at=sent_at,
            heard_of=used,
        )

    def _read(self, fresh: Reading) -> Self:
        most = max(self.most, fresh.remaining)
        old = self.reading
        if old is None or old.remaining >= most - 1:
            return replace(self, reading=fresh, most=most)
        seconds = fresh.at - old.at
        if seconds < READINGS_APART:
            return replace(self, most=most)
        refilled = fresh.remaining - old.remaining + fresh.used - old.used
        # A bucket that is full, or an empty one, hides what flows. Units are told whole: one may be a part.
        hidden = fresh.remaining >= most - 1 or fresh.remaining == 0
        rate = self.rate if hidden else max(0.0, refilled - 1) / seconds or self.rate
        reading = fresh if hidden or seconds >= READINGS_LAST else old
        return replace(self, reading=reading, most=most, rate=rate)
