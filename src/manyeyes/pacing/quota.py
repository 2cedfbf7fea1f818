"""How many calls may start in a span of time: what is configured, and what headers announce."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from manyeyes.model.ask import Allowance


@dataclass(frozen=True, slots=True)
class Quota:
    """A published allowance as a token bucket, kept as the time at which it would be full again.

    This is the generic cell rate algorithm (ITU-T I.371): `full_at` is its theoretical arrival time.
    """

    #: Seconds that one call uses up.
    interval: float
    #: Calls that may start at once after a long rest.
    burst: int = 1
    full_at: float = -inf

    @classmethod
    def per_minute(cls, calls: float, burst: int = 1) -> Quota:
        """A quota of `calls` a minute."""
        return cls(60 / calls, burst)

    def wait(self, now: float) -> float:
        """Seconds until a call may start; 0 where it may now."""
        return max(0.0, self.full_at - (self.burst - 1) * self.interval - now)

    def taken(self, now: float) -> Quota:
        """The quota once a call has started at `now`."""
        return Quota(self.interval, self.burst, max(self.full_at, now) + self.interval)


@dataclass(frozen=True, slots=True)
class Announced:
    """What response headers leave us, counting on from the newest request they speak of.

    Nothing is refused until headers have spoken. They say how many are left and when there are more,
    not at which rate; so once nothing is left, one call goes at each `reset` until newer headers come.
    """

    remaining: float = inf
    #: Seconds from one refill to the next, as announced.
    reset: float = 0.0
    refill_at: float = -inf
    #: Sequence number of the request whose headers are believed.
    heard_of: int = -1

    def wait(self, now: float) -> float:
        """Seconds until a call may start; 0 where it may now."""
        return 0.0 if self.remaining >= 1 else max(0.0, self.refill_at - now)

    def taken(self, now: float) -> Announced:
        """What is left once a call has started at `now`."""
        if self.remaining == inf:
            return self
        if self.remaining >= 1:
            return Announced(self.remaining - 1, self.reset, self.refill_at, self.heard_of)
        return Announced(self.remaining, self.reset, now + self.reset, self.heard_of)

    def heard(self, allowance: Allowance, *, seq: int, sent_at: float, sent_since: int) -> Announced:
        """What is left by the headers of request `seq`, after which `sent_since` more were sent.

        Headers that are older than those already believed change nothing.
        """
        if seq < self.heard_of:
            return self
        return Announced(allowance.remaining - sent_since, allowance.reset, sent_at + allowance.reset, seq)
