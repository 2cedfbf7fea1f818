"""How long a run will take from now on: an interval, not a guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """Seconds from `at` on: of ten such runs one would take less than `p10`, five less than `p50`, and nine
    less than `p90`, should the provider go on as it does now."""

    p10: float
    p50: float
    p90: float
    #: Of the loop's clock.
    at: float

    def by(self, now: float) -> Self:
        """What is left of it at `now`, nothing new having been learned since."""
        passed = max(0.0, now - self.at)
        low, middle, high = (max(0.0, each - passed) for each in (self.p10, self.p50, self.p90))
        return type(self)(low, middle, high, now)
