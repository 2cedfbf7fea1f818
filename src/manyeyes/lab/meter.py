"""A provider's quota as the provider keeps it: buckets and calendar windows, shared with other clients."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from manyeyes.lab.scenario import Allowed

#: A caller that keeps to the very same rate must not be refused for the last bits of a float.
_LEEWAY = 1e-6
_MINUTE = 60.0


class Meter:
    """One quota. Other clients' takings are played back whenever somebody looks.

    They come as a Poisson process, each taking `unit`, or going away where less than that is left.
    """

    def __init__(self, allowed: Allowed, phase: float, unit: float, stream: np.random.Generator) -> None:
        self.allowed = allowed
        #: When other clients took something.
        self.others: list[float] = []
        self.unit = unit
        self._phase = phase
        self._left = allowed.most
        self._at = 0.0
        self._coming = _arrivals(allowed.others_per_minute / _MINUTE / unit, stream)
        self._next_other = next(self._coming, math.inf)

    def wait(self, now: float, cost: float) -> float:
        """Seconds that a call of this cost must wait; 0 where it may go now."""
        while self._next_other <= now:
            self._other_comes(self._next_other)
            self._next_other = next(self._coming)
        self._go_on(now)
        # More than ever fits at once may go when all is there.
        missing = min(cost, self.allowed.most) - self._left
        if missing <= _LEEWAY:
            return 0.0
        if self.allowed.kind == "window":
            return max(self._until_window(now), _LEEWAY)
        return missing / self.allowed.per_second

    def take(self, cost: float) -> None:
        """Use it up, for a call that is let in or for a refusal that counts.

        Refusals bring a bucket no deeper into debt than it can hold.
        """
        self._left = max(self._left - cost, -self.allowed.most)

    def left(self) -> tuple[int, float]:
        """What response headers tell: whole units left, and seconds until there is one request more, or until
        all tokens are there again."""
        whole = max(0, math.floor(self._left + _LEEWAY))
        if self.allowed.kind == "window":
            seconds = self._until_window(self._at)
        else:
            goal = whole + 1 if self.unit == 1 else self.allowed.most
            seconds = max(0.0, goal - self._left) / self.allowed.per_second
        return whole, math.ceil(seconds - _LEEWAY) if self.allowed.whole_seconds else seconds

    def _other_comes(self, at: float) -> None:
        self._go_on(at)
        if self._left >= self.unit:
            self._left -= self.unit
            self.others.append(at)

    def _go_on(self, now: float) -> None:
        if self.allowed.kind == "bucket":
            self._left = min(self.allowed.most, self._left + (now - self._at) * self.allowed.per_second)
        elif self._window(now) != self._window(self._at):
            self._left = self.allowed.most
        self._at = now

    def _window(self, at: float) -> int:
        return math.floor((at + self._phase + _LEEWAY) / _MINUTE)

    def _until_window(self, now: float) -> float:
        return (self._window(now) + 1) * _MINUTE - self._phase - now


def _arrivals(per_second: float, stream: np.random.Generator) -> Iterator[float]:
    """Times of a Poisson process."""
    at = 0.0
    while per_second > 0:
        at += stream.exponential(1 / per_second)
        yield at
