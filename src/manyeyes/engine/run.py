"""A run: one analysis of a portfolio, begun by entering it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

from manyeyes.engine.feed import Feed, Listener
from manyeyes.engine.flow import Consent, Flow
from manyeyes.engine.plan import Plan
from manyeyes.engine.seams import Parts
from manyeyes.model.errors import StoreError
from manyeyes.model.event import Ended, Event, RunEnded, RunStarted
from manyeyes.model.outcome import Outcome
from manyeyes.model.progress import Progress
from manyeyes.store.values import Beat


@dataclass(frozen=True, slots=True)
class RunReport:
    """How a run ended."""

    run: str
    progress: Progress
    #: Why it stopped early; None where every picture has ended.
    stopped: str | None


class Run:
    """One analysis of a portfolio. Entering starts the work; leaving before the end stops it.

    What is in flight when a run stops is finished and saved; the rest is for the next run.
    With `stream`, `async for outcome in run` gives each picture as it ends.
    """

    def __init__(
        self,
        parts: Parts,
        plan: Plan,
        *,
        listeners: tuple[Listener, ...] = (),
        consent: Consent | None = None,
        stream: bool = False,
    ) -> None:
        self._parts = parts
        self._plan = plan
        self._consent = consent
        self._outcomes: asyncio.Queue[Outcome | None] = asyncio.Queue()
        heard = (*listeners, self._queue) if stream else listeners
        self._feed = Feed(heard, plan.overall_range)

    @property
    def progress(self) -> Progress:
        """How far it is, at any time."""
        return self._feed.progress

    async def __aenter__(self) -> Self:
        source = self._parts.source
        self._record = await self._parts.store.open_run(source.identity, source.label, self._plan.recipe)
        self._flow = Flow(self._parts, self._plan, self._record, self._feed, self._consent)
        self._task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._task.done():
            return
        if kind is None:
            self.stop("left before its end")
        else:
            self._task.cancel()
        await asyncio.wait([self._task])

    @property
    def id(self) -> str:
        """Names the run in the store."""
        return self._record.id

    def stop(self, why: str) -> None:
        """Admit no more pictures; what is in flight is finished and saved."""
        self._flow.stop(why)

    def end_now(self) -> None:
        """End at once, whatever is in flight; what was begun is found again by the next run."""
        self._task.cancel()

    async def wait(self) -> RunReport:
        """Wait until nothing is in flight any more. Cancelling this stops at once, losing nothing paid:
        what was begun is found again by the next run."""
        await self._task
        return RunReport(self.id, self.progress, self._flow.stopped)

    async def __aiter__(self) -> AsyncIterator[Outcome]:
        while (outcome := await self._outcomes.get()) is not None:
            yield outcome
        await self._task

    def _queue(self, event: Event, _: Progress) -> None:
        if isinstance(event, Ended):
            self._outcomes.put_nowait(event.outcome)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        self._feed.tell(RunStarted(self.id, loop.time()))
        try:
            async with asyncio.TaskGroup() as tasks:
                beating = tasks.create_task(self._beat())
                await self._flow.run()
                beating.cancel()
            self._feed.tell(RunEnded(self._flow.stopped, loop.time()))
            await self._close()
        finally:
            self._outcomes.put_nowait(None)

    async def _beat(self) -> None:
        """Keep the run and its claims alive for as long as it works."""
        store = self._parts.store
        while store.beat_every is not None:
            await asyncio.sleep(store.beat_every)
            try:
                await store.beat(Beat(self.id, self.progress))
            except StoreError as error:
                self.stop(str(error))

    async def _close(self) -> None:
        state = "complete" if self._flow.stopped is None else "stopped"
        try:
            await self._parts.store.beat(Beat(self.id, self.progress, state))
        except StoreError as error:
            self._flow.stopped = self._flow.stopped or str(error)
