"""Admits calls: the one live thing in this room. Limit and quotas decide, it holds the current ones."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from manyeyes.model.ask import Allowance
from manyeyes.pacing.limit import Ending, Limit, Sample
from manyeyes.pacing.quota import Announced, Quota


class Gate(Enum):
    """What can hold a call back."""

    CONCURRENCY = "concurrency"
    REQUESTS = "requests"
    COOL_DOWN = "cool-down"
    #: The provider's headers tell its quota; nobody else goes before the first ones are here.
    FIRST_WORD = "first word"


@dataclass(slots=True)
class Permit:
    """One admission. Released once; a second release changes nothing."""

    limiter: Limiter
    seq: int
    sent_at: float
    in_flight: int
    released: bool = field(default=False, init=False)

    def heard(self, allowance: Allowance | None) -> None:
        """Pass on what a response's headers said, as soon as they are known."""
        if allowance is not None:
            self.limiter.hear(self, allowance)

    def release(self, ending: Ending) -> None:
        """The call is over."""
        if not self.released:
            self.released = True
            self.limiter.give_back(self, ending)


class Limiter:
    """Holds every call to one provider, model and key back until all gates are open.

    Callers are served in the order they came. Each run asks for one permit at a time, so runs that
    share a limiter take turns, however many pictures each has.
    """

    def __init__(self, limit: Limit, quota: Quota | None = None, *, listens_first: bool = False) -> None:
        self.limit = limit
        self.quota = quota
        self.announced = Announced()
        self.in_flight = 0
        self.sent = 0
        self.cool_until = float("-inf")
        self._listens_first = listens_first
        self._waiters: deque[asyncio.Future[Permit]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def binding(self, now: float) -> Gate | None:
        """The gate that a call would wait at now; None where it could go."""
        gate, _ = self._closed(now)
        return gate

    async def acquire(self) -> Permit:
        """Wait until a call may be sent, and count it as sent."""
        loop = asyncio.get_running_loop()
        if not self._waiters and self._closed(loop.time())[0] is None:
            return self._admit(loop.time())
        turn: asyncio.Future[Permit] = loop.create_future()
        self._waiters.append(turn)
        self._wake(loop)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                turn.result().release(Ending.SAYS_NOTHING)
            raise

    def _admit(self, now: float) -> Permit:
        self.in_flight += 1
        self.sent += 1
        if self.quota is not None:
            self.quota = self.quota.taken(now)
        self.announced = self.announced.taken(now)
        return Permit(self, self.sent, now, self.in_flight)

    def _closed(self, now: float) -> tuple[Gate | None, float | None]:
        """The gate that is closed and the seconds until it opens, None where only an ending opens it."""
        if now < self.cool_until:
            return Gate.COOL_DOWN, self.cool_until - now
        if self._listens_first and self.in_flight:
            return Gate.FIRST_WORD, None
        if self.in_flight >= self.limit.value:
            return Gate.CONCURRENCY, None
        quota_wait = self.quota.wait(now) if self.quota is not None else 0.0
        wait = max(quota_wait, self.announced.wait(now))
        return (Gate.REQUESTS, wait) if wait > 0 else (None, None)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let waiters go while every gate is open; otherwise come back when one may open.

        A permit counts from here on, not from when its caller runs, or two would take one place.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiters:
            if self._waiters[0].cancelled():
                self._waiters.popleft()
                continue
            gate, wait = self._closed(loop.time())
            if gate is not None:
                if wait is not None:
                    self._timer = loop.call_later(wait, self._wake, loop)
                return
            self._waiters.popleft().set_result(self._admit(loop.time()))

    def hear(self, permit: Permit, allowance: Allowance) -> None:
        """Count on from what the headers of this permit's response say."""
        self._listens_first = False
        self.announced = self.announced.heard(
            allowance, seq=permit.seq, sent_at=permit.sent_at, sent_since=self.sent - permit.seq
        )
        self._wake(asyncio.get_running_loop())

    def cool_down(self, seconds: float) -> None:
        """Send nothing for `seconds`: the provider has named a wait, and it holds for every caller."""
        loop = asyncio.get_running_loop()
        self.cool_until = max(self.cool_until, loop.time() + seconds)
        self._wake(loop)

    def give_back(self, permit: Permit, ending: Ending) -> None:
        """Take the end of a call into account (through `Permit.release`)."""
        loop = asyncio.get_running_loop()
        self.in_flight -= 1
        self._listens_first = False
        self.limit = self.limit.after(Sample(permit.sent_at, loop.time(), permit.in_flight, ending))
        self._wake(loop)
