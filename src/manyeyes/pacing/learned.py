"""A rate that nobody has published, learned from when calls are refused.

A refusal that names a wait marks the moment at which a token bucket was empty. Between two such moments, the
calls that were accepted are those that the bucket was refilled with, however large it is: two marks tell the
rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Self

#: Marks further apart than this many seconds tell of two different rates, perhaps.
MEMORY = 90.0
#: Accepted calls, and seconds, that a measurement needs.
FEWEST, NEAREST = 5, 1.0
#: Calls that a bucket holds, below which it counts as small.
SMALL = 3.0
#: Seconds over which the calls before the first refusal tell a rate.
SHORTEST = 0.5
#: Seconds between two steps of a trail, and its steps at most.
STRIDE, LONGEST_TRAIL = 0.25, 120
#: Growth of a rate that is only a guess, each time that it held so many calls back for so many seconds.
GUESS_GROWTH, GUESS_CALLS, GUESS_SECONDS = 1.5, 3, 2.0
#: Calls, and seconds, from a refusal to the first try whether more is allowed; the seconds double each time
#: that it is not.
PROBE_CALLS, PROBE_SECONDS = 10, 15.0
MOST_DOUBLINGS = 3
#: Calls and seconds of a step of such a try: 3, 6, 12 … per cent more.
STEP_CALLS, STEP_SECONDS = 5, 3.0
#: Steps, after which a rate holds back nobody any more.
MOST_STEPS = 12
#: Seconds over which the rate before the first refusal is taken.
LATELY = 5.0

#: Times, and the calls accepted before each.
Trail = tuple[tuple[float, int], ...]


def trail_after(trail: Trail, now: float, accepted: int) -> Trail:
    """The trail once a call starts at `now`, after so many accepted ones; the longer it is, the coarser."""
    if trail and now - trail[-1][0] < STRIDE:
        return trail
    kept = trail[::2] if len(trail) >= LONGEST_TRAIL else trail
    return (*kept, (now, accepted))


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at which the bucket was empty."""

    at: float
    #: Calls sent, and of these accepted, before it.
    sent: int
    accepted: int


@dataclass(frozen=True, slots=True)
class LearnedRate:
    """A token bucket whose rate is measured."""

    #: Calls a second.
    rate: float
    #: Calls that may start at once after a rest; None while that is not known.
    burst: float | None = None
    #: The rate was measured, or is known from before.
    measured: bool = False
    tokens: float = 0.0
    at: float = 0.0
    sent: int = 0
    refused: int = 0
    marks: tuple[Mark, ...] = ()
    #: The first moment of all at which the bucket was empty, and the trail that led there.
    first: Mark | None = None
    opening: Trail = ()
    #: Since the last mark.
    trail: Trail = ()
    #: What was refused of calls sent before this is of the same burst.
    heard_at: float = -inf
    #: When the pace was last set, and the calls sent before.
    paced_at: float = -inf
    paced_from: int = 0
    #: Steps above the rate that are being tried.
    steps: int = 0
    #: The pace that has gone well, since the last refusal, before the one that is tried now.
    proven: float = 0.0
    doublings: int = 0

    @classmethod
    def known(cls, rate: float, burst: float) -> Self:
        """What an earlier run has measured; the bucket is full."""
        return cls(rate, burst, measured=True, tokens=burst)

    @classmethod
    def guessed(  # noqa: PLR0917 - what is known of one refusal
        cls, opening: Trail, sent: int, seq: int, sent_at: float, now: float, wait: float
    ) -> Self:
        """What the first refusal tells, of call number `seq`, after `sent` were sent; see `refusal`."""
        mark = Mark(sent_at, seq - 1, seq - 1)
        rate = max(1 / max(wait, 1.0), _lately(opening, mark))
        return cls(rate, sent=sent, refused=1, first=mark, opening=opening)._after(mark, now, wait)

    def _pace(self, steps: int) -> float:
        return self.rate * (1 + 0.03 * 2 ** (steps - 1)) if steps > 0 else self.rate

    @property
    def pace(self) -> float:
        """Calls a second that are sent now: somewhat more than the rate while that is tried."""
        return self._pace(self.steps)

    def _room(self, now: float) -> float:
        """Tokens at `now`."""
        if now <= self.at:
            return self.tokens
        most = max(1.0, 5 * self.pace if self.burst is None else self.burst)
        return min(most, self.tokens + (now - self.at) * self.pace)

    def wait(self, now: float) -> float:
        """Seconds until a call may start; 0 where it may now."""
        return max(0.0, (1 - self._room(now)) / self.pace)

    def taken(self, now: float) -> Self:
        """The rate once a call has started at `now`."""
        room, trail = self._room(now), trail_after(self.trail, now, self.sent - self.refused)
        if self.sent == self.paced_from:
            # The pace is on trial from its first call on.
            return replace(self, sent=self.sent + 1, tokens=room - 1, at=now, trail=trail, paced_at=now)
        # Calls that were not held back tell nothing of the pace.
        paced = self._paced(now) if room < 2 else self
        return replace(paced, sent=self.sent + 1, tokens=room - 1, at=now, trail=trail)

    def passed_by(self) -> Self:
        """The rate once a call has started that it had no say in."""
        return replace(self, sent=self.sent + 1, paced_from=self.sent + 1, trail=())

    def _paced(self, now: float) -> Self:
        """Whether this pace has gone well for long enough to try more."""
        calls, seconds = self.sent - self.paced_from, now - self.paced_at
        if not self.measured:
            if calls < GUESS_CALLS or seconds < GUESS_SECONDS:
                return self
            return self._tries(now, rate=self.pace * GUESS_GROWTH)
        few, short = (STEP_CALLS, STEP_SECONDS) if self.steps else (PROBE_CALLS, PROBE_SECONDS)
        if calls < few or seconds < short * (1 if self.steps else 2**self.doublings):
            return self
        return self._tries(now, steps=min(self.steps + 1, MOST_STEPS))

    def _at_pace(self, now: float, **changes: object) -> Self:
        return replace(self, paced_at=now, paced_from=self.sent, **changes)  # type: ignore[arg-type]

    def _tries(self, now: float, **changes: object) -> Self:
        return self._at_pace(now, proven=self.pace, **changes)

    def refusal(self, seq: int, sent_at: float, now: float, wait: float) -> Self:
        """The rate once call number `seq` (from 1, by this bucket's count) was refused for `wait` seconds."""
        refused = replace(self, refused=self.refused + 1)
        if sent_at <= self.heard_at:
            return refused._of_the_same_burst(seq)
        mark = Mark(sent_at, seq - 1, seq - 1 - self.refused)
        after = refused._known(mark, wait)._after(mark, now, wait)
        if self.first is None and (after.burst or 1.0) >= SMALL:
            # The rate is known from before: what has flowed in since then is there, but for one to be sure.
            return replace(after, tokens=(now - sent_at) * after.rate - 1)
        return after

    def _after(self, mark: Mark, now: float, wait: float) -> Self:
        kept = tuple(one for one in self.marks if mark.at - one.at <= MEMORY) or self.marks[-1:]
        paced = self._at_pace(now + wait, marks=(*kept, mark), heard_at=now, trail=(), steps=0, proven=0.0)
        # One call goes when the wait is over, and the others one by one.
        return replace(paced, tokens=1 - wait * self.rate, at=now)

    def _of_the_same_burst(self, seq: int) -> Self:
        if not self.marks or seq > self.marks[-1].sent:
            return self
        # Sent before the one that was heard of first: it was not accepted either.
        mark = self.marks[-1]
        fewer = replace(mark, accepted=mark.accepted - 1)
        first = fewer if self.first == mark else self.first
        return replace(self, marks=(*self.marks[:-1], fewer), first=first)

    def _known(self, mark: Mark, wait: float) -> Self:
        before = self.marks[-1] if self.marks else None
        if self.first is None:
            # The rate is known from before; that the bucket is empty now tells what it held. Only where
            # that is next to nothing has a pace that went well proven anything.
            told = replace(self, first=mark, opening=self.trail)
            burst = told._burst(self.rate)
            proven = self.proven if burst is not None and burst < SMALL else 0.0
            return replace(told, rate=max(self.rate, proven), burst=burst)
        rate = None if before is None else self._rate_between(before, mark)
        if rate is None:
            rate = self._rough_rate(before, mark, wait)
        elif (self._burst(rate) or 1.0) < SMALL:
            # Next to nothing could be saved up: the pace before went well by what flows in alone.
            rate = max(rate, self.proven)
        confirmed = self.measured and abs(rate / self.rate - 1) < 0.06
        doublings = min(self.doublings + 1, MOST_DOUBLINGS) if confirmed else 0
        return replace(self, rate=rate, burst=self._burst(rate), measured=True, doublings=doublings)

    def _rate_between(self, before: Mark, mark: Mark) -> float | None:
        """The rate at which a bucket that was empty at one mark is empty at the next, the calls in between
        having been let in: found by halving, since the more flows in the more is left. None where the
        marks are too near to tell.

        A bucket that runs over holds no more than its burst, so that calls and seconds alone tell too little.
        """
        calls, seconds = mark.accepted - before.accepted, mark.at - before.at
        if calls < FEWEST or seconds < NEAREST or not self.trail:
            return None
        low, high = calls / seconds, 2 * max(self.pace, calls / seconds)
        if self._left(high, before, mark) < 0:
            return None
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if self._left(middle, before, mark) < 0 else (low, middle)
        return high

    def _left(self, rate: float, before: Mark, mark: Mark) -> float:
        """What is left at `mark` of a bucket with this rate that was empty at `before`."""
        most = self._burst(rate) or 1.0
        left, at, accepted = 0.0, before.at, before.accepted
        for next_at, next_accepted in (*self.trail, (mark.at, mark.accepted)):
            left = min(most, left + (next_at - at) * rate - (next_accepted - accepted))
            at, accepted = next_at, next_accepted
        return left

    def _rough_rate(self, before: Mark | None, mark: Mark, wait: float) -> float:
        """What one or two calls between two marks tell."""
        if self.proven:
            return self.proven
        less, seconds = 0.9 * self.rate, mark.at - before.at if before is not None else 0.0
        if before is None or seconds < NEAREST:
            return less
        rough = max((mark.accepted - before.accepted) / seconds, 1 / max(wait, 1.0))
        return rough if not self.measured or rough < less / 2 else less

    @property
    def kept(self) -> tuple[float, float | None]:
        """Rate and burst that are worth keeping: over all marks, since between two of them others may have
        used more of it, or less, than they mostly do."""
        if len(self.marks) < 3:
            return self.rate, self.burst
        first, last = self.marks[0], self.marks[-1]
        calls, seconds = last.accepted - first.accepted, last.at - first.at
        rate = calls / seconds if calls >= FEWEST else self.rate
        return rate, self._burst(rate)

    def _burst(self, rate: float) -> float | None:
        """What a full bucket holds that is first empty at the first mark.

        It is empty when more has been taken since some moment than flowed in since then, by as much as it
        holds: the greatest such excess, over all moments. What flowed into a full bucket was lost.
        """
        first = self.first
        if first is None or not self.opening:
            return self.burst
        excess = max(first.accepted - before - rate * (first.at - at) for at, before in self.opening)
        return max(1.0, excess)


def _lately(trail: Trail, mark: Mark) -> float:
    """Somewhat less than the calls a second that were accepted before the first refusal."""
    old = [one for one in trail if mark.at - one[0] >= LATELY] or list(trail[:1])
    at, sent = old[-1] if old else (mark.at, mark.sent)
    n, seconds = mark.accepted - sent, mark.at - at
    return 0.7 * n / seconds if n >= FEWEST and seconds >= SHORTEST else 0.0
