"""All that is known of a run's future at one moment."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from manyeyes.pacing.allowed import Allowed
from manyeyes.pacing.service import Floats, Prior

_NONE = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls in the order of sending. Of those that go on, `seconds` is how long they have."""

    sent_at: Floats = field(default_factory=lambda: _NONE)
    seconds: Floats = field(default_factory=lambda: _NONE)
    #: How many were in flight when each was sent, itself included.
    in_flight: Floats = field(default_factory=lambda: _NONE)

    def __len__(self) -> int:
        return len(self.sent_at)

    def where(self, which: NDArray[np.bool] | slice) -> Calls:
        """Some of them."""
        return Calls(self.sent_at[which], self.seconds[which], self.in_flight[which])


@dataclass(frozen=True, slots=True)
class View:
    """All that is known of a run's future at one moment. Times are seconds of the loop's clock."""

    now: float
    #: Calls that are to start yet.
    pending: float
    #: Of the portfolio, the share that has ended.
    done: float
    #: Calls that may be in flight.
    places: int
    #: That number is what holds calls back; and it still grows, to find out how many there may be.
    held: bool = True
    growing: bool = False
    #: Answered calls, the latest of them, and those that go on.
    answered: Calls = field(default_factory=Calls)
    under_way: Calls = field(default_factory=Calls)
    #: What was sent before tells nothing of what calls take: the service had to boot.
    since: float = -math.inf
    #: When calls were first refused until a time that was named: what had been saved up was used up then.
    refused_at: float = -math.inf
    #: Mean logarithm of an unloaded call's seconds, as the limit has learned it.
    unloaded: float | None = None
    #: What an earlier run has learned of calls.
    prior: Prior | None = None
    allowed: Allowed = field(default_factory=Allowed)
    #: Pictures of a batch, None without barrier; and how many of those pending belong to the one under way.
    batch: int | None = None
    left_in_batch: int = 0
    #: Pictures that another process is buying.
    elsewhere: int = 0
    #: Seconds until the last of the retries that wait may go.
    due_in: float = 0.0
