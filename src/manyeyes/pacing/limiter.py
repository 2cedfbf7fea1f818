"""Admits calls: the one live thing in this room. Limit and gates decide, it holds the current ones."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace

from manyeyes.model.ask import Allowance, Usage
from manyeyes.model.errors import Pushback, RateLimited
from manyeyes.pacing.adaptive import AdaptiveLimit
from manyeyes.pacing.announced import Announced
from manyeyes.pacing.gates import SHORTEST_WAIT, Closed, Gate, Gates
from manyeyes.pacing.knowledge import Knowledge, knowledge_of
from manyeyes.pacing.limit import Ending, Limit, Sample
from manyeyes.pacing.quota import Quota, Tokens
from manyeyes.pacing.retry import named_wait
from manyeyes.pacing.send_order import Call, SendOrder
from manyeyes.pacing.silence import WAIT, Silence
from manyeyes.pacing.uplink import Uplink
from manyeyes.pacing.window import Learned
from manyeyes.pacing.work import Work

_NO_CAP = Uplink()
_NOTHING = Learned()
_UNKNOWN = Work()

__all__ = ["SHORTEST_WAIT", "Gate", "Limiter", "Permit"]


@dataclass(slots=True)
class Permit:
    """One admission. Released once; a second release changes nothing."""

    limiter: Limiter
    seq: int
    sent_at: float
    in_flight: int
    #: Its place in the order of sending.
    call: Call
    #: Tokens set aside for it, and for it and all before it.
    reserved: float = 0.0
    reserved_until: float = 0.0
    expected_until: float = 0.0
    #: Sent to find out whether a provider that was down answers again.
    probe: bool = False
    #: Tokens that it used; None while that is not known.
    used: float | None = field(default=None, init=False)
    #: Pixels of the picture that it is about.
    pixels: int = field(default=0, init=False)
    released: bool = field(default=False, init=False)

    def sends(self, size: int) -> None:
        """The call sends so many bytes: nobody else does before they have had their time on the line."""
        gates = self.limiter.gates
        gates.uplink = gates.uplink.taken(self.sent_at, size)

    def heard(self, allowance: Allowance | None, *, refused: bool = False) -> None:
        """Pass on what a response's headers said, as soon as they are known."""
        if allowance is not None:
            self.limiter.hear(self, allowance, refused=refused)

    def spent(self, usage: Usage) -> None:
        """The call was answered, and used so much."""
        self.used = float((usage.input_tokens or 0) + (usage.output_tokens or 0)) or None

    def pushed_back(self, error: Pushback) -> None:
        """The provider refused the call. A wait that it named holds for every caller, from now on.

        Where it named none, and it was a quota all the same that ran dry, the error gets the wait to keep.
        """
        self.heard(error.allowance, refused=True)
        if named_wait(error) is None and isinstance(error, RateLimited) and self.limiter.is_dry(self):
            error.retry_after = WAIT
        if (seconds := named_wait(error)) is not None:
            if isinstance(error, RateLimited):
                self.limiter.refused(self, seconds)
            self.limiter.cool_down(seconds)

    def give_up(self, _: object) -> None:
        """Whoever was to call has ended, and may never have begun."""
        self.release(Ending.SAYS_NOTHING)

    def release(self, ending: Ending) -> None:
        """The call is over."""
        if not self.released:
            self.released = True
            self.limiter.give_back(self, ending)


class Limiter:
    """Holds every call to one provider, model and key back until all gates are open.

    Callers are served in the order they came. Each run asks for one permit at a time, so runs that
    share a limiter take turns, however many pictures each has. Without `learned`, refusals teach nothing.
    """

    def __init__(
        self,
        limit: Limit,
        quota: Quota | None = None,
        *,
        tokens: Tokens | None = None,
        uplink: Uplink = _NO_CAP,
        learned: Learned | None = _NOTHING,
        listens_first: bool = False,
        work: Work = _UNKNOWN,
    ) -> None:
        self.limit = limit
        self.work = work
        # A rate that is known from before holds until headers have told it anew.
        known = None if learned is None or learned.rate is None else learned.rate.rate
        self.gates = Gates(quota, tokens, uplink, listens_first, Announced(rate=known), learned=learned)
        self.in_flight = 0
        self.sent = 0
        #: The gate that the latest caller waited at, or waits at now; None where it went at once.
        self.held_by: Gate | None = None
        self._order = SendOrder()
        self._silence = Silence()
        self._waiters: deque[asyncio.Future[Permit]] = deque()
        #: Callers whose turn has come and who have not run since.
        self._resuming = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def knowledge(self) -> Knowledge:
        """What has been learned, for a later run."""
        known = replace(knowledge_of(self.limit, self.gates.learned), work=self.work.as_numbers)
        told = self.gates.told
        return known if told is None else replace(known, rate=told[0], burst=told[1])

    def binding(self, now: float) -> Gate | None:
        """The gate that a call would wait at now; None where it could go."""
        gate, _ = self._closed(now)
        return gate

    async def acquire(self) -> Permit:
        """Wait until a call may be sent, and count it as sent.

        A permit that is released unused stays counted in the quotas, which errs on the safe side.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._waiters and not self._resuming:
            gate, wait = self._closed(now)
            if gate is None:
                self.held_by = None
                return self._admit(now)
            self._hold(gate, wait)
        turn: asyncio.Future[Permit] = loop.create_future()
        self._waiters.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            self._forget(turn)
            raise
        finally:
            self._resumed(turn)

    def _resumed(self, turn: asyncio.Future[Permit]) -> None:
        """Whoever got this turn runs again, and may ask for the next before those behind it do.

        So what is free goes to nobody before all who were let go together have had time to ask again:
        otherwise the first of them would take it all.
        """
        if not turn.cancelled():
            self._resuming -= 1
            if not self._resuming and self._waiters:
                asyncio.get_running_loop().call_soon(self._wake)

    def _forget(self, turn: asyncio.Future[Permit]) -> None:
        """Nobody waits for this turn any more, be it that it has just come."""
        if turn.done() and not turn.cancelled():
            turn.result().release(Ending.SAYS_NOTHING)
        else:
            with suppress(ValueError):
                self._waiters.remove(turn)

    def _admit(self, now: float) -> Permit:
        self.in_flight += 1
        self.sent += 1
        gates = self.gates
        reserved, probe = gates.take(now, self.sent), gates.circuit.is_open
        call = self._order.sent(now, self.in_flight)
        return Permit(
            self, self.sent, now, self.in_flight, call, reserved, gates.reserved, gates.expected, probe
        )

    def _closed(self, now: float) -> Closed:
        """The gate that is closed and the seconds until it opens, None where only an ending opens it."""
        closed = self.gates.closed(now, self.in_flight)
        if closed[0] is not None:
            return closed
        if self.in_flight >= self.limit.value:
            return Gate.CONCURRENCY, None
        return self.gates.spent(now)

    def _wake(self) -> None:
        """Let waiters go while every gate is open; otherwise come back when one may open.

        A permit counts from here on, not from when its caller runs, or two would take one place.
        """
        if not self._waiters:
            return
        now = asyncio.get_running_loop().time()
        while self._waiters:
            if self._waiters[0].cancelled():
                self._waiters.popleft()
                continue
            gate, wait = self._closed(now)
            if gate is not None:
                self._hold(gate, wait)
                return
            self._waiters.popleft().set_result(self._admit(now))
            self._resuming += 1

    def _hold(self, gate: Gate, wait: float | None) -> None:
        """This gate is closed, and opens after `wait` seconds."""
        self.held_by = gate
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if wait is not None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._wake)

    def rest(self) -> None:
        """Where nobody waits, keep no timer: it would keep its event loop."""
        if self._timer is not None and not self._waiters:
            self._timer.cancel()
            self._timer = None

    def hear(self, permit: Permit, allowance: Allowance, *, refused: bool = False) -> None:
        """Count on from what the headers of this permit's response say."""
        self.gates.hear(
            allowance,
            sent_at=permit.sent_at,
            seq=permit.seq,
            sent=self.sent,
            reserved=permit.reserved_until,
            expected=permit.expected_until,
            refused=refused,
        )
        self._wake()

    def refused(self, permit: Permit, seconds: float) -> None:
        """A call was refused for its rate: learn from when that was."""
        gates, now = self.gates, asyncio.get_running_loop().time()
        if gates.learned is not None:
            gates.learned = gates.learned.refusal(permit.seq, permit.sent_at, now, seconds)

    def is_dry(self, permit: Permit) -> bool:
        """Whether a refusal that named no wait was for its rate, not for how many were in flight."""
        now = asyncio.get_running_loop().time()
        if not self._silence.is_quota(permit.sent_at, permit.in_flight, now):
            return False
        if isinstance(self.limit, AdaptiveLimit):
            self.limit = self.limit.uncapped(now)
        return True

    def cool_down(self, seconds: float) -> None:
        """Send nothing for `seconds`: the provider has named a wait, and it holds for every caller."""
        self.gates.cool_down(asyncio.get_running_loop().time() + seconds)
        self._wake()

    def give_back(self, permit: Permit, ending: Ending) -> None:
        """Take the end of a call into account (through `Permit.release`)."""
        now, gates = asyncio.get_running_loop().time(), self.gates
        full, alone = self.in_flight >= self.limit.value, self.in_flight == 1
        self.in_flight -= 1
        gates.listens_first = False
        gates.settle(permit.seq, permit.used)
        gates.circuit = gates.circuit.after(ending, now, probe=permit.probe, alone=alone)
        sample = Sample(permit.sent_at, now, permit.in_flight, ending, full)
        permit.call.sample = sample
        self.limit = self.limit.after(sample)
        if ending is Ending.ANSWERED:
            self._silence.answered(permit.sent_at, permit.in_flight)
            self.work = self.work.after(permit.pixels, sample.seconds)
        for due in self._order.due(now, self.limit.patience):
            self.limit = self.limit.after_in_order(due)
        self._wake()
