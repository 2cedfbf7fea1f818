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


#: Answers that an estimate of the next one goes by, and the share of them that used no more.
RECENT, SHARE = 50, 0.95


def estimated(recent: Sequence[float], first: float) -> float:
    """What the next answer will use: so much that a share of 0.95 of the recent ones used no more; `first`
    before any is known."""
    return sorted(recent)[ceil(SHARE * len(recent)) - 1] if recent else first


@dataclass(frozen=True, slots=True)
class Charge:
    """What one call takes of a quota: first what it reserves, then what it has used."""

    seq: int
    at: float
    units: float
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """A quota of tokens: each call reserves an estimate, which is settled when its use is known."""

    quota: Quota
    #: The quota before the oldest call that is not settled, and what that call and all since have taken. What
    #: a call leaves unused is had back only as far as it still was missing: a full bucket holds no more.
    before: Quota | None = None
    charges: tuple[Charge, ...] = ()
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

    def taken(self, now: float, seq: int, reserved: float) -> Self:
        """The quota once call number `seq` has started."""
        if not self.quota.interval:
            return self
        charges = (*self.charges, Charge(seq, now, reserved))
        return replace(self, quota=self.quota.taken(now, reserved), charges=charges, before=self._base)

    def settled(self, seq: int, used: float | None) -> Self:
        """The quota once call number `seq` has used so much; None where it was not answered."""
        recent = self.recent if used is None else (*self.recent[1 - RECENT :], used)
        if not self.charges:
            return replace(self, recent=recent)
        units = used or 0.0
        charges = [Charge(seq, one.at, units, True) if one.seq == seq else one for one in self.charges]
        before = self._base
        while charges and charges[0].settled:
            oldest = charges.pop(0)
            before = before.taken(oldest.at, oldest.units)
        quota = before
        for one in charges:
            quota = quota.taken(one.at, one.units)
        return replace(self, quota=quota, before=before, charges=tuple(charges), recent=recent)

    @property
    def _base(self) -> Quota:
        return self.quota if self.before is None else self.before
