"""Refusals that name a wait: a bucket that runs dry, or a calendar window that is used up?

A bucket names the short wait for its next token. A window names the rest of itself, the same end for all.
There, what was accepted in one window is what the next one holds, and it may be used at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

from manyeyes.pacing.learned import LearnedRate, Trail, trail_after

#: Seconds of a calendar window.
PERIOD = 60.0
#: Accepted calls, seconds, and multiples of what calls were apart, from which a wait is the rest of a window.
CALLS, SECONDS, SPACINGS = 5, 3.0, 5.0
#: Seconds by which the ends that refusals name may differ: waits are rounded up.
ROUNDING = 1.5
#: Seconds for which the first call of a window, or after a cool-down, goes alone.
ALONE = 0.25


@dataclass(frozen=True, slots=True)
class Window:
    """A calendar window under way."""

    ends_at: float
    #: Calls accepted in it so far.
    accepted: int
    #: Calls that a window holds; None while that is not known.
    holds: int | None = None
    refused: bool = True
    #: When its first call was sent.
    began_at: float | None = None

    def at(self, now: float) -> Window:
        """The window that `now` falls into."""
        if now < self.ends_at:
            return self
        ends_at = self.ends_at + PERIOD * (1 + (now - self.ends_at) // PERIOD)
        holds = self.accepted if self.refused else self.holds
        return Window(ends_at, 0, holds, refused=False)

    def wait(self, now: float) -> float:
        """Seconds until a call may start; 0 where it may now."""
        window = self.at(now)
        if window.refused or (window.holds is not None and window.accepted >= window.holds):
            return window.ends_at - now
        if window.began_at is None or window.accepted > 1:
            return 0.0
        return max(0.0, window.began_at + ALONE - now)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """The first refusals, of which it is not known yet whether a bucket or a window is behind them."""

    sent_at: float
    wait: float
    ends_at: float


@dataclass(frozen=True, slots=True)
class Learned:
    """What refusals have told: the rate of a bucket, or the end and size of a window."""

    #: None while nothing was refused.
    rate: LearnedRate | None = None
    window: Window | None = None
    suspicion: Suspicion | None = None
    #: The first refusals have been judged.
    judged: bool = False
    sent: int = 0
    refused: int = 0
    #: Of the calls before the first refusal.
    trail: Trail = ()

    def wait(self, now: float) -> float:
        """Seconds until a call may start; 0 where it may now."""
        if self.rate is None:
            return 0.0
        known = self._known(now)
        return self.rate.wait(now) if known.window is None else known.window.wait(now)

    def taken(self, now: float) -> Self:
        """What is known once a call has started at `now`."""
        if self.rate is None:
            return type(self)(sent=self.sent + 1, trail=trail_after(self.trail, now, self.sent))
        known = self._known(now)
        if known.window is None:
            return replace(known, rate=self.rate.taken(now), sent=self.sent + 1)
        window = known.window.at(now)
        began = now if window.began_at is None else window.began_at
        window = replace(window, accepted=window.accepted + 1, began_at=began)
        return replace(known, rate=self.rate.passed_by(), window=window, sent=self.sent + 1)

    def calendar(self, now: float) -> Window | None:
        """The calendar window under way; None where there seems to be none, or nobody knows."""
        known, suspicion = self._known(now), self.suspicion
        if known.window is not None:
            return known.window.at(now)
        # What the first refusals are judged by is known before their wait is over.
        accepted = self.sent - self.refused
        if suspicion is None or known.judged or not self._is_window(suspicion, accepted):
            return None
        return Window(suspicion.ends_at, accepted)

    def refusal(self, seq: int, sent_at: float, now: float, wait: float) -> Self:
        """What is known once call number `seq` was refused for `wait` seconds."""
        if self.rate is None:
            rate = LearnedRate.guessed(self.trail, self.sent, seq, sent_at, now, wait)
        else:
            rate = self.rate.refusal(seq, sent_at, now, wait)
        told = replace(self, rate=rate, refused=self.refused + 1)
        ends_at = now + wait
        if self.window is not None:
            return replace(told, window=self._window_after(self.window, now, ends_at))
        if self.judged:
            return told
        first = self.suspicion or Suspicion(sent_at, wait, ends_at)
        return replace(told, suspicion=replace(first, ends_at=max(first.ends_at, ends_at)))

    def _window_after(self, before: Window, now: float, ends_at: float) -> Window | None:
        """The window after a refusal; None where it named another end: then it is none."""
        window = before.at(min(now, ends_at - 1e-3))
        if abs(ends_at - window.ends_at) > ROUNDING:
            return None
        return replace(
            window, accepted=max(0, window.accepted - 1), refused=True, ends_at=max(ends_at, window.ends_at)
        )

    def _known(self, now: float) -> Self:
        """Judge the first refusals once all of them have been heard of: when their wait is over."""
        if self.suspicion is None or now < self.suspicion.ends_at - ROUNDING:
            return self
        suspicion, accepted = self.suspicion, self.sent - self.refused
        window = Window(suspicion.ends_at, accepted) if self._is_window(suspicion, accepted) else None
        return replace(self, window=window, suspicion=None, judged=True)

    def _is_window(self, suspicion: Suspicion, accepted: int) -> bool:
        if not self.trail or accepted < CALLS:
            return False
        apart = (suspicion.sent_at - self.trail[0][0]) / accepted
        return suspicion.wait >= max(SECONDS, SPACINGS * apart)
