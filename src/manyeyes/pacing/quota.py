"""How many calls, or tokens, may be used in a span of time: what someone has configured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Self


@dataclass(frozen=True, slots=True)
class Quota:
    """A published allowance as a token bucket, kept as the time at which it would be full again.

    This is the generic cell rate algorithm (ITU-T I.371): `full_at` is its theoretical arrival time.
    """

    #: Seconds that one unit uses up.
    interval: float
    #: Units that may be used at once after a long rest.
    burst: float = 1
    full_at: float = -inf

    @classmethod
    def per_minute(cls, units: float, burst: float = 1) -> Self:
        """A quota of `units` a minute."""
        return cls(60 / units, burst)

    def wait(self, now: float, cost: float = 1) -> float:
        """Seconds until `cost` units may be used; 0 where they may now. More than ever fit wait for all."""
        return max(0.0, self.full_at - (self.burst - min(cost, self.burst)) * self.interval - now)

    def taken(self, now: float, cost: float = 1) -> Self:
        """The quota once `cost` units are used at `now`."""
        return replace(self, full_at=max(self.full_at, now) + cost * self.interval)

    def settled(self, more: float) -> Self:
        """The quota once it is known that `more` units than were taken are used; negative for fewer."""
        return replace(self, full_at=self.full_at + more * self.interval)


#: Answers that an estimate of the next one goes by, and the share of them that used no more.
RECENT, SHARE = 50, 0.95


def estimated(recent: Sequence[float], first: float) -> float:
    """What the next answer will use: so much that a share of 0.95 of the recent ones used no more; `first`
    before any is known."""
    return sorted(recent)[ceil(SHARE * len(recent)) - 1] if recent else first


@dataclass(frozen=True, slots=True)
class Tokens:
    """A quota of tokens: each call reserves an estimate, which is settled when its use is known."""

    quota: Quota
    #: What the latest answers used.
    recent: tuple[float, ...] = ()
    #: What the first answer is taken to use.
    first: float = 2000.0

    @property
    def estimate(self) -> float:
        """What the next call reserves."""
        return estimated(self.recent, self.first)

    @property
    def expected(self) -> float:
        """What the next call will use on average: an estimate is more, to be safe."""
        return sum(self.recent) / len(self.recent) if self.recent else self.first

    def wait(self, now: float) -> float:
        """Seconds until a call may start; 0 where it may now."""
        return self.quota.wait(now, self.estimate)

    def taken(self, now: float, reserved: float) -> Self:
        """The quota once a call has started."""
        return replace(self, quota=self.quota.taken(now, reserved))

    def settled(self, reserved: float, used: float | None) -> Self:
        """The quota once a call has used so much of what it reserved; None where it was not answered."""
        recent = self.recent if used is None else (*self.recent[1 - RECENT :], used)
        return replace(self, quota=self.quota.settled((used or 0.0) - reserved), recent=recent)
