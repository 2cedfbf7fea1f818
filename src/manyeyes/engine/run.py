"""A run: one analysis of a portfolio, begun by entering it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

from manyeyes.engine.calling import Consent
from manyeyes.engine.feed import Feed, Listener
from manyeyes.engine.flow import Flow
from manyeyes.engine.plan import Plan
from manyeyes.engine.seams import Parts
from manyeyes.model.errors import StoreError
from manyeyes.model.event import Ended, Event, RunEnded, RunStarted
from manyeyes.model.outcome import Outcome
from manyeyes.model.progress import Progress
from manyeyes.model.vitals import Vitals
from manyeyes.store.values import Beat

#: Why a run stopped that was cut short rather than asked to stop.
INTERRUPTED = "interrupted"
LEFT = "left before its end"
#: Why a run stopped that someone stopped through the store.
FROM_ELSEWHERE = "stopped from elsewhere"
#: What the store is told of a run that stopped for this reason; `stopped` for any other.
_STATES = {None: "complete", INTERRUPTED: "interrupted"}


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
        self._feed = Feed(heard, plan.overall_range, self._listener_failed)
        self._fault: Exception | None = None

    @property
    def progress(self) -> Progress:
        """How far it is, at any time."""
        return self._feed.progress

    @property
    def id(self) -> str:
        """Names the run in the store."""
        return self._record.id

    async def __aenter__(self) -> Self:
        source = self._parts.source
        self._record = await self._parts.store.open_run(self._plan.opening(source.identity, source.label))
        self._flow = Flow(self._parts, self._plan, self._record, self._feed, self._consent)
        self._task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, Exception):
            self.stop(LEFT)
        else:
            self.end_now()
        await self._wait_ended()
        if not self._task.cancelled() and (error := self._task.exception()) is not None and kind is None:
            raise error

    def stop(self, why: str) -> None:
        """Admit no more pictures; what is in flight is finished and saved."""
        if not self._task.done():
            self._flow.stop(why)

    def pause(self) -> None:
        """Send nothing more for now, and take no more pictures in hand; what is in flight is finished and
        saved, and claims are kept. Nothing happens where the run has ended, or is told to stop."""
        if not self._task.done():
            self._flow.pause()

    def resume(self) -> None:
        """Go on after a pause."""
        if not self._task.done():
            self._flow.resume()

    def vitals(self) -> Vitals:
        """How it is going, at any time; of a run that has ended, how it went."""
        return self._flow.vitals()

    def end_now(self) -> None:
        """Wait for nothing more. What was paid for is not lost: the next run finds what was begun."""
        if not self._task.done():
            self._flow.stop(INTERRUPTED)
            self._task.cancel()

    async def wait(self) -> RunReport:
        """Wait until nothing is in flight any more. Cancelling this ends the run at once."""
        await self._wait_ended()
        if not self._task.cancelled():
            self._task.result()
        return RunReport(self.id, self.progress, self._flow.stopped)

    async def _wait_ended(self) -> None:
        try:
            await asyncio.wait([self._task])
        except asyncio.CancelledError:
            self.end_now()
            await asyncio.wait([self._task])
            raise

    async def __aiter__(self) -> AsyncIterator[Outcome]:
        while (outcome := await self._outcomes.get()) is not None:
            yield outcome
        await self.wait()

    def _queue(self, event: Event, _: Progress) -> None:
        if isinstance(event, Ended):
            self._outcomes.put_nowait(event.outcome)

    async def _work(self) -> None:
        self._feed.tell(RunStarted(self.id, asyncio.get_running_loop().time()))
        state = "interrupted"
        try:
            async with asyncio.TaskGroup() as tasks:
                beating = tasks.create_task(self._beat())
                await self._flow.run()
                beating.cancel()
            state = _STATES.get(self._flow.stopped, "stopped")
            if self._fault is not None:
                raise self._fault
        except BaseExceptionGroup as group:
            raise _first(group) from None
        finally:
            await self._close(state)

    def _listener_failed(self, error: Exception) -> None:
        self._fault = error
        self.stop(f"a listener failed: {error!r}")

    async def _beat(self) -> None:
        """Keep the run and its claims alive for as long as it works."""
        store = self._parts.store
        while store.beat_every is not None:
            await asyncio.sleep(store.beat_every)
            try:
                wanted, _ = await asyncio.gather(self._tell_store(), self._flow.renew())
                if wanted is not None:
                    self._obey(wanted)
                    # Whoever asked for it waits to see it done.
                    self._obey(await self._tell_store())
            except StoreError as error:
                self._flow.stop(str(error))

    async def _tell_store(self) -> str | None:
        """How the run is doing; gives back what others ask of it."""
        return await self._parts.store.beat(Beat(self.id, self.progress, vitals=self.vitals()))

    def _obey(self, wanted: str | None) -> None:
        """Do what others ask; each wish is told once."""
        match wanted:
            case "pause":
                self.pause()
            case "resume":
                self.resume()
            case "stop":
                self.stop(FROM_ELSEWHERE)

    async def _close(self, state: str) -> None:
        now, lost = asyncio.get_running_loop().time(), self._flow.end_pause()
        ended = RunEnded(self._flow.stopped, now, lost)
        try:
            await self._parts.store.beat(Beat(self.id, self.progress.after(ended), state, self.vitals()))
        except StoreError as error:
            self._flow.stopped = self._flow.stopped or str(error)
            ended = RunEnded(self._flow.stopped, now, lost)
        self._feed.tell(ended)
        self._outcomes.put_nowait(None)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What went wrong first: a caller should not have to know that tasks came in groups."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
