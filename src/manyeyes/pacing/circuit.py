"""A provider that is down is probed, not hammered.

The pattern is the circuit breaker of Michael Nygard, "Release It!", 2007: closed while all is well, open
after failures in a row, and closed again by the first call that is answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Self

from manyeyes.pacing.limit import Ending

#: Failures in a row, no call answered in between, that open it.
FAILURES = 5
#: Seconds to the first probe, doubled by each that fails, and the longest of these waits.
FIRST_PROBE, LONGEST_PROBE = 1.0, 30.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """Whether the provider answers at all."""

    failures: int = 0
    #: When it was opened; inf while it is closed.
    opened_at: float = inf
    probe_at: float = -inf
    pause: float = FIRST_PROBE
    #: A probe is under way.
    probing: bool = False

    @property
    def is_open(self) -> bool:
        """Whether only probes go."""
        return self.opened_at != inf

    def wait(self, now: float) -> float | None:
        """Seconds until a call may start; 0 where it may now, None where only the probe's end tells."""
        if self.opened_at == inf:
            return 0.0
        return None if self.probing else max(0.0, self.probe_at - now)

    def taken(self) -> Self:
        """The circuit once a call has started."""
        return self if self.opened_at == inf else replace(self, probing=True)

    def down_for(self, now: float) -> float:
        """Seconds since it was opened; 0 while it is closed."""
        return max(0.0, now - self.opened_at) if self.is_open else 0.0

    def after(self, ending: Ending, now: float, *, probe: bool, alone: bool) -> Self:
        """The circuit once a call has ended. `probe`: it was sent to find out; `alone`: no other call was
        in flight with it, so that it was not refused for being one too many."""
        if ending in (Ending.ANSWERED, Ending.HEARD, Ending.DEFERRED):
            return type(self)() if self.failures or self.opened_at != inf else self
        failed = ending is Ending.BROKEN or (ending is Ending.PUSHED_BACK and alone)
        if self.is_open:
            return self._after_probe(now, failed=failed) if probe else self
        if not failed:
            return self
        failures = self.failures + 1
        if failures < FAILURES:
            return replace(self, failures=failures)
        return type(self)(failures, opened_at=now, probe_at=now + FIRST_PROBE)

    def _after_probe(self, now: float, *, failed: bool) -> Self:
        pause = min(2 * self.pause, LONGEST_PROBE) if failed else self.pause
        return replace(self, probing=False, pause=pause, probe_at=now + pause)
