"""Carries runs out, each in a task of its own, until they have ended or the server does."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from time import time
from typing import Any, Self

from manyeyes.engine.run import Run
from manyeyes.model.errors import ManyeyesError
from manyeyes.model.event import Event
from manyeyes.model.portfolio import Portfolio
from manyeyes.model.progress import Progress
from manyeyes.store.orders import Order, keep_order, wish_of
from manyeyes.store.portfolios import sources_of
from manyeyes.store.watching import run_news
from manyeyes.web.house import Assembled, House
from manyeyes.web.live import Live
from manyeyes.web.metrics import Metrics
from manyeyes.web.views import moment, run_json
from manyeyes.web.webhooks import deliveries

logger = logging.getLogger(__name__)


class Carrying:
    """The runs of this server. Entered, it carries out what is begun; left, it waits for what it stopped."""

    def __init__(self, house: House, live: Live, metrics: Metrics) -> None:
        self._house = house
        self._live = live
        self._metrics = metrics
        self._tasks = asyncio.TaskGroup()
        self._told = asyncio.TaskGroup()
        self._telling: set[asyncio.Task[None]] = set()
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._portfolios: dict[str, str] = {}
        self._begun: set[str] = set()
        #: Those under way, by their ids.
        self.runs: dict[str, Run] = {}

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        await self._told.__aenter__()
        self._metrics.watch(
            lambda: sum(run.vitals().in_flight for run in self.runs.values()),
            lambda: sum(run.vitals().limit for run in self.runs.values()),
        )
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self._tasks.__aexit__(*raised)
        for task in self._telling:
            task.cancel()
        await self._told.__aexit__(*raised)

    @property
    def count(self) -> int:
        """Runs under way, and those about to be."""
        return len(self._begun)

    def run_of(self, portfolio: str) -> str | None:
        """The run of this portfolio that is under way, or an empty text where it is about to be."""
        if portfolio not in self._begun:
            return None
        return next((run for run, of in self._portfolios.items() if of == portfolio), "")

    async def wait_ended(self, run: str) -> None:
        """Until nothing of this run is in flight any more."""
        if (task := self._ending.get(run)) is not None:
            await asyncio.wait([task])

    async def begin(self, owner: Portfolio, order: Order, *, continues: str | None = None) -> str:
        """Begin a run; its id, once the store has it. Raises ManyeyesError where it cannot begin."""
        begun: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._begun.add(owner.id)
        task = self._tasks.create_task(self._carry_out(owner, order, continues, begun))
        task.add_done_callback(lambda _: begun.cancel())
        # Whoever asked may go; the run goes on.
        run = await asyncio.shield(begun)
        self._ending[run] = task
        task.add_done_callback(lambda _: self._ending.pop(run, None))
        return run

    async def _carry_out(
        self, owner: Portfolio, order: Order, continues: str | None, begun: asyncio.Future[str]
    ) -> None:
        try:
            sources = await self._house.store.carry_out(partial(sources_of, portfolio=owner.id))
            async with self._house.assembled(order, owner, sources) as assembly:
                await self._run(assembly, owner, order, continues, begun)
        except Exception as error:  # noqa: BLE001 - one run's fault is not to end the others
            if not begun.done():
                begun.set_exception(error)
            elif not isinstance(error, ManyeyesError):
                logger.error("a run of %r broke off by a fault of ours: %r", owner.name, error)  # noqa: TRY400
        finally:
            self._begun.discard(owner.id)

    async def _run(
        self,
        assembly: Assembled,
        owner: Portfolio,
        order: Order,
        continues: str | None,
        begun: asyncio.Future[str],
    ) -> None:
        store, log = self._house.store, self._house.log()

        def hear(_: Event, __: Progress) -> None:
            self._live.hear(run.id)

        async with Run(assembly.parts, assembly.plan, listeners=(log, self._metrics.hear, hear)) as run:
            if wish_of(order) == "pause":
                run.pause()
            await store.carry_out(partial(keep_order, run=run.id, order=order, continues=continues))
            self.runs[run.id], self._portfolios[run.id] = run, owner.id
            if not begun.done():
                begun.set_result(run.id)
            try:
                await run.wait()
            finally:
                del self.runs[run.id], self._portfolios[run.id]
                self._live.hear(run.id)
        if order.webhook is not None:
            telling = self._told.create_task(self._tell(run.id, order, order.webhook, continues))
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    async def _tell(self, run: str, order: Order, url: str, continues: str | None) -> None:
        """Tell who wants to know that a run has ended; it waits for nobody."""
        try:
            await self._deliver(run, order, url, continues)
        except Exception as error:  # noqa: BLE001 - whoever is not told is no reason to end the others' runs
            logger.error("that run %s has ended could not be told: %r", run, error)  # noqa: TRY400

    async def _deliver(self, run: str, order: Order, url: str, continues: str | None) -> None:
        store = self._house.store
        news = await store.carry_out(partial(run_news, run=run))
        if news is None:
            return
        # With what was asked of it while it went.
        order = news.order or order
        message = {"type": "run.ended", "timestamp": moment(time()), "data": run_json(news)}
        secret = self._house.webhook_secret
        async for delivery in deliveries(self._house.post, secret, url, f"msg_{run}", message):
            told = replace(order, more={**(order.more or {}), "delivery": delivery.as_json()})
            await store.carry_out(partial(keep_order, run=run, order=told, continues=continues))
