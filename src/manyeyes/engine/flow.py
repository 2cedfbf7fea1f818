"""The flow of pictures through a run: listed, taken in hand, admitted to their calls.

Three loops, each with one thing to wait for. No task exists for a picture that merely waits: the
feeding loop takes a picture in hand when there is room, the admitting loop first acquires a permit and
then starts the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from manyeyes.engine.admission import Admission
from manyeyes.engine.backlog import Backlog
from manyeyes.engine.batches import Batches
from manyeyes.engine.endings import Endings
from manyeyes.engine.feed import Feed, Groups
from manyeyes.engine.job import Again, Job, Picture, Settled, Step
from manyeyes.engine.plan import Plan
from manyeyes.engine.preparing import Preparing
from manyeyes.engine.seams import Parts
from manyeyes.engine.trouble import FAILURES, FIRST_CALLS, FirstCalls
from manyeyes.engine.worker import Worker
from manyeyes.model.errors import AccessDenied, RateLimited, Refused, StoreError
from manyeyes.model.event import Event, Listed, Skipped
from manyeyes.model.image import ImageRef, PassedOver
from manyeyes.model.outcome import NoAnswer
from manyeyes.pacing.limit import Ending
from manyeyes.pacing.limiter import Permit
from manyeyes.store.values import Known, RunRecord

#: Asked when nearly all of the first calls fail; True goes on.
Consent = Callable[[str], Awaitable[bool]]

#: Pictures that the store is asked about at once.
WINDOW = 32
#: Seconds that a short listing is waited for, so that the total stands from the first picture on.
LISTING_GRACE = 1.0
#: A longer wait than this, named by the provider, is not worth keeping a process for.
LONGEST_WAIT = 600.0


class Flow:
    """Moves the pictures of one run; `stopped` says why it ended early, if it did."""

    def __init__(
        self, parts: Parts, plan: Plan, record: RunRecord, feed: Feed, consent: Consent | None
    ) -> None:
        self._parts = parts
        self._plan = plan
        self._record = record
        self._consent = consent
        self._groups = Groups(feed, plan.group, fixed=plan.batch_budget is None)
        self._batches = Batches(plan.group, plan.batch_budget) if plan.barrier else None
        self._endings = Endings(parts.store, record, feed, self._note)
        self._preparing = Preparing(parts, plan, record, self._endings)
        self._worker = Worker(parts, plan, record.id)
        self._feed = feed
        self._backlog = Backlog()
        self._admission = Admission()
        self._first_calls = FirstCalls()
        self._changed = asyncio.Event()
        self._dropped: list[Job] = []
        self._in_preparation = 0
        self._calling = 0
        self._fed = False
        self._paused = False
        self._loops: list[asyncio.Task[None]] = []
        self.stopped: str | None = None

    async def run(self) -> None:
        """Until every picture has ended, or the flow has stopped and nothing is in flight."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._loops = [tasks.create_task(self._list()), tasks.create_task(self._admit(tasks))]
                tasks.create_task(self._take_in_hand(tasks))
        finally:
            self._backlog.discard()
        if self.stopped is not None:
            await self._let_go()

    def stop(self, why: str) -> None:
        """Admit no more; what is in flight is finished and saved."""
        if self.stopped is None:
            self.stopped = why
            for loop in self._loops:
                loop.cancel()
            self._backlog.close()
            self._changed.set()

    def _is_stopped(self) -> bool:
        return self.stopped is not None

    # Listing

    async def _list(self) -> None:
        loop = asyncio.get_running_loop()
        async for item in self._parts.source.list():
            if isinstance(item, PassedOver):
                self._endings.tell(Skipped(item, counted=False, at=loop.time()))
            else:
                self._backlog.put(item)
                if self._backlog.count == self._plan.most:
                    break
        self._endings.tell(Listed(self._backlog.count, loop.time()))
        self._backlog.close()

    # Taking pictures in hand

    async def _take_in_hand(self, tasks: asyncio.TaskGroup) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LISTING_GRACE):
                await self._backlog.wait_closed()
        position = 0
        try:
            while not self._is_stopped() and (images := await self._backlog.take(WINDOW)):
                await self._take_window(tasks, images, position)
                position += len(images)
        except StoreError as error:
            self.stop(str(error))
        self._fed = True
        self._changed.set()

    async def _take_window(self, tasks: asyncio.TaskGroup, images: list[ImageRef], position: int) -> None:
        identify = self._record.portfolio.picture_id
        pictures = [
            Picture(image, identify(image.locator), position + index) for index, image in enumerate(images)
        ]
        unanswered = await self._reuse_known(pictures)
        for picture in unanswered:
            while not self._is_stopped() and not self._has_room(picture):
                await self._wait_change()
            if self._is_stopped():
                return
            self._in_preparation += 1
            tasks.create_task(self._prepare(picture))

    async def _reuse_known(self, pictures: list[Picture]) -> list[Picture]:
        """End what the store knows the answer to; the rest is to be looked at."""
        if self._plan.fresh:
            return pictures
        images = [picture.image for picture in pictures]
        known = await self._parts.store.known(self._record.portfolio, images, self._plan.recipe.digest)
        reused, rest = [], []
        for picture, what in zip(pictures, known, strict=True):
            if what is None or what.answer is None or self._is_asked_again(what):
                rest.append(picture)
            else:
                reused.append(self._endings.reuse(picture, what.sha256, what.answer))
        await asyncio.gather(*reused)
        return rest

    def _is_asked_again(self, known: Known) -> bool:
        return isinstance(known.answer, NoAnswer) and self._plan.retry_failed

    def _has_room(self, picture: Picture) -> bool:
        in_hand = self._in_preparation + self._admission.fresh
        if in_hand >= self._parts.limiter.limit.value + 2 * self._plan.cores:
            return False
        return self._batches is None or self._batches.try_take(picture.position, picture.image.size)

    async def _prepare(self, picture: Picture) -> None:
        try:
            job = await self._preparing.prepare(picture, self._is_stopped)
            if job is not None:
                self._admission.add(job)
        except StoreError as error:
            self.stop(str(error))
        finally:
            self._in_preparation -= 1
            self._changed.set()

    # Admitting to calls

    async def _admit(self, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_over():
            due_in = (
                None
                if self._paused
                else self._admission.due_in(loop.time(), only_retries=self._only_retries())
            )
            if due_in != 0:
                await self._wait_change(due_in)
                continue
            permit = await self._parts.limiter.acquire()
            job = self._admission.next(loop.time(), only_retries=self._only_retries())
            if job is None:
                permit.release(Ending.SAYS_NOTHING)
                continue
            self._calling += 1
            self._changed.set()
            tasks.create_task(self._call(job, permit))

    def _only_retries(self) -> bool:
        """Too many wait for another try to begin with more."""
        return self._admission.parked >= 2 * self._parts.limiter.limit.value

    def _is_over(self) -> bool:
        busy = self._in_preparation + self._calling + self._admission.fresh + self._admission.parked
        return self._fed and not busy

    async def _call(self, job: Job, permit: Permit) -> None:
        try:
            step = await self._worker.attempt(job, permit)
            if isinstance(step, Settled):
                await self._endings.settle(step)
            else:
                self._come_back(step)
            await self._watch(step)
        except (AccessDenied, StoreError) as error:
            self._dropped.append(job)
            self.stop(str(error))
        finally:
            self._calling -= 1
            self._changed.set()

    def _come_back(self, step: Again) -> None:
        self._admission.park(step.job, asyncio.get_running_loop().time() + step.delay)
        if step.named:
            self._parts.limiter.cool_down(step.delay)
            if step.delay > LONGEST_WAIT:
                self.stop(
                    f"the provider asks to wait {step.delay / 60:.0f} minutes: run the same command then"
                )

    async def _watch(self, step: Step) -> None:
        """Stop, or ask whether to, when nearly all of the first calls fail for one reason."""
        why, message = _fault(step)
        if self._first_calls.trouble(why) is None:
            return
        self._paused = True
        question = f"{FAILURES} of the first {FIRST_CALLS} calls failed: {message}"
        if self._consent is None or not await self._consent(question):
            self.stop(question)
        self._paused = False

    async def _let_go(self) -> None:
        """Give up the claims of pictures that were in hand, so that the next run need not wait."""
        if not self._parts.analyzer.traits.paid:
            return
        with suppress(StoreError):
            for job in [*self._admission.drain(), *self._dropped]:
                key, unsure = job.intent.key, job.unsure or bool(job.left)
                await self._parts.store.let_go(key, unsure=unsure)

    # Waiting

    def _note(self, event: Event) -> None:
        """Take note of an event that was told."""
        self._groups.after(event)
        if self._batches is not None and self._batches.after(event):
            if self._plan.batch_budget is not None:
                self._groups.close(event.at)
            self._changed.set()

    async def _wait_change(self, seconds: float | None = None) -> None:
        self._changed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()


def _fault(step: Step) -> tuple[str | None, str]:
    """The kind of a call's failure that is the provider's or the settings' fault, and its message."""
    if isinstance(step, Again):
        mild = step.named or step.why == RateLimited.kind
        return (None if mild else step.why), step.message
    if isinstance(step.end, NoAnswer) and step.end.kind != Refused.kind:
        return step.end.kind, step.end.message
    return None, ""
