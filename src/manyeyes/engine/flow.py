"""The flow of pictures through a run: listed, taken in hand, admitted to their calls."""

from __future__ import annotations

import asyncio

from manyeyes.engine.admission import Admission
from manyeyes.engine.ahead import Ahead
from manyeyes.engine.backlog import Backlog
from manyeyes.engine.batches import Batches
from manyeyes.engine.calling import Calling, Consent
from manyeyes.engine.claims import Claims
from manyeyes.engine.elsewhere import Elsewhere
from manyeyes.engine.endings import Endings
from manyeyes.engine.feed import Feed, Groups
from manyeyes.engine.forecast import Forecast
from manyeyes.engine.hedging import Hedging
from manyeyes.engine.job import Unbought
from manyeyes.engine.outage import Outage
from manyeyes.engine.pause import Pause
from manyeyes.engine.plan import Plan
from manyeyes.engine.preparing import Preparing
from manyeyes.engine.pulse import Pulse
from manyeyes.engine.seams import Parts
from manyeyes.engine.taking import Taking
from manyeyes.engine.worker import Worker
from manyeyes.model.errors import ManyeyesError
from manyeyes.model.event import Ended, Listed, Paused, Resumed, Skipped
from manyeyes.model.image import PassedOver
from manyeyes.model.progress import PAUSED
from manyeyes.model.vitals import Vitals
from manyeyes.pacing.budget import Budget
from manyeyes.pacing.gates import Gate
from manyeyes.store.values import RunRecord

#: What is said to hold calls back when all have gone that there are.
NOTHING_LEFT = "nothing left"


class Flow:
    """Three loops, each with one thing to wait for: more of the listing, room in hand, a permit.

    No task exists for a picture that merely waits. `stopped` says why the flow ended early, if it did.
    """

    def __init__(
        self, parts: Parts, plan: Plan, record: RunRecord, feed: Feed, consent: Consent | None
    ) -> None:
        self._source, self._store = parts.source, parts.store
        self._record, self._recipe = record, plan.recipe.digest
        self._feed, self._most = feed, plan.most
        self._groups = Groups(feed, plan.group if plan.batch_budget is None else None)
        self._claims = _claims(parts, plan, record)
        self._backlog = Backlog()
        self._limiter, self._most_at_once = parts.limiter, plan.most_at_once
        self._pulse = Pulse(self._may_be_in_flight)
        self._pause = pause = Pause(self._pulse)
        self._admission = admission = Admission()
        endings = Endings(parts.store, record, self._claims, self._ended)
        batches = Batches(plan.group, plan.batch_budget, self._groups.close) if plan.barrier else None
        self._elsewhere = elsewhere = Elsewhere(self._claims, pause, feed.tell)
        self._taking = Taking(
            self._backlog,
            Ahead(Budget(plan.memory), parts.expected, in_order=plan.barrier),
            Preparing(parts, plan, record, self._claims, endings),
            admission,
            elsewhere,
            batches=batches,
            limiter=parts.limiter,
            pause=pause,
            spare=2 * plan.cores,
            stop=self.stop,
        )
        self._forecast = Forecast(parts.limiter, pause, self._taking.looked, admission, elsewhere, batches)
        self._calling = self._new_calling(parts, plan, endings, consent)
        self._listing: asyncio.Task[None] | None = None
        self.stopped: str | None = None
        #: Why nothing more is bought, though what was bought before is still fetched.
        self._spent: str | None = None

    def _new_calling(self, parts: Parts, plan: Plan, endings: Endings, consent: Consent | None) -> Calling:
        worker = Worker(parts, plan, self._claims)
        return Calling(
            self._admission,
            parts.limiter,
            worker,
            endings,
            plan,
            Outage(plan, parts.limiter, self._pause, self._feed.tell, self.stop),
            Hedging(plan.hedge, self._claims, worker.give_up),
            self._forecast,
            pulse=self._pulse,
            pause=self._pause,
            consent=consent,
            set_aside=self._set_aside,
            stop=self.stop,
        )

    async def run(self) -> None:
        """Until every picture has ended, or the flow has stopped and nothing is in flight."""
        clock = asyncio.get_running_loop().time
        self._pulse.begin(clock())
        try:
            if self.stopped is None:
                async with asyncio.TaskGroup() as tasks:
                    self._listing = tasks.create_task(self._list())
                    self._calling.start(tasks)
                    await self._taking.run(tasks)
        finally:
            self._pulse.close(clock())
            self._backlog.discard()
            await self._claims.let_go()
        self.stopped = self.stopped or self._spent
        if self._feed.progress.current == self._feed.progress.total:
            # Told to stop when all were in flight already: nothing is left to go on with.
            self.stopped = None

    async def renew(self) -> None:
        """Keep the claims from running out. Raises StoreError."""
        await self._claims.renew()

    def stop(self, why: str) -> None:
        """Admit no more; what is in flight is finished and saved."""
        if self.stopped is None:
            self.stopped = why
            if self._listing is not None:
                self._listing.cancel()
            self._taking.stop()
            self._calling.stop()

    async def _set_aside(self, step: Unbought) -> None:
        """The budget has no call left for a picture: from now on, only what earlier runs may have bought is
        taken in hand. Raises StoreError."""
        self._taking.set_aside(step.job.picture.position)
        if self._spent is None:
            self._spent = step.why
            for job in self._admission.drop_unbought():
                self._taking.set_aside(job.picture.position)
            self._taking.narrow(await self._store.left_open(self._record, self._recipe))

    def pause(self) -> None:
        """Send nothing more for now, and take nothing more in hand; what is in flight is finished."""
        if self.stopped is None and not self._pause.is_on:
            now = asyncio.get_running_loop().time()
            self._pause.begin(now)
            self._feed.tell(Paused(self._pulse.in_flight, now))

    def resume(self) -> None:
        """Go on after a pause."""
        if self.stopped is not None or not self._pause.is_on:
            return
        now, progress = asyncio.get_running_loop().time(), self._feed.progress
        lost = self._pause.end(now)
        for bell in (self._admission.arrival, self._admission.departure, self._elsewhere.arrival):
            bell.ring()
        self._feed.tell(Resumed(now, lost, self._forecast.left(now, progress.current, progress.total)))

    def end_pause(self) -> float:
        """The flow is over: the seconds that a pause has cost which it ended in."""
        return self._pause.end(asyncio.get_running_loop().time())

    def vitals(self) -> Vitals:
        """How the calls go now."""
        return self._pulse.vitals(asyncio.get_running_loop().time(), self._binds)

    def _may_be_in_flight(self) -> int:
        value = self._limiter.limit.value
        return value if self._most_at_once is None else min(value, self._most_at_once)

    async def _list(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            async for item in self._source.list():
                if isinstance(item, PassedOver):
                    self._feed.tell(Skipped(item, clock()))
                else:
                    self._backlog.put(item)
                    if self._backlog.count == self._most:
                        break
        except (ManyeyesError, OSError) as error:
            self.stop(f"listing the pictures broke off: {error}")
        else:
            total, now = self._backlog.count, clock()
            left = self._forecast.left(now, self._feed.progress.current, total)
            self._feed.tell(Listed(total, now, left))
            self._groups.count()
            self._backlog.close()

    @property
    def _binds(self) -> str | None:
        """What holds calls back."""
        if self._pause.is_on:
            return PAUSED
        if not self._admission.waiting:
            if not self._taking.has_more:
                return NOTHING_LEFT
            return "bytes" if self._taking.is_full else "preparation"
        if self._calling.is_held:
            return Gate.CONCURRENCY.value
        return None if self._limiter.held_by is None else self._limiter.held_by.value

    def _ended(self, event: Ended) -> None:
        outcome, progress = event.outcome, self._feed.progress
        self._taking.ended(outcome.position)
        if not outcome.attempts:
            self._taking.looked.ended_without_call()
        left = self._forecast.left(event.at, progress.current + 1, progress.total)
        self._feed.tell(Ended(outcome, event.at, self._binds, left))
        self._groups.count()


def _claims(parts: Parts, plan: Plan, record: RunRecord) -> Claims:
    traits = parts.analyzer.traits
    return Claims(parts.store, record, deadline=plan.deadline, paid=traits.paid, payer=traits.payer)
