"""Admits pictures to their calls: first a permit, then a task, so that no task waits for its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from math import inf

from manyeyes.engine.admission import Admission
from manyeyes.engine.buying import Attempt
from manyeyes.engine.endings import Endings
from manyeyes.engine.forecast import Forecast
from manyeyes.engine.hedging import Hedging
from manyeyes.engine.job import Again, Barred, Job, Settled, Unbought
from manyeyes.engine.outage import Outage
from manyeyes.engine.pause import Pause
from manyeyes.engine.plan import Plan
from manyeyes.engine.pulse import Pulse
from manyeyes.engine.trouble import FirstCalls
from manyeyes.engine.worker import Worker
from manyeyes.model.errors import StoreError
from manyeyes.pacing.limit import Ending
from manyeyes.pacing.limiter import Limiter, Permit

#: Asked when nearly all of the first calls fail; True goes on.
Consent = Callable[[str], Awaitable[bool]]


class Calling:
    """One loop admits; a task carries each call out and sees to what comes of it."""

    def __init__(  # noqa: PLR0917 - the parts of one run, each once
        self,
        admission: Admission,
        limiter: Limiter,
        worker: Worker,
        endings: Endings,
        plan: Plan,
        outage: Outage,
        hedging: Hedging,
        forecast: Forecast,
        *,
        pulse: Pulse,
        pause: Pause,
        consent: Consent | None,
        set_aside: Callable[[Unbought], Awaitable[None]],
        stop: Callable[[str], None],
    ) -> None:
        self._admission = admission
        self._limiter = limiter
        self._worker = worker
        self._endings = endings
        self._outage = outage
        self._hedging = hedging
        self._forecast = forecast
        self._pulse = pulse
        self._pause = pause
        self._wait_at_most = plan.wait_at_most
        self._most_at_once = inf if plan.most_at_once is None else plan.most_at_once
        self._consent = consent
        self._set_aside = set_aside
        self._stop = stop
        self._first_calls = FirstCalls()
        self._in_flight = 0
        #: Why nothing more is bought: what is in hand is looked for only.
        self._spent: str | None = None
        #: The run's own pinned number holds the next call back.
        self.is_held = False
        self._asking = False
        self._waiting: list[asyncio.Task[None]] = []

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Admit until every picture has ended, or `stop`."""
        self._waiting.append(tasks.create_task(self._admit(tasks)))

    def stop(self) -> None:
        """Admit no more, and ask nothing; calls in flight go on."""
        for task in self._waiting:
            task.cancel()

    async def _admit(self, tasks: asyncio.TaskGroup) -> None:
        clock = asyncio.get_running_loop().time
        while not self._is_over():
            only_retries = self._has_enough_in_hand()
            due_in = None if self._waits else self._admission.due_in(clock(), only_retries=only_retries)
            self.is_held = self._has_its_own
            if self.is_held:
                await self._admission.arrival.wait()
                continue
            if due_in != 0:
                await self._wait_or_hedge(due_in, tasks)
                continue
            permit = await self._limiter.acquire()
            # In the meantime they may have been told to wait, or nobody may be left.
            if self._waits or self._admission.due_in(clock(), only_retries=only_retries) != 0:
                permit.release(Ending.SAYS_NOTHING)
                continue
            self._begin(self._admission.next(clock(), only_retries=only_retries), permit, tasks)

    async def _wait_or_hedge(self, due_in: float | None, tasks: asyncio.TaskGroup) -> None:
        """Wait for the next one to come or to be due; where nobody will, ask a second time what is slow."""
        now = asyncio.get_running_loop().time()
        may_buy = self._spent is None and not self._waits
        if self._admission.is_over and may_buy and self._limiter.binding(now) is None:
            due_in = self._hedging.due_in(now, self._limiter.knowledge.baseline)
        if due_in != 0:
            await self._admission.arrival.wait(due_in)
            return
        try:
            job = await self._hedging.second()
        except StoreError as error:
            self._stop(str(error))
            return
        if job is None:
            return
        permit = await self._limiter.acquire()
        if self._waits:
            # The first call for it goes on; to be asked once is enough.
            permit.release(Ending.SAYS_NOTHING)
            return
        self._begin(job, permit, tasks)

    def _begin(self, job: Job, permit: Permit, tasks: asyncio.TaskGroup) -> None:
        permit.sends(self._worker.size_sent(job))
        permit.pixels = job.prepared.width * job.prepared.height
        self._in_flight += 1
        self._forecast.began(job, permit)
        self._pulse.sent(permit, job.picture.image.name)
        call = tasks.create_task(self._call(job, permit, tasks))
        # A task that is cancelled before it begins never comes to its own `finally`.
        call.add_done_callback(permit.give_up)

    @property
    def _waits(self) -> bool:
        """Nothing is to be sent for now: someone is asked whether to go on, or the run is paused."""
        return self._asking or self._pause.is_on

    @property
    def _has_its_own(self) -> bool:
        """As many are in flight as this run may have, though runs beside it may have more."""
        return self._most_at_once <= self._in_flight < self._limiter.limit.value

    def _is_over(self) -> bool:
        return self._admission.is_over and not self._in_flight and not self._asking

    def _has_enough_in_hand(self) -> bool:
        """So many are tried or wait to be tried again that no more are begun: 2 × limit at most."""
        return self._admission.parked + self._in_flight >= 2 * self._limiter.limit.value

    async def _call(self, job: Job, permit: Permit, tasks: asyncio.TaskGroup) -> None:
        try:
            attempt = Attempt(job)
            try:
                step = await self._hedging.run(
                    attempt, permit.in_flight, lambda: self._worker.carry_out(attempt, permit)
                )
            finally:
                now = asyncio.get_running_loop().time()
                self._pulse.ended(permit, attempt, now)
            self._forecast.ended(permit, step, now)
            match step:
                case None:
                    return
                case Settled():
                    await self._endings.settle(step)
                case Again():
                    await self._come_back(step)
                case Unbought():
                    await self._buy_no_more(step)
                case Barred(why=why):
                    self._stop(why)
            self._outage.after(step)
            # One that was only looked for has called nobody, and one that was sent to a provider that has
            # gone down was sent to find out.
            counts = job.given_up is None and not (self._outage.is_down and self._first_calls.answered)
            if counts and (trouble := self._first_calls.after(step)) is not None:
                self._ask_whether_to_go_on(trouble, tasks)
        except StoreError as error:
            self._stop(str(error))
        finally:
            self._in_flight -= 1
            self._admission.arrival.ring()

    async def _buy_no_more(self, step: Unbought) -> None:
        self._spent = step.why
        if step.job.left:
            self._admission.park(step.job, asyncio.get_running_loop().time())
        else:
            await self._set_aside(step)

    async def _come_back(self, step: Again) -> None:
        if self._spent is not None and not step.job.left:
            await self._set_aside(Unbought(step.job, self._spent))
            return
        now = asyncio.get_running_loop().time()
        self._admission.park(step.job, now + step.delay)
        if step.named and step.delay > self._wait_at_most:
            self._stop(
                f"the provider asks to wait {_span(step.delay)}: "
                f"run the same command again after {_on_the_clock(step.delay)}"
            )

    def _ask_whether_to_go_on(self, trouble: str, tasks: asyncio.TaskGroup) -> None:
        if self._consent is None:
            self._stop(trouble)
        elif not self._asking:
            self._asking = True
            self._waiting.append(tasks.create_task(self._ask(trouble, self._consent)))

    async def _ask(self, trouble: str, consent: Consent) -> None:
        goes_on = await consent(trouble)
        self._asking = False
        self._admission.arrival.ring()
        if not goes_on:
            self._stop(trouble)


def _on_the_clock(seconds: float) -> str:
    """When so many seconds will have passed, by the clock on the wall, a minute rounded up."""
    then = datetime.now().astimezone() + timedelta(seconds=seconds + 60)
    return then.strftime("%H:%M on %d %B")


def _span(seconds: float) -> str:
    """A long wait, in the unit that a person would use."""
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 120 else f"{minutes / 60:.1f} hours"
