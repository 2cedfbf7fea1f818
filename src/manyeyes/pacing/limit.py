"""How many calls may be in flight: samples in, a number out; never blocks, never reads a clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Protocol, Self


class Ending(Enum):
    """What the end of a call tells of the provider's capacity."""

    ANSWERED = "answered"
    #: Refused without a wait: so many at once may be too many.
    PUSHED_BACK = "pushed back"
    #: Refused until a time that was named: a quota, which says nothing of how many may go at once.
    DEFERRED = "deferred"
    #: The service or the line broke off, or took longer than anyone waits.
    BROKEN = "broken"
    #: It answered, with a no to this picture: it is there, and that is all.
    HEARD = "heard"
    #: A corrupt picture must not move the limit.
    SAYS_NOTHING = "says nothing about capacity"


@dataclass(frozen=True, slots=True)
class Sample:
    """What one call tells the Limit. Times are seconds of the loop's clock."""

    sent_at: float
    ended_at: float
    #: Calls in flight when this one was sent, itself included.
    in_flight: int
    ending: Ending
    #: As many were in flight at its end as the limit allows: it is the limit that held others back.
    at_limit: bool = False
    #: It goes on; `ended_at` is how far it has come.
    censored: bool = False

    @property
    def seconds(self) -> float:
        """What it took, or has taken so far."""
        return self.ended_at - self.sent_at


class Limit(Protocol):
    """An algorithm that says how many calls may be in flight."""

    @property
    def value(self) -> int:
        """Calls that may be in flight now; at least 1."""

    @property
    def patience(self) -> float:
        """Seconds after which a call that goes on is counted as it stands, so that those sent after it
        need not wait to be heard."""

    def after(self, sample: Sample) -> Limit:
        """The limit once a call has ended; calls are told as they end, short ones first."""

    def after_in_order(self, sample: Sample) -> Limit:
        """The same once more, in the order in which the calls were sent: only so are latencies fair."""


@dataclass(frozen=True, slots=True)
class FixedLimit:
    """A number that someone has pinned."""

    value: int
    patience: float = inf

    def after(self, sample: Sample) -> Self:  # noqa: ARG002 - nothing moves a pinned number
        """Itself."""
        return self

    def after_in_order(self, sample: Sample) -> Self:  # noqa: ARG002
        """Itself."""
        return self
