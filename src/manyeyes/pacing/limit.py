"""How many calls may be in flight: samples in, a number out; never blocks, never reads a clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Ending(Enum):
    """What the end of a call tells of the provider's capacity."""

    ANSWERED = "answered"
    PUSHED_BACK = "pushed back"
    #: A corrupt picture or a broken line must not move the limit.
    SAYS_NOTHING = "says nothing about capacity"


@dataclass(frozen=True, slots=True)
class Sample:
    """What one call tells the Limit. Times are seconds of the loop's clock."""

    sent_at: float
    ended_at: float
    #: Calls in flight when this one was sent, itself included.
    in_flight: int
    ending: Ending


class Limit(Protocol):
    """An algorithm that says how many calls may be in flight."""

    @property
    def value(self) -> int:
        """Calls that may be in flight now; at least 1."""

    def after(self, sample: Sample) -> Limit:
        """The limit once this sample is known."""


@dataclass(frozen=True, slots=True)
class FixedLimit:
    """A number that someone has pinned."""

    value: int

    def after(self, sample: Sample) -> FixedLimit:  # noqa: ARG002 - nothing moves a pinned number
        """Itself."""
        return self
