"""A run's pauses: whether one is on, and the seconds that they have cost."""

from __future__ import annotations

from manyeyes.engine.pulse import Pulse


class Pause:
    """While it is on, nothing more is sent or taken in hand; what is in flight is finished.

    A run that finishes half as many calls as were in flight works at half its speed: only what is missing of
    that speed is lost. So neither rate nor time left suffers from a pause, whatever was in flight.
    """

    def __init__(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self.is_on = False
        self._lost = 0.0
        #: When the pause under way began, how many calls were in flight then, and their seconds until then.
        self._began, self._in_flight, self._seconds = 0.0, 0, 0.0

    def begin(self, now: float) -> None:
        """Nothing more is sent."""
        self.is_on = True
        self._began, self._in_flight = now, self._pulse.in_flight
        self._seconds = self._pulse.call_seconds(now)

    def end(self, now: float) -> float:
        """The run goes on; the seconds that this pause has cost."""
        lost = self._lost_now(now)
        self.is_on = False
        self._lost += lost
        return lost

    def lost(self, now: float) -> float:
        """Seconds that all pauses have cost up to now."""
        return self._lost + self._lost_now(now) if self.is_on else self._lost

    def _lost_now(self, now: float) -> float:
        if not self.is_on:
            return 0.0
        worked = 0.0
        if self._in_flight:
            worked = (self._pulse.call_seconds(now) - self._seconds) / self._in_flight
        return max(0.0, now - self._began - worked)
