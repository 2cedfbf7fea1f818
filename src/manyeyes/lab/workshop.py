"""Where a modelled provider works: slots, a queue before them, and a clock that may slow down."""

from __future__ import annotations

import asyncio
from collections import deque
from math import inf

from manyeyes.lab.scenario import Overload, Scenario


class Work:
    """One call's work, and the future that hears of its end: True for an answer, False for no patience."""

    __slots__ = ("abandoned", "arrived", "done", "ends", "seconds")

    def __init__(self, arrived: float, seconds: float, done: asyncio.Future[bool]) -> None:
        self.arrived = arrived
        self.seconds = seconds
        self.done = done
        #: Set while it is worked on.
        self.ends: asyncio.TimerHandle | None = None
        self.abandoned = False


class Pace:
    """How fast work goes at each time: 0 during the boot, 1 / factor during slowdowns, else 1."""

    def __init__(self, scenario: Scenario) -> None:
        changes = {0.0, scenario.boot}
        for slow in scenario.slowdowns:
            changes |= {slow.start * scenario.unit, slow.end * scenario.unit}
        starts = sorted(changes)
        ends = [*starts[1:], inf]
        #: Spans of time with the speed in each, the first from 0 and the last without end.
        self.spans = [(start, end, _speed(scenario, start)) for start, end in zip(starts, ends, strict=True)]
        self.is_even = self.spans == [(0.0, inf, 1.0)]

    def end(self, start: float, seconds: float) -> float:
        """When work of so many seconds ends that begins at `start`."""
        if self.is_even:
            return start + seconds
        for span_start, span_end, speed in self.spans:
            start = max(start, span_start)
            able = (span_end - start) * speed if speed else 0.0
            if span_end > start and able >= seconds and speed:
                return start + seconds / speed
            if span_end > start:
                seconds -= able
        raise AssertionError("the last span has no end")


def _speed(scenario: Scenario, at: float) -> float:
    if at < scenario.boot:
        return 0.0
    speed = 1.0
    for slow in scenario.slowdowns:
        if slow.start * scenario.unit <= at < slow.end * scenario.unit:
            speed /= slow.factor
    return speed


class Workshop:
    """Works on so many calls at once as there are slots, first come first served."""

    def __init__(self, scenario: Scenario) -> None:
        self._pace = Pace(scenario)
        self._changes = [(at * scenario.unit, slots) for at, slots in scenario.slots]
        self._overload: Overload | None = scenario.overload if scenario.overload.slope else None
        self._patience = scenario.client_timeout
        self.slots: float = self._changes[0][1] if self._changes else inf
        #: Work that is under way.
        self.busy = 0
        #: Work that waits for a slot, and how much of it is still wanted.
        self._queue: deque[Work] = deque()
        self._queued = 0
        #: Those in the queue whose clients have not given up, first come first.
        self._patient: deque[Work] = deque()
        self._watched = False

    def open(self) -> None:
        """Begin, at the loop's time 0."""
        self._loop = asyncio.get_running_loop()
        for at, slots in self._changes[1:]:
            self._loop.call_at(at, self._change, slots)

    @property
    def is_full(self) -> bool:
        """Whether one more would have to wait."""
        return self.busy >= self.slots

    def put(self, seconds: float) -> Work:
        """One more call."""
        work = Work(self._loop.time(), seconds, self._loop.create_future())
        if self.busy < self.slots:
            self._begin(work)
        else:
            self._queue.append(work)
            self._queued += 1
            self._patient.append(work)
            self._watch()
        return work

    def abandon(self, work: Work) -> None:
        """The client has hung up: its place is free."""
        if work.ends is not None:
            work.ends.cancel()
            self._end_one()
        elif not work.abandoned:
            self._queued -= 1
        work.abandoned = True

    def _change(self, slots: int) -> None:
        self.slots = slots
        self._fill()

    def _begin(self, work: Work) -> None:
        self.busy += 1
        now, seconds = self._loop.time(), work.seconds
        if self._overload is not None:
            there = (self.busy + self._queued) / self.slots
            seconds *= 1 + self._overload.slope * max(0.0, there - self._overload.beyond)
        end, limit = self._pace.end(now, seconds), work.arrived + self._patience
        if end > limit:
            self._loop.call_at(limit, _give_up, work)
        work.ends = self._loop.call_at(end, self._end, work)

    def _end(self, work: Work) -> None:
        work.ends = None
        if not work.done.done():
            work.done.set_result(True)
        self._end_one()

    def _end_one(self) -> None:
        self.busy -= 1
        if self._queue:
            self._fill()

    def _fill(self) -> None:
        while self._queue and self.busy < self.slots:
            work = self._queue.popleft()
            if not work.abandoned:
                self._queued -= 1
                self._begin(work)

    def _watch(self) -> None:
        """Clients have equal patience, so whoever came first gives up first: one timer serves all."""
        if not self._watched and self._patient:
            self._watched = True
            self._loop.call_at(self._patient[0].arrived + self._patience, self._look)

    def _look(self) -> None:
        self._watched = False
        now = self._loop.time()
        while self._patient:
            work = self._patient[0]
            waits = work.ends is None and not work.abandoned and not work.done.done()
            if waits and work.arrived + self._patience > now:
                break
            self._patient.popleft()
            if waits:
                _give_up(work)
        self._watch()


def _give_up(work: Work) -> None:
    """The client waits no longer; the provider works on."""
    if not work.done.done():
        work.done.set_result(False)
